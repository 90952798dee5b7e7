"""Lengths as people write them, turned into millimetres."""

from __future__ import annotations

import math
import re

from plotopt.errors import PlotoptError

MM_PER_UNIT = {"mm": 1.0, "cm": 10.0, "in": 25.4, "pt": 25.4 / 72, "px": 25.4 / 96}
"""Millimetres in one of each unit; a pixel is the 1/96 inch of CSS and SVG."""

_LENGTH = re.compile(r"([-+]?(?:[0-9]+(?:\.[0-9]*)?|\.[0-9]+)(?:e[-+]?[0-9]+)?)\s*([a-zµ'\"%]*)")


def parse_length(text: str, *, allow_zero: bool = False) -> float:
    """A length in mm from ``"0.4mm"``, ``"1 cm"``, ``"0.5in"``, ``"12pt"`` or ``"96px"``.

    Case and spaces do not matter. A number without a unit is in millimetres. Zero is taken only with
    ``allow_zero`` (a margin may be 0, a pen may not).

    Raises PlotoptError for anything else: no number, an unknown unit, not finite, negative.
    """
    match = _LENGTH.fullmatch(text.strip().lower())
    if not match:
        raise PlotoptError(f"{text!r:.60} is not a length: write a number and a unit, such as 0.4mm")
    number, unit = match.groups()
    if unit not in MM_PER_UNIT and unit:
        raise PlotoptError(f"unknown unit {unit!r:.20} in {text!r:.60}: use one of {', '.join(MM_PER_UNIT)}")
    length_mm = float(number) * MM_PER_UNIT[unit or "mm"]
    if not math.isfinite(length_mm):
        raise PlotoptError(f"the length {text!r:.60} is not finite: write a number such as 0.4mm")
    if length_mm < 0 or (length_mm == 0 and not allow_zero):
        least = "0 or more" if allow_zero else "more than 0"
        raise PlotoptError(f"the length {text!r:.60} must be {least}")
    return length_mm


def format_length(length_mm: float) -> str:
    """A length as :func:`parse_length` reads it, to the last bit: ``20mm``, ``0.35277777777777775mm``."""
    return f"{int(length_mm) if length_mm == int(length_mm) else float(length_mm)!r}mm"
