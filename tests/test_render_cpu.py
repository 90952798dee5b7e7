import os
from dataclasses import fields, replace

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from scenes import (
    Rendered,
    has_gradient,
    polylines,
    random_polylines,
    render_with_gradients,
    reorder,
    shift,
    wandering,
)

from plotopt.render import cpu, reference, render
from plotopt.render.polylines import Raster
from plotopt.strokes import Strokes
from plotopt.view import View

# The law is computed in float64, the kernel in float32. A coordinate of 100 px has a rounding of 4e-6 px,
# and a stroke's transmittance changes by at most 1 / softness per px, so an image is off by some 1e-5.
IMAGE_ATOL = 2e-5
# A gradient is a sum over pixels of slopes that share that rounding: some 1e-6 of the largest, more on long
# segments. Where only the rim of a stroke shows, slopes are small themselves and their rounding is not.
GRADIENT_RTOL, GRADIENT_ATOL = 3e-4, 1e-5

SQUARE = Raster(1, 32, 32)


def crowd(count):
    """Short strokes that all come near the pixel at (16, 16)."""
    return list(16 + np.random.default_rng(9).normal(size=(count, 2, 2)))


def seeded(seed, count, raster):
    return random_polylines(seed, count, raster), raster


SCENES = {
    "random": seeded(0, 30, SQUARE),
    "very soft": seeded(1, 20, Raster(1, 32, 32, 3.0)),
    "hard": seeded(2, 20, Raster(1, 32, 32, 0.3)),
    "odd size": seeded(3, 20, Raster(1, 37, 21)),
    "one row": seeded(4, 20, Raster(1, 1, 50)),
    "one column": seeded(5, 20, Raster(1, 50, 1)),
    "one pixel": (polylines([[[0, 0.2], [2, 0.4]]]), Raster(1, 1, 1)),
    "planes": seeded(6, 40, Raster(6, 20, 30)),
    "outside": (polylines([[[-40, 5], [-20, 9]], [[5, 90], [4, 50]], [[-1e5, -1e5], [-9, -9]]]), SQUARE),
    "partly outside": (polylines([[[-900, 5], [16, 9], [16.3, 4000]], [[20, 20], [33, 33.5]]]), SQUARE),
    "edge of the reach": (polylines([[[-1.9, 0], [-1.9, 32]], [[0, 34.49], [32, 33.8]]]), SQUARE),
    "coincident": (polylines([[[3, 3.2], [20, 9], [28, 29]]] * 5, radius=[1, 1, 1, 2, 0.3]), SQUARE),
    "thin": (polylines(wandering(7, 20, SQUARE), radius=0.025), SQUARE),
    "no width": (polylines(wandering(8, 5, SQUARE), radius=[0, 0, 1, 0, 0]), SQUARE),
    "wider than a tile": (polylines(wandering(9, 4, SQUARE), radius=12, opacity=0.6), SQUARE),
    "full ink": (polylines(wandering(10, 40, SQUARE), radius=2, opacity=0.999), SQUARE),
    "no ink": (polylines(wandering(11, 5, SQUARE), opacity=[0, 0, 0.5, 0, 0.9]), SQUARE),
    "long polylines": (polylines(wandering(12, 4, SQUARE, step_px=3, most=200)), SQUARE),
    "long segments": (polylines(wandering(15, 12, SQUARE, step_px=60, most=4)), SQUARE),
    "upright and level": (polylines([[[5, 2], [5, 30]], [[1, 9.5], [30, 9.5]], [[20, 31], [20, 1]]]), SQUARE),
    "many over one pixel": (polylines(crowd(300), radius=0.9, opacity=0.03), SQUARE),
}
# Where vertices all but coincide, the nearest point may count as either: only their sum is well defined.
COINCIDING = {
    "zero length": polylines([[walk[0]] * 3 for walk in wandering(13, 20, SQUARE)]),
    "on a pixel centre": polylines([[[16.5, 16.5]] * 3]),
    "tiny steps": polylines(wandering(14, 20, SQUARE, step_px=0.001)),
    "repeated vertices": polylines([[[8, 8], [8, 8], [20, 9], [20, 9]]]),
    "drawn back": polylines([[[4, 5], [26, 20], [4, 5]]]),
}


