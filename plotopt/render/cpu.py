"""The CPU renderer: the reference's definition on 8 x 8 pixel tiles, in Numba, with exact gradients."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import torch
from jaxtyping import Float
from torch import Tensor

from plotopt.render import kernels
from plotopt.render.polylines import Polylines, Raster


def transmittance(lines: Polylines, raster: Raster) -> Float[Tensor, "planes height width"]:
    """Transmittance of every plane, float32; equal to :func:`plotopt.render.reference.transmittance`.

    Deterministic: the same input gives the same bits, forward and backward, on any number of threads.
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
    folder = Path(str(kernels.backward.stats.cache_path))
    # Kernels older than their source are compiled anew.
    source_time = Path(kernels.__file__).stat().st_mtime
    return any(found.stat().st_mtime > source_time for found in folder.glob("kernels.backward-*.nbi"))


def warm_up() -> None:
    """Compile the kernels, or load them from the cache, by drawing one short stroke."""
    vertices = torch.tensor([[1.0, 1.0], [5.0, 5.0]], requires_grad=True)
    one = torch.ones(1)
    lines = Polylines(vertices, torch.tensor([0, 2]), one, 0.5 * one, torch.zeros(1, dtype=torch.int64))
    transmittance(lines, Raster(1, 8, 8)).sum().backward()


class _Transmittance(torch.autograd.Function):
    @staticmethod
    def forward(ctx, vertices, radius, opacity, topology, raster):
        starts, plane = topology
        radii, opacities = radius.detach().contiguous().numpy(), opacity.detach().contiguous().numpy()
        softness = np.float32(raster.softness_px)
        segments, owner = kernels.cut(vertices.detach().contiguous().numpy(), starts.numpy())
        tile, room, counts = kernels.touched_tiles(
            segments, owner, radii + softness, plane.numpy(), (raster.width_px, raster.height_px)
        )
        image = np.empty((raster.planes, raster.height_px, raster.width_px), np.float32)
        tile_start, pairs, slot = kernels.sort_pairs(tile, room, counts, kernels.tile_count(image))
        ctx.scene = kernels.Scene(segments, owner, radii, opacities, softness, tile_start, pairs)
        ctx.deal = kernels.Deal(slot, room, counts, starts.numpy())
        kernels.forward(ctx.scene, image)
        result = torch.from_numpy(image)
        ctx.save_for_backward(result)
        return result

    @staticmethod
    def backward(ctx, grad):
        starts = ctx.deal.starts
        slots = np.empty((len(ctx.scene.pair_segment), 6), np.float32)
        kernels.backward(ctx.scene, ctx.saved_tensors[0].numpy(), grad.contiguous().numpy(), slots)
        vertices = np.zeros((starts[-1], 2), np.float32)
        nibs = np.zeros((len(starts) - 1, 2), np.float32)
        kernels.gather(slots, ctx.deal, vertices, nibs)
        radius, opacity = torch.from_numpy(nibs).unbind(1)
        return torch.from_numpy(vertices), radius, opacity, None, None
