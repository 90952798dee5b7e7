"""A run as somebody sees it who can pause it, stop it and keep a picture of it."""

from __future__ import annotations

import json
import struct
from collections.abc import Callable
from pathlib import Path
from queue import SimpleQueue
from threading import Event, Lock
from time import monotonic
from typing import Any

from plotopt.errors import PlotoptError
from plotopt.files import write_atomically
from plotopt.listening import Progress
from plotopt.stages import Stage
from plotopt.stepping import Standing
from plotopt.watching.ground import Ground
from plotopt.watching.parcel import pack
from plotopt.watching.tally import Tally

# Strokes are packed no more often than this, and for no more than this part of the time.
_EVERY_S, _SHARE = 0.25, 0.01
# How soon a paused run notices a signal, and how long its end waits for a viewer to hear of it.
_LOOK_S, _FAREWELL_S = 0.1, 1.5
# Who has asked within this time is there still.
_THERE_S = 3.0
_MOST_SNAPSHOTS = 9999


class Viewing:
    """Heard of in the run's thread, asked in those of the server.

    A standing never changes once it is there. So the last one is only pointed at, and what is sent of it is
    made when somebody asks. What is planned or written is done in the run's own thread, between two steps.
    ``svg`` is where the drawing will lie, ``stops`` whether something else ends the run.
    """

    def __init__(
        self, ground: Ground, svg: Path, stops: Callable[[], bool], clock: Callable[[], float] = monotonic
    ) -> None:
        self.ground, self._svg, self._stops, self._clock = ground, svg, stops, clock
        self._tally = Tally(clock)
        self._standing: Standing | None = None
        self._wanted: SimpleQueue[None] = SimpleQueue()
        self._number = self._said_number = 0
        self._said = ""
        self._is_paused = self._is_stopping = False
        self._awake, self._farewell, self._lock = Event(), Event(), Lock()
        self._ended, self._asked_s = "", float("-inf")
        self._every_s, self._packed_s = _EVERY_S, float("-inf")
        self._packed: tuple[int, dict[str, Any], bytes] = (0, {}, b"")

    # What the run tells.

    def hear(self, progress: Progress) -> None:
        """Hear where the run stands, before and after its stages, too."""
        self._tally.hear(progress)

    def see(self, stage: Stage, standing: Standing) -> None:
        """Take the strokes after a step; comes back when the run is to go on."""
        self._standing, self._number = standing, self._number + 1
        self._keep_snapshots(standing)
        while self._is_paused and not self.stops():
            self._tally.rest()
            self._awake.wait(_LOOK_S)
            self._awake.clear()
            self._keep_snapshots(standing)

    def stops(self) -> bool:
        """Whether the run is to end with the strokes as they are."""
        if self._stops():
            self._is_stopping = True
        return self._is_stopping

    def end(self, said: str, wait: bool = True) -> None:
        """Say the last word, and wait a moment until a viewer that is there has heard it."""
        is_seen = self._clock() - self._asked_s < _THERE_S
        self._ended = said
        if wait and is_seen:
            self._farewell.wait(_FAREWELL_S)

    def _keep_snapshots(self, standing: Standing) -> None:
        while not self._wanted.empty():
            self._wanted.get()
            self._said, self._said_number = self._snapshot(standing), self._said_number + 1

    def _snapshot(self, standing: Standing) -> str:
        """Write the strokes beside the drawing, under the first number that is free; says what came of it."""
        try:
            text = self.ground.svg(standing.strokes, self._tally.told)
            for number in range(1, _MOST_SNAPSHOTS + 1):
                path = self._svg.with_name(f"{self._svg.stem}-snapshot-{number}.svg")
                if not path.exists():
                    write_atomically(path, text, overwrite=False)
                    return f"Saved {path.name}"
        except (PlotoptError, OSError) as error:
            return f"Not saved: {error}"
        return f"Not saved: there are {_MOST_SNAPSHOTS} snapshots already"

    # What the page asks for.

    def pause(self) -> None:
        """Hold the run after the present step."""
        self._is_paused = True

    def go_on(self) -> None:
        """Let a paused run go on."""
        self._is_paused = False
        self._awake.set()

    def stop(self) -> None:
        """End the run after the present step, with the strokes as they are."""
        self._is_stopping = True
        self._awake.set()

    def snapshot(self) -> None:
        """Have the strokes written after the present step."""
        self._wanted.put(None)
        self._awake.set()

    def now(self, after: int, seen: int) -> bytes:
        """How things stand: the length of some JSON (32 bits, low byte first), the JSON, and the strokes.

        Losses are those after so many, strokes come only where they are not those of the number ``seen``.
        """
        self._asked_s = self._clock()
        ended = self._ended
        with self._lock:
            number, told, data = self._strokes(at_once=bool(ended))
        figures: dict[str, Any] = self._tally.figures(after)
        figures |= {
            "paused": self._is_paused and not self._is_stopping,
            "stopping": self._is_stopping,
            "ended": ended,
        }
        figures |= {"said": self._said, "said_number": self._said_number, "every_s": self._every_s}
        if number != seen:
            figures |= {"number": number, "strokes": told}
        head = json.dumps(figures, separators=(",", ":"), allow_nan=False).encode()
        head += b" " * (len(head) % 2)
        if ended:
            self._farewell.set()
        return struct.pack("<I", len(head)) + head + (data if number != seen else b"")

    def _strokes(self, at_once: bool) -> tuple[int, dict[str, Any], bytes]:
        """The strokes, packed; those of a moment ago where packing takes too large a part of the time."""
        standing, number, begun = self._standing, self._number, self._clock()
        is_due = at_once or begun - self._packed_s >= self._every_s
        if standing is not None and number != self._packed[0] and is_due:
            self._packed = (number, *pack(standing.strokes, self.ground.page))
            self._packed_s = self._clock()
            self._every_s = max(_EVERY_S, (self._packed_s - begun) / _SHARE)
        return self._packed
