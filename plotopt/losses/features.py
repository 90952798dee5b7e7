"""Feature loss: drawing and target compared as a vision network sees them."""

from __future__ import annotations

from collections.abc import Sequence

from jaxtyping import Float
from torch import Tensor

_LEAST = 1e-6


def feature_distance(
    drawing: Sequence[Float[Tensor, "views channels rows columns"]],
    target: Sequence[Float[Tensor, "views channels rows columns"]],
) -> Float[Tensor, ""]:
    """Mean over the layers of the squared distance between two sets of features, as parts of the target's.

    For each layer ``sum (F - G)^2 / sum G^2`` (Gatys et al. 2016's content loss, with every layer brought
    to one scale): 0 for the same picture, about 1 for an unrelated one of like strength.
    """
    parts = [
        (mine - theirs).square().sum() / theirs.square().sum().clamp(min=_LEAST)
        for mine, theirs in zip(drawing, target, strict=True)
    ]
    return sum(parts[1:], start=parts[0]) / len(parts)
