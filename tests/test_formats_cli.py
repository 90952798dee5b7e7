"""How the command line is told formats and resolution, and what it refuses before any work."""

from pathlib import Path

import click
import numpy as np
import pytest
from click.testing import CliRunner
from machines import PROFILE
from PIL import Image

from plotopt import bezier
from plotopt.cli.delivery import Delivery, delivered
from plotopt.drawing import Drawing
from plotopt.errors import PlotoptError
from plotopt.page import Page
from plotopt.pens import Pen
from plotopt.plot import preview
from plotopt.plot.plan import Layer
from plotopt.settings import read_settings

LINE = bezier.line_curve(np.array([30.0, 30.0]), np.array([60.0, 35.0]))[None]
DRAWING = Drawing(Page(297.0, 210.0, 20.0), (Layer(Pen("black", "#000000", 0.5), (LINE,), 1),), PROFILE, {})


@click.command()
@click.argument("subject", type=click.Path(path_type=Path))
@click.option("--paper")
@delivered("somewhere")
def draw(subject, delivery, options):
    """A command that has its drawing ready, and says that it worked for it."""
    paths = delivery.paths(subject.with_suffix(".svg"), subject)
    click.echo("working")
    delivery.deliver(DRAWING, paths, "plotopt draw")


@pytest.fixture
def run(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    Image.new("RGB", (8, 8)).save("a.png")
    return lambda *words: CliRunner().invoke(draw, ["a.png", *words])


def files():
    return sorted(path.name for path in Path().iterdir())


def test_without_options_there_are_svg_and_preview_at_200_dpi(run):
    assert run().exit_code == 0
    assert files() == ["a-preview.png", "a.png", "a.svg"]
    with Image.open("a-preview.png") as image:
        assert image.size == (2339, 1654)


@pytest.mark.parametrize(
    ("words", "written"),
    [
        (["--formats=svg,pdf,hpgl,gcode:servo"], ["a.gcode", "a.hpgl", "a.pdf", "a.svg"]),
        (["--formats=html"], ["a.html"]),
        (["--formats=pdf", "-o", "b.pdf"], ["b.pdf"]),
        (["--formats=pdf,png", "-o", "b"], ["b.pdf", "b.png"]),
        (["-o", "b.png"], ["b.png", "b.svg"]),
        (["-o", "b.svg", "--formats=pdf"], ["b.pdf"]),
        (["--formats=png"], ["a-preview.png"]),
        (["--formats=png,pdf"], ["a-preview.png", "a.pdf"]),
        (["--formats=pdf,svg", "-o", "b.PDF"], ["b.PDF", "b.svg"]),
    ],
)
def test_every_format_gets_its_file_and_is_told(run, words, written):
    done = run(*words)
    assert done.exit_code == 0, done.exception
    assert set(files()) - {"a.png"} == set(written)
    told = done.output.splitlines()[-1].split()
    assert set(told) == {"files", *written}


def test_the_resolution_is_the_previews(run):
    run("--dpi=50")
    with Image.open("a-preview.png") as image:
        assert image.size == (585, 414)


def test_a_coarser_preview_is_told(run, monkeypatch):
    monkeypatch.setattr(preview, "_MOST_PIXELS", 20_000)
    assert "note: the preview has 14 dpi, not 200" in run().output
    assert "note" not in run("--formats=svg", "-f").output


@pytest.mark.parametrize(
    ("words", "fragment"),
    [
        (["--formats=tiff"], "unknown format 'tiff'"),
        (["--formats=jpg"], "use png, or another of svg, png, pdf"),
        (["--formats=svg,svg"], "svg twice"),
        (["--formats=hpgl:nothing"], "no HPGL device 'nothing'"),
        (["--formats=hpgl", "--paper=a5"], "takes no sheet of 148 x 210 mm"),
        (["--formats=gcode:nothing"], "unknown G-code flavour 'nothing'"),
        (["--dpi=10"], "20 to 1200"),
        (["--dpi=nan"], "20 to 1200"),
        (["-o", "b.pdf"], "ask for --formats pdf"),
        (["-o", "b.jpg"], "'b.jpg' is not the name of a drawing: end it in .svg"),
        (["-o", "a.png", "--formats=png"], "'a.png': it is one of the files this is made from"),
        (["--formats=svg,pdf", "-o", "old.svg"], "'old.pdf': it exists already"),
    ],
)
def test_what_cannot_be_done_is_told_before_the_work(run, words, fragment):
    Path("old.pdf").write_text("mine")
    before = files()
    done = run(*words)
    assert isinstance(done.exception, PlotoptError)
    assert fragment in str(done.exception)
    assert "working" not in done.output
    assert files() == before


def wishing(formats):
    return Delivery(None, formats, None, polylines=False, force=False, quiet=True, verbose=False)


@pytest.mark.parametrize(
    ("formats", "options", "aspect", "fragment"),
    [
        ("hpgl:hp7440a", {"paper": "a3"}, 1.5, "takes no sheet of 420 x 297 mm"),
        ("svg,hpgl", {"margin": "10mm"}, 1.5, "at least 14mm"),
        ("hpgl", {"margin": "10mm"}, None, "at least 14mm"),
        ("hpgl", {"margin": "14mm", "paper": "a3"}, None, "at least 15mm"),
        ("hpgl", {"margin": "10mm", "orientation": "portrait"}, 0.9, "3.7 mm beyond"),
        ("hpgl", {"pens": "auto:7"}, 1.5, "holds 6 pens, the drawing has 7"),
        ("hpgl", {"pens": "red,blue,lime,black,cyan,teal,navy"}, 1.5, "holds 6 pens, the drawing has 7"),
    ],
)
def test_what_no_such_plotter_can_draw_is_told_by_the_settings(formats, options, aspect, fragment):
    with pytest.raises(PlotoptError, match=fragment):
        wishing(formats).check(read_settings(**options), aspect)


@pytest.mark.parametrize(
    ("formats", "options", "aspect"),
    [
        ("hpgl", {}, 1.5),
        ("hpgl", {}, None),
        ("hpgl", {"margin": "14mm"}, None),
        ("hpgl", {"margin": "15mm", "paper": "a3", "orientation": "landscape"}, None),
        ("hpgl", {"margin": "13mm"}, 4.0),  # a strip in the middle stays clear of the edge that is too near
        ("svg,png,pdf,gcode", {"margin": "0mm", "paper": "a5"}, 1.5),
        ("hpgl:hp7550", {"pens": "auto:8"}, 1.5),
    ],
)
def test_what_a_plotter_can_draw_is_let_through(formats, options, aspect):
    wishing(formats).check(read_settings(**options), aspect)
