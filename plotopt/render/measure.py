"""How far pixels are from a stroke, in Numba, on tiles of 4 x 4 pixels, one vector of Lanes each.

A stroke is measured on its own: every tile that one of its segments can reach gets a place in a short list,
with the squared distance of each pixel to the nearest segment and that segment's number.
"""

from __future__ import annotations

from typing import NamedTuple

import numba
import numpy as np
from numpy import ndarray

from plotopt.render.lanes import (
    LANES,
    SIDE,
    centres_x,
    centres_y,
    greater,
    lesser,
    load,
    multiply_add,
    peek,
    poke,
    spread,
    store,
    where_less,
)

kernel = numba.njit(error_model="numpy", nogil=True, no_cpython_wrapper=True, no_cfunc_wrapper=True)
#: For what is called for every pixel, segment or tile.
inline = numba.njit(error_model="numpy", forceinline=True, no_cpython_wrapper=True, no_cfunc_wrapper=True)
_ZERO, _ONE = np.float32(0.0), np.float32(1.0)
_FAR = np.float32(1e30)
# A tile's first and last pixel centres lie so far from its corner; a little more, for rounding.
_FIRST, _LAST = np.float32(0.49), np.float32(SIDE - 0.49)
_SIDE = np.float32(SIDE)
_FLAT = np.float32(1e-6)
# Tiles up to which a segment's box is taken whole: short loops cost more than the tiles that they spare.
_FEW = 12


class Scene(NamedTuple):
    """Vertices (n, 2) of strokes end to end, where each begins, their nibs and planes, and the softness."""

    vertices: ndarray
    starts: ndarray
    radius: ndarray
    opacity: ndarray
    plane: ndarray
    softness: np.float32


class Cuts(NamedTuple):
    """Tile boxes (strokes, 4), see :class:`Box`, and room for any stroke: its tiles, pairs and segments."""

    boxes: ndarray
    room: tuple[int, int, int]


class Box(NamedTuple):
    """Tile columns and rows, the last ones included."""

    left: int
    right: int
    top: int
    bottom: int


class Measure(NamedTuple):
    """Scratch: what is known of the tiles that one stroke touches, in the order it touches them.

    ``ticket`` tells a tile's place in the list, if it is no less than the stroke's first ticket. ``pair`` is
    the place of each (segment, tile), those of a segment from ``pair_start`` on.
    """

    squared: ndarray
    nearest: ndarray
    column: ndarray
    row: ndarray
    ticket: ndarray
    pair: ndarray
    pair_start: ndarray


@inline
def _clipped(low, high, reach, tiles):
    """First and last of so many tiles in a row whose pixel centres lie within reach of [low, high]."""
    first = np.ceil((low - reach - _LAST) / _SIDE)
    last = np.floor((high + reach - _FIRST) / _SIDE)
    most = np.float32(tiles)
    # In this order, what is not a number leads to no tile.
    return int(min(most, max(_ZERO, first))), int(min(most - _ONE, max(-_ONE, last)))


@inline
def _most(length, tiles):
    """How many of so many tiles in a row something of a length can reach at most."""
    return int(min(np.float32(tiles), length / _SIDE + np.float32(3)))


@numba.njit(cache=True, nogil=True, error_model="numpy")
def find_boxes(hand, hands, scene, raster, boxes, rooms):
    """Write the tile boxes (strokes, 4) of one hand's strokes, and how many tiles and pairs each has at most.

    ``raster`` is its width and height in tiles.
    """
    columns, rows = raster
    for i in range(hand, len(scene.radius), hands):
        reach = scene.radius[i] + scene.softness
        begin, end = scene.starts[i], scene.starts[i + 1]
        x, y = scene.vertices[begin, 0], scene.vertices[begin, 1]
        x0 = y0 = _FAR
        x1 = y1 = -_FAR
        wide = high = _ZERO
        for v in range(begin, end):
            before_x, before_y = x, y
            x, y = scene.vertices[v, 0], scene.vertices[v, 1]
            wide, high = max(wide, abs(x - before_x)), max(high, abs(y - before_y))
            x0, x1, y0, y1 = min(x0, x), max(x1, x), min(y0, y), max(y1, y)
        boxes[i, 0], boxes[i, 1] = _clipped(x0, x1, reach, columns)
        boxes[i, 2], boxes[i, 3] = _clipped(y0, y1, reach, rows)
        across, down = max(0, boxes[i, 1] - boxes[i, 0] + 1), max(0, boxes[i, 3] - boxes[i, 2] + 1)
        rooms[i, 0] = across * down
        each = _most(wide + reach + reach, across) * _most(high + reach + reach, down)
        rooms[i, 1] = (end - begin - 1) * each


@kernel
def scratch(room):
    tiles, pairs, segments = room
    places = min(tiles, pairs) + 1
    return Measure(
        np.empty(places * LANES, np.float32),
        np.empty(places * LANES, np.float32),
        np.empty(places, np.float32),
        np.empty(places, np.float32),
        np.full(tiles, -1, np.int64),
        np.empty(pairs, np.int64),
        np.empty(segments + 1, np.int32),
    )


class Segment(NamedTuple):
    """Where a segment begins, where it leads, that over its length squared, and its number in its stroke."""

    x: np.float32
    y: np.float32
    edge_x: np.float32
    edge_y: np.float32
    along_x: np.float32
    along_y: np.float32
    number: np.float32


