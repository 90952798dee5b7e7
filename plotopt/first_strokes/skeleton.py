"""The skeleton of a mask: its parts a pixel wide, cut where they meet."""

from __future__ import annotations

from dataclasses import dataclass

import numba
import numpy as np
from jaxtyping import Bool, Float, Int
from numpy import ndarray
from scipy import ndimage

_TOUCHING = np.ones((3, 3), bool)
# The eight pixels around one, clockwise from the one above.
_AROUND = ((-1, 0), (-1, 1), (0, 1), (1, 1), (1, 0), (1, -1), (0, -1), (-1, -1))


@dataclass(frozen=True)
class Arc:
    """A part of a skeleton: the centres of its pixels, in order, and the numbers of the nodes at its ends.

    -1 stands for an end that is free, or meets the other one.
    """

    points: Float[ndarray, "points 2"]
    ends: tuple[int, int]


@dataclass(frozen=True)
class Skeleton:
    """Arcs, and where the nodes lie that they meet in; both in pixels."""

    arcs: list[Arc]
    nodes: Float[ndarray, "nodes 2"]

    @classmethod
    def of(cls, mask: Bool[ndarray, "height width"]) -> Skeleton:
        """The skeleton of a mask."""
        thin = np.pad(thinned(mask), 1)
        there = np.flatnonzero(thin)
        around = _around(thin, there)
        rises = (~around & np.roll(around, -1, axis=0)).sum(0)
        forks, crowded = np.zeros_like(thin), np.zeros_like(thin)
        forks.flat[there], crowded.flat[there] = rises >= 3, around.sum(0) >= 3
        # Thinning leaves squares where lines cross at their corners.
        squares = ndimage.binary_opening(thin, np.ones((2, 2), bool))
        # Beside a fork, its arms may touch each other.
        beside = ndimage.binary_dilation(forks, _TOUCHING) & crowded
        knots, count = ndimage.label(forks | beside | squares, _TOUCHING)
        numbers = np.arange(1, count + 1)
        nodes = np.array(ndimage.center_of_mass(knots > 0, knots, numbers)).reshape(-1, 2)[:, ::-1] - 0.5
        return cls(_arcs(thin & (knots == 0), knots), nodes)


def thinned(mask: Bool[ndarray, "height width"]) -> Bool[ndarray, "height width"]:
    """What is left of a mask when it is thinned from all sides until its parts are a pixel wide.

    Z. Guo and R. W. Hall, Parallel thinning with two-subiteration algorithms, CACM 32 (1989), algorithm A1.
    """
    left = np.pad(mask, 1)
    there, before = np.flatnonzero(left), -1
    while before != (before := len(there)):
        for turned in (0, 4):
            goes = _is_thick(np.roll(_around(left, there), -turned, axis=0))
            left.flat[there[goes]] = False
            there = there[~goes]
    return left[1:-1, 1:-1]


def _is_thick(p: Bool[ndarray, "8 pixels"]) -> Bool[ndarray, "pixels"]:
    """Whether pixels with these neighbours, clockwise, can go from the side that is thinned."""
    pairs = p | np.roll(p, -1, axis=0)
    parts = (~p[::2] & pairs[1::2]).sum(0)
    size = np.minimum(pairs[::2].sum(0), pairs[1::2].sum(0))
    return (parts == 1) & (size >= 2) & (size <= 3) & ~((pairs[4] | ~p[7]) & p[6])


def _around(
    padded: Bool[ndarray, "rows columns"], there: Int[ndarray, "pixels"]
) -> Bool[ndarray, "8 pixels"]:
    """The eight neighbours of pixels that are not on the border, clockwise from the one above."""
    steps = np.array([y * padded.shape[1] + x for y, x in _AROUND])
    return padded.reshape(-1)[there + steps[:, None]]


def _arcs(thin: Bool[ndarray, "rows columns"], knots: Int[ndarray, "rows columns"]) -> list[Arc]:
    """The parts of a skeleton without its knots, both with a border of one pixel, which numbers leave out."""
    points, starts, ends = _walked(thin.copy(), knots)
    parts = np.split(points - 0.5, starts)[1:]
    return [Arc(part, (int(a), int(b))) for part, (a, b) in zip(parts, ends - 1, strict=True)]


@numba.njit(cache=True)
def _walked(left, knots):
    """Walks that use up all pixels: points x, y; where each begins; the knots at its ends, from 1."""
    rows, columns = left.shape
    size = left.sum()
    points, starts, ends = np.empty((size, 2)), np.empty(size, np.int64), np.empty((size, 2), np.int64)
    done = count = 0
    # Open parts are walked from an end, and what is left is closed.
    for closed in (False, True):
        for row in range(1, rows - 1):
            for column in range(1, columns - 1):
                if not left[row, column] or (not closed and _beside(left, row, column) > 1):
                    continue
                starts[count], (y, x) = done, (row, column)
                begin = _knot_at(knots, y, x, 0)
                while y >= 0:
                    left[y, x] = False
                    points[done] = x, y
                    last_y, last_x, done = y, x, done + 1
                    y, x = _next(left, y, x)
                alone = done - starts[count] == 1
                ends[count] = begin, _knot_at(knots, last_y, last_x, begin if alone else 0)
                count += 1
    return points, starts[:count], ends[:count]


@numba.njit
def _beside(left, y, x):
    return left[y - 1 : y + 2, x - 1 : x + 2].sum() - 1


@numba.njit
def _next(left, y, x):
    """A neighbour that is left, one of the four nearest if there is one; -1, -1 where there is none."""
    for v, u in ((y - 1, x), (y, x + 1), (y + 1, x), (y, x - 1)):
        if left[v, u]:
            return v, u
    for v, u in ((y - 1, x + 1), (y + 1, x + 1), (y + 1, x - 1), (y - 1, x - 1)):
        if left[v, u]:
            return v, u
    return -1, -1


@numba.njit
def _knot_at(knots, y, x, other):
    """The number of a knot beside a pixel, another one than that given if there is one; 0 for none."""
    found = 0
    for v in range(y - 1, y + 2):
        for u in range(x - 1, x + 2):
            if knots[v, u] and found in (0, other):
                found = knots[v, u]
    return found
