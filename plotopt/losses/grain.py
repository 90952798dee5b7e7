"""Grain: which way lines run at each place of the page, and how far strokes run across it."""

from __future__ import annotations

from dataclasses import dataclass

import torch
from jaxtyping import Float
from torch import Tensor

from plotopt.view import View


@dataclass(frozen=True)
class Grain:
    """Directions without sign in the pixels of a view, a layer of them for each layer of lines.

    ``twice`` is the cosine and the sine of twice the angle, x to the right and y down.
    """

    view: View
    twice: Float[Tensor, "layers 2 height width"]

    @classmethod
    def of(cls, view: View, headings: Float[Tensor, "layers height width"]) -> Grain:
        """Directions in radians."""
        return cls(view, torch.stack([(2 * headings).cos(), (2 * headings).sin()], dim=1))

    def to(self, device: torch.device | str) -> Grain:
        """The same grain for strokes on another device."""
        return Grain(self.view, self.twice.to(device))

    def at(self, places: Float[Tensor, "*places 2"]) -> Float[Tensor, "layers 2 *places"]:
        """The directions of the nearest pixels; those of the edge beyond it."""
        x, y = self.view.to_px(places.detach()).long().unbind(-1)
        height, width = self.twice.shape[2:]
        return self.twice[:, :, y.clamp(0, height - 1), x.clamp(0, width - 1)]


def across(points: Float[Tensor, "strokes control_points 2"], grain: Grain) -> Float[Tensor, "strokes"]:
    """Sum of squared lengths, across the grain, of the steps between control points, in mm^2.

    Of several layers that one counts along which a step runs best. Nought for strokes along the grain. A step
    of length d at an angle a to it counts for ``d^2 sin^2 a = d^2 (1 - cos 2a) / 2``.
    """
    steps = points[:, 1:] - points[:, :-1]
    x, y = steps.unbind(-1)
    cosine, sine = grain.at(0.5 * (points[:, 1:] + points[:, :-1])).unbind(1)
    along = ((x.square() - y.square()) * cosine + 2 * x * y * sine).amax(0)
    return 0.5 * (steps.square().sum(-1) - along).sum(-1)
