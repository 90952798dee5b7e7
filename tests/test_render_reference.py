import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from scenes import has_gradient, polylines, random_polylines, reorder

from plotopt.render.polylines import Polylines, Raster
from plotopt.render.reference import coverage, distance, transmittance

ROW = [[-50, 4.5], [50, 4.5]]

nibs = st.sampled_from([0.05, 0.3, 0.5, 1.0, 1.5, 4.0])
edges = st.sampled_from([0.3, 0.6, 1.0, 1.6, 3.0])


def covered(d, radius, softness):
    return coverage(torch.tensor(d, dtype=torch.float64), torch.tensor(radius, dtype=torch.float64), softness)


@pytest.mark.parametrize(
    ("d", "radius", "softness", "expected"),
    [
        (0.0, 2.0, 1.0, 1.0),
        (1.0, 2.0, 1.0, 1.0),  # the edge's tent begins here
        (2.0, 2.0, 1.0, 0.5),
        (2.5, 2.0, 1.0, 0.125),  # F(-1/2) = 1/2 - 1/2 + 1/8
        (1.5, 2.0, 1.0, 0.875),
        (3.0, 2.0, 1.0, 0.0),
        (9.0, 2.0, 1.0, 0.0),
        (0.0, 0.5, 1.0, 0.75),  # F(1/2) - F(-1/2): a line thinner than its edge is never full
        (0.5, 0.5, 1.0, 0.5),
        (0.0, 0.25, 0.5, 0.75),
        (0.0, 0.0, 1.0, 0.0),
    ],
)
def test_hand_worked_coverage(d, radius, softness, expected):
    assert covered(d, radius, softness).item() == pytest.approx(expected, abs=1e-15)


@given(nibs, edges)
@settings(deadline=None)
def test_coverage_integrates_to_the_width(radius, softness):
    across = np.linspace(0, radius + softness, 20001)
    integral = 2 * np.trapezoid(covered(across, radius, softness).numpy(), across)
    assert integral == pytest.approx(2 * radius, rel=1e-6)


@given(nibs, edges, st.floats(0, 20), st.floats(0, 2))
def test_coverage_is_a_fraction_and_falls_with_distance(radius, softness, d, further):
    near, far = covered([d, d + further], radius, softness).tolist()
    assert 0 <= far <= near + 1e-15
    assert near <= 1


@given(st.floats(0.05, 5), st.sampled_from([1.0, 2.0]), st.floats(0, 1))
@settings(deadline=None)
def test_ink_of_a_long_stroke_is_its_width_wherever_it_lies(radius, softness, shift):
    # The tent of a whole number of pixels sums to one over pixel centres: no aliasing at all.
    lines = polylines([[[-50, 15 + shift], [50, 15 + shift]]], radius, opacity=0.5)
    column = transmittance(lines, Raster(1, 30, 1, softness))[0, :, 0]
    assert ((1 - column) / 0.5).sum().item() == pytest.approx(2 * lines.radius.item(), rel=1e-12)


def test_hand_worked_image():
    lines = polylines([ROW], radius=1.5, opacity=0.8)
    image = transmittance(lines, Raster(1, 9, 2))
    # Rows at distances 4, 3, 2, 1, 0, 1, ...: coverage 0, 0, 1/8, 7/8, 1.
    expected = [1, 1, 0.9, 0.3, 0.2, 0.3, 0.9, 1, 1]
    assert torch.allclose(image[0], torch.tensor(expected, dtype=torch.float64)[:, None], atol=1e-7)


def test_distance_to_a_polyline_has_round_ends_and_corners():
    corner = torch.tensor([[0, 0], [4, 0], [4, 3]], dtype=torch.float64)
    pixels = torch.tensor([[2, 1], [-3, 4], [7, -4], [3, 2], [4, 1], [5, 7]], dtype=torch.float64)
    assert distance(pixels, corner).tolist() == pytest.approx([1, 5, 5, 1, 0, 17**0.5])


def test_a_dot_is_round():
    image = transmittance(polylines([[[4.5, 4.5], [4.5, 4.5]]], radius=2.0, opacity=0.5), Raster(1, 9, 9))[0]
    assert image[4, 4] == 0.5
    assert image[4, 6].item() == pytest.approx(0.75)
    assert torch.equal(image, image.T)
    assert torch.equal(image, image.flip(0))
    assert image[0, 4] == 1


def test_a_stroke_that_crosses_itself_counts_once():
    bow = [[1, 1], [8, 8], [8, 1], [1, 8]]
    raster = Raster(1, 9, 9)
    once = transmittance(polylines([bow], radius=1.0, opacity=0.5), raster)
    assert once[0, 4, 4] == 0.5
    assert once.min() == 0.5
    twice = transmittance(polylines([bow[:2], bow[2:]], radius=1.0, opacity=0.5), raster)
    assert twice[0, 4, 4] == 0.25


def test_ink_multiplies_within_a_plane_only():
    lines = polylines([ROW, ROW, ROW], opacity=[0.5, 0.2, 0.9], plane=[0, 0, 2])
    middle = transmittance(lines, Raster(3, 9, 1))[:, 4, 0]
    assert middle.tolist() == pytest.approx([0.4, 1.0, 0.1], abs=1e-7)


@given(st.integers(0, 1000), st.permutations(range(8)))
@settings(max_examples=20, deadline=None)
def test_the_order_of_strokes_does_not_matter(seed, order):
    raster = Raster(2, 16, 16)
    lines = random_polylines(seed, 8, raster)
    shuffled = reorder(lines, torch.tensor(order))
    assert torch.allclose(transmittance(shuffled, raster), transmittance(lines, raster), rtol=1e-12, atol=0)


def test_no_strokes_leave_white_paper():
    assert torch.equal(
        transmittance(polylines([]), Raster(2, 3, 4)), torch.ones(2, 3, 4, dtype=torch.float64)
    )


# Thick, thin (r < s), nearly full ink, bends and ends outside, at three edge widths. Differences are
# compared where distance is smooth: has_gradient leaves out pixels within 1e-3 px of a medial axis, a
# thousand steps away. Coverage itself is once differentiable everywhere, so nothing else is left out.
@pytest.mark.parametrize("softness", [0.6, 1.0, 1.6])
@pytest.mark.parametrize("seed", range(2))
def test_gradients_are_the_limit_of_differences(seed, softness):
    raster = Raster(2, 9, 11, softness)
    lines = random_polylines(seed, 4, raster, step_px=5.0)
    smooth = has_gradient(lines, raster)
    assert smooth.double().mean() > 0.9

    def image(vertices, radius, opacity):
        return transmittance(Polylines(vertices, lines.starts, radius, opacity, lines.plane), raster)[smooth]

    leaves = [x.clone().requires_grad_() for x in (lines.vertices, lines.radius, lines.opacity)]
    assert (1 - image(*leaves)).max() > 0.1
    assert torch.autograd.gradcheck(image, leaves, atol=1e-5, rtol=1e-4)


def test_on_the_line_itself_the_pull_is_nought():
    lines = polylines([ROW], radius=0.5)
    vertices = lines.vertices.clone().requires_grad_()
    row = Polylines(vertices, lines.starts, lines.radius, lines.opacity, lines.plane)
    transmittance(row, Raster(1, 9, 3))[0, 4].sum().backward()
    assert torch.equal(vertices.grad, torch.zeros(2, 2, dtype=torch.float64))
