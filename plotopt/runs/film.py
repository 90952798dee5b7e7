"""The frames of a run: strokes at moments between which something was to be seen."""

from __future__ import annotations

import math
from collections.abc import Sequence

import torch
from torch import Tensor

from plotopt.runs.record import Frame
from plotopt.stepping import Standing
from plotopt.strokes import Strokes

#: Points are kept in whole parts of this, on pages longer than 1.6 m of what suits them.
UNIT_MM = 0.05
_MOST_UNITS = 2**15 - 1
# So many frames are enough, and so many points in all of them; beyond, every second frame goes, and less is
# seen as a change.
_MOST_FRAMES, _MOST_POINTS = 120, 2_500_000
# A frame differs from the one before by so much in the mean of all points, at first.
_STIRRED_MM = 0.03


class Film:
    """Collects frames; near-duplicates are passed over."""

    def __init__(self, frames: Sequence[Frame] = ()) -> None:
        self._frames = list(frames)
        self._last: Tensor | None = None
        self._stirred_mm = _STIRRED_MM

    @property
    def frames(self) -> tuple[Frame, ...]:
        return tuple(self._frames)

    def see(self, stage: str, standing: Standing) -> None:
        """Take a frame if the strokes are others, or elsewhere, than in the last one."""
        points = standing.strokes.points
        if self._last is not None and _stir_mm(self._last, points) < self._stirred_mm:
            return
        self._last = points
        loss = standing.losses[-1] if standing.losses else float("nan")
        self._frames.append(frame_of(standing.strokes, stage, standing.steps, loss))
        many = (
            len(self._frames) > 1 and sum(each.points[..., 0].numel() for each in self._frames) > _MOST_POINTS
        )
        if many or len(self._frames) > _MOST_FRAMES:
            del self._frames[1::2]
            self._stirred_mm *= 2


def _stir_mm(before: Tensor, after: Tensor) -> float:
    """How far points have moved, in the mean; infinitely far where they are others."""
    return float((after - before).abs().mean()) if before.shape == after.shape else math.inf


def frame_of(strokes: Strokes, stage: str, step: int, loss: float) -> Frame:
    """The strokes as a frame."""
    strokes = strokes.decided()
    points = strokes.points.detach().cpu()
    farthest_mm = float(points.abs().max()) if len(points) else 0.0
    unit_mm = max(UNIT_MM, farthest_mm / _MOST_UNITS)
    units = (points / unit_mm).round().clamp(-_MOST_UNITS, _MOST_UNITS).to(torch.int16)
    return Frame(stage, step, loss, units, strokes.pen.cpu().to(torch.uint8), unit_mm)
