"""Tidying: nothing drawn twice, points that no nib can show left out, and everything else as it was."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from plotopt import bezier
from plotopt.page import Rect
from plotopt.plot import tidy
from plotopt.plot.chains import flatten, lengths_mm, straight_chain
from plotopt.plot.svgin.pathdata import parse_path
from plotopt.plot.tidy import DOT_MM, are_specks, draw_dots, drop_repeated, join_short, simplify

TOLERANCE = 0.04
PAGE = Rect(0, 0, 50, 50)


def path(data):
    return parse_path(data)[0]


def line(*points):
    return straight_chain(np.array(points, float))


def shown(chains):
    """What chains draw, in a form to compare."""
    return [np.round(np.concatenate([chain[:1, 0], chain[:, 3]]), 6).tolist() for chain in chains]


@pytest.mark.parametrize(
    ("data", "kept"),
    [
        ("M0 0L9 0M0 0L9 0", [[[0, 0], [9, 0]]]),
        ("M0 0L9 0M9 0L0 0", [[[0, 0], [9, 0]]]),
        ("M0 0L9 0M9 .03L0 -.03", [[[0, 0], [9, 0]]]),
        ("M0 0V9M.03 9L-.03 0", [[[0, 0], [0, 9]]]),
        ("M0 0L9 0M0 0.05L9 0", [[[0, 0], [9, 0]], [[0, 0.05], [9, 0]]]),
        ("M0 0v.1M0 .1v-.1", [[[0, 0], [0, 0.1]]]),
        ("M0 0l.1 .05l-.1 .05l0 -.1M0 0l0 .1l.1 -.05l-.1 -.05", [[[0, 0], [0.1, 0.05], [0, 0.1], [0, 0]]]),
        ("M0 0L9 0L9 9L0 0L9 0", [[[0, 0], [9, 0], [9, 9], [0, 0]]]),
        # Two squares with a side in common.
        (
            "M0 0H9V9H0ZM9 0H18V9H9Z",
            [[[0, 0], [9, 0], [9, 9], [0, 9], [0, 0]], [[9, 0], [18, 0], [18, 9], [9, 9]]],
        ),
        # The same square from another corner and the other way round.
        ("M0 0H9V9H0ZM9 9V0H0V9Z", [[[0, 0], [9, 0], [9, 9], [0, 9], [0, 0]]]),
        # What loses its middle becomes two.
        ("M1 1L5 1M0 0L1 1L5 1L6 0", [[[1, 1], [5, 1]], [[0, 0], [1, 1]], [[5, 1], [6, 0]]]),
        # Same ends, other curves.
        ("M0 0C0 5 9 5 9 0M0 0C0 -5 9 -5 9 0M9 0C9 5 0 5 0 0", [[[0, 0], [9, 0]], [[0, 0], [9, 0]]]),
        # Dots, and small steps that lie within the tolerance of each other.
        ("M5 5h0M5 5h0M5 5.00001h0", [[[5, 5], [5, 5]], [[5, 5.00001], [5, 5.00001]]]),
        ("M0 0h.02h.02h.02", [[[0, 0], [0.02, 0], [0.04, 0], [0.06, 0]]]),
        # Each lies near the one before, yet not all near the first.
        ("M0 0H9M0 .03H9M0 .06H9M0 .09H9", [[[0, 0], [9, 0]], [[0, 0.06], [9, 0.06]]]),
    ],
)
def test_what_is_drawn_twice_is_dropped(data, kept):
    assert shown(drop_repeated(path(data), TOLERANCE)) == kept


@pytest.mark.parametrize(
    ("data", "kept"),
    [
        # The middle of the second line is drawn twice: 4 mm of it are worth a lift, at its ends anything is.
        ("M1 1L5 1M0 0L1 1L5 1L6 0", [[[1, 1], [5, 1]], [[0, 0], [1, 1], [5, 1], [6, 0]]]),
        ("M1 1L7 1M0 0L1 1L7 1L6 0", [[[1, 1], [7, 1]], [[0, 0], [1, 1]], [[7, 1], [6, 0]]]),
        ("M1 1L5 1L9 1M0 0L1 1L5 1L9 1L6 0", [[[1, 1], [5, 1], [9, 1]], [[0, 0], [1, 1]], [[9, 1], [6, 0]]]),
        ("M1 1L2 1M1 1L2 1L6 0M6 0L2 1", [[[1, 1], [2, 1]], [[2, 1], [6, 0]]]),
        ("M1 1L2 1M6 0L1 1L2 1", [[[1, 1], [2, 1]], [[6, 0], [1, 1]]]),
        # Neighbours on other paths are no neighbours.
        ("M1 1L2 1L3 1M1 1L2 1M4 4L5 5", [[[1, 1], [2, 1], [3, 1]], [[4, 4], [5, 5]]]),
    ],
)
def test_little_that_is_drawn_twice_within_a_path_is_not_worth_a_lift(data, kept):
    assert shown(drop_repeated(path(data), TOLERANCE, short_mm=5.0)) == kept


@pytest.mark.parametrize("chains", [[], path("M0 0L9 0M0 1L9 1C9 9 3 3 0 0")])
def test_what_is_not_repeated_stays(chains):
    assert shown(drop_repeated(chains, TOLERANCE)) == shown(chains)


CURVES = st.lists(
    st.lists(st.tuples(st.integers(0, 20), st.integers(0, 20)), min_size=4, max_size=4),
    min_size=1,
    max_size=20,
)


@given(CURVES)
@settings(max_examples=60)
def test_everything_drawn_is_still_drawn_and_nothing_twice(curves):
    """Against the plain comparison of each with each; coordinates are whole, so there are no near misses."""
    chains = [np.array([curve], float) for curve in curves]
    kept = drop_repeated([*chains, *map(bezier.reverse, chains)], TOLERANCE)
    wanted = {min(tuple(curve), tuple(curve[::-1])) for curve in curves}
    found = [tuple(map(tuple, chain[0].astype(int).tolist())) for chain in kept]
    assert sorted(min(each, each[::-1]) for each in found) == sorted(wanted)


@pytest.mark.parametrize(
    ("data", "corners"),
    [
        ("M0 0L9 0", [[0, 0], [9, 0]]),
        ("M0 0L1 0L2 0L9 0", [[0, 0], [9, 0]]),
        ("M0 0L1 .03L2 -.03L9 0", [[0, 0], [9, 0]]),
        ("M0 0L1 .05L9 0", [[0, 0], [1, 0.05], [9, 0]]),
        ("M0 0L3 0L3 3L3 9", [[0, 0], [3, 0], [3, 9]]),
        ("M0 0H9V9H0Z", [[0, 0], [9, 0], [9, 9], [0, 9], [0, 0]]),
        # Cubics that are straight are lines; one that bends is left alone, and so are the ends beside it.
        ("M0 0C1 0 2 0 3 0L6 0L9 0", [[0, 0], [9, 0]]),
        ("M0 0L1 0L2 0C3 0 4 1 5 1L6 1L7 1", [[0, 0], [2, 0], [5, 1], [7, 1]]),
        # A handle beyond the ends: the pen goes there and back.
        ("M0 0C-3 0 6 0 3 0", [[0, 0], [3, 0]]),
        ("M0 0L1 0L0 0", [[0, 0], [1, 0], [0, 0]]),
        ("M5 5h0", [[5, 5], [5, 5]]),
    ],
)
def test_points_that_show_nothing_are_dropped(data, corners):
    assert shown(simplify(path(data), TOLERANCE)) == [corners]


def test_curves_stay_as_they_were():
    data = "M0 0L1 0L2 0C3 0 4 1 5 1C-9 1 20 1 9 1"
    before, after = path(data)[0], simplify(path(data), TOLERANCE)[0]
    assert (after[-2:] == before[-2:]).all()


@pytest.mark.parametrize("block", [1, 2, 7, 1000])
def test_blocks_change_nothing(monkeypatch, block):
    rng = np.random.default_rng(0)
    chains = [line(*rng.integers(0, 4, (count, 2))) for count in rng.integers(2, 9, 40)]
    called = [
        lambda: simplify(chains, 1.0),
        lambda: drop_repeated(chains, 0.1),
        lambda: join_short(chains, 9, 0.1),
        lambda: draw_dots(chains, PAGE),
    ]
    wanted = [shown(call()) for call in called]
    monkeypatch.setattr(tidy, "_BLOCK", block)
    assert [shown(call()) for call in called] == wanted


def test_nothing_is_simplified_without_tolerance():
    chains = path("M0 0L1 0L2 0")
    assert simplify(chains, 0)[0] is chains[0]
    assert simplify([], 1) == []


POINTS = st.lists(st.tuples(st.floats(0, 50), st.floats(0, 50)), min_size=2, max_size=60)


@given(st.lists(POINTS, min_size=1, max_size=6), st.sampled_from([0.01, 0.5, 5.0]))
@settings(max_examples=60)
def test_lines_move_by_no_more_than_the_tolerance(lines, tolerance):
    chains = [line(*points) for points in lines]
    simple = simplify(chains, tolerance)
    assert len(simple) == len(chains)
    for before, after in zip(chains, simple, strict=True):
        assert len(after) <= len(before)
        assert after[0, 0] == pytest.approx(before[0, 0])
        assert after[-1, 3] == pytest.approx(before[-1, 3])
        corners = flatten([after], 1e-3).points
        for point in flatten([before], 1e-3).points:
            assert distance(point, corners) <= tolerance + 1e-6


def distance(point, corners):
    """From a point to a polyline."""
    starts, ways = corners[:-1], np.diff(corners, axis=0)
    squares = np.maximum((ways**2).sum(1), 1e-30)
    along = (((point - starts) * ways).sum(1) / squares).clip(0, 1)
    return np.linalg.norm(starts + along[:, None] * ways - point, axis=1).min()


def test_a_fine_circle_keeps_its_form_with_a_fraction_of_its_points():
    turns = np.linspace(0, 2 * np.pi, 2001)
    circle = line(*np.stack([50 + 20 * np.cos(turns), 50 + 20 * np.sin(turns)], axis=1))
    (simple,) = simplify([circle], TOLERANCE)
    assert len(simple) < 100
    assert simple[0, 0] == pytest.approx(simple[-1, 3])
    assert np.abs(np.linalg.norm(simple[:, 3] - 50, axis=1) - 20).max() < 1e-9
    assert lengths_mm([simple])[0] == pytest.approx(40 * np.pi, rel=2e-3)


@pytest.mark.parametrize(
    ("data", "wanted"),
    [
        ("M0 0h0M0 5h.3M0 10h.41M0 15h9M0 20c0 .2 .2 .2 .2 0", [1, 1, 0, 0, 1]),
        # Two that make a path long enough together, two that do not, and one that goes on a long one.
        ("M0 0h.3M.3 0h.3M0 9h.1M.1 9v.1M0 20h9M9 20h.1", [0, 0, 1, 1, 0, 0]),
        ("M0 0h.3M.5 0h.3M0 9h.3M.8 9h.3", [0, 0, 1, 1]),
        ("M0 0h9M0 1h9", [0, 0]),
        ("", []),
    ],
)
def test_specks_are_short_and_by_themselves(data, wanted):
    chains = path(data)
    assert are_specks(chains, lengths_mm(chains), 0.4, 0.4).tolist() == [bool(each) for each in wanted]


def test_nothing_is_a_speck_where_nothing_is_too_short():
    chains = path("M0 0h0")
    assert not are_specks(chains, lengths_mm(chains), 0.4, 0.0).any()


STEPS = path("M0 0h.3M5 5H9M.3 0h.3M.6 0v.3M9 5h9M0 30h.1")


def test_short_lines_that_meet_become_one():
    joined = [[[0, 0], [0.3, 0], [0.6, 0], [0.6, 0.3]], [[0, 30], [0.1, 30]]]
    assert shown(join_short(STEPS, 0.8, 0.0)) == [[[5, 5], [9, 5]], [[9, 5], [18, 5]], *joined]
    assert join_short([], 0.8, 0.0) == []


def test_short_lines_are_joined_in_their_order_where_that_is_kept():
    kept = shown(join_short(STEPS, 0.8, 0.0, keep_order=True))
    assert kept == [
        [[0, 0], [0.3, 0]],
        [[5, 5], [9, 5]],
        [[0.3, 0], [0.6, 0], [0.6, 0.3]],
        [[9, 5], [18, 5]],
        [[0, 30], [0.1, 30]],
    ]


def test_dots_are_short_lines_on_the_page():
    chains = path("M9 9h0M0 20h.02M50 50v-.02M60 9h0M3 3h.2M7 7c.01 .02 .02 .02 .03 0")
    half = DOT_MM / 2
    assert shown(draw_dots(chains, PAGE)) == [
        [[9 - half, 9], [9 + half, 9]],
        [[0, 20], [DOT_MM, 20]],
        [[50 - DOT_MM, 49.99], [50, 49.99]],
        [[60, 9], [60, 9]],
        [[3, 3], [3.2, 3]],
        [[6.965, 7], [7.065, 7]],
    ]
    dots = draw_dots(path("M9 9h0"), PAGE)
    assert shown(draw_dots(dots, PAGE)) == shown(dots)
