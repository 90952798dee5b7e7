"""Numba kernels of the CPU renderer: binning, forward and backward over 8 x 8 pixel tiles.

Segments are binned into tiles by counting sort, stroke-major, so that the segments of a stroke are
neighbours in a tile's list and its nearest segment is found in one sweep. The forward pass keeps only the
transmittance. The backward pass recomputes distances and writes one slot per (tile, segment) pair; slots
are then added up in a fixed order, so nothing races and results do not depend on the number of threads.
"""

from __future__ import annotations

from typing import NamedTuple

import numba
import numpy as np
from numpy import ndarray

TILE = 8
PIXELS = TILE * TILE
# From a tile's centre to the centre of its corner pixel, with a little slack for rounding.
_TILE_REACH = np.float32(3.5 * 2**0.5 + 0.01)
# Tiles are dealt out in this many interleaved hands: dark regions then spread over all threads.
_HANDS = 64
# Nothing that may change a result: compiled anew and from the cache, bits differed with reassociation.
_FAST = {"nsz", "nnan", "ninf"}
# Inlined to where the scratch arrays are made: only there does the compiler see that they do not overlap,
# and vectorises. That place is no parallel loop itself, or its threads would share them.
_inline = numba.njit(inline="always")
_kernel = numba.njit(fastmath=_FAST, error_model="numpy")
_FAR = np.float32(1e30)
_HALF = np.float32(0.5)
_ONE = np.float32(1.0)
_ZERO = np.float32(0.0)


class Scene(NamedTuple):
    """Segments (n, 4), each one's stroke, the strokes' nibs, and the pairs of each tile."""

    segments: ndarray
    owner: ndarray
    radius: ndarray
    opacity: ndarray
    softness: np.float32
    tile_start: ndarray
    pair_segment: ndarray


