"""The pen's round trip over strokes that may be drawn either way, made short by exchanging its moves.

The search is Lin and Kernighan's (An effective heuristic algorithm for the traveling-salesman problem,
Operations Research 21, 1973) to a fixed depth, followed by small kicks that are taken back where they do
not help (Martin, Otto and Felten, Large-step Markov chains, Complex Systems 5, 1991). Strokes are never
cut: only the moves between them change. An end of a stroke has exactly one move, so that an exchange is
named by the ends of its moves alone.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from jaxtyping import Float, Int
from numba import njit
from numpy import ndarray

from plotopt.plot.exchanges import (
    CUTS,
    DEEPEST,
    ENDS,
    JOINED,
    TRIED,
    fits,
    mate,
    open_log,
    rewrite,
    sort_cuts,
    undo,
)

#: At each depth of the search, how many of the nearest ends are tried.
BREADTH = (8, 5, 3, 2)
_FEWEST_KICKED = 5
_STEPS = 20


class Trip(NamedTuple):
    """A closed trip through every stroke. Ends ``2 i`` and ``2 i + 1`` are those of stroke i.

    ``order`` holds the end at which each stroke is entered, ``places[i]`` is where stroke i stands in it.
    ``near`` and ``distances`` are the nearest other ends of every end, -1 where there are none.
    """

    points: Float[ndarray, "ends 2"]
    near: Int[ndarray, "ends count"]
    distances: Float[ndarray, "ends count"]
    order: Int[ndarray, "strokes"]
    places: Int[ndarray, "strokes"]


class _Queue(NamedTuple):
    """Ends whose moves are to be looked at, first in, first out: ``span`` is the first and how many."""

    ends: ndarray
    waits: ndarray
    span: ndarray


@njit(cache=True)
def improve(trip, kicks):
    """Shorten a trip in place: a local search, then ``kicks`` local kicks. Fills ``places`` first.

    The same trip gives the same result on every machine.
    """
    strokes = len(trip.order)
    exchange, gains = np.empty((5, 2 * DEEPEST), np.int64), np.empty(DEEPEST)
    log = open_log(strokes)
    queue = _Queue(np.empty(2 * strokes, np.int32), np.zeros(2 * strokes, np.bool_), np.zeros(2, np.int64))
    least = 1e-9 * max(np.abs(trip.points).max(), 1e-3)
    for i in range(strokes):
        trip.places[trip.order[i] >> 1] = i
        _wait(queue, trip.order[i])
        _wait(queue, trip.order[i] ^ 1)
    _settle(trip, (exchange, gains), log, queue, least, np.bool_(False))
    # Of literals, Numba would compile each as a function of its own.
    state = np.int64(1)
    for _ in range(kicks if strokes >= _FEWEST_KICKED else 0):
        log.used[:] = 0
        state = _choose(trip, exchange, state)
        gain = _kick(trip, exchange, log, queue)
        gain += _settle(trip, (exchange, gains), log, queue, least, np.bool_(True))
        if gain < 0:
            undo(trip.order, trip.places, log)


@njit(cache=True)
def _settle(trip, scratch, log, queue, least, logged):
    """Exchange moves until nothing in the queue gains any more; return how much shorter the trip is."""
    exchange, gains = scratch
    total = 0.0
    while queue.span[1] > 0:
        start = _next(queue)
        while True:
            depth, gain = _search(trip, exchange, gains, start, least)
            if not logged:
                log.used[:] = 0
            if depth == 0 or not rewrite(trip.order, trip.places, exchange, log, depth):
                break
            total += gain
            for i in range(2 * depth):
                _wait(queue, exchange[ENDS, i])
    return total


@njit(cache=True)
def _wait(queue, end):
    if not queue.waits[end]:
        queue.waits[end] = True
        last = queue.span[0] + queue.span[1]
        queue.ends[last if last < len(queue.ends) else last - len(queue.ends)] = end
        queue.span[1] += 1


@njit(cache=True)
def _next(queue):
    end = queue.ends[queue.span[0]]
    queue.span[0] = queue.span[0] + 1 if queue.span[0] + 1 < len(queue.ends) else 0
    queue.span[1] -= 1
    queue.waits[end] = False
    return end


@njit(cache=True)
def _distance(points, a, b):
    x, y = points[a, 0] - points[b, 0], points[a, 1] - points[b, 1]
    return np.sqrt(x * x + y * y)


@njit(cache=True)
def _search(trip, exchange, gains, start, least):
    """Find an exchange that gains more than ``least``: its number of moves (0: none), and the gain."""
    points, near, distances, order, places = trip
    exchange[ENDS, 0], exchange[ENDS, 1] = start, mate(order, places, start)
    gains[0], depth = _distance(points, start, exchange[ENDS, 1]), 0
    exchange[TRIED, 0] = 0
    while depth >= 0:
        last, nth = exchange[ENDS, 2 * depth + 1], exchange[TRIED, depth]
        end, left = -1, 0.0
        if nth < BREADTH[depth] and nth < near.shape[1]:
            end, left = near[last, nth], gains[depth] - distances[last, nth]
        if end < 0 or left <= least:
            depth -= 1
            continue
        exchange[TRIED, depth] += 1
        known = False
        for i in range(2 * depth + 2):
            known |= exchange[ENDS, i] == end
        if known:
            continue
        across = mate(order, places, end)
        total = left + _distance(points, end, across)
        exchange[ENDS, 2 * depth + 2], exchange[ENDS, 2 * depth + 3] = end, across
        gain = total - _distance(points, across, start)
        if gain > least and fits(order, places, exchange, depth + 2):
            return depth + 2, gain
        if depth + 1 < len(BREADTH):
            depth += 1
            gains[depth], exchange[TRIED, depth] = total, 0
    return 0, 0.0


@njit(cache=True)
def _choose(trip, exchange, state):
    """Four moves to kick, by a walk from end to near end; repeats a cut when the walk finds fewer.

    Returns the state of the generator, Park and Miller's with modulus 2^31 - 1.
    """
    order, places, near = trip.order, trip.places, trip.near
    state = state * 48271 % 2147483647
    end, found = state % len(near), 0
    exchange[CUTS, 0] = exchange[CUTS, 1] = 0
    for _ in range(_STEPS):
        if order[places[end >> 1]] == end:
            end = mate(order, places, end)
        cut, known = places[end >> 1], False
        for i in range(found):
            known |= exchange[CUTS, i] == cut
        if not known:
            exchange[CUTS, found] = cut
            found += 1
        if found == 4:
            return state
        state = state * 48271 % 2147483647
        after = near[end, state % near.shape[1]]
        end = after if after >= 0 else end ^ 1
    exchange[CUTS, :4] = 0
    return state


@njit(cache=True)
def _kick(trip, exchange, log, queue):
    """Swap the first and the last of the three sections between the chosen cuts: a double bridge.

    Returns the gain, which is mostly negative.
    """
    order, strokes, gain = trip.order, len(trip.order), 0.0
    cuts = np.int64(4)
    sort_cuts(exchange, cuts)
    if exchange[CUTS, 0] == exchange[CUTS, 1]:
        return gain
    for i in range(4):
        tail, head = 2 * i + 1, 2 * ((i + 3) & 3)
        exchange[JOINED, tail], exchange[JOINED, head] = head, tail
        leave, arrive = order[exchange[CUTS, i]] ^ 1, order[(exchange[CUTS, i] + 1) % strokes]
        anew = order[(exchange[CUTS, (i + 2) & 3] + 1) % strokes]
        gain += _distance(trip.points, leave, arrive) - _distance(trip.points, leave, anew)
        _wait(queue, leave)
        _wait(queue, arrive)
    rewrite(order, trip.places, exchange, log, cuts)
    return gain
