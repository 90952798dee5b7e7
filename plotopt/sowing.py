"""The first strokes of a target: how many of each pen, how long, and what they cannot reach."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import NamedTuple

import numpy as np
import torch

from plotopt import stippling, streamlines
from plotopt.bed import Bed
from plotopt.directions import share_tone
from plotopt.guide import MOST_OF_STROKES, Contours, Guide, laying_mm
from plotopt.ink import Inks
from plotopt.laid import Laid, placed
from plotopt.linking import find_gaps, linked
from plotopt.maps import Ground
from plotopt.page import Rect
from plotopt.pens import Pen
from plotopt.seeding import Course, Seeds, evened, ink_demand
from plotopt.separation import separate
from plotopt.single_line import SingleLine
from plotopt.strokes import Strokes
from plotopt.target import Target
from plotopt.thread import spread, thread, tied
from plotopt.view import View

# Where more than this part of the ink is missing, the user hears of it.
_MISSING_NOTED = 0.25
# A target keeps at least this part of the picture's darkness: on a lighter one every line would be an error.
_LEAST_DARKNESS = 0.15
# No stroke is longer than this part of the shorter side.
_LONGEST_PART = 0.5
_SQUARES, _USUAL_COUNTS = 60.0, (100, 20_000)
# A tour has so many dots for a stroke; leading stream lines one into the other takes this part more line.
_DOTS, _LEADING = 40, 0.1
# Strokes of several pens are linked across so many widths: linked ones cannot change pens, and long links
# cross what other pens draw.
_LINK_OF_SEVERAL = 4.0
# Pieces of one outline lie so near to each other.
_TOUCHING_PX = 0.5
# Colours so near to the paper's are paper.
_PAPER = 1e-4
# Where strokes are few, directions are read more coarsely, by this power of what the strokes lack of all ink,
# at the most so many times: else ends do not meet, and a third of the minutes goes into lifts.
_COARSENING, _COARSEST = 3, 2.0
# Less line than this is none.
_LEAST_LINE_PX = 1e-9


@dataclass(frozen=True)
class Sown:
    """The first strokes, the target lightened to what they can reach, and what the user should know.

    ``guide`` is the one that they followed, coarser where they are few; ``is_all`` tells that there is work
    for no more strokes, though there would be time.
    """

    strokes: Strokes
    target: Target
    notes: tuple[str, ...]
    guide: Guide
    is_all: bool = False


@dataclass(frozen=True)
class _Field:
    """What is sown on: how lines run, the outlines that are there first, how long a line may be."""

    pens: Sequence[Pen]
    inks: Inks
    courses: Sequence[Course]
    outlines: Seeds | None
    outliner: int
    longest_px: float
    guide: Guide
    ground: Ground

    @property
    def single(self) -> SingleLine | None:
        return self.guide.single_line

    def reaching(self, reach: float) -> _Field:
        """The same for lines that reach this part of the ink: few and long, they cannot follow details.

        A single line has no ends to meet, and would come to another length with every step.
        """
        if reach >= 1 or self.single:
            return self
        guide = self.guide.coarser(min(max(reach, _LEAST_LINE_PX) ** -_COARSENING, _COARSEST))
        return replace(self, guide=guide, courses=guide.courses(self.ground))

    def sparing(self, coarse: Target, count: int) -> _Field:
        """The same with the strongest outlines that so many strokes have room for beside tones, or alone."""
        if self.outlines is None:
            return self
        toned = sum(bed.useful for bed in self.beds(coarse)) >= 1
        return replace(self, outlines=self.outlines.first(int(MOST_OF_STROKES * count) if toned else count))

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
            laid = self.outlines if number == self.outliner else None
            for share, course in zip(share_tone(tone, len(self.courses)), self.courses, strict=True):
                lain = replace(course, laid=laid)
                beds.append(Bed(number, pen, share, pen_px, lain, self.guide.curl_pens))
        return beds


def usual_count(pens: Sequence[Pen], place: Rect) -> int:
    """How many strokes suit pens on a place: one for so many squares of a pen, within limits."""
    width_mm = float(np.mean([pen.width_mm for pen in pens]))
    return int(np.clip(round(place.width * place.height / (_SQUARES * width_mm**2)), *_USUAL_COUNTS))


def linked_across(guide: Guide, pens: Sequence[Pen]) -> float | None:
    """Across how many mm the ends of lines are linked; None for what suits a single pen's tone."""
    if guide.link_mm is None and len(pens) > 1:
        return _LINK_OF_SEVERAL * min(pen.width_mm for pen in pens)
    return guide.link_mm