def tile_count(image: ndarray) -> int:
    """Tiles of all planes of an image (planes, height, width)."""
    planes, height, width = image.shape
    return planes * -(-height // TILE) * -(-width // TILE)


@_kernel
def _tile_span(segment, reach, tiles_x, tiles_y):
    """First and last tile column and row that a segment's box, grown by its reach, can touch."""
    x0 = max(0.0, (min(segment[0], segment[2]) - reach) / TILE)
    x1 = min(tiles_x - 1.0, (max(segment[0], segment[2]) + reach) / TILE)
    y0 = max(0.0, (min(segment[1], segment[3]) - reach) / TILE)
    y1 = min(tiles_y - 1.0, (max(segment[1], segment[3]) + reach) / TILE)
    return int(np.floor(x0)), int(np.floor(x1)), int(np.floor(y0)), int(np.floor(y1))


@_kernel
def _touches(segment, tile_x, tile_y, reach):
    """Whether any pixel centre of a tile can lie within ``reach`` of a segment."""
    px = (tile_x + np.float32(0.5)) * TILE - segment[0]
    py = (tile_y + np.float32(0.5)) * TILE - segment[1]
    ex = segment[2] - segment[0]
    ey = segment[3] - segment[1]
    length_squared = ex * ex + ey * ey
    t = np.float32(0.0)
    if length_squared > 0:
        t = min(max((px * ex + py * ey) / length_squared, np.float32(0.0)), np.float32(1.0))
    px -= t * ex
    py -= t * ey
    bound = reach + _TILE_REACH
    return px * px + py * py <= bound * bound


@numba.njit(parallel=True, cache=True, nogil=True)
def cut(vertices, starts):
    """Segments (n, 4) as x0, y0, x1, y1 and the stroke each belongs to; segment v - i begins at vertex v."""
    strokes = len(starts) - 1
    segments = np.empty((len(vertices) - strokes, 4), np.float32)
    owner = np.empty(len(vertices) - strokes, np.int32)
    for i in numba.prange(strokes):
        for v in range(starts[i], starts[i + 1] - 1):
            segments[v - i, 0], segments[v - i, 1] = vertices[v, 0], vertices[v, 1]
            segments[v - i, 2], segments[v - i, 3] = vertices[v + 1, 0], vertices[v + 1, 1]
            owner[v - i] = i
    return segments, owner


@numba.njit(parallel=True, cache=True, nogil=True)
def touched_tiles(segments, owner, reach, plane, raster):
    """Tiles each segment can reach: those of segment j are ``tile[room[j] : room[j] + counts[j]]``.

    ``raster`` is its width and height in px.
    """
    tiles_x, tiles_y = (raster[0] + TILE - 1) // TILE, (raster[1] + TILE - 1) // TILE
    n = len(segments)
    room = np.zeros(n + 1, np.int64)
    for j in numba.prange(n):
        x0, x1, y0, y1 = _tile_span(segments[j], reach[owner[j]], tiles_x, tiles_y)
        room[j + 1] = max(0, x1 - x0 + 1) * max(0, y1 - y0 + 1)
    room = np.cumsum(room)
    tile = np.empty(room[n], np.int32)
    counts = np.zeros(n, np.int32)
    for j in numba.prange(n):
        stroke = owner[j]
        base = plane[stroke] * tiles_y * tiles_x
        k = room[j]
        x0, x1, y0, y1 = _tile_span(segments[j], reach[stroke], tiles_x, tiles_y)
        for ty in range(y0, y1 + 1):
            for tx in range(x0, x1 + 1):
                if _touches(segments[j], tx, ty, reach[stroke]):
                    tile[k] = base + ty * tiles_x + tx
                    k += 1
        counts[j] = k - room[j]
    return tile, room, counts


@numba.njit(cache=True, nogil=True)
def sort_pairs(tile, room, counts, tiles):
    """Sort (tile, segment) pairs by tile, segments in order.

    Returns ``tile_start`` (tiles + 1) and ``pair_segment`` (pairs), and for the way back ``slot``: the pair
    that stands at each place of ``tile``.
    """
    tile_start = np.zeros(tiles + 1, np.int64)
    for j in range(len(counts)):
        for k in range(room[j], room[j] + counts[j]):
            tile_start[tile[k] + 1] += 1
    tile_start = np.cumsum(tile_start)
    cursor = tile_start[:-1].copy()
    pair_segment = np.empty(tile_start[-1], np.int32)
    slot = np.empty(len(tile), np.int32)
    for j in range(len(counts)):
        for k in range(room[j], room[j] + counts[j]):
            slot[k] = cursor[tile[k]]
            pair_segment[slot[k]] = j
            cursor[tile[k]] += 1
    return tile_start, pair_segment, slot


@_inline
def _tile_place(tile, width, height):
    """Plane, tile row and tile column of a tile's number."""
    tiles_x = (width + TILE - 1) // TILE
    tiles_y = (height + TILE - 1) // TILE
    return tile // (tiles_y * tiles_x), tile // tiles_x % tiles_y, tile % tiles_x


@_inline
def _place_pixels(tile_x, tile_y, x, y):
    for i in range(PIXELS):
        x[i] = tile_x * TILE + i % TILE + _HALF
        y[i] = tile_y * TILE + i // TILE + _HALF


@_inline
def _nearest(segment, x, y, squared):
    """Lower each pixel's squared distance to that of this segment where it is nearer."""
    x0, y0 = segment[0], segment[1]
    ex, ey = segment[2] - x0, segment[3] - y0
    length_squared = ex * ex + ey * ey
    inverse = _ONE / length_squared if length_squared > 0 else _ZERO
    for i in range(PIXELS):
        dx = x[i] - x0
        dy = y[i] - y0
        t = min(max((dx * ex + dy * ey) * inverse, _ZERO), _ONE)
        dx -= t * ex
        dy -= t * ey
        squared[i] = min(squared[i], dx * dx + dy * dy)


@_inline
def _tent_integral(x):
    x = min(max(x, -_ONE), _ONE)
    return _HALF + x - _HALF * x * abs(x)


@_inline
def _composite(scene, tile, x, y, squared, through):
    """Transmittance of one tile's pixels."""
    inverse_s = _ONE / scene.softness
    through[:] = _ONE
    pair, end = scene.tile_start[tile], scene.tile_start[tile + 1]
    while pair < end:
        stroke = scene.owner[scene.pair_segment[pair]]
        squared[:] = _FAR
        while pair < end and scene.owner[scene.pair_segment[pair]] == stroke:
            _nearest(scene.segments[scene.pair_segment[pair]], x, y, squared)
            pair += 1
        r = scene.radius[stroke] * inverse_s
        a = scene.opacity[stroke]
        for i in range(PIXELS):
            d = np.sqrt(squared[i]) * inverse_s
            through[i] *= _ONE - a * (_tent_integral(r - d) - _tent_integral(-r - d))


@_kernel
def _forward_hand(hand, scene, image):
    _, height, width = image.shape
    x = np.empty(PIXELS, np.float32)
    y = np.empty(PIXELS, np.float32)
    squared = np.empty(PIXELS, np.float32)
    through = np.empty(PIXELS, np.float32)
    for tile in range(hand, len(scene.tile_start) - 1, _HANDS):
        plane, tile_y, tile_x = _tile_place(tile, width, height)
        _place_pixels(tile_x, tile_y, x, y)
        _composite(scene, tile, x, y, squared, through)
        for row in range(min(TILE, height - tile_y * TILE)):
            for column in range(min(TILE, width - tile_x * TILE)):
                image[plane, tile_y * TILE + row, tile_x * TILE + column] = through[row * TILE + column]


@numba.njit(parallel=True, cache=True, nogil=True)
def forward(scene, image):
    """Write the transmittance of every tile into ``image`` (planes, height, width)."""
    for hand in numba.prange(_HANDS):
        _forward_hand(hand, scene, image)


class Feet(NamedTuple):
    """Of each pixel of a tile: dL/dT times T, squared distance to the stroke, and the nearest point on it.

    ``t`` is its place along its segment, ``x`` and ``y`` lead from there to the pixel, ``pair`` is the
    segment's. The rest is scratch for sums.
    """

    pull: ndarray
    squared: ndarray
    t: ndarray
    x: ndarray
    y: ndarray
    pair: ndarray
    part: ndarray
    part_t: ndarray


@_inline
def _nearest_foot(segment, pair, x, y, feet):
    """As :func:`_nearest`, and remember where the nearest point lies."""
    x0, y0 = segment[0], segment[1]
    ex, ey = segment[2] - x0, segment[3] - y0
    length_squared = ex * ex + ey * ey
    inverse = _ONE / length_squared if length_squared > 0 else _ZERO
    squared, foot_t, foot_x, foot_y, foot_pair = feet.squared, feet.t, feet.x, feet.y, feet.pair
    for i in range(PIXELS):
        dx = x[i] - x0
        dy = y[i] - y0
        t = min(max((dx * ex + dy * ey) * inverse, _ZERO), _ONE)
        dx -= t * ex
        dy -= t * ey
        d = dx * dx + dy * dy
        nearer = d < squared[i]
        squared[i] = d if nearer else squared[i]
        foot_t[i] = t if nearer else foot_t[i]
        foot_x[i] = dx if nearer else foot_x[i]
        foot_y[i] = dy if nearer else foot_y[i]
        foot_pair[i] = pair if nearer else foot_pair[i]


@_inline
def _read_pull(image, grad, plane, tile_y, tile_x, pull):
    """dL/dT times T, the common factor of every stroke's pull on a pixel; nought beyond the raster."""
    _, height, width = image.shape
    pull[:] = _ZERO
    for row in range(min(TILE, height - tile_y * TILE)):
        for column in range(min(TILE, width - tile_x * TILE)):
            v, u = tile_y * TILE + row, tile_x * TILE + column
            pull[row * TILE + column] = grad[plane, v, u] * image[plane, v, u]


@_inline
def _add_up(values):
    """The sum of a tile's values, which are overwritten; in an order of our own, not the compiler's."""
    for i in range(32):
        values[i] += values[i + 32]
    for i in range(16):
        values[i] += values[i + 16]
    for i in range(8):
        values[i] += values[i + 8]
    even = (values[0] + values[4]) + (values[2] + values[6])
    return even + ((values[1] + values[5]) + (values[3] + values[7]))


@_inline
def _pull_feet(feet, radius, opacity, inverse_s):
    """Turn the feet's offsets into their gradients; return those by radius and opacity."""
    squared, foot_x, foot_y = feet.squared, feet.x, feet.y
    by_opacity, by_radius = feet.part, feet.part_t
    r = radius * inverse_s
    for i in range(PIXELS):
        d = np.sqrt(squared[i])
        inner = r - d * inverse_s
        outer = -r - d * inverse_s
        c = _tent_integral(inner) - _tent_integral(outer)
        tent_in = max(_ZERO, _ONE - abs(inner)) * inverse_s
        tent_out = max(_ZERO, _ONE - abs(outer)) * inverse_s
        by_transmittance = feet.pull[i] / (_ONE - opacity * c)
        by_coverage = -opacity * by_transmittance
        by_opacity[i] = -c * by_transmittance
        by_radius[i] = by_coverage * (tent_in + tent_out)
        # dc/dd times dd/dfoot; at d = 0 both tents are equal and the pull is nought.
        scale = by_coverage * (tent_in - tent_out) / max(d, np.float32(1e-12))
        foot_x[i] *= scale
        foot_y[i] *= scale
    return _add_up(by_radius), _add_up(by_opacity)


@_inline
def _share_out(feet, pair, slot):
    """Give each foot's gradient to the ends of its segment, by where it lies between them."""
    foot_t, foot_x, foot_y, foot_pair = feet.t, feet.x, feet.y, feet.pair
    part, part_t = feet.part, feet.part_t
    for i in range(PIXELS):
        part[i] = foot_x[i] if foot_pair[i] == pair else _ZERO
        part_t[i] = part[i] * foot_t[i]
    x0, x1 = _add_up(part), _add_up(part_t)
    for i in range(PIXELS):
        part[i] = foot_y[i] if foot_pair[i] == pair else _ZERO
        part_t[i] = part[i] * foot_t[i]
    y0, y1 = _add_up(part), _add_up(part_t)
    slot[0] = x0 - x1
    slot[1] = y0 - y1
    slot[2] = x1
    slot[3] = y1
    slot[4] = _ZERO
    slot[5] = _ZERO


@_inline
def _pull_tile(scene, tile, x, y, feet, slots):
    """The slots of one tile's pairs."""
    inverse_s = _ONE / scene.softness
    pair, end = scene.tile_start[tile], scene.tile_start[tile + 1]
    while pair < end:
        first = pair
        stroke = scene.owner[scene.pair_segment[pair]]
        feet.squared[:] = _FAR
        while pair < end and scene.owner[scene.pair_segment[pair]] == stroke:
            _nearest_foot(scene.segments[scene.pair_segment[pair]], pair, x, y, feet)
            pair += 1
        nib = _pull_feet(feet, scene.radius[stroke], scene.opacity[stroke], inverse_s)
        for k in range(first, pair):
            _share_out(feet, k, slots[k])
        slots[first, 4], slots[first, 5] = nib


@_kernel
def _backward_hand(hand, scene, image, grad, slots):
    _, height, width = image.shape
    x = np.empty(PIXELS, np.float32)
    y = np.empty(PIXELS, np.float32)
    pull, squared = np.empty(PIXELS, np.float32), np.empty(PIXELS, np.float32)
    foot_t, foot_x = np.empty(PIXELS, np.float32), np.empty(PIXELS, np.float32)
    foot_y = np.empty(PIXELS, np.float32)
    part, part_t = np.empty(PIXELS, np.float32), np.empty(PIXELS, np.float32)
    feet = Feet(pull, squared, foot_t, foot_x, foot_y, np.empty(PIXELS, np.int32), part, part_t)
    for tile in range(hand, len(scene.tile_start) - 1, _HANDS):
        plane, tile_y, tile_x = _tile_place(tile, width, height)
        _place_pixels(tile_x, tile_y, x, y)
        _read_pull(image, grad, plane, tile_y, tile_x, feet.pull)
        _pull_tile(scene, tile, x, y, feet, slots)


@numba.njit(parallel=True, cache=True, nogil=True)
def backward(scene, image, grad, slots):
    """Write each pair's share of the gradient into ``slots`` (pairs, 6): x0, y0, x1, y1, radius, opacity."""
    for hand in numba.prange(_HANDS):
        _backward_hand(hand, scene, image, grad, slots)


class Deal(NamedTuple):
    """Where each segment's slots went: ``slot[room[j] : room[j] + counts[j]]``, and the strokes' vertices."""

    slot: ndarray
    room: ndarray
    counts: ndarray
    starts: ndarray


@numba.njit(parallel=True, cache=True, nogil=True)
def gather(slots, deal, grad_vertices, grad_nibs):
    """Add up the slots of every stroke, in the order they were dealt out.

    ``grad_vertices`` (vertices, 2) and ``grad_nibs`` (strokes, 2: radius, opacity) must come as noughts.
    """
    for i in numba.prange(len(deal.starts) - 1):
        for v in range(deal.starts[i], deal.starts[i + 1] - 1):
            j = v - i
            for k in range(deal.room[j], deal.room[j] + deal.counts[j]):
                pair = deal.slot[k]
                for axis in range(2):
                    grad_vertices[v, axis] += slots[pair, axis]
                    grad_vertices[v + 1, axis] += slots[pair, 2 + axis]
                    grad_nibs[i, axis] += slots[pair, 4 + axis]
