"""Reading drawings of other programs: where lines come to lie, which pens draw them, what is refused."""

import gzip
import io
import math
import tracemalloc
from functools import partial
from pathlib import Path

import numpy as np
import pytest
import resvg_py
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image
from svg_bodies import LINE, PX, SVG, ends, read_body

from plotopt import bezier
from plotopt.errors import PlotoptError
from plotopt.page import Page
from plotopt.plot.chains import flatten, lengths_mm
from plotopt.plot.reading import Grouping, read_svg
from plotopt.plot.svgin import document, walk
from plotopt.plot.svgin.pathdata import parse_path
from plotopt.plot.svgin.shapes import Viewport, shape_chains

DATA = Path(__file__).parent / "data" / "svg"


@pytest.fixture
def read(tmp_path):
    return partial(read_body, tmp_path / "a.svg")


@pytest.mark.parametrize(
    ("root", "page", "line"),
    [
        ('width="100mm" height="80mm" viewBox="0 0 100 80"', (100, 80), (10, 20, 40, 60)),
        ('width="10cm" height="8cm" viewBox="0 0 200 160"', (100, 80), (5, 10, 20, 30)),
        ('width="2in" height="1in" viewBox="0 0 192 96"', (50.8, 25.4), (10 * PX, 20 * PX, 40 * PX, 60 * PX)),
        ('width="96" height="192px"', (25.4, 50.8), (10 * PX, 20 * PX, 40 * PX, 60 * PX)),
        ('width="72pt" height="6pc"', (25.4, 25.4), (10 * PX, 20 * PX, 40 * PX, 60 * PX)),
        ('viewBox="0 0 96 96"', (25.4, 25.4), (10 * PX, 20 * PX, 40 * PX, 60 * PX)),
        (
            'width="100%" height="100%" viewBox="0 0 96 48"',
            (25.4, 12.7),
            (10 * PX, 20 * PX, 40 * PX, 60 * PX),
        ),
        ('width="50mm" viewBox="0 0 100 80"', (50, 40), (5, 10, 20, 30)),
        ('height="160mm" viewBox="0 0 100 80"', (200, 160), (20, 40, 80, 120)),
        ('width="100mm" height="80mm" viewBox="-5 -10 100 80"', (100, 80), (15, 30, 45, 70)),
        ('width="100mm" height="100mm" viewBox="0 0 100 80"', (100, 100), (10, 30, 40, 70)),
        (
            'width="200mm" height="80mm" viewBox="0 0 100 80" preserveAspectRatio="none"',
            (200, 80),
            (20, 20, 80, 60),
        ),
        (
            'width="200mm" height="80mm" viewBox="0 0 100 80" preserveAspectRatio="xMinYMin meet"',
            (200, 80),
            (10, 20, 40, 60),
        ),
        ("", (11, 16), (10 * PX, 20 * PX, 40 * PX, 60 * PX)),
        ('width="auto" viewBox="0 0"', (11, 16), (10 * PX, 20 * PX, 40 * PX, 60 * PX)),
        ('width="5in"', (127, 16), (10 * PX, 20 * PX, 40 * PX, 60 * PX)),
        ('height="50mm"', (11, 50), (10 * PX, 20 * PX, 40 * PX, 60 * PX)),
        # Of a style, lengths count and parts of a window do not.
        ('style="width:100mm; height:8cm" viewBox="0 0 200 160"', (100, 80), (5, 10, 20, 30)),
        (
            'width="96" height="48" style="width:50mm;height:auto" viewBox="0 0 100 80"',
            (50, 12.7),
            (18.65, 3.175, 23.4125, 9.525),
        ),
        ('width="100mm" height="80mm" style="width:100%" viewBox="0 0 100 80"', (100, 80), (10, 20, 40, 60)),
    ],
)
def test_sizes_and_view_boxes_become_millimetres(read, root, page, line):
    reading = read(LINE, root)
    assert (reading.page.width_mm, reading.page.height_mm) == pytest.approx(page)
    assert reading.page.margin_mm == 0
    assert ends(reading)[0] == pytest.approx(line, abs=1e-6)


def test_a_page_without_size_is_told(read):
    assert read(LINE, "").notes == ("the file tells no size, so its page is taken for 11 x 16 mm",)
    assert read("", "").page == Page(10.0, 10.0, 0.0)
    assert read(LINE, 'width="96"').notes == (
        "the file tells no height, so its page is taken for 25.4 x 16 mm",
    )
    assert read(LINE, 'height="96"').notes == (
        "the file tells no width, so its page is taken for 11 x 25.4 mm",
    )


ILLUSTRATOR = (
    "<!-- Generator: Adobe Illustrator 29.3, SVG Export Plug-In . SVG Version: 2.1.0 Build 151)  -->"
)


@pytest.mark.parametrize(
    ("root", "body", "page", "told"),
    [
        ('viewBox="0 0 96 48"', LINE, (25.4, 12.7), "pixels, 96 an inch, and its page for 25.4 x 12.7 mm"),
        ('width="100%" viewBox="0 0 96 48"', LINE, (25.4, 12.7), "pixels, 96 an inch"),
        (
            'viewBox="0 0 72 144"',
            ILLUSTRATOR + LINE,
            (25.4, 50.8),
            "points, 72 an inch, as Adobe Illustrator",
        ),
        ('viewBox="0 0 96 48"', f"<g>{ILLUSTRATOR}{LINE}</g>", (25.4, 12.7), "pixels, 96 an inch"),
        ('width="96px" viewBox="0 0 96 48"', ILLUSTRATOR + LINE, (25.4, 12.7), ""),
        ('style="height:10mm" viewBox="0 0 96 48"', LINE, (20, 10), ""),
    ],
)
def test_the_units_of_a_view_box_without_size_are_told(read, root, body, page, told):
    reading = read(body, root)
    assert (reading.page.width_mm, reading.page.height_mm) == pytest.approx(page)
    assert reading.notes == ()
    assert len(reading.assumptions) == bool(told)
    assert all(f"view box are taken for {told}" in each and "--fit" in each for each in reading.assumptions)


