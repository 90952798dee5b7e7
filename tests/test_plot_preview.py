import io

import numpy as np
import pytest
from PIL import Image

from plotopt import bezier
from plotopt.page import Page
from plotopt.pens import Pen
from plotopt.plot import preview
from plotopt.plot.plan import Layer
from plotopt.plot.svg import svg_text

PAGE = Page(50.8, 25.4, 5.0)
LINE = bezier.line_curve(np.array([10.0, 12.7]), np.array([40.0, 12.7]))[None]
TEXT = svg_text([Layer(Pen("red", "#ff0000", 2.54), (LINE,), 1)], PAGE, {})


def test_size_colours_and_pen_width_are_true():
    image = preview.rasterize(TEXT, PAGE, dpi=100)
    assert (image.size, image.mode) == ((200, 100), "RGB")
    pixels = np.asarray(image)
    assert (pixels[:, 100] == [255, 0, 0]).all(1).sum() == 10  # 2.54 mm at 100 dpi
    assert pixels[2, 2].tolist() == [255, 255, 255]


def test_paper_has_its_colour():
    image = preview.rasterize(TEXT, PAGE, dpi=50, paper_color="#204060")
    assert image.getpixel((1, 1)) == (0x20, 0x40, 0x60)


def test_too_many_pixels_are_made_fewer(monkeypatch):
    monkeypatch.setattr(preview, "_MOST_PIXELS", 20_000)
    image = preview.rasterize(TEXT, PAGE, dpi=10_000)
    assert image.size == (200, 100)
    assert image.info["dpi"] == pytest.approx((100, 100))


def test_the_png_tells_its_resolution():
    image = preview.rasterize(TEXT, PAGE, dpi=100)
    read = Image.open(io.BytesIO(preview.png_bytes(image)))
    assert read.info["dpi"] == pytest.approx((100, 100), rel=1e-3)
    np.testing.assert_array_equal(np.asarray(read), np.asarray(image))
