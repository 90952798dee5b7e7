"""What the drawing of a neuron can be told, and the command line that repeats it."""

import json
from dataclasses import fields
from pathlib import Path

import pytest
from commands import options_given
from hypothesis import given, settings
from hypothesis import strategies as st

from plotopt.catalog import parse_pens
from plotopt.errors import PlotoptError
from plotopt.page import Orientation, parse_paper
from plotopt.pens import Pen, parse_pen
from plotopt.profiles import load_profile
from plotopt.settings import NeuronSettings, read_neuron_settings
from plotopt.settings.network import Grid, Relu, parse_grid
from plotopt.stages import Quality

NEURON = "vgg16:conv3_3:37+0.5*12@center"


def parsed(command):
    """The settings that the command line would draw with, and the neuron it would draw."""
    neuron, options = options_given(command)
    return neuron, read_neuron_settings(**options)


def refusal(**options):
    """The one line that options are refused with."""
    with pytest.raises(PlotoptError) as caught:
        read_neuron_settings(**options)
    assert "\n" not in str(caught.value)
    return str(caught.value)


def test_defaults_are_those_of_the_command_line():
    assert parsed(f"plotopt neuron '{NEURON}'") == (NEURON, NeuronSettings())
    assert read_neuron_settings() == NeuronSettings()


def test_texts_are_read_as_the_command_line_reads_them():
    texts = {"pens": "black, #f00:0.3mm", "grid": "4X3", "relu": "Plain", "weights": "a/b.pth"}
    assert read_neuron_settings(**texts) == NeuronSettings(
        pens=(Pen("black", "#000000", 0.4), Pen("ff0000", "#ff0000", 0.3)),
        grid=Grid(4, 3),
        relu=Relu.PLAIN,
        weights=Path("a/b.pth"),
    )


def test_values_pass_as_they_are():
    values = {entry.name: getattr(NeuronSettings(), entry.name) for entry in fields(NeuronSettings)}
    assert read_neuron_settings(**values) == NeuronSettings()


def test_a_pen_without_a_width_is_as_wide_as_the_usual_one():
    assert parse_pens("black") == parse_pens("0.4mm") == parse_pens("black:0.4mm") == (parse_pen("0.4mm"),)
    assert [pen.width_mm for pen in parse_pens("red,blue:1mm,0.2mm")] == [0.4, 1.0, 0.2]


@pytest.mark.parametrize("text", ["", ",", "red,", "blurple", "red:0.4mm:1", "red;blue", "red blue", "red:0"])
def test_pens_that_cannot_be_read_are_refused(text):
    assert "pen" in refusal(pens=text)


@pytest.mark.parametrize(
    ("pens", "fragment"),
    [
        ("red,blue,red", "twice"),
        ("red,#ff0000", None),
        (",".join(["red", "blue", "green", "black", "orange", "pink", "gray", "brown"]), None),
        (",".join(["red", "blue", "green", "black", "orange", "pink", "gray", "brown", "navy"]), "9 pens"),
        ((), "pens is empty"),
        (("red",), "no pen"),
        (["red"], "pens is ['red']"),
    ],
)
def test_a_set_of_pens_has_each_once_and_eight_at_most(pens, fragment):
    if fragment:
        assert fragment in refusal(pens=pens)
    else:
        read_neuron_settings(pens=pens)


@pytest.mark.parametrize(
    "text", ["", "4", "x", "4x", "0x4", "65x1", "-1x2", "4x4x4", "4.5x2", "1000x1", "4\nx4x"]
)
def test_what_is_no_grid_is_refused(text):
    assert repr(text) in refusal(grid=text)


@pytest.mark.parametrize(("text", "grid"), [("1x1", Grid(1, 1)), (" 64 \u00d7 2 ", Grid(64, 2))])
def test_a_grid_is_columns_by_rows(text, grid):
    assert parse_grid(text) == grid


@pytest.mark.parametrize(
    ("options", "grid", "cell_px"),
    [
        ({}, Grid(4, 4), 256),
        ({"size": 256}, Grid(1, 1), 256),
        ({"size": 300}, Grid(1, 1), 300),
        ({"size": 64}, Grid(1, 1), 64),
        ({"size": 2048, "grid": "4x3"}, Grid(4, 3), 512),
        ({"size": 192, "grid": "1x3"}, Grid(1, 3), 64),
        ({"copies": False}, Grid(1, 1), 1024),
    ],
)
def test_copies_are_about_256_px_unless_a_grid_says_otherwise(options, grid, cell_px):
    chosen = read_neuron_settings(**options)
    assert (chosen.copied, chosen.cell_px) == (grid, cell_px)


