"""Lines drawn tighter for what a drawing is over its budget at last: one left out would be a gash."""

from __future__ import annotations

from collections.abc import Callable

import torch

from plotopt.joints import SHARED
from plotopt.strokes import Strokes

# Each pull draws a control point this part of the way to the middle of its neighbours; so many at most, which
# costs finest detail but no tone. The last one may be any number of such parts of a pull.
_PULL, _MOST_PULLS, _PARTS = 0.05, 64, 8


def tightened(strokes: Strokes, spent: Callable[[Strokes], float]) -> Strokes:
    """The strokes with lines pulled tight as far as it takes for them to have ``spent`` no more than 1.

    Bends become rounder all over the page, so that lines get shorter and the pen faster. Ends stay. What
    cannot be had so stays over.
    """
    if not strokes.joints or spent(strokes) <= 1:
        return strokes
    low, high = 0, _PARTS
    while high < _MOST_PULLS * _PARTS and spent(_pulled(strokes, high)) > 1:
        low, high = high, 2 * high
    while high - low > 1:
        middle = (low + high) // 2
        low, high = (low, middle) if spent(_pulled(strokes, middle)) <= 1 else (middle, high)
    return _pulled(strokes, high)


def _pulled(strokes: Strokes, parts: int) -> Strokes:
    points, (whole, rest) = strokes.points.clone(), divmod(parts, _PARTS)
    pulls = [_PULL] * whole + [_PULL * rest / _PARTS] * (rest > 0)
    for line in strokes.joints.lines() if strokes.joints else []:
        own = points[line]
        through = torch.cat([own[0, :SHARED], own[:, SHARED:].flatten(0, 1)])
        for pull in pulls:
            middles = 0.5 * (through[:-2] + through[2:])
            through = torch.cat([through[:1], torch.lerp(through[1:-1], middles, pull), through[-1:]])
        points[line] = through.unfold(0, own.shape[1], own.shape[1] - SHARED).transpose(1, 2)
    return strokes.with_points(points)
