"""Grain: which way lines run at each place of the page, and how far strokes run across it."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import NamedTuple

import torch
from jaxtyping import Float
from torch import Tensor
from torch.nn.functional import pad

from plotopt.view import View


@dataclass(frozen=True)
class Grain:
    """Directions without sign in the pixels of a view, a layer of them for each layer of lines.

    ``twice`` is the cosine and the sine of twice the angle, x to the right and y down; ``corner_mm`` is the
    view's, which has pixels of ``mm_per_px``.
    """

    twice: Float[Tensor, "layers 2 height width"]
    corner_mm: Float[Tensor, "2"]
    mm_per_px: float

    @classmethod
    def of(cls, view: View, headings: Float[Tensor, "layers height width"]) -> Grain:
        """Directions in radians."""
        twice = torch.stack([(2 * headings).cos(), (2 * headings).sin()], dim=1)
        return cls(twice, headings.new_tensor([view.left_mm, view.top_mm]), view.mm_per_px)

    def to(self, device: torch.device | str) -> Grain:
        """The same grain for strokes on another device."""
        return replace(self, twice=self.twice.to(device), corner_mm=self.corner_mm.to(device))

    def at(self, places: Float[Tensor, "*places 2"]) -> Float[Tensor, "layers 2 *places"]:
        """The directions of the nearest pixels; those of the edge beyond it."""
        # All of it is on the device: steps on a graphics card are captured.
        x, y = ((places.detach() - self.corner_mm) / self.mm_per_px).long().unbind(-1)
        height, width = self.twice.shape[2:]
        return self.twice[:, :, y.clamp(0, height - 1), x.clamp(0, width - 1)]


class Across(NamedTuple):
    """How far strokes run across a grain, in mm^2, and the gradients of that by their points, in mm."""

    costs: Float[Tensor, "strokes"]
    pulls: Float[Tensor, "strokes control_points 2"]


def across(points: Float[Tensor, "strokes control_points 2"], grain: Grain) -> Across:
    """Sums of squared lengths, across the grain, of the steps between control points.

    Of several layers that one counts along which a step runs best. Nought for strokes along the grain. A step
    s = (x, y) of length d at an angle a to it counts for ``d^2 sin^2 a = d^2 (1 - cos 2a) / 2``. With c and q
    for the cosine and sine of twice the grain's own angle that is ``(d^2 - (x^2 - y^2) c - 2 x y q) / 2``,
    whose gradient by the step is ``s - (x c + y q, x q - y c)``.
    """
    steps = points[:, 1:] - points[:, :-1]
    x, y = steps.unbind(-1)
    cosines, sines = grain.at(0.5 * (points[:, 1:] + points[:, :-1])).unbind(1)
    along, best = ((x.square() - y.square()) * cosines + 2 * x * y * sines).max(0)
    cosine, sine = (each.gather(0, best[None])[0] for each in (cosines, sines))
    pulls = steps - torch.stack([x * cosine + y * sine, x * sine - y * cosine], dim=-1)
    # A point ends the step before it and begins the one after.
    return Across(
        0.5 * (steps.square().sum(-1) - along).sum(-1), pad(pulls, (0, 0, 1, 0)) - pad(pulls, (0, 0, 0, 1))
    )
