"""A tour through dots that stand the closer the darker it shall be: one line that gives a picture's tones.

Dots are set by weighted Voronoi stippling (Secord, Weighted Voronoi stippling, NPAR 2002); the tour through
them is that of a travelling salesman (Kaplan and Bosch, TSP art, Bridges 2005), without crossings. What is
laid is not that polygon but the B-spline whose control points the dots are: it has no corners at which the
pen would have to slow down.
"""

from __future__ import annotations

import numpy as np
from jaxtyping import Bool, Float
from numba import njit
from numpy import ndarray
from scipy import ndimage
from scipy.optimize import brentq

from plotopt.crossings import uncrossed
from plotopt.plot import order

# Dots are set on a raster of so many pixels a dot, and so often moved to the middle of what is nearest.
_PIXELS_A_DOT, _MOST_PIXELS, _ROUNDS = 16, 4_000_000, 8
# The B-spline through n dots, spread evenly over an area, is so many times the root of n x area long.
_LENGTH = 0.8
# A line that winds lies on itself where it is dense, by so much more of it in full black, hardly elsewhere.
_OVERLAP = 0.7
# Rounding must not leave out dots that there is just room for.
_ROOM = 1.02
_FEWEST = 4


def tour(
    tone: Float[ndarray, "height width"], pen_px: float, most: int, rng: np.random.Generator
) -> Float[ndarray, "dots 2"]:
    """Control points, in pixels, of a line through as many dots as a tone in 0..1 needs, ``most`` at most.

    A tour is as long on a place as the root of the dots there. So dots stand by the square of the line that
    is wanted. Some ink must be wanted.
    """
    count = max(_FEWEST, min(most, round(_ROOM * _wanted(tone, pen_px))))
    dots = stipple(_line_area(tone) ** 2, count, rng)
    dots = dots[order.visit(np.repeat(dots, 2, axis=0)) >> 1]
    (free,) = uncrossed([dots])
    return dots[free]


def reach(tone: Float[ndarray, "height width"], pen_px: float, dots: int) -> float:
    """What part of all darkness the tour through so many dots can give, 1 at most."""
    if _wanted(tone, pen_px) <= dots:
        return 1.0
    return float(brentq(lambda part: _wanted(1 - part * (1 - tone), pen_px) - dots, 0, 1))


def _wanted(tone: Float[ndarray, "height width"], pen_px: float) -> float:
    """The dots of the tour whose line has the ink that a tone needs."""
    return float((_line_area(tone) ** 2).sum()) / (_LENGTH * pen_px) ** 2


def _line_area(tone: Float[ndarray, "height width"]) -> Float[ndarray, "height width"]:
    """Line area per page area of a tour that brings white paper down to each tone."""
    dark = 1 - tone
    return dark * (1 + _OVERLAP * dark**3)


def stipple(
    weights: Float[ndarray, "height width"], count: int, rng: np.random.Generator
) -> Float[ndarray, "dots 2"]:
    """``count`` dots, x then y in pixels, as close on a place as it weighs; each in the middle of its own.

    Some weight must be there.
    """
    finer = max(1, int(np.ceil(np.sqrt(min(_PIXELS_A_DOT * count, _MOST_PIXELS) / weights.size))))
    fine = np.clip(ndimage.zoom(weights, finer, order=1, mode="nearest", grid_mode=True), 0, None)
    dots = _scattered(fine, count, rng)
    for _ in range(_ROUNDS):
        dots = _centred(dots, fine)
    return dots / finer


def _scattered(weights: ndarray, count: int, rng: np.random.Generator) -> Float[ndarray, "dots 2"]:
    """First dots, by error diffusion, which leaves some too few or too many."""
    share = weights.ravel() / weights.sum()
    found = np.flatnonzero(_diffused(count * share.reshape(weights.shape)))
    found = rng.permutation(found)[:count]
    found = np.concatenate([found, rng.choice(len(share), count - len(found), p=share)])
    centres = np.stack([found % weights.shape[1], found // weights.shape[1]], axis=1) + 0.5
    return centres + rng.uniform(-0.3, 0.3, centres.shape)


def _centred(dots: Float[ndarray, "dots 2"], weights: ndarray) -> Float[ndarray, "dots 2"]:
    """Each dot in the centroid of the pixels nearest to it; of two in one pixel the first steps aside."""
    size = np.array(weights.shape[::-1])
    columns, rows = np.clip(dots.astype(int), 0, size - 1).T
    owner = np.full(weights.shape, -1)
    owner[rows, columns] = np.arange(len(dots))
    nearest = ndimage.distance_transform_edt(owner < 0, return_distances=False, return_indices=True)
    owner = owner[nearest[0], nearest[1]].ravel()
    mass = np.bincount(owner, weights.ravel(), len(dots))
    y, x = np.divmod(np.arange(weights.size), weights.shape[1])
    sums = [np.bincount(owner, weights.ravel() * (at + 0.5), len(dots)) for at in (x, y)]
    centres = np.stack(sums, axis=1) / np.maximum(mass, 1e-300)[:, None]
    stuck = (mass == 0) & (weights[rows, columns] > 0)
    aside = np.where(stuck[:, None], np.minimum(dots + 1, size - 0.5), dots)
    return np.where(mass[:, None] > 0, centres, aside)


@njit(cache=True)
def _diffused(amounts: Float[ndarray, "height width"]) -> Bool[ndarray, "height width"]:
    """Where a dot is set so that dots add up to the amounts (Floyd and Steinberg 1976, rows to and fro)."""
    height, width = amounts.shape
    left = amounts.copy()
    set_ = np.zeros(amounts.shape, np.bool_)
    for y in range(height):
        way = 1 - 2 * (y & 1)
        for i in range(width):
            x = i if way > 0 else width - 1 - i
            set_[y, x] = left[y, x] > 0.5
            rest = left[y, x] - set_[y, x]
            if 0 <= x + way < width:
                left[y, x + way] += rest * 7 / 16
            if y + 1 < height:
                left[y + 1, x] += rest * 5 / 16
                if 0 <= x - way < width:
                    left[y + 1, x - way] += rest * 3 / 16
                if 0 <= x + way < width:
                    left[y + 1, x + way] += rest / 16
    return set_
