"""The trainable strokes: control points, nib, opacity and pen, in page millimetres."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, fields, replace
from functools import cache
from typing import Any

import numpy as np
import torch
from jaxtyping import Bool, Float, Int
from torch import Tensor

from plotopt import bezier
from plotopt.joints import Joints
from plotopt.page import Rect
from plotopt.pens import MAX_OPACITY, Pen

# More than rounding in single precision would move a point, and less than a motor's step.
_CLEAR_MM = 1e-3


@dataclass(frozen=True)
class Strokes:
    """Strokes of equally many control points.

    Four control points are one cubic Bezier curve; more are a uniform cubic B-spline of
    ``control_points - 3`` spans. ``width_mm`` is the nib's full width, ``opacity`` lies in [0, 0.999] and
    ``pen`` counts from 0. ``leaning`` is there while strokes choose their pens, see
    :class:`plotopt.colour.palette.Palette`: the higher, the more a stroke leans to that pen. ``joints`` are
    there where strokes go on in one another: each line of them is drawn without lifting the pen.
    """

    points: Float[Tensor, "strokes control_points 2"]
    width_mm: Float[Tensor, "strokes"]
    opacity: Float[Tensor, "strokes"]
    pen: Int[Tensor, "strokes"]
    leaning: Float[Tensor, "strokes pens"] | None = None
    joints: Joints | None = None

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
        """The chosen strokes, by mask or index, with the joints between them."""
        joints = self.joints and self.joints.select(chosen)
        return replace(self._each(lambda part: part[chosen]), joints=joints)

    def repeat(self, times: int) -> Strokes:
        """All strokes so many times over, set after set."""
        joints = self.joints and self.joints.repeat(times)
        return replace(self._each(lambda part: part.repeat(times, *[1] * (part.ndim - 1))), joints=joints)

    def beside(self, other: Strokes) -> Strokes:
        """These strokes and then others, pens decided; those without joints are lines of their own."""
        parts = {
            name: torch.cat([getattr(self, name), getattr(other, name)])
            for name in ("points", "width_mm", "opacity", "pen")
        }
        one, more = (
            each.joints or Joints.along([1] * len(each), [1] * len(each)).to(each.pen.device)
            for each in (self, other)
        )
        return Strokes(**parts, joints=one.beside(more))

    def to(self, device: torch.device | str) -> Strokes:
        """The same strokes on another device."""
        return replace(
            self._each(lambda part: part.to(device)), joints=self.joints and self.joints.to(device)
        )

    def apart(self) -> Strokes:
        """The same strokes without their joints, each on its own."""
        return replace(self, joints=None)

    def joined(self) -> Bool[Tensor, "strokes"]:
        """Which strokes go on in another, or another in them."""
        return self.joints.members() if self.joints else torch.zeros_like(self.pen, dtype=torch.bool)

    def moved_to(self, points: Float[Tensor, "strokes control_points 2"]) -> Strokes:
        """The strokes with other points, those at joints in the middle of where both strokes have them."""
        return self.with_points(self.joints.drawn_together(points) if self.joints else points)

    def inside(self, place: Rect) -> Strokes:
        """The strokes with their points moved so far into a place that none of their ink leaves it.

        Curves lie within the hull of their points, so none is ever clipped.
        """
        reach = (0.5 * self.width_mm + _CLEAR_MM)[:, None]
        low = torch.cat([place.left + reach, place.top + reach], 1)
        high = torch.cat([place.right - reach, place.bottom - reach], 1)
        return self.with_points(self.points.clamp(low[:, None], high[:, None]))

    def detach(self) -> Strokes:
        """The same strokes cut off from their gradient history."""
        return self._each(Tensor.detach)

    def contiguous(self) -> Strokes:
        """The same strokes, every tensor in one piece of memory.

        Sums are taken in an order that depends on it, so that strokes that were read from a file would
        differ in the last bit from those that were not.
        """
        return self._each(Tensor.contiguous)

    def decided(self) -> Strokes:
        """The same strokes, those that have not chosen yet numbered as of the pen that they lean to most.

        Width and opacity stay as they are; :meth:`plotopt.colour.palette.Palette.decided` has that pen's.
        """
        if self.leaning is None:
            return self
        return replace(self, pen=self.leaning.argmax(1), leaning=None)

    def curves(self) -> Float[Tensor, "strokes spans 4 2"]:
        """Every stroke as its exact chain of Bezier curves."""
        return chain_of(self.points).unflatten(-2, (self.spans, 4))

    def lengths_mm(self) -> Float[Tensor, "strokes"]:
        """Arc length of every stroke."""
        return bezier.arc_length(self.curves()).sum(-1)

    def _each(self, change: Callable[[Tensor], Tensor]) -> Strokes:
        parts = {entry.name: getattr(self, entry.name) for entry in fields(self)}
        changed: dict[str, Any] = {
            name: change(part) for name, part in parts.items() if isinstance(part, Tensor)
        }
        return replace(self, **changed)

    def chains(self) -> list[Float[np.ndarray, "curves 4 2"]]:
        """The lines as float64 numpy chains, for planning the plot."""
        curves = self.detach().curves().double().cpu().numpy()
        if not self.joints:
            return list(curves)
        # Both strokes have the joint in the same place but for rounding.
        before, after = self.joints.pairs.cpu().numpy().T
        curves[after, 0, 0] = curves[before, -1, 3]
        return [np.concatenate(curves[line]) for line in self.lines()]

    def lines(self) -> list[list[int]]:
        """The numbers of the strokes of each line, in their order."""
        return self.joints.lines() if self.joints else [[number] for number in range(len(self))]

    def of_lines(self, holds: Sequence[bool]) -> Bool[Tensor, "strokes"]:
        """For each stroke what ``holds`` for its line."""
        mask = torch.zeros_like(self.pen, dtype=torch.bool)
        for line, told in zip(self.lines(), holds, strict=True):
            mask[line] = told
        return mask

    def laid(self) -> list[int]:
        """How many strokes, as they were laid first, each of the :meth:`chains` was linked from."""
        if not self.joints:
            return [1] * len(self)
        told = self.joints.laid.tolist()
        return [max(1, sum(told[number] for number in line)) for line in self.lines()]


def chain_of(points: Float[Tensor, "... control_points 2"]) -> Float[Tensor, "... 4*spans 2"]:
    """Control points to the points of the Bezier chain: Beziers pass, B-splines go through their map."""
    spans = points.shape[-2] - 3
    if spans == 1:
        return points
    return _map_on(spans, points.dtype, points.device) @ points


@cache
def _map_on(spans: int, dtype: torch.dtype, device: torch.device) -> Float[Tensor, "4*spans control_points"]:
    """The map in a device's memory; to bring it there anew each time would wait for it."""
    with torch.inference_mode(False):
        return torch.as_tensor(bezier.bezier_map(spans), dtype=dtype, device=device)
