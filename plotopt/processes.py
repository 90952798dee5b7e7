"""Processes of our own beside this one."""

from __future__ import annotations

import os
import subprocess
import sys
from typing import Any


def start_python(program: str, **given: Any) -> subprocess.Popen[bytes]:
    """A process that runs a ``program``, the text of some Python, and finds the same modules.

    Plainly started, not by multiprocessing: that would run the user's own script once more. ``given`` is for
    :class:`subprocess.Popen`. Raises OSError where no process can be had.
    """
    # In a group of its own: an interruption from the keyboard is for the one who asked for the work. On
    # Windows, without a window too.
    apart: dict[str, Any] = {"process_group": 0} if os.name == "posix" else {"creationflags": 0x8000200}
    path = [str(part) for part in sys.path]
    command = [sys.executable, "-c", f"import sys; sys.path[:] = {path!r}; {program}"]
    return subprocess.Popen(command, **apart, **given)
