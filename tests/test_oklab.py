"""OKLab: its published values, greys without colour, slopes that stay finite."""

import pytest
import torch

from plotopt.colour.oklab import oklab


@pytest.mark.parametrize(
    ("linear", "lab"),
    [
        ((1.0, 1.0, 1.0), (1.0, 0.0, 0.0)),
        ((0.0, 0.0, 0.0), (0.0, 0.0, 0.0)),
        # The primaries as published with the space.
        ((1.0, 0.0, 0.0), (0.627955, 0.224863, 0.125846)),
        ((0.0, 1.0, 0.0), (0.866440, -0.233888, 0.179498)),
        ((0.0, 0.0, 1.0), (0.452014, -0.032457, -0.311528)),
    ],
)
def test_known_colours(linear, lab):
    found = oklab(torch.tensor(linear, dtype=torch.float64), stray_light=0.0)
    assert found.tolist() == pytest.approx(lab, abs=2e-4)


def test_a_grey_is_the_cube_root_of_its_light():
    greys = torch.linspace(0, 1, 11, dtype=torch.float64)
    lab = oklab(greys[:, None].expand(-1, 3), stray_light=0.0)
    assert lab[:, 0].tolist() == pytest.approx((greys ** (1 / 3)).tolist(), abs=1e-4)
    assert lab[:, 1:].abs().max() < 1e-4


def test_black_has_a_slope():
    black = torch.zeros(3, requires_grad=True)
    oklab(black).sum().backward()
    assert torch.isfinite(black.grad).all()


def test_gradient_is_right():
    light = (
        0.05 + 0.9 * torch.rand(4, 3, dtype=torch.float64, generator=torch.Generator().manual_seed(0))
    ).requires_grad_()
    assert torch.autograd.gradcheck(oklab, light)
