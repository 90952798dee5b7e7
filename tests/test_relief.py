"""Lines as if laid over a relief of the tones."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from plotopt.errors import PlotoptError
from plotopt.first_strokes.directions import Relief, read_direction
from plotopt.maps import Ground
from plotopt.page import Rect
from plotopt.view import View


def ground_of(tone):
    height, width = tone.shape
    return Ground(tone, View(0, 0, width, height, 0.5), Rect(0, 0, 0.5 * width, 0.5 * height))


def turned(headings, degrees):
    """How far directions without sign are from an angle, counted as on paper, in degrees."""
    return np.abs((np.degrees(-headings) - degrees + 90) % 180 - 90)


@pytest.mark.parametrize("text", ["relief:20,110", "relief:0", "relief:-45,30.5,90"])
def test_a_text_is_read_and_told_again(text):
    assert str(read_direction(text)) == text
    assert read_direction(text.replace(",", "deg, ").upper()) == read_direction(text)


def test_without_angles_there_are_two():
    assert read_direction("relief") == Relief()
    assert read_direction(str(Relief())) == Relief()


@pytest.mark.parametrize("text", ["relief:", "relief:x", "relief:nan", "relief:1,2,3,4,5,6,7", "reliefs"])
def test_what_is_no_relief_is_refused(text):
    with pytest.raises(PlotoptError, match="direction"):
        read_direction(text)


def test_a_flat_picture_has_straight_lines():
    fields = Relief((20.0, 110.0)).headings(ground_of(np.full((40, 60), 0.5)))
    assert [float(turned(field, angle).max()) for field, angle in zip(fields, (20, 110), strict=True)] == [
        pytest.approx(0, abs=1e-6)
    ] * 2


@given(
    hnp.arrays(float, (24, 32), elements=st.floats(0, 1)),
    st.floats(-180, 180),
)
def test_no_relief_turns_lines_back(tone, angle):
    (field,) = Relief((angle,)).headings(ground_of(tone))
    assert np.isfinite(field).all()
    # A slope below 0.9 of the rise that it lies on turns levels by less than its arc sine.
    assert turned(field, angle).max() <= np.degrees(np.arcsin(0.9)) + 1e-6


def test_lines_bend_about_a_dark_ball():
    y, x = np.mgrid[:80, :80] - 39.5
    tone = np.where(np.hypot(x, y) < 20, 0.1, 0.9)
    (field,) = Relief((0.0,)).headings(ground_of(tone))
    left, right = field[40, 20], field[40, 59]
    assert abs(np.degrees(left)) > 10
    assert np.sign(np.tan(left)) == -np.sign(np.tan(right))
    assert turned(field, 0)[:5, :5].max() < 25
