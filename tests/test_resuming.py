"""Runs that are stopped, killed and gone on with: the very same drawing, or a changed one."""

import os
import re
import shutil
import signal
import subprocess
import sys
import time
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch
from commands import assert_refused, listing, new_files
from pictures import gradient, save

import plotopt
from plotopt.carrying import Carried, handed
from plotopt.catalog import parse_pens
from plotopt.errors import PlotoptError
from plotopt.fitting import problem_of
from plotopt.picture import read_picture
from plotopt.resuming import page_of, resumed
from plotopt.runs.keeper import Keeper
from plotopt.runs.run import Run
from plotopt.runs.storage import read_run
from plotopt.settings import read_settings
from plotopt.stopping import stoppable
from plotopt.strokes import Strokes

TINY = {"quality": "draft", "strokes": 40, "size": 64, "paper": "a6", "margin": "5mm"}
WHITE_AND_BLACK = {"pens": "gelly-roll-white-08,black:0.4mm", "stock": "kraft"}
WORDS = ("--quality=draft", "--strokes=40", "--size=64", "--paper=a6", "--margin=5mm")
BOX = """[fine]
title = "fine"
width = { value = 0.4, unit = "mm", source = "measured" }
color = { value = "#000000", source = "seen" }
"""
COMMAND = shutil.which("plotopt", path=Path(sys.executable).parent)


def stopping_after(steps):
    """Says stop when it is asked for so many a time."""
    asked = iter(range(1, 10**9))
    return lambda: next(asked) == steps


def drawn(folder, stops, before=None, **options):
    """What a run that is kept comes to."""
    run = Run(Keeper(folder / "a.plotopt"), stops, before)
    if before:
        return resumed(before, options).draw(lambda progress: None, run), run
    return plotopt.fit(folder / "a.png", run=run, **options), run


@pytest.mark.parametrize("steps", [1, 30, 31, 149])
def test_a_stopped_fit_goes_on_to_the_same_bytes(folder, steps):
    whole = plotopt.fit(folder / "a.png", **TINY)
    part, run = drawn(folder, stopping_after(steps), **TINY)
    assert run.is_stopped
    assert part.metadata["stopped"]
    (folder / "a.png").unlink()
    again, run = drawn(folder, lambda: False, read_run(folder / "a.plotopt"))
    assert not run.is_stopped
    assert again.svg() == whole.svg()
    # And what is finished stays what it is.
    assert "the run is finished" in resumed(read_run(folder / "a.plotopt"), {}).notes[-1]
    assert drawn(folder, lambda: False, read_run(folder / "a.plotopt"))[0].svg() == whole.svg()


def test_it_may_be_stopped_again_and_again(folder):
    whole = plotopt.fit(folder / "a.png", **TINY)
    _, run = drawn(folder, stopping_after(10), **TINY)
    stops = 0
    while run.is_stopped:
        again, run = drawn(folder, stopping_after(70), read_run(folder / "a.plotopt"))
        stops += 1
    assert stops > 2
    assert again.svg() == whole.svg()


@pytest.mark.parametrize(
    "options",
    [
        {"minutes": 0.5, "strokes": None},
        {"look": "hatch", "crossings": 1.0},
        {"look": "scribble"},
        {"pens": "black,red"},
        {"single_line": "flow"},
        {"workers": 2, "tile": 64},
    ],
    ids="-".join,
)
def test_every_kind_of_fit_goes_on(folder, options):
    given = {name: value for name, value in (TINY | options).items() if value is not None}
    whole = plotopt.fit(folder / "a.png", **given)
    drawn(folder, stopping_after(77), **given)
    again, _ = drawn(folder, lambda: False, read_run(folder / "a.plotopt"))
    assert again.svg() == whole.svg()


@pytest.mark.parametrize(
    ("taste", "into"),
    [({}, (0, 7, 19, 25)), ({"loss": "vgg", "layers": "relu1_1"}, (0, 25))],
    ids=["", "vgg"],
)
def test_a_fit_goes_on_while_it_closes_gaps(folder, monkeypatch, checkpoint, taste, into):
    """As where lines have to go at the end: here always, for more was aimed at than the budget holds."""
    monkeypatch.setattr("plotopt.trimming.Within._aim", property(lambda within: 1.2))
    monkeypatch.setattr("plotopt.atelier._ATTEMPTS", 1)
    options = {name: value for name, value in TINY.items() if name != "strokes"} | {"minutes": 0.3} | taste
    options |= {"weights": checkpoint} if taste else {}
    stages = []
    whole = plotopt.fit(
        folder / "a.png", on_progress=lambda progress: stages.append(progress.stage), **options
    )
    before = next(number for number, stage in enumerate(stages) if stage.startswith("mending"))
    steps = sum(" at " in stage for stage in stages[:before])
    for more in into:
        drawn(folder, stopping_after(steps + more), **options)
        again, _ = drawn(folder, lambda: False, read_run(folder / "a.plotopt"))
        assert again.svg() == whole.svg()


