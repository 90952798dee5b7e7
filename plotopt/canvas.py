"""A canvas: a rectangle of the page in pixels, where crops may look at it, and what lies beyond its edges."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from enum import Enum

import numpy as np
import torch
from jaxtyping import Float
from torch import Tensor

from plotopt.augment.warp import Warp
from plotopt.page import Rect
from plotopt.strokes import Strokes
from plotopt.view import View

# A warped crop sees no further from its centre than this part of its side, but for rare corners.
_SIGHT = 0.8
# Passes over a page begin anywhere within at least this part of a crop, so that crops' edges leave no seams.
_LEAST_SLACK = 1 / 3


class Aim(Enum):
    """Where crops look: anywhere on a canvas that WRAPs, so as to COVER it evenly, or at its CENTER."""

    WRAP = "wrap"
    COVER = "cover"
    CENTER = "center"


@dataclass(frozen=True)
class Canvas:
    """A rectangle of the page, its pixel size, and how crops look at it.

    Beyond its edges there is nothing but paper, unless it wraps: then the same drawing goes on there.
    """

    place: Rect
    mm_per_px: float
    aim: Aim = Aim.COVER

    @property
    def width_px(self) -> int:
        return round(self.place.width / self.mm_per_px)

    @property
    def height_px(self) -> int:
        return round(self.place.height / self.mm_per_px)

    def pass_length(self, crop_px: int) -> int:
        """Crops that make one pass over the canvas."""
        if self.aim is Aim.CENTER:
            return 1
        if self.aim is Aim.WRAP:
            return max(1, round(self.width_px * self.height_px / crop_px**2))
        return math.prod(_crops_along(side, crop_px) for side in (self.width_px, self.height_px))

    def corners_px(self, crop_px: int, number: int, seed: int) -> Float[np.ndarray, "crops 2"]:
        """The top left corners (x, y) of the crops of one pass, in random order.

        A pass that covers the canvas lays a grid of crops over it, shifted at random: every pixel is seen
        exactly once, those at the border too.
        """
        rng = np.random.default_rng([seed, number])
        size = np.array([self.width_px, self.height_px])
        if self.aim is Aim.CENTER:
            return (size[None] - crop_px) / 2
        if self.aim is Aim.WRAP:
            return np.round(rng.uniform(0, size, (self.pass_length(crop_px), 2)) - crop_px / 2)
        counts = [_crops_along(side, crop_px) for side in size.tolist()]
        slacks = [count * crop_px - side for count, side in zip(counts, size.tolist(), strict=True)]
        # Within these bounds every crop sees some of the canvas.
        first = [-rng.integers(max(0, slack - crop_px + 1), min(slack, crop_px - 1) + 1) for slack in slacks]
        grid = np.stack(np.meshgrid(*map(np.arange, counts)), -1).reshape(-1, 2)
        return rng.permutation(grid * crop_px + np.array(first)).astype(float)

    def views(self, corners_px: Float[np.ndarray, "crops 2"], crop_px: int) -> list[View]:
        """The crops as views of the page."""
        left, top = self.place.left, self.place.top
        return [
            View(left + x * self.mm_per_px, top + y * self.mm_per_px, crop_px, crop_px, self.mm_per_px)
            for x, y in corners_px.tolist()
        ]

    def around(self, strokes: Strokes, crop_px: int) -> Strokes:
        """All strokes that crops may meet: on a canvas that wraps, with as many copies as crops reach."""
        if self.aim is not Aim.WRAP:
            return strokes
        beyond_mm = self._overhang_mm(strokes) + _SIGHT * crop_px * self.mm_per_px
        columns, rows = (math.ceil(beyond_mm / side) for side in (self.place.width, self.place.height))
        return repeated(strokes, self.place, range(-columns, columns + 1), range(-rows, rows + 1))

    def _overhang_mm(self, strokes: Strokes) -> float:
        """How far control points lie beyond the place's edges."""
        points = strokes.points.detach().flatten(0, 1)
        place = points.new_tensor([[self.place.left, self.place.top], [self.place.right, self.place.bottom]])
        return float(torch.maximum(place[0] - points, points - place[1]).clamp(min=0).max())

    def raster(
        self, image: Float[Tensor, "1 channels rows columns"], views: list[View], warp: Warp, fill: float
    ) -> Float[Tensor, "views channels height width"]:
        """What the warped views see of an image on the canvas's own pixels, ``fill`` beyond its edges."""
        shift = Warp.identity(len(views)).matrices
        corners = [(view.left_mm - self.place.left, view.top_mm - self.place.top) for view in views]
        shift[:, :2, 2] = -shift.new_tensor(corners) / self.mm_per_px
        return Warp(shift).then(warp).raster(image, views[0].height_px, views[0].width_px, fill)

    def inside(
        self, views: list[View], warp: Warp, device: torch.device | str = "cpu"
    ) -> Float[Tensor, "views 1 height width"]:
        """1 where warped views see the canvas and 0 beyond its edges; 1 throughout where it wraps."""
        if self.aim is Aim.WRAP:
            return torch.ones(1, 1, 1, 1, device=device)
        canvas = torch.ones(1, 1, self.height_px, self.width_px, device=device)
        return self.raster(canvas, views, warp, fill=0.0)


def repeated(strokes: Strokes, cell: Rect, columns: range, rows: range) -> Strokes:
    """Copies of the strokes, shifted by whole cells, one set after another along each row."""
    shifts = [(column * cell.width, row * cell.height) for row in rows for column in columns]
    moved = [strokes.points + strokes.points.new_tensor(shift) for shift in shifts]
    return replace(strokes.repeat(len(shifts)), points=torch.cat(moved))


def _crops_along(side_px: int, crop_px: int) -> int:
    return math.ceil(side_px / crop_px + _LEAST_SLACK)
