"""Where a drawing deserves more and shorter strokes."""

from __future__ import annotations

from abc import ABC, abstractmethod
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
from jaxtyping import Float
from numpy import ndarray
from scipy import ndimage

from plotopt.blurring import blurred
from plotopt.maps import Ground, fitted, read_map
from plotopt.picture import Picture

_GRADIENT_SIGMA_PX = 1.5
_AROUND_PX = 8.0
_BUSY = 1.5
# What a map or saliency can do goes further: eyes are few, and drawn with care.
_KEEN = 3.0
# Strokes on white parts of a map are so many times shorter than on its black parts.
_CHARTED = 4.0
# Spectral residual, as published: a picture of this size, its spectrum smoothed over 3 x 3, then a blur.
_SPECTRAL_PX = 64
_SPECTRAL_WINDOW = 3
_SPECTRAL_SIGMA_PX = 2.5


class Attention(ABC):
    """How many times over a line's length counts where. Its text is what :func:`read_attention` reads."""

    def opened(self, picture: Picture) -> Attention:
        """The same with its file read, for that picture."""
        return self

    @abstractmethod
    def detail(self, ground: Ground) -> Float[ndarray, "height width"]:
        """1 where strokes are longest, or more: so much shorter they are, and so many more."""


@dataclass(frozen=True)
class Busy(Attention):
    """The busier the picture, the shorter the strokes."""

    def __str__(self) -> str:
        return "busy"

    def detail(self, ground: Ground) -> Float[ndarray, "height width"]:
        return busyness(ground.tone)


@dataclass(frozen=True)
class Even(Attention):
    """Strokes of one length everywhere."""

    def __str__(self) -> str:
        return "off"

    def detail(self, ground: Ground) -> Float[ndarray, "height width"]:
        return np.ones_like(ground.tone)


@dataclass(frozen=True)
class Salient(Attention):
    """Short strokes where a picture is busy and draws the eye."""

    def __str__(self) -> str:
        return "auto"

    def detail(self, ground: Ground) -> Float[ndarray, "height width"]:
        return 1 + _KEEN * _ranked(busyness(ground.tone) - 1) * _ranked(saliency(ground.tone)) ** 0.5


@dataclass(frozen=True)
class Charted(Attention):
    """As a map says: white for more and shorter strokes, black for fewer and longer ones."""

    path: Path
    chart: Float[ndarray, "rows columns"] | None = None

    def __str__(self) -> str:
        return str(self.path)

    def opened(self, picture: Picture) -> Attention:
        return replace(self, chart=read_map(self.path, "detail map", picture))

    def detail(self, ground: Ground) -> Float[ndarray, "height width"]:
        assert self.chart is not None
        return _CHARTED ** ground.lay(self.chart).clip(0, 1)


def read_attention(text: str) -> Attention:
    """``busy``, ``auto``, ``off``, or else the file of a map."""
    words = {"busy": Busy(), "auto": Salient(), "off": Even()}
    return words.get(text.strip().lower()) or Charted(Path(text))


def busyness(tone: Float[ndarray, "height width"]) -> Float[ndarray, "height width"]:
    """How busy a picture is around each pixel, from 1 in flat parts to 1 + _BUSY in the busiest.

    Strokes in busy parts are so much shorter, and therefore more: eyes and mouths need them.
    """
    slope = ndimage.gaussian_gradient_magnitude(tone, _GRADIENT_SIGMA_PX)
    around = blurred(slope, _AROUND_PX)
    return 1 + _BUSY * np.minimum(around / max(np.percentile(around, 97), 1e-6), 1)


def saliency(tone: Float[ndarray, "height width"]) -> Float[ndarray, "height width"]:
    """What draws the eye, 0 or more, by spectral residual.

    X. Hou and L. Zhang, Saliency detection: a spectral residual approach, CVPR 2007: what the logarithm of
    a small copy's spectrum has beyond its local average, taken back with the phase as it is, and squared.
    """
    scale = _SPECTRAL_PX / max(tone.shape)
    small = fitted(tone, tuple(max(4, round(side * scale)) for side in tone.shape))
    spectrum = np.fft.fft2(small)
    height = np.log(np.abs(spectrum) + 1e-9)
    residual = height - ndimage.uniform_filter(height, _SPECTRAL_WINDOW, mode="wrap")
    # The mean tone stands out of every spectrum, and would drown the rest.
    residual[0, 0] = -np.inf
    back = np.abs(np.fft.ifft2(np.exp(residual + 1j * np.angle(spectrum)))) ** 2
    return fitted(ndimage.gaussian_filter(back, _SPECTRAL_SIGMA_PX), tone.shape)


def _ranked(values: ndarray) -> ndarray:
    """Scaled to 0 at the calmest tenth and 1 at the strongest few per cent."""
    low, high = np.percentile(values, [10, 97])
    return ((values - low) / max(high - low, 1e-6)).clip(0, 1)