def test_attempts_at_a_budget_are_remembered(folder, monkeypatch):
    """A budget that no attempt fills is tried three times; a stop in the second one does not begin anew."""
    monkeypatch.setattr("plotopt.atelier.FILLED", 0.9999)
    options = {name: value for name, value in TINY.items() if name != "strokes"} | {"minutes": 0.3}
    heard = []
    whole = plotopt.fit(
        folder / "a.png", on_progress=lambda progress: heard.append(progress.stage), **options
    )
    told = [stage for stage in dict.fromkeys(heard) if stage.startswith("laying")]
    assert told[0] == "laying the first strokes"
    assert all(
        re.fullmatch(r"laying them anew, since they came to \d+% of the budget", each) for each in told[1:]
    )
    assert len(told) > 1
    assert re.match(r"the plot takes 9\d\.\d% of 0.3 min, and no other try came nearer", whole.notes[-1])
    drawn(folder, stopping_after(200), **options)
    record = read_run(folder / "a.plotopt")
    assert len(record.moment.attempts) == 1
    assert drawn(folder, lambda: False, record)[0].svg() == whole.svg()


def test_a_fit_by_features_goes_on(folder, checkpoint):
    options = TINY | {"loss": "vgg", "layers": "relu1_1", "weights": checkpoint}
    whole = plotopt.fit(folder / "a.png", **options)
    for steps in (100, 151):
        drawn(folder, stopping_after(steps), **options)
        again, _ = drawn(folder, lambda: False, read_run(folder / "a.plotopt"))
        assert again.svg() == whole.svg()


@pytest.fixture
def checkpoint(folder):
    """VGG16 as far as its first layer, at random."""
    rng = torch.Generator().manual_seed(0)
    weight = torch.randn(64, 3, 3, 3, generator=rng) / 5
    torch.save({"features.0.weight": weight, "features.0.bias": torch.zeros(64)}, folder / "vgg.pth")
    return str(folder / "vgg.pth")


@pytest.mark.parametrize(
    ("changes", "told"),
    [
        ({"strokes": 48}, "strokes 40 -> 48"),
        ({"strokes": 33}, "strokes 40 -> 33"),
        ({"pens": "0.3mm"}, "pens black:0.4mm -> black:0.3mm"),
        ({"pens": "blue"}, "pens black:0.4mm -> blue:0.4mm"),
        ({"size": 128}, "size 64 -> 128"),
        ({"paper": "a5"}, "paper A6 -> A5"),
        ({"minutes": 0.8}, "minutes not given -> 0.8"),
        ({"gamma": 2}, "gamma not given -> 2"),
    ],
)
def test_a_run_goes_on_with_other_options(folder, changes, told):
    drawn(folder, stopping_after(60), **TINY)
    record = read_run(folder / "a.plotopt")
    going = resumed(record, changes)
    assert told in going.differs
    run = Run(Keeper(folder / "b.plotopt"), lambda: False, going.record)
    changed = going.draw(lambda progress: None, run)
    assert changed.metadata["carried"]
    assert changed.statistics.strokes > 0
    again = resumed(read_run(folder / "b.plotopt"), {})
    assert again.differs == ()
    assert again.draw(lambda progress: None, Run(before=again.record)).svg() == changed.svg()


def test_a_run_on_small_paper_goes_on_to_the_same_page(folder):
    options = {name: value for name, value in TINY.items() if name != "margin"}
    whole = plotopt.fit(folder / "a.png", **options)
    assert whole.page.margin_mm == 10.5
    drawn(folder, stopping_after(60), **options)
    record = read_run(folder / "a.plotopt")
    assert record.order.options["margin"] is None
    assert drawn(folder, lambda: False, record)[0].svg() == whole.svg()


