"""Paper, page and picture frame, in millimetres from the sheet's top left corner."""

from __future__ import annotations

import math
import re
from dataclasses import dataclass
from enum import Enum

from plotopt.errors import PlotoptError
from plotopt.units import format_length, parse_length

_SHORTEST_SIDE_MM, _LONGEST_SIDE_MM = 10.0, 5000.0
_SMALLEST_FRAME_MM = 5.0
_USUAL_MARGIN_MM, _MOST_OF_SIDE = 20.0, 0.1
_CUSTOM_SIZE = re.compile(r"([-+]?[0-9.]+)([a-z]*?)[x\u00d7]([-+]?[0-9.]+)([a-z]*)")


@dataclass(frozen=True)
class Rect:
    """An upright rectangle on the page, in mm, x to the right and y down."""

    left: float
    top: float
    right: float
    bottom: float

    @property
    def width(self) -> float:
        return self.right - self.left

    @property
    def height(self) -> float:
        return self.bottom - self.top

    @property
    def longer(self) -> float:
        """The longer of its sides."""
        return max(self.width, self.height)

    def inset(self, distance: float) -> Rect:
        """The rectangle with every side moved inwards by ``distance`` mm."""
        return Rect(self.left + distance, self.top + distance, self.right - distance, self.bottom - distance)


class Orientation(Enum):
    """Which way round the sheet lies; AUTO lets the picture decide."""

    AUTO = "auto"
    PORTRAIT = "portrait"
    LANDSCAPE = "landscape"


@dataclass(frozen=True)
class Paper:
    """A sheet. A named one stands upright; a custom one has its sides in the order they were given."""

    name: str
    width_mm: float
    height_mm: float
    is_custom: bool = False

    @property
    def text(self) -> str:
        """The sheet as :func:`parse_paper` reads it."""
        return (
            f"{format_length(self.width_mm)}x{format_length(self.height_mm)}" if self.is_custom else self.name
        )


# ISO 216 and ANSI/ASME Y14.1; legal has no standard of its own, 8.5 x 14 in is universal.
_NAMED_PAPERS = {
    paper.name.lower(): paper
    for paper in (
        Paper("A6", 105.0, 148.0),
        Paper("A5", 148.0, 210.0),
        Paper("A4", 210.0, 297.0),
        Paper("A3", 297.0, 420.0),
        Paper("A2", 420.0, 594.0),
        Paper("A1", 594.0, 841.0),
        Paper("letter", 215.9, 279.4),
        Paper("legal", 215.9, 355.6),
        Paper("tabloid", 279.4, 431.8),
    )
}


@dataclass(frozen=True)
class Page:
    """A sheet as it lies under the pen, with an equal margin on all sides; made by :func:`lay_out`."""

    width_mm: float
    height_mm: float
    margin_mm: float

    @property
    def frame(self) -> Rect:
        """What lies inside the margin, where the ink may go."""
        return Rect(0.0, 0.0, self.width_mm, self.height_mm).inset(self.margin_mm)


def parse_paper(text: str) -> Paper:
    """A sheet from its name (A6 to A1, letter, legal, tabloid) or its width and height.

    ``210x297mm``, ``8.5x11in`` and ``20cm x 30cm`` are all understood: a unit given once holds for both
    sides, and with no unit at all the sides are in mm.

    Raises PlotoptError for an unknown name, a bad length, or a side outside 10 mm to 5 m.
    """
    cleaned = "".join(text.lower().split())
    if cleaned in _NAMED_PAPERS:
        return _NAMED_PAPERS[cleaned]
    match = _CUSTOM_SIZE.fullmatch(cleaned)
    if not match:
        names = ", ".join(paper.name for paper in _NAMED_PAPERS.values())
        raise PlotoptError(f"unknown paper {text!r:.60}: use {names}, or a size such as 210x297mm")
    width, width_unit, height, height_unit = match.groups()
    width_mm = parse_length(width + (width_unit or height_unit))
    height_mm = parse_length(height + (height_unit or width_unit))
    for side_mm in (width_mm, height_mm):
        if not _SHORTEST_SIDE_MM <= side_mm <= _LONGEST_SIDE_MM:
            raise PlotoptError(
                f"paper {text!r:.60} has a side of {side_mm:g} mm: "
                f"sides may be {_SHORTEST_SIDE_MM:g} to {_LONGEST_SIDE_MM:g} mm"
            )
    return Paper(f"{width_mm:g}x{height_mm:g}mm", width_mm, height_mm, is_custom=True)


def usual_margin_mm(width_mm: float, height_mm: float) -> float:
    """The margin of a sheet for which none is given: 20 mm, but at most a tenth of its shorter side."""
    return min(_USUAL_MARGIN_MM, _MOST_OF_SIDE * min(width_mm, height_mm))


def lay_out(paper: Paper, margin_mm: float, orientation: Orientation, picture_aspect: float) -> Page:
    """The page for a picture of aspect (width / height) ``picture_aspect``.

    AUTO turns the sheet to where the picture comes out larger, however its size was written; a square
    picture keeps a named sheet upright and a custom one as it was typed.

    Raises PlotoptError for a margin that is negative, not finite or leaves less than 5 mm to draw on, and
    ValueError for an aspect that no picture has.
    """
    if not (math.isfinite(picture_aspect) and picture_aspect > 0):
        raise ValueError(f"a picture's aspect is positive and finite, not {picture_aspect}")
    _check_margin(paper, margin_mm)
    if orientation is Orientation.AUTO and picture_aspect == 1:
        return Page(paper.width_mm, paper.height_mm, margin_mm)
    if orientation is Orientation.AUTO:
        # A picture wider than high is larger on a sheet wider than high, whatever the two aspects are.
        orientation = Orientation.LANDSCAPE if picture_aspect > 1 else Orientation.PORTRAIT
    short_mm, long_mm = sorted((paper.width_mm, paper.height_mm))
    if orientation is Orientation.LANDSCAPE:
        return Page(long_mm, short_mm, margin_mm)
    return Page(short_mm, long_mm, margin_mm)


def _check_margin(paper: Paper, margin_mm: float) -> None:
    if not (math.isfinite(margin_mm) and margin_mm >= 0):
        raise PlotoptError(f"a margin of {margin_mm:g} mm is not possible: use 0 mm or more")
    widest_mm = (min(paper.width_mm, paper.height_mm) - _SMALLEST_FRAME_MM) / 2
    if margin_mm > widest_mm:
        raise PlotoptError(
            f"a margin of {margin_mm:g} mm leaves no room on {paper.name} paper "
            f"({paper.width_mm:g} x {paper.height_mm:g} mm): use at most {widest_mm:g} mm"
        )


def fit_rect(frame: Rect, aspect: float) -> Rect:
    """The largest rectangle of the given aspect (width / height) inside ``frame``, centred in it."""
    spare_x = (frame.width - min(frame.width, frame.height * aspect)) / 2
    spare_y = (frame.height - min(frame.height, frame.width / aspect)) / 2
    return Rect(frame.left + spare_x, frame.top + spare_y, frame.right - spare_x, frame.bottom - spare_y)
