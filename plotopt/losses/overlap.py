"""Overlap: ink laid over ink, which shows little, knots lines and soaks the paper."""

from __future__ import annotations

from jaxtyping import Float
from torch import Tensor

from plotopt.render.polylines import Polylines, Raster


def laid_ink(lines: Polylines, raster: Raster) -> Float[Tensor, ""]:
    """Pixels of ink that the lines lay within their rasters: length times width times opacity.

    A segment counts where its middle lies inside.
    """
    first, last = lines.vertices[:-1], lines.vertices[1:]
    owner = lines.owners()
    middle = 0.5 * (first + last).detach()
    size = middle.new_tensor([raster.width_px, raster.height_px])
    counted = ((middle >= 0) & (middle < size)).all(-1) & (owner[:-1] == owner[1:])
    edges, owner = (last - first)[counted], owner[:-1][counted]
    # The root's slope is infinite for a segment of no length.
    lengths = (edges.square().sum(-1) + 1e-12).sqrt()
    return (2 * lines.radius * lines.opacity)[owner] @ lengths


def overlap(
    lines: Polylines, raster: Raster, transmittance: Float[Tensor, "planes height width"]
) -> Float[Tensor, ""]:
    """Pixels of ink that were laid but do not show, since other ink of the same pen lies there already.

    Ink that shows is ``sum (1 - T)``; a line's round ends make that a little more than its length times its
    width.
    """
    return laid_ink(lines, raster) - (1 - transmittance).sum()
