"""The CPU renderer: the reference's definition in Numba, a stroke at a time, with exact gradients."""

from __future__ import annotations

import numpy as np
import torch
from jaxtyping import Float
from torch import Tensor
from torch.autograd.function import once_differentiable
from torch.nn.functional import pad

from plotopt.hands import deal
from plotopt.kernel_cache import drop_outdated, is_compiled
from plotopt.render import kernels, lanes, measure
from plotopt.render.lanes import SIDE
from plotopt.render.polylines import Polylines, Raster
from plotopt.render.scene import flatten
from plotopt.render.scrap import sheet
from plotopt.strokes import Strokes
from plotopt.view import View

# How long one thread takes, in us, to find the box of a stroke of some 20 px, to render it and to go back
# from it, and for the pull at a pixel.
_BOX_US, _STROKE_US, _BACK_US, _PULL_US = 0.08, 2, 3, 0.001

for _kernel in (measure.find_boxes, kernels.forward, kernels.pull, kernels.backward):
    drop_outdated(_kernel, kernels, lanes, measure)


def transmittance(lines: Polylines, raster: Raster) -> Float[Tensor, "planes height width"]:
    """Transmittance of every plane, float32; equal to :func:`plotopt.render.reference.transmittance`.

    Deterministic: the same input gives the same bits, forward and backward, on any number of threads.
    What numbers that are not finite, or whose squares are not, make of a plane is undefined.
    """
    return _Transmittance.apply(
        lines.vertices.float(),
        lines.radius.float(),
        lines.opacity.float(),
        (lines.starts, lines.plane),
        raster,
    )


def compiled_before() -> bool:
    """Whether compiled kernels wait in Numba's cache, so that the first call will not take some seconds."""
    return is_compiled(kernels.backward)


def warm_up() -> None:
    """Compile the kernels, or load them from the cache, by drawing one short stroke."""
    strokes = Strokes.of_pen(torch.ones(1, 4, 2, requires_grad=True), 1.0)
    lines = flatten(strokes, [View(0, 0, 8, 8, 1.0)])
    transmittance(lines, Raster(1, 8, 8)).sum().backward()


class _Transmittance(torch.autograd.Function):
    @staticmethod
    def forward(ctx, vertices, radius, opacity, topology, raster):
        starts, plane = topology
        parts = map(_array, (vertices, starts, radius, opacity, plane))
        ctx.scene = measure.Scene._make((*parts, np.float32(raster.softness_px)))
        height, width = (-(-side // SIDE) * SIDE for side in (raster.height_px, raster.width_px))
        ctx.cuts = _cut(ctx.scene, width // SIDE, height // SIDE)
        shape = raster.planes, height, width
        whole = sheet(*shape)
        flat = whole.view(-1).numpy()
        lasting = _STROKE_US * len(radius)
        deal(lambda hand, hands: kernels.forward(hand, hands, ctx.scene, ctx.cuts, flat, shape), lasting)
        # The inputs, too: torch then notices where they are changed before the way back.
        ctx.save_for_backward(whole, vertices, radius, opacity)
        return whole[:, : raster.height_px, : raster.width_px]

    @staticmethod
    @once_differentiable
    def backward(ctx, grad):
        through, *_ = ctx.saved_tensors
        below, beside = (a - b for a, b in zip(through.shape[1:], grad.shape[1:], strict=True))
        grad = pad(grad, (0, beside, 0, below)) if below or beside else grad.contiguous()
        pulls, sides = _pulls(through, grad), tuple(grad.shape[1:])
        scene, cuts = ctx.scene, ctx.cuts
        by_vertices, by_nibs = sheet(*scene.vertices.shape), through.new_empty(len(scene.radius), 2)
        tiled, gradients = (pulls.numpy(), *sides), (by_vertices.numpy(), by_nibs.numpy())
        lasting = _BACK_US * len(cuts.boxes)
        deal(lambda hand, hands: kernels.backward(hand, hands, scene, cuts, tiled, gradients), lasting)
        return by_vertices, *by_nibs.unbind(1), None, None


def _pulls(through: Tensor, grad: Tensor) -> Float[Tensor, "numbers"]:
    """What pulls at each pixel, tile by tile."""
    rasters, shape = (_array(through.view(-1)), _array(grad.view(-1))), tuple(grad.shape)
    pulls = sheet(grad.numel())
    tiled = pulls.numpy()
    deal(lambda hand, hands: kernels.pull(hand, hands, rasters, tiled, shape), _PULL_US * pulls.numel())
    return pulls


def _array(values: Tensor) -> np.ndarray:
    return values.detach().contiguous().numpy()


def _cut(scene: measure.Scene, columns: int, rows: int) -> measure.Cuts:
    count = len(scene.radius)
    boxes, rooms = np.empty((count, 4), np.int32), np.empty((count, 2), np.int64)
    deal(
        lambda hand, hands: measure.find_boxes(hand, hands, scene, (columns, rows), boxes, rooms),
        _BOX_US * count,
    )
    tiles, pairs = rooms.max(0, initial=1).tolist()
    return measure.Cuts(boxes, (tiles, pairs, int(np.diff(scene.starts).max(initial=0))))
