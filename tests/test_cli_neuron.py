"""`plotopt neuron`: what it lists, what it refuses, and tiny drawings with a network of random weights."""

import json
import re
import shlex
from xml.etree import ElementTree

import pytest
import torch
from commands import Ran, assert_refused, listing, new_files
from hypothesis import given
from hypothesis import strategies as st

from plotopt.cli.neuron import stem
from plotopt.networks import Neuron, list_layers, parse_neuron

SQUEEZED = "squeezenet1_1:features.3.squeeze"
TINY = ("--weights=w.pth", "--size=128", "--crop=64", "--strokes=20", "--quality=draft")
NAME = "squeezenet1_1-features.3.squeeze-3"


@pytest.fixture(scope="module")
def weights():
    """What lies below a low layer of a small network, at random."""
    generator = torch.Generator().manual_seed(0)
    shapes = {"features.0": (64, 3, 3, 3), "features.3.squeeze": (16, 64, 1, 1)}
    state = {}
    for name, shape in shapes.items():
        state[f"{name}.weight"] = torch.randn(shape, generator=generator) / shape[1] ** 0.5
        state[f"{name}.bias"] = torch.zeros(shape[0])
    return state


@pytest.fixture
def folder(folder, weights):
    torch.save(weights, folder / "w.pth")
    torch.save({"features.0.weight": torch.zeros(1)}, folder / "other.pth")
    torch.save({}, folder / "none.pth")
    return folder


@pytest.mark.parametrize("words", [("vgg16",), (" vgg16 ", "-q"), ("vgg16", "-o", "a.svg")])
def test_a_model_alone_lists_its_layers_and_draws_nothing(run, folder, words):
    before = listing(folder)
    ran = run("neuron", *words)
    assert (ran.code, ran.err) == (0, "")
    rows = [(layer.name, str(layer.channels), "channels") for layer in list_layers("vgg16")]
    assert [tuple(line.split()) for line in ran.out.splitlines()] == rows
    assert ("conv3_3", "256", "channels") in rows
    assert len({line.index(" channels") for line in ran.out.splitlines()}) == 1
    assert listing(folder) == before


@pytest.mark.parametrize(
    ("subject", "fragment"),
    [
        ("", "no classification model ''"),
        (":", "no classification model ''"),
        ("vgg", "the nearest are vgg19, vgg16"),
        ("vgg:conv3_3", "the nearest are vgg19, vgg16"),
        ("VGG16:conv3_3:3", "vgg16"),
        ("vgg16:conv3_3", "256 channels, 0 to 255: name one, as in vgg16:conv3_3:128"),
        ("vgg16:", "vgg16 has no layer ''"),
        ("vgg16:conv3_4", "the nearest are conv3_3"),
        ("vgg16:conv3_3:", "not MODEL:LAYER:CHANNEL"),
        ("vgg16:conv3_3:256", "256 channels, 0 to 255: there is no 256"),
        ("vgg16:conv3_3:3+256", "there is no 256"),
        ("vgg16:conv3_3:-1", "'-1'"),
        ("vgg16:conv3_3:0-7", "'0-7'"),
        ("vgg16:conv3_3:3@left", "not MODEL:LAYER:CHANNEL"),
        ("vgg16:conv3_3:3:4", "not MODEL:LAYER:CHANNEL"),
        ("vgg16:conv3_3:nan*3", "'nan*3'"),
        ("vgg16:../../w:3", "not MODEL:LAYER:CHANNEL"),
        ("vgg\n16", "no classification model"),
        ("\udcff", "no classification model"),
        ("x" * 10_000, "no classification model"),
        ("vgg16:" + "x" * 10_000 + ":3", "vgg16 has no layer"),
    ],
)
def test_a_neuron_that_there_is_not_is_refused_before_weights_are_looked_for(run, folder, subject, fragment):
    ran = run("neuron", subject, "--weights=missing.pth")
    assert_refused(ran, folder, listing(folder), fragment)
    assert len(ran.err) < 400


@pytest.mark.parametrize(
    ("words", "fragment"),
    [
        ((), "'NEURON'"),
        (("vgg16", "resnet18"), "(resnet18)"),
        ((f"{SQUEEZED}:3", "--frobnicate"), "--frobnicate"),
        ((f"{SQUEEZED}:3", "--grid"), "--grid"),
        ((f"{SQUEEZED}:3", "--gamma=2"), "--gamma"),
        (("-3",), "-3"),
    ],
)
def test_a_command_that_cannot_be_parsed_is_refused(run, folder, words, fragment):
    assert_refused(run("neuron", *words), folder, listing(folder), fragment)


