"""diffvg behind our interface: with a stand-in everywhere, and with diffvg itself where it is built."""

import sys
from dataclasses import dataclass, field, replace
from pathlib import Path
from types import ModuleType, SimpleNamespace

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from scenes import polylines, random_polylines, render_with_gradients, wandering

from plotopt.errors import PlotoptError
from plotopt.render import diffvg, reference, render
from plotopt.render.diffvg import Diffvg
from plotopt.render.polylines import Polylines, Raster
from plotopt.strokes import MAX_OPACITY, Strokes
from plotopt.view import View

GOLDEN = Path(__file__).parent / "data" / "golden"
SQUARE = Raster(1, 32, 32)
BENT = [[3, 3.2], [20, 9], [28, 29]]
# What diffvg must not see, or only in parts, and what the result then is.
NOTHING_SEEN = {
    "no strokes": polylines([]),
    "outside": polylines([[[-40, 5], [-20, 9]], [[5, 90], [4, 50]], [[-1e5, -1e5], [-9, -9]]]),
    "no width": polylines([*wandering(8, 5, SQUARE), [[9, 9], [9, 9]]], radius=0),
}

needs_diffvg = pytest.mark.skipif(not diffvg.available(), reason="pydiffvg is not installed")


@dataclass
class StandIn:
    """Takes what the adapter hands to diffvg and renders it by the reference, so that they must be equal.

    ``scenes`` are the shapes and groups of each render, ``calls`` its samples and seed.
    """

    scenes: list = field(default_factory=list)
    calls: list = field(default_factory=list)

    def serialize_scene(self, width, height, shapes, groups, filter):
        assert filter.type == "tent"
        assert [group.shape_ids.tolist() for group in groups] == [[i] for i in range(len(shapes))]
        self.scenes.append((shapes, groups))
        return [(shapes, groups, float(filter.radius))]

    def apply(self, width, height, *arguments):
        *call, background, (shapes, groups, softness_px) = arguments
        self.calls.append(call)
        assert background.shape == (height, width, 4)
        strokes = [shape.points for shape in shapes]
        colors = [g.fill_color if g.stroke_color is None else g.stroke_color for g in groups]
        assert all(color[:3].tolist() == [0, 0, 0] for color in colors)
        lines = Polylines(
            torch.cat(strokes),
            torch.tensor([0, *(len(stroke) for stroke in strokes)]).cumsum(0),
            torch.stack([shape.radius for shape in shapes]),
            torch.stack(colors)[:, 3],
            torch.zeros(len(shapes), dtype=torch.int64),
        )
        light = reference.transmittance(lines, Raster(1, height, width, softness_px))[0]
        return background * light[..., None]


def path(num_control_points, points, is_closed, stroke_width):
    assert not is_closed
    assert num_control_points.tolist() == [0] * (len(points) - 1)
    return SimpleNamespace(points=points, radius=stroke_width, is_disc=False)


def disc(radius, center):
    return SimpleNamespace(points=center.expand(2, 2), radius=radius, is_disc=True)


@pytest.fixture
def stand_in(monkeypatch):
    """A module pydiffvg that is none."""
    module, rendering = ModuleType("pydiffvg"), StandIn()
    module.set_use_gpu = lambda use: None
    module.diffvg = SimpleNamespace(FilterType=SimpleNamespace(tent="tent"))
    module.PixelFilter = lambda type, radius: SimpleNamespace(type=type, radius=radius)
    module.Path = path
    module.Circle = disc
    module.ShapeGroup = lambda shape_ids, fill_color, stroke_color=None: SimpleNamespace(
        shape_ids=shape_ids, fill_color=fill_color, stroke_color=stroke_color
    )
    module.RenderFunction = rendering
    monkeypatch.setitem(sys.modules, "pydiffvg", module)
    return rendering


def white_noise(raster, seed=0):
    generator = torch.Generator().manual_seed(seed)
    shape = raster.planes, raster.height_px, raster.width_px
    return torch.randn(shape, generator=generator, dtype=torch.float64)


