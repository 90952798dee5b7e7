"""A drawing's progress in the terminal."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

from rich.console import Console
from rich.progress import (
    BarColumn,
    MofNCompleteColumn,
    Progress,
    TaskID,
    TextColumn,
    TimeRemainingColumn,
)

if TYPE_CHECKING:
    from plotopt import listening


@contextmanager
def shown(console: Console) -> Iterator[Callable[[listening.Progress], None]]:
    """A listener that shows stage, step, loss, time left and notes while the block runs.

    Where the console is no terminal, each stage is one plain line when it begins.
    """
    if not console.is_terminal:
        yield _Lines(console)
        return
    columns = (
        TextColumn("{task.description:34}"),
        BarColumn(bar_width=24),
        MofNCompleteColumn(),
        TextColumn("{task.fields[loss]}"),
        TimeRemainingColumn(),
    )
    with Progress(*columns, console=console) as bars:
        yield _Bars(bars)


class _Lines:
    def __init__(self, console: Console) -> None:
        self._console = console
        self._stage = ""

    def __call__(self, progress: listening.Progress) -> None:
        if progress.stage != self._stage:
            self._stage = progress.stage
            self._console.print(progress.stage, highlight=False)
        _print_notes(self._console, progress)


def _print_notes(console: Console, progress: listening.Progress) -> None:
    for note in progress.notes:
        console.print(f"note: {note}", highlight=False, markup=False, soft_wrap=True)


class _Bars:
    def __init__(self, bars: Progress) -> None:
        self._bars = bars
        self._tasks: dict[str, TaskID] = {}

    def __call__(self, progress: listening.Progress) -> None:
        if progress.stage not in self._tasks:
            self._tasks[progress.stage] = self._bars.add_task(progress.stage, total=progress.steps, loss="")
        loss = "" if progress.loss is None else f"loss {progress.loss:.4f}"
        self._bars.update(self._tasks[progress.stage], completed=progress.step, loss=loss)
        _print_notes(self._bars.console, progress)
