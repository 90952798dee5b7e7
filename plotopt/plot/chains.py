"""Chains of cubic curves, one chain a pen-down path: their polylines, lengths and the moves between them.

Pen-up convention, used everywhere: the pen starts at home, the page's top left corner (0, 0), visits the
chains in order, each from its first point to its last, and returns home. Each layer is such a round trip,
for the pen is changed at home.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from jaxtyping import Float, Int
from numpy import ndarray

from plotopt import bezier

Chain = Float[ndarray, "curves 4 2"]


def straight_chain(points: Float[ndarray, "points 2"]) -> Chain:
    """The polyline through the points, each segment an evenly spaced cubic."""
    thirds = np.arange(4)[:, None] / 3
    return points[:-1, None] + thirds * np.diff(points, axis=0)[:, None]


@dataclass(frozen=True, eq=False)
class Polylines:
    """Many polylines in one array: line i is ``points[starts[i] : starts[i + 1]]``."""

    points: Float[ndarray, "vertices 2"]
    starts: Int[ndarray, "lines+1"]

    def __len__(self) -> int:
        return len(self.starts) - 1

    def __getitem__(self, index: int) -> Float[ndarray, "vertices 2"]:
        return self.points[self.starts[index] : self.starts[index + 1]]


def flatten(chains: Sequence[Chain], tolerance_mm: float) -> Polylines:
    """Every chain as :func:`plotopt.bezier.flatten` has it, all chains at once for speed."""
    if not chains:
        return Polylines(np.zeros((0, 2)), np.zeros(1, int))
    curves = np.concatenate(chains)
    first_curves = _offsets([len(chain) for chain in chains])[:-1]
    opens_chain = np.zeros(len(curves), int)
    opens_chain[first_curves] = 1
    pieces = bezier.pieces_for_tolerance(curves, tolerance_mm).astype(int)
    offsets = _offsets(pieces + opens_chain)
    owner = np.repeat(np.arange(len(curves)), np.diff(offsets))
    step = np.arange(offsets[-1]) - offsets[owner] + 1 - opens_chain[owner]
    points = bezier.evaluate(curves[owner], step / pieces[owner])
    return Polylines(points, np.append(offsets[first_curves], offsets[-1]))


def lengths_mm(chains: Sequence[Chain]) -> Float[ndarray, "chains"]:
    """The drawn length of each chain."""
    if not chains:
        return np.zeros(0)
    first_curves = _offsets([len(chain) for chain in chains])[:-1]
    return np.add.reduceat(bezier.arc_length(np.concatenate(chains)), first_curves)


def pen_up_moves_mm(chains: Sequence[Chain]) -> Float[ndarray, "chains+1"]:
    """The straight pen-up moves: home to the first chain, between chains, and home again.

    Empty when there is nothing to draw.
    """
    if not chains:
        return np.zeros(0)
    home = np.zeros((1, 2))
    leave = np.concatenate([home, [chain[-1, 3] for chain in chains]])
    arrive = np.concatenate([[chain[0, 0] for chain in chains], home])
    return np.linalg.norm(arrive - leave, axis=1)


def _offsets(counts) -> Int[ndarray, "counts+1"]:
    return np.concatenate([[0], np.cumsum(counts)])
