"""What holds strokes back, whatever the picture: bends, and steps across the grain."""

from __future__ import annotations

from typing import NamedTuple

import numba
import numpy as np
import torch
from jaxtyping import Float
from numpy import ndarray
from torch import Tensor

from plotopt.hands import deal, fits_kernels
from plotopt.losses.grain import Grain, across
from plotopt.losses.smooth import bending, unbending
from plotopt.render.measure import inline

# How long one thread takes for a coordinate of a control point, in us.
_COORDINATE_US = 0.02
_HALF, _TWO = np.float32(0.5), np.float32(2)


# A grain's directions, and its corner and its pixels' side in mm.
_Field = tuple[Float[ndarray, "height width layers 2"], tuple[np.float32, np.float32, np.float32]]
_NO_FIELD: _Field = np.empty((1, 1, 1, 2), np.float32), (np.float32(0), np.float32(0), np.float32(1))


class Costs(NamedTuple):
    """What strokes cost, and the gradient of that by their control points."""

    cost: Float[Tensor, ""]
    pulls: Float[Tensor, "strokes control_points 2"]


def restraint(
    points: Float[Tensor, "strokes control_points 2"],
    smoothness: float,
    grain: Grain | None = None,
    firmness: float = 0.0,
) -> Costs:
    """``smoothness`` times how far strokes bend, ``firmness`` times how far they run across the grain.

    Both in the square of the points' unit; see :func:`bending` and :func:`across`, whose sums these are. In
    single precision on the CPU a compiled kernel adds them up, stroke by stroke.
    """
    points = points.detach()
    if fits_kernels(points):
        return _compiled(points, smoothness, grain, firmness)
    return reference(points, smoothness, grain, firmness)


def reference(points: Tensor, smoothness: float, grain: Grain | None, firmness: float) -> Costs:
    """The same as its definition reads, for other devices and for tests."""
    cost, pulls = smoothness * bending(points).sum(), smoothness * unbending(points)
    if grain and firmness:
        left = across(points, grain)
        cost, pulls = cost + firmness * left.costs.sum(), pulls + firmness * left.pulls
    return Costs(cost, pulls)


def _compiled(points: Tensor, smoothness: float, grain: Grain | None, firmness: float) -> Costs:
    weights = np.float32(smoothness), np.float32(firmness if grain else 0)
    field, values = _field(grain) if grain else _NO_FIELD, points.contiguous().numpy()
    costs, pulls = np.empty(len(values)), points.new_empty(points.shape)
    found = costs, pulls.numpy()
    deal(
        lambda hand, hands: _hold(hand, hands, values, field, weights, found), _COORDINATE_US * points.numel()
    )
    return Costs(points.new_tensor(costs.sum(), dtype=torch.float64), pulls)


def _field(grain: Grain) -> _Field:
    left, top = grain.corner_mm.numpy()
    return grain.twice.numpy(), (left, top, np.float32(grain.mm_per_px))


@numba.njit(cache=True, nogil=True, error_model="numpy")
def _hold(hand, hands, points, field, weights, found):
    """Write the costs and pulls of one hand's strokes."""
    # Looked up in a tuple, an array would be counted as in use anew for every step.
    twice, frame = field
    smoothness, firmness = weights
    costs, pulls = found
    for stroke in range(hand, len(points), hands):
        pulls[stroke] = np.float32(0)
        costs[stroke] = 0.0
        for k in range(1, points.shape[1] - 1):
            costs[stroke] += _unbend(points, (stroke, k), _TWO * smoothness, pulls)
        if firmness > 0:
            for k in range(points.shape[1] - 1):
                costs[stroke] += _turn(points, (stroke, k), twice, frame, firmness, pulls)


@inline
def _unbend(points, place, weight, pulls):
    """Add the pulls of the second difference at a point; return half its square, weighed."""
    i, k = place
    x = points[i, k + 1, 0] - _TWO * points[i, k, 0] + points[i, k - 1, 0]
    y = points[i, k + 1, 1] - _TWO * points[i, k, 1] + points[i, k - 1, 1]
    for j, part in ((k - 1, weight), (k, -_TWO * weight), (k + 1, weight)):
        pulls[i, j, 0] += part * x
        pulls[i, j, 1] += part * y
    return _HALF * weight * (x * x + y * y)


@inline
def _turn(points, place, twice, frame, weight, pulls):
    """Add the pulls of the step after a point into the grain; return what it runs across it, weighed."""
    i, k = place
    x0, y0, x1, y1 = points[i, k, 0], points[i, k, 1], points[i, k + 1, 0], points[i, k + 1, 1]
    x, y = x1 - x0, y1 - y0
    row = _pixel(_HALF * (y0 + y1) - frame[1], frame[2], twice.shape[0])
    column = _pixel(_HALF * (x0 + x1) - frame[0], frame[2], twice.shape[1])
    along, cosine, sine = np.float32(-np.inf), np.float32(0), np.float32(0)
    for layer in range(twice.shape[2]):
        c, q = twice[row, column, layer, 0], twice[row, column, layer, 1]
        here = (x * x - y * y) * c + _TWO * x * y * q
        if here > along:
            along, cosine, sine = here, c, q
    by_x, by_y = weight * (x - (x * cosine + y * sine)), weight * (y - (x * sine - y * cosine))
    pulls[i, k, 0] -= by_x
    pulls[i, k, 1] -= by_y
    pulls[i, k + 1, 0] += by_x
    pulls[i, k + 1, 1] += by_y
    return _HALF * weight * (x * x + y * y - along)


@inline
def _pixel(distance, side, count):
    """The number of the pixel at a distance from the edge, or the nearest."""
    return min(max(int(distance / side), 0), count - 1)
