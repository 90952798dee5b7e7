"""Ink on paper: transmittances of several pens to reflected light."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import torch
from jaxtyping import Float
from torch import Tensor

from plotopt.pens import Pen

#: Rec. 709 weights of linear red, green and blue in luminance.
LUMINANCE = (0.2126, 0.7152, 0.0722)
# Ink of this luminance and above is hard to see on white.
_PALE = 0.8
# Light up to which the sRGB curve is straight.
_STRAIGHT = 0.0031308


@dataclass(frozen=True)
class Inks:
    """What each pen reflects where its ink is full, in linear light, and whether it hides what is below."""

    reflectance: Float[Tensor, "pens channels"]
    opaque: tuple[bool, ...]

    @classmethod
    def of_pens(cls, pens: Sequence[Pen], channels: int) -> Inks:
        """Inks in layer order; one channel is luminance, three are linear RGB."""
        rgb = torch.tensor([srgb_to_linear(pen.color) for pen in pens])
        reflectance = rgb if channels == 3 else rgb @ torch.tensor(LUMINANCE)[:, None]
        return cls(reflectance, tuple(pen.opaque for pen in pens))

    @property
    def pens(self) -> int:
        """How many there are."""
        return len(self.opaque)

    def on_paper(
        self, transmittance: Float[Tensor, "views pens height width"]
    ) -> Float[Tensor, "views channels height width"]:
        """Reflected linear light over white paper.

        Translucent inks multiply, ``I * (ink + (1 - ink) T)``; opaque ones lie over what came before,
        ``I * T + ink (1 - T)``.
        """
        light: Tensor | float = 1.0
        for pen, opaque in enumerate(self.opaque):
            through = transmittance[:, pen, None]
            ink = self.reflectance[pen][:, None, None]
            light = light * through + ink * (1 - through) if opaque else light * (ink + (1 - ink) * through)
        return torch.as_tensor(light)


def pale_notes(pens: Sequence[Pen]) -> tuple[str, ...]:
    """A note for each pen that hardly shows on white paper."""
    return tuple(
        f"ink of {pen.color} hardly shows on white paper, and so in the preview"
        for pen in pens
        if float(np.dot(srgb_to_linear(pen.color), LUMINANCE)) >= _PALE
    )


def srgb_to_linear(color: str) -> tuple[float, float, float]:
    """``#rrggbb`` to linear light in [0, 1] (IEC 61966-2-1)."""
    red, green, blue = (int(color[i : i + 2], 16) / 255 for i in (1, 3, 5))
    return _decode(red), _decode(green), _decode(blue)


def _decode(value: float) -> float:
    return value / 12.92 if value <= 0.04045 else ((value + 0.055) / 1.055) ** 2.4


def linear_to_srgb(light: Tensor) -> Tensor:
    """Linear light in [0, 1] to sRGB values in [0, 1] (IEC 61966-2-1); differentiable, with finite slopes."""
    # The power's slope is infinite at nought, where the straight part holds.
    curved = 1.055 * light.clamp(min=_STRAIGHT) ** (1 / 2.4) - 0.055
    return torch.where(light <= _STRAIGHT, 12.92 * light, curved)
