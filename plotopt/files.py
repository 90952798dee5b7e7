"""Files: read with one meaning of what can go wrong, and written so that they are complete or not there."""

from __future__ import annotations

import errno
import os
import secrets
import stat
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager, suppress
from io import BufferedReader
from pathlib import Path

from plotopt.errors import PlotoptError

_MENDS = {
    errno.ENOENT: "the folder does not exist, create it first",
    errno.ENOTDIR: "part of the path is a file, not a folder, choose another place",
    errno.EISDIR: "it is a folder, give a file name",
    errno.EEXIST: "it exists already, choose another name or allow overwriting (--force)",
    errno.EACCES: "no permission to write there, choose another place",
    errno.EPERM: "no permission to write there, choose another place",
    errno.EROFS: "the disk is read-only, choose another place",
    errno.ENOSPC: "the disk is full, free some space or choose another place",
    errno.EDQUOT: "the disk quota is used up, free some space or choose another place",
    errno.EFBIG: "it is larger than files may be there, choose another place",
    errno.ENAMETOOLONG: "the name is too long, choose a shorter one",
    errno.ELOOP: "its links run in a circle, choose another place",
}


def quoted(path: Path | str) -> str:
    """A path as messages have it."""
    return f"{str(path)!r:.200}"


@contextmanager
def opened(path: Path | str, kind: str) -> Iterator[BufferedReader]:
    """An ordinary file, to be read; ``kind`` is what messages ask for instead, such as "a run file".

    Raises PlotoptError where there is none, and where the system refuses.
    """
    path, name = Path(path), quoted(path)
    try:
        if not path.exists():
            raise PlotoptError(f"{name} does not exist: check the name")
        if path.is_dir():
            raise PlotoptError(f"{name} is a folder: give {kind}")
        if not path.is_file():
            raise PlotoptError(f"{name} is not an ordinary file: give {kind}")
        file = path.open("rb")
    except (OSError, ValueError) as error:
        raise _unreadable(name, error) from None
    with file:
        try:
            yield file
        except OSError as error:
            raise _unreadable(name, error) from None


def read_at_most(file: BufferedReader, most: int) -> bytes | None:
    """All that is left of a file, or None where that is more; memory is taken only for what is there."""
    if os.fstat(file.fileno()).st_size > most:
        return None
    data = file.read()
    return data if len(data) <= most else None


def _unreadable(name: str, error: Exception) -> PlotoptError:
    reason = getattr(error, "strerror", None) or error
    return PlotoptError(f"{name} cannot be read ({reason}): check the name and its permissions")


def file_path(text: Path | str) -> Path:
    """The path of a file to write.

    Raises PlotoptError for a folder that is not there, as in ``new/``, which would become a file's name.
    """
    path, ends = Path(text), str(text).removesuffix(".")[-1:]
    with suppress(OSError):  # a name too long, say: writing will tell
        if ends and ends in (os.sep, os.altsep) and not path.is_dir():
            mend = _MENDS[errno.ENOTDIR if path.exists() else errno.ENOENT]
            raise PlotoptError(f"cannot write {quoted(text)}: {mend}")
    return path


def is_one_of(path: Path, files: Iterable[Path]) -> bool:
    """Whether a path leads to one of the files, by whatever name."""
    return any(_is_same(path, file) for file in files)


def check_spares(path: Path, inputs: Iterable[Path]) -> None:
    """Raise PlotoptError where writing ``path`` would overwrite one of the files that it is made from."""
    if is_one_of(path, inputs):
        raise PlotoptError(
            f"cannot write {quoted(path)}: it is one of the files this is made from, choose another name"
        )


def _is_same(one: Path, other: Path) -> bool:
    try:
        # Where one is written, links and dots are followed even through folders that are not there.
        return Path(os.path.realpath(one)).samefile(other)
    except (OSError, ValueError):
        return False


