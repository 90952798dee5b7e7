"""Whole drawings of neurons from Python, tiny ones: what they are, and that the finished SVG pleases."""

import json
import re
from dataclasses import replace
from itertools import groupby
from xml.etree import ElementTree

import numpy as np
import pytest
import torch
from checkpoints import VGG16, real_weights, save, vgg16_start

import plotopt
from plotopt.canvas import Canvas
from plotopt.drawing import Drawing
from plotopt.errors import PlotoptError
from plotopt.journal import Journal
from plotopt.layering import plan_layers
from plotopt.listening import Progress
from plotopt.networks import load_network, parse_neuron
from plotopt.page import Rect, fit_rect
from plotopt.pens import parse_pen
from plotopt.picture import read_picture
from plotopt.settings import read_neuron_settings
from plotopt.strokes import Strokes
from plotopt.visualization.easel import Easel, load_eyes
from plotopt.visualizing import draw_grown, draw_middle

NEURON = "vgg16:conv1_1:3"
TINY = {"size": 64, "crop": 64, "strokes": 20, "quality": "draft"}
# One crop sees all of the canvas: a pass is one step.
AT_ONCE = {"copies": False, "crop": 96}
SVG = "{http://www.w3.org/2000/svg}"
PLACE = Rect(10, 20, 74, 84)


@pytest.fixture(scope="module")
def weights(tmp_path_factory):
    """Random ones of the layers up to conv3_3."""
    return save(tmp_path_factory.mktemp("weights") / "w.pth", vgg16_start())


@pytest.fixture(scope="module")
def tiny(weights):
    return lambda subject=NEURON, **options: plotopt.neuron(subject, weights=weights, **(TINY | options))


@pytest.fixture(scope="module")
def heard(tiny):
    """A drawing and what it told on the way."""
    events = []
    return tiny(on_progress=events.append), events


@pytest.fixture(scope="module")
def drawing(heard):
    return heard[0]


def path_data(svg):
    return [path.get("d") for path in ElementTree.fromstring(svg).iter(f"{SVG}path")]


def ends(drawing):
    """Where its curves begin and end, in mm."""
    chains = [chain for layer in drawing.layers for chain in layer.chains]
    return np.concatenate([chain[:, [0, 3]].reshape(-1, 2) for chain in chains])


def settings_of(weights, **options):
    return read_neuron_settings(weights=weights, **(TINY | options))


def test_a_neuron_is_a_drawing_within_its_margin(drawing):
    assert isinstance(drawing, Drawing)
    assert (drawing.page.width_mm, drawing.page.height_mm) == (210, 297)
    place = fit_rect(drawing.page.frame, 1).inset(-0.001)
    points = ends(drawing)
    assert (points >= [place.left, place.top]).all()
    assert (points <= [place.right, place.bottom]).all()
    assert np.ptp(points, axis=0).min() > 0.8 * place.width
    assert drawing.notes == ()
    assert drawing.statistics.strokes >= 20


def test_metadata_hold_version_command_and_options(drawing, weights):
    stored = json.loads(ElementTree.fromstring(drawing.svg()).findtext(f"{SVG}metadata"))
    assert stored["plotopt"] == plotopt.__version__
    assert stored["command"].startswith(f"plotopt neuron {NEURON} --")
    assert stored["options"]["weights"] == str(weights)
    assert stored["options"]["grid"] is None
    assert stored["statistics"]["paths"] == len(path_data(drawing.svg()))


def test_progress_tells_every_step_of_every_stage_in_order(heard):
    events = heard[1]
    assert all(isinstance(event, Progress) for event in events)
    stages = [(stage, list(told)) for stage, told in groupby(events, lambda event: event.stage)]
    assert [re.sub(r" \(.*\)", "", stage) for stage, _ in stages] == [
        "loading the network",
        "preparing the renderer",
        "small drawing at 64 px",
        "whole drawing at 64 px",
        "planning the plot",
    ]
    for stage, told in stages:
        steps = [event.step for event in told]
        assert len({event.steps for event in told}) == 1
        assert steps[-1] == told[0].steps
        assert steps == list(range(steps[0], steps[0] + len(steps)))
        assert all((event.loss is not None) == (" px" in stage) for event in told)
    losses = [event.loss for event in stages[2][1]]
    assert np.mean(losses[-10:]) < np.mean(losses[:10])


def test_a_seed_is_a_drawing(tiny, drawing):
    assert tiny(parse_neuron(f" {NEURON}")).svg() == drawing.svg()
    one, other = (tiny(seed=seed, **AT_ONCE) for seed in (0, 1))
    assert path_data(one.svg()) != path_data(other.svg())


