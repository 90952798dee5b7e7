"""Where everything lies on a test card, as data, for drawing it and for reading it.

Places are in card units from the block's top left corner; a unit is a millimetre for usual pens and less for
fine ones, which need less ink and fill a photograph better that way. Spacings within a patch are in widths
of the pen that the card is for.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, replace

import numpy as np

from plotopt.errors import PlotoptError
from plotopt.page import Rect

BLOCK = Rect(0.0, 0.0, 128.0, 132.5)
#: Side of a corner mark, a square in a square ring: five modules of dark, light, dark, light, dark.
MARK = 11.5
MODULE = MARK / 5
#: Cells of the code at the foot: a dark one, the width in steps, a check sum, a dark one.
CODE_BITS = 18
#: The grid of patches: columns, where the first begins, and how far they and the rows are apart.
COLUMNS, LEFT, COLUMN_PITCH = 6, 3.5, 21.0
TOP, ROW_PITCH = 21.0, 26.0
#: The largest patch, and how high what is written below it may be.
SIDE, HEIGHT = 16.0, 13.0
TALLEST_CAPTION = 3.2

_STEP_MM = 0.005
_MOST_STEPS = 1000
_WIDTH_BITS, _CHECK_BITS = 10, 6
_CHECK_POLYNOMIAL = 0b1000011
_CODE_PITCH, _CODE_CELL, _CODE_HEIGHT = 5.3, 3.6, 5.0

_MOST_COATS, _LEAST_COATS, _PASS_COATS = 3.0, 0.1, 0.3
_PASSES = (1, 2, 3, 4, 5, 6)
_PAIRS = (0.0, 0.5, 0.75, 1.0, 1.4, 2.0)


@dataclass(frozen=True)
class Patch:
    """Parallel upright lines that fill ``place``, a rectangle in card units.

    Lines lie at ``offsets`` in each of ``periods`` equal ``period`` s from left to right, both in nominal pen
    widths, and each is drawn ``passes`` times. ``caption`` is what is written below.
    """

    place: Rect
    period: float
    periods: int
    caption: str
    offsets: tuple[float, ...] = (0.0,)
    passes: int = 1


@dataclass(frozen=True)
class Card:
    """The card for a pen of ``width_mm``, a multiple of 0.005 mm up to 5 mm: made by :meth:`for_width`."""

    width_mm: float

    @classmethod
    def for_width(cls, width_mm: float) -> Card:
        """The card for a pen about so wide. Raises PlotoptError for a pen wider than 5 mm."""
        steps = max(round(width_mm / _STEP_MM), 1)
        if steps > _MOST_STEPS:
            raise PlotoptError(
                f"a test card for a pen {width_mm:g} mm wide is not possible: "
                f"it serves pens up to {_MOST_STEPS * _STEP_MM:g} mm"
            )
        return cls(round(steps * _STEP_MM, 3))

    @classmethod
    def from_code(cls, bits: tuple[bool, ...]) -> Card | None:
        """The card whose code these cells are, None where they are no code."""
        if len(bits) != CODE_BITS or not (bits[0] and bits[-1]):
            return None
        number = int("".join("01"[bit] for bit in bits[1:-1]), 2)
        steps, check = number >> _CHECK_BITS, number & (2**_CHECK_BITS - 1)
        return cls(round(steps * _STEP_MM, 3)) if steps and check == _check_sum(steps) else None

    @property
    def unit_mm(self) -> float:
        """A card unit: 1 mm for pens of 0.4 to 2 mm, less for finer ones, more for wider ones."""
        return max(min(0.5 + 1.25 * self.width_mm, 1.0), self.width_mm / 2)

    @property
    def width(self) -> float:
        """The pen's nominal width in card units."""
        return self.width_mm / self.unit_mm

    @property
    def code(self) -> tuple[bool, ...]:
        """The cells at the foot, from left to right, True where dark."""
        steps = round(self.width_mm / _STEP_MM)
        text = f"1{steps:0{_WIDTH_BITS}b}{_check_sum(steps):0{_CHECK_BITS}b}1"
        return tuple(bit == "1" for bit in text)

    @property
    def wedge(self) -> tuple[Patch, ...]:
        """Twelve patches of one pass, evenly rising from sparse to three coats."""
        least = max(_LEAST_COATS, 3 * self.width / SIDE)
        coats = np.geomspace(least, _MOST_COATS, 2 * COLUMNS).tolist()
        return tuple(self._patch(index, 1 / each, f"{each:.2f}") for index, each in enumerate(coats))

    @property
    def passes(self) -> tuple[Patch, ...]:
        """Six patches of the same lines, drawn once to six times."""
        period = min(1 / _PASS_COATS, self.wedge[0].period)
        plain = [self._patch(2 * COLUMNS + index, period, f"{n}") for index, n in enumerate(_PASSES)]
        return tuple(replace(patch, passes=n) for patch, n in zip(plain, _PASSES, strict=True))

    @property
    def pairs(self) -> tuple[Patch, ...]:
        """A patch of single lines and five of pairs, each farther apart."""
        period = min(SIDE / (2 * self.width), 5.0)
        captions = ["single", *(f"{apart:g}" for apart in _PAIRS[1:])]
        plain = [self._patch(3 * COLUMNS + index, period, text) for index, text in enumerate(captions)]
        offsets = [(0.0,), *((-apart / 2, apart / 2) for apart in _PAIRS[1:])]
        return tuple(replace(patch, offsets=each) for patch, each in zip(plain, offsets, strict=True))

    @property
    def patches(self) -> tuple[Patch, ...]:
        """All patches, row by row."""
        return self.wedge + self.passes + self.pairs

    def _patch(self, index: int, period: float, caption: str) -> Patch:
        row, column = divmod(index, COLUMNS)
        # Rounding down, with a trace for what is whole but for the last bit.
        periods = math.floor(SIDE / (period * self.width) + 1e-9)
        middle = LEFT + column * COLUMN_PITCH + SIDE / 2
        half = periods * period * self.width / 2
        top = TOP + row * ROW_PITCH
        return Patch(Rect(middle - half, top, middle + half, top + HEIGHT), period, periods, caption)


