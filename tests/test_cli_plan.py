"""`plotopt plan`: what it writes and says, and what it refuses."""

import json
import re
import shlex
import shutil
from pathlib import Path
from types import SimpleNamespace
from xml.etree import ElementTree

import pytest
from commands import Ran, assert_refused, listing, new_files

from plotopt import cli
from plotopt.cli.plan import _say_what_changed, command

DATA = Path(__file__).parent / "data" / "svg"


@pytest.fixture
def folder(folder, monkeypatch):
    monkeypatch.setitem(cli.plotopt.commands, "plan", command)
    for name in ("inkscape", "illustrator", "chart"):
        shutil.copy(DATA / f"{name}.svg", folder)
    (folder / "nothing.svg").write_text('<svg xmlns="http://www.w3.org/2000/svg" width="9cm" height="9cm"/>')
    (folder / "cut.svg").write_bytes((DATA / "chart.svg").read_bytes()[:900])
    (folder / "plot.plotopt").write_bytes(bytes(100))
    return folder


def stored(path):
    return json.loads(ElementTree.fromstring(path.read_bytes()).findtext("{*}metadata"))


def test_a_drawing_is_planned_beside_its_file_and_the_gain_is_told(run, folder):
    before = listing(folder)
    ran = run("plan", "inkscape.svg", "-v")
    assert ran.code == 0
    assert new_files(folder, before) == ["inkscape-plan.png", "inkscape-plan.svg"]
    lines = ran.out.splitlines()
    assert lines[:2] == ["page       148 x 105 mm", "strokes    5 in 5 paths"]
    assert re.fullmatch(r"saved      \d\.\d\d m pen up, \d s", lines[-1])
    assert "note: texts left out: 1 (convert text to paths first)" in ran.err
    assert "reading the drawing" in ran.err
    assert "planning the plot" in ran.err
    told = stored(folder / "inkscape-plan.svg")
    assert f"repeat with: {told['command']}" in ran.err
    assert told["options"]["layers"] == "auto"
    assert told["before"]["paths"] == 5


def test_a_plan_planned_again_tells_that_nothing_was_saved(run, folder):
    run("plan", "inkscape.svg", "-q")
    ran = run("plan", "inkscape-plan.svg")
    assert ran.out.splitlines()[-1] == "as before  as many paths, as far with the pen up, as long"


@pytest.mark.parametrize(
    ("before", "after", "told"),
    [
        ((9, 2.5, 90.0), (4, 1.21, 40.2), ["saved      5 paths, 1.29 m pen up, 50 min"]),
        ((4, 1.21, 40.2), (5, 2.5, 90.0), ["added      1 path, 1.29 m pen up, 50 min"]),
        ((4, 1.3, 20.0), (5, 1.2, 19.6), ["saved      0.10 m pen up, 24 s", "added      1 path"]),
        ((4, 0.06, 0.22), (4, 0.04, 0.2), ["saved      0.02 m pen up, 1 s"]),
        ((4, 0.0601, 0.2001), (4, 0.06, 0.2), ["as before  as many paths, as far with the pen up, as long"]),
    ],
)
def test_what_a_plan_saves_or_adds_is_told_by_its_figures(capsys, before, after, told):
    names = ("paths", "pen_up_m", "minutes")
    drawing = SimpleNamespace(
        metadata={"before": dict(zip(names, before, strict=True))},
        statistics=SimpleNamespace(**dict(zip(names, after, strict=True))),
    )
    _say_what_changed(drawing)
    assert capsys.readouterr().out.splitlines() == told


def test_a_file_that_is_not_there_is_told_before_anything_is_done(run, folder):
    ran = run("plan", "missing.svg")
    assert_refused(ran, folder, listing(folder), "plotopt: 'missing.svg' does not exist")


def test_the_command_in_a_plan_gives_the_same_again(run, folder):
    words = ("--pens=0.3mm,blue:0.5mm,lime:0.2mm", "--fit", "--paper=a5", "--margin=1cm", "--keep-order")
    words += ("--split-every=0.15m", "--join=0.1mm", "--simplify=0mm", "--keep-hidden", "--client=axicli")
    assert run("plan", "illustrator.svg", "-q", "-o", "first.svg", *words) == Ran(0, "", "")
    name, verb, *again = shlex.split(stored(folder / "first.svg")["command"])
    assert (name, verb) == ("plotopt", "plan")
    assert run("plan", *again, "-q", "-o", "second.svg") == Ran(0, "", "")
    assert (folder / "second.svg").read_bytes() == (folder / "first.svg").read_bytes()
    labels = [group.get("id") for group in ElementTree.parse(folder / "first.svg").findall("{*}g")]
    assert labels[0].startswith("1-black-0.3mm")
    assert any("part-2-of-" in label for label in labels)


