"""The first strokes: enough ink, where it is dark, along the lines; control points that follow them."""

import random

import numba
import numpy as np
import pytest
import torch
from scipy.ndimage import gaussian_filter

from plotopt import bezier
from plotopt.first_strokes.seeding import Course, Seeds, evened, ink_demand, seed
from plotopt.first_strokes.streamlines import STEP_PX

PEN_PX = 1.5


def lay(tone, count=150, pen_px=PEN_PX, longest_px=80.0, number=0):
    return seed(tone, count, pen_px, longest_px, np.random.default_rng(number))


def photo(height=96, width=128, number=0):
    """Mid-grey patches of all sizes, from almost black to almost white."""
    rng = np.random.default_rng(number)
    noise = sum(s * gaussian_filter(rng.normal(size=(height, width)), s) for s in (2, 4, 8, 16))
    return np.clip(0.5 + 0.18 * noise / noise.std(), 0.05, 0.98)


def stripes(angle, size=96, pitch=12):
    y, x = np.mgrid[:size, :size] + 0.5
    return 0.5 + 0.4 * np.cos((y * np.cos(angle) - x * np.sin(angle)) * 2 * np.pi / pitch)


def lines(seeds):
    return [line[:count] for line, count in zip(seeds.points, seeds.counts, strict=True)]


def lengths(seeds):
    return (seeds.counts - 1) * STEP_PX


@numba.njit
def _seed_numba(value):
    np.random.seed(value)


@numba.njit
def _draw_numba():
    return np.random.random()


def test_same_generator_same_lines():
    one, two, other = lay(photo()), lay(photo()), lay(photo(), number=1)
    assert np.array_equal(one.points, two.points)
    assert np.array_equal(one.counts, two.counts)
    assert one.points.shape != other.points.shape or not np.array_equal(one.points, other.points)


def test_global_random_states_are_left_alone():
    """Python's, numpy's, torch's, and the one that Numba keeps for compiled code."""
    _seed_numba(3)
    expected = _draw_numba()
    _seed_numba(3)
    before = random.getstate(), np.random.get_state()[1].copy(), torch.get_rng_state()
    lay(photo())
    assert random.getstate() == before[0]
    assert np.array_equal(np.random.get_state()[1], before[1])
    assert torch.equal(torch.get_rng_state(), before[2])
    assert _draw_numba() == expected


def test_the_tone_is_left_as_it_was():
    tone = photo()
    copy = tone.copy()
    lay(tone)
    assert np.array_equal(tone, copy)


TARGETS = {
    "photo": photo(),
    "all black": np.zeros((40, 60)),
    "constant": np.full((40, 60), 0.6),
    "almost white": np.full((40, 60), 0.999),
    "one dark pixel": np.where(np.arange(2400).reshape(40, 60) == 1234, 0.0, 1.0),
    "8 x 8 black": np.zeros((8, 8)),
    "8 x 8 grey": np.full((8, 8), 0.5),
    "one row": np.full((1, 50), 0.3),
    "one pixel": np.full((1, 1), 0.3),
}


@pytest.mark.parametrize("count", [1, 7, 90])
@pytest.mark.parametrize("tone", TARGETS.values(), ids=TARGETS)
def test_every_target_gets_its_lines(tone, count):
    seeds = lay(tone, count)
    assert len(seeds.points) == len(seeds.counts) == count
    assert (seeds.counts >= 1).all()
    assert np.isfinite(seeds.points).all()
    assert np.isfinite(seeds.control_points(1)).all()
    assert np.isfinite(seeds.control_points(4)).all()
    height, width = tone.shape
    for line in lines(seeds):
        assert (line >= 0).all()
        assert (line <= [width, height]).all()
        if len(line) > 1:
            assert np.hypot(*np.diff(line, axis=0).T) == pytest.approx(STEP_PX, abs=1e-9)