@pytest.mark.parametrize(
    ("options", "fragment"),
    [
        ({"grid": "4x4", "copies": False}, "copies are off"),
        ({"grid": "16x17"}, "copies of 60 px"),
        ({"grid": (4, 4)}, "grid is (4, 4)"),
        ({"size": 100, "grid": "2x1"}, "copies of 50 px"),
    ],
)
def test_a_grid_that_cannot_be_is_refused(options, fragment):
    assert fragment in refusal(**options)


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("strokes", None),
        ("size", 63),
        ("size", 256.0),
        ("crop", 31),
        ("crop", True),
        ("batch", 0),
        ("batch", 65),
        ("perspective", -1),
        ("perspective", float("nan")),
        ("shift", float("inf")),
        ("turn", "8"),
        ("scale", None),
        ("ink", -0.5),
        ("length", True),
        ("copies", 1),
        ("copies", "no"),
        ("relu", "leaking"),
        ("relu", None),
        ("weights", 5),
        ("weights", True),
    ],
)
def test_a_value_that_cannot_be_is_named_with_its_option(name, value):
    message = refusal(**{name: value})
    assert message.startswith(name)
    assert str(value) in message


@pytest.mark.parametrize("name", ["pen", "gamma", "tile", "center", ""])
def test_an_option_that_there_is_not_is_named(name):
    assert f"no option {name!r}" in refusal(**{name: 1})


def test_what_the_network_sees_is_in_the_units_of_the_options():
    crops = read_neuron_settings(crop=96, batch=2, perspective=10, shift=4, turn=3, scale=20).crops
    assert (crops.size_px, crops.batch, crops.perspective.strength) == (96, 2, 0.1)
    assert (crops.jitter.shift_px, crops.jitter.rotation_deg, crops.jitter.scale_log) == (4, 3, 0.2)


def test_the_slope_is_a_tenth_or_nothing():
    assert (Relu.LEAKY.slope, Relu.PLAIN.slope) == (0.1, 0)


def test_options_are_what_json_can_hold():
    options = read_neuron_settings(pens="red,0.2mm", grid="4x3", weights="w.pth").options()
    told = json.loads(json.dumps(options))
    assert (told["pens"], told["grid"], told["weights"]) == ("red:0.4mm,black:0.2mm", "4x3", "w.pth")
    assert read_neuron_settings(**told) == read_neuron_settings(**options)


def test_the_command_says_every_option_in_full():
    assert read_neuron_settings(copies=False).command(NEURON) == (
        "plotopt neuron 'vgg16:conv3_3:37+0.5*12@center' "
        "--stock=white --paper=A4 --orientation=auto --profile=axidraw_v3 --client=saxi "
        "--quality=normal --seed=0 --device=cpu --strokes=2000 --pens=black:0.4mm "
        "--no-copies --crop=224 --batch=1 --perspective=5.0 --shift=8.0 --turn=8.0 --scale=8.0 --ink=0.0 "
        "--overlap=0.5 --evenness=2.0 --length=0.1 --relu=leaky"
    )


PRICE = st.floats(0, 100)
SETTINGS = st.builds(
    NeuronSettings,
    strokes=st.integers(1, 100_000),
    paper=st.sampled_from(["A6", "letter", "297x210mm"]).map(parse_paper),
    margin=st.none() | st.integers(0, 400).map(lambda tenths: tenths / 10),
    orientation=st.sampled_from(Orientation),
    profile=st.sampled_from(["axidraw_v3_a3", "generic_hpgl"]).map(load_profile),
    quality=st.sampled_from(Quality),
    seed=st.integers(0, 2**63 - 1),
    pens=st.sampled_from(["black", "#1a2b3c:0.5mm,red", "1pt", "rebeccapurple,#f00:0.1mm,0.7mm"]).map(
        parse_pens
    ),
    size=st.integers(1024, 8192),
    grid=st.none() | st.builds(Grid, st.integers(1, 16), st.integers(1, 16)),
    crop=st.integers(32, 1024),
    batch=st.integers(1, 64),
    perspective=st.floats(0, 20),
    shift=st.floats(0, 100),
    turn=st.floats(0, 180),
    scale=st.floats(0, 50),
    ink=PRICE,
    overlap=PRICE,
    evenness=PRICE,
    length=PRICE,
    relu=st.sampled_from(Relu),
    weights=st.none() | st.sampled_from(["w.pth", "-w.pth", "my $HOME's \n.safetensors"]).map(Path),
)


@settings(max_examples=30, deadline=None)
@given(SETTINGS)
def test_the_command_gives_the_same_settings_again(chosen):
    assert parsed(chosen.command(NEURON)) == (NEURON, chosen)


@pytest.mark.parametrize("copies", [True, False])
def test_the_command_gives_the_same_copies_again(copies):
    assert parsed(NeuronSettings(copies=copies).command(NEURON))[1].copies is copies
