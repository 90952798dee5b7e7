import json
from pathlib import Path
from xml.etree import ElementTree

import numpy as np
import pytest
from machines import PROFILE
from PIL import Image

from plotopt import bezier
from plotopt.drawing import Drawing
from plotopt.errors import PlotoptError
from plotopt.page import Page
from plotopt.pens import Pen
from plotopt.plot.plan import Layer, summarize


@pytest.fixture
def drawing():
    line = bezier.line_curve(np.array([10.0, 10.0]), np.array([40.0, 15.0]))[None]
    layer = Layer(Pen("black", "#000000", 0.5), (line,), strokes=1)
    return Drawing(Page(50.0, 30.0, 5.0), (layer,), PROFILE, {"seed": 7})


def test_statistics_are_those_of_the_layers_and_go_into_the_svg(drawing):
    assert drawing.statistics == summarize(drawing.layers, PROFILE)
    root = ElementTree.fromstring(drawing.svg())
    stored = json.loads(root.findtext("{*}metadata"))
    assert stored["seed"] == 7
    assert stored["statistics"]["paths"] == 1
    assert stored["statistics"]["minutes"] == pytest.approx(drawing.statistics.minutes, abs=1e-4)


def test_a_notebook_shows_the_svg(drawing):
    assert drawing._repr_svg_() == drawing.svg()
    assert drawing._repr_svg_().startswith("<svg")


def test_preview_shows_the_ink(drawing):
    image = drawing.preview(dpi=100)
    assert image.size == (197, 118)
    assert 0 < (np.asarray(image.convert("L")) < 128).mean() < 0.1


@pytest.mark.parametrize(("name", "stem"), [("out.svg", "out"), ("out", "out"), ("a b.SVG", "a b")])
def test_save_writes_the_svg_and_the_preview_beside_it(drawing, tmp_path, name, stem):
    written = drawing.save(tmp_path / name)
    assert [path.stem for path in written] == [stem, stem]
    assert sorted(tmp_path.iterdir()) == sorted(written)
    svg, png = written
    assert svg.read_text() == drawing.svg()
    with Image.open(png) as image:
        assert image.size == (394, 236)


def test_save_without_preview_and_as_polylines(drawing, tmp_path):
    assert drawing.save(str(tmp_path / "out.svg"), preview=False, polylines=True) == (tmp_path / "out.svg",)
    assert (tmp_path / "out.svg").read_text() == drawing.svg(polylines=True) != drawing.svg()
    assert not (tmp_path / "out.png").exists()


@pytest.mark.parametrize("existing", ["out.svg", "out.png"])
def test_existing_files_are_kept_unless_forced(drawing, tmp_path, existing):
    (tmp_path / existing).write_text("mine")
    with pytest.raises(PlotoptError):
        drawing.save(tmp_path / "out.svg")
    assert [path.name for path in tmp_path.iterdir()] == [existing]
    assert (tmp_path / existing).read_text() == "mine"
    drawing.save(tmp_path / "out.svg", force=True)
    assert (tmp_path / "out.svg").read_text() == drawing.svg()


@pytest.mark.parametrize(
    "name", ["out.pdf", "out.png", "v1.2", "missing/out.svg", ".", "", "folder", "a\0b.svg"]
)
def test_a_bad_path_gets_one_line_and_leaves_no_file(drawing, tmp_path, monkeypatch, name):
    monkeypatch.chdir(tmp_path)
    Path("folder").mkdir()
    with pytest.raises(PlotoptError) as caught:
        drawing.save(name)
    assert "\n" not in str(caught.value)
    assert [path.name for path in tmp_path.iterdir()] == ["folder"]


def test_an_empty_drawing_can_be_saved(tmp_path):
    blank = Drawing(Page(50.0, 30.0, 5.0), (), PROFILE, {})
    svg, png = blank.save(tmp_path / "blank")
    assert "<path" not in svg.read_text()
    with Image.open(png) as image:
        assert image.convert("L").getextrema() == (255, 255)


def test_the_picture_is_spared_also_from_python(tmp_path):
    photo = tmp_path / "photo.png"
    photo.write_bytes(b"precious")
    drawing = Drawing(Page(148, 210, 20), (), PROFILE, {}, source=photo)
    assert drawing.save(tmp_path / "photo.svg", force=True)[1] == tmp_path / "photo-preview.png"
    assert photo.read_bytes() == b"precious"


@pytest.mark.parametrize("preview", ["a.svg", "a.jpg", "a"])
def test_a_preview_is_a_png(tmp_path, preview):
    with pytest.raises(PlotoptError, match=r"end it in \.png"):
        Drawing(Page(148, 210, 20), (), PROFILE, {}).save(tmp_path / "a.svg", preview=tmp_path / preview)
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize("dpi", [0, -10, float("nan"), float("inf")])
def test_a_preview_needs_a_resolution(dpi):
    with pytest.raises(PlotoptError, match="dpi"):
        Drawing(Page(148, 210, 20), (), PROFILE, {}).preview(dpi)
