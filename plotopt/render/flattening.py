"""Strokes to polylines on the CPU, in Numba: what :mod:`plotopt.render.curves` defines, in two passes.

The first tells which strokes each view can show and into how many pieces they are cut, the second draws
the vertices. The way back is one pass from vertices, radius and opacity to control points, width and opacity.
"""

from __future__ import annotations

from functools import cache
from typing import NamedTuple

import numba
import numpy as np
import torch
from jaxtyping import Float, Int
from numpy import ndarray
from torch import Tensor
from torch.autograd.function import once_differentiable

from plotopt import bezier
from plotopt.hands import deal
from plotopt.kernel_cache import drop_outdated
from plotopt.render import curves
from plotopt.render.curves import FARTHEST_PX, MOST_PIECES, table_of
from plotopt.render.measure import inline
from plotopt.render.polylines import Polylines
from plotopt.render.scrap import sheet
from plotopt.strokes import Strokes
from plotopt.view import View

_HALF, _INFINITE, _FARTHEST = np.float32(0.5), np.float32(np.inf), np.float32(FARTHEST_PX)
# How long one thread takes, in us, to look at a stroke, to draw a vertex, and to go back from it.
_LOOK_US, _VERTEX_US, _BACK_US = 0.07, 0.015, 0.02


class Window(NamedTuple):
    """What strokes are flattened for: views that share their raster size, pens, and px of precision."""

    views: tuple[View, ...]
    pens: int
    softness_px: float
    tolerance_px: float


class _Lines(NamedTuple):
    """Which polylines there are, view by view.

    ``pieces`` is how many each curve of a stroke is cut into, nought where a view does not show it;
    ``line`` is its polyline's number there, and ``starts`` where each begins. ``frames`` of the views: where
    the points' zero lies, what their unit is in parts of a px, and the millimetres a px.
    """

    frames: Float[ndarray, "views 4"]
    pieces: Int[ndarray, "views strokes"]
    line: Int[ndarray, "views strokes"]
    starts: Int[ndarray, "lines+1"]


class _Rows(NamedTuple):
    """How vertices hang on the four control points of their span; those of n pieces from ``first[n]`` on."""

    weights: Float[ndarray, "4 rows"]
    first: Int[ndarray, "pieces+1"]


@cache
def _rows(spans: int) -> _Rows:
    weights, first = table_of(spans)
    weights = weights if spans == 1 else weights @ bezier.bezier_map(1)
    return _Rows(np.ascontiguousarray(weights.T, np.float32), first)


def can_draw(strokes: Strokes) -> bool:
    """Whether these strokes are for the kernels: single precision on the CPU."""
    parts = strokes.points, strokes.width_mm, strokes.opacity
    return all(part.dtype == torch.float32 and part.device.type == "cpu" for part in parts)


def draw(
    strokes: Strokes, warped: Float[Tensor, "views strokes control_points 2"] | None, window: Window
) -> Polylines:
    """Polylines of all strokes that each view shows; differentiable by points, width and opacity.

    ``warped`` are the control points in px of each view, where they are not simply what the view shows.
    """
    points = strokes.points if warped is None else warped
    frames = np.array([_frame(view, warped is None) for view in window.views], np.float32)
    lines, plane = _survey(strokes, (_sets(_array(points)), _array(strokes.width_mm), frames), window)
    drawn = _Drawn.apply(points, strokes.width_mm, strokes.opacity, lines)
    vertices, radius, opacity = drawn
    return Polylines(vertices, torch.from_numpy(lines.starts), radius, opacity, torch.from_numpy(plane))


def _frame(view: View, in_mm: bool) -> tuple[float, float, float, float]:
    if in_mm:
        return view.left_mm, view.top_mm, view.mm_per_px, view.mm_per_px
    return 0.0, 0.0, 1.0, view.mm_per_px


def _survey(
    strokes: Strokes, page: tuple[ndarray, ndarray, ndarray], window: Window
) -> tuple[_Lines, Int[ndarray, "lines"]]:
    """Which polylines there are, and the plane of each."""
    # As in bezier.balanced_pieces; a spline's Bezier points have a sixth of its own second differences.
    steps = (0.375 / window.tolerance_px) ** 0.5 * (1.0 if strokes.spans == 1 else 6**-0.5)
    view = window.views[0]
    terms = tuple(map(np.float32, (view.width_px, view.height_px, window.softness_px, steps)))
    pieces = np.empty((len(window.views), len(strokes)), np.int64)
    deal(lambda hand, hands: _look(hand, hands, page, terms, pieces), _LOOK_US * pieces.size)
    line = np.empty_like(pieces)
    plane, starts = (np.empty(pieces.size + more, np.int64) for more in (0, 1))
    count = _number(pieces, strokes.spans, (strokes.pen.numpy(), window.pens), (line, plane, starts))
    return _Lines(page[2], pieces, line, starts[: count + 1]), plane[:count]