@pytest.mark.parametrize(
    ("option", "value", "fragment"),
    [
        ("--strokes", "0", "strokes is 0"),
        ("--pens", "", "''"),
        ("--pen", "blurple", "'blurple'"),
        ("--pens", "black,black", "twice"),
        ("--pens", "50mm", "a pen 50 mm wide"),
        ("--paper", "a44", "'a44'"),
        ("--margin", "110mm", "110 mm"),
        ("--orientation", "upright", "'upright'"),
        ("--profile", "missing.toml", "'missing.toml'"),
        ("--quality", "best", "'best'"),
        ("--seed", "-1", "seed is -1"),
        ("--size", "63", "size is 63"),
        ("--size", "big", "'big'"),
        ("--grid", "4", "'4'"),
        ("--grid", "17x17", "copies of 60 px"),
        ("--crop", "31", "crop is 31"),
        ("--batch", "0", "batch is 0"),
        ("--perspective", "21", "perspective is 21"),
        ("--shift", "nan", "shift is nan"),
        ("--turn", "181", "turn is 181"),
        ("--scale", "-1", "scale is -1"),
        ("--ink", "inf", "ink is inf"),
        ("--overlap", "101", "overlap is 101"),
        ("--evenness", "-1", "evenness is -1"),
        ("--length", "long", "'long'"),
        ("--relu", "soft", "'soft'"),
        ("--weights", "missing.pth", "no weights file 'missing.pth'"),
        ("--weights", "", "no weights file '.'"),
        ("--weights", "folder", "no weights file 'folder'"),
        ("--weights", "zero.png", "'zero.png' is no readable weights file"),
        ("--weights", "text.png", "'text.png' is no readable weights file"),
        ("--weights", "a.png", "'a.png' is no readable weights file"),
        ("--weights", "none.pth", "holds no weights of squeezenet1_1"),
        ("--weights", "other.pth", "features.0.weight in 'other.pth' is 1, not 64x3x3x3"),
        ("--output", "missing/out.svg", "'missing/out.svg'"),
        ("--output", "folder", "'folder'"),
        ("--output", "out.pdf", "'out.pdf'"),
        ("--output", "plot.svg", "'plot.svg'"),
    ],
)
def test_a_bad_value_is_refused_by_name(run, folder, option, value, fragment):
    before = listing(folder)
    ran = run("neuron", f"{SQUEEZED}:3", "-q", "--weights=w.pth", f"{option}={value}")
    assert_refused(ran, folder, before, fragment)


@pytest.mark.parametrize(
    ("words", "fragment"),
    [
        (("--paper=a1", "--profile=axidraw_minikit"), "574 x 697.5 mm"),
        (("--paper=20x20mm", "--margin=0", "--pens=black,red:6mm"), "6 mm wide is too wide"),
    ],
)
def test_what_does_not_fit_is_refused_with_its_size(run, folder, words, fragment):
    ran = run("neuron", f"{SQUEEZED}:3", "--weights=missing.pth", *words)
    assert_refused(ran, folder, listing(folder), fragment)


def test_copies_and_none_are_refused_together(run, folder):
    ran = run("neuron", f"{SQUEEZED}:3", "--no-copies", "--grid=2x2")
    assert_refused(ran, folder, listing(folder), "grid is 2x2 but copies are off")


def test_a_layer_beyond_the_end_of_the_weights_is_refused(run, folder):
    ran = run("neuron", "squeezenet1_1:features.4:3", "-q", *TINY)
    assert_refused(ran, folder, listing(folder), "'w.pth' ends before features.3.expand1x1.weight")


def test_a_mistyped_option_is_told_before_anything_is_looked_at(run, folder):
    (folder / f"{NAME}.svg").touch()
    for subject in ("vgg", f"{SQUEEZED}:99", f"{SQUEEZED}:3"):
        ran = run("neuron", subject, "--quality=best", "--weights=missing.pth")
        assert_refused(ran, folder, listing(folder), "'best'")


@pytest.mark.parametrize("ending", [".svg", ".png"])
def test_files_that_exist_are_refused_before_the_work(run, folder, ending):
    (folder / (NAME + ending)).write_text("mine")
    ran = run("neuron", f"{SQUEEZED}:3", "--weights=missing.pth")
    assert_refused(ran, folder, listing(folder), f"'{NAME}{ending}': it exists already")


def stored(svg):
    return json.loads(ElementTree.fromstring(svg).findtext("{*}metadata"))


def pens_used(svg):
    layers = ElementTree.fromstring(svg).findall("{*}g")
    assert all(len(layer) for layer in layers)
    return [layer.get("id") for layer in layers]


