"""Pure functions on cubic Bezier curves and uniform cubic B-splines, for numpy arrays and torch tensors.

A *curve* is four control points, shape ``(..., 4, 2)``; a *chain* is curves joined end to end, shape
``(curves, 4, 2)``. A *tolerance* always means the same: the largest distance, in the unit of the points,
between a curve and the polyline that stands for it.
"""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING

import numpy as np
from jaxtyping import Float
from numpy import ndarray

if TYPE_CHECKING:
    import torch

# Points of one uniform cubic B-spline segment to the control points of the same curve as a Bezier.
_BSPLINE_TO_BEZIER = np.array([[1, 4, 1, 0], [0, 4, 2, 0], [0, 2, 4, 0], [0, 1, 4, 1]]) / 6.0
_TRACE = 1e-15
#: Parts of a step that a balanced polyline loses at its two short ends, and a little more.
SHORT_ENDS = 0.3
# Nodes and weights for parameters from 0 to 1.
_GAUSS = [0.5 * part for part in np.polynomial.legendre.leggauss(16) + np.array([[1.0], [0.0]])]


def evaluate(curves, t):
    """Points on cubic curves at parameters ``t``, by Bernstein polynomials.

    ``curves`` is ``(..., 4, 2)``; ``t`` lies in [0, 1] and broadcasts against the leading axes, so a curve
    array ``(n, 1, 4, 2)`` with ``t`` of shape ``(m,)`` gives ``(n, m, 2)``.
    """
    t = t[..., None] if getattr(t, "ndim", 0) else t
    s = 1 - t
    p0, p1, p2, p3 = (curves[..., i, :] for i in range(4))
    return s**3 * p0 + 3 * s**2 * t * p1 + 3 * s * t**2 * p2 + t**3 * p3


def derivative(curves, t):
    """First derivative by the parameter at ``t``; shapes as in :func:`evaluate`."""
    t = t[..., None] if getattr(t, "ndim", 0) else t
    s = 1 - t
    d0, d1, d2 = (curves[..., i + 1, :] - curves[..., i, :] for i in range(3))
    return 3 * (s**2 * d0 + 2 * s * t * d1 + t**2 * d2)


def subcurve(curve: Float[ndarray, "4 2"], start: float, end: float) -> Float[ndarray, "4 2"]:
    """The part of one curve between two parameters, as a curve of its own (blossoming)."""
    parameters = [(start, start, start), (start, start, end), (start, end, end), (end, end, end)]
    return np.stack([_blossom(curve, *triple) for triple in parameters])


def _blossom(curve: ndarray, a: float, b: float, c: float) -> ndarray:
    for t in (a, b, c):
        curve = (1 - t) * curve[:-1] + t * curve[1:]
    return curve[0]


def split(curve: Float[ndarray, "4 2"], t: float) -> tuple[ndarray, ndarray]:
    """The two halves of one curve cut at ``t`` (de Casteljau)."""
    return subcurve(curve, 0.0, t), subcurve(curve, t, 1.0)


def arc_length(curves):
    """Length of each curve, ``(..., 4, 2) -> (...)``, by 16-point Gauss-Legendre quadrature.

    Exact to rounding for straight, evenly spaced curves; within 1e-8 of the length for gentle ones; within
    1 % where a curve turns back on itself.
    """
    if isinstance(curves, ndarray):
        # Node by node: there may be very many curves.
        return sum(weight * _speed(curves, node) for node, weight in zip(*_GAUSS, strict=True))
    nodes, weights = _gauss_on(curves.device, curves.dtype)
    return (weights * _speed(curves[..., None, :, :], nodes)).sum(-1)


def _speed(curves, t):
    # Without a trace the root's slope would be infinite for a curve that is a single point.
    return ((derivative(curves, t) ** 2).sum(-1) + _TRACE**2) ** 0.5 - _TRACE


@cache
def _gauss_on(device: torch.device, dtype: torch.dtype) -> tuple[torch.Tensor, ...]:
    """The quadrature in a device's memory; to bring it there anew each time would wait for it."""
    import torch

    with torch.inference_mode(False):
        return tuple(torch.tensor(part, device=device, dtype=dtype) for part in _GAUSS)


