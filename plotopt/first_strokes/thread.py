"""One line through all lines, and its control points: close together where it bends, far apart where not."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise

import numpy as np
from jaxtyping import Float
from numpy import ndarray
from scipy import ndimage

from plotopt.crossings import uncrossed
from plotopt.first_strokes.linking import Line
from plotopt.first_strokes.streamlines import STEP_PX
from plotopt.joints import LEAST_SPANS
from plotopt.plot import order

# Lines are cut into pieces of so many pen widths: the pen may leave a line between two and come back later,
# where that is shorter than coming from afar to both its ends. Going and coming keep apart by this part of
# the distance to neighbours, and by so many pen widths at most.
_PIECE_PENS = 15.0
_APART, _MOST_APART_PENS = 0.8, 4.0
# Bends are measured on points so many pen widths apart, over so many pen widths.
_STEP_PENS, _BEND_PENS = 0.25, 0.5
# From one control point to the next the line turns by so many radians at most, and their distance, in pen
# widths within bounds, grows by at most so much a length.
_TURN, _SPAN_PENS, _GROWTH = 0.9, (1.2, 7.0), 0.4


def thread(lines: Sequence[Line], demand: Float[ndarray, "height width"], pen_px: float) -> Line:
    """One line that goes along all the others, in parts, and crosses itself nowhere.

    Lines are in pixels of ``demand``, the line area wanted per area, and in steps of half a pixel.
    """
    spacing_px = np.minimum(pen_px / np.maximum(demand, 1e-9), _MOST_APART_PENS * pen_px / _APART)
    pieces = [piece for line in lines for piece in _cut(line, _PIECE_PENS * pen_px, _APART * spacing_px)]
    ends = np.array([[piece[0], piece[-1]] for piece in pieces]).reshape(-1, 2)
    entered = order.visit(ends).tolist()
    line = np.concatenate([pieces[end >> 1][:: -1 if end & 1 else 1] for end in entered])
    (free,) = uncrossed([line])
    return line[free]


def tied(lines: Sequence[Line]) -> Line:
    """Lines one after the other, each from the end that is nearer to where the one before it ended."""
    whole = lines[0]
    for line in lines[1:]:
        near, far = np.hypot(*(line[[0, -1]] - whole[-1]).T)
        whole = np.concatenate([whole, line if near <= far else line[::-1]])
    return whole


def spread(line: Line, pen_px: float) -> Line:
    """Points of a line for a B-spline to follow it, as many as its bends ask for."""
    at = np.concatenate([[0.0], np.cumsum(np.hypot(*np.diff(line, axis=0).T))])
    if at[-1] < _STEP_PENS * pen_px:
        return line[:1]
    places = np.linspace(0, at[-1], max(LEAST_SPANS + 1, round(at[-1] / (_STEP_PENS * pen_px)) + 1))
    distance = _distances(_points(line, at, places), places[1], pen_px)
    knots = np.concatenate([[0.0], np.cumsum(places[1] / distance[1:])])
    count = max(LEAST_SPANS + 1, round(knots[-1]) + 1)
    return _points(line, at, np.interp(np.linspace(0, knots[-1], count), knots, places))


def strung(points: Line) -> Float[ndarray, "strokes control_points 2"]:
    """Strokes of three spans that share three points, along control points; up to two of the last go.

    A B-spline begins and ends one knot inside its points, so they are drawn out straight by one at either
    end. Fewer than four points are too few: they are filled up in equal steps.
    """
    if len(points) <= LEAST_SPANS:
        points = _filled(points)
    count = (len(points) - 1) // LEAST_SPANS
    points = points[: LEAST_SPANS * count + 1]
    points = np.concatenate([[2 * points[0] - points[1]], points, [2 * points[-1] - points[-2]]])
    return np.stack([points[LEAST_SPANS * i : LEAST_SPANS * i + LEAST_SPANS + 3] for i in range(count)])


def _filled(points: Line) -> Line:
    if len(points) < 2:
        points = points[0] + np.array([[-0.5, 0.0], [0.5, 0.0]])
    at = np.linspace(0, len(points) - 1, LEAST_SPANS + 1)
    return np.stack([np.interp(at, np.arange(len(points)), points[:, axis]) for axis in (0, 1)], axis=1)


def _cut(line: Line, longest_px: float, apart_px: Float[ndarray, "height width"]) -> list[Line]:
    """A line of fine steps in pieces about equal that are hardly longer, with gaps between."""
    length = np.hypot(*np.diff(line, axis=0).T).sum()
    edges = np.linspace(0, len(line) - 1, max(1, round(length / longest_px)) + 1).round().astype(int)
    columns, rows = (
        np.clip(line[edges, axis].astype(int), 0, apart_px.shape[1 - axis] - 1) for axis in (0, 1)
    )
    left = (0.5 * apart_px[rows, columns] / STEP_PX).astype(int)
    left[[0, -1]] = 0
    bounds = pairwise(zip(edges.tolist(), left.tolist(), strict=True))
    return [line[first + after : last - before + 1] for (first, after), (last, before) in bounds]


def _points(line: Line, at: Float[ndarray, "points"], places: Float[ndarray, "n"]) -> Line:
    return np.stack([np.interp(places, at, line[:, axis]) for axis in (0, 1)], axis=1)


def _distances(points: Line, step: float, pen_px: float) -> Float[ndarray, "points"]:
    """How far apart control points may be along a line of even steps."""
    pen = pen_px / step
    smooth = ndimage.gaussian_filter1d(points, _BEND_PENS * pen, axis=0, mode="nearest")
    ways = np.diff(smooth, axis=0)
    headings = np.unwrap(np.arctan2(ways[:, 1], ways[:, 0]))
    bends = np.abs(np.diff(headings, prepend=headings[0], append=headings[-1]))
    bends = ndimage.maximum_filter1d(bends, 2 * int(pen) + 1) / step
    low, high = (each * pen_px for each in _SPAN_PENS)
    distance = np.clip(_TURN / np.maximum(bends, 1e-9), low, high)
    grown = _GROWTH * step * np.arange(len(points))
    distance = np.minimum.accumulate(distance - grown) + grown
    return (np.minimum.accumulate((distance + grown)[::-1]) - grown[::-1])[::-1]
