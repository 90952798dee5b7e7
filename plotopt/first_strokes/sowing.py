"""The first strokes of a target: how many of each pen, how long, and what they cannot reach."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
import torch

from plotopt.colour.ink import Inks
from plotopt.first_strokes.bed import Bed
from plotopt.first_strokes.centre_lines import SHARPEST
from plotopt.first_strokes.guide import Guide, laying_mm, longest_mm
from plotopt.first_strokes.laid import Laid, placed
from plotopt.first_strokes.laying import DOTS, LEAST_DARKNESS, MISSING_NOTED, Field, Laying, lay
from plotopt.first_strokes.linking import ahead, find_gaps, linked
from plotopt.first_strokes.seeding import Seeds, ink_demand
from plotopt.first_strokes.single_line import SingleLine
from plotopt.first_strokes.thread import spread, thread, tied
from plotopt.page import Rect
from plotopt.pens import Pen
from plotopt.strokes import Strokes
from plotopt.tones.target import Target

_SQUARES, _USUAL_COUNTS = 60.0, (100, 20_000)
# Strokes of several pens are linked across so many widths: linked ones cannot change pens, and long links
# cross what other pens draw.
_LINK_OF_SEVERAL = 4.0
# Strokes that come to less than this part of the length given are told.
_SHORT = 0.5
# Pieces of one outline lie so near to each other.
_TOUCHING_PX = 0.5


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


def usual_count(pens: Sequence[Pen], place: Rect) -> int:
    """How many strokes suit pens on a place: one for so many squares of a pen, within limits."""
    width_mm = float(np.mean([pen.width_mm for pen in pens]))
    return int(np.clip(round(place.width * place.height / (_SQUARES * width_mm**2)), *_USUAL_COUNTS))


def linked_across(guide: Guide, pens: Sequence[Pen]) -> float | None:
    """Across how many mm the ends of lines are linked; None for what suits a single pen's tone."""
    if guide.link_mm is None and len(pens) > 1:
        return _LINK_OF_SEVERAL * min(pen.width_mm for pen in pens)
    return guide.link_mm


@dataclass(frozen=True)
class Soil:
    """What strokes are sown on, read once for all tries: how lines run on the ``target``, in coarse pixels.

    A target of one channel is for one pen and in parts of its full ink, see :func:`plotopt.posing.pose`; one
    of three channels is separated into the inks of all pens, which share the strokes by the length of line
    that each has to lay. The outlines of a guide come first, and are drawn into the target. Where it asks
    for a single line there is one for each pen.
    """

    target: Target
    coarse: Target
    field: Field

    @classmethod
    def of(cls, target: Target, pens: Sequence[Pen], inks: Inks, guide: Guide | None = None) -> Soil:
        """The soil of a target for some pens, and where lines run that the ``guide`` tells."""
        guide = guide or Guide()
        if guide.contours and guide.single_line is SingleLine.TOUR:
            # Dots follow what is dark.
            target, guide = guide.contours.drawn_on(target), replace(guide, contours=None)
        coarse = target.canvas(laying_mm(pens, target.place), 0)
        return cls(target, coarse, Field.of(guide, coarse, target.place, pens, inks))

    def sown(self, count: int | None, rng: np.random.Generator, asked: int | None = None) -> Sown:
        """``count`` first strokes, or fewer where that many would have nothing to do.

        None is for as many as suit the pens and the place. A user who ``asked`` for more is told.
        """
        target, coarse, pens = self.target, self.coarse, self.field.pens
        count = count or usual_count(pens, target.place)
        field = self.field.sparing(coarse, count)
        beds = field.beds(coarse)
        useful = field.outlined + int(sum(bed.useful for bed in beds))
        if useful == 0:
            blank = Strokes.of_pen(torch.zeros(0, 4, 2), pens[0].width_mm)
            return Sown(blank, target, (_nothing(field.guide, beds),), field.guide)
        laying = lay(field, coarse, beds, (min(count, useful), count), rng)
        left_out = _left_out(self.field, field)
        # Where lines are left out there is work for all that were asked for.
        notes = (*left_out, *_notes(laying, None if left_out else asked))
        target = target.lightened(max(laying.reach, LEAST_DARKNESS))
        if field.guide.contours:
            target = field.guide.contours.drawn_on(target)
        strokes = placed(_threads(laying) if field.single else _lines(laying, coarse, rng), coarse.view, pens)
        strokes = strokes.inside(target.place) if field.single else strokes
        return Sown(strokes, target, notes, laying.field.guide)