@pytest.mark.parametrize("ending", [".svg", ".png"])
def test_the_file_itself_and_others_are_spared(run, folder, ending):
    before = listing(folder)
    assert_refused(run("plan", "chart.svg", "-o", "chart.svg", "-f"), folder, before, "'chart.svg'")
    (folder / f"chart-plan{ending}").write_text("mine")
    before = listing(folder)
    assert_refused(run("plan", "chart.svg"), folder, before, f"'chart-plan{ending}': it exists already")
    assert run("plan", "chart.svg", "-q", "--force") == Ran(0, "", "")


@pytest.mark.parametrize("pens", ["mine.toml:gel", "2=mine.toml:gel"])
def test_pens_of_ones_own_are_spared(run, folder, pens):
    (folder / "mine.toml").write_text(
        '[gel]\ntitle = "Gel"\ncolor = { value = "#102030", source = "eye" }\n'
        'width = { value = 0.3, unit = "mm", source = "eye" }\n'
    )
    (folder / "link.svg").symlink_to("mine.toml")
    ran = run("plan", "inkscape.svg", f"--pens={pens}", "-o", "link.svg", "--force")
    assert_refused(ran, folder, listing(folder), "'link.svg': it is one of the files this is made from")


def test_a_size_that_is_assumed_is_told(run, folder):
    (folder / "box.svg").write_text(
        '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 96 96"><path d="M9 9H60" stroke="#000"/></svg>'
    )
    told = "units of its view box are taken for pixels, 96 an inch, and its page for 25.4 x 25.4 mm"
    assert told in run("plan", "box.svg", "--formats=svg").err
    assert told in run("estimate", "box.svg").err
    # Fitted to a sheet, the drawing is as large whatever its units are.
    assert told not in run("plan", "box.svg", "--paper=a6", "--fit", "--formats=svg", "--force").err


def test_what_is_no_drawing_is_told_before_that_a_file_exists(run, folder):
    (folder / "a-plan.svg").touch()
    assert_refused(run("plan", "a.png"), folder, listing(folder), "'a.png' is not an SVG file")


@pytest.mark.parametrize(
    ("name", "fragment"),
    [
        ("missing.svg", "'missing.svg' does not exist"),
        ("folder", "'folder' is a folder"),
        ("zero.png", "'zero.png' is empty"),
        ("a.png", "'a.png' is not an SVG file: give a drawing that ends in .svg (`plotopt fit`"),
        ("plot.plotopt", "give 'plot.svg', which lies beside it"),
        ("cut.svg", "'cut.svg' is cut short or broken"),
        ("nothing.svg", "nothing that a pen can draw"),
        (".", "'.' is not a file"),
        ("..", "'..' is a folder"),
        ("/", "'/' is not a file"),
    ],
)
def test_what_is_no_drawing_is_refused(run, folder, name, fragment):
    assert_refused(run("plan", name, "-q"), folder, listing(folder), fragment)


@pytest.mark.parametrize(
    ("option", "value", "fragment"),
    [
        ("--pens", "blurple", "blurple"),
        ("--pens", "nowhere=0.3mm", "'nowhere'"),
        ("--pens", "0.3mm,0.4mm", "2 pens for 3 layers"),
        ("--layers", "many", "'many'"),
        ("--paper", "a44", "'a44'"),
        ("--margin", "60mm", "60 mm"),
        ("--orientation", "upright", "'upright'"),
        ("--profile", "missing.toml", "'missing.toml'"),
        ("--client", "inkscape", "'inkscape'"),
        ("--pens", "auto:2", "auto is for `plotopt fit`"),
        ("--stock", "glass", "glass"),
        ("--join", "far", "'far'"),
        ("--simplify", "-1mm", "-1mm"),
        ("--split-every", "0m", "0"),
        ("--seed", "1", "--seed"),
        ("--output", "missing/out.svg", "'missing/out.svg'"),
        ("--output", "folder", "'folder'"),
        ("--output", "new/", "'new/': the folder does not exist"),
    ],
)
def test_a_bad_value_is_refused_by_name(run, folder, option, value, fragment):
    ran = run("plan", "illustrator.svg", "-q", f"{option}={value}")
    assert_refused(ran, folder, listing(folder), fragment)


def test_what_the_machine_cannot_reach_is_refused(run, folder):
    ran = run("plan", "inkscape.svg", "-q", "--fit", "--paper=a1")
    assert_refused(ran, folder, listing(folder), "reaches 820.75 x ")
