"""Adam that leaves untouched strokes alone."""

from __future__ import annotations

from dataclasses import dataclass

import torch
from jaxtyping import Float, Int
from torch import Tensor


@dataclass(frozen=True)
class Adam:
    """State of Adam (Kingma and Ba 2015), with one clock a stroke.

    A stroke without a gradient keeps its place and its moments: plain Adam would let it drift on. A stroke
    that was moved starts afresh.
    """

    mean: Float[Tensor, "strokes control_points 2"]
    square: Float[Tensor, "strokes control_points 2"]
    clock: Float[Tensor, "strokes 1 1"]
    betas: tuple[float, float] = (0.9, 0.99)

    @classmethod
    def fresh(cls, points: Float[Tensor, "strokes control_points 2"]) -> Adam:
        """No memory of any stroke."""
        return cls(torch.zeros_like(points), torch.zeros_like(points), points.new_zeros(len(points), 1, 1))

    def to(self, device: torch.device | str) -> Adam:
        """The same state on another device."""
        return Adam(self.mean.to(device), self.square.to(device), self.clock.to(device), self.betas)

    def follow(self, origins: Int[Tensor, "strokes"]) -> Adam:
        """The state for strokes that were these ones before; those that were none, -1, start afresh."""
        kept = (origins >= 0)[:, None, None]
        before = origins.clamp(min=0)
        mean, square, clock = (part[before] * kept for part in (self.mean, self.square, self.clock))
        return Adam(mean, square, clock, self.betas)

    def step(self, points: Tensor, grad: Tensor, size: float | Tensor) -> tuple[Tensor, Adam]:
        """Points moved by about ``size`` (in their unit) against the gradient, and the state after it."""
        b1, b2 = self.betas
        touched = (grad != 0).any(-1, keepdim=True).any(-2, keepdim=True)
        clock = self.clock + touched
        mean = torch.where(touched, b1 * self.mean + (1 - b1) * grad, self.mean)
        square = torch.where(touched, b2 * self.square + (1 - b2) * grad * grad, self.square)
        age = clock.clamp(min=1)
        # Not smaller: the square of a faint gradient is nought before the gradient is.
        scale = (square / (1 - b2**age)).sqrt() + torch.finfo(points.dtype).tiny ** 0.5
        moved = points - size * (mean / (1 - b1**age)) / scale
        return torch.where(touched, moved, points), Adam(mean, square, clock, self.betas)
