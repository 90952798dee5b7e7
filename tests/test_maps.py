"""Maps over a picture: light, opacity, paint; their shape; how they lie on the ground."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from plotopt.errors import PlotoptError
from plotopt.maps import Ground, fitted, read_map, read_mask, read_paint
from plotopt.page import Rect
from plotopt.picture import read_picture
from plotopt.view import View

PICTURE = read_picture(np.zeros((60, 80), np.uint8))


def saved(path, pixels, mode=None):
    Image.fromarray(np.asarray(pixels), mode).save(path)
    return path


def halves(left, right, dtype=np.uint8):
    pixels = np.empty((30, 40, *np.shape(left)), dtype)
    pixels[:, :20], pixels[:, 20:] = left, right
    return pixels


@pytest.mark.parametrize(
    ("pixels", "left", "right"),
    [
        (halves(0, 255), 0, 1),
        (halves(51, 204), 0.2, 0.8),
        (halves(0, 65535, np.uint16), 0, 1),
        (halves((0, 0, 0), (255, 255, 255)), 0, 1),
        (halves((0, 0, 0, 255), (255, 255, 255, 255)), 0, 1),
    ],
)
def test_lightness_is_as_screens_show_it(tmp_path, pixels, left, right):
    for read in (read_map, read_mask):
        found = read(saved(tmp_path / "map.png", pixels), "mask", PICTURE)
        assert found[:, :20] == pytest.approx(np.full((30, 20), left), abs=1e-3)
        assert found[:, 20:] == pytest.approx(np.full((30, 20), right), abs=1e-3)


def test_opacity_says_what_a_mask_keeps(tmp_path):
    path = saved(tmp_path / "m.png", halves((0, 0, 0, 255), (255, 255, 255, 51)))
    assert read_mask(path, "mask", PICTURE)[0, [0, -1]] == pytest.approx([1, 0.2])
    assert read_paint(path, "map", PICTURE)[0, [0, -1]] == pytest.approx([1, 0.2])


def test_transparent_colours_of_palettes_are_seen(tmp_path):
    image = Image.fromarray(halves(0, 1)).convert("P")
    image.putpalette([255, 255, 255, 0, 0, 0])
    image.save(tmp_path / "p.png", transparency=0)
    assert read_mask(tmp_path / "p.png", "mask", PICTURE)[0, [0, -1]].tolist() == [0, 1]


def test_paint_is_what_is_not_white(tmp_path):
    path = saved(tmp_path / "b.png", halves((255, 255, 0), (255, 255, 255)))
    assert read_paint(path, "map", PICTURE)[0, [0, -1]] == pytest.approx([1, 0], abs=1e-5)


@pytest.mark.parametrize("size", [(80, 60), (11, 8), (400, 300), (82, 60), (400, 310)])
def test_maps_of_the_pictures_shape_may_have_any_size(tmp_path, size):
    Image.new("L", size, 128).save(tmp_path / "map.png")
    assert read_map(tmp_path / "map.png", "mask", PICTURE).shape == size[::-1]


@pytest.mark.parametrize("size", [(60, 60), (60, 80), (400, 330), (12, 8)])
def test_maps_of_another_shape_are_refused_with_both_sizes(tmp_path, size):
    Image.new("L", size, 128).save(tmp_path / "map.png")
    for read in (read_map, read_mask, read_paint):
        with pytest.raises(PlotoptError) as caught:
            read(tmp_path / "map.png", "mask", PICTURE)
        assert f"{size[0]} x {size[1]} px" in str(caught.value)
        assert "80 x 60 px" in str(caught.value)
        assert "mask" in str(caught.value)
        assert "\n" not in str(caught.value)


@pytest.mark.parametrize("name", ["missing.png", "text.png", "one.png", "folder", "cut.png", "plot.svg"])
def test_what_is_no_picture_is_refused_by_name(folder, name):
    for read in (read_map, read_mask, read_paint):
        with pytest.raises(PlotoptError) as caught:
            read(folder / name, "mask", PICTURE)
        assert "\n" not in str(caught.value)
        assert name in str(caught.value)


@given(st.integers(1, 40), st.integers(1, 40), st.sampled_from([0.25, 0.5, 1.0, 3.0]), st.integers(0, 9))
def test_a_plane_that_rises_lies_on_any_ground_as_it_is(rows, columns, mm_per_px, border_px):
    place = Rect(5, 7, 45, 37)
    left, top = place.left - border_px * mm_per_px, place.top - border_px * mm_per_px
    shape = (
        int(place.height / mm_per_px) + 2 * border_px,
        int(place.width / mm_per_px) + 2 * border_px,
    )
    ground = Ground(np.ones(shape), View(left, top, shape[1], shape[0], mm_per_px), place)
    plane = np.repeat((np.arange(columns)[None] + 0.5) / columns, rows, 0)
    found = ground.lay(plane)
    assert found.shape == shape
    across, _ = ground.parts()
    expected = across.clip(0.5 / columns, 1 - 0.5 / columns)
    # Averaging pixels flattens the plane at its edges, by one of them.
    assert np.abs(found - expected).max() <= 1.5 * max(mm_per_px / place.width, 0) + 1e-6


def test_fitting_keeps_means_and_corners():
    plane = np.random.default_rng(0).random((60, 80)).astype(np.float32)
    assert fitted(plane, (6, 8)).mean() == pytest.approx(plane.mean(), abs=0.01)
    assert fitted(plane, (60, 80)) == pytest.approx(plane)
    assert fitted(np.ones((1, 1)), (3, 5)).tolist() == np.ones((3, 5)).tolist()
