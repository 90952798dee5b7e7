"""A run in TensorBoard: the loss of each stage, and the drawing every few seconds."""

from __future__ import annotations

from collections.abc import Callable
from importlib.util import find_spec
from pathlib import Path
from time import monotonic
from typing import Any

import numpy as np

from plotopt.errors import PlotoptError
from plotopt.plot.preview import draw_preview
from plotopt.stages import Stage
from plotopt.stepping import Standing
from plotopt.watching.ground import Ground

# A picture costs as much as several steps.
_EVERY_S, _LONGEST_PX = 10.0, 800


def check_log(folder: Path) -> None:
    """Raise PlotoptError where there is no TensorBoard, or ``folder`` cannot be made."""
    if find_spec("tensorboard") is None:
        raise PlotoptError(
            "--log-dir needs TensorBoard, which is not installed: pip install 'plotopt[tensorboard]'"
        )
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or error
        raise PlotoptError(
            f"cannot log to {str(folder)!r:.200} ({reason}): give a folder that can be written to"
        ) from None


class Log:
    """Writes what it sees into a folder. A disk that is full ends the log, not the run; ``notes`` tell."""

    def __init__(self, folder: Path, ground: Ground, clock: Callable[[], float] = monotonic) -> None:
        from torch.utils.tensorboard import SummaryWriter

        self.notes: list[str] = []
        self._ground, self._clock, self._pictured_s = ground, clock, float("-inf")
        self._writer: Any = SummaryWriter(folder)
        self._stage: Stage | None = None
        self._number = self._steps = self._step = 0

    def see(self, stage: Stage, standing: Standing) -> None:
        """Write the losses since the step before, and a picture when it is time or the stage ends."""
        self._guarded(lambda: self._write(stage, standing))

    def close(self) -> None:
        """Write what is not yet written."""
        self._guarded(self._writer.close)

    def _guarded(self, write: Callable[[], None]) -> None:
        if self.notes:
            return
        try:
            write()
        except OSError as error:
            self.notes.append(f"the log could not be written to its end: {error.strerror or error}")

    def _write(self, stage: Stage, standing: Standing) -> None:
        if stage != self._stage or standing.steps <= self._step:
            self._stage, self._number = stage, self._number + 1
        self._step = standing.steps
        first = standing.steps - len(standing.losses) + 1
        for step, loss in enumerate(standing.losses, first):
            self._steps += 1
            self._writer.add_scalar(f"loss/{self._number} {stage.name}", loss, step)
        if standing.steps >= stage.steps or self._clock() - self._pictured_s >= _EVERY_S:
            self._writer.add_image("drawing", self._picture(standing), self._steps, dataformats="HWC")
            self._pictured_s = self._clock()

    def _picture(self, standing: Standing) -> np.ndarray:
        page = self._ground.page
        dpi = max(25.4 * _LONGEST_PX / max(page.width_mm, page.height_mm), 20.0)
        layers = self._ground.laid(standing.strokes)
        return np.asarray(draw_preview(layers, page, self._ground.stock, dpi=min(dpi, 1200.0)))
