"""How long the AxiDraw software, driven by ``axicli``, says that a plot takes.

Found by experiment, from the estimates of version 3.9.7 for lines, corners and zigzags of many lengths: it
limits the speed at vertices as others do (:mod:`plotopt.plot.lookahead`), but sends motion in slices of
25 ms, and where a segment is short its estimate departs from the trapezoid. With the full speed V, the
acceleration a, and the speeds at both ends:

- A segment with room for both ramps and a slice at V, and not shorter than four slices at V, is a
  trapezoid; a ramp of less than a slice is left out, with its distance.
- A shorter one rises to a peak of at most sqrt(0.9) V and falls again. If the rise and the fall have more
  than four full slices together, that is the time, less one of the slices from rest to rest.
- With fewer slices, the segment is crossed at a mean of the first speed, the peak and twice the final speed;
  where that would take less than two slices, at the peak itself.

So times jump: by this account a move of 7 mm with the pen up takes half as long as one of 6 mm.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from jaxtyping import Float
from numba import njit
from numpy import ndarray

from plotopt.plot.chains import Chain, Polylines, flatten
from plotopt.plot.lookahead import plan_speeds
from plotopt.profiles import Motion

# The software's configuration: curve_tolerance 0.002 in, min_gap 0.006 in, time_slice 0.025 s.
_TOLERANCE_MM = 0.0508
_JOINED_GAP_MM = 0.1524
_SLICE_S = 0.025

_HIGHEST_PEAK_SQUARE = 0.9
_MOST_SLOW_STEPS = 4


def time_paths(chains: Sequence[Chain], motion: Motion) -> tuple[float, float, float, int]:
    """Seconds to draw chains in order, to travel between them from home and back, and to lift the pen; lifts.

    Ends less than 0.15 mm apart are joined by a pen-down line, as the software does.
    """
    lines = _join(flatten(chains, _TOLERANCE_MM))
    draw = _draw_time(
        lines.points,
        lines.starts,
        motion.draw_speed_mm_s,
        motion.draw_acceleration_mm_s2,
        motion.cornering_mm,
    )
    travel = _travel_time(_moves_mm(lines), motion.travel_speed_mm_s, motion.travel_acceleration_mm_s2)
    return draw, travel, len(lines) * (motion.pen_lift_s + motion.pen_drop_s), len(lines)


def _join(lines: Polylines) -> Polylines:
    inner = lines.starts[1:-1]
    gaps = np.linalg.norm(lines.points[inner] - lines.points[inner - 1], axis=1)
    return Polylines(lines.points, np.delete(lines.starts, 1 + np.flatnonzero(gaps < _JOINED_GAP_MM)))


def _moves_mm(lines: Polylines) -> Float[ndarray, "lines+1"]:
    home = np.zeros((1, 2))
    leave = np.concatenate([home, lines.points[lines.starts[1:] - 1]])
    arrive = np.concatenate([lines.points[lines.starts[:-1]], home])
    return np.linalg.norm(arrive - leave, axis=1)


@njit(cache=True)
def _travel_time(moves, speed, acceleration):
    total = 0.0
    for length in moves:
        if length > 0:
            total += _segment_time(length, 0.0, 0.0, speed, acceleration)
    return total


@njit(cache=True)
def _draw_time(points, starts, speed, acceleration, cornering):
    total = 0.0
    for i in range(len(starts) - 1):
        line = points[starts[i] : starts[i + 1]]
        lengths, square = plan_speeds(line, speed, acceleration, cornering)
        for j, length in enumerate(lengths):
            total += _segment_time(length, np.sqrt(square[j]), np.sqrt(square[j + 1]), speed, acceleration)
    return total


@njit(cache=True)
def _segment_time(length, start, end, speed, acceleration):
    ramps = (2 * speed**2 - start**2 - end**2) / (2 * acceleration)
    if length >= max(4 * _SLICE_S * speed, ramps + _SLICE_S * speed):
        cruise = (length - ramps) / speed
        return cruise + _ramp_time(speed - start, acceleration) + _ramp_time(speed - end, acceleration)
    peak_square = acceleration * length + 0.5 * (start**2 + end**2)
    peak = max(np.sqrt(min(_HIGHEST_PEAK_SQUARE * speed**2, peak_square)), start, end)
    if start + end > 2 * peak * (1 - 1e-9):
        return length / peak
    rise = length * (peak**2 - start**2) / (2 * peak**2 - start**2 - end**2)
    up, down = 2 * rise / (start + peak), 2 * (length - rise) / (peak + end)
    steps = int(up / _SLICE_S) + int(down / _SLICE_S)
    if steps > _MOST_SLOW_STEPS:
        return (up + down) * (steps - 1) / steps if start + end == 0 else up + down
    slow = length / (0.25 * start + 0.25 * peak + 0.5 * end)
    return slow if slow >= 2 * _SLICE_S else length / peak


@njit(cache=True)
def _ramp_time(change, acceleration):
    time = change / acceleration
    return time if time >= _SLICE_S else 0.0