@pytest.mark.parametrize("longest_px", [5.0, 12.0, 30.0])
def test_no_line_is_longer_than_allowed(longest_px):
    assert lengths(lay(photo(), 40, longest_px=longest_px)).max() <= longest_px


@pytest.mark.parametrize(("count", "pen_px"), [(200, 1.5), (400, 1.0), (700, 1.0)])
def test_ink_is_about_what_the_tone_needs(count, pen_px):
    for number in range(3):
        tone = photo(number=number)
        ink = lengths(lay(tone, count, pen_px)).sum() * pen_px
        assert 0.75 < ink / ink_demand(tone).sum() < 1.25


def test_demand_by_hand():
    demand = ink_demand(np.array([[1.0, 0.5, 0.0]]))[0]
    # White wants none. A line of full ink darkens by its own area until lines begin to overlap.
    assert demand[0] == 0
    assert demand[1] == pytest.approx(0.5, rel=0.3)
    assert demand[1] >= 0.5
    assert demand[2] >= 1
    assert (np.diff(ink_demand(np.linspace(0, 1, 50)[None])[0]) < 0).all()


@pytest.mark.parametrize("swap", [False, True])
def test_halves_get_ink_in_proportion_to_their_darkness(swap):
    tone = np.full((96, 128), 0.8)
    tone[:, 64:] = 0.4
    tone = tone[:, ::-1] if swap else tone
    points = np.concatenate(lines(lay(tone, 300, 1.0)))
    left = (points[:, 0] < 64).mean()
    demand = ink_demand(tone)
    assert left == pytest.approx(demand[:, :64].sum() / demand.sum(), abs=0.07)


def test_ink_is_spread_evenly_over_a_flat_tone():
    points = np.concatenate(lines(lay(np.full((96, 96), 0.6), 250, 1.0)))
    shares = np.histogram2d(*points.T, bins=4, range=[[0, 96], [0, 96]])[0] / len(points)
    assert shares == pytest.approx(np.full((4, 4), 1 / 16), rel=0.35)


@pytest.mark.parametrize("angle", [0.0, 0.4, 1.2, np.pi / 2, 2.5])
def test_lines_run_along_stripes(angle):
    runs = [line[-1] - line[0] for line in lines(lay(stripes(angle))) if len(line) > 8]
    along = [abs(run @ [np.cos(angle), np.sin(angle)]) / np.hypot(*run) for run in runs]
    assert len(along) > 100
    assert np.quantile(along, 0.1) > 0.98


def arc(radius=40.0, turn=1.2):
    """A circle's arc as one seed line, with unused room behind it."""
    angle = np.arange(0, turn, STEP_PX / radius)
    points = np.zeros((1, len(angle) + 30, 2))
    points[0, : len(angle)] = 50 + radius * np.stack([np.cos(angle), np.sin(angle)], -1)
    return Seeds(points, np.array([len(angle)]), missing=0.0)


def curve_points(control_points):
    """Points close together on the strokes that these control points make."""
    spans = control_points.shape[1] - 3
    chains = control_points if spans == 1 else bezier.bezier_map(spans) @ control_points
    curves = chains.reshape(len(control_points), spans, 1, 4, 2)
    return bezier.evaluate(curves, np.linspace(0, 1, 41)).reshape(len(control_points), -1, 2)


@pytest.mark.parametrize("spans", range(1, 9))
def test_strokes_run_along_their_lines(spans):
    seeds = arc()
    control_points = seeds.control_points(spans)
    assert control_points.shape == (1, spans + 3, 2)
    (curve,) = curve_points(control_points)
    (line,) = lines(seeds)
    # A spline cuts bends: on a circle by (knot distance)^2 / (6 radius). A Bezier curve's ends are exact.
    cut = (lengths(seeds)[0] / spans) ** 2 / (6 * 40) if spans > 1 else 2.3
    assert np.abs(np.hypot(*(curve - 50).T) - 40).max() == pytest.approx(cut, rel=0.1)
    for end in (0, -1):
        assert np.hypot(*(curve[end] - line[end])) < (0.6 * cut if spans > 1 else 1e-9)


