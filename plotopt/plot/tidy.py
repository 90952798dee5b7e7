"""Chains of other programs made fit for a pen: nothing drawn twice, no points that a nib cannot show."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise

import numpy as np
import shapely
from jaxtyping import Bool, Float, Int
from numpy import ndarray
from scipy.spatial import KDTree

from plotopt import bezier
from plotopt.plot.chains import Chain, lengths_mm
from plotopt.plot.svgin.pathdata import straight_chain

_EQUAL_MM = 1e-6
# Of curves much shorter than this many tolerances, neighbours along a line would pass for one another.
_LONG = 8
# Chains or curves looked at together; more at a time take memory and no less time.
_BLOCK = 50_000


def drop_specks(chains: Sequence[Chain], shortest_mm: float) -> list[Chain]:
    """Only chains of at least that length."""
    kept: list[Chain] = []
    for first in range(0, len(chains), _BLOCK):
        block = chains[first : first + _BLOCK]
        lengths = lengths_mm(block)
        kept += [chain for chain, length in zip(block, lengths, strict=True) if length >= shortest_mm]
    return kept


def drop_repeated(chains: Sequence[Chain], tolerance_mm: float) -> list[Chain]:
    """The chains without curves that were drawn before, in either direction.

    Curves are one where all their control points agree to the tolerance; short ones must agree to 1e-6 mm.
    The first stays. A chain that loses curves in its middle becomes several.
    """
    if not chains:
        return []
    curves = np.concatenate(chains)
    keep = _firsts(curves, tolerance_mm)
    owners = np.repeat(np.arange(len(chains)), [len(chain) for chain in chains])
    kept = np.flatnonzero(keep)
    breaks = (np.diff(kept) > 1) | (np.diff(owners[kept]) > 0)
    return np.split(curves[kept], np.flatnonzero(breaks) + 1)


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
        numbers = np.flatnonzero(chosen)
        keep[_first_in_cells(curves, numbers, tolerance)] = True
    near = np.flatnonzero(keep & long)
    keep[near] = _first_within(curves[near], tolerance_mm)
    return keep


def _first_in_cells(
    curves: Float[ndarray, "curves 4 2"], numbers: Int[ndarray, "chosen"], cell_mm: float
) -> Int[ndarray, "kept"]:
    """The number of the first curve of each that lie in one cell of a grid in eight dimensions."""
    cells = np.empty((len(numbers), 8), np.int64)
    for first in range(0, len(numbers), _BLOCK):
        block = curves[numbers[first : first + _BLOCK]]
        turned = (block[:, 0, 0] > block[:, 3, 0])[:, None, None]
        points = np.where(turned, block[:, ::-1], block).reshape(-1, 8)
        cells[first : first + _BLOCK] = np.floor(points / cell_mm)
    # Compared as bytes, which sorts ten times as fast as by columns.
    return numbers[np.unique(cells.view("V64").ravel(), return_index=True)[1]]


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
