"""``plotopt plan``: a drawing of another program made ready for the plotter."""

from __future__ import annotations

from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from plotopt.cli.delivery import Delivery, delivered
from plotopt.cli.options import setting
from plotopt.cli.report import counted, say
from plotopt.errors import PlotoptError
from plotopt.formats.duration import format_duration

if TYPE_CHECKING:
    from plotopt.drawing import Drawing

_plan = partial(setting, "PlanSettings")


@click.command("plan")
@click.argument("subject", metavar="SVG", type=click.Path(path_type=Path))
@_plan(
    "--pens", "--pen", "pens", help="one for all layers or each, or as in 2=red:0.3mm  [default: as drawn]"
)
@_plan("--layers", help="inkscape, colour, one, or auto: Inkscape's where there are several, else by colour")
@_plan(
    "--paper", help="another sheet: A6 to A1, letter, legal, tabloid, 210x297mm  [default: the SVG's page]"
)
@_plan("--fit/--no-fit", help="scale the drawing to the sheet and centre it, or leave it where it is")
@_plan(
    "--margin",
    help="edge of the paper without ink, from 0mm  "
    "[default: 0mm; with --fit 20mm, at most a tenth of its shorter side]",
)
@_plan("--orientation", help="of --paper: auto, portrait or landscape")
@_plan("--profile", help="a name of `plotopt profiles`, or a TOML")
@_plan("--client", help="what drives the plotter: saxi or axicli")
@_plan(
    "--stock",
    help="what the paper is made of, as in `plotopt papers`  [default: as an SVG by plotopt tells, or white]",
)
@_plan("--join", help="join ends that lie so close, from 0mm  [default: the pen's width]")
@_plan(
    "--simplify", help="how far lines may move to need fewer points  [default: a tenth of the pen's width]"
)
@_plan("--split-every", help="pause after so many metres of line, as in 40m")
@_plan("--keep-order/--no-keep-order", help="draw paths in the order and direction they have")
@_plan("--keep-hidden/--no-keep-hidden", help="draw what is drawn twice or lies under other lines")
@delivered("beside SVG, with -plan at the end")
def command(svg: Path, delivery: Delivery, options: dict[str, Any]) -> None:
    """Plan the drawing in any SVG and write it ready to plot, with a preview.

    Transforms, groups, clones and shapes become paths in millimetres; they are cut at the page, freed from
    what is drawn twice and from needless points, joined, ordered and timed. What no pen can draw is told.

    Lengths take mm, cm, in, pt or px (96 dpi).
    """
    from plotopt.plot.svgin.document import check_readable, read_document
    from plotopt.settings.files import files_of
    from plotopt.settings.plan import read_plan_settings

    # Read here as well, so that a mistyped option is told before a file that exists.
    settings = read_plan_settings(**options)
    if not svg.name:
        raise PlotoptError(f"'{svg}' is not a file: give an SVG")
    check_readable(svg)
    try:
        paths = delivery.paths(svg.with_name(f"{svg.stem}-plan.svg"), svg, *files_of(settings))
    except PlotoptError:
        # What is no drawing is told before that a file exists.
        read_document(svg)
        raise
    from plotopt.replanning import plan

    with delivery.listener() as listener:
        drawing = plan(svg, on_progress=listener, **options)
    delivery.deliver(drawing, paths, settings.command(click.format_filename(svg)))
    if not delivery.quiet:
        _say_what_changed(drawing)


def _say_what_changed(drawing: Drawing) -> None:
    before, after = drawing.metadata["before"], drawing.statistics
    paths, pen_up_m = before["paths"] - after.paths, before["pen_up_m"] - after.pen_up_m
    minutes = before["minutes"] - after.minutes
    saved, added = _amounts(paths, pen_up_m, minutes), _amounts(-paths, -pen_up_m, -minutes)
    if saved:
        say("saved", saved)
    if added:
        say("added", added)
    if not (saved or added):
        say("as before", "as many paths, as far with the pen up, as long")


def _amounts(paths: int, pen_up_m: float, minutes: float) -> str:
    """Those above zero, as far as they are told."""
    told = (
        counted(paths, "path") if paths > 0 else "",
        f"{pen_up_m:.2f} m pen up" if round(pen_up_m, 2) > 0 else "",
        format_duration(minutes) if round(60 * minutes) > 0 else "",
    )
    return ", ".join(filter(None, told))
