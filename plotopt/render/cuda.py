"""The CUDA renderer: the reference's definition on 8 x 8 pixel tiles, in Triton, with exact gradients.

Polylines lie on one CUDA device, all of their tensors; on the CPU they are drawn in Triton's interpreter,
if TRITON_INTERPRET=1 was set before Triton was imported.
"""

from __future__ import annotations

import math
from typing import NamedTuple

import torch
from jaxtyping import Float, Int
from torch import Tensor

from plotopt.errors import PlotoptError
from plotopt.render.polylines import Polylines, Raster


def transmittance(lines: Polylines, raster: Raster) -> Float[Tensor, "planes height width"]:
    """Transmittance of every plane, float32; equal to :func:`plotopt.render.reference.transmittance`.

    Deterministic: the same input gives the same bits, forward and backward, on one kind of device. Waits
    for the device once, to learn how much memory the pairs of segments and tiles need.
    """
    return _apply(lines, _Frame(raster))[0]


def transmittance_within(
    lines: Polylines, raster: Raster, room: int, softness_px: Float[Tensor, "1"] | None = None
) -> tuple[Float[Tensor, "planes height width"], Int[Tensor, ""]]:
    """As :func:`transmittance`, with memory for ``room`` pairs of segments and 8 x 8 pixel tiles.

    Never waits for the device, so a CUDA graph can capture it, backward included. Returns how many pairs
    there are, too, on the device: where they are more than ``room``, ink is missing from the image.
    ``softness_px`` takes the place of the raster's: replayed, a graph reads what is in its memory by then.
    """
    return _apply(lines, _Frame(raster, room, softness_px))


class _Frame(NamedTuple):
    """The raster, how many pairs there is memory for (None for all), and the softness in memory."""

    raster: Raster
    room: int | None = None
    softness: Tensor | None = None


def _apply(lines: Polylines, frame: _Frame):
    if frame.softness is None:
        frame = frame._replace(softness=lines.radius.new_full((1,), frame.raster.softness_px).float())
    return _Transmittance.apply(
        lines.vertices.float().contiguous(),
        lines.radius.float().contiguous(),
        lines.opacity.float().contiguous(),
        (lines.starts.contiguous(), lines.plane.contiguous()),
        frame,
    )


class _Pairs(NamedTuple):
    """Pairs of segments and tiles, by tile: stroke, ends (pairs, 4), and place in the list by segment.

    Those of tile i are ``tile_start[i]`` to ``tile_start[i + 1]``; in the list by segment, those of the
    segment that begins at vertex v are ``offsets[v]`` to ``offsets[v + 1]``.
    """

    stroke: Tensor
    ends: Tensor
    order: Tensor
    tile_start: Tensor
    offsets: Tensor


class _Transmittance(torch.autograd.Function):
    @staticmethod
    def forward(ctx, vertices, radius, opacity, topology, frame):
        lines = Polylines(vertices, topology[0], radius, opacity, topology[1])
        with torch.cuda.device_of(vertices):
            pairs = _bin(lines, frame)
            image = _draw(lines, frame, pairs)
        ctx.save_for_backward(topology[0], radius, opacity, frame.softness, image, *pairs)
        pair_count = pairs.offsets[-1].clone()
        ctx.mark_non_differentiable(pair_count)
        ctx.set_materialize_grads(False)
        return image, pair_count

    @staticmethod
    def backward(ctx, grad, _):
        starts, radius, opacity, softness, image, *rest = ctx.saved_tensors
        pairs = _Pairs(*rest)
        with torch.cuda.device_of(grad):
            slots = _pull(grad.contiguous(), image, (radius, opacity, softness), pairs)
            return *_gather(slots, starts, pairs.offsets), None, None


def _bin(lines: Polylines, frame: _Frame) -> _Pairs:
    """The pairs of segments and tiles, sorted by tile."""
    owner, offsets = _count(lines, frame)
    room = int(offsets[-1]) if frame.room is None else frame.room
    tiles, origin = _list(lines, frame, (owner, offsets), room)
    # Stable, so that a tile's pairs stay in the order of strokes and segments.
    tiles, order = torch.sort(tiles, stable=True)
    return _arrange(lines, frame.raster, (tiles, order, origin, owner), offsets)


def _count(lines: Polylines, frame: _Frame) -> tuple[Tensor, Tensor]:
    """The stroke of each vertex, and where the pairs of its segment begin in the list by segment."""
    kernels, count = _kernels(), len(lines.vertices)
    owner = lines.starts.new_empty(count, dtype=torch.int32)
    counts = lines.starts.new_zeros(count + 1, dtype=torch.int32)
    kernels.count_tiles[_blocks(count, kernels.SEGMENTS)](
        lines.vertices,
        lines.starts,
        lines.radius,
        frame.softness,
        owner,
        counts,
        count,
        len(lines.radius),
        len(lines.starts).bit_length(),
        *_tiles(frame.raster)[1:],
        **kernels.OPTIONS,
    )
    return owner, counts.cumsum(0)


