"""Triton kernels of the CUDA renderer: binning, forward and backward over 8 x 8 pixel tiles.

A segment goes by the vertex it begins at; the last vertex of a stroke begins none. Pairs of segment and
tile are listed segment by segment, so that a stable sort by tile leaves the segments of a stroke
neighbours in a tile's list. Forward and backward run one program a tile. Each pair has one slot for its
share of the gradient, at its place in the first list: those of a segment, and of a stroke, lie in a row.
Sums are taken in a fixed order and nothing is added atomically, so the same input gives the same bits.
The softness is in memory, where a captured graph finds another at each replay.
"""

from __future__ import annotations

import triton
import triton.language as tl

TILE = tl.constexpr(8)
PIXELS = tl.constexpr(64)
#: Segments and cells of their boxes that a program of binning looks at together.
SEGMENTS = tl.constexpr(8)
CELLS = tl.constexpr(16)
#: Pairs that a program puts in order.
PAIRS = tl.constexpr(128)
#: Vertices or strokes, and slots of each, that a program adds up together.
ROWS = tl.constexpr(16)
CHUNK = tl.constexpr(16)
#: Floats in a slot: x and y of the segment's start and end, radius, opacity, and two that are unused, so
#: that a slot is one sector of memory.
SLOT = tl.constexpr(8)
#: How they are compiled: a tile's sums stay within one warp. Fusion is named since its default changes.
OPTIONS = {"num_warps": 1, "enable_fp_fusion": True}
# From a tile's centre to the centre of its corner pixel, with a little slack for rounding.
_TILE_REACH = tl.constexpr(3.5 * 2**0.5 + 0.01)
_FAR = tl.constexpr(1e30)
# Shorter segments, in px squared, are points; their inverse would overflow.
_POINT = tl.constexpr(1e-30)
# Segments that rise less, in px, count as level.
_LEVEL = tl.constexpr(1e-6)


@triton.jit
def _lower_bound(values, length, wanted, steps):
    """How many of the ascending values are less than each one wanted; ``steps`` is length's bit count."""
    low = wanted * 0
    high = low + length
    for _ in range(steps):
        middle = (low + high) >> 1
        less = tl.load(values + middle, mask=low < high, other=0) < wanted
        less = less & (low < high)
        low = tl.where(less, middle + 1, low)
        high = tl.where(less, high, middle)
    return low


@triton.jit
def _tile_span(low, high, tiles):
    """First and end of the tiles of an axis that lie between two places in px."""
    first = tl.clamp(tl.floor(low / TILE), 0.0, tiles * 1.0)
    return first, tl.maximum(tl.clamp(tl.floor(high / TILE) + 1.0, 0.0, tiles * 1.0), first)


@triton.jit
def _load_segments(vertices, v, real):
    """x and y of the start and the end of the segments that begin at vertices ``v``."""
    place = vertices + 2 * v
    ax, ay = tl.load(place, mask=real, other=0), tl.load(place + 1, mask=real, other=0)
    return ax, ay, tl.load(place + 2, mask=real, other=0), tl.load(place + 3, mask=real, other=0)


@triton.jit
def _box(segment, reach, real, raster):
    """Cells where a segment may reach: first and end column, first and end row, and columns in one row.

    The ends are those of its box, grown by its reach. ``raster`` is tiles across and tiles down.
    """
    ax, ay, bx, by = segment
    first_x, end_x = _tile_span(tl.minimum(ax, bx) - reach, tl.maximum(ax, bx) + reach, raster[0])
    first_y, end_y = _tile_span(tl.minimum(ay, by) - reach, tl.maximum(ay, by) + reach, raster[1])
    end_y = tl.where(real, end_y, first_y)
    # While it passes by one row, it cannot go farther across; without this, long slanting ones take long.
    band = 2 * (reach + _TILE_REACH)
    across = tl.minimum(band / tl.maximum(tl.abs(by - ay), _LEVEL), 1.0) * tl.abs(bx - ax) + band
    columns = tl.minimum(tl.floor(across / TILE) + 2.0, end_x - first_x).to(tl.int32)
    return first_x[:, None], end_x[:, None], first_y[:, None], end_y[:, None], columns[:, None]


@triton.jit
def _cell_count(box):
    """Most cells that any segment has."""
    _, _, first_y, end_y, columns = box
    return tl.max(tl.max((end_y - first_y).to(tl.int32) * columns, 1), 0)


