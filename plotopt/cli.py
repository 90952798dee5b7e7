"""The command line: parse, one call, say the result."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from plotopt import __version__
from plotopt.errors import PlotoptError

if TYPE_CHECKING:
    from plotopt.drawing import Drawing
    from plotopt.picture import Picture


@click.group(context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100})
@click.version_option(__version__, prog_name="plotopt")
def plotopt() -> None:
    """Turn an image into the drawing that a pen plotter can make of it."""


@plotopt.command()
@click.argument("image", type=click.Path(path_type=Path))
@click.option("-o", "--output", type=click.Path(path_type=Path), help="SVG to write [default: beside IMAGE]")
@click.option("-n", "--strokes", type=int, default=2000, show_default=True, help="strokes to draw with")
@click.option("--pen", default="0.4mm", show_default=True, help="line width, or COLOUR:WIDTH as in red:0.3mm")
@click.option("--paper", default="a4", show_default=True, help="A6 to A1, letter, legal, tabloid, 210x297mm")
@click.option("--margin", default="20mm", show_default=True, help="edge of the paper without ink")
@click.option("--orientation", default="auto", show_default=True, help="auto, portrait or landscape")
@click.option(
    "--profile", default="axidraw_v3", show_default=True, help="a name of `plotopt profiles`, or a TOML"
)
@click.option("--quality", default="normal", show_default=True, help="draft, normal or fine")
@click.option("--gamma", type=float, default=2.2, show_default=True, help="above 1 lightens middle tones")
@click.option("--contrast", type=float, default=1.0, show_default=True, help="above 1 spreads middle tones")
@click.option("--size", type=int, help="pixels along the longer side in the last stage [default: by quality]")
@click.option(
    "--tile", type=int, default=512, show_default=True, help="pixels along the tiles of the last stages"
)
@click.option("--seed", type=int, default=0, show_default=True, help="another seed, another drawing")
@click.option("--polylines", is_flag=True, help="write straight segments instead of cubic curves")
@click.option("-f", "--force", is_flag=True, help="overwrite files that exist")
@click.option("-q", "--quiet", is_flag=True, help="say nothing but errors")
@click.option("-v", "--verbose", is_flag=True, help="tell how to repeat the fit, too")
def fit(image: Path, output: Path | None, *, polylines: bool, force: bool, **options: Any) -> None:
    """Fit strokes to IMAGE and write them as a plot-ready SVG with a preview.

    Lengths take mm, cm, in, pt or px (96 dpi).
    """
    quiet, verbose = options.pop("quiet"), options.pop("verbose")
    from plotopt.drawing import output_paths
    from plotopt.files import check_writable
    from plotopt.picture import read_picture
    from plotopt.settings import read_settings

    # Read here as well, so that a mistyped option is told before a file that exists.
    settings = read_settings(**options)
    picture = read_picture(image)
    svg, png = output_paths(output or image.with_suffix(".svg"), image)
    for path in (svg, png):
        check_writable(path, force)
    drawing = _run(picture, options, quiet)
    drawing.save(svg, preview=png, force=force, polylines=polylines)
    if not quiet:
        _report(drawing, svg, png)
    if verbose and not quiet:
        command = settings.command(click.format_filename(image)) + " --polylines" * polylines
        click.echo(f"repeat with: {command}", err=True)
        click.echo(f"page {drawing.page.width_mm:g} x {drawing.page.height_mm:g} mm", err=True)


def _run(picture: Picture, options: dict[str, Any], quiet: bool) -> Drawing:
    from rich.console import Console

    from plotopt import fit as fit_picture
    from plotopt.progress import shown

    if quiet:
        return fit_picture(picture, **options)
    with shown(Console(stderr=True)) as listener:
        return fit_picture(picture, on_progress=listener, **options)


def _report(drawing: Drawing, svg: Path, png: Path) -> None:
    """What the plot will be, in five lines; the notes before them go to standard error."""
    for note in drawing.notes:
        click.echo(f"note: {note}", err=True)
    plot = drawing.statistics
    click.echo(f"strokes    {plot.strokes:,} in {plot.paths:,} paths")
    click.echo(f"distance   {plot.pen_down_m:.1f} m pen down, {plot.pen_up_m:.1f} m pen up")
    click.echo(f"pen lifts  {plot.lifts:,}")
    click.echo(f"time       {_minutes(plot.minutes)} on {drawing.profile.title}")
    click.echo(f"files      {click.format_filename(svg)}  {click.format_filename(png)}")


def _minutes(minutes: float) -> str:
    if minutes < 1:
        return f"{minutes * 60:.0f} s"
    hours, rest = divmod(round(minutes), 60)
    return f"{hours} h {rest} min" if hours else f"{rest} min"


@plotopt.command()
def profiles() -> None:
    """List the plotters that plotopt knows: name, travel in mm, speeds in mm/s, and what it is."""
    from plotopt.profiles import list_profiles

    rows = [
        (
            profile.name,
            f"{profile.travel_x_mm:g} x {profile.travel_y_mm:g} mm",
            f"{profile.draw_speed_mm_s:.3g} down, {profile.travel_speed_mm_s:.3g} up mm/s",
            profile.title,
        )
        for profile in list_profiles()
    ]
    widths = [max(len(row[column]) for row in rows) for column in range(3)]
    for row in rows:
        cells = [cell.ljust(width) for cell, width in zip(row, widths, strict=False)]
        click.echo("  ".join([*cells, row[3]]))


def main() -> None:
    """Run the command line: exit code 0, 2 with one line for what a user can mend, 130 when interrupted."""
    try:
        plotopt(prog_name="plotopt", standalone_mode=False)
    except PlotoptError as error:
        _fail(str(error))
    except click.exceptions.NoArgsIsHelpError as error:
        click.echo(error.format_message())
        sys.exit(2)
    except click.ClickException as error:
        _fail(error.format_message())
    except (click.Abort, KeyboardInterrupt):
        click.echo("plotopt: interrupted, nothing was written", err=True)
        sys.exit(130)


def _fail(message: str) -> None:
    click.echo(f"plotopt: {' '.join(message.split())}", err=True)
    sys.exit(2)