def white_noise(raster, seed=0):
    generator = torch.Generator().manual_seed(seed)
    shape = raster.planes, raster.height_px, raster.width_px
    return torch.randn(shape, generator=generator, dtype=torch.float64)


def by_both(lines, raster):
    """The kernel's and the law's, for a random gradient wherever the strokes' own exists."""
    upstream = white_noise(raster) * has_gradient(lines, raster)
    return [render_with_gradients(r.transmittance, lines, raster, upstream) for r in (cpu, reference)]


def assert_agree(fast, law, image_atol=IMAGE_ATOL):
    assert torch.allclose(fast.image, law.image, rtol=0, atol=image_atol)
    for name in ("vertices", "radius", "opacity"):
        got, expected = getattr(fast, name), getattr(law, name)
        off, largest = (got - expected).abs().max(), expected.abs().max()
        assert off <= GRADIENT_RTOL * largest + GRADIENT_ATOL, f"{name}: {off:.2e} of {largest:.2e}"


def per_stroke(rendered, lines):
    """With the vertices' gradients added up over each stroke."""
    sums = [part.sum(0) for part in rendered.vertices.split(lines.starts.diff().tolist())]
    return Rendered(rendered.image, torch.stack(sums), rendered.radius, rendered.opacity)


def values(rendered):
    return [getattr(rendered, field.name) for field in fields(rendered)]


@pytest.mark.parametrize("name", SCENES)
def test_the_kernel_obeys_the_reference(name):
    assert_agree(*by_both(*SCENES[name]))


@pytest.mark.parametrize("name", COINCIDING)
def test_the_kernel_obeys_the_reference_where_vertices_coincide(name):
    lines = COINCIDING[name]
    fast, law = by_both(lines, SQUARE)
    assert fast.image.min() < 0.5
    assert_agree(per_stroke(fast, lines), per_stroke(law, lines))


@given(
    seed=st.integers(0, 2**32),
    strokes=st.integers(1, 12),
    planes=st.integers(1, 3),
    size=st.tuples(st.integers(1, 40), st.integers(1, 40)),
    softness=st.floats(0.3, 3),
    step_px=st.sampled_from([1.0, 8.0, 40.0]),
)
@settings(max_examples=50, deadline=None)
def test_the_kernel_obeys_the_reference_on_any_scene(seed, strokes, planes, size, softness, step_px):
    raster = Raster(planes, *size, softness)
    assert_agree(*by_both(random_polylines(seed, strokes, raster, step_px=step_px), raster))


@pytest.mark.parametrize(("left", "top"), [(100, 203), (488, 0)])
def test_a_window_of_a_large_scene(left, top):
    raster, window = Raster(1, 512, 512), Raster(1, 24, 24)
    lines = random_polylines(7, 2000, raster)
    seen = np.s_[:, top : top + 24, left : left + 24]
    moved = shift(lines, -left, -top)
    noise = white_noise(window) * has_gradient(moved, window)
    upstream = torch.zeros(1, 512, 512, dtype=torch.float64)
    upstream[seen] = noise
    fast = render_with_gradients(cpu.transmittance, lines, raster, upstream)
    law = render_with_gradients(reference.transmittance, moved, window, noise)
    assert law.image.std() > 0.1
    # Coordinates of up to 512 px round to 3e-5 px.
    assert_agree(Rendered(fast.image[seen], *values(fast)[1:]), law, image_atol=1e-4)


@pytest.mark.parametrize("renderer", [cpu, reference])
@pytest.mark.parametrize("name", [*SCENES, *COINCIDING])
def test_nothing_is_ever_not_a_number(renderer, name):
    # On a raster of all planes, and without sparing the pixels where the gradient jumps.
    lines, raster = COINCIDING.get(name) or SCENES[name][0], Raster(6, 32, 32)
    rendered = render_with_gradients(renderer.transmittance, lines, raster, white_noise(raster))
    assert all(value.isfinite().all() for value in values(rendered))
    assert rendered.image.min() >= 0
    assert rendered.image.max() <= 1


