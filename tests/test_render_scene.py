"""From strokes on the page to planes of transmittance: windows, pens, warps, culling and flattening."""

from dataclasses import replace
from itertools import pairwise

import numpy as np
import pytest
import torch
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from plotopt import bezier
from plotopt.augment.warp import Warp
from plotopt.render import cpu, curves, reference, render
from plotopt.render.polylines import Polylines, Raster
from plotopt.render.scene import flatten, pen_count
from plotopt.strokes import Strokes
from plotopt.view import View

# A page of 40 x 30 mm at 2 px/mm.
PAGE = View(0, 0, 80, 60, 0.5)
# Float32 vertices of the same place in two windows differ by their rounding, 1e-5 px.
CPU_ATOL = 3e-5

each_renderer = pytest.mark.parametrize(
    ("renderer", "atol"), [(reference.transmittance, 1e-9), (cpu.transmittance, CPU_ATOL)], ids=["law", "cpu"]
)


def scribble(seed=0, count=15, control_points=4, pens=1, size_mm=(40.0, 30.0), dtype=torch.float64):
    """Curved strokes of a few mm all over the page and some mm beyond it."""
    rng = np.random.default_rng(seed)
    middles = np.array(size_mm) * rng.uniform(-0.2, 1.2, (count, 1, 2))
    points = middles + rng.normal(scale=3.0, size=(count, control_points, 2))
    return Strokes(
        torch.tensor(points, dtype=dtype),
        torch.tensor(rng.uniform(0.2, 1.5, count), dtype=dtype),
        torch.tensor(rng.uniform(0.3, 0.9, count), dtype=dtype),
        torch.arange(count) % pens,
    )


def very_finely(strokes, view, softness_px=1.0):
    """By the law, all strokes cut into 64 pieces a curve, none culled."""
    chains = view.to_px(strokes.curves().double())
    vertices = bezier.evaluate(chains[:, :, None], torch.linspace(0, 1, 65).double()).flatten(1, 2)
    lines = Polylines(
        vertices.flatten(0, 1),
        torch.arange(len(strokes) + 1) * vertices.shape[1],
        strokes.width_mm.double() / 2 / view.mm_per_px,
        strokes.opacity.double(),
        strokes.pen,
    )
    raster = Raster(pen_count(strokes), view.height_px, view.width_px, softness_px)
    return reference.transmittance(lines, raster)[None]


@each_renderer
@pytest.mark.parametrize("control_points", [4, 7])
@pytest.mark.parametrize("softness_px", [0.6, 3.0])
def test_a_window_is_a_crop_of_the_larger_view(renderer, atol, control_points, softness_px):
    # The window's strokes are culled by its own edges, so this shows that culling changes nothing.
    strokes = scribble(1, 25, control_points)
    page = render(strokes, [PAGE], softness_px=softness_px, renderer=renderer)
    for left, top in ((0, 0), (19, 25), (52, 37)):
        window = View(left * 0.5, top * 0.5, 28, 23, 0.5)
        seen = render(strokes, [window], softness_px=softness_px, renderer=renderer)
        crop = page[..., top : top + 23, left : left + 28]
        assert crop.min() < 0.7
        assert torch.allclose(seen, crop, rtol=0, atol=atol)


@each_renderer
def test_a_window_may_reach_beyond_the_page(renderer, atol):
    strokes = scribble()
    beyond = render(strokes, [View(-10, -5, 120, 80, 0.5)], renderer=renderer)
    assert beyond[..., :10].min() < 0.7
    page = render(strokes, [PAGE], renderer=renderer)
    assert torch.allclose(beyond[..., 10:70, 20:100], page, rtol=0, atol=atol)


@each_renderer
def test_a_batch_of_views_equals_views_one_by_one(renderer, atol):
    strokes = scribble(pens=2)
    views = [View(0, 0, 50, 40, 1.0), View(3.3, 4.1, 50, 40, 0.25), View(-90, 0, 50, 40, 0.5)]
    together = render(strokes, views, renderer=renderer)
    assert together.shape == (3, 2, 40, 50)
    for view, planes in zip(views, together, strict=True):
        assert torch.allclose(render(strokes, [view], renderer=renderer)[0], planes, rtol=0, atol=atol)
    assert torch.all(together[2] == 1)


@each_renderer
def test_every_pen_has_its_own_plane(renderer, atol):
    strokes = scribble(pens=3)
    planes = render(strokes, [PAGE], renderer=renderer)[0]
    assert planes.shape == (3, 60, 80)
    for pen in range(3):
        own = strokes.select(strokes.pen == pen)
        alone = render(replace(own, pen=torch.zeros_like(own.pen)), [PAGE], renderer=renderer)[0, 0]
        assert alone.min() < 0.7
        assert torch.allclose(planes[pen], alone, rtol=0, atol=atol)


