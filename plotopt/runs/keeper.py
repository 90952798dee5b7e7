"""Who keeps a run in its file: every half a minute, at the end of a stage, and when it is stopped."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from hashlib import sha256
from pathlib import Path
from time import monotonic

from filelock import FileLock, Timeout

from plotopt.errors import PlotoptError
from plotopt.files import quoted
from plotopt.journal import Moment
from plotopt.runs.film import Film
from plotopt.runs.record import Finish, Record
from plotopt.runs.storage import write_run
from plotopt.stages import Stage
from plotopt.stepping import Standing
from plotopt.strokes import Strokes

#: No more than so many seconds of work are lost, whatever happens.
EVERY_S = 30.0


class Keeper:
    """Keeps one run in the file ``path``; a fit tells it what was ordered before its first step.

    A file that cannot be written, on a full disk say, does not end the run: ``notes`` tell of it.
    """

    def __init__(self, path: Path, every_s: float = EVERY_S, clock: Callable[[], float] = monotonic) -> None:
        self.path, self.notes = path, list[str]()
        self._every_s, self._clock, self._last_s = every_s, clock, clock()
        self._film = Film()
        self._record: Record | None = None

    def begin(self, record: Record) -> None:
        """Hear what was ordered and what the run has come to, if it goes on."""
        self._record, self._film = record, Film(record.frames)
        self._last_s = self._clock()

    def see(self, stage: Stage, standing: Standing) -> None:
        """Take a frame where the strokes have moved on since the last one."""
        self._film.see(stage.name, standing)

    def is_due(self) -> bool:
        """Whether it is half a minute since the run was kept."""
        return self._clock() - self._last_s >= self._every_s

    def keep(self, moment: Moment) -> None:
        """Write the moment to the file."""
        self._write(moment, None)

    def finish(self, strokes: Strokes, notes: tuple[str, ...]) -> None:
        """Write the finished strokes to the file, and what was told of them."""
        self._write(None, Finish(strokes, notes))

    def _write(self, moment: Moment | None, finish: Finish | None) -> None:
        if self._record is None:
            raise ValueError("a run is kept before it has begun")
        self._record = replace(self._record, moment=moment, finish=finish, frames=self._film.frames)
        try:
            write_run(self.path, self._record)
            self.notes.clear()
        except PlotoptError as error:
            self.notes[:] = [f"the run could not be kept: {error}"]
        self._last_s = self._clock()


@contextmanager
def alone(path: Path) -> Iterator[None]:
    """While the block runs, no other run may have the file ``path``. Raises PlotoptError where one has."""
    name = sha256(os.path.realpath(path).encode(errors="surrogateescape")).hexdigest()[:24]
    user = os.getuid() if hasattr(os, "getuid") else ""
    # The files of locks stay, lest two runs hold one each of a name: so they have a folder of their own.
    folder = Path(tempfile.gettempdir()) / f"plotopt-locks-{user}"
    lock = FileLock(folder / f"{name}.lock")
    try:
        folder.mkdir(mode=0o700, exist_ok=True)
        lock.acquire(timeout=0)
    except Timeout:
        raise PlotoptError(
            f"another run is writing {quoted(path)}: wait for it, or choose another name (-o)"
        ) from None
    except OSError:
        # Without a folder for temporary files there is no lock; the run itself needs none.
        yield
        return
    try:
        yield
    finally:
        lock.release()