def _nothing(guide: Guide, beds: Sequence[Bed]) -> str:
    """Why there is nothing to draw, and what to do about it."""
    if not guide.toned:
        return (
            "the picture has no lines to draw, and --shading 0 leaves out its tones: "
            "use more --edges, or more --shading"
        )
    if guide.curl_pens and sum(replace(bed, curl_pens=0.0).useful for bed in beds) >= 1:
        return (
            f"loops of --curl {guide.curl_pens:g} pen widths find no room in what is dark: "
            "use a smaller --curl, or none"
        )
    return "the picture is blank, or nearly: there is nothing to draw"


def _left_out(whole: Field, field: Field) -> tuple[str, ...]:
    """Of lines of the picture's own that there are too few strokes for."""
    contours = whole.guide.contours
    if contours is None or not contours.own or field.outlined >= whole.outlined:
        return ()
    missing = 1 - field.outlined / whole.outlined
    return (
        f"{missing:.0%} of the picture's lines are left out: use more strokes, minutes or metres for all",
    )


def _notes(laying: Laying, asked: int | None) -> tuple[str, ...]:
    """What the user should know of lines that are fewer or fainter than they were to be."""
    field, count = laying.field, laying.count
    notes, wanted_mm = [], field.guide.usual_mm
    if wanted_mm and laying.median_mm < _SHORT * min(wanted_mm, longest_mm(field.ground.place)):
        notes.append(
            f"tones end most strokes at {laying.median_mm:.0f} mm, though --length is {wanted_mm:g} mm"
        )
    is_faint = laying.reach < 1 - MISSING_NOTED
    if asked and count < asked and not is_faint:
        notes.append(f"the picture wants little ink: {count:,} strokes are enough for it, not {asked:,}")
    if is_faint:
        plural = "s" * (count > 1)
        widths = " and ".join(f"{width:g}" for width in sorted({pen.width_mm for pen in field.pens}))
        notes.append(
            f"{count:,} stroke{plural} of {widths} mm lay {max(laying.reach, 0.01):.0%} of the ink that the "
            "picture wants, so all tones are nearer to the paper's: use more strokes, minutes or metres, a "
            "wider pen or smaller paper for a stronger drawing"
        )
    return tuple(notes)


def _lines(laying: Laying, coarse: Target, rng: np.random.Generator) -> list[Laid]:
    """Lines made one where their ends are near enough, in strokes of about one length."""
    field = laying.field
    link_mm = linked_across(field.guide, field.pens)
    link_px = None if link_mm is None else link_mm / coarse.view.mm_per_px
    laid = [] if field.outlines is None else [_outlining(field, field.outlines, coarse)]
    for bed, lines in zip(laying.beds, laying.seeds, strict=True):
        if lines is not None:
            laid.append(bed.laid(lines, link_px, rng))
    return laid


def _outlining(field: Field, outlines: Seeds, coarse: Target) -> Laid:
    demand, lines = np.ones(coarse.pixels.shape[1:]), outlines.lines()
    gaps = find_gaps(lines, demand, _TOUCHING_PX)
    if field.guide.contours and field.guide.contours.own:
        # Where one ends in another, and at its corners, it shall not bend.
        gaps = ahead(gaps, lines, SHARPEST)
    pen_px = field.pens[field.outline_pen].width_mm / coarse.view.mm_per_px
    return Laid.of_lines(field.outline_pen, linked(lines, gaps), pen_px)


def _threads(laying: Laying) -> list[Laid]:
    """One line for each pen that has something to draw."""
    field, beds, seeds = laying.field, laying.beds, laying.seeds
    laid = []
    for pen in range(len(field.pens)):
        pen_px = next(bed.pen_px for bed in beds if bed.number == pen)
        lines = [found.lines() for bed, found in zip(beds, seeds, strict=True) if bed.number == pen and found]
        if field.outlines and pen == field.outline_pen:
            # The first of its courses takes them along.
            first = lines.pop(0) if lines else []
            lines.insert(0, field.outlines.lines() + first)
        if not lines:
            continue
        if field.single is SingleLine.TOUR:
            ((points,),) = lines
            made_of = -(-len(points) // DOTS)
        else:
            demand = np.sum([ink_demand(bed.tone) for bed in beds if bed.number == pen], axis=0)
            points = spread(tied([thread(each, demand, pen_px) for each in lines]), pen_px)
            made_of = sum(len(each) for each in lines)
        laid.append(Laid.of_thread(pen, points, made_of))
    return laid
