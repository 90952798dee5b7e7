"""Likeness: the page, tile by tile, against its target."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace

import numpy as np
from torch import Tensor

from plotopt.ink import Inks
from plotopt.losses.base import Loss
from plotopt.objectives.base import Gradients, Objective, gathered, trainable
from plotopt.pens import Pen
from plotopt.reassignment import reassign
from plotopt.refine import missing_ink, own_ink, relocate, worth
from plotopt.render import render
from plotopt.stages import Stage, tiles
from plotopt.strokes import Strokes
from plotopt.target import Target


@dataclass(frozen=True)
class Problem:
    """What the strokes shall look like, with which pens in which inks, and how that is judged.

    ``inks`` are the pens' as the target has them: a target of one channel is in parts of full ink.
    """

    target: Target
    pens: tuple[Pen, ...]
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
        softness_px = self._stage.anneal(self._stage.softness_px, number)
        x, y = self._rng.integers(0, self._canvas.loss.cell_px, 2).tolist()
        total = 0.0
        for part in self._parts(leaf, softness_px, (x, y)):
            if part.requires_grad:
                part.backward()
            total += float(part.detach())
        return gathered(leaf, total)

    def refine(self, strokes: Strokes, gradients: Gradients) -> tuple[Strokes, Tensor]:
        """Of one pen, strokes of little use are laid anew; of several, they change pens."""
        target, inks, judge = self._canvas.target, self._canvas.inks, self._canvas.loss
        view = target.view
        line_weight = judge.line_weight(float(strokes.width_mm.mean()) / view.mm_per_px)
        pixels = view.width_px * view.height_px
        if inks.pens == 1:
            worths = worth(strokes, pixels * gradients.opacity, own_ink(strokes, view), line_weight)
            return relocate(strokes, worths, view, lambda kept: missing_ink(kept, target, inks), self._rng)
        price = line_weight / (self.pixels * view.mm_per_px**2)
        softness_px = self._stage.softness_px[1]
        return reassign(
            strokes, self._canvas.pens, inks, price, lambda drawn: self._parts(drawn, softness_px, (0, 0))
        )

    def _parts(self, strokes: Strokes, softness_px: float, shift_px: tuple[int, int]) -> Iterator[Tensor]:
        """The loss a pixel, tile by tile."""
        target, inks, judge = self._canvas.target, self._canvas.inks, self._canvas.loss
        for view in tiles(self._frame, self._stage, judge.cell_px, shift_px):
            drawing = inks.on_paper(render(strokes, [view], softness_px=softness_px, pens=inks.pens))
            yield judge(drawing, target.window(view)[None]) / self.pixels
