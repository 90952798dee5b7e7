"""Strokes carried over into a run with other settings: another pen or page, more strokes or fewer."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
import torch
from jaxtyping import Float
from numpy import ndarray

from plotopt.colour.light import light_of
from plotopt.colour.oklab import oklab
from plotopt.first_strokes.bed import Bed
from plotopt.first_strokes.directions import structure_headings
from plotopt.first_strokes.laid import placed
from plotopt.first_strokes.shares import apportioned
from plotopt.first_strokes.sowing import linked_across
from plotopt.objectives.problem import Problem
from plotopt.page import Rect
from plotopt.pens import Pen
from plotopt.plot.chains import lengths_mm
from plotopt.refine import missing_ink
from plotopt.strokes import Strokes
from plotopt.tones.target import Target
from plotopt.trimming import LONG_SIDE_PX, worth_for


@dataclass(frozen=True, eq=False)
class Carried:
    """Strokes, and the place on the page that they were made for."""

    strokes: Strokes
    place: Rect

    def onto(self, problem: Problem, count: int | None, rng: np.random.Generator) -> Strokes:
        """The strokes at the problem's place, with its pens, and about ``count`` of them; None for all.

        Those too many go line by line, those of least ink of their own first; new ones are laid where ink is
        missing.
        """
        strokes = with_pens(self.at(problem.target.place).strokes, problem.pens)
        have = sum(strokes.laid())
        if count is None or count == have or not have:
            return strokes
        return _fewer(strokes, problem, count) if count < have else _more(strokes, problem, count - have, rng)

    def at(self, place: Rect) -> Carried:
        """The same strokes at another place, stretched to it."""
        before, points = self.place, self.strokes.points
        scale = points.new_tensor([place.width / before.width, place.height / before.height])
        start, end = (points.new_tensor([each.left, each.top]) for each in (before, place))
        return Carried(self.strokes.with_points((points - start) * scale + end), place)


def with_pens(strokes: Strokes, pens: Sequence[Pen]) -> Strokes:
    """The strokes with the widths and opacities of other pens, as many and in the same order."""
    return replace(Strokes.of_pens(strokes.points, strokes.pen, pens), joints=strokes.joints)


def handed(strokes: Strokes, before: Sequence[Pen], after: Sequence[Pen]) -> Strokes:
    """The strokes with each pen's handed to the one of the nearest colour."""
    old, new = (oklab(torch.tensor([light_of(pen.color) for pen in pens])) for pens in (before, after))
    nearest = (old[:, None] - new).norm(dim=2).argmin(1)
    return replace(strokes, pen=nearest[strokes.pen])


def _fewer(strokes: Strokes, problem: Problem, count: int) -> Strokes:
    """The lines that leave most ink of their own for their length, so many strokes of them."""
    worths = worth_for(lengths_mm(strokes.chains()), strokes, problem.target.place)
    order = np.argsort(worths, kind="stable")[::-1]
    keeps = np.zeros(len(order), bool)
    keeps[order[np.cumsum(np.array(strokes.laid())[order]) <= count]] = True
    keeps[order[0]] |= not keeps.any()
    return strokes.select(strokes.of_lines(keeps.tolist()))


def _more(strokes: Strokes, problem: Problem, count: int, rng: np.random.Generator) -> Strokes:
    """New strokes where ink is missing; pens share them by the length of line that each would mend."""
    target = problem.target.canvas(problem.target.place.longer / LONG_SIDE_PX, 0)
    beds = _beds(problem, target, missing_ink(strokes.apart(), target, problem.inks))
    if not beds:
        return strokes
    guide, view = problem.guide, target.view
    link_mm = linked_across(guide, problem.pens)
    link_px = None if link_mm is None else link_mm / view.mm_per_px
    longest_px = float(strokes.lengths_mm().median()) / view.mm_per_px
    counts = apportioned(count, [bed.line_px for bed in beds])
    laid = [
        bed.laid(bed.seeds(number, longest_px, rng), link_px, rng)
        for bed, number in zip(beds, counts, strict=True)
        if number
    ]
    return strokes.beside(placed(laid, view, problem.pens))


def _beds(problem: Problem, target: Target, wanted: Float[ndarray, "pens height width"]) -> list[Bed]:
    """What each pen has to lay of the ink that is missing, without pens that have less than a stroke.

    New strokes run as single ones that are laid anew do; where the guide has no way for those, they follow
    what is missing.
    """
    guide, place = problem.guide, problem.target.place
    course = guide.courses(guide.ground(target, target.view, place))[0]
    repairs = guide.course_of_repairs(target, place)
    beds = []
    for number, (pen, missing) in enumerate(zip(problem.pens, wanted, strict=True)):
        headings = repairs.headings if repairs else structure_headings(1 - missing)
        pen_px, own = pen.width_mm / target.view.mm_per_px, replace(course, headings=headings)
        beds.append(Bed(number, pen, 1 - missing, pen_px, own, guide.curl_pens))
    return [bed for bed in beds if bed.useful >= 1]
