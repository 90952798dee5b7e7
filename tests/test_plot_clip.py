import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from plotopt import bezier
from plotopt.page import Rect
from plotopt.plot.chains import lengths_mm
from plotopt.plot.clip import SHORTEST_MM, clip

RECT = Rect(10, 20, 110, 70)


def line(x0, y0, x1, y1):
    return bezier.line_curve(np.array([x0, y0]), np.array([x1, y1]))[None]


def ends(parts):
    return [(*part[0, 0].tolist(), *part[-1, 3].tolist()) for part in parts]


def assert_inside(parts, rect):
    for part in parts:
        points = bezier.evaluate(part[:, None], np.linspace(0, 1, 201))
        low, high = points.min((0, 1)), points.max((0, 1))
        assert (low >= np.array([rect.left, rect.top]) - 1e-6).all()
        assert (high <= np.array([rect.right, rect.bottom]) + 1e-6).all()


def test_a_chain_inside_stays_as_it_is():
    chain = np.concatenate([line(10, 20, 50, 50), line(50, 50, 110, 70)])
    (part,) = clip(chain, RECT)
    assert part is chain


def test_a_line_across_is_cut_at_both_edges():
    assert ends(clip(line(0, 30, 200, 30), RECT)) == [(10, 30, 110, 30)]


def test_a_slanting_line_is_cut_where_it_crosses():
    (part,) = clip(line(0, 10, 60, 70), RECT)
    np.testing.assert_allclose(ends([part])[0], (10, 20, 60, 70), atol=1e-9)


def test_a_curve_that_leaves_and_returns_is_two_parts():
    # y(t) = 60 + 60 t (1 - t) is 70 at t = 1/2 -+ sqrt(3)/6.
    curve = np.array([[[20, 60], [40, 80], [60, 80], [80, 60]]], float)
    parts = clip(curve, RECT)
    leave, back = 50 - 10 * np.sqrt(3), 50 + 10 * np.sqrt(3)
    np.testing.assert_allclose(ends(parts), [(20, 60, leave, 70), (back, 70, 80, 60)], atol=1e-9)


def test_neighbouring_curves_inside_stay_one_chain():
    zigzag = [line(0, 30, 20, 30), line(20, 30, 20, 40), line(20, 40, 0, 40), line(0, 40, 30, 60)]
    parts = clip(np.concatenate(zigzag), RECT)
    assert [len(part) for part in parts] == [3, 1]


@pytest.mark.parametrize(
    "outside", [line(0, 0, 5, 90), line(0, 10, 120, 19), line(0, 55, 20, 85), line(300, 300, 300, 300)]
)
def test_a_chain_outside_is_gone(outside):
    assert clip(outside, RECT) == []


@pytest.mark.parametrize("shift", [-1e-10, 0.0, 1e-10])
def test_a_line_along_an_edge_is_kept(shift):
    parts = clip(line(10 + shift, 0, 10 + shift, 90), RECT)
    assert lengths_mm(parts) == pytest.approx([50])
    assert_inside(parts, RECT)


def test_a_curve_touching_an_edge_is_not_cut():
    curve = np.array([[[20, 60], [40, 220 / 3], [60, 220 / 3], [80, 60]]])
    (part,) = clip(curve, RECT)
    np.testing.assert_allclose(part, curve)


def test_crumbs_are_dropped():
    assert clip(line(9, 30, 10 + 0.9 * SHORTEST_MM, 30), RECT) == []
    assert clip(line(50, 50, 50, 50), RECT) == []
    assert len(clip(line(9, 30, 10 + 1.1 * SHORTEST_MM, 30), RECT)) == 1


coordinates = arrays(float, (10, 2), elements=st.floats(-60, 160))


@settings(max_examples=60, deadline=None)
@given(coordinates)
def test_what_remains_is_inside_and_nothing_inside_is_lost(points):
    chain = np.stack([points[0:4], points[3:7], points[6:10]])
    parts = clip(chain, RECT)
    assert_inside(parts, RECT)
    dense = bezier.evaluate(chain[:, None], np.linspace(0, 1, 4001))
    middle = 0.5 * (dense[:, 1:] + dense[:, :-1])
    inside = ((middle >= [10, 20]) & (middle <= [110, 70])).all(-1)
    expected = (np.linalg.norm(np.diff(dense, axis=1), axis=-1) * inside).sum()
    # Up to 18 cuts, each half a sample off, and the crumbs.
    assert lengths_mm(parts).sum() == pytest.approx(expected, abs=2.0)
