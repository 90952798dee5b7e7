"""What first strokes are told beside the tones that they shall give."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace

import numpy as np
import torch
from jaxtyping import Float, Int
from numpy import ndarray
from scipy import ndimage
from torch import Tensor

from plotopt.colour.light import LUMINANCE
from plotopt.first_strokes.attention import Attention, Busy
from plotopt.first_strokes.directions import Direction, Structure, topmost
from plotopt.first_strokes.linking import black_at, pixels_of
from plotopt.first_strokes.seeding import Course
from plotopt.first_strokes.single_line import SingleLine
from plotopt.losses.grain import Grain
from plotopt.maps import Ground
from plotopt.page import Rect
from plotopt.pens import Pen
from plotopt.tones.target import Target
from plotopt.view import View

#: No stroke is longer than this part of the shorter side.
LONGEST_PART = 0.5
#: Beside tones, outlines take at most this part of the strokes, and lines of the picture's own this one.
MOST_OF_STROKES, MOST_OF_OWN = 0.4, 0.9
# Strokes are laid on a raster of the pen's width, or of so many pixels along the longer side.
_LONG_SIDE_PX = 640
# Strokes so near to an outline may be pieces of it.
_BESIDE_MM = 1.0


@dataclass(frozen=True)
class Contours:
    """Outlines that pen number ``pen`` draws as lines: pieces of polylines in mm, in even steps.

    ``coverage`` is how much of each pixel of the place they cover, ``ink`` its light on the paper. Beside
    tones they take at most the part ``most`` of the strokes. ``own`` tells that the picture is drawn in them.
    """

    lines: tuple[Float[ndarray, "points 2"], ...] = field(repr=False)
    coverage: Float[Tensor, "height width"] = field(repr=False)
    ink: tuple[float, ...]
    pen: int = 0
    most: float = MOST_OF_STROKES
    own: bool = False

    def drawn_on(self, target: Target) -> Target:
        """A target of the same place with the outlines over its tones."""
        rows, columns = self.coverage.shape
        cover, pixels = self.coverage.to(target.pixels), target.resized((rows, columns)).pixels
        ink = pixels.new_tensor(self.ink)[:, None, None]
        return replace(target, pixels=torch.lerp(pixels, ink.expand_as(pixels), cover))

    def first(self, count: int, place: Rect) -> Contours:
        """The first of the lines, so many at most, on that place."""
        if count >= len(self.lines):
            return self
        nearest = self._nearest(place)
        coverage = self.coverage * torch.from_numpy(nearest < count).to(self.coverage)
        return replace(self, lines=self.lines[:count], coverage=coverage)

    def _nearest(self, place: Rect) -> Int[ndarray, "height width"]:
        """The number of the line that lies nearest to each pixel."""
        rows, columns = self.coverage.shape
        corner, scale = (place.left, place.top), (columns / place.width, rows / place.height)
        numbers = np.full((rows, columns), -1)
        for number, line in enumerate(self.lines):
            numbers[pixels_of((line - corner) * scale, numbers.shape)] = number
        nearest = ndimage.distance_transform_edt(numbers < 0, return_distances=False, return_indices=True)
        return numbers[tuple(nearest)]

    def headings(self, view: View, others: Float[ndarray, "height width"]) -> Float[ndarray, "height width"]:
        """Those of the nearest outline near one, and else the others, in radians."""
        points = [view.to_px(torch.from_numpy(line)).numpy() for line in self.lines]
        ways = np.concatenate([np.gradient(line, axis=0) for line in points])
        columns, rows = np.concatenate(points).astype(int).T
        rows, columns = rows.clip(0, view.height_px - 1), columns.clip(0, view.width_px - 1)
        own, bare = np.zeros_like(others), np.ones(others.shape, bool)
        own[rows, columns], bare[rows, columns] = np.arctan2(ways[:, 1], ways[:, 0]), False
        away_px, nearest = ndimage.distance_transform_edt(bare, return_indices=True)
        return np.where(away_px * view.mm_per_px < _BESIDE_MM, own[tuple(nearest)], others)


@dataclass(frozen=True)
class Guide:
    """Which way strokes run, where they are short and many, how long they are, what is drawn as outlines.

    ``usual_mm`` is the length of a stroke, None for what the tone needs; none is longer than half of the
    shorter side. Ends up to ``link_mm`` apart are linked, None for what the number of strokes asks for.
    Lines become loops ``curl_pens`` pen widths wide, 0 for none. They follow the ``structure`` of that
    target, or of the one to be drawn where it is None; that it can be another lets pictures be cut out
    without lines along the cut. With ``single_line`` each pen draws but one. ``reach`` is what part of the
    ink wanted so few lines can lay. ``toned`` tells that there may be tones, not outlines alone.
    """

    direction: Direction = field(default_factory=Structure)
    attention: Attention = field(default_factory=Busy)
    usual_mm: float | None = None
    link_mm: float | None = None
    curl_pens: float = 0.0
    structure: Target | None = None
    contours: Contours | None = None
    single_line: SingleLine | None = None
    reach: float = 1.0
    toned: bool = True

    @property
    def black(self) -> float:
        """Tones below this count as blacks."""
        return black_at(self.reach)

    @property
    def crosses(self) -> bool:
        """Whether lines are meant to lie across others: loops, layers of lines, outlines over tones.

        A single line is not, though it has to now and then.
        """
        return bool(self.curl_pens or self.contours) or self.direction.layers > 1

    def ground(self, target: Target, view: View, place: Rect) -> Ground:
        """The tones whose structure lines follow, in the pixels of a view; the picture lies in ``place``."""
        followed = self.structure or target
        if self.contours:
            # Lines that cross outlines would hide them.
            followed = self.contours.drawn_on(followed)
        return Ground(_luminance(followed.at_scale(view.mm_per_px).window(view)), view, place)

    def reaching(self, reach: float, by: float) -> Guide:
        """The same for lines that lay such a part of the ink, so many times fewer than it wants."""
        return replace(self, direction=self.direction.coarser(by), reach=reach)

    def courses(self, ground: Ground) -> list[Course]:
        """How lines run on a ground, a course for each layer of them."""
        detail = self.attention.detail(ground)
        usual_px = None
        if self.usual_mm is not None:
            usual_px = min(self.usual_mm, longest_mm(ground.place)) / ground.view.mm_per_px
        headings = self.direction.headings(ground)
        return [Course(each, detail, usual_px, accented=self._accented) for each in headings]

    @property
    def _accented(self) -> bool:
        """Whether lines of any length follow the picture, so that small marks may have theirs."""
        is_free = self.usual_mm is None and not self.curl_pens and not self.single_line
        return is_free and isinstance(self.direction, Structure) and not self.contours

    def grain(self, target: Target, place: Rect) -> Grain:
        """The directions of all layers, and of outlines where there are, in the pixels of a target."""
        headings = self.direction.headings(self.ground(target, target.view, place))
        if self.contours:
            headings.append(self.contours.headings(target.view, headings[0]))
        return Grain.of(target.view, torch.from_numpy(np.stack(headings)).float())

    def course_of_repairs(self, target: Target, place: Rect) -> Course | None:
        """How single strokes run that are laid anew; None where they follow what is missing."""
        if isinstance(self.direction, Structure):
            return None
        ground = self.ground(target, target.view, place)
        drawn = _luminance(target.pixels)
        return Course(topmost(self.direction.headings(ground), drawn), np.ones_like(drawn))


def longest_mm(place: Rect) -> float:
    """How long a stroke may be."""
    return LONGEST_PART * min(place.width, place.height)


def laying_mm(pens: Sequence[Pen], place: Rect) -> float:
    """The pixels in which directions are read and first strokes laid."""
    return max(min(pen.width_mm for pen in pens), place.longer / _LONG_SIDE_PX)


def _luminance(pixels: Float[Tensor, "channels height width"]) -> Float[ndarray, "height width"]:
    light = pixels.cpu().double().numpy()
    return light[0] if len(light) == 1 else np.tensordot(LUMINANCE, light, 1)
