"""Untangling: lines that cross are drawn another way, and nothing else changes."""

from dataclasses import replace

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from shapely import LineString, STRtree

from plotopt import bezier
from plotopt.colour.ink import Inks
from plotopt.first_strokes.directions import read_direction
from plotopt.first_strokes.guide import Contours, Guide
from plotopt.first_strokes.linking import cut
from plotopt.joints import Joints
from plotopt.losses.pixel import PyramidLoss
from plotopt.objectives.likeness import Likeness
from plotopt.objectives.problem import Problem
from plotopt.pens import Pen
from plotopt.stages import Stage
from plotopt.strokes import Strokes
from plotopt.tones.target import Target
from plotopt.untangling import untangle
from plotopt.view import View

# 100 px of 0.4 mm, which is off the page's corner.
VIEW = View(10.0, 20.0, 100, 100, 0.4)
PENS = (Pen("black", "#000000", 0.4), Pen("red", "#ff0000", 0.8))


def lines_of(*lines, pen=0):
    """Strokes of straight lines of 20 px pieces, given by their ends in px."""
    dense = [np.linspace(line[0], line[-1], 80) for line in np.array(lines, float)]
    pieces, counts = cut(dense, 20.0, 3)
    points = VIEW.to_mm(torch.from_numpy(pieces)).float()
    strokes = Strokes.of_pens(points, torch.full((len(points),), pen), PENS)
    return replace(strokes, joints=Joints.along(counts, [1] * len(counts)))


def drawn(strokes):
    chains = strokes.with_points(VIEW.to_px(strokes.points)).chains()
    return [LineString(bezier.flatten(chain, 0.02)) for chain in chains]


def crossings(strokes):
    lines = drawn(strokes)
    one, other = STRtree(lines).query(lines, predicate="crosses")
    return int((one < other).sum())


def ends(strokes):
    both = [np.array(line.coords)[[0, -1]] for line in drawn(strokes)]
    return sorted(tuple(np.round(end, 1)) for pair in both for end in pair)


CROSS = lines_of([[10, 10], [90, 60]], [[10, 61], [90, 7]])


def test_lines_that_cross_touch_no_more_and_end_where_they_did():
    assert crossings(CROSS) == 1
    free, origins = untangle(CROSS, VIEW, 1)
    assert crossings(free) == 0
    assert ends(free) == ends(CROSS)
    assert origins.tolist() == [-1] * len(free)
    assert len(free.lines()) == 2
    assert free.laid() == [1, 1]
    assert torch.equal(free.joints.drawn_together(free.points), free.points)
    # Neither is far from what was drawn before.
    before, after = (sum(line.length for line in drawn(each)) for each in (CROSS, free))
    assert 0.95 * before < after < before


def test_lines_that_do_not_cross_are_the_same_to_the_bit():
    aside = lines_of([[5, 80], [95, 80]], [[5, 90], [95, 95]])
    free, origins = untangle(CROSS.beside(aside), VIEW, 1)
    kept = origins >= 0
    assert origins[kept].tolist() == list(range(len(CROSS), len(CROSS) + len(aside)))
    assert torch.equal(free.points[kept], aside.points)
    assert len(free.lines()) == 4
    untouched, numbers = untangle(aside, VIEW, 1)
    assert untouched is aside or torch.equal(untouched.points, aside.points)
    assert numbers.tolist() == list(range(len(aside)))


def test_lines_of_different_pens_may_cross():
    both = lines_of([[10, 10], [90, 60]]).beside(lines_of([[10, 60], [90, 10]], pen=1))
    free, origins = untangle(both, VIEW, 2)
    assert torch.equal(free.points, both.points)
    assert origins.tolist() == list(range(len(both)))
    assert torch.equal(free.pen, both.pen)


def test_each_pen_s_lines_are_freed_and_stay_that_pen_s():
    red = lines_of([[10, 40], [90, 90]], [[10, 91], [90, 37]], pen=1)
    free, origins = untangle(CROSS.beside(red), VIEW, 2)
    assert [crossings(free.select(free.pen == pen)) for pen in (0, 1)] == [0, 0]
    assert sorted(set(zip(free.pen.tolist(), free.width_mm.tolist(), strict=True))) == [
        (0, pytest.approx(0.4)),
        (1, pytest.approx(0.8)),
    ]
    assert len(origins) == len(free)


def test_crossings_under_much_ink_are_left():
    hatch = [[[30 + 0.5 * i, 5], [30 + 0.5 * i, 65]] for i in range(80)]
    dark = CROSS.beside(lines_of(*hatch))
    free, _ = untangle(dark, VIEW, 1)
    assert torch.equal(free.points, dark.points)


def test_where_ink_is_scarce_less_of_it_is_much():
    free, _ = untangle(CROSS, VIEW, 1, black=0.99)
    assert torch.equal(free.points, CROSS.points)
    assert Guide().black == pytest.approx(0.3)
    assert Guide().reaching(0.5, 1.0).black == pytest.approx(0.65)


def test_lines_in_one_place_are_told_apart():
    twice = lines_of([[5, 80], [95, 80]], [[5, 80], [95, 80]])
    free, origins = untangle(twice.beside(CROSS), VIEW, 1)
    assert origins[origins >= 0].tolist() == list(range(len(twice)))
    assert torch.equal(free.points[: len(twice)], twice.points)


def refined(guide):
    """What a likeness makes of the crossing lines on grey, and which each was."""
    target = Target(torch.full((1, 100, 100), 0.8), VIEW.rect)
    problem = Problem(target, PENS[:1], Inks(torch.zeros(1, 1), (False,)), PyramidLoss(), guide=guide)
    likeness = Likeness(problem, Stage("test", 100, 10, (1.0, 0.1), (1.0, 1.0)), np.random.default_rng(0))
    return likeness.refine(CROSS, likeness.gradients(CROSS, 0))


def test_lines_are_freed_each_time_that_strokes_are_moved():
    strokes, origins = refined(Guide())
    assert crossings(strokes) == 0
    assert len(origins) == len(strokes)


OUTLINES = Contours((np.array([[12.0, 22.0], [14.0, 22.0]]),), torch.zeros(10, 10), (0.0,))


@pytest.mark.parametrize(
    "guide",
    [
        Guide(curl_pens=5.0),
        Guide(contours=OUTLINES),
        Guide(direction=read_direction("45,135")),
        Guide(direction=read_direction("relief")),
    ],
    ids=["loops", "outlines", "layers", "layers on a relief"],
)
def test_lines_that_are_meant_to_cross_do(guide):
    assert crossings(refined(guide)[0]) == 1


def test_strokes_that_are_not_joined_stay():
    apart = CROSS.apart()
    free, origins = untangle(apart, VIEW, 1)
    assert free is apart
    assert origins.tolist() == list(range(len(apart)))


def test_no_strokes():
    none = CROSS.select(CROSS.pen > 0)
    free, origins = untangle(none, VIEW, 1)
    assert (len(free), len(origins)) == (0, 0)


@settings(max_examples=25, deadline=None)
@given(st.integers(0, 10**6), st.integers(2, 12))
def test_any_lines_keep_their_number_their_ends_and_what_they_were_linked_from(seed, count):
    tangle = lines_of(*np.random.default_rng(seed).uniform(5, 95, (count, 2, 2)))
    free, origins = untangle(tangle, VIEW, 1)
    assert len(free.lines()) == count
    assert ends(free) == ends(tangle)
    assert sum(free.laid()) == count
    assert torch.equal(free.points[origins >= 0], tangle.points[origins[origins >= 0]])
    assert crossings(free) <= crossings(tangle)
