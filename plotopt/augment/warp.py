"""Warps: one homography a view, the same for control points and for rasters."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterable
from dataclasses import dataclass

import torch
from jaxtyping import Float
from torch import Tensor
from torch.nn.functional import grid_sample

# The least weight w of a point (u / w, v / w): nearer to the horizon, or behind it, a point stays finite.
_LEAST_WEIGHT = 0.02


@dataclass(frozen=True)
class Warp:
    """Homographies of pixel coordinates: ``matrices[view] @ (x, y, 1)`` is ``w * (x', y', 1)``.

    Coordinates are those of :class:`plotopt.view.View`: pixel (row i, column j) has its centre at
    (j + 0.5, i + 0.5). Matrices are scaled so that w is about 1 within the view.
    """

    matrices: Float[Tensor, "views 3 3"]

    @classmethod
    def identity(cls, views: int, device: torch.device | str = "cpu") -> Warp:
        """The warp that leaves every view as it is."""
        return cls(torch.eye(3, dtype=torch.float64, device=device).repeat(views, 1, 1))

    def then(self, other: Warp) -> Warp:
        """This warp followed by ``other``."""
        return Warp(other.matrices.to(self.matrices) @ self.matrices)

    def points(self, points: Float[Tensor, "*views strokes P 2"]) -> Float[Tensor, "views strokes P 2"]:
        """Every view's image of the points, in px; differentiable.

        Points are ``(views, strokes, P, 2)``, or ``(strokes, P, 2)`` when all views share them. Exact where
        w > 0.02; a point beyond that, near the horizon or behind it, lands far off and finite.
        """
        mapped, weight = _project(self.matrices.to(points), points)
        return mapped / weight.clamp(min=_LEAST_WEIGHT)

    def raster(
        self,
        image: Float[Tensor, "views_or_1 channels height width"],
        height_px: int,
        width_px: int,
        fill: float = 1.0,
    ) -> Float[Tensor, "views channels height_px width_px"]:
        """The warped images by bilinear sampling, with ``fill`` (paper) beyond the edges.

        ``height_px`` and ``width_px`` are the size of the result. The outermost half pixel of an image
        blends into the fill; an image of the fill's own value stays exactly that.
        """
        views = len(self.matrices)
        y = torch.arange(height_px, dtype=torch.float64, device=image.device) + 0.5
        x = torch.arange(width_px, dtype=torch.float64, device=image.device) + 0.5
        centres = torch.stack(torch.meshgrid(x, y, indexing="xy"), dim=-1)
        # Where the matrices are: to invert such small ones, a graphics card would be waited for.
        inverse = torch.linalg.inv(self.matrices.double()).to(image.device)
        sources, weight = _project(inverse, centres)
        size = sources.new_tensor([image.shape[3], image.shape[2]])
        grid = 2 * sources / weight / size - 1
        # What is seen from behind the horizon is no part of the image; 3 lies outside it.
        grid = torch.where(weight > 0, grid, 3.0).to(image)
        # Sampling the difference from the fill makes the zeros beyond the edge mean "fill".
        difference = (fill - image).expand(views, -1, -1, -1)
        return fill - grid_sample(difference, grid, padding_mode="zeros", align_corners=False)


def _project(matrices: Float[Tensor, "views 3 3"], points: Tensor) -> tuple[Tensor, Tensor]:
    # A coordinate at a time: far quicker than many tiny matrix products.
    x, y = points.unbind(-1)
    entries = matrices[..., None, None]
    u, v, weight = (entries[:, i, 0] * x + entries[:, i, 1] * y + entries[:, i, 2] for i in range(3))
    return torch.stack([u, v], dim=-1), weight[..., None]


class Augmentation(ABC):
    """A random family of warps: sampled first, then applied alike to points and rasters."""

    @abstractmethod
    def sample(self, views: int, height_px: int, width_px: int, generator: torch.Generator) -> Warp:
        """One warp a view of the given size, drawn from ``generator`` alone, on its device."""


def sample_all(
    augmentations: Iterable[Augmentation],
    views: int,
    height_px: int,
    width_px: int,
    generator: torch.Generator,
) -> Warp:
    """The augmentations one after another as a single warp."""
    warp = Warp.identity(views, generator.device)
    for augmentation in augmentations:
        warp = warp.then(augmentation.sample(views, height_px, width_px, generator))
    return warp
