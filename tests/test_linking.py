"""Which ends are linked, what the bridges look like, and how lines are cut into strokes that share points."""

from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from plotopt import bezier
from plotopt.first_strokes.linking import Linked, ahead, cut, find_gaps, linked, untangled
from plotopt.joints import LEAST_SPANS, SHARED

GREY = np.full((60, 80), 0.5)


def line(x0, y0, x1, y1, step=0.5):
    """A straight line in even steps."""
    count = max(2, round(np.hypot(x1 - x0, y1 - y0) / step) + 1)
    return np.linspace([x0, y0], [x1, y1], count)


def costs(lines, within=20.0, demand=GREY):
    """The cost of each gap by its two ends, ends 2 i and 2 i + 1 being those of line i."""
    gaps = find_gaps(lines, demand, within)
    assert (np.diff(gaps.costs) >= 0).all()
    pairs = np.sort(np.stack(gaps[:2], axis=1), axis=1).tolist()
    return {tuple(pair): cost for pair, cost in zip(pairs, gaps.costs.tolist(), strict=True)}


def joined(lines, within=20.0, demand=GREY):
    return linked(lines, find_gaps(lines, demand, within))


def test_a_gap_straight_ahead_costs_its_length():
    found = costs([line(5, 20, 20, 20), line(25, 20, 40, 20)])
    assert found[1, 2] == pytest.approx(5)
    # All the way back at both ends: the gap of 35 px counts 1 + 0.3 * 4 times.
    assert costs([line(5, 20, 20, 20), line(25, 20, 40, 20)], 100.0)[0, 3] == pytest.approx(35 * 2.2)


def test_a_hairpin_costs_more_than_going_straight_on():
    """Three lines whose ends lie 3 px from one end: ahead, beside and behind it."""
    lines = [line(10, 20, 30, 20), line(33, 20, 50, 20), line(30, 23, 10, 23)]
    found = costs(lines)
    # Beside it the pen turns by a right angle twice.
    assert found[1, 2] == pytest.approx(3)
    assert found[1, 4] == pytest.approx(3 * (1 + 0.3 * 2))
    assert linked(lines, find_gaps(lines, GREY, 3.5)).laid == [2, 1]


def test_which_way_a_line_was_laid_makes_no_difference():
    forth = [line(5, 20, 20, 20), line(25, 20, 40, 26)]
    ways = [[a[::i], b[::j]] for a, b in [forth] for i in (1, -1) for j in (1, -1)]
    assert [min(costs(lines).values()) for lines in ways] == pytest.approx([min(costs(forth).values())] * 4)


def test_lines_that_cross_are_untangled_and_count_for_their_parts():
    """Two of equal length, of which one was made of six, cross in the middle at 45 degrees."""
    crossing = Linked([line(0, 20.1, 40, 20.1), line(6, 6, 34, 34)], [6, 1])
    free = untangled(crossing, GREY)
    assert [each[[0, -1]].tolist() for each in free.lines] == [
        [[0, 20.1], [34, 34]],
        [[40, 20.1], [6, 6]],
    ]
    assert free.laid == [4, 3]
    assert sum(map(len, free.lines)) == sum(map(len, crossing.lines))


def test_crossings_in_blacks_are_left_alone():
    crossing = Linked([line(0, 20.1, 40, 20.1), line(6, 6, 34, 34)], [6, 1])
    tone = GREY.copy()
    tone[15:25, 15:25] = 0.1
    for free in (untangled(crossing, tone), untangled(crossing, GREY, black=0.6)):
        assert all(np.array_equal(*pair) for pair in zip(free.lines, crossing.lines, strict=True))


def test_lines_that_do_not_cross_are_left_as_they_are():
    apart = Linked([line(0, 20, 40, 20), line(0, 30, 40, 30), line(0, 35, 10, 35)], [6, 1, 2])
    free = untangled(apart, GREY)
    assert all(np.array_equal(*pair) for pair in zip(free.lines, apart.lines, strict=True))
    assert free.laid == apart.laid