@pytest.mark.parametrize(
    ("margin", "changes", "margin_mm"),
    [
        ({}, {}, 10.5),
        ({}, {"paper": "a4"}, 20),
        ({}, {"paper": "a4", "margin": "1cm"}, 10),
        # As runs of before have it, whose options told the margin always.
        ({"margin": "20mm"}, {}, 20),
        ({"margin": "20mm"}, {"paper": "a5"}, 20),
    ],
)
def test_a_margin_that_was_not_given_is_that_of_the_paper_that_a_run_goes_on_with(
    folder, margin, changes, margin_mm
):
    options = {name: value for name, value in TINY.items() if name != "margin"}
    drawn(folder, stopping_after(60), **options, **margin)
    going = resumed(read_run(folder / "a.plotopt"), changes)
    assert page_of(going.record, going.settings)[0].margin_mm == margin_mm


def test_strokes_are_carried_over_and_not_drawn_anew(folder):
    part, _ = drawn(folder, stopping_after(149), **TINY)
    going = resumed(read_run(folder / "a.plotopt"), {"size": 65})
    carried = going.record.carried.strokes
    assert torch.equal(carried.points, read_run(folder / "a.plotopt").moment.standing.strokes.points)
    told = []
    after = going.draw(lambda progress: told.append(progress.stage), Run(before=going.record))
    assert abs(after.statistics.strokes - part.statistics.strokes) <= 3
    assert "taking over the strokes of before" in told
    assert "laying the first strokes" not in told


def test_strokes_laid_anew_are_linked_too(folder):
    drawn(folder, lambda: False, **TINY)
    strokes = read_run(folder / "a.plotopt").strokes
    settings, picture = read_settings(**TINY), read_picture(folder / "a.png")
    _, place = settings.sheet(picture.aspect)
    problem = problem_of(settings, picture, place)
    # Half of the lines are left out, whose ink is then missing.
    few = strokes.select(torch.tensor([number for line in strokes.lines()[::2] for number in line]))
    more = Carried(few, place).onto(problem, 60, np.random.default_rng(0))
    assert sum(more.laid()) == 60
    assert torch.allclose(more.points[: len(few)], few.points, atol=1e-4)
    assert torch.allclose(more.joints.drawn_together(more.points), more.points, atol=1e-4)
    lines = len(more.lines()) - len(few.lines())
    assert 0 < lines < 60 - sum(few.laid())


def test_a_pen_without_strokes_gets_some_where_its_ink_is_missing(folder):
    drawn(folder, lambda: False, **TINY, **WHITE_AND_BLACK)
    settings, picture = read_settings(**TINY, **WHITE_AND_BLACK), read_picture(folder / "a.png")
    _, place = settings.sheet(picture.aspect)
    problem, strokes = problem_of(settings, picture, place), read_run(folder / "a.plotopt").strokes
    blacks = []
    for pen in range(2):
        few = strokes.select(strokes.pen != pen)
        more = Carried(few, place).onto(problem, sum(few.laid()) + 8, np.random.default_rng(0))
        new = more.pen[len(few) :]
        assert (new == pen).any()
        blacks.append((new == 0).double().mean())
    assert blacks[0] > blacks[1]


def test_what_a_run_cannot_go_on_with_is_refused(run, folder):
    assert run("fit", "a.png", "-q", "-o", "a.svg", *WORDS).code == 0
    before = listing(folder)
    for words, fragment in [
        (("a.plotopt", "--strokes=0"), "strokes is 0"),
        (("a.plotopt", "--strokes=50"), "name that one with -o"),
        (("a.plotopt", "--crop=64"), "--crop is no option of fit, which this run is of"),
        (("a.svg",), "is no run file"),
        (("none.plotopt",), "does not exist"),
        (("folder",), "is a folder"),
        (("a.plotopt", "-o", "a.svg"), "exists already"),
    ]:
        assert_refused(run("resume", *words), folder, before, fragment)


def test_a_map_that_changed_is_told(run, folder):
    save(folder / "mask.png", gradient())
    assert run("fit", "a.png", "-q", "--mask=mask.png", "-o", "b.svg", *WORDS).code == 0
    (folder / "mask.png").unlink()
    save(folder / "mask.png", 255 - gradient())
    before = listing(folder)
    assert_refused(run("resume", "b.plotopt"), folder, before, "the file of mask is not what it was")
    assert run("resume", "b.plotopt", "--mask=mask.png", "-q", "-f").code == 0


