"""The trainable strokes: control points, nib, opacity and pen, in page millimetres."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, fields, replace

import numpy as np
import torch
from jaxtyping import Bool, Float, Int
from torch import Tensor

from plotopt import bezier
from plotopt.pens import MAX_OPACITY, Pen


@dataclass(frozen=True)
class Strokes:
    """Strokes of equally many control points.

    Four control points are one cubic Bezier curve; more are a uniform cubic B-spline of
    ``control_points - 3`` spans. ``width_mm`` is the nib's full width, ``opacity`` lies in [0, 0.999] and
    ``pen`` counts from 0. ``leaning`` is there while strokes choose their pens, see
    :class:`plotopt.palette.Palette`: the higher, the more a stroke leans to that pen.
    """

    points: Float[Tensor, "strokes control_points 2"]
    width_mm: Float[Tensor, "strokes"]
    opacity: Float[Tensor, "strokes"]
    pen: Int[Tensor, "strokes"]
    leaning: Float[Tensor, "strokes pens"] | None = None

    @classmethod
    def of_pen(cls, points: Float[Tensor, "strokes control_points 2"], width_mm: float) -> Strokes:
        """Strokes of one pen, number 0, with full ink."""
        ones = points.new_ones(len(points))
        return cls(points, width_mm * ones, MAX_OPACITY * ones, torch.zeros_like(ones, dtype=torch.int64))

    @classmethod
    def of_pens(
        cls,
        points: Float[Tensor, "strokes control_points 2"],
        pen: Int[Tensor, "strokes"],
        pens: Sequence[Pen],
    ) -> Strokes:
        """Strokes of several pens, by their numbers, each with its pen's width and opacity."""
        figures = points.new_tensor([(each.width_mm, each.opacity) for each in pens])[pen]
        return cls(points, figures[:, 0], figures[:, 1], pen)

    def __len__(self) -> int:
        return len(self.points)

    @property
    def spans(self) -> int:
        """Cubic curves a stroke is made of."""
        return self.points.shape[1] - 3

    def with_points(self, points: Float[Tensor, "strokes control_points 2"]) -> Strokes:
        """The same strokes drawn elsewhere."""
        return replace(self, points=points)

    def select(self, chosen: Bool[Tensor, "strokes"] | Int[Tensor, "chosen"]) -> Strokes:
        """The chosen strokes, by mask or index."""
        return self._each(lambda part: part[chosen])

    def repeat(self, times: int) -> Strokes:
        """All strokes so many times over, set after set."""
        return self._each(lambda part: part.repeat(times, *[1] * (part.ndim - 1)))

    def to(self, device: torch.device | str) -> Strokes:
        """The same strokes on another device."""
        return self._each(lambda part: part.to(device))

    def detach(self) -> Strokes:
        """The same strokes cut off from their gradient history."""
        return self._each(Tensor.detach)

    def curves(self) -> Float[Tensor, "strokes spans 4 2"]:
        """Every stroke as its exact chain of Bezier curves."""
        return chain_of(self.points).unflatten(-2, (self.spans, 4))

    def lengths_mm(self) -> Float[Tensor, "strokes"]:
        """Arc length of every stroke."""
        return bezier.arc_length(self.curves()).sum(-1)

    def _each(self, change: Callable[[Tensor], Tensor]) -> Strokes:
        parts = {entry.name: getattr(self, entry.name) for entry in fields(self)}
        return replace(self, **{name: change(part) for name, part in parts.items() if part is not None})

    def chains(self) -> list[Float[np.ndarray, "spans 4 2"]]:
        """The strokes as float64 numpy chains, for planning the plot."""
        return list(self.detach().curves().double().cpu().numpy())


def chain_of(points: Float[Tensor, "... control_points 2"]) -> Float[Tensor, "... 4*spans 2"]:
    """Control points to the points of the Bezier chain: Beziers pass, B-splines go through their map."""
    spans = points.shape[-2] - 3
    if spans == 1:
        return points
    return torch.as_tensor(bezier.bezier_map(spans), dtype=points.dtype, device=points.device) @ points
