"""Numba kernels of the CPU renderer: strokes over tiles of 4 x 4 pixels, one vector of Lanes each.

A stroke is measured on its own: every tile that one of its segments can reach gets a place in a short list,
with the squared distance of each pixel to the nearest segment and that segment's number. Forward, threads own
bands of the raster and multiply the strokes that meet them into it. Backward, threads own strokes, since a
stroke's gradient needs nothing of other strokes but the finished transmittance: nothing races, nothing is
sorted or gathered, and the same input gives the same bits on any number of threads.
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
    four_sums,
    greater,
    lesser,
    load,
    load_tile,
    magnitude,
    multiply_add,
    peek,
    poke,
    root,
    spread,
    store,
    store_tile,
    where_equal,
    where_less,
)

_kernel = numba.njit(error_model="numpy", nogil=True, no_cpython_wrapper=True, no_cfunc_wrapper=True)
# For what is called for every pixel, segment or tile.
_inline = numba.njit(error_model="numpy", forceinline=True, no_cpython_wrapper=True, no_cfunc_wrapper=True)
_ZERO, _HALF, _ONE = np.float32(0.0), np.float32(0.5), np.float32(1.0)
_FAR = np.float32(1e30)
# A tile's first and last pixel centres lie so far from its corner; a little more, for rounding.
_FIRST, _LAST = np.float32(0.49), np.float32(SIDE - 0.49)
_SIDE = np.float32(SIDE)
_FLAT = np.float32(1e-6)
# Tiles up to which a segment's box is taken whole: short loops cost more than the tiles that they spare.
_FEW = 12
_NEAR = np.float32(1e-12)


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


@_inline
def _clipped(low, high, reach, tiles):
    """First and last of so many tiles in a row whose pixel centres lie within reach of [low, high]."""
    first = np.ceil((low - reach - _LAST) / _SIDE)
    last = np.floor((high + reach - _FIRST) / _SIDE)
    most = np.float32(tiles)
    return int(min(max(first, _ZERO), most)), int(min(max(last, -_ONE), most - _ONE))


@numba.njit(cache=True, nogil=True, error_model="numpy")
def find_boxes(hand, hands, scene, raster, boxes, rooms):
    """Write the tile boxes (strokes, 4) of one hand's strokes, and how many tiles and pairs each has at most.

    ``raster`` is its width and height in tiles.
    """
    columns, rows = raster
    for i in range(hand, len(scene.radius), hands):
        reach = scene.radius[i] + scene.softness
        rooms[i, 1] = 0
        x0 = y0 = _FAR
        x1 = y1 = -_FAR
        for v in range(scene.starts[i], scene.starts[i + 1]):
            x, y = scene.vertices[v, 0], scene.vertices[v, 1]
            if v > scene.starts[i]:
                a, b = scene.vertices[v - 1, 0], scene.vertices[v - 1, 1]
                left, right = _clipped(min(a, x), max(a, x), reach, columns)
                top, bottom = _clipped(min(b, y), max(b, y), reach, rows)
                rooms[i, 1] += max(0, right - left + 1) * max(0, bottom - top + 1)
            x0, x1, y0, y1 = min(x0, x), max(x1, x), min(y0, y), max(y1, y)
        boxes[i, 0], boxes[i, 1] = _clipped(x0, x1, reach, columns)
        boxes[i, 2], boxes[i, 3] = _clipped(y0, y1, reach, rows)
        rooms[i, 0] = max(0, boxes[i, 1] - boxes[i, 0] + 1) * max(0, boxes[i, 3] - boxes[i, 2] + 1)


@_kernel
def _scratch(room):
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


@_inline
def _segment(vertices, v, begin):
    x, y = vertices[v, 0], vertices[v, 1]
    edge_x, edge_y = vertices[v + 1, 0] - x, vertices[v + 1, 1] - y
    length_squared = edge_x * edge_x + edge_y * edge_y
    inverse = _ONE / length_squared if length_squared > _ZERO else _ZERO
    return Segment(x, y, edge_x, edge_y, edge_x * inverse, edge_y * inverse, np.float32(v - begin))


@_inline
def _foot(segment, x, y):
    """Of a tile at (x, y): where along the segment its pixels' feet lie, and the ways from there to them."""
    dx, dy = centres_x() + (x - segment.x), centres_y() + (y - segment.y)
    t = greater(lesser(multiply_add(dx, segment.along_x, dy * segment.along_y), _ONE), _ZERO)
    return t, multiply_add(t, -segment.edge_x, dx), multiply_add(t, -segment.edge_y, dy)


