"""Exact clipping of chains to a rectangle."""

from __future__ import annotations

import numpy as np
from jaxtyping import Float
from numpy import ndarray

from plotopt import bezier
from plotopt.page import Rect
from plotopt.plot.chains import Chain

SHORTEST_MM = 0.05
"""What is shorter than this is dropped: two or three motor steps, not worth lowering the pen for."""

_EDGE_MM = 1e-9


def clip(chain: Chain, rect: Rect) -> list[Chain]:
    """The parts of a chain inside a closed rectangle, in drawing order; none is an empty list.

    Curves are cut where they cross an edge, at the roots of the cubic, and stay curves; neighbours inside
    stay one chain. The result's points lie within ``rect`` to 1e-6 mm. Parts whose control polygon is
    shorter than ``SHORTEST_MM`` are dropped. Inset the rectangle by half the pen's width to keep all ink
    inside it.
    """
    low, high = np.array([rect.left, rect.top]), np.array([rect.right, rect.bottom])
    inside = (chain >= low) & (chain <= high)
    if inside.all():
        parts = [chain]
    else:
        # A curve lies inside with all of its control points, as most of a line that leaves do.
        whole = np.all(inside, axis=(1, 2))
        parts = [np.stack(curves) for curves in _runs_inside(chain, whole, low, high)]
    return [part for part in parts if _polygon_length(part) >= SHORTEST_MM]


def _runs_inside(chain: Chain, whole: ndarray, low: ndarray, high: ndarray) -> list[list[ndarray]]:
    runs: list[list[ndarray]] = []
    reached_end = False
    for curve, is_whole in zip(chain, whole.tolist(), strict=True):
        spans = [(0.0, 1.0)] if is_whole else _spans_inside(curve, low, high)
        for start, end in spans:
            piece = curve if is_whole else _cut(curve, start, end, low, high)
            if reached_end and start == 0:
                runs[-1].append(piece)
            else:
                runs.append([piece])
        reached_end = bool(spans) and spans[-1][1] == 1
    return runs


def _cut(curve: ndarray, start: float, end: float, low: ndarray, high: ndarray) -> ndarray:
    piece = bezier.subcurve(curve, start, end)
    # Rounding may leave a cut just beyond its edge; inner control points may lie outside.
    piece[[0, 3]] = np.clip(piece[[0, 3]], low, high)
    return piece


def _spans_inside(curve: ndarray, low: ndarray, high: ndarray) -> list[tuple[float, float]]:
    """Parameter spans of one curve inside, ascending; touching spans are one."""
    if (curve < low - _EDGE_MM).all(0).any() or (curve > high + _EDGE_MM).all(0).any():
        return []
    edges = [(axis, edge[axis]) for axis in (0, 1) for edge in (low, high)]
    roots = [_crossings(curve[:, axis] - level) for axis, level in edges]
    cuts = np.unique(np.concatenate([[0.0, 1.0], *roots]))
    middles = bezier.evaluate(curve[None], 0.5 * (cuts[:-1] + cuts[1:]))
    inside = ((middles >= low - _EDGE_MM) & (middles <= high + _EDGE_MM)).all(-1)
    spans: list[tuple[float, float]] = []
    for start, end, keep in zip(cuts[:-1].tolist(), cuts[1:].tolist(), inside, strict=True):
        if keep and spans and spans[-1][1] == start:
            spans[-1] = (spans[-1][0], end)
        elif keep:
            spans.append((start, end))
    return spans


def _crossings(heights: Float[ndarray, "4"]) -> Float[ndarray, "roots"]:
    """Parameters in (0, 1) where the cubic with these Bernstein coefficients is zero."""
    if (heights > 0).all() or (heights < 0).all():
        return np.zeros(0)
    a, b, c, d = heights
    powers = np.array([d - 3 * c + 3 * b - a, 3 * (c - 2 * b + a), 3 * (b - a), a])
    # A leading coefficient of mere rounding would blow up the companion matrix.
    powers[np.abs(powers) < 1e-13 * np.abs(heights).max()] = 0
    roots = np.roots(powers)
    # A tangent's double root may come out as a close complex pair; a cut too many does no harm.
    real = roots.real[np.abs(roots.imag) < 1e-6]
    return real[(real > 0) & (real < 1)]


def _polygon_length(chain: Chain) -> float:
    return float(np.linalg.norm(np.diff(chain, axis=1), axis=-1).sum())
