"""Random crops."""

from __future__ import annotations

from dataclasses import dataclass

import torch

from plotopt.augment.warp import Augmentation, Warp
from plotopt.errors import PlotoptError


@dataclass(frozen=True)
class Crop(Augmentation):
    """A square window of ``size_px`` px a side, anywhere in the view, at whole pixels.

    Whole pixels, so that a raster's crop is a plain copy, not a resampling. The warps lead to views of
    ``size_px`` a side. Raises PlotoptError for a size below 1 px and, on sampling, for one larger than the
    view.
    """

    size_px: int

    def __post_init__(self):
        if self.size_px < 1:
            raise PlotoptError(f"the crop is {self.size_px} px a side; give at least 1")

    def sample(self, views: int, height_px: int, width_px: int, generator: torch.Generator) -> Warp:
        if self.size_px > min(height_px, width_px):
            raise PlotoptError(
                f"the crop is {self.size_px} px a side but the view is {width_px} x {height_px} px; "
                "give a smaller crop"
            )
        matrices = Warp.identity(views, generator.device).matrices
        for axis, side in enumerate((width_px, height_px)):
            starts = torch.randint(
                side - self.size_px + 1, (views,), generator=generator, device=generator.device
            )
            matrices[:, axis, 2] = -starts.double()
        return Warp(matrices)

    def output_size(self, height_px: int, width_px: int) -> tuple[int, int]:
        return self.size_px, self.size_px