def test_what_illustrator_says_before_its_drawing_counts_as_well(tmp_path):
    file = tmp_path / "a.svg"
    file.write_text(f'<?xml version="1.0"?>{ILLUSTRATOR}<svg {SVG} viewBox="0 0 72 72">{LINE}</svg>')
    (layer,) = read_svg(file).layers
    assert layer.chains[0][0, 0] * 72 / 25.4 == pytest.approx([10, 20])


def test_inner_drawings_are_drawn_on_a_page_without_size(read):
    reading = read(f'<svg width="100%" height="100%">{LINE}</svg>', "")
    assert ends(reading) == [pytest.approx((10 * PX, 20 * PX, 40 * PX, 60 * PX))]


def test_the_page_takes_its_size_from_a_rule_for_the_root(read):
    sheet = "<style>svg{width:50mm;height:40mm}</style>"
    assert read(sheet + LINE, 'viewBox="0 0 100 80"').page == Page(50.0, 40.0, 0.0)


@pytest.mark.parametrize(
    ("root", "data", "page", "line"),
    [
        ("", "M-96 -96H192V96", (77, 51), (0, 0, 76.2, 50.8)),
        ("", "M-192 -96H-96V96", (26, 51), (0, 0, 25.4, 50.8)),
        ("", "M-192 96H-96V192", (26, 51), (0, 25.4, 25.4, 50.8)),
        ('width="96"', "M-48 -96H48V96", (25.4, 51), (-12.7, 0, 12.7, 50.8)),
    ],
)
def test_what_lies_left_of_a_page_without_size_or_above_is_brought_onto_it(read, root, data, page, line):
    reading = read(f'<path d="{data}"/>', root)
    assert (reading.page.width_mm, reading.page.height_mm) == pytest.approx(page)
    assert ends(reading) == [pytest.approx(line)]
    assert reading.notes[0].endswith(" mm and the drawing moved onto it")


# Where the way from (10, 20) to (40, 60) leads.
TRANSFORMED = [
    ('<g transform="translate(5)">{}</g>', (15, 20, 45, 60)),
    ('<g transform="translate(5,-10) scale(.5)">{}</g>', (10, 0, 25, 20)),
    ('<g transform="scale(.5) translate(4,8)"><g transform="translate(2 2)">{}</g></g>', (8, 15, 23, 35)),
    ('<g transform="rotate(90)">{}</g>', (-20, 10, -60, 40)),
    ('<g transform="rotate(90 10 20)">{}</g>', (10, 20, -30, 50)),
    ('<g transform="matrix(1 0 0 -1 0 80)">{}</g>', (10, 60, 40, 20)),
    ('<g transform="skewX(45)">{}</g>', (30, 20, 100, 60)),
    ('<g style="transform:translate(1px,2px)">{}</g>', (11, 22, 41, 62)),
    ('<g transform="none">{}</g>', (10, 20, 40, 60)),
    ("<a><switch><g>{}</g></switch></a>", (10, 20, 40, 60)),
    ('<svg x="3" y="4">{}</svg>', (13, 24, 43, 64)),
    ('<svg x="10" y="10" width="50" height="40" viewBox="0 0 100 80">{}</svg>', (15, 20, 30, 40)),
    ('<defs><g id="a">{}</g></defs><use xlink:href="#a" x="1" y="2"/>', (11, 22, 41, 62)),
    ('<defs><g id="a" transform="scale(2)">{}</g></defs><use href="#a" x="1"/>', (21, 40, 81, 120)),
    ('<symbol id="a">{}</symbol><use href="#a" transform="translate(0 5)"/>', (10, 25, 40, 65)),
    (
        '<symbol id="a" viewBox="0 0 100 80">{}</symbol><use href="#a" x="1" width="50" height="40"/>',
        (6, 10, 21, 30),
    ),
    ('<use href="#b"/><defs><use id="b" href="#c" x="1"/><g id="c">{}</g></defs>', (11, 20, 41, 60)),
    ('<g transform="rotate(90)" transform-origin="10 20">{}</g>', (10, 20, -30, 50)),
    ('<g style="transform:rotate(90deg);transform-origin:top left">{}</g>', (-20, 10, -60, 40)),
    ('<g transform="scale(2)" transform-origin="center">{}</g>', (-30, 0, 30, 80)),
    ('<g transform="scale(2)" transform-origin="bottom">{}</g>', (-30, -40, 30, 40)),
    ('<g transform="scale(2)" transform-origin="100% 25%">{}</g>', (-80, 20, -20, 100)),
    (
        '<defs><svg id="a" viewBox="0 0 100 80" width="100" height="80">{}</svg></defs>'
        '<use href="#a" x="1" width="50" height="40"/>',
        (6, 10, 21, 30),
    ),
    ('<svg overflow="visible" width="10" height="10">{}</svg>', (10, 20, 40, 60)),
    ('<g style="transform:translate(1px,2px);transform-box:fill-box">{}</g>', (11, 22, 41, 62)),
    (
        '<switch><g systemLanguage="de"><path d="M0 0H9"/></g><g systemLanguage="fr, en-GB">{}</g></switch>',
        (10, 20, 40, 60),
    ),
    ('<switch><foreignObject requiredExtensions="urn:a"/>{}<path d="M0 0H9"/></switch>', (10, 20, 40, 60)),
    ('<switch><text requiredExtensions="urn:a">a</text><title>b</title>{}</switch>', (10, 20, 40, 60)),
]


@pytest.mark.parametrize(("body", "line"), TRANSFORMED)
def test_groups_clones_and_transforms(read, body, line):
    reading = read(body.format(LINE))
    assert ends(reading) == [pytest.approx(line)]
    assert reading.notes == ()


