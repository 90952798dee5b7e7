"""Accents: small dark marks have lines of their own, large ones and light ones do not."""

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from plotopt.first_strokes.accents import accents, standing_out
from plotopt.first_strokes.bed import Bed
from plotopt.first_strokes.directions import read_direction
from plotopt.first_strokes.guide import Contours, Guide
from plotopt.first_strokes.seeding import Course, ink_demand
from plotopt.first_strokes.single_line import SingleLine
from plotopt.page import Rect
from plotopt.pens import Pen
from plotopt.tones.target import Target

PEN = Pen("black", "#000000", 0.5)
EYE = (slice(40, 44), slice(30, 38))


def face(eye=0.1, skin=0.8):
    """An eye of 8 x 4 px in skin, and hair of the same darkness that fills the right third."""
    tone = np.full((90, 90), skin)
    tone[EYE] = eye
    tone[:, 60:] = eye
    return tone


def drawn(tone, count=100, pen_px=1.0):
    return accents(tone, count, pen_px, np.random.default_rng(0))


def bed(tone, accented):
    course = Course(np.zeros_like(tone), np.ones_like(tone), accented=accented)
    return Bed(0, PEN, tone, 1.0, course)


def test_only_what_is_small_stands_out():
    found = standing_out(ink_demand(face()), 1.0)
    assert found[41:43, 32:36].min() > 0.3
    assert found[:, 65:].max() == 0
    assert found[:30].max() == 0


def test_an_eye_has_lines_that_stay_in_it():
    lines = drawn(face())
    assert 1 <= len(lines) <= 10
    for line in lines:
        assert (line.min(0) >= [29.5, 39.5]).all()
        assert (line.max(0) <= [38.5, 44.5]).all()
        assert 3 <= 0.5 * (len(line) - 1) <= 12
    # About as much line as it wants.
    length_px = sum(0.5 * (len(line) - 1) for line in lines)
    assert 0.4 < length_px / ink_demand(face())[EYE].sum() < 1.2


@pytest.mark.parametrize("tone", [face(eye=0.75), np.full((90, 90), 0.3), np.ones((90, 90)), face(0.1, 0.25)])
def test_no_mark_no_line(tone):
    assert drawn(tone) == []


def test_of_few_lines_none_is_an_accent():
    assert drawn(face(), count=9) == []
    assert len(drawn(face(), count=19)) == 1


def test_a_wider_pen_sees_larger_marks():
    y, x = np.mgrid[:90, :90]
    tone = np.where(np.hypot(x - 30, (y - 40) * 1.5) < 9, 0.1, 0.8)
    assert drawn(tone) == []
    assert drawn(tone, pen_px=2.0)


def test_a_faint_drawing_of_the_same_has_the_same_marks():
    """Tones that so few strokes cannot reach are lightened; what stands out is told by what is left."""
    faint = 1 - 0.4 * (1 - face())
    assert len(drawn(faint)) >= 1


def test_a_bed_lays_accents_first_and_as_many_lines_as_asked_for():
    rng = np.random.default_rng
    marked, plain = (bed(face(), accented).seeds(60, 45.0, rng(0)) for accented in (True, False))
    assert len(marked.counts) == len(plain.counts) == 60
    assert plain.accents == 0
    assert 1 <= marked.accents <= 6
    middles = np.array([line.mean(0) for line in marked.lines()[: marked.accents]])
    assert ((middles > [29, 39]) & (middles < [39, 45])).all()


def test_accents_are_not_linked():
    place = bed(face(), True)
    seeds = place.seeds(60, 45.0, np.random.default_rng(0))
    laid = place.laid(seeds, 30.0, np.random.default_rng(0))
    assert laid.counts[: seeds.accents] == [1] * seeds.accents
    assert laid.linked_from[: seeds.accents] == [1] * seeds.accents
    assert sum(laid.linked_from) == 60
    assert len(laid.counts) < 60


@pytest.mark.parametrize(
    ("guide", "accented"),
    [
        (Guide(), True),
        (Guide(link_mm=0.0), True),
        (Guide(usual_mm=10.0), False),
        (Guide(curl_pens=5.0), False),
        (Guide(direction=read_direction("45")), False),
        (Guide(single_line=SingleLine.FLOW), False),
        (Guide(contours=Contours((np.array([[1.0, 1.0], [9.0, 1.0]]),), torch.zeros(9, 9), (0.0,))), False),
    ],
)
def test_lines_that_are_free_have_accents(guide, accented):
    target = Target(torch.from_numpy(face()).float()[None], Rect(0, 0, 45, 45))
    ground = guide.ground(target, target.view, target.place)
    assert all(course.accented == accented for course in guide.courses(ground))


def test_a_wide_pen_s_marks_are_found_in_coarser_pixels():
    y, x = np.mgrid[:211, :203]
    tone = np.where(np.hypot(x - 100, (y - 90) * 1.5) < 30, 0.1, 0.8)
    found = standing_out(ink_demand(tone), 8.0)
    assert found.shape == tone.shape
    assert found[85:95, 90:110].min() > 0.2
    assert found[:50].max() == found[130:].max() == 0


@settings(max_examples=20, deadline=None)
@given(st.integers(0, 10**6), st.sampled_from([0.4, 1.0, 2.5]))
def test_any_tone_has_a_tenth_of_the_lines_at_most_and_all_of_them_inside(seed, pen_px):
    tone = np.random.default_rng(seed).uniform(0, 1, (24, 31))
    lines = drawn(tone, 50, pen_px)
    assert len(lines) <= 5
    for line in lines:
        assert ((line >= 0) & (line <= [31, 24])).all()
