"""The CUDA renderer: on a graphics card where there is one, else in Triton's interpreter."""

import os
import subprocess
import sys
from dataclasses import fields, replace

import numpy as np
import pytest
import torch
from graphics import DEVICE, GPU, interpreter  # noqa: F401
from scenes import has_gradient, polylines, random_polylines, render_with_gradients, reorder
from test_render_cpu import (
    COINCIDING,
    SCENES,
    SQUARE,
    assert_agree,
    per_stroke,
    values,
    white_noise,
)
from test_render_golden import BLACK, assert_close_to_truth, draw

import plotopt.render
from plotopt.errors import PlotoptError
from plotopt.render import cuda, reference
from plotopt.render.polylines import Polylines, Raster

# The interpreter draws some hundred pairs of segments and tiles a second.
MOST_VERTICES = 10_000 if GPU else 20

FEW = polylines(
    [[[3, 4], [12, 9], [14, 20]], [[30, 2], [1, 17]], [[40, 40], [50, 45]]], opacity=[0.9, 0.4, 0.7]
)
SLANTING = Raster(1, 90, 130)
LONG = [
    [[-30, -9], [150, 99]],
    [[70, -400], [60, 300]],
    [[-5, 44.1], [140, 44.1]],
    [[9, 99], [9, -5]],
    [[129, 1], [1, 89]],
]

COMPILE = """
import triton
from triton.backends.compiler import GPUTarget
from triton.compiler import ASTSource
from plotopt.losses import triton_pyramid
from plotopt.render import triton_kernels

types = dict.fromkeys("owner counts tiles origin pair_stroke".split(), "*i32")
types |= dict.fromkeys("starts plane offsets order tile_start".split(), "*i64")
types |= dict.fromkeys("vertices radius opacity pair_ends image grad slots".split(), "*fp32")
types |= dict.fromkeys("by_vertex by_radius by_opacity softness".split(), "*fp32")
types |= dict.fromkeys("drawing target gradient totals weights".split(), "*fp32") | {"ink": "fp32"}
constants = {"top": 5}


def compile_kernel(kernel, options):
    known = {name: number for name, number in constants.items() if name in kernel.arg_names}
    signature = {name: types.get(name, "i32") for name in kernel.arg_names}
    signature |= dict.fromkeys(known, "constexpr")
    places = {(kernel.arg_names.index(name),): number for name, number in known.items()}
    for capability in (80, 90):
        source = ASTSource(kernel, signature, places)
        triton.compile(source, GPUTarget("cuda", capability, 32), options)


for module in (triton_kernels, triton_pyramid):
    for name, kernel in sorted(vars(module).items()):
        if isinstance(kernel, triton.JITFunction) and not name.startswith("_"):
            print(name)
            compile_kernel(kernel, module.OPTIONS)
"""


def on_device(lines):
    return Polylines(*(getattr(lines, field.name).to(DEVICE) for field in fields(lines)))


def drawn(lines, raster):
    return cuda.transmittance(on_device(lines), raster).cpu()


def drawn_within(room, pairs):
    """A renderer with that much room, which appends the number of pairs to a list."""

    def renderer(lines, raster):
        image, pair_count = cuda.transmittance_within(on_device(lines), raster, room)
        pairs.append(pair_count.item())
        return image.cpu()

    return renderer


def few(lines):
    """The first strokes, as many as the interpreter draws in good time."""
    return reorder(lines, torch.arange(max(1, int((lines.starts[1:] <= MOST_VERTICES).sum()))))


def by_both(lines, raster):
    """The kernels' and the law's, for a random gradient wherever the strokes' own exists."""
    upstream = white_noise(raster) * has_gradient(lines, raster)
    return [render_with_gradients(r, lines, raster, upstream) for r in (drawn, reference.transmittance)]


def same_bits(one, other):
    return all(torch.equal(a, b) for a, b in zip(values(one), values(other), strict=True))


@pytest.mark.parametrize("name", SCENES)
def test_the_kernels_obey_the_reference(name):
    lines, raster = SCENES[name]
    assert_agree(*by_both(few(lines), raster))


