"""The first strokes where there is no picture to follow: scattered evenly, in every direction."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
import torch
from jaxtyping import Float

from plotopt.page import Rect
from plotopt.strokes import Strokes

# Ink of so large a part of the canvas leaves lines room to move.
_INK_SHARE = 0.2
# A stroke is at least so many pens long, and at most this part of the canvas's shorter side.
_SHORTEST_PENS, _LONGEST_PART = 10.0, 0.3
# A cubic curve is so many pen widths long.
_SPAN_PENS = 6.0
_MOST_SPANS = 6
# Control points stray from a straight line by this part of the stroke's length (standard deviation).
_WOBBLE = 0.05


@dataclass(frozen=True)
class Usual:
    """How long strokes are, in mm, and of how many cubic curves each is made."""

    length_mm: float
    spans: int

    @classmethod
    def of(cls, place: Rect, count: int, pen_mm: float) -> Usual:
        """What ``count`` strokes need so that together they ink a fifth of the place, within limits."""
        even_mm = _INK_SHARE * place.width * place.height / (count * pen_mm)
        longest_mm = _LONGEST_PART * min(place.width, place.height)
        length_mm = min(max(even_mm, _SHORTEST_PENS * pen_mm), longest_mm)
        return cls(length_mm, int(np.clip(math.ceil(length_mm / (_SPAN_PENS * pen_mm)), 1, _MOST_SPANS)))

    @staticmethod
    def room(place: Rect, pen_mm: float) -> int:
        """How many of the shortest strokes ink a fifth of the place; more would only crowd it."""
        return max(1, int(_INK_SHARE * place.width * place.height / (_SHORTEST_PENS * pen_mm**2)))


def scatter(place: Rect, count: int, pen_mm: float, usual: Usual, rng: np.random.Generator) -> Strokes:
    """``count`` strokes about as long as usual, one in every cell of a grid over the place."""
    middles = _middles(place, count, rng)
    angles = rng.uniform(0, np.pi, count)
    along = usual.length_mm * np.stack([np.cos(angles), np.sin(angles)], axis=1)
    # A B-spline's control points reach one knot beyond its ends.
    control_points = usual.spans + 3
    reach = 0.5 if usual.spans == 1 else 0.5 + 1 / usual.spans
    straight = middles[:, None] + along[:, None] * np.linspace(-reach, reach, control_points)[:, None]
    strayed = straight + rng.normal(0, _WOBBLE * usual.length_mm, straight.shape)
    return Strokes.of_pen(torch.from_numpy(strayed).float(), pen_mm)


def _middles(place: Rect, count: int, rng: np.random.Generator) -> Float[np.ndarray, "count 2"]:
    columns = max(1, round(math.sqrt(count * place.width / place.height)))
    rows = math.ceil(count / columns)
    cells = rng.permutation(columns * rows)[:count]
    corners = np.stack([cells % columns, cells // columns], axis=1)
    shares = (corners + rng.uniform(0, 1, (count, 2))) / [columns, rows]
    return np.array([place.left, place.top]) + shares * [place.width, place.height]
