"""Whole fits from Python, small ones: what the drawing is, and what a fit leaves alone."""

import io
import json
import random
import re
import subprocess
import sys
from dataclasses import replace
from itertools import groupby
from xml.etree import ElementTree

import numpy as np
import pytest
import svgelements
import torch
import vpype
from pictures import gradient, plain, save
from PIL import Image

import plotopt
import plotopt.fitting
from plotopt import bezier
from plotopt.drawing import Drawing
from plotopt.errors import PlotoptError
from plotopt.first_strokes.guide import Guide
from plotopt.joints import Joints
from plotopt.layering import idle_notes
from plotopt.listening import Progress
from plotopt.noting import gone_notes
from plotopt.objectives.likeness import Likeness
from plotopt.page import fit_rect
from plotopt.pens import Pen, parse_pen
from plotopt.plot.plan import Layer
from plotopt.profiles import load_profile
from plotopt.strokes import Strokes

BLACK, RED = Pen("black", "#000000", 0.4), Pen("red", "#e01010", 0.4)
TINY = {"quality": "draft", "strokes": 30, "size": 64}
SVG = "{http://www.w3.org/2000/svg}"
MM_PER_CSS_PX = 25.4 / 96


def tiny(image, **options):
    return plotopt.fit(image, **(TINY | options))


@pytest.fixture(scope="module")
def drawing():
    return tiny(gradient())


def path_data(svg):
    return [path.get("d") for path in ElementTree.fromstring(svg).iter(f"{SVG}path")]


def ink_bounds(svg):
    """Left, top, right and bottom of all ink in an SVG of cubic curves, in mm."""
    root = ElementTree.fromstring(svg)
    radius = float(root.find(f"{SVG}g").get("stroke-width")) / 2
    points = []
    for data in path_data(svg):
        numbers = np.array(re.findall(r"-?[\d.]+", data), float).reshape(-1, 2)
        curves = np.stack([numbers[i : i + 4] for i in range(0, len(numbers) - 1, 3)])
        points.append(bezier.evaluate(curves[:, None], np.linspace(0, 1, 101)).reshape(-1, 2))
    points = np.concatenate(points)
    return [*(points.min(0) - radius), *(points.max(0) + radius)]


@pytest.mark.parametrize("kind", ["path", "pillow"])
def test_the_same_pixels_give_the_same_drawing(drawing, tmp_path, kind):
    path = save(tmp_path / "a.png", gradient())
    other = tiny({"path": str(path), "pillow": Image.fromarray(gradient())}[kind])
    assert isinstance(other, Drawing)
    assert other.page == drawing.page
    assert path_data(other.svg()) == path_data(drawing.svg())
    name = {"path": "a.png", "pillow": "image"}[kind]
    assert other.metadata["command"].startswith(f"plotopt fit {name} --")


def test_a_seed_is_a_drawing(drawing):
    assert tiny(gradient()).svg() == drawing.svg()
    assert path_data(tiny(gradient(), seed=1).svg()) != path_data(drawing.svg())


def test_metadata_hold_version_command_options_and_statistics(drawing):
    stored = json.loads(ElementTree.fromstring(drawing.svg()).findtext(f"{SVG}metadata"))
    assert stored["plotopt"] == plotopt.__version__
    assert stored["options"]["seed"] == 0
    assert stored["options"]["strokes"] == 30
    assert "--quality=draft" in stored["command"]
    assert stored["statistics"]["paths"] == drawing.statistics.paths == len(path_data(drawing.svg()))


@pytest.mark.parametrize(
    ("options", "page", "margin"),
    [
        ({}, (297, 210), 20),
        ({"orientation": "portrait"}, (210, 297), 20),
        ({"paper": "a5", "margin": "1cm", "pens": "2mm", "strokes": 100}, (210, 148), 10),
        ({"paper": "100x120mm", "margin": 0, "pens": "red:3mm"}, (120, 100), 0),
        ({"paper": "120x100mm", "margin": 5.5}, (120, 100), 5.5),
        ({"paper": "letter", "margin": "1in", "strokes": 300, "pens": "1mm"}, (279.4, 215.9), 25.4),
    ],
)
def test_all_ink_lies_within_the_margin_of_the_page_asked_for(options, page, margin):
    svg = tiny(gradient(), **options).svg()
    root = ElementTree.fromstring(svg)
    assert (root.get("width"), root.get("height")) == tuple(f"{side:g}mm" for side in page)
    assert root.get("viewBox") == f"0 0 {page[0]:g} {page[1]:g}"
    left, top, right, bottom = ink_bounds(svg)
    rounding = 0.001
    assert min(left, top) >= margin - rounding
    assert right <= page[0] - margin + rounding
    assert bottom <= page[1] - margin + rounding