# Data, and the ends and length of what it draws, worked out by hand.
PATHS = [
    ("M1 2L4 6", (1, 2, 4, 6), 5),
    ("m1,2 3,4", (1, 2, 4, 6), 5),
    ("M1 2 4 6 7 2", (1, 2, 7, 2), 10),
    ("M0 0H3V4h-3Z", (0, 0, 0, 0), 14),
    ("M0 0h3v4z", (0, 0, 0, 0), 12),
    ("m1 1zl3 4", (1, 1, 4, 5), 5),
    ("M1 1L1 1", (1, 1, 1, 1), 0),
    ("M0 0C0 0 3 4 3 4", (0, 0, 3, 4), 5),
    ("M1,1c1,0,2,0,3,0s2,0,3,0", (1, 1, 7, 1), 6),
    ("M0 0Q1.5 2 3 4T6 8", (0, 0, 6, 8), 10),
    ("M0 0S3 4 3 4", (0, 0, 3, 4), 5),
    ("M0 0T3 4", (0, 0, 3, 4), 5),
    ("M0 0A5 5 0 0 1 10 0", (0, 0, 10, 0), 5 * math.pi),
    ("M0 0a5 5 0 0110 0", (0, 0, 10, 0), 5 * math.pi),
    ("M0 0A1 1 0 0 1 10 0", (0, 0, 10, 0), 5 * math.pi),
    ("M5 0A5 5 0 1 1 0 -5", (5, 0, 0, -5), 7.5 * math.pi),
    ("M5 0A5 5 0 0 0 0 -5", (5, 0, 0, -5), 2.5 * math.pi),
    ("M0 0A0 5 0 0 1 3 4", (0, 0, 3, 4), 5),
    ("M0 0A-5-5 0 0 1 10 0", (0, 0, 10, 0), 5 * math.pi),
    ("M1e1-.5.5e1-.5", (10, -0.5, 5, -0.5), 5),
    ("M.5.5 1.5.5", (0.5, 0.5, 1.5, 0.5), 1),
    ("\n M 0 0\tL\r\n3,4 ", (0, 0, 3, 4), 5),
]


@pytest.mark.parametrize(("data", "line", "length"), PATHS)
def test_path_data(data, line, length):
    (chain,), whole = parse_path(data)
    assert whole
    assert [*chain[0, 0], *chain[-1, 3]] == pytest.approx(line)
    assert lengths_mm([chain])[0] == pytest.approx(length, rel=4e-4)
    assert (chain[1:, 0] == chain[:-1, 3]).all()


@pytest.mark.parametrize(
    ("data", "count", "whole"),
    [
        ("", 0, True),
        ("  ", 0, True),
        ("none", 0, False),
        ("L1 1", 0, False),
        ("M1 1", 0, True),
        ("M0 0L1 1L", 1, False),
        ("M0 0L1 1L2", 1, False),
        ("M0 0L1 1 NaN 3", 1, False),
        ("M0 0L1 1L3 4;L9 9", 1, False),
        ("M0 0C1 1 2 2", 0, False),
        ("M0 0L1 1M5 5L6 6M7 7", 2, True),
        ("M0 0L1 1Z5", 1, False),
        ("M0 0A5 5 0 2 1 10 0", 0, False),
    ],
)
def test_path_data_is_followed_up_to_the_first_mistake(data, count, whole):
    chains, was_whole = parse_path(data)
    assert (len(chains), was_whole) == (count, whole)


def test_quadratics_are_exact_and_arcs_round():
    (quadratic,), _ = parse_path("M0 0Q10 0 10 10")
    t = np.linspace(0, 1, 11)
    exact = np.stack([2 * (1 - t) * t * 10 + t**2 * 10, t**2 * 10], axis=1)
    assert bezier.evaluate(quadratic, t) == pytest.approx(exact)
    (arc,), _ = parse_path("M20 0A20 10 0 1 1 0 -10")
    points = flatten([arc], 1e-3).points
    assert np.hypot(points[:, 0] / 20, points[:, 1] / 10) == pytest.approx(1, abs=4e-4)


@pytest.mark.parametrize(
    ("shape", "length", "box"),
    [
        ('<line x1="1" y1="2" x2="4" y2="6"/>', 5, (1, 2, 4, 6)),
        ('<polyline points="0,0 3,4 3 0"/>', 9, (0, 0, 3, 4)),
        ('<polygon points="0,0 3,0,3,4"/>', 12, (0, 0, 3, 4)),
        ('<polygon points="0,0 3,0 3,4 0,0"/>', 12, (0, 0, 3, 4)),
        ('<rect x="1" y="2" width="10" height="20"/>', 60, (1, 2, 11, 22)),
        ('<rect x="10%" y="50%" width="10" height="20"/>', 60, (10, 40, 20, 60)),
        # Percentages are of the nearest view box: 20 units of 10 by 8 mm, of which a half is 5 by 4.
        (
            '<svg width="10" height="8" viewBox="0 0 20 16"><rect x="50%" width="50%" height="50%"/></svg>',
            18,
            (5, 0, 10, 4),
        ),
        ('<svg x="1" width="10" height="8"><rect width="50%" height="50%"/></svg>', 18, (1, 0, 6, 4)),
        (
            '<symbol id="a" viewBox="0 0 20 16"><rect width="50%" height="50%"/></symbol>'
            '<use href="#a" width="10" height="8"/>',
            18,
            (0, 0, 5, 4),
        ),
        ('<rect width="10" height="20" rx="2"/>', 44 + 4 * math.pi, (0, 0, 10, 20)),
        ('<rect width="10" height="20" ry="2"/>', 44 + 4 * math.pi, (0, 0, 10, 20)),
        ('<rect width="10" height="10" rx="50"/>', 10 * math.pi, (0, 0, 10, 10)),
        ('<circle cx="5" cy="6" r="3"/>', 6 * math.pi, (2, 3, 8, 9)),
        ('<circle cx="5mm" cy="6" r="3"/>', 6 * math.pi, (5 / PX - 3, 3, 5 / PX + 3, 9)),
        ('<ellipse cx="5" cy="6" rx="4" ry="4"/>', 8 * math.pi, (1, 2, 9, 10)),
    ],
)
def test_shapes(read, shape, length, box):
    (layer,) = read(shape).layers
    (chain,) = layer.chains
    points = flatten([chain], 1e-3).points
    assert lengths_mm([chain])[0] == pytest.approx(length, rel=4e-4)
    assert [*points.min(0), *points.max(0)] == pytest.approx(box, abs=2e-3)
    assert (chain[1:, 0] == chain[:-1, 3]).all()