def test_a_run_that_is_there_is_spared(run, folder):
    assert run("fit", "a.png", "-q", "-o", "b.svg", *WORDS).code == 0
    (folder / "b.svg").unlink()
    (folder / "b.png").unlink()
    before = listing(folder)
    assert_refused(run("fit", "a.png", "-o", "b.svg", *WORDS), folder, before, "holds a run already")
    assert run("fit", "a.png", "-q", "-f", "-o", "b.svg", *WORDS).code == 0


def test_a_run_need_not_be_kept(run, folder):
    before = listing(folder)
    assert run("fit", "a.png", "-q", "--no-keep", "-o", "b.svg", *WORDS).code == 0
    assert new_files(folder, before) == ["b.png", "b.svg"]


def test_a_picture_in_no_file_cannot_be_kept(tmp_path):
    with pytest.raises(PlotoptError, match="is in no file"):
        plotopt.fit(gradient(), run=Run(Keeper(tmp_path / "a.plotopt")), **TINY)


def hear_signals():
    """Tests may run where signals are ignored, in the background say, and a process inherits that."""
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, signal.SIG_DFL)


def spawn(folder, *words):
    """The command as a process of its own, and the line of its stage of tiles waited for."""
    pipes = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE}
    environment = os.environ | {"PYTHONUNBUFFERED": "1"}
    heard = None if os.name == "nt" else hear_signals
    given = {"cwd": folder, "env": environment, "preexec_fn": heard}
    process = subprocess.Popen([COMMAND, *words], **given, **pipes)
    for line in process.stderr:
        if line.startswith(b"tiles"):
            return process
    raise AssertionError("it ended before its tiles")


def test_no_command_repeats_what_went_on_from_another_run(run, folder):
    assert run("fit", "a.png", "-q", "-o", "b.svg", *WORDS).code == 0
    ran = run("resume", "b.plotopt", "--gamma=2", "-v", "-o", "c.svg")
    assert "repeat with" not in ran.err
    assert "no command repeats it" in ran.err
    assert "repeat with: plotopt fit" in run("resume", "b.plotopt", "-v").err


def test_help_tells_which_options_are_for_what(run):
    """Those of one name that mean another thing for a neuron are told for either."""
    told = re.split(r"\n(Options.*):\n", run("resume", "--help").out)
    of = dict(zip(told[1::2], told[2::2], strict=True))
    kinds = ["any run", "a run of fit", "a run of neuron"]
    assert list(of) == ["Options", *(f"Options of {kind}" for kind in kinds)]
    assert "default" not in "".join(of[f"Options of {kind}"] for kind in kinds)
    assert "--output" in of["Options"]
    assert "--help" in of["Options"]
    assert "--paper" in of["Options of any run"]
    assert "--minutes" in of["Options of a run of fit"]
    assert "--grid" in of["Options of a run of neuron"]
    assert "usual length" in of["Options of a run of fit"]
    assert "price of strokes" in of["Options of a run of neuron"]


LONG = ("a.png", "-o", "b.svg", "--quality=fine", "--strokes=300", "--size=512", "--paper=a6", "--margin=5mm")


@pytest.mark.skipif(os.name == "nt", reason="signals as POSIX has them")
@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_a_signal_ends_the_step_keeps_the_run_and_draws_what_is_there(folder, number):
    process = spawn(folder, "fit", *LONG)
    time.sleep(0.5)
    process.send_signal(number)
    out, err = process.communicate(timeout=120)
    assert process.returncode == 128 + number
    assert (folder / "b.svg").read_bytes().startswith(b"<svg")
    assert read_run(folder / "b.plotopt").moment.standing.steps > 0
    if number != signal.SIGHUP:
        told, resumption = err.rsplit(b"\n", 2)[:2]
        assert b"plotopt: stopped, the drawing is as it was then" in told
        assert resumption == b"plotopt: go on with: plotopt resume b.plotopt"
        assert out.startswith(b"page       148 x 105 mm\nstrokes ")


@pytest.mark.skipif(os.name == "nt", reason="signals as POSIX has them")
def test_a_second_interrupt_ends_at_once_and_leaves_whole_files(folder):
    process = spawn(folder, "fit", *LONG)
    process.send_signal(signal.SIGINT)
    time.sleep(0.01)
    process.send_signal(signal.SIGINT)
    process.communicate(timeout=120)
    assert process.returncode == 130
    assert not list(folder.glob(".plotopt-*"))
    read_run(folder / "b.plotopt")


