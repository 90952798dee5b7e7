"""Skeletons: as connected as the mask, a pixel wide, cut into arcs that use every pixel once."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from scipy import ndimage

from plotopt.first_strokes.skeleton import Skeleton, thinned

TOUCHING = np.ones((3, 3), bool)
masks = arrays(bool, st.tuples(st.integers(1, 14), st.integers(1, 14)), elements=st.booleans())


def strips(*boxes, size=(41, 41)):
    mask = np.zeros(size, bool)
    for top, bottom, left, right in boxes:
        mask[top:bottom, left:right] = True
    return mask


def test_a_bar_is_one_arc_along_its_middle():
    (arc,) = Skeleton.of(strips((18, 23, 4, 37))).arcs
    assert arc.ends == (-1, -1)
    assert (arc.points[:, 1] == 20.5).all()
    assert np.abs(np.diff(arc.points[:, 0])).max() == 1
    assert np.ptp(arc.points[:, 0]) > 27


def test_a_cross_is_four_arcs_that_meet_in_its_middle():
    skeleton = Skeleton.of(strips((19, 22, 3, 38), (3, 38, 19, 22)))
    assert skeleton.nodes == pytest.approx(np.array([[20.5, 20.5]]))
    assert sorted(max(arc.ends) for arc in skeleton.arcs) == [0] * 4
    assert all(min(arc.ends) == -1 for arc in skeleton.arcs)
    assert all(len(arc.points) > 12 for arc in skeleton.arcs)


def test_lines_that_cross_at_the_corners_of_pixels_meet_in_a_node():
    y, x = np.mgrid[:40, :40]
    skeleton = Skeleton.of((x == y) | (x == 39 - y))
    assert skeleton.nodes == pytest.approx(np.array([[20.0, 20.0]]))
    assert sorted(max(arc.ends) for arc in skeleton.arcs) == [0] * 4


def test_a_ring_is_one_closed_arc():
    y, x = np.mgrid[:41, :41] - 20
    (arc,) = Skeleton.of(np.abs(np.hypot(x, y) - 14) < 2).arcs
    assert arc.ends == (-1, -1)
    radius = np.hypot(*(arc.points - 20.5).T)
    assert np.abs(radius - 14).max() <= 1
    assert np.hypot(*(arc.points[0] - arc.points[-1])) < 1.5


@pytest.mark.parametrize("mask", [np.zeros((5, 7), bool), np.zeros((1, 1), bool)])
def test_nothing_has_none(mask):
    skeleton = Skeleton.of(mask)
    assert skeleton.arcs == []
    assert skeleton.nodes.shape == (0, 2)


def test_the_mask_is_left_as_it_was():
    mask = strips((18, 23, 4, 37))
    Skeleton.of(mask)
    assert np.array_equal(mask, strips((18, 23, 4, 37)))


@settings(max_examples=200, deadline=None)
@given(masks)
def test_thinning_keeps_parts_together_and_apart(mask):
    thin = thinned(mask)
    assert not (thin & ~mask).any()
    assert ndimage.label(thin, TOUCHING)[1] == ndimage.label(mask, TOUCHING)[1]
    assert np.array_equal(thinned(thin), thin)


@settings(max_examples=200, deadline=None)
@given(masks)
def test_arcs_are_walks_over_pixels_that_each_occur_once(mask):
    skeleton, thin = Skeleton.of(mask), thinned(mask)
    points = [tuple(point) for arc in skeleton.arcs for point in arc.points - 0.5]
    assert len(set(points)) == len(points)
    assert all(thin[int(y), int(x)] for x, y in points)
    for arc in skeleton.arcs:
        assert (np.abs(np.diff(arc.points, axis=0)) <= 1).all()
        assert -1 <= min(arc.ends) <= max(arc.ends) < len(skeleton.nodes)
    # All that is not on an arc belongs to a node, and of these each has one pixel at least.
    assert len(points) + len(skeleton.nodes) <= thin.sum()
