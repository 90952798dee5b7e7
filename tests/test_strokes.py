from dataclasses import replace

import numpy as np
import pytest
import torch

from plotopt import bezier
from plotopt.strokes import MAX_OPACITY, Strokes, chain_of


def strokes_of(points):
    """Strokes that differ in everything but their number of control points."""
    count = len(points)
    return Strokes(
        points, 0.2 + 0.1 * torch.arange(count), 0.5 + 0.01 * torch.arange(count), torch.arange(count) % 3
    )


@pytest.fixture
def several():
    return strokes_of(torch.rand(5, 7, 2, generator=torch.Generator().manual_seed(3)))


def test_strokes_of_one_pen_have_full_ink_and_its_width():
    strokes = Strokes.of_pen(torch.zeros(3, 4, 2), 0.4)
    assert len(strokes) == 3
    assert strokes.width_mm.tolist() == pytest.approx([0.4] * 3)
    assert strokes.opacity.tolist() == pytest.approx([MAX_OPACITY] * 3)
    assert strokes.pen.tolist() == [0, 0, 0]
    assert strokes.pen.dtype == torch.int64


def test_four_control_points_are_one_bezier_curve():
    points = torch.rand(2, 4, 2)
    strokes = strokes_of(points)
    assert strokes.spans == 1
    assert torch.equal(strokes.curves(), points[:, None])
    assert chain_of(points) is points


def test_more_control_points_are_a_b_spline():
    points = torch.tensor([[[0, 0], [0, 6], [6, 6], [6, 0], [12, 0]]], dtype=torch.float64)
    strokes = strokes_of(points)
    assert strokes.spans == 2
    # (P0 + 4 P1 + P2) / 6, then thirds of P1 P2, then (P1 + 4 P2 + P3) / 6, and so on.
    first, second = strokes.curves()[0]
    expected = torch.tensor([[1, 5], [2, 6], [4, 6], [5, 5]], dtype=torch.float64)
    assert torch.allclose(first, expected)
    expected = torch.tensor([[5, 5], [6, 4], [6, 2], [7, 1]], dtype=torch.float64)
    assert torch.allclose(second, expected)


def test_b_splines_go_through_their_map(several):
    assert several.spans == 4
    assert several.curves().shape == (5, 4, 4, 2)
    expected = torch.as_tensor(bezier.bezier_map(4), dtype=torch.float32) @ several.points[2]
    assert torch.allclose(several.curves()[2].flatten(0, 1), expected, atol=1e-7)


def test_curves_pass_gradients_to_the_control_points():
    points = torch.rand(2, 6, 2, dtype=torch.float64, requires_grad=True)
    strokes_of(points).curves().sum().backward()
    expected = torch.as_tensor(bezier.bezier_map(3)).sum(0)
    assert torch.allclose(points.grad, expected[None, :, None].expand(2, 6, 2))


@pytest.mark.parametrize(
    "chosen", [torch.tensor([False, True, False, True, True]), torch.tensor([1, 3, 4])], ids=["mask", "index"]
)
def test_select_takes_every_property_along(several, chosen):
    picked = several.select(chosen)
    assert len(picked) == 3
    assert torch.equal(picked.points, several.points[[1, 3, 4]])
    assert torch.equal(picked.width_mm, several.width_mm[[1, 3, 4]])
    assert torch.equal(picked.opacity, several.opacity[[1, 3, 4]])
    assert picked.pen.tolist() == [1, 0, 1]


def test_select_none_and_in_another_order(several):
    nothing = several.select(torch.zeros(5, dtype=torch.bool))
    assert len(nothing) == 0
    assert nothing.spans == several.spans
    assert nothing.lengths_mm().shape == (0,)
    assert nothing.chains() == []
    assert several.select(torch.tensor([4, 0, 0])).pen.tolist() == [1, 0, 0]


def test_with_points_leaves_the_old_strokes_alone(several):
    before = several.points.clone()
    moved = several.with_points(several.points + 1)
    assert torch.equal(several.points, before)
    assert torch.equal(moved.points, before + 1)
    assert moved.width_mm is several.width_mm
    assert moved.opacity is several.opacity
    assert moved.pen is several.pen


def test_detach_cuts_off_the_gradient_history():
    leaves = [torch.rand(shape, requires_grad=True) for shape in ((2, 4, 2), (2,), (2,))]
    strokes = Strokes(2 * leaves[0], 2 * leaves[1], 2 * leaves[2], torch.zeros(2, dtype=torch.int64))
    free = strokes.detach()
    assert torch.equal(free.points, strokes.points)
    assert torch.equal(free.width_mm, strokes.width_mm)
    assert not free.points.requires_grad
    assert not free.width_mm.requires_grad
    assert not free.opacity.requires_grad
    assert strokes.points.requires_grad


def test_lengths():
    straight = torch.linspace(0, 30, 4)[:, None] * torch.tensor([0.6, 0.8])
    point = torch.full((4, 2), 7.0)
    assert strokes_of(torch.stack([straight, point])).lengths_mm().tolist() == pytest.approx(
        [30, 0], abs=1e-5
    )
    # Six control points 10 mm apart: the B-spline runs from the second to the fifth.
    spline = torch.linspace(0, 50, 6)[:, None] * torch.tensor([0.6, 0.8])
    assert strokes_of(spline[None]).lengths_mm().item() == pytest.approx(30, abs=1e-5)


def test_chains_are_for_planning(several):
    moving = several.with_points(several.points.requires_grad_())
    chains = moving.chains()
    assert len(chains) == 5
    for chain, curves in zip(chains, moving.curves(), strict=True):
        assert isinstance(chain, np.ndarray)
        assert chain.dtype == np.float64
        assert chain.shape == (4, 4, 2)
        assert np.allclose(chain, curves.detach().numpy())
        assert np.allclose(chain[:-1, 3], chain[1:, 0], atol=1e-6)


def test_repeat_sets_all_strokes_one_after_another(several):
    undecided = replace(several, leaning=torch.arange(15.0).reshape(5, 3))
    thrice = undecided.repeat(3)
    assert len(thrice) == 15
    for name in ("points", "width_mm", "opacity", "pen", "leaning"):
        part = getattr(undecided, name)
        assert torch.equal(getattr(thrice, name), torch.cat([part] * 3))
    assert several.repeat(2).leaning is None
    assert len(several.repeat(0)) == 0


def test_repeat_passes_the_gradients_of_all_copies_on():
    points = torch.rand(2, 4, 2, requires_grad=True)
    strokes_of(points).repeat(3).points.sum().backward()
    assert torch.equal(points.grad, torch.full((2, 4, 2), 3.0))


def test_leanings_go_wherever_their_strokes_go(several):
    leaning = torch.rand(5, 3, requires_grad=True)
    undecided = replace(several, leaning=2 * leaning)
    assert several.leaning is None
    assert several.select(torch.tensor([1])).leaning is None
    assert several.detach().leaning is None
    chosen = torch.tensor([4, 0])
    assert torch.equal(undecided.select(chosen).leaning, undecided.leaning[chosen])
    assert undecided.with_points(several.points + 1).leaning is undecided.leaning
    free = undecided.detach()
    assert torch.equal(free.leaning, undecided.leaning)
    assert not free.leaning.requires_grad
