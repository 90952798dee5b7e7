"""Likeness: the page, tile by tile, against its target."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
from torch import Tensor

from plotopt.ink import Inks
from plotopt.losses.base import Loss
from plotopt.objectives.base import Gradients, Objective, gathered, trainable
from plotopt.refine import missing_ink, own_ink, relocate, worth
from plotopt.render import render
from plotopt.stages import Stage, tiles
from plotopt.strokes import Strokes
from plotopt.target import Target


@dataclass(frozen=True)
class Problem:
    """What the strokes shall look like, in which inks, and how that is judged."""

    target: Target
    inks: Inks
    loss: Loss


class Likeness(Objective):
    """The loss a pixel of the picture, at the scale and in the tiles of one stage.

    Draws where the tiles' grid begins from ``rng`` at every step, and where new strokes go.
    """

    def __init__(self, problem: Problem, stage: Stage, rng: np.random.Generator) -> None:
        frame = problem.target.place
        self.mm_per_px = stage.mm_per_px(frame)
        self.pixels = frame.width * frame.height / self.mm_per_px**2
        self._frame, self._stage, self._rng = frame, stage, rng
        # Sampled once, with one cell of paper around.
        target = problem.target.canvas(self.mm_per_px, problem.loss.cell_px)
        self._canvas = replace(problem, target=target)

    def gradients(self, strokes: Strokes, number: int) -> Gradients:
        """Gathered tile by tile, so that memory is that of one tile."""
        leaf = trainable(strokes)
        target, inks, judge = self._canvas.target, self._canvas.inks, self._canvas.loss
        softness_px = self._stage.anneal(self._stage.softness_px, number)
        x, y = self._rng.integers(0, judge.cell_px, 2).tolist()
        total = 0.0
        for view in tiles(self._frame, self._stage, judge.cell_px, (x, y)):
            drawing = inks.on_paper(render(leaf, [view], softness_px=softness_px, pens=inks.pens))
            loss = judge(drawing, target.window(view)[None]) / self.pixels
            if loss.requires_grad:
                loss.backward()
            total += float(loss.detach())
        return gathered(leaf, total)

    def refine(self, strokes: Strokes, gradients: Gradients) -> tuple[Strokes, Tensor]:
        target, inks, judge = self._canvas.target, self._canvas.inks, self._canvas.loss
        view = target.view
        line_weight = judge.line_weight(float(strokes.width_mm.mean()) / view.mm_per_px)
        pixels = view.width_px * view.height_px
        worths = worth(strokes, pixels * gradients.opacity, own_ink(strokes, view), line_weight)
        return relocate(strokes, worths, view, lambda kept: missing_ink(kept, target, inks), self._rng)
