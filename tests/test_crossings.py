"""Lines freed from crossings: the same points and ends, no two segments across each other, never longer."""

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


def crossings(*lines):
    """Pairs of segments that cross in their insides, each looked at on its own."""
    segments = [segment for line in lines for segment in pairwise(line)]
    return sum(
        side(a, b, c) * side(a, b, d) < 0 and side(c, d, a) * side(c, d, b) < 0
        for (a, b), (c, d) in combinations(segments, 2)
    )


def parted(*lines):
    return [np.concatenate(lines)[numbers] for numbers in module.uncrossed(lines)]


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


def test_two_lines_go_on_with_each_others_rest_where_that_turns_less():
    """The segments that cross are 45 degrees apart; then one of the lines is drawn the other way."""
    flat = np.array([[0, 0], [3, 0], [5, 0], [9, 0]], float)
    rising = np.array([[1, -2], [3, -1], [5, 1], [6, 4]], float)
    # Each begins at the end that was first.
    swapped = [[[0, 0], [3, 0], [5, 1], [6, 4]], [[9, 0], [5, 0], [3, -1], [1, -2]]]
    assert [line.tolist() for line in parted(flat, rising)] == swapped
    assert [line.tolist() for line in parted(flat, rising[::-1])] == swapped


def test_lines_that_do_not_cross_stay_as_they_are():
    lines = [np.array(each, float) for each in ([[0, 0], [9, 0]], [[4, 4]], [[0, 1], [4, 1], [9, 2]])]
    assert [line.tolist() for line in parted(*lines)] == [line.tolist() for line in lines]


def test_tiny_lines_far_apart_take_little_room():
    lines = [np.array([[0, 0], [1e-5, 1e-5], [0, 1e-5], [1e-5, 0]]), np.array([[5e4, 5e4], [5e4, 0]])]
    free = parted(*lines)
    assert crossings(lines[0]) == 1
    assert crossings(*free) == 0


def test_crossings_that_do_not_matter_stay():
    bow = np.array([[0, 0], [10, 10], [10, 0], [0, 10]], float)
    (numbers,) = module.uncrossed([bow], np.array([True, True, False, True]))
    assert numbers.tolist() == [0, 1, 2, 3]


def test_points_in_one_place_are_left_out_of_their_own_line_alone():
    lines = [np.array([[0, 0], [5, 5], [5, 5]], float), np.array([[5, 5], [5, 5], [7, 5]], float)]
    assert [line.tolist() for line in parted(*lines)] == [[[0, 0], [5, 5]], [[5, 5], [7, 5]]]


@settings(deadline=None)
@given(st.lists(lines | free_lines, min_size=1, max_size=5))
def test_many_lines_stay_as_many_with_the_same_ends(given_lines):
    free = parted(*given_lines)
    assert len(free) == len(given_lines)
    assert crossings(*free) == 0
    assert sum(map(length, free)) <= sum(map(length, given_lines)) + 1e-9
    ends, points = (
        [
            sorted(tuple(point) for line in each for point in line[part].tolist())
            for each in (free, given_lines)
        ]
        for part in ([0, -1], slice(None))
    )
    assert ends[0] == ends[1]
    assert set(points[0]) == set(points[1])
