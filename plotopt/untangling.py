"""Lines that have come to cross while they moved are drawn another way.

Two lines that lie across each other are held there by all that they cover together, so gradients seldom
draw them apart; to exchange what lies behind the crossing costs next to nothing.
"""

from __future__ import annotations

from dataclasses import replace
from itertools import chain

import numpy as np
import torch
from jaxtyping import Float, Int
from numpy import ndarray
from scipy.ndimage import gaussian_filter
from torch import Tensor

from plotopt import bezier
from plotopt.first_strokes.linking import BLACK, Line, Linked, cut, length_of, untangled
from plotopt.joints import Joints
from plotopt.render import render
from plotopt.strokes import Strokes
from plotopt.view import View

# Places on every curve that are compared.
_STEPS = 6
# How dark a place is, is told over so many pen widths.
_BLUR_PENS = 1.5


def untangle(
    strokes: Strokes, view: View, pens: int, black: float = BLACK
) -> tuple[Strokes, Int[Tensor, "strokes"]]:
    """The strokes, their lines without crossings that are seen; and which each was, -1 for those drawn anew.

    They are seen in tones above ``black``. Lines of one pen alone are compared. They are as many as before,
    and end in the same places; strokes drawn anew are about as long as those that they replace, so they can
    be some more or fewer. Strokes without joints stay as they are.
    """
    if strokes.joints is None:
        return strokes, torch.arange(len(strokes), device=strokes.pen.device)
    through = _through(strokes, view, pens)
    none = strokes.pen[:0]
    drawn, origins = strokes.select(none), none
    for pen, left in enumerate(through):
        own = (strokes.pen == pen).nonzero()[:, 0]
        if len(own):
            width_px = float(strokes.width_mm[own].mean()) / view.mm_per_px
            seen = gaussian_filter(left, _BLUR_PENS * width_px)
            free, numbers = _freed(strokes.select(own), view, seen, black)
            drawn = drawn.beside(free)
            origins = torch.cat([origins, torch.where(numbers < 0, numbers, own[numbers])])
    return drawn, origins


def _through(strokes: Strokes, view: View, pens: int) -> Float[ndarray, "pens height width"]:
    """What each pen leaves of the light."""
    with torch.no_grad():
        return render(strokes.detach().apart(), [view], pens=pens)[0].cpu().numpy()


def _freed(
    strokes: Strokes, view: View, tone: Float[ndarray, "height width"], black: float
) -> tuple[Strokes, Int[Tensor, "strokes"]]:
    """The same of one pen's strokes, whose lines lie in ``tone``."""
    members = strokes.lines()
    placed = strokes.detach().with_points(view.to_px(strokes.points.detach()))
    lines = [_stepped(curves) for curves in placed.chains()]
    free = untangled(Linked(lines, strokes.laid()), tone, black)
    # Several can lie in one place.
    known: dict[bytes, list[int]] = {}
    for number, line in reversed([*enumerate(lines)]):
        known.setdefault(line.tobytes(), []).append(number)
    now = [(known.get(line.tobytes()) or [-1]).pop() for line in free.lines]
    if min(now) >= 0:
        return strokes, torch.arange(len(strokes), device=strokes.pen.device)
    gone = set(range(len(lines))).difference(now)
    piece_px = sum(length_of(lines[line]) for line in gone) / sum(len(members[line]) for line in gone)
    parts = [
        _anew(line, piece_px, strokes, view)
        if number < 0
        else (strokes.points[members[number]], members[number])
        for line, number in zip(free.lines, now, strict=True)
    ]
    origins = torch.tensor(list(chain(*(numbers for _, numbers in parts))), device=strokes.pen.device)
    joints = Joints.along([len(numbers) for _, numbers in parts], free.laid).to(strokes.pen.device)
    # All are drawn alike, by one pen.
    drawn = strokes.apart().select(origins.clamp(min=0))
    return replace(drawn, points=torch.cat([points for points, _ in parts]), joints=joints), origins


def _anew(
    line: Line, piece_px: float, strokes: Strokes, view: View
) -> tuple[Float[Tensor, "pieces control_points 2"], list[int]]:
    """A line in strokes like these, of about that length, and that none was any of them."""
    pieces, _ = cut([line], piece_px, strokes.spans)
    return view.to_mm(torch.from_numpy(pieces)).to(strokes.points), [-1] * len(pieces)


def _stepped(curves: Float[ndarray, "curves 4 2"]) -> Line:
    """A chain in even steps of the curves' parameter, and its last point."""
    steps = bezier.evaluate(curves[:, None], np.arange(_STEPS) / _STEPS)
    return np.concatenate([steps.reshape(-1, 2), curves[-1:, 3]])
