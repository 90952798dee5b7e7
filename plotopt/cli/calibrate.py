"""``plotopt calibrate``: a pen's true width and tone from a photograph of its test card."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from plotopt.cli.options import FILE
from plotopt.cli.report import say, say_notes

if TYPE_CHECKING:
    from plotopt.calibration import Calibration


@click.command("calibrate")
@click.argument("photograph", metavar="PHOTO", type=click.Path(path_type=Path))
@click.option(
    "--pen", metavar="NAME|WIDTH", help="the pen that drew it, to check the card and keep its other figures"
)
@click.option("--name", default="my-pen", show_default=True, help="what the measured pen is called")
@click.option(
    "--stock", default="white", show_default=True, help="the paper it was drawn on, for ink that covers it"
)
@click.option("-o", "--output", type=FILE, help="file of pens to add it to, such as mypens.toml")
@click.option("-f", "--force", is_flag=True, help="replace a pen of that name in the file")
def command(
    photograph: Path, pen: str | None, name: str, stock: str, output: Path | None, force: bool
) -> None:
    """Measure a pen on PHOTO, a photograph or scan of the card that `plotopt testcard` made for it.

    The card is found by its corner marks, whichever way it lies; all four have to be in the picture.
    Without --output the pen is printed as an entry for a file of pens.
    """
    from plotopt.calibration import calibrate
    from plotopt.calibration.entry import add_entry, check_file, entry_text
    from plotopt.catalog import find_pen, load_stock
    from plotopt.files import check_spares
    from plotopt.pens import Pen

    Pen(name, "#000000", 1.0)  # refuses what is no name, before the work
    if output:
        check_spares(output, [photograph])
        check_file(output, name, force)
    found = calibrate(photograph, find_pen(pen) if pen else None, load_stock(stock), name)
    entry = entry_text(found, photograph)
    if output:
        add_entry(output, name, entry)
    _report(found)
    if output:
        say("file", f"{click.format_filename(output)}, as --pen {click.format_filename(output)}:{name}")
    else:
        click.echo(f"\n{entry}", nl=False)


def _report(found: Calibration) -> None:
    pen, two = found.pen, 1 - (1 - found.pen.opacity) ** 2
    say_notes(found.notes)
    say(
        "width",
        f"{pen.width_mm:.3f} mm +- {max(found.width_error_mm, 0.001):.3f} (card for "
        f"{found.card.width_mm:g} mm, line pairs alone {found.pairs_mm:.3f} mm)",
    )
    say(
        "opacity",
        f"{pen.opacity:.2f} +- {max(found.opacity_error, 0.01):.2f}: one pass leaves {pen.opacity:.0%} "
        f"of the full tone, two {two:.0%}",
    )
    say("colour", f"{pen.color} at full tone")
    say("trust", f"{found.trust}: patches within {found.residual:.1%} of what such a pen would draw")
