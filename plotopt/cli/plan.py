"""``plotopt plan``: a drawing of another program made ready for the plotter."""

from __future__ import annotations

from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from plotopt.cli.delivery import Delivery, delivered
from plotopt.cli.options import setting
from plotopt.cli.report import say
from plotopt.errors import PlotoptError

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
@_plan("--margin", help="edge of the paper without ink, from 0mm")
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
    from plotopt.plot.svgin.document import read_document
    from plotopt.replanning import plan
    from plotopt.settings.plan import read_plan_settings

    # Read here as well, so that a mistyped option is told before a file that exists.
    settings = read_plan_settings(**options)
    if not svg.name:
        raise PlotoptError(f"'{svg}' is not a file: give an SVG")
    try:
        paths = delivery.paths(svg.with_name(f"{svg.stem}-plan.svg"), svg)
    except PlotoptError:
        # What is no drawing is told before that a file exists.
        read_document(svg)
        raise
    with delivery.listener() as listener:
        drawing = plan(svg, on_progress=listener, **options)
    delivery.deliver(drawing, paths, settings.command(click.format_filename(svg)))
    if not delivery.quiet:
        _say_what_it_saves(drawing)


def _say_what_it_saves(drawing: Drawing) -> None:
    before, after = drawing.metadata["before"], drawing.statistics
    figures = (
        ("paths", f"{before['paths']:,}", f"{after.paths:,}", ""),
        ("pen up", f"{before['pen_up_m']:.1f}", f"{after.pen_up_m:.1f}", " m"),
        ("time", f"{before['minutes']:.1f}", f"{after.minutes:.1f}", " min"),
    )
    changed = [f"{name} {old} -> {new}{unit}" for name, old, new, unit in figures if old != new]
    say("saved", ", ".join(changed) or "nothing: it takes as many paths and minutes as before")
