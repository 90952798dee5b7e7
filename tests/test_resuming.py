"""Runs that are stopped, killed and gone on with: the very same drawing, or a changed one."""

import os
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
import torch
from commands import assert_refused, listing, new_files
from pictures import gradient, save

import plotopt
from plotopt.errors import PlotoptError
from plotopt.resuming import resumed
from plotopt.runs.keeper import Keeper
from plotopt.runs.run import Run
from plotopt.runs.storage import read_run

TINY = {"quality": "draft", "strokes": 40, "size": 64, "paper": "a6", "margin": "5mm"}
WORDS = ("--quality=draft", "--strokes=40", "--size=64", "--paper=a6", "--margin=5mm")
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


@pytest.mark.parametrize("steps", [1, 17, 30, 31, 90, 149])
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
    assert drawn(folder, lambda: False, read_run(folder / "a.plotopt"))[0].svg() == whole.svg()


def test_it_may_be_stopped_again_and_again(folder):
    whole = plotopt.fit(folder / "a.png", **TINY)
    _, run = drawn(folder, stopping_after(10), **TINY)
    stops = 0
    while run.is_stopped:
        again, run = drawn(folder, stopping_after(40), read_run(folder / "a.plotopt"))
        stops += 1
    assert stops > 3
    assert again.svg() == whole.svg()


@pytest.mark.parametrize(
    "options",
    [
        {"minutes": 1.0, "strokes": None},
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


def test_attempts_at_a_budget_are_remembered(folder, monkeypatch):
    """A budget that no attempt fills is tried three times; a stop in the second one does not begin anew."""
    monkeypatch.setattr("plotopt.atelier.FILLED", 0.9999)
    options = {name: value for name, value in TINY.items() if name != "strokes"} | {"minutes": 1.0}
    whole = plotopt.fit(folder / "a.png", **options)
    drawn(folder, stopping_after(200), **options)
    record = read_run(folder / "a.plotopt")
    assert len(record.moment.attempts) == 1
    assert drawn(folder, lambda: False, record)[0].svg() == whole.svg()


def test_a_fit_by_features_goes_on(folder, checkpoint):
    options = TINY | {"loss": "vgg", "layers": "relu1_1", "weights": checkpoint}
    whole = plotopt.fit(folder / "a.png", **options)
    for steps in (100, 155):
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
        ({"strokes": 60}, "strokes 40 -> 60"),
        ({"strokes": 20}, "strokes 40 -> 20"),
        ({"pens": "0.3mm"}, "pens black:0.4mm -> black:0.3mm"),
        ({"pens": "red,blue"}, "pens black:0.4mm -> red:0.4mm,blue:0.4mm"),
        ({"size": 128}, "size 64 -> 128"),
        ({"paper": "a5"}, "paper A6 -> A5"),
        ({"minutes": 1.0}, "minutes as usual -> 1.0"),
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


def test_strokes_are_carried_over_and_not_drawn_anew(folder):
    part, _ = drawn(folder, stopping_after(149), **TINY)
    going = resumed(read_run(folder / "a.plotopt"), {"size": 65})
    carried = going.record.carried.strokes
    assert torch.equal(carried.points, read_run(folder / "a.plotopt").moment.standing.strokes.points)
    after = going.draw(lambda progress: None, Run(before=going.record))
    assert abs(after.statistics.strokes - part.statistics.strokes) <= 3


def test_what_a_run_cannot_go_on_with_is_refused(run, folder):
    assert run("fit", "a.png", "-q", "-o", "a.svg", *WORDS).code == 0
    before = listing(folder)
    for words, fragment in [
        (("a.plotopt", "--strokes=0"), "strokes is 0"),
        (("a.plotopt", "--crop=64"), "there is no option 'crop'"),
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
    assert run("resume", "b.plotopt", "--mask=mask.png", "-q").code == 0


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


def spawn(folder, *words):
    """The command as a process of its own, and the line of its stage of tiles waited for."""
    pipes = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE}
    environment = os.environ | {"PYTHONUNBUFFERED": "1"}
    process = subprocess.Popen([COMMAND, *words], cwd=folder, env=environment, **pipes)
    for line in process.stderr:
        if line.startswith(b"tiles"):
            return process
    raise AssertionError("it ended before its tiles")


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
        assert err.endswith(b"\nplotopt: stopped, go on with: plotopt resume b.plotopt\n")
        assert out.startswith(b"strokes ")


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
    words = ("--quality=draft", "--strokes=300", "--size=512", "--paper=a6", "--margin=5mm", "-q")
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