def check_writable(path: Path | str, overwrite: bool, inputs: Iterable[Path] = ()) -> None:
    """Fail now rather than after a long run if ``path`` cannot be written, or is one of the ``inputs``.

    Looks at the path itself and creates and removes an empty file beside it; how much room there is cannot
    be known beforehand. Raises PlotoptError as :func:`write_atomically` and :func:`check_spares` do.
    """
    path = Path(path)
    check_spares(path, inputs)
    with _explained(path):
        target = _locate(path, overwrite)
        probe = _name_beside(target)
        probe.open("xb").close()
        probe.unlink()


def write_atomically(path: Path | str, data: bytes | str, *, overwrite: bool) -> None:
    """Write ``data`` (text as UTF-8) to ``path`` so that no reader ever sees half of it.

    Raises PlotoptError when the file exists and ``overwrite`` is false, and when the system refuses: no such
    folder, a folder in the way, a full or read-only disk, a name too long.
    """
    write_all({path: data}, overwrite=overwrite)


def write_all(files: Mapping[Path | str, bytes | str], *, overwrite: bool) -> None:
    """Write several files, all or none.

    Each is written and flushed to disk under a passing name beside its place, and only when all of them are
    complete are they moved there. Should the last step fail, new files are removed again; an old file that
    was already replaced stays replaced, whole. Raises PlotoptError as :func:`write_atomically` does.
    """
    targets: dict[Path, Path] = {}
    drafts: dict[Path, Path] = {}
    claimed: list[Path] = []
    try:
        for path, data in files.items():
            with _explained(Path(path)):
                target = targets[Path(path)] = _locate(Path(path), overwrite)
                if target in drafts:
                    raise PlotoptError(
                        f"two files would both be {quoted(Path(path))}: give each its own name"
                    )
                draft = drafts[target] = _name_beside(target)
                _write(draft, data)
        for path, target in targets.items():
            with _explained(path):
                _claim(target, claimed, overwrite)
        for path, target in targets.items():
            with _explained(path):
                drafts[target].replace(target)
        claimed.clear()
    finally:
        for leftover in (*drafts.values(), *claimed):
            with suppress(OSError):
                leftover.unlink()


def _locate(path: Path, overwrite: bool) -> Path:
    """The file behind ``path``, links followed, after a look at what is there now."""
    try:
        target = Path(os.path.realpath(path))
    except ValueError:
        raise PlotoptError(f"cannot write {quoted(path)}: the name holds a null byte") from None
    target.parent.stat()
    try:
        mode = target.stat().st_mode
    except FileNotFoundError:
        return target
    if stat.S_ISDIR(mode):
        raise IsADirectoryError(errno.EISDIR, os.strerror(errno.EISDIR))
    # Root could replace a device or a pipe by a file, so they are refused for everyone.
    if not stat.S_ISREG(mode):
        raise PlotoptError(f"cannot write {quoted(path)}: it is not an ordinary file, give a file name")
    if not overwrite:
        raise FileExistsError(errno.EEXIST, os.strerror(errno.EEXIST))
    return target


def _name_beside(target: Path) -> Path:
    return target.with_name(f".plotopt-{secrets.token_hex(6)}.tmp")


def _write(path: Path, data: bytes | str) -> None:
    with path.open("xb") as file:
        file.write(data.encode() if isinstance(data, str) else data)
        file.flush()
        os.fsync(file.fileno())


def _claim(target: Path, claimed: list[Path], overwrite: bool) -> None:
    """Take a free name for good: exclusive creation is the one test no other program can slip past."""
    try:
        target.open("xb").close()
        claimed.append(target)
    except FileExistsError:
        if not overwrite:
            raise


@contextmanager
def _explained(path: Path) -> Iterator[None]:
    """Turn what the system refuses into one line that says what to do."""
    try:
        yield
    except OSError as error:
        mend = _MENDS.get(error.errno or 0, f"{error.strerror or error}, choose another place")
        raise PlotoptError(f"cannot write {quoted(path)}: {mend}") from error
