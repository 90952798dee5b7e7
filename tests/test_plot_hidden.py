import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from plotopt import bezier
from plotopt.plot.hidden import covered, visible


def line(x0, y0, x1, y1):
    return bezier.line_curve(np.array([x0, y0], float), np.array([x1, y1], float))[None]


def test_of_exact_duplicates_one_survives():
    chains = [line(0, 0, 20, 7)] * 5
    assert visible(chains, 0.4).tolist() == [False, False, False, False, True]


def test_a_reversed_duplicate_is_a_duplicate():
    chain = np.array([[[0, 0], [5, 9], [9, -5], [20, 0]]], float)
    assert visible([chain, bezier.reverse(chain)], 0.4).sum() == 1


def test_the_short_stroke_under_the_long_one_goes():
    assert visible([line(0, 5, 30, 5), line(10, 5, 12, 5), line(10, 6, 12, 6)], 0.4).tolist() == [1, 0, 1]


def test_a_stroke_under_two_others_together_goes():
    left, right, across = line(0, 0, 22, 0), line(18, 0, 40, 0), line(10, 0, 30, 0)
    assert visible([left, right, across], 0.4).tolist() == [True, True, False]


def test_a_stroke_that_shows_at_its_end_stays():
    assert visible([line(0, 0, 20, 0), line(19, 0, 20.5, 0)], 0.4).all()


def test_crossing_and_neighbouring_strokes_stay():
    cross = [line(0, 0, 20, 20), line(0, 20, 20, 0)]
    hatch = [line(0, y, 20, y) for y in np.arange(30, 40, 0.4)]
    assert visible(cross + hatch, 0.4).all()


def test_a_lone_dot_stays():
    assert visible([line(5, 5, 5, 5)], 0.4).all()


def test_a_raster_too_coarse_to_tell_keeps_all():
    assert visible([line(0, 0, 5000, 5000), line(9, 9, 10, 10)], 0.05).all()


def test_nothing_is_nothing():
    assert visible([], 0.4).shape == (0,)


@pytest.mark.parametrize(("opacity", "kept"), [(0.999, 1), (0.98, 1), (0.9, 2), (0.5, 5), (0.05, 9)])
def test_of_ink_that_builds_up_as_many_stay_as_show(opacity, kept):
    # Another pass adds a (1 - a)^n of full tone: 0.095 after one and 0.009 after two of 0.9.
    assert visible([line(0, 0, 20, 7)] * 9, 0.4, opacity).sum() == kept


def distance_to(polyline, points):
    start, step = polyline[:-1], np.diff(polyline, axis=0)
    to_point = points[:, None] - start
    t = ((to_point * step).sum(-1) / np.maximum((step**2).sum(-1), 1e-12)).clip(0, 1)
    return np.linalg.norm(to_point - t[..., None] * step, axis=-1).min(1)


@settings(max_examples=40, deadline=None)
@given(arrays(float, (12, 1, 4, 2), elements=st.floats(0, 4)), st.sampled_from([0.5, 1.0]))
def test_the_axis_of_a_dropped_stroke_is_under_ink_that_stays(chains, width):
    keep = visible(list(chains), width)
    assert keep.any()
    lines = [bezier.flatten(chain, 0.01) for chain in chains]
    for i in np.flatnonzero(~keep):
        nearest = np.min([distance_to(lines[j], lines[i]) for j in np.flatnonzero(keep)], axis=0)
        assert (nearest <= width / 2 + width / 4).all()


def test_the_order_of_strokes_does_not_matter_to_the_ink():
    rng = np.random.default_rng(3)
    chains = [line(*row) for row in rng.uniform(0, 10, (150, 4))]
    forward, backward = visible(chains, 1.0), visible(chains[::-1], 1.0)[::-1]
    assert 0 < forward.sum() < 150
    assert forward.sum() == pytest.approx(backward.sum(), abs=5)


@pytest.mark.parametrize(
    ("over", "parts"),
    [
        ([], [0, 0]),
        ([([], 0.4)], [0, 0]),
        # The first of 10 mm lies along it, the second of 20 mm is crossed.
        ([([line(0, 0, 10, 0)], 0.4)], [1, 0]),
        ([([line(0, 0, 5, 0)], 0.4)], [0.51, 0]),
        ([([line(0, 0, 5, 0)], 0.4), ([line(5, 0, 10, 0)], 0.4)], [1, 0]),
        ([([line(0, 0.2, 10, 0.2)], 0.4)], [0.5, 0]),
        ([([line(10, -5, 10, 15)], 4.0)], [0.21, 0.2]),
    ],
)
def test_what_part_of_a_line_lies_under_others(over, parts):
    chains = [line(0, 0, 10, 0), line(0, 10, 20, 10)]
    assert covered(chains, 0.4, over) == pytest.approx(parts, abs=0.03)
    assert covered([], 0.4, over).tolist() == []


def test_what_is_too_large_to_look_at_is_covered_by_nothing():
    huge = line(0, 0, 5000, 5000)
    assert covered([huge], 0.1, [([huge], 0.1)]).tolist() == [0]
