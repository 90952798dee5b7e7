"""Adam that leaves untouched strokes alone."""

from __future__ import annotations

from dataclasses import dataclass

import numba
import numpy as np
import torch
from jaxtyping import Float, Int
from torch import Tensor

from plotopt.hands import deal, fits_kernels

# How long one thread takes for a coordinate of a control point, in us.
_COORDINATE_US = 0.01
_ONE = np.float32(1)
# The square of a faint gradient is nought before the gradient is, so the scale is never smaller.
_LEAST = np.sqrt(np.finfo(np.float32).tiny)


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
        """Points moved by about ``size`` (in their unit) against the gradient, and the state after it.

        In single precision on the CPU a compiled kernel does it, stroke by stroke.
        """
        if fits_kernels(points):
            return self._stepped(points, grad, float(size))
        return self.reference_step(points, grad, size)

    def reference_step(self, points: Tensor, grad: Tensor, size: float | Tensor) -> tuple[Tensor, Adam]:
        """The same as its definition reads, for other devices and for tests."""
        b1, b2 = self.betas
        touched = (grad != 0).any(-1, keepdim=True).any(-2, keepdim=True)
        clock = self.clock + touched
        mean = torch.where(touched, b1 * self.mean + (1 - b1) * grad, self.mean)
        square = torch.where(touched, b2 * self.square + (1 - b2) * grad * grad, self.square)
        age = clock.clamp(min=1)
        scale = (square / (1 - b2**age)).sqrt() + torch.finfo(points.dtype).tiny ** 0.5
        moved = points - size * (mean / (1 - b1**age)) / scale
        return torch.where(touched, moved, points), Adam(mean, square, clock, self.betas)

    def _stepped(self, points: Tensor, grad: Tensor, size: float) -> tuple[Tensor, Adam]:
        parts = (points, self.mean, self.square, self.clock)
        moved, *state = (part.detach().clone(memory_format=torch.contiguous_format) for part in parts)
        arrays, pulls = tuple(part.numpy() for part in (moved, *state)), grad.detach().contiguous().numpy()
        terms = tuple(map(np.float32, (size, *self.betas)))
        deal(lambda hand, hands: _step(hand, hands, pulls, arrays, terms), _COORDINATE_US * points.numel())
        mean, square, clock = state
        return moved, Adam(mean, square, clock, self.betas)


@numba.njit(cache=True, nogil=True, error_model="numpy")
def _step(hand, hands, grad, state, terms):
    """Move the points of one hand's strokes, and their mean, square and clock with them."""
    points, mean, square, clock = state
    size, b1, b2 = terms
    for i in range(hand, len(points), hands):
        touched = False
        for k in range(points.shape[1]):
            for axis in range(points.shape[2]):
                touched |= grad[i, k, axis] != 0
        if not touched:
            continue
        clock[i, 0, 0] += _ONE
        rate = size / (_ONE - b1 ** clock[i, 0, 0])
        known = _ONE / (_ONE - b2 ** clock[i, 0, 0])
        for k in range(points.shape[1]):
            for axis in range(points.shape[2]):
                pull = grad[i, k, axis]
                mean[i, k, axis] += (_ONE - b1) * (pull - mean[i, k, axis])
                square[i, k, axis] += (_ONE - b2) * (pull * pull - square[i, k, axis])
                points[i, k, axis] -= rate * mean[i, k, axis] / (np.sqrt(known * square[i, k, axis]) + _LEAST)