@pytest.mark.parametrize("spans", range(1, 9))
def test_straight_lines_become_exactly_themselves(spans):
    line = np.array([3.0, 5.0]) + np.arange(25)[:, None] * STEP_PX * np.array([0.6, 0.8])
    control_points = Seeds(line[None], np.array([25]), missing=0.0).control_points(spans)
    (curve,) = curve_points(control_points)
    assert curve[0] == pytest.approx(line[0])
    assert curve[-1] == pytest.approx(line[-1])
    assert np.diff(control_points[0], 2, axis=0) == pytest.approx(np.zeros((spans + 1, 2)), abs=1e-9)


def test_seeded_strokes_end_where_their_lines_end():
    seeds = lay(photo(), 100)
    curves = curve_points(seeds.control_points(8))
    gaps = [np.hypot(*(c[[0, -1]] - p[[0, -1]]).T).max() for c, p in zip(curves, lines(seeds), strict=True)]
    assert np.median(gaps) < 0.5
    assert np.quantile(gaps, 0.9) < 1


def test_a_dot_becomes_a_short_dash():
    curve = curve_points(Seeds(np.array([[[7.0, 9.0]]]), np.array([1]), missing=0.0).control_points(3))[0]
    assert curve.mean(0) == pytest.approx([7, 9])
    assert 0.5 <= np.hypot(*(curve[-1] - curve[0])) <= 1.5


def course(tone, angle=0.0, usual_px=None, laid=None):
    return Course(np.full(tone.shape, angle), np.ones(tone.shape), usual_px, laid)


@pytest.mark.parametrize("angle", [0.0, 0.7, 2.5])
def test_lines_run_as_their_course_tells(angle):
    tone = photo()
    seeds = seed(tone, 120, PEN_PX, 60.0, np.random.default_rng(0), course(tone, angle))
    runs = [line[-1] - line[0] for line in lines(seeds) if len(line) > 8]
    assert len(runs) > 60
    assert all(abs(run @ [np.cos(angle), np.sin(angle)]) == pytest.approx(np.hypot(*run)) for run in runs)


@pytest.mark.parametrize("usual_px", [8.0, 16.0, 30.0])
def test_half_of_the_lines_have_the_usual_length(usual_px):
    tone = np.full((96, 128), 0.7)
    count = int(ink_demand(tone).sum() / (PEN_PX * usual_px))
    seeds = seed(tone, count, PEN_PX, 80.0, np.random.default_rng(0), course(tone, 0.5, usual_px))
    assert usual_px - STEP_PX <= np.median(lengths(seeds)) <= 1.6 * usual_px


def test_lines_keep_off_what_is_laid_already():
    tone = np.full((64, 64), 0.5)
    ink = np.arange(2, 62, 1.3 * PEN_PX)
    laid = Seeds.of_lines([np.stack([np.arange(2, 30, STEP_PX), np.full(56, y)], 1) for y in ink])
    bare, beside = (
        np.concatenate(
            lines(seed(tone, 40, PEN_PX, 30.0, np.random.default_rng(0), course(tone, 0, None, each)))
        )
        for each in (None, laid)
    )
    assert (bare[:, 0] < 30).mean() > 0.4
    assert (beside[:, 0] < 30).mean() < 0.2


def test_evened_lines_keep_their_ends_and_length():
    line = np.array([[0.0, 0.0], [3.0, 0.0], [3.0, 4.0]])
    even = evened(line, 0.5)
    assert even.shape == (15, 2)
    assert even[[0, -1]] == pytest.approx(line[[0, -1]])
    assert np.hypot(*np.diff(even, axis=0).T) == pytest.approx(np.full(14, 0.5))
    assert evened(line[:1].repeat(2, 0), 0.5).shape == (2, 2)
