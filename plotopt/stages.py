"""A stage of the optimisation as data, and the page cut into tiles."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from enum import Enum
from itertools import accumulate

from plotopt.page import Rect
from plotopt.view import View


@dataclass(frozen=True)
class Stage:
    """How long, how fine and how boldly to optimise.

    The picture's longer side has ``long_side_px`` pixels and is rendered in tiles of about ``tile_px``.
    ``step_px`` is Adam's step at the stage's begin and end, ``softness_px`` the edge's half width likewise;
    both fall by half a cosine. ``relocations`` times, evenly spread over the first part of the stage,
    strokes of little use are moved to where ink is missing. ``smoothness`` is the price of bends and
    ``firmness`` that of leaving the grain, where there is one, both of a squared pixel.
    """

    name: str
    long_side_px: int
    steps: int
    step_px: tuple[float, float]
    softness_px: tuple[float, float]
    tile_px: int = 512
    relocations: int = 0
    smoothness: float = 0.0
    firmness: float = 0.0

    def mm_per_px(self, frame: Rect) -> float:
        """The pixel's size on the page."""
        return frame.longer / self.long_side_px

    def anneal(self, bounds: tuple[float, float], step: int) -> float:
        """From the first bound to the second by half a cosine over the stage's steps."""
        progress = step / max(1, self.steps - 1)
        return bounds[1] + (bounds[0] - bounds[1]) * 0.5 * (1 + math.cos(math.pi * progress))

    def relocates_at(self, step: int) -> bool:
        """Whether strokes are moved before this step: in the first 70 %, so that they can settle."""
        if not self.relocations or step == 0:
            return False
        return step in {
            round(0.7 * self.steps * i / self.relocations) for i in range(1, self.relocations + 1)
        }

    def moves_after(self, step: int) -> int:
        """How many times strokes are moved after this step."""
        return sum(self.relocates_at(later) for later in range(step + 1, self.steps))

    def is_settling(self, step: int) -> bool:
        """Whether strokes are not moved any more, at this step or later."""
        return self.moves_after(step - 1) == 0

    def quiet_from(self, step: int) -> range:
        """The steps from this one on up to where strokes are moved next."""
        moving = (later for later in range(step, self.steps) if self.relocates_at(later))
        return range(step, next(moving, self.steps))


def tiles(frame: Rect, stage: Stage, cell_px: int, shift_px: tuple[int, int]) -> list[View]:
    """Views that cover the frame without overlap, each a multiple of ``cell_px`` wide and high.

    Their grid begins ``shift_px`` (x, y; below ``cell_px``) before the frame's corner, so that from step to
    step a loss sees the page cut into other cells, and none leaves its mark on the drawing.
    """
    pixel = stage.mm_per_px(frame)
    columns = _cuts(frame.width / pixel + shift_px[0], stage.tile_px, cell_px)
    rows = _cuts(frame.height / pixel + shift_px[1], stage.tile_px, cell_px)
    left, top = frame.left - shift_px[0] * pixel, frame.top - shift_px[1] * pixel
    return [
        View(left + x * pixel, top + y * pixel, width, height, pixel)
        for y, height in rows
        for x, width in columns
    ]


def most_tiles(frame: Rect, stage: Stage, cell_px: int) -> int:
    """How many tiles :func:`tiles` cuts a frame into at most: the farther the grid is shifted, the more."""
    return len(tiles(frame, stage, cell_px, (cell_px - 1, cell_px - 1)))


def _cuts(length_px: float, tile_px: int, cell_px: int) -> list[tuple[int, int]]:
    """(start, size) of near-equal tiles that cover a length, in whole cells."""
    cells = math.ceil(round(length_px, 6) / cell_px)
    count = max(1, min(cells, round(cells * cell_px / tile_px)))
    least, larger = divmod(cells, count)
    sizes = [cell_px * (least + (i < larger)) for i in range(count)]
    return list(zip([0, *accumulate(sizes[:-1])], sizes, strict=True))


class Quality(Enum):
    """How much time a fit may take."""

    DRAFT = "draft"
    NORMAL = "normal"
    FINE = "fine"


