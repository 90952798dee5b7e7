"""Stopping by signal: the first ends the step and lets what is there be kept, the second ends all at once."""

from __future__ import annotations

import os
import signal
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import Any

# What a terminal, a machine that is switched off, and a terminal that is closed send.
_SIGNALS = [getattr(signal, name) for name in ("SIGINT", "SIGTERM", "SIGHUP") if hasattr(signal, name)]
_CODE = 128


class Stop:
    """Asked after every step whether to end; a signal says so.

    Before it is asked for the first time there is nothing to keep: until then the first signal ends all.
    """

    def __init__(self, quiet: bool = False) -> None:
        self._quiet, self._asked = quiet, False
        self._signal: int | None = None

    def __call__(self) -> bool:
        self._asked = True
        return self._signal is not None

    @property
    def exit_code(self) -> int:
        """What the program ends with: 130 after Ctrl-C, 143 after a polite kill, 0 where nothing came."""
        return 0 if self._signal is None else _CODE + self._signal

    def hear(self, number: int, _frame: Any = None) -> None:
        """Take note of a signal. Raises KeyboardInterrupt where there is nothing to wait for."""
        if number == getattr(signal, "SIGHUP", None):
            _lose_terminal()
        if self._signal is not None or not self._asked:
            self._signal = number
            raise KeyboardInterrupt
        self._signal = number
        if not self._quiet:
            # Printing is not safe within a handler of signals, writing is.
            with suppress(OSError):
                os.write(2, b"\nstopping after this step; once more stops at once\n")


def _lose_terminal() -> None:
    """Let what is printed from now on go nowhere: the terminal is closed, and writing would fail."""
    nowhere = os.open(os.devnull, os.O_RDWR)
    for stream in (sys.stdout, sys.stderr):
        with suppress(OSError, ValueError, AttributeError):
            if stream.isatty():
                os.dup2(nowhere, stream.fileno())


@contextmanager
def stoppable(quiet: bool = False) -> Iterator[Stop]:
    """Signals are heard by the stop while the block runs; beside the main thread none come."""
    stop = Stop(quiet)
    if threading.current_thread() is not threading.main_thread():
        yield stop
        return
    # What is ignored stays so: that is how nohup and scripts ask for it.
    heard = [number for number in _SIGNALS if signal.getsignal(number) is not signal.SIG_IGN]
    before = {number: signal.signal(number, stop.hear) for number in heard}
    try:
        yield stop
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
