"""What every renderer takes: flattened strokes in pixels."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, fields

import torch
from jaxtyping import Float, Int
from torch import Tensor


@dataclass(frozen=True)
class Polylines:
    """Strokes as polylines in the pixels of their image plane.

    Stroke ``i`` owns ``vertices[starts[i]:starts[i + 1]]`` (two at least, x then y), is drawn with a round
    nib of ``radius[i]`` px and ``opacity[i]`` in [0, 0.999] into plane ``plane[i]``. A plane is one pen in
    one view. Gradients flow to vertices, radius and opacity.
    """

    vertices: Float[Tensor, "vertices 2"]
    starts: Int[Tensor, "strokes+1"]
    radius: Float[Tensor, "strokes"]
    opacity: Float[Tensor, "strokes"]
    plane: Int[Tensor, "strokes"]

    def to(self, device: str | torch.device) -> Polylines:
        """The same lines on another device."""
        return Polylines(*(getattr(self, entry.name).to(device) for entry in fields(self)))

    def owners(self) -> Int[Tensor, "vertices"]:
        """Which stroke each vertex belongs to."""
        return torch.repeat_interleave(
            torch.arange(len(self.radius), device=self.starts.device), self.starts.diff()
        )


@dataclass(frozen=True)
class Raster:
    """The size of the result: planes of ``height_px`` x ``width_px``, and the edge's half width in px."""

    planes: int
    height_px: int
    width_px: int
    softness_px: float = 1.0


#: A renderer: transmittance of every plane, ``(planes, height, width)``, 1 where there is no ink.
Renderer = Callable[[Polylines, Raster], Tensor]
