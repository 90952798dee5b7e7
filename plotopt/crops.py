"""Random crops of a canvas, each seen a little turned, shifted, scaled and from the side."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
import torch

from plotopt.augment.jitter import Jitter
from plotopt.augment.perspective import Perspective
from plotopt.augment.warp import Warp, sample_all
from plotopt.canvas import Canvas
from plotopt.errors import PlotoptError
from plotopt.view import View


@dataclass(frozen=True)
class Windows:
    """Views of the page and the warp that each is seen through."""

    views: list[View]
    warp: Warp


@dataclass(frozen=True)
class Crops:
    """``batch`` square crops a step, ``size_px`` a side, each through a random warp.

    Raises PlotoptError for sizes out of range.
    """

    size_px: int = 224
    batch: int = 1
    perspective: Perspective = field(default_factory=lambda: Perspective(0.05))
    jitter: Jitter = field(default_factory=lambda: Jitter(shift_px=8, rotation_deg=8, scale_log=0.08))

    def __post_init__(self) -> None:
        for name, value, low, high in (("crop", self.size_px, 32, 1024), ("batch", self.batch, 1, 64)):
            if not low <= value <= high:
                raise PlotoptError(f"{name} is {value}: give {low} to {high}")

    def steps(self, canvas: Canvas, passes: int) -> int:
        """Steps that so many passes over the canvas take."""
        return passes * -(-canvas.pass_length(self.size_px) // self.batch)

    def pixels(self, canvas: Canvas) -> float:
        """Pixels that a step looks at, all its crops together."""
        length = canvas.pass_length(self.size_px)
        return self.size_px**2 * float(self.batch if length == 1 else min(self.batch, length))

    def windows(self, canvas: Canvas, number: int, seed: int) -> Windows:
        """The crops of one step; the same number and seed give the same ones, whatever came before."""
        slots = self.steps(canvas, 1)
        if canvas.pass_length(self.size_px) == 1:
            corners = [
                canvas.corners_px(self.size_px, self.batch * number + i, seed) for i in range(self.batch)
            ]
            views = [view for corner in corners for view in canvas.views(corner, self.size_px)]
        else:
            corners_px = canvas.corners_px(self.size_px, number // slots, seed)[number % slots :: slots]
            views = canvas.views(corners_px, self.size_px)
        rng = np.random.default_rng([seed, number])
        generator = torch.Generator().manual_seed(int(rng.integers(2**63)))
        augmentations = (self.jitter, self.perspective)
        return Windows(views, sample_all(augmentations, len(views), self.size_px, self.size_px, generator))