@pytest.mark.parametrize(
    "body",
    [
        "",
        '<rect width="0" height="5"/>',
        '<rect width="-5" height="5"/>',
        '<circle r="0"/>',
        '<ellipse rx="3"/>',
        '<polyline points="1,1"/>',
        "<path/>",
        '<path d=""/>',
        f'<defs>{LINE}</defs><clipPath id="a">{LINE}</clipPath><marker>{LINE}</marker>',
        f"<symbol>{LINE}</symbol>",
        f'<g fill="none" stroke="none">{LINE}</g>',
        f'<g stroke-opacity="0">{LINE}</g>',
        '<g stroke-opacity="0" fill="none"><path stroke="red" d="M0 0H5"/></g>',
        '<g stroke="none" fill-opacity="0"><path fill="red" d="M0 0H5V5Z"/></g>',
        f'<foo:g xmlns:foo="urn:foo">{LINE}</foo:g>',
        "<metadata>a</metadata><title>b</title><script>c</script>",
    ],
)
def test_what_draws_nothing_is_nothing(read, body):
    reading = read(body)
    assert (reading.layers, reading.notes) == ((), ())


@pytest.mark.parametrize(
    ("body", "note"),
    [
        ("<text>a<tspan>b</tspan></text><text>c</text>", "texts left out: 2 (convert text to paths first)"),
        ('<image href="file:///etc/passwd"/>', "pictures left out: 1"),
        ("<foreignObject><p/></foreignObject>", "foreign objects left out: 1"),
        (f'<g display="none">{LINE}{LINE}</g>', "hidden elements left out: 1"),
        (f'<g visibility="hidden">{LINE}{LINE}</g>', "hidden elements left out: 2"),
        (f'<g opacity="0.0">{LINE}</g>', "hidden elements left out: 1"),
        ('<use href="other.svg#a"/>', "clones of what is not in the file left out: 1"),
        ('<use href="#nowhere"/><use/>', "clones of what is not in the file left out: 2"),
        (f'<g id="a">{LINE}<use href="#a"/></g>', "clones that hold themselves left out: 1"),
        ('<use id="a" href="#b"/><use id="b" href="#a"/>', "clones that hold themselves left out: 2"),
        (f'<use href="#a"/><symbol id="a">{LINE}<use href="#a"/></symbol>', "clones that hold themselves"),
        ('<svg viewBox="0 0 0 0"><path d="M0 0H9"/></svg>', "elements with damaged data: 1"),
        ('<svg viewBox="0 0 9 nan"><path d="M0 0H9"/></svg>', "elements with damaged data: 1"),
        ('<symbol id="a" viewBox="0 0 0 9"/><use href="#a"/>', "elements with damaged data: 1"),
        (f'<svg width="0">{LINE}</svg>', "elements with damaged data: 1"),
        (f'<g transform="scale(2)" transform-origin="x y">{LINE}</g>', "elements with damaged data: 1"),
        (
            f'<g style="transform:scale(2);transform-origin:center;transform-box:fill-box">{LINE}</g>',
            "elements with damaged data: 1",
        ),
        (f'<svg width="39" height="80">{LINE}{LINE}</svg>', "clip paths and masks not applied: 1"),
        (
            '<svg width="50" height="50"><circle cx="46" cy="9" r="5"/></svg>',
            "clip paths and masks not applied: 1",
        ),
        ('<text display="none">a</text>', "hidden elements left out: 1"),
        ('<g visibility="hidden"><image/></g>', "hidden elements left out: 1"),
        (
            f'<g marker-end="url(#a)">{LINE}<circle r="3"/></g>',
            "lines whose arrow heads or other markers are",
        ),
        (f'<g style="marker:url(#a)">{LINE}</g>', "lines whose arrow heads or other markers are left out: 1"),
        ('<rect width="100%" height="100%" fill="#eee" stroke="none"/>', "rectangles as large as the page"),
        ('<path d="M0 0L5 5 NaN"/>', "elements with damaged data: 1"),
        ('<path d="M0 0L1e300 5"/>', "elements with damaged data: 1"),
        ('<path d="M0 0L1e999 5"/>', "elements with damaged data: 1"),
        (f'<g transform="matrix(1 0 0 nan 0 0)">{LINE}</g>', "elements with damaged data: 1"),
        ('<polyline points="1,1 2,2 3"/>', "elements with damaged data: 1"),
        (f'<g fill="red" stroke="none">{LINE}</g>', "fills without a line: 1"),
        (f'<g clip-path="url(#a)" mask="none">{LINE}</g>', "clip paths and masks not applied: 1"),
        (f'<g stroke-dasharray="1 2">{LINE}{LINE}</g>', "dashed lines drawn whole: 2"),
    ],
)
def test_what_a_pen_cannot_draw_is_counted(read, body, note):
    (told,) = read(body).notes
    assert told.startswith(note)


@pytest.mark.parametrize(
    ("shape", "curves"),
    [
        ('<path d="M10 10H90V70"/>', 3),
        ('<path d="M10 10H90V70Z"/>', 3),
        ('<path d="M10 10H90V70L10 10"/>', 3),
        ('<polyline points="10,10 90,10 90,70"/>', 3),
        ('<line x2="9"/>', 1),
    ],
)
def test_a_fill_has_all_its_sides(read, shape, curves):
    (layer,) = read(f'<g fill="red" stroke="none">{shape}</g>').layers
    (chain,) = layer.chains
    assert len(chain) == curves
    assert (chain[1:, 0] == chain[:-1, 3]).all()
    assert (chain[0, 0] == chain[-1, 3]).all() == (curves == 3)


