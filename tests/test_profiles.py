import os
import re
from dataclasses import astuple, fields
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from plotopt.errors import PlotoptError
from plotopt.page import Orientation, Rect, lay_out, parse_paper
from plotopt.profiles import Client, Motion, Profile, list_profiles, load_profile

FIGURES = {
    "travel_x": '{ value = 20, unit = "cm", source = "ruler" }',
    "travel_y": '{ value = 10, unit = "in", source = "ruler" }',
    "draw_speed": '{ value = 2, unit = "in/s", source = "clock" }',
    "draw_acceleration": '{ value = 20, unit = "cm/s2", source = "clock" }',
    "travel_speed": '{ value = 6000, unit = "mm/min", source = "clock" }',
    "travel_acceleration": '{ value = 10, unit = "in/s2", source = "clock" }',
    "cornering": '{ value = 0.005, unit = "in", source = "guess" }',
    "pen_lift": '{ value = 120, unit = "ms", source = "clock" }',
    "pen_drop": '{ value = 0.2, unit = "s", source = "clock" }',
}

AXICLI_FIGURES = {
    "axicli_draw_speed": '{ value = 2, unit = "in/s", source = "fit" }',
    "axicli_draw_acceleration": '{ value = 30, unit = "in/s2", source = "fit" }',
    "axicli_travel_speed": '{ value = 15, unit = "cm/s", source = "fit" }',
    "axicli_travel_acceleration": '{ value = 45, unit = "in/s2", source = "fit" }',
    "axicli_cornering": '{ value = 0.002, unit = "in", source = "fit" }',
    "axicli_pen_lift": '{ value = 130, unit = "ms", source = "fit" }',
    "axicli_pen_drop": '{ value = 0.15, unit = "s", source = "fit" }',
}


def toml(title='"My plotter"', **changes):
    entries = {"title": title} | FIGURES | changes
    return "\n".join(f"{key} = {value}" for key, value in entries.items() if value is not None)


@pytest.fixture
def load(tmp_path):
    def load_text(text):
        path = tmp_path / "mine.toml"
        path.write_bytes(text if isinstance(text, bytes) else text.encode())
        return load_profile(str(path))

    return load_text


def test_the_built_in_profiles():
    travels = {p.name: (p.travel_x_mm, p.travel_y_mm) for p in list_profiles()}
    assert travels == {
        "axidraw_minikit": (160.0, 101.6),
        "axidraw_v3": (300.0, 218.0),
        "axidraw_v3_a3": (430.0, 297.0),
        "axidraw_v3_xlx": (595.0, 218.0),
        "generic_gcode": (297.0, 210.0),
        "generic_hpgl": (402.0, 274.6),
        "idraw_h_a3": (420.0, 297.0),
        "nextdraw_8511": (300.0, 218.0),
    }


@pytest.mark.parametrize("profile", list_profiles(), ids=lambda profile: profile.name)
def test_every_built_in_figure_is_plausible_and_has_a_source(profile):
    assert load_profile(profile.name) == profile
    assert set(profile.sources) == set(FIGURES | (AXICLI_FIGURES if profile.axicli else {}))
    assert profile.travel_x_mm >= profile.travel_y_mm > 90
    assert 10 <= profile.draw_speed_mm_s <= profile.travel_speed_mm_s <= 600
    assert 100 <= profile.draw_acceleration_mm_s2 <= profile.travel_acceleration_mm_s2 <= 20_000
    assert 0.005 <= profile.cornering_mm <= 0.2
    assert 0.05 <= profile.pen_lift_s <= 0.5
    assert 0.05 <= profile.pen_drop_s <= 0.5


def test_the_axidraw_moves_as_saxi_plans_it():
    profile = load_profile("axidraw_v3")
    assert (profile.draw_speed_mm_s, profile.draw_acceleration_mm_s2) == (50, 200)
    assert (profile.travel_speed_mm_s, profile.travel_acceleration_mm_s2) == (200, 400)
    assert (profile.cornering_mm, profile.pen_lift_s, profile.pen_drop_s) == (0.127, 0.12, 0.12)


def test_how_the_axidraw_software_moves_which_machines():
    driven = {profile.name: profile.axicli for profile in list_profiles() if profile.axicli}
    assert set(driven) == {"axidraw_minikit", "axidraw_v3", "axidraw_v3_a3", "axidraw_v3_xlx"}
    assert set(driven.values()) == {Motion(50.2, 762, 150.6, 1143, 0.0502, 0.13, 0.146)}
    assert load_profile("axidraw_v3").motion(Client.AXICLI) == driven["axidraw_v3"]
    assert load_profile("axidraw_v3").motion(Client.SAXI) == Motion(50, 200, 200, 400, 0.127, 0.12, 0.12)


