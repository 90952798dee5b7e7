"""How long a plot takes, as the program that drives the machine plans it.

saxi moves in trapezoids with look-ahead, as do most small controllers: along each segment the speed rises at
a constant acceleration, holds and falls (:mod:`plotopt.plot.lookahead`). The AxiDraw software plans in
slices of time instead (:mod:`plotopt.plot.axicli`). Both move the lifted pen straight, from rest to rest.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from jaxtyping import Float
from numba import njit
from numpy import ndarray

from plotopt.plot import axicli
from plotopt.plot.chains import Chain, flatten, pen_up_moves_mm
from plotopt.plot.lookahead import plan_speeds
from plotopt.profiles import Client, Motion, Profile

# saxi flattens to a tenth of a CSS pixel.
_SAXI_TOLERANCE_MM = 2.54 / 96


@dataclass(frozen=True)
class Timing:
    """Seconds with the pen down, with it up, and lifting and lowering it, and how often it is lifted."""

    draw_s: float
    travel_s: float
    lift_s: float
    lifts: int

    @property
    def total_s(self) -> float:
        return self.draw_s + self.travel_s + self.lift_s


def time_paths(chains: Sequence[Chain], profile: Profile, client: Client = Client.SAXI) -> Timing:
    """The time that ``client`` plans for drawing chains in order, from home and back: those of one layer.

    Raises PlotoptError for a machine that ``client`` does not drive.
    """
    motion = profile.motion(client)
    if not chains:
        return Timing(0.0, 0.0, 0.0, 0)
    if client is Client.AXICLI:
        return Timing(*axicli.time_paths(chains, motion))
    return _time_saxi(chains, motion)


def _time_saxi(chains: Sequence[Chain], motion: Motion) -> Timing:
    lines = flatten(chains, _SAXI_TOLERANCE_MM)
    draw = _draw_time(
        lines.points,
        lines.starts,
        motion.draw_speed_mm_s,
        motion.draw_acceleration_mm_s2,
        motion.cornering_mm,
    )
    travel = rest_to_rest_s(
        pen_up_moves_mm(chains), motion.travel_speed_mm_s, motion.travel_acceleration_mm_s2
    )
    # Back home, saxi lowers the pen from its highest position: once more than there are paths.
    lift = len(chains) * (motion.pen_lift_s + motion.pen_drop_s) + motion.pen_drop_s
    return Timing(draw, float(travel.sum()), lift, len(chains))


def rest_to_rest_s(
    lengths_mm: Float[ndarray, "moves"], speed_mm_s: float, acceleration_mm_s2: float
) -> Float[ndarray, "moves"]:
    """Seconds of straight moves between rests, at constant acceleration up to the speed and down again."""
    ramps_mm = speed_mm_s**2 / acceleration_mm_s2
    cruising = lengths_mm / speed_mm_s + speed_mm_s / acceleration_mm_s2
    return np.where(lengths_mm >= ramps_mm, cruising, 2 * np.sqrt(lengths_mm / acceleration_mm_s2))


@njit(cache=True)
def _draw_time(points, starts, speed, acceleration, cornering):
    total = 0.0
    for i in range(len(starts) - 1):
        line = points[starts[i] : starts[i + 1]]
        lengths, square = plan_speeds(line, speed, acceleration, cornering)
        for j, length in enumerate(lengths):
            total += _segment_time(length, square[j], square[j + 1], speed, acceleration)
    return total


@njit(cache=True)
def _segment_time(length, start_square, end_square, speed, acceleration):
    """Accelerate to the speed, or as far as the length allows, cruise, and decelerate."""
    peak_square = min(speed**2, acceleration * length + 0.5 * (start_square + end_square))
    ramps = (peak_square - 0.5 * (start_square + end_square)) / acceleration
    peak = np.sqrt(peak_square)
    ramp_time = (2 * peak - np.sqrt(start_square) - np.sqrt(end_square)) / acceleration
    return ramp_time + max(length - ramps, 0.0) / peak
