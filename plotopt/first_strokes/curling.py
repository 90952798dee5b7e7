"""Loops along a line, as a pen scribbles: the closer together, the darker."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np
from jaxtyping import Float
from numpy import ndarray
from scipy.ndimage import gaussian_filter1d

from plotopt.blurring import blurred
from plotopt.first_strokes.seeding import evened, ink_demand, tone_of

# The way of loops is at least so many times that of the line they go along. Lines lie as far apart as loops
# are wide; farther, where it is so light that even that is too much.
_LOOSE = 5.0
# In light parts they are up to so many times as wide as in dark ones.
_WIDEST = 2.0
# Where less than this is wanted, the line goes on without loops.
_BLANK = 0.02
# Loops are smaller where there is detail, by this power of it, and never of fewer pen widths' radius.
_FINER, _LEAST_PENS = 0.75, 0.8
# They differ in size by about this part, others after so many of them.
_UNEVEN, _ALIKE = 0.22, 1.5
# A line is followed in steps of this part of a loop's radius, and a loop in turns of so many radians.
_WAY, _TURN_RAD = 0.1, 0.25


@dataclass(frozen=True)
class Curls:
    """What to scribble: the line area wanted per area, loops' radius at each pixel, the pen's width in px."""

    demand: Float[ndarray, "height width"]
    radius_px: Float[ndarray, "height width"]
    pen_px: float

    @classmethod
    def of(
        cls,
        demand: Float[ndarray, "height width"],
        detail: Float[ndarray, "height width"],
        radius_px: float,
        pen_px: float,
    ) -> Curls:
        """Loops of a radius where nothing is ``detail``, smaller where something is."""
        # The tone of a loop is one all over it.
        demand = blurred(demand, 0.5 * radius_px)
        room = 0.5 * _LOOSE * pen_px / np.maximum(demand, 1e-6)
        radii = room.clip(radius_px, _WIDEST * radius_px) / detail**_FINER
        return cls(demand, np.maximum(radii, _LEAST_PENS * pen_px), pen_px)

    @property
    def narrowest_px(self) -> float:
        """How wide the narrowest loops are."""
        return 2 * float(self.radius_px.min())

    @cached_property
    def trail(self) -> Float[ndarray, "height width"]:
        """The tone of the lines to scribble along, as a pen as wide as the narrowest loops lays them."""
        share = np.minimum(self._most / _LOOSE, 1.0) * (self.demand > _BLANK)
        return tone_of(share * self.narrowest_px / (2 * self.radius_px))

    @property
    def trail_px(self) -> float:
        """How long these lines are together."""
        return float(ink_demand(self.trail).sum()) / self.narrowest_px

    @property
    def _most(self) -> Float[ndarray, "height width"]:
        """How many times the way of lines, a loop's width apart, that of the loops is for the tone."""
        return self.demand * 2 * self.radius_px / self.pen_px

    def times(self) -> Float[ndarray, "height width"]:
        """How many times the way of a line that of the loops along it is; 1 for none."""
        return np.where(self.demand > _BLANK, self._most.clip(min=_LOOSE), 1.0)


def curled(
    line: Float[ndarray, "points 2"], curls: Curls, step_px: float, rng: np.random.Generator
) -> Float[ndarray, "curled 2"]:
    """A line in loops, in equal steps of about ``step_px``.

    They are trochoids: a circle of radius r goes along and turns once every p, so that the way is about
    ``sqrt(1 + (2 pi r / p)^2)`` times the line's. Sizes vary a little, as a hand's do.
    """
    usual = 0.5 * curls.narrowest_px
    line = evened(line, _WAY * usual)
    way = float(np.hypot(*(line[1] - line[0])))
    line = gaussian_filter1d(line, 1 / _WAY, axis=0, mode="nearest")
    rows, columns = (
        np.clip(line[:, 1 - axis].astype(int), 0, side - 1) for axis, side in enumerate(curls.demand.shape)
    )
    radius, times = curls.radius_px[rows, columns], curls.times()[rows, columns]
    turned = rng.uniform(0, 2 * np.pi) + np.cumsum(np.sqrt(times**2 - 1) / radius) * way
    size = gaussian_filter1d(radius * (times > 1), 0.5 / _WAY, mode="nearest")
    size = size * (1 + _UNEVEN * _noise(turned / (2 * np.pi * _ALIKE), rng))
    ahead = np.gradient(line, axis=0)
    ahead = ahead / np.maximum(np.hypot(*ahead.T), 1e-9)[:, None]
    # Between two points of the line a loop can turn far.
    fine = np.linspace(0, len(line) - 1, int((turned[-1] - turned[0]) / _TURN_RAD) + len(line))
    at = np.arange(len(line))
    x, y, u, v, size, turned = (np.interp(fine, at, each) for each in (*line.T, *ahead.T, size, turned))
    along, aside = size * np.cos(turned), size * np.sin(turned) * rng.choice([-1.0, 1.0])
    return evened(np.stack([x + along * u - aside * v, y + along * v + aside * u], axis=1), step_px)


def _noise(at: Float[ndarray, "points"], rng: np.random.Generator) -> Float[ndarray, "points"]:
    """Smooth noise of variance below 1 along a number that grows, a value of its own at every whole one."""
    first = np.floor(at[0])
    values = rng.normal(size=int(at[-1] - first) + 2)
    return np.interp(at - first, np.arange(len(values)), values)
