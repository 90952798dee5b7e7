"""The pyramid loss against its definition, by hand, in tiles, and on hatchings; the bending of strokes."""

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch.nn.functional import avg_pool2d

from plotopt import bezier
from plotopt.losses.pixel import PyramidLoss, reference
from plotopt.losses.smooth import bending, unbending

WEIGHTS = (0.3, 1.0, 2.0, 5.0, 7.0, 6.0)


def seeded(seed=0):
    return torch.Generator().manual_seed(seed)


def random_light(shape, seed=0, low=0.0):
    return low + (1 - low) * torch.rand(shape, generator=seeded(seed), dtype=torch.float64)


def random_lines(shape, seed=0, ink=0.0, lines=12):
    """Soft-edged straight lines of random width, place and direction on white, down to the ink's light."""
    rng = np.random.default_rng(seed)
    y, x = np.mgrid[: shape[-2], : shape[-1]] + 0.5
    through = np.ones(shape)
    planes = through.reshape(-1, *shape[-2:])
    for i in range(len(planes)):
        for angle in rng.uniform(0, np.pi, lines):
            across = x * np.cos(angle) + y * np.sin(angle)
            distance = np.abs(across - rng.uniform(across.min(), across.max()))
            planes[i] *= 1 - np.clip(rng.uniform(0.5, 3) - distance, 0, 1)
    return torch.from_numpy(ink + (1 - ink) * through)


def value_and_gradient(function, drawing, *arguments):
    leaf = drawing.clone().requires_grad_()
    value = function(leaf, *arguments)
    return value.detach(), torch.autograd.grad(value, leaf)[0]


@pytest.mark.parametrize("draw", [random_light, random_lines])
@pytest.mark.parametrize("ink", [0.0, 0.15])
@pytest.mark.parametrize(
    ("shape", "weights"),
    [
        ((1, 1, 32, 32), WEIGHTS),
        ((3, 1, 64, 96), WEIGHTS),
        ((2, 3, 96, 32), WEIGHTS),
        ((1, 3, 24, 40), WEIGHTS[:4]),
        ((2, 1, 128, 64), (*WEIGHTS, 0.5)),
    ],
)
def test_fast_pyramid_is_the_reference(draw, ink, shape, weights):
    drawing, target = draw(shape, 1), random_light(shape, 2)
    fast = value_and_gradient(PyramidLoss(weights, ink), drawing, target)
    slow = value_and_gradient(reference, drawing, target, weights, ink)
    torch.testing.assert_close(fast, slow, rtol=1e-10, atol=1e-10)


@pytest.mark.parametrize("ink", [0.0, 0.15])
@pytest.mark.parametrize("levels", [4, 5, 6, 7])
@pytest.mark.parametrize("draw", [random_light, random_lines])
def test_the_kernel_is_the_reference(draw, levels, ink):
    # Single precision takes the kernel; a window of several, in several channels, against one target.
    weights = (*WEIGHTS, 0.5)[:levels]
    drawing, target = draw((2, 3, 128, 192), 1), random_light((1, 3, 128, 192), 2)
    fast = value_and_gradient(PyramidLoss(weights, ink), drawing.float(), target.float())
    slow = value_and_gradient(reference, drawing, target, weights, ink)
    assert float(fast[0]) == pytest.approx(float(slow[0]), rel=1e-5)
    torch.testing.assert_close(fast[1].double(), slow[1], rtol=1e-4, atol=2e-5)


def test_the_kernel_gives_the_same_bits_on_any_number_of_threads():
    drawing, target = random_lines((1, 1, 320, 256), 1).float(), random_light((1, 1, 320, 256), 2).float()
    before, runs = torch.get_num_threads(), []
    for threads in (1, 2, 5):
        torch.set_num_threads(threads)
        runs.append(value_and_gradient(PyramidLoss(), drawing, target))
    torch.set_num_threads(before)
    assert all(torch.equal(value, runs[0][0]) and torch.equal(grad, runs[0][1]) for value, grad in runs)


def test_upstream_gradient_is_passed_on():
    drawing, target = random_light((1, 1, 32, 32), 1), random_light((1, 1, 32, 32), 2)
    loss = PyramidLoss()
    once = value_and_gradient(loss, drawing, target)[1]
    torch.testing.assert_close(value_and_gradient(lambda d: -3 * loss(d, target), drawing)[1], -3 * once)


def test_flat_light_by_hand():
    # 64 px that differ by 1/2 cost 64 / 4 on every level, and show no lines.
    weights = (1.0, 10.0, 100.0, 1000.0)
    half, white = torch.full((1, 1, 8, 8), 0.5), torch.ones(1, 1, 8, 8)
    value, gradient = value_and_gradient(PyramidLoss(weights), half, white)
    assert value == pytest.approx(16 * 1111)
    assert torch.allclose(gradient, torch.full_like(half, -1111.0))


