"""Whole fits with the features of VGG16 as a loss, tiny ones with random weights."""

import json
import re
from itertools import groupby
from xml.etree import ElementTree

import numpy as np
import pytest
from checkpoints import VGG16, real_weights, save, vgg16_start
from pictures import gradient, plain, save_cut_short
from pictures import save as save_picture

import plotopt
from plotopt.errors import PlotoptError
from plotopt.objectives.perception import Perception

# The lowest layer is the quickest, and enough for all but one of the tests.
TINY = {"quality": "draft", "strokes": 20, "size": 64, "loss": "vgg", "layers": "relu1_1"}
SVG = "{http://www.w3.org/2000/svg}"


@pytest.fixture(scope="module")
def weights(tmp_path_factory):
    """Random ones of the layers up to conv3_3."""
    return save(tmp_path_factory.mktemp("weights") / "w.pth", vgg16_start())


@pytest.fixture(scope="module")
def style(tmp_path_factory):
    """Bold upright stripes."""
    stripes = plain(255, 64, 64)
    stripes[:, np.arange(64) % 8 < 4] = 0
    return save_picture(tmp_path_factory.mktemp("style") / "stripes.png", stripes)


@pytest.fixture(scope="module")
def tiny(weights):
    return lambda image=None, **options: plotopt.fit(
        gradient() if image is None else image, **(TINY | {"weights": weights} | options)
    )


@pytest.fixture(scope="module")
def drawing(tiny):
    return tiny()


def path_data(drawing):
    return [path.get("d") for path in ElementTree.fromstring(drawing.svg()).iter(f"{SVG}path")]


def stages_of(events):
    return [re.sub(r" \(.*\)", "", stage) for stage, _ in groupby(events, lambda event: event.stage)]


def test_features_are_a_last_stage(tiny):
    """With the layers that it has by default."""
    events = []
    drawing = tiny(layers="relu1_2,relu2_2,relu3_3", on_progress=events.append)
    assert stages_of(events) == [
        "loading the network",
        "reading the picture",
        "preparing the renderer",
        "laying the first strokes",
        "whole page at 64 px",
        "tiles at 64 px",
        "features at 64 px",
        "planning the plot",
    ]
    losses = [event.loss for event in events if event.stage == "features at 64 px"]
    # Measured in what it is at the start.
    assert losses[0] == pytest.approx(1, abs=0.7)
    assert np.isfinite(losses).all()
    assert path_data(drawing)


def test_the_same_call_gives_the_same_drawing(tiny, drawing):
    assert tiny().svg() == drawing.svg()


def test_features_change_the_drawing(drawing):
    pixels = {name: TINY[name] for name in ("quality", "strokes", "size")}
    assert path_data(plotopt.fit(gradient(), **pixels)) != path_data(drawing)


def test_other_layers_see_otherwise(tiny, drawing):
    assert path_data(tiny(layers="relu1_1, relu1_2")) != path_data(drawing)


@pytest.mark.parametrize(("marks", "longest_px"), [(False, 0.5), (True, 1.0)])
def test_light_is_blurred_by_the_pens_width_and_steps_are_long_for_marks_alone(
    tiny, style, monkeypatch, marks, longest_px
):
    made = []

    class Seen(Perception):
        def __init__(self, taste, target, scene, stage, grain):
            made.append((taste, stage))
            super().__init__(taste, target, scene, stage, grain)
            assert self.grain

    monkeypatch.setattr("plotopt.atelier.Perception", Seen)
    tiny(pens="black:0.6mm,red:0.4mm", **({"style_image": style} if marks else {}))
    ((taste, stage),) = made
    assert taste.blur_mm == pytest.approx(0.5)
    assert (stage.step_px[0] > 0.5) == marks
    assert stage.step_px[0] <= longest_px


@pytest.fixture(scope="module")
def styled(tiny, style):
    return tiny(style_image=str(style), style=2)


def test_a_style_picture_changes_the_drawing_by_its_weight(tiny, drawing, styled, style):
    """Marks of no weight change nothing."""
    assert path_data(tiny(style_image=style, style=0)) == path_data(drawing)
    assert path_data(styled) != path_data(drawing)


def test_metadata_tell_what_was_compared(styled, weights, style):
    stored = json.loads(ElementTree.fromstring(styled.svg()).findtext(f"{SVG}metadata"))
    assert stored["options"]["loss"] == "vgg"
    assert stored["options"]["layers"] == "relu1_1"
    assert stored["options"]["style_image"] == str(style)
    assert f"--features=0.7 --layers=relu1_1 --style-image={style} --style=2.0" in stored["command"]
    assert f"--weights={weights}" in stored["command"]


