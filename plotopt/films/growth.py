"""How a drawing came about, frame by frame: strokes move from each kept moment to the next."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace

import numpy as np
import torch

from plotopt.colour.ink import Inks, pixels_of
from plotopt.errors import PlotoptError
from plotopt.films.pace import Pace
from plotopt.pens import Pen
from plotopt.render import render
from plotopt.runs.record import Frame
from plotopt.showing import Exhibit
from plotopt.strokes import Strokes
from plotopt.view import View

# At first, when most happens, time goes more slowly: the film's place goes with this power of the time.
_SLOWLY = 1.8


def growth(exhibit: Exhibit, pace: Pace) -> Iterator[np.ndarray]:
    """Frames of RGB (height, width, 3), one after another. Raises PlotoptError for a run without any."""
    moments = _moments(exhibit)
    width, height = pace.size_px(exhibit.page)
    view = View(0.0, 0.0, width, height, exhibit.page.width_mm / width)
    inks = Inks.of_pens(exhibit.pens, 3, exhibit.settings.stock)
    for number in range(pace.frames):
        place = (len(moments) - 1) * (number / (pace.frames - 1)) ** _SLOWLY
        image = _drawn(_between(moments, place), view, inks)
        yield image
    for _ in range(pace.held):
        yield image


def _moments(exhibit: Exhibit) -> list[Strokes]:
    frames, pens = exhibit.record.frames, exhibit.pens
    if not frames:
        raise PlotoptError("the run has no frames: it is too young, or was not kept from its start")
    last = Strokes.of_pens(exhibit.strokes.points, exhibit.strokes.pen, pens)
    return [*(_strokes(frame, pens) for frame in frames), last]


def _strokes(frame: Frame, pens: Sequence[Pen]) -> Strokes:
    pen = frame.pen.long().clamp(max=len(pens) - 1)
    return Strokes.of_pens(frame.points.float() * frame.unit_mm, pen, pens)


def _between(moments: Sequence[Strokes], place: float) -> Strokes:
    """Strokes between two moments, where these have the same ones; else those of the earlier."""
    before, share = moments[int(place)], place - int(place)
    after = moments[min(int(place) + 1, len(moments) - 1)]
    if before.points.shape != after.points.shape or not torch.equal(before.pen, after.pen):
        return before
    return replace(before, points=torch.lerp(before.points, after.points.to(before.points), share))


def _drawn(strokes: Strokes, view: View, inks: Inks) -> np.ndarray:
    with torch.no_grad():
        return pixels_of(inks.on_paper(render(strokes, [view], pens=inks.pens))[0])