def test_a_pen_without_strokes_between_others_has_a_white_plane():
    strokes = replace(scribble(pens=2), pen=2 * (torch.arange(15) % 2))
    planes = render(strokes, [PAGE])[0]
    assert planes.shape[0] == pen_count(strokes) == 3
    assert torch.all(planes[1] == 1)
    assert (planes < 0.7).flatten(1).any(1).tolist() == [True, False, True]


@each_renderer
def test_the_identity_warp_changes_nothing(renderer, atol):
    strokes, views = scribble(), [PAGE, replace(PAGE, left_mm=5)]
    warped = render(strokes, views, warp=Warp.identity(2), renderer=renderer)
    assert torch.allclose(warped, render(strokes, views, renderer=renderer), rtol=0, atol=atol)


@each_renderer
def test_a_translation_is_a_shifted_view(renderer, atol):
    strokes = scribble()
    matrices = torch.eye(3, dtype=torch.float64).repeat(2, 1, 1)
    matrices[1, :2, 2] = torch.tensor([14.0, -22.0])
    warped = render(strokes, [PAGE, PAGE], warp=Warp(matrices), renderer=renderer)
    shifted = replace(PAGE, left_mm=-14 * 0.5, top_mm=22 * 0.5)
    assert torch.allclose(warped, render(strokes, [PAGE, shifted], renderer=renderer), rtol=0, atol=atol)


@each_renderer
def test_a_homography_moves_the_control_points(renderer, atol):
    strokes = scribble()
    matrix = torch.tensor([[0.9, 0.2, 5], [-0.1, 1.1, 3], [1e-3, -5e-4, 1]], dtype=torch.float64)
    homogeneous = torch.cat([strokes.points / 0.5, torch.ones(15, 4, 1)], -1) @ matrix.T
    moved = strokes.with_points(homogeneous[..., :2] / homogeneous[..., 2:] * 0.5)
    warped = render(strokes, [PAGE], warp=Warp(matrix[None]), renderer=renderer)
    assert torch.allclose(warped, render(moved, [PAGE], renderer=renderer), rtol=0, atol=atol)


@pytest.mark.parametrize("other", [replace(PAGE, width_px=81), replace(PAGE, height_px=30)])
def test_views_of_one_call_share_their_raster_size(other):
    with pytest.raises(ValueError, match="raster size"):
        render(scribble(), [PAGE, other])


@pytest.mark.parametrize("control_points", [4, 6])
def test_flattening_is_close_to_a_very_fine_one(control_points):
    # A pen a stroke: a vertex off by 0.05 px then changes a plane by at most 0.05 / softness.
    strokes = scribble(3, control_points=control_points, pens=15)
    fine = very_finely(strokes, PAGE)
    assert (render(strokes, [PAGE], renderer=reference.transmittance) - fine).abs().max() <= 0.05
    assert (render(strokes, [PAGE]) - fine).pow(2).mean().sqrt() < 0.001


@given(st.integers(0, 1000), st.integers(4, 7), st.sampled_from([0.02, 0.05, 0.5]), st.floats(0.2, 2))
@settings(max_examples=30, deadline=None)
def test_every_polyline_stays_within_the_tolerance(seed, control_points, tolerance_px, mm_per_px):
    # Big enough for none to be culled.
    strokes = scribble(seed, 6, control_points)
    view = View(-30, -30, int(100 / mm_per_px), int(100 / mm_per_px), mm_per_px)
    assume(bezier.pieces_for_tolerance(view.to_px(strokes.curves()), tolerance_px).max() <= 64)
    lines = flatten(strokes, [view], tolerance_px=tolerance_px)
    chains = view.to_px(strokes.curves())
    for (start, end), chain in zip(pairwise(lines.starts.tolist()), chains, strict=True):
        samples = bezier.evaluate(chain[:, None], torch.linspace(0, 1, 40).double()).flatten(0, 1)
        polyline = lines.vertices[start:end]
        assert torch.allclose(polyline[[0, -1]], samples[[0, -1]], atol=1e-9)
        assert reference.distance(samples, polyline).max() <= tolerance_px * (1 + 1e-9)


