"""The tone curve from a picture's light to the reflectance that its drawing shall show."""

from __future__ import annotations

from dataclasses import dataclass
from math import isfinite

import numpy as np
from jaxtyping import Float
from numpy import ndarray

from plotopt.errors import PlotoptError

# Linear light of the sRGB value 0.5: the tone that contrast turns about.
_MID_GREY = 0.2140
# A picture whose levels lie closer than this, as linear ** (1/2.4), holds nothing to stretch.
_FLAT = 0.12


@dataclass(frozen=True)
class Tone:
    """A rising curve from linear light in 0..1 to the reflectance a drawing shall show; 1 stays exactly 1.

    Three steps. *Levels*: the luminances at percentiles ``clip_percent`` and ``100 - clip_percent`` become
    black and white, unless the picture is flat. *Contrast*: the odds ``x / (1 - x)`` are raised to the
    power ``contrast`` about mid-grey, so 1 changes nothing and more is a steeper S-curve. *Reflectance*:
    ``darkest + (1 - darkest) * x ** (1 / gamma)``.

    ``gamma`` (0.2 to 5) lightens middle tones: in linear light, sRGB mid-grey would need 79 % of black
    ink, which looks much too dark on paper; at 2.2 it needs 46 %. ``darkest`` (0 to 0.9) is the
    reflectance left in full black, so that ink does not soak the paper. ``contrast`` lies in 0.2 to 5,
    ``clip_percent`` in 0 to 20. Values outside raise PlotoptError.
    """

    gamma: float = 2.2
    contrast: float = 1.0
    darkest: float = 0.08
    clip_percent: float = 0.5

    def __post_init__(self):
        _check_range("gamma", self.gamma, 0.2, 5)
        _check_range("contrast", self.contrast, 0.2, 5)
        _check_range("darkest", self.darkest, 0, 0.9)
        _check_range("clip_percent", self.clip_percent, 0, 20)

    def levels(self, luminance: Float[ndarray, "height width"]) -> tuple[float, float]:
        """The linear light that becomes black and white; (0, 1) for a flat picture."""
        low, high = np.percentile(luminance, [self.clip_percent, 100 - self.clip_percent]).clip(0, 1)
        if high ** (1 / 2.4) - low ** (1 / 2.4) < _FLAT:
            return 0.0, 1.0
        return float(low), float(high)

    def reflectance(self, linear: ndarray, levels: tuple[float, float] = (0.0, 1.0)) -> ndarray:
        """The curve applied elementwise to linear light; same shape and dtype."""
        black, white = levels
        light = np.clip((linear - black) / (white - black), 0, 1)
        if self.contrast != 1:
            bright, dark = light**self.contrast, (1 - light) ** self.contrast
            light = bright / (bright + dark * (_MID_GREY / (1 - _MID_GREY)) ** (self.contrast - 1))
        # Subtracted from 1, so that rounding cannot leave a trace of ink on white.
        return 1 - (1 - self.darkest) * (1 - light ** (1 / self.gamma))


def _check_range(name: str, value: float, low: float, high: float) -> None:
    if not (isfinite(value) and low <= value <= high):
        raise PlotoptError(f"{name} is {value}; give {low} to {high}")
