"""Promises of what reads a user's files and texts, and what watches that they are kept."""

from __future__ import annotations

import signal
import sys
import sysconfig
import warnings
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import hostile

from plotopt.errors import PlotoptError

_LONGEST_LINE = 1000
_LIBRARIES = tuple({sys.prefix, sys.base_prefix, *sysconfig.get_paths().values(), str(hostile.ROOT)})
# What the system tells of this process.
_HARMLESS = ("/proc/", "/sys/")


class PromiseError(Exception):
    """A promise that was not kept."""


class _Late(BaseException):
    """Time is up; no Exception, since readers of damaged files catch all of those."""


_opened: list[str] | None = None


def _listen(event: str, arguments: tuple[Any, ...]) -> None:
    if _opened is not None and event in ("open", "socket.connect", "subprocess.Popen", "os.system"):
        _opened.append(str(arguments[0]) if event == "open" else event)


sys.addaudithook(_listen)


@contextmanager
def nothing_else_opened(allowed: Path | None) -> Iterator[None]:
    """No file but this one and those of the program itself may be opened."""
    global _opened  # noqa: PLW0603  (an audit hook is there for good)
    _opened = []
    try:
        yield
    finally:
        opened, _opened = _opened, None
    for name in opened:
        if name != str(allowed) and not name.isdigit() and not name.startswith((*_LIBRARIES, *_HARMLESS)):
            raise PromiseError(f"{name!r} was opened")


@contextmanager
def bounded(seconds: float, megabytes: float) -> Iterator[None]:
    """Processor time and memory beyond what the process has already."""

    def stop(*_: Any) -> None:
        raise _Late

    signal.signal(signal.SIGVTALRM, stop)
    before = _memory_mb("VmRSS")
    _forget_peak()
    try:
        signal.setitimer(signal.ITIMER_VIRTUAL, seconds)
        yield
    except _Late:
        raise PromiseError(f"it took more than {seconds:g} s") from None
    finally:
        signal.setitimer(signal.ITIMER_VIRTUAL, 0)
    grown = _memory_mb("VmHWM") - before
    if grown > megabytes:
        raise PromiseError(f"it took {grown:.0f} MB")


def _memory_mb(name: str) -> float:
    """A line of what Linux knows of this process; 0 elsewhere."""
    status = Path("/proc/self/status")
    lines = status.read_text().splitlines() if status.exists() else []
    return next((int(line.split()[1]) / 1024 for line in lines if line.startswith(f"{name}:")), 0.0)


def _forget_peak() -> None:
    try:
        Path("/proc/self/clear_refs").write_text("5")
    except OSError:
        return


def check_line(message: str) -> None:
    """A refusal is one line that any terminal can show."""
    if not message.isprintable() or not 0 < len(message) <= _LONGEST_LINE:
        raise PromiseError(f"a refusal is no line: {message[:2000]!r}")


def read_or_refused(read: Callable[[], Any], seconds: float, megabytes: float) -> Any:
    """What was read, or None where it was refused as it should be."""
    with bounded(seconds, megabytes), warnings.catch_warnings():
        warnings.simplefilter("error", RuntimeWarning)
        try:
            return read()
        except PlotoptError as error:
            check_line(str(error))
    return None
