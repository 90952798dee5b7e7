"""What an objective is to the optimisation."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping
from dataclasses import dataclass, replace

import torch
from jaxtyping import Bool, Float, Int
from torch import Tensor

from plotopt.adam import Adam
from plotopt.joints import Joints
from plotopt.losses.grain import Grain
from plotopt.losses.restraint import restraint
from plotopt.stages import Stage
from plotopt.strokes import Strokes


@dataclass(frozen=True)
class Leap:
    """Where strokes are after several steps, the state of their Adam, and the loss at each step."""

    points: Float[Tensor, "strokes control_points 2"]
    adam: Adam
    losses: list[float]


@dataclass(frozen=True)
class Gradients:
    """A loss and its gradients by the strokes' points (1/mm), opacity and leaning, None where decided.

    The loss is in double precision, and on its device until it is told: reading it waits.
    """

    loss: Float[Tensor, ""]
    points: Float[Tensor, "strokes control_points 2"]
    opacity: Float[Tensor, "strokes"]
    leaning: Float[Tensor, "strokes pens"] | None = None

    @property
    def touched(self) -> Bool[Tensor, "strokes"]:
        """Strokes that the loss pulls at."""
        return (self.points != 0).any(-1).any(-1)

    def plus(self, other: Gradients) -> Gradients:
        """The gradients of the sum of two losses."""
        leaning = self.leaning if other.leaning is None else other.leaning
        if self.leaning is not None and other.leaning is not None:
            leaning = self.leaning + other.leaning
        return Gradients(
            self.loss + other.loss, self.points + other.points, self.opacity + other.opacity, leaning
        )


class Objective(ABC):
    """A loss of the strokes at one scale, step by step.

    It may remember things, and draw chance numbers: the same steps in the same order give the same.
    """

    #: The size on the page of the pixels that the objective renders.
    mm_per_px: float
    #: How many of them the loss is a mean over.
    pixels: float
    #: Whether it takes several steps at once.
    leaps: bool = False
    #: Which way lines run, None where that is all the same.
    grain: Grain | None = None

    @abstractmethod
    def gradients(self, strokes: Strokes, number: int) -> Gradients:
        """The loss at step ``number``, from 0, and its gradients."""

    def refine(self, strokes: Strokes, gradients: Gradients) -> tuple[Strokes, Int[Tensor, "strokes"]]:
        """The strokes with useless ones moved or left out, and which each was before, -1 where it is anew.

        Asked for right after the gradients of the same step. Here all stay.
        """
        return strokes, torch.arange(len(strokes), device=strokes.pen.device)

    def memory(self) -> dict[str, Tensor]:
        """What it carries from step to step, by name; see :meth:`recall`."""
        return {}

    def recall(self, memory: Mapping[str, Tensor]) -> None:  # noqa: B027  (most have nothing to recall)
        """Go on from where an objective made alike had this :meth:`memory`."""

    def leap(self, strokes: Strokes, adam: Adam, numbers: range) -> Leap | None:
        """The first of these steps, as many as it likes, smoothness and all; None if they shall go singly."""
        return None


class Around(Objective):
    """Another objective, of which a subclass changes what it likes; the rest stays as it is."""

    def __init__(self, objective: Objective) -> None:
        self.mm_per_px, self.pixels, self.leaps = objective.mm_per_px, objective.pixels, objective.leaps
        self.grain = objective.grain
        self._objective = objective

    def gradients(self, strokes: Strokes, number: int) -> Gradients:
        return self._objective.gradients(strokes, number)

    def refine(self, strokes: Strokes, gradients: Gradients) -> tuple[Strokes, Int[Tensor, "strokes"]]:
        return self._objective.refine(strokes, gradients)

    def memory(self) -> dict[str, Tensor]:
        return self._objective.memory()

    def recall(self, memory: Mapping[str, Tensor]) -> None:
        self._objective.recall(memory)

    def leap(self, strokes: Strokes, adam: Adam, numbers: range) -> Leap | None:
        return self._objective.leap(strokes, adam, numbers)


def smoothed(
    gradients: Gradients,
    points: Float[Tensor, "strokes control_points 2"],
    objective: Objective,
    stage: Stage,
) -> Gradients:
    """The gradients with the smoothness of the strokes counted in, and how they keep to the grain.

    It moves only the strokes that the objective pulls at. Bends are counted in pixels, so that they weigh
    the same at every scale.
    """
    area_mm2 = objective.pixels * objective.mm_per_px**2
    held = restraint(points, stage.smoothness / area_mm2, objective.grain, stage.firmness / area_mm2)
    return replace(
        gradients,
        loss=gradients.loss + held.cost.double(),
        points=gradients.points + gradients.touched[:, None, None] * held.pulls,
    )


def shared(gradients: Gradients, joints: Joints | None) -> Gradients:
    """The gradients by the points that strokes have in common at their joints."""
    return replace(gradients, points=joints.added_up(gradients.points)) if joints else gradients


def trainable(strokes: Strokes) -> Strokes:
    """The same strokes as leaves of a new gradient history."""
    leaning = None if strokes.leaning is None else strokes.leaning.detach().requires_grad_()
    points, opacity = strokes.points.detach().requires_grad_(), strokes.opacity.detach().requires_grad_()
    return replace(strokes, points=points, opacity=opacity, leaning=leaning)


def gathered(leaf: Strokes, loss: Tensor) -> Gradients:
    """The gradients that have come together at trainable strokes; nought where none has."""
    leaning = None if leaf.leaning is None else _grad(leaf.leaning)
    return Gradients(loss, _grad(leaf.points), _grad(leaf.opacity), leaning)


def _grad(leaf: Tensor) -> Tensor:
    return torch.zeros_like(leaf) if leaf.grad is None else leaf.grad