@_inline
def _see(measure, segment, tile, corner, counts, feet):
    """Measure one tile against one segment; return how many places there are now."""
    first, places, pairs = counts
    x, y = np.float32(corner[0]) * _SIDE, np.float32(corner[1]) * _SIDE
    _, dx, dy = _foot(segment, x, y)
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


@_inline
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


@_inline
def _measure(scene, stroke, box, first, measure, feet):
    """Measure one stroke within a box, with tickets from ``first`` on; return how many tiles it touches.

    Nearest segments and pairs are kept only if ``feet`` are asked for, by a constant: a choice made at run
    time keeps Numba from leaving out the counting of references to arrays, which takes three times as long.
    """
    reach = scene.radius[stroke] + scene.softness
    begin, end = scene.starts[stroke], scene.starts[stroke + 1] - 1
    width = box.right - box.left + 1
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
        segment = _segment(scene.vertices, v, begin)
        if columns * rows <= _FEW:
            column, row = left, top
            for _ in range(columns * rows):
                tile = (row - box.top) * width + column - box.left
                places = _see(measure, segment, tile, (column, row), (first, places, pairs), feet)
                pairs += 1
                ended = column == right
                row += ended
                column = left if ended else column + 1
            continue
        for row in range(top, bottom + 1):
            start, stop = _columns_of(np.float32(row), segment, reach, left, right)
            for column in range(start, stop + 1):
                tile = (row - box.top) * width + column - box.left
                places = _see(measure, segment, tile, (column, row), (first, places, pairs), feet)
                pairs += 1
    measure.pair_start[end - begin] = pairs
    return places


@_inline
def _bounded(x):
    return greater(lesser(x, _ONE), -_ONE)


@_inline
def _coverage(inner, outer):
    """F(inner) - F(outer) for bounded x, F(x) = 1/2 + x - x|x|/2."""
    return (inner - outer) - (inner * magnitude(inner) - outer * magnitude(outer)) * _HALF


@_kernel
def _lay(scene, stroke, places, measure, tiled):
    """Multiply one measured stroke into a band of tiles: flat, where its plane would begin, and its width."""
    flat, base, width = tiled
    inverse = _ONE / scene.softness
    r, a = scene.radius[stroke] * inverse, scene.opacity[stroke]
    for place in range(places):
        d = root(load(measure.squared, place * LANES)) * inverse
        c = _coverage(_bounded(r - d), _bounded(-r - d))
        at = base + _tile_at(measure, place, width)
        through = load(flat, at)
        store(flat, at, through - through * (c * a))


@_inline
def _tile_at(measure, place, width):
    """Where a tile's pixels begin in a plane that is kept tile by tile, row of tiles by row."""
    return int(peek(measure.row, place)) * width + int(peek(measure.column, place)) * SIDE


