"""Steps in a row as replays of one CUDA graph, since launching their kernels would take longer than they do.

What changes from step to step lies in buffers, of one size from step to step. What is captured is a function
of these buffers alone, which does not wait for the device; on the CPU it runs as it is.
"""

from __future__ import annotations

import gc
import weakref
from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import NamedTuple

import torch
from jaxtyping import Float, Int
from torch import Tensor
from torch.nn.functional import pad

from plotopt.adam import Adam
from plotopt.joints import Joints
from plotopt.losses.colour import ColourLoss
from plotopt.losses.pixel import PyramidLoss
from plotopt.objectives.base import Gradients, Leap, Objective, shared, smoothed
from plotopt.objectives.problem import Problem
from plotopt.page import Rect
from plotopt.render import transmittance
from plotopt.render.cuda import transmittance_within
from plotopt.render.curves import polylines_within
from plotopt.render.polylines import Polylines, Raster
from plotopt.render.scene import TOLERANCE_PX
from plotopt.stages import Stage
from plotopt.strokes import Strokes, chain_of

# Room for so many times what is needed when it is made.
_MARGIN = 1.5
# The page is looked at in one piece up to this size.
_MOST_PIXELS = 2**24
_WARM_UPS = 3


class Dial(NamedTuple):
    """What one step is told: how far the page's corner lies from the raster's, whose first pixels count."""

    shift_x: float
    shift_y: float
    width: float
    height: float
    softness_px: float
    step_mm: float


class _Buffers(NamedTuple):
    """Strokes and their Adam, and one stroke more, of no ink, for the vertices that are left over."""

    points: Float[Tensor, "strokes control_points 2"]
    mean: Float[Tensor, "strokes control_points 2"]
    square: Float[Tensor, "strokes control_points 2"]
    clock: Float[Tensor, "strokes 1 1"]
    radius_px: Float[Tensor, "strokes+1"]
    opacity: Float[Tensor, "strokes+1"]
    pen: Int[Tensor, "strokes+1"]


class _Room(NamedTuple):
    """Memory for so many vertices, and pairs of segments and tiles."""

    vertices: int
    pairs: int

    def holds(self, needed: _Room) -> bool:
        return self.vertices >= needed.vertices and self.pairs >= needed.pairs

    def grown(self, needed: _Room) -> _Room:
        """This much at least, and more than is needed."""
        return _Room(*(max(room, int(_MARGIN * each)) for room, each in zip(self, needed, strict=True)))


_LEAST = _Room(2, 1024)


def can_replay(problem: Problem) -> bool:
    """Whether steps towards this problem can be captured."""
    known = type(problem.loss) in (PyramidLoss, ColourLoss) and problem.renderer is transmittance
    _, height, width = problem.target.pixels.shape
    return problem.inks.device.type == "cuda" and known and height * width <= _MOST_PIXELS


