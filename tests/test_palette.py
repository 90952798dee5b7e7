"""Strokes between several pens: shares of ink, the better pen, and the choice at the end."""

from dataclasses import replace

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from plotopt.colour.palette import Palette
from plotopt.pens import Pen
from plotopt.render import render
from plotopt.strokes import MAX_OPACITY, Strokes
from plotopt.view import View

BLACK, RED, BLUE = (
    Pen("black", "#000000", 0.4),
    Pen("red", "#ff0000", 0.8),
    Pen("blue", "#0000ff", 1.2),
)
PALETTE = Palette((BLACK, RED, BLUE))
VIEW = View(0, 0, 24, 24, 0.5)


def lines(count=5, leaning=None):
    """Level lines 2 mm apart."""
    across = torch.linspace(2, 10, 4)[None].expand(count, 4)
    down = 2 * torch.arange(1, count + 1)[:, None].expand(count, 4)
    return replace(Strokes.of_pen(torch.stack([across, down], -1).float(), 0.4), leaning=leaning)


def leanings(count=5, seed=0):
    return torch.randn(count, 3, generator=torch.Generator().manual_seed(seed))


def test_inks_and_widths_follow_the_pens():
    assert PALETTE.inks.reflectance.tolist() == [[0, 0, 0], [1, 0, 0], [0, 0, 1]]
    assert PALETTE.widths_mm.tolist() == pytest.approx([0.4, 0.8, 1.2])


@settings(max_examples=50)
@given(count=st.integers(0, 9), sharpness=st.floats(0, 100), seed=st.integers(0, 1000))
def test_shares_of_a_strokes_ink_sum_to_all_of_it(count, sharpness, seed):
    opacity = 0.5 + 0.04 * torch.arange(count)
    strokes = replace(lines(count, leanings(count, seed)), opacity=opacity)
    drawn = PALETTE.spread(strokes, sharpness)
    assert len(drawn) == 3 * count
    assert drawn.leaning is None
    shares = drawn.opacity.reshape(3, count)
    assert (shares >= 0).all()
    torch.testing.assert_close(shares.sum(0), opacity)


def test_what_is_drawn_of_undecided_strokes_by_hand():
    """Leanings of 0, log 2 and log 5 are shares of 1/8, 2/8 and 5/8; all are equal at no sharpness."""
    leaning = torch.tensor([[0.0, 2.0, 5.0], [5.0, 0.0, 2.0]])
    leaning = torch.where(leaning > 0, leaning, torch.ones(())).log()
    strokes = replace(lines(2, leaning), pen=torch.tensor([0, 0]))
    drawn = PALETTE.spread(strokes, 1.0)
    assert drawn.pen.tolist() == [0, 0, 1, 1, 2, 2]
    assert drawn.width_mm.tolist() == pytest.approx([0.4, 0.4, 0.8, 0.8, 1.2, 1.2])
    shares = torch.tensor([1, 5, 2, 1, 5, 2]) / 8
    torch.testing.assert_close(drawn.opacity, MAX_OPACITY * shares)
    assert torch.equal(drawn.points, strokes.points.repeat(3, 1, 1))
    assert PALETTE.spread(strokes, 0.0).opacity.tolist() == pytest.approx([MAX_OPACITY / 3] * 6)


def test_at_the_sharp_limit_the_drawing_is_that_of_the_decided_strokes():
    strokes = lines(5, leanings())
    sharp = render(PALETTE.spread(strokes, 1e4), [VIEW], pens=3)
    torch.testing.assert_close(sharp, render(PALETTE.decided(strokes), [VIEW], pens=3), rtol=0, atol=1e-6)


def test_decided_strokes_have_the_pen_they_lean_to_and_its_width():
    leaning = torch.tensor([[0.0, 0.1, -3], [-5, -6, -4.9], [2, 1, 1]])
    strokes = lines(3, leaning)
    decided = PALETTE.decided(strokes)
    assert decided.leaning is None
    assert decided.pen.tolist() == [1, 2, 0]
    assert decided.width_mm.tolist() == pytest.approx([0.8, 1.2, 0.4])
    assert torch.equal(decided.opacity, strokes.opacity)
    assert torch.equal(decided.points, strokes.points)
    assert strokes.pen.tolist() == [0, 0, 0]


def test_decided_strokes_are_drawn_and_left_as_they_are():
    strokes = lines()
    assert PALETTE.spread(strokes, 3.0) is strokes
    assert PALETTE.decided(strokes) is strokes


def test_first_leanings_are_small_random_and_the_generators():
    strokes = lines(2000)
    first, again, other = (PALETTE.undecided(strokes, np.random.default_rng(seed)) for seed in (1, 1, 2))
    assert first.leaning.shape == (2000, 3)
    assert first.leaning.dtype == strokes.points.dtype
    assert torch.equal(first.leaning, again.leaning)
    assert not torch.equal(first.leaning, other.leaning)
    # Nothing is decided yet: no pen has much more than a third of any stroke.
    shares = torch.softmax(first.leaning, 1)
    assert shares.max() < 0.5
    assert shares.mean(0).tolist() == pytest.approx([1 / 3] * 3, abs=0.01)
    assert first.leaning.std() > 0.05
    assert strokes.leaning is None


def test_one_pen_leaves_nothing_to_choose():
    left = Palette((RED,)).undecided(lines(), np.random.default_rng(0))
    assert left.leaning is None
    assert left.width_mm.tolist() == pytest.approx([RED.width_mm] * len(left))


def test_a_faint_pen_leaves_its_own_part():
    faint = Palette((RED, replace(RED, name="faint", opacity=0.5)))
    drawn = faint.spread(lines(1, torch.zeros(1, 2)), 1.0)
    assert drawn.opacity.tolist() == pytest.approx([0.4995, 0.25], abs=1e-4)
    assert faint.decided(lines(1, torch.tensor([[0.0, 1.0]]))).opacity.tolist() == pytest.approx([0.5])


@pytest.mark.parametrize("wanted", [0, 1, 2])
def test_the_gradient_points_to_the_better_pen(wanted):
    """The picture is that of one pen: every stroke's leaning to that pen shall rise, to the others fall."""
    target = PALETTE.inks.on_paper(render(replace(lines(), pen=torch.full((5,), wanted)), [VIEW], pens=3))
    palette = Palette(tuple(replace(pen, width_mm=0.4) for pen in PALETTE.pens))
    leaning = torch.zeros(5, 3, requires_grad=True)
    drawn = render(palette.spread(lines(5, leaning), 2.0), [VIEW], pens=3)
    (palette.inks.on_paper(drawn) - target).square().sum().backward()
    assert (leaning.grad.argmin(1) == wanted).all()
    assert (leaning.grad[:, wanted] < 0).all()
    torch.testing.assert_close(leaning.grad.sum(1), torch.zeros(5), rtol=0, atol=1e-5)


def test_gradients_reach_points_and_opacity_through_all_pens():
    strokes = lines(5, torch.zeros(5, 3))
    leaves = replace(
        strokes, points=strokes.points.requires_grad_(), opacity=strokes.opacity.requires_grad_()
    )
    PALETTE.spread(leaves, 1.0).opacity.sum().backward()
    assert leaves.opacity.grad.tolist() == pytest.approx([1.0] * 5)
    PALETTE.spread(leaves, 1.0).points.sum().backward()
    assert torch.equal(leaves.points.grad, torch.full((5, 4, 2), 3.0))
