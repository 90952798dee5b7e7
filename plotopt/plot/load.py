"""How much ink lies where: millimetres of line per square millimetre, and coats of ink."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np
from jaxtyping import Float
from numba import njit
from numpy import ndarray

from plotopt.page import Page
from plotopt.plot import heat_map
from plotopt.plot.chains import flatten
from plotopt.plot.plan import Layer
from plotopt.stocks import Stock

if TYPE_CHECKING:
    from PIL import Image

#: What to do about too much ink.
REMEDY = "use fewer strokes, a finer pen or heavier paper"

_TOLERANCE_MM = 0.01
_MOST_CELLS = 4_000_000
_EDGE = 1e-9


@dataclass(frozen=True, eq=False)
class InkLoad:
    """The page in square cells ``cell_mm`` wide, the first at its top left corner.

    ``mm_per_mm2`` is the length of line in a cell, divided by its area. ``coats`` is that times the nib's
    width, added up over the pens: as many layers of ink as lie there on average. A last row or column that
    hangs over the page's edge counts as a whole one.
    """

    cell_mm: float
    mm_per_mm2: Float[ndarray, "rows columns"] = field(repr=False)
    coats: Float[ndarray, "rows columns"] = field(repr=False)

    @property
    def most_coats(self) -> float:
        return float(self.coats.max())

    @property
    def most_at_mm(self) -> tuple[float, float]:
        """The middle of the cell with most ink, from the page's left and top."""
        row, column = heat_map.darkest(self.coats)
        return (column + 0.5) * self.cell_mm, (row + 0.5) * self.cell_mm

    def over_mm2(self, limit: float) -> float:
        """The area of all cells with more coats than ``limit``."""
        return int((self.coats > limit).sum()) * self.cell_mm**2

    def picture(self, stock: Stock, px_per_cell: int | None = None) -> Image.Image:
        """A heat map of the coats in RGB, with a legend on which the stock's limit is marked.

        Without ``px_per_cell`` the page's longer side takes some 800 pixels.
        """
        return heat_map.draw(self.coats, self.cell_mm, stock, px_per_cell)


def ink_load(layers: Sequence[Layer], page: Page, cell_mm: float = 2.0) -> InkLoad:
    """The ink of all layers on a page; what lies beyond its edges is left out.

    A page of more than 4 million cells gets larger ones.
    """
    cell_mm = max(cell_mm, float(np.sqrt(page.width_mm * page.height_mm / _MOST_CELLS)))
    shape = int(np.ceil(page.height_mm / cell_mm)), int(np.ceil(page.width_mm / cell_mm))
    length, coats = np.zeros(shape), np.zeros(shape)
    for layer in layers:
        lines = flatten(layer.chains, _TOLERANCE_MM)
        own = np.zeros(shape)
        _lay(lines.points / cell_mm, lines.starts, own)
        length += own
        coats += own * layer.pen.width_mm
    # Lengths are in cells and so are areas.
    return InkLoad(cell_mm, length / cell_mm, coats / cell_mm)


def load_notes(load: InkLoad, stock: Stock, remedy: str = REMEDY) -> tuple[str, ...]:
    """A warning where there is more ink than the stock bears, as it is told to a tenth; else nothing."""
    if min(load.most_coats, round(load.most_coats, 1)) <= stock.ink_limit:
        return ()
    area, (x, y) = load.over_mm2(stock.ink_limit), load.most_at_mm
    return (
        f"{area:,.0f} mm2, first of all near {x:.0f}, {y:.0f} mm, take up to {load.most_coats:.1f} coats of "
        f"ink, {stock.ink_limit:g} is what {stock.title} bears: {remedy}",
    )


@njit(cache=True)
def _lay(points: Float[ndarray, "vertices 2"], starts: ndarray, load: ndarray) -> None:
    """Add to each cell the length of line in it; ``points`` are in cells, and so are lengths."""
    for i in range(len(starts) - 1):
        for j in range(starts[i], starts[i + 1] - 1):
            start, step = points[j], points[j + 1] - points[j]
            _lay_segment(start, step, load)


@njit(cache=True)
def _lay_segment(start, step, load):
    """Walk from border to border; parameters run from 0 to 1 along the segment."""
    t, end = _inside(start, step, load.shape)
    length = np.hypot(step[0], step[1])
    next_x, next_y = _first_border(start[0], step[0], t), _first_border(start[1], step[1], t)
    # As many cells as a straight way can pass: rounding may not keep the walk from its end.
    for _ in range(sum(load.shape) + 2):
        if t >= end:
            break
        until = min(next_x, next_y, end)
        # The middle of the way lies inside a cell, whatever rounding does to the borders.
        column = int(start[0] + 0.5 * (t + until) * step[0])
        row = int(start[1] + 0.5 * (t + until) * step[1])
        load[min(row, load.shape[0] - 1), min(column, load.shape[1] - 1)] += (until - t) * length
        t = until
        if next_x <= t:
            next_x += 1 / abs(step[0])
        if next_y <= t:
            next_y += 1 / abs(step[1])


@njit(cache=True)
def _inside(start, step, shape):
    """The parameters between which a segment lies on the raster (Liang and Barsky); empty: the first is 1."""
    low, high = 0.0, 1.0
    for axis in range(2):
        # Lines along the very edge lie on the page.
        least, most = -_EDGE - start[axis], shape[1 - axis] + _EDGE - start[axis]
        if step[axis] == 0:
            if least > 0 or most < 0:
                return 1.0, 0.0
            continue
        enter, leave = least / step[axis], most / step[axis]
        low, high = max(low, min(enter, leave)), min(high, max(enter, leave))
    return low, high


@njit(cache=True)
def _first_border(start, step, t):
    """The parameter, beyond ``t``, at which one coordinate next is a whole number."""
    if step == 0:
        return np.inf
    at = start + t * step
    border = np.floor(at) + 1 if step > 0 else np.ceil(at) - 1
    return (border - start) / step
