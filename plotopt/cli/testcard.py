"""``plotopt testcard``: a sheet that one pen draws, to measure that pen by."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import click

from plotopt.cli.delivery import Delivery, delivered


@click.command("testcard")
@click.option(
    "--pen",
    "subject",
    metavar="NAME|WIDTH",
    required=True,
    help="a name of `plotopt pens`, or 0.3mm, red:0.4mm",
)
@click.option("--paper", default="a5", show_default=True, help="A6 to A1, letter, legal, tabloid, 210x297mm")
@click.option("--margin", default="10mm", show_default=True, help="edge of the paper without ink, from 0mm")
@click.option("--stock", default="white", show_default=True, help="a name of `plotopt papers`")
@click.option(
    "--profile", default="axidraw_v3", show_default=True, help="a name of `plotopt profiles`, or a TOML"
)
@delivered("testcard- and the pen, in the working folder")
def command(subject: str, delivery: Delivery, options: dict[str, Any]) -> None:
    """Make a plot-ready test card for a pen: patches of a tenth of a coat of ink to three, of one to six
    passes, and line pairs.

    Plot it with that pen, photograph or scan it, and `plotopt calibrate` tells the pen's true width, how its
    tone builds up, and its colour.
    """
    from plotopt.catalog import find_pen, load_stock
    from plotopt.page import parse_paper
    from plotopt.profiles import load_profile
    from plotopt.settings.files import files_in
    from plotopt.testcard import draw_testcard
    from plotopt.units import parse_length

    pen, paper = find_pen(subject), parse_paper(options["paper"])
    margin_mm = parse_length(options["margin"], allow_zero=True)
    profile, stock = load_profile(options["profile"]), load_stock(options["stock"])
    stem = re.sub(r"[^\w.-]+", "-", f"testcard-{pen.name}-{pen.width_mm:g}mm")
    paths = delivery.paths(Path(f"{stem}.svg"), *files_in(pen, profile, stock))
    drawing = draw_testcard(pen, paper, margin_mm, profile, stock)
    delivery.deliver(drawing, paths, drawing.metadata["command"])
