"""Canvases: passes that see every pixel once, drawings that wrap, and nothing but paper beyond an edge."""

from dataclasses import dataclass, replace

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from plotopt.augment import Jitter, Perspective, Warp, sample_all
from plotopt.canvas import Aim, Canvas, repeated
from plotopt.colour.ink import Inks
from plotopt.crops import Windows
from plotopt.objectives.sight import Scene
from plotopt.page import Rect
from plotopt.render import render
from plotopt.strokes import Strokes
from plotopt.tones.target import Target
from plotopt.view import View

CROP = 48
BLACK = Inks(torch.zeros(1, 1), (False,))


def canvas_of(width_px, height_px, aim=Aim.COVER, mm_per_px=0.25):
    """A canvas off the page's corner."""
    return Canvas(Rect(10, 20, 10 + width_px * mm_per_px, 20 + height_px * mm_per_px), mm_per_px, aim)


def scattered(place, count=25, seed=0, stray=0.0):
    """Curved strokes whose middles lie on a place, or up to ``stray`` of it beside it."""
    rng = np.random.default_rng(seed)
    corner, size = np.array([place.left, place.top]), np.array([place.width, place.height])
    middles = corner + size * rng.uniform(-stray, 1 + stray, (count, 1, 2))
    bends = rng.normal(0, 0.12 * size.min(), (count, 4, 2))
    strokes = Strokes.of_pen(torch.from_numpy(middles + bends).float(), 0.5)
    return replace(strokes, opacity=torch.from_numpy(rng.uniform(0.2, 0.9, count)).float())


def warps(count, size_px, seed=0):
    """Stronger ones than any default."""
    parts = (Jitter(shift_px=4, rotation_deg=15, scale_log=0.1), Perspective(0.08))
    return sample_all(parts, count, size_px, size_px, torch.Generator().manual_seed(seed))


def copies_by_hand(strokes, place, reach=4):
    """The drawing as a whole plane of cells would show it."""
    steps = range(-reach, reach + 1)
    moved = [
        strokes.with_points(strokes.points + torch.tensor([i * place.width, j * place.height]))
        for j in steps
        for i in steps
    ]
    return Strokes(
        *(torch.cat([getattr(s, name) for s in moved]) for name in ("points", "width_mm", "opacity", "pen"))
    )


def seen_by(canvas, corners_px, crop_px):
    """How often each pixel of the canvas lies in a crop, and how many pixels of each crop on the canvas."""
    seen = np.zeros((canvas.height_px, canvas.width_px), int)
    areas = []
    for x, y in corners_px.astype(int):
        part = seen[max(0, y) : max(0, y + crop_px), max(0, x) : max(0, x + crop_px)]
        part += 1
        areas.append(part.size)
    return seen, areas


def test_size_in_pixels_by_hand():
    canvas = Canvas(Rect(10, 20, 110, 70), 100 / 256)
    assert (canvas.width_px, canvas.height_px) == (256, 128)
    # A third of a millimetre does not go into 10 mm: the nearest whole number counts.
    assert Canvas(Rect(0, 0, 10, 10.1), 0.33).width_px == 30


@settings(max_examples=80, deadline=None)
@given(
    width=st.integers(1, 300),
    height=st.integers(1, 300),
    crop=st.integers(20, 130),
    number=st.integers(0, 50),
    seed=st.integers(0, 2**31),
)
def test_a_pass_sees_every_pixel_exactly_once(width, height, crop, number, seed):
    canvas = canvas_of(width, height)
    corners = canvas.corners_px(crop, number, seed)
    assert corners.shape == (canvas.pass_length(crop), 2)
    assert np.array_equal(corners, corners.round())
    assert (seen_by(canvas, corners, crop)[0] == 1).all()


@pytest.mark.parametrize(
    ("width", "height", "crop", "covering", "wrapping"),
    [
        # A third of a crop more than the side, at least: 1024 / 224 is 4.6, and with a third 4.9. A canvas
        # that wraps takes as many crops as have its area, 20.9 of them.
        (1024, 1024, 224, 25, 21),
        (1024, 768, 224, 20, 16),
        (256, 256, 224, 4, 1),
        (224, 224, 224, 4, 1),
        (149, 149, 224, 1, 1),
        (1, 448, 224, 3, 1),
    ],
)
def test_length_of_a_pass_by_hand(width, height, crop, covering, wrapping):
    assert canvas_of(width, height).pass_length(crop) == covering
    assert canvas_of(width, height, Aim.WRAP).pass_length(crop) == wrapping
    assert canvas_of(width, height, Aim.CENTER).pass_length(crop) == 1


