"""A method tuned to a budget of minutes: as dense as the minutes allow, in its best style."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import numpy as np
from quality_images import Sheet
from quality_measure import Measure, reflectance
from quality_peers import Peer

import plotopt
from plotopt.drawing import Drawing
from plotopt.plot.plan import Statistics

#: Minutes may miss their budget by this part.
TOLERANCE = 0.03
_MOST_TRIES = 5
_INK_PX_PER_MM = 4
_START_MINUTES = 30
_LEAST_POWER, _MOST_STEP = 0.25, 2.0


@dataclass(frozen=True, eq=False)
class Result:
    """A drawing as the plotter is given it, and how it was made."""

    svg: str
    statistics: Statistics
    density: float
    style: Any = None

    def plot_figures(self) -> dict[str, float]:
        plot = self.statistics
        return {"minutes": plot.minutes, "lifts": plot.lifts, "metres": plot.pen_down_m}


def planned(svg: str, pen_mm: float) -> Drawing:
    """Any drawing as ``plotopt plan`` has it plotted: all are joined and put in order equally well."""
    with TemporaryDirectory() as folder:
        file = Path(folder) / "drawing.svg"
        file.write_text(svg)
        return plotopt.plan(file, pens=f"black:{pen_mm:g}mm")


@dataclass(frozen=True, eq=False)
class _Try:
    """A drawing of some density, the minutes it takes, and the part of the paper that it inks."""

    density: float
    result: Result
    ink: float

    @property
    def minutes(self) -> float:
        return self.result.statistics.minutes


class Tuner:
    """Finds the densities of one method for one sheet; what it learns from a budget serves the next."""

    def __init__(self, peer: Peer, sheet: Sheet, pen_mm: float, measure: Measure) -> None:
        self.peer, self.sheet, self.pen_mm, self.measure = peer, sheet, pen_mm, measure
        self._tries: dict[Any, list[_Try]] = {}
        self._figures: dict[Result, dict[str, float]] = {}

    def best(self, minutes: float) -> tuple[Result, dict[str, float]]:
        """The best that was found in so many minutes or fewer, and its figures."""
        for style in self.peer.styles:
            result = self._dense(minutes, style)
            if result not in self._figures:
                self._figures[result] = self.measure.figures(result.svg)
        shortest = min(result.statistics.minutes for result in self._figures)
        most = max((1 + TOLERANCE) * minutes, shortest)
        able = [pair for pair in self._figures.items() if pair[0].statistics.minutes <= most]
        return min(able, key=lambda pair: _badness(pair[1]))

    def _dense(self, minutes: float, style: Any) -> Result:
        """As dense as ``minutes`` or, where that is too dark, the picture's tone allow."""
        tries = self._tries.setdefault(style, [])
        for _ in range(_MOST_TRIES):
            if any(abs(self._load(each, minutes) - 1) <= TOLERANCE for each in tries):
                break
            if self._is_sated(tries, minutes):
                break
            tries.append(self._try(self._guess(tries, minutes), style))
        return min(tries, key=lambda each: abs(self._load(each, minutes) - 1)).result

    def _try(self, density: float, style: Any) -> _Try:
        drawing = planned(self.peer.draw(self.sheet, self.pen_mm, density, style), self.pen_mm)
        svg = drawing.svg()
        ink = 1 - float(reflectance(svg, self.sheet.place, _INK_PX_PER_MM).mean())
        return _Try(density, Result(svg, drawing.statistics, density, style), ink)

    def _is_sated(self, tries: list[_Try], minutes: float) -> bool:
        """Whether more density has hardly made a difference, far below the budget."""
        if len(tries) < 2:
            return False
        less, more = sorted(tries, key=lambda each: each.density)[-2:]
        grown = self._load(more, minutes) / self._load(less, minutes)
        return self._load(more, minutes) < 1 and grown < (more.density / less.density) ** _LEAST_POWER

    def _load(self, tried: _Try, minutes: float) -> float:
        """How much of what is allowed a drawing takes: 1 is just right."""
        wanted = 1 - float(self.sheet.wanted.mean())
        return max(tried.minutes / minutes, tried.ink / wanted if self.peer.darkens else 0.0)

    def _guess(self, tries: list[_Try], minutes: float) -> float:
        """The next density to try: along a power law through the two tries next to the budget."""
        if not tries:
            return self.peer.start * min(minutes / _START_MINUTES, 1)
        loads = sorted((self._load(each, minutes), each.density) for each in tries)
        below = [pair for pair in loads if pair[0] <= 1][-1:]
        above = [pair for pair in loads if pair[0] > 1][:1]
        near = (below + above) if below and above else (loads[-2:] if below else loads[:2])
        load, density = min(near, key=lambda pair: abs(np.log(pair[0])))
        power = 1.2
        if len(near) == 2 and near[0][0] < near[1][0] and near[0][1] < near[1][1]:
            (load_a, a), (load_b, b) = near
            power = float(np.clip(np.log(b / a) / np.log(load_b / load_a), 0.3, 3))
        return float(density * np.clip(load**-power, 1 / _MOST_STEP, _MOST_STEP))


def _badness(figures: dict[str, float]) -> float:
    return sum(figures[f"rmse_{blur}_{kind}"] for blur in (1, 3) for kind in ("raw", "mapped"))