class _Drawn(torch.autograd.Function):
    """Vertices, radius and opacity of the lines."""

    @staticmethod
    def forward(ctx, points, width_mm, opacity, lines):
        ctx.shape, ctx.lines = points.shape, lines
        arrays = _sets(_array(points)), _array(width_mm), _array(opacity)
        rows = _rows(points.shape[-2] - 3)
        count, total = len(lines.starts) - 1, int(lines.starts[-1])
        result = sheet(total, 2), points.new_empty(count), points.new_empty(count)
        drawn = tuple(map(Tensor.numpy, result))
        deal(lambda hand, hands: _draw(hand, hands, arrays, lines, rows, drawn), _VERTEX_US * total)
        return result

    @staticmethod
    @once_differentiable
    def backward(ctx, *pulls):
        arrays, rows = tuple(map(_array, pulls)), _rows(ctx.shape[-2] - 3)
        points, width_mm, opacity = map(pulls[0].new_empty, (ctx.shape, *[ctx.shape[-3:-2]] * 2))
        found, lines = (_sets(points.numpy()), width_mm.numpy(), opacity.numpy()), ctx.lines
        lasting = _BACK_US * len(arrays[0])
        deal(lambda hand, hands: _draw_back(hand, hands, arrays, lines, rows, found), lasting)
        return points, width_mm, opacity, None


def _array(values: Tensor) -> ndarray:
    return values.detach().contiguous().numpy()


def _sets(points: ndarray) -> Float[ndarray, "sets strokes control_points 2"]:
    """One set of points for all views, or one for each."""
    return points if points.ndim == 4 else points[None]


@inline
def _place(points, frames, view, stroke, placed):
    """Write a stroke's control points in the pixels of a view."""
    own = view if len(points) > 1 else 0
    left, top, scale = frames[view, 0], frames[view, 1], frames[view, 2]
    for k in range(len(placed)):
        placed[k, 0] = (points[own, stroke, k, 0] - left) / scale
        placed[k, 1] = (points[own, stroke, k, 1] - top) / scale


@numba.njit(cache=True, nogil=True, error_model="numpy")
def _look(hand, hands, page, terms, pieces):
    """Write into how many pieces the curves of one hand's strokes are cut, nought where none is seen.

    A stroke is seen where the box of its control points, grown by its reach, meets the raster and does not
    go too far beyond it.
    """
    points, widths, frames = page
    width, height, softness, steps = terms
    placed = np.empty((points.shape[2], 2), np.float32)
    for view in range(len(frames)):
        for stroke in range(hand, points.shape[1], hands):
            _place(points, frames, view, stroke, placed)
            reach = _HALF * widths[stroke] / frames[view, 3] + softness
            x0 = y0 = _INFINITE
            x1 = y1 = -_INFINITE
            known = True
            for k in range(len(placed)):
                x, y = placed[k, 0], placed[k, 1]
                known &= not (np.isnan(x) or np.isnan(y))
                x0, x1, y0, y1 = min(x0, x), max(x1, x), min(y0, y), max(y1, y)
            across = 0 < x1 + reach < _FARTHEST and -_FARTHEST < x0 - reach < width
            down = 0 < y1 + reach < _FARTHEST and -_FARTHEST < y0 - reach < height
            pieces[view, stroke] = _pieces(placed, steps) if known and across and down else 0


@inline
def _pieces(placed, steps):
    most = np.float32(0)
    for k in range(len(placed) - 2):
        x = placed[k + 2, 0] - np.float32(2) * placed[k + 1, 0] + placed[k, 0]
        y = placed[k + 2, 1] - np.float32(2) * placed[k + 1, 1] + placed[k, 1]
        most = max(most, x * x + y * y)
    count = np.ceil(steps * np.sqrt(np.sqrt(most)) + np.float32(bezier.SHORT_ENDS))
    return int(min(np.float32(MOST_PIECES), max(np.float32(1), count)))


drop_outdated(_look, bezier, curves)


