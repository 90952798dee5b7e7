"""Dark and light on a card: how sharp its marks are, and what the row of squares at its foot says."""

from __future__ import annotations

import numpy as np
from jaxtyping import Float
from numpy import ndarray

from plotopt.calibration.sheet import Sheet
from plotopt.page import Rect
from plotopt.testcard.card import MODULE, code_cells, marks

# Of the ink's darkness: a cell that lies between is neither light nor dark.
_CELL_LIGHT, _CELL_DARK = 0.3, 0.5


def ring_ink(sheet: Sheet) -> Float[ndarray, "3"]:
    """The mean light of the marks' rings, relative to the paper."""
    half = 0.3 * MODULE
    sides = [mark.inset(MODULE / 2) for mark in marks()]
    bars = [
        Rect(x - half, side.top, x + half, side.bottom) for side in sides for x in (side.left, side.right)
    ]
    return np.mean([sheet.mean(bar) for bar in bars], axis=0)


def _darkness(sheet: Sheet, place: Rect, ink: Float[ndarray, "3"]) -> float:
    """0 for paper, 1 for what the marks' rings are like; for ink lighter than the paper, too."""
    depth = 1 - ink
    return float((1 - sheet.mean(place)) @ depth / max(depth @ depth, 1e-9))


def blur(sheet: Sheet) -> float:
    """How dark the light rings of the marks are in their middle, by the dark rings; 0 in a sharp picture."""
    ink, half = ring_ink(sheet), 0.15 * MODULE
    gaps = [mark.inset(1.5 * MODULE) for mark in marks()]
    bars = [Rect(x - half, gap.top, x + half, gap.bottom) for gap in gaps for x in (gap.left, gap.right)]
    return float(np.mean([_darkness(sheet, bar, ink) for bar in bars]))


def read_code(sheet: Sheet) -> tuple[bool, ...]:
    """The cells at the card's foot, nothing where one of them is neither light nor dark."""
    ink = ring_ink(sheet)
    dark = [_darkness(sheet, cell.inset(cell.width / 5), ink) for cell in code_cells()]
    if any(_CELL_LIGHT < each < _CELL_DARK for each in dark):
        return ()
    return tuple(each >= _CELL_DARK for each in dark)
