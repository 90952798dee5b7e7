"""A line that crosses itself nowhere: where it does, what lies between is gone through the other way.

Two crossing segments are the diagonals of a quadrangle; two of its sides replace them and are shorter
together, so the line gets shorter with each exchange and there is an end to them. On a line of fine steps
a crossing becomes two bends side by side.
"""

from __future__ import annotations

import numpy as np
from jaxtyping import Float, Int
from numba import njit
from numpy import ndarray

# Exchanges may make new crossings, which are looked for again so many times.
_ROUNDS = 60
# Segments are sorted into squares of so many of their mean length.
_SQUARE = 1.5


def uncrossed(line: Float[ndarray, "points 2"]) -> Float[ndarray, "points 2"]:
    """The same points in another order, with the same ends; no two segments cross in their insides.

    Of points in one place one is left out.
    """
    apart = np.ones(len(line), bool)
    apart[1:] = (np.diff(line, axis=0) != 0).any(1)
    line = line[apart]
    for _ in range(_ROUNDS):
        found = _crossings(line)
        if not len(found):
            break
        order = np.arange(len(line))
        _exchange(line, found, order)
        line = line[order]
    return line


def _crossings(line: Float[ndarray, "points 2"]) -> Int[ndarray, "crossings 2"]:
    """Pairs of segments that cross, by their numbers, the lower first."""
    if len(line) < 4:
        return np.zeros((0, 2), np.int64)
    low, high = line.min(0), line.max(0)
    square = _SQUARE * float(np.hypot(*np.diff(line, axis=0).T).mean())
    columns, rows = ((high - low) / square).astype(int) + 1
    placed = (line - low) / square
    starts, segments = np.zeros(columns * rows + 1, np.int64), np.zeros(0, np.int64)
    counts = _sort_in(placed, columns, starts, segments)
    starts[1:] = np.cumsum(counts)
    segments = np.zeros(starts[-1], np.int64)
    _sort_in(placed, columns, starts, segments)
    return np.unique(np.array(_pairs(line, starts, segments), np.int64).reshape(-1, 2), axis=0)


@njit(cache=True)
def _sort_in(placed, columns, starts, segments):
    """Count the segments that may touch each square; write them down if there is room for them."""
    counts = np.zeros(len(starts) - 1, np.int64)
    for i in range(len(placed) - 1):
        (x0, y0), (x1, y1) = placed[i], placed[i + 1]
        # By its rows, so that a long slanting segment touches few squares.
        for row in range(int(min(y0, y1)), int(max(y0, y1)) + 1):
            a, b = 0.0, 1.0
            if y0 != y1:
                s, t = (row - y0) / (y1 - y0), (row + 1 - y0) / (y1 - y0)
                a, b = max(0.0, min(s, t)), min(1.0, max(s, t))
            p, q = x0 + a * (x1 - x0), x0 + b * (x1 - x0)
            first, last = int(min(p, q) - 1e-9), int(max(p, q) + 1e-9)
            for column in range(max(first, 0), min(last, columns - 1) + 1):
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
def _exchange(line, found, order):
    """Undo crossings, each if its two segments are still there."""
    places = np.arange(len(order))
    for k in range(len(found)):
        a, b, c, d = found[k, 0], found[k, 0] + 1, found[k, 1], found[k, 1] + 1
        if abs(places[a] - places[b]) != 1 or abs(places[c] - places[d]) != 1:
            continue
        i, j = min(places[a], places[b]), min(places[c], places[d])
        first, last = min(i, j) + 1, max(i, j)
        while first < last:
            order[first], order[last] = order[last], order[first]
            places[order[first]], places[order[last]] = first, last
            first, last = first + 1, last - 1
