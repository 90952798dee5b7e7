"""How a drawing tells where it stands."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from plotopt.stages import Stage


@dataclass(frozen=True)
class Progress:
    """Where it stands: the stage, ``step`` of ``steps`` done, and the loss after it if there is one.

    ``notes`` are of those that the drawing will have, and known already.
    """

    stage: str
    step: int
    steps: int
    loss: float | None = None
    notes: tuple[str, ...] = ()


Listener = Callable[[Progress], None]


def no_listener(progress: Progress) -> None:
    """Hears everything and says nothing."""


@contextmanager
def in_one_step(stage: str, on_progress: Listener, notes: tuple[str, ...] = ()) -> Iterator[None]:
    """A stage of one step, which is what the block does; ``notes`` are told after it."""
    on_progress(Progress(stage, 0, 1))
    yield
    on_progress(Progress(stage, 1, 1, notes=notes))


def steps_told(stage: Stage, on_progress: Listener) -> Callable[[int, float], None]:
    """A listener to the steps of one stage that passes them on as progress."""
    name = f"{stage.name} at {stage.long_side_px} px"
    return lambda number, loss: on_progress(Progress(name, number + 1, stage.steps, loss))