@pytest.mark.parametrize("name", COINCIDING)
def test_the_kernels_obey_the_reference_where_vertices_coincide(name):
    lines = few(COINCIDING[name])
    fast, law = by_both(lines, SQUARE)
    assert fast.image.min() < 0.5
    assert_agree(per_stroke(fast, lines), per_stroke(law, lines))


@pytest.mark.parametrize("name", ["no width", *COINCIDING])
def test_nothing_is_ever_not_a_number(name):
    # Without sparing the pixels where the gradient jumps.
    lines = few(COINCIDING.get(name) or SCENES[name][0])
    rendered = render_with_gradients(drawn, lines, SQUARE, white_noise(SQUARE))
    assert all(value.isfinite().all() for value in values(rendered))
    assert rendered.image.min() >= 0
    assert rendered.image.max() <= 1


@pytest.mark.parametrize("seed", range(60 if GPU else 3))
def test_the_kernels_obey_the_reference_on_any_scene(seed):
    rng = np.random.default_rng(seed)
    raster = Raster(int(rng.integers(1, 4)), *rng.integers(1, 40, 2).tolist(), rng.uniform(0.3, 3))
    lines = random_polylines(seed, 12, raster, step_px=rng.choice([1, 8, 40]))
    assert_agree(*by_both(few(lines), raster))


def within_reach(segment, reach, raster):
    """The number of tiles in a segment's box, grown by its reach, that have pixels near enough perhaps."""
    (ax, ay), (bx, by) = segment
    x, y = np.meshgrid(np.arange(0, raster.width_px, 8) + 4, np.arange(0, raster.height_px, 8) + 4)
    t = ((x - ax) * (bx - ax) + (y - ay) * (by - ay)) / ((bx - ax) ** 2 + (by - ay) ** 2)
    near = np.hypot(x - ax - t.clip(0, 1) * (bx - ax), y - ay - t.clip(0, 1) * (by - ay)) <= reach + 4.96
    box_x = (x + 4 > min(ax, bx) - reach) & (x - 4 <= max(ax, bx) + reach)
    return (near & box_x & (y + 4 > min(ay, by) - reach) & (y - 4 <= max(ay, by) + reach)).sum()


def test_segments_are_paired_with_the_tiles_that_they_can_reach():
    radius = [0.1, 2, 9, 1, 0.5]
    expected = [within_reach(segment, r + 1, SLANTING) for segment, r in zip(LONG, radius, strict=True)]
    lines = on_device(polylines(LONG, radius=radius))
    assert cuda.transmittance_within(lines, SLANTING, 0)[1].item() == sum(expected)


def test_long_segments_obey_the_reference():
    assert_agree(*by_both(polylines(LONG[:3], radius=[0.1, 2, 1]), Raster(1, 40, 70)))


def test_no_strokes_at_all():
    raster = Raster(2, 5, 9)
    nothing = render_with_gradients(drawn, polylines([]), raster, white_noise(raster))
    assert torch.equal(nothing.image, torch.ones(2, 5, 9, dtype=torch.float64))
    assert nothing.vertices.shape == (0, 2)
    assert nothing.radius.shape == nothing.opacity.shape == (0,)


def test_strokes_beyond_reach_leave_white_paper_and_feel_no_pull():
    lines, raster = SCENES["outside"]
    rendered = render_with_gradients(drawn, lines, raster, white_noise(raster))
    assert torch.all(rendered.image == 1)
    assert not any(gradient.any() for gradient in values(rendered)[1:])


def test_any_memory_layout_will_do():
    noise = white_noise(SQUARE)
    expected = render_with_gradients(drawn, FEW, SQUARE, noise)
    strided = torch.stack([FEW.vertices.float(), FEW.vertices.float()], -1)[..., 0].requires_grad_()
    drawn(replace(FEW, vertices=strided), SQUARE).backward(noise.float().mT.contiguous().mT)
    assert torch.equal(strided.grad.double(), expected.vertices)