# The warm start moves strokes by a millimetre at most: its pixels are as wide as lines, so it can mend
# tone, but strokes that it pushed further would cross each other, as they do in coarser pixels.
_WARM = Stage("whole page", 512, 30, (0.08, 0.04), (1.2, 1.0), smoothness=0.05, firmness=0.05)
_DETAIL = Stage("tiles", 1024, 600, (1.0, 0.05), (1.2, 0.6), relocations=4, smoothness=0.02, firmness=0.02)
_STAGES = {
    Quality.DRAFT: (_WARM, replace(_DETAIL, long_side_px=512, steps=120, relocations=2)),
    Quality.NORMAL: (_WARM, _DETAIL),
    Quality.FINE: (_WARM, replace(_DETAIL, steps=1200, relocations=8)),
}


def stages_for(quality: Quality, size_px: int | None = None, tile_px: int = 512) -> tuple[Stage, ...]:
    """The stages of a quality; ``size_px`` replaces the last one's longer side, ``tile_px`` all tiles'."""
    stages = _STAGES[quality]
    size_px = size_px or stages[-1].long_side_px
    first = (replace(stage, long_side_px=min(stage.long_side_px, size_px)) for stage in stages[:-1])
    last = replace(stages[-1], long_side_px=size_px)
    return tuple(replace(stage, tile_px=tile_px) for stage in (*first, last))


# A tenth of the steps, at least so many, long enough to close a gap of a pen's width.
_MENDING, _LEAST_MENDING, _MENDING_STEP_PX = 0.1, 20, (0.4, 0.05)


def mending_of(stage: Stage) -> Stage:
    """What follows a stage where lines are left out at its end: their neighbours close the gaps."""
    steps = max(_LEAST_MENDING, round(_MENDING * stage.steps))
    softness_px = (stage.softness_px[1], stage.softness_px[1])
    return replace(
        stage, name="mending", steps=steps, step_px=_MENDING_STEP_PX, softness_px=softness_px, relocations=0
    )


# Looks at every place of the canvas: of a small one that wraps, of its copies afterwards, and of a large one
# drawn from scratch. The network takes nearly all the time, and what it sees grows with the canvas.
_LOOKS = {Quality.DRAFT: (120, 20, 40), Quality.NORMAL: (300, 30, 120), Quality.FINE: (600, 90, 300)}
_SMALL = Stage("small drawing", 256, 1, (1.5, 0.1), (3.0, 0.8), smoothness=0.1)
_GROWN = Stage("whole drawing", 1024, 1, (1.2, 0.05), (2.0, 0.6), smoothness=0.1)


@dataclass(frozen=True)
class Growth:
    """The stages of a neuron's drawing; their ``steps`` count looks at every place of the canvas.

    ``small`` is drawn first and copied, ``grown`` lets the copies grow apart; ``whole`` is for a canvas that
    is drawn from scratch.
    """

    small: Stage
    grown: Stage
    whole: Stage


def growth_for(quality: Quality) -> Growth:
    """The stages of a quality."""
    small, grown, whole = _LOOKS[quality]
    return Growth(
        replace(_SMALL, steps=small),
        replace(_GROWN, steps=grown),
        replace(_GROWN, steps=whole, step_px=_SMALL.step_px, softness_px=_SMALL.softness_px),
    )


# Looks at every place of the page by crops, after the tiles.
_PERCEPTION_LOOKS = {Quality.DRAFT: 10, Quality.NORMAL: 30, Quality.FINE: 80}


def perception_for(quality: Quality, long_side_px: int, *, bold: bool = False) -> Stage:
    """The stage that compares features; its ``steps`` count looks at every place of the page.

    Crops pull now this way, now that, so strokes take short steps and are kept smooth, lest they shake;
    ``bold`` lets them become other marks.
    """
    looks = _PERCEPTION_LOOKS[quality]
    step_px, smoothness = ((1.0, 0.05), 0.02) if bold else ((0.3, 0.03), 0.2)
    return Stage("features", long_side_px, looks, step_px, (1.2, 0.6), smoothness=smoothness, firmness=0.02)
