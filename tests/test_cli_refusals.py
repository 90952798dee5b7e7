"""The command line refuses bad input in one line, with exit code 2, and leaves no file."""

import errno
import os
import subprocess
import sys
from pathlib import Path

import pytest
from commands import assert_refused, listing
from pictures import plain, save

TINY = ("--quality=draft", "--strokes=30", "--size=64")


@pytest.mark.parametrize(
    ("words", "fragment"),
    [
        (("draw",), "'draw'"),
        (("--frobnicate",), "--frobnicate"),
        (("",), "''"),
        (("profiles", "more"), "(more)"),
        (("fit",), "IMAGE"),
        (("fit", "a.png", "photo.jpg"), "(photo.jpg)"),
        (("fit", "a.png", "--frobnicate"), "--frobnicate"),
        (("fit", "a.png", "--stroke\ns"), "--stroke"),
        (("fit", "a.png", "--strokes"), "--strokes"),
    ],
)
def test_a_command_that_cannot_be_parsed_is_refused(run, folder, words, fragment):
    assert_refused(run(*words), folder, listing(folder), fragment)


@pytest.mark.parametrize(
    ("words", "hint"),
    [
        (("photo.jpg",), "`plotopt fit` draws a picture"),
        (("no.such.svg", "-f"), "`plotopt plan` plans an SVG"),
        (("fit", "a.png", "--minutes", "-o", "b.svg"), "is an option before it without its value?"),
        (("fit", "a.png", "--margin", "2,5"), "(decimals take a point: 2.5)"),
        (("fit", "a.png", "--margin=2,5 cm"), "(decimals take a point: 2.5)"),
        (("fit", "a.png", "--strokes", "2,000"), "(whole numbers have no comma: 2000)"),
        (("fit", "a.png", "--margin=-2,5"), "(decimals take a point: 2.5)"),
        (("fit", "a.png", "--minutes", "12,5"), "(decimals take a point: 12.5)"),
        (("fit", "a.png", "--gamma", "1,2"), "(decimals take a point: 1.2)"),
        (("fit", "a.png", "--paper", "10,5x14cm"), "(decimals take a point: 10.5)"),
        (("fit", "a.png", "--pens", "0,3mm"), "(decimals take a point: 0.3)"),
        (("fit", "a.png", "--pens=red:0,3mm"), "(decimals take a point: 0.3)"),
        (("fit", "a.png", "--pens=4"), "write 4mm for one so wide, or auto:4 for"),
        (("fit", "a.png", "--pens=0"), "pen '0'"),
        (("fit", "a.png", "--paper=kraft"), "what it is made of is --stock kraft"),
        (("fit", "a.png", "--stock=a5"), "the size of the sheet is --paper A5"),
        (("fit", "plot.svg"), "`plotopt plan` makes it ready to plot"),
        (("plan", "a.png", "-q"), "`plotopt fit` draws pictures"),
    ],
)
def test_a_refusal_hints_at_what_was_meant(run, folder, words, hint):
    assert_refused(run(*words), folder, listing(folder), hint)


@pytest.mark.parametrize(
    ("words", "fragment"),
    [
        (("fit", "a.png", "--direction", "45,135", "--margin", "wide"), "'wide'"),
        (("fit", "a.png", "--paper", "210,297"), "'210,297'"),
        (("fit", "box1,2"), "'box1,2'"),
        (("fit", "a.png", "photo.jpg"), "(photo.jpg)"),
        (("render", "a.plotopt", "--window", "1,2"), "'1,2'"),
    ],
)
def test_no_hint_where_that_was_not_the_reason(run, folder, words, fragment):
    before = listing(folder)
    ran = run(*words)
    assert_refused(ran, folder, before, fragment)
    assert "decimals" not in ran.err
    assert "without its value" not in ran.err


def test_no_hint_disturbs_the_completion_of_words(folder):
    asked = {"COMP_WORDS": "plotopt photo.jpg --", "COMP_CWORD": "2", "_PLOTOPT_COMPLETE": "bash_complete"}
    command = [sys.executable, "-c", "from plotopt.cli import plotopt; plotopt(prog_name='plotopt')"]
    ran = subprocess.run(command, env=os.environ | asked, capture_output=True, check=True)
    assert ran.stderr == b""


@pytest.mark.parametrize(
    ("image", "fragment"),
    [
        ("missing.png", "does not exist"),
        ("", "folder: give a picture"),
        ("folder", "folder: give a picture"),
        ("folder/missing.png", "does not exist"),
        ("a.png/missing.png", "does not exist"),
        ("text.png", "not a picture"),
        ("noise.png", "not a picture"),
        ("broken.toml", "not a picture"),
        ("plot.svg", "(SVG)"),
        ("cut.png", "cut short"),
        ("half.jpg", "cut short"),
        ("head.png", "cut short"),
        ("zero.png", "0 bytes"),
        ("one.png", "1 x 1 px"),
        ("sliver.png", "1000 x 10 px"),
        ("bomb.png", "60000 x 60000 px"),
        ("/dev/null", "not an ordinary file"),
        ("new\nline.png", "does not exist"),
        ("x" * 300 + ".png", "name"),
    ],
)
def test_a_bad_picture_is_refused_by_name(run, folder, image, fragment):
    before = listing(folder)
    ran = run("fit", image)
    assert_refused(ran, folder, before, fragment)
    assert repr(image)[1:-1][:40] in ran.err


