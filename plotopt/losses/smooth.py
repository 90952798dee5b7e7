"""Smoothness: strokes look drawn, not shaken, when their control points are evenly spaced and bend gently."""

from __future__ import annotations

from jaxtyping import Float
from torch import Tensor


def bending(points: Float[Tensor, "strokes control_points 2"]) -> Float[Tensor, "strokes"]:
    """Sum of squared second differences of the control points, in the square of their unit.

    Nought for straight, evenly spaced strokes only. For the points of a uniform B-spline this is its
    squared second derivative at the joints, so it punishes wriggles, knots and bunched points alike.
    """
    second = points[:, 2:] - 2 * points[:, 1:-1] + points[:, :-2]
    return second.square().sum((-1, -2))
