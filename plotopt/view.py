"""A window on the page and its pixel size: the one place where millimetres become pixels."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from jaxtyping import Float

from plotopt.page import Rect

if TYPE_CHECKING:
    from torch import Tensor


@dataclass(frozen=True)
class View:
    """An upright raster window: pixel (row i, column j) has its centre at (j + 0.5, i + 0.5) px.

    ``left_mm`` and ``top_mm`` place the window's corner on the page; the window may reach beyond it.
    """

    left_mm: float
    top_mm: float
    width_px: int
    height_px: int
    mm_per_px: float

    @classmethod
    def over(cls, place: Rect, mm_per_px: float) -> View:
        """The window over a place, to the nearest pixel; at least one each way."""
        columns, rows = (max(1, round(side / mm_per_px)) for side in (place.width, place.height))
        return cls(place.left, place.top, columns, rows, mm_per_px)

    @property
    def rect(self) -> Rect:
        """The window on the page, in mm."""
        right = self.left_mm + self.width_px * self.mm_per_px
        return Rect(self.left_mm, self.top_mm, right, self.top_mm + self.height_px * self.mm_per_px)

    def to_px(self, points_mm: Float[Tensor, "... 2"]) -> Float[Tensor, "... 2"]:
        """Page millimetres to pixels of this view."""
        return (points_mm - points_mm.new_tensor([self.left_mm, self.top_mm])) / self.mm_per_px

    def to_mm(self, points_px: Float[Tensor, "... 2"]) -> Float[Tensor, "... 2"]:
        """Pixels of this view to page millimetres."""
        return points_px * self.mm_per_px + points_px.new_tensor([self.left_mm, self.top_mm])
