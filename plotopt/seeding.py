"""The first strokes: where the target is dark, along its lines, as many and as long as its tone needs."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from jaxtyping import Float
from numpy import ndarray
from scipy import ndimage

from plotopt import streamlines

# Structure is read at several scales; a coarser one speaks where the finer ones are silent.
_GRADIENT_SIGMA_PX = 1.5
_WINDOWS_PX = (3.0, 8.0, 24.0, 64.0)
_FADE = 0.15
# A blur's sigma is at least so many of the pixels that it is done in.
_SIGMA_CELLS = 4
# Ink laid over ink darkens nothing; a fitted drawing loses this part of it in full black.
_OVERLAP = 0.4
_BUSY = 1.5
_TRIES = 48
# Lengths tried for a stroke, from this part of the mean needed upwards, each longer by this factor.
_SHORTEST_PART, _LONGER, _LENGTHS = 0.8, 1.4, 7
_MISSING_ALLOWED = 0.12
_LEFT_SIGMA_PX = 4.0
_LEAST_PX = 4.0


@dataclass(frozen=True)
class Seeds:
    """Lines in pixels: ``points[i, :counts[i]]``, x then y, half a pixel apart; the share of ink missing."""

    points: Float[ndarray, "lines room 2"]
    counts: ndarray
    missing: float

    def control_points(self, spans: int) -> Float[ndarray, "lines spans+3 2"]:
        """Control points evenly spaced along each line.

        One span takes a Bezier curve's four. A B-spline begins and ends one knot inside its control
        points, so the line is drawn out straight by one knot at either end.
        """
        count = spans + 3
        at = np.linspace(0, 1, count) if spans == 1 else np.linspace(-1 / spans, 1 + 1 / spans, count)
        return np.stack([_along(line[:n], at) for line, n in zip(self.points, self.counts, strict=True)])


def headings(tone: Float[ndarray, "height width"]) -> Float[ndarray, "height width"]:
    """The direction of the target's lines in radians, sign arbitrary: along edges, not across.

    The eigenvector of the smaller eigenvalue of the structure tensor, summed over windows from fine to
    coarse with falling weight, so that flat areas take the direction of the nearest edges.
    """
    gy = ndimage.gaussian_filter(tone, _GRADIENT_SIGMA_PX, order=(1, 0))
    gx = ndimage.gaussian_filter(tone, _GRADIENT_SIGMA_PX, order=(0, 1))
    # Twice the angle makes opposite gradients agree before they are averaged.
    cosine, sine = gx * gx - gy * gy, 2 * gx * gy
    total = np.zeros((2, *tone.shape))
    for i, sigma in enumerate(_WINDOWS_PX):
        total += _FADE**i * np.stack([_blurred(part, sigma) for part in (cosine, sine)])
    return 0.5 * np.arctan2(total[1], total[0]) + 0.5 * np.pi


def _blurred(values: Float[ndarray, "height width"], sigma_px: float) -> Float[ndarray, "height width"]:
    """A Gaussian blur; wide ones in large pixels, since they leave no detail that small ones would show."""
    size = int(sigma_px // _SIGMA_CELLS)
    if size < 2:
        return ndimage.gaussian_filter(values, sigma_px)
    # Mirrored as far as the blur reaches, to whole cells.
    before = size * int(np.ceil(4 * sigma_px / size))
    cells = np.pad(values, [(before, before + -side % size) for side in values.shape], mode="symmetric")
    cells = cells.reshape(cells.shape[0] // size, size, -1, size).mean((1, 3))
    # Taking means and going back by straight lines blurs by some size^2 / 4 of variance.
    blurred = ndimage.gaussian_filter(cells, (sigma_px**2 - size**2 / 4) ** 0.5 / size)
    near = blurred[before // size - 1 :, before // size - 1 :]
    within = tuple(slice(size, size + side) for side in values.shape)
    return ndimage.zoom(near, size, order=1, mode="nearest", grid_mode=True)[within]


def detail(tone: Float[ndarray, "height width"]) -> Float[ndarray, "height width"]:
    """How busy the target is around each pixel, from 1 in flat parts to 1 + _BUSY in the busiest.

    Strokes in busy parts are so much shorter, and therefore more: eyes and mouths need them.
    """
    slope = ndimage.gaussian_gradient_magnitude(tone, _GRADIENT_SIGMA_PX)
    around = _blurred(slope, _WINDOWS_PX[1])
    return 1 + _BUSY * np.minimum(around / max(np.percentile(around, 97), 1e-6), 1)


def ink_demand(tone: Float[ndarray, "height width"]) -> Float[ndarray, "height width"]:
    """Line area per page area that brings white paper down to each reflectance in [0, 1]."""
    dark = 1 - tone
    return dark * (1 + _OVERLAP * dark)


def seed(
    tone: Float[ndarray, "height width"],
    count: int,
    pen_px: float,
    longest_px: float,
    rng: np.random.Generator,
    structure: Float[ndarray, "height width"] | None = None,
) -> Seeds:
    """``count`` lines along the tone's structure that together have about the ink the tone needs.

    The shortest lines that leave little ink missing are taken; none is longer than ``longest_px``. Some ink
    must be wanted. ``structure`` is a tone to take the lines' directions from instead.
    """
    demand = ink_demand(tone)
    structure = tone if structure is None else structure
    wanted = streamlines.Wanted(demand, headings(structure), detail(structure))
    starts = _draw_points(demand, count * _TRIES, rng).reshape(count, _TRIES, 2)
    mean_px = demand.sum() / (pen_px * count)
    for i in range(_LENGTHS):
        length = float(np.clip(_SHORTEST_PART * _LONGER**i * mean_px, _LEAST_PX, max(longest_px, _LEAST_PX)))
        points = np.zeros((count, int(length / streamlines.STEP_PX) + 2, 2))
        counts = np.zeros(count, np.int64)
        missing = streamlines.grow(wanted, starts, pen_px, length, points, counts)
        left = np.clip(ndimage.gaussian_filter(missing, _LEFT_SIGMA_PX), 0, None).sum() / demand.sum()
        if left < _MISSING_ALLOWED or length >= longest_px:
            break
    return Seeds(points, counts, float(left))


def _draw_points(demand: ndarray, count: int, rng: np.random.Generator) -> Float[ndarray, "points 2"]:
    """Random points, each place as likely as its demand."""
    running = np.cumsum(demand.ravel())
    chosen = np.searchsorted(running, rng.uniform(0, running[-1], count), side="right")
    chosen = np.minimum(chosen, demand.size - 1)
    corner = np.stack([chosen % demand.shape[1], chosen // demand.shape[1]], axis=1)
    return corner + rng.uniform(0, 1, (count, 2))


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
