"""Where things lie on a contact sheet: cells in a grid, a label under each, a title above all."""

from __future__ import annotations

import math
from dataclasses import dataclass

from plotopt.colour.contrast import contrast
from plotopt.errors import PlotoptError
from plotopt.page import Page, Rect
from plotopt.pens import Pen
from plotopt.settings import NeuronsSettings
from plotopt.settings.network import Grid

# A pen writes no smaller than so many times its width, or letters clog, and eyes read no smaller than this.
_LETTER_PENS = 6.0
_LEAST_LETTER_MM = 2.0
# All in letters' heights: the space between cells and between rows, from a cell down to its label, the label
# with its tails, the title's letters, and the title with its tails and the space below.
_GAP = 1.2
_DROP = 0.6
_LABEL = 1.4
_TITLE = 1.4
_HEAD = 3.2
# A cell narrower than so many pens shows nothing.
_LEAST_PENS = 16.0


@dataclass(frozen=True)
class Sheet:
    """A page, the grid of square cells on it with ``side_mm``, and the pen that writes.

    ``block`` holds everything, title and labels too.
    """

    page: Page
    grid: Grid
    side_mm: float
    writer: Pen

    @property
    def letter_mm(self) -> float:
        """How high the capitals of labels are."""
        return _letter_mm(self.writer)

    @property
    def title_mm(self) -> float:
        """How high the capitals of the title are."""
        return _TITLE * self.letter_mm

    @property
    def block(self) -> Rect:
        """What the sheet takes up, in the middle of the page's frame."""
        columns, rows, letter = self.grid.columns, self.grid.rows, self.letter_mm
        width = columns * self.side_mm + (columns - 1) * _GAP * letter
        height = rows * (self.side_mm + (_DROP + _LABEL) * letter) + ((rows - 1) * _GAP + _HEAD) * letter
        frame = self.page.frame
        left = (frame.left + frame.right - width) / 2
        top = (frame.top + frame.bottom - height) / 2
        return Rect(left, top, left + width, top + height)

    def cell(self, index: int) -> Rect:
        """The cell of that number, row by row from the top left."""
        row, column = divmod(index, self.grid.columns)
        left = self.block.left + column * (self.side_mm + _GAP * self.letter_mm)
        pitch = self.side_mm + (_DROP + _LABEL + _GAP) * self.letter_mm
        top = self.block.top + _HEAD * self.letter_mm + row * pitch
        return Rect(left, top, left + self.side_mm, top + self.side_mm)

    def label(self, index: int) -> tuple[float, float]:
        """The top left corner of a cell's label; it may be as wide as the cell."""
        cell = self.cell(index)
        return cell.left, cell.bottom + _DROP * self.letter_mm

    def walk(self, count: int) -> list[int]:
        """The numbers of so many cells, row by row to and fro."""
        columns = self.grid.columns
        rows = [range(first, min(first + columns, count)) for first in range(0, count, columns)]
        return [index for number, row in enumerate(rows) for index in (row if number % 2 == 0 else row[::-1])]


def lay_out_sheet(settings: NeuronsSettings, count: int) -> Sheet:
    """The sheet for ``count`` neurons, its cells as large as they can be.

    Raises PlotoptError for a grid with too few cells, and for cells too small for the pens.
    """
    if settings.grid and settings.grid.columns * settings.grid.rows < count:
        cells = settings.grid.columns * settings.grid.rows
        raise PlotoptError(
            f"a grid of {settings.grid} has {cells} cells for {count} channels: give a larger one"
        )
    aspect = settings.grid.columns / settings.grid.rows if settings.grid else 1.0
    page = settings.page(aspect)
    writer = max(settings.pens, key=lambda pen: contrast(pen, settings.stock))
    grids = [settings.grid] if settings.grid else [Grid(c, math.ceil(count / c)) for c in range(1, count + 1)]
    side_mm, grid = max(
        ((_side_mm(page.frame, grid, _letter_mm(writer)), grid) for grid in grids), key=lambda pair: pair[0]
    )
    least_mm = _LEAST_PENS * max(pen.width_mm for pen in settings.pens)
    if side_mm < least_mm:
        raise PlotoptError(
            f"{count} channels get cells of {max(side_mm, 0):.1f} mm, and these pens need {least_mm:.3g} mm: "
            "take fewer channels, larger paper, a smaller margin or finer pens"
        )
    return Sheet(page, grid, side_mm, writer)


def _side_mm(frame: Rect, grid: Grid, letter_mm: float) -> float:
    """The side of the largest cells, which may come out negative."""
    across = (frame.width - (grid.columns - 1) * _GAP * letter_mm) / grid.columns
    spaces = (grid.rows - 1) * _GAP + _HEAD + grid.rows * (_DROP + _LABEL)
    return min(across, (frame.height - spaces * letter_mm) / grid.rows)


def _letter_mm(pen: Pen) -> float:
    return max(_LETTER_PENS * pen.width_mm, _LEAST_LETTER_MM)
