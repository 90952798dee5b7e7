"""Random shift, rotation and scale."""

from __future__ import annotations

from dataclasses import dataclass
from math import isfinite

import torch

from plotopt.augment.warp import Augmentation, Warp
from plotopt.errors import PlotoptError


@dataclass(frozen=True)
class Jitter(Augmentation):
    """Rotation and scale about the view's centre, then a shift; all normally distributed about nothing.

    ``shift_px`` is the standard deviation of the shift along each axis; ``rotation_deg`` that of the angle,
    at most 180; ``scale_log`` that of the scale's natural logarithm, at most 1. Values below 0, above these
    bounds or not finite raise PlotoptError.
    """

    shift_px: float = 0.0
    rotation_deg: float = 0.0
    scale_log: float = 0.0

    def __post_init__(self):
        _check("shift_px", self.shift_px, float("inf"))
        _check("rotation_deg", self.rotation_deg, 180)
        _check("scale_log", self.scale_log, 1)

    def sample(self, views: int, height_px: int, width_px: int, generator: torch.Generator) -> Warp:
        normal = torch.randn(4, views, dtype=torch.float64, generator=generator, device=generator.device)
        angle = torch.deg2rad(self.rotation_deg * normal[0])
        scale = torch.exp(self.scale_log * normal[1])
        shift = self.shift_px * normal[2:].T
        cosine, sine = scale * torch.cos(angle), scale * torch.sin(angle)
        turn = torch.stack([cosine, -sine, sine, cosine], dim=-1).reshape(views, 2, 2)
        centre = turn.new_tensor([width_px / 2, height_px / 2])
        matrices = Warp.identity(views, turn.device).matrices
        matrices[:, :2, :2] = turn
        matrices[:, :2, 2] = centre + shift - turn @ centre
        return Warp(matrices)


def _check(name: str, value: float, largest: float) -> None:
    if not (isfinite(value) and 0 <= value <= largest):
        raise PlotoptError(f"the jitter's {name} is {value}; give 0 to {largest}")
