import io
from dataclasses import replace

import numpy as np
import pytest
import resvg_py
import torch
from PIL import Image

from plotopt import bezier
from plotopt.calibration import calibrate
from plotopt.colour.ink import Inks
from plotopt.errors import PlotoptError
from plotopt.page import Page, parse_paper
from plotopt.pens import Pen
from plotopt.picture import read_picture
from plotopt.plot import preview
from plotopt.plot.plan import Layer
from plotopt.plot.preview import dpi_notes, draw_preview
from plotopt.plot.svg import svg_text
from plotopt.profiles import load_profile
from plotopt.stocks import Stock
from plotopt.testcard import draw_testcard

PAGE = Page(50.8, 25.4, 5.0)
KRAFT = Stock("kraft", "kraft paper", "#c8a078", 4.0)


def line(x0, y0, x1, y1):
    return bezier.line_curve(np.array([x0, y0]), np.array([x1, y1]))[None]


ACROSS, DOWN = line(10.0, 12.7, 40.0, 12.7), line(25.4, 2.0, 25.4, 23.0)
RED = Layer(Pen("red", "#ff0000", 2.54), (ACROSS,), 1)
# At 100 dpi: where only the first line is, only the second, both, and none.
SPOTS = {"first": (60, 50), "second": (100, 20), "both": (100, 50), "paper": (2, 2)}


def light(image):
    return read_picture(image).linear


def colours(layers, stock):
    image = draw_preview(layers, PAGE, stock, dpi=100)
    return {name: image.getpixel(spot) for name, spot in SPOTS.items()}


def crossing(first, second):
    return [
        Layer(replace(first, width_mm=2.54), (ACROSS,), 1),
        Layer(replace(second, width_mm=2.54), (DOWN,), 1),
    ]


def test_size_colours_and_pen_width_are_true():
    image = draw_preview([RED], PAGE, dpi=100)
    assert (image.size, image.mode) == ((200, 100), "RGB")
    pixels = np.asarray(image)
    assert (pixels[:, 100] == [255, 0, 0]).all(1).sum() == 10  # 2.54 mm at 100 dpi
    assert pixels[2, 2].tolist() == [255, 255, 255]


def test_translucent_inks_multiply_with_each_other_and_with_the_paper():
    cyan, yellow = Pen("cyan", "#00ffff", 1), Pen("yellow", "#ffff00", 1)
    seen = colours(crossing(cyan, yellow), KRAFT)
    assert seen["paper"] == (0xC8, 0xA0, 0x78)
    assert seen["first"] == (0, 0xA0, 0x78)
    assert seen["second"] == (0xC8, 0xA0, 0)
    assert seen["both"] == (0, 0xA0, 0)  # yellow over cyan is green


def test_an_opaque_ink_covers_what_lies_below():
    blue, white = Pen("blue", "#0000ff", 1), Pen("white", "#ffffff", 1, opaque=True)
    seen = colours(crossing(blue, white), KRAFT)
    assert seen["second"] == seen["both"] == (255, 255, 255)
    assert seen["first"] == (0, 0, 0x78)


def test_passes_of_one_pen_build_up():
    grey = Pen("grey", "#000000", 2.54, opacity=0.5)
    image = draw_preview([Layer(grey, (ACROSS, DOWN), 2)], PAGE, dpi=100)
    column, row = SPOTS["first"]
    assert light(image)[row, column] == pytest.approx(0.5, abs=0.006)
    column, row = SPOTS["both"]
    assert light(image)[row, column] == pytest.approx(0.25, abs=0.006)  # (1 - 0.5) ** 2


def test_translucent_passes_are_what_is_optimised():
    layers = [
        Layer(Pen("red", "#d8232f", 2.54, opacity=0.85), (ACROSS,), 1),
        Layer(Pen("blue", "#23398f", 2.54, opacity=0.6), (DOWN,), 1),
    ]
    seen = light(draw_preview(layers, PAGE, KRAFT, dpi=100))
    inks = Inks.of_pens([layer.pen for layer in layers], 3, KRAFT)
    for spot, (red, blue) in {"first": (1, 0), "second": (0, 1), "both": (1, 1), "paper": (0, 0)}.items():
        through = torch.tensor([0.15**red, 0.4**blue])[None, :, None, None]
        column, row = SPOTS[spot]
        np.testing.assert_allclose(seen[row, column], inks.on_paper(through)[0, :, 0, 0], atol=0.01)


def test_an_ink_does_not_multiply_with_itself_not_even_in_parts():
    ochre = Pen("ochre", "#c08040", 2.54)
    whole = draw_preview([Layer(ochre, (ACROSS, DOWN), 2)], PAGE, dpi=100)
    parts = [
        Layer(ochre, (chain,), 1, part=number, parts=2)
        for number, chain in enumerate((ACROSS, DOWN), start=1)
    ]
    assert whole.getpixel(SPOTS["both"]) == whole.getpixel(SPOTS["first"]) == (0xC0, 0x80, 0x40)
    np.testing.assert_array_equal(np.asarray(draw_preview(parts, PAGE, dpi=100)), np.asarray(whole))