def test_crops_edges_lie_somewhere_else_every_pass():
    """Over many passes they fall evenly over at least a third of a crop."""
    canvas = canvas_of(1024, 300)
    edges = np.array([canvas.corners_px(224, number, 0).min(0) for number in range(200)])
    assert edges[:, 0].min() < -85
    assert edges[:, 0].max() > -10
    assert len(np.unique(edges[:, 0])) > 70
    assert len(np.unique(edges[:, 1])) > 70
    assert abs(np.corrcoef(edges.T)[0, 1]) < 0.2


def test_crops_come_in_random_order():
    canvas = canvas_of(1024, 1024)
    firsts = {
        tuple(((c := canvas.corners_px(224, number, 0))[0] - c.min(0)).tolist()) for number in range(40)
    }
    assert len(firsts) > 15


@pytest.mark.parametrize("aim", [Aim.COVER, Aim.WRAP])
def test_corners_depend_on_seed_and_number_alone(aim):
    canvas = canvas_of(700, 500, aim)
    first = canvas.corners_px(224, 3, 7)
    np.random.default_rng(0).random(5)
    canvas.corners_px(224, 4, 7)
    assert np.array_equal(canvas.corners_px(224, 3, 7), first)
    assert not np.array_equal(canvas.corners_px(224, 4, 7), first)
    assert not np.array_equal(canvas.corners_px(224, 3, 8), first)


def test_centre_by_hand():
    canvas = canvas_of(300, 201, Aim.CENTER)
    assert canvas.corners_px(224, 5, 9).tolist() == [[38, -11.5]]


def test_crops_of_a_wrapping_canvas_lie_evenly_on_it_at_whole_pixels():
    canvas = canvas_of(256, 128, Aim.WRAP)
    corners = np.concatenate([canvas.corners_px(64, number, 0) for number in range(800)])
    middles = corners + 32
    assert np.array_equal(corners, corners.round())
    assert (middles >= 0).all()
    assert (middles <= [256, 128]).all()
    shares = np.histogram2d(*middles.T, bins=4, range=[[0, 256], [0, 128]])[0] / len(middles)
    assert abs(shares - 1 / 16).max() < 0.03


def test_views_by_hand():
    canvas = canvas_of(100, 80)
    views = canvas.views(np.array([[0.0, 0.0], [-4.0, 8.0]]), CROP)
    assert views == [View(10, 20, CROP, CROP, 0.25), View(9, 22, CROP, CROP, 0.25)]


def test_copies_by_hand():
    strokes = replace(
        Strokes.of_pen(torch.tensor([[[1.0, 2.0]] * 4, [[3.0, 4.0]] * 4]), 0.5), pen=torch.tensor([0, 1])
    )
    cell = Rect(100, 100, 110, 105)
    copies = repeated(strokes, cell, range(-1, 1), range(2))
    assert copies.points[:, 0].tolist() == [
        [-9, 2],
        [-7, 4],
        [1, 2],
        [3, 4],
        [-9, 7],
        [-7, 9],
        [1, 7],
        [3, 9],
    ]
    assert copies.pen.tolist() == [0, 1] * 4


@pytest.mark.parametrize(("width", "height"), [(64, 64), (100, 60), (30, 200), (25, 25)])
def test_a_crop_of_a_wrapping_canvas_shows_the_periodic_drawing(width, height):
    """Anywhere, at sizes below and beyond the cell's, through warps, where strokes hang over its edges."""
    canvas = canvas_of(width, height, Aim.WRAP)
    strokes = scattered(canvas.place, stray=0.1)
    plane = copies_by_hand(strokes, canvas.place)
    corners = np.concatenate([canvas.corners_px(CROP, number, 1) for number in range(6)])
    # Centred in the corners of the cell, where crops see furthest.
    corners = np.concatenate([corners, np.array([[0, 0], [width, height]]) - CROP / 2])
    views, warp = canvas.views(corners, CROP), warps(len(corners), CROP)
    seen = render(canvas.around(strokes, CROP), views, warp=warp)
    assert seen.amin() < 0.5
    torch.testing.assert_close(seen, render(plane, views, warp=warp), rtol=0, atol=1e-5)


def test_a_wrapping_canvas_looks_the_same_a_cell_further():
    canvas = canvas_of(100, 60, Aim.WRAP)
    near = canvas.around(scattered(canvas.place, stray=0.1), CROP)
    corners = np.array([[0, 7], [100, 7], [3, 0], [3, 60]]) - CROP / 2
    left, right, top, bottom = render(near, canvas.views(corners, CROP))
    torch.testing.assert_close(left, right, rtol=0, atol=1e-4)
    torch.testing.assert_close(top, bottom, rtol=0, atol=1e-4)
    assert not torch.allclose(left, top, atol=0.1)


@pytest.mark.parametrize("aim", [Aim.COVER, Aim.CENTER])
def test_a_canvas_with_edges_is_drawn_once(aim):
    canvas = canvas_of(100, 60, aim)
    strokes = scattered(canvas.place)
    assert canvas.around(strokes, CROP) is strokes