def test_what_has_a_line_is_not_closed(read):
    (layer,) = read('<path fill="red" d="M10 10H90V70"/>').layers
    assert len(layer.chains[0]) == 2


def test_what_a_clone_of_itself_draws_is_drawn_once(read):
    body = f'<g id="a">{LINE}<use href="#b"/></g><defs><g id="b"><use href="#a"/></g></defs>'
    reading = read(body)
    assert ends(reading) == [(10, 20, 40, 60)]
    assert reading.notes == ("clones that hold themselves left out: 1",)


def test_what_is_hidden_may_be_shown_again(read):
    body = f'<g visibility="hidden"><g visibility="visible">{LINE}</g></g>'
    assert ends(read(body)) == [(10, 20, 40, 60)]


@pytest.mark.parametrize(
    "body",
    [
        f'<path d="M0 0A{"2" * 60}"/>',
        f'<g transform="{"matrix(" * 100_000}"/>',
        f"<style>{'a ' * 100_000}</style>",
        f"<style>{'a{' * 100_000}</style>",
        f"<style>{'/*' * 100_000}</style>",
        f'<rect width="1{" " * 100_000}!" height="{"1" * 100_000}!"/>',
        f'<g opacity="{"0" * 100_000}!"/>',
        f'<g inkscape:groupmode="layer" inkscape:label="{"-" * 100_000}x">{LINE}</g>',
        f"<style>{'.a{fill:red}' * 9000}</style>" + "".join(f'<g class="b{i}"/>' for i in range(9000)),
    ],
    ids=["arc", "transform", "rule", "braces", "comment", "length", "nought", "label", "classes"],
)
def test_long_text_does_not_take_for_ever(read, body):
    """Most took the square of their length before, hours each."""
    assert len(read(body, grouping=Grouping.INKSCAPE).layers) == ("label" in body)


@pytest.mark.parametrize("data", ["A1e-200 1e-200 0 0 1 10 0", "A1e308 1e308 0 0 1 10 0"])
def test_arcs_of_no_or_endless_radius_are_lines(data):
    ((chain,), whole) = parse_path(f"M0 0{data}")
    assert whole
    assert lengths_mm([chain])[0] == pytest.approx(10)


@pytest.mark.parametrize(
    "shape",
    [
        '<line x1="1e308" x2="-1e308"/>',
        '<polyline points="1e999 1 1e999 2"/>',
        '<rect x="1e308" width="1e308" height="1e308" rx="1"/>',
        f'<g transform="scale(1e300)"><g transform="scale(1e300)">{LINE}</g></g>',
    ],
)
def test_numbers_beyond_all_bounds_are_damage_without_a_warning(read, recwarn, shape):
    assert read(shape).notes == ("elements with damaged data: 1 (drawn as far as they can be read)",)
    assert not recwarn.list


def test_damage_costs_no_more_than_what_is_damaged(read):
    reading = read(f'<path d="M0 0L3 4L5"/>{LINE}')
    assert ends(reading) == [(0, 0, 3, 4), (10, 20, 40, 60)]


@pytest.mark.parametrize(
    ("attributes", "color"),
    [
        ('stroke="red"', "#ff0000"),
        ('stroke="#ABC"', "#aabbcc"),
        ('stroke="rgb(1, 2,3)"', "#010203"),
        ('stroke="RGB(0%,100%,0%)"', "#00ff00"),
        ('stroke="rgb(999,0,0)"', "#ff0000"),
        ('stroke="hsl(0,900%,50%)"', "#ff0000"),
        ('stroke="#01020380"', "#010203"),
        ('stroke="currentColor" color="lime"', "#00ff00"),
        ('stroke="url(#gradient)"', "#000000"),
        ('stroke="blurple"', "#000000"),
        ('stroke="red" style="stroke: blue !important; fill:none"', "#0000ff"),
        ('stroke="none" fill="red"', "#ff0000"),
        ('stroke="transparent" fill="red"', "#ff0000"),
        ('stroke="#ff000000" fill="lime"', "#00ff00"),
        ('stroke="inherit"', "#000000"),
        ('stroke="red" stroke-opacity="1"', "#ff0000"),
        ('stroke="red" stroke-opacity="0" fill="lime"', "#00ff00"),
        ('class="b"', "#00ff00"),
        ('class="a b"', "#000080"),
        ('class="a b" id="c"', "#123456"),
        ('class="b" style="stroke:red"', "#ff0000"),
        ('class="b" stroke="red"', "#00ff00"),
        ('class="unknown" stroke="red"', "#ff0000"),
    ],
)
def test_colours_come_from_attributes_style_and_style_sheets(read, attributes, color):
    sheet = "<style>/* .b{stroke:red} */ @import 'x.css'; .b,.z{stroke:lime} .a{stroke:navy}"
    sheet += " g > .b{stroke:red} #c{stroke:#123456}</style>"
    (layer,) = read(f'{sheet}<path d="M1 1L9 9" {attributes}/>').layers
    assert layer.pen.color == color


@pytest.mark.parametrize("own", ['stroke-opacity="1"', 'style="stroke-opacity:.5"'])
def test_what_is_clear_around_an_element_may_show_in_it(read, own):
    (layer,) = read(f'<g stroke="red" stroke-opacity="0"><path d="M1 1L9 9" {own}/></g>').layers
    assert layer.pen.color == "#ff0000"