def test_no_copies_are_one_stage(tiny, drawing):
    events = []
    single = tiny(**AT_ONCE, on_progress=events.append)
    stages = [stage for stage, _ in groupby(event.stage for event in events) if " px" in stage]
    assert stages == ["whole drawing at 64 px"]
    assert path_data(single.svg()) != path_data(drawing.svg())


def test_a_grid_gives_the_page_its_aspect(tiny):
    """Four copies across and three down, on a sheet that lies down for them."""
    events = []
    options = {"grid": "4x3", "size": 256, "crop": 128, "strokes": 240, "paper": "a5"}
    drawing = tiny(on_progress=events.append, **options)
    assert (drawing.page.width_mm, drawing.page.height_mm) == (210, 148)
    stages = [stage for stage, _ in groupby(event.stage for event in events) if " px" in stage]
    assert stages == ["small drawing at 64 px", "whole drawing at 256 px"]
    place, points = fit_rect(drawing.page.frame, 4 / 3), ends(drawing)
    assert place.width / place.height == pytest.approx(4 / 3)
    shares = (points - [place.left, place.top]) / [place.width, place.height]
    assert ((shares > -1e-4) & (shares < 1 + 1e-4)).all()
    # Every cell of the grid has its strokes.
    cells = (shares * [4, 3]).astype(int).clip(0, [3, 2]) @ [1, 4]
    assert (np.bincount(cells, minlength=12) > 10).all()


def test_layers_are_of_the_pens_in_use():
    pens = [parse_pen(text) for text in ("black:0.4mm", "red:0.3mm", "blue:0.5mm")]
    along = torch.linspace(0, 8, 4)[:, None] * torch.tensor([1.0, 0.0]) + torch.tensor([20.0, 30.0])
    strokes = Strokes.of_pen(torch.stack([along, along + 5, along + 10]), 0.4)
    layers = plan_layers(replace(strokes, pen=torch.tensor([2, 0, 2])), pens, PLACE, None)
    assert [layer.pen for layer in layers] == [pens[0], pens[2]]
    assert [len(layer.chains) for layer in layers] == [1, 2]
    assert plan_layers(strokes.select(torch.arange(0)), pens, PLACE, None) == ()


def test_strokes_choose_among_the_pens(tiny):
    """What likes one pen most and what likes it least are not drawn alike."""
    shares = []
    for subject in ("vgg16:conv1_1:5", "vgg16:conv1_1:-1*5"):
        drawing = tiny(subject, pens="black,#ffff00:0.3mm", **AT_ONCE)
        counts = {layer.pen.text: len(layer.chains) for layer in drawing.layers}
        assert counts.keys() <= {"black:0.4mm", "#ffff00:0.3mm"}
        shares.append(counts.get("black:0.4mm", 0) / sum(counts.values()))
        (pale,) = (note for note in drawing.notes if "hardly shows" in note)
        assert "#ffff00" in pale
    assert abs(shares[0] - shares[1]) > 0.3


def test_a_pen_with_next_to_nothing_to_draw_is_told(tiny, monkeypatch):
    """Here all are: none draws more than all of the strokes."""
    monkeypatch.setattr("plotopt.layering._WORTH_A_PEN", 1.01)
    notes = tiny(pens="black,blue").notes
    assert len(notes) == 2
    assert all("leave it out to save a change of pens" in note for note in notes)


def middle(subject, weights, **options):
    """What draw_middle leaves on a place of 64 px of a millimetre."""
    settings = settings_of(weights, pens="1mm", crop=32, **options).centered()
    wanted = parse_neuron(subject)
    return draw_middle(wanted, load_eyes(wanted, settings), PLACE, settings, Journal())


def test_the_middle_keeps_what_its_unit_sees(weights):
    """A unit of conv1_2 sees 5 px, wherever a crop is shifted by 8; one of conv2_2 sees 14."""
    small, large = (
        middle(f"vgg16:{layer}:3@center", weights, strokes=60) for layer in ("conv1_2", "conv2_2")
    )
    assert 0 < len(small) < len(large) < 60
    reach_mm = (small.points - torch.tensor([42.0, 52.0])).norm(dim=-1)
    # Half the field, three times the jitter's 8 px, and the nib.
    assert reach_mm.amin(1).max() < 2.5 + 3 * 8 + 1
    still = middle("vgg16:conv1_2:3@center", weights, strokes=60, shift=0, perspective=0)
    reach_mm = (still.curves().mean(2) - torch.tensor([42.0, 52.0])).norm(dim=-1).amin(1)
    assert len(still) < len(small)
    assert reach_mm.max() < 8


def test_the_middle_refuses_a_grid_before_the_work(tiny):
    events = []
    with pytest.raises(PlotoptError, match="@center is one drawing, not a grid of 2x1"):
        tiny(f"{NEURON}@center", size=128, grid="2x1", on_progress=events.append)
    assert events == []


