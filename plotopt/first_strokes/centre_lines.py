"""Lines that a picture is drawn in, followed along their middles and straight on across each other."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Sequence
from itertools import combinations
from typing import NamedTuple

import numpy as np
from jaxtyping import Bool, Float, Int
from numpy import ndarray
from scipy import ndimage
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components

from plotopt.first_strokes.linking import Gaps, Line, linked
from plotopt.first_strokes.seeding import evened
from plotopt.first_strokes.skeleton import Arc, Skeleton

#: Points of a line are so far apart.
STEP_PX = 0.5
_SMOOTH_PX, _LEAST_PX = 1.5, 1e-9
# Nodes so many widths of the line apart are one; free ends so short, in widths, are frays.
_ONE_NODE, _FRAY = 1.5, 0.8
# Lines are pulled aside by others over so many widths; a heading is that over so many more.
_ASIDE, _HEADING = 0.7, 4.0
# Across a node they turn by no more than this,
_SHARPEST = np.deg2rad(50)
# and it is no more than so many widths across. From so many on, they are to go straight for the other side.
_ACROSS, _NEAR = 12.0, 2.0
# Lines that end at others lead to their node if it is as near, or straight ahead within so many widths.
_AHEAD = 6.0
# Two that meet at a small angle run as one for so many widths over the sine of half of it, and turn by less.
_SHARED, _SHARPEST_SHARED, _LEAST_SINE = 1.2, np.deg2rad(25), 0.05
# Of links across one node and along such a stretch, the latter come first.
_SHARED_COST = 0.1

Link = tuple[int, int, float]


def centre_lines(mask: Bool[ndarray, "height width"]) -> list[Line]:
    """Lines along the middles of a mask's parts, in pixels and steps of half of one, the longest first.

    Where lines cross they go straight on; one that ends at another touches it.
    """
    arms = _arms(mask)
    if not arms:
        return []
    ends = defaultdict(list)
    for number, arm in enumerate(arms):
        for side, tip in enumerate(arm.tips):
            if tip.node >= 0:
                ends[tip.node].append(2 * number + side)
    shared, along = _along_others(arms, ends)
    whole = linked([arm.line for arm in arms], _gaps([*along, *_across_nodes(arms, ends)])).lines
    gone = {arms[number].line.tobytes() for number in shared}
    feet = {tip.point.tobytes(): tip.foot for arm in arms for tip in arm.tips}
    lines = [
        _smoothed(np.concatenate([feet[line[0].tobytes()], line, feet[line[-1].tobytes()]]))
        for line in whole
        if line.tobytes() not in gone
    ]
    return sorted(lines, key=lambda line: -len(line))


class _Tip(NamedTuple):
    """An end of an arm: the node that it is cut off from, -1 for none, and where that lies.

    ``foot`` is one point, or none where that is far. ``heading`` is a unit vector that leads on.
    """

    point: Float[ndarray, "2"]
    heading: Float[ndarray, "2"]
    node: int
    foot: Float[ndarray, "feet 2"]


class _Arm(NamedTuple):
    """A line between nodes, cut off where others pull it aside; its width, and its length before."""

    line: Line
    tips: tuple[_Tip, _Tip]
    width: float
    length: int


def _arms(mask: Bool[ndarray, "height width"]) -> list[_Arm]:
    skeleton = Skeleton.of(mask)
    half = ndimage.distance_transform_edt(mask)
    arcs = [(arc, 2 * float(np.median(half[tuple(arc.points.astype(int).T[::-1])]))) for arc in skeleton.arcs]
    short = [arc.ends for arc, width in arcs if min(arc.ends) >= 0 and len(arc.points) <= _ONE_NODE * width]
    owner, places = _merged(skeleton.nodes, short)
    return [_arm(arc, width, owner, places) for arc, width in arcs if not _is_trifle(arc, width)]


def _is_trifle(arc: Arc, width: float) -> bool:
    """Whether an arc is part of a node, or a fray."""
    if max(arc.ends) < 0:
        return False
    return len(arc.points) <= (_ONE_NODE if min(arc.ends) >= 0 else _FRAY) * width


def _merged(
    nodes: Float[ndarray, "nodes 2"], pairs: Sequence[tuple[int, int]]
) -> tuple[Int[ndarray, "nodes"], Float[ndarray, "merged 2"]]:
    """For each node the number of the one that it becomes when pairs are made one, and where these lie."""
    if not len(nodes):
        return np.zeros(0, int), nodes
    one, other = np.array(pairs, int).reshape(-1, 2).T
    graph = coo_array((np.ones(len(one)), (one, other)), (len(nodes), len(nodes)))
    count, owner = connected_components(graph, directed=False)
    sizes = np.bincount(owner, minlength=count)
    return owner, np.stack([np.bincount(owner, axis, count) / sizes for axis in nodes.T], axis=1)


def _arm(arc: Arc, width: float, owner: Int[ndarray, "nodes"], places: Float[ndarray, "merged 2"]) -> _Arm:
    line, aside = _smoothed(arc.points), round(_ASIDE * width / STEP_PX)
    before, after = (min(aside, len(line) // 3) if end >= 0 else 0 for end in arc.ends)
    line = line[before : len(line) - after]
    tips = []
    for end, inwards in zip(arc.ends, (line, line[::-1]), strict=True):
        node = int(owner[end]) if end >= 0 else -1
        heading = _heading(inwards[: round(_HEADING * width / STEP_PX) + 1])
        is_led = node >= 0 and _leads(heading, places[node] - inwards[0], width)
        tips.append(_Tip(inwards[0], heading, node, places[[node] if is_led else []]))
    return _Arm(line, (tips[0], tips[1]), width, len(arc.points))


def _leads(heading: Float[ndarray, "2"], way: Float[ndarray, "2"], width: float) -> bool:
    """Whether a node so far away is where a line leads that ends there: near, or straight ahead."""
    away = float(np.hypot(*way)) / width
    return away <= _NEAR or (away <= _AHEAD and _angle(heading, way) < _SHARPEST)


def _heading(line: Line) -> Float[ndarray, "2"]:
    """The unit vector that leads on from the first point of a line, on the circle that it lies on."""
    half, whole = (complex(*(line[0] - line[at])) for at in (len(line) // 2, -1))
    way = half**2 * whole.conjugate() / max(abs(half) ** 2 * abs(whole), _LEAST_PX)
    return np.array([way.real, way.imag])


def _gaps(links: list[Link]) -> Gaps:
    """The straightest link of each end; one that would close a line leaves no room for another."""
    taken: set[int] = set()
    gaps = []
    for start, stop, turn in sorted(links, key=lambda link: link[2]):
        if taken.isdisjoint((start, stop)):
            taken |= {start, stop}
            gaps.append((start, stop, turn))
    starts, stops, costs = zip(*gaps, strict=True) if gaps else ((), (), ())
    return Gaps(np.array(starts, int), np.array(stops, int), np.array(costs, float))


def _along_others(arms: list[_Arm], ends: dict[int, list[int]]) -> tuple[list[int], list[Link]]:
    """The arms that two lines run along as one, and how these are linked across them.

    ``ends`` are those that meet in each node; the nodes of such an arm are emptied, for all is told of them.
    """
    shared, links = [], []
    for number in sorted(range(len(arms)), key=lambda number: arms[number].length):
        u, v = (tip.node for tip in arms[number].tips)
        if u == v or min(u, v) < 0 or len(ends[u]) != 3 or len(ends[v]) != 3:
            continue
        a, b = (end for end in ends[u] if end >> 1 != number)
        c, d = (end for end in ends[v] if end >> 1 != number)
        ways = [[(a, c), (b, d)], [(a, d), (b, c)]]
        turns = [[_turn(arms, *link) for link in way] for way in ways]
        best = int(max(turns[1]) < max(turns[0]))
        sine = np.sin(0.5 * (np.pi - _turn(arms, a, b)))
        near = arms[number].length <= _SHARED * arms[number].width / max(sine, _LEAST_SINE)
        if near and max(turns[best]) <= _SHARPEST_SHARED:
            ends[u], ends[v] = [], []
            shared.append(number)
            links += [
                (*link, _SHARED_COST * turn) for link, turn in zip(ways[best], turns[best], strict=True)
            ]
    return shared, links


def _across_nodes(arms: list[_Arm], ends: dict[int, list[int]]) -> Iterator[Link]:
    for meeting in ends.values():
        for start, stop in combinations(meeting, 2):
            turn = _turn_across(arms, start, stop)
            if start >> 1 != stop >> 1 and turn < _SHARPEST:
                yield start, stop, turn


def _turn(arms: list[_Arm], start: int, stop: int) -> float:
    """By what angle a line turns that goes from one end on to another."""
    one, other = (arms[end >> 1].tips[end & 1] for end in (start, stop))
    return _angle(one.heading, -other.heading)


def _turn_across(arms: list[_Arm], start: int, stop: int) -> float:
    """By what angle it turns at either of them, where these lie so far apart that there is a way between."""
    one, other = (arms[end >> 1].tips[end & 1] for end in (start, stop))
    way = other.point - one.point
    widths = float(np.hypot(*way)) / max(arms[start >> 1].width, arms[stop >> 1].width)
    if widths <= _NEAR:
        return _turn(arms, start, stop)
    turn = max(_angle(one.heading, way), _angle(way, -other.heading))
    return turn if widths <= _ACROSS else np.pi


def _angle(one: Float[ndarray, "2"], other: Float[ndarray, "2"]) -> float:
    return float(np.arctan2(abs(one[0] * other[1] - one[1] * other[0]), one @ other))


def _smoothed(line: Line) -> Line:
    """The line in even steps without the grain of the pixels; its ends stay."""
    line = evened(line, STEP_PX) if len(line) > 1 else line
    smooth = ndimage.gaussian_filter1d(line, _SMOOTH_PX / STEP_PX, axis=0, mode="nearest")
    smooth[[0, -1]] = line[[0, -1]]
    return smooth