@pytest.mark.skipif(os.name == "nt", reason="signals as POSIX has them")
def test_a_kill_loses_no_file_and_the_run_goes_on_to_the_same_bytes(folder):
    words = ("--quality=draft", "--strokes=100", "--size=192", "--paper=a6", "--margin=5mm", "-q")
    process = spawn(folder, "fit", "a.png", "-o", "b.svg", *words[:-1])
    process.kill()
    process.communicate(timeout=120)
    assert read_run(folder / "b.plotopt").moment.standing.steps == 30
    assert not (folder / "b.svg").exists()
    for line in (("resume", "b.plotopt", "-q"), ("fit", "a.png", "-o", "c.svg", *words)):
        subprocess.run([COMMAND, *line], cwd=folder, check=True)
    assert (folder / "b.svg").read_bytes() == (folder / "c.svg").read_bytes()


@pytest.mark.skipif(os.name == "nt", reason="signals as POSIX has them")
def test_a_second_run_to_the_same_file_waits_outside(folder):
    process = spawn(folder, "fit", *LONG)
    try:
        second = subprocess.run([COMMAND, "fit", *LONG, "-f"], cwd=folder, capture_output=True, check=False)
        assert second.returncode == 2
        assert b"another run is writing 'b.plotopt'" in second.stderr
    finally:
        process.kill()
        process.communicate()


def test_a_resume_spares_the_picture_of_the_drawings_name(run, folder):
    picture = (folder / "a.png").read_bytes()
    assert run("fit", "a.png", "-q", *WORDS).code == 0
    assert run("resume", "a.plotopt", "-q").code == 0
    assert (folder / "a.png").read_bytes() == picture
    (folder / "sub").mkdir()
    (folder / "sub" / "a.png").write_bytes(picture)
    (folder / "a.plotopt").rename(folder / "sub" / "a.plotopt")
    assert run("resume", "sub/a.plotopt", "-q").code == 0
    assert (folder / "sub" / "a.png").read_bytes() == picture


def test_a_resume_spares_the_maps_of_the_run(run, folder):
    mask = (folder / "photo.jpg").read_bytes()
    (folder / "m.png").write_bytes(mask)
    assert run("fit", "a.png", "-q", "--mask=m.png", "-o", "m.svg", *WORDS).code == 0
    assert run("resume", "m.plotopt", "-q").code == 0
    assert (folder / "m.png").read_bytes() == mask
    ran = run("resume", "m.plotopt", "-o", "m.png", "-f")
    assert_refused(ran, folder, listing(folder), "'m.png': it is one of the files this is made from")


def test_a_foreign_drawing_of_that_name_is_spared(run, folder):
    assert run("fit", "a.png", "-q", *WORDS).code == 0
    (folder / "a.svg").write_text("<svg/>")
    before = listing(folder)
    assert_refused(run("resume", "a.plotopt"), folder, before, "'a.svg': it exists already")


@pytest.mark.skipif(os.name == "nt", reason="devices as POSIX has them")
def test_a_run_that_names_a_device_is_refused(folder):
    drawn(folder, lambda: False, **TINY)
    record = read_run(folder / "a.plotopt")
    for mask in ("/dev/zero", "a\0b", str(folder)):
        order = replace(record.order, options=dict(record.order.options) | {"mask": mask})
        with pytest.raises(PlotoptError):
            resumed(replace(record, order=order), {})


def test_a_box_of_pens_that_changed_is_told(folder):
    pens = f"{folder}/my.toml:fine,{folder}/my.toml:bold"
    (folder / "my.toml").write_text(BOX + BOX.replace("fine", "bold").replace("#000000", "#202020"))
    drawn(folder, lambda: False, **TINY | {"pens": pens})
    record = read_run(folder / "a.plotopt")
    assert list(record.order.digests) == ["pens"]
    # One for each time that it is named.
    assert len(record.order.digests["pens"].split()) == 2
    (folder / "my.toml").write_text(BOX.replace("0.4", "0.8") + BOX.replace("fine", "bold"))
    with pytest.raises(PlotoptError, match="the file of pens is not what it was"):
        resumed(record, {})


def test_strokes_with_pens_that_there_are_not_are_refused(folder):
    drawn(folder, stopping_after(50), **TINY)
    record = read_run(folder / "a.plotopt")
    strokes = record.moment.standing.strokes
    wrong = replace(record.moment.standing, strokes=replace(strokes, pen=strokes.pen + 5))
    record = replace(record, moment=replace(record.moment, standing=wrong))
    with pytest.raises(PlotoptError, match="other pens than its options"):
        resumed(record, {}).draw(lambda progress: None, Run(before=record))