def test_a_middle_that_sees_no_stroke_is_refused(tiny):
    """One stroke on the sheet, and a unit that sees 3 px of it: a blank sheet would help nobody."""
    with pytest.raises(PlotoptError, match="answers to none of the strokes"):
        tiny("vgg16:conv1_1:3@center", strokes=1, shift=0, seed=1)


def test_one_stroke_is_enough(tiny):
    assert tiny(strokes=1).statistics.strokes >= 1


@pytest.mark.parametrize(
    ("subject", "options", "fragment"),
    [
        ("vgg16:conv1_1:64", {}, "64 channels, 0 to 63: there is no 64"),
        ("vgg16:conv1_1:3+-0.5*99", {}, "there is no 99"),
        ("vgg16:conv1_3:3", {}, "vgg16 has no layer 'conv1_3'"),
        ("vgg61:conv1_2:3", {}, "the nearest are vgg"),
        ("conv1_2:3", {}, "not MODEL:LAYER:CHANNEL"),
        ("vgg16:conv4_1:3", {}, "ends before features.17.weight"),
        (NEURON, {"weights": "missing.pth"}, "no weights file 'missing.pth'"),
        (NEURON, {"weights": 7}, "weights is 7: give the name of a file"),
        (NEURON, {"gamma": 2.0}, "there is no option 'gamma'"),
        (NEURON, {"pens": []}, "pens is"),
        (NEURON, {"copies": "no"}, "copies is 'no'"),
    ],
)
def test_what_cannot_be_used_is_refused_in_one_line(weights, subject, options, fragment):
    events = []
    with pytest.raises(PlotoptError) as refusal:
        plotopt.neuron(subject, on_progress=events.append, **(TINY | {"weights": weights} | options))
    assert fragment in str(refusal.value)
    assert "\n" not in str(refusal.value)
    assert {event.stage for event in events} <= {"loading the network"}


def test_weights_of_another_model_are_refused(tmp_path):
    other = save(tmp_path / "other.pth", {"features.0.weight": torch.zeros(64, 3, 11, 11)})
    with pytest.raises(PlotoptError, match="is 64x3x11x11, not 64x3x3x3"):
        plotopt.neuron(NEURON, weights=other, **TINY)


def activation_of(svg_drawing, wanted, network):
    """The mean activation of the finished SVG at a millimetre a pixel, as the plain network has it."""
    light = torch.from_numpy(read_picture(svg_drawing.preview(dpi=25.4)).linear).permute(2, 0, 1)
    with torch.no_grad():
        return float(network(light[None])[0][0, wanted.channels[0]].mean())


@real_weights
@pytest.mark.parametrize(("subject", "how"), [("vgg16:conv2_2:5", {}), ("vgg16:conv2_2:40", AT_ONCE)])
def test_the_finished_svg_pleases_the_real_neuron(subject, how):
    """More than any of five scattered beginnings, and by far."""
    options = how | {"paper": "64x64mm", "margin": 0, "pens": "1mm", "strokes": 80}
    drawing = plotopt.neuron(subject, weights=VGG16, **(TINY | options))
    wanted, network = parse_neuron(subject), load_network("vgg16", ["conv2_2"], weights=VGG16)
    starts = [
        activation_of(scattered_drawing(drawing, wanted, options | {"seed": seed}), wanted, network)
        for seed in range(5)
    ]
    assert activation_of(drawing, wanted, network) > max(starts) + 2 * np.std(starts)


def scattered_drawing(drawing, wanted, options):
    """First strokes as a drawing like the other."""
    settings, place = settings_of(VGG16, **options), drawing.page.frame
    eyes, canvas = load_eyes(wanted, settings)[-1:], Canvas(place, place.width / 64)
    easel = Easel.set_up(wanted, eyes, canvas, settings.strokes, settings)
    return replace(
        drawing, layers=plan_layers(easel.first, settings.layered_pens, place, settings.split_every)
    )


def test_copies_have_grown_apart(weights):
    """Two copies beside each other: no stroke of one lies as its twin does in the other."""
    settings = settings_of(weights, grid="2x1", size=128, strokes=40)
    wanted, place = parse_neuron(NEURON), Rect(0, 0, 128, 64)
    strokes = draw_grown(wanted, load_eyes(wanted, settings), place, settings, Journal())
    left = strokes.points[strokes.points.mean(1)[:, 0] < 64]
    right = strokes.points[strokes.points.mean(1)[:, 0] >= 64] - torch.tensor([64.0, 0.0])
    apart = (left[:, None] - right).norm(dim=-1).mean(-1).amin(1)
    assert (apart > 0.1).float().mean() > 0.9
