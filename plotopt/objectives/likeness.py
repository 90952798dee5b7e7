"""Likeness: the page, tile by tile, against its target."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import replace

import numpy as np
import torch
from jaxtyping import Int
from torch import Tensor

from plotopt.adam import Adam
from plotopt.objectives.base import Gradients, Leap, Objective
from plotopt.objectives.crew import Crew
from plotopt.objectives.problem import Look, Problem, gradients_of, loss_of
from plotopt.objectives.replay import Dial, Replay, can_replay
from plotopt.reassignment import reassign
from plotopt.refine import missing_ink, own_ink, relocate, worth
from plotopt.render import render
from plotopt.stages import Stage, tiles
from plotopt.strokes import Strokes
from plotopt.tones.toning import Shift
from plotopt.untangling import untangle
from plotopt.view import View

# So much farther than its ink, in px, a stroke is taken to reach, lest rounding leave it out.
_SLACK_PX = 0.01
_LEAP = 10
# A tile so large is the page.
_WHOLE_PX = 10**9


class Likeness(Objective):
    """The loss a pixel of the picture, at the scale and in the tiles of one stage.

    Draws where the tiles' grid begins from ``rng`` at every step, and where new strokes go. The tiles are
    looked at one after another, or by a ``crew`` side by side, with the same result.
    """

    def __init__(
        self, problem: Problem, stage: Stage, rng: np.random.Generator, crew: Crew | None = None
    ) -> None:
        frame = problem.target.place
        self.mm_per_px = stage.mm_per_px(frame)
        self.pixels = frame.width * frame.height / self.mm_per_px**2
        self.grain = problem.grain
        self._frame, self._stage, self._rng, self._crew = frame, stage, rng, crew
        self._undivided = replace(stage, tile_px=_WHOLE_PX)
        # Sampled once, with one cell of paper around.
        self._wanted = problem.target.canvas(self.mm_per_px, problem.loss.cell_px)
        # What looks at tiles needs no grain.
        self._set_to(replace(problem, grain=None))
        self.leaps = can_replay(self._canvas)

    def _set_to(self, problem: Problem) -> None:
        """Ask for the target with the problem's shift of tones."""
        self._canvas = replace(problem, target=problem.shift.shifted(self._wanted))
        self._replay: Replay | None = None
        if self._crew:
            self._crew.set_to(self._canvas)

    @property
    def shift(self) -> Shift:
        """By how much tones are asked for lighter or darker, as found so far."""
        return self._canvas.shift

    def memory(self) -> dict[str, Tensor]:
        """The shift of tones, and where its generator stands."""
        state = json.dumps(self._rng.bit_generator.state).encode()
        return {
            "shift": torch.from_numpy(self.shift.by.copy()),
            "generator": torch.frombuffer(bytearray(state), dtype=torch.uint8),
        }

    def recall(self, memory: Mapping[str, Tensor]) -> None:
        self._rng.bit_generator.state = json.loads(memory["generator"].cpu().numpy().tobytes())
        self._set_to(replace(self._canvas, shift=Shift(memory["shift"].cpu().numpy())))

    def gradients(self, strokes: Strokes, number: int) -> Gradients:
        """Gathered tile by tile, so that memory is that of one tile."""
        softness_px, (x, y) = self._stage.anneal(self._stage.softness_px, number), self._shift_px()
        drawn = strokes.detach().apart()
        tiled = list(self._tiles(drawn, softness_px, (x, y)))
        looks = (Look(drawn.select(chosen), view, softness_px, self.pixels) for chosen, view in tiled)
        parts = (
            self._crew.gradients(looks)
            if self._crew
            else (gradients_of(self._canvas, look) for look in looks)
        )
        return _gathered(strokes, [chosen for chosen, _ in tiled], parts)

    def leap(self, strokes: Strokes, adam: Adam, numbers: range) -> Leap | None:
        """Ten steps or fewer."""
        if not len(strokes):
            return None
        self._replay = self._replay or Replay(self._canvas, self, self._stage, self._frame)
        return self._replay.leap(strokes, adam, [self._dial(number) for number in numbers[:_LEAP]])

    def _dial(self, number: int) -> Dial:
        stage, shift = self._undivided, self._shift_px()
        (page,) = tiles(self._frame, stage, self._canvas.loss.cell_px, shift)
        softness_px, step_px = (stage.anneal(each, number) for each in (stage.softness_px, stage.step_px))
        return Dial(*shift, page.width_px, page.height_px, softness_px, step_px * self.mm_per_px)

    def _shift_px(self) -> tuple[int, int]:
        """Where the tiles' grid begins at the next step, drawn anew each time it is asked for."""
        x, y = self._rng.integers(0, self._canvas.loss.cell_px, 2).tolist()
        return x, y

    def refine(self, strokes: Strokes, gradients: Gradients) -> tuple[Strokes, Tensor]:
        """Of one pen, strokes of little use are laid anew; of several, they change pens.

        Then lines are freed from crossings, unless they are meant to cross.
        """
        self._retone(strokes)
        canvas, (refined, origins) = self._canvas, self._bettered(strokes, gradients)
        if canvas.guide.crosses:
            return refined, origins
        untangled, numbers = untangle(refined, canvas.target.view, canvas.inks.pens, canvas.guide.black)
        return untangled, torch.where(numbers < 0, numbers, origins[numbers])

    def _bettered(self, strokes: Strokes, gradients: Gradients) -> tuple[Strokes, Tensor]:
        target, inks, judge = self._canvas.target, self._canvas.inks, self._canvas.loss
        view = target.view
        line_weight = judge.line_weight(float(strokes.width_mm.mean()) / view.mm_per_px)
        if inks.pens == 1:
            worths = worth(strokes, self.pixels * gradients.opacity, own_ink(strokes, view), line_weight)
            course = self._canvas.guide.course_of_repairs(target, self._frame)
            return relocate(
                strokes, worths, view, lambda kept: missing_ink(kept, target, inks)[0], self._rng, course
            )
        price = line_weight / (self.pixels * view.mm_per_px**2)
        softness_px = self._stage.softness_px[1]
        return reassign(
            strokes, self._canvas.pens, inks, price, lambda drawn: self._losses(drawn, softness_px)
        )

    def _retone(self, strokes: Strokes) -> None:
        """Ask for tones so that those of the drawing become the ones wanted; of one pen alone."""
        if len(self._wanted.pixels) > 1:
            return
        view, border = self._wanted.view, self._canvas.loss.cell_px
        with torch.no_grad():
            light = self._canvas.inks.on_paper(
                render(strokes.detach().apart(), [view], renderer=self._canvas.renderer)
            )[0, 0]
        inside = (slice(border, -border), slice(border, -border))
        drawn, wanted = (each[inside].double().cpu().numpy() for each in (light, self._wanted.pixels[0]))
        width_px = float(strokes.width_mm.mean()) / view.mm_per_px
        self._set_to(replace(self._canvas, shift=self.shift.after(drawn, wanted, width_px)))

    def _losses(self, strokes: Strokes, softness_px: float) -> Iterator[Tensor]:
        """The loss a pixel, tile by tile."""
        # Joints are of no use to a loss, and would be numbered anew for each tile.
        drawn = strokes.apart()
        for chosen, view in self._tiles(drawn.detach(), softness_px, (0, 0)):
            yield loss_of(self._canvas, Look(drawn.select(chosen), view, softness_px, self.pixels))

    def _tiles(
        self, strokes: Strokes, softness_px: float, shift_px: tuple[int, int]
    ) -> Iterator[tuple[Int[Tensor, "chosen"], View]]:
        """The stage's tiles, and which strokes can leave ink in each."""
        reach = 0.5 * strokes.width_mm[:, None] + (softness_px + _SLACK_PX) * self.mm_per_px
        low, high = strokes.points.amin(1) - reach, strokes.points.amax(1) + reach
        for view in tiles(self._frame, self._stage, self._canvas.loss.cell_px, shift_px):
            place = view.rect
            start, end = low.new_tensor([[place.left, place.top], [place.right, place.bottom]])
            yield ((high > start) & (low < end)).all(1).nonzero()[:, 0], view


def _gathered(strokes: Strokes, tiled: list[Tensor], parts: Iterator[Gradients]) -> Gradients:
    """Gradients of all strokes, from those of each tile, which are added up in the order of the tiles."""
    points, opacity = torch.zeros_like(strokes.points), torch.zeros_like(strokes.opacity)
    loss = points.new_zeros((), dtype=torch.float64)
    for chosen, part in zip(tiled, parts, strict=True):
        points.index_add_(0, chosen, part.points)
        opacity.index_add_(0, chosen, part.opacity)
        loss = loss + part.loss
    return Gradients(loss, points, opacity)
