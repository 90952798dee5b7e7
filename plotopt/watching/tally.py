"""What has been heard of a run: its stages, the loss after each step, and how long the stage will take."""

from __future__ import annotations

import math
from collections import deque
from collections.abc import Callable
from time import monotonic
from typing import Any

from plotopt.listening import Progress

# Time left is reckoned from so many steps.
_STEPS_TIMED = 40
_DIGITS = 6


class Tally:
    """Hears in one thread and may be asked in another: what it has told stays as it was."""

    def __init__(self, clock: Callable[[], float] = monotonic) -> None:
        self._clock = clock
        self._last: Progress | None = None
        self._stages: list[dict[str, Any]] = []
        self._losses: list[tuple[int, int, float | None]] = []
        self._timed: deque[tuple[float, int]] = deque(maxlen=_STEPS_TIMED)

    def hear(self, progress: Progress) -> None:
        """Take note of where the run stands."""
        before, self._last = self._last, progress
        is_new = before is None or before.stage != progress.stage or progress.step <= before.step
        if is_new:
            self._timed.clear()
        self._timed.append((self._clock(), progress.step))
        if progress.loss is None:
            return
        if is_new:
            self._stages.append({"name": progress.stage, "steps": progress.steps})
        loss = float(f"{progress.loss:.{_DIGITS}g}") if math.isfinite(progress.loss) else None
        self._losses.append((len(self._stages) - 1, progress.step, loss))

    def rest(self) -> None:
        """Leave the time out that passes until the next step."""
        self._timed.clear()

    @property
    def told(self) -> str:
        """Where the run stands, in words."""
        last = self._last
        return f"{last.stage}, step {last.step} of {last.steps}" if last else "at its beginning"

    def figures(self, after: int) -> dict[str, Any]:
        """Where the run stands, and the losses that came after so many."""
        last, losses = self._last, self._losses[max(after, 0) :]
        stands: dict[str, Any] = {}
        if last:
            stands = {"stage": last.stage, "step": last.step, "steps": last.steps}
        return {**stands, "left_s": self._left_s(), "stages": list(self._stages), "losses": losses}

    def _left_s(self) -> float | None:
        """How long the stage will take yet, if that can be told."""
        timed, last = tuple(self._timed), self._last
        if last is None or len(timed) < 3 or timed[-1][1] <= timed[0][1]:
            return None
        pace = (timed[-1][0] - timed[0][0]) / (timed[-1][1] - timed[0][1])
        return round(pace * (last.steps - last.step), 1)
