"""HPGL read back: what the plotter would draw is the drawing, on the right sheet, with the right pens."""

from dataclasses import replace

import numpy as np
import pytest
from machine_code import length_mm, read_hpgl
from machines import PROFILE

from plotopt import bezier
from plotopt.errors import PlotoptError
from plotopt.formats.hpgl import find_sheet, hpgl_text
from plotopt.page import Page
from plotopt.pens import Pen
from plotopt.plot.chains import lengths_mm
from plotopt.plot.plan import Layer

UNIT_MM = 0.02488
LANDSCAPE, PORTRAIT = Page(297.0, 210.0, 20.0), Page(210.0, 297.0, 20.0)
BLACK, RED = Pen("black", "#000000", 0.4), Pen("red", "#ff0000", 0.3)


def wave(x, y, curves=3):
    offsets = np.array([[0, 0], [4, 9], [8, -9], [12, 0]])
    return np.stack([offsets + np.array([x + 12.0 * i, y]) for i in range(curves)])


def straight(*ends):
    return bezier.line_curve(np.array(ends[:2], float), np.array(ends[2:], float))[None]


LAYERS = (Layer(BLACK, (wave(30, 40), straight(50, 60, 90, 95.5)), 4), Layer(RED, (wave(40, 100, 1),), 1))


MANY = [Layer(Pen(f"pen {i}", "#000000", 0.4), (wave(30, 40 + 9 * i),), 1) for i in range(8)]


def on_page(points, page):
    """An HP 7475A's A4 coordinates as page mm: its origin lies 10 mm from the left, 206 mm from the top."""
    x, y = 10 + points[:, 0], 206 - points[:, 1]
    if page.width_mm < page.height_mm:  # the drawing was turned by a quarter, to the left
        x, y = 210 - y, x
    return np.stack([x, y], axis=1)


@pytest.mark.parametrize("page", [LANDSCAPE, PORTRAIT])
def test_lines_lie_where_they_are_on_the_page(page):
    lines, _ = read_hpgl(hpgl_text(LAYERS, page, PROFILE), UNIT_MM)
    assert [pen for pen, _ in lines] == [1, 1, 2]
    chains = [chain for layer in LAYERS for chain in layer.chains]
    for (_, points), chain in zip(lines, chains, strict=True):
        ends = on_page(points[[0, -1]], page)
        np.testing.assert_allclose(ends, [chain[0, 0], chain[-1, 3]], atol=UNIT_MM)
        assert length_mm(points) == pytest.approx(lengths_mm([chain])[0], rel=5e-3)
        inside = on_page(points, page)
        assert (inside >= 0).all()
        assert (inside <= [page.width_mm, page.height_mm]).all()


def in_parts(layer, count):
    return [replace(layer, part=i, parts=count) for i in range(1, count + 1)]


@pytest.mark.parametrize(
    ("layers", "slots"),
    [
        ([*in_parts(LAYERS[0], 2), LAYERS[1]], [1, 1, 2]),
        ([LAYERS[1], *in_parts(LAYERS[0], 20), LAYERS[1]], [1, *[2] * 20, 1]),
        ([layer for layer in MANY[:6] for layer in in_parts(layer, 3)], [i // 3 + 1 for i in range(18)]),
        ([*MANY[:6], MANY[4], MANY[1], MANY[1]], [1, 2, 3, 4, 5, 6, 5, 2, 2]),
    ],
)
def test_parts_of_a_pen_share_its_slot_where_it_goes_in_between(layers, slots):
    lines, words = read_hpgl(hpgl_text(layers, LANDSCAPE, PROFILE), UNIT_MM)
    assert [word for word in words if word.startswith("SP")] == [
        word for slot in slots for word in (f"SP{slot}", "SP0")
    ]
    pens = [slot for slot, layer in zip(slots, layers, strict=True) for _ in layer.chains]
    assert [pen for pen, _ in lines] == pens
    # The pen is up when it goes.
    assert all(words[i - 1].startswith("PU") for i, word in enumerate(words) if word == "SP0")


def test_speed_and_frame_of_the_file():
    _, words = read_hpgl(hpgl_text(LAYERS, LANDSCAPE, PROFILE), UNIT_MM)
    assert words[:4] == ["IN", "DF", "VS5", "PS4"]  # 50 mm/s
    assert words[-2:] == ["SP0", "IN"]


def test_an_empty_drawing_moves_nothing():
    assert hpgl_text([Layer(BLACK, (), 0)], LANDSCAPE, PROFILE) == "IN;DF;PU;SP0;IN;\n"


@pytest.mark.parametrize(
    ("size", "device", "name"),
    [
        ((297, 210), None, "a4"),
        ((297, 420), None, "a3"),
        ((215.9, 279.4), None, "a"),
        ((594, 841), "artisan", "a1"),
    ],
)
def test_the_sheet_is_the_one_of_the_pages_size(size, device, name):
    assert find_sheet(device, size).name == name


@pytest.mark.parametrize(
    ("layers", "page", "device", "fragment"),
    [
        (LAYERS, Page(148.0, 210.0, 20.0), None, "takes no sheet of 148 x 210 mm"),
        (LAYERS, LANDSCAPE, "hp7476", "'hp7476': use"),
        (LAYERS, LANDSCAPE, "designmate", "cannot be read"),
        (
            LAYERS,
            Page(148.0, 210.0, 20.0),
            "artisan",
            "--formats svg, pdf or gcode, since no HPGL device does",
        ),
        (LAYERS, Page(594.0, 420.0, 20.0), None, "or another device, as in --formats hpgl:artisan"),
        (LAYERS, Page(215.9, 279.4, 20.0), "artisan", "or another device, as in --formats hpgl:hp7475a"),
        (MANY[:7], LANDSCAPE, None, "holds 6 pens, the drawing has 7: use"),
        (MANY[:7], LANDSCAPE, None, "or another device, as in --formats hpgl:hp7440a"),
        (MANY[:7], Page(420.0, 297.0, 20.0), None, "or another device, as in --formats hpgl:artisan"),
        (
            [*MANY, Layer(RED, (wave(30, 130),), 1)],
            LANDSCAPE,
            "hp7550",
            "use fewer pens, or --formats svg, pdf or gcode, since no HPGL device does",
        ),
        (
            [Layer(BLACK, (straight(2, 50, 90, 50),), 1)],
            LANDSCAPE,
            None,
            "8.0 mm beyond where hp7475a can draw on a4: give a margin of at least 14mm",
        ),
        ([Layer(BLACK, (straight(50, 2, 50, 90),), 1)], PORTRAIT, None, "8.0 mm beyond"),
        ([Layer(BLACK, (straight(50, 90, 50, 209),), 1)], LANDSCAPE, None, "3.0 mm beyond"),
    ],
)
def test_what_the_plotter_cannot_do_is_told_in_one_line(layers, page, device, fragment):
    with pytest.raises(PlotoptError) as caught:
        hpgl_text(layers, page, PROFILE, device)
    assert fragment in str(caught.value)
    assert "\n" not in str(caught.value)