def test_a_neuron_becomes_a_drawing_and_its_command_gives_the_same_again(run, folder):
    before = listing(folder)
    ran = run("neuron", f"{SQUEEZED}:3", "-v", *TINY)
    assert ran.code == 0
    assert new_files(folder, before) == [f"{NAME}.plotopt", f"{NAME}.png", f"{NAME}.svg"]
    page, strokes, distance, lifts, time, _, _, files = ran.out.splitlines()
    assert re.fullmatch(r"strokes    \d+ in \d+ paths", strokes)
    assert re.fullmatch(r"distance   \d\.\d m pen down, \d\.\d m pen up", distance)
    assert re.fullmatch(r"pen lifts  \d+", lifts)
    assert re.fullmatch(r"time       (\d+ s|\d+ min) on AxiDraw V3 and SE/A4, as saxi plans it", time)
    assert files == f"files      {NAME}.svg  {NAME}.png  {NAME}.plotopt"
    *stages, repeat = ran.err.splitlines()
    assert [re.sub(r" \(.*\)", "", stage) for stage in stages] == [
        "loading the network",
        "preparing the renderer",
        "small drawing at 128 px",
        "whole drawing at 128 px",
        "planning the plot",
    ]
    assert page == "page       210 x 297 mm"
    svg = (folder / f"{NAME}.svg").read_bytes()
    assert repeat == f"repeat with: {stored(svg)['command']}"
    words = shlex.split(repeat)[3:]
    assert run(*words, "-q", "-o", "again") == Ran(0, "", "")
    assert (folder / "again.svg").read_bytes() == svg
    assert (folder / "again.png").read_bytes() == (folder / f"{NAME}.png").read_bytes()


def test_pens_become_layers_and_copies_fill_the_page(run, folder):
    colours = ("--pens=black,red:0.3mm,blue", "--grid=2x1", "--paper=a5", "--margin=1cm")
    assert run("neuron", f"{SQUEEZED}:3+-0.5*7", "-q", *TINY, *colours, "-o", "c.svg") == Ran(0, "", "")
    svg = (folder / "c.svg").read_bytes()
    used = [re.sub(r"^\d-", "", layer) for layer in pens_used(svg)]
    assert used == sorted(used, key=["red-0.3mm", "blue-0.4mm", "black-0.4mm"].index)
    assert used
    told = stored(svg)["options"]
    assert (told["pens"], told["grid"]) == ("black:0.4mm,red:0.3mm,blue:0.4mm", "2x1")


@pytest.mark.parametrize("words", [(f"{SQUEEZED}:3@center",), (f"{SQUEEZED}:3", "--no-copies")])
def test_the_middle_and_a_canvas_without_copies_are_drawn_as_one(run, folder, words):
    ran = run("neuron", *words, *TINY, "--size=64", "--polylines", "-o", "d")
    assert ran.code == 0
    assert len([stage for stage in ran.err.splitlines() if stage.endswith(" drawing at 64 px")]) == 1
    assert " --polylines" in stored((folder / "d.svg").read_bytes())["command"]


def test_another_seed_is_another_drawing(run, folder):
    for seed in ("1", "2"):
        words = (f"--seed={seed}", "--size=64", f"--output={seed}")
        assert run("neuron", f"{SQUEEZED}:3", "-q", *TINY, *words) == Ran(0, "", "")
    assert (folder / "1.png").read_bytes() != (folder / "2.png").read_bytes()


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("vgg16:conv3_3:37", "vgg16-conv3_3-37"),
        ("vgg16:conv3_3:37+0.5*12@center", "vgg16-conv3_3-37+0.5x12-center"),
        ("vgg16:conv3_3:37+-0.01*12", "vgg16-conv3_3-37+-0.01x12"),
        ("resnet50:layer3.1.conv2:0", "resnet50-layer3.1.conv2-0"),
    ],
)
def test_a_drawing_is_named_after_its_neuron(text, name):
    assert stem(parse_neuron(text)) == name


TERMS = st.lists(
    st.tuples(st.integers(0, 10**9), st.floats(allow_nan=False, allow_infinity=False)),
    min_size=1,
    max_size=64,
    unique_by=lambda term: term[0],
)


@given(TERMS, st.booleans())
def test_every_name_is_safe_on_any_file_system(terms, center):
    channels, weights = zip(*terms, strict=True)
    name = stem(Neuron("vgg16", "conv3_3", channels, weights, center))
    assert re.fullmatch(r"[A-Za-z0-9_.+-]{1,120}", name)
    more = stem(Neuron("vgg16", "conv3_3", (*channels, 10**9 + 1), (*weights, 1.0), center))
    assert more.lower() != name.lower()