def test_ink_lies_where_the_picture_is_dark():
    half = plain(255)
    half[:, :32] = 0
    drawing = tiny(half, strokes=200, pens="1mm", paper="a5")
    light = np.asarray(drawing.preview(dpi=50).convert("L")) / 255
    left, right = np.array_split(1 - light, 2, axis=1)
    assert left.sum() > 50 * right.sum()
    place = fit_rect(drawing.page.frame, 64 / 48)
    np.testing.assert_allclose(ink_bounds(drawing.svg())[:2], [place.left, place.top], atol=3)


@pytest.mark.parametrize("polylines", [False, True])
def test_vpype_reads_back_the_page_the_pen_and_the_metres(drawing, polylines):
    text = drawing.svg(polylines=polylines)
    assert ("C" in "".join(path_data(text))) is not polylines
    document = vpype.read_multilayer_svg(io.StringIO(text), quantization=0.02)
    np.testing.assert_allclose(np.array(document.page_size) * MM_PER_CSS_PX, [297, 210], rtol=1e-6)
    (lines,) = document.layers.values()
    assert len(lines) == drawing.statistics.paths
    metres = lines.length() * MM_PER_CSS_PX / 1000
    assert metres == pytest.approx(drawing.statistics.pen_down_m, rel=2e-3)
    assert lines.property(vpype.METADATA_FIELD_PEN_WIDTH) * MM_PER_CSS_PX == pytest.approx(0.4)


def test_svgelements_reads_back_paths_of_that_length(drawing):
    svg = svgelements.SVG.parse(io.StringIO(drawing.svg()), reify=True, ppi=96)
    paths = list(svg.select(lambda element: isinstance(element, svgelements.Path)))
    metres = sum(path.length(error=1e-4) for path in paths) * MM_PER_CSS_PX / 1000
    assert metres == pytest.approx(drawing.statistics.pen_down_m, rel=2e-3)
    assert {path.stroke.hex for path in paths} == {"#000000"}


def test_a_blank_picture_gives_a_valid_svg_and_a_note(tmp_path):
    drawing = tiny(plain(255))
    assert path_data(drawing.svg()) == []
    assert drawing.statistics.strokes == drawing.statistics.lifts == drawing.statistics.minutes == 0
    (note,) = drawing.notes
    assert "blank" in note or "no strokes" in note
    drawing.save(tmp_path / "blank.svg")
    _, width, height = vpype.read_svg(str(tmp_path / "blank.svg"), quantization=0.1)
    np.testing.assert_allclose(np.array([width, height]) * MM_PER_CSS_PX, [297, 210], rtol=1e-6)


@pytest.mark.parametrize(
    ("pixels", "options"),
    [
        (plain(0), {}),
        (gradient(), {"strokes": 1}),
        (gradient(), {"strokes": 300}),
        (gradient(8, 8), {}),
        (gradient(400, 10), {}),
        (gradient(10, 400), {}),
        (gradient(), {"pens": "20mm"}),
        (gradient(), {"pens": "0.02mm"}),
        (gradient(), {"pens": Pen("gel", "#ffffff", 0.7, opaque=True)}),
        (gradient(), {"gamma": 5.0, "contrast": 5.0}),
        (gradient().astype(np.uint16) * 257, {"tile": 64}),
        (gradient() / 255, {"paper": "a6", "margin": "50mm"}),
    ],
)
def test_odd_pictures_and_options_give_a_drawing(pixels, options):
    drawing = tiny(pixels, **options)
    assert 1 <= drawing.statistics.strokes <= (TINY | options)["strokes"]
    assert 0 < drawing.statistics.pen_down_m < 100
    assert len(path_data(drawing.svg())) == drawing.statistics.paths