@pytest.mark.parametrize(
    ("body", "width_mm"),
    [
        ('<g stroke-width="0.3">{0}</g>', 0.3),
        ('<g stroke-width="0.3mm">{0}</g>', 0.3 / PX),
        ('<g style="stroke-width:0.1" transform="scale(4 9)">{0}</g>', 0.6),
        ('<g stroke-width="0.3">{0}{0}</g><g stroke-width="2">{0}</g>', 0.3),
        ('<g stroke-width="wide">{0}</g>', 1.0),
        ('<g stroke-width="0">{0}</g>', 0.4),
        ('<g stroke-width="9">{0}</g>', 0.4),
        ('<g stroke="none" fill="black" stroke-width="2">{0}</g>', 0.4),
    ],
)
def test_widths_become_pens(read, body, width_mm):
    (layer,) = read(body.format(LINE)).layers
    assert layer.pen.width_mm == pytest.approx(width_mm, abs=0.005)


def layer(label, *elements):
    return f'<g inkscape:groupmode="layer" inkscape:label="{label}">{"".join(elements)}</g>'


def colored(color):
    return f'<path d="M1 1L9 9" stroke="{color}"/>'


MANY = (
    layer("10 sky", colored("blue"))
    + layer("2-red-0.3mm", colored("red"), colored("black"), colored("red"))
    + colored("lime")
    + layer("sea", layer("inner", colored("blue")))
)


@pytest.mark.parametrize(
    ("grouping", "body", "labels", "names"),
    [
        ("auto", MANY, ["2-red-0.3mm", "10 sky", "outside", "sea"], ["red", "sky", "outside", "sea"]),
        ("auto", layer("a", colored("blue"), colored("red")), ["blue", "red"], ["blue", "red"]),
        ("auto", colored("#123456") + colored("red"), ["123456", "red"], ["123456", "red"]),
        ("inkscape", layer("a", colored("blue"), colored("red")), ["a"], ["a"]),
        ("inkscape", layer("3", colored("blue")), ["3"], ["blue"]),
        ("inkscape", layer("0.4mm", colored("blue")), ["0.4mm"], ["blue"]),
        ("inkscape", layer("!#+*", colored("blue")), ["!#+*"], ["blue"]),
        ("inkscape", layer("1 +s40 red/blue", colored("blue")), ["1 +s40 red/blue"], ["s40 red-blue"]),
        (
            "inkscape",
            layer("2-ink-0.4mm-part-2-of-3", colored("red")),
            ["2-ink-0.4mm-part-2-of-3"],
            ["ink"],
        ),
        ("colour", MANY, ["blue", "red", "black", "lime"], ["blue", "red", "black", "lime"]),
        ("one", MANY, ["all"], ["all"]),
        # Two layers of one label are two.
        ("auto", layer("a", colored("blue")) + layer("a", colored("red")), ["a", "a"], ["a", "a"]),
        ("auto", layer("a", colored("blue")), ["blue"], ["blue"]),
        ("inkscape", layer("&#10;1 a&#10;b&#x9b;31m&#x202e;", colored("blue")), ["1 a b 31m"], ["a b 31m"]),
        ("inkscape", layer("&#x2028;&#9;", colored("blue")), ["layer"], ["layer"]),
    ],
)
def test_layers(read, grouping, body, labels, names):
    reading = read(body, grouping=Grouping(grouping))
    assert [each.label for each in reading.layers] == labels
    assert [each.pen.name for each in reading.layers] == names


def test_a_layer_of_many_colours_says_so_and_takes_the_most_used(read):
    reading = read(MANY)
    assert reading.notes == ("layer '2-red-0.3mm' holds 2 colours and is drawn with one pen",)
    assert reading.layers[0].pen.color == "#ff0000"


# Every element of these files is stroked, so that the very same line can be drawn from what was read.
def drawn(svg, page):
    png = resvg_py.svg_to_bytes(
        svg_string=svg, width=round(page.width_mm * 8), dpi=96, background="#ffffff", skip_system_fonts=True
    )
    return np.asarray(Image.open(io.BytesIO(png)).convert("L"), float) / 255


def as_svg(reading):
    groups = []
    for each in reading.layers:
        data = [
            f"M{chain[0, 0, 0]},{chain[0, 0, 1]} C"
            + " ".join(f"{x},{y}" for x, y in chain[:, 1:].reshape(-1, 2))
            for chain in each.chains
        ]
        paths = "".join(f'<path d="{each}"/>' for each in data)
        style = f'fill="none" stroke="{each.pen.color}" stroke-width="{each.pen.width_mm}"'
        groups.append(f"<g {style}>{paths}</g>")
    page = reading.page
    width, height = page.width_mm, page.height_mm
    size = f'width="{width}mm" height="{height}mm" viewBox="0 0 {width} {height}"'
    return f"<svg {SVG} {size}>{''.join(groups)}</svg>"


@pytest.mark.parametrize("name", ["inkscape", "illustrator", "chart"])
def test_what_was_read_is_drawn_where_another_program_draws_it(name):
    """Against resvg, which reads the file in its own way."""
    reading = read_svg(DATA / f"{name}.svg", Grouping.COLOUR)
    text = (DATA / f"{name}.svg").read_text("utf-8")
    # No text, no dashes, and of fills the outline in the usual pen, as plotopt has them.
    text = (
        text.replace("<text", '<g display="none"').replace("</text>", "</g>").replace("stroke-dasharray", "x")
    )
    outline = f"stroke:#1D1D1B;fill:none;stroke-width:{0.4 / PX}"
    text = text.replace("fill:#1D1D1B;", outline).replace('d="M 12 0', 'fill="none" stroke="#000" d="M 12 0')
    text = text.replace('id="glyph-52"', 'stroke-width="8" id="glyph-52"')
    theirs, ours = drawn(text, reading.page), drawn(as_svg(reading), reading.page)
    assert theirs.min() < 0.5
    assert np.abs(theirs - ours).mean() < 0.04 * (1 - theirs).mean()
    # Corners of lines are cut in other ways, each a pixel large.
    assert (np.abs(theirs - ours) > 0.5).sum() <= 5