@inline
def segment_of(vertices, v, begin):
    x, y = vertices[v, 0], vertices[v, 1]
    edge_x, edge_y = vertices[v + 1, 0] - x, vertices[v + 1, 1] - y
    length_squared = edge_x * edge_x + edge_y * edge_y
    inverse = _ONE / length_squared if length_squared > _ZERO else _ZERO
    return Segment(x, y, edge_x, edge_y, edge_x * inverse, edge_y * inverse, np.float32(v - begin))


@inline
def foot_of(segment, x, y):
    """Of a tile at (x, y): where along the segment its pixels' feet lie, and the ways from there to them."""
    dx, dy = centres_x() + (x - segment.x), centres_y() + (y - segment.y)
    t = greater(lesser(multiply_add(dx, segment.along_x, dy * segment.along_y), _ONE), _ZERO)
    return t, multiply_add(t, -segment.edge_x, dx), multiply_add(t, -segment.edge_y, dy)


@inline
def _see(measure, segment, tile, corner, counts, feet):
    """Measure one tile against one segment; return how many places there are now."""
    first, places, pairs = counts
    x, y = np.float32(corner[0]) * _SIDE, np.float32(corner[1]) * _SIDE
    _, dx, dy = foot_of(segment, x, y)
    squared = multiply_add(dx, dx, dy * dy)
    # The next free place is kept far away, so that new and known tiles take one way.
    store(measure.squared, places * LANES, spread(_FAR))
    known = peek(measure.ticket, tile) - first
    place = places if known < 0 else known
    poke(measure.ticket, tile, first + place)
    poke(measure.column, place, x)
    poke(measure.row, place, y)
    at = place * LANES
    best = load(measure.squared, at)
    store(measure.squared, at, lesser(squared, best))
    if feet:
        poke(measure.pair, pairs, place)
        store(measure.nearest, at, where_less(squared, best, segment.number, load(measure.nearest, at)))
    return places + (known < 0)


@inline
def _columns_of(row, segment, reach, left, right):
    """Of these tile columns, those in one row that a segment reaches: what lies beyond the row is cut off."""
    start, end = _ZERO, _ONE
    if abs(segment.edge_y) > _FLAT:
        top = (row * _SIDE + _FIRST - reach - segment.y) / segment.edge_y
        bottom = (row * _SIDE + _LAST + reach - segment.y) / segment.edge_y
        start = min(max(min(top, bottom), _ZERO), _ONE)
        end = min(max(top, bottom, _ZERO), _ONE)
    a, b = segment.x + start * segment.edge_x, segment.x + end * segment.edge_x
    first, last = _clipped(min(a, b), max(a, b), reach, right + 1)
    return max(left, first), last


@inline
def _see_box(measure, segment, near, box, counts, feet):
    """Measure all tiles of a small box; return places and pairs. One loop: a short one within costs more."""
    first, places, pairs = counts
    column, row = near.left, near.top
    for _ in range((near.right - near.left + 1) * (near.bottom - near.top + 1)):
        tile = (row - box.top) * (box.right - box.left + 1) + column - box.left
        places = _see(measure, segment, tile, (column, row), (first, places, pairs), feet)
        pairs += 1
        ended = column == near.right
        row += ended
        column = near.left if ended else column + 1
    return places, pairs


@inline
def _see_row(measure, segment, near, box, counts, feet):
    """Measure the tiles of one row, from one column to another; return places and pairs."""
    row, start, stop = near
    first, places, pairs = counts
    for column in range(start, stop + 1):
        tile = (row - box.top) * (box.right - box.left + 1) + column - box.left
        places = _see(measure, segment, tile, (column, row), (first, places, pairs), feet)
        pairs += 1
    return places, pairs


@inline
def measure_stroke(scene, stroke, box, first, measure, feet):
    """Measure one stroke within a box, with tickets from ``first`` on; return how many tiles it touches.

    Nearest segments and pairs are kept only if ``feet`` are asked for, by a constant: a choice made at run
    time keeps Numba from leaving out the counting of references to arrays, which takes three times as long.
    """
    reach = scene.radius[stroke] + scene.softness
    begin, end = scene.starts[stroke], scene.starts[stroke + 1] - 1
    places = pairs = 0
    for v in range(begin, end):
        measure.pair_start[v - begin] = pairs
        x0, y0 = scene.vertices[v, 0], scene.vertices[v, 1]
        x1, y1 = scene.vertices[v + 1, 0], scene.vertices[v + 1, 1]
        top, bottom = _clipped(min(y0, y1), max(y0, y1), reach, box.bottom + 1)
        left, right = _clipped(min(x0, x1), max(x0, x1), reach, box.right + 1)
        left, top = max(left, box.left), max(top, box.top)
        columns, rows = right - left + 1, bottom - top + 1
        if columns <= 0 or rows <= 0:
            continue
        segment = segment_of(scene.vertices, v, begin)
        counts = first, places, pairs
        if columns * rows <= _FEW:
            places, pairs = _see_box(measure, segment, Box(left, right, top, bottom), box, counts, feet)
        else:
            for row in range(top, bottom + 1):
                near = _columns_of(np.float32(row), segment, reach, left, right)
                places, pairs = _see_row(measure, segment, (row, *near), box, (first, places, pairs), feet)
    measure.pair_start[end - begin] = pairs
    return places
