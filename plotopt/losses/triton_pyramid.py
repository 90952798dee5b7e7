"""The pyramid loss of :mod:`plotopt.losses.pixel` in one pass over the pixels, in Triton.

One program works on one cell of the top level, which it holds in registers: a level is the cell blurred over
squares of that level, so that all levels have the same shape. Nothing is added atomically.
"""

from __future__ import annotations

from functools import cache

import torch
import triton
import triton.language as tl
from jaxtyping import Float
from torch import Tensor

from plotopt.losses import pyramid

_RISE, _LEAST = tl.constexpr(pyramid.RISE), tl.constexpr(pyramid.LEAST)
#: How it is compiled: so, a cell stays in registers.
OPTIONS = {"num_warps": 4, "enable_fp_fusion": True}


def value_and_gradient(
    drawing: Tensor, target: Tensor, weights: tuple[float, ...], ink: float
) -> tuple[Float[Tensor, ""], Tensor]:
    """The loss of windows (views, channels, height, width) on a graphics card, and its gradient.

    Never waits for the device, but the first time that it meets these weights. The same input gives the
    same bits.
    """
    width = drawing.shape[-1]
    side = 2 ** (len(weights) - 1)
    parts = (part.detach().float().contiguous() for part in (drawing, target.expand_as(drawing)))
    gradient = torch.empty(drawing.shape, dtype=torch.float32, device=drawing.device)
    cells = drawing.numel() // side**2
    totals = torch.empty(cells, dtype=torch.float32, device=drawing.device)
    levels = _on(weights, drawing.device)
    if cells:
        with torch.cuda.device_of(drawing):
            descend[(cells,)](*parts, gradient, totals, levels, ink, width, len(weights) - 1, **OPTIONS)
    return side**2 * totals.double().sum().to(drawing.dtype), gradient


@cache
def _on(weights: tuple[float, ...], device: torch.device) -> Tensor:
    """The weights in the device's memory, for good: graphs that have captured their place read them there."""
    return torch.tensor(weights, dtype=torch.float32, device=device)


@triton.jit
def _blurred(light, side: tl.constexpr, step: tl.constexpr):
    """Means over squares of ``step`` pixels, each in all pixels of its square: (side, side)."""
    squares: tl.constexpr = side // step
    parts = tl.reshape(light, [squares, step, squares, step])
    means = tl.sum(tl.sum(parts, 3, keep_dims=True), 1, keep_dims=True) / (step * step)
    return tl.reshape(tl.broadcast_to(means, [squares, step, squares, step]), [side, side])


@triton.jit
def _mean(light, side: tl.constexpr):
    return tl.sum(tl.sum(light, 1), 0) / (side * side)


@triton.jit(do_not_specialize=["ink", "width"])
def descend(  # noqa: PLR0913, PLR0917
    drawing, target, gradient, totals, weights, ink, width, top: tl.constexpr
):
    """Write the gradient of one cell, and its loss over its pixels into ``totals``."""
    side: tl.constexpr = 2**top
    across = width // side
    corner = (tl.program_id(0) // across).to(tl.int64) * side * width + tl.program_id(0) % across * side
    place = corner + tl.arange(0, side)[:, None] * width + tl.arange(0, side)[None, :]
    drawn = tl.load(drawing + place)
    error = drawn - tl.load(target + place)
    slope = tl.full([side, side], 0.0, tl.float32)
    total = 0.0
    for up in tl.static_range(0, top + 1):
        tone, off = _blurred(drawn, side, 2**up), _blurred(error, side, 2**up)
        weight, square = tl.load(weights + up), _mean(off * off, side)
        total += weight * square
        slope += 2 * weight * off
        wanted = tone - off
        most = _mean((1 - tone) * (tone - ink), side)
        bound = tl.maximum(most, _LEAST)
        possible = tl.clamp(_mean((1 - wanted) * (wanted - ink), side) / bound, 0.0, 1.0)
        # Lines of finer levels that have become tone at this one.
        for level in tl.static_range(0, up):
            if level + _RISE == up or (up == top and level + _RISE > top):
                fine = _blurred(error, side, 2**level)
                beyond = tl.clamp((_mean(fine * fine, side) - square) / bound, 0.0, 1.0)
                share = tl.load(weights + level) * beyond * possible
                total -= share * most
                slope += share * (2 * tone - 1 - ink)
    tl.store(gradient + place, slope)
    tl.store(totals + tl.program_id(0), total)
