"""The arithmetic floor of a rendering step: the multiply-adds it needs, at the rate this machine makes them.

A segment needs looking at in every pixel of the 8 x 8 px tiles that it can reach, a stroke in every pixel of
the tiles that any of its segments can. What is counted for each is what the reference's formulas take, each
operation as one multiply-add, minima and roots too:

    segment, forward   11   offset 2, place along 2, clamped 2, foot 2, square 2, nearest 1
    segment, backward  18   the same, nearest and which 2, gradient 2, its four sums 4
    stroke, forward    15   root, edges 3, clamped 4, coverage 6, product 1
    stroke, backward   25   the same up to coverage 14, slopes of both edges 4, pull 4, sums 3
"""

from __future__ import annotations

from dataclasses import dataclass
from time import perf_counter

import numba
import numpy as np

from plotopt.hands import deal
from plotopt.render import Polylines
from plotopt.render.lanes import LANES, four_sums, multiply_add, spread

TILE = 8
PIXELS = TILE * TILE
BY_SEGMENT, BY_STROKE = 11 + 18, 15 + 25
_ROUNDS, _CHAINS, _TIMES = 2_000_000, 10, 5
_REACH = 3.5 * 2**0.5


@dataclass(frozen=True)
class Floor:
    """Pairs of a tile with a segment and with a stroke, and the seconds that they take at least."""

    segments: int
    strokes: int
    seconds: float


def floor(lines: Polylines, softness_px: float, size_px: tuple[int, int], rate: float) -> Floor:
    """The floor of a step on a raster (width, height) at ``rate`` multiply-adds a second."""
    pairs = _count(
        lines.vertices.detach().numpy(),
        lines.starts.numpy(),
        (lines.radius.detach() + softness_px).numpy(),
        (-(-size_px[0] // TILE), -(-size_px[1] // TILE)),
    )
    work = PIXELS * (pairs[0] * BY_SEGMENT + pairs[1] * BY_STROKE)
    return Floor(*pairs, work / rate)


def peak_rate() -> float:
    """Multiply-adds a second, all threads together, in registers alone: the best of some runs."""
    totals = np.zeros(1024, np.float32)

    def run() -> float:
        hands = []
        start = perf_counter()
        deal(lambda hand, of: hands.append(_multiply(totals[hand:], _ROUNDS)), 2**20)
        return len(hands) * _ROUNDS * _CHAINS * LANES / (perf_counter() - start)

    run()
    return max(run() for _ in range(_TIMES))


@numba.njit(nogil=True, error_model="numpy")
def _multiply(total, rounds):
    # Ten independent chains: more than two units need that take four cycles each.
    by, more = spread(np.float32(0.999)), spread(np.float32(0.1))
    a = b = c = d = e = spread(np.float32(1))
    f = g = h = i = j = spread(np.float32(2))
    for _ in range(rounds):
        a, b, c = multiply_add(a, by, more), multiply_add(b, by, more), multiply_add(c, by, more)
        d, e, f = multiply_add(d, by, more), multiply_add(e, by, more), multiply_add(f, by, more)
        g, h, i = multiply_add(g, by, more), multiply_add(h, by, more), multiply_add(i, by, more)
        j = multiply_add(j, by, more)
    sums = four_sums(a + b + c, d + e + f, g + h + i, j)
    total[0] = sums[0] + sums[1] + sums[2] + sums[3]


@numba.njit(error_model="numpy")
def _count(vertices, starts, reach, tiles):
    segments = strokes = 0
    seen = np.full(tiles[0] * tiles[1], -1, np.int64)
    for i in range(len(starts) - 1):
        for v in range(starts[i], starts[i + 1] - 1):
            x0, y0, x1, y1 = vertices[v, 0], vertices[v, 1], vertices[v + 1, 0], vertices[v + 1, 1]
            left, right = _span(min(x0, x1) - reach[i], max(x0, x1) + reach[i], tiles[0])
            top, bottom = _span(min(y0, y1) - reach[i], max(y0, y1) + reach[i], tiles[1])
            for row in range(top, bottom):
                for column in range(left, right):
                    x, y = (column + 0.5) * TILE - x0, (row + 0.5) * TILE - y0
                    if _squared(x, y, x1 - x0, y1 - y0) <= (reach[i] + _REACH) ** 2:
                        segments += 1
                        strokes += seen[row * tiles[0] + column] != i
                        seen[row * tiles[0] + column] = i
    return segments, strokes


@numba.njit(error_model="numpy")
def _span(low, high, tiles):
    return int(max(0, low // TILE)), int(min(tiles, high // TILE + 1))


@numba.njit(error_model="numpy")
def _squared(x, y, edge_x, edge_y):
    t = min(max((x * edge_x + y * edge_y) / max(edge_x**2 + edge_y**2, 1e-30), 0.0), 1.0)
    return (x - t * edge_x) ** 2 + (y - t * edge_y) ** 2