@triton.jit
def _reached(segment, reach, box, cell):
    """Tile column and row of some cells, and whether the segment can reach them: (segments, cells).

    It can where any pixel centre of the tile can lie within ``reach``.
    """
    ax, ay = segment[0][:, None], segment[1][:, None]
    ex, ey = segment[2][:, None] - ax, segment[3][:, None] - ay
    first_x, end_x, first_y, end_y, columns = box
    bound = reach[:, None] + _TILE_REACH
    row = cell // tl.maximum(columns, 1)
    tile_y = first_y + row
    py = (tile_y + 0.5) * TILE - ay
    rise = tl.where(tl.abs(ey) < _LEVEL, _LEVEL, ey)
    enter, leave = tl.clamp((py - bound) / rise, 0.0, 1.0), tl.clamp((py + bound) / rise, 0.0, 1.0)
    left = ax + tl.minimum(enter * ex, leave * ex) - bound
    tile_x = tl.clamp(tl.ceil(left / TILE - 0.5), first_x, end_x) + (cell - row * columns)
    px = (tile_x + 0.5) * TILE - ax
    t = tl.clamp((px * ex + py * ey) / tl.maximum(ex * ex + ey * ey, _POINT), 0.0, 1.0)
    px, py = px - t * ex, py - t * ey
    touches = px * px + py * py <= bound * bound
    return tile_x.to(tl.int32), tile_y.to(tl.int32), touches & (tile_x < end_x) & (tile_y < end_y)


@triton.jit(do_not_specialize=["vertex_count", "stroke_count", "steps", "tiles_x", "tiles_y"])
def count_tiles(  # noqa: PLR0913, PLR0917
    vertices, starts, radius, softness, owner, counts, vertex_count, stroke_count, steps, tiles_x, tiles_y
):
    """Write a segment's stroke into ``owner[v]``, the number of tiles it reaches into ``counts[v + 1]``."""
    v = tl.program_id(0) * SEGMENTS + tl.arange(0, SEGMENTS)
    known = v < vertex_count
    stroke = _lower_bound(starts, stroke_count + 1, v + 1, steps) - 1
    tl.store(owner + v, stroke, mask=known)
    real = v < tl.load(starts + stroke + 1, mask=known, other=0) - 1
    segment = _load_segments(vertices, v, real)
    reach = tl.load(radius + stroke, mask=real, other=0) + tl.load(softness)
    box = _box(segment, reach, real, (tiles_x, tiles_y))
    count = v * 0
    for first in range(0, _cell_count(box), CELLS):
        _, _, reached = _reached(segment, reach, box, first + tl.arange(0, CELLS)[None, :])
        count += tl.sum(reached.to(tl.int32), 1)
    tl.store(counts + v + 1, count, mask=known)


@triton.jit(do_not_specialize=["vertex_count", "room", "tiles_x", "tiles_y"])
def list_tiles(  # noqa: PLR0913, PLR0917
    vertices, owner, radius, plane, softness, offsets, tiles, origin, vertex_count, room, tiles_x, tiles_y
):
    """Write the tiles that segment v reaches into ``tiles[offsets[v] : offsets[v + 1]]``, v into ``origin``.

    Whatever lies beyond ``room`` is left out.
    """
    v = tl.program_id(0) * SEGMENTS + tl.arange(0, SEGMENTS)
    known = v < vertex_count
    position = tl.load(offsets + v, mask=known, other=0)
    end = tl.load(offsets + v + 1, mask=known, other=0)
    real = end > position
    stroke = tl.load(owner + v, mask=real, other=0)
    segment = _load_segments(vertices, v, real)
    reach = tl.load(radius + stroke, mask=real, other=0) + tl.load(softness)
    first_tile = tl.load(plane + stroke, mask=real, other=0)[:, None] * tiles_x * tiles_y
    box = _box(segment, reach, real, (tiles_x, tiles_y))
    for first in range(0, _cell_count(box), CELLS):
        x, y, reached = _reached(segment, reach, box, first + tl.arange(0, CELLS)[None, :])
        one = reached.to(tl.int32)
        place = position[:, None] + tl.cumsum(one, 1) - one
        within = reached & (place < tl.minimum(end, room)[:, None])
        tl.store(tiles + place, first_tile + y * tiles_x + x, mask=within)
        tl.store(origin + place, v[:, None] + one * 0, mask=within)
        position += tl.sum(one, 1)


@triton.jit(do_not_specialize=["room", "tile_count", "steps"])
def arrange(  # noqa: PLR0913, PLR0917
    tiles, order, origin, owner, vertices, pair_stroke, pair_ends, tile_start, room, tile_count, steps
):
    """Write stroke and segment of each pair of the sorted ``tiles``, and where each tile's pairs begin.

    ``order`` is a pair's place before sorting. ``tile_start`` has a place for the end of the last tile.
    """
    k = tl.program_id(0).to(tl.int64) * PAIRS + tl.arange(0, PAIRS)
    tl.store(tile_start + k, _lower_bound(tiles, room, k, steps), mask=k <= tile_count)
    real = tl.load(tiles + k, mask=k < room, other=tile_count) < tile_count
    v = tl.load(origin + tl.load(order + k, mask=real, other=0), mask=real, other=0)
    tl.store(pair_stroke + k, tl.load(owner + v, mask=real, other=0), mask=real)
    axis = tl.arange(0, 4)[None, :]
    ends = tl.load(vertices + 2 * v[:, None] + axis, mask=real[:, None], other=0)
    tl.store(pair_ends + 4 * k[:, None] + axis, ends, mask=real[:, None])


