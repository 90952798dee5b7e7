"""Soaked paper: more ink in one place than the sheet bears."""

from __future__ import annotations

from dataclasses import replace

import torch
from jaxtyping import Float
from torch import Tensor
from torch.nn.functional import avg_pool2d

from plotopt.page import Rect
from plotopt.render import render
from plotopt.strokes import Strokes
from plotopt.view import View

#: Ink spreads through paper over about this distance.
CELL_MM = 2.0
# So faint a stroke darkens in proportion, however many lie over each other: -log T counts coats.
_FAINT = 0.01
_PIXELS_A_CELL = 2


def coats(strokes: Strokes, place: Rect) -> Float[Tensor, "rows columns"]:
    """Line area per page area in cells of 2 mm over the place; differentiable by the strokes' points."""
    pixel_mm = CELL_MM / _PIXELS_A_CELL
    columns, rows = (max(1, round(side / CELL_MM)) * _PIXELS_A_CELL for side in (place.width, place.height))
    view = View(place.left, place.top, columns, rows, pixel_mm)
    faint = replace(
        strokes,
        opacity=torch.full_like(strokes.opacity, _FAINT),
        pen=torch.zeros_like(strokes.pen),
        leaning=None,
    )
    through = render(faint, [view], pens=1)[0]
    return avg_pool2d(-through.log() / _FAINT, _PIXELS_A_CELL)[0]


def soak(strokes: Strokes, place: Rect, limit: float) -> Float[Tensor, ""]:
    """The sum of squared coats beyond the limit, in square millimetres."""
    return CELL_MM**2 * (coats(strokes, place) - limit).clamp(min=0).square().sum()
