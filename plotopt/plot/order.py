"""Fewer and shorter pen-up moves: chains joined, ordered, flipped, and closed ones begun elsewhere."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import NamedTuple

import numpy as np
from jaxtyping import Float, Int
from numba import njit
from numpy import ndarray

from plotopt import bezier
from plotopt.plot import neighbours, tour
from plotopt.plot.chains import Chain, pen_up_moves_mm
from plotopt.plot.joining import COINCIDENT_MM

_NEAREST = 8
# Kicks per stroke; short trips get so many in all, or so many per stroke if that is less. A kick costs as
# much as the trip is long, so long trips are kicked by parts of the page, and again by parts with other
# borders.
_KICKS, _LEAST_KICKS, _MOST_KICKS = 3, 10_000, 100
_LARGEST_BLOCK = 1000
_BORDERS = (0.5, 0.36)
# Loops are turned to face their neighbours in the trip, and the trip improved again, so many times.
_TURNS = 3
# A way that is no round trip comes from so many sides away and goes as far.
_FAR = 20.0


def sort(chains: Sequence[Chain]) -> list[Chain]:
    """The same chains, ordered for short pen-up travel from home and back; never longer than given.

    Chains may be drawn from either end. A closed chain (ends within 1e-6 mm) may begin at any joint of its
    curves. The same chains give the same order on every machine.
    """
    if len(chains) < 1:
        return []
    points = np.array([[chain[0, 0], chain[-1, 3]] for chain in chains] + [[[0.0, 0.0]] * 2]).reshape(-1, 2)
    loops = _Loops.of(chains)
    trip = _first_trip(points)
    for _ in range(_TURNS if len(loops.chains) else 0):
        _improve(trip, points, 0)
        _turn(trip, points, loops)
    _improve(trip, points, _KICKS)
    if len(loops.chains):
        _turn(trip, points, loops)
    ends = _from_home(trip)
    turned = list(chains)
    for number, joint in zip(loops.chains, loops.begins, strict=True):
        turned[number] = np.concatenate([chains[number][joint:], chains[number][:joint]])
    arranged = [bezier.reverse(turned[end >> 1]) if end & 1 else turned[end >> 1] for end in ends]
    return min(list(chains), arranged, key=lambda order: pen_up_moves_mm(order).sum())


def visit(points: Float[ndarray, "ends 2"], kicks: int = 1) -> Int[ndarray, "strokes"]:
    """The ends at which strokes are entered on a short way through all of them, across the longer side.

    Ends ``2 i`` and ``2 i + 1`` are those of stroke i, both in one place if it is a dot. The way is kicked
    ``kicks`` times a stroke. The same points give the same way on every machine.
    """
    if not len(points):
        return np.zeros(0, np.int32)
    low, high = points.min(0), points.max(0)
    # From so far away all are about as far, but for what they are from the edge.
    away = np.where(np.arange(2) == np.argmax(high - low), _FAR * max((high - low).max(), 1.0), 0.0)
    points = np.concatenate([points, [0.5 * (low + high) - away, 0.5 * (low + high) + away]])
    trip = _first_trip(points)
    _improve(trip, points, kicks)
    return _from_home(trip)


def _from_home(trip: Int[ndarray, "strokes"]) -> Int[ndarray, "strokes"]:
    """A round trip as it goes from its last stroke, which is home, and without it."""
    return np.roll(trip, -int(np.flatnonzero(trip >> 1 == len(trip) - 1)[0]))[1:]


class _Loops(NamedTuple):
    """The closed chains: the joints of loop i are ``joints[starts[i] : starts[i + 1]]``."""

    chains: Int[ndarray, "loops"]
    joints: Float[ndarray, "joints 2"]
    starts: Int[ndarray, "loops+1"]
    begins: Int[ndarray, "loops"]

    @classmethod
    def of(cls, chains: Sequence[Chain]) -> _Loops:
        closed = [
            i
            for i, chain in enumerate(chains)
            if len(chain) > 1 and np.abs(chain[0, 0] - chain[-1, 3]).max() < COINCIDENT_MM
        ]
        joints = [chains[i][:, 0] for i in closed]
        starts = np.cumsum([0, *(len(points) for points in joints)])
        return cls(
            np.array(closed, int),
            np.concatenate([np.zeros((0, 2)), *joints]),
            starts,
            np.zeros(len(closed), int),
        )


def _first_trip(points: Float[ndarray, "ends 2"]) -> Int[ndarray, "strokes"]:
    """A trip of links taken greedily, shortest first."""
    links = neighbours.Links.none(len(points))
    neighbours.link_coincident(links, points)
    neighbours.link_nearest(links, points, np.inf)
    start, end = links.free()
    links.mates[start], links.mates[end] = end, start
    trip = np.empty(len(points) // 2, np.int32)
    neighbours.follow(links.mates, start, trip)
    return trip


def _improve(trip: Int[ndarray, "strokes"], points: Float[ndarray, "ends 2"], kicks: int) -> None:
    """Shorten a trip in place: all of it by exchanges, then, if there are ``kicks``, part by part."""
    whole = len(trip) <= _LARGEST_BLOCK
    tour.improve(_tour(trip, points), _kicks(len(trip), kicks) if kicks and whole else 0)
    if not kicks or whole:
        return
    for border in _BORDERS:
        blocks = _blocks(trip, points, border)
        for block in range(blocks.max() + 1):
            cuts = np.flatnonzero(blocks[trip ^ 1] == block)
            _improve_part(trip, points, cuts, kicks * len(cuts) // len(_BORDERS))


def _tour(trip: ndarray, points: ndarray) -> tour.Trip:
    near = neighbours.nearest(points, np.arange(len(points)) ^ 1, _NEAREST)
    return tour.Trip(points, near.ends, near.distances, trip, np.empty_like(trip))


def _kicks(strokes: int, each: int) -> int:
    return max(each * strokes, min(_LEAST_KICKS, _MOST_KICKS * strokes))


def _improve_part(trip: ndarray, points: ndarray, cuts: Int[ndarray, "moves"], kicks: int) -> None:
    """Improve the moves that leave the places ``cuts`` alone: what lies between is as if one stroke."""
    heads, tails = trip[np.roll(cuts, 1) + 1 - len(trip)], trip[cuts] ^ 1
    part = np.arange(0, 2 * len(cuts), 2, dtype=np.int32)
    tour.improve(_tour(part, points[np.stack([heads, tails], 1).reshape(-1)]), kicks)
    _expand(trip, trip.copy(), cuts, part)


@njit(cache=True)
def _expand(trip, before, cuts, part):
    """Write the trip anew, its sections between cuts in the order and the direction of ``part``."""
    place = 0
    for entered in part:
        section = entered >> 1
        first = cuts[section - 1] + 1 - (0 if section else len(before))
        size = cuts[section] - first + 1
        for i in range(size):
            trip[place] = before[first + size - 1 - i] ^ 1 if entered & 1 else before[first + i]
            place += 1


def _blocks(trip: ndarray, points: ndarray, border: float) -> Int[ndarray, "ends"]:
    """For every end, which of the page's blocks its move lies in: blocks of about equally many moves."""
    leaves, arrives = trip ^ 1, np.roll(trip, -1)
    middles = 0.5 * (points[leaves] + points[arrives])
    blocks = np.empty(len(points), int)
    for number, members in enumerate(_halved(middles, np.arange(len(trip)), border)):
        blocks[leaves[members]] = blocks[arrives[members]] = number
    return blocks


