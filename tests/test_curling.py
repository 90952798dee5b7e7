"""Loops along lines: how far they reach, how long they are, where there are none."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from plotopt.first_strokes.curling import Curls, curled
from plotopt.first_strokes.seeding import ink_demand, tone_of

LINE = np.stack([np.linspace(20, 180, 321), np.full(321, 30.0)], axis=1)


def curls(demand, radius_px=4.0, detail=1.0, shape=(60, 200)):
    return Curls.of(np.full(shape, demand), np.full(shape, detail), radius_px, 1.0)


def length(line):
    return np.hypot(*np.diff(line, axis=0).T).sum()


@given(hnp.arrays(float, 7, elements=st.floats(0, 8)))
def test_tones_ask_for_the_demand_that_they_were_made_from(demand):
    np.testing.assert_allclose(ink_demand(tone_of(demand)), demand, atol=1e-9)


@pytest.mark.parametrize("demand", [0.7, 1.0, 1.4])
def test_loops_are_as_many_times_longer_as_the_tone_wants(demand):
    loops = curled(LINE, curls(demand), 0.5, np.random.default_rng(0))
    # Lines lie a loop's width apart, so that much of ink is wanted for each pixel of them.
    assert length(loops) / length(LINE) == pytest.approx(8 * demand, rel=0.15)


def test_loops_reach_about_their_radius_to_either_side():
    loops = curled(LINE, curls(1.0), 0.5, np.random.default_rng(1))
    above, below = 30 - loops[:, 1].min(), loops[:, 1].max() - 30
    assert 3.5 < above < 8
    assert 3.5 < below < 8


def test_points_are_in_equal_steps():
    loops = curled(LINE, curls(1.0), 0.5, np.random.default_rng(1))
    steps = np.hypot(*np.diff(loops, axis=0).T)
    assert np.percentile(steps, 5) > 0.4
    assert steps.max() < 0.51


def test_the_lighter_the_larger_and_the_more_detail_the_smaller():
    dark, light, fine = curls(1.2), curls(0.15), curls(1.2, detail=2.5)
    assert fine.narrowest_px < dark.narrowest_px < light.narrowest_px
    assert curls(1.2, radius_px=0.001).narrowest_px > 1


def test_over_blank_paper_a_line_goes_on_without_loops():
    bare = curled(LINE, curls(0.0), 0.5, np.random.default_rng(0))
    np.testing.assert_allclose(bare[:, 1], 30, atol=1e-9)
    assert length(bare) == pytest.approx(length(LINE), rel=0.05)
    assert (curls(0.0).trail == 1).all()
    assert curls(0.0).trail_px == 0


def test_lines_to_scribble_along_lie_a_loop_apart():
    dark = curls(1.0)
    assert dark.trail_px == pytest.approx(60 * 200 / dark.narrowest_px)


@pytest.mark.parametrize(
    "line", [[[5.0, 5.0], [5.0, 5.0]], [[5.0, 5.0], [5.1, 5.0]], [[-9.0, -9.0], [400.0, 90.0]]]
)
def test_tiny_lines_and_lines_off_the_page_are_scribbled_too(line):
    loops = curled(np.array(line), curls(1.0), 0.5, np.random.default_rng(0))
    assert len(loops) >= 2
    assert np.isfinite(loops).all()


def test_the_same_chances_give_the_same_loops():
    one, other = (curled(LINE, curls(1.0), 0.5, np.random.default_rng(7)) for _ in range(2))
    assert (one == other).all()
    assert not np.array_equal(one[:50], curled(LINE, curls(1.0), 0.5, np.random.default_rng(8))[:50])