def test_a_dark_picture_too_small_for_its_pen_is_not_called_blank():
    with pytest.raises(PlotoptError, match="4 mm wide is too wide for a picture of"):
        tiny(gradient(), paper="a6", margin="50mm", pens="4mm")


def test_progress_tells_every_step_of_every_stage_in_order(drawing):
    heard = []
    watched = tiny(gradient(), on_progress=heard.append)
    stages = [(name, list(events)) for name, events in groupby(heard, key=lambda event: event.stage)]
    names = [name for name, _ in stages]
    assert [re.sub(r" \(.*\)", "", name) for name in names] == [
        "reading the picture",
        "preparing the renderer",
        "laying the first strokes",
        "whole page at 64 px",
        "tiles at 64 px",
        "planning the plot",
    ]
    for name, events in stages:
        steps = [event.step for event in events]
        optimising = "px" in name
        assert steps == list(range(int(optimising), events[0].steps + 1))
        assert all(isinstance(event, Progress) and event.steps == steps[-1] for event in events)
        assert all((event.loss is not None and np.isfinite(event.loss)) == optimising for event in events)
    assert watched.svg() == drawing.svg()


@pytest.mark.parametrize("error", [KeyboardInterrupt, RuntimeError])
def test_what_a_listener_raises_ends_the_fit(error):
    heard = []

    def listener(progress):
        heard.append(progress)
        if progress.loss is not None:
            raise error

    with pytest.raises(error):
        tiny(gradient(), on_progress=listener)
    assert heard[-1].step == 1


@pytest.mark.parametrize(
    ("image", "options", "fragment"),
    [
        (gradient(), {"strokes_": 30}, "'strokes_'"),
        (gradient(), {"strokes": 0}, "strokes is 0"),
        (gradient(), {"margin": 103}, "103 mm"),
        (gradient(), {"margin": -1}, "-1 mm"),
        (gradient(), {"margin": float("nan")}, "nan"),
        (gradient(), {"paper": "a1", "profile": "axidraw_minikit"}, "160 x 101.6 mm"),
        (gradient(400, 10), {"paper": "20x20mm", "margin": 7}, "6 x 0.15 mm"),
        (gradient()[0], {}, "(64, 3)"),
        (gradient(4, 4), {}, "4 x 4 px"),
        (None, {}, "NoneType"),
        (b"picture", {}, "bytes"),
        ("missing.png", {}, "'missing.png'"),
        ("", {}, "is a folder"),
    ],
)
def test_what_cannot_be_used_is_named_in_one_line(image, options, fragment):
    with pytest.raises(PlotoptError) as caught:
        tiny(image, **options)
    assert fragment in str(caught.value)
    assert "\n" not in str(caught.value)


def test_a_pen_too_wide_for_the_picture_is_refused_before_the_fit():
    heard = []
    with pytest.raises(PlotoptError, match=r"0.4 mm wide .* 6 x 0.15 mm"):
        tiny(gradient(400, 10), paper="20x20mm", margin=7, on_progress=heard.append)
    assert heard == []


def test_the_profile_changes_the_minutes_alone(drawing):
    slow = replace(load_profile("axidraw_v3"), draw_speed_mm_s=0.5)
    other = tiny(gradient(), profile=slow)
    assert path_data(other.svg()) == path_data(drawing.svg())
    assert other.statistics.minutes > 5 * drawing.statistics.minutes
    assert replace(other.statistics, minutes=0, layers=()) == replace(
        drawing.statistics, minutes=0, layers=()
    )


def test_the_ink_s_colour_changes_the_colour_alone(drawing):
    blue = tiny(gradient(), pens="blue:0.4mm")
    assert path_data(blue.svg()) == path_data(drawing.svg())
    assert blue.layers[0].pen == parse_pen("blue:0.4mm")
    assert 'stroke="#0000ff"' in blue.svg()


