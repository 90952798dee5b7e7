"""What a loss is to the optimisation."""

from __future__ import annotations

from abc import ABC, abstractmethod

import torch
from jaxtyping import Float
from torch import Tensor


class Loss(ABC):
    """Compares a drawing with its target, both in linear light, window by window.

    The value is a sum over the window, not a mean, so that the windows of a page add up to the page.
    """

    #: Windows must be multiples of this, and are laid out on its grid.
    cell_px: int

    @abstractmethod
    def __call__(
        self,
        drawing: Float[Tensor, "views channels height width"],
        target: Float[Tensor, "views channels height width"],
    ) -> Float[Tensor, ""]:
        """The loss of one batch of windows."""

    def to(self, device: torch.device | str) -> Loss:
        """The same loss for drawings on another device."""
        return self

    @abstractmethod
    def line_weight(self, width_px: float) -> float:
        """The loss's second-order term for one pixel of a line's ink: what (line)^2 weighs in it."""
