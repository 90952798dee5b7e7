"""What a drawing is over its budget goes, with the lines that leave least ink of their own for their time."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Sequence
from dataclasses import replace

import numpy as np
import torch
from jaxtyping import Bool, Float, Int
from numpy import ndarray
from torch import Tensor

from plotopt.budget import Budget
from plotopt.layering import uncovered
from plotopt.objectives.base import Around, Gradients, Objective
from plotopt.page import Rect
from plotopt.pens import Pen
from plotopt.plot.chains import lengths_mm
from plotopt.plot.hidden import visible
from plotopt.refine import own_ink
from plotopt.slack import tightened
from plotopt.stages import Stage
from plotopt.strokes import Strokes
from plotopt.view import View

# Lines are left out for so many times what is over; twice as much at the second look, and so on.
_THOROUGH = 1.05
# A lift of the pen, the way to the next line and the start from rest, as a length of line.
_LIFT_MM = 30.0
#: Ink, what there is and what is missing, is looked at in so many pixels along the longer side.
LONG_SIDE_PX = 768
_LEAST_MM = 1e-9
# A finished drawing is pulled tight so many times at most, for some 3 %.
_PULLS = 8


class Within(Around):
    """Another objective for strokes that keep a budget: what is over goes while others can replace it.

    An aim beyond the budget falls to the budget itself by the last time that strokes are moved in a stage:
    lines that are left out at the very end leave holes.
    """

    def __init__(
        self, objective: Objective, budget: Budget, pens: Sequence[Pen], place: Rect, stage: Stage
    ) -> None:
        super().__init__(objective)
        self._budget, self._pens, self._place, self._stage = budget, pens, place, stage
        self._number = 0

    def gradients(self, strokes: Strokes, number: int) -> Gradients:
        self._number = number
        return super().gradients(strokes, number)

    def refine(self, strokes: Strokes, gradients: Gradients) -> tuple[Strokes, Int[Tensor, "strokes"]]:
        refined, origins = super().refine(strokes, gradients)
        kept = within(replace(self._budget, aim=self._aim), refined, self._pens, self._place)
        return refined.select(kept), origins[kept]

    @property
    def _aim(self) -> float:
        aim, stage = self._budget.aim, self._stage
        left = stage.moves_after(self._number) / max(stage.relocations, 1)
        return 1 + (aim - 1) * left if aim > 1 else aim


def within(budget: Budget, strokes: Strokes, pens: Sequence[Pen], place: Rect) -> Int[Tensor, "kept"]:
    """The numbers of strokes that keep the budget: without the lines that leave least ink for their time.

    Of the last line as many strokes stay as keep it; one always does.
    """

    def spent(numbers: Int[Tensor, "some"]) -> float:
        return budget.spent(strokes.select(numbers), pens, place)

    kept = torch.arange(len(strokes), device=strokes.pen.device)
    now, thorough = spent(kept), _THOROUGH
    if now > budget.aim:
        # They take no time, so leaving them out for what others take would never end.
        kept = kept[_shown(strokes, pens)]
    while now > budget.aim:
        left = strokes.select(kept)
        if len(left.lines()) < 2:
            break
        share = thorough * (now - budget.aim) / now
        kept = kept[_worth_keeping(left, place, share, _LIFT_MM if budget.minutes else 0.0)]
        now, thorough = spent(kept), thorough + _THOROUGH
    if now <= budget.aim or len(kept) < 2:
        return kept
    (line,) = strokes.select(kept).lines()
    parts = [kept[line[:count]].sort().values for count in range(1, len(line))]
    return parts[max(0, bisect_right(parts, budget.aim, key=spent) - 1)]


def finished(budget: Budget, strokes: Strokes, pens: Sequence[Pen], place: Rect) -> Strokes:
    """The strokes of a drawing that keeps the budget: pulled tight where that is enough, else without some.

    No neighbour closes a gap any more, so that a line left out would be a gash.
    """

    def spent(drawn: Strokes) -> float:
        return budget.spent(drawn, pens, place)

    if spent(strokes) <= 1:
        return strokes
    tight = tightened(strokes, spent, _PULLS)
    if spent(tight) <= 1:
        return tight
    return strokes.select(within(replace(budget, aim=1.0), strokes, pens, place))


def _shown(strokes: Strokes, pens: Sequence[Pen]) -> Bool[Tensor, "strokes"]:
    """All strokes but those of lines that planning leaves out: under others of their pen, or later ink."""
    shown = uncovered(strokes, pens)
    for number, pen in enumerate(pens):
        own = (shown & (strokes.pen == number)).nonzero()[:, 0]
        drawn = strokes.select(own)
        kept = visible(drawn.chains(), pen.width_mm, pen.opacity)
        shown[own] = drawn.of_lines(kept.tolist())
    return shown


def _worth_keeping(strokes: Strokes, place: Rect, share: float, lift_mm: float) -> Bool[Tensor, "strokes"]:
    """All strokes but those of the least useful lines, which take this share of the plot.

    Where the least useful one is longer than that, only ends of lines go: it would leave a hole.
    """
    taken_mm = lengths_mm(strokes.chains()) + lift_mm
    order = np.argsort(worth_for(taken_mm, strokes, place), kind="stable")
    running = np.cumsum(taken_mm[order])
    gone = int(np.searchsorted(running, share * running[-1], "right"))
    if not gone:
        return _without_ends(strokes, place, share * float(running[-1]))
    keeps = np.ones(len(order), bool)
    # The last one never.
    keeps[order[: min(len(order) - 1, gone)]] = False
    return strokes.of_lines(keeps.tolist())


def _without_ends(strokes: Strokes, place: Rect, over_mm: float) -> Bool[Tensor, "strokes"]:
    """All strokes but those at ends of lines that leave least ink for their length; one at the least."""
    ends = torch.unique(torch.tensor([end for line in strokes.lines() for end in (line[0], line[-1])]))
    lengths = strokes.lengths_mm()[ends].double().cpu().numpy()
    ink = _ink_alone(strokes, place)[ends.numpy()]
    order = np.argsort(ink / np.maximum(lengths, _LEAST_MM), kind="stable")
    gone = min(1 + int(np.searchsorted(np.cumsum(lengths[order]), over_mm)), len(strokes) - 1)
    keeps = torch.ones(len(strokes), dtype=torch.bool, device=strokes.pen.device)
    keeps[ends[order[:gone]].to(keeps.device)] = False
    return keeps


def worth_for(costs_mm: Float[ndarray, "lines"], strokes: Strokes, place: Rect) -> Float[ndarray, "lines"]:
    """How many pixels of ink each line alone leaves for each mm that it costs."""
    ink = _ink_alone(strokes, place)
    inked = np.array([ink[line].sum() for line in strokes.lines()])
    return inked / np.maximum(costs_mm, _LEAST_MM)


def _ink_alone(strokes: Strokes, place: Rect) -> Float[ndarray, "strokes"]:
    """How many pixels of ink each stroke alone leaves."""
    view = View.over(place, place.longer / LONG_SIDE_PX)
    return own_ink(strokes.apart(), view).double().cpu().numpy()