def test_gaps_that_are_seen_count_for_more_over_paper_and_lines():
    onwards, across = [line(5, 20, 20, 20), line(28, 20, 40, 20)], line(24, 10, 24, 30)
    for dearer in (1.0, 2.0):
        over_line = find_gaps([*onwards, across], GREY, 40.0, dearer)
        assert over_line.costs.min() == pytest.approx(8 + dearer)
        over_paper = find_gaps(onwards, np.zeros_like(GREY), 70.0, dearer)
        assert over_paper.costs.min() == pytest.approx(8 * 4 * dearer)


def test_lines_that_go_on_are_ahead():
    straight, turned = (
        [line(5, 20, 20, 20), line(22, 20, 40, 20)],
        [line(5, 20, 20, 20), line(20, 22, 20, 40)],
    )
    for lines, count in ((straight, 1), (turned, 0)):
        gaps = find_gaps(lines, GREY, 5.0)
        assert len(gaps.costs) == 1
        assert len(ahead(gaps, lines, np.deg2rad(50)).costs) == count


def test_a_line_to_be_crossed_counts_for_a_pixel():
    onwards = [line(5, 20, 20, 20), line(28, 20, 40, 20)]
    assert costs([*onwards, line(24, 10, 24, 30)])[1, 2] == pytest.approx(8 + 1)
    assert costs([*onwards, line(23, 10, 23, 30), line(25.5, 10, 25.5, 30)])[1, 2] == pytest.approx(8 + 2)
    # However long it is, and however many.
    far = [line(2, 20, 4, 20), line(78, 20, 79, 20)]
    fence = [line(x, 1, x, 59) for x in range(10, 70, 12)]
    assert costs([*far, *fence], 200.0)[1, 2] == pytest.approx(74 + 5)
    # Beside them, or theirs, it is none; nor where ends as good as touch.
    assert costs([*onwards, line(24, 10, 24, 18)])[1, 2] == pytest.approx(8)
    touching = [line(5, 20, 20.3, 20), line(21.1, 20, 40, 20), line(20.7, 10, 20.7, 30)]
    assert costs(touching)[1, 2] == pytest.approx(0.8)
    hook = np.concatenate(
        [line(28, 20, 40, 20), line(40, 20, 40, 25), line(40, 25, 24, 25), line(24, 25, 24, 10)]
    )
    assert costs([onwards[0], hook])[1, 2] == pytest.approx(8)


def test_blank_paper_counts_four_times_over():
    lines = [line(5, 20, 20, 20), line(28, 20, 40, 20)]
    assert costs(lines, 40.0, np.zeros_like(GREY))[1, 2] == pytest.approx(4 * 8)
    half = GREY.copy()
    half[:, 24:] = 0
    # Four of eight samples from x = 20 to 28 lie beyond 24.
    assert costs(lines, 40.0, half)[1, 2] == pytest.approx((1 + 3 / 2) * 8)


def test_gaps_beyond_the_edge_of_the_picture_are_looked_up_at_the_edge():
    lines = [line(70, 58, 79, 58), line(84, 63, 95, 63)]
    assert costs(lines)[1, 2] > 0


def test_no_gap_costs_more_than_allowed():
    lines = [line(5, 20, 20, 20), line(25, 20, 40, 20)]
    assert list(costs(lines, 5.01)) == [(1, 2)]
    assert costs(lines, 4.99) == {}
    assert costs(lines, 0.0) == {}
    # Short enough, but too sharp a turn.
    assert costs([line(5, 20, 20, 20), line(20, 24, 5, 24)], 5.0) == {}


def test_a_line_is_never_linked_to_itself():
    ring = np.stack([20 + 8 * np.cos(np.arange(0, 6.2, 0.05)), 20 + 8 * np.sin(np.arange(0, 6.2, 0.05))], 1)
    assert costs([ring]) == {}
    found = joined([ring])
    assert found.laid == [1]
    assert found.lines[0] is ring or np.array_equal(found.lines[0], ring)