@numba.njit(cache=True, nogil=True, error_model="numpy")
def forward(hand, hands, scene, cuts, flat, shape):
    """Multiply all strokes into one hand's bands of a flat raster of ``shape``: planes, height, width.

    While strokes are laid, a band is kept tile by tile: a tile is then one line of the cache, not four.
    """
    planes, height, width = shape
    rows = height // SIDE
    bands = min(rows, hands)
    measure = _scratch(cuts.room)
    tiled = np.empty((rows // bands + 1) * SIDE * width, np.float32)
    first = 0
    for number in range(hand, planes * bands, hands):
        plane, band = number // bands, number % bands
        top, bottom = band * rows // bands, (band + 1) * rows // bands - 1
        tiled[:] = _ONE
        for stroke in range(len(scene.radius)):
            left, right, above, below = cuts.boxes[stroke]
            if scene.plane[stroke] == plane and above <= bottom and below >= top:
                box = Box(left, right, max(top, above), min(bottom, below))
                places = _measure(scene, stroke, box, first, measure, False)
                first += places
                _lay(scene, stroke, places, measure, (tiled, -top * SIDE * width, width))
        base = (plane * height + top * SIDE) * width
        for row in range(0, (bottom + 1 - top) * SIDE, SIDE):
            for column in range(0, width, SIDE):
                store_tile(flat, base + row * width + column, width, load(tiled, row * width + column * SIDE))


@numba.njit(cache=True, nogil=True, error_model="numpy")
def pull(hand, hands, rasters, tiled, shape):
    """Write T times dL/dT, the common factor of all pulls on a pixel, tile by tile, in one hand's rows."""
    through, grad = rasters
    planes, height, width = shape
    for number in range(hand, planes * height // SIDE, hands):
        base = number * SIDE * width
        for column in range(0, width, SIDE):
            at = base + column
            product = load_tile(through, at, width) * load_tile(grad, at, width)
            store(tiled, base + column * SIDE, product)


@_kernel
def _pull_feet(scene, stroke, places, measure, tiled):
    """Turn squared distances into pulls, feet's gradients over their offsets; return radius' and opacity's.

    ``tiled`` is what :func:`pull` wrote, where the stroke's plane begins in it, and the raster's width.
    """
    pulls, base, width = tiled
    inverse = _ONE / scene.softness
    r, a = scene.radius[stroke] * inverse, scene.opacity[stroke]
    by_radius, by_opacity = spread(_ZERO), spread(_ZERO)
    for place in range(places):
        d = root(load(measure.squared, place * LANES))
        inner, outer = _bounded(r - d * inverse), _bounded(-r - d * inverse)
        c = _coverage(inner, outer)
        # At d = 0 both tents are equal and the pull is nought.
        d = greater(d, _NEAR)
        shared = load(pulls, base + _tile_at(measure, place, width)) / (d - d * (c * a))
        inside, outside = magnitude(inner), magnitude(outer)
        store(measure.squared, place * LANES, shared * (outside - inside) * (-a * inverse))
        by_transmittance = shared * d
        by_radius = multiply_add(by_transmittance, np.float32(2.0) - inside - outside, by_radius)
        by_opacity = multiply_add(by_transmittance, c, by_opacity)
    sums = four_sums(by_radius, by_opacity, by_radius, by_radius)
    return sums[0] * (-a * inverse), -sums[1]


@_kernel
def _share_out(scene, stroke, measure, vertices):
    """Give each foot's gradient to the ends of its segment, by where it lies between them."""
    begin, end = scene.starts[stroke], scene.starts[stroke + 1] - 1
    vertices[begin, 0] = vertices[begin, 1] = _ZERO
    for v in range(begin, end):
        segment = _segment(scene.vertices, v, begin)
        sum_x = sum_y = sum_tx = sum_ty = spread(_ZERO)
        for pair in range(measure.pair_start[v - begin], measure.pair_start[v - begin + 1]):
            place = peek(measure.pair, pair)
            at = place * LANES
            t, dx, dy = _foot(segment, peek(measure.column, place), peek(measure.row, place))
            pull = where_equal(load(measure.nearest, at), segment.number, load(measure.squared, at), _ZERO)
            pull_x, pull_y = pull * dx, pull * dy
            sum_x, sum_y = sum_x + pull_x, sum_y + pull_y
            sum_tx, sum_ty = multiply_add(t, pull_x, sum_tx), multiply_add(t, pull_y, sum_ty)
        x, y, tx, ty = four_sums(sum_x, sum_y, sum_tx, sum_ty)
        vertices[v, 0] += x - tx
        vertices[v, 1] += y - ty
        vertices[v + 1, 0] = tx
        vertices[v + 1, 1] = ty


@numba.njit(cache=True, nogil=True, error_model="numpy")
def backward(hand, hands, scene, cuts, tiled, gradients):
    """Write the gradients of one hand's strokes, by vertices (n, 2) and nibs (strokes, 2: radius, opacity).

    ``tiled`` is what :func:`pull` wrote, and the height and width of a plane.
    """
    pulls, height, width = tiled
    vertices, nibs = gradients
    measure = _scratch(cuts.room)
    first = 0
    for stroke in range(hand, len(scene.radius), hands):
        left, right, top, bottom = cuts.boxes[stroke]
        places = _measure(scene, stroke, Box(left, right, top, bottom), first, measure, True)
        first += places
        base = scene.plane[stroke] * height * width
        nibs[stroke, 0], nibs[stroke, 1] = _pull_feet(scene, stroke, places, measure, (pulls, base, width))
        _share_out(scene, stroke, measure, vertices)
