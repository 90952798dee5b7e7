"""Colour loss: light channel by channel in detail, colour as the eye sees it where lines have blurred."""

from __future__ import annotations

from dataclasses import dataclass, field, replace

import torch
from jaxtyping import Float
from torch import Tensor
from torch.nn.functional import avg_pool2d

from plotopt.colour.oklab import Mixes, oklab
from plotopt.losses.base import Loss
from plotopt.losses.pixel import PyramidLoss

# A step of OKLab's lightness is some 0.6 of the step of light that makes it, in middle tones.
_UNIT = 2.6


@dataclass(frozen=True)
class ColourLoss(Loss):
    """A pyramid of red, green and blue light, and one of OKLab on its coarse levels.

    ``light`` is summed over the three channels, each a third. From level ``first`` on, where cells are
    wider than a few lines, the squared distance of drawing and target in OKLab counts with ``weights``,
    again by area. ``mixes`` are those of OKLab, on the device of the drawings.
    """

    light: PyramidLoss = field(default_factory=lambda: PyramidLoss((0.03, 0.45, 1.7, 0.8, 2.0, 3.0)))
    first: int = 3
    weights: tuple[float, ...] = (1.2, 5.0, 8.0)
    mixes: Mixes = field(default_factory=Mixes.on, repr=False, compare=False)

    @property
    def cell_px(self) -> int:  # type: ignore[override]
        return self.light.cell_px

    def __call__(
        self,
        drawing: Float[Tensor, "views 3 height width"],
        target: Float[Tensor, "views 3 height width"],
    ) -> Float[Tensor, ""]:
        total = self.light(drawing, target) / 3
        drawn, wanted = (avg_pool2d(light, 2**self.first) for light in (drawing, target))
        for level, weight in enumerate(self.weights, start=self.first):
            distance = (self._seen(drawn) - self._seen(wanted)).square().sum()
            total = total + _UNIT * weight * 4**level * distance
            if level < self.first + len(self.weights) - 1:
                drawn, wanted = avg_pool2d(drawn, 2), avg_pool2d(wanted, 2)
        return total

    def to(self, device: torch.device | str) -> ColourLoss:
        return replace(self, mixes=Mixes.on(device))

    def line_weight(self, width_px: float) -> float:
        coarse = sum(width_px / 2 ** (self.first + i) * weight for i, weight in enumerate(self.weights))
        return self.light.line_weight(width_px) + _UNIT * coarse

    def _seen(self, light: Tensor) -> Tensor:
        return oklab(light.movedim(-3, -1), mixes=self.mixes)
