import itertools
import json
import re
from dataclasses import replace
from pathlib import Path

import machines
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from plotopt import bezier
from plotopt.errors import PlotoptError
from plotopt.pens import Pen
from plotopt.plot.motion import Timing, time_paths
from plotopt.plot.plan import Layer, summarize
from plotopt.profiles import Client, load_profile

# Lifting and lowering differ, lest one be taken for the other.
PROFILE = replace(machines.PROFILE, pen_drop_s=0.2)
AXIDRAW = load_profile("axidraw_v3")
# The AxiDraw software's other recorded settings: speeds of 2.008 mm/s per cent, accelerations likewise.
QUICK = replace(
    AXIDRAW.axicli,
    draw_speed_mm_s=100.4,
    draw_acceleration_mm_s2=1016,
    travel_speed_mm_s=200.8,
    travel_acceleration_mm_s2=1524,
)
RUNS = {"default": AXIDRAW, "speed_pendown 50, speed_penup 100, accel 100": replace(AXIDRAW, axicli=QUICK)}

# Twenty drawings, and what saxi and the AxiDraw software answered: see docs/profiles.md.
DATA = Path(__file__).with_name("data") / "motion"
SAXI = json.loads((DATA / "saxi.json").read_text())
AXICLI = json.loads((DATA / "axicli.json").read_text())


def polyline(*points):
    points = np.array(points, float)
    return np.stack([bezier.line_curve(*ends) for ends in itertools.pairwise(points)])


def read_layers(name):
    """The chains of each layer; all paths there are absolute, of lines or of cubic curves."""
    _, *layers = (DATA / f"{name}.svg").read_text().split("<g ")
    return [[read_chain(d) for d in re.findall(r' d="(M[^"]*)"', layer)] for layer in layers]


def read_chain(d):
    points = np.array(re.findall(r"[-.0-9]+", d), float).reshape(-1, 2)
    if "C" in d:
        return np.stack([points[i : i + 4] for i in range(0, len(points) - 1, 3)])
    return polyline(*points)


def total_s(name, profile, client):
    return sum(time_paths(layer, profile, client).total_s for layer in read_layers(name))


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
    # saxi lowers the pen once more, at home.
    assert timing.lift_s == pytest.approx(2 * 0.32 + 0.2)
    assert timing.total_s == pytest.approx(timing.draw_s + timing.travel_s + timing.lift_s)


def test_a_long_move_cruises():
    timing = time_paths([polyline((300, 400), (0, 0))], PROFILE)
    assert timing.travel_s == pytest.approx(500 / 200 + 200 / 400)


def test_nothing_takes_no_time():
    assert time_paths([], PROFILE) == Timing(0.0, 0.0, 0.0, 0)
    assert time_paths([], AXIDRAW, Client.AXICLI) == Timing(0.0, 0.0, 0.0, 0)


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


@settings(max_examples=30, deadline=None)
@given(
    arrays(float, (8, 2), elements=st.floats(0, 50)),
    st.tuples(*[st.floats(1, 3)] * 5),
)
def test_a_faster_machine_is_never_slower(points, factors):
    names = ("draw_speed_mm_s", "draw_acceleration_mm_s2", "travel_speed_mm_s", "travel_acceleration_mm_s2")
    faster = {name: getattr(PROFILE, name) * k for name, k in zip(names, factors, strict=False)}
    better = replace(PROFILE, cornering_mm=PROFILE.cornering_mm * factors[-1], **faster)
    chains = [polyline(*points[:5]), polyline(*points[5:])]
    assert time_paths(chains, better).total_s <= time_paths(chains, PROFILE).total_s * (1 + 1e-9)


@settings(max_examples=30, deadline=None)
@given(arrays(int, (5, 2), elements=st.integers(0, 50)), st.integers(2, 9), st.sampled_from(Client))
def test_splitting_straight_segments_changes_nothing(points, pieces, client):
    ends = itertools.pairwise(points)
    split = [a + (b - a) * i / pieces for a, b in ends for i in range(pieces)] + [points[-1]]
    whole = time_paths([polyline(*points)], AXIDRAW, client)
    assert time_paths([polyline(*split)], AXIDRAW, client).total_s == pytest.approx(whole.total_s, rel=1e-6)


@pytest.mark.parametrize("name", SAXI)
def test_times_agree_with_saxi(name):
    recorded = SAXI[name]
    layers = [time_paths(layer, AXIDRAW) for layer in read_layers(name)]
    assert len(layers) == recorded["layers"]
    assert sum(layer.total_s for layer in layers) == pytest.approx(recorded["total_s"], rel=0.01)
    assert sum(layer.draw_s for layer in layers) == pytest.approx(recorded["draw_s"], rel=0.01)
    assert sum(layer.travel_s for layer in layers) == pytest.approx(recorded["travel_s"], rel=1e-4)
    assert sum(layer.lift_s for layer in layers) == pytest.approx(recorded["lift_s"], rel=1e-6)


@pytest.mark.parametrize("run", RUNS)
@pytest.mark.parametrize("name", SAXI)
def test_times_agree_with_the_axidraw_software(name, run):
    assert total_s(name, RUNS[run], Client.AXICLI) == pytest.approx(AXICLI[run][name]["total_s"], rel=0.02)


# Lengths in mm and seconds from rest to rest, pen down and up, as the AxiDraw software 3.9.7 answered.
@pytest.mark.parametrize(
    ("length", "down", "up"),
    [
        (0.2, 0.065, 0.053),
        (1, 0.145, 0.118),
        (3, 0.252, 0.205),
        (4, 0.140, 0.237),
        (5, 0.184, 0.265),
        (6, 0.185, 0.290),
        (8, 0.225, 0.139),
        (10, 0.265, 0.156),
        (20, 0.464, 0.252),
        (50, 1.062, 0.464),
        (200, 4.049, 1.460),
    ],
)
def test_single_lines_as_the_axidraw_software_times_them(length, down, up):
    timing = time_paths([polyline((0, 0), (length, 0))], AXIDRAW, Client.AXICLI)
    assert timing.draw_s == pytest.approx(down, abs=0.0025)
    assert timing.travel_s == pytest.approx(up, abs=0.0025)
    assert timing.lift_s == pytest.approx(0.276)


def test_the_axidraw_software_joins_what_almost_touches():
    first, near, far = (polyline((x, 0), (x + 20, 0)) for x in (0, 20.15, 20.16))
    assert time_paths([first, near], AXIDRAW, Client.AXICLI).lift_s == pytest.approx(0.276)
    assert time_paths([first, far], AXIDRAW, Client.AXICLI).lift_s == pytest.approx(2 * 0.276)


def test_joined_paths_are_one_lift_of_that_software_and_saxi_lifts_for_each():
    dashes = tuple(polyline((2 * i, 0), (2 * i + 1.9, 0)) for i in range(101))
    assert time_paths(dashes, AXIDRAW, Client.AXICLI).lifts == 1
    assert time_paths(dashes, AXIDRAW, Client.SAXI).lifts == 101
    told = summarize([Layer(Pen("black", "#000000", 0.4), dashes, 101)], AXIDRAW, Client.AXICLI)
    assert (told.paths, told.lifts) == (101, 1)


def test_a_machine_that_axicli_does_not_drive():
    gcode = load_profile("generic_gcode")
    with pytest.raises(
        PlotoptError, match=r"axicli .* G-code .*\(generic_gcode\).* saxi, or one of axidraw_mini"
    ):
        time_paths([], gcode, Client.AXICLI)
