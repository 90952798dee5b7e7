"""Lines cut into strokes: one pen's, in pixels of the seeding, and those of all pens on the page."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
import torch
from jaxtyping import Float
from numpy import ndarray

from plotopt.first_strokes.linking import Line, Linked, cut
from plotopt.first_strokes.thread import strung
from plotopt.joints import LEAST_SPANS, Joints
from plotopt.pens import Pen
from plotopt.strokes import Strokes
from plotopt.view import View

#: A cubic curve is so many pen widths long.
SPAN_PENS = 7.0


@dataclass(frozen=True)
class Laid:
    """Strokes of pen number ``pen``, line by line: how many each has, and from how many it was linked."""

    pen: int
    points: Float[ndarray, "strokes control_points 2"]
    counts: list[int]
    linked_from: list[int]

    @classmethod
    def of_lines(cls, pen: int, lines: Linked, pen_px: float, span_pens: float = SPAN_PENS) -> Laid:
        """Lines in strokes of about one length, which have curves of so many pen widths."""
        points, counts = cut(lines.lines, LEAST_SPANS * span_pens * pen_px, LEAST_SPANS)
        return cls(pen, points, counts, lines.laid)

    @classmethod
    def of_thread(cls, pen: int, control_points: Line, made_of: int) -> Laid:
        """A single line by its control points, which counts for so many strokes."""
        points = strung(control_points)
        return cls(pen, points, [len(points)], [made_of])


def placed(laid: Sequence[Laid], view: View, pens: Sequence[Pen]) -> Strokes:
    """The strokes of all pens on the page that ``view`` looks at, with their joints."""
    owner = np.repeat([each.pen for each in laid], [len(each.points) for each in laid])
    joints = Joints.along(
        [count for each in laid for count in each.counts],
        [count for each in laid for count in each.linked_from],
    )
    points = view.to_mm(torch.from_numpy(np.concatenate([each.points for each in laid])).float())
    strokes = replace(Strokes.of_pens(points, torch.from_numpy(owner), pens), joints=joints)
    return strokes.moved_to(strokes.points)
