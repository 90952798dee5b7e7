"""Speeds along a path: how fast its corners and its length allow the pen to pass each vertex.

Along a polyline the speed rises and falls at a constant acceleration a, up to the machine's speed, and may
not exceed a limit at each vertex. The limit supposes that the pen rounds the corner on a circle touching
both segments and missing the vertex by a distance d (``cornering``). If theta is the angle between the
segments (pi: straight on), the circle's centre lies on the bisector at r / sin(theta / 2) from the vertex,
so that d = r / sin(theta / 2) - r, and with the centripetal acceleration v^2 / r = a

    v^2 = a d sin(theta / 2) / (1 - sin(theta / 2)).

Nothing limits a straight joint; a reversal stops. Paths start and end at rest.
"""

from __future__ import annotations

import numpy as np
from jaxtyping import Float
from numba import njit
from numpy import ndarray

_SHORTEST_SEGMENT_MM = 1e-9
_STRAIGHT = 1 - 1e-12


@njit(cache=True)
def plan_speeds(
    line: Float[ndarray, "vertices 2"], speed: float, acceleration: float, cornering: float
) -> tuple[ndarray, ndarray]:
    """Lengths in mm of the straight segments of ``line``, and the squared speeds at their ends.

    Segments without length are left out, those that go straight on are one. The speeds, in mm2/s2, are one
    more than the segments.
    """
    directions, lengths = _segments(line)
    count = len(lengths)
    square = np.zeros(count + 1)
    for i in range(1, count):
        square[i] = _cornering_square(directions[i - 1], directions[i], speed, acceleration * cornering)
    for i in range(count - 1, -1, -1):
        square[i] = min(square[i], square[i + 1] + 2 * acceleration * lengths[i])
    for i in range(count):
        square[i + 1] = min(square[i + 1], square[i] + 2 * acceleration * lengths[i])
    return lengths, square


@njit(cache=True)
def _segments(line):
    """Unit directions and lengths of the segments."""
    directions, lengths = np.zeros((len(line), 2)), np.zeros(len(line))
    count, start, last = 0, 0, 0
    for point in range(1, len(line)):
        x, y = line[point, 0] - line[last, 0], line[point, 1] - line[last, 1]
        length = np.hypot(x, y)
        if length <= _SHORTEST_SEGMENT_MM:
            continue
        dx, dy = x / length, y / length
        if count and dx * directions[count - 1, 0] + dy * directions[count - 1, 1] > _STRAIGHT:
            count -= 1
            x, y = line[point, 0] - line[start, 0], line[point, 1] - line[start, 1]
        else:
            start = last
        lengths[count] = np.hypot(x, y)
        directions[count, 0], directions[count, 1] = x / lengths[count], y / lengths[count]
        count, last = count + 1, point
    return directions[:count], lengths[:count]


@njit(cache=True)
def _cornering_square(before, after, speed, acceleration_cornering):
    cosine = min(max(before[0] * after[0] + before[1] * after[1], -1.0), 1.0)
    half_sine = np.sqrt(0.5 * (1 + cosine))  # theta is pi minus the turn, so sin(theta/2) = cos(turn/2)
    if half_sine > _STRAIGHT:
        return speed**2
    return min(speed**2, acceleration_cornering * half_sine / (1 - half_sine))
