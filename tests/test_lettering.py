"""Labels: where they lie, how large they are, and that they are lines a pen can draw."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from plotopt import bezier
from plotopt.lettering import letter


def box(chains):
    points = np.concatenate(chains).reshape(-1, 2)
    return (*points.min(0).tolist(), *points.max(0).tolist())


def test_a_capital_is_as_high_as_asked_and_begins_where_asked():
    left, top, _, bottom = box(letter("H", 10, 20, 3))
    assert (left, top, bottom) == pytest.approx((10, 20, 23))


def test_the_letter_h_is_two_posts_and_a_bar():
    chains = letter("H", 0, 0, 1)
    assert [chain.shape for chain in chains] == [(1, 4, 2)] * 3
    ends = [np.abs(chain[0, 3] - chain[0, 0]) for chain in chains]
    assert sorted((dx < 1e-9, dy < 1e-9) for dx, dy in ends) == [(False, True), (True, False), (True, False)]


def test_all_digits_stand_on_the_line_and_a_tail_goes_a_third_below():
    for digit in "0123456789":
        assert box(letter(digit, 0, 0, 2))[1::2] == pytest.approx((0, 2), abs=1e-9)
    assert box(letter("g", 0, 0, 3))[3] == pytest.approx(4)


def test_lines_are_evenly_spaced_straight_curves_end_to_end():
    for chain in letter("8", 5, 5, 4):
        assert chain.dtype == np.float64
        np.testing.assert_allclose(chain[1:, 0], chain[:-1, 3])
        for curve in chain:
            np.testing.assert_allclose(curve, bezier.line_curve(curve[0], curve[3]))


def test_a_long_label_shrinks_to_its_width_and_a_short_one_does_not():
    free, held = box(letter("vgg16:conv3_3", 0, 0, 4)), box(letter("vgg16:conv3_3", 0, 0, 4, width_mm=10))
    assert free[2] > 20
    assert held == pytest.approx(np.array(free) * 10 / free[2])
    short = letter("7", 0, 0, 4, width_mm=10)
    assert box(short) == pytest.approx(box(letter("7", 0, 0, 4)))


@pytest.mark.parametrize("text", ["", " ", "\u2603"])
def test_what_has_no_lines_is_nothing(text):
    assert letter(text, 0, 0, 2) == []


def test_characters_that_the_font_lacks_are_left_out():
    assert len(letter("1\u26031", 0, 0, 2)) == len(letter("11", 0, 0, 2))


@settings(deadline=None, max_examples=50)
@given(st.text(max_size=30), st.floats(0.5, 20), st.floats(1, 100))
def test_any_text_is_finite_and_within_its_width(text, height_mm, width_mm):
    chains = letter(text, 3, 4, height_mm, width_mm=width_mm)
    if chains:
        left, _, right, _ = box(chains)
        assert left == pytest.approx(3)
        assert right <= 3 + width_mm * (1 + 1e-9)
