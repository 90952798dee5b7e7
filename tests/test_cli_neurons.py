"""`plotopt neurons`: what it refuses, a tiny sheet, and going on after an interruption."""

import json
import re
import shlex
from dataclasses import fields
from xml.etree import ElementTree

import pytest
import torch
from commands import Ran, assert_refused, listing, new_files, options_given

from plotopt import contact_sheet
from plotopt.cli.neurons import stem
from plotopt.networks import parse_neurons
from plotopt.settings import NeuronsSettings, read_neurons_settings

SQUEEZED = "squeezenet1_1:features.3.squeeze"
TINY = ("--weights=w.pth", "--size=64", "--crop=53", "--paper=a6", "--grid=2x1")
NAME = "squeezenet1_1-features.3.squeeze-3-4"
CHANNELS = [f"s-channels/squeezenet1_1-features.3.squeeze-{channel}.safetensors" for channel in (3, 4)]


@pytest.fixture
def folder(folder):
    """The working folder, with random weights of what lies below a low layer of a small network."""
    generator = torch.Generator().manual_seed(0)
    state = {}
    for name, shape in {"features.0": (64, 3, 3, 3), "features.3.squeeze": (16, 64, 1, 1)}.items():
        state[f"{name}.weight"] = torch.randn(shape, generator=generator) / shape[1] ** 0.5
        state[f"{name}.bias"] = torch.zeros(shape[0])
    torch.save(state, folder / "w.pth")
    return folder


@pytest.mark.parametrize(
    ("subject", "fragment"),
    [
        ("", "not MODEL:LAYER:CHANNEL"),
        ("vgg16", "not MODEL:LAYER:CHANNEL"),
        ("vgg16:conv3_3", "not MODEL:LAYER:CHANNEL"),
        ("vgg:conv3_3:3", "the nearest are vgg19, vgg16"),
        ("vgg16:conv3_4:0-3", "the nearest are conv3_3"),
        ("vgg16:conv3_3:5-3", "runs backwards"),
        ("vgg16:conv3_3:0-9999", "more than 4096 channels"),
        ("vgg16:conv3_3:0-256", "256 channels, 0 to 255: there is no 256"),
        ("vgg16:conv3_3:3,3", "twice"),
        ("vgg16:conv3_3:3,", "''"),
        ("vgg16:conv3_3:3+5", "'3+5'"),
        ("vgg16:conv3_3:-1", "'-1'"),
        ("\udcff", "not MODEL:LAYER:CHANNEL"),
        ("vgg16:conv3_3:" + "1" * 10_000, "not a channel or a range"),
    ],
)
def test_neurons_that_there_are_not_are_refused_before_weights_are_looked_for(run, folder, subject, fragment):
    ran = run("neurons", subject, "--weights=missing.pth", "-o", "s.svg")
    assert_refused(ran, folder, listing(folder), fragment)
    assert len(ran.err) < 400


@pytest.mark.parametrize(
    ("option", "value", "fragment"),
    [
        ("--strokes", "0", "strokes is 0"),
        ("--quality", "best", "'best'"),
        ("--grid", "1x1", "a grid of 1x1 has 1 cells for 2 channels"),
        ("--grid", "65x1", "'65x1'"),
        ("--size", "63", "size is 63"),
        ("--crop", "31", "crop is 31"),
        ("--pens", "black:8mm", "take fewer channels"),
        ("--paper", "a1", "axidraw_v3"),
        ("--weights", "missing.pth", "no weights file 'missing.pth'"),
        ("--weights", "", "no weights file '.'"),
        ("--weights", "zero.png", "'zero.png' is no readable weights file"),
        ("--output", "missing/s.svg", "'missing/s.svg'"),
        ("--output", "folder", "'folder'"),
        ("--output", "s.pdf", "'s.pdf'"),
        ("--output", "plot.svg", "'plot.svg'"),
        ("--output", "a.svg", "'a.png'"),
    ],
)
def test_a_bad_value_is_refused_by_name(run, folder, option, value, fragment):
    before = listing(folder)
    ran = run("neurons", f"{SQUEEZED}:3-4", "-q", "--weights=w.pth", f"{option}={value}")
    assert_refused(ran, folder, before, fragment)


def test_a_file_where_channels_would_go_is_refused(run, folder):
    (folder / "s-channels").write_text("mine")
    ran = run("neurons", f"{SQUEEZED}:3-4", "-q", "-o", "s.svg", "--weights=missing.pth")
    assert_refused(ran, folder, listing(folder), "s-channels")