def test_what_programs_write_is_read_with_its_layers():
    inkscape = read_svg(DATA / "inkscape.svg")
    assert [(each.label, each.pen.text, len(each.chains)) for each in inkscape.layers] == [
        ("2 leaves", "#008000:0.5mm", 2),
        ("10 outline", "#0000ff:0.3mm", 3),
    ]
    assert inkscape.notes == (
        "texts left out: 1 (convert text to paths first)",
        "hidden elements left out: 1",
    )
    illustrator = read_svg(DATA / "illustrator.svg")
    assert [(each.pen.text, len(each.chains)) for each in illustrator.layers] == [
        ("#e30613:0.26mm", 2),
        ("#009fe3:0.53mm", 2),
        ("#1d1d1b:0.4mm", 1),
    ]
    chart = read_svg(DATA / "chart.svg")
    assert (chart.page.width_mm, chart.page.height_mm) == pytest.approx((76.2, 50.8))
    assert len(chart.notes) == 4


@pytest.mark.parametrize("zipped", [gzip.compress, lambda data: data])
def test_compressed_files_are_read(tmp_path, zipped):
    file = tmp_path / "a.svgz"
    file.write_bytes(zipped((DATA / "inkscape.svg").read_bytes()))
    assert len(read_svg(file).layers) == 2


@pytest.mark.parametrize("encoding", ["utf-8-sig", "utf-16", "iso-8859-1"])
def test_encodings(tmp_path, encoding):
    name = "utf-8" if encoding == "utf-8-sig" else encoding
    text = f'<?xml version="1.0" encoding="{name}"?><svg {SVG} width="9cm" height="9cm"><title>\xe9</title>'
    (tmp_path / "a.svg").write_bytes(f'{text}<path stroke="red" d="M1 1L9 9"/></svg>'.encode(encoding))
    assert len(read_svg(tmp_path / "a.svg").layers) == 1


def entities(count):
    """Each entity of ten of the one before."""
    lines = ['<!ENTITY a0 "aaaaaaaaaa">']
    lines += [f'<!ENTITY a{i} "{f"&a{i - 1};" * 10}">' for i in range(1, count)]
    return f"<!DOCTYPE svg [{''.join(lines)}]><svg {SVG}><desc>&a{count - 1};</desc></svg>"


HOSTILE = {
    "empty": (b"", "is empty"),
    "blank": (b" \n", "is empty"),
    "binary": (bytes(range(256)), "is not an SVG file"),
    "picture": (b"\x89PNG\r\n\x1a\n" + bytes(100), "is not an SVG file"),
    "text": (b"a drawing, honestly", "is not an SVG file"),
    "html": (b"<!DOCTYPE html><html><body><svg/></body></html>", "it begins with <html>"),
    "other": (b'<kml xmlns="urn:kml"/>', "is not an SVG file"),
    "other svg": (b'<svg xmlns="urn:svg"/>', "is not an SVG file"),
    "cut": (f'<svg {SVG} width="9cm"><path d="M1 1L9'.encode(), "is cut short or broken"),
    "mismatch": (f"<svg {SVG}><g></svg>".encode(), "mismatched tag"),
    "prefix": (f'<svg {SVG}><g inkscape:label="a"/></svg>'.encode(), "unbound prefix"),
    "twice": (f"<svg {SVG}/><svg/>".encode(), "is cut short or broken"),
    "encoding": (b'<?xml version="1.0" encoding="klingon"?><svg/>', "'a.svg"),
    "bad utf-8": (f"<svg {SVG}><title>\xff</title></svg>".encode("latin-1"), "is cut short or broken"),
    "laughs": (entities(30).encode(), "entity 'a1', which is not safe"),
    "long entity": (f'<!DOCTYPE svg [<!ENTITY a "{"a" * 5000}">]><svg/>'.encode(), "entity 'a'"),
    "outside": (b'<!DOCTYPE svg [<!ENTITY a SYSTEM "file:///etc/passwd">]><svg>&a;</svg>', "entity 'a'"),
    "parameter": (b'<!DOCTYPE svg [<!ENTITY % a SYSTEM "file:///etc/passwd"> %a;]><svg/>', "entity 'a'"),
    "namespace": (f'<svg {SVG} xmlns:p="{"x" * 5000}"/>'.encode(), "a namespace 'xxx"),
    "deep": (f"<svg {SVG}>{'<g>' * 300}{'</g>' * 300}</svg>".encode(), "200 deep"),
    "cut zip": (gzip.compress(b"<svg/>" * 1000)[:20], "damaged compressed file"),
    "zero width": (f'<svg {SVG} width="0" height="9">{LINE}</svg>'.encode(), "a width of '0'"),
    "negative": (f'<svg {SVG} width="9" height="-9mm"/>'.encode(), "a height of '-9mm'"),
    "zero box": (f'<svg {SVG} viewBox="0 0 0 9"/>'.encode(), "a view box of '0 0 0 9'"),
    "nan box": (f'<svg {SVG} viewBox="0 0 nan 9"/>'.encode(), "a view box of '0 0 nan 9'"),
    "inf box": (f'<svg {SVG} viewBox="0 0 1e999 9"/>'.encode(), "a view box"),
    "vast": (
        f'<svg {SVG} width="9km" height="1e9mm" viewBox="0 0 9 9"/>'.encode(),
        "sides may be 1 to 5000 mm",
    ),
    "tiny": (f'<svg {SVG} width="0.1mm" height="0.1mm"/>'.encode(), "sides may be 1 to 5000 mm"),
}


@pytest.mark.parametrize("case", HOSTILE)
def test_odd_documents_are_refused_in_one_line(tmp_path, monkeypatch, case):
    monkeypatch.chdir(tmp_path)
    data, fragment = HOSTILE[case]
    Path("a.svg").write_bytes(data)
    with pytest.raises(PlotoptError) as refusal:
        read_svg(Path("a.svg"))
    message = str(refusal.value)
    assert fragment in message
    assert "\n" not in message
    assert len(message) < 300