@pytest.mark.parametrize("warped", [False, True])
@pytest.mark.parametrize("spans", [1, 2, 5])
def test_the_kernels_of_flattening_obey_its_definition(spans, warped):
    rng = np.random.default_rng(spans)
    points = rng.normal(size=(400, spans + 3, 2)) * np.repeat([0.01, 1, 30, 500], 100)[:, None, None]
    figures = points, rng.uniform(0.2, 3, 400), rng.uniform(0, 0.9, 400)
    views = [View(0, 0, 1000, 700, 1.0), View(-60, 3, 1000, 700, 2.0)]
    matrix = torch.tensor([[0.9, 0.2, 5], [-0.1, 1.1, 3], [1e-4, -5e-5, 1]], dtype=torch.float64)
    warp = Warp(torch.stack([torch.eye(3).double(), matrix])) if warped else None
    found = []
    for dtype in (torch.float32, torch.float64):
        leaves = [torch.tensor(each, dtype=torch.float32).to(dtype).requires_grad_() for each in figures]
        lines = flatten(Strokes(*leaves, torch.arange(400) % 3), views, warp, pens=3)
        generator = torch.Generator().manual_seed(0)
        drawn = lines.vertices, lines.radius, lines.opacity
        noise = [torch.randn(each.shape, generator=generator, dtype=torch.float64) for each in drawn]
        pulls = torch.autograd.grad(drawn, leaves, [each.to(dtype) for each in noise])
        found.append((lines, drawn, pulls))
    (fast, *values), (law, *expected) = found
    pieces = (law.starts.diff() - 1) // spans
    assert pieces.min() == 1
    assert pieces.max() == curves.MOST_PIECES
    assert torch.equal(fast.starts, law.starts)
    assert torch.equal(fast.plane, law.plane)
    for got, right in zip(sum(values, ()), sum(expected, ()), strict=True):
        assert torch.allclose(got.double(), right, rtol=1e-5, atol=1e-4)


def test_flattening_gives_the_same_bits_on_any_number_of_threads():
    # Enough of them for several threads.
    strokes = scribble(5, 30_000, dtype=torch.float32)
    before, runs = torch.get_num_threads(), []
    try:
        for threads in (1, 2, 5):
            torch.set_num_threads(threads)
            leaves = leaves_of(strokes)
            lines = flatten(Strokes(*leaves, strokes.pen), [PAGE, replace(PAGE, mm_per_px=0.2)])
            drawn = lines.vertices, lines.radius, lines.opacity
            pulls = torch.autograd.grad(drawn, leaves, [each.detach().sin() for each in drawn])
            runs.append((lines.starts, lines.plane, *drawn, *pulls))
    finally:
        torch.set_num_threads(before)
    for run in runs[1:]:
        assert all(torch.equal(got, first) for got, first in zip(run, runs[0], strict=True))


def test_straight_strokes_are_one_piece_and_far_ones_are_left_out():
    line = torch.linspace(0, 9, 4)[:, None] * torch.tensor([2.0, 1.0])
    strokes = Strokes.of_pen(torch.stack([line + 5, line + 500, line - 29]), 1.0)
    lines = flatten(strokes, [PAGE])
    assert lines.starts.tolist() == [0, 2]
    assert torch.allclose(lines.vertices, torch.tensor([[10.0, 10], [46, 28]]))
    assert lines.radius.tolist() == [1.0]


def test_planes_are_numbered_view_by_view():
    strokes = replace(scribble(1, 3), points=torch.full((3, 4, 2), 6.0), pen=torch.tensor([0, 1, 2]))
    lines = flatten(strokes, [PAGE, PAGE])
    assert lines.plane.tolist() == [0, 1, 2, 3, 4, 5]


def test_a_softer_edge_reaches_farther():
    # A stroke 1 px wide whose edge is 2 px beside the window: a tent of half width 3 still sees it.
    line = torch.tensor([[-1.25, 0.0], [-1.25, 3], [-1.25, 6], [-1.25, 9]])
    strokes = Strokes.of_pen(line[None], 0.5)
    hard, soft = (render(strokes, [PAGE], softness_px=s)[0, 0, 10, 0] for s in (1.0, 3.0))
    assert hard == 1
    assert 0.9 < soft < 1


def nothing_to_see():
    strokes = scribble()
    return {
        "none": strokes.select(torch.zeros(15, dtype=torch.bool)),
        "far": strokes.with_points(strokes.points + 999),
    }


@pytest.mark.parametrize("strokes", nothing_to_see().values(), ids=nothing_to_see())
def test_nothing_to_draw_is_white_paper(strokes):
    assert torch.equal(render(strokes, [PAGE, PAGE]), torch.ones(2, 1, 60, 80))