def test_defaults_are_those_of_the_settings():
    command = NeuronsSettings().command("vgg16:conv3_3:0-63")
    subject, given = options_given(command)
    assert (subject, read_neurons_settings(**given)) == ("vgg16:conv3_3:0-63", NeuronsSettings())
    # What has no default has not been given.
    assert {entry.name for entry in fields(NeuronsSettings)} - set(given) == {
        "size",
        "grid",
        "weights",
        "split_every",
        "margin",
    }


def test_the_command_takes_all_its_settings():
    options = {"pens": "red:0.3mm,blue", "size": 100, "grid": "4x3", "copies": False, "weights": "a b.pth"}
    settings = read_neurons_settings(**options)
    assert read_neurons_settings(**options_given(settings.command("x:y:1"))[1]) == settings


def test_a_sheet_is_written_and_its_command_gives_the_same_again(run, folder):
    before = listing(folder)
    ran = run("neurons", f"{SQUEEZED}:3-4", "-v", *TINY)
    assert ran.code == 0
    assert new_files(folder, before) == [
        f"{NAME}-channels",
        *(path.replace("s-channels", f"{NAME}-channels") for path in CHANNELS),
        f"{NAME}.png",
        f"{NAME}.svg",
    ]
    assert ran.out.splitlines()[-1] == f"files      {NAME}.svg  {NAME}.png"
    stages = [line for line in ran.err.splitlines() if "preparing" not in line]
    assert stages[:3] == ["loading the network", "channels at 64 px, 2 to draw", "planning the plot"]
    svg = (folder / f"{NAME}.svg").read_bytes()
    stored = json.loads(ElementTree.fromstring(svg).findtext("{*}metadata"))
    assert stages[3] == f"repeat with: {stored['command']}"
    words = shlex.split(stored["command"])[1:]
    assert run(*words, "-q", "-o", "again") == Ran(0, "", "")
    assert (folder / "again.svg").read_bytes() == svg
    refused = run(*words)
    assert (refused.code, "it exists already" in refused.err) == (2, True)
    ran = run(*words, "--force")
    assert ran.code == 0
    assert "note: 2 of 2 channels were done already\n" in ran.err
    assert not re.search("channels at", ran.err)
    assert (folder / f"{NAME}.svg").read_bytes() == svg


def test_an_interrupted_sheet_says_what_is_kept_and_goes_on(run, folder, monkeypatch):
    before = listing(folder)
    draw_cell = contact_sheet.draw_cell

    def interrupted(wanted, *others):
        if wanted.channels == (4,):
            raise KeyboardInterrupt
        return draw_cell(wanted, *others)

    monkeypatch.setattr(contact_sheet, "draw_cell", interrupted)
    ran = run("neurons", f"{SQUEEZED}:3-4", "-q", "-o", "s.svg", *TINY)
    assert (ran.code, ran.out) == (130, "")
    assert ran.err.strip() == (
        "plotopt: interrupted, finished channels are kept in s-channels, the same command goes on from there"
    )
    assert new_files(folder, before) == ["s-channels", CHANNELS[0]]
    monkeypatch.setattr(contact_sheet, "draw_cell", draw_cell)
    ran = run("neurons", f"{SQUEEZED}:3-4", "-o", "s.svg", *TINY)
    assert ran.code == 0
    assert "channels at 64 px, 1 to draw" in ran.err
    assert "note: 1 of 2 channels were done already" in ran.err
    assert new_files(folder, before) == ["s-channels", *CHANNELS, "s.png", "s.svg"]


def test_an_interruption_before_the_first_channel_says_that_nothing_was_written(run, folder, monkeypatch):
    def interrupted(*arguments):
        raise KeyboardInterrupt

    monkeypatch.setattr(contact_sheet, "draw_cell", interrupted)
    before = listing(folder)
    ran = run("neurons", f"{SQUEEZED}:3", "-q", "-o", "s.svg", *TINY)
    assert (ran.code, ran.err.strip()) == (130, "plotopt: interrupted, nothing was written")
    assert listing(folder) == before


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("vgg16:conv3_3:0-63", "vgg16-conv3_3-0-63"),
        ("vgg16:conv3_3:37", "vgg16-conv3_3-37"),
        ("vgg16:conv3_3:3,4,5@center", "vgg16-conv3_3-3-5-center"),
    ],
)
def test_a_sheet_is_named_after_its_neurons(text, name):
    assert stem(parse_neurons(text)) == name


def test_sheets_of_other_channels_have_other_names():
    texts = ("0-5", "0-2,5", "0,5", "0-3,5", "5,0-4", "0-5@center", "0,5@center")
    names = [stem(parse_neurons(f"vgg16:conv3_3:{text}")) for text in texts]
    names.append(stem(parse_neurons(f"vgg16:{'x' * 300}:0-5")))
    assert len(set(names)) == len(names)
    assert all(re.fullmatch(r"[A-Za-z0-9_.-]{1,120}", name) for name in names)