def _halved(places: ndarray, members: ndarray, border: float) -> Iterator[ndarray]:
    if len(members) <= _LARGEST_BLOCK:
        yield members
        return
    here = places[members]
    along = here[:, int(np.argmax(np.ptp(here, axis=0)))]
    members = members[np.argsort(along, kind="stable")]
    at = int(border * len(members))
    yield from _halved(places, members[:at], border)
    yield from _halved(places, members[at:], border)


def _turn(trip: ndarray, points: ndarray, loops: _Loops) -> None:
    """Begin each loop at the joint that its neighbours in the trip are nearest to."""
    places = np.empty(len(trip), int)
    places[trip >> 1] = np.arange(len(trip))
    _turn_loops(trip, places, points, loops)


@njit(cache=True)
def _turn_loops(trip, places, points, loops):
    for _ in range(8):
        changed = False
        for i in range(len(loops.chains)):
            place = places[loops.chains[i]]
            before = points[trip[place - 1] ^ 1]
            after = points[trip[(place + 1) % len(trip)]]
            best, shortest = loops.begins[i], np.inf
            for joint in range(loops.starts[i + 1] - loops.starts[i]):
                x, y = loops.joints[loops.starts[i] + joint]
                way = np.sqrt((x - before[0]) ** 2 + (y - before[1]) ** 2)
                way += np.sqrt((x - after[0]) ** 2 + (y - after[1]) ** 2)
                if way < shortest:
                    best, shortest = joint, way
            if best != loops.begins[i]:
                loops.begins[i], changed = best, True
                chain = loops.chains[i]
                points[2 * chain] = points[2 * chain + 1] = loops.joints[loops.starts[i] + best]
        if not changed:
            break