def test_a_stage_that_there_is_not_is_refused(folder):
    drawn(folder, stopping_after(50), **TINY)
    record = read_run(folder / "a.plotopt")
    record = replace(record, moment=replace(record.moment, stage=9))
    with pytest.raises(PlotoptError, match="a stage that this plotopt does not have"):
        resumed(record, {}).draw(lambda progress: None, Run(before=record))


@pytest.mark.parametrize(
    ("options", "changes", "why"),
    [
        ({"single_line": "flow"}, {"seed": 1}, "a single line is laid as a whole"),
        ({}, {"single_line": "flow"}, "a single line is laid as a whole"),
        ({}, {"look": "hatch"}, "its lines are laid for the look of before"),
        ({"look": "hatch"}, {"direction": "radial"}, "its lines are laid for the direction of before"),
        ({}, {"curl": 3.0}, "its lines are laid for the curl of before"),
        ({}, {"trace": "on"}, "its lines are laid for the trace of before"),
        (
            {},
            {"strokes": 20},
            "its strokes come to 200% of 20 strokes, and only 80% to 125% are a good start",
        ),
        ({}, {"strokes": 80}, "its strokes come to 50% of 80 strokes, .*"),
        ({}, {"strokes": 10}, "its strokes come to 4 times 10 strokes, .*"),
        ({}, {"minutes": 0.5}, r"its strokes come to \d+% of 0.5 min, .*"),
        ({}, {"pens": "red,blue"}, "its strokes are of 1 pen, not of 2"),
        ({"pens": "red,blue"}, {"pens": "black"}, "its strokes are of 2 pens, not of 1"),
        ({"pens": "red,blue"}, {"pens": "black", "metres": 0.5}, "its strokes are of 2 pens, not of 1"),
    ],
)
def test_strokes_of_no_use_begin_anew_and_it_is_said_why(folder, options, changes, why):
    drawn(folder, stopping_after(50), **TINY | options)
    going = resumed(read_run(folder / "a.plotopt"), changes)
    assert going.record.carried is None
    assert re.fullmatch(f"the run begins anew: {why}", going.notes[-1])


@pytest.mark.parametrize("paper", ["a5", "70x100mm"])
def test_strokes_are_judged_by_what_they_take_on_the_paper_that_they_go_on_with(folder, paper):
    part, _ = drawn(folder, lambda: False, **TINY)
    record = read_run(folder / "a.plotopt")
    sheets = [read_settings(**TINY | {"paper": each}).sheet(4 / 3)[1] for each in ("a6", paper)]
    metres = part.statistics.pen_down_m * sheets[1].width / sheets[0].width
    changes = {"paper": paper, "strokes": None, "metres": metres}
    assert resumed(record, changes).record.carried
    (why,) = resumed(record, changes | {"metres": 2 * metres}).notes
    assert re.search("come to (4[5-9]|5[0-5])% of", why)


def test_another_client_moves_no_stroke_unless_there_are_minutes_to_fill(folder):
    drawn(folder, lambda: False, **TINY)
    assert resumed(read_run(folder / "a.plotopt"), {"client": "axicli"}).record.finish
    timed = {name: value for name, value in TINY.items() if name != "strokes"} | {"minutes": 0.5}
    drawn(folder, lambda: False, **timed)
    assert resumed(read_run(folder / "a.plotopt"), {"client": "axicli"}).record.carried


def test_pens_are_handed_to_those_of_the_nearest_colour():
    points = torch.rand(3, 4, 2)
    before = parse_pens("yellow,red,black")
    strokes = Strokes.of_pens(points, torch.tensor([0, 1, 2]), before)
    assert handed(strokes, before, parse_pens("blue,orange,#111111:0.3mm")).pen.tolist() == [1, 1, 2]


@pytest.mark.skipif(os.name == "nt", reason="signals as POSIX has them")
def test_a_signal_that_was_ignored_stays_so():
    before = signal.signal(signal.SIGHUP, signal.SIG_IGN)
    try:
        with stoppable() as stop:
            os.kill(os.getpid(), signal.SIGHUP)
            assert not stop()
    finally:
        signal.signal(signal.SIGHUP, before)
