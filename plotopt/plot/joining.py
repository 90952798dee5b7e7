"""Chains whose ends meet become one, so that the pen is lifted less."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from jaxtyping import Float, UInt8
from numba import njit
from numpy import ndarray

from plotopt import bezier
from plotopt.plot import neighbours
from plotopt.plot.chains import Chain, flatten

COINCIDENT_MM = 1e-6
# Gaps of up to so many pen widths may be bridged over ink.
_LONGEST_BRIDGE = 4
# A bridge may ink this part of the width squared where the paper was bare: a third of a dot of the pen.
_BARE_SQUARE = 0.25
_PIXELS_PER_WIDTH = 6
_MOST_PIXELS = 60_000_000


def merge(chains: Sequence[Chain], tolerance_mm: float, width_mm: float | None = None) -> list[Chain]:
    """Chains joined, flipped where that helps, across gaps of less than ``tolerance_mm``.

    The shortest gaps of all are closed first. A gap becomes a straight curve; ends that coincide to 1e-6
    mm are joined without one, and always. A path is never joined to itself.

    With ``width_mm``, the pen's width, gaps of up to four widths are bridged as well where the line lies on
    ink already: of the paper under the bridge no more than a quarter of the width squared may have been
    bare, looked at on a raster of a sixth of the width. On a drawing too large for that raster (60 million
    pixels) nothing is bridged.
    """
    if not chains:
        return []
    points = np.array([[chain[0, 0], chain[-1, 3]] for chain in chains], float).reshape(-1, 2)
    links = neighbours.Links.none(len(points))
    neighbours.link_coincident(links, points)
    neighbours.link_nearest(links, points, max(tolerance_mm, COINCIDENT_MM))
    if width_mm is not None and len(links.free()) > 2:
        ink = _Ink.of(chains, width_mm)
        if ink is not None:
            reach = _LONGEST_BRIDGE * width_mm

            def hidden(starts: ndarray, ends: ndarray) -> ndarray:
                return ink.bare_mm2(points[starts], points[ends]) <= _BARE_SQUARE * width_mm**2

            neighbours.link_nearest(links, points, reach, hidden)
    return [_join([_drawn(chains, end) for end in path]) for path in links.paths()]


def _drawn(chains: Sequence[Chain], end: int) -> Chain:
    return bezier.reverse(chains[end >> 1]) if end & 1 else chains[end >> 1]


class _Ink(NamedTuple):
    """Where ink lies: a raster from the corner ``low_mm`` on, 1 where a pixel's centre is inked."""

    inked: UInt8[ndarray, "rows columns"]
    low_mm: Float[ndarray, "2"]
    mm_per_px: float
    radius_px: float

    @classmethod
    def of(cls, chains: Sequence[Chain], width_mm: float) -> _Ink | None:
        """None when the raster would be too large."""
        lines = flatten(chains, width_mm / 40)
        low = lines.points.min(0) - width_mm
        mm_per_px = width_mm / _PIXELS_PER_WIDTH
        columns, rows = np.ceil((lines.points.max(0) + width_mm - low) / mm_per_px)
        if not columns * rows <= _MOST_PIXELS:
            return None
        ink = cls(np.zeros((int(rows), int(columns)), np.uint8), low, mm_per_px, _PIXELS_PER_WIDTH / 2)
        _draw(ink.inked, (lines.points - low) / mm_per_px, lines.starts, ink.radius_px)
        return ink

    def bare_mm2(self, starts: Float[ndarray, "lines 2"], ends: Float[ndarray, "lines 2"]) -> ndarray:
        """The bare paper that straight lines of the pen would cover, each for itself."""
        lines = (np.stack([starts, ends], 1) - self.low_mm) / self.mm_per_px
        return _bare_pixels(self.inked, lines, self.radius_px) * self.mm_per_px**2


@njit(cache=True)
def _draw(inked, points, starts, radius):
    for line in range(len(starts) - 1):
        for i in range(starts[line], starts[line + 1] - 1):
            way = points[i + 1] - points[i]
            # Short steps keep the boxes small, however long and slanting the segment.
            steps = int(np.sqrt(way[0] ** 2 + way[1] ** 2) / (4 * radius)) + 1
            for step in range(steps):
                _cover(inked, points[i] + way * (step / steps), way / steps, radius, np.bool_(True))


@njit(cache=True)
def _bare_pixels(inked, lines, radius):
    bare = np.zeros(len(lines), np.int64)
    for i in range(len(lines)):
        bare[i] = _cover(inked, lines[i, 0], lines[i, 1] - lines[i, 0], radius, np.bool_(False))
    return bare


@njit(cache=True)
def _cover(inked, start, way, radius, draws):
    """Count the bare pixels whose centres a line's ink reaches; ink them if it ``draws``."""
    bare = 0
    (x, y), (dx, dy) = start, way
    square = max(dx * dx + dy * dy, 1e-12)
    for row in range(int(min(y, y + dy) - radius), int(max(y, y + dy) + radius) + 1):
        for column in range(int(min(x, x + dx) - radius), int(max(x, x + dx) + radius) + 1):
            if inked[row, column]:
                continue
            u, v = column + 0.5 - x, row + 0.5 - y
            t = min(max((u * dx + v * dy) / square, 0.0), 1.0)
            if (u - t * dx) ** 2 + (v - t * dy) ** 2 <= radius * radius:
                bare += 1
                if draws:
                    inked[row, column] = 1
    return bare


def _join(parts: list[Chain]) -> Chain:
    if len(parts) == 1:
        return parts[0]
    pieces = parts[:1]
    for part in parts[1:]:
        start, end = pieces[-1][-1, 3], part[0, 0]
        if np.linalg.norm(end - start) > COINCIDENT_MM:
            pieces.append(bezier.line_curve(start, end)[None])
        pieces.append(part)
    return np.concatenate(pieces)
