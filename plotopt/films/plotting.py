"""How a plotter draws it: the pen goes its way in its true order and time, lifted and down."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from math import ceil

import numpy as np
import torch
from jaxtyping import Float, UInt8
from numpy import ndarray
from PIL import Image, ImageDraw

from plotopt.colour.ink import Inks, pixels_of
from plotopt.colour.light import light_of
from plotopt.films.pace import Pace
from plotopt.pens import Pen
from plotopt.plot.chains import flatten
from plotopt.plot.journey import Journey, travel
from plotopt.plot.plan import Layer
from plotopt.plot.svg import pen_runs
from plotopt.profiles import Client, Profile
from plotopt.showing import Exhibit

# Drawn so many times larger, for smooth edges: a nib has so many pixels then.
_LEAST_FINENESS, _MOST_FINENESS, _NIB_PX = 2, 8, 3.0
_FLATNESS_MM = 0.05
_PEN_RADIUS_PX, _DOWN, _UP = 4.0, "#d81b60", "#9e9e9e"


@dataclass(frozen=True)
class Move:
    """The pen's way along ``points`` from second ``start`` to ``end`` of the plot.

    ``pen`` is the number of its run of layers (:func:`plotopt.plot.svg.pen_runs`) when it is down.
    """

    start: float
    end: float
    points: Float[ndarray, "vertices 2"]
    pen: int | None


def moves(layers: Sequence[Layer], profile: Profile, client: Client) -> list[Move]:
    """All that the pen does, in order; each layer from home and back, in the time that is planned for it."""
    found: list[Move] = []
    for number, run in enumerate(pen_runs(layers)):
        for layer in run:
            start = found[-1].end if found else 0.0
            found += _moves_of(layer, number, start, travel(layer, profile, client))
    return found


def _moves_of(layer: Layer, number: int, start: float, journey: Journey) -> Iterator[Move]:
    if not layer.chains:
        return
    lines, home = flatten(layer.chains, _FLATNESS_MM), np.zeros(2)
    place, now = home, start
    *reaches, last_s = journey.reach_s.tolist()
    for index, (reach_s, draw_s) in enumerate(zip(reaches, journey.draw_s.tolist(), strict=True)):
        line, arrived = lines[index], now + reach_s
        yield Move(now, arrived, np.stack([place, line[0]]), None)
        place, now = line[-1], arrived + draw_s
        yield Move(arrived, now, line, number)
    yield Move(now, now + last_s, np.stack([place, home]), None)


def plotting(exhibit: Exhibit, pace: Pace) -> Iterator[UInt8[ndarray, "height width 3"]]:
    """Frames of the plot, evenly in its time."""
    settings, layers = exhibit.settings, exhibit.layers
    way = moves(layers, settings.profile, settings.client)
    sheet = _Sheet([run[0].pen for run in pen_runs(layers)], exhibit, pace)
    total = way[-1].end if way else 0.0
    done = 0
    for number in range(1, pace.frames + 1):
        now = total * number / pace.frames
        while done < len(way) and way[done].end <= now:
            sheet.draw(way[done], 1.0)
            done += 1
        at = way[done] if done < len(way) else None
        if at:
            sheet.draw(at, (now - at.start) / max(at.end - at.start, 1e-9))
        yield sheet.frame(at is not None)
    for _ in range(pace.held):
        yield sheet.frame(False)


class _Sheet:
    """The paper with the ink that lies on it by now, a mask for each run of a pen's layers."""

    def __init__(self, pens: Sequence[Pen], exhibit: Exhibit, pace: Pace) -> None:
        columns, rows = pace.size_px(exhibit.page)
        finest_px = min((pen.width_mm for pen in pens), default=1.0) * columns / exhibit.page.width_mm
        self._fineness = min(max(ceil(_NIB_PX / finest_px), _LEAST_FINENESS), _MOST_FINENESS)
        width, height = columns * self._fineness, rows * self._fineness
        self._px_per_mm = width / exhibit.page.width_mm
        self._pens = pens
        self._inks = Inks.of_pens(pens, 3, exhibit.settings.stock) if pens else None
        self._bare = torch.tensor(light_of(exhibit.settings.stock.color))[:, None, None].expand(
            3, rows, columns
        )
        self._masks = [Image.new("L", (width, height)) for _ in pens]
        self._pencils = [ImageDraw.Draw(mask) for mask in self._masks]
        self._place, self._is_down = np.zeros(2), False

    def draw(self, move: Move, share: float) -> None:
        """Go along a move, up to a share of its length."""
        points = _part(move.points, share) * self._px_per_mm
        self._place, self._is_down = points[-1], move.pen is not None
        if move.pen is None:
            return
        width = max(1, round(self._pens[move.pen].width_mm * self._px_per_mm))
        pencil, radius = self._pencils[move.pen], width / 2
        pencil.line([tuple(point) for point in points.tolist()], fill=255, width=width, joint="curve")
        for x, y in (points[0], points[-1]):
            pencil.ellipse((x - radius, y - radius, x + radius, y + radius), fill=255)

    def frame(self, with_pen: bool) -> UInt8[ndarray, "height width 3"]:
        """What is to be seen: paper, inks and, while it is at work, the pen."""
        light = self._bare
        if self._inks:
            covered = [
                torch.from_numpy(np.asarray(mask.reduce(self._fineness)) / 255) for mask in self._masks
            ]
            opacity = torch.tensor([pen.opacity for pen in self._pens])[:, None, None]
            light = self._inks.on_paper((1 - opacity * torch.stack(covered))[None])[0]
        image = Image.fromarray(pixels_of(light))
        if with_pen:
            x, y = self._place / self._fineness
            box = (x - _PEN_RADIUS_PX, y - _PEN_RADIUS_PX, x + _PEN_RADIUS_PX, y + _PEN_RADIUS_PX)
            ImageDraw.Draw(image).ellipse(box, fill=_DOWN if self._is_down else None, outline=_UP, width=2)
        return np.asarray(image)


def _part(points: Float[ndarray, "vertices 2"], share: float) -> Float[ndarray, "some 2"]:
    """The beginning of a line, up to a share of its length; two points at least."""
    if share >= 1 or len(points) < 2:
        return points if len(points) > 1 else np.repeat(points, 2, axis=0)
    steps = np.linalg.norm(np.diff(points, axis=0), axis=1)
    along = np.concatenate([[0.0], np.cumsum(steps)])
    wanted = share * along[-1]
    inner = points[along < wanted]
    end = np.array([np.interp(wanted, along, points[:, axis]) for axis in (0, 1)])
    return np.concatenate([inner, end[None]]) if len(inner) else np.stack([points[0], end])


def plot_minutes(exhibit: Exhibit) -> float:
    """How long the plot takes that a film shows."""
    way = moves(exhibit.layers, exhibit.settings.profile, exhibit.settings.client)
    return way[-1].end / 60 if way else 0.0
