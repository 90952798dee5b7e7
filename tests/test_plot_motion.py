import itertools
from dataclasses import replace

import machines
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from plotopt import bezier
from plotopt.plot.motion import Timing, time_paths

# Lifting and lowering differ, lest one be taken for the other.
PROFILE = replace(machines.PROFILE, pen_drop_s=0.2)


def polyline(*points):
    points = np.array(points, float)
    return np.stack([bezier.line_curve(*ends) for ends in itertools.pairwise(points)])


def draw_s(*points):
    return time_paths([polyline(*points)], PROFILE).draw_s


def test_a_long_line_is_a_trapezoid():
    # 0.25 s and 6.25 mm to reach 50 mm/s, 87.5 mm at it, and the same to stop.
    assert draw_s((0, 0), (100, 0)) == pytest.approx(0.25 + 87.5 / 50 + 0.25)


def test_a_short_line_is_a_triangle():
    # 1 mm up and 1 mm down: 2 sqrt(2 * 1 / 200).
    assert draw_s((0, 0), (2, 0)) == pytest.approx(0.2)


def test_vertices_on_a_line_do_not_slow_down():
    points = [(x, 2 * x) for x in np.linspace(0, 100, 57)]
    assert draw_s(*points) == pytest.approx(draw_s(points[0], points[-1]))


def test_a_reversal_stops():
    assert draw_s((0, 0), (100, 0), (0, 0)) == pytest.approx(2 * 2.25)


def test_a_right_angle_is_taken_at_its_cornering_speed():
    # v^2 = 200 * 0.127 * 0.70711 / 0.29289 = 61.321, v = 7.8308; a leg accelerates for 0.25 s over 6.25 mm,
    # slows to v for 0.210846 s over (2500 - 61.321) / 400 = 6.09670 mm, and cruises for the rest.
    leg = 0.25 + 0.210846 + (100 - 6.25 - 6.09670) / 50
    assert draw_s((0, 0), (100, 0), (100, 100)) == pytest.approx(2 * leg, rel=1e-5)


def test_a_circle_is_drawn_at_full_speed():
    k = 0.5522847498
    quarter = 20 * np.array([[1, 0], [1, k], [k, 1], [0, 1]])
    circle = np.stack([quarter @ np.linalg.matrix_power(np.array([[0, 1], [-1, 0]]), i) for i in range(4)])
    length = 2 * np.pi * 20
    assert time_paths([circle], PROFILE).draw_s == pytest.approx(length / 50 + 50 / 200, rel=1e-3)


def test_repeated_points_take_no_time():
    assert draw_s((0, 0), (50, 0), (50, 0), (100, 0)) == pytest.approx(2.25)
    assert draw_s((7, 7), (7, 7)) == 0


def test_moves_and_lifts():
    # From home 100 mm (= v^2/a: just reaches its speed), then 25 mm, then 75 mm home, each from rest to rest.
    chains = [polyline((100, 0), (90, 0)), polyline((65, 0), (75, 0))]
    timing = time_paths(chains, PROFILE)
    moves = 2 * np.sqrt(np.array([100, 25, 75]) / 400)
    assert timing.travel_s == pytest.approx(moves.sum())
    assert timing.lift_s == pytest.approx(2 * 0.32)
    assert timing.total_s == pytest.approx(timing.draw_s + timing.travel_s + timing.lift_s)


def test_a_long_move_cruises():
    timing = time_paths([polyline((300, 400), (0, 0))], PROFILE)
    assert timing.travel_s == pytest.approx(500 / 200 + 200 / 400)


def test_nothing_takes_no_time():
    assert time_paths([], PROFILE) == Timing(0.0, 0.0, 0.0)


def envelope_time(points):
    """The same model in another form: the speed at s is the lowest of cones over every vertex's limit."""
    steps = np.diff(points, axis=0)
    lengths = np.linalg.norm(steps, axis=1)
    directions = steps / lengths[:, None]
    turns = np.arccos(np.clip((directions[1:] * directions[:-1]).sum(1), -1, 1))
    sines = np.minimum(np.sin((np.pi - turns) / 2), 1 - 1e-15)
    limits = np.concatenate([[0], 200 * 0.127 * sines / (1 - sines), [0]])
    vertices = np.concatenate([[0], np.cumsum(lengths)])
    # Samples crowd towards each vertex, where the speed may be zero.
    fractions = 0.5 - 0.5 * np.cos(np.linspace(0, np.pi, 3001))
    grid = np.unique(vertices[:-1, None] + lengths[:, None] * fractions)
    middle = 0.5 * (grid[1:] + grid[:-1])
    cones = limits + 2 * 200 * np.abs(middle[:, None] - vertices)
    return (np.diff(grid) / np.sqrt(np.minimum(cones.min(1), 50**2))).sum()


@settings(max_examples=40, deadline=None)
@given(arrays(int, (7, 2), elements=st.integers(-6, 6)), st.sampled_from([0.1, 1.0, 5.0]))
def test_look_ahead_agrees_with_the_envelope_of_all_limits(steps, scale):
    steps = steps[(steps != 0).any(1)] * scale
    if len(steps) == 0:
        return
    points = np.concatenate([[[0, 0]], np.cumsum(steps, axis=0)])
    assert draw_s(*points) == pytest.approx(envelope_time(points), rel=2e-3)
