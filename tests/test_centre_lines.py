"""Centre lines: along the middle, straight on across others, touching what they end at."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from plotopt.first_strokes.centre_lines import centre_lines

SIZE, WIDTH = 160, 4.0
y, x = np.mgrid[:SIZE, :SIZE] + 0.5


def bar(start, end, width=WIDTH):
    """The pixels within half a width of a segment."""
    (x0, y0), (x1, y1) = start, end
    along = ((x - x0) * (x1 - x0) + (y - y0) * (y1 - y0)) / ((x1 - x0) ** 2 + (y1 - y0) ** 2)
    along = along.clip(0, 1)
    return np.hypot(x - x0 - along * (x1 - x0), y - y0 - along * (y1 - y0)) <= width / 2


def ring(centre, radius, width=WIDTH):
    return np.abs(np.hypot(x - centre[0], y - centre[1]) - radius) <= width / 2


def rays(degrees, length=70.0, centre=(80.0, 80.0)):
    """A bar through the middle at that angle, and its direction."""
    way = np.array([np.cos(np.deg2rad(degrees)), np.sin(np.deg2rad(degrees))])
    return bar(centre - length * way, centre + length * way), way


def off(line, way, centre=(80.0, 80.0)):
    """How far the points of a line lie beside a straight one through the centre."""
    return np.abs((line - centre) @ np.array([-way[1], way[0]]))


def length_px(line):
    return np.hypot(*np.diff(line, axis=0).T).sum()


@pytest.mark.parametrize("degrees", [20, 30, 45, 70, 90])
@pytest.mark.parametrize("turned", [0, 10, 33])
def test_two_lines_cross_straight(degrees, turned):
    (one, along), (other, across) = rays(turned), rays(turned + degrees)
    lines = centre_lines(one | other)
    assert len(lines) == 2
    assert all(length_px(line) > 130 for line in lines)
    found = sorted(
        min((off(line, way).max(), name) for name, way in enumerate((along, across))) for line in lines
    )
    assert sorted(name for _, name in found) == [0, 1]
    assert max(far for far, _ in found) <= WIDTH / 2


def test_three_lines_cross_in_one_place():
    crossed = [rays(degrees) for degrees in (5, 65, 125)]
    lines = centre_lines(np.any([mask for mask, _ in crossed], axis=0))
    assert len(lines) == 3
    for _, way in crossed:
        assert min(off(line, way).max() for line in lines) <= WIDTH / 2


def test_a_line_that_ends_at_another_touches_it():
    through, branch = centre_lines(bar((10, 80), (150, 80)) | bar((80, 80), (100, 20)))
    assert np.abs(through[:, 1] - 80).max() < 1.2
    assert length_px(through) > 130
    nearest = np.hypot(*(branch[:, None] - through).transpose(2, 0, 1)).min()
    assert nearest < 1.5


def test_corners_stay_sharp():
    lines = centre_lines(bar((20, 120), (80, 40)) | bar((80, 40), (140, 120)))
    nearest = min(np.hypot(*(line - (80, 42)).T).min() for line in lines)
    assert nearest < 2


def test_circles_go_on_through_each_other():
    centres = [(64.0, 80.0), (96.0, 80.0)]
    lines = centre_lines(ring(centres[0], 45) | ring(centres[1], 45))
    assert sum(map(length_px, lines)) == pytest.approx(4 * np.pi * 45, rel=0.06)
    for line in lines:
        # Each piece lies on one of them from end to end.
        assert min(np.abs(np.hypot(*(line - centre).T) - 45).max() for centre in centres) <= WIDTH / 2


def test_between_crossings_so_near_that_nothing_is_left_lines_keep_their_direction():
    """A point between two nodes has none of its own."""
    lines = centre_lines(((x + y) % 6 < 2) | ((x - y) % 6 < 2))
    long = [line for line in lines if length_px(line) > 20]
    straight = [np.hypot(*(line[-1] - line[0])) / length_px(line) for line in long]
    assert len(long) > 40
    assert np.mean(straight) > 0.9


def test_the_longest_come_first():
    lines = centre_lines(bar((10, 20), (60, 20)) | bar((10, 60), (150, 60)) | bar((10, 100), (110, 100)))
    assert [round(line[0, 1] / 20) for line in lines] == [3, 5, 1]


@pytest.mark.parametrize(
    "mask", [np.zeros((9, 9), bool), np.ones((9, 9), bool), np.ones((1, 1), bool), np.ones((1, 30), bool)]
)
def test_odd_masks_have_lines_within_them_if_any(mask):
    for line in centre_lines(mask):
        assert (line >= 0).all()
        assert (line <= mask.shape[::-1]).all()


@settings(max_examples=100, deadline=None)
@given(arrays(bool, st.tuples(st.integers(1, 20), st.integers(1, 20)), elements=st.booleans()))
def test_any_mask_has_lines_near_it_if_any(mask):
    for line in centre_lines(mask):
        assert len(line) >= 1
        assert np.isfinite(line).all()
        assert (line > -2).all()
        assert (line < np.array(mask.shape[::-1]) + 2).all()