@pytest.mark.parametrize("strokes", nothing_to_see().values(), ids=nothing_to_see())
def test_strokes_that_are_not_seen_feel_no_pull(strokes):
    points = strokes.points.clone().requires_grad_()
    render(strokes.with_points(points), [PAGE, PAGE]).sum().backward()
    assert torch.equal(points.grad, torch.zeros_like(points))


def leaves_of(strokes):
    return [x.clone().requires_grad_() for x in (strokes.points, strokes.width_mm, strokes.opacity)]


@pytest.mark.parametrize("control_points", [4, 6])
def test_gradients_by_points_in_mm_width_and_opacity(control_points):
    # These strokes have no pixel on a medial axis within the step of the differences.
    strokes = scribble(2, 3, control_points, pens=2, size_mm=(3.0, 3.0))
    view = View(-1, -1, 12, 12, 0.5)
    matrix = torch.tensor([[0.9, 0.2, 1], [-0.1, 1.1, 0.5], [2e-3, -1e-3, 1]], dtype=torch.float64)
    warp = Warp(torch.stack([torch.eye(3).double(), matrix]))
    weights = torch.randn(4, 2, 2, 12, 12, generator=torch.Generator().manual_seed(0)).double()

    def weighted(points, width_mm, opacity):
        moved = Strokes(points, width_mm, opacity, strokes.pen)
        image = render(moved, [view, view], warp=warp, renderer=reference.transmittance)
        assert image.min() < 0.7
        return (weights * image).sum((1, 2, 3, 4))

    assert torch.autograd.gradcheck(weighted, leaves_of(strokes), atol=1e-5, rtol=1e-4)


def test_both_renderers_pull_the_control_points_alike():
    strokes, views = scribble(4, 20, 6, pens=2), [PAGE, View(3, 2, 80, 60, 0.2)]
    noise = torch.randn(2, 2, 60, 80, generator=torch.Generator().manual_seed(0)).double()
    pulls = []
    for renderer in (cpu.transmittance, reference.transmittance):
        leaves = leaves_of(strokes)
        image = render(Strokes(*leaves, strokes.pen), views, renderer=renderer)
        pulls.append(torch.autograd.grad(image, leaves, noise.to(image.dtype)))
    for fast, law in zip(*pulls, strict=True):
        assert torch.allclose(fast, law, rtol=0, atol=1e-3 * law.abs().max().item())


def test_single_precision_strokes_give_single_precision_planes():
    strokes = scribble(dtype=torch.float32)
    assert render(strokes, [PAGE]).dtype == torch.float32
    assert render(strokes, [PAGE], renderer=reference.transmittance).dtype == torch.float32


def test_a_pen_without_strokes_has_its_plane():
    strokes = Strokes.of_pen(torch.tensor([[[2.0, 4.0], [4.0, 4.0], [6.0, 4.0], [8.0, 4.0]]]), 1.0)
    planes = render(strokes, [View(0, 0, 16, 8, 1.0)], pens=3)
    assert planes.shape == (1, 3, 8, 16)
    assert planes[0, 0].min() < 0.9
    assert (planes[0, 1:] == 1).all()


@pytest.mark.parametrize("dtype", [torch.float32, torch.float64])
@pytest.mark.parametrize("control_points", [4, 6])
@pytest.mark.parametrize("value", [np.nan, np.inf, -np.inf, 1e20, -3e38])
@pytest.mark.parametrize("of", ["points", "width_mm"])
def test_strokes_of_no_finite_size_are_left_out(dtype, control_points, value, of):
    """By the kernels and by the definition, which double precision takes."""
    strokes = scribble(control_points=control_points, dtype=dtype)
    parts = {name: getattr(strokes, name).clone() for name in ("points", "width_mm")}
    parts[of].view(15, -1)[3, -1] = value
    odd = replace(strokes, **{name: part.requires_grad_() for name, part in parts.items()})
    drawn = render(odd, [PAGE])
    assert torch.equal(drawn, render(strokes.select(torch.arange(15) != 3), [PAGE]))
    drawn.sum().backward()
    for part in parts.values():
        assert part.grad.isfinite().all()
        assert not part.grad[3].any()


@pytest.mark.parametrize("dtype", [torch.float32, torch.float64])
def test_a_stroke_that_leads_far_away_is_drawn(dtype):
    strokes = scribble(count=1, dtype=dtype)
    strokes.points[:] = torch.tensor([[5.0, 15.0], [10.0, 15.0], [15.0, 15.0], [1e9, 15.0]])
    assert render(strokes, [PAGE])[0, 0, 30, 70] < 0.8
