"""Lines that a picture is drawn in, followed along their middles and straight on across each other."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from itertools import combinations
from typing import NamedTuple

import numpy as np
from jaxtyping import Bool, Float, Int
from numpy import ndarray
from scipy import ndimage

from plotopt.first_strokes.contours import smoothed
from plotopt.first_strokes.linking import Gaps, Line, linked
from plotopt.first_strokes.seeding import evened
from plotopt.first_strokes.skeleton import Arc, Skeleton
from plotopt.first_strokes.streamlines import STEP_PX

#: A line whose ends are so near to each other is closed.
CLOSED_PX = 2.0
_SMOOTH_PX, _LEAST_PX = 1.5, 1e-9
# Nodes so many widths of the line apart are one, up to so many across; free ends so short are frays.
_ONE_NODE, _NODE_ACROSS, _FRAY = 1.5, 8.0, 0.8
# Lines are pulled aside by others over so many widths; a heading is that over so many more.
_ASIDE, _HEADING = 0.7, 4.0
# A free end is straightened for twice as many, where the line is so many times as long.
_ENOUGH = 8
#: Across a node they turn by no more than this,
SHARPEST = np.deg2rad(50)
# over no more than so many widths. From so many on, they are to go straight for the other side.
_ACROSS, _NEAR = 12.0, 2.0
# Lines that end at others lead to their node if it is as near, or straight ahead within so many widths.
_AHEAD = 6.0
# Two that meet at a small angle run as one for so many widths over the sine of half of it, and turn by less.
_SHARED, _SHARPEST_SHARED, _LEAST_SINE = 1.2, np.deg2rad(25), 0.05
# Of links across one node and along such a stretch, the latter come first.
_SHARED_COST = 0.1

Link = tuple[int, int, float]


def centre_lines(mask: Bool[ndarray, "height width"], widest_px: float = np.inf) -> list[Line]:
    """Lines along the middles of a mask's parts, in pixels and steps of half of one, the longest first.

    Where lines cross they go straight on; one that ends at another touches it. Of parts that are wider than
    ``widest_px`` there are none, but others go on across them.
    """
    arms = [arm for arm in _arms(mask) if arm.width - 1 <= widest_px]
    if not arms:
        return []
    ends = defaultdict(list)
    for number, arm in enumerate(arms):
        for side, tip in enumerate(arm.tips):
            if tip.node >= 0:
                ends[tip.node].append(2 * number + side)
    shared, along = _along_others(arms, ends)
    whole = _joined(arms, shared, _straightest([*along, *_across_nodes(arms, ends)]))
    feet = {tuple(tip.point): tip.foot for arm in arms for tip in arm.tips}
    lines = [_smoothed(np.concatenate([feet[tuple(line[0])], line, feet[tuple(line[-1])]])) for line in whole]
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
    owner = _merged(skeleton.nodes, [(arc.ends, width) for arc, width in arcs if _is_short(arc, width)])
    sizes = np.bincount(owner)[:, None]
    places = np.stack([np.bincount(owner, axis) for axis in skeleton.nodes.T], axis=1) / sizes
    return [_arm(arc, width, owner, places) for arc, width in arcs if not _is_trifle(arc, width, owner)]


def _is_short(arc: Arc, width: float) -> bool:
    """Whether the nodes at the ends of an arc may be one."""
    return min(arc.ends) >= 0 and len(arc.points) <= _ONE_NODE * width


def _is_trifle(arc: Arc, width: float, owner: Int[ndarray, "nodes"]) -> bool:
    """Whether an arc is part of a node, or a fray."""
    one, other = arc.ends
    if min(arc.ends) >= 0:
        return _is_short(arc, width) and bool(owner[one] == owner[other])
    return max(arc.ends) >= 0 and len(arc.points) <= _FRAY * width


def _merged(
    nodes: Float[ndarray, "nodes 2"], short: Sequence[tuple[tuple[int, int], float]]
) -> Int[ndarray, "nodes"]:
    """For each node the number of the one that it becomes where those at the ends of short arcs are one.

    Arcs are given by their ends and widths. No node becomes more than so many widths across, lest a hatching
    be one.
    """
    owner, parts = np.arange(len(nodes)), {number: [number] for number in range(len(nodes))}
    for ends, width in short:
        one, other = owner[list(ends)]
        if one == other:
            continue
        both = parts[one] + parts[other]
        if np.ptp(nodes[both], axis=0).max() <= _NODE_ACROSS * width:
            owner[both], parts[one] = one, both
            del parts[other]
    return np.unique(owner, return_inverse=True)[1].reshape(-1)


def _arm(arc: Arc, width: float, owner: Int[ndarray, "nodes"], places: Float[ndarray, "merged 2"]) -> _Arm:
    whole, aside = _smoothed(arc.points), round(_ASIDE * width / STEP_PX)
    is_loop = max(arc.ends) < 0 and np.hypot(*(whole[0] - whole[-1])) <= CLOSED_PX
    before, after = (0 if is_loop else _aside(len(whole), aside, end >= 0) for end in arc.ends)
    line = whole[before : len(whole) - after]
    if len(line) == 1 and min(arc.ends) >= 0:
        line = _as_line(line[0], *places[owner[list(arc.ends)]])
    tips = []
    for end, last, inwards in zip(arc.ends, (whole[0], whole[-1]), (line, line[::-1]), strict=True):
        node = int(owner[end]) if end >= 0 else -1
        ahead = inwards[: round(_HEADING * width / STEP_PX) + 1]
        heading = _heading(ahead)
        feet = [_foot(ahead, last)] if node < 0 else [places[node]]
        is_led = not is_loop if node < 0 else _leads(heading, places[node] - inwards[0], width)
        tips.append(_Tip(inwards[0], heading, node, np.reshape(feet if is_led else [], (-1, 2))))
    return _Arm(line, (tips[0], tips[1]), width, len(arc.points))


def _as_line(point: Float[ndarray, "2"], start: Float[ndarray, "2"], stop: Float[ndarray, "2"]) -> Line:
    """A step of a line there that runs from one node to another, for a point has no direction."""
    way = stop - start
    step = STEP_PX * way / max(float(np.hypot(*way)), _LEAST_PX)
    return np.stack([point - 0.5 * step, point + 0.5 * step])


def _aside(count: int, aside: int, meets: bool) -> int:
    """How many of its points a line loses at an end: where it meets others, or bends towards a corner."""
    return min(aside, count // 3) if meets else 2 * aside * (count >= _ENOUGH * aside)


def _foot(line: Line, last: Float[ndarray, "2"]) -> Float[ndarray, "2"]:
    """Where the free end before a line is when it leads straight on, as far as it did before."""
    way = line[0] - line[-1]
    way = way / max(float(np.hypot(*way)), _LEAST_PX)
    return line[0] + way * max(0.0, float(np.dot(way, last - line[0])))


def _leads(heading: Float[ndarray, "2"], way: Float[ndarray, "2"], width: float) -> bool:
    """Whether a node so far away is where a line leads that ends there: near, or straight ahead."""
    away = float(np.hypot(*way)) / width
    return away <= _NEAR or (away <= _AHEAD and angle(heading, way) < SHARPEST)


def _heading(line: Line) -> Float[ndarray, "2"]:
    """The unit vector that leads on from the first point of a line, on the circle that it lies on."""
    half, whole = (complex(*(line[0] - line[at])) for at in (len(line) // 2, -1))
    way = half**2 * whole.conjugate() / max(abs(half) ** 2 * abs(whole), _LEAST_PX)
    return np.array([way.real, way.imag])


def _straightest(links: list[Link]) -> list[Link]:
    """The straightest link of each end; one that would close a line leaves no room for another."""
    taken: set[int] = set()
    chosen = []
    for start, stop, turn in sorted(links, key=lambda link: link[2]):
        if taken.isdisjoint((start, stop)):
            taken |= {start, stop}
            chosen.append((start, stop, turn))
    return chosen


def _joined(arms: list[_Arm], shared: list[int], links: list[Link]) -> list[Line]:
    """The lines of all arms but those shared, joined by links in their order."""
    kept = np.setdiff1d(np.arange(len(arms)), shared)
    ends = [2 * int(np.searchsorted(kept, end >> 1)) + (end & 1) for link in links for end in link[:2]]
    gaps = Gaps(np.array(ends[::2], int), np.array(ends[1::2], int), np.array([link[2] for link in links]))
    return linked([arms[number].line for number in kept], gaps).lines


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


def _across_nodes(arms: list[_Arm], ends: dict[int, list[int]]) -> list[Link]:
    pairs = [pair for meeting in ends.values() for pair in combinations(meeting, 2)]
    if not pairs:
        return []
    starts, stops = np.array(pairs).T
    tips = [tip for arm in arms for tip in arm.tips]
    points, headings = np.array([tip.point for tip in tips]), np.array([tip.heading for tip in tips])
    widths = np.repeat([arm.width for arm in arms], 2)
    way = points[stops] - points[starts]
    away = np.hypot(*way.T) / np.maximum(widths[starts], widths[stops])
    turned = np.maximum(angle(headings[starts], way), angle(way, -headings[stops]))
    # Where ends lie so near to each other, the way between them says nothing.
    turns = np.where(away <= _NEAR, angle(headings[starts], -headings[stops]), turned)
    fit = (turns < SHARPEST) & (away <= _ACROSS) & (starts >> 1 != stops >> 1)
    return list(zip(starts[fit].tolist(), stops[fit].tolist(), turns[fit].tolist(), strict=True))


def _turn(arms: list[_Arm], start: int, stop: int) -> float:
    """By what angle a line turns that goes from one end on to another."""
    one, other = (arms[end >> 1].tips[end & 1] for end in (start, stop))
    return float(angle(one.heading, -other.heading))


def angle(one: Float[ndarray, "... 2"], other: Float[ndarray, "... 2"]) -> Float[ndarray, "..."]:
    """The angle between vectors, 0 to pi."""
    return np.arctan2(np.abs(across(one, other)), (one * other).sum(-1))


def across(one: Float[ndarray, "... 2"], other: Float[ndarray, "... 2"]) -> Float[ndarray, "..."]:
    """The cross product of vectors in the plane."""
    return one[..., 0] * other[..., 1] - one[..., 1] * other[..., 0]


def _smoothed(line: Line) -> Line:
    """The line in even steps without the grain of the pixels; its ends stay."""
    return smoothed(evened(line, STEP_PX) if len(line) > 1 else line, _SMOOTH_PX)