def sow(
    target: Target,
    count: int | None,
    pens: Sequence[Pen],
    inks: Inks,
    rng: np.random.Generator,
    guide: Guide | None = None,
) -> Sown:
    """The first strokes for a target: ``count``, or fewer where that many would have nothing to do.

    None is for as many as suit the pens and the place. A target of one channel is for one pen and in parts
    of its full ink, see :func:`plotopt.posing.pose`; one of three channels is separated into the inks of all
    pens, which share the strokes by the length of line that each has to lay. The outlines of the ``guide``
    come first, and are drawn into the target.
    Where it asks for a single line there is one for each pen.
    """
    guide = guide or Guide()
    if guide.contours and guide.single_line is SingleLine.TOUR:
        # Dots follow what is dark.
        target, guide = guide.contours.drawn_on(target), replace(guide, contours=None)
    coarse = target.canvas(laying_mm(pens, target.place), 0)
    wanted, count = count, count or usual_count(pens, target.place)
    field = _field(guide, coarse, target.place, (pens, inks)).sparing(coarse, count)
    beds = field.beds(coarse)
    outlined = 0 if field.outlines is None else len(field.outlines.counts)
    useful = outlined + int(sum(bed.useful for bed in beds))
    if useful == 0:
        blank = Strokes.of_pen(torch.zeros(0, 4, 2), pens[0].width_mm)
        return Sown(blank, target, ("the picture is blank, or nearly: there is nothing to draw",), guide)
    notes: list[str] = []
    if useful < count:
        if wanted:
            notes.append(f"the picture wants little ink: {useful:,} strokes are enough for it, not {count:,}")
        count = useful
    laying = _laying(field, coarse, count - outlined, _reach(field, beds, max(count - outlined, 1)), rng)
    if laying.missing > _MISSING_NOTED:
        laying = _laying(field, coarse, count - outlined, laying.reach * (1 - laying.missing), rng)
    if laying.reach < 1 - _MISSING_NOTED:
        notes.append(_note(count, pens, laying.reach))
    target = target.lightened(max(laying.reach, _LEAST_DARKNESS))
    if guide.contours:
        target = guide.contours.drawn_on(target)
    strokes = placed(_threads(laying) if field.single else _lines(laying, coarse, rng), coarse.view, pens)
    strokes = strokes.inside(target.place) if field.single else strokes
    return Sown(strokes, target, tuple(notes), laying.field.guide)


def _field(guide: Guide, coarse: Target, place: Rect, drawing: tuple[Sequence[Pen], Inks]) -> _Field:
    ground = guide.ground(coarse, coarse.view, place)
    longest_px = _LONGEST_PART * min(coarse.pixels.shape[1:])
    outlines = None if guide.contours is None else _outlines(guide.contours, coarse.view)
    outliner = guide.contours.pen if guide.contours else 0
    return _Field(*drawing, guide.courses(ground), outlines, outliner, longest_px, guide, ground)


def _outlines(contours: Contours, view: View) -> Seeds:
    lines = [view.to_px(torch.from_numpy(line)).numpy() for line in contours.lines]
    return Seeds.of_lines([evened(line, streamlines.STEP_PX) for line in lines])


def _seeds(field: _Field, beds: Sequence[Bed], count: int, rng: np.random.Generator) -> list[Seeds | None]:
    """Lines of every bed; None where a pen has too little to do for a single stroke."""
    counts = _shared(count, [bed.line_px for bed in beds])
    return [
        _grown(field, bed, number, rng) if number else None for bed, number in zip(beds, counts, strict=True)
    ]


def _grown(field: _Field, bed: Bed, count: int, rng: np.random.Generator) -> Seeds:
    if field.single is SingleLine.TOUR:
        return Seeds.of_lines([stippling.tour(bed.tone, bed.ink_px, _DOTS * count, rng)])
    return bed.seeds(count, field.longest_px, rng, 1 + _LEADING if field.single else 1.0)


