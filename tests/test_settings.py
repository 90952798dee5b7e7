"""Options as text and as values, and the command line that repeats them."""

import json
import math
from dataclasses import fields, replace
from importlib import resources
from pathlib import Path

import numpy as np
import pytest
from commands import options_given
from hypothesis import given, settings
from hypothesis import strategies as st

from plotopt.catalog import load_stock
from plotopt.errors import PlotoptError
from plotopt.first_strokes.attention import read_attention
from plotopt.first_strokes.directions import read_direction
from plotopt.page import Orientation, parse_paper
from plotopt.pens import Pen, parse_pen
from plotopt.profiles import Client, load_profile
from plotopt.settings import FitSettings, read_neuron_settings, read_neurons_settings, read_settings
from plotopt.settings.pens import read_pens
from plotopt.stages import Quality
from plotopt.tones.tone import Tone


def parsed(command):
    """The settings that the command line would fit with, and the image it would read."""
    image, options = options_given(command)
    return image, read_settings(**options)


def refusal(**options):
    """The one line that options are refused with."""
    with pytest.raises(PlotoptError) as caught:
        read_settings(**options)
    assert "\n" not in str(caught.value)
    return str(caught.value)


def test_defaults_are_those_of_the_command_line():
    assert read_settings() == FitSettings()
    assert parsed("plotopt fit a.png") == ("a.png", FitSettings())
    assert FitSettings().tone() == Tone()


def test_texts_are_read_as_the_command_line_reads_them():
    texts = {
        "pens": "red:0.3mm",
        "paper": "Letter",
        "margin": "1in",
        "orientation": "Portrait",
        "profile": "axidraw_v3_a3",
        "quality": "FINE",
    }
    expected = FitSettings(
        pens=(Pen("red", "#ff0000", 0.3),),
        paper=parse_paper("letter"),
        margin=25.4,
        orientation=Orientation.PORTRAIT,
        profile=load_profile("axidraw_v3_a3"),
        quality=Quality.FINE,
    )
    assert read_settings(**texts) == expected


def test_values_pass_as_they_are():
    values = {entry.name: getattr(FitSettings(), entry.name) for entry in fields(FitSettings)}
    assert read_settings(**values) == FitSettings()


@pytest.mark.parametrize("margin", [10, 10.0, "10", "10mm", "1cm", np.int64(10), np.float64(10)])
def test_a_margin_without_a_unit_is_in_mm(margin):
    assert read_settings(margin=margin).margin == 10.0
    assert read_settings(margin=margin).options()["margin"] == "10mm"


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("strokes", 0),
        ("strokes", -1),
        ("strokes", 100_001),
        ("strokes", 10_000_000),
        ("strokes", 30.0),
        ("strokes", float("nan")),
        ("strokes", True),
        ("strokes", "many"),
        ("seed", -1),
        ("seed", 2**63),
        ("seed", False),
        ("tile", 0),
        ("tile", 63),
        ("tile", None),
        ("size", 0),
        ("size", 10),
        ("size", 8193),
        ("gamma", 0.0),
        ("gamma", float("nan")),
        ("gamma", float("inf")),
        ("contrast", -1.0),
        ("edges", -0.1),
        ("edges", 1.5),
        ("shading", float("nan")),
        ("paper_threshold", 2.0),
        ("length", 0.0),
        ("length", float("inf")),
        ("minutes", 0),
        ("minutes", -5.0),
        ("minutes", float("nan")),
        ("minutes", float("inf")),
        ("minutes", 10_001),
        ("metres", 0.0),
        ("metres", -1.0),
        ("metres", float("nan")),
        ("link", -1.0),
        ("link", float("nan")),
        ("link", 1001.0),
    ],
)
def test_a_number_out_of_range_is_named_with_its_option(name, value):
    message = refusal(**{name: value})
    assert message.startswith(f"{name.replace('_', ' ')} is ")
    assert str(value).removesuffix(".0") in message


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("pens", "thick"),
        ("pens", "0.4parsec"),
        ("pens", ""),
        ("paper", "a44"),
        ("paper", ""),
        ("margin", "-20mm"),
        ("margin", "wide"),
        ("orientation", "upright"),
        ("orientation", ""),
        ("profile", "axidraw_v33"),
        ("profile", "missing/machine.toml"),
        ("quality", "best"),
        ("quality", "draft\nfine"),
        ("minutes", "abc"),
        ("minutes", "nan"),
        ("minutes", "-5"),
        ("minutes", ""),
        ("minutes", "h"),
        ("minutes", "1h30x"),
        ("minutes", "1:30"),
        ("metres", "abc"),
        ("metres", "-3mm"),
        ("link", "wide"),
        ("link", "-1mm"),
    ],
)
def test_an_unreadable_text_is_named(name, text):
    assert repr(text) in refusal(**{name: text})


