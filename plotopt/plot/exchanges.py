"""Exchanges of a trip's moves: whether one leaves a single trip, carrying it out, and taking it back.

An exchange is an integer array of five rows. Its moves go from end 0 to end 1, from 2 to 3 and so on; the
new ones from 1 to 2, from 3 to 4, ..., from the last to 0. Cuts are the places that the moves leave; sorted,
they part the trip into sections, the first of which ends at the first cut. A section s has the head ``2 s``
and the tail ``2 s + 1``; the row JOINED tells which of those the new moves join.

A trip is two arrays: ``order``, the end at which each stroke is entered (``2 i`` and ``2 i + 1`` are those
of stroke i), and ``places``, where each stroke stands in it. Arrays are handed over one by one because the
compiled code counts references to each array of a tuple anew at every call.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numba import njit
from numpy import ndarray

ENDS, CUTS, _RANKS, JOINED, TRIED = range(5)
#: The most moves in an exchange.
DEEPEST = 5
# The longest stretch of the trip, in strokes, that one exchange may rewrite.
_LONGEST_REWRITTEN = 50_000
_LOG_ROOM = 100_000


class Log(NamedTuple):
    """Stretches of the trip as they were before exchanges: strokes, where each began, and its length.

    ``used`` counts the stretches and the strokes.
    """

    strokes: ndarray
    starts: ndarray
    lengths: ndarray
    used: ndarray


@njit(cache=True)
def open_log(strokes):
    """An empty log with room for many exchanges of a trip."""
    room = _LOG_ROOM + 2 * strokes
    starts, lengths = np.empty(room, np.int32), np.empty(room, np.int32)
    return Log(np.empty(room, np.int32), starts, lengths, np.zeros(2, np.int64))


@njit(cache=True)
def mate(order, places, end):
    """The end at the other side of this end's move."""
    place = places[end >> 1]
    if order[place] == end:
        return order[place - 1 if place else len(order) - 1] ^ 1
    return order[place + 1 if place + 1 < len(order) else 0]


@njit(cache=True)
def fits(order, places, exchange, count):
    """Whether the exchange leaves one trip and rewrites no more than allowed; lays out its sections."""
    _lay_out(order, places, exchange, count)
    _, widest = _widest(exchange, count, len(order))
    if len(order) - widest > _LONGEST_REWRITTEN:
        return False
    at, visited = 1, 1
    while True:
        at = exchange[JOINED, at]
        if at >> 1 == 0:
            return visited == count
        at ^= 1
        visited += 1


@njit(cache=True)
def _lay_out(order, places, exchange, count):
    for i in range(count):
        place = places[exchange[ENDS, 2 * i] >> 1]
        if order[place] == exchange[ENDS, 2 * i]:
            place = place - 1 if place else len(order) - 1
        exchange[CUTS, i] = place
    for i in range(count):
        exchange[_RANKS, i] = 0
        for j in range(count):
            exchange[_RANKS, i] += exchange[CUTS, j] < exchange[CUTS, i]
    for i in range(count):
        after = i + 1 if i + 1 < count else 0
        a = _side(order, places, exchange[ENDS, 2 * i + 1], exchange[_RANKS, i], count)
        b = _side(order, places, exchange[ENDS, 2 * after], exchange[_RANKS, after], count)
        exchange[JOINED, a], exchange[JOINED, b] = b, a
    sort_cuts(exchange, count)


@njit(cache=True)
def _side(order, places, end, rank, count):
    """The tail of the section before a cut, or the head of the one after it."""
    if order[places[end >> 1]] == end:
        return 2 * (rank + 1) if rank + 1 < count else 0
    return 2 * rank + 1


@njit(cache=True)
def sort_cuts(exchange, count):
    for i in range(1, count):
        cut, j = exchange[CUTS, i], i
        while j > 0 and exchange[CUTS, j - 1] > cut:
            exchange[CUTS, j] = exchange[CUTS, j - 1]
            j -= 1
        exchange[CUTS, j] = cut


@njit(cache=True)
def _section(exchange, count, strokes, section):
    """The place where a section begins, which may be -strokes or more, and how many strokes it has."""
    before = exchange[CUTS, section - 1] if section else exchange[CUTS, count - 1] - strokes
    return before + 1, exchange[CUTS, section] - before


@njit(cache=True)
def _widest(exchange, count, strokes):
    widest, size = 0, 0
    for i in range(count):
        _, here = _section(exchange, count, strokes, i)
        if here > size:
            widest, size = i, here
    return widest, size


@njit(cache=True)
def rewrite(order, places, exchange, log, count):
    """Carry an exchange out: the widest section stays, the others are written anew behind it.

    The log takes what was there. Returns False, and does nothing, when the log is full.
    """
    strokes, logged, used = len(order), log.strokes, log.used[1]
    stays, size = _widest(exchange, count, strokes)
    length, first = strokes - size, (exchange[CUTS, stays] + 1) % strokes
    if used + length > len(logged):
        return False
    place = first
    for i in range(used, used + length):
        logged[i] = order[place]
        place = place + 1 if place + 1 < strokes else 0
    log.starts[log.used[0]], log.lengths[log.used[0]] = first, length
    log.used[0] += 1
    log.used[1] += length
    at, place = exchange[JOINED, 2 * stays + 1], first
    while at >> 1 != stays:
        begin, size = _section(exchange, count, strokes, at >> 1)
        begin = used + (begin - first) % strokes
        for i in range(size):
            end = logged[begin + size - 1 - i] ^ 1 if at & 1 else logged[begin + i]
            order[place] = end
            places[end >> 1] = place
            place = place + 1 if place + 1 < strokes else 0
        at = exchange[JOINED, at ^ 1]
    return True


@njit(cache=True)
def undo(order, places, log):
    while log.used[0] > 0:
        log.used[0] -= 1
        place, length = log.starts[log.used[0]], log.lengths[log.used[0]]
        log.used[1] -= length
        for i in range(log.used[1], log.used[1] + length):
            order[place] = log.strokes[i]
            places[log.strokes[i] >> 1] = place
            place = place + 1 if place + 1 < len(order) else 0