def test_a_drawing_saves_and_shows_itself(drawing, tmp_path):
    svg, png = drawing.save(tmp_path / "out")
    assert svg.read_text() == drawing.svg() == drawing._repr_svg_()
    with Image.open(png) as image:
        assert image.size == (round(297 / 25.4 * 200), round(210 / 25.4 * 200))
        encoded = np.asarray(image.convert("L")) / 255
    # Ink is a share of the light, not of the file's numbers.
    light = np.where(encoded <= 0.04045, encoded / 12.92, ((encoded + 0.055) / 1.055) ** 2.4)
    darkness = 1 - light.mean()
    inked_mm2 = drawing.statistics.pen_down_m * 1000 * 0.4
    assert darkness == pytest.approx(inked_mm2 / (297 * 210), rel=0.1)


def test_global_random_states_stay_as_they_are():
    random.seed(1)
    np.random.seed(2)
    torch.manual_seed(3)
    before = random.getstate(), np.random.get_state()[1].tolist(), torch.get_rng_state().tolist()
    tiny(gradient())
    assert (random.getstate(), np.random.get_state()[1].tolist(), torch.get_rng_state().tolist()) == before


def test_importing_plotopt_does_not_import_torch():
    code = (
        "import sys, plotopt; assert 'torch' not in sys.modules and 'numpy' not in sys.modules; "
        "plotopt.PlotoptError; assert 'torch' not in sys.modules; "
        "import plotopt.cli; assert 'torch' not in sys.modules and 'numpy' not in sys.modules"
    )
    assert_runs(code)


def test_a_fit_without_a_network_does_not_import_torchvision(folder):
    """Which takes as long to load as torch."""
    words = ["plotopt", "fit", "a.png", "--strokes=5", "--quality=draft", "--size=64", "--paper=a6", "-q"]
    assert_runs(
        f"import sys, plotopt.cli; sys.argv = {words}; plotopt.cli.main(); "
        "assert 'torch' in sys.modules and 'torchvision' not in sys.modules"
    )


def assert_runs(code):
    ran = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert (ran.returncode, ran.stderr) == (0, "")


def test_fit_stays_the_function_beside_its_module():
    assert plotopt.fit is plotopt.fitting.fit
    assert plotopt.Drawing is Drawing
    with pytest.raises(AttributeError, match="'fitt'"):
        plotopt.fitt  # noqa: B018  The look-up is the test.


def test_several_pens_make_a_layer_each_light_ones_first():
    drawing = tiny(gradient(), pens="black,#d02020:0.3mm,#2040d0:0.5mm", strokes=60)
    assert [layer.pen.color for layer in drawing.layers] == ["#d02020", "#2040d0", "#000000"]
    assert sum(layer.strokes for layer in drawing.layers) >= 50
    assert drawing.statistics.layers[0].label == "1-d02020-0.3mm"
    assert path_data(
        tiny(gradient(), pens="black,#d02020:0.3mm,#2040d0:0.5mm", strokes=60).svg()
    ) == path_data(drawing.svg())


def test_a_pen_without_work_is_told():
    red = np.zeros((48, 64, 3), np.uint8) + np.uint8([220, 60, 60])
    drawing = tiny(red, pens="#e01010:0.4mm,#10e010:0.4mm", strokes=40)
    assert any("10e010 has nothing to draw" in note for note in drawing.notes)


def test_idle_pens_are_told_of_in_strokes_as_they_were_laid():
    """A line of three strokes, linked from sixty, and one of one."""
    strokes = Strokes.of_pens(torch.rand(4, 6, 2), torch.tensor([0, 0, 0, 1]), (BLACK, RED))
    linked = replace(strokes, joints=Joints.along([3, 1], [60, 1]))
    (note,) = idle_notes(linked, (BLACK, RED))
    assert "red has only 1 of 61 strokes" in note
    assert idle_notes(strokes, (BLACK, RED)) == ()
    assert idle_notes(linked, (BLACK,)) == ()


def test_the_best_pens_of_a_box_are_those_that_show():
    heard = []
    pens = "auto:2:white:0.4mm,black:0.4mm,red:0.4mm"
    drawing = tiny(gradient(), pens=pens, strokes=40, on_progress=heard.append)
    assert {layer.pen.name for layer in drawing.layers} <= {"black", "red"}
    # Which they are is told before they draw.
    assert [each.notes for each in heard[:2]] == [(), ("pens chosen: red, black",)]
    assert "pens chosen: red, black" in drawing.notes


