"""Style loss: the marks of another picture, as the correlations of its features."""

from __future__ import annotations

from collections.abc import Sequence

from jaxtyping import Float
from torch import Tensor

_LEAST = 1e-12


def gram(features: Float[Tensor, "views channels rows columns"]) -> Float[Tensor, "channels channels"]:
    """How strongly channels go together: the mean of their products over all views and positions.

    Gatys et al. 2016's Gram matrix, over the number of positions, so that pictures of any size compare.
    """
    flat = features.transpose(0, 1).flatten(1)
    return flat @ flat.mT / flat.shape[1]


def style_distance(
    drawing: Sequence[Float[Tensor, "views channels rows columns"]],
    style: Sequence[Float[Tensor, "channels channels"]],
) -> Float[Tensor, ""]:
    """Mean over the layers of ``sum (G - S)^2 / sum S^2``, G the drawing's Gram matrix and S the style's."""
    parts = [
        (gram(features) - wanted).square().sum() / wanted.square().sum().clamp(min=_LEAST)
        for features, wanted in zip(drawing, style, strict=True)
    ]
    return sum(parts[1:], start=parts[0]) / len(parts)
