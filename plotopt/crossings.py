"""Lines that cross nowhere: where two segments do, their four ends are joined in another way.

Two crossing segments are the diagonals of a quadrangle; two of its sides replace them and are shorter
together, so lines get shorter with each exchange and there is an end to them. Of one line what lies between
is gone through the other way; two lines go on with each other's rest, whichever turns less. On lines of fine
steps a crossing becomes two bends side by side.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from jaxtyping import Bool, Float, Int
from numba import njit
from numpy import ndarray

# Exchanges may make new crossings, which are looked for again so many times.
_ROUNDS = 60
# Segments are sorted into squares of so many of their mean length.
_SQUARE, _MOST_SQUARES = 1.5, 64


def uncrossed(
    lines: Sequence[Float[ndarray, "points 2"]], matters: Bool[ndarray, "points"] | None = None
) -> list[Int[ndarray, "points"]]:
    """As many lines of the same points with the same ends, no two segments across each other.

    Told by the numbers that points have when the ``lines`` are laid one after another. Of a line's points
    in one place, next to each other, one is left out. With ``matters`` only those crossings are undone whose
    segments begin at such points. After 60 rounds of exchanges what still crosses is left.
    """
    points = np.concatenate(lines)
    if matters is None:
        matters = np.ones(len(points), bool)
    owner = np.repeat(np.arange(len(lines)), [len(line) for line in lines])
    apart = np.ones(len(points), bool)
    apart[1:] = (np.diff(points, axis=0) != 0).any(1) | (np.diff(owner) > 0)
    order = np.flatnonzero(apart)
    last = np.append(np.diff(owner[order]) > 0, True)
    for _ in range(_ROUNDS):
        found = _crossings(points[order], last)
        found = found[matters[order[found]].all(1)]
        if not len(found):
            break
        after, last = _exchange(points[order], last, found)
        order = order[after]
    return np.split(order, np.flatnonzero(last)[:-1] + 1)


def _crossings(points: Float[ndarray, "points 2"], last: Bool[ndarray, "points"]) -> Int[ndarray, "pairs 2"]:
    """Pairs of segments that cross, by their first points, the lower first; none begins at a ``last`` one."""
    steps = np.hypot(*np.diff(points, axis=0).T)[~last[:-1]]
    if len(steps) < 2:
        return np.zeros((0, 2), np.int64)
    low, high = points.min(0), points.max(0)
    # No more squares than so many a point, however far apart lines lie.
    width, height = high - low
    most = _MOST_SQUARES * len(points)
    square = max(_SQUARE * float(steps.mean()), (width * height / most) ** 0.5, (width + height) / most)
    columns, rows = ((high - low) / square).astype(int) + 1
    placed = (points - low) / square
    starts, segments = np.zeros(columns * rows + 1, np.int64), np.zeros(0, np.int64)
    counts = _sort_in(placed, last, columns, starts, segments)
    starts[1:] = np.cumsum(counts)
    segments = np.zeros(starts[-1], np.int64)
    _sort_in(placed, last, columns, starts, segments)
    return np.unique(np.array(_pairs(points, starts, segments), np.int64).reshape(-1, 2), axis=0)


@njit(cache=True)
def _sort_in(placed, last, columns, starts, segments):
    """Count the segments that may touch each square; write them down if there is room for them."""
    counts = np.zeros(len(starts) - 1, np.int64)
    for i in range(len(placed) - 1):
        if last[i]:
            continue
        (x0, y0), (x1, y1) = placed[i], placed[i + 1]
        # By its rows, so that a long slanting segment touches few squares.
        for row in range(int(min(y0, y1)), int(max(y0, y1)) + 1):
            a, b = 0.0, 1.0
            if y0 != y1:
                s, t = (row - y0) / (y1 - y0), (row + 1 - y0) / (y1 - y0)
                a, b = max(0.0, min(s, t)), min(1.0, max(s, t))
            p, q = x0 + a * (x1 - x0), x0 + b * (x1 - x0)
            left, right = int(min(p, q) - 1e-9), int(max(p, q) + 1e-9)
            for column in range(max(left, 0), min(right, columns - 1) + 1):
                square = row * columns + column
                if len(segments):
                    segments[starts[square] + counts[square]] = i
                counts[square] += 1
    return counts


@njit(cache=True)
def _pairs(line, starts, segments):
    found = [(np.int64(0), np.int64(0)) for _ in range(0)]
    for square in range(len(starts) - 1):
        for m in range(starts[square], starts[square + 1]):
            for n in range(m + 1, starts[square + 1]):
                i, j = min(segments[m], segments[n]), max(segments[m], segments[n])
                if j > i + 1 and _cross(line[i], line[i + 1], line[j], line[j + 1]):
                    found.append((i, j))
    return found


@njit(cache=True)
def _side(p, q, r):
    return (q[0] - p[0]) * (r[1] - p[1]) - (q[1] - p[1]) * (r[0] - p[0])


@njit(cache=True)
def _cross(a, b, c, d):
    return _side(a, b, c) * _side(a, b, d) < 0 and _side(c, d, a) * _side(c, d, b) < 0


@njit(cache=True)
def _exchange(points, last, found):
    """Undo crossings, each if its two segments are still there; the points' new order, and which are last."""
    near = np.full((len(points), 2), -1)
    for i in range(len(points) - 1):
        if not last[i]:
            near[i, 1], near[i + 1, 0] = i + 1, i
    for k in range(len(found)):
        a, b, c, d = found[k, 0], found[k, 0] + 1, found[k, 1], found[k, 1] + 1
        if (near[a] == b).any() and (near[c] == d).any():
            if _goes_on(points, near, a, b, c, d):
                c, d = d, c
            # a with c and b with d.
            _relink(near, a, b, c)
            _relink(near, c, d, a)
            _relink(near, b, a, d)
            _relink(near, d, c, b)
    return _walk(near)


@njit(cache=True)
def _goes_on(points, near, a, b, c, d):
    """Whether a is to be linked with d and b with c: else a line would be cut, or turn more than it must."""
    ahead = _reached(near, a, b, c, d)
    behind = -1 if ahead >= 0 else _reached(near, b, a, c, d)
    if ahead < 0 and behind < 0:
        one, other = points[b] - points[a], points[d] - points[c]
        return one[0] * other[0] + one[1] * other[1] > 0
    return ahead == d or behind == c


@njit(cache=True)
def _reached(near, before, here, c, d):
    """Which of c and d a line comes to first, from ``before`` by way of ``here``; -1 for neither."""
    while here >= 0:
        if here in (c, d):
            return here
        before, here = here, _onward(near, before, here)
    return -1


@njit(cache=True)
def _onward(near, before, here):
    """The point after ``here`` for who comes from ``before``; -1 at the line's end."""
    return near[here, 1] if near[here, 0] == before else near[here, 0]


@njit(cache=True)
def _relink(near, point, old, new):
    near[point, 0 if near[point, 0] == old else 1] = new


@njit(cache=True)
def _walk(near):
    """The points line by line, each from the end that comes first, and which are the last of theirs."""
    order, last = np.zeros(len(near), np.int64), np.zeros(len(near), np.bool_)
    done = np.zeros(len(near), np.bool_)
    count = 0
    for first in range(len(near)):
        if done[first] or (near[first, 0] >= 0 and near[first, 1] >= 0):
            continue
        before, here = np.int64(-1), np.int64(first)
        while here >= 0:
            order[count], done[here] = here, True
            count += 1
            before, here = here, _onward(near, before, here)
        last[count - 1] = True
    return order, last