@numba.njit(cache=True, nogil=True, error_model="numpy")
def _number(pieces, spans, pens, numbers):
    """Write the number, plane and beginning of each polyline; return how many there are."""
    pen, pens = pens
    line, plane, starts = numbers
    count = starts[0] = 0
    for view in range(len(pieces)):
        for stroke in range(pieces.shape[1]):
            if pieces[view, stroke]:
                line[view, stroke], plane[count] = count, view * pens + pen[stroke]
                starts[count + 1] = starts[count] + spans * pieces[view, stroke] + 1
                count += 1
    return count


@numba.njit(cache=True, nogil=True, error_model="numpy")
def _draw(hand, hands, strokes, lines, rows, drawn):
    """Write vertices (n, 2), radius and opacity of the lines of one hand's strokes."""
    points, widths, inks = strokes
    vertices, radius, opacity = drawn
    placed = np.empty((points.shape[2], 2), np.float32)
    last = len(placed) - 4
    for view in range(len(lines.frames)):
        for stroke in range(hand, len(widths), hands):
            pieces, line = lines.pieces[view, stroke], lines.line[view, stroke]
            if pieces == 0:
                continue
            _place(points, lines.frames, view, stroke, placed)
            radius[line], opacity[line] = _HALF * widths[stroke] / lines.frames[view, 3], inks[stroke]
            for span in range(last + 1):
                at, row = lines.starts[line] + span * pieces, rows.first[pieces] + span * pieces
                _spread(vertices, rows.weights, (at, row, pieces + (span == last)), placed[span : span + 4])


@inline
def _spread(vertices, weights, run, own):
    """Write a run of vertices that hang on four points."""
    at, row, count = run
    x0, x1, x2, x3 = own[0, 0], own[1, 0], own[2, 0], own[3, 0]
    y0, y1, y2, y3 = own[0, 1], own[1, 1], own[2, 1], own[3, 1]
    for j in range(count):
        a, b = weights[0, row + j], weights[1, row + j]
        c, d = weights[2, row + j], weights[3, row + j]
        vertices[at + j, 0] = (a * x0 + b * x1) + (c * x2 + d * x3)
        vertices[at + j, 1] = (a * y0 + b * y1) + (c * y2 + d * y3)


@numba.njit(cache=True, nogil=True, error_model="numpy")
def _draw_back(hand, hands, pulls, lines, rows, gradients):
    """Write the gradients of one hand's strokes by points, width and opacity, view after view."""
    by_vertices, by_radius, by_opacity = pulls
    points, widths, inks = gradients
    sums = np.empty((points.shape[2], 2), np.float32)
    last = len(sums) - 4
    for stroke in range(hand, len(widths), hands):
        points[:, stroke] = np.float32(0)
        widths[stroke] = inks[stroke] = np.float32(0)
        for view in range(len(lines.frames)):
            pieces, line = lines.pieces[view, stroke], lines.line[view, stroke]
            if pieces == 0:
                continue
            sums[:] = np.float32(0)
            for span in range(last + 1):
                at, row = lines.starts[line] + span * pieces, rows.first[pieces] + span * pieces
                _gather(by_vertices, rows.weights, (at, row, pieces + (span == last)), sums[span : span + 4])
            widths[stroke] += _HALF * by_radius[line] / lines.frames[view, 3]
            inks[stroke] += by_opacity[line]
            own = view if len(points) > 1 else 0
            for k in range(len(sums)):
                for axis in range(2):
                    points[own, stroke, k, axis] += sums[k, axis] / lines.frames[view, 2]


@inline
def _gather(by_vertices, weights, run, sums):
    """Add the gradients of a run of vertices to those of the four points that they hang on."""
    at, row, count = run
    x0 = x1 = x2 = x3 = y0 = y1 = y2 = y3 = np.float32(0)
    for j in range(count):
        x, y = by_vertices[at + j, 0], by_vertices[at + j, 1]
        a, b = weights[0, row + j], weights[1, row + j]
        c, d = weights[2, row + j], weights[3, row + j]
        x0, x1, x2, x3 = x0 + a * x, x1 + b * x, x2 + c * x, x3 + d * x
        y0, y1, y2, y3 = y0 + a * y, y1 + b * y, y2 + c * y, y3 + d * y
    for k, (x, y) in enumerate(((x0, y0), (x1, y1), (x2, y2), (x3, y3))):
        sums[k, 0] += x
        sums[k, 1] += y
