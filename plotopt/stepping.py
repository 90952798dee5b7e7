"""The steps of a stage: strokes follow an objective's gradient. Knows no files and no screens."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass, replace

import torch

from plotopt.adam import Adam
from plotopt.objectives.base import Gradients, Objective, shared, smoothed
from plotopt.stages import Stage
from plotopt.strokes import Strokes

# Leanings have no unit; so they move a step, at the most.
_LEANING_STEP = 0.1


@dataclass(frozen=True)
class Standing:
    """Where a stage stands after so many ``steps``: the strokes, and what Adam remembers of them.

    ``losses`` are those of the steps since the standing before.
    """

    strokes: Strokes
    points: Adam
    leaning: Adam | None
    steps: int = 0
    losses: tuple[float, ...] = ()

    @classmethod
    def at_start(cls, strokes: Strokes) -> Standing:
        """Nothing is done yet, nothing remembered."""
        strokes = strokes.contiguous()
        leaning = None if strokes.leaning is None else Adam.fresh(strokes.leaning[..., None])
        return cls(strokes, Adam.fresh(strokes.points), leaning)

    def after(self, strokes: Strokes, points: Adam, leaning: Adam | None, losses: list[float]) -> Standing:
        """So many steps later as there are losses."""
        return Standing(strokes, points, leaning, self.steps + len(losses), tuple(losses))

    def to(self, device: torch.device | str) -> Standing:
        """The same standing on another device."""
        leaning = self.leaning and self.leaning.to(device)
        return replace(self, strokes=self.strokes.to(device), points=self.points.to(device), leaning=leaning)

    @property
    def is_sound(self) -> bool:
        """Whether losses and places are numbers."""
        return all(map(math.isfinite, self.losses)) and bool(self.strokes.points.isfinite().all())

    def tell(self, on_step: Callable[[int, float], None]) -> None:
        """Each new step's number, from 0, and its loss."""
        for number, loss in enumerate(self.losses, self.steps - len(self.losses)):
            on_step(number, loss)


def advance(standing: Standing, objective: Objective, stage: Stage) -> Standing:
    """Where the stage stands after its next step, or after several that the objective takes at once."""
    return _leapt(standing, objective, stage) or _stepped(standing, objective, stage)


def _leapt(standing: Standing, objective: Objective, stage: Stage) -> Standing | None:
    quiet = stage.quiet_from(standing.steps) if objective.leaps else range(0)
    leap = objective.leap(standing.strokes, standing.points, quiet) if quiet else None
    if not leap:
        return None
    moved = standing.strokes.with_points(leap.points)
    return standing.after(moved, leap.adam, standing.leaning, leap.losses)


def _stepped(standing: Standing, objective: Objective, stage: Stage) -> Standing:
    strokes, points, number = standing.strokes, standing.points, standing.steps
    gradients = _gradients(strokes, objective, stage, number)
    if stage.relocates_at(number):
        strokes, origins = objective.refine(strokes, gradients)
        points = points.follow(origins)
        gradients = _gradients(strokes, objective, stage, number)
    size_mm = stage.anneal(stage.step_px, number) * objective.mm_per_px
    placed, points = points.step(strokes.points, gradients.points, size_mm)
    strokes, leaning = _leant(strokes.moved_to(placed), gradients, standing.leaning)
    return standing.after(strokes, points, leaning, [float(gradients.loss)])


def _gradients(strokes: Strokes, objective: Objective, stage: Stage, number: int) -> Gradients:
    """The gradients of a step, smoothness and all."""
    found = smoothed(objective.gradients(strokes, number), strokes.points, objective, stage)
    return shared(found, strokes.joints)


def _leant(strokes: Strokes, gradients: Gradients, adam: Adam | None) -> tuple[Strokes, Adam | None]:
    """The strokes with their leanings a step further, where they have any."""
    if adam is None or strokes.leaning is None or gradients.leaning is None:
        return strokes, adam
    leant, adam = adam.step(strokes.leaning[..., None], gradients.leaning[..., None], _LEANING_STEP)
    return replace(strokes, leaning=leant[..., 0]), adam
