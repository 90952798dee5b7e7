"""Adam: torch's own where every stroke has a gradient, and stillness where one has none."""

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from plotopt.adam import Adam


def gradients(steps, strokes=5, seed=0):
    generator = torch.Generator().manual_seed(seed)
    scale = 10.0 ** torch.randint(-6, 4, (1, strokes, 1, 1), generator=generator)
    return scale * torch.randn(steps, strokes, 4, 2, generator=generator, dtype=torch.float64)


def follow(points, steps, sizes):
    """Points and state after all steps."""
    adam = Adam.fresh(points)
    for grad, size in zip(steps, sizes, strict=True):
        points, adam = adam.step(points, grad, size)
    return points, adam


def test_agrees_with_torch():
    steps, sizes = gradients(25), [1.0 / (1 + i) for i in range(25)]
    start = torch.randn(5, 4, 2, dtype=torch.float64, generator=torch.Generator().manual_seed(1))
    theirs = start.clone().requires_grad_()
    optimizer = torch.optim.Adam([theirs], lr=1.0, betas=(0.9, 0.99), eps=1e-30)
    for grad, size in zip(steps, sizes, strict=True):
        optimizer.param_groups[0]["lr"] = size
        theirs.grad = grad.clone()
        optimizer.step()
    ours, _ = follow(start, steps, sizes)
    torch.testing.assert_close(ours, theirs.detach(), rtol=1e-10, atol=1e-10)


@given(size=st.floats(1e-3, 10), exponent=st.integers(-12, 12))
def test_first_step_has_the_given_size(size, exponent):
    grad = torch.tensor([[[3.0, -1.0], [0.5, 2.0], [-4.0, 1.0], [1.0, 1.0]]]) * 10.0**exponent
    points, _ = Adam.fresh(grad).step(torch.zeros_like(grad), grad, size)
    torch.testing.assert_close(points, -size * grad.sign(), rtol=1e-4, atol=0)


@given(exponent=st.integers(-45, 18))
def test_no_gradient_however_faint_throws_a_stroke_far(exponent):
    """A stroke under many others has such gradients; their squares vanish in single precision."""
    grad = torch.full((1, 4, 2), 10.0**exponent)
    points, adam = torch.zeros_like(grad), Adam.fresh(grad)
    for step in range(1, 4):
        points, adam = adam.step(points, grad, 0.5)
        # Twice the size: so near to nought single precision is coarse.
        assert points.abs().max() <= 1.0 * step


def test_one_coordinate_without_gradient_stays():
    grad = torch.ones(1, 4, 2)
    grad[0, 2, 1] = 0
    points, _ = Adam.fresh(grad).step(torch.zeros_like(grad), grad, 0.1)
    assert points[0, 2, 1] == 0
    assert (points != 0).sum() == 7


def test_stroke_without_gradient_keeps_place_and_memory():
    start = torch.zeros(5, 4, 2, dtype=torch.float64)
    before, adam = follow(start, gradients(3), [0.1] * 3)
    grad = gradients(1, seed=1)[0]
    grad[2] = 0
    after, later = adam.step(before, grad, 0.1)
    assert torch.equal(after[2], before[2])
    for name in ("mean", "square", "clock"):
        assert torch.equal(getattr(later, name)[2], getattr(adam, name)[2])
    moved = torch.tensor([0, 1, 3, 4])
    assert ((after - before).abs().amax((1, 2)) > 0)[moved].all()


def test_a_pause_changes_nothing():
    """Steps without a gradient do not count, nor age what a stroke remembers."""
    steps = gradients(4)
    pause = torch.zeros_like(steps[:3])
    start = torch.zeros(5, 4, 2, dtype=torch.float64)
    through, _ = follow(start, steps, [0.1] * 4)
    paused, _ = follow(start, torch.cat([steps[:2], pause, steps[2:]]), [0.1] * 7)
    assert torch.equal(paused, through)


