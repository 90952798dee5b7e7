"""Strokes that go on in one another: what they share, where their lines run, and what moves them."""

from dataclasses import replace

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from optimising import optimize

from plotopt import bezier
from plotopt.joints import LEAST_SPANS, SHARED, Joints
from plotopt.objectives.base import Gradients, Objective
from plotopt.stages import Stage
from plotopt.strokes import Strokes

SPANS = LEAST_SPANS


def points_of(counts, spans=SPANS, seed=0, dtype=torch.float64):
    """Control points of random lines of so many strokes, and their joints."""
    generator = torch.Generator().manual_seed(seed)
    lines = [torch.randn(spans * count + 3, 2, generator=generator, dtype=dtype) for count in counts]
    pieces = [
        line[spans * i : spans * i + spans + 3]
        for line, count in zip(lines, counts, strict=True)
        for i in range(count)
    ]
    return torch.stack(pieces), Joints.along(counts, [1] * len(counts))


def jointed(counts, spans=SPANS, seed=0, dtype=torch.float32):
    points, joints = points_of(counts, spans, seed, dtype)
    return replace(Strokes.of_pen(points, 0.4), joints=joints)


def test_strokes_along_lines_are_joined_one_after_another():
    joints = Joints.along([3, 1, 2], [5, 1, 2])
    assert joints.pairs.tolist() == [[0, 1], [1, 2], [4, 5]]
    assert joints.laid.tolist() == [5, 0, 0, 1, 2, 0]
    assert joints.members().tolist() == [True, True, True, False, True, True]
    assert joints.lines() == [[0, 1, 2], [3], [4, 5]]


def test_lines_of_one_stroke_have_no_joint():
    joints = Joints.along([1, 1], [1, 4])
    assert joints.pairs.shape == (0, 2)
    assert not joints.members().any()
    assert joints.lines() == [[0], [1]]


def test_lines_follow_the_pairs_whatever_their_order():
    joints = Joints(torch.tensor([[4, 1], [3, 4], [0, 2]]), torch.ones(5, dtype=torch.int64))
    assert joints.lines() == [[0, 2], [3, 4, 1]]


@pytest.mark.parametrize("spans", [3, 4, 7])
def test_strokes_share_three_points_at_a_joint(spans):
    points, joints = points_of([4, 2], spans)
    for before, after in joints.pairs.tolist():
        assert torch.equal(points[before, -SHARED:], points[after, :SHARED])


@pytest.mark.parametrize("spans", [3, 5])
def test_a_line_is_twice_continuously_differentiable_at_its_joints(spans):
    strokes = jointed([4], spans, dtype=torch.float64)
    curves = strokes.curves()
    for before, after in strokes.joints.pairs.tolist():
        end, start = curves[before, -1].flip(0), curves[after, 0]
        assert torch.allclose(end[0], start[0], atol=1e-12)
        assert torch.allclose(end[0] - end[1], start[1] - start[0], atol=1e-12)
        bend = end[0] - 2 * end[1] + end[2], start[2] - 2 * start[1] + start[0]
        assert torch.allclose(*bend, atol=1e-12)
        assert bend[0].norm() > 0.01


def test_chains_are_whole_lines_without_a_gap():
    strokes = jointed([3, 1, 2], dtype=torch.float32)
    chains = strokes.chains()
    assert [len(chain) for chain in chains] == [9, 3, 6]
    for chain in chains:
        assert chain.dtype == np.float64
        assert np.array_equal(chain[1:, 0][SPANS - 1 :: SPANS], chain[:-1, 3][SPANS - 1 :: SPANS])
        assert np.allclose(chain[1:, 0], chain[:-1, 3], atol=1e-6)
    lengths = strokes.lengths_mm().double()
    assert bezier.arc_length(chains[0]).sum() == pytest.approx(float(lengths[:3].sum()), rel=1e-5)
    assert len(strokes.apart().chains()) == 6


