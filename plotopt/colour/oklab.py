"""OKLab, a colour space in which equal distances look about equally large.

Source: Bjoern Ottosson, "A perceptual color space for image processing", 2020. Linear sRGB is mixed to the
response of the eye's cones, compressed by a cube root, and mixed again to lightness L (0 to 1 for greys,
the cube root of luminance), green-red a and blue-yellow b (each about -0.4 to 0.4).
"""

from __future__ import annotations

from typing import NamedTuple

import torch
from jaxtyping import Float
from torch import Tensor

_TO_CONES = (
    (0.4122214708, 0.5363325363, 0.0514459929),
    (0.2119034982, 0.6806995451, 0.1073969566),
    (0.0883024619, 0.2817188376, 0.6299787005),
)
_TO_LAB = (
    (0.2104542553, 0.7936177850, -0.0040720468),
    (1.9779984951, -2.4285922050, 0.4505937099),
    (0.0259040371, 0.7827717662, -0.8086757660),
)
#: Light that a room's own adds to whatever is looked at; it also keeps the root's slope finite.
STRAY_LIGHT = 0.004


class Mixes(NamedTuple):
    """The two mixtures, to the cones' response and from its cube root, each as columns."""

    to_cones: Float[Tensor, "3 3"]
    to_lab: Float[Tensor, "3 3"]

    @classmethod
    def on(cls, device: torch.device | str = "cpu") -> Mixes:
        """In single precision on a device."""
        return cls(*(torch.tensor(rows, device=device).T for rows in (_TO_CONES, _TO_LAB)))


def oklab(
    linear: Float[Tensor, "... 3"], stray_light: float = STRAY_LIGHT, mixes: Mixes | None = None
) -> Float[Tensor, "... 3"]:
    """Linear sRGB of nought or more to OKLab; differentiable, smooth at black where there is stray light.

    Without ``mixes`` on the light's own device they are brought there, which waits for a graphics card.
    """
    to_cones, to_lab = (mix.to(linear) for mix in mixes or Mixes.on("cpu"))
    return ((linear.clamp(min=0) + stray_light) @ to_cones) ** (1 / 3) @ to_lab
