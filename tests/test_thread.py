"""One line through many, and its control points."""

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from test_crossings import crossings, length

from plotopt.first_strokes.seeding import evened
from plotopt.first_strokes.thread import spread, strung, thread, tied
from plotopt.strokes import chain_of


def fine(*corners):
    return evened(np.array(corners, float), 0.5)


def hatching(rows=10):
    return [fine((2, 4 * row + 2), (42, 4 * row + 2)) for row in range(rows)]


def test_parallel_lines_become_one_that_goes_to_and_fro():
    line = thread(hatching(), np.full((44, 44), 0.25), 1.0)
    assert crossings(line[::4]) == 0
    # Ten lines of 40 and nine ways of 4 from one to the next.
    assert length(line) == pytest.approx(436, rel=0.08)
    assert np.hypot(*np.diff(line, axis=0).T).max() < 15


def test_a_line_between_two_ends_is_entered_from_its_middle():
    """From end to end the way were longer: lines are left and come back to where that is shorter."""
    lines = [fine((0, 10), (200, 10)), fine((90, 7), (110, 7))]
    line = thread(lines, np.full((20, 200), 0.3), 1.0)
    assert length(line) < 240


@pytest.mark.parametrize("lines", [[fine((3, 3), (3.4, 3))], [np.array([[3.0, 3.0]])]])
def test_a_single_speck_is_a_line(lines):
    strokes = strung(spread(thread(lines, np.ones((8, 8)), 1.0), 1.0))
    assert strokes.shape == (1, 6, 2)
    assert np.isfinite(strokes).all()
    assert np.abs(strokes - 3).max() < 2


def test_lines_are_tied_at_their_near_ends():
    first, second = fine((0, 0), (10, 0)), fine((30, 0), (12, 0))
    assert tied([first, second]).tolist() == [*first.tolist(), *second[::-1].tolist()]


def test_control_points_are_dense_where_the_line_bends():
    hairpin = fine((0, 0), (100, 0), (100, 3), (0, 3))
    points = spread(hairpin, 1.0)
    bend = points[:, 0] > 95
    apart = np.hypot(*np.diff(points, axis=0).T)
    assert apart.max() < 8
    assert apart[bend[1:]].mean() < 2.5
    assert apart[points[1:, 0] < 70].mean() > 5
    assert length(points) == pytest.approx(203, rel=0.03)


@given(st.integers(1, 40))
def test_strokes_share_their_points_and_lose_two_at_most(count):
    points = np.random.default_rng(count).uniform(0, 9, (count, 2))
    strokes = strung(points)
    assert (strokes[1:, :3] == strokes[:-1, 3:]).all()
    assert 0 <= count - (3 * len(strokes) + 1) <= 2 or count < 4
    through = np.concatenate([strokes[0, :3], *strokes[:, 3:]])[1:-1]
    if count >= 4:
        assert (through == points[: len(through)]).all()


def test_strokes_begin_and_end_where_the_line_does():
    points = np.random.default_rng(0).uniform(0, 9, (13, 2))
    curves = chain_of(torch.from_numpy(strung(points)))
    assert curves[0, 0].numpy() == pytest.approx(points[0])
    assert curves[-1, -1].numpy() == pytest.approx(points[-1])