@triton.jit
def _pixels(height, width):
    """Of this program's tile: its pixels' centres, their places in the image, and whether they are in it."""
    tile = tl.program_id(0)
    tiles_x, tiles_y = (width + TILE - 1) // TILE, (height + TILE - 1) // TILE
    i = tl.arange(0, PIXELS)
    row, column = tile // tiles_x % tiles_y * TILE + i // TILE, tile % tiles_x * TILE + i % TILE
    plane = (tile // (tiles_y * tiles_x)).to(tl.int64)
    place = plane * height * width + row * width + column
    return column + 0.5, row + 0.5, place, (row < height) & (column < width)


@triton.jit
def _foot(ends, x, y):
    """The point of a segment nearest to each pixel: its t in [0, 1], and the way from there to the pixel."""
    x0, y0 = tl.load(ends), tl.load(ends + 1)
    ex, ey = tl.load(ends + 2) - x0, tl.load(ends + 3) - y0
    inverse = 1.0 / tl.maximum(ex * ex + ey * ey, _POINT)
    dx, dy = x - x0, y - y0
    t = tl.clamp((dx * ex + dy * ey) * inverse, 0.0, 1.0)
    return t, dx - t * ex, dy - t * ey


@triton.jit
def _tent_integral(x):
    x = tl.clamp(x, -1.0, 1.0)
    return 0.5 + x - 0.5 * x * tl.abs(x)


@triton.jit(do_not_specialize=["height", "width"])
def forward(  # noqa: PLR0913, PLR0917
    image, pair_stroke, pair_ends, tile_start, radius, opacity, softness, height, width
):
    """Write the transmittance of one tile into ``image`` (planes, height, width)."""
    x, y, place, inside = _pixels(height, width)
    pair, end = tl.load(tile_start + tl.program_id(0)), tl.load(tile_start + tl.program_id(0) + 1)
    inverse_s = 1.0 / tl.load(softness)
    through = tl.full((PIXELS,), 1.0, tl.float32)
    following = tl.load(pair_stroke + pair, mask=pair < end, other=-1)
    while pair < end:
        stroke = following
        r, a = tl.load(radius + stroke) * inverse_s, tl.load(opacity + stroke)
        squared = tl.full((PIXELS,), _FAR, tl.float32)
        while following == stroke:
            ends = pair_ends + 4 * pair
            pair += 1
            following = tl.load(pair_stroke + pair, mask=pair < end, other=-1)
            _, dx, dy = _foot(ends, x, y)
            squared = tl.minimum(squared, dx * dx + dy * dy)
        d = tl.sqrt(squared) * inverse_s
        through *= 1.0 - a * (_tent_integral(r - d) - _tent_integral(-r - d))
    tl.store(image + place, through, mask=inside)


@triton.jit
def _pull(pull, squared, r, opacity, inverse_s):
    """Gradients by a stroke's radius, opacity and feet of a tile's pixels.

    ``pull`` is dL/dT times T; feet's gradients are in parts of the way from the foot to the pixel.
    """
    d = tl.sqrt(squared)
    inner, outer = r - d * inverse_s, -r - d * inverse_s
    c = _tent_integral(inner) - _tent_integral(outer)
    tent_in = tl.maximum(0.0, 1.0 - tl.abs(inner)) * inverse_s
    tent_out = tl.maximum(0.0, 1.0 - tl.abs(outer)) * inverse_s
    by_transmittance = pull / (1.0 - opacity * c)
    by_coverage = -opacity * by_transmittance
    # dc/dd times dd/dfoot; at d = 0 both tents are equal and the pull is nought.
    by_foot = by_coverage * (tent_in - tent_out) / tl.maximum(d, 1e-12)
    return by_coverage * (tent_in + tent_out), -c * by_transmittance, by_foot


@triton.jit(do_not_specialize=["height", "width"])
def backward(  # noqa: PLR0913, PLR0917
    slots, image, grad, order, pair_stroke, pair_ends, tile_start, radius, opacity, softness, height, width
):
    """Write the share of the gradient of each of a tile's pairs into ``slots[order[pair]]``."""
    x, y, place, inside = _pixels(height, width)
    pair, end = tl.load(tile_start + tl.program_id(0)), tl.load(tile_start + tl.program_id(0) + 1)
    pull = tl.load(image + place, mask=inside, other=0) * tl.load(grad + place, mask=inside, other=0)
    inverse_s = 1.0 / tl.load(softness)
    lane = tl.arange(0, SLOT)
    following = tl.load(pair_stroke + pair, mask=pair < end, other=-1)
    while pair < end:
        stroke, first = following, pair
        r, a = tl.load(radius + stroke) * inverse_s, tl.load(opacity + stroke)
        squared = tl.full((PIXELS,), _FAR, tl.float32)
        foot_t, foot_x, foot_y = squared, squared, squared
        nearest, k = tl.full((PIXELS,), 0, tl.int32), 0
        while following == stroke:
            ends = pair_ends + 4 * pair
            pair += 1
            following = tl.load(pair_stroke + pair, mask=pair < end, other=-1)
            t, dx, dy = _foot(ends, x, y)
            d = dx * dx + dy * dy
            nearer = d < squared
            squared, foot_t = tl.where(nearer, d, squared), tl.where(nearer, t, foot_t)
            foot_x, foot_y = tl.where(nearer, dx, foot_x), tl.where(nearer, dy, foot_y)
            nearest = tl.where(nearer, k, nearest)
            k += 1
        by_radius, by_opacity, by_foot = _pull(pull, squared, r, a, inverse_s)
        foot_x, foot_y = foot_x * by_foot, foot_y * by_foot
        nib = tl.where(lane == 4, tl.sum(by_radius, 0), tl.where(lane == 5, tl.sum(by_opacity, 0), 0.0))
        for j in range(k):
            part_x, part_y = tl.where(nearest == j, foot_x, 0.0), tl.where(nearest == j, foot_y, 0.0)
            x1, y1 = tl.sum(part_x * foot_t, 0), tl.sum(part_y * foot_t, 0)
            x0, y0 = tl.sum(part_x, 0) - x1, tl.sum(part_y, 0) - y1
            value = tl.where(lane == 0, x0, tl.where(lane == 1, y0, nib))
            value = tl.where(lane == 2, x1, tl.where(lane == 3, y1, value))
            tl.store(slots + tl.load(order + first + j) * SLOT + lane, value)
            nib = nib * 0.0


@triton.jit(do_not_specialize=["vertex_count", "room"])
def gather_vertices(slots, offsets, by_vertex, vertex_count, room):
    """Add up the slots of the segments that begin and that end at each vertex, into ``by_vertex`` (v, 2)."""
    v = tl.program_id(0) * ROWS + tl.arange(0, ROWS)
    known = v < vertex_count
    # The segment that ends here is the one before, and its slots come right before this one's.
    first = tl.load(offsets + v - 1, mask=known & (v > 0), other=0)[:, None]
    own = tl.load(offsets + v, mask=known, other=0)[:, None]
    end = tl.minimum(tl.load(offsets + v + 1, mask=known, other=0), room)[:, None]
    x = tl.full((ROWS, CHUNK), 0.0, tl.float32)
    y = x
    for step in range(0, tl.max(tl.max(end - first, 1), 0), CHUNK):
        k = first + step + tl.arange(0, CHUNK)[None, :]
        place = slots + k * SLOT + tl.where(k < own, 2, 0)
        x += tl.load(place, mask=k < end, other=0)
        y += tl.load(place + 1, mask=k < end, other=0)
    tl.store(by_vertex + 2 * v, tl.sum(x, 1), mask=known)
    tl.store(by_vertex + 2 * v + 1, tl.sum(y, 1), mask=known)


@triton.jit(do_not_specialize=["stroke_count", "room"])
def gather_nibs(  # noqa: PLR0913, PLR0917
    slots, offsets, starts, by_radius, by_opacity, stroke_count, room
):
    """Add up the slots of all segments of each stroke, into ``by_radius`` and ``by_opacity`` (strokes,)."""
    i = tl.program_id(0) * ROWS + tl.arange(0, ROWS)
    known = i < stroke_count
    first_vertex = tl.load(starts + i, mask=known, other=0)
    end_vertex = tl.load(starts + i + 1, mask=known, other=0)
    first = tl.load(offsets + first_vertex, mask=known, other=0)[:, None]
    end = tl.minimum(tl.load(offsets + end_vertex, mask=known, other=0), room)[:, None]
    radius = tl.full((ROWS, CHUNK), 0.0, tl.float32)
    opacity = radius
    for step in range(0, tl.max(tl.max(end - first, 1), 0), CHUNK):
        k = first + step + tl.arange(0, CHUNK)[None, :]
        radius += tl.load(slots + k * SLOT + 4, mask=k < end, other=0)
        opacity += tl.load(slots + k * SLOT + 5, mask=k < end, other=0)
    tl.store(by_radius + i, tl.sum(radius, 1), mask=known)
    tl.store(by_opacity + i, tl.sum(opacity, 1), mask=known)
