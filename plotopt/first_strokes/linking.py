"""Lines whose ends lie near each other are linked: the pen goes on instead of being lifted.

A link saves the lift, the way to the next line and a start from rest, about as much time as 3 cm of line,
and costs the ink that bridges the gap. Linked before the optimisation, lines make room for their bridges;
ends that are drawn together afterwards bend.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from jaxtyping import Float, Int
from numpy import ndarray
from scipy.spatial import cKDTree

from plotopt.crossings import uncrossed
from plotopt.first_strokes.shares import apportioned
from plotopt.plot import neighbours

Line = Float[ndarray, "points 2"]

_CANDIDATES = 16
# A gap that has to be reached by a sharp turn counts for so much more than one straight ahead, at most.
_TURN = 0.3
# Over paper that is to stay blank it counts for so much more.
_BLANK, _OVER_BLANK = 0.02, 4.0
_SAMPLES = 8
# For each line that it would cross it counts for a pixel more: undone, a crossing is two bends.
_OVER_LINE = 1.0
# Lines are looked for so often a pixel, and along so many gaps at a time.
_PER_PX, _AT_A_TIME = 2, 20_000
#: In tones below this, lines hide how they cross.
BLACK = 0.3
# An end's heading is that of the line over so many of its points.
_HEADING_POINTS = 4
# A bridge leaves in the direction of the line; its handles have this part of the gap.
_HANDLE = 0.5
_LONGER = 1.3


def black_at(reach: float) -> float:
    """Below what tone lines hide how they cross, where they lay that part of the ink wanted.

    What shall be black is lighter where ink does not reach it.
    """
    return 1 - reach * (1 - BLACK)


class _Ends(NamedTuple):
    """Ends ``2 i`` and ``2 i + 1`` are those of line i; headings point away from it."""

    points: Float[ndarray, "ends 2"]
    headings: Float[ndarray, "ends 2"]

    @classmethod
    def of(cls, lines: Sequence[Line]) -> _Ends:
        points = np.stack([[line[0], line[-1]] for line in lines]).reshape(-1, 2)
        return cls(points, np.stack([_outwards(line) for line in lines]).reshape(-1, 2))


class Gaps(NamedTuple):
    """Gaps between ends of lines, least costly first.

    ``costs`` are lengths, more where turns are sharp, over blank paper and over other lines.
    """

    starts: Int[ndarray, "gaps"]
    ends: Int[ndarray, "gaps"]
    costs: Float[ndarray, "gaps"]


def find_gaps(
    lines: Sequence[Line], demand: Float[ndarray, "height width"], within_px: float, dearer: float = 1.0
) -> Gaps:
    """The gaps that cost at most ``within_px``, of those to the sixteen nearest ends of each.

    ``lines`` are in pixels of ``demand``, the line area that each pixel wants. A gap costs its length: more
    where turns are sharp, four times as much over blank paper, and a pixel more for each line that it
    crosses. Blank paper and crossings are so many times ``dearer``, from 1 on.
    """
    ends = _Ends.of(lines)
    nearest = min(_CANDIDATES + 1, len(ends.points))
    distances, others = cKDTree(ends.points).query(
        ends.points, k=np.arange(1, nearest + 1), distance_upper_bound=within_px
    )
    starts, places = np.nonzero(np.isfinite(distances))
    stops, lengths = others[starts, places], distances[starts, places]
    # Ends of one line are no gap. Others are found from either side, where it is crowded not from both.
    low, high = np.minimum(starts, stops), np.maximum(starts, stops)
    _, once = np.unique(low * len(ends.points) + high, return_index=True)
    once = once[low[once] >> 1 != high[once] >> 1]
    starts, stops, lengths = low[once], high[once], lengths[once]
    blanks = (_under(ends, starts, stops, demand, _SAMPLES) < _BLANK).mean(0)
    costs = lengths * (1 + _TURN * _turns(ends, starts, stops)) * (1 + (_OVER_BLANK * dearer - 1) * blanks)
    near = costs <= within_px
    starts, stops, costs, lengths = (each[near] for each in (starts, stops, costs, lengths))
    costs += dearer * _OVER_LINE * _crossed(ends, starts, stops, _lain(lines, demand.shape)) * (lengths >= 1)
    order = np.argsort(costs, kind="stable")
    order = order[costs[order] <= within_px]
    return Gaps(starts[order], stops[order], costs[order])


def ahead(gaps: Gaps, lines: Sequence[Line], sharpest: float) -> Gaps:
    """The gaps at which lines go on in a direction that turns by no more than this angle."""
    headings = _Ends.of(lines).headings
    keep = -(headings[gaps.starts] * headings[gaps.ends]).sum(1) >= np.cos(sharpest)
    return Gaps(*(each[keep] for each in gaps))


def _turns(ends: _Ends, starts: ndarray, stops: ndarray) -> Float[ndarray, "gaps"]:
    """How sharply a bridge turns at both its ends: 0 straight ahead to 4 straight back."""
    way = ends.points[stops] - ends.points[starts]
    way = way / np.maximum(np.hypot(*way.T), 1e-9)[:, None]
    return 2 - (ends.headings[starts] * way).sum(1) + (ends.headings[stops] * way).sum(1)


def _crossed(
    ends: _Ends, starts: ndarray, stops: ndarray, lain: Int[ndarray, "height width"]
) -> Int[ndarray, "gaps"]:
    """About how many other lines lie between two ends, as far as pixels tell."""
    longest_px = np.abs(ends.points[stops] - ends.points[starts]).max(initial=1.0)
    crossed = np.zeros(len(starts), np.int64)
    for first in range(0, len(starts), _AT_A_TIME):
        some = slice(first, first + _AT_A_TIME)
        one, other = starts[some], stops[some]
        under = _under(ends, one, other, lain, int(_PER_PX * longest_px) + 2)
        others = (under >= 0) & (under != one >> 1) & (under != other >> 1)
        crossed[some] = (others[1:] & (under[1:] != under[:-1])).sum(0)
    return crossed


def _under(ends: _Ends, starts: ndarray, stops: ndarray, field: ndarray, samples: int) -> ndarray:
    """What a field of pixels has at so many places on the straight way between two ends, place by place."""
    at = np.linspace(0, 1, samples)[:, None, None]
    return field[pixels_of((1 - at) * ends.points[starts] + at * ends.points[stops], field.shape)]


def length_of(line: Line) -> float:
    """How long a polyline is."""
    return float(np.hypot(*np.diff(line, axis=0).T).sum())


def pixels_of(points: Float[ndarray, "... 2"], shape: tuple[int, ...]) -> tuple[ndarray, ndarray]:
    """Rows and columns of the pixels that points lie in, the nearest for those outside."""
    columns, rows = (np.clip(points[..., axis].astype(int), 0, shape[1 - axis] - 1) for axis in (0, 1))
    return rows, columns


def _lain(lines: Sequence[Line], shape: tuple[int, ...]) -> Int[ndarray, "height width"]:
    """The number of the line that lies in each pixel, -1 where none does."""
    lain = np.full(shape, -1, np.int32)
    for number, line in enumerate(lines):
        lain[pixels_of(line, shape)] = number
    return lain


class Linked(NamedTuple):
    """Lines, and how many each was made of."""

    lines: list[Line]
    laid: list[int]


def linked(lines: Sequence[Line], gaps: Gaps) -> Linked:
    """The lines joined across gaps, in their order, as long as both ends are free and of two lines."""
    ends = _Ends.of(lines)
    links = neighbours.Links.none(len(ends.points))
    neighbours.link_in_order(links, gaps.starts, gaps.ends)
    paths = [path.tolist() for path in links.paths()]
    return Linked([_walked(lines, ends, path) for path in paths], [len(path) for path in paths])


def _walked(lines: Sequence[Line], ends: _Ends, path: Sequence[int]) -> Line:
    """One line through all of a path, which enters lines at its ends."""
    parts: list[Line] = []
    for place, end in enumerate(path):
        if place:
            parts.append(_bridge(ends, path[place - 1] ^ 1, end))
        line = lines[end >> 1]
        parts.append(line[::-1] if end & 1 else line)
    return np.concatenate(parts)


def _bridge(ends: _Ends, start: int, stop: int) -> Line:
    """The points between two ends, about as far apart as those of the lines, on a curve that meets both."""
    p, q = ends.points[start], ends.points[stop]
    gap = float(np.hypot(*(q - p)))
    t = np.linspace(0, 1, int(_LONGER * gap * 2) + 2)[1:-1, None]
    a, b = p + _HANDLE * gap * ends.headings[start], q + _HANDLE * gap * ends.headings[stop]
    return (1 - t) ** 3 * p + 3 * (1 - t) ** 2 * t * a + 3 * (1 - t) * t**2 * b + t**3 * q


def _outwards(line: Line) -> Float[ndarray, "2 2"]:
    """Unit vectors that lead on from a line's first and last point; along x where it is a single one."""
    reach = min(len(line) - 1, _HEADING_POINTS)
    ways = np.stack([line[0] - line[reach], line[-1] - line[-1 - reach]]) if reach else np.zeros((2, 2))
    sizes = np.hypot(*ways.T)[:, None]
    return np.where(sizes > 1e-9, ways / np.maximum(sizes, 1e-9), [[-1.0, 0.0], [1.0, 0.0]])