@pytest.mark.parametrize(
    ("option", "value", "fragment"),
    [
        ("--strokes", "0", "strokes is 0"),
        ("--strokes", "-1", "strokes is -1"),
        ("--strokes", "10000000", "strokes is 10000000"),
        ("--strokes", "many", "'many'"),
        ("--strokes", "1e3", "'1e3'"),
        ("--strokes", "", "''"),
        ("--margin", "110mm", "110 mm"),
        ("--margin", "-1mm", "'-1mm'"),
        ("--margin", "5parsec", "'parsec'"),
        ("--margin", "nan", "'nan'"),
        ("--paper", "a44", "'a44'"),
        ("--paper", "1x1mm", "'1x1mm'"),
        ("--pen", "0.4furlong", "'furlong'"),
        ("--pen", "0", "'0'"),
        ("--pen", "blurple:0.4mm", "'blurple'"),
        ("--pen", "1m", "'m'"),
        ("--profile", "axidraw_v33", "'axidraw_v33'"),
        ("--profile", "missing.toml", "'missing.toml'"),
        ("--profile", "broken.toml", "broken"),
        ("--profile", "./folder", "folder"),
        ("--quality", "best", "'best'"),
        ("--orientation", "upright", "'upright'"),
        ("--gamma", "0", "gamma is 0"),
        ("--gamma", "nan", "gamma is nan"),
        ("--contrast", "-1", "contrast is -1"),
        ("--size", "0", "size is 0"),
        ("--size", "10", "size is 10"),
        ("--tile", "0", "tile is 0"),
        ("--seed", "-1", "seed is -1"),
        ("--seed", "0.5", "'0.5'"),
        ("--output", "missing/out.svg", "'missing/out.svg'"),
        ("--output", "folder", "'folder'"),
        ("--output", "folder/", "'folder' is a folder"),
        ("--output", "new/", "'new/': the folder does not exist, create it first"),
        ("--output", "new/.", "'new/.': the folder does not exist"),
        ("--output", "a.png/out.svg", "'a.png/out.svg'"),
        ("--output", "out.pdf", "'out.pdf'"),
        ("--output", "plot.svg", "'plot.svg'"),
        ("--output", "x" * 300 + ".svg", "name is too long"),
        ("--output", "", "folder"),
    ],
)
def test_a_bad_value_is_refused_by_name(run, folder, option, value, fragment):
    before = listing(folder)
    assert_refused(run("fit", "a.png", f"{option}={value}"), folder, before, fragment)
    assert_refused(run("fit", "a.png", "-q", option, value), folder, before, fragment)


@pytest.mark.parametrize(
    ("option", "value", "fragment"),
    [
        ("--direction", "north", "'north'"),
        ("--direction", "map:missing.png", "'missing.png' does not exist"),
        ("--direction", "map:text.png", "'text.png' is not a picture"),
        ("--direction", "map:blank.png", "'blank.png' is blank"),
        ("--direction", "map:tall.png", "48 x 64 px and the picture 64 x 48 px"),
        ("--detail", "missing.png", "'missing.png' does not exist"),
        ("--detail", "", "folder: give a picture"),
        ("--detail", "tall.png", "48 x 64 px and the picture 64 x 48 px"),
        ("--mask", "plot.svg", "(SVG)"),
        ("--mask", "cut.png", "cut short"),
        ("--mask", "bomb.png", "60000 x 60000 px"),
        ("--mask", "one.png", "1 x 1 px"),
        ("--mask", "folder", "folder: give a picture"),
        ("--mask", "tall.png", "48 x 64 px and the picture 64 x 48 px"),
        ("--paper-threshold", "1.5", "paper threshold is 1.5"),
        ("--edges", "-1", "edges is -1"),
        ("--shading", "0", "--edges 1"),
        ("--length", "-3mm", "'-3mm'"),
        ("--length", "0.1mm", "length is 0.1"),
    ],
)
def test_bad_maps_and_directions_are_refused_by_name(run, folder, option, value, fragment):
    save(folder / "blank.png", plain(255))
    save(folder / "tall.png", plain(255, 48, 64))
    ran = run("fit", "a.png", *TINY, option, value)
    assert_refused(ran, folder, listing(folder), fragment)


def test_paper_beyond_the_machine_is_refused_with_the_figures(run, folder):
    ran = run("fit", "a.png", "--paper=a1", "--profile=axidraw_minikit")
    assert_refused(ran, folder, listing(folder), "789.833 x 574 mm")
    assert "160 x 101.6 mm" in ran.err


def test_a_picture_without_permission_is_refused(run, folder, monkeypatch):
    opened = Path.open

    def refuse(path, mode="r", *others):
        if path.name == "a.png" and "r" in mode:
            raise PermissionError(errno.EACCES, os.strerror(errno.EACCES))
        return opened(path, mode, *others)

    before = listing(folder)
    with monkeypatch.context() as patch:
        patch.setattr(Path, "open", refuse)
        ran = run("fit", "a.png", *TINY)
    assert_refused(ran, folder, before, "'a.png' cannot be read (Permission denied)")


def test_a_picture_in_a_closed_folder_is_refused(run, folder, monkeypatch):
    looked = os.stat

    def refuse(path, **options):
        if str(path) == "closed/a.png":
            raise PermissionError(errno.EACCES, os.strerror(errno.EACCES))
        return looked(path, **options)

    before = listing(folder)
    with monkeypatch.context() as patch:
        patch.setattr(os, "stat", refuse)
        ran = run("fit", "closed/a.png", *TINY)
    assert_refused(ran, folder, before, "'closed/a.png'")