def test_gradients_add_up_as_those_of_the_points_that_are_shared():
    """Against autograd through lines of which strokes are windows."""
    counts = (3, 1, 2)
    lines = [
        torch.randn(SPANS * n + 3, 2, generator=torch.Generator().manual_seed(n), dtype=torch.float64)
        for n in counts
    ]
    leaves = [line.requires_grad_() for line in lines]
    windows = torch.stack(
        [leaf[SPANS * i : SPANS * i + 6] for leaf, n in zip(leaves, counts, strict=True) for i in range(n)]
    )
    points = windows.detach().requires_grad_()
    weights = torch.randn(points.shape, generator=torch.Generator().manual_seed(9), dtype=torch.float64)

    def loss(drawn):
        return (weights * drawn.sin()).sum() + drawn[:, 2:].mul(drawn[:, :-2]).square().sum()

    (own,) = torch.autograd.grad(loss(points), points)
    loss(windows).backward()
    expected = torch.stack(
        [
            leaf.grad[SPANS * i : SPANS * i + 6]
            for leaf, n in zip(leaves, counts, strict=True)
            for i in range(n)
        ]
    )
    found = Joints.along(counts, [1] * 3).added_up(own)
    torch.testing.assert_close(found, expected, rtol=1e-12, atol=1e-12)
    assert torch.equal(found[3], own[3])


def test_strokes_meet_in_the_middle_and_stay_there():
    points, joints = points_of([2, 3])
    apart = points + torch.randn(points.shape, generator=torch.Generator().manual_seed(1), dtype=points.dtype)
    before = apart.clone()
    met = joints.drawn_together(apart)
    assert torch.equal(apart, before)
    for first, second in joints.pairs.tolist():
        assert torch.equal(met[first, -SHARED:], met[second, :SHARED])
        assert torch.allclose(met[first, -SHARED:], (apart[first, -SHARED:] + apart[second, :SHARED]) / 2)
    assert torch.equal(met[0, :SHARED], apart[0, :SHARED])
    assert torch.equal(met[4, -SHARED:], apart[4, -SHARED:])
    assert torch.equal(joints.drawn_together(met), met)


CHOSEN = {
    "mask": torch.tensor([True, True, False, True, True, True, True]),
    "index": torch.tensor([0, 1, 3, 4, 5, 6]),
}


@pytest.mark.parametrize("chosen", CHOSEN.values(), ids=CHOSEN)
def test_select_numbers_anew_and_cuts_where_a_stroke_is_left_out(chosen):
    """The lines 0 1 2 3, 4 and 5 6 without stroke 2."""
    joints = Joints.along([4, 1, 2], [3, 1, 2]).select(chosen)
    assert joints.pairs.tolist() == [[0, 1], [4, 5]]
    assert joints.laid.tolist() == [3, 0, 0, 1, 2, 0]
    assert joints.lines() == [[0, 1], [2], [3], [4, 5]]


@pytest.mark.parametrize(
    ("kept", "laid"),
    [
        ([1, 2, 3, 4, 5], [5, 0, 1, 2, 0]),
        ([2, 3, 5], [5, 1, 2]),
        ([2, 1], [0, 5]),
        ([3, 4], [1, 2]),
        ([0, 2], [5, 0]),
        ([], []),
    ],
)
def test_a_line_without_its_first_stroke_was_linked_from_as_many(kept, laid):
    """The lines 0 1 2, 3 and 4 5."""
    joints = Joints.along([3, 1, 2], [5, 1, 2])
    assert joints.select(torch.tensor(kept, dtype=torch.int64)).laid.tolist() == laid
    assert joints.laid.tolist() == [5, 0, 0, 1, 2, 0]


def test_select_in_another_order_keeps_who_goes_on_in_whom():
    strokes = jointed([3, 2])
    order = torch.tensor([4, 2, 0, 3, 1])
    other = strokes.select(order)
    assert sorted(other.joints.pairs.tolist()) == [[2, 4], [3, 0], [4, 1]]
    assert [[int(order[i]) for i in line] for line in other.joints.lines()] == [[0, 1, 2], [3, 4]]
    assert torch.equal(other.joints.drawn_together(other.points), other.points)


