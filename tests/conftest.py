"""Shared by all tests."""

import os
import sys

import hypothesis
import pytest
import torch
from commands import Ran
from pictures import gradient, plain, save, save_bomb, save_cut_short

from plotopt import cli
from plotopt.listening import no_listener
from plotopt.preparing import prepare

# No test asserts a time: on a busy machine any example may take long.
hypothesis.settings.register_profile("untimed", deadline=None)
hypothesis.settings.load_profile("untimed")

# Side by side, workers that each took all cores would wait for one another, and so would what they start.
if "PYTEST_XDIST_WORKER" in os.environ:
    torch.set_num_threads(1)
    os.environ.setdefault("OMP_NUM_THREADS", "1")


def pytest_sessionstart():
    """Compile what is not yet compiled, lest every worker compiles it for itself."""
    if "PYTEST_XDIST_WORKER" not in os.environ:
        prepare(no_listener)


@pytest.fixture
def threads():
    """Sets how many threads torch and our kernels use, until the test is over."""
    before = torch.get_num_threads()
    yield torch.set_num_threads
    torch.set_num_threads(before)


@pytest.fixture
def uncompiled(monkeypatch):
    """Steps in plain torch on the CPU too, as other devices take them."""
    for module in ("plotopt.adam", "plotopt.losses.pixel", "plotopt.losses.restraint"):
        monkeypatch.setattr(f"{module}.fits_kernels", lambda _: False)


@pytest.fixture
def folder(tmp_path, monkeypatch):
    """The working folder, with pictures good and bad in it."""
    monkeypatch.chdir(tmp_path)
    save(tmp_path / "a.png", gradient())
    save(tmp_path / "photo.jpg", gradient())
    save(tmp_path / "one.png", plain(0, 1, 1))
    save(tmp_path / "sliver.png", plain(0, 1000, 10))
    save_cut_short(tmp_path / "cut.png")
    save_cut_short(tmp_path / "half.jpg")
    save_cut_short(tmp_path / "head.png", 0.001)
    save_bomb(tmp_path / "bomb.png")
    (tmp_path / "zero.png").touch()
    (tmp_path / "text.png").write_text("a picture, honestly")
    (tmp_path / "noise.png").write_bytes(bytes(range(256)))
    (tmp_path / "plot.svg").write_text("<svg/>")
    (tmp_path / "folder").mkdir()
    (tmp_path / "broken.toml").write_text("title =")
    return tmp_path


@pytest.fixture
def run(folder, monkeypatch, capsys):
    """Runs the command line in this process, in the folder."""

    def call(*words):
        monkeypatch.setattr(sys, "argv", ["plotopt", *words])
        try:
            cli.main()
            code = 0
        except SystemExit as stop:
            code = stop.code
        return Ran(code, *capsys.readouterr())

    return call
