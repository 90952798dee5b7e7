"""What all objectives share: gradients gathered at the strokes, and their sums."""

from dataclasses import replace

import pytest
import torch

from plotopt.objectives.base import Gradients, Objective, gathered, trainable
from plotopt.strokes import Strokes


def undecided(count):
    return replace(Strokes.of_pen(torch.rand(count, 4, 2), 0.4), leaning=torch.zeros(count, 2))


def given(value, leaning=None):
    lean = None if leaning is None else torch.full((2, 3), leaning)
    return Gradients(value, torch.full((2, 4, 2), value), torch.full((2,), 10 * value), lean)


@pytest.mark.parametrize(
    ("first", "second", "expected"), [(None, None, None), (1.0, None, 1.0), (None, 2.0, 2.0), (1.0, 2.0, 3.0)]
)
def test_gradients_of_a_sum_are_the_sums(first, second, expected):
    found = given(1.0, first).plus(given(2.0, second)).plus(given(4.0))
    assert found.loss == 7
    assert torch.equal(found.points, torch.full((2, 4, 2), 7.0))
    assert torch.equal(found.opacity, torch.full((2,), 70.0))
    assert (None if found.leaning is None else found.leaning.unique().tolist()) == (expected and [expected])


def test_an_objective_refines_nothing_unless_it_says_so():
    class Still(Objective):
        def gradients(self, strokes, number):
            return given(1.0)

    strokes = undecided(3)
    same, origins = Still().refine(strokes, given(1.0))
    assert same is strokes
    assert origins.tolist() == [0, 1, 2]


def test_touched_are_strokes_with_any_gradient_by_their_points():
    points = torch.zeros(4, 5, 2)
    points[1, 3, 0], points[2, 0, 1] = 1e-30, -5
    assert Gradients(0.0, points, torch.ones(4)).touched.tolist() == [False, True, True, False]


def test_gradients_gather_at_leaves_of_their_own():
    strokes = undecided(3)
    leaf = trainable(strokes)
    (leaf.points.sum() + 2 * leaf.leaning.sum()).backward()
    found = gathered(leaf, 5.0)
    assert found.loss == 5
    assert torch.equal(found.points, torch.ones(3, 4, 2))
    assert torch.equal(found.opacity, torch.zeros(3))
    assert torch.equal(found.leaning, torch.full((3, 2), 2.0))
    assert not strokes.points.requires_grad
    assert not strokes.leaning.requires_grad
    assert gathered(trainable(replace(strokes, leaning=None)), 0.0).leaning is None
