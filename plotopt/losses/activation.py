"""How much a channel of a network likes what it sees."""

from __future__ import annotations

from collections.abc import Sequence

import torch
from jaxtyping import Float
from torch import Tensor


def mean_activation(
    features: Float[Tensor, "views channels rows columns"], channels: Sequence[int], *, center: bool = False
) -> Float[Tensor, "chosen"]:
    """Each chosen channel's mean over all views and the whole map, or over the map's middle alone.

    The middle is one position, or the two or four around it where a side is even. The mean, not the sum
    (Erhan et al. 2009 maximise one unit, Olah et al. 2017 a channel's mean), so that the value does not
    depend on how large the views are.
    """
    chosen = features[:, list(channels)]
    if center:
        rows, columns = (
            torch.arange((side - 1) // 2, side // 2 + 1, device=chosen.device) for side in chosen.shape[-2:]
        )
        chosen = chosen[:, :, rows][:, :, :, columns]
    return chosen.mean((0, 2, 3))
