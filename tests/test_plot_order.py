import itertools
import random

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from plotopt import bezier
from plotopt.plot import order
from plotopt.plot.chains import pen_up_moves_mm

chain_sets = arrays(float, st.tuples(st.integers(1, 14), st.just(2), st.just(2)), elements=st.integers(0, 12))


def line(x0, y0, x1, y1):
    return bezier.line_curve(np.array([x0, y0], float), np.array([x1, y1], float))[None]


def chains_between(points):
    return [bezier.line_curve(start, end)[None] for start, end in points]


def polygon(corners):
    return np.array([bezier.line_curve(a, b) for a, b in zip(corners, np.roll(corners, -1, 0), strict=True)])


def ends(chain):
    return (*chain[0, 0].tolist(), *chain[-1, 3].tolist())


def drawn_curves(chains):
    """The curves as a multiset in which direction does not count."""
    both = [(curve.tolist(), curve[::-1].tolist()) for chain in chains for curve in chain]
    return sorted(min(pair) for pair in both)


def pen_up_mm(chains):
    return pen_up_moves_mm(chains).sum()


def random_chains(count, seed=0):
    return chains_between(np.random.default_rng(seed).uniform(0, 200, (count, 2, 2)))


def nearest_first(chains):
    """Always to the nearest end that is left, as an order."""
    left, done, at = list(chains), [], np.zeros(2)
    while left:
        either = [*left, *(bezier.reverse(chain) for chain in left)]
        best = int(np.argmin([np.linalg.norm(chain[0, 0] - at) for chain in either]))
        done.append(either[best])
        left.pop(best % len(left))
        at = done[-1][-1, 3]
    return done


def test_none_and_one():
    assert order.sort([]) == []
    (only,) = order.sort([line(5, 5, 9, 9)])
    assert drawn_curves([only]) == drawn_curves([line(5, 5, 9, 9)])


def test_the_order_goes_out_and_comes_home():
    chains = [line(90, 0, 100, 0), line(50, 1, 60, 1), line(20, 0, 10, 0), line(0, 1, 30, 1)]
    assert pen_up_mm(order.sort(chains)) == pytest.approx(10 + 70 + np.hypot(40, 1) + 20 + 1)


@settings(max_examples=100, deadline=None)
@given(chain_sets)
def test_every_chain_comes_back_once_and_travel_is_never_longer(points):
    chains = chains_between(points)
    ordered = order.sort(chains)
    assert len(ordered) == len(chains)
    assert drawn_curves(ordered) == drawn_curves(chains)
    assert pen_up_mm(ordered) <= pen_up_mm(chains) + 1e-9


# Ends in one place are joined before; of lines without length there may be a trip that no exchange betters.
@settings(max_examples=60, deadline=None)
@given(
    arrays(
        float, st.tuples(st.integers(1, 4), st.just(2), st.just(2)), elements=st.floats(0, 300), unique=True
    )
)
def test_four_chains_and_fewer_are_ordered_best_of_all(points):
    chains = chains_between(points)
    either = [(chain, bezier.reverse(chain)) for chain in chains]
    best = min(
        pen_up_mm(choice) for some in itertools.permutations(either) for choice in itertools.product(*some)
    )
    assert pen_up_mm(order.sort(chains)) == pytest.approx(best, abs=1e-6)


@pytest.mark.parametrize("count", [30, 300, 700])
def test_better_than_going_to_the_nearest(count):
    chains = random_chains(count)
    assert pen_up_mm(order.sort(chains)) < 0.9 * pen_up_mm(nearest_first(chains))


def test_a_grid_of_dashes_is_visited_without_a_detour():
    """Nine rows of ten dashes 2 mm apart, rows 5 mm apart: back and forth, and home along the left."""
    chains = [line(x, y, x + 8, y) for y in range(5, 50, 5) for x in range(10, 110, 10)]
    shuffled = [chains[i] for i in np.random.default_rng(1).permutation(len(chains))]
    snake = nearest_first(chains)
    assert pen_up_mm(order.sort(shuffled)) <= pen_up_mm(snake)


def test_the_same_chains_give_the_same_order():
    for chains in (random_chains(200), random_chains(2500)):
        for first, second in zip(order.sort(chains), order.sort(chains), strict=True):
            np.testing.assert_array_equal(first, second)


def test_long_trips_are_improved_in_parts(monkeypatch):
    chains = random_chains(1200)
    whole = pen_up_mm(order.sort(chains))
    monkeypatch.setattr(order, "_LARGEST_BLOCK", 100)
    parts = order.sort(chains)
    assert drawn_curves(parts) == drawn_curves(chains)
    monkeypatch.setattr(order, "_KICKS", 0)
    once = pen_up_mm(order.sort(chains))
    assert whole < pen_up_mm(parts) < once


@pytest.mark.parametrize("scale", [1e-4, 1e9])
def test_the_order_does_not_depend_on_the_scale(scale):
    chains = random_chains(60)
    expected = scale * pen_up_mm(order.sort(chains))
    assert pen_up_mm(order.sort([scale * chain for chain in chains])) == pytest.approx(expected, rel=0.02)


def test_thousands_from_one_place():
    """Rays from one point, and strokes that are points, all the same: neighbours by the square otherwise."""
    angles = np.linspace(0, 1.5, 4000)
    rays = [line(20, 20, 20 + 90 * np.cos(a), 20 + 90 * np.sin(a)) for a in angles]
    dots = [line(50, 50, 50, 50)] * 4000
    for chains in (rays, dots, [*rays, *dots]):
        ordered = order.sort(chains)
        assert drawn_curves(ordered) == drawn_curves(chains)
    assert pen_up_mm(order.sort(rays)) < 300
    assert pen_up_mm(order.sort(dots)) == pytest.approx(2 * np.hypot(50, 50))


def test_a_loop_begins_at_the_joint_on_the_way():
    square = polygon(np.array([[60.0, 60], [60, 10], [10, 10], [10, 60]]))
    (loop,) = order.sort([square])
    assert ends(loop) == (10, 10, 10, 10)
    assert drawn_curves([loop]) == drawn_curves([square])
    np.testing.assert_array_equal(loop[1:, 0], loop[:-1, 3])


def test_loops_are_turned_to_face_their_neighbours():
    rng = np.random.default_rng(2)
    corners = 20 * np.stack([np.cos(np.arange(8) * np.pi / 4), np.sin(np.arange(8) * np.pi / 4)], 1)
    loops = [polygon(centre + corners) for centre in rng.uniform(30, 400, (40, 2))]
    open_loops = [loop.copy() for loop in loops]
    for loop in open_loops:
        loop[-1, 3] += 1e-3
    ordered = order.sort(loops)
    assert drawn_curves(ordered) == drawn_curves(loops)
    assert pen_up_mm(ordered) < 0.8 * pen_up_mm(order.sort(open_loops))
    for loop in ordered:
        np.testing.assert_array_equal(loop[1:, 0], loop[:-1, 3])


def test_global_random_state_is_left_alone():
    before, before_numpy = random.getstate(), np.random.get_state()[1].copy()
    order.sort(random_chains(50))
    assert random.getstate() == before
    np.testing.assert_array_equal(np.random.get_state()[1], before_numpy)
