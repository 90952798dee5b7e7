"""Looks: what each sets, what is given wins, and the command repeats the drawing."""

import re
from functools import cache
from pathlib import Path

import pytest
from commands import options_given
from hypothesis import given
from hypothesis import strategies as st
from pictures import gradient

import plotopt
from plotopt.errors import PlotoptError
from plotopt.looks import FLOW, LOOKS, Look, find_look, with_look
from plotopt.settings import FitSettings, read_settings

TINY = {"strokes": 40, "quality": "draft", "size": 64, "paper": "a6", "orientation": "landscape"}
NAMES = [look.name for look in LOOKS]
each_look = pytest.mark.parametrize("name", NAMES)


def test_a_look_is_found_by_name():
    assert find_look(" Single_Line ") is LOOKS[-1]
    assert find_look("flow") is FLOW


@pytest.mark.parametrize("name", ["", "oil", "hatch,contour"])
def test_an_unknown_look_is_named_with_those_there_are(name):
    with pytest.raises(PlotoptError, match=f"look '{name}' is unknown: use flow, hatch, .*single-line"):
        read_settings(look=name)


def test_what_is_given_wins_over_the_look_and_none_is_not_given():
    look = Look("made", "up", {"length": "5mm", "edges": 0.5})
    assert with_look({"look": look, "edges": 0.0, "length": None, "size": None}) == {
        "look": look,
        "edges": 0.0,
        "length": "5mm",
        "size": None,
    }
    assert with_look({"seed": 3}) == {"seed": 3}
    assert with_look({"look": 3}) == {"look": 3}


def test_a_look_of_the_wrong_kind_is_refused():
    with pytest.raises(PlotoptError, match="look is 3"):
        read_settings(look=3)


@each_look
def test_a_look_is_the_options_that_it_is_said_to_be(name):
    look = find_look(name)
    _, options = options_given(f"plotopt fit image {look.spelled()}")
    alone, spelled = read_settings(look=name), read_settings(**options)
    assert all(getattr(alone, field) == getattr(spelled, field) for field in look.sets)
    assert all(getattr(alone, field) != getattr(FitSettings(), field) for field in look.sets)


@each_look
def test_the_command_tells_the_look_and_not_what_it_sets(name):
    settings = read_settings(look=name)
    command = settings.command("a.png")
    assert (f"--look={name}" in command) == (name != "flow")
    assert not any(f"--{field.replace('_', '-')}=" in command for field in settings.look.sets)
    assert read_settings(**options_given(command)[1]) == settings


@given(
    st.sampled_from(NAMES),
    st.fixed_dictionaries(
        {},
        optional={
            "stiffness": st.sampled_from([0.0, 1.0, 10.0]),
            "edges": st.sampled_from([0.0, 0.4, 1.0]),
            "shading": st.sampled_from([0.6, 1.0]),
            "crossings": st.sampled_from([0.0, 2.0]),
            "paper_threshold": st.just(0.35),
        },
    ),
)
def test_the_command_repeats_what_was_given_beside_a_look(name, options):
    settings = read_settings(look=name, **options)
    assert all(getattr(settings, field) == value for field, value in options.items())
    assert read_settings(**options_given(settings.command("a.png"))[1]) == settings


def test_settings_made_without_reading_tell_what_the_look_would_have_set():
    settings = FitSettings(look=find_look("scribble"))
    assert settings.curl == 0
    assert "--look=scribble" in settings.command("a.png")
    assert "--curl=0.0" in settings.command("a.png")


@cache
def drawn(name):
    return plotopt.fit(gradient(), look=name, **TINY)


@each_look
def test_every_look_draws_and_its_command_draws_it_again(name):
    first = drawn(name)
    assert "<path" in first.svg()
    _, options = options_given(first.metadata["command"])
    assert plotopt.fit(gradient(), **options).svg() == first.svg()


def test_looks_differ_and_flow_is_what_is_usual():
    svgs = {name: drawn(name).svg() for name in NAMES}
    assert len({tuple(re.findall(r' d="[^"]*"', svg)) for svg in svgs.values()}) == len(NAMES)
    assert plotopt.fit(gradient(), **TINY).svg() == svgs["flow"]


def test_looks_are_listed_with_what_they_set(run):
    lines = run("looks").out.splitlines()
    assert [line.split()[0] for line in lines] == NAMES
    assert all(look.title in line and look.spelled() in line for look, line in zip(LOOKS, lines, strict=True))


def test_the_documentation_tells_what_each_sets():
    text = (Path(__file__).parent.parent / "docs" / "looks.md").read_text()
    for look in LOOKS[1:]:
        assert f"`{look.name}`" in text
        assert f"`{look.spelled()}`" in text


@pytest.mark.parametrize("options", [{"look": "scribble"}, {"curl": 5}])
def test_loops_and_a_single_line_are_refused(options):
    with pytest.raises(PlotoptError, match=r"curl .*leave it out, or --single-line"):
        read_settings(single_line="flow", **options)
