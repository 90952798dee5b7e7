"""Beds: how far apart ends of lines are linked."""

import numpy as np
import pytest

from plotopt.first_strokes.bed import Bed
from plotopt.first_strokes.seeding import Course, Seeds, tone_of
from plotopt.pens import Pen

PEN = Pen("black", "#000000", 0.5)
# Lines of 70 pen widths, of which the picture wants eight, and rows that they lie in, of a pixel a pen width.
ROOMY_PX, WANTED = 70.0, 8
SHAPE, APART_PX = (400, 180), 45


def linked(gap_px, count, reach):
    """Into how many lines ``count`` are linked whose ends lie ``gap_px`` apart, two in each row."""
    tops = np.arange(1, 1 + count // 2) * APART_PX
    inked = np.zeros(SHAPE, bool)
    for top in tops:
        inked[top - 1 : top + 2] = True
    demand = ROOMY_PX * WANTED * reach / inked.sum()
    tone = np.where(inked, tone_of(np.array(demand)), 1.0)
    bed = Bed(0, PEN, tone, 1.0, Course(np.zeros(SHAPE), np.ones(SHAPE)), reach=reach)
    along = np.linspace(0, 40, 81)
    lines = [
        np.stack([left + along, np.full(81, top + 0.5)], axis=1) for top in tops for left in (20, 60 + gap_px)
    ]
    return len(bed.laid(Seeds.of_lines(lines), None, np.random.default_rng(0)).counts)


@pytest.mark.parametrize(
    ("gap_px", "count", "reach", "lines"),
    [
        # As many lines as the picture wants: 20 pens, also where the ink is scarce.
        (18, 8, 1.0, 4),
        (22, 8, 1.0, 8),
        (18, 8, 0.5, 4),
        (22, 8, 0.5, 8),
        # Half as many: still 20 pens, or twice that where there is no ink for more.
        (18, 4, 1.0, 2),
        (38, 4, 1.0, 4),
        (38, 4, 0.5, 2),
        (42, 4, 0.5, 4),
        # Twice as many: a quarter.
        (4, 16, 1.0, 8),
        (6, 16, 1.0, 16),
    ],
)
def test_lines_are_linked_across_what_suits_their_number_and_what_ink_they_have(gap_px, count, reach, lines):
    assert linked(gap_px, count, reach) == lines
