"""Which way lines run: as told, as painted, along edges; texts are read and told again."""

from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image, ImageDraw
from scipy.ndimage import gaussian_filter, zoom

from plotopt.errors import PlotoptError
from plotopt.first_strokes.directions import (
    About,
    Angles,
    Brush,
    Drift,
    Structure,
    read_direction,
    share_tone,
    structure_headings,
    topmost,
)
from plotopt.maps import Ground
from plotopt.page import Rect
from plotopt.picture import read_picture
from plotopt.view import View

PLACE = Rect(10, 20, 74, 68)


def ground_of(tone, mm_per_px=0.5, border_px=0):
    """A ground over PLACE, with so many pixels around it."""
    height, width = tone.shape
    left, top = PLACE.left - border_px * mm_per_px, PLACE.top - border_px * mm_per_px
    return Ground(tone, View(left, top, width, height, mm_per_px), PLACE)


GREY = ground_of(np.full((96, 128), 0.5))


def apart(one, other):
    """How far directions without sign differ, in radians, elementwise."""
    return np.abs((one - other + 0.5 * np.pi) % np.pi - 0.5 * np.pi)


def stripes(angle, size=96, pitch=12):
    y, x = np.mgrid[:size, :size] + 0.5
    return 0.5 + 0.4 * np.cos((y * np.cos(angle) - x * np.sin(angle)) * 2 * np.pi / pitch)


@pytest.mark.parametrize("angle", [0.0, 0.4, 1.2, np.pi / 2, 2.5])
def test_structure_follows_stripes(angle):
    assert apart(structure_headings(stripes(angle)), angle)[12:-12, 12:-12].max() < 0.1


def test_flat_parts_take_the_direction_of_the_nearest_edge():
    tone = np.full((64, 64), 0.9)
    tone[:, :20] = 0.3
    assert np.abs(np.cos(structure_headings(tone)[:, 20:40])).max() < 0.05


def test_reading_twice_as_coarsely_is_reading_a_picture_half_the_size():
    smooth = gaussian_filter(np.random.default_rng(0).random((60, 80)), 3)
    large = zoom(smooth, 2, order=3, mode="nearest", grid_mode=True)
    coarse, fine = structure_headings(large, 2.0)[1::2, 1::2], structure_headings(smooth)
    off = np.abs(np.sin(coarse - fine))[8:-8, 8:-8]
    assert np.median(off) < 0.04
    assert np.median(np.abs(np.sin(structure_headings(large)[1::2, 1::2] - fine))) > 2 * np.median(off)


def test_only_what_is_read_from_a_picture_can_be_read_more_coarsely():
    assert Structure().coarser(1.5).coarser(2) == Structure(3.0)
    assert str(Structure(3.0)) == "structure"
    assert Angles((45.0,)).coarser(2) == Angles((45.0,))


@pytest.mark.parametrize(("degrees", "run"), [(0, (1, 0)), (90, (0, 1)), (45, (1, -1)), (-45, (1, 1))])
def test_angles_turn_against_the_clock_as_on_paper(degrees, run):
    (field,) = Angles((degrees,)).headings(GREY)
    assert apart(field, np.arctan2(run[1], run[0])).max() < 1e-9


def test_lines_run_from_a_point_or_about_it():
    (rays,), (rings,) = (About(each, (0.25, 0.5)).headings(GREY) for each in (False, True))
    y, x = np.mgrid[:96, :128] + 0.5
    assert apart(rays, np.arctan2(y - 48, x - 32)).max() < 1e-9
    assert apart(rings, rays).min() == pytest.approx(np.pi / 2)


def test_a_point_is_where_it_is_on_rasters_with_a_border():
    (bare,), (bordered,) = (
        About(False).headings(ground)[:] for ground in (GREY, ground_of(np.full((112, 144), 0.5), 0.5, 8))
    )
    assert apart(bordered[8:-8, 8:-8], bare).max() < 1e-9


def test_random_lines_are_smooth_and_the_same_on_every_raster():
    coarse, fine = (
        Drift(5).headings(ground)[0] for ground in (GREY, ground_of(np.full((192, 256), 0.5), 0.25))
    )
    assert np.quantile(apart(np.diff(coarse, axis=1), 0), 0.9) < 0.2
    assert np.quantile(apart(fine[::2, ::2], coarse), 0.9) < 0.2
    other = Drift().opened(None, 6).headings(GREY)[0]
    assert other.shape == coarse.shape
    assert np.median(apart(other, coarse)) > 0.3
    assert np.array_equal(Drift().opened(None, 5).headings(GREY)[0], coarse)


def test_random_lines_keep_their_distances():
    """What flows in flows out, but for where two currents meet."""
    (field,) = Drift(1).headings(GREY)
    assert apart(field, 0).std() > 0.3
    assert apart(field, 0).max() > 0.8


