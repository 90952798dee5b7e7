import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from plotopt import bezier
from plotopt.plot import joining
from plotopt.plot.chains import lengths_mm

chain_sets = arrays(float, st.tuples(st.integers(1, 14), st.just(2), st.just(2)), elements=st.integers(0, 12))


def line(x0, y0, x1, y1):
    return bezier.line_curve(np.array([x0, y0], float), np.array([x1, y1], float))[None]


def ends(chain):
    return (*chain[0, 0].tolist(), *chain[-1, 3].tolist())


def drawn_curves(chains):
    """The curves as a multiset in which direction does not count."""
    both = [(curve.tolist(), curve[::-1].tolist()) for chain in chains for curve in chain]
    return sorted(min(pair) for pair in both)


def test_none():
    assert joining.merge([], 0.4) == []
    assert joining.merge([], 0.4, 0.4) == []


def test_lines_end_to_start_become_one_without_a_bridge():
    first, second = line(0, 0, 10, 0), line(10, 0, 10, 10)
    (merged,) = joining.merge([first, second], 0.4)
    np.testing.assert_array_equal(merged, np.concatenate([first, second]))


def test_a_gap_becomes_a_straight_curve():
    (merged,) = joining.merge([line(0, 0, 10, 0), line(20.3, 0, 10.3, 0)], 0.4)
    assert len(merged) == 3
    np.testing.assert_allclose(merged[1], line(10, 0, 10.3, 0)[0])
    assert ends(merged) == (0, 0, 20.3, 0)


def test_a_wider_gap_is_left():
    chains = [line(0, 0, 10, 0), line(10.5, 0, 20, 0)]
    assert drawn_curves(joining.merge(chains, 0.4)) == drawn_curves(chains)
    assert len(joining.merge(chains, 0.4)) == 2


def test_the_shortest_gap_is_closed_first():
    """A chain to the right lies 0.3 mm off, one below 0.1 mm: the end can go to one of them."""
    chains = [line(0, 0, 10, 0), line(10.3, 0, 20, 0), line(10, 0.1, 10, 9)]
    merged = joining.merge(chains, 0.305)
    assert sorted(len(chain) for chain in merged) == [1, 3]
    assert (0, 0, 10, 9) in [ends(chain) for chain in merged]


def test_flipped_curves_come_back_exactly():
    wave = np.array([[[0, 0], [1.1, 9.7], [7.3, -5.9], [10, 0]], [[10, 0], [12, 3], [17, 2], [20, 1]]])
    (merged,) = joining.merge([wave, line(30, 1, 20, 1)], 0.4)
    assert drawn_curves([merged]) == drawn_curves([wave, line(30, 1, 20, 1)])


def test_three_sides_and_a_fourth_are_a_loop():
    sides = [line(0, 0, 9, 0), line(9, 9, 9, 0), line(9, 9, 0, 9), line(0, 0, 0, 9)]
    (loop,) = joining.merge(sides, 0.4)
    assert len(loop) == 4
    np.testing.assert_array_equal(loop[0, 0], loop[-1, 3])


def test_a_path_that_almost_closes_stays_open():
    almost = line(0, 0, 9, 0), line(9, 0, 9, 9), line(9, 9, 0, 0.2)
    (merged,) = joining.merge(almost, 0.4)
    assert len(merged) == 3


def test_without_a_tolerance_only_what_meets_is_joined():
    assert len(joining.merge([line(0, 0, 5, 0), line(5, 0, 9, 0)], 0.0)) == 1
    assert len(joining.merge([line(0, 0, 5, 0), line(5.001, 0, 9, 0)], 0.0)) == 2


@settings(max_examples=100, deadline=None)
@given(chain_sets)
def test_merging_keeps_every_curve_and_adds_only_bridges(points):
    chains, tolerance = [bezier.line_curve(start, end)[None] for start, end in points], 1.5
    merged = joining.merge(chains, tolerance)
    before, after = drawn_curves(chains), drawn_curves(merged)
    bridges = list(after)
    for curve in before:
        bridges.remove(curve)
    lengths = bezier.arc_length(np.array(bridges).reshape(-1, 4, 2))
    assert (lengths < tolerance).all()
    assert lengths_mm(merged).sum() == pytest.approx(lengths_mm(chains).sum() + lengths.sum())
    for chain in merged:
        np.testing.assert_allclose(chain[1:, 0], chain[:-1, 3], atol=1e-6)


