"""Strokes that go on in one another: one line for the pen, several strokes for the optimisation."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import torch
from jaxtyping import Bool, Float, Int
from torch import Tensor

#: Control points that two strokes have in common where one goes on in the other.
SHARED = 3
#: Both ends of a stroke can be joints if it has so many spans: then no point is shared twice.
LEAST_SPANS = 3


@dataclass(frozen=True)
class Joints:
    """Where strokes go on in others: the end of stroke ``pairs[i, 0]`` in the start of ``pairs[i, 1]``.

    Both are cubic B-splines of three spans or more. The last three control points of the one are the first
    three of the other, so that the line is as smooth there as anywhere, twice continuously differentiable.
    A stroke has one joint at either end at most. ``laid`` is how many lines were linked to make the line
    of a stroke, told at the first stroke of each; the others have nought.
    """

    pairs: Int[Tensor, "joints 2"]
    laid: Int[Tensor, "strokes"]

    @classmethod
    def along(cls, counts: Sequence[int], laid: Sequence[int]) -> Joints:
        """The joints of lines of so many strokes, numbered line by line, each linked from so many."""
        lengths = np.asarray(counts, np.int64)
        ends = np.cumsum(lengths)
        inner = np.setdiff1d(np.arange(lengths.sum()), ends - 1)
        told = torch.zeros(int(lengths.sum()), dtype=torch.int64)
        told[torch.from_numpy(ends - lengths)] = torch.tensor(laid, dtype=torch.int64)
        return cls(torch.from_numpy(np.stack([inner, inner + 1], axis=1)), told)

    def to(self, device: torch.device | str) -> Joints:
        """The same joints for strokes on another device."""
        return Joints(self.pairs.to(device), self.laid.to(device))

    def select(self, chosen: Bool[Tensor, "strokes"] | Int[Tensor, "chosen"]) -> Joints:
        """The joints between the chosen strokes, which are numbered anew.

        Where a line loses its first stroke, the next one of it that is chosen tells what it was linked from.
        """
        numbers = torch.full((len(self.laid),), -1, device=self.pairs.device)
        numbers[chosen] = torch.arange(len(numbers[chosen]), device=numbers.device)
        pairs = numbers[self.pairs]
        return Joints(pairs[(pairs >= 0).all(1)], self._handed_on(numbers >= 0)[chosen])

    def _handed_on(self, kept: Bool[Tensor, "strokes"]) -> Int[Tensor, "strokes"]:
        """``laid``, where strokes that go have told the next one of their line that is kept."""
        lost = ((self.laid > 0) & ~kept).nonzero()[:, 0].tolist()
        if not lost:
            return self.laid
        told, stays, following = self.laid.clone(), kept.tolist(), dict(self.pairs.tolist())
        for first in lost:
            heir = first
            while not stays[heir] and heir in following:
                heir = following[heir]
            if stays[heir]:
                told[heir] += self.laid[first]
        return told

    def beside(self, other: Joints) -> Joints:
        """The joints of these strokes, and of others that are numbered after them."""
        return Joints(
            torch.cat([self.pairs, other.pairs + len(self.laid)]), torch.cat([self.laid, other.laid])
        )

    def repeat(self, times: int) -> Joints:
        """The joints of all strokes so many times over, set after set."""
        shifts = len(self.laid) * torch.arange(times, device=self.pairs.device)
        return Joints((self.pairs + shifts[:, None, None]).flatten(0, 1), self.laid.repeat(times))

    def members(self) -> Bool[Tensor, "strokes"]:
        """Which strokes have a joint."""
        joined = torch.zeros_like(self.laid, dtype=torch.bool)
        joined[self.pairs.flatten()] = True
        return joined

    def lines(self) -> list[list[int]]:
        """The numbers of the strokes of each line, in their order; lines by their first stroke."""
        following = dict(self.pairs.tolist())
        inner = set(following.values())
        lines = []
        for first in range(len(self.laid)):
            if first not in inner:
                line = [first]
                while line[-1] in following:
                    line.append(following[line[-1]])
                lines.append(line)
        return lines

    def added_up(
        self, gradients: Float[Tensor, "strokes control_points 2"]
    ) -> Float[Tensor, "strokes control_points 2"]:
        """Gradients by the strokes' own points as gradients by those that they share."""
        return self._at_joints(gradients, gradients[self.pairs[:, 0], -SHARED:] + self._starts(gradients))

    def drawn_together(
        self, points: Float[Tensor, "strokes control_points 2"]
    ) -> Float[Tensor, "strokes control_points 2"]:
        """The points with those at joints in the middle of where both strokes have them."""
        return self._at_joints(points, 0.5 * (points[self.pairs[:, 0], -SHARED:] + self._starts(points)))

    def _starts(self, values: Tensor) -> Float[Tensor, "joints shared 2"]:
        return values[self.pairs[:, 1], :SHARED]

    def _at_joints(self, values: Tensor, shared: Float[Tensor, "joints shared 2"]) -> Tensor:
        values = values.clone()
        values[self.pairs[:, 0], -SHARED:] = shared
        values[self.pairs[:, 1], :SHARED] = shared
        return values
