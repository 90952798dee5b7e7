"""Pens as a fit is told them: by name, or as the best of those that its user owns."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cached_property

from plotopt.catalog import box, list_pens, parse_pens
from plotopt.errors import PlotoptError
from plotopt.pens import Pen
from plotopt.settings.base import MOST_PENS, check_whole


@dataclass(frozen=True)
class PenChoice:
    """The best ``count`` pens of a box, which ``contents`` names; None is every pen of the catalogue."""

    count: int
    contents: str | None = None

    def __post_init__(self) -> None:
        check_whole("the number of pens", self.count, 1, MOST_PENS)
        if self.count > len(self.box):
            raise PlotoptError(
                f"{self} asks for {self.count} pens of {len(self.box)}: give more pens or ask for fewer"
            )

    def __str__(self) -> str:
        return f"auto:{self.count}" + (f":{self.contents}" if self.contents else "")

    @cached_property
    def box(self) -> tuple[Pen, ...]:
        """The pens to choose from."""
        return list_pens() if self.contents is None else box(self.contents)


def read_pens(text: str) -> tuple[Pen, ...] | PenChoice:
    """Pens from a list such as ``black,red:0.3mm,stabilo-88-blue``, or a choice such as ``auto:4``.

    ``auto:4:stabilo-88-*,black:0.3mm`` chooses from those pens. Raises PlotoptError for what cannot be read.
    """
    cleaned = text.strip()
    if re.fullmatch("[1-9][0-9]?", cleaned):
        raise PlotoptError(
            f"pens {text!r:.60} may be a width or a number: write {cleaned:.20}mm for one so wide, or "
            f"auto:{cleaned:.20} for so many of a catalogue"
        )
    if not re.match(r"auto\s*(:|$)", cleaned, re.IGNORECASE):
        return parse_pens(cleaned)
    match = re.fullmatch(r"auto:(\d{1,3})(?::(.+))?", cleaned, re.IGNORECASE)
    if not match:
        raise PlotoptError(
            f"pens {text!r:.60} cannot be read: write auto:4, or auto:4:stabilo-88-* to say of which"
        )
    return PenChoice(int(match[1]), match[2])
