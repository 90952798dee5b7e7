"""Labels as pen strokes, in the single-line letters of Hershey's fonts."""

from __future__ import annotations

from itertools import pairwise

import numpy as np

from plotopt import bezier
from plotopt.plot.chains import Chain

# Plain strokes, and its full stops stand on the line.
_FONT = "rowmans"


def letter(
    text: str, left_mm: float, top_mm: float, height_mm: float, *, width_mm: float = float("inf")
) -> list[Chain]:
    """One line of text, a chain for each line of the pen.

    Capitals and digits are ``height_mm`` high and hang from ``top_mm``; tails of a ``g`` and underscores
    reach down by a third of that. A text wider than ``width_mm`` shrinks to it. Characters that the font
    lacks are left out.
    """
    from vpype import text_line

    lines = [np.stack([line.real, line.imag], axis=1) for line in text_line(text, _FONT)]
    if not lines:
        return []
    _, capital_top, _, baseline = text_line("H", _FONT).bounds()
    points = np.concatenate(lines)
    first, last = points[:, 0].min(), points[:, 0].max()
    scale = height_mm / (baseline - capital_top)
    scale = min(scale, width_mm / max(last - first, 1e-9))
    origin = np.array([first, capital_top])
    corner = np.array([left_mm, top_mm])
    return [_chain(corner + scale * (line - origin)) for line in lines]


def _chain(points: np.ndarray) -> Chain:
    return np.stack([bezier.line_curve(start, end) for start, end in pairwise(points)])
