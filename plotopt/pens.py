"""Pens: a name, an ink colour and the width of the line they draw."""

from __future__ import annotations

import re
from contextlib import suppress
from dataclasses import dataclass

from PIL import ImageColor

from plotopt.errors import PlotoptError
from plotopt.page import Rect
from plotopt.units import format_length, parse_length

#: Full ink would make a pixel's transmittance exactly nought, and its gradient with it.
MAX_OPACITY = 0.999

_LEAST_OPACITY = 0.05
_MOST_REFILL_M = 1e6
# Colours whose sRGB values are all this high or more are white inks.
_WHITE = 0xE0
_THINNEST_MM, _WIDEST_MM = 0.02, 20.0
# A picture narrower than so many pens has no room for a stroke beside another.
_LEAST_PENS = 4
_HEX_COLOR = re.compile(r"#[0-9a-f]{6}")
# AxiDraw software reads "+s40" and the like in a layer's name as a command, so a name has no plus sign.
_NAME = re.compile(r"\w(?:[\w .-]*\w)?")


@dataclass(frozen=True)
class Pen:
    """One pen. ``color`` is ``#rrggbb`` in lower case; ``width_mm`` lies between 0.02 and 20.

    An opaque pen (gel, paint) covers what lies under it; the ink of any other lets it shine through.
    ``opacity`` (0.05 to 0.999) is how much of its full tone one pass leaves; passes build up as
    ``1 - (1 - opacity) ** passes``. ``refill_m`` is how many metres it draws, None where no one says.
    ``name`` is what its layer is called: letters, digits, and spaces, dots, dashes between them. A pen from
    a catalogue knows its ``reference`` there.

    Raises PlotoptError when a value is out of range.
    """

    name: str
    color: str
    width_mm: float
    opaque: bool = False
    opacity: float = MAX_OPACITY
    refill_m: float | None = None
    reference: str | None = None

    def __post_init__(self) -> None:
        if not _NAME.fullmatch(self.name):
            raise PlotoptError(f"{self.name!r:.60} is not a pen's name: use letters, digits and dashes")
        if not _HEX_COLOR.fullmatch(self.color):
            raise PlotoptError(
                f"{self.color!r:.60} is not a pen's colour: write it as #1a2b3c, in lower case"
            )
        if not _THINNEST_MM <= self.width_mm <= _WIDEST_MM:
            raise PlotoptError(
                f"a pen {self.width_mm:g} mm wide is not possible: "
                f"use a width of {_THINNEST_MM:g}mm to {_WIDEST_MM:g}mm"
            )
        if not _LEAST_OPACITY <= self.opacity <= MAX_OPACITY:
            raise PlotoptError(
                f"pen {self.name!r:.60} has an opacity of {self.opacity:g}: "
                f"give {_LEAST_OPACITY:g} to {MAX_OPACITY:g}"
            )
        if self.refill_m is not None and not 0 < self.refill_m <= _MOST_REFILL_M:
            raise PlotoptError(
                f"pen {self.name!r:.60} draws {self.refill_m:g} m: give up to {_MOST_REFILL_M:g} m a refill"
            )

    def check_fits(self, place: Rect) -> None:
        """Raise PlotoptError where the place has no room for a stroke beside another."""
        if min(place.width, place.height) < _LEAST_PENS * self.width_mm:
            raise PlotoptError(
                f"a pen {self.width_mm:g} mm wide is too wide for a picture of {place.width:.3g} x "
                f"{place.height:.3g} mm: take larger paper, a smaller margin or a finer pen"
            )

    @property
    def text(self) -> str:
        """The pen as the command line calls it: its name in a catalogue, else its colour and width."""
        if self.reference:
            return self.reference
        for name in (self.name, f"#{self.name}"):
            with suppress(PlotoptError):
                if _parse_colour(name, name) == (self.name, self.color):
                    return f"{name}:{format_length(self.width_mm)}"
        return f"{self.color}:{format_length(self.width_mm)}"


def parse_pen(text: str) -> Pen:
    """A pen from ``0.4mm`` (black), ``red:0.3mm`` (any CSS colour name) or ``#1a2b3c:0.5mm``.

    The pen is called after its colour, by name or as six hexadecimal digits. White ink is opaque: none else
    would be seen.

    Raises PlotoptError for a colour or a width that cannot be read and a width outside 0.02 to 20 mm.
    """
    colour, colon, width = text.rpartition(":")
    name, value = _parse_colour(text, colour.strip().lower() if colon else "black")
    try:
        return Pen(name, value, parse_length(width), opaque=_is_white(value))
    except PlotoptError as error:
        raise PlotoptError(f"pen {text!r:.60}: {error} (write 0.4mm or red:0.4mm)") from None


def _is_white(color: str) -> bool:
    return min(int(color[i : i + 2], 16) for i in (1, 3, 5)) >= _WHITE


def _parse_colour(text: str, colour: str) -> tuple[str, str]:
    """A colour's name for the layer and its ``#rrggbb``."""
    try:
        if not re.fullmatch(r"[a-z]+|#[0-9a-f]{3}|#[0-9a-f]{6}", colour):
            raise ValueError
        red, green, blue = ImageColor.getrgb(colour)[:3]
    except ValueError:
        raise PlotoptError(
            f"pen {text!r:.60}: unknown colour {colour!r:.30} (write red:0.4mm or #1a2b3c:0.4mm)"
        ) from None
    value = f"#{red:02x}{green:02x}{blue:02x}"
    return (value[1:] if colour.startswith("#") else colour), value


def layer_label(pen: Pen, number: int) -> str:
    """The Inkscape layer name of the ``number``-th pen, such as ``1-black-0.4mm``.

    AxiDraw software picks layers by the number that a name begins with, so numbers start at 1.
    """
    return f"{number}-{pen.name}-{pen.width_mm:g}mm"
