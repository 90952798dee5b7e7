"""Lines laid on the tones of a target: what each pen has to draw, how much of it so many lines reach."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
import torch

from plotopt.colour.ink import Inks
from plotopt.first_strokes import stippling, streamlines
from plotopt.first_strokes.bed import Bed
from plotopt.first_strokes.directions import share_tone
from plotopt.first_strokes.guide import LONGEST_PART, Contours, Guide
from plotopt.first_strokes.seeding import Course, Seeds, evened
from plotopt.first_strokes.shares import apportioned
from plotopt.first_strokes.single_line import SingleLine
from plotopt.maps import Ground
from plotopt.page import Rect
from plotopt.pens import Pen
from plotopt.tones.separation import separate
from plotopt.tones.target import Target
from plotopt.view import View

#: Where more than this part of the ink is missing, the user hears of it.
MISSING_NOTED = 0.25
#: A target keeps at least this part of the picture's darkness: on a lighter one every line would be an error.
LEAST_DARKNESS = 0.15
#: A tour has so many dots for a stroke.
DOTS = 40
# Leading stream lines one into the other takes this part more line.
_LEADING = 0.1
# Colours so near to the paper's are paper.
_PAPER = 1e-4
# Where strokes are few, directions are read more coarsely, by this power of what the strokes lack of all ink,
# at the most so many times: else ends do not meet, and a third of the minutes goes into lifts.
_COARSENING, _COARSEST = 3, 2.0
# Less line than this is none.
_LEAST_LINE_PX = 1e-9


@dataclass(frozen=True)
class Field:
    """What is sown on.

    ``courses`` are how lines of any of the ``pens`` run, one for each layer of them; ``inks`` are the pens'
    as the target has them. ``outlines`` are lines that pen number ``outline_pen`` draws before all others,
    None where there are none. No line is longer than ``longest_px``. ``guide`` is what all this was read
    from on the ``ground``, in whose pixels everything here is.
    """

    pens: Sequence[Pen]
    inks: Inks
    courses: Sequence[Course]
    outlines: Seeds | None
    outline_pen: int
    longest_px: float
    guide: Guide
    ground: Ground

    @classmethod
    def of(cls, guide: Guide, coarse: Target, place: Rect, pens: Sequence[Pen], inks: Inks) -> Field:
        """The field of a guide in the pixels of a target."""
        ground, contours = guide.ground(coarse, coarse.view, place), guide.contours
        longest_px = LONGEST_PART * min(coarse.pixels.shape[1:])
        outlines = None if contours is None else _outlines(contours, coarse.view)
        outline_pen = contours.pen if contours else 0
        return cls(pens, inks, guide.courses(ground), outlines, outline_pen, longest_px, guide, ground)

    @property
    def single(self) -> SingleLine | None:
        """Whether each pen draws but one line, and which."""
        return self.guide.single_line

    @property
    def outlined(self) -> int:
        """How many strokes the outlines are."""
        return 0 if self.outlines is None else len(self.outlines.counts)

    @property
    def own_ink_px(self) -> float:
        """How many pixels the lines of the picture's own ink."""
        if self.outlines is None or not (self.guide.contours and self.guide.contours.own):
            return 0.0
        steps = float((self.outlines.counts - 1).sum())
        return steps * streamlines.STEP_PX * self.pens[self.outline_pen].width_mm / self.ground.view.mm_per_px

    def reaching(self, reach: float) -> Field:
        """The same for lines that reach this part of the ink: few and long, they cannot follow details.

        A single line has no ends to meet, and would come to another length with every step.
        """
        if reach >= 1 or self.single:
            return self
        guide = self.guide.reaching(
            max(reach, LEAST_DARKNESS), min(max(reach, _LEAST_LINE_PX) ** -_COARSENING, _COARSEST)
        )
        return replace(self, guide=guide, courses=guide.courses(self.ground))

    def sparing(self, coarse: Target, count: int) -> Field:
        """The same with the strongest outlines that so many strokes have room for beside tones, or alone."""
        contours = self.guide.contours
        if self.outlines is None or contours is None:
            return self
        toned = int(sum(bed.useful for bed in self.beds(coarse)))
        most = max(1, int(contours.most * count) if toned else count)
        if contours.own:
            # What tones have no use for is theirs.
            most = max(most, count - toned)
        if most >= self.outlined:
            return self
        guide = replace(self.guide, contours=contours.first(most, coarse.place))
        return replace(self, guide=guide, outlines=self.outlines.first(most))

    def beds(self, coarse: Target) -> list[Bed]:
        """What each pen has to lay on each course for these tones."""
        if len(coarse.pixels) == 1:
            tones = [coarse.pixels[0].double().numpy()]
        else:
            # Mixed colours are seldom met exactly, but paper is.
            paper = coarse.pixels.new_tensor(coarse.paper)[:, None, None]
            blank = ((coarse.pixels - paper).abs() < _PAPER).all(0).numpy()
            tones = [np.where(blank, 1.0, 1 - ink) for ink in separate(coarse.pixels, self.inks)]
        beds = []
        for number, (pen, tone) in enumerate(zip(self.pens, tones, strict=True)):
            pen_px = pen.width_mm / coarse.view.mm_per_px
            laid = self.outlines if number == self.outline_pen else None
            for share, course in zip(share_tone(tone, len(self.courses)), self.courses, strict=True):
                lain = replace(course, laid=laid)
                beds.append(Bed(number, pen, share, pen_px, lain, self.guide.curl_pens, self.guide.reach))
        return beds