def test_rasters_are_seen_as_targets_are():
    canvas = canvas_of(100, 60)
    image = torch.rand(1, 3, 60, 100, generator=torch.Generator().manual_seed(0))
    target = Target(image[0], canvas.place)
    corners = np.array([[0, 0], [52, 12], [-10, 30], [80, -20], [200, 0]], float)
    views = canvas.views(corners, CROP)
    seen = canvas.raster(image, views, Warp.identity(len(views)), fill=1.0)
    expected = torch.stack([target.window(view) for view in views])
    torch.testing.assert_close(seen, expected, rtol=0, atol=1e-4)


def test_rasters_and_strokes_move_as_one():
    """A dot drawn and the same dot as a picture fall on one place, whatever the crop and the warp."""
    canvas = canvas_of(120, 90)
    dot = Strokes.of_pen(torch.full((1, 4, 2), 0.0) + torch.tensor([24.0, 31.0]), 1.5)
    picture = render(dot, [View(10, 20, 120, 90, 0.25)])
    corners = np.array([[20.0, 15.0], [30.0, 25.0], [25.0, 30.0]])
    views, warp = canvas.views(corners, CROP), warps(3, CROP)
    drawn, seen = render(dot, views, warp=warp), canvas.raster(picture, views, warp, fill=1.0)
    columns = torch.arange(CROP) + 0.5
    for image in ((1 - drawn), (1 - seen)):
        assert (image.sum((1, 2, 3)) > 20).all()
    assert (centre(1 - drawn, columns) - centre(1 - seen, columns)).abs().max() < 0.1


def centre(ink, columns):
    total = ink.sum((1, 2, 3))
    x, y = (ink * columns).sum((1, 2, 3)), (ink * columns[:, None]).sum((1, 2, 3))
    return torch.stack([x / total, y / total], -1)


@pytest.mark.parametrize("warped", [False, True])
def test_inside_is_1_on_the_canvas_and_0_beyond_its_edges(warped):
    canvas = canvas_of(70, 50)
    corners = np.concatenate([canvas.corners_px(CROP, number, 0) for number in range(3)])
    views = canvas.views(corners, CROP)
    warp = warps(len(views), CROP) if warped else Warp.identity(len(views))
    inside = canvas.inside(views, warp)[:, 0]
    beyond = px_beyond_the_edge(canvas, corners, warp)
    assert (inside[beyond < -0.51] > 1 - 1e-5).all()
    assert (inside[beyond > 0.51] == 0).all()
    assert inside.amin() == 0
    assert inside.amax() == pytest.approx(1)


def px_beyond_the_edge(canvas, corners_px, warp):
    """How far beyond the canvas's edge, in its pixels, each pixel of each crop looks; inside is below 0."""
    centres = np.stack([*np.meshgrid(np.arange(CROP) + 0.5, np.arange(CROP) + 0.5), np.ones((CROP, CROP))])
    size = np.array([canvas.width_px, canvas.height_px])[:, None, None]
    distances = []
    for matrix, corner in zip(warp.matrices.numpy(), corners_px, strict=True):
        x, y, w = np.einsum("ij,jkl->ikl", np.linalg.inv(matrix), centres)
        place = np.stack([x / w, y / w]) + corner[:, None, None]
        distances.append(np.maximum(-place, place - size).max(0))
    return torch.from_numpy(np.stack(distances))


def test_a_canvas_that_wraps_has_no_outside():
    canvas = canvas_of(70, 50, Aim.WRAP)
    views = canvas.views(np.array([[-40.0, -40.0], [60.0, 3.0]]), CROP)
    inside = canvas.inside(views, warps(2, CROP))
    assert (inside.expand(2, 1, CROP, CROP) == 1).all()


@dataclass(frozen=True)
class Given:
    """Crops that are what they are."""

    given: Windows
    size_px: int = CROP

    def windows(self, canvas, number, seed):
        return self.given


def test_nothing_but_paper_beyond_the_edge():
    """However strokes hang over: a crop's light there is exactly that of paper."""
    canvas = canvas_of(70, 50)
    corners = np.concatenate([canvas.corners_px(CROP, number, 0) for number in range(3)])
    windows = Windows(canvas.views(corners, CROP), warps(len(corners), CROP))
    strokes = scattered(canvas.place, count=150, stray=0.6)
    sight = Scene(canvas, BLACK, Given(windows), 0).look(strokes, 0, 1.0)
    beyond = px_beyond_the_edge(canvas, corners, windows.warp)[:, None]
    assert sight.transmittance[beyond > 1].amin() < 0.5
    assert (sight.light[beyond > 0.51] == 1).all()
    within = beyond < -0.51
    torch.testing.assert_close(sight.light[within], sight.transmittance[within], rtol=0, atol=1e-5)
