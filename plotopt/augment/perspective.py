"""Random perspective: the view's four corners move independently."""

from __future__ import annotations

from dataclasses import dataclass

import torch
from jaxtyping import Float
from torch import Tensor

from plotopt.augment.warp import Augmentation, Warp
from plotopt.errors import PlotoptError

STRONGEST = 0.2


@dataclass(frozen=True)
class Perspective(Augmentation):
    """Each corner moves along each axis by up to ``strength`` of that side, uniformly, either way.

    ``strength`` lies in 0 to 0.2, else PlotoptError. Below 1/4 the four corners stay convex whatever is
    drawn: twice a corner triangle's area is at least (1 - 2s)^2 - (2s)^2 = 1 - 4s of the view's.
    """

    strength: float

    def __post_init__(self):
        if not 0 <= self.strength <= STRONGEST:
            raise PlotoptError(f"the perspective's strength is {self.strength}; give 0 to {STRONGEST}")

    def sample(self, views: int, height_px: int, width_px: int, generator: torch.Generator) -> Warp:
        # Solved in the unit square, where the equations are well conditioned.
        corners = torch.tensor([[0, 0], [1, 0], [1, 1], [0, 1]], dtype=torch.float64, device=generator.device)
        uniform = torch.rand(views, 4, 2, dtype=corners.dtype, generator=generator, device=generator.device)
        unit = homographies(corners.expand(views, 4, 2), corners + self.strength * (2 * uniform - 1))
        size = corners.new_tensor([width_px, height_px, 1])
        matrices = unit * size[:, None] / size
        centre_weight = matrices[:, 2] @ corners.new_tensor([width_px / 2, height_px / 2, 1])
        return Warp(matrices / centre_weight[:, None, None])


def homographies(
    source: Float[Tensor, "views 4 2"], target: Float[Tensor, "views 4 2"]
) -> Float[Tensor, "views 3 3"]:
    """The homographies that take four source points to four target points, their last entry 1.

    Two equations a point in the other eight entries: ``u (g x + h y + 1) = a x + b y + c`` and ``v (g x +
    h y + 1) = d x + e y + f`` (direct linear transform). No three points may lie on one line.
    """
    one, zero = torch.ones_like(source[..., :1]), torch.zeros_like(source[..., :1])
    homogeneous, zeros = torch.cat([source, one], -1), torch.cat([zero, zero, zero], -1)
    u_rows = torch.cat([homogeneous, zeros, -target[..., :1] * source], -1)
    v_rows = torch.cat([zeros, homogeneous, -target[..., 1:] * source], -1)
    system = torch.cat([u_rows, v_rows], dim=1)
    entries = torch.linalg.solve(system, target.mT.reshape(-1, 8))
    return torch.cat([entries, one[:, 0]], -1).reshape(-1, 3, 3)
