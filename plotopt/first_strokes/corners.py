"""Corners of lines: a stroke that is bent would round them."""

from __future__ import annotations

import numpy as np
from jaxtyping import Bool, Float, Int
from numpy import ndarray
from scipy import ndimage

from plotopt.first_strokes.centre_lines import CLOSED_PX, across, angle
from plotopt.first_strokes.linking import Line
from plotopt.first_strokes.streamlines import STEP_PX

# A turn as sharp over so many pens is a corner, which is blunt for so many.
_CORNER, _REACH_PENS, _BLUNT_PENS = np.deg2rad(60), 1.5, 0.5
# So is one over twice as many of which the middle half takes the better part; of a bend it would take half.
_WIDE, _WITHIN = np.deg2rad(50), 0.64
_LEAST = 1e-9


def cornered(line: Line, pen_px: float) -> list[Line]:
    """The line cut where it turns sharply, its parts drawn out straight to where they meet.

    Points are half a pixel apart, as :func:`plotopt.first_strokes.centre_lines.centre_lines` has them.
    """
    reach, blunt = (round(pens * pen_px / STEP_PX) for pens in (_REACH_PENS, _BLUNT_PENS))
    if len(line) <= 2 * reach:
        return [line]
    if np.hypot(*(line[0] - line[-1])) <= CLOSED_PX:
        # A closed line may begin at a corner.
        around = _turns(np.concatenate([line, line[: 2 * reach]]), reach)
        line = np.roll(line, -int(around[reach:-reach].argmin()) - reach, axis=0)
        line = np.concatenate([line, line[:1]])
    parts, tip, first = [], line[:0], 0
    for at, far, near in _corners(line, reach, blunt):
        if at - near <= first:
            continue
        start, end = line[at - far], line[at + far]
        way, back = line[at - near] - start, line[at + near] - end
        corner = _meeting(start, way, end, back, line[at], pen_px)[None]
        parts.append(np.concatenate([tip, line[first : at - near + 1], corner]))
        first, tip = at + near, corner
    return [*parts, np.concatenate([tip, line[first:]])]


def _corners(line: Line, reach: int, blunt: int) -> list[tuple[int, int, int]]:
    """At which points a line has corners; from how far to how near on either side it leads there straight."""
    turns, wide = _turns(line, reach), _turns(line, 2 * reach)
    is_sharp = turns > _CORNER
    sharp = [int(run[turns[run].argmax()]) for run in runs(is_sharp) if is_sharp[run[0]]]
    is_peak = turns == ndimage.maximum_filter1d(turns, 4 * reach + 1)
    blunter = np.flatnonzero(is_peak & ~is_sharp & (wide > _WIDE) & (turns > _WITHIN * wide)).tolist()
    return sorted([(at, reach, blunt) for at in sharp] + [(at, 2 * reach, reach) for at in blunter])


def _meeting(
    start: ndarray, way: ndarray, end: ndarray, back: ndarray, blunt: ndarray, within_px: float
) -> Float[ndarray, "2"]:
    """Where the straight ways on from two points meet, if that is so near to a blunt corner, or else that."""
    crossing = across(way, back)
    if abs(crossing) < _LEAST:
        return blunt
    corner = start + across(end - start, back) / crossing * way
    return corner if np.hypot(*(corner - blunt)) <= within_px else blunt


def _turns(line: Line, reach: int) -> Float[ndarray, "points"]:
    """By what angle a line turns over so many points before and after each; 0 where there are fewer."""
    turns = np.zeros(len(line))
    if len(line) > 2 * reach:
        ways = line[reach:] - line[:-reach]
        turns[reach:-reach] = angle(ways[:-reach], ways[reach:])
    return turns


def runs(flags: Bool[ndarray, "points"]) -> list[Int[ndarray, "run"]]:
    """The numbers of points, split where their flags change."""
    return np.split(np.arange(len(flags)), np.flatnonzero(np.diff(flags)) + 1)
