import io
import json
from dataclasses import replace
from xml.etree import ElementTree

import numpy as np
import pytest
import svgelements
import vpype

from plotopt import bezier
from plotopt.page import Page
from plotopt.pens import Pen
from plotopt.plot.chains import lengths_mm
from plotopt.plot.plan import Layer
from plotopt.plot.svg import svg_text

PAGE = Page(210.0, 297.0, 20.0)
BLACK, RED = Pen("black", "#000000", 0.4), Pen("dark red", "#aa0010", 0.35)
SVG = "{http://www.w3.org/2000/svg}"
INKSCAPE = "{http://www.inkscape.org/namespaces/inkscape}"
MM_PER_CSS_PX = 25.4 / 96


def wave(x, y, curves=3):
    """Joined curves that are far from straight."""
    offsets = np.array([[0, 0], [4, 9], [8, -9], [12, 0]])
    return np.stack([offsets + np.array([x + 12.0 * i, y]) for i in range(curves)])


LAYERS = (
    Layer(
        BLACK, (wave(30, 40), bezier.line_curve(np.array([50, 60]), np.array([90, 95.5]))[None]), strokes=4
    ),
    Layer(RED, (wave(40, 100, 1),), strokes=1),
)


def groups(text):
    return list(ElementTree.fromstring(text).iter(f"{SVG}g"))


def paths(text):
    return [element.get("d") for element in ElementTree.fromstring(text).iter(f"{SVG}path")]


def test_nothing_but_groups_of_paths():
    root = ElementTree.fromstring(svg_text(LAYERS, PAGE, {"seed": 7}))
    assert [child.tag for child in root] == [f"{SVG}metadata", f"{SVG}g", f"{SVG}g"]
    assert {child.tag for group in root[1:] for child in group} == {f"{SVG}path"}
    assert not [
        element for element in root.iter() if "transform" in element.attrib or "style" in element.attrib
    ]
    assert (root.get("width"), root.get("height"), root.get("viewBox")) == ("210mm", "297mm", "0 0 210 297")


def test_a_layer_is_an_inkscape_layer_with_its_pen():
    black, red = ElementTree.fromstring(svg_text(LAYERS, PAGE, {})).iter(f"{SVG}g")
    assert black.get(f"{INKSCAPE}groupmode") == red.get(f"{INKSCAPE}groupmode") == "layer"
    assert black.get(f"{INKSCAPE}label") == black.get("id") == "1-black-0.4mm"
    assert (red.get(f"{INKSCAPE}label"), red.get("id")) == ("2-dark red-0.35mm", "2-dark-red-0.35mm")
    expected = {"stroke": "#aa0010", "stroke-width": "0.35", "fill": "none"}
    assert expected.items() <= red.attrib.items()
    assert red.get("stroke-linecap") == red.get("stroke-linejoin") == "round"


def test_coordinates_are_rounded_and_joints_written_once():
    chain = np.array(
        [[[1.23456, 2], [3, 4.0004], [-0.0001, 0], [7, 8]], [[7, 8], [9, 9], [10, 10], [1000.1236, 11]]]
    )
    (data,) = paths(svg_text([Layer(BLACK, (chain,), 1)], PAGE, {}))
    assert data == "M1.235,2 C3,4 0,0 7,8 9,9 10,10 1000.124,11"


def test_polylines_are_straight_and_near_the_curves():
    text = svg_text(LAYERS, PAGE, {}, polylines=True)
    assert all("C" not in data and data.count("L") == 1 for data in paths(text))
    vertices = np.array([pair.split(",") for pair in paths(text)[0][1:].replace("L", "").split()], float)
    dense = bezier.evaluate(LAYERS[0].chains[0][:, None], np.linspace(0, 1, 500)).reshape(-1, 2)
    steps = np.diff(vertices, axis=0)
    t = (((dense[:, None] - vertices[:-1]) * steps).sum(-1) / (steps**2).sum(-1)).clip(0, 1)
    distances = np.linalg.norm(dense[:, None] - vertices[:-1] - t[..., None] * steps, axis=-1).min(1)
    assert distances.max() <= 0.4 / 20 + 0.001


