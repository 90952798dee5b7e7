"""A small drawing that wraps becomes a large one: copies of it, and what makes every copy different."""

from __future__ import annotations

import math

import numpy as np
import torch
from torch import Tensor

from plotopt.canvas import repeated
from plotopt.page import Rect
from plotopt.strokes import Strokes
from plotopt.visualization.scatter import Usual, scatter

# Copies are bent by a sum of so many waves, each one to three cells long.
_WAVES = 6
_WAVELENGTHS = (1.0, 3.0)
# How far they shift strokes, as a part of the cell (root mean square).
_BEND = 0.06
# This part of the strokes is thrown anew, so that new forms grow between the old ones.
_ANEW = 0.08


def copied(strokes: Strokes, cell: Rect, place: Rect) -> Strokes:
    """Copies of the strokes of one cell at the place's corner, as many as fill the place.

    What hangs over from beyond the place's edges is copied as well.
    """
    columns, rows = round(place.width / cell.width), round(place.height / cell.height)
    corner, size = strokes.points.new_tensor([[cell.left, cell.top], [cell.width, cell.height]])
    # Strokes may have wandered far off: a drawing that wraps shows them in their cell all the same.
    astray = ((strokes.points.mean(1) - corner) / size).floor() * size
    home = strokes.with_points(strokes.points - astray[:, None])
    copies = repeated(home, cell, range(-1, columns + 1), range(-1, rows + 1))
    radius = copies.width_mm[:, None] / 2
    low, high = copies.points.amin(1) - radius, copies.points.amax(1) + radius
    corners = low.new_tensor([[place.left, place.top], [place.right, place.bottom]])
    return copies.select(((high > corners[0]) & (low < corners[1])).all(1))


def varied(strokes: Strokes, cell: Rect, place: Rect, usual: Usual, rng: np.random.Generator) -> Strokes:
    """The copies bent smoothly, and some strokes thrown anew: from there they grow apart."""
    points = strokes.points + _waves(strokes.points.mean(1), cell.width, rng)[:, None]
    anew = torch.from_numpy(rng.permutation(len(strokes))[: round(_ANEW * len(strokes))])
    points[anew] = scatter(place, len(anew), 1.0, usual, rng).points
    return strokes.with_points(points)


def _waves(middles: Tensor, side_mm: float, rng: np.random.Generator) -> Tensor:
    shift = torch.zeros_like(middles)
    for _ in range(_WAVES):
        angle, phase = rng.uniform(0, 2 * np.pi, 2)
        number = 2 * np.pi / (side_mm * rng.uniform(*_WAVELENGTHS))
        along = middles.new_tensor([np.cos(angle), np.sin(angle)]) * number
        amplitude = middles.new_tensor(rng.normal(0, 1, 2)) * _BEND * side_mm / math.sqrt(_WAVES)
        shift = shift + torch.sin(middles @ along + phase)[:, None] * amplitude
    return shift
