"""Runs that are killed, stopped and starved at random moments: python tests/faults.py [--times 20] [--seed 0]

Each fault hits the installed command in a folder of its own; then the run goes on, and its drawing must be
that of a run that nothing happened to, byte for byte. Prints a table: the fault, how often, what happened.
"""

from __future__ import annotations

import argparse
import os
import random
import resource
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Callable
from pathlib import Path

COMMAND = shutil.which("plotopt", path=Path(sys.executable).parent) or "plotopt"
PICTURE = Path(__file__).parent.parent / "examples" / "chelsea.png"
OPTIONS = ("--quality=draft", "--size=512", "--strokes=400", "--paper=a5")
# Faults come within so many seconds of the end of the first stage, whose end is kept first.
_SECONDS = 6.0


def begin(folder: Path, *words: str, limit: Callable[[], None] = lambda: None) -> subprocess.Popen[bytes]:
    """A run of its own in the folder, within a limit, that hears signals."""

    def ready() -> None:
        for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            signal.signal(number, signal.SIG_DFL)
        limit()

    shutil.copy(PICTURE, folder / "cat.png")
    words = words or ("fit", "cat.png", "-o", "a.svg", *OPTIONS)
    environment = os.environ | {"PYTHONUNBUFFERED": "1"}
    pipes = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE}
    return subprocess.Popen([COMMAND, *words], cwd=folder, env=environment, preexec_fn=ready, **pipes)  # noqa: PLW1509  (no threads here)


def at_work(folder: Path, rng: random.Random) -> subprocess.Popen[bytes]:
    """A run some way into its first stage, its second, or its end."""
    process = begin(folder)
    for line in process.stderr or ():
        if line.startswith(b"whole page"):
            break
    time.sleep(rng.uniform(0, _SECONDS))
    return process


def gone_on(folder: Path, whole: bytes) -> str:
    """What becomes of a run after its fault."""
    left = "; a draft of a file left behind" if list(folder.glob(".plotopt-*")) else ""
    if (folder / "a.plotopt").exists():
        words, told = ("resume", "a.plotopt", "-q"), "went on to the same bytes"
    else:
        words, told = ("fit", "cat.png", "-o", "a.svg", "-f", *OPTIONS), "nothing kept yet, begun anew"
    ended = subprocess.run([COMMAND, *words], cwd=folder, capture_output=True, check=False)
    if ended.returncode:
        return f"FAILED to go on: {ended.stderr.decode()[-200:]}"
    same = (folder / "a.svg").read_bytes() == whole
    return (told if same else "ANOTHER DRAWING") + left


def struck(number: int, rng: random.Random, folder: Path, whole: bytes) -> str:
    """A signal at a random moment, then the run goes on."""
    process = at_work(folder, rng)
    process.send_signal(number)
    _, said = process.communicate(timeout=300)
    if b"Traceback" in said:
        return "TRACEBACK"
    return f"exit {process.returncode}; {gone_on(folder, whole)}"


def struck_twice(rng: random.Random, folder: Path, whole: bytes) -> str:
    """Two interrupts within a tenth of a second."""
    process = at_work(folder, rng)
    process.send_signal(signal.SIGINT)
    time.sleep(rng.uniform(0, 0.1))
    process.send_signal(signal.SIGINT)
    _, said = process.communicate(timeout=300)
    return "TRACEBACK" if b"Traceback" in said else f"exit {process.returncode}; {gone_on(folder, whole)}"


def no_room(rng: random.Random, folder: Path, whole: bytes) -> str:
    """No file may grow beyond some size, as on a full disk."""
    most = rng.choice([1_000, 100_000, 300_000])

    def limit() -> None:
        resource.setrlimit(resource.RLIMIT_FSIZE, (most, most))

    process = begin(folder, limit=limit)
    _, said = process.communicate(timeout=300)
    lines = said.decode().strip().splitlines()
    if process.returncode != 2 or "Traceback" in said.decode():
        return f"exit {process.returncode}: {' '.join(lines)[-150:]}"
    return f"exit 2, one line; {gone_on(folder, whole)}"


def no_memory(rng: random.Random, folder: Path, whole: bytes) -> str:
    """Less memory than a page of 4096 px takes in one tile."""

    def limit() -> None:
        most = int(rng.uniform(4.2, 5.0) * 2**30)
        resource.setrlimit(resource.RLIMIT_AS, (most, most))

    words = ("fit", "cat.png", "-o", "a.svg", "--size=4096", "--tile=4096", "--strokes=2000")
    process = begin(folder, *words, limit=limit)
    _, said = process.communicate(timeout=600)
    last = said.decode().strip().splitlines()[-1:] or [""]
    return f"exit {process.returncode}: {last[0][:110]}"


FAULTS: dict[str, Callable[[random.Random, Path, bytes], str]] = {
    "killed (SIGKILL)": lambda *given: struck(signal.SIGKILL, *given),
    "Ctrl-C (SIGINT)": lambda *given: struck(signal.SIGINT, *given),
    "asked to end (SIGTERM)": lambda *given: struck(signal.SIGTERM, *given),
    "terminal closed (SIGHUP)": lambda *given: struck(signal.SIGHUP, *given),
    "Ctrl-C twice": struck_twice,
    "no room for files": no_room,
    "memory short": no_memory,
}


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--times", type=int, default=20)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--only", help="faults whose names begin so")
    given = parser.parse_args()
    rng = random.Random(given.seed)
    with tempfile.TemporaryDirectory() as first:
        begin(Path(first)).communicate(timeout=300)
        whole = (Path(first) / "a.svg").read_bytes()
    for name, fault in FAULTS.items():
        if given.only and not name.startswith(given.only):
            continue
        outcomes: Counter[str] = Counter()
        for _ in range(given.times):
            with tempfile.TemporaryDirectory() as folder:
                outcomes[fault(rng, Path(folder), whole)] += 1
        for outcome, times in outcomes.most_common():
            print(f"{name:26}{times:4} x  {outcome}", flush=True)


if __name__ == "__main__":
    main()
