"""Ink on paper: transmittances of several pens to reflected light."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
import torch
from jaxtyping import Float, UInt8
from torch import Tensor

from plotopt.oklab import oklab
from plotopt.pens import Pen
from plotopt.stocks import WHITE, Stock

#: Rec. 709 weights of linear red, green and blue in luminance.
LUMINANCE = (0.2126, 0.7152, 0.0722)
# Papers of less luminance take opaque inks alone.
_DARK = 0.2
_OPAQUE_HINT = ": on dark paper take an opaque one, such as gelly-roll-white-08"
# Below this contrast to the paper, with the stray light of a room added to both, ink is hard to see.
_LEAST_CONTRAST, _STRAY_LIGHT = 1.235, 0.05
# Below this distance in OKLab it is not seen.
_LEAST_DIFFERENCE = 0.05
# Light up to which the sRGB curve is straight.
_STRAIGHT = 0.0031308


@dataclass(frozen=True)
class Inks:
    """What each pen reflects on white where its ink is full, whether it hides what is below, and the paper.

    All in linear light; the paper reflects 1 in every channel unless it is given.
    """

    reflectance: Float[Tensor, "pens channels"]
    opaque: tuple[bool, ...]
    paper: Float[Tensor, "channels"] | None = None

    @classmethod
    def of_pens(cls, pens: Sequence[Pen], channels: int, stock: Stock = WHITE) -> Inks:
        """Inks in layer order; one channel is luminance, three are linear RGB."""
        light = torch.tensor([srgb_to_linear(color) for color in (stock.color, *(pen.color for pen in pens))])
        if channels == 1:
            light = light @ torch.tensor(LUMINANCE)[:, None]
        return cls(
            light[1:], tuple(pen.opaque for pen in pens), None if stock.color == WHITE.color else light[0]
        )

    @property
    def pens(self) -> int:
        """How many there are."""
        return len(self.opaque)

    @property
    def device(self) -> torch.device:
        """Where their light is."""
        return self.reflectance.device

    def to(self, device: torch.device | str) -> Inks:
        """The same inks on another device."""
        paper = None if self.paper is None else self.paper.to(device)
        return replace(self, reflectance=self.reflectance.to(device), paper=paper)

    @property
    def bare(self) -> Float[Tensor, "channels 1 1"]:
        """The light of the paper itself."""
        paper = torch.ones_like(self.reflectance[0]) if self.paper is None else self.paper
        return paper[:, None, None]

    def on_paper(
        self, transmittance: Float[Tensor, "views pens height width"]
    ) -> Float[Tensor, "views channels height width"]:
        """Reflected linear light over the paper.

        Translucent inks multiply, ``I * (ink + (1 - ink) T)``; opaque ones lie over what came before,
        ``I * T + ink (1 - T)``.
        """
        light = self.bare
        for pen, opaque in enumerate(self.opaque):
            through = transmittance[:, pen, None]
            ink = self.reflectance[pen][:, None, None]
            light = light * through + ink * (1 - through) if opaque else light * (ink + (1 - ink) * through)
        return light


def luminance(color: str) -> float:
    """Rec. 709 luminance of ``#rrggbb`` in linear light."""
    return float(np.dot(srgb_to_linear(color), LUMINANCE))


def on_stock(pen: Pen, stock: Stock) -> float:
    """The luminance of a stock under the pen's full ink."""
    return luminance(pen.color) * (1.0 if pen.opaque else luminance(stock.color))


def contrast(pen: Pen, stock: Stock) -> float:
    """How many times brighter the brighter of inked and bare paper is in a room, 1 or more."""
    inked, bare = on_stock(pen, stock) + _STRAY_LIGHT, luminance(stock.color) + _STRAY_LIGHT
    return max(inked, bare) / min(inked, bare)


def shows(pen: Pen, stock: Stock) -> bool:
    """Whether the pen's ink differs from the stock at all, be it in hue alone as yellow does from white."""
    paper = torch.tensor(srgb_to_linear(stock.color))
    ink = torch.tensor(srgb_to_linear(pen.color)) * (1.0 if pen.opaque else paper)
    inked, bare = oklab(torch.stack([ink, paper]), _STRAY_LIGHT)
    return float((inked - bare).norm()) >= _LEAST_DIFFERENCE


def pale_notes(pens: Sequence[Pen], stock: Stock = WHITE) -> tuple[str, ...]:
    """A note for each pen whose luminance hardly differs from that of the paper."""
    return tuple(
        f"the ink of {pen.name} ({pen.color}) hardly shows on {stock.title}, and so in the preview"
        + ("" if pen.opaque or luminance(stock.color) > _DARK else _OPAQUE_HINT)
        for pen in pens
        if contrast(pen, stock) < _LEAST_CONTRAST
    )


def in_plot_order(pens: Sequence[Pen]) -> tuple[Pen, ...]:
    """Pens in the order of their layers: translucent inks first, then light before dark.

    A dark ink drawn first would stain the nib of a light one, and under an opaque one it is hidden.
    """
    return tuple(sorted(pens, key=lambda pen: (pen.opaque, -luminance(pen.color))))


def srgb_to_linear(color: str) -> tuple[float, float, float]:
    """``#rrggbb`` to linear light in [0, 1] (IEC 61966-2-1)."""
    red, green, blue = (int(color[i : i + 2], 16) / 255 for i in (1, 3, 5))
    return _decode(red), _decode(green), _decode(blue)


def _decode(value: float) -> float:
    return value / 12.92 if value <= 0.04045 else ((value + 0.055) / 1.055) ** 2.4


def pixels_of(light: Float[Tensor, "3 height width"]) -> UInt8[np.ndarray, "height width 3"]:
    """Linear light as the pixels of a picture, in sRGB."""
    encoded = linear_to_srgb(light.clamp(0, 1)).mul(255).round().byte()
    return np.ascontiguousarray(encoded.permute(1, 2, 0).numpy())


def linear_to_srgb(light: Tensor) -> Tensor:
    """Linear light in [0, 1] to sRGB values in [0, 1] (IEC 61966-2-1); differentiable, with finite slopes."""
    # The power's slope is infinite at nought, where the straight part holds.
    curved = 1.055 * light.clamp(min=_STRAIGHT) ** (1 / 2.4) - 0.055
    return torch.where(light <= _STRAIGHT, 12.92 * light, curved)