@dataclass(frozen=True)
class Laying:
    """``count`` lines, outlines too, on beds of tones that have the part ``reach`` of their darkness.

    ``seeds`` are None where a pen has none.
    """

    count: int
    reach: float
    field: Field
    beds: list[Bed]
    seeds: list[Seeds | None]

    @property
    def median_mm(self) -> float:
        """How long half of the lines are at least."""
        counts = np.concatenate([laid.counts for laid in self.seeds if laid] or [np.zeros(1)])
        return (float(np.median(counts)) - 1) * streamlines.STEP_PX * self.field.ground.view.mm_per_px

    @property
    def missing(self) -> float:
        """What part of all the ink wanted no line has laid; lines of the picture's own have laid theirs."""
        wanted = [bed.line_px * bed.ink_px for bed in self.beds]
        left = [1.0 if laid is None else laid.missing for laid in self.seeds]
        return float(np.dot(wanted, left) / max(np.sum(wanted) + self.field.own_ink_px, _LEAST_LINE_PX))


def lay(
    field: Field, coarse: Target, beds: Sequence[Bed], counts: tuple[int, int], rng: np.random.Generator
) -> Laying:
    """As many lines as the first of ``counts``, or up to the second where they stay below a length given.

    ``beds`` are those of the field for the target. Lines that cannot reach its tones are laid for lighter
    ones.
    """
    count, most = counts
    laying = _laid(field, coarse, count, _reach(field, beds, count), rng)
    if laying.missing > MISSING_NOTED and field.guide.usual_mm and count < most:
        count = min(most, math.ceil(count / max(1 - laying.missing, count / most)))
        laying = _laid(field, coarse, count, _reach(field, beds, count), rng)
    if laying.missing > MISSING_NOTED:
        # No less than lines that leave as much missing as is allowed are given.
        less = (1 - laying.missing) / (1 - MISSING_NOTED)
        laying = _laid(field, coarse, count, laying.reach * less, rng)
    return laying


def _laid(field: Field, coarse: Target, count: int, reach: float, rng: np.random.Generator) -> Laying:
    field = field.reaching(reach)
    # Lighter colours may need other inks, not only less of the same.
    beds = field.beds(coarse if reach == 1 else coarse.lightened(max(reach, LEAST_DARKNESS)))
    return Laying(count, reach, field, beds, _seeds(field, beds, count - field.outlined, rng))


def _outlines(contours: Contours, view: View) -> Seeds:
    lines = [view.to_px(torch.from_numpy(line)).numpy() for line in contours.lines]
    return Seeds.of_lines([evened(line, streamlines.STEP_PX) for line in lines])


def _seeds(field: Field, beds: Sequence[Bed], count: int, rng: np.random.Generator) -> list[Seeds | None]:
    """Lines of every bed; None where a pen has too little to do for a single stroke."""
    counts = apportioned(count, [bed.line_px for bed in beds])
    return [
        _grown(field, bed, number, rng) if number else None for bed, number in zip(beds, counts, strict=True)
    ]


def _grown(field: Field, bed: Bed, count: int, rng: np.random.Generator) -> Seeds:
    if field.single is SingleLine.TOUR:
        return Seeds.of_lines([stippling.tour(bed.tone, bed.ink_px, DOTS * count, rng)])
    return bed.seeds(count, field.longest_px, rng, 1 + _LEADING if field.single else 1.0)


def _reach(field: Field, beds: Sequence[Bed], count: int) -> float:
    """What part of all darkness so many strokes can give, as far as it shows before they are laid."""
    count = max(count - field.outlined, 1)
    if field.single is SingleLine.TOUR:
        lines_px = [bed.line_px for bed in beds]
        reaches = [
            stippling.reach(bed.tone, bed.ink_px, DOTS * number)
            for bed, number in zip(beds, apportioned(count, lines_px), strict=True)
        ]
        return float(np.average(reaches, weights=lines_px))
    return 1.0 if field.single else min(1.0, count / max(sum(bed.fewest for bed in beds), _LEAST_LINE_PX))