@pytest.mark.parametrize(("pens", "told"), [("auto:1:red:0.4mm", 0), ("auto:2:red:0.4mm,white:0.4mm", 1)])
def test_a_box_with_no_choice_is_drawn_with_what_shows(pens, told):
    """With fewer pens than were asked for there is a word of it."""
    drawing = tiny(gradient(), pens=pens, strokes=40)
    assert [layer.pen.name for layer in drawing.layers] == ["red"]
    notes = [note for note in drawing.notes if "pens to choose from" in note]
    assert len(notes) == told
    assert all(note.startswith("only 1 of the 2 pens") and "white not" in note for note in notes)


def test_a_box_of_pens_that_no_one_sees_is_refused():
    with pytest.raises(PlotoptError, match="none of the 2 pens"):
        tiny(gradient(), pens="auto:1:white:0.4mm,#fffffe:0.4mm", strokes=40)


def test_a_length_that_is_too_much_is_told_before_the_fit():
    heard = []
    drawing = tiny(gradient(), length="200mm", strokes=40, on_progress=heard.append)
    (note,) = heard[1].notes
    assert re.fullmatch(r"a length of 200 mm is too much: strokes of this picture have up to \d+ mm", note)
    assert note in drawing.notes


@pytest.mark.parametrize(("line_pens", "told"), [(0.5, True), (1.0, False), (1.5, False)])
def test_a_picture_finer_than_the_pen_is_told(line_pens, told):
    """Lines of 14 mm that are so many pens of 0.4 mm wide, in pixels of a twentieth of a mm."""
    picture = np.full((280, 280), 255, np.uint8)
    for x in range(20, 260, 40):
        picture[:, x : x + round(8 * line_pens)] = 0
    drawing = tiny(picture, paper="50x50mm", margin="18mm", pens="0.4mm", strokes=30)
    assert any("finer than a pen of 0.4 mm" in note for note in drawing.notes) == told


def test_a_pen_whose_lines_all_lie_under_others_is_told():
    pens = (BLACK, Pen("white", "#ffffff", 0.4, opaque=True))
    strokes = Strokes.of_pens(torch.rand(2, 4, 2) + 50, torch.tensor([0, 1]), pens)
    assert gone_notes(strokes, pens, [Layer(pens[1], (), 1)]) == (
        "nothing of black would show under later ink",
    )
    assert gone_notes(strokes, pens, [Layer(pen, (), 1) for pen in pens]) == ()


def test_white_ink_on_black_paper_draws_what_is_light():
    half = np.zeros((48, 64), np.uint8)
    half[:, 32:] = 255
    drawing = tiny(half, pens="white:0.5mm", stock="black", strokes=60)
    left, _, _, _ = ink_bounds(drawing.svg())
    assert left > drawing.place.left + 0.45 * drawing.place.width
    pixels = np.asarray(drawing.preview(dpi=40).convert("L"))
    assert np.median(pixels[:, :5]) < 60


def test_a_layer_is_split_for_its_pen():
    whole = tiny(gradient(), strokes=60)
    metres = whole.statistics.pen_down_m / 2.5
    parts = tiny(gradient(), strokes=60, split_every=metres).layers
    assert [(part.part, part.parts) for part in parts] == [(1, 3), (2, 3), (3, 3)]
    assert sum(len(part.chains) for part in parts) == len(whole.layers[0].chains)


def test_few_strokes_keep_to_the_directions_that_they_were_laid_in(monkeypatch):
    """Which are coarser than those of many."""
    seen = []

    class Seen(Likeness):
        def __init__(self, problem, stage, rng, crew):
            super().__init__(problem, stage, rng, crew)
            seen.append((problem, self.grain))

    monkeypatch.setattr("plotopt.atelier.Likeness", Seen)
    tiny(gradient(), strokes=5)
    assert len(seen) == 2
    for problem, grain in seen:
        guide = problem.guide
        assert 0 < guide.reach < 1
        assert guide == Guide(attention=guide.attention).reaching(guide.reach, 2)
        assert torch.equal(grain.twice, problem.grained().grain.twice)