def test_black_on_white_is_the_plotted_svg_with_edges_of_true_light():
    layers = [Layer(Pen("black", "#000000", 0.4), (ACROSS, DOWN), 2)]
    plain = resvg_py.svg_to_bytes(
        svg_string=svg_text(layers, PAGE, {"seed": 1}),
        width=400,
        dpi=96,
        background="#ffffff",
        skip_system_fonts=True,
    )
    uncovered = np.asarray(Image.open(io.BytesIO(plain)).convert("RGB")) / 255
    seen = light(draw_preview(layers, PAGE))
    # Half a step of 8-bit sRGB is at most 0.0045 of the light.
    np.testing.assert_allclose(seen, uncovered, atol=0.0046)


def hatching(pen, angle):
    """A layer of lines of 20 mm, and which part of a page of 50.8 x 25.4 mm it covers."""
    along = np.array([np.cos(angle), np.sin(angle)])
    across = np.array([-along[1], along[0]])
    centres = [[25.4, 12.7] + i * 0.513 * across for i in range(-10, 11)]
    chains = tuple(bezier.line_curve(c - 10 * along, c + 10 * along)[None] for c in centres)
    area = len(chains) * (20 * pen.width_mm + np.pi / 4 * pen.width_mm**2)
    return Layer(pen, chains, len(chains)), area / (PAGE.width_mm * PAGE.height_mm)


@pytest.mark.parametrize("angle", [0.03, 0.5])
@pytest.mark.parametrize("width_mm", [0.1, 0.2, 0.4])
@pytest.mark.parametrize(("ink", "paper"), [("#000000", "#ffffff"), ("#ffffff", "#000000")])
def test_fine_lines_have_the_tone_of_their_area(ink, paper, width_mm, angle):
    layer, share = hatching(Pen("pen", ink, width_mm, opaque=ink == "#ffffff"), angle)
    image = draw_preview([layer], PAGE, Stock("card", "card", paper, 4.0))
    changed = abs(light(image).mean() - (paper == "#ffffff"))
    assert changed == pytest.approx(share, rel=0.02)


def test_lines_of_less_than_full_tone_have_edges_of_true_light():
    layer, share = hatching(Pen("grey", "#000000", 0.2, opacity=0.5), 0.5)
    darkness = 1 - light(draw_preview([layer], PAGE)).mean()
    assert darkness == pytest.approx(share * 0.5, rel=0.02)


def test_a_coarse_preview_keeps_the_tone_of_lines_far_finer_than_its_pixels():
    layer, share = hatching(Pen("black", "#000000", 0.1), 0.5)
    image = draw_preview([layer], PAGE, dpi=20)
    assert image.size == (40, 20)
    assert 1 - light(image).mean() == pytest.approx(share, rel=0.02)


def test_no_raster_has_more_pixels_than_a_preview_may(monkeypatch):
    sizes = []

    def svg_to_bytes(width, **options):
        sizes.append(width)
        return resvg_to_bytes(width=width, **options)

    resvg_to_bytes = resvg_py.svg_to_bytes
    monkeypatch.setattr(resvg_py, "svg_to_bytes", svg_to_bytes)
    monkeypatch.setattr(preview, "_MOST_PIXELS", 20_000)  # 200 x 100
    layer, _ = hatching(Pen("black", "#000000", 0.05), 0.5)
    for dpi in (20, 30, 60, 100):
        draw_preview([layer], PAGE, dpi=dpi)
    assert sizes == [40, 200, 60, 180, 120, 120, 200, 200]  # the paper, then the line


def test_the_preview_of_a_test_card_measures_as_the_pen_it_is_for():
    pen = Pen("pen", "#1c1b1d", 0.2)
    card = draw_testcard(pen, parse_paper("a5"), 10.0, load_profile("axidraw_v3"))
    found = calibrate(read_picture(card.preview()))
    assert found.pen.width_mm == pytest.approx(0.2, rel=0.03)


def test_too_many_pixels_are_made_fewer_and_told(monkeypatch):
    assert dpi_notes(PAGE, 1000) == ()
    monkeypatch.setattr(preview, "_MOST_PIXELS", 20_000)
    image = draw_preview([RED], PAGE, dpi=1000)
    assert image.size == (200, 100)
    assert image.info["dpi"] == pytest.approx((100, 100))
    (note,) = dpi_notes(PAGE, 1000)
    assert "100 dpi, not 1000" in note


@pytest.mark.parametrize("dpi", [19.9, 1201, float("nan")])
def test_the_range_of_dpi_holds(dpi):
    with pytest.raises(PlotoptError, match="20 to 1200"):
        draw_preview([RED], PAGE, dpi=dpi)


def test_the_png_tells_its_resolution():
    image = draw_preview([RED], PAGE, dpi=100)
    read = Image.open(io.BytesIO(preview.png_bytes(image)))
    assert read.info["dpi"] == pytest.approx((100, 100), rel=1e-3)
    np.testing.assert_array_equal(np.asarray(read), np.asarray(image))
