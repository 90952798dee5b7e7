"""Stroke length: neither specks, which cost a lift of the pen each, nor lines that run away."""

from __future__ import annotations

import math

from jaxtyping import Float
from torch import Tensor

# Between half and twice the usual length a stroke is free.
_FREE = math.log(2)


def stretch(lengths: Float[Tensor, "strokes"], usual: float) -> Float[Tensor, "strokes"]:
    """Square of how far the logarithm of each length over the usual one lies beyond that of 1/2 or 2."""
    ratio = (lengths.clamp(min=1e-3 * usual) / usual).log()
    return (ratio.abs() - _FREE).clamp(min=0).square()