class Replay:
    """The steps of one stage on the whole page at once.

    ``problem`` has its target on the pixels of ``objective``, with one cell of paper around the ``frame``.
    """

    def __init__(self, problem: Problem, objective: Objective, stage: Stage, frame: Rect) -> None:
        # The objective has this: were it kept, graphs would outlive their stages.
        self._problem, self._objective, self._stage = problem, weakref.proxy(objective), stage
        pixels, self._cell = problem.target.pixels, problem.loss.cell_px
        # In whole cells, wherever their grid begins.
        self._height, self._width = (
            -(-(side - self._cell - 1) // self._cell) * self._cell for side in pixels.shape[1:]
        )
        self._corner = pixels.new_tensor([frame.left, frame.top])
        self._down, self._across = (
            torch.arange(side, dtype=pixels.dtype, device=pixels.device)
            for side in (self._height, self._width)
        )
        self._dial = pixels.new_zeros(len(Dial._fields))
        self._loss = pixels.new_zeros((), dtype=torch.float64)
        self._needed = torch.zeros(2, dtype=torch.int64, device=pixels.device)
        self._room = _LEAST
        self._buffers: _Buffers | None = None
        self._betas: tuple[float, float] | None = None
        self._joints: Joints | None = None
        self._go: Callable[[], None] | None = None

    def leap(self, strokes: Strokes, adam: Adam, dials: Sequence[Dial]) -> Leap:
        """One step for each dial, in a row; waits for the device at the end."""
        if adam.betas != self._betas or strokes.joints is not self._joints:
            self._betas, self._joints, self._go = adam.betas, strokes.joints, None
        fresh, rows = self._laid_out(strokes, adam), self._dial.new_tensor(dials)
        while True:
            buffers = self._filled(fresh)
            self._dial.copy_(rows[0])
            if self._go is None:
                # By now the strokes have moved, so they are filled in once more.
                self._go = self._recorded(buffers)
                continue
            losses, needed = self._replayed(self._go, rows)
            if self._room.holds(needed):
                points, mean, square, clock = (buffer.clone() for buffer in buffers[:4])
                return Leap(points, replace(adam, mean=mean, square=square, clock=clock), losses.tolist())
            # Some ink was missing.
            self._room, self._go = self._room.grown(needed), None

    def _replayed(
        self, go: Callable[[], None], rows: Float[Tensor, "steps dial"]
    ) -> tuple[Float[Tensor, "steps"], _Room]:
        """The losses of the steps, and the room that they needed."""
        self._needed.zero_()
        losses = []
        for row in rows:
            self._dial.copy_(row)
            go()
            losses.append(self._loss.clone())
        return torch.stack(losses), _Room(*self._needed.tolist())

    def _laid_out(self, strokes: Strokes, adam: Adam) -> _Buffers:
        """Strokes as they go into the buffers."""
        return _Buffers(
            strokes.points,
            adam.mean,
            adam.square,
            adam.clock,
            pad(0.5 * strokes.width_mm / self._objective.mm_per_px, (0, 1)),
            pad(strokes.opacity, (0, 1)),
            pad(strokes.pen, (0, 1)),
        )

    def _filled(self, fresh: _Buffers) -> _Buffers:
        """The buffers with these contents; others, to be captured anew, where they do not fit."""
        if self._buffers is None or [b.shape for b in self._buffers] != [f.shape for f in fresh]:
            self._buffers, self._go = _Buffers(*map(torch.clone, fresh)), None
        else:
            for buffer, content in zip(self._buffers, fresh, strict=True):
                buffer.copy_(content)
        return self._buffers

    def _recorded(self, buffers: _Buffers) -> Callable[[], None]:
        """What takes a step, with the room that there is, or room enough for these strokes."""
        if self._room == _LEAST:
            # First for the vertices, then for the pairs that they make.
            for _ in range(2):
                with torch.no_grad():
                    needed = self._compared(buffers, buffers.points)[1]
                self._room = self._room.grown(_Room(*needed.tolist()))

        def step() -> None:
            self._step(buffers)

        return captured(step) if self._dial.is_cuda else step

    def _step(self, buffers: _Buffers) -> None:
        """One step in place."""
        points = buffers.points.detach().requires_grad_()
        loss, needed = self._compared(buffers, points)
        (pull,) = torch.autograd.grad(loss, points)
        found = Gradients(loss.detach().double(), pull, torch.zeros_like(buffers.opacity[:-1]))
        found = shared(smoothed(found, buffers.points, self._objective, self._stage), self._joints)
        adam = Adam(buffers.mean, buffers.square, buffers.clock, self._betas or Adam.betas)
        placed, adam = adam.step(buffers.points, found.points, self._dial[5])
        placed = self._joints.drawn_together(placed) if self._joints else placed
        for buffer, result in zip(buffers[:4], (placed, adam.mean, adam.square, adam.clock), strict=True):
            buffer.copy_(result)
        self._loss.copy_(found.loss)
        self._needed.copy_(torch.maximum(self._needed, needed))

    def _compared(self, buffers: _Buffers, points: Tensor) -> tuple[Float[Tensor, ""], Int[Tensor, "2"]]:
        """The loss a pixel, and the room that it takes."""
        points_px = (points - self._corner) / self._objective.mm_per_px + self._dial[:2]
        vertices, starts, count = polylines_within(chain_of(points_px), TOLERANCE_PX, self._room.vertices)
        lines = Polylines(vertices, starts, buffers.radius_px, buffers.opacity, buffers.pen)
        raster = Raster(self._problem.inks.pens, self._height, self._width)
        through, pairs = transmittance_within(lines, raster, self._room.pairs, self._dial[4:5].clone())
        drawing = self._problem.inks.on_paper(through[None])
        wanted, counts = self._wanted()
        loss = self._problem.loss(torch.where(counts, drawing, wanted), wanted)
        return loss / self._objective.pixels, torch.stack([count, pairs])

    def _wanted(self) -> tuple[Tensor, Tensor]:
        """The target as it is seen with the dial's shift, and where it counts."""
        shift_x, shift_y, width, height = self._dial[:4].unbind()
        pixels = self._problem.target.pixels
        for axis, along, shift in ((1, self._down, shift_y), (2, self._across, shift_x)):
            # Beyond the paper around the frame there is more of it.
            seen = (along + self._cell - shift).long().clamp(max=pixels.shape[axis] - 1)
            pixels = pixels.index_select(axis, seen)
        return pixels[None], (self._down < height)[:, None] & (self._across < width)


def captured(step: Callable[[], None]) -> Callable[[], None]:
    """A step as a CUDA graph, to be replayed. It is taken some times in doing so."""
    stream = torch.cuda.Stream()
    stream.wait_stream(torch.cuda.current_stream())
    with torch.cuda.stream(stream):
        for _ in range(_WARM_UPS):
            step()
    torch.cuda.current_stream().wait_stream(stream)
    graph, collecting = torch.cuda.CUDAGraph(), gc.isenabled()
    # An older graph that is thrown away while this one is captured would spoil it.
    gc.collect()
    gc.disable()
    try:
        with torch.cuda.graph(graph):
            step()
    finally:
        if collecting:
            gc.enable()
    return graph.replay
