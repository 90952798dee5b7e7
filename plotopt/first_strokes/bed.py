"""A bed: what one pen is to lay on one course, and how it is laid."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np
from jaxtyping import Float
from numpy import ndarray

from plotopt.first_strokes import streamlines
from plotopt.first_strokes.accents import accents
from plotopt.first_strokes.curling import Curls, curled
from plotopt.first_strokes.laid import SPAN_PENS, Laid
from plotopt.first_strokes.linking import Linked, black_at, find_gaps, linked, untangled
from plotopt.first_strokes.seeding import Course, Seeds, ink_demand, seed
from plotopt.pens import MAX_OPACITY, Pen

# Lengths in pen widths. On average no stroke needs to be shorter than this.
_SHORTEST_PENS = 2.0
# Lines this long can still follow most pictures.
_ROOMY_PENS = 70.0
# Across this, as many of those as the picture wants are linked, fewer across more, by the square of this at
# the most: where ink is scarce, each lift costs some.
_LINK_PENS, _SCARCE = 20.0, 2**0.5
# More lines, which are shorter, are linked across less, but not less than planning joins.
_LEAST_LINK_PENS = 2.5
# Narrower loops are blots.
_LEAST_PENS = 2.0
# Lengths in loops' widths: of lines to scribble along, and how short some may be,
_TRAIL_LOOPS = 2.5
_SHORTEST_LOOPS = 1.0
# across what they are linked, and of a span of a loop.
_LINK_LOOPS = 2.0
_SPAN_LOOPS = 0.3


@dataclass(frozen=True)
class Bed:
    """What pen number ``number`` is to lay on one course: the tone of its full ink on white, in pixels.

    With ``curl_pens`` it scribbles in loops of so many pen widths, two at least. The tone has the part
    ``reach`` of the ink that the picture wants.
    """

    number: int
    pen: Pen
    tone: Float[ndarray, "height width"]
    pen_px: float
    course: Course
    curl_pens: float = 0.0
    reach: float = 1.0

    @property
    def _loop_px(self) -> float:
        return max(self.curl_pens, _LEAST_PENS) * self.pen_px

    @property
    def ink_px(self) -> float:
        """How much full ink a pixel of line leaves: its width, or less where one pass is faint."""
        return self.pen_px * self.pen.opacity / MAX_OPACITY

    @property
    def line_px(self) -> float:
        """How long all its lines together are."""
        return float(ink_demand(self.tone).sum()) / self.ink_px

    @property
    def fewest(self) -> float:
        """How many strokes lay all its lines, each as long as most pictures let it be."""
        if self._curls:
            return self._curls.trail_px / (_TRAIL_LOOPS * self._loop_px)
        return self.line_px / (self.course.usual_px or _ROOMY_PENS * self.pen_px)

    @property
    def useful(self) -> float:
        """How many strokes it has work for at most."""
        if self._curls:
            return self._curls.trail_px / (_SHORTEST_LOOPS * self._loop_px)
        return self.line_px / (self.course.usual_px or _SHORTEST_PENS * self.pen_px)

    @cached_property
    def _curls(self) -> Curls | None:
        if not self.curl_pens:
            return None
        demand = ink_demand(self.tone) * self.pen_px / self.ink_px
        return Curls.of(demand, self.course.detail, 0.5 * self._loop_px, self.pen_px)

    def seeds(self, count: int, longest_px: float, rng: np.random.Generator, more: float = 1.0) -> Seeds:
        """``count`` lines, of which each leaves ``more`` times its ink; fewer to scribble along."""
        if not self._curls:
            return self._accented(count, longest_px, rng, more)
        count = max(1, min(count, round(self.fewest)))
        return seed(self._curls.trail, count, self._curls.narrowest_px, longest_px, rng, self.course)

    def _accented(self, count: int, longest_px: float, rng: np.random.Generator, more: float) -> Seeds:
        """As many lines, with accents before the others where the course has them."""
        marks = accents(self.tone, count, self.pen_px, rng) if self.course.accented else []
        course = replace(self.course, laid=Seeds.of_lines(marks)) if marks else self.course
        seeds = seed(self.tone, count - len(marks), more * self.ink_px, longest_px, rng, course)
        if not marks:
            return seeds
        return replace(Seeds.of_lines([*marks, *seeds.lines()]), missing=seeds.missing, accents=len(marks))

    def laid(self, seeds: Seeds, link_px: float | None, rng: np.random.Generator) -> Laid:
        """The lines linked where ends are at most ``link_px`` apart, None for what suits, and untangled.

        Accents stay as they are: a link would draw them out of their marks.
        """
        lines = seeds.lines()
        marks, lines = lines[: seeds.accents], lines[seeds.accents :]
        reach_px = self._reach_px(len(lines)) if link_px is None else link_px
        # Over blank paper and other lines they are seen, however scarce ink is.
        dearer = max(1.0, reach_px / (_LINK_PENS * self.pen_px)) if link_px is None else 1.0
        whole = linked(lines, find_gaps(lines, ink_demand(self.tone), reach_px, dearer))
        if not self._curls:
            free = untangled(whole, self.tone, black_at(self.reach))
            every = Linked([*marks, *free.lines], [1] * len(marks) + free.laid)
            return Laid.of_lines(self.number, every, self.pen_px)
        loops = [curled(line, self._curls, streamlines.STEP_PX, rng) for line in whole.lines]
        span_pens = min(SPAN_PENS, _SPAN_LOOPS * self._loop_px / self.pen_px)
        return Laid.of_lines(self.number, Linked(loops, whole.laid), self.pen_px, span_pens)

    def _reach_px(self, count: int) -> float:
        if self._curls:
            return _LINK_LOOPS * self._loop_px
        if self.course.usual_px:
            return _LEAST_LINK_PENS * self.pen_px
        roomy = self.line_px / (_ROOMY_PENS * self.pen_px * self.reach)
        across = _LINK_PENS * min(roomy / count, _SCARCE if self.reach < 1 else 1.0) ** 2
        return max(_LEAST_LINK_PENS, across) * self.pen_px
