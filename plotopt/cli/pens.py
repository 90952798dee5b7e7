"""``plotopt pens`` and ``plotopt papers``: what there is to draw with and on."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import click
from PIL import ImageColor

from plotopt.cli.options import FILE
from plotopt.cli.report import report, table

if TYPE_CHECKING:
    from plotopt.catalog import Entry
    from plotopt.pens import Pen


@click.command("pens")
@click.argument("pattern", default="")
@click.option("--swatches", type=FILE, metavar="SVG", help="draw a sheet of them")
@click.option("--paper", default="a4", show_default=True, help="of the sheet: A6 to A1, letter, 210x297mm")
@click.option("--stock", default="white", show_default=True, help="of the sheet: a name of `plotopt papers`")
@click.option("--profile", default="axidraw_v3", show_default=True, help="a name of `plotopt profiles`")
@click.option("-f", "--force", is_flag=True, help="overwrite files that exist")
def command(pattern: str, swatches: Path | None, paper: str, stock: str, profile: str, force: bool) -> None:
    """List the pens that plotopt knows, or show a swatch sheet of them.

    PATTERN is a word of their names, or a list of pens, files and patterns such as
    stabilo-88-*,./mine.toml,red:0.3mm. Each line has name, width, how the ink lies (translucent where it does
    not say opaque, full tone where it does not say how much a pass leaves), metres a filling, what it is, and
    its colour.
    """
    from plotopt.catalog import search

    found = search(pattern)
    if swatches:
        _draw([entry.pen for entry in found], swatches, paper, stock, profile, force)
    else:
        table([_row(entry) for entry in found])


@click.command("papers")
def papers() -> None:
    """List the papers that plotopt knows: name, the coats of ink they bear, what they are, and colour."""
    from plotopt.catalog import list_stocks

    table(
        [
            (stock.name, f"{stock.ink_limit:g} coats", stock.title, _colored(stock.color))
            for stock in list_stocks()
        ]
    )


def _row(entry: Entry) -> tuple[str, ...]:
    pen = entry.pen
    metres = f"{pen.refill_m:,.0f} m" if pen.refill_m else ""
    return pen.text, f"{pen.width_mm:g} mm", _kind(pen), metres, entry.title, _colored(pen.color)


def _kind(pen: Pen) -> str:
    from plotopt.pens import MAX_OPACITY

    built_up = f"{pen.opacity:.0%} a pass" if pen.opacity < MAX_OPACITY else ""
    return ", ".join(filter(None, ["opaque" if pen.opaque else "", built_up]))


def _colored(color: str) -> str:
    """A block of the colour where the terminal shows such, and the colour."""
    return click.style("  ", bg=ImageColor.getrgb(color)[:3]) + " " + color


def _draw(pens: Sequence[Pen], path: Path, paper: str, stock: str, profile: str, force: bool) -> None:
    from plotopt.catalog import load_stock
    from plotopt.drawing import output_paths
    from plotopt.files import check_writable
    from plotopt.page import parse_paper
    from plotopt.profiles import load_profile
    from plotopt.settings.files import files_in
    from plotopt.swatches import draw_swatches

    machine, sheet = load_profile(profile), load_stock(stock)
    inputs = tuple(files_in(*pens, machine, sheet))
    for file in output_paths(path, inputs):
        check_writable(file, force)
    drawing = replace(draw_swatches(pens, parse_paper(paper), machine, sheet), others=inputs)
    report(drawing, drawing.save(path, force=force))
