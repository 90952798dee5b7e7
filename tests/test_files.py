import errno
import os
import resource
import threading
from pathlib import Path

import pytest

from plotopt import files
from plotopt.errors import PlotoptError
from plotopt.files import check_writable, write_all, write_atomically


@pytest.fixture
def folder(tmp_path):
    """An empty folder, and a check that nothing but what the test names stays in it."""
    place = tmp_path / "out"
    place.mkdir()
    return place


def names(folder):
    return sorted(entry.name for entry in folder.iterdir())


def test_bytes_and_text_are_written(folder):
    write_atomically(folder / "a.png", b"\x00\xff", overwrite=False)
    write_atomically(str(folder / "b.svg"), "Zürich\n", overwrite=False)
    assert (folder / "a.png").read_bytes() == b"\x00\xff"
    assert (folder / "b.svg").read_bytes() == b"Z\xc3\xbcrich\n"
    assert names(folder) == ["a.png", "b.svg"]


def test_an_existing_file_needs_leave(folder):
    target = folder / "a.svg"
    target.write_text("old")
    for attempt in (
        lambda: check_writable(target, overwrite=False),
        lambda: write_atomically(target, "new", overwrite=False),
    ):
        with pytest.raises(PlotoptError, match=r"a\.svg': it exists already.*--force"):
            attempt()
    assert target.read_text() == "old"
    check_writable(target, overwrite=True)
    assert target.read_text() == "old"
    write_atomically(target, "new", overwrite=True)
    assert target.read_text() == "new"
    assert names(folder) == ["a.svg"]


def test_new_files_have_ordinary_permissions(folder):
    umask = os.umask(0o022)
    try:
        write_atomically(folder / "a.svg", "x", overwrite=False)
    finally:
        os.umask(umask)
    assert (folder / "a.svg").stat().st_mode & 0o777 == 0o644


def refusals(folder):
    (folder / "file").write_text("")
    (folder / "sub").mkdir()
    (folder / "loop").symlink_to(folder / "loop")
    return {
        folder / "missing" / "a.svg": "the folder does not exist",
        folder / "file" / "a.svg": "is a file, not a folder",
        folder / "sub": "it is a folder",
        folder / ("x" * 300): "the name is too long",
        folder / "nul\0.svg": "null byte",
        folder / "loop": "links run in a circle",
        Path("/dev/null"): "not an ordinary file",
    }


def test_places_that_cannot_be_written_are_named_before_and_after(folder):
    cases = refusals(folder)
    before = names(folder)
    for path, complaint in cases.items():
        for attempt in (check_writable, lambda p, overwrite: write_atomically(p, b"x", overwrite=overwrite)):
            with pytest.raises(PlotoptError, match=complaint) as caught:
                attempt(path, overwrite=True)
            assert "\n" not in str(caught.value)
    assert names(folder) == before


@pytest.mark.parametrize(
    ("code", "complaint"),
    [
        (errno.ENOSPC, "the disk is full"),
        (errno.EDQUOT, "quota"),
        (errno.EIO, "Input/output error"),
        (errno.EROFS, "read-only"),
        (errno.EACCES, "no permission"),
    ],
)
@pytest.mark.parametrize("overwrite", [False, True])
def test_a_write_that_fails_leaves_everything_as_it_was(folder, monkeypatch, code, complaint, overwrite):
    target = folder / "a.svg"
    if overwrite:
        target.write_text("old")

    def fail(descriptor):
        raise OSError(code, os.strerror(code))

    monkeypatch.setattr(files.os, "fsync", fail)
    with pytest.raises(PlotoptError, match=complaint):
        write_atomically(target, "new", overwrite=overwrite)
    assert names(folder) == (["a.svg"] if overwrite else [])
    if overwrite:
        assert target.read_text() == "old"


def test_a_real_limit_on_file_size_leaves_nothing(folder):
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (10_000, hard))
    try:
        with pytest.raises(PlotoptError, match="larger than files may be"):
            write_all({folder / "a.svg": b"x", folder / "b.png": b"x" * 100_000}, overwrite=False)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
    assert names(folder) == []


def test_an_interrupted_write_leaves_nothing(folder, monkeypatch):
    def interrupt(descriptor):
        raise KeyboardInterrupt

    monkeypatch.setattr(files.os, "fsync", interrupt)
    with pytest.raises(KeyboardInterrupt):
        write_atomically(folder / "a.svg", "x", overwrite=False)
    assert names(folder) == []


def test_all_or_none(folder):
    (folder / "b.png").write_text("old")
    with pytest.raises(PlotoptError, match=r"b\.png': it exists already"):
        write_all({folder / "a.svg": "x", folder / "b.png": b"y"}, overwrite=False)
    assert names(folder) == ["b.png"]
    assert (folder / "b.png").read_text() == "old"
    write_all({folder / "a.svg": "x", folder / "b.png": b"y"}, overwrite=True)
    assert [(folder / name).read_text() for name in names(folder)] == ["x", "y"]


def test_the_last_move_failing_takes_the_first_file_back(folder, monkeypatch):
    replace = Path.replace

    def fail_on_png(self, target):
        if target.suffix == ".png":
            raise OSError(errno.EIO, "Input/output error")
        return replace(self, target)

    monkeypatch.setattr(Path, "replace", fail_on_png)
    with pytest.raises(PlotoptError, match=r"b\.png'"):
        write_all({folder / "a.svg": "x", folder / "b.png": b"y"}, overwrite=False)
    assert names(folder) == []


def test_a_link_is_written_through(folder, tmp_path):
    (tmp_path / "real.svg").write_text("old")
    (folder / "link.svg").symlink_to(tmp_path / "real.svg")
    write_atomically(folder / "link.svg", "new", overwrite=True)
    assert (folder / "link.svg").is_symlink()
    assert (tmp_path / "real.svg").read_text() == "new"


def test_of_many_writers_at_once_exactly_one_wins(folder):
    outcomes = []
    start = threading.Barrier(8)

    def write(number):
        start.wait()
        try:
            write_atomically(folder / "a.svg", f"{number}" * 1000, overwrite=False)
            outcomes.append(number)
        except PlotoptError:
            pass

    threads = [threading.Thread(target=write, args=(number,)) for number in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(outcomes) == 1
    assert (folder / "a.svg").read_text() == f"{outcomes[0]}" * 1000
    assert names(folder) == ["a.svg"]


def test_two_files_of_one_name_are_refused(tmp_path):
    with pytest.raises(PlotoptError, match="two files would both be"):
        write_all({tmp_path / "a": "1", str(tmp_path / "a"): "2"}, overwrite=True)
    assert not list(tmp_path.iterdir())