@pytest.mark.parametrize("polylines", [False, True])
def test_vpype_reads_page_layers_and_lengths(polylines):
    text = svg_text(LAYERS, PAGE, {}, polylines=polylines)
    document = vpype.read_multilayer_svg(io.StringIO(text), quantization=0.02)
    np.testing.assert_allclose(np.array(document.page_size) * MM_PER_CSS_PX, [210, 297], rtol=1e-6)
    assert list(document.layers) == [1, 2]
    for number, layer in enumerate(LAYERS, start=1):
        lines = document.layers[number]
        assert len(lines) == len(layer.chains)
        assert lines.length() * MM_PER_CSS_PX == pytest.approx(lengths_mm(layer.chains).sum(), rel=1e-3)
        assert lines.property(vpype.METADATA_FIELD_COLOR) == vpype.Color(layer.pen.color)
        assert lines.property(vpype.METADATA_FIELD_PEN_WIDTH) * MM_PER_CSS_PX == pytest.approx(
            layer.pen.width_mm
        )


def test_svgelements_reads_units_and_curves():
    svg = svgelements.SVG.parse(io.StringIO(svg_text(LAYERS, PAGE, {})), reify=True, ppi=96)
    np.testing.assert_allclose([svg.width * MM_PER_CSS_PX, svg.height * MM_PER_CSS_PX], [210, 297], rtol=1e-6)
    found = list(svg.select(lambda element: isinstance(element, svgelements.Path)))
    chains = [chain for layer in LAYERS for chain in layer.chains]
    assert len(found) == len(chains)
    for path, chain in zip(found, chains, strict=True):
        curves = [segment for segment in path if isinstance(segment, svgelements.CubicBezier)]
        points = [[(p.x, p.y) for p in (c.start, c.control1, c.control2, c.end)] for c in curves]
        np.testing.assert_allclose(np.array(points) * MM_PER_CSS_PX, chain, atol=6e-4)


def test_metadata_survive_as_sorted_json():
    metadata = {
        "command": 'plotopt fit "a&b<c>.png" --note "]]> é\x01\ufffe\ud800"',
        "options": {"z": 1, "a": None},
    }
    root = ElementTree.fromstring(svg_text([], PAGE, metadata))
    text = root.findtext(f"{SVG}metadata")
    assert json.loads(text) == metadata
    assert text.index('"a"') < text.index('"z"')


def test_the_same_input_gives_the_same_text():
    shuffled = {"b": {"y": 2, "x": 1}, "a": 0}
    ordered = {"a": 0, "b": {"x": 1, "y": 2}}
    assert svg_text(LAYERS, PAGE, shuffled) == svg_text(LAYERS, PAGE, ordered)


@pytest.mark.parametrize("layers", [[], [Layer(BLACK, (), 0)]])
def test_an_empty_drawing_is_a_valid_svg(layers):
    text = svg_text(layers, PAGE, {})
    assert paths(text) == []
    _, width, height = vpype.read_svg(io.StringIO(text), quantization=0.1)
    np.testing.assert_allclose(np.array([width, height]) * MM_PER_CSS_PX, [210, 297], rtol=1e-6)


def test_odd_page_sizes_are_written_in_full():
    root = ElementTree.fromstring(svg_text([], Page(1234.5678, 215.9, 0.0), {}))
    assert (root.get("width"), root.get("viewBox")) == ("1234.5678mm", "0 0 1234.5678 215.9")


def test_parts_of_a_layer_are_told_by_name():
    parts = [replace(LAYERS[1], part=number, parts=3) for number in (1, 2, 3)]
    labels = [group.get(f"{INKSCAPE}label") for group in groups(svg_text([LAYERS[0], *parts], PAGE, {}))]
    assert labels == [
        "1-black-0.4mm",
        "2-dark red-0.35mm-part-1-of-3",
        "3-dark red-0.35mm-part-2-of-3",
        "4-dark red-0.35mm-part-3-of-3",
    ]


def test_what_is_plotted_has_no_looks():
    text = svg_text([Layer(replace(RED, opacity=0.5), (wave(1, 2),), 1)], PAGE, {})
    assert "blend" not in text
    assert "opacity" not in text


def test_ink_for_the_eye_multiplies_unless_it_covers():
    pens = (replace(RED, opacity=0.5), replace(RED, opaque=True), BLACK)
    text = svg_text([Layer(pen, (wave(1, 2),), 1) for pen in pens], PAGE, {}, as_ink=True)
    looks = [(group.get("style"), group.get("stroke-opacity")) for group in groups(text)]
    assert looks == [("mix-blend-mode:multiply", "0.5"), (None, None), (None, None)]


def test_vpype_reads_the_names_of_layers():
    document = vpype.read_multilayer_svg(io.StringIO(svg_text(LAYERS, PAGE, {})), quantization=0.1)
    names = [document.layers[number].property(vpype.METADATA_FIELD_NAME) for number in (1, 2)]
    assert names == ["1-black-0.4mm", "2-dark red-0.35mm"]
