"""Any objective, with strokes drawn by a steady hand."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import torch
from jaxtyping import Float
from torch import Tensor

from plotopt.adam import Adam
from plotopt.hand import Hand
from plotopt.losses.smooth import bending
from plotopt.objectives.base import Around, Gradients, Leap, Objective, gathered, trainable
from plotopt.stages import Stage
from plotopt.strokes import Strokes


@dataclass(frozen=True)
class Grip:
    """What a steady hand holds to, by price.

    ``keeping`` to the shape laid is a price of a squared pixel, as a stage's smoothness is that of bends.
    ``ink`` is that of a page full of laid ink: where as much is paid for ink that shows, what costs is ink
    over ink and off the page.
    """

    keeping: float = 0.0
    ink: float = 0.0

    @classmethod
    def of(cls, hand: Hand, stage: Stage) -> Grip:
        """How a hand holds strokes in a stage, which has the usual smoothness."""
        return cls(hand.keeping * stage.smoothness, hand.overlap)


class Steady(Around):
    """Another objective's loss, and the prices of a grip on the strokes as they are at first."""

    def __init__(self, objective: Objective, grip: Grip) -> None:
        super().__init__(objective)
        # What it adds is worked out step by step.
        self._grip, self.leaps = grip, False
        self._laid: Float[Tensor, "strokes control_points 2"] | None = None

    def leap(self, strokes: Strokes, adam: Adam, numbers: range) -> Leap | None:
        return None

    def gradients(self, strokes: Strokes, number: int) -> Gradients:
        found = super().gradients(strokes, number)
        leaf, grip = trainable(strokes), self._grip
        if self._laid is None:
            self._laid = strokes.points.detach()
        area_mm2 = self.pixels * self.mm_per_px**2
        loss = leaf.points.new_zeros(())
        if grip.keeping:
            bent = bending(leaf.points - self._laid) * found.touched
            loss = loss + grip.keeping / area_mm2 * bent.sum()
        if grip.ink:
            laid_mm2 = leaf.width_mm * leaf.opacity * leaf.lengths_mm()
            loss = loss + grip.ink / area_mm2 * laid_mm2.sum()
        if loss.requires_grad:
            loss.backward()
        return found.plus(gathered(leaf, loss.detach().double()))

    def memory(self) -> dict[str, Tensor]:
        laid = {} if self._laid is None else {"laid": self._laid}
        return super().memory() | laid

    def recall(self, memory: Mapping[str, Tensor]) -> None:
        self._laid = memory.get("laid")
        super().recall(memory)

    def refine(self, strokes: Strokes, gradients: Gradients) -> tuple[Strokes, Tensor]:
        refined, origins = super().refine(strokes, gradients)
        if self._laid is not None:
            anew = (origins < 0)[:, None, None]
            self._laid = torch.where(anew, refined.points.detach(), self._laid[origins])
        return refined, origins