def painted(tmp_path, mode, ground, ink, name="brush.png"):
    """A map with one slanting line in its left half."""
    image = Image.new(mode, (64, 48), ground)
    ImageDraw.Draw(image).line([(4, 40), (26, 8)], fill=ink, width=3)
    image.save(tmp_path / name)
    return tmp_path / name


PICTURE = read_picture(np.full((96, 128), 200, np.uint8))


@pytest.mark.parametrize(
    ("mode", "ground", "ink"),
    [
        ("RGBA", (0, 0, 0, 0), (255, 255, 255, 255)),
        ("RGBA", (255, 255, 255, 255), (0, 200, 90, 255)),
        ("RGB", "white", "yellow"),
        ("L", 255, 0),
        ("LA", (0, 0), (0, 255)),
        ("I;16", 65535, 20000),
        ("P", 0, 1),
    ],
)
def test_lines_run_along_painted_lines_and_else_along_edges(tmp_path, mode, ground, ink):
    if mode == "P":
        image = Image.open(painted(tmp_path, "RGB", "white", "red")).quantize(8)
        image.save(tmp_path / "brush.png")
    else:
        painted(tmp_path, mode, ground, ink)
    brush = Brush(tmp_path / "brush.png").opened(PICTURE, 0)
    tone = np.full((96, 128), 0.8)
    tone[:, 110:] = 0.2
    (field,) = brush.headings(ground_of(tone))
    near = apart(field, np.arctan2(-32, 22))[30:66, 20:40]
    assert near.mean() < 0.15
    # No paint is near the upright edge on the right.
    assert apart(field, np.pi / 2)[20:-20, 100:118].max() < 0.1


def test_a_blank_map_is_refused(tmp_path):
    Image.new("RGB", (64, 48), "white").save(tmp_path / "blank.png")
    with pytest.raises(PlotoptError, match=r"blank\.png' is blank"):
        Brush(tmp_path / "blank.png").opened(PICTURE, 0)


def test_two_layers_of_lines_by_hand():
    tone = np.repeat([[0.9, 0.6, 0.5, 0.1, 0.0]], 40, 1).repeat(40, 0)
    first, second = share_tone(tone, 2)
    # The second begins below 0.575, and at once with a darkness of 0.18 or more.
    assert first[20, 20::40] == pytest.approx([0.9, 0.6, 0.5, 0.575, 0.575])
    assert second[20, 20::40] == pytest.approx([1, 1, 1, 0.1 / 0.575, 0])


@given(st.integers(1, 6), st.integers(0, 100))
def test_layers_multiply_to_the_tone(layers, number):
    tone = np.random.default_rng(number).random((12, 9))
    shares = share_tone(tone, layers)
    assert len(shares) == layers
    assert np.prod(shares, 0) == pytest.approx(tone)
    assert all((share >= 0).all() and (share <= 1 + 1e-12).all() for share in shares)


def test_the_topmost_layer_is_that_of_the_darkness():
    fields = Angles((0, 90)).headings(ground_of(np.ones((40, 80))))
    tone = np.repeat([[0.9, 0.1]], 40, 1).repeat(40, 0)
    top = topmost(fields, tone)
    assert (top[:, :20] == fields[0][0, 0]).all()
    assert (top[:, 60:] == fields[1][0, 0]).all()
    assert (topmost(fields[:1], tone) == fields[0][0, 0]).all()


@pytest.mark.parametrize(
    ("text", "direction"),
    [
        ("structure", Structure()),
        (" Random ", Drift()),
        ("45", Angles((45,))),
        ("45deg, 135DEG", Angles((45, 135))),
        ("-30.5°", Angles((-30.5,))),
        ("radial", About(False)),
        ("Circular@0.5,-0.4", About(True, (0.5, -0.4))),
        ("map:Brush Map.png", Brush(Path("Brush Map.png"))),
        ("map:a:b.png", Brush(Path("a:b.png"))),
    ],
)
def test_texts_are_read_and_told_again(text, direction):
    assert read_direction(text) == direction
    assert read_direction(str(direction)) == direction


@given(st.lists(st.floats(-720, 720), min_size=1, max_size=6).map(tuple))
def test_angles_are_told_without_loss(degrees):
    assert read_direction(str(Angles(degrees))) == Angles(degrees)


@pytest.mark.parametrize(
    "text",
    [
        *("", "north", "45,", "nan", "inf", "1,2,3,4,5,6,7", "45 135", "x\ny", "map:", "map"),
        *("radial@", "radial@1", "radial@a,b", "circular@nan,0", "circular@11,0", "circular@1,2,3"),
        "radial@0,nan",
    ],
)
def test_what_is_no_direction_is_refused_in_a_line(text):
    with pytest.raises(PlotoptError, match="direction") as caught:
        read_direction(text)
    assert "\n" not in str(caught.value)
