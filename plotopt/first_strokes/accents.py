"""Accents: short lines for small dark marks that stand out from all around them, such as eyes.

Lines that end early are given up for longer ones elsewhere, since each costs a lift of the pen. Of marks
that are smaller than lines are long none would be left.
"""

from __future__ import annotations

import numpy as np
from jaxtyping import Float
from numpy import ndarray
from scipy import ndimage

from plotopt.first_strokes import streamlines
from plotopt.first_strokes.directions import structure_headings
from plotopt.first_strokes.seeding import TRIES, Seeds, drawn_points, ink_demand

# Marks are narrower than so many pen widths. They want more line area than what lies around, by so much; by
# this part of the most that is wanted anywhere where that is less than all of the area.
_WIDEST_PENS, _MORE = 8.0, 0.3
# What is smaller than a pen shows is no mark.
_BLUR_PENS = 0.7
# Their lines are this part of all at most, and up to so many pen widths long; shorter ones are crumbs.
_MOST, _LONGEST_PENS, _SHORTEST_PENS = 0.1, 12.0, 3.0
# There are as many as fill the marks with lines of this length.
_USUAL_PENS = 5.0


def standing_out(demand: Float[ndarray, "height width"], pen_px: float) -> Float[ndarray, "height width"]:
    """By how much more ink each pixel wants than a mark must, nought where there is none.

    A mark is what an opening by a disk takes away: the white top-hat (Serra, Image Analysis and Mathematical
    Morphology, 1982). ``demand`` is the line area wanted per area.
    """
    # In pixels of half a pen at least: the time it takes grows with the square of the disk's area.
    cell = max(1, round(0.5 * pen_px))
    rows, columns = demand.shape
    whole = np.pad(demand, ((0, -rows % cell), (0, -columns % cell)), mode="edge")
    cells = whole.reshape(whole.shape[0] // cell, cell, -1, cell).mean((1, 3))
    reach = max(1, round(0.5 * _WIDEST_PENS * pen_px / cell))
    y, x = np.mgrid[-reach : reach + 1, -reach : reach + 1]
    seen = ndimage.gaussian_filter(cells, _BLUR_PENS * pen_px / cell)
    marks = ndimage.white_tophat(seen, footprint=x**2 + y**2 <= reach**2)
    marked = np.clip(marks - _MORE * min(1.0, demand.max()), 0, None)
    return marked.repeat(cell, 0).repeat(cell, 1)[:rows, :columns]


def accents(
    tone: Float[ndarray, "height width"], count: int, pen_px: float, rng: np.random.Generator
) -> list[Float[ndarray, "points 2"]]:
    """Lines in pixels for the marks of a tone, along its structure; a tenth of ``count`` at most."""
    demand, most = ink_demand(tone), int(_MOST * count)
    marks = standing_out(demand, pen_px) if most else np.zeros_like(demand)
    inside = np.where(marks > 0, demand, 0.0)
    lines = min(most, round(inside.sum() / (_USUAL_PENS * pen_px**2)))
    if not lines:
        return []
    length_px = _LONGEST_PENS * pen_px
    seeds = Seeds.room_for(lines, length_px)
    wanted = streamlines.Wanted(demand, inside, structure_headings(tone), np.ones_like(demand))
    starts = drawn_points(marks, lines * TRIES, rng).reshape(lines, TRIES, 2)
    streamlines.grow(wanted, starts, pen_px, length_px, seeds.points, seeds.counts)
    least = _SHORTEST_PENS * pen_px / streamlines.STEP_PX
    return [line for line in seeds.lines() if len(line) > least]