@given(st.lists(st.integers(1, 5), min_size=1, max_size=8), st.data())
def test_whatever_is_selected_lines_stay_in_order(counts, data):
    joints = Joints.along(counts, [1] * len(counts))
    total = sum(counts)
    chosen = torch.tensor(data.draw(st.lists(st.booleans(), min_size=total, max_size=total)))
    numbers = chosen.nonzero()[:, 0].tolist()
    selected = joints.select(chosen)
    # No stroke goes on in two, nor two in one.
    assert all(len(set(side)) == len(side) for side in selected.pairs.T.tolist())
    lines = [[numbers[i] for i in line] for line in selected.lines()]
    assert sorted(number for line in lines for number in line) == numbers
    owner = np.repeat(np.arange(len(counts)), counts)
    for line in lines:
        assert line == list(range(line[0], line[-1] + 1))
        assert len(set(owner[line])) == 1


def test_repeat_joins_each_copy_within_itself():
    strokes = jointed([2, 1])
    thrice = strokes.repeat(3)
    assert thrice.joints.pairs.tolist() == [[0, 1], [3, 4], [6, 7]]
    assert thrice.laid() == [1, 1] * 3
    assert torch.equal(thrice.moved_to(thrice.points).points, strokes.points.repeat(3, 1, 1))
    assert strokes.repeat(0).joints.lines() == []


def test_strokes_laid_are_counted_by_lines():
    points, _ = points_of([3, 1, 2])
    strokes = replace(Strokes.of_pen(points, 0.4), joints=Joints.along([3, 1, 2], [5, 1, 2]))
    assert strokes.laid() == [5, 1, 2]
    assert strokes.select(torch.tensor([1, 2, 3, 4, 5])).laid() == [5, 1, 2]
    # Of a line cut in two, the second part counts as one.
    assert strokes.select(torch.tensor([0, 2, 3, 4, 5])).laid() == [5, 1, 1, 2]
    assert strokes.apart().laid() == [1] * 6
    assert len(strokes.laid()) == len(strokes.chains())


def test_no_lines_at_all():
    joints = Joints.along([], [])
    assert joints.pairs.shape == (0, 2)
    assert joints.laid.shape == (0,)
    assert joints.laid.dtype == joints.pairs.dtype == torch.int64
    assert joints.lines() == []


def test_no_strokes_at_all():
    strokes = jointed([2]).select(torch.zeros(2, dtype=torch.bool))
    joints = strokes.joints
    assert joints.pairs.shape == (0, 2)
    assert joints.lines() == strokes.laid() == strokes.chains() == []
    assert joints.members().shape == (0,)
    assert joints.added_up(strokes.points).shape == strokes.points.shape
    assert strokes.moved_to(strokes.points).points.shape == (0, 6, 2)
    assert joints.repeat(4).pairs.shape == (0, 2)


class Pull(Objective):
    """Pulls at a stroke's own points alone, as the tile does that shows no other, each more than the next."""

    mm_per_px, pixels = 0.5, 4096.0

    def __init__(self, touched):
        self._touched = touched

    def gradients(self, strokes, number):
        pull = torch.zeros_like(strokes.points)
        for at, stroke in enumerate(self._touched):
            pull[stroke] = (strokes.points[stroke] - 30.0 - number) / (at + 1)
        return Gradients(torch.tensor(0.0), pull, torch.zeros(len(strokes)))


@settings(max_examples=20)
@given(st.sets(st.integers(0, 5), min_size=1), st.floats(0, 50))
def test_lines_hold_together_whatever_pulls_at_them(touched, smoothness):
    strokes = jointed([4, 2])
    stage = Stage("test", 64, 6, (1.0, 0.1), (1.0, 1.0), smoothness=smoothness)
    after = optimize(strokes, Pull(sorted(touched)), stage)
    assert after.joints is strokes.joints
    assert not torch.equal(after.points, strokes.points)
    for before, following in strokes.joints.pairs.tolist():
        assert torch.equal(after.points[before, -SHARED:], after.points[following, :SHARED])
