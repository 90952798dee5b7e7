"""A line freed from crossings: the same points, no two segments across each other, never longer."""

from itertools import combinations, pairwise

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from plotopt import crossings as module

lines = arrays(float, st.tuples(st.integers(1, 24), st.just(2)), elements=st.integers(0, 9))
free_lines = arrays(float, st.tuples(st.integers(2, 40), st.just(2)), elements=st.floats(-50, 50, width=32))


def uncrossed(line):
    (numbers,) = module.uncrossed([line])
    return line[numbers]


def side(p, q, r):
    return (q[0] - p[0]) * (r[1] - p[1]) - (q[1] - p[1]) * (r[0] - p[0])


def crossings(line):
    """Pairs of segments that cross in their insides, each looked at on its own."""
    segments = list(pairwise(line))
    return sum(
        side(a, b, c) * side(a, b, d) < 0 and side(c, d, a) * side(c, d, b) < 0
        for (a, b), (c, d) in combinations(segments, 2)
    )


def length(line):
    return np.hypot(*np.diff(line, axis=0).T).sum()


def test_a_bow_becomes_a_zigzag():
    bow = np.array([[0, 0], [10, 10], [10, 0], [0, 10]], float)
    assert uncrossed(bow).tolist() == [[0, 0], [10, 0], [10, 10], [0, 10]]


def test_what_does_not_cross_stays():
    spiral = np.array([[0, 0], [9, 0], [9, 9], [1, 9], [1, 2], [6, 2]], float)
    assert uncrossed(spiral).tolist() == spiral.tolist()


def test_points_in_one_place_become_one():
    line = np.array([[0, 0], [0, 0], [3, 1], [3, 1]], float)
    assert uncrossed(line).tolist() == [[0, 0], [3, 1]]
    assert uncrossed(line[:2]).tolist() == [[0, 0]]


@settings(deadline=None)
@given(lines | free_lines)
def test_no_crossings_are_left_and_no_length_is_added(line):
    free = uncrossed(line)
    assert crossings(free) == 0
    assert length(free) <= length(line) + 1e-9
    assert {tuple(point) for point in free.tolist()} == {tuple(point) for point in line.tolist()}
    assert free[[0, -1]].tolist() == line[[0, -1]].tolist()


def test_a_long_segment_is_seen_from_far_away():
    """Squares are small beside it: it must be in all that it passes."""
    comb = np.stack(
        [np.repeat(np.arange(60.0), 2), np.tile([0, 1, 1, 0], 30) * 0.5 + 0.01 * np.arange(120)], 1
    )
    line = np.concatenate([comb, [[59.5, 1.6], [-1.0, 0.2]]])
    assert crossings(line) > 10
    assert crossings(uncrossed(line)) == 0