def test_figures_of_axicli_come_all_together(load):
    profile = load(toml(**AXICLI_FIGURES))
    assert astuple(profile.axicli) == pytest.approx((50.8, 762, 150, 1143, 0.0508, 0.13, 0.15))
    assert profile.sources["axicli_cornering"] == "fit"
    assert load(toml()).axicli is None
    with pytest.raises(PlotoptError, match="missing axicli_draw_acceleration, axicli_travel_speed"):
        load(toml(axicli_draw_speed=AXICLI_FIGURES["axicli_draw_speed"]))
    with pytest.raises(PlotoptError, match="axicli_cornering: value 'x' is not a number"):
        load(toml(**AXICLI_FIGURES | {"axicli_cornering": '{ value = "x", unit = "in", source = "fit" }'}))


def test_units_are_converted(load):
    profile = load(toml())
    figures = {f.name: getattr(profile, f.name) for f in fields(Profile)}
    sources = figures.pop("sources")
    assert figures.pop("axicli") is None
    assert figures.pop("path").endswith("mine.toml")
    assert (figures.pop("name"), figures.pop("title")) == ("mine", "My plotter")
    assert figures == pytest.approx(
        {
            "travel_x_mm": 200,
            "travel_y_mm": 254,
            "draw_speed_mm_s": 50.8,
            "draw_acceleration_mm_s2": 200,
            "travel_speed_mm_s": 100,
            "travel_acceleration_mm_s2": 254,
            "cornering_mm": 0.127,
            "pen_lift_s": 0.12,
            "pen_drop_s": 0.2,
        }
    )
    assert sources["travel_x"] == "ruler"


def test_a_profile_may_use_tables_and_be_hashed(load):
    table = toml(pen_drop=None) + '\n[pen_drop]\nvalue = 1\nunit = "s"\nsource = "clock"\n'
    assert load(table).pen_drop_s == 1.0
    assert hash(load(table)) == hash(load(table))


@pytest.mark.parametrize(
    ("text", "complaint"),
    [
        ("", "missing title, travel_x"),
        ("title = ", "not valid TOML"),
        ("a" * 70_000, "larger than any plotter profile"),
        (b"\x89PNG\r\n\x1a\n\x00\xff", "not a text file"),
        (b"\x00\x00", "not valid TOML"),
        ("x = " + "[" * 20_000, "not valid TOML"),
        ("x = " + "9" * 20_000, "not valid TOML"),
        (toml(pen_drop=None), "missing pen_drop"),
        (toml(drawspeed="1"), "unknown entry 'drawspeed', did you mean draw_speed"),
        (toml(title='""'), "title '' must be one line of text"),
        (toml(title='"a\\nb"'), "title"),
        (toml(title="3"), "title 3 must be"),
        (toml(pen_lift="0.1"), r'pen_lift: write it as \{ value = 1.0, unit = "s"'),
        (toml(pen_lift='{ value = 1, unit = "s" }'), "pen_lift: missing source"),
        (toml(pen_lift='{ value = 1, unit = "s", source = " " }'), "pen_lift: source ' '"),
        (toml(pen_lift='{ value = 1, unit = "s", source = "x", note = 1 }'), "unknown entry 'note'"),
        (
            toml(pen_lift='{ value = 1, unit = "mm", source = "x" }'),
            "unit 'mm' does not fit, use one of s, ms",
        ),
        (toml(pen_lift='{ value = 1, unit = ["s"], source = "x" }'), "does not fit"),
        (toml(pen_lift='{ value = "1", unit = "s", source = "x" }'), "value '1' is not a number"),
        (toml(pen_lift='{ value = true, unit = "s", source = "x" }'), "value True is not a number"),
        (toml(pen_lift='{ value = 0, unit = "s", source = "x" }'), "must be positive"),
        (toml(pen_lift='{ value = -1, unit = "s", source = "x" }'), "must be positive"),
        (toml(pen_lift='{ value = nan, unit = "s", source = "x" }'), "must be positive and finite"),
        (toml(pen_lift='{ value = inf, unit = "s", source = "x" }'), "must be positive and finite"),
        (toml(travel_x='{ value = 1e308, unit = "in", source = "x" }'), "must be positive and finite"),
        (toml(pen_lift="{ value = 1" + "0" * 400 + ', unit = "s", source = "x" }'), "positive and finite"),
    ],
)
def test_broken_profiles_are_refused_in_one_line(load, text, complaint):
    with pytest.raises(PlotoptError, match=complaint) as caught:
        load(text)
    assert "mine" in str(caught.value)
    assert "\n" not in str(caught.value)
    assert len(str(caught.value)) < 400


