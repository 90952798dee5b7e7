"""Compiling what frees lines from crossings and plans them: half of what is compiled, and without torch."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import Any

import numpy as np

from plotopt.crossings import uncrossed
from plotopt.kernel_cache import is_compiled
from plotopt.page import Rect
from plotopt.pens import Pen
from plotopt.plot import motion, tour
from plotopt.plot.plan import plan_layer, summarize
from plotopt.processes import start_python
from plotopt.profiles import load_profile

_PROGRAM = "from plotopt.plot.warming import warm_up; warm_up()"
# Some programs that embed Python start themselves when asked for Python; once, then, and not for ever.
_STARTED = "PLOTOPT_WARMING_UP"
# Something is wrong with a process that takes longer; it is done without.
_PATIENCE_S = 300


def compiled_before() -> bool:
    """Whether the kernels wait in Numba's cache."""
    return is_compiled(tour.improve) and is_compiled(motion._draw_time)


def warm_up() -> None:
    """Compile the kernels, or load them from the cache, by planning two short lines."""
    uncrossed([np.array([[0.0, 0.0], [2.0, 2.0]]), np.array([[0.0, 2.0], [2.0, 0.0]])])
    line = np.stack([np.linspace(1, 3, 4), np.ones(4)], axis=1)[None]
    layer = plan_layer([line, line + 1], Pen("warm", "#000000", 0.5), Rect(0, 0, 9, 9))
    summarize([layer], load_profile("axidraw_v3"))


@contextmanager
def warming_up() -> Iterator[None]:
    """While the block runs, a process of its own compiles them: one process compiles one thing at a time.

    The block's end waits for it. What it cannot compile is left to whoever needs it.
    """
    process = _started()
    try:
        yield
        if process:
            with suppress(subprocess.TimeoutExpired):
                process.wait(_PATIENCE_S)
    finally:
        if process:
            process.kill()
            process.wait()


def _started() -> subprocess.Popen[bytes] | None:
    if not sys.executable or getattr(sys, "frozen", False) or _STARTED in os.environ:
        return None
    silent: dict[str, Any] = dict.fromkeys(("stdin", "stdout", "stderr"), subprocess.DEVNULL)
    try:
        return start_python(_PROGRAM, env=os.environ | {_STARTED: "1"}, **silent)
    except OSError:
        return None