def test_the_same_bits_every_time():
    raster = Raster(2, 200, 200) if GPU else SQUARE
    lines = random_polylines(3, 500, raster) if GPU else FEW
    runs = [render_with_gradients(drawn, lines, raster, white_noise(raster)) for _ in range(5 if GPU else 2)]
    assert all(same_bits(run, runs[0]) for run in runs)


def test_room_that_suffices_changes_nothing():
    noise, pairs = white_noise(SQUARE), []
    expected = render_with_gradients(drawn, FEW, SQUARE, noise)
    assert same_bits(render_with_gradients(drawn_within(1000, pairs), FEW, SQUARE, noise), expected)
    assert 0 < pairs[0] < 100
    assert same_bits(render_with_gradients(drawn_within(pairs[0], pairs), FEW, SQUARE, noise), expected)
    assert pairs[0] == pairs[1]


@pytest.mark.parametrize("missing", [1, 5])
def test_pairs_beyond_the_room_are_told_and_left_out(missing):
    noise, pairs = white_noise(SQUARE), []
    whole = render_with_gradients(drawn_within(1000, pairs), FEW, SQUARE, noise)
    part = render_with_gradients(drawn_within(pairs[0] - missing, pairs), FEW, SQUARE, noise)
    assert pairs[0] == pairs[1]
    assert all(value.isfinite().all() for value in values(part))
    assert torch.all(part.image >= whole.image)
    assert not torch.equal(part.image, whole.image)


@pytest.mark.skipif(not GPU, reason="CUDA graphs need a graphics card")
def test_a_cuda_graph_captures_forward_and_backward():
    lines, upstream = on_device(FEW), white_noise(SQUARE).float().to(DEVICE)
    leaves = [x.float().requires_grad_() for x in (lines.vertices, lines.radius, lines.opacity)]

    def step():
        moved = Polylines(leaves[0], lines.starts, *leaves[1:], lines.plane)
        image, pair_count = cuda.transmittance_within(moved, SQUARE, 200)
        return image, pair_count, *torch.autograd.grad(image, leaves, upstream)

    with torch.cuda.stream(torch.cuda.Stream()):
        step()
    torch.cuda.synchronize()
    graph = torch.cuda.CUDAGraph()
    with torch.cuda.graph(graph):
        captured = step()
    with torch.no_grad():
        leaves[0].add_(3)
    graph.replay()
    assert all(torch.equal(got, expected) for got, expected in zip(captured, step(), strict=True))


@pytest.mark.parametrize("name", ["1_straight", "2_curve", "4_leaving_canvas"])
def test_golden_scenes(name):
    assert_close_to_truth(name, draw(name, drawn, opaque=False), BLACK[name])


def test_without_triton_it_says_what_to_do(monkeypatch):
    monkeypatch.setitem(sys.modules, "triton", None)
    monkeypatch.delitem(sys.modules, "plotopt.render.triton_kernels", raising=False)
    monkeypatch.delattr(plotopt.render, "triton_kernels", raising=False)
    with pytest.raises(PlotoptError, match="pip install triton"):
        drawn(FEW, SQUARE)


def test_triton_is_loaded_for_the_first_drawing_only():
    program = "import plotopt.render.cuda, sys; assert 'triton' not in sys.modules"
    subprocess.run([sys.executable, "-c", program], check=True)


def test_every_kernel_compiles_for_graphics_cards(tmp_path):
    """From Python to machine code, in a process that does not interpret; it takes no graphics card."""
    done = subprocess.run(
        [sys.executable, "-c", COMPILE],
        capture_output=True,
        text=True,
        check=False,
        env=os.environ | {"TRITON_INTERPRET": "0", "TRITON_CACHE_DIR": str(tmp_path)},
    )
    assert done.returncode == 0, done.stderr
    assert done.stdout.split() == [
        "arrange",
        "backward",
        "count_tiles",
        "forward",
        "gather_nibs",
        "gather_vertices",
        "list_tiles",
        "descend",
    ]
