"""Chains of other programs made fit for a pen: nothing drawn twice, no points that a nib cannot show."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import groupby, pairwise

import numpy as np
import shapely
from jaxtyping import Bool, Float, Int
from numpy import ndarray
from scipy.spatial import KDTree

from plotopt import bezier
from plotopt.page import Rect
from plotopt.plot import neighbours
from plotopt.plot.chains import Chain, lengths_mm, straight_chain
from plotopt.plot.joining import COINCIDENT_MM, merge

DOT_MM = 0.1
"""How long the line is that stands for a dot: eight motor steps of an AxiDraw, less than nibs are wide."""

_EQUAL_MM = 1e-6
# Of curves much shorter than this many tolerances, neighbours along a line would pass for one another.
_LONG = 8
# Chains or curves looked at together; more at a time take memory and no less time.
_BLOCK = 50_000


def are_specks(
    chains: Sequence[Chain], lengths: Float[ndarray, "chains"], join_mm: float, shortest_mm: float
) -> Bool[ndarray, "chains"]:
    """True for chains that are shorter than ``shortest_mm`` even with all that they would be merged with.

    ``join_mm`` is the tolerance of :func:`plotopt.plot.joining.merge`.
    """
    specks = lengths < shortest_mm
    if not specks.any():
        return specks
    points = np.array([[chain[0, 0], chain[-1, 3]] for chain in chains]).reshape(-1, 2)
    links = neighbours.Links.none(len(points))
    neighbours.link_coincident(links, points)
    neighbours.link_nearest(links, points, max(join_mm, COINCIDENT_MM))
    for path in links.paths():
        specks[path >> 1] = lengths[path >> 1].sum() < shortest_mm
    return specks


def join_short(
    chains: Sequence[Chain], long_mm: float, join_mm: float, keep_order: bool = False
) -> list[Chain]:
    """Chains shorter than ``long_mm`` joined with each other where ends lie within ``join_mm``.

    Some programs write every step of a line as a line of its own, which by itself is no more than a dot. With
    ``keep_order`` each is joined to the next at most, else the short ones come last.
    """
    are_short = (_lengths_mm(chains) < long_mm).tolist()
    if keep_order:
        runs = groupby(zip(chains, are_short, strict=True), key=lambda each: each[1])
        parts = [(short, [chain for chain, _ in run]) for short, run in runs]
        return [each for short, run in parts for each in (join_neighbours(run, join_mm) if short else run)]
    long = [chain for chain, short in zip(chains, are_short, strict=True) if not short]
    return long + merge([chain for chain, short in zip(chains, are_short, strict=True) if short], join_mm)


def join_neighbours(chains: Sequence[Chain], join_mm: float) -> list[Chain]:
    """Each chain joined to the one before where that ends within ``join_mm`` of its beginning."""
    runs: list[list[Chain]] = []
    for chain in chains:
        gap_mm = np.linalg.norm(chain[0, 0] - runs[-1][-1][-1, 3]) if runs else np.inf
        if gap_mm > max(join_mm, COINCIDENT_MM):
            runs.append([chain])
        elif gap_mm > COINCIDENT_MM:
            runs[-1] += [bezier.line_curve(runs[-1][-1][-1, 3], chain[0, 0])[None], chain]
        else:
            runs[-1].append(chain)
    return [np.concatenate(run) for run in runs]


def draw_dots(chains: Sequence[Chain], inner: Rect) -> list[Chain]:
    """The chains with a line of ``DOT_MM`` in place of each that is shorter, so that no program drops it.

    ``inner`` is where the pen may go: the line lies inside where the middle of the chain does.
    """
    lengths = _lengths_mm(chains).tolist()
    return [
        _dot(chain, inner) if length < DOT_MM else chain
        for chain, length in zip(chains, lengths, strict=True)
    ]


def _dot(chain: Chain, inner: Rect) -> Chain:
    x, y = (0.5 * (chain[0, 0] + chain[-1, 3])).tolist()
    if not (inner.left <= x <= inner.right and inner.top <= y <= inner.bottom):
        return chain
    start = max(min(x - DOT_MM / 2, inner.right - DOT_MM), inner.left)
    return straight_chain(np.array([[start, y], [start + DOT_MM, y]]))


def _lengths_mm(chains: Sequence[Chain]) -> Float[ndarray, "chains"]:
    blocks = [lengths_mm(chains[first : first + _BLOCK]) for first in range(0, len(chains), _BLOCK)]
    return np.concatenate([np.zeros(0), *blocks])


def drop_repeated(chains: Sequence[Chain], tolerance_mm: float, short_mm: float = 0.0) -> list[Chain]:
    """The chains without curves that were drawn before, in either direction.

    Curves are one where all their control points agree to the tolerance; short ones must agree to 1e-6 mm.
    The first stays. A chain that loses curves in its middle becomes several: what it would lose there in less
    than ``short_mm`` of line stays, since a lift of the pen shows more.
    """
    if not chains:
        return []
    curves = np.concatenate(chains)
    owners = np.repeat(np.arange(len(chains)), [len(chain) for chain in chains])
    keep = _firsts(curves, tolerance_mm)
    keep |= _are_short_gaps(curves, owners, keep, short_mm)
    kept = np.flatnonzero(keep)
    breaks = (np.diff(kept) > 1) | (np.diff(owners[kept]) > 0)
    return np.split(curves[kept], np.flatnonzero(breaks) + 1)


def _are_short_gaps(
    curves: Float[ndarray, "curves 4 2"],
    owners: Int[ndarray, "curves"],
    keep: Bool[ndarray, "curves"],
    short_mm: float,
) -> Bool[ndarray, "curves"]:
    """True for curves not kept that lie between two of their chain, less than ``short_mm`` in a row."""
    runs = np.cumsum(np.diff(owners, prepend=0).astype(bool) | np.diff(keep, prepend=keep[0]))
    legs_mm = np.linalg.norm(np.diff(curves, axis=1), axis=-1).sum(1)
    firsts = np.flatnonzero(np.diff(runs, prepend=-1))
    lasts = np.append(firsts[1:], len(curves)) - 1
    inside = (owners[firsts - 1] == owners[firsts]) & (owners[(lasts + 1) % len(curves)] == owners[firsts])
    short = inside & (np.bincount(runs, legs_mm) < short_mm) & ~keep[firsts]
    short[[0, -1]] = False
    return short[runs]


def simplify(chains: Sequence[Chain], tolerance_mm: float) -> list[Chain]:
    """The chains with their straight runs in as few segments as stay within the tolerance of them.

    Douglas and Peucker's algorithm; curves, ends, and corners between curves and runs stay as they are.
    """
    if tolerance_mm <= 0:
        return list(chains)
    blocks = np.cumsum([len(chain) for chain in chains]) // _BLOCK
    starts = np.flatnonzero(np.diff(blocks, prepend=-1)).tolist()
    simple: list[Chain] = []
    for first, last in pairwise([*starts, len(chains)]):
        simple += _simplify(chains[first:last], tolerance_mm)
    return simple


def _simplify(chains: Sequence[Chain], tolerance_mm: float) -> list[Chain]:
    curves = np.concatenate(chains)
    owners = np.repeat(np.arange(len(chains)), [len(chain) for chain in chains])
    straight = _are_straight(curves, 0.01 * tolerance_mm)
    runs = np.cumsum(np.diff(owners, prepend=0).astype(bool) | np.diff(straight, prepend=straight[0]))
    lines, line_runs = _simplified_runs(curves[straight], runs[straight], tolerance_mm)
    numbers = np.concatenate([runs[~straight], line_runs])
    order = np.argsort(numbers, kind="stable")
    owner_of_run = np.zeros(runs[-1] + 1, int)
    owner_of_run[runs] = owners
    # Every chain keeps a curve at least, so that chains and parts are as many.
    starts = np.searchsorted(owner_of_run[numbers[order]], np.arange(1, len(chains)))
    return np.split(np.concatenate([curves[~straight], lines])[order], starts)


def _simplified_runs(
    curves: Float[ndarray, "curves 4 2"], runs: Int[ndarray, "curves"], tolerance_mm: float
) -> tuple[Float[ndarray, "fewer 4 2"], Int[ndarray, "fewer"]]:
    """Straight curves, each with the number of its run, simplified run by run."""
    if not len(curves):
        return curves, runs
    ends_run = np.append(np.diff(runs) > 0, True)
    repeats = 1 + ends_run
    points = np.repeat(curves[:, 0], repeats, axis=0)
    points[np.cumsum(repeats)[ends_run] - 1] = curves[ends_run, 3]
    names, numbers = np.unique(np.repeat(runs, repeats), return_inverse=True)
    lines = shapely.simplify(
        shapely.linestrings(points, indices=numbers), tolerance_mm, preserve_topology=False
    )
    corners, numbers = shapely.get_coordinates(lines, return_index=True)
    same = numbers[1:] == numbers[:-1]
    return straight_chain(corners)[same], names[numbers[1:][same]]


def _are_straight(curves: Float[ndarray, "curves 4 2"], tolerance_mm: float) -> Bool[ndarray, "curves"]:
    """Whether both handles lie on the chord and between its ends."""
    chords = curves[:, 3] - curves[:, 0]
    squares = (chords**2).sum(-1)
    handles = curves[:, 1:3] - curves[:, :1]
    along = (handles * chords[:, None]).sum(-1) / np.maximum(squares, 1e-18)[:, None]
    off = np.linalg.norm(handles - along.clip(0, 1)[..., None] * chords[:, None], axis=-1)
    return (off <= tolerance_mm).all(1)


def _firsts(curves: Float[ndarray, "curves 4 2"], tolerance_mm: float) -> Bool[ndarray, "curves"]:
    keep = np.zeros(len(curves), bool)
    extents = (curves.max(1) - curves.min(1)).max(-1)
    long = extents >= _LONG * tolerance_mm
    for chosen, tolerance in ((long, tolerance_mm), (~long, _EQUAL_MM)):
        # Most of those that are one lie in one cell; the others are neighbours over its edge.
        near = _first_in_cells(curves, np.flatnonzero(chosen), tolerance)
        keep[near] = _first_within(curves[near], tolerance)
    return keep


def _first_in_cells(
    curves: Float[ndarray, "curves 4 2"], numbers: Int[ndarray, "chosen"], cell_mm: float
) -> Int[ndarray, "kept"]:
    """The numbers, rising, of the first of all curves in one cell of a grid in eight dimensions.

    Of the two directions of a curve that one counts whose cell comes first.
    """
    cells = np.empty((len(numbers), 8), np.int64)
    for first in range(0, len(numbers), _BLOCK):
        block = np.floor(curves[numbers[first : first + _BLOCK]] / cell_mm)
        forth, back = block.reshape(-1, 8), block[:, ::-1].reshape(-1, 8)
        each, unlike = np.arange(len(block)), (forth != back).argmax(1)
        turned = forth[each, unlike] > back[each, unlike]
        cells[first : first + _BLOCK] = np.where(turned[:, None], back, forth)
    # Compared as bytes, which sorts ten times as fast as by columns.
    return np.sort(numbers[np.unique(cells.view("V64").ravel(), return_index=True)[1]])


def _first_within(curves: Float[ndarray, "curves 4 2"], tolerance_mm: float) -> Bool[ndarray, "curves"]:
    """False for a curve that lies within the tolerance of an earlier one that stays."""
    keep = np.ones(len(curves), bool)
    if not len(curves):
        return keep
    # The tree is fast in few dimensions. Middle and extent are the same in both directions and tell nearly
    # all curves apart, their control points the rest.
    middles = bezier.evaluate(curves, np.array(0.5))
    extents = np.abs(curves[:, 3] - curves[:, 0])
    tree = KDTree(np.concatenate([middles, extents / 2], axis=1))
    pairs = np.sort(tree.query_pairs(tolerance_mm, p=np.inf, output_type="ndarray"), axis=1)
    one, other = curves[pairs[:, 0]], curves[pairs[:, 1]]
    apart = np.minimum(np.abs(one - other).max((1, 2)), np.abs(one - other[:, ::-1]).max((1, 2)))
    pairs = pairs[apart <= tolerance_mm]
    for first, second in pairs[np.lexsort(pairs.T[::-1])].tolist():
        if keep[first]:
            keep[second] = False
    return keep
