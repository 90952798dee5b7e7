"""Strokes that no one would see: their ink lies under the ink of others."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from jaxtyping import Bool, Float, Int
from numba import njit
from numpy import ndarray

from plotopt.pens import MAX_OPACITY
from plotopt.plot.chains import Chain, Polylines, flatten

_MOST_PIXELS = 40_000_000
# A step in tone of so much, as part of the full tone, is not seen.
_LEAST_SEEN = 0.02


def visible(
    chains: Sequence[Chain], width_mm: float, opacity: float = MAX_OPACITY
) -> Bool[ndarray, "chains"]:
    """False for the strokes of one pen that can be left out and no one would see it.

    Ink is compared on a raster of a quarter of the pen's width. A stroke goes when every pixel it covers
    is covered by another stroke that stays; shorter ones go first, among equals the earlier, so of exact
    duplicates the last stays. Where the ink of a pass has an ``opacity`` (0 to 1) of less than 0.98, tone
    builds up, and as many others must cover each pixel as leave one more pass less than 2 % of the full tone
    to add. A drawing too large for the raster gets coarser pixels, up to half the pen's width; beyond that
    (0.1 mm on more than 0.1 m2) every stroke is kept.
    """
    if not chains:
        return np.ones(0, bool)
    lines = flatten(chains, width_mm / 40)
    raster = _Raster.of([lines], [width_mm])
    if not raster:
        return np.ones(len(chains), bool)
    cover = np.full(raster.shape, 1 - passes_to_hide(opacity), np.int32)
    placed = raster.placed(lines, width_mm)
    sizes = _lay(*placed, cover, 1)
    return _survivors(*placed, cover, np.argsort(sizes, kind="stable"))


def covered(
    chains: Sequence[Chain], width_mm: float, over: Sequence[tuple[Sequence[Chain], float]]
) -> Float[ndarray, "chains"]:
    """What part of each chain's ink lies under what is drawn ``over`` it: chains, each with their width.

    On the raster of :func:`visible`; 0 of all where that is too coarse.
    """
    others = [(flatten(each, width / 40), width) for each, width in over if each]
    if not chains or not others:
        return np.zeros(len(chains))
    lines = flatten(chains, width_mm / 40)
    widths = [width_mm, *(width for _, width in others)]
    raster = _Raster.of([lines, *(each for each, _ in others)], widths)
    if not raster:
        return np.zeros(len(chains))
    inked = np.zeros(raster.shape, np.int32)
    for each, width in others:
        # At 1 or less, a line that crosses is alone there.
        _lay(*raster.placed(each, width), inked, 2)
    return _covered(*raster.placed(lines, width_mm), inked)


@dataclass(frozen=True)
class _Raster:
    """Square pixels around lines: where the first lies on the page, their size and how many."""

    low: Float[ndarray, "2"]
    mm_per_px: float
    shape: tuple[int, int]

    @classmethod
    def of(cls, drawn: Sequence[Polylines], widths_mm: Sequence[float]) -> _Raster | None:
        """Pixels of a quarter of the least width; of up to half where they would be too many, else None."""
        low = np.min([lines.points.min(0) for lines in drawn], axis=0) - max(widths_mm)
        extent = np.max([lines.points.max(0) for lines in drawn], axis=0) + max(widths_mm) - low
        mm_per_px = max(min(widths_mm) / 4, float(np.sqrt(extent.prod() / _MOST_PIXELS)))
        if mm_per_px > min(widths_mm) / 2:
            return None
        columns, rows = np.ceil(extent / mm_per_px).astype(int).tolist()
        return cls(low, mm_per_px, (rows, columns))

    def placed(self, lines: Polylines, width_mm: float) -> tuple[ndarray, ndarray, float]:
        """Their points and half their width in pixels, with their starts between."""
        return (lines.points - self.low) / self.mm_per_px, lines.starts, 0.5 * width_mm / self.mm_per_px


def passes_to_hide(opacity: float) -> int:
    """How many passes n of an opacity a leave the next, which adds a (1 - a)^n, too little to be seen."""
    passes = 1
    while opacity * (1 - opacity) ** passes >= _LEAST_SEEN:
        passes += 1
    return passes


@njit(cache=True)
def _lay(
    points: Float[ndarray, "vertices 2"], starts: ndarray, radius: float, cover: ndarray, passes: int
) -> Int[ndarray, "lines"]:
    """Add so many passes to each pixel for every line that inks it; how many pixels each line inks.

    ``points`` in pixels.
    """
    seen = np.full(cover.shape, -1, np.int32)
    sizes = np.zeros(len(starts) - 1, np.int64)
    for i in range(len(sizes)):
        sizes[i], _ = _visit(points[starts[i] : starts[i + 1]], radius, cover, seen, i, passes)
    return sizes


@njit(cache=True)
def _survivors(
    points: Float[ndarray, "vertices 2"], starts: ndarray, radius: float, cover: ndarray, order: ndarray
) -> Bool[ndarray, "lines"]:
    """Which lines stay where each that does not show goes, in this order.

    ``cover`` counts what inks each pixel, plus 1, less the passes that hide another; a line shows where that
    is 1 or less. It leaves holding the survivors'.
    """
    count = len(starts) - 1
    seen = np.full(cover.shape, -1, np.int32)
    keep = np.ones(count, np.bool_)
    for i in order:
        line = points[starts[i] : starts[i + 1]]
        _, own = _visit(line, radius, cover, seen, i, np.int64(0))
        if own == 0:
            keep[i] = False
            _visit(line, radius, cover, seen, count + i, np.int64(-1))
    return keep


@njit(cache=True)
def _covered(
    points: Float[ndarray, "vertices 2"], starts: ndarray, radius: float, inked: ndarray
) -> Float[ndarray, "lines"]:
    seen = np.full(inked.shape, -1, np.int32)
    parts = np.zeros(len(starts) - 1)
    for i in range(len(parts)):
        size, own = _visit(points[starts[i] : starts[i + 1]], radius, inked, seen, i, np.int64(0))
        parts[i] = 1 - own / max(size, 1)
    return parts


@njit(cache=True)
def _visit(line, radius, cover, seen, visit, change):
    """Add ``change`` to the cover of each pixel whose centre the line's ink reaches, once a ``visit``.

    Returns how many pixels those are and how many had a cover of one or less. For each literal number Numba
    would compile it anew.
    """
    size, own = 0, 0
    for i in range(len(line) - 1):
        (x0, y0), (x1, y1) = line[i], line[i + 1]
        # Short steps keep the boxes below small, however long and slanting the segment.
        steps = int(np.hypot(x1 - x0, y1 - y0) / (4 * radius)) + 1
        for step in range(steps):
            ax, ay = x0 + (x1 - x0) * step / steps, y0 + (y1 - y0) * step / steps
            bx, by = x0 + (x1 - x0) * (step + 1) / steps, y0 + (y1 - y0) * (step + 1) / steps
            square = (bx - ax) ** 2 + (by - ay) ** 2
            for row in range(int(min(ay, by) - radius), int(max(ay, by) + radius) + 1):
                for column in range(int(min(ax, bx) - radius), int(max(ax, bx) + radius) + 1):
                    if seen[row, column] == visit:
                        continue
                    px, py = column + 0.5 - ax, row + 0.5 - ay
                    t = min(max((px * (bx - ax) + py * (by - ay)) / max(square, 1e-12), 0.0), 1.0)
                    if (px - t * (bx - ax)) ** 2 + (py - t * (by - ay)) ** 2 <= radius * radius:
                        seen[row, column] = visit
                        size += 1
                        own += cover[row, column] <= 1
                        cover[row, column] += change
    return size, own
