"""Stream lines laid one by one where ink is still wanted, so that they share the page evenly."""

from __future__ import annotations

from typing import NamedTuple

import numba
import numpy as np
from numpy import ndarray

#: Distance between the points of a line, of outlines and of a picture's own lines too.
STEP_PX = 0.5
# A line ends where less than this part of the wanted ink is still missing, or where none is wanted;
_CROWDED = 0.15
_BLANK = 0.01
# where the ink wanted differs from that at its seed by more than this; where it has turned by so much.
_TONE_CHANGE = 0.3
_TURN_RAD = 2.2
# A seed whose line is shorter than this part of the longest is given up for another, so many times.
_LONG_ENOUGH = 0.4
_ATTEMPTS = 6
# Its ink counts as spread over a Gaussian whose sigma is this part of the distance to its neighbours.
_SPREAD = 0.42
_WIDEST_SPREAD_PX = 12.0
_REACH_SIGMAS = 2.0


class Wanted(NamedTuple):
    """What lines follow, each (height, width): the line area wanted per area, what of it is not there yet,
    the direction in radians (its sign is arbitrary), and how many times over a line's length counts there
    (1 or more)."""

    demand: ndarray
    bare: ndarray
    headings: ndarray
    detail: ndarray


@numba.njit(cache=True)
def grow(wanted, seeds, pen_px, longest_px, points, counts):
    """Lay one line per row of ``seeds``; return the ink still missing, as line area per area.

    ``seeds`` (lines, tries, 2) are x, y in pixels; the one that lacks most ink begins the line. Lines of
    at most ``longest_px`` are written to ``points`` (lines, room, 2), ``counts[i]`` each.
    """
    demand = wanted.demand
    missing = wanted.bare.copy()
    steps = int(longest_px / STEP_PX)
    ahead = np.empty((steps + 1, 2))
    behind = np.empty((steps + 1, 2))
    for line in range(len(seeds)):
        counts[line] = 0
        for attempt in range(_ATTEMPTS):
            x, y = _neediest(missing, demand, seeds[line, attempt::_ATTEMPTS])
            room = int(steps / _pixel(wanted.detail, x, y))
            n = _walk(missing, wanted, (x, y, 1.0), room // 2, ahead)
            m = _walk(missing, wanted, (x, y, -1.0), room - n, behind)
            if n + m + 1 > counts[line]:
                for i in range(m):
                    points[line, i, 0], points[line, i, 1] = behind[m - 1 - i]
                points[line, m, 0] = x
                points[line, m, 1] = y
                for i in range(n):
                    points[line, m + 1 + i, 0], points[line, m + 1 + i, 1] = ahead[i]
                counts[line] = n + m + 1
            if counts[line] > _LONG_ENOUGH * room:
                break
        _mark(missing, demand, points[line, : counts[line]], pen_px)
    return missing


@numba.njit(cache=True)
def mark(missing, demand, pen_px, points, counts):
    """Take the ink of lines that lie there already, ``points[i, :counts[i]]``, off what is missing."""
    for line in range(len(counts)):
        _mark(missing, demand, points[line, : counts[line]], pen_px)


@numba.njit(inline="always")
def _pixel(field, x, y):
    height, width = field.shape
    return field[min(max(int(y), 0), height - 1), min(max(int(x), 0), width - 1)]


@numba.njit
def _neediest(missing, demand, tries):
    best, found = -np.inf, 0
    for i in range(len(tries)):
        wanted = _pixel(demand, tries[i, 0], tries[i, 1])
        need = _pixel(missing, tries[i, 0], tries[i, 1]) / max(wanted, _BLANK)
        if need > best:
            best, found = need, i
    return tries[found, 0], tries[found, 1]


@numba.njit
def _walk(missing, wanted, start, steps, line):
    """Follow the field from ``start`` (x, y, which way: 1 or -1); write the points, return how many."""
    height, width = missing.shape
    x, y, sign = start
    tone = _pixel(wanted.demand, x, y)
    heading = _pixel(wanted.headings, x, y) + (0.0 if sign > 0 else np.pi)
    turned = 0.0
    for n in range(steps):
        # The field has no sign: keep going the way we came.
        turn = (_pixel(wanted.headings, x, y) - heading + 0.5 * np.pi) % np.pi - 0.5 * np.pi
        turned += turn
        heading += turn
        x += STEP_PX * np.cos(heading)
        y += STEP_PX * np.sin(heading)
        if not (0 <= x < width and 0 <= y < height) or abs(turned) > _TURN_RAD:
            return n
        here = _pixel(wanted.demand, x, y)
        if here < _BLANK or abs(here - tone) > _TONE_CHANGE or _pixel(missing, x, y) < _CROWDED * here:
            return n
        line[n, 0] = x
        line[n, 1] = y
    return steps


@numba.njit
def _mark(missing, demand, line, pen_px):
    """Take a line's ink, spread to half way to its neighbours, off what is missing."""
    height, width = missing.shape
    for i in range(len(line)):
        x, y = line[i]
        sigma = _SPREAD * pen_px / max(_pixel(demand, x, y), _BLANK)
        sigma = min(max(sigma, 0.5), _WIDEST_SPREAD_PX)
        reach = int(np.ceil(_REACH_SIGMAS * sigma))
        scale = -0.5 / sigma**2
        ink = pen_px * STEP_PX / (2 * np.pi * sigma**2)
        for v in range(max(0, int(y) - reach), min(height, int(y) + reach + 1)):
            for u in range(max(0, int(x) - reach), min(width, int(x) + reach + 1)):
                square = (u + 0.5 - x) ** 2 + (v + 0.5 - y) ** 2
                missing[v, u] -= ink * np.exp(scale * square)