@settings(max_examples=60, deadline=None)
@given(chain_sets)
def test_nothing_is_left_to_join(points):
    merged = joining.merge([bezier.line_curve(start, end)[None] for start, end in points], 1.5)
    places = np.array([[chain[0, 0], chain[-1, 3]] for chain in merged])
    for i in range(len(merged)):
        gaps = np.linalg.norm(places[i][:, None] - np.delete(places, i, 0).reshape(1, -1, 2), axis=-1)
        assert (gaps >= 1.5).all()


def test_many_ends_at_one_place():
    rays = [line(0, 0, np.cos(a), np.sin(a)) for a in np.linspace(0, 6, 3001)]
    merged = joining.merge(rays, 1e-3)
    assert len(merged) == 1501
    assert drawn_curves(merged) == drawn_curves(rays)


def test_a_wide_gap_over_ink_is_bridged():
    """Two strokes with 1.2 mm between them, along a third: the bridge is wholly hidden."""
    along = line(-10, 0, 30, 0)
    apart = [line(1, 0.03, 9, 0.03), line(10.2, 0.03, 19, 0.03)]
    assert len(joining.merge([along, *apart], 0.4)) == 3
    assert len(joining.merge(apart, 0.4, 0.4)) == 2
    bridged = joining.merge([along, *apart], 0.4, 0.4)
    assert len(bridged) == 2
    added = lengths_mm(bridged).sum() - lengths_mm([along, *apart]).sum()
    assert added == pytest.approx(1.2)


def test_a_bridge_is_at_most_four_pens_long():
    along = line(-10, 0, 30, 0)
    apart = [line(1, 0, 9, 0), line(10.7, 0, 19, 0)]
    assert len(joining.merge([along, *apart], 0.4, 0.4)) == 3
    assert len(joining.merge([along, *apart], 0.4, 0.45)) == 2


@pytest.mark.parametrize(("spacing", "most"), [(0.35, 8), (0.8, 40)])
def test_hatching_is_joined_where_its_lines_touch(spacing, most):
    """Lines 0.4 mm wide: 0.35 mm apart they touch; at 0.8 mm a bridge would show on bare paper."""
    hatch = [line(10, 10 + i * spacing, 30, 10 + i * spacing) for i in range(40)]
    joined = len(joining.merge(hatch, 0.1, 0.4))
    assert joined <= most
    assert (joined == len(hatch)) == (spacing > 0.4)


def test_bridges_ink_hardly_any_bare_paper():
    """Ink by dense samples and a distance tree, not by the raster that the bridges were tried on."""
    from scipy.spatial import cKDTree

    rng = np.random.default_rng(3)
    starts = rng.uniform(5, 25, (400, 2))
    chains = [line(*start, *(start + rng.normal(0, 3, 2))) for start in starts]
    merged, bridged = joining.merge(chains, 0.4), joining.merge(chains, 0.4, 0.4)
    joined = len(merged) - len(bridged)
    assert joined > 20

    def samples(some):
        t = np.linspace(0, 1, 120)
        return np.concatenate([bezier.evaluate(chain[:, None], t).reshape(-1, 2) for chain in some])

    step = 0.08
    grid = np.stack(np.meshgrid(*[np.arange(-8, 38, step)] * 2), -1).reshape(-1, 2)
    before, after = (cKDTree(samples(some)).query(grid)[0] <= 0.2 for some in (merged, bridged))
    assert (after & ~before).sum() * step**2 < 0.25 * 0.4**2 * joined


def test_far_apart_chains_are_not_bridged_but_merged():
    chains = [line(0, 0, 1, 0), line(1, 0, 2, 0), line(1e7, 1e7, 1e7 + 1, 1e7)]
    assert len(joining.merge(chains, 0.4, 0.4)) == 2