def test_lines_round_a_square_are_not_closed():
    corners = [(10, 10), (30, 10), (30, 30), (10, 30)]
    sides = [line(*a, *b) for a, b in zip(corners, corners[1:] + corners[:1], strict=True)]
    found = joined([side[2:-2] for side in sides])
    assert found.laid == [4]
    ends = found.lines[0][[0, -1]]
    assert np.hypot(*(ends[1] - ends[0])) > 1


def test_ends_in_one_place_are_linked_without_a_bridge():
    found = joined([line(5, 20, 20, 20), line(20, 20, 40, 25)])
    assert found.laid == [2]
    assert len(found.lines[0]) == 31 + len(line(20, 20, 40, 25))


def test_more_ends_near_each_other_than_are_looked_at():
    """Forty lines that begin in one place, like a star."""
    angles = np.linspace(0, 2 * np.pi, 40, endpoint=False)
    star = [line(40, 30, 40 + 20 * np.cos(a), 30 + 20 * np.sin(a)) for a in angles]
    found = joined(star, 2.0)
    assert sum(found.laid) == 40
    assert max(found.laid) == 2


@pytest.mark.parametrize("flip", [1, -1])
def test_a_gap_to_a_crowd_is_found_from_the_side_that_is_alone(flip):
    """Whichever has the lower numbers: the crowd's own ends are all nearer to each other."""
    crowd = [line(10 + 0.1 * i, 20, 10 + 0.1 * i, 5) for i in range(30)]
    found = joined([*crowd, line(11.4, 24, 11.4, 40)][::flip], 5.0)
    assert any(len(each) > 31 + 32 for each in found.lines)


def test_bridges_meet_both_ends_in_their_direction():
    lines = [line(5, 20, 20, 20), line(30, 26, 44, 26)]
    (found,) = joined(lines).lines
    bridge = found[len(lines[0]) : -len(lines[1])]
    steps = np.hypot(*np.diff(np.concatenate([lines[0][-1:], bridge, lines[1][:1]]), axis=0).T)
    assert steps.max() < 1.0
    assert steps.sum() < 1.15 * np.hypot(10, 6)
    # Level where it leaves and where it arrives, and never back.
    assert abs(bridge[0, 1] - 20) < 0.1
    assert abs(bridge[-1, 1] - 26) < 0.1
    assert (np.diff(found[:, 0]) > 0).all()


@pytest.mark.parametrize("flips", [(1, 1, 1), (-1, 1, 1), (1, -1, 1), (-1, 1, -1)])
def test_points_lie_in_order_along_the_joined_line(flips):
    pieces = [line(5, 20, 20, 20), line(22, 20, 40, 20), line(43, 20, 60, 20)]
    (found,) = joined([piece[::flip] for piece, flip in zip(pieces, flips, strict=True)]).lines
    steps = np.diff(found[:, 0])
    assert (steps > 0).all() or (steps < 0).all()
    assert sorted(found[[0, -1], 0]) == [5, 60]


def test_single_points_are_linked_too():
    found = joined([np.array([[10.0, 20.0]]), np.array([[12.0, 20.0]]), line(14, 20, 30, 20)])
    assert sum(found.laid) == 3
    assert all(np.isfinite(each).all() for each in found.lines)


POINT = st.tuples(st.floats(-5, 85), st.floats(-5, 65))
LINES = st.lists(st.lists(POINT, min_size=1, max_size=6).map(np.array), min_size=1, max_size=12)


def place_of(part, whole):
    """Where the points of one line stand in another, forth or back; None where they do not."""
    for way in (part, part[::-1]):
        for first in range(len(whole) - len(part) + 1):
            if np.array_equal(whole[first : first + len(part)], way):
                return first
    return None