@pytest.mark.parametrize("place", [0, 1, 2])
@pytest.mark.parametrize("value", [np.nan, np.inf, -np.inf, 3e38])
def test_coordinates_that_are_none_do_no_harm(place, value):
    walk = [[3.0, 4.0], [9.0, 6.0], [12.0, 9.0]]
    walk[place][place % 2] = value
    lines, raster = polylines([walk, [[2, 2], [14, 9]]]), Raster(1, 17, 13)
    rendered = render_with_gradients(cpu.transmittance, lines, raster, white_noise(raster))
    assert rendered.image.shape == (1, 17, 13)
    with np.errstate(all="ignore"):
        points = torch.full((1, 4, 2), 5.0)
        points[0, place, 0] = value
        assert render(Strokes.of_pen(points, 0.5), [View(0, 0, 24, 24, 0.5)]).shape == (1, 1, 24, 24)


def test_vertices_that_change_before_the_way_back_are_noticed():
    lines, raster = SCENES["random"]
    vertices = lines.vertices.float().requires_grad_()
    image = cpu.transmittance(replace(lines, vertices=vertices), raster)
    with torch.no_grad():
        vertices.mul_(2)
    with pytest.raises(RuntimeError, match="modified by an inplace operation"):
        image.sum().backward()


def test_no_strokes_at_all():
    raster = Raster(2, 5, 9)
    nothing = render_with_gradients(cpu.transmittance, polylines([]), raster, white_noise(raster))
    assert torch.equal(nothing.image, torch.ones(2, 5, 9, dtype=torch.float64))
    assert nothing.vertices.shape == (0, 2)
    assert nothing.radius.shape == nothing.opacity.shape == (0,)


def test_strokes_beyond_reach_leave_white_paper_and_feel_no_pull():
    lines, raster = SCENES["outside"]
    rendered = render_with_gradients(cpu.transmittance, lines, raster, white_noise(raster))
    assert torch.all(rendered.image == 1)
    assert not any(gradient.any() for gradient in values(rendered)[1:])


def test_the_order_of_strokes_does_not_matter():
    lines, raster = SCENES["random"]
    order = torch.randperm(30, generator=torch.Generator().manual_seed(1))
    image = cpu.transmittance(reorder(lines, order), raster)
    assert torch.allclose(image, cpu.transmittance(lines, raster), rtol=1e-5, atol=0)


def test_any_memory_layout_will_do():
    lines, raster = SCENES["planes"]
    noise = white_noise(raster)
    expected = render_with_gradients(cpu.transmittance, lines, raster, noise)
    strided = torch.stack([lines.vertices.float(), lines.vertices.float()], -1)[..., 0].requires_grad_()
    image = cpu.transmittance(
        type(lines)(strided, lines.starts, lines.radius, lines.opacity, lines.plane), raster
    )
    image.backward(noise.float().mT.contiguous().mT)
    assert torch.equal(strided.grad.double(), expected.vertices)


@pytest.fixture
def threads():
    """Sets the number of threads, and puts it back."""
    before = torch.get_num_threads()
    yield torch.set_num_threads
    torch.set_num_threads(before)


def test_the_same_bits_every_time_and_on_any_number_of_threads(threads):
    raster = Raster(2, 200, 200)
    lines, noise = random_polylines(3, 500, raster), white_noise(raster)
    runs = []
    for count in (1, 1, 2, 2, 3, 7):
        threads(count)
        runs.append(values(render_with_gradients(cpu.transmittance, lines, raster, noise)))
    for run in runs[1:]:
        assert all(torch.equal(got, first) for got, first in zip(run, runs[0], strict=True))


@pytest.mark.skipif(not hasattr(os, "fork"), reason="no fork on this system")
@pytest.mark.filterwarnings("ignore:.*fork.*:DeprecationWarning")
def test_a_forked_process_renders_too(threads):
    threads(2)
    raster = Raster(1, 100, 100)
    lines = random_polylines(3, 300, raster)
    before = cpu.transmittance(lines, raster)
    child = os.fork()
    if child == 0:
        os._exit(not torch.equal(cpu.transmittance(lines, raster), before))
    assert os.waitpid(child, 0)[1] == 0


def test_warming_up_leaves_compiled_kernels_in_the_cache():
    cpu.warm_up()
    assert cpu.compiled_before()
