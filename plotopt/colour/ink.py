"""Ink on paper: transmittances of several pens to reflected light."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
import torch
from jaxtyping import Float, UInt8
from torch import Tensor

from plotopt.colour.contrast import ROOM_LIGHT
from plotopt.colour.light import LUMINANCE, STRAIGHT, light_of
from plotopt.colour.oklab import oklab
from plotopt.pens import Pen
from plotopt.stocks import WHITE, Stock

# Below this distance in OKLab, in a room, ink is not seen.
_LEAST_DIFFERENCE = 0.05


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
        light = torch.tensor([light_of(color) for color in (stock.color, *(pen.color for pen in pens))])
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
        ``I * T + ink (1 - T)``. Both are ``J + (I - J) T``, with J the light where the ink is full.
        """
        light = self.bare
        for pen, opaque in enumerate(self.opaque):
            through = transmittance[:, pen, None]
            ink = self.reflectance[pen][:, None, None]
            inked = ink if opaque else ink * light
            # Multiplied out, so that for the first pen only the transmittance is as large as the raster.
            light = torch.addcmul(inked, light - inked, through)
        return light


def grey(light: Float[Tensor, "channels *shape"]) -> Float[Tensor, "*shape"]:
    """The luminance of linear light in one channel or in red, green and blue."""
    return torch.tensordot(light.new_tensor(LUMINANCE if len(light) == 3 else [1.0]), light, 1)


def shows(pen: Pen, stock: Stock) -> bool:
    """Whether the pen's ink differs from the stock at all, be it in hue alone as yellow does from white."""
    return _differ(_inked(pen, stock), torch.tensor(light_of(stock.color)))


def look_alike(pen: Pen, other: Pen, stock: Stock) -> bool:
    """Whether the full inks of two pens can hardly be told apart on the stock, as those of two blacks."""
    return not _differ(_inked(pen, stock), _inked(other, stock))


def _inked(pen: Pen, stock: Stock) -> Float[Tensor, "3"]:
    """The light of the stock under the pen's full ink."""
    ink, paper = (torch.tensor(light_of(each.color)) for each in (pen, stock))
    return ink if pen.opaque else ink * paper


def _differ(light: Float[Tensor, "3"], other: Float[Tensor, "3"]) -> bool:
    one, two = oklab(torch.stack([light, other]), ROOM_LIGHT)
    return float((one - two).norm()) >= _LEAST_DIFFERENCE


def pixels_of(light: Float[Tensor, "3 height width"]) -> UInt8[np.ndarray, "height width 3"]:
    """Linear light as the pixels of a picture, in sRGB."""
    encoded = linear_to_srgb(light.clamp(0, 1)).mul(255).round().byte()
    return np.ascontiguousarray(encoded.permute(1, 2, 0).numpy())


def linear_to_srgb(light: Tensor) -> Tensor:
    """Linear light in [0, 1] to sRGB values in [0, 1] (IEC 61966-2-1); differentiable, with finite slopes."""
    # The power's slope is infinite at nought, where the straight part holds.
    curved = 1.055 * light.clamp(min=STRAIGHT) ** (1 / 2.4) - 0.055
    return torch.where(light <= STRAIGHT, 12.92 * light, curved)