@settings(max_examples=60)
@given(LINES, st.floats(0, 60), st.booleans())
def test_every_line_lies_whole_in_one_of_the_results(lines, within, blank):
    found = joined(lines, within, np.zeros((60, 80)) if blank else GREY)
    assert sum(found.laid) == len(lines)
    assert min(found.laid) >= 1
    assert all(np.isfinite(each).all() for each in found.lines)
    assert all(any(place_of(each, result) is not None for result in found.lines) for each in lines)


@settings(max_examples=40)
@given(
    st.lists(st.tuples(POINT, st.floats(0, 6.28), st.floats(0.5, 20)), min_size=1, max_size=20),
    st.floats(0, 30),
)
def test_lines_that_differ_are_each_in_exactly_one_result(figures, within):
    """Told apart by how far their points lie from each other."""
    lines = [
        np.array([x, y]) + np.outer(np.linspace(0, 1, 3 + i), length * np.array([np.cos(a), np.sin(a)]))
        for i, ((x, y), a, length) in enumerate(figures)
    ]
    found = joined(lines, within)
    owners = [[place_of(each, result) is not None for result in found.lines] for each in lines]
    assert [sum(owner) for owner in owners] == [1] * len(lines)
    assert np.sum(owners, axis=0).tolist() == found.laid
    # Bridges come on top, and nothing is as long as all lines and gaps together.
    assert sum(map(len, found.lines)) >= sum(map(len, lines))


@pytest.mark.parametrize("spans", [LEAST_SPANS, 5])
def test_pieces_of_a_line_share_their_points(spans):
    angles = np.linspace(0, 3, 200)
    curve = 20 * np.stack([np.cos(angles), np.sin(angles)], axis=1) + 30
    pieces, counts = cut([curve, line(0, 0, 9, 0)], 7.0, spans)
    # 60 px and 9 px of line in pieces of 7.
    assert counts == [9, 1]
    assert pieces.shape == (10, spans + 3, 2)
    for before, after in pairwise(pieces[:9]):
        assert np.array_equal(before[-SHARED:], after[:SHARED])


def test_pieces_are_about_as_long_as_asked_and_begin_where_the_line_does():
    pieces, counts = cut([line(3, 5, 45, 5)], 10.0, 3)
    assert counts == [4]
    curves = bezier.bezier_map(3) @ pieces
    assert bezier.arc_length(curves.reshape(-1, 4, 2)).reshape(4, 3).sum(1) == pytest.approx([10.5] * 4)
    assert curves[0, 0] == pytest.approx(np.array([3, 5]))
    assert curves[-1, -1] == pytest.approx(np.array([45, 5]))


@pytest.mark.parametrize("angle", [0.0, 0.7, 2.0])
@pytest.mark.parametrize("length", [0.6, 5.0, 77.0])
def test_straight_lines_stay_straight_and_even(angle, length):
    way = np.array([np.cos(angle), np.sin(angle)])
    pieces, _ = cut([[30, 20] + np.linspace(0, length, 40)[:, None] * way], 8.0, 3)
    steps = np.diff(pieces, axis=1)
    across = steps @ [-way[1], way[0]]
    assert np.abs(across).max() < 1e-9
    assert steps @ way == pytest.approx(np.full(steps.shape[:2], (steps @ way).mean()))


@pytest.mark.parametrize(
    "given_line",
    [np.array([[4.0, 7.0]]), np.full((3, 2), 5.0), np.array([[1.0, 1.0], [1.0, 1.0], [2.0, 1.0]])],
)
def test_lines_next_to_nothing_are_one_stroke(given_line):
    pieces, counts = cut([given_line], 10.0, 3)
    assert counts == [1]
    assert np.isfinite(pieces).all()
    assert np.abs(pieces[0].mean(0) - given_line.mean(0)).max() < 1


def test_a_single_point_is_a_dash():
    pieces, _ = cut([np.array([[4.0, 7.0]])], 10.0, 3)
    dash = bezier.bezier_map(3) @ pieces[0]
    assert dash[[0, -1]] == pytest.approx(np.array([[3.5, 7], [4.5, 7]]))
