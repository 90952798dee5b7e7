"""The lines of a picture that is itself drawn in lines, to be drawn whole by a pen that may be wider.

By its tone alone, a line thinner than the pen would come out as dashes.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from enum import Enum
from typing import NamedTuple

import numpy as np
from jaxtyping import Bool, Float
from numpy import ndarray
from scipy import ndimage

from plotopt.first_strokes.centre_lines import centre_lines
from plotopt.first_strokes.corners import cornered, runs
from plotopt.first_strokes.linking import Line, length_of, pixels_of
from plotopt.first_strokes.streamlines import STEP_PX
from plotopt.tones.lighting import Lighting, find_lighting

#: Lines are looked for in pixels of this part of the pen's width.
PIXEL_PENS = 0.2
# What is narrower than so many pens is a line, if it is darker than all around by this part of the most that
# anything narrow is, which is the darkness of all but a few per cent of what is darker at all.
_WIDEST_PENS, _DARKER, _MOST_PERCENT, _AT_ALL = 2.5, 0.35, 95.0, 0.05
# Half of a drawing in lines is paper, as light as this at least. What is darker than most of that is ink.
_PAPER, _SPECKS = 0.7, 0.12
# So much of the ink is in lines, and in lines and blacks together, at the least.
_IN_LINES, _IN_INK = 0.15, 0.5
# Lines are so much darker than around them, blacks no lighter than this.
_CONTRAST, _BLACK = 0.3, 0.35
_SPOTLESS = 0.99
# Half of the pixels of grainy paper are off those around by as much; that is blurred by so many pens.
_GRAIN, _FINE_PX, _BLUR_PENS = 0.008, 2.0, 0.2
# Lines that run alike, by the cosine of their angle, keep so many pens from each other. They may be nearer
# for so many pens, but not for this part of their length; for more where they come as near as to cross.
_ALONG, _APART_PENS, _BESIDE_PENS, _BESIDE = 0.8, 1.3, 10.0, 0.6
_UNDER_PENS, _CROSSING_PENS = 0.7, 25.0
# That a line runs beside another is one and the same though others cross there for so many pens.
_UNNOTICED_PENS, _LEAST = 2.0, 1e-9
# So many points are laid at a time.
_AT_A_TIME = 8192
#: What is shorter than so many pens is no line.
SHORTEST_PENS = 1.5
# One pass of the pen stands for lines up to so many pens wide.
_SLIM_PENS = 1.6


class Trace(Enum):
    """Whether the lines of a picture are drawn whole: of drawings in lines, of all pictures, of none."""

    AUTO = "auto"
    ON = "on"
    OFF = "off"


def may_be_drawing(tone: Float[ndarray, "height width"]) -> bool:
    """Whether half of a picture is as light as paper, as most photographs are not."""
    return _is_paper(_evened(tone)[0])


def _evened(
    tone: Float[ndarray, "height width"],
) -> tuple[Float[ndarray, "height width"], Lighting | None]:
    """A tone in even light, and the light that was on it where that was uneven."""
    lighting = find_lighting(tone)
    return tone if lighting is None else lighting.evened(tone), lighting


def _is_paper(tone: Float[ndarray, "height width"]) -> bool:
    return bool(np.median(tone) >= _PAPER)


@dataclass(frozen=True)
class Narrow:
    """Which pixels of a tone are lines narrower than a few pens, and how much darker they are than around."""

    mask: Bool[ndarray, "height width"]
    tone: Float[ndarray, "height width"]
    contrast: float

    @classmethod
    def of(cls, tone: Float[ndarray, "height width"], pen_px: float) -> Narrow:
        """The lines of a tone: what a closing takes away.

        That is the black top-hat (Serra, Image Analysis and Mathematical Morphology, 1982).
        """
        side = 2 * round(0.5 * _WIDEST_PENS * pen_px) + 1
        darker = ndimage.grey_closing(tone, size=(side, side)) - tone
        seen = darker[darker > _AT_ALL]
        contrast = float(np.percentile(seen, _MOST_PERCENT)) if len(seen) else 0.0
        return cls(darker > max(_DARKER * contrast, _AT_ALL), tone, contrast)

    @property
    def is_drawing(self) -> bool:
        """Whether the picture is drawn in lines, on paper, with blacks at most beside them."""
        ink = (np.median(self.tone) - _SPECKS - self.tone).clip(min=0)
        # The soft edges of lines are theirs.
        lines = ndimage.binary_dilation(self.mask, np.ones((3, 3), bool))
        in_lines, in_blacks = ink[lines].sum(), ink[~lines & (self.tone < _BLACK)].sum()
        least, most = _IN_LINES * ink.sum(), _IN_INK * ink.sum()
        is_ink = in_lines >= least and in_lines + in_blacks >= most
        return _is_paper(self.tone) and self.contrast >= _CONTRAST and bool(is_ink)

    def thin(self, pen_px: float) -> Bool[ndarray, "height width"]:
        """The lines without wide dark shapes, whose corners the closing by a square counts as narrow."""
        wide = _opened(self.tone < 0.5 * np.median(self.tone), 0.5 * _WIDEST_PENS * pen_px)
        return self.mask & ~wide


@dataclass(frozen=True)
class Traced:
    """The lines of a picture in pixels, the longest first, and which pixels one line of the pen stands for.

    Tones lighter than ``paper`` are those of soiled paper, None where it is clean. Of a drawing on a sheet in
    uneven light, ``left`` is how much even light leaves of each pixel's darkness; None in even light.
    """

    lines: list[Float[ndarray, "points 2"]]
    slim: Bool[ndarray, "height width"]
    paper: float | None = None
    left: Float[ndarray, "height width"] | None = None


def trace_lines(
    tone: Float[ndarray, "height width"], pen_px: float, trace: Trace, lone: bool = False
) -> Traced:
    """The lines of a tone, as far apart as the pen needs; none where they are not to be traced.

    Lines wider than one pass of the pen are left to the tones beside them. ``lone`` lines have no tones
    beside them, so those up to 2.5 pens wide are traced, too.
    """
    none = Traced([], np.zeros(tone.shape, bool))
    if trace is Trace.OFF:
        return none
    seen = _ungrained(tone, pen_px)
    tone, lighting = _evened(seen)
    if trace is Trace.AUTO and not _is_paper(tone):
        return none
    narrow = Narrow.of(tone, pen_px)
    is_drawing = narrow.is_drawing
    if trace is Trace.AUTO and not is_drawing:
        return none
    mask, paper = narrow.thin(pen_px), float(np.median(tone))
    widest_px = (_WIDEST_PENS if lone else _SLIM_PENS) * pen_px
    found = (part for line in centre_lines(mask, widest_px) for part in cornered(line, pen_px))
    lines = _spaced(found, pen_px, tone.shape)
    slim = mask & ~_opened(mask, 0.5 * _SLIM_PENS * pen_px)
    if not is_drawing:
        return Traced(lines, slim)
    if lighting is None:
        return Traced(lines, slim, paper - _SPECKS if paper < _SPOTLESS else None)
    return Traced(lines, slim, paper - _SPECKS, lighting.left(seen))


def _ungrained(tone: Float[ndarray, "height width"], pen_px: float) -> Float[ndarray, "height width"]:
    """A tone without the grain of its paper, whose specks would pass for lines; one that has none stays."""
    grain = np.median(np.abs(tone - ndimage.gaussian_filter(tone, _FINE_PX)))
    return ndimage.gaussian_filter(tone, _BLUR_PENS * pen_px) if grain > _GRAIN else tone


def _opened(mask: Bool[ndarray, "height width"], radius_px: float) -> Bool[ndarray, "height width"]:
    """What disks of that radius cover that fit into a mask."""
    core = ndimage.distance_transform_edt(np.pad(mask, 1))[1:-1, 1:-1] > radius_px
    return ndimage.distance_transform_edt(~core) <= radius_px if core.any() else core


def _spaced(lines: Iterable[Line], pen_px: float, shape: tuple[int, int]) -> list[Float[ndarray, "points 2"]]:
    """The lines without what runs beside one before it, or is too short."""
    lain = _Lain(np.zeros((*shape, 2), np.float16), np.zeros(shape, bool))
    kept = []
    for line in lines:
        parts = [part for part in lain.free(line, pen_px) if length_of(part) >= SHORTEST_PENS * pen_px]
        for part in parts:
            lain.lay(part, pen_px)
        kept += parts
    return kept


class _Lain(NamedTuple):
    """The headings of lines that lie near each pixel, 0 where none does; and the pixels that they lie on."""

    headings: Float[ndarray, "height width 2"]
    under: Bool[ndarray, "height width"]

    def lay(self, line: Line, pen_px: float) -> None:
        """Take note of a line that is drawn."""
        each = range(0, len(line), round(1 / STEP_PX))
        headings = _headings(line)
        for first in range(0, len(each), _AT_A_TIME):
            some = each[first : first + _AT_A_TIME]
            near, under = (_around(line[some], pens * pen_px) for pens in (_APART_PENS, _UNDER_PENS))
            pixels = pixels_of(near, self.under.shape)
            self.headings[pixels] = headings[some][:, None]
            self.under[pixels_of(under, self.under.shape)] = True

    def free(self, line: Line, pen_px: float) -> list[Line]:
        """What is left of a line where it does not run beside others, but for where it crosses them."""
        pixels = pixels_of(line, self.under.shape)
        under = self.under[pixels]
        beside = np.abs((self.headings[pixels] * _headings(line)).sum(1)) > _ALONG
        around = 2 * round(_UNNOTICED_PENS * pen_px / STEP_PX) + 1
        beside = ndimage.binary_closing(np.pad(beside, around), np.ones(around))[around:-around]
        longest_px = min(_BESIDE_PENS * pen_px, _BESIDE * length_of(line))
        free = np.ones(len(line), bool)
        for run in runs(beside):
            most_px = _CROSSING_PENS * pen_px if under[run].any() else longest_px
            free[run] = not beside[run[0]] or length_of(line[run]) <= most_px
        return [line[run] for run in runs(free) if free[run[0]]]


def _around(points: Float[ndarray, "points 2"], radius_px: float) -> Float[ndarray, "points disk 2"]:
    """Points of the pixels of a disk around each."""
    y, x = np.mgrid[-int(radius_px) : radius_px + 1, -int(radius_px) : radius_px + 1]
    return points[:, None] + np.stack([x, y], -1)[x**2 + y**2 <= radius_px**2]


def _headings(line: Line) -> Float[ndarray, "points 2"]:
    ways = np.gradient(line, axis=0) if len(line) > 1 else np.zeros_like(line)
    return ways / np.maximum(np.hypot(*ways.T), _LEAST)[:, None]
