"""``--log-dir``: what TensorBoard is given, and what is said where it is not there."""

import errno
import os
import sys
from types import ModuleType

import pytest
from commands import assert_refused, listing
from pictures import gradient
from test_cli import TINY
from test_watching import GROUND

import plotopt
from plotopt.runs.run import Run
from plotopt.watching import log as log_module
from plotopt.watching.log import Log


class Writer:
    """A SummaryWriter that remembers."""

    def __init__(self, folder):
        self.folder, self.scalars, self.pictures, self.is_closed = folder, [], [], False

    def add_scalar(self, tag, value, step):
        self.scalars.append((tag, step, value))

    def add_image(self, tag, picture, step, dataformats):
        assert (tag, dataformats) == ("drawing", "HWC")
        self.pictures.append((step, picture))

    def close(self):
        self.is_closed = True


@pytest.fixture
def writers(monkeypatch):
    """TensorBoard as if it were there; all writers that were made."""
    made, module = [], ModuleType("torch.utils.tensorboard")
    module.SummaryWriter = lambda folder: made.append(Writer(folder)) or made[-1]
    monkeypatch.setitem(sys.modules, "torch.utils.tensorboard", module)
    monkeypatch.setattr(log_module, "find_spec", lambda name: name)
    return made


def test_losses_of_every_stage_and_the_drawing_are_logged(run, folder, writers):
    assert run("fit", "a.png", *TINY, "-o", "a.svg").code == 0
    assert run("fit", "a.png", *TINY, "-o", "b.svg", "--log-dir", "log/b").code == 0
    assert (folder / "a.svg").read_bytes() == (folder / "b.svg").read_bytes()
    (writer,) = writers
    assert (folder / "log" / "b").is_dir()
    assert writer.is_closed
    steps = {}
    for tag, step, loss in writer.scalars:
        steps.setdefault(tag, []).append(step)
        assert loss > 0
    assert list(steps) == ["loss/1 whole page", "loss/2 tiles"]
    assert all(numbers == list(range(1, len(numbers) + 1)) for numbers in steps.values())
    assert writer.pictures[-1][0] == len(writer.scalars)
    assert writer.pictures[-1][1].shape == (566, 800, 3)
    assert writer.pictures[-1][1].min() < 100


def test_without_tensorboard_it_says_how_to_get_it(run, folder, monkeypatch):
    monkeypatch.setattr(log_module, "find_spec", lambda name: None)
    before = listing(folder)
    ran = run("fit", "a.png", *TINY, "--log-dir", "log")
    assert_refused(ran, folder, before, "pip install 'plotopt[tensorboard]'")


def test_a_folder_that_cannot_be_made_is_refused(run, folder, writers):
    before = listing(folder)
    for name in ("text.png", "text.png/log"):
        assert_refused(
            run("fit", "a.png", *TINY, "--log-dir", name), folder, before, f"cannot log to '{name}'"
        )


def test_a_full_disk_ends_the_log_and_not_the_run(writers, tmp_path):
    def fill(*arguments, **options):
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    log = Log(tmp_path, GROUND)
    writers[0].add_image = fill
    drawing = plotopt.fit(gradient(), quality="draft", strokes=30, size=64, run=Run(watchers=(log,)))
    log.close()
    assert drawing.layers
    assert log.notes == [f"the log could not be written to its end: {os.strerror(errno.ENOSPC)}"]


def test_tensorboard_can_read_it(run, folder):
    pytest.importorskip("tensorboard", reason="TensorBoard is not installed")
    from tensorboard.backend.event_processing.event_accumulator import EventAccumulator

    assert run("fit", "a.png", *TINY, "--log-dir", "log").code == 0
    events = EventAccumulator(str(folder / "log"))
    events.Reload()
    assert events.Tags()["scalars"] == ["loss/1 whole page", "loss/2 tiles"]
    assert events.Tags()["images"] == ["drawing"]
    assert len(events.Images("drawing")) >= 2
