import random

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from plotopt import bezier
from plotopt.plot import order
from plotopt.plot.chains import lengths_mm, pen_up_moves_mm


def line(x0, y0, x1, y1):
    return bezier.line_curve(np.array([x0, y0], float), np.array([x1, y1], float))[None]


def ends(chain):
    return (*chain[0, 0].tolist(), *chain[-1, 3].tolist())


def drawn_curves(chains):
    """The curves as a multiset in which direction does not count."""
    both = [(curve.tolist(), curve[::-1].tolist()) for chain in chains for curve in chain]
    return sorted(min(pair) for pair in both)


def test_lines_end_to_start_become_one_without_a_bridge():
    first, second = line(0, 0, 10, 0), line(10, 0, 10, 10)
    (merged,) = order.merge([first, second], 0.4)
    np.testing.assert_array_equal(merged, np.concatenate([first, second]))


def test_a_gap_becomes_a_straight_curve():
    (merged,) = order.merge([line(0, 0, 10, 0), line(20.3, 0, 10.3, 0)], 0.4)
    assert len(merged) == 3
    np.testing.assert_allclose(merged[1], line(10, 0, 10.3, 0)[0])
    assert ends(merged) == (0, 0, 20.3, 0)


def test_a_wider_gap_is_left():
    chains = [line(0, 0, 10, 0), line(10.5, 0, 20, 0)]
    assert drawn_curves(order.merge(chains, 0.4)) == drawn_curves(chains)
    assert len(order.merge(chains, 0.4)) == 2


def test_flipped_curves_come_back_exactly():
    wave = np.array([[[0, 0], [1.1, 9.7], [7.3, -5.9], [10, 0]], [[10, 0], [12, 3], [17, 2], [20, 1]]])
    (merged,) = order.merge([wave, line(30, 1, 20, 1)], 0.4)
    assert drawn_curves([merged]) == drawn_curves([wave, line(30, 1, 20, 1)])


@pytest.mark.parametrize("arrange", [lambda chains: order.merge(chains, 0.4), order.sort])
def test_none_and_one(arrange):
    assert arrange([]) == []
    (only,) = arrange([line(5, 5, 9, 9)])
    np.testing.assert_array_equal(only, line(5, 5, 9, 9))


chain_sets = arrays(float, st.tuples(st.integers(2, 14), st.just(2), st.just(2)), elements=st.integers(0, 12))


def chains_between(points):
    return [bezier.line_curve(start, end)[None] for start, end in points]


@settings(max_examples=60, deadline=None)
@given(chain_sets)
def test_merging_keeps_every_curve_and_adds_only_bridges(points):
    chains, tolerance = chains_between(points), 1.5
    merged = order.merge(chains, tolerance)
    before, after = drawn_curves(chains), drawn_curves(merged)
    bridges = list(after)
    for curve in before:
        bridges.remove(curve)
    lengths = bezier.arc_length(np.array(bridges).reshape(-1, 4, 2))
    assert (lengths < tolerance).all()
    assert lengths_mm(merged).sum() == pytest.approx(lengths_mm(chains).sum() + lengths.sum())
    for chain in merged:
        np.testing.assert_allclose(chain[1:, 0], chain[:-1, 3], atol=1e-6)


def test_the_order_starts_near_home_and_flips():
    chains = [line(100, 0, 90, 0), line(20, 0, 10, 0), line(50, 0, 60, 0)]
    assert [ends(chain) for chain in order.sort(chains)] == [
        (10, 0, 20, 0),
        (50, 0, 60, 0),
        (90, 0, 100, 0),
    ]


def test_two_opt_shortens_what_greed_leaves(monkeypatch):
    chains = chains_between(np.random.default_rng(0).uniform(0, 200, (120, 2, 2)))
    best = pen_up_moves_mm(order.sort(chains)).sum()
    monkeypatch.setattr(order, "_MOST_FOR_TWO_OPT", 0)
    greedy = pen_up_moves_mm(order.sort(chains)).sum()
    assert best < 0.95 * greedy < 0.5 * pen_up_moves_mm(chains).sum()


@settings(max_examples=60, deadline=None)
@given(chain_sets, st.booleans())
def test_sorting_is_a_permutation_up_to_flips_and_never_lengthens_travel(points, two_opt):
    chains = chains_between(points)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(order, "_MOST_FOR_TWO_OPT", 1000 if two_opt else 0)
        ordered = order.sort(chains)
    assert len(ordered) == len(chains)
    assert drawn_curves(ordered) == drawn_curves(chains)
    assert pen_up_moves_mm(ordered).sum() <= pen_up_moves_mm(chains).sum() + 1e-9


def test_global_random_state_is_left_alone():
    before, before_numpy = random.getstate(), np.random.get_state()[1].copy()
    order.sort(chains_between(np.random.default_rng(0).uniform(0, 100, (50, 2, 2))))
    assert random.getstate() == before
    np.testing.assert_array_equal(np.random.get_state()[1], before_numpy)
