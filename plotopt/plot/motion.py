"""How long a machine takes: trapezoid motion with look-ahead, as small plotters' controllers move.

Along a polyline the speed rises and falls at a constant acceleration a, up to the machine's speed, and may
not exceed a limit at each vertex. The limit supposes that the pen rounds the corner on a circle touching
both segments and missing the vertex by a distance d (``cornering_mm``). If theta is the angle between the
segments (pi: straight on), the circle's centre lies on the bisector at r / sin(theta / 2) from the vertex,
so that d = r / sin(theta / 2) - r, and with the centripetal acceleration v^2 / r = a

    v^2 = a d sin(theta / 2) / (1 - sin(theta / 2)).

Nothing limits a straight joint; a reversal stops. Paths start and end at rest.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from jaxtyping import Float
from numba import njit
from numpy import ndarray

from plotopt.plot.chains import Chain, flatten, pen_up_moves_mm
from plotopt.profiles import Profile

_TOLERANCE_MM = 0.01
_SHORTEST_SEGMENT_MM = 1e-9


@dataclass(frozen=True)
class Timing:
    """Seconds with the pen down, with it up, and lifting and lowering it."""

    draw_s: float
    travel_s: float
    lift_s: float

    @property
    def total_s(self) -> float:
        return self.draw_s + self.travel_s + self.lift_s


def time_paths(chains: Sequence[Chain], profile: Profile) -> Timing:
    """The time to draw chains in order, one lift and one lowering each, from home and back."""
    lines = flatten(chains, _TOLERANCE_MM)
    speed, acceleration = profile.draw_speed_mm_s, profile.draw_acceleration_mm_s2
    draw = _draw_time(lines.points, lines.starts, speed, acceleration, profile.cornering_mm)
    moves = pen_up_moves_mm(chains)
    travel = _rest_to_rest_time(moves, profile.travel_speed_mm_s, profile.travel_acceleration_mm_s2)
    return Timing(draw, float(travel.sum()), len(chains) * (profile.pen_lift_s + profile.pen_drop_s))


def _rest_to_rest_time(lengths: Float[ndarray, "moves"], speed: float, acceleration: float) -> ndarray:
    ramps = speed**2 / acceleration
    cruising = lengths / speed + speed / acceleration
    return np.where(lengths >= ramps, cruising, 2 * np.sqrt(lengths / acceleration))


@njit(cache=True)
def _draw_time(points, starts, speed, acceleration, cornering):
    total = 0.0
    for i in range(len(starts) - 1):
        total += _polyline_time(points[starts[i] : starts[i + 1]], speed, acceleration, cornering)
    return total


@njit(cache=True)
def _polyline_time(line, speed, acceleration, cornering):
    directions, lengths = _segments(line)
    count = len(lengths)
    square = np.zeros(count + 1)  # squared speed at each vertex; both ends rest
    for i in range(1, count):
        square[i] = _cornering_square(directions[i - 1], directions[i], speed, acceleration * cornering)
    for i in range(count - 1, -1, -1):
        square[i] = min(square[i], square[i + 1] + 2 * acceleration * lengths[i])
    for i in range(count):
        square[i + 1] = min(square[i + 1], square[i] + 2 * acceleration * lengths[i])
    total = 0.0
    for i in range(count):
        total += _segment_time(lengths[i], square[i], square[i + 1], speed, acceleration)
    return total


@njit(cache=True)
def _segments(line):
    """Unit directions and lengths of the segments that have any length."""
    directions, lengths = np.zeros((len(line), 2)), np.zeros(len(line))
    count, last = 0, line[0]
    for point in line[1:]:
        length = np.hypot(point[0] - last[0], point[1] - last[1])
        if length > _SHORTEST_SEGMENT_MM:
            directions[count] = (point - last) / length
            lengths[count] = length
            count, last = count + 1, point
    return directions[:count], lengths[:count]


@njit(cache=True)
def _cornering_square(before, after, speed, acceleration_cornering):
    cosine = min(max(before[0] * after[0] + before[1] * after[1], -1.0), 1.0)
    half_sine = np.sqrt(0.5 * (1 + cosine))  # theta is pi minus the turn, so sin(theta/2) = cos(turn/2)
    if half_sine > 1 - 1e-12:
        return speed**2
    return min(speed**2, acceleration_cornering * half_sine / (1 - half_sine))


@njit(cache=True)
def _segment_time(length, start_square, end_square, speed, acceleration):
    """Accelerate to the speed, or as far as the length allows, cruise, and decelerate."""
    peak_square = min(speed**2, acceleration * length + 0.5 * (start_square + end_square))
    ramps = (peak_square - 0.5 * (start_square + end_square)) / acceleration
    peak = np.sqrt(peak_square)
    ramp_time = (2 * peak - np.sqrt(start_square) - np.sqrt(end_square)) / acceleration
    return ramp_time + max(length - ramps, 0.0) / peak