def _shared(count: int, weights: Sequence[float]) -> list[int]:
    """Whole numbers in proportion to the weights that add up to ``count``."""
    edges = np.round(count * np.cumsum(weights) / max(np.sum(weights), _LEAST_LINE_PX)).astype(int)
    return np.diff(edges, prepend=0).tolist()


class _Laying(NamedTuple):
    """Lines on beds of tones that have this part of their darkness; None where a pen has none."""

    reach: float
    field: _Field
    beds: list[Bed]
    seeds: list[Seeds | None]

    @property
    def missing(self) -> float:
        """What part of all the ink wanted no line has laid."""
        wanted = [bed.line_px * bed.ink_px for bed in self.beds]
        left = [1.0 if laid is None else laid.missing for laid in self.seeds]
        return float(np.dot(wanted, left) / max(np.sum(wanted), _LEAST_LINE_PX))


def _laying(field: _Field, coarse: Target, count: int, reach: float, rng: np.random.Generator) -> _Laying:
    field = field.reaching(reach)
    # Lighter colours may need other inks, not only less of the same.
    beds = field.beds(coarse if reach == 1 else coarse.lightened(max(reach, _LEAST_DARKNESS)))
    return _Laying(reach, field, beds, _seeds(field, beds, count, rng))


def _reach(field: _Field, beds: Sequence[Bed], count: int) -> float:
    """What part of all darkness so many strokes can give, as far as it shows before they are laid."""
    if field.single is SingleLine.TOUR:
        lines_px = [bed.line_px for bed in beds]
        reaches = [
            stippling.reach(bed.tone, bed.ink_px, _DOTS * number)
            for bed, number in zip(beds, _shared(count, lines_px), strict=True)
        ]
        return float(np.average(reaches, weights=lines_px))
    return 1.0 if field.single else min(1.0, count / max(sum(bed.fewest for bed in beds), _LEAST_LINE_PX))


def _note(count: int, pens: Sequence[Pen], reach: float) -> str:
    plural = "s" * (count > 1)
    widths = " and ".join(f"{width:g}" for width in sorted({pen.width_mm for pen in pens}))
    return (
        f"{count:,} stroke{plural} of {widths} mm lay {max(reach, 0.01):.0%} of the ink that the picture "
        "wants, so all tones are nearer to the paper's: use more strokes or minutes, a wider pen or smaller "
        "paper for a stronger drawing"
    )


def _lines(laying: _Laying, coarse: Target, rng: np.random.Generator) -> list[Laid]:
    """Lines made one where their ends are near enough, in strokes of about one length."""
    field = laying.field
    link_mm = linked_across(field.guide, field.pens)
    link_px = None if link_mm is None else link_mm / coarse.view.mm_per_px
    laid = [] if field.outlines is None else [_outlining(field, field.outlines, coarse)]
    for bed, lines in zip(laying.beds, laying.seeds, strict=True):
        if lines is not None:
            laid.append(bed.laid(lines, link_px, rng))
    return laid


def _outlining(field: _Field, outlines: Seeds, coarse: Target) -> Laid:
    demand, lines = np.ones(coarse.pixels.shape[1:]), outlines.lines()
    pen_px = field.pens[field.outliner].width_mm / coarse.view.mm_per_px
    return Laid.of_lines(field.outliner, linked(lines, find_gaps(lines, demand, _TOUCHING_PX)), pen_px)


def _threads(laying: _Laying) -> list[Laid]:
    """One line for each pen that has something to draw."""
    _, field, beds, seeds = laying
    laid = []
    for pen in range(len(field.pens)):
        pen_px = next(bed.pen_px for bed in beds if bed.number == pen)
        lines = [found.lines() for bed, found in zip(beds, seeds, strict=True) if bed.number == pen and found]
        if field.outlines and pen == field.outliner:
            lines = [field.outlines.lines() + each for each in lines[:1] or [[]]] + lines[1:]
        if not lines:
            continue
        if field.single is SingleLine.TOUR:
            ((points,),) = lines
            made_of = -(-len(points) // _DOTS)
        else:
            demand = np.sum([ink_demand(bed.tone) for bed in beds if bed.number == pen], axis=0)
            points = spread(tied([thread(each, demand, pen_px) for each in lines]), pen_px)
            made_of = sum(len(each) for each in lines)
        laid.append(Laid.of_thread(pen, points, made_of))
    return laid
