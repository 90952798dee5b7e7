import json
from dataclasses import replace
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
from plotopt.stocks import Stock


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
    assert drawing.save(str(tmp_path / "out.svg"), formats="svg", polylines=True) == (tmp_path / "out.svg",)
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
    "name", ["out.pdf", "out.jpg", "v1.2", "missing/out.svg", ".", "", "folder", "a\0b.svg"]
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


def test_a_preview_does_not_take_the_name_of_the_picture(tmp_path):
    photo = tmp_path / "photo.png"
    photo.write_bytes(b"precious")
    drawing = Drawing(Page(148, 210, 20), (), PROFILE, {}, source=photo)
    with pytest.raises(PlotoptError, match="is one of the files this is made from"):
        drawing.save(photo, formats="png", force=True)
    assert photo.read_bytes() == b"precious"


def test_maps_are_spared_as_the_picture_is(tmp_path):
    for name in ("oval.png", "oval-preview.png"):
        (tmp_path / name).write_bytes(b"precious")
    oval, second = tmp_path / "oval.png", tmp_path / "oval-preview.png"
    drawing = Drawing(Page(148, 210, 20), (), PROFILE, {}, others=(oval,))
    assert drawing.save(tmp_path / "oval.svg", force=True) == (tmp_path / "oval.svg", second)
    assert oval.read_bytes() == b"precious"
    with pytest.raises(PlotoptError, match=r"oval-preview.png': it is one of the files this is made from"):
        replace(drawing, others=(oval, second)).save(tmp_path / "other" / ".." / "oval", force=True)


def test_a_folder_that_is_not_there_is_no_name_of_a_file(tmp_path):
    with pytest.raises(PlotoptError, match="new/': the folder does not exist, create it first"):
        Drawing(Page(148, 210, 20), (), PROFILE, {}).save(f"{tmp_path}/new/")
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("dpi", [0, -10, 19, 1201, float("nan"), float("inf")])
def test_a_preview_needs_a_resolution(dpi):
    with pytest.raises(PlotoptError, match="20 to 1200 dpi"):
        Drawing(Page(148, 210, 20), (), PROFILE, {}).preview(dpi)


def on_a4(drawing):
    return replace(drawing, page=Page(297.0, 210.0, 20.0))


ALL = ("svg", "png", "pdf", "html", "hpgl", "gcode")


def test_all_formats_lie_beside_each_other(drawing, tmp_path):
    written = on_a4(drawing).save(
        tmp_path / "my.drawing.svg", formats=" svg,PNG, pdf,html,hpgl:dxy,gcode:servo"
    )
    assert [path.name for path in written] == [f"my.drawing.{suffix}" for suffix in ALL]
    assert sorted(tmp_path.iterdir()) == sorted(written)
    assert all(path.stat().st_size > 50 for path in written)


def test_one_format_alone_under_its_own_name(drawing, tmp_path):
    assert drawing.save(tmp_path / "out.PDF", formats="pdf") == (tmp_path / "out.PDF",)
    assert (tmp_path / "out.PDF").read_bytes().startswith(b"%PDF")
    assert drawing.save(tmp_path / "page", formats="html") == (tmp_path / "page.html",)


def test_nothing_is_written_when_one_format_cannot_be(drawing, tmp_path):
    with pytest.raises(PlotoptError, match="takes no sheet of 50 x 30 mm"):
        drawing.save(tmp_path / "out", formats=",".join(ALL))
    assert not list(tmp_path.iterdir())
    (tmp_path / "out.gcode").write_text("mine")
    with pytest.raises(PlotoptError, match=r"out\.gcode'.*exists"):
        on_a4(drawing).save(tmp_path / "out", formats="svg,png,pdf,html,hpgl:dxy,gcode")
    assert [path.name for path in tmp_path.iterdir()] == ["out.gcode"]


@pytest.mark.parametrize(
    ("name", "formats", "fragment"),
    [
        ("out.pdf", "svg,png", "ask for --formats pdf"),
        ("out.html", "svg,pdf", "ask for --formats html"),
        ("out.txt", "pdf,html", "end it in .svg or .pdf or .html"),
        ("out", "svg,tiff", "unknown format 'tiff'"),
        ("out", "", "unknown format ''"),
        ("out", (), "no format is given"),
        ("out", "htm", "use html"),
        ("out", "svg,png,svg", "have svg twice"),
        ("out", "pdf:large", "write it as pdf"),
        ("out", "hpgl:", "write it as hpgl"),
        ("out", "hpgl:hp7476a", "use hp7475a"),
        ("out", "gcode:sevro", "use servo"),
    ],
)
def test_formats_and_names_that_do_not_fit_are_refused_by_name(drawing, tmp_path, name, formats, fragment):
    with pytest.raises(PlotoptError) as caught:
        drawing.save(tmp_path / name, formats=formats)
    assert fragment in str(caught.value)
    assert "\n" not in str(caught.value)
    assert not list(tmp_path.iterdir())


def test_the_preview_is_on_the_stock_and_at_the_dpi_asked_for(drawing, tmp_path):
    drawing = replace(drawing, stock=Stock("black", "black card", "#1b1b1d", 4.0))
    (png,) = drawing.save(tmp_path / "out", formats="png", dpi=50)
    with Image.open(png) as image:
        assert image.size == (98, 59)
        assert image.getpixel((1, 1)) == (0x1B, 0x1B, 0x1D)