def pieces_for_tolerance(curves, tolerance: float):
    """How many equal parameter steps keep each curve within ``tolerance`` of its chords (Wang's formula).

    ``(..., 4, 2) -> (...)`` as floats that are whole numbers of at least 1: sqrt(3/4 max|P[i] - 2 P[i+1]
    + P[i+2]| / tolerance), rounded up.
    """
    steps = (0.75 / tolerance) ** 0.5 * _bend(curves)
    return np.maximum(np.ceil(steps), 1) if isinstance(curves, ndarray) else steps.ceil().clamp(min=1)


def balanced_pieces(curves, tolerance: float):
    """As :func:`pieces_for_tolerance`, for tensors and the polylines of :func:`balanced_map`: fewer do."""
    return ((0.375 / tolerance) ** 0.5 * _bend(curves) + SHORT_ENDS).ceil().clamp(min=1)


def _bend(curves):
    """Square root of the largest second difference of each curve's points."""
    second = curves[..., 2:, :] - 2 * curves[..., 1:-1, :] + curves[..., :-2, :]
    square = (second**2).sum(-1)
    return (square.max(-1) if isinstance(curves, ndarray) else square.amax(-1)) ** 0.25


def flatten(chain: Float[ndarray, "curves 4 2"], tolerance: float) -> Float[ndarray, "vertices 2"]:
    """The polyline of a chain, every curve within ``tolerance`` of it; joints appear once."""
    counts = pieces_for_tolerance(chain, tolerance).astype(int)
    parts = [chain[:1, 0]]
    for curve, count in zip(chain, counts, strict=True):
        parts.append(evaluate(curve[None], np.arange(1, count + 1) / count))
    return np.concatenate(parts)


def reverse(chain: Float[ndarray, "curves 4 2"]) -> Float[ndarray, "curves 4 2"]:
    """The same line drawn from its other end."""
    return chain[::-1, ::-1]


def line_curve(start: Float[ndarray, "2"], end: Float[ndarray, "2"]) -> Float[ndarray, "4 2"]:
    """A straight line as an evenly spaced cubic curve."""
    return start + np.linspace(0, 1, 4)[:, None] * (np.asarray(end) - start)


@cache
def bezier_map(segments: int) -> Float[ndarray, "4*segments control_points"]:
    """The fixed linear map from a uniform cubic B-spline of ``segments`` spans to its exact Bezier chain.

    Rows come four to a curve; columns are the ``segments + 3`` control points. Neighbouring curves share
    their joint and are twice continuously differentiable there.
    """
    matrix = np.zeros((4 * segments, segments + 3))
    for i in range(segments):
        matrix[4 * i : 4 * i + 4, i : i + 4] = _BSPLINE_TO_BEZIER
    return matrix


@cache
def balanced_map(spans: int, pieces: int) -> Float[ndarray, "vertices 4"]:
    """How the vertices of a polyline on both sides of its curve hang on the curve's four points.

    Vertex ``i`` belongs to the curve ``min(i // pieces, spans - 1)`` of a chain. A chord with its ends on
    the curve lies up to ``h^2 B'' / 8`` to one side, h its step of the parameter. Here vertices are moved
    by half of that to the other side, ``-h^2 B'' / 16``, so that both are off by as much and steps may be
    sqrt(2) as long. The two ends of the chain stay where they are; the pieces next to them are 0.866 times
    as long. Where the second derivative is continuous from curve to curve, so is the polyline.
    """
    shortened = 1 - 0.75**0.5 if pieces > 1 else 0.0
    rows = []
    for vertex in range(spans * pieces + 1):
        span = min(vertex // pieces, spans - 1)
        first, last = (shortened if span == end else 0.0 for end in (0, spans - 1))
        h = 1 / (pieces - first - last)
        k = vertex - span * pieces
        t = min(max(0.0, (k - first) * h), 1.0)
        is_end = vertex in (0, spans * pieces)
        rows.append(_moved_outwards(1.0 if is_end and vertex else t, 0.0 if is_end else h * h / 16))
    return np.array(rows)


def _moved_outwards(t: float, amount: float) -> list[float]:
    """Weights of a curve's points in B(t) - amount B''(t)."""
    s = 1 - t
    basis = (s**3, 3 * s * s * t, 3 * s * t * t, t**3)
    second = (6 * s, 6 * (t - 2 * s), 6 * (s - 2 * t), 6 * t)
    return [b - amount * d for b, d in zip(basis, second, strict=True)]