def test_clones_of_clones_end(tmp_path, monkeypatch):
    monkeypatch.setattr(walk, "MOST_ELEMENTS", 1000)
    clones = [f'<use href="#a{i}"/>' * 10 for i in range(11)]
    groups = "".join(f'<g id="a{i}">{each}</g>' for i, each in enumerate(clones, start=1))
    (tmp_path / "a.svg").write_text(f'<svg {SVG}><path id="a0" d="M0 0L1 1"/>{groups}</svg>')
    with pytest.raises(PlotoptError, match="copies itself into more than 1,000 elements"):
        read_svg(tmp_path / "a.svg")


@pytest.mark.parametrize(
    ("owner", "limit", "fragment"),
    [(document, "MOST_CURVES", "pieces"), (walk, "MOST_BYTES", "copies it")],
)
def test_clones_of_a_long_path_end(tmp_path, monkeypatch, owner, limit, fragment):
    monkeypatch.setattr(owner, limit, 5000)
    clones = '<use href="#a"/>' * 100
    (tmp_path / "a.svg").write_text(f'<svg {SVG}><path id="a" d="M0 0{"h1" * 100}"/>{clones}</svg>')
    with pytest.raises(PlotoptError, match=fragment):
        read_svg(tmp_path / "a.svg")


@pytest.mark.parametrize(
    ("tag", "name", "data"),
    [
        ("path", "d", "M0 0h" + "1 " * 1_000_000),
        ("path", "d", "M0 0" + "h1" * 1_000_000),
        ("path", "d", "M0 0a" + "1 1 0 011 1 " * 200_000),
        ("polyline", "points", "1 " * 1_000_000),
    ],
    ids=["numbers", "commands", "arcs", "points"],
)
def test_a_path_without_an_end_takes_little_memory(monkeypatch, tag, name, data):
    monkeypatch.setattr(document, "MOST_CURVES", 1000)
    tracemalloc.start()
    with pytest.raises(PlotoptError, match="more than 1,000 pieces of line"):
        shape_chains(tag, {name: data}, Viewport(1, 1))
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 10 * len(data)


def test_attributes_by_default_are_not_taken(tmp_path):
    """Else a short file could give each of many elements a long one."""
    kind = f'<!DOCTYPE svg [<!ATTLIST path d CDATA "M0 0L9 9" stroke CDATA "{"x" * 9000}">]>'
    (tmp_path / "a.svg").write_text(f"{kind}<svg {SVG}>{'<path/>' * 100}</svg>")
    assert read_svg(tmp_path / "a.svg").layers == ()


def test_entities_in_attributes_end(tmp_path, monkeypatch):
    monkeypatch.setattr(document, "MOST_BYTES", 50_000)
    text = f'<!DOCTYPE svg [<!ENTITY e "{"x" * 900}">]><svg {SVG}><g class="{"&e;" * 100}"/></svg>'
    (tmp_path / "a.svg").write_text(text)
    with pytest.raises(PlotoptError, match="too large"):
        read_svg(tmp_path / "a.svg")


def test_groups_may_be_as_deep_as_the_limit(tmp_path):
    depth = document.DEEPEST - 2
    text = f'<svg {SVG} width="9cm" height="9cm">{"<g>" * depth}{LINE}{"</g>" * depth}</svg>'
    (tmp_path / "a.svg").write_text(text)
    assert len(read_svg(tmp_path / "a.svg").layers) == 1


@pytest.mark.parametrize(
    ("limit", "fragment"), [("MOST_BYTES", "larger than"), ("MOST_ELEMENTS", "elements")]
)
def test_files_beyond_the_limits_are_refused(tmp_path, monkeypatch, limit, fragment):
    monkeypatch.setattr(document, limit, 20)
    text = f"<svg {SVG}>{LINE * 30}</svg>".encode()
    for data in (text, gzip.compress(text)):
        (tmp_path / "a.svg").write_bytes(data)
        with pytest.raises(PlotoptError, match=fragment):
            read_svg(tmp_path / "a.svg")


@pytest.mark.parametrize(
    ("name", "fragment"), [("no.svg", "does not exist"), (".", "is a folder"), ("\0", "does not exist")]
)
def test_what_is_no_file_is_refused(tmp_path, name, fragment):
    with pytest.raises(PlotoptError, match=fragment):
        read_svg(tmp_path / name)


NUMBERS = st.floats(-1e3, 1e3, allow_nan=False).map(lambda number: round(number, 4))
SEGMENTS = st.one_of(
    *(
        st.tuples(st.just(kind), st.lists(NUMBERS, min_size=count, max_size=count))
        for kind, count in {"M": 2, "l": 2, "H": 1, "v": 1, "C": 6, "s": 4, "q": 4, "T": 2, "z": 0}.items()
    )
)


@given(st.lists(SEGMENTS, max_size=12))
@settings(max_examples=60)
def test_any_path_is_unbroken_and_written_tight_it_is_the_same(segments):
    wide = "M 0 0 " + " ".join(f"{kind} {' '.join(map(repr, numbers))}" for kind, numbers in segments)
    chains, whole = parse_path(wide)
    assert whole
    for chain in chains:
        assert (chain[1:, 0] == chain[:-1, 3]).all()
    tight = wide.replace(" -", "-").replace(" 0.", " .").replace(" M ", "M").replace(" C ", "C")
    again, whole = parse_path(tight)
    assert whole
    assert len(again) == len(chains)
    assert all((one == other).all() for one, other in zip(chains, again, strict=True))


@given(st.text(st.sampled_from("MmLlAaCcQqZz0123456789.,-+eE \n()x"), max_size=60))
@settings(max_examples=200)
def test_no_path_data_are_an_error(data):
    chains, _ = parse_path(data)
    assert all(chain.shape[1:] == (4, 2) for chain in chains)