@pytest.mark.parametrize("name", ["quality", "orientation"])
def test_choices_are_told(name):
    kind = {"quality": Quality, "orientation": Orientation}[name]
    assert refusal(**{name: "x"}).endswith(", ".join(member.value for member in kind))


@pytest.mark.parametrize("name", ["colour", "Strokes", "on_progres", "tone", "", "x" * 1000])
def test_an_option_that_there_is_not_is_named_with_those_there_are(name):
    message = refusal(**{name: 1})
    assert repr(name)[:40] in message
    assert all(entry.name in message for entry in fields(FitSettings))
    assert len(message) < 450


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("gamma", "2.2"),
        ("contrast", None),
        ("margin", (20,)),
        ("pens", 0.4),
        ("paper", (210, 297)),
        ("orientation", None),
        ("profile", Path("machine.toml")),
        ("quality", 1),
        ("direction", 45),
        ("direction", None),
        ("detail", 1.0),
        ("mask", 1),
        ("edges", None),
        ("minutes", True),
        ("minutes", (5,)),
        ("metres", False),
        ("link", b"1mm"),
    ],
)
def test_a_value_of_the_wrong_kind_is_refused_by_name(name, value):
    assert name in refusal(**{name: value})


def test_numpy_whole_numbers_do_for_python_ones():
    assert read_settings(strokes=np.int64(30), seed=np.uint8(3)) == FitSettings(strokes=30, seed=3)


def test_options_are_what_json_can_hold():
    options = read_settings(gamma=np.float32(2.0), contrast=np.float64(1.5), margin=np.int64(10)).options()
    assert json.loads(json.dumps(options)) == FitSettings(gamma=2.0, contrast=1.5, margin=10.0).options()


def test_the_command_says_every_option_in_full():
    assert FitSettings(seed=7).command("my cat.png") == (
        "plotopt fit 'my cat.png' --stock=white "
        "--paper=A4 --orientation=auto "
        "--profile=axidraw_v3 --client=saxi --quality=normal --seed=7 --device=cpu "
        "--pens=black:0.4mm --contrast=1.0 "
        "--tile=512 --loss=pixel --features=0.7 --layers=relu1_2,relu2_2,relu3_3 --style=5.0 "
        "--renderer=plotopt"
    )
    assert " --margin=20mm " in FitSettings(margin=20.0).command("a.png")
    assert "--size=300 " in FitSettings(size=300).command("a.png")
    assert " --strokes=300 " in FitSettings(strokes=300).command("a.png")


def test_the_command_says_what_is_seldom_set_only_where_it_is():
    told = FitSettings().options()
    asked = {
        "direction": "45,135",
        "detail": "my map.png",
        "mask": "a mask.png",
        "paper_threshold": 0.9,
        "edges": 0.5,
        "shading": 0.25,
        "length": "1cm",
        "minutes": "1h30",
        "link": "0.2cm",
    }
    assert not asked.keys() & told.keys()
    given_settings = read_settings(**asked)
    assert given_settings.options() == told | asked | {"length": 10.0, "minutes": 90.0, "link": "2mm"}
    assert parsed(given_settings.command("a.png"))[1] == given_settings


