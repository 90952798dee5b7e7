"""Which ends of strokes lie near which, and how ends are linked into paths, shortest links first."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from jaxtyping import Float, Int
from numba import njit
from numpy import ndarray
from scipy.spatial import cKDTree

_CANDIDATES = 6


class Nearest(NamedTuple):
    """The nearest other ends of every end, nearest first: -1 and infinity where there are no more."""

    ends: Int[ndarray, "ends count"]
    distances: Float[ndarray, "ends count"]


class Links(NamedTuple):
    """How ends are linked. Ends ``2 i`` and ``2 i + 1`` are those of stroke i.

    ``mates[e]`` is the end that the pen goes to from end e, -1 while it is free. ``fars[e]`` is, for a free
    end, the other free end of the same path.
    """

    mates: Int[ndarray, "ends"]
    fars: Int[ndarray, "ends"]

    @classmethod
    def none(cls, ends: int) -> Links:
        """Every stroke a path of its own."""
        return cls(np.full(ends, -1), np.arange(ends) ^ 1)

    def free(self) -> Int[ndarray, "free"]:
        """The ends that nothing is linked to, in order."""
        return np.flatnonzero(self.mates < 0)

    def paths(self) -> list[Int[ndarray, "strokes"]]:
        """For each path, the ends at which its strokes are entered; paths by their first free end."""
        ends = np.empty(len(self.mates) // 2, np.int32)
        return np.split(ends, _write_paths(self.mates, ends))


def nearest(
    points: Float[ndarray, "ends 2"], fars: Int[ndarray, "ends"], count: int, within: float = np.inf
) -> Nearest:
    """The ``count`` nearest ends less than ``within`` away, without an end itself and ``fars`` of it.

    Where many ends share one place, only its first and its last are named: a drawing with thousands of
    strokes from one point would otherwise cost their square.
    """
    order = np.lexsort((points[:, 1], points[:, 0]))
    opens = np.ones(len(points), bool)
    opens[1:] = (np.diff(points[order], axis=0) != 0).any(1)
    starts = np.flatnonzero(opens)
    lasts = order[np.append(starts[1:], len(points)) - 1]
    place = np.empty(len(points), np.int64)
    place[order] = np.cumsum(opens) - 1
    asked = min(count + 2, len(starts))
    distances, places = cKDTree(points[order[starts]]).query(
        points[order[starts]], k=np.arange(1, asked + 1), distance_upper_bound=within
    )
    named = Nearest(np.full((len(points), count), -1, np.int32), np.full((len(points), count), np.inf))
    _name(named, (places, distances), (order[starts], lasts, place), fars)
    return named


@njit(cache=True)
def _name(named, found, places, fars):
    near, distances = found
    firsts, lasts, place = places
    for end in range(len(fars)):
        n = 0
        for j in range(near.shape[1]):
            other = near[place[end], j]
            if n == named.ends.shape[1] or other == len(firsts):
                break
            for twice in range(2):
                candidate = lasts[other] if twice else firsts[other]
                repeated = twice and candidate == firsts[other]
                if not repeated and candidate != end and candidate != fars[end] and n < named.ends.shape[1]:
                    named.ends[end, n] = candidate
                    named.distances[end, n] = distances[place[end], j]
                    n += 1


def link_coincident(links: Links, points: Float[ndarray, "ends 2"]) -> None:
    """Link free ends that share a place exactly, as many as can be without closing a path."""
    order = np.lexsort((np.arange(len(points)), points[:, 1], points[:, 0]))
    _link_coincident(links, points, order)


@njit(cache=True)
def _link_coincident(links, points, order):
    # Ends at one place that could not be linked belong to one path, and a path has but two.
    waiting, x, y = -1, 0.0, 0.0
    for end in order:
        if links.mates[end] >= 0:
            continue
        if waiting < 0 or points[end, 0] != x or points[end, 1] != y:
            waiting, x, y = end, points[end, 0], points[end, 1]
        elif links.fars[end] != waiting:
            _link(links, waiting, end)
            waiting = -1


def link_nearest(links: Links, points: Float[ndarray, "ends 2"], within: float, allowed=None) -> None:
    """Link free ends less than ``within`` apart, globally shortest first, until nothing more can be linked.

    No path is closed. ``allowed(starts, ends)`` may refuse links: bools for two arrays of ends.
    """
    free = links.free()
    while len(free) > 2 or (len(free) == 2 and links.fars[free[0]] != free[1]):
        index = np.full(len(points), -1)
        index[free] = np.arange(len(free))
        found = nearest(points[free], index[links.fars[free]], min(_CANDIDATES, len(free)), within)
        a, b, lengths = _pairs(found)
        a, b = free[a], free[b]
        if allowed is not None:
            kept = allowed(a, b)
            a, b, lengths = a[kept], b[kept], lengths[kept]
        order = np.argsort(lengths, kind="stable")
        if not link_in_order(links, a[order], b[order]):
            return
        tried = np.unique(np.concatenate([a, b]))
        free = tried[links.mates[tried] < 0] if np.isfinite(within) else links.free()


def _pairs(found: Nearest) -> tuple[ndarray, ndarray, ndarray]:
    rows, columns = np.nonzero(found.ends >= 0)
    others = found.ends[rows, columns]
    # A pair that both ends name is tried once.
    single = (rows < others) | ~(found.ends[others] == rows[:, None]).any(1)
    return rows[single], others[single], found.distances[rows, columns][single]


@njit(cache=True)
def link_in_order(links, starts, ends):
    """Link pairs of ends, first come first served, where both are free and of two paths; count them."""
    linked = 0
    for a, b in zip(starts, ends):  # noqa: B905  Numba knows no strict.
        if links.mates[a] < 0 and links.mates[b] < 0 and links.fars[a] != b:
            _link(links, a, b)
            linked += 1
    return linked


@njit(cache=True)
def _link(links, a, b):
    links.mates[a], links.mates[b] = b, a
    start, end = links.fars[a], links.fars[b]
    links.fars[start], links.fars[end] = end, start


@njit(cache=True)
def follow(mates, start, ends):
    """Write the ends at which the strokes of a path are entered, from ``start`` on; count them."""
    end, n = start, 0
    while end >= 0 and n < len(ends):
        ends[n] = end
        n += 1
        end = mates[end ^ 1]
    return n


@njit(cache=True)
def _write_paths(mates, ends):
    done = np.zeros(len(mates), np.bool_)
    starts = np.empty(len(ends), np.int64)
    count, used = 0, 0
    for end in range(len(mates)):
        if mates[end] < 0 and not done[end]:
            starts[count] = used
            used += follow(mates, end, ends[used:])
            done[ends[used - 1] ^ 1] = True
            count += 1
    return starts[1:count]
