"""Smoothness: strokes look drawn, not shaken, when their control points are evenly spaced and bend gently."""

from __future__ import annotations

from jaxtyping import Float
from torch import Tensor
from torch.nn.functional import pad


def bending(points: Float[Tensor, "strokes control_points 2"]) -> Float[Tensor, "strokes"]:
    """Sum of squared second differences of the control points, in the square of their unit.

    Nought for straight, evenly spaced strokes only. For the points of a uniform B-spline this is its
    squared second derivative at the joints, so it punishes wriggles, knots and bunched points alike.
    """
    return _second_differences(points).square().sum((-1, -2))


def unbending(points: Float[Tensor, "strokes control_points 2"]) -> Float[Tensor, "strokes control_points 2"]:
    """The gradient of :func:`bending` by the control points: twice their second differences' own.

    A second difference is its own transpose but for the ends, where there is nought to either side.
    """
    return 2 * _second_differences(pad(_second_differences(points), (0, 0, 2, 2)))


def _second_differences(values: Float[Tensor, "strokes n 2"]) -> Float[Tensor, "strokes n-2 2"]:
    return values[:, 2:] - 2 * values[:, 1:-1] + values[:, :-2]
