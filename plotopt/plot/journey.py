"""When the pen is where: the motion model's seconds, path by path."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from jaxtyping import Float
from numpy import ndarray

from plotopt.plot.chains import pen_up_moves_mm
from plotopt.plot.motion import rest_to_rest_s, time_paths
from plotopt.plot.plan import Layer
from plotopt.profiles import Client, Profile


@dataclass(frozen=True, eq=False)
class Journey:
    """One layer's round trip: ``reach_s`` from the lift before each path to its first ink, ``draw_s`` on it.

    ``reach_s`` has one entry more than there are paths, the way home, or none where there is nothing to draw.
    """

    reach_s: Float[ndarray, "paths+1"]
    draw_s: Float[ndarray, "paths"]


def travel(layer: Layer, profile: Profile, client: Client) -> Journey:
    """The seconds of :func:`plotopt.plot.motion.time_paths`, told of each path.

    Every path starts and ends at rest, so that its seconds are its own. Those of the moves between are shared
    out by a trapezoid of speed at the profile's figures. All add up to the layer's time.
    """
    whole = time_paths(layer.chains, profile, client)
    draw = np.array([time_paths([chain], profile, client).draw_s for chain in layer.chains])
    motion = profile.motion(client)
    moves = rest_to_rest_s(
        pen_up_moves_mm(layer.chains), motion.travel_speed_mm_s, motion.travel_acceleration_mm_s2
    )
    reach = _scaled(moves, whole.travel_s)
    if len(reach):
        reach[:-1] += whole.lift_s / len(draw)
    return Journey(reach, _scaled(draw, whole.draw_s))


def _scaled(parts: ndarray, total: float) -> ndarray:
    return parts * (total / parts.sum()) if parts.any() else parts