def _list(lines: Polylines, frame: _Frame, counted: tuple[Tensor, Tensor], room: int):
    """Tile and segment of each pair, by segment; places that are left over get a tile behind the last."""
    kernels, count = _kernels(), len(lines.vertices)
    owner, offsets = counted
    tiles = owner.new_full((room,), math.prod(_tiles(frame.raster)))
    origin = owner.new_empty(room)
    kernels.list_tiles[_blocks(count, kernels.SEGMENTS)](
        lines.vertices,
        owner,
        lines.radius,
        lines.plane,
        frame.softness,
        offsets,
        tiles,
        origin,
        count,
        room,
        *_tiles(frame.raster)[1:],
        **kernels.OPTIONS,
    )
    return tiles, origin


def _arrange(lines: Polylines, raster: Raster, listed: tuple[Tensor, ...], offsets: Tensor) -> _Pairs:
    """The pairs, from their sorted tiles, their order, the segments by the old order, and the owners."""
    kernels, (tiles, order, *_) = _kernels(), listed
    room, tile_count = len(tiles), math.prod(_tiles(raster))
    stroke, ends = tiles.new_empty(room), lines.vertices.new_empty(room, 4)
    tile_start = order.new_empty(tile_count + 1)
    kernels.arrange[_blocks(max(room, tile_count + 1), kernels.PAIRS)](
        *listed,
        lines.vertices,
        stroke,
        ends,
        tile_start,
        room,
        tile_count,
        room.bit_length(),
        **kernels.OPTIONS,
    )
    return _Pairs(stroke, ends, order, tile_start, offsets)


def _draw(lines: Polylines, frame: _Frame, pairs: _Pairs) -> Tensor:
    raster = frame.raster
    image = lines.vertices.new_empty(raster.planes, raster.height_px, raster.width_px)
    kernels = _kernels()
    kernels.forward[(math.prod(_tiles(raster)),)](
        image,
        pairs.stroke,
        pairs.ends,
        pairs.tile_start,
        lines.radius,
        lines.opacity,
        frame.softness,
        raster.height_px,
        raster.width_px,
        **kernels.OPTIONS,
    )
    return image


def _pull(grad: Tensor, image: Tensor, nibs: tuple[Tensor, ...], pairs: _Pairs) -> Tensor:
    """Each pair's share of the gradient, (pairs, 8), by segment; ``nibs`` are radius, opacity, softness."""
    kernels = _kernels()
    # Noughts, should counting and listing ever differ by a rounding: a pair that is not listed has no pull.
    slots = image.new_zeros(len(pairs.order), kernels.SLOT.value)
    kernels.backward[(len(pairs.tile_start) - 1,)](
        slots,
        image,
        grad,
        pairs.order,
        pairs.stroke,
        pairs.ends,
        pairs.tile_start,
        *nibs,
        *image.shape[1:],
        **kernels.OPTIONS,
    )
    return slots


def _gather(slots: Tensor, starts: Tensor, offsets: Tensor) -> tuple[Tensor, Tensor, Tensor]:
    """The gradients by vertices, radius and opacity."""
    kernels, room = _kernels(), len(slots)
    vertex_count, stroke_count = len(offsets) - 1, len(starts) - 1
    by_vertex = slots.new_empty(vertex_count, 2)
    by_radius, by_opacity = slots.new_empty(stroke_count), slots.new_empty(stroke_count)
    kernels.gather_vertices[_blocks(vertex_count, kernels.ROWS)](
        slots, offsets, by_vertex, vertex_count, room, **kernels.OPTIONS
    )
    kernels.gather_nibs[_blocks(stroke_count, kernels.ROWS)](
        slots, offsets, starts, by_radius, by_opacity, stroke_count, room, **kernels.OPTIONS
    )
    return by_vertex, by_radius, by_opacity


def _tiles(raster: Raster) -> tuple[int, int, int]:
    """Planes, tiles across and tiles down."""
    size = _kernels().TILE.value
    return raster.planes, -(-raster.width_px // size), -(-raster.height_px // size)


def _blocks(count: int, size) -> tuple[int]:
    """The grid of programs that look at ``size`` things each."""
    return (-(-count // size.value),)


def _kernels():
    try:
        from plotopt.render import triton_kernels
    except ModuleNotFoundError as error:
        if error.name != "triton":
            raise
        raise PlotoptError(
            "drawing on a graphics card needs triton, which is not installed: "
            "install it with `pip install triton`, or draw on the CPU"
        ) from error
    return triton_kernels
