"""Lines drawn tighter for what a drawing is over its budget at last: one left out would be a gash."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import torch
from jaxtyping import Bool, Float, Int
from torch import Tensor

from plotopt.joints import SHARED
from plotopt.strokes import Strokes

# Each pull draws a control point this part of the way to the middle of its neighbours, which costs finest
# detail but no tone. The last one may be any number of such parts of a pull.
_PULL, _PARTS = 0.05, 8


def tightened(strokes: Strokes, spent: Callable[[Strokes], float], pulls: int) -> Strokes:
    """The strokes with lines pulled tight as far as it takes for them to have ``spent`` no more than 1.

    Bends become rounder all over the page, so that lines get shorter and the pen faster. Ends stay, and
    strokes on their own. After so many ``pulls`` it is enough, though they may still be over.
    """
    if not strokes.joints or spent(strokes) <= 1:
        return strokes
    slack = _Slack.of(strokes)
    low, high = 0, _PARTS
    while high < pulls * _PARTS and spent(slack.pulled(high)) > 1:
        low, high = high, 2 * high
    while high - low > 1:
        middle = (low + high) // 2
        low, high = (low, middle) if spent(slack.pulled(middle)) <= 1 else (middle, high)
    return slack.pulled(high)


@dataclass(frozen=True, eq=False)
class _Slack:
    """All control points once, line after line: where each stroke has its own, and which do not move.

    Three at either end of a line are held, since a B-spline ends between them.
    """

    strokes: Strokes
    through: Float[Tensor, "points 2"]
    places: Int[Tensor, "strokes control"]
    held: Bool[Tensor, "points"]

    @classmethod
    def of(cls, strokes: Strokes) -> _Slack:
        """Those of strokes that have joints."""
        count, lines = strokes.points.shape[1], strokes.lines()
        step = count - SHARED
        sizes = torch.tensor([len(line) * step + SHARED for line in lines])
        ends = sizes.cumsum(0)
        places = torch.empty(strokes.points.shape[:2], dtype=torch.int64)
        for line, first in zip(lines, (ends - sizes).tolist(), strict=True):
            places[line] = first + step * torch.arange(len(line))[:, None] + torch.arange(count)
        through = strokes.points.new_empty(int(ends[-1]), 2)
        through[places] = strokes.points
        held = torch.zeros(len(through), dtype=torch.bool)
        for at in range(SHARED):
            held[ends - 1 - at] = held[ends - sizes + at] = True
        return cls(strokes, through, places, held)

    def pulled(self, parts: int) -> Strokes:
        """The strokes after so many parts of a pull."""
        whole, rest = divmod(parts, _PARTS)
        through, held = self.through.clone(), self.held[1:-1, None]
        for pull in [_PULL] * whole + [_PULL * rest / _PARTS]:
            inner, middles = through[1:-1], 0.5 * (through[:-2] + through[2:])
            through[1:-1] = torch.where(held, inner, torch.lerp(inner, middles, pull))
        return self.strokes.with_points(through[self.places])
