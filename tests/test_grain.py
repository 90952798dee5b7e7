"""How far strokes run across the grain."""

import math

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from plotopt.first_strokes.directions import Angles
from plotopt.first_strokes.guide import Contours, Guide
from plotopt.losses.grain import Grain, across
from plotopt.page import Rect
from plotopt.tones.target import Target
from plotopt.view import View

VIEW = View(0, 0, 40, 20, 0.5)


def grain_of(*angles):
    return Grain.of(VIEW, torch.tensor(angles, dtype=torch.float64)[:, None, None].expand(-1, 20, 40))


def straight(angle, step=2.0, count=6):
    """A stroke through the middle of the view, its control points a step apart."""
    at = step * (torch.arange(count, dtype=torch.float64) - 0.5 * (count - 1))
    way = torch.tensor([math.cos(angle), math.sin(angle)], dtype=torch.float64)
    return (torch.tensor([10.0, 5.0], dtype=torch.float64) + at[:, None] * way)[None]


@given(st.floats(-7, 7), st.floats(-7, 7))
def test_a_straight_stroke_counts_by_the_sine_of_its_angle(grain, stroke):
    found = across(straight(stroke), grain_of(grain)).costs
    assert found.item() == pytest.approx(5 * 4 * math.sin(stroke - grain) ** 2, abs=1e-9)


def test_that_layer_counts_along_which_a_stroke_runs():
    crossed = grain_of(0.0, 0.5 * math.pi)
    assert across(straight(0.5 * math.pi), crossed).costs.item() == pytest.approx(0, abs=1e-12)
    assert across(straight(0.0), crossed).costs.item() == pytest.approx(0, abs=1e-12)
    assert across(straight(0.1), crossed).costs.item() == pytest.approx(20 * math.sin(0.1) ** 2)


def test_the_gradient_turns_a_stroke_into_the_grain():
    pulls = across(straight(0.3), grain_of(0.0)).pulls
    # Down at the lower end, up at the upper, so that a step against it turns it back; none along it.
    assert pulls[0, -1, 1] > 0 > pulls[0, 0, 1]
    assert pulls[..., 0].abs().max() < 1e-12
    assert pulls.sum().abs() < 1e-9


def test_the_pulls_are_the_gradient():
    generator = torch.Generator().manual_seed(0)
    headings = 6 * torch.rand(3, 20, 40, generator=generator, dtype=torch.float64)
    points = 10 * torch.rand(7, 6, 2, generator=generator, dtype=torch.float64)
    points.requires_grad_()
    found = across(points, Grain.of(VIEW, headings))
    (expected,) = torch.autograd.grad(found.costs.sum(), points)
    torch.testing.assert_close(found.pulls.detach(), expected)


def test_beyond_the_view_its_edge_holds():
    far = straight(0.0) + torch.tensor([1e4, -1e4], dtype=torch.float64)
    assert across(far, grain_of(0.0)).costs.item() == pytest.approx(0, abs=1e-6)
    nothing = across(straight(0.0)[:0], grain_of(0.0))
    assert (nothing.costs.shape, nothing.pulls.shape) == ((0,), (0, 6, 2))


def test_outlines_have_a_grain_of_their_own_where_they_are():
    place = Rect(0, 0, 40, 20)
    upright = np.stack([np.full(30, 20.0), np.linspace(5, 15, 30)], axis=1)
    contours = Contours((upright,), torch.zeros(40, 80), (0.0,))
    target = Target(torch.full((1, 40, 80), 0.5), place)
    guide = Guide(direction=Angles((0.0,)), contours=contours)
    grain = guide.grain(target, place)
    assert grain.twice.shape == (40, 80, 2, 2)
    down = torch.tensor([[20.0, 6.0], [20.0, 8.0], [20.0, 10.0], [20.0, 12.0]])
    aside = down + torch.tensor([10.0, 0.0])
    found = across(torch.stack([down, aside]), grain).costs
    assert found[0] == pytest.approx(0, abs=1e-4)
    assert found[1] == pytest.approx(12, rel=1e-4)