def test_a_white_picture_stays_white(tiny, style):
    events = []
    drawing = tiny(plain(255), style_image=style, on_progress=events.append)
    assert path_data(drawing) == []
    assert "features at 64 px" not in stages_of(events)


@pytest.mark.parametrize("shape", [(64, 8), (8, 400)])
def test_pictures_of_any_shape(tiny, shape):
    assert path_data(tiny(plain(80, *shape)))


@real_weights
def test_the_real_network(tiny):
    drawing = tiny(weights=VGG16, layers="relu1_2")
    light = np.asarray(drawing.preview(dpi=40).convert("L"))
    assert path_data(drawing)
    # The picture darkens towards its top left corner.
    upper, lower = np.array_split(255.0 - light, 2)
    assert upper.sum() > lower.sum()


def refused(folder, monkeypatch, **options):
    """The message of a fit that is refused, and the stages that it told of before that."""
    monkeypatch.chdir(folder)
    events = []
    with pytest.raises(PlotoptError) as refusal:
        plotopt.fit(gradient(), on_progress=events.append, **(TINY | {"weights": "missing.pth"} | options))
    assert "\n" not in str(refusal.value)
    return str(refusal.value), stages_of(events)


@pytest.fixture
def folder(tmp_path):
    save_cut_short(tmp_path / "cut.png")
    (tmp_path / "text.png").write_text("a picture, honestly")
    (tmp_path / "noise.pth").write_bytes(bytes(range(256)))
    return tmp_path


@pytest.mark.parametrize(
    ("name", "fragment"),
    [
        ("missing.png", "'missing.png' does not exist"),
        ("cut.png", "'cut.png' is damaged or cut short"),
        ("text.png", "'text.png' is "),
        (".", "'.' is a folder"),
    ],
)
def test_a_style_picture_that_cannot_be_read_is_refused_before_the_work(folder, monkeypatch, name, fragment):
    """Before the weights are looked for and any progress is told, too."""
    message, stages = refused(folder, monkeypatch, style_image=name)
    assert fragment in message
    assert stages == []


@pytest.mark.parametrize(
    ("options", "fragment"),
    [
        ({"layers": "relu9_1"}, "vgg16 has no layer 'relu9_1'"),
        ({"layers": "relu1_2,,relu2_2"}, "vgg16 has no layer ''"),
        ({"layers": ""}, "vgg16 has no layer ''"),
        ({}, "no weights file 'missing.pth'"),
        ({"weights": "noise.pth"}, "'noise.pth' is no readable weights file"),
    ],
)
def test_layers_and_weights_that_there_are_not_are_refused_before_the_work(
    folder, monkeypatch, options, fragment
):
    message, stages = refused(folder, monkeypatch, **options)
    assert fragment in message
    assert stages == ["loading the network"]


def test_a_layer_beyond_the_weights_is_refused(folder, monkeypatch, weights):
    message, _ = refused(folder, monkeypatch, weights=weights, layers="relu1_2,relu4_1")
    assert "ends before features.17.weight" in message


@pytest.mark.parametrize(
    ("options", "fragment"),
    [
        ({"loss": "vgg19"}, "loss 'vgg19' is unknown: use pixel, vgg"),
        ({"loss": 3}, "loss is 3"),
        ({"features": 1.1}, "features is 1.1: give 0 to 1"),
        ({"features": float("nan")}, "features is nan"),
        ({"style": -1}, "style is -1: give 0 to 100"),
        ({"layers": ["relu1_2"]}, "layers is ['relu1_2']"),
        ({"layers": ()}, "layers is empty"),
        ({"layers": ("relu1_2", 3)}, "holds what is no name"),
        ({"weights": 5}, "weights is a int: give the name of a file"),
        ({"style_image": gradient()}, "style image is a ndarray: give the name of a file"),
    ],
)
def test_values_that_are_none_are_refused_at_once(folder, monkeypatch, options, fragment):
    message, stages = refused(folder, monkeypatch, **options)
    assert fragment in message
    assert stages == []


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("features", 0.5),
        ("layers", "relu1_2"),
        ("style_image", "missing.png"),
        ("style", 1),
        ("weights", "missing.pth"),
    ],
)
def test_what_is_for_features_is_refused_without_them(name, value):
    word = name.replace("_", "-")
    with pytest.raises(PlotoptError, match=f"--{word} is for features of VGG16: add --loss vgg"):
        plotopt.fit(gradient(), quality="draft", strokes=20, size=64, **{name: value})
