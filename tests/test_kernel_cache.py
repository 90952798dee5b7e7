"""Compiled kernels find a place wherever plotopt is installed and whoever runs it."""

import os
import subprocess
import sys
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest

from plotopt.kernel_cache import drop_outdated, is_compiled, settle_cache
from plotopt.plot import tour

PROGRAM = (
    "import numpy as np; from plotopt.render import flattening; one = np.ones((1, 1), np.int64); "
    "flattening._number(one, 1, (one[0], 1), (one, one[0], np.zeros(2, np.int64))); "
    "stats = flattening._number.stats; print(stats.cache_path, sum(stats.cache_hits.values()))"
)


@pytest.fixture
def environment(monkeypatch, tmp_path):
    """No writable place but a folder for temporary files."""
    for name in ("NUMBA_CACHE_DIR", "XDG_CACHE_HOME", "LOCALAPPDATA"):
        monkeypatch.delenv(name, raising=False)
    (tmp_path / "file").touch()
    monkeypatch.setenv("HOME", str(tmp_path / "file" / "home"))
    (tmp_path / "temporary").mkdir()
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path / "temporary"))
    return tmp_path


def chosen():
    return os.environ.get("NUMBA_CACHE_DIR")


def test_a_package_that_can_be_written_needs_nothing(environment):
    settle_cache(environment)
    assert chosen() is None


def test_a_home_that_can_be_written_will_do(environment, monkeypatch):
    monkeypatch.setenv("HOME", str(environment))
    settle_cache(environment / "file" / "package")
    assert chosen() is None


def test_nobody_takes_a_choice_away(environment, monkeypatch):
    monkeypatch.setenv("NUMBA_CACHE_DIR", "/chosen")
    settle_cache(environment / "file" / "package")
    assert chosen() == "/chosen"


def test_else_a_folder_that_is_ours_alone_the_same_every_time(environment, monkeypatch):
    settle_cache(environment / "file" / "package")
    first = chosen()
    assert Path(first).is_relative_to(environment / "temporary")
    assert Path(first).stat().st_mode & 0o777 == 0o700
    monkeypatch.delenv("NUMBA_CACHE_DIR")
    settle_cache(environment / "file" / "package")
    assert chosen() == first


def test_kernels_that_others_may_have_put_there_are_not_used(environment, monkeypatch):
    settle_cache(environment / "file" / "package")
    first = Path(chosen())
    first.chmod(0o777)
    monkeypatch.delenv("NUMBA_CACHE_DIR")
    settle_cache(environment / "file" / "package")
    assert Path(chosen()) != first


def test_a_folder_of_that_name_that_is_none_is_passed_by(environment):
    name = f"plotopt-kernels-{os.getuid() if hasattr(os, 'getuid') else ''}"
    (environment / "temporary" / name).touch()
    settle_cache(environment / "file" / "package")
    assert Path(chosen()).is_dir()


def test_kernels_older_than_what_they_are_made_with_are_dropped(tmp_path):
    def write(name, age):
        (tmp_path / name).touch()
        os.utime(tmp_path / name, (age, age))

    def backward():
        pass

    backward.stats = SimpleNamespace(cache_path=str(tmp_path))
    write("lanes.py", 1000)
    for name, age in (("k.backward-1.nbi", 999), ("k.backward-2.nbi", 1001), ("k.forward-1.nbi", 1)):
        write(name, age)
    drop_outdated(backward, SimpleNamespace(__file__=str(tmp_path / "lanes.py")))
    assert sorted(path.name for path in tmp_path.glob("*.nbi")) == ["k.backward-2.nbi", "k.forward-1.nbi"]


def test_compiled_once_for_all_runs(tmp_path):
    ran = [
        subprocess.run(
            [sys.executable, "-c", PROGRAM],
            env=os.environ | {"NUMBA_CACHE_DIR": str(tmp_path)},
            capture_output=True,
            text=True,
            check=True,
        ).stdout.split()
        for _ in range(2)
    ]
    assert all(Path(path).is_relative_to(tmp_path) for path, _ in ran)
    assert [int(hits) for _, hits in ran] == [0, 1]


def test_a_kernel_is_compiled_once_its_index_lies_in_the_cache(tmp_path):
    stats = SimpleNamespace(cache_path=tmp_path)
    kernel = SimpleNamespace(stats=stats, __name__="draw", __module__="plotopt.lines")
    version = f"py{sys.version_info[0]}{sys.version_info[1]}"
    for other in (f"lines.draws-1.{version}", f"dots.draw-1.{version}", "lines.draw-1.py39"):
        (tmp_path / f"{other}.nbi").touch()
    assert not is_compiled(kernel)
    (tmp_path / f"lines.draw-1.{version}.nbi").touch()
    assert is_compiled(kernel)


def test_a_kernel_of_ours_is_found():
    wait = np.full((2, 2), 0.5)
    assert tour._distance(wait, 0, 1) == 0
    assert is_compiled(tour._distance)
