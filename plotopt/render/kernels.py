"""Numba kernels of the CPU renderer, forward and backward, a stroke at a time.

Forward, threads own bands of the raster and multiply the strokes that meet them into it. Backward, threads
own strokes, since a stroke's gradient needs nothing of other strokes but the finished transmittance: nothing
races, nothing is sorted or gathered, and the same input gives the same bits on any number of threads.
"""

from __future__ import annotations

import numba
import numpy as np

from plotopt.render.lanes import (
    LANES,
    SIDE,
    four_sums,
    greater,
    lesser,
    load,
    load_tile,
    magnitude,
    multiply_add,
    peek,
    root,
    spread,
    store,
    store_tile,
    where_equal,
)
from plotopt.render.measure import Box, foot_of, inline, kernel, measure_stroke, scratch, segment_of

_ZERO, _HALF, _ONE = np.float32(0.0), np.float32(0.5), np.float32(1.0)
_NEAR = np.float32(1e-12)


@inline
def _bounded(x):
    return greater(lesser(x, _ONE), -_ONE)


@inline
def _coverage(inner, outer):
    """F(inner) - F(outer) for bounded x, F(x) = 1/2 + x - x|x|/2."""
    return (inner - outer) - (inner * magnitude(inner) - outer * magnitude(outer)) * _HALF


@kernel
def _lay(scene, stroke, places, measure, tiled):
    """Multiply one measured stroke into tiles: flat, where its plane begins, and the raster's width."""
    flat, base, width = tiled
    inverse = _ONE / scene.softness
    r, a = scene.radius[stroke] * inverse, scene.opacity[stroke]
    for place in range(places):
        d = root(load(measure.squared, place * LANES)) * inverse
        c = _coverage(_bounded(r - d), _bounded(-r - d))
        at = base + _tile_at(measure, place, width)
        through = load(flat, at)
        store(flat, at, through - through * (c * a))


@inline
def _tile_at(measure, place, width):
    """Where a tile's pixels begin in a plane that is kept tile by tile, row of tiles by row."""
    return int(peek(measure.row, place)) * width + int(peek(measure.column, place)) * SIDE


@kernel
def _untile(flat, base, line):
    """Put a row of tiles, which lie one after another, as rows of pixels in the same place."""
    width = len(line) // SIDE
    for at in range(len(line)):
        line[at] = flat[base + at]
    for column in range(0, width, SIDE):
        store_tile(flat, base + column, width, load(line, column * SIDE))


@numba.njit(cache=True, nogil=True, error_model="numpy")
def forward(hand, hands, scene, cuts, flat, shape):
    """Multiply all strokes into one hand's bands of a flat raster of ``shape``: planes, height, width.

    While strokes are laid, a band is kept tile by tile: a tile is then one line of the cache, not four.
    """
    planes, height, width = shape
    rows = height // SIDE
    bands = min(rows, hands)
    measure = scratch(cuts.room)
    line = np.empty(SIDE * width, np.float32)
    first = 0
    for number in range(hand, planes * bands, hands):
        plane, band = number // bands, number % bands
        top, bottom = band * rows // bands, (band + 1) * rows // bands - 1
        base = plane * height * width
        flat[base + top * len(line) : base + (bottom + 1) * len(line)] = _ONE
        for stroke in range(len(scene.radius)):
            left, right, above, below = cuts.boxes[stroke]
            if scene.plane[stroke] == plane and above <= bottom and below >= top:
                box = Box(left, right, max(top, above), min(bottom, below))
                places = measure_stroke(scene, stroke, box, first, measure, False)
                first += places
                _lay(scene, stroke, places, measure, (flat, base, width))
        for row in range(top, bottom + 1):
            _untile(flat, base + row * len(line), line)


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


@kernel
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


@kernel
def _share_out(scene, stroke, measure, vertices):
    """Give each foot's gradient to the ends of its segment, by where it lies between them."""
    begin, end = scene.starts[stroke], scene.starts[stroke + 1] - 1
    vertices[begin, 0] = vertices[begin, 1] = _ZERO
    for v in range(begin, end):
        segment = segment_of(scene.vertices, v, begin)
        sum_x = sum_y = sum_tx = sum_ty = spread(_ZERO)
        for pair in range(measure.pair_start[v - begin], measure.pair_start[v - begin + 1]):
            place = peek(measure.pair, pair)
            at = place * LANES
            t, dx, dy = foot_of(segment, peek(measure.column, place), peek(measure.row, place))
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
    measure = scratch(cuts.room)
    first = 0
    for stroke in range(hand, len(scene.radius), hands):
        left, right, top, bottom = cuts.boxes[stroke]
        places = measure_stroke(scene, stroke, Box(left, right, top, bottom), first, measure, True)
        first += places
        base = scene.plane[stroke] * height * width
        nibs[stroke, 0], nibs[stroke, 1] = _pull_feet(scene, stroke, places, measure, (pulls, base, width))
        _share_out(scene, stroke, measure, vertices)
