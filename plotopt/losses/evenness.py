"""Evenness: ink spread over the whole page, no blots and no deserts."""

from __future__ import annotations

from jaxtyping import Float
from torch import Tensor
from torch.nn.functional import avg_pool2d

# Cells that lie this far or further beyond the canvas's edge do not count.
_LEAST_INSIDE = 0.5


def unevenness(
    darkness: Float[Tensor, "views 1 height width"],
    inside: Float[Tensor, "views_or_1 1 height width"],
    cell_px: int,
) -> Float[Tensor, ""]:
    """Variance of the mean darkness of square cells, in [0, 1/4], over all views together.

    ``inside`` is 1 on the canvas and 0 beyond its edges.
    """
    share = avg_pool2d(inside.expand_as(darkness), cell_px)
    counted = share >= _LEAST_INSIDE
    cells = (avg_pool2d(darkness * inside, cell_px) / share.clamp(min=_LEAST_INSIDE))[counted]
    return cells.var(correction=0) if cells.numel() else darkness.sum() * 0