@given(st.binary(max_size=200))
def test_no_file_raises_anything_else(tmp_path_factory, data):
    path = tmp_path_factory.getbasetemp() / "noise.toml"
    path.write_bytes(data)
    with pytest.raises(PlotoptError) as caught:
        load_profile(str(path))
    assert len(str(caught.value).splitlines()) == 1


@pytest.mark.parametrize(
    ("name", "near"),
    [
        ("axidraw", "axidraw_v3"),
        ("AxiDraw_V3", "axidraw_v3"),
        ("nextdraw_8512", "nextdraw_8511"),
        ("zzz", "idraw_h_a3"),
        ("zzz_a3", "idraw_h_a3"),
    ],
)
def test_an_unknown_name_gets_the_nearest_ones(name, near):
    with pytest.raises(PlotoptError, match=f"unknown plotter profile '{name}': use .*{near}"):
        load_profile(name)


@pytest.mark.parametrize(
    ("words", "name"),
    [
        ("axidraw_se_a4", "axidraw_v3"),
        ("AxiDraw V3 and SE/A4", "axidraw_v3"),
        ("SE/A3", "axidraw_v3_a3"),
        ("MiniKit", "axidraw_minikit"),
        ("bantam-tools nextdraw", "nextdraw_8511"),
        ("hp 7475a", "generic_hpgl"),
    ],
)
def test_a_profile_is_found_by_words_of_its_title_alone(words, name):
    assert load_profile(words) == load_profile(name)


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (
            "a4",
            "use axidraw_v3 (AxiDraw V3 and SE/A4), generic_gcode (Generic G-code plotter (A4)), or a path",
        ),
        ("axidraw_v4", "use axidraw_v3 (AxiDraw V3 and SE/A4), axidraw_v3_a3 (AxiDraw V3/A3 and SE/A3), "),
        ("v3/machine", "'v3/machine' does not exist"),
        ("", "use axidraw_minikit, axidraw_v3, "),
        ("_-", "use axidraw_minikit, axidraw_v3, "),
    ],
)
def test_words_of_no_title_or_of_several_are_refused_with_the_titles(words, told):
    with pytest.raises(PlotoptError, match=re.escape(told)):
        load_profile(words)


@pytest.mark.parametrize(
    "name", ["", ".", "..", "/", "no/such.toml", "\0.toml", "x" * 5000 + ".toml", "/dev/zero"]
)
def test_names_and_paths_that_lead_nowhere(name):
    with pytest.raises(PlotoptError) as caught:
        load_profile(name)
    assert len(str(caught.value)) < 400


def test_a_folder_and_a_pipe_are_no_profiles(tmp_path):
    (tmp_path / "folder.toml").mkdir()
    os.mkfifo(tmp_path / "pipe.toml")
    for name in ("folder.toml", "pipe.toml"):
        with pytest.raises(PlotoptError, match="give a plotter profile"):
            load_profile(str(tmp_path / name))


def test_what_fits():
    axidraw = load_profile("axidraw_v3")
    axidraw.check_fits(Rect(0, 0, 300, 218))
    axidraw.check_fits(Rect(0, 0, 218, 300))
    axidraw.check_fits(lay_out(parse_paper("A4"), 0, Orientation.PORTRAIT, 1).frame)
    load_profile("axidraw_v3_a3").check_fits(lay_out(parse_paper("A3"), 0, Orientation.PORTRAIT, 1).frame)


@pytest.mark.parametrize(
    ("drawing", "figures"),
    [
        (Rect(20, 20, 277, 400), r"277 x 400 mm .* 300 x 218 mm"),
        (Rect(0, 0, 219, 219), r"219 x 219 mm"),
        (Rect(250, 100, 310, 150), r"310 x 150 mm"),
    ],
)
def test_what_does_not_fit_is_refused_with_the_figures(drawing, figures):
    with pytest.raises(PlotoptError, match=figures):
        load_profile("axidraw_v3").check_fits(drawing)


def test_a_file_with_a_folder_wins_over_words_of_a_title(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    assert load_profile("SE/A3").name == "axidraw_v3_a3"
    Path("SE").mkdir()
    Path("SE/A3").write_text("no profile", "utf-8")
    with pytest.raises(PlotoptError, match="A3"):
        load_profile("SE/A3")