def smooth(raster):
    """A gradient that changes slowly over the image, as most losses have it."""
    y, x = np.mgrid[: raster.height_px, : raster.width_px] + 0.5
    weights = 1 + 0.5 * np.sin(2 * np.pi * x / 37 + 0.3) + 0.5 * np.cos(2 * np.pi * y / 29 - 0.02 * x)
    return torch.tensor(weights).expand(raster.planes, -1, -1)


def by_both(renderer, lines, raster, upstream):
    """A renderer's image and gradients, and the law's."""
    return [render_with_gradients(r, lines, raster, upstream) for r in (renderer, reference.transmittance)]


def relative_error(got, expected):
    return float((got - expected).norm() / expected.norm())


def rms(difference):
    return float(difference.square().mean().sqrt())


def test_without_diffvg_one_line_says_how_to_get_it(monkeypatch):
    monkeypatch.setitem(sys.modules, "pydiffvg", None)
    assert not diffvg.available()
    with pytest.raises(PlotoptError, match=r"^pydiffvg is not installed .*: git clone .*$") as caught:
        Diffvg()(polylines([BENT]), SQUARE)
    assert "\n" not in str(caught.value)


def test_strokes_stay_in_one_part_while_there_is_room():
    tiles = [np.array([0, 1]), np.array([1, 2]), np.array([2, 3])]
    assert diffvg.deal(tiles, most=2) == [[0, 1, 2]]


def test_strokes_go_to_the_first_part_with_room():
    tiles = [np.array([0]), np.array([0, 1]), np.array([1]), np.array([0]), np.array([7])]
    assert diffvg.deal(tiles, most=1) == [[0, 2, 4], [1], [3]]


def test_strokes_on_no_tile_are_in_no_part():
    nowhere = np.zeros(0, int)
    assert diffvg.deal([nowhere, np.array([3]), nowhere]) == [[1]]
    assert diffvg.deal([nowhere]) == diffvg.deal([]) == []


@given(seed=st.integers(0, 2**32), most=st.integers(1, 5))
@settings(max_examples=50, deadline=None)
def test_no_tile_has_too_many_strokes_of_one_part(seed, most):
    rng = np.random.default_rng(seed)
    tiles = [np.flatnonzero(rng.random(9) < 0.3) for _ in range(40)]
    parts = diffvg.deal(tiles, most)
    for part in parts:
        assert np.bincount(np.concatenate([tiles[i] for i in part])).max() <= most
        assert part == sorted(part)
    assert sorted(i for part in parts for i in part) == [i for i, under in enumerate(tiles) if len(under)]


