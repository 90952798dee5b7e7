"""What holds strokes back: the compiled kernel against its definition."""

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from plotopt.losses.grain import Grain
from plotopt.losses.restraint import reference, restraint
from plotopt.view import View

VIEW = View(2, -1, 40, 20, 0.5)


def case(seed, strokes=9, control_points=6, layers=2):
    """Strokes in and around a view, and its grain."""
    generator = torch.Generator().manual_seed(seed)
    points = torch.rand(strokes, control_points, 2, generator=generator) * 40 - 10
    return points, Grain.of(VIEW, 6 * torch.rand(layers, 20, 40, generator=generator))


def assert_agree(points, smoothness, grain, firmness):
    found, expected = (each(points, smoothness, grain, firmness) for each in (restraint, reference))
    torch.testing.assert_close(found.cost.float(), expected.cost, rtol=1e-5, atol=1e-5)
    torch.testing.assert_close(found.pulls, expected.pulls, rtol=1e-4, atol=1e-4)


@given(st.integers(0, 10**6), st.integers(4, 9), st.integers(1, 3), st.floats(0, 2), st.floats(0, 2))
def test_the_kernel_is_the_definition(seed, control_points, layers, smoothness, firmness):
    points, grain = case(seed, control_points=control_points, layers=layers)
    assert_agree(points, smoothness, grain, firmness)


@pytest.mark.parametrize("strokes", [0, 1, 5000])
def test_without_a_grain_bends_alone_count(strokes):
    points, grain = case(0, strokes)
    assert_agree(points, 0.3, None, 0.5)
    assert torch.equal(restraint(points, 0.3, None, 0.5).pulls, restraint(points, 0.3, grain, 0.0).pulls)


def test_by_hand():
    """A step of 2 mm against the grain costs 4 mm2; a kink of 1 mm costs 1 and pulls by twice 1, -2, 1."""
    upright = Grain.of(VIEW, torch.full((1, 20, 40), torch.pi / 2))
    along = torch.tensor([[[4.0, 4], [6, 4], [8, 4], [10, 4]]])
    found = restraint(along, 0.0, upright, 1.0)
    assert found.cost.item() == pytest.approx(12, rel=1e-6)
    torch.testing.assert_close(found.pulls[0, :, 0], torch.tensor([-4.0, 0, 0, 4]), atol=1e-5, rtol=0)
    kink = torch.tensor([[[0.0, 0], [0, 0], [0, 0], [1, 0]]])
    found = restraint(kink, 1.0)
    assert found.cost.item() == 1
    assert found.pulls[0, :, 0].tolist() == [0, 2, -4, 2]


def test_any_number_of_threads_finds_the_same(threads):
    points, grain = case(1, 5000)
    results = []
    for count in (1, 3):
        threads(count)
        results.append(restraint(points, 0.1, grain, 0.2))
    assert torch.equal(results[0].pulls, results[1].pulls)
    assert results[0].cost == results[1].cost


def test_points_may_have_any_strides():
    points, grain = case(2)
    turned = points.transpose(0, 1).contiguous().transpose(0, 1)
    assert not turned.is_contiguous()
    assert torch.equal(restraint(turned, 0.1, grain, 0.2).pulls, restraint(points, 0.1, grain, 0.2).pulls)
