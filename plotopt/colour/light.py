"""Linear light and sRGB, with nothing but numpy (IEC 61966-2-1)."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from jaxtyping import Float
from numpy import ndarray

#: Rec. 709 weights of linear red, green and blue in luminance.
LUMINANCE = (0.2126, 0.7152, 0.0722)
# Encoded and linear values up to which the curve is straight.
_STRAIGHT_ENCODED, STRAIGHT = 0.04045, 0.0031308


def decoded(encoded: Float[ndarray, "..."]) -> Float[ndarray, "..."]:
    """sRGB values in [0, 1] to linear light in [0, 1]."""
    return np.where(encoded <= _STRAIGHT_ENCODED, encoded / 12.92, ((encoded + 0.055) / 1.055) ** 2.4)


def encoded(light: Float[ndarray, "..."]) -> Float[ndarray, "..."]:
    """Linear light to sRGB values in [0, 1]; white is exactly 1, and what is out of range its nearest."""
    light = np.clip(light, 0, 1)
    return np.where(light <= STRAIGHT, 12.92 * light, 1 - 1.055 * (1 - light ** (1 / 2.4)))


def light_of(color: str) -> tuple[float, float, float]:
    """``#rrggbb`` to linear light in [0, 1]."""
    red, green, blue = decoded(np.array([int(color[i : i + 2], 16) for i in (1, 3, 5)]) / 255).tolist()
    return red, green, blue


def color_of(light: Sequence[float] | Float[ndarray, "3"]) -> str:
    """Linear light as ``#rrggbb``, what is out of range brought to its nearest."""
    return "#" + "".join(f"{round(255 * value):02x}" for value in encoded(np.asarray(light)).tolist())


def luminance(color: str) -> float:
    """Rec. 709 luminance of ``#rrggbb`` in linear light."""
    return float(np.dot(light_of(color), LUMINANCE))