def untangled(whole: Linked, tone: Float[ndarray, "height width"], black: float = BLACK) -> Linked:
    """The same lines without crossings that are seen, which are seldom drawn apart later.

    What keeps lines apart when they are laid does not know of links. Each of the lines counts for its part of
    what they were made of. ``tone`` is what they are to make of the paper; in tones below ``black`` the pen
    keeps straight on, for bends cost time.
    """
    points = np.concatenate(whole.lines)
    numbers = uncrossed(whole.lines, tone[pixels_of(points, tone.shape)] > black)
    sizes = np.array([len(line) for line in whole.lines])
    # Each line is made of one at least.
    parts = np.repeat((np.array(whole.laid) - 1) / sizes, sizes)
    more = apportioned(sum(whole.laid) - len(numbers), [parts[line].sum() for line in numbers])
    return Linked([points[line] for line in numbers], [1 + each for each in more])


def cut(
    lines: Sequence[Line], piece_px: float, spans: int
) -> tuple[Float[ndarray, "pieces control_points 2"], list[int]]:
    """Control points of B-splines that draw lines in pieces of about that length, and how many each takes.

    They lie on the line, evenly; each piece has the last three of the one before it in its line. One more at
    either end goes straight on: with no curvature there a B-spline ends at the second of its control points,
    which is the line's own end.
    """
    pieces, counts = [], []
    for given in lines:
        line = given if len(given) > 1 else given[0] + np.array([[-0.5, 0.0], [0.5, 0.0]])
        at = np.concatenate([[0.0], np.cumsum(np.hypot(*np.diff(line, axis=0).T))])
        count = max(1, round(at[-1] / piece_px))
        knots = np.arange(-1, count * spans + 2) * (at[-1] / (count * spans))
        points = np.stack([np.interp(knots, at, line[:, axis]) for axis in (0, 1)], axis=1)
        points[0], points[-1] = 2 * points[1] - points[2], 2 * points[-2] - points[-3]
        pieces += [points[spans * i : spans * i + spans + 3] for i in range(count)]
        counts.append(count)
    return np.stack(pieces), counts
