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

    twice: Float[Tensor, "height width layers 2"]
    corner_mm: Float[Tensor, "2"]
    mm_per_px: float

    @classmethod
    def of(cls, view: View, headings: Float[Tensor, "layers height width"]) -> Grain:
        """Directions in radians."""
        angle, corner_mm = 2 * headings.movedim(0, -1), headings.new_tensor([view.left_mm, view.top_mm])
        return cls(torch.stack([angle.cos(), angle.sin()], dim=-1), corner_mm, view.mm_per_px)

    def to(self, device: torch.device | str) -> Grain:
        """The same grain for strokes on another device."""
        return replace(self, twice=self.twice.to(device), corner_mm=self.corner_mm.to(device))

    def at(self, places: Float[Tensor, "*places 2"]) -> Float[Tensor, "*places layers 2"]:
        """The directions of the nearest pixels; those of the edge beyond it."""
        # All of it is on the device: steps on a graphics card are captured.
        x, y = ((places.detach() - self.corner_mm) / self.mm_per_px).long().unbind(-1)
        height, width, *each = self.twice.shape
        pixel = y.clamp(0, height - 1) * width + x.clamp(0, width - 1)
        # By one number a pixel whole rows are copied; by two, each value is looked up on its own.
        return self.twice.flatten(0, 1).index_select(0, pixel.flatten()).view(*pixel.shape, *each)


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
    x, y = (part.contiguous() for part in steps.unbind(-1))
    squares, product = x.square() - y.square(), 2 * x * y
    cosine, sine = _best(squares, product, grain.at(0.5 * (points[:, 1:] + points[:, :-1])))
    along = squares * cosine + product * sine
    pulls = steps - torch.stack([x * cosine + y * sine, x * sine - y * cosine], dim=-1)
    # A point ends the step before it and begins the one after.
    return Across(
        0.5 * (steps.square().sum(-1) - along).sum(-1), pad(pulls, (0, 0, 1, 0)) - pad(pulls, (0, 0, 0, 1))
    )


def _best(
    squares: Tensor, product: Tensor, twice: Float[Tensor, "strokes steps layers 2"]
) -> list[Float[Tensor, "strokes steps"]]:
    """The cosine and the sine of the layer along which each step runs best."""
    cosines, sines = twice.unbind(-1)
    best = (squares[..., None] * cosines + product[..., None] * sines).argmax(-1, keepdim=True)
    return [each.gather(-1, best)[..., 0] for each in (cosines, sines)]