def test_the_state_follows_strokes_and_those_laid_anew_start_afresh():
    start = torch.zeros(5, 4, 2, dtype=torch.float64)
    points, adam = follow(start, gradients(6), [0.1] * 6)
    # The second is left out, the fourth laid anew, the last two have changed places.
    origins = torch.tensor([0, 2, -1, 4, 3])
    kept, grad = origins >= 0, gradients(1, seed=1)[0]
    state = adam.follow(origins)
    forgetful, _ = state.step(points, grad, 0.1)
    fresh, _ = Adam.fresh(points).step(points, grad, 0.1)
    assert torch.equal(forgetful[~kept], fresh[~kept])
    assert not torch.equal(forgetful[kept], fresh[kept])
    for name in ("mean", "square", "clock"):
        before, after = getattr(adam, name), getattr(state, name)
        assert torch.equal(after[kept], before[origins[kept]])
        assert not after[~kept].any()


def test_the_state_of_fewer_strokes_or_none_at_all():
    _, adam = follow(torch.zeros(5, 4, 2, dtype=torch.float64), gradients(3), [0.1] * 3)
    assert torch.equal(adam.follow(torch.tensor([4, 1])).square, adam.square[[4, 1]])
    assert adam.follow(torch.zeros(0, dtype=torch.int64)).mean.shape == (0, 4, 2)
    spare = Adam(adam.mean, adam.square, adam.clock, betas=(0.5, 0.6)).follow(torch.arange(5))
    assert spare.betas == (0.5, 0.6)
    assert torch.equal(spare.mean, adam.mean)


def test_a_step_leaves_its_input_as_it_was():
    points, grad = torch.zeros(2, 4, 2), torch.ones(2, 4, 2)
    adam = Adam.fresh(points)
    adam.step(points, grad, 0.1)
    assert not points.any()
    assert not adam.mean.any()
    assert not adam.square.any()
    assert not adam.clock.any()


def test_betas_are_those_of_the_state():
    """With no memory at all, every step follows the gradient's sign."""
    points = torch.zeros(1, 4, 2)
    adam = Adam(points, points, torch.zeros(1, 1, 1), betas=(0.0, 0.0))
    for sign in (1.0, -1.0, -1.0):
        points, adam = adam.step(points, sign * torch.ones(1, 4, 2), 1.0)
    assert points == pytest.approx(torch.ones(1, 4, 2))


@given(seed=st.integers(0, 10**6), strokes=st.integers(0, 40), axes=st.sampled_from([1, 2]))
def test_the_kernel_is_the_definition(seed, strokes, axes):
    """Step after step, the state and the places; a third of the strokes without a gradient."""
    generator = torch.Generator().manual_seed(seed)
    points = torch.randn(strokes, 5, axes, generator=generator)
    ours, theirs = (points, Adam.fresh(points)), (points, Adam.fresh(points))
    for size in (1.0, 0.1, 0.01):
        pulled = torch.rand(strokes, 1, 1, generator=generator) > 0.3
        grad = pulled * torch.randn(strokes, 5, axes, generator=generator)
        ours = ours[1].step(ours[0], grad, size)
        theirs = theirs[1].reference_step(theirs[0], grad, size)
        torch.testing.assert_close(ours[0], theirs[0], rtol=1e-4, atol=1e-5)
        for name in ("mean", "square", "clock"):
            torch.testing.assert_close(getattr(ours[1], name), getattr(theirs[1], name), rtol=1e-4, atol=1e-6)


def test_a_step_leaves_what_it_was_given(threads):
    """And is the same on any number of threads."""
    points, grad = torch.randn(3000, 6, 2), torch.randn(3000, 6, 2)
    before, adam, found = points.clone(), Adam.fresh(points), []
    for count in (1, 3):
        threads(count)
        found.append(adam.step(points, grad, 0.1)[0])
    assert torch.equal(points, before)
    assert not adam.mean.any()
    assert not adam.clock.any()
    assert torch.equal(*found)
