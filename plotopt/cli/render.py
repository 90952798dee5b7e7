"""``plotopt render``: what a run has come to, at any scale."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from plotopt.cli.options import FILE
from plotopt.errors import PlotoptError
from plotopt.files import quoted

if TYPE_CHECKING:
    from plotopt.page import Rect


@click.command("render")
@click.argument("run", metavar="RUN", type=click.Path(path_type=Path))
@click.option("--scale", type=float, default=8.0, help="pixels a mm, 0.8 to 47  [default: 8]")
@click.option(
    "--window", metavar="X,Y,W,H", help="left, top, width and height on the page  [default: all of it]"
)
@click.option("-o", "--output", type=FILE, help="a .png  [default: RUN-render.png]")
@click.option("-f", "--force", is_flag=True, help="overwrite a file that exists")
def command(run: Path, scale: float, window: str | None, output: Path | None, force: bool) -> None:
    """Show what RUN, a .plotopt file, has come to: all of the page or a window of it, as the pens draw it.

    A window may lie inside the page or reach beyond it, as in --window 0,0,50mm,50mm.
    """
    from plotopt.files import check_writable, write_atomically
    from plotopt.page import Rect
    from plotopt.plot.preview import png_bytes
    from plotopt.runs.ordering import sources
    from plotopt.runs.storage import read_run
    from plotopt.showing import Exhibit

    path = output or run.with_name(f"{run.stem}-render.png")
    if path.suffix.lower() != ".png":
        raise PlotoptError(f"{quoted(path)} is not the name of a PNG: end it in .png")
    rect = None if window is None else _read_window(window)
    exhibit = Exhibit.of(read_run(run))
    width, height = exhibit.page.width_mm, exhibit.page.height_mm
    shown = rect or Rect(0, 0, width, height)
    if not (shown.left < width and shown.top < height and shown.right > 0 and shown.bottom > 0):
        raise PlotoptError(
            f"window {window!r:.60} lies beside the page of {width:g} x {height:g} mm: give one on it"
        )
    check_writable(path, force, (run, *sources(run, exhibit.record.order, exhibit.settings)))
    image = exhibit.image(shown, scale)
    write_atomically(path, png_bytes(image), overwrite=force)
    click.echo(f"{click.format_filename(path)}  {image.width} x {image.height} px")


def _read_window(text: str) -> Rect:
    """A window of the page from ``0,0,50mm,50mm``. Raises PlotoptError for anything else."""
    from plotopt.page import Rect
    from plotopt.units import parse_length

    words = text.split(",")
    if len(words) != 4:
        raise PlotoptError(
            f"window {text!r:.60} has {len(words)} parts: give left, top, width, height as in 0,0,50mm,50mm"
        )
    signs = [-1 if word.strip().startswith("-") else 1 for word in words[:2]]
    corner = [
        sign * parse_length(word.strip().removeprefix("-"), allow_zero=True)
        for sign, word in zip(signs, words, strict=False)
    ]
    width, height = (parse_length(word) for word in words[2:])
    if max(map(abs, (*corner, width, height))) > 10_000:
        raise PlotoptError(f"window {text!r:.60} reaches farther than 10 m: give a smaller one")
    return Rect(corner[0], corner[1], corner[0] + width, corner[1] + height)