@pytest.mark.parametrize("raster", [SQUARE, Raster(1, 37, 21), Raster(1, 1, 50)])
def test_every_pixel_under_a_stroke_is_in_one_of_its_tiles(raster):
    lines = random_polylines(5, 40, raster)
    columns, rows = -(-raster.width_px // 8), -(-raster.height_px // 8)
    for i, under in enumerate(diffvg.tiles_under(lines, raster)):
        alone = replace(lines, radius=lines.radius + 1, opacity=(torch.arange(40) == i).double())
        pixels = (reference.transmittance(alone, raster)[0] < 1).nonzero().numpy()
        assert set(pixels[:, 1] // 8 * rows + pixels[:, 0] // 8) <= set(under.tolist())
        assert all(0 <= tile < columns * rows for tile in under)


def test_what_diffvg_is_given_is_our_scene(stand_in):
    raster = Raster(3, 20, 30)
    lines = random_polylines(6, 40, raster)
    got, law = by_both(Diffvg(samples=3, seed=7), lines, raster, white_noise(raster))
    assert torch.allclose(got.image, law.image, atol=2e-5)
    for name in ("vertices", "radius", "opacity"):
        assert relative_error(getattr(got, name), getattr(law, name)) < 1e-3
    assert stand_in.calls == [[3, 3, 7]] * 3


def test_the_edges_width_is_the_filters(stand_in):
    for softness_px, expected in ((2.0, 2.0), (0.1, 0.75)):
        got = Diffvg()(polylines([BENT]), Raster(1, 32, 32, softness_px))
        law = reference.transmittance(polylines([BENT]), Raster(1, 32, 32, expected))
        assert torch.allclose(got.double(), law, atol=2e-5)


def test_crowds_are_drawn_in_parts_that_multiply(stand_in):
    lines = polylines([BENT] * 300, opacity=0.01)
    got, law = by_both(Diffvg(), lines, SQUARE, white_noise(SQUARE))
    assert [len(shapes) for shapes, _ in stand_in.scenes] == [256, 44]
    assert torch.allclose(got.image, law.image, atol=2e-5)
    assert relative_error(got.opacity, law.opacity) < 1e-3


def test_many_strokes_side_by_side_are_drawn_at_once(stand_in):
    rows = 10 * np.arange(300)
    Diffvg()(polylines([[[2, y], [9, y]] for y in rows]), Raster(1, 3000, 12))
    assert [len(shapes) for shapes, _ in stand_in.scenes] == [300]


@pytest.mark.parametrize("name", NOTHING_SEEN)
def test_diffvg_is_not_asked_where_nothing_is_seen(name, stand_in):
    leaves = [
        part.clone().requires_grad_()
        for part in (NOTHING_SEEN[name].vertices, NOTHING_SEEN[name].radius, NOTHING_SEEN[name].opacity)
    ]
    lines = replace(NOTHING_SEEN[name], vertices=leaves[0], radius=leaves[1], opacity=leaves[2])
    image = Diffvg()(lines, Raster(2, 32, 40))
    assert torch.equal(image, torch.ones(2, 32, 40))
    image.sum().backward()
    assert not any(leaf.grad.any() for leaf in leaves)
    assert stand_in.scenes == []


def test_strokes_without_length_are_discs(stand_in):
    lines = polylines([[[10, 10]] * 3, [[20, 20], [20, 20.001]], [[3, 20], [9, 20]]])
    got, law = by_both(Diffvg(), lines, SQUARE, white_noise(SQUARE))
    shapes, groups = stand_in.scenes[0]
    assert [shape.is_disc for shape in shapes] == [True, True, False]
    assert [group.stroke_color is None for group in groups] == [True, True, False]
    assert torch.allclose(got.image, law.image, atol=1e-3)


@pytest.mark.parametrize("value", [np.nan, np.inf, -np.inf])
@pytest.mark.parametrize("part", ["vertices", "radius", "opacity"])
def test_numbers_that_are_not_finite_are_refused(part, value, stand_in):
    lines = polylines([BENT] * 2)
    spoilt = getattr(lines, part).clone()
    spoilt.view(-1)[1] = value
    with pytest.raises(ValueError, match="finite"):
        Diffvg()(replace(lines, **{part: spoilt}), SQUARE)
    assert stand_in.scenes == []


@needs_diffvg
def test_images_are_near_the_reference():
    raster = Raster(2, 48, 64)
    lines = polylines(wandering(0, 20, raster), radius=1.0, plane=np.arange(20) % 2)
    law = reference.transmittance(lines, raster)
    for samples, bound in ((2, 0.027), (8, 0.013)):
        assert rms(Diffvg(samples)(lines, raster) - law) < bound


@needs_diffvg
@pytest.mark.parametrize("opacity", [0.2, 0.7, 0.999])
def test_gradients_of_straight_strokes_are_near_the_references(opacity):
    lines = polylines([[[10, 10], [50, 33]]], radius=1.0, opacity=opacity)
    raster = Raster(1, 48, 64)
    got, law = by_both(Diffvg(8), lines, raster, smooth(raster))
    assert relative_error(got.vertices, law.vertices) < 0.05
    assert relative_error(got.radius, law.radius) < 0.02
    assert relative_error(got.opacity, law.opacity) < 0.01


@needs_diffvg
def test_a_bend_has_half_its_gradient():
    """diffvg samples no arc where two pieces meet; see the docstring."""
    raster = Raster(1, 48, 64)
    lines = polylines([[[10, 10], [30, 30], [50, 12]]], radius=2.0)
    got, law = by_both(Diffvg(8), lines, raster, torch.ones(1, 48, 64))
    assert 0.4 < got.vertices[1, 1] / law.vertices[1, 1] < 0.6
    assert relative_error(got.vertices[[0, 2]], law.vertices[[0, 2]]) < 0.1


@needs_diffvg
@pytest.mark.parametrize(
    ("name", "points", "widths"),
    [("1_straight", 0.05, 0.02), ("3_crossing_nonsquare", 0.4, 0.02), ("2_curve", 0.85, 0.02)],
)
def test_gradients_are_of_the_size_of_the_truth(name, points, widths):
    with np.load(GOLDEN / f"{name}.npz") as file:
        data = {key: torch.tensor(value) for key, value in dict(file).items()}
    controls, full_widths = (data[key].float().requires_grad_() for key in ("points", "widths"))
    pen = torch.zeros(len(controls), dtype=torch.int64)
    strokes = Strokes(controls, full_widths, data["alpha"].float().clamp(max=MAX_OPACITY), pen)
    view = View(0, 0, int(data["width"]), int(data["height"]), 1.0)
    (render(strokes, [view], renderer=Diffvg(8))[0, 0] * data["weight_map"]).sum().backward()
    assert relative_error(controls.grad, data["grad_points_ref"]) < points
    assert relative_error(full_widths.grad, data["grad_widths_ref"]) < widths


@needs_diffvg
def test_300_coincident_strokes_do_not_abort():
    lines = polylines([BENT] * 300, radius=1, opacity=0.01)
    got = render_with_gradients(Diffvg(), lines, SQUARE, white_noise(SQUARE))
    inside = reference.transmittance(lines, SQUARE) < 0.05
    assert got.image[inside].mean() == pytest.approx(0.99**300, abs=0.01)
    assert got.vertices.isfinite().all()


@needs_diffvg
@pytest.mark.parametrize("ends", [([4, 16], [28, 16]), ([4, 4], [28, 28]), ([4, 5], [28, 23])])
def test_straight_evenly_spaced_strokes_do_not_vanish(ends):
    start, end = torch.tensor(ends, dtype=torch.float32)
    points = torch.lerp(start, end, torch.linspace(0, 1, 4)[:, None])[None]
    strokes, view = Strokes.of_pen(points, 2.0), View(0, 0, 32, 32, 1.0)
    seen, law = (1 - render(strokes, [view], renderer=r) for r in (Diffvg(4), reference.transmittance))
    assert seen.sum() == pytest.approx(law.sum().item(), rel=0.03)


EDGES = {
    "partly outside": polylines([[[-900, 5], [16, 9], [16.3, 4000]], [[20, 20], [33, 33.5]]]),
    "no length": polylines([[[10, 10]] * 3, [[20, 20]] * 2]),
    "hardly any length": polylines(wandering(14, 20, SQUARE, step_px=0.01)),
    "repeated vertices": polylines([[[8, 8], [8, 8], [20, 9], [20, 9]]]),
    "drawn back": polylines([[[4, 5], [26, 20], [4, 5]]]),
    "some without width": polylines(wandering(8, 5, SQUARE), radius=[0, 0, 1, 0, 0]),
    "no ink": polylines(wandering(11, 5, SQUARE), opacity=0),
    "wider than the raster": polylines(wandering(9, 4, SQUARE), radius=1e6, opacity=0.6),
}


@needs_diffvg
@pytest.mark.parametrize("name", EDGES)
def test_strange_strokes_are_drawn(name):
    got, law = by_both(Diffvg(4), EDGES[name], SQUARE, white_noise(SQUARE))
    assert rms(got.image - law.image) < 0.02
    assert all(part.isfinite().all() for part in (got.vertices, got.radius, got.opacity))


@needs_diffvg
def test_strokes_without_length_can_be_moved():
    lines = polylines([[[10.3, 10.6]] * 3])
    got, law = by_both(Diffvg(8), lines, SQUARE, smooth(SQUARE))
    assert relative_error(got.vertices.sum(0), law.vertices.sum(0)) < 0.2
    assert relative_error(got.radius, law.radius) < 0.05


@needs_diffvg
def test_the_seed_chooses_the_samples():
    lines, noise = polylines([BENT]), white_noise(SQUARE)
    first, again, other = (render_with_gradients(Diffvg(2, s), lines, SQUARE, noise) for s in (0, 0, 1))
    assert torch.allclose(first.image, again.image, atol=1e-5)
    assert relative_error(again.vertices, first.vertices) < 1e-4
    assert rms(other.image - first.image) > 1e-3
