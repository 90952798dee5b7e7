"""What the plot will be, in a few lines."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:
    from plotopt.drawing import Drawing


def report(drawing: Drawing, files: Sequence[Path]) -> None:
    """Five lines on a drawing that lies in ``files``; the notes before them go to standard error."""
    for note in drawing.notes:
        click.echo(f"note: {note}", err=True)
    plot = drawing.statistics
    click.echo(f"strokes    {plot.strokes:,} in {plot.paths:,} paths")
    click.echo(f"distance   {plot.pen_down_m:.1f} m pen down, {plot.pen_up_m:.1f} m pen up")
    click.echo(f"pen lifts  {plot.lifts:,}")
    click.echo(f"time       {_duration(plot.minutes)} on {drawing.profile.title}")
    click.echo(f"files      {'  '.join(map(click.format_filename, files))}")


def table(rows: Sequence[Sequence[str]]) -> None:
    """Print one row a line, its cells in aligned columns."""
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    for row in rows:
        cells = [cell.ljust(width) for cell, width in zip(row, widths, strict=True)]
        click.echo("  ".join(cells).rstrip())


def _duration(minutes: float) -> str:
    if minutes < 1:
        return f"{minutes * 60:.0f} s"
    hours, rest = divmod(round(minutes), 60)
    return f"{hours} h {rest} min" if hours else f"{rest} min"
