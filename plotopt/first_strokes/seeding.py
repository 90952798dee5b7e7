"""The first strokes: where the target is dark, along its lines, as many and as long as its tone needs."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

import numpy as np
from jaxtyping import Float
from numpy import ndarray
from scipy import ndimage

from plotopt.first_strokes import streamlines
from plotopt.first_strokes.attention import busyness
from plotopt.first_strokes.directions import structure_headings

# Ink laid over ink darkens nothing; a fitted drawing loses this part of it in full black.
_OVERLAP = 0.4
#: Points that a line may begin at.
TRIES = 48
# Lengths tried for a stroke, from this part of the mean needed upwards, each longer by this factor.
_SHORTEST_PART, _LONGER, _LENGTHS = 0.8, 1.4, 7
_MISSING_ALLOWED = 0.12
_LEFT_SIGMA_PX = 4.0
_LEAST_PX = 4.0


@dataclass(frozen=True)
class Seeds:
    """Lines in pixels: ``points[i, :counts[i]]``, x then y, half a pixel apart; the share of ink missing.

    The first ``accents`` of them stay on their own.
    """

    points: Float[ndarray, "lines room 2"]
    counts: ndarray
    missing: float = 0.0
    accents: int = 0

    @classmethod
    def room_for(cls, count: int, longest_px: float) -> Seeds:
        """So many lines to be, none of them there yet."""
        return cls(np.zeros((count, int(longest_px / streamlines.STEP_PX) + 2, 2)), np.zeros(count, np.int64))

    @classmethod
    def of_lines(cls, lines: Sequence[Float[ndarray, "points 2"]]) -> Seeds:
        """Lines that are given."""
        counts = np.array([len(line) for line in lines])
        points = np.zeros((len(lines), counts.max(), 2))
        for room, line in zip(points, lines, strict=True):
            room[: len(line)] = line
        return cls(points, counts)

    def first(self, most: int) -> Seeds:
        """The first of the lines, so many at most but for one."""
        most = max(1, most)
        accents = min(self.accents, most)
        return replace(self, points=self.points[:most], counts=self.counts[:most], accents=accents)

    def lines(self) -> list[Float[ndarray, "points 2"]]:
        """Each line on its own, of one point at least."""
        return [line[: max(1, count)] for line, count in zip(self.points, self.counts, strict=True)]

    def control_points(self, spans: int) -> Float[ndarray, "lines spans+3 2"]:
        """Control points evenly spaced along each line.

        One span takes a Bezier curve's four. A B-spline begins and ends one knot inside its control
        points, so the line is drawn out straight by one knot at either end.
        """
        count = spans + 3
        at = np.linspace(0, 1, count) if spans == 1 else np.linspace(-1 / spans, 1 + 1 / spans, count)
        return np.stack([_along(line[:n], at) for line, n in zip(self.points, self.counts, strict=True)])


@dataclass(frozen=True)
class Course:
    """How lines run: which way, in radians; how many times over a length counts; what is there already.

    ``usual_px`` is the length that half of them shall have, None for what the tone needs; ``accented`` tells
    whether small dark marks have lines of their own.
    """

    headings: Float[ndarray, "height width"]
    detail: Float[ndarray, "height width"]
    usual_px: float | None = None
    laid: Seeds | None = None
    accented: bool = False


def ink_demand(tone: Float[ndarray, "height width"]) -> Float[ndarray, "height width"]:
    """Line area per page area that brings white paper down to each reflectance in [0, 1]."""
    dark = 1 - tone
    return dark * (1 + _OVERLAP * dark)


def tone_of(demand: Float[ndarray, "height width"]) -> Float[ndarray, "height width"]:
    """The reflectance of which :func:`ink_demand` makes so much line area; below 0 for very much."""
    return 1 - (np.sqrt(1 + 4 * _OVERLAP * demand) - 1) / (2 * _OVERLAP)


def seed(
    tone: Float[ndarray, "height width"],
    count: int,
    pen_px: float,
    longest_px: float,
    rng: np.random.Generator,
    course: Course | None = None,
) -> Seeds:
    """``count`` lines that together have about the ink the tone needs, along its structure unless told else.

    The shortest lines that leave little ink missing are taken; none is longer than ``longest_px``. Some ink
    must be wanted.
    """
    course = course or Course(structure_headings(tone), busyness(tone))
    demand = ink_demand(tone)
    bare = demand.copy()
    if course.laid:
        # On the paper around, they take no ink from their neighbours.
        streamlines.mark(bare, np.ones_like(demand), pen_px, course.laid.points, course.laid.counts)
    wanted = streamlines.Wanted(demand, bare, course.headings, course.detail)
    bed = bare.clip(min=0)
    starts = drawn_points(bed, count * TRIES, rng).reshape(count, TRIES, 2)
    for length in _lengths(bed.sum() / (pen_px * count), longest_px, course.usual_px):
        seeds = Seeds.room_for(count, length)
        missing = streamlines.grow(wanted, starts, pen_px, length, seeds.points, seeds.counts)
        left = np.clip(ndimage.gaussian_filter(missing, _LEFT_SIGMA_PX), 0, None).sum() / demand.sum()
        if course.usual_px:
            if (np.median(seeds.counts) - 1) * streamlines.STEP_PX >= course.usual_px:
                break
        elif left < _MISSING_ALLOWED:
            break
    return replace(seeds, missing=float(left))


def _lengths(mean_px: float, longest_px: float, usual_px: float | None) -> Iterator[float]:
    """Lengths to allow, each longer than the one before; lines that end early stay below what is allowed."""
    first = _SHORTEST_PART * mean_px if usual_px is None else usual_px
    for i in range(_LENGTHS):
        length = float(np.clip(_LONGER**i * first, _LEAST_PX, max(longest_px, _LEAST_PX)))
        yield length
        if length >= longest_px:
            return


def drawn_points(demand: ndarray, count: int, rng: np.random.Generator) -> Float[ndarray, "points 2"]:
    """Random points, each place as likely as its demand."""
    running = np.cumsum(demand.ravel())
    chosen = np.searchsorted(running, rng.uniform(0, running[-1], count), side="right")
    chosen = np.minimum(chosen, demand.size - 1)
    corner = np.stack([chosen % demand.shape[1], chosen // demand.shape[1]], axis=1)
    return corner + rng.uniform(0, 1, (count, 2))


def evened(line: Float[ndarray, "points 2"], step: float) -> Float[ndarray, "evened 2"]:
    """A polyline in equal steps of about that length; its ends stay."""
    at = np.concatenate([[0.0], np.cumsum(np.hypot(*np.diff(line, axis=0).T))])
    even = np.linspace(0, at[-1], max(2, round(at[-1] / step) + 1))
    return np.stack([np.interp(even, at, line[:, 0]), np.interp(even, at, line[:, 1])], axis=1)


def _along(line: Float[ndarray, "points 2"], at: Float[ndarray, "n"]) -> Float[ndarray, "n 2"]:
    """Points of a polyline of equal steps at parameters in [0, 1], continued straight beyond its ends."""
    if len(line) < 2:
        line = line[0] + np.array([[-0.5, 0.0], [0.5, 0.0]])
    last = len(line) - 1
    position = np.clip(at * last, 0, last)
    before = np.minimum(position.astype(int), last - 1)
    share = (position - before)[:, None]
    inside = line[before] * (1 - share) + line[before + 1] * share
    beyond = np.minimum(at, 0)[:, None] * last * (line[1] - line[0])
    return inside + beyond + np.maximum(at - 1, 0)[:, None] * last * (line[last] - line[last - 1])