@pytest.mark.parametrize(
    ("black_px", "target", "expected"),
    [
        # Lines of the wanted mean cost nothing, however coarse they are within 8 px.
        (1, 0.5, 0),
        (2, 0.5, 0),
        (4, 0.5, 0),
        # Off by 1/4: (1/4)^2 on each of 64 px and every level. The target has room for variance 3/16, the
        # lines show 1/4, of which 3/4 of 1/4 are free: where lines show, (1/4 - 3/16) * 64 = 4 more.
        (1, 0.25, 4 * 1111 + 4 * 1),
        (4, 0.75, 4 * 1111 + 4 * 111),
    ],
)
def test_lines_by_hand(black_px, target, expected):
    drawing = ((torch.arange(8) // black_px) % 2).double().expand(1, 1, 8, 8)
    value = PyramidLoss((1.0, 10.0, 100.0, 1000.0))(drawing, torch.full_like(drawing, target))
    assert float(value) == pytest.approx(expected, abs=1e-9)


def test_pale_ink_shows_paler_lines():
    """Lines of an ink that reflects 0.2 are free as well, when the loss knows the ink."""
    drawing = 0.2 + 0.8 * (torch.arange(8) % 2).double().expand(1, 1, 8, 8)
    target = torch.full_like(drawing, 0.6)
    assert float(PyramidLoss(ink=0.2, weights=WEIGHTS[:4])(drawing, target)) == pytest.approx(0, abs=1e-9)


@pytest.mark.parametrize("light", [0.0, 0.3, 1.0])
def test_equal_flat_images_cost_nothing(light):
    flat = torch.full((1, 3, 64, 32), light, dtype=torch.float64)
    value, gradient = value_and_gradient(PyramidLoss(), flat, flat)
    assert float(value) == pytest.approx(0, abs=1e-9)
    assert gradient.abs().max() < 1e-9


def test_equal_smooth_images_cost_less_than_a_hundredth_of_tone():
    y, x = torch.meshgrid(torch.arange(128.0), torch.arange(128.0), indexing="ij")
    smooth = (0.5 + 0.3 * torch.sin(x / 40) * torch.cos(y / 50))[None, None].double()
    cost = PyramidLoss()(smooth, smooth).abs()
    assert cost < PyramidLoss()(torch.full_like(smooth, 0.51), torch.full_like(smooth, 0.5))


@pytest.mark.parametrize("draw", [random_light, random_lines])
def test_tiles_on_the_cell_grid_add_up_to_the_page(draw):
    loss = PyramidLoss(WEIGHTS, ink=0.1)
    drawing, target = draw((1, 1, 96, 160), 3), random_light((1, 1, 96, 160), 4)
    value, gradient = value_and_gradient(loss, drawing, target)
    total, pieces = 0.0, torch.zeros_like(gradient)
    for rows in (slice(0, 32), slice(32, 96)):
        for columns in (slice(0, 64), slice(64, 96), slice(96, 160)):
            part = (..., rows, columns)
            tile, pieces[part] = value_and_gradient(loss, drawing[part], target[part])
            total += tile
    torch.testing.assert_close(total, value, rtol=1e-12, atol=0)
    torch.testing.assert_close(pieces, gradient, rtol=1e-12, atol=1e-12)


def hatching(width_px, tone, angle, phase, size=128, softness=0.6):
    """Parallel black lines on white, so far apart that their mean light is ``tone``."""
    pitch = width_px / (1 - tone)
    y, x = np.mgrid[:size, :size] + 0.5
    distance = np.abs((x * np.cos(angle) + y * np.sin(angle) + phase * pitch) % pitch - pitch / 2)
    edge = np.clip((width_px / 2 - distance) / softness, -1, 1)
    return 1 - (0.5 + edge - 0.5 * edge * np.abs(edge))


def squared_error(drawing, target, weights):
    levels = enumerate(weights)
    return sum(w * 4**i * (avg_pool2d(drawing - target, 2**i) ** 2).sum() for i, w in levels)


@pytest.mark.parametrize(("width_px", "tone"), [(1.3, 0.92), (1.5, 0.92), (1.8, 0.9), (2.4, 0.88)])
def test_light_hatching_is_drawn_in_its_tone(width_px, tone):
    """Of all pitches the loss likes that of the wanted mean best; squared error alone one too light.

    The lines are 16 to 20 px apart, so that even light pooled to 8 px shows them. Heavier coarse levels, as
    fits have them, would hide what the second part of the loss is for.
    """
    loss, rng = PyramidLoss((0.3, 1.0, 2.0, 6.0, 6.0, 6.0)), np.random.default_rng(0)
    looks = [((i + rng.uniform()) * np.pi / 16, rng.uniform()) for i in range(16)]
    tones = np.arange(tone - 0.04, tone + 0.0601, 0.005)
    honest, plain = [], []
    for drawn in tones:
        pages = [hatching(width_px, drawn, *look) for look in looks]
        drawing = torch.from_numpy(np.stack(pages)[:, None]).float()
        target = torch.full_like(drawing, tone)
        honest.append(float(loss(drawing, target)))
        plain.append(float(squared_error(drawing, target, loss.weights)))
    error, plain_error = tones[np.argmin(honest)] - tone, tones[np.argmin(plain)] - tone
    assert abs(error) < 0.016
    assert plain_error > 0.02


def test_line_weight_by_hand():
    # 1 px wide: full on level 0, then half as dark a level. 4 px wide: full up to level 2.
    loss = PyramidLoss((1.0, 2.0, 4.0, 8.0))
    assert loss.line_weight(1.0) == pytest.approx(1 + 1 + 1 + 1)
    assert loss.line_weight(4.0) == pytest.approx(1 + 2 + 4 + 4)


def test_bending_by_hand():
    # Round three sides of a square: second differences (-1, 1) and (-1, -1).
    square = torch.tensor([[[0.0, 0], [1, 0], [1, 1], [0, 1]]])
    assert bending(square).tolist() == [4.0]
    bunched = torch.tensor([[[0.0, 0], [1, 0], [3, 0], [4, 0]]])
    assert bending(bunched).tolist() == [2.0]


@given(
    start=st.tuples(st.floats(-50, 50), st.floats(-50, 50)),
    step=st.tuples(st.floats(-9, 9), st.floats(-9, 9)),
    count=st.integers(4, 11),
)
def test_straight_even_strokes_do_not_bend(start, step, count):
    steps = torch.arange(count, dtype=torch.float64)[:, None] * torch.tensor(step, dtype=torch.float64)
    points = torch.tensor(start, dtype=torch.float64) + steps
    assert bending(points[None]).item() == pytest.approx(0, abs=1e-18)


@settings(max_examples=30)
@given(angle=st.floats(-7, 7), shift=st.floats(-100, 100), scale=st.floats(0.1, 10), seed=st.integers(0, 99))
def test_bending_knows_no_place_and_no_direction(angle, shift, scale, seed):
    points = torch.randn(5, 7, 2, generator=seeded(seed), dtype=torch.float64)
    cosine, sine = np.cos(angle), np.sin(angle)
    turn = torch.tensor([[cosine, -sine], [sine, cosine]])
    moved = scale * points @ turn + torch.tensor([shift, -2 * shift])
    torch.testing.assert_close(bending(moved), scale**2 * bending(points), rtol=1e-9, atol=1e-9)


def test_bending_is_the_second_derivative_at_a_splines_joints():
    points = torch.randn(1, 7, 2, generator=seeded(), dtype=torch.float64)
    chain = (torch.from_numpy(bezier.bezier_map(4)) @ points)[0].reshape(4, 4, 2)
    starts = 6 * (chain[:, 0] - 2 * chain[:, 1] + chain[:, 2])
    end = 6 * (chain[-1, 1] - 2 * chain[-1, 2] + chain[-1, 3])
    assert bending(points).item() == pytest.approx(float((starts**2).sum() + (end**2).sum()))


@pytest.mark.parametrize("count", [3, 4, 6, 11])
def test_unbending_is_the_gradient_of_bending(count):
    points = torch.randn(5, count, 2, generator=seeded(count), dtype=torch.float64)
    total, expected = value_and_gradient(lambda leaf: bending(leaf).sum(), points)
    found = unbending(points)
    torch.testing.assert_close(found, expected, rtol=1e-12, atol=1e-12)
    # Bending is quadratic, so central differences are exact but for rounding.
    for place in [(0, 0, 0), (2, count - 1, 1), (4, 1, 0)]:
        step = torch.zeros_like(points)
        step[place] = 0.5
        slope = (bending(points + step) - bending(points - step)).sum()
        assert found[place].item() == pytest.approx(slope.item())
    assert (points * found).sum().item() == pytest.approx(2 * total.item())


def test_unbending_by_hand():
    # Second differences of a kink: 0, 1, 0. Each point takes its part of them, 1, -2 and 1, twice.
    kink = torch.tensor([[[0.0, 0], [1, 0], [2, 0], [3, 1], [4, 2]]])
    assert bending(kink).tolist() == [1.0]
    assert unbending(kink)[0].tolist() == [[0, 0], [0, 2], [0, -4], [0, 2], [0, 0]]
    assert unbending(torch.zeros(0, 6, 2)).shape == (0, 6, 2)