SETTINGS = st.builds(
    FitSettings,
    paper=st.sampled_from(["A6", "letter", "297x210mm"]).map(parse_paper),
    orientation=st.sampled_from(Orientation),
    profile=st.sampled_from(["axidraw_v3_a3", "axidraw_minikit"]).map(load_profile),
    quality=st.sampled_from(Quality),
    seed=st.integers(0, 2**63 - 1),
    size=st.none() | st.integers(64, 8192),
    tile=st.integers(64, 8192),
    pens=st.sampled_from(["0.4mm", "#1a2b3c:0.5mm", "red,black:0.3mm", "auto:2:stabilo-88-*"]).map(read_pens),
    split_every=st.none() | st.integers(1, 1000).map(float),
    client=st.sampled_from(Client),
    stock=st.sampled_from(["white", "black"]).map(load_stock),
    margin=st.none() | st.integers(0, 400).map(lambda tenths: tenths / 10),
    gamma=st.none() | st.floats(0.2, 5),
    contrast=st.floats(0.2, 5),
    direction=st.sampled_from(
        ["structure", "45,-135.5", "radial", "circular@0.1,2", "random", "map:my map.png"]
    ).map(read_direction),
    detail=st.sampled_from(["busy", "auto", "off", "a map.png"]).map(read_attention),
    mask=st.none() | st.just(Path("mask of mine.png")),
    paper_threshold=st.none() | st.floats(0, 1),
    edges=st.floats(0, 1),
    shading=st.floats(0.01, 1),
    length=st.none() | st.integers(5, 1000).map(lambda tenths: tenths / 10),
    link=st.none() | st.integers(0, 1000).map(lambda tenths: tenths / 10),
)
AMOUNTS = st.one_of(
    st.just({}),
    st.builds(lambda strokes: {"strokes": strokes}, st.integers(1, 100_000)),
    st.builds(lambda minutes: {"minutes": minutes}, st.floats(0.1, 10_000)),
    st.builds(lambda metres: {"metres": metres}, st.floats(0.1, 10_000)),
)


@settings(max_examples=30, deadline=None)
@given(SETTINGS, AMOUNTS)
def test_the_command_gives_the_same_settings_again(given_settings, amount):
    given_settings = replace(given_settings, **amount)
    assert parsed(given_settings.command("a.png")) == ("a.png", given_settings)


@pytest.mark.parametrize("pen", ["red:0.3mm", "RebeccaPurple:1mm", "#f00:0.4mm", "#000000:0.4mm"])
def test_the_command_gives_the_same_pen_again(pen):
    assert parsed(read_settings(pens=pen).command("a.png"))[1].pens == (parse_pen(pen),)


@pytest.mark.parametrize(
    ("name", "length"),
    [("margin", "57pt"), ("pens", "1pt"), ("paper", "8.5x11in"), ("paper", "1000x800px")],
)
def test_the_command_gives_the_same_lengths_again_in_every_unit(name, length):
    given_settings = read_settings(**{name: length})
    assert parsed(given_settings.command("a.png"))[1] == given_settings


@pytest.mark.parametrize("image", ["my cat's.png", "ü\n.png", "$HOME.png", "-", "-a.png"])
def test_the_command_gives_the_same_image_again(image):
    assert parsed(FitSettings().command(image))[0] in (image, f"./{image}")


def test_the_command_gives_ones_own_profile_again(tmp_path):
    own = tmp_path / "mine.toml"
    own.write_bytes(resources.files("plotter_profiles").joinpath("axidraw_v3.toml").read_bytes())
    given_settings = read_settings(profile=str(own))
    assert given_settings.profile.name == "mine"
    assert parsed(given_settings.command("a.png")) == ("a.png", given_settings)


@pytest.mark.parametrize(
    ("text", "metres"),
    [("40m", 40), ("12.3456789m", 12.3456789), ("1e2m", 100), ("7", 7), ("500cm", 5), ("2500mm", 2.5)],
)
def test_metres_are_read_and_told_again(text, metres):
    given_settings = read_settings(split_every=text)
    assert given_settings.split_every == pytest.approx(metres)
    assert parsed(given_settings.command("a.png"))[1] == given_settings


