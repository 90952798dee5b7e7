"""The pyramid loss in Triton: on a graphics card where there is one, else in Triton's interpreter."""

import pytest
import torch
from graphics import DEVICE, GPU, Unwaiting, interpreter  # noqa: F401
from test_losses import WEIGHTS, random_light, random_lines, value_and_gradient

from plotopt.losses.pixel import PyramidLoss, reference

# In cells; the interpreter takes them one by one.
SHAPE = (2, 3, 4, 6) if GPU else (1, 2, 2, 3)


def windows(levels=6):
    return (*SHAPE[:2], *(cells * 2 ** (levels - 1) for cells in SHAPE[2:]))


def by_triton(drawing, target, weights, ink=0.0):
    from plotopt.losses import triton_pyramid

    parts = (part.float().to(DEVICE) for part in (drawing, target))
    value, gradient = triton_pyramid.value_and_gradient(*parts, weights, ink)
    return value.cpu(), gradient.cpu()


@pytest.mark.parametrize("ink", [0.0, 0.15])
@pytest.mark.parametrize("levels", [1, 3, 4, 5, 6, 7])
@pytest.mark.parametrize("draw", [random_light, random_lines])
def test_the_kernel_is_the_reference(draw, levels, ink):
    weights = (*WEIGHTS, 0.5)[:levels]
    shape = windows(levels)
    drawing, target = draw(shape, 1), random_light((1, *shape[1:]), 2)
    fast = by_triton(drawing, target, weights, ink)
    slow = value_and_gradient(reference, drawing, target, weights, ink)
    assert float(fast[0]) == pytest.approx(float(slow[0]), rel=1e-5)
    torch.testing.assert_close(fast[1].double(), slow[1], rtol=1e-4, atol=2e-5)


def test_any_memory_layout_will_do():
    drawing, target = random_light((1, 1, 64, 32), 1), random_light((1, 1, 64, 32), 2)
    expected = by_triton(drawing, target, WEIGHTS)
    turned = by_triton(drawing.mT.contiguous().mT, target.mT.contiguous().mT, WEIGHTS)
    assert all(map(torch.equal, turned, expected))


def test_the_same_bits_every_time():
    drawing, target = random_lines(windows(), 1), random_light(windows(), 2)
    runs = [by_triton(drawing, target, WEIGHTS) for _ in range(3)]
    assert all(torch.equal(value, runs[0][0]) and torch.equal(pull, runs[0][1]) for value, pull in runs)


def test_nothing_waits_for_the_device():
    from plotopt.losses import triton_pyramid

    parts = [random_light((1, 1, 32, 32), seed).float().to(DEVICE) for seed in (1, 2)]
    expected = triton_pyramid.value_and_gradient(*parts, WEIGHTS, 0.0)
    with Unwaiting():
        found = triton_pyramid.value_and_gradient(*parts, WEIGHTS, 0.0)
    assert all(map(torch.equal, found, expected))


def test_no_windows_at_all():
    value, gradient = by_triton(torch.zeros(0, 1, 32, 32), torch.zeros(0, 1, 32, 32), WEIGHTS)
    assert value == 0
    assert gradient.shape == (0, 1, 32, 32)


@pytest.mark.skipif(not GPU, reason="no CUDA device: which kernel a loss takes there is not tried")
def test_a_loss_on_a_graphics_card_takes_the_kernel():
    drawing, target = (random_light(windows(), seed).float().to("cuda") for seed in (1, 2))
    value, gradient = value_and_gradient(PyramidLoss(WEIGHTS), drawing, target)
    expected = by_triton(drawing, target, WEIGHTS)
    assert torch.equal(value.cpu(), expected[0])
    assert torch.equal(gradient.cpu(), expected[1])
