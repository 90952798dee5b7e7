"""``plotopt replay``: a drawing made anew from what its SVG tells."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from plotopt.cli.delivery import Delivery, delivered
from plotopt.cli.report import say_notes


@click.command("replay")
@click.argument("subject", metavar="SVG", type=click.Path(path_type=Path))
@click.option(
    "--picture",
    type=click.Path(path_type=Path),
    help="the picture  [default: beside SVG or in the working folder]",
)
@delivered("beside SVG, with -replay at the end")
def command(svg: Path, delivery: Delivery, options: dict[str, Any]) -> None:
    """Draw once more what SVG, a drawing by plotopt, tells of itself: the same picture, options and seed.

    The same version on the same kind of machine gives the same file, byte for byte; what differs is told.
    """
    from plotopt.replaying import read_drawing

    told = read_drawing(svg)
    picture = options.get("picture")
    paths = delivery.paths(svg.with_name(f"{svg.stem}-replay.svg"), svg, *told.inputs(picture))
    with delivery.listener() as listener:
        drawing = told.draw(listener, picture)
    delivery.deliver(drawing, paths, drawing.metadata["command"])
    if not delivery.quiet:
        say_notes([told.compared(drawing)])
