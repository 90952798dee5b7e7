"""The renderer's definition in plain torch: slow, exact in float64, and the law for every fast kernel.

With d the distance from a pixel's centre to a stroke's polyline, r the nib's radius, s the softness and F
the integral of a tent, F(x) = 1/2 + x - x|x|/2 clamped to [-1, 1]::

    c = F((r - d) / s) - F((-r - d) / s)          coverage; across a long stroke it integrates to 2 r
    T = product over a plane's strokes of (1 - opacity * c)

Ink multiplies, so the order of strokes does not matter. A stroke that crosses itself counts once.
"""

from __future__ import annotations

import torch
from jaxtyping import Float
from torch import Tensor

from plotopt.render.polylines import Polylines, Raster


def transmittance(lines: Polylines, raster: Raster) -> Float[Tensor, "planes height width"]:
    """Transmittance of every plane; memory and time grow with strokes times pixels."""
    pixels = _pixel_centres(raster, lines.vertices)
    planes = [pixels.new_ones(len(pixels)) for _ in range(raster.planes)]
    starts = lines.starts.tolist()
    for i, plane in enumerate(lines.plane.tolist()):
        d = distance(pixels, lines.vertices[starts[i] : starts[i + 1]])
        c = coverage(d, lines.radius[i], raster.softness_px)
        planes[plane] = planes[plane] * (1 - lines.opacity[i] * c)
    return torch.stack(planes).reshape(raster.planes, raster.height_px, raster.width_px)


def coverage(d: Tensor, radius: Tensor, softness_px: float) -> Tensor:
    """How much of a pixel's filter a stroke covers, in [0, 1], at distance ``d`` px from its centre line."""
    return _tent_integral((radius - d) / softness_px) - _tent_integral((-radius - d) / softness_px)


def distance(pixels: Float[Tensor, "pixels 2"], polyline: Float[Tensor, "vertices 2"]) -> Tensor:
    """Distance from each pixel centre to the nearest point of a polyline, ``(pixels,)``.

    Exactly on the line the gradient is zero, which is the limit from both sides added up.
    """
    start, edge = polyline[:-1], polyline[1:] - polyline[:-1]
    offset = pixels[:, None] - start
    length_squared = (edge**2).sum(-1)
    # A zero-length segment is its start point: t = 0 there instead of 0 / 0.
    safe = torch.where(length_squared > 0, length_squared, torch.ones_like(length_squared))
    t = ((offset * edge).sum(-1) / safe).clamp(0, 1)
    squared = ((offset - t[..., None] * edge) ** 2).sum(-1).amin(-1)
    on_line = squared == 0
    return torch.where(on_line, squared, torch.where(on_line, torch.ones_like(squared), squared).sqrt())


def _tent_integral(x: Tensor) -> Tensor:
    x = x.clamp(-1, 1)
    return 0.5 + x - 0.5 * x * x.abs()


def _pixel_centres(raster: Raster, like: Tensor) -> Float[Tensor, "pixels 2"]:
    y = torch.arange(raster.height_px, dtype=like.dtype, device=like.device) + 0.5
    x = torch.arange(raster.width_px, dtype=like.dtype, device=like.device) + 0.5
    return torch.stack(torch.meshgrid(x, y, indexing="xy"), -1).reshape(-1, 2)