def _check_sum(steps: int) -> int:
    """The remainder by x^6 + x + 1 over two elements: no two cells misread leave it right."""
    rest = steps << _CHECK_BITS
    for bit in range(_WIDTH_BITS - 1, -1, -1):
        if rest >> (bit + _CHECK_BITS) & 1:
            rest ^= _CHECK_POLYNOMIAL << bit
    return rest


def marks() -> tuple[Rect, ...]:
    """The corner marks' outlines in card units, clockwise from the top left."""
    right, bottom = BLOCK.right - MARK, BLOCK.bottom - MARK
    corners = ((0.0, 0.0), (right, 0.0), (right, bottom), (0.0, bottom))
    return tuple(Rect(x, y, x + MARK, y + MARK) for x, y in corners)


def code_cells() -> tuple[Rect, ...]:
    """Where the code's cells are, in card units."""
    left = (BLOCK.width - (CODE_BITS - 1) * _CODE_PITCH - _CODE_CELL) / 2
    top = BLOCK.bottom - (MARK + _CODE_HEIGHT) / 2
    lefts = [left + number * _CODE_PITCH for number in range(CODE_BITS)]
    return tuple(Rect(x, top, x + _CODE_CELL, top + _CODE_HEIGHT) for x in lefts)


def paper_places() -> tuple[Rect, ...]:
    """Where the block shows bare paper, whatever the pen: beside the patches and between the rows."""
    half = (COLUMN_PITCH - SIDE) / 4
    gaps = [LEFT + number * COLUMN_PITCH - (COLUMN_PITCH - SIDE) / 2 for number in range(1, COLUMNS)]
    tops = [TOP + row * ROW_PITCH for row in range(4)]
    beside = [
        Rect(x - half, top + part * HEIGHT / 2 + 1, x + half, top + (part + 1) * HEIGHT / 2 - 1)
        for top in tops
        for part in range(2)
        for x in gaps
    ]
    strips = [top + HEIGHT + TALLEST_CAPTION + 2.2 for top in (TOP - ROW_PITCH, *tops)]
    columns = [LEFT + number * COLUMN_PITCH for number in range(COLUMNS)]
    between = [Rect(x, y, x + SIDE, y + 1.8) for y in strips[1:-1] for x in columns]
    edges = [Rect(x, top + 1, x + 1.5, top + HEIGHT - 1) for top in tops for x in (0.5, BLOCK.right - 2.0)]
    return (*beside, *between, *edges)