@pytest.mark.parametrize("name", ["split_every", "metres"])
@pytest.mark.parametrize("text", ["-5m", "0m", "nan", "1e9m", "4 furlongs", ""])
def test_metres_that_no_pen_draws_are_refused(name, text):
    assert "\n" not in refusal(**{name: text})


@pytest.mark.parametrize(
    ("text", "minutes"),
    [
        ("45", 45),
        ("45min", 45),
        (" 12.5 Minutes ", 12.5),
        ("7m", 7),
        ("1h30", 90),
        ("1h30m", 90),
        ("1 h 5 min", 65),
        ("1.5h", 90),
        ("2H", 120),
        (0.5, 0.5),
        (np.int64(3), 3),
    ],
)
def test_minutes_are_read_and_told_again(text, minutes):
    given_settings = read_settings(minutes=text)
    assert given_settings.minutes == minutes
    assert isinstance(given_settings.minutes, float)
    assert parsed(given_settings.command("a.png"))[1] == given_settings


def test_a_long_row_of_digits_is_no_time_and_takes_none():
    assert "cannot be read" in refusal(minutes="1" * 100_000 + "!")


@pytest.mark.parametrize(
    ("paper", "margin_mm"),
    [("a1", 20), ("a4", 20), ("letter", 20), ("a5", 14.8), ("a6", 10.5), ("300x40mm", 4), ("10x10mm", 1)],
)
@pytest.mark.parametrize("read", [read_settings, read_neuron_settings, read_neurons_settings])
def test_a_margin_that_is_not_given_is_20_mm_or_a_tenth_of_the_shorter_side(read, paper, margin_mm):
    assert read(paper=paper).page(1.5).margin_mm == pytest.approx(margin_mm)
    assert read(paper=paper, margin="1.5mm").page(1.5).margin_mm == 1.5
    assert read(paper=paper, margin=0).page(1.5).margin_mm == 0


@pytest.mark.parametrize("margin", [-20, math.nan, math.inf])
def test_a_margin_that_no_sheet_has_is_refused(margin):
    assert f"a margin of {margin:g} mm" in refusal(margin=margin)


@pytest.mark.parametrize("name", ["gamma", "minutes", "length", "strokes", "seed"])
@pytest.mark.parametrize("value", [10**400, -(10**5000)], ids=["long", "longer"])
def test_numbers_that_python_cannot_write_are_refused(name, value):
    assert refusal(**{name: value}) == f"{name} is a number of more than 1000 bits: give a smaller one"


@given(st.text(max_size=12))
def test_no_text_for_minutes_does_any_harm(text):
    try:
        minutes = read_settings(minutes=text).minutes
    except PlotoptError as error:
        refused = str(error)
    else:
        assert 0.1 <= minutes <= 10_000
        return
    assert "\n" not in refused


@pytest.mark.parametrize("pair", [("strokes", "minutes"), ("strokes", "metres"), ("minutes", "metres")])
def test_only_one_amount_may_be_asked_for(pair):
    message = refusal(**dict.fromkeys(pair, 5))
    assert message.startswith(f"{pair[0]} and {pair[1]} are both given")
    assert "one" in message


@pytest.mark.parametrize(("text", "mm"), [("0mm", 0), ("0.5cm", 5), (3, 3), ("2", 2)])
def test_links_are_lengths_and_may_be_nought(text, mm):
    given_settings = read_settings(link=text)
    assert given_settings.link == mm
    assert parsed(given_settings.command("a.png"))[1] == given_settings


def test_a_client_without_figures_for_the_machine_is_refused_at_once():
    assert "axicli" in refusal(profile="generic_hpgl", client="axicli")


@pytest.mark.parametrize(
    "text", ["auto", "auto:", "auto:0", "auto:x", "auto:99", "auto:3:stabilo-88-red", "auto:2:nopen"]
)
def test_choices_of_pens_that_cannot_be_made_are_refused(text):
    refusal(pens=text)


def test_a_choice_of_pens_spells_itself():
    assert read_settings(pens="AUTO:3:stabilo-88-*").options()["pens"] == "auto:3:stabilo-88-*"
    assert read_settings(pens="auto:4").options()["pens"] == "auto:4"
