"""What the plot will be, in a few lines."""

from __future__ import annotations

from collections.abc import Container, Iterable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import click

from plotopt.formats.duration import format_duration

if TYPE_CHECKING:
    from plotopt.drawing import Drawing
    from plotopt.page import Page
    from plotopt.plot.load import InkLoad
    from plotopt.plot.plan import LayerStatistics
    from plotopt.profiles import Client, Profile
    from plotopt.stocks import Stock


def report(drawing: Drawing, files: Sequence[Path], told: Container[str] = ()) -> None:
    """Some lines on a drawing that lies in ``files``; notes, but those ``told``, go to standard error."""
    from plotopt.plot.load import ink_load, load_notes

    load = ink_load(drawing.layers, drawing.page)
    notes = [*drawing.notes, *load_notes(load, drawing.stock, drawing.remedy)]
    say_notes(note for note in notes if note not in told)
    plot = drawing.statistics
    say_page(drawing.page)
    say("strokes", f"{plot.strokes:,} in {counted(plot.paths, 'path')}")
    if round(plot.hidden_m, 1):
        say(
            "hidden",
            f"{counted(plot.hidden, 'stroke')} left out, {plot.hidden_m:.1f} m: covered by others",
        )
    say("distance", f"{plot.pen_down_m:.1f} m pen down, {plot.pen_up_m:.1f} m pen up")
    say("pen lifts", f"{plot.lifts:,}")
    say("time", duration(plot.minutes, drawing.profile, drawing.client))
    say("ink load", load_figures(load, drawing.stock))
    if len(plot.layers) > 1:
        table([layer_row(layer) for layer in plot.layers], indent="  ")
    else:
        for layer, figures in zip(drawing.layers, plot.layers, strict=True):
            told = (f"{layer.pen.name} {layer.pen.width_mm:g} mm", fillings(figures.refills))
            say("pen", ", ".join(filter(None, told)))
    say("files", "  ".join(map(click.format_filename, files)))


def say(name: str, figures: str) -> None:
    """Print one line of a report."""
    click.echo(f"{name:<11}{figures}")


def say_page(page: Page) -> None:
    """Print the paper's size as it lies under the pen."""
    say("page", f"{page.width_mm:g} x {page.height_mm:g} mm")


def say_notes(notes: Iterable[str]) -> None:
    """Print what the user should know to standard error."""
    for note in notes:
        click.echo(f"note: {note}", err=True)


def duration(minutes: float, profile: Profile, client: Client) -> str:
    """A time, the machine it is for and the program that drives it."""
    return f"{format_duration(minutes)} on {profile.title}, as {client.value} plans it"


def counted(number: int, noun: str) -> str:
    """Such as ``1 path`` or ``2,000 paths``."""
    return f"{number:,} {noun}{'' if number == 1 else 's'}"


def load_figures(load: InkLoad, stock: Stock) -> str:
    """The most coats of ink that lie anywhere, and what the paper bears."""
    return f"up to {load.most_coats:.1f} coats ({stock.title} bears {stock.ink_limit:g})"


def layer_row(layer: LayerStatistics) -> tuple[str, ...]:
    """The figures of one layer, for a table."""
    return (
        layer.label,
        # A part of a long line has none that begins in it.
        f"{layer.strokes:,} in {counted(layer.paths, 'path')}"
        if layer.strokes not in (0, layer.paths)
        else counted(layer.paths, "path"),
        f"{layer.pen_down_m:.1f} m down, {layer.pen_up_m:.1f} m up",
        counted(layer.lifts, "lift"),
        format_duration(layer.minutes),
        fillings(layer.refills),
    )


def fillings(refills: float | None) -> str:
    """How many fillings a pen empties; nothing where no one knows."""
    return "" if refills is None else f"{refills:.2f} refills"


def table(rows: Sequence[Sequence[str]], indent: str = "") -> None:
    """Print one row a line, its cells in aligned columns."""
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    for row in rows:
        cells = [cell.ljust(width) for cell, width in zip(row, widths, strict=True)]
        click.echo((indent + "  ".join(cells)).rstrip())
