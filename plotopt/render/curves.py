"""Chains of curves to polylines, in torch: the definition, which the kernels of the CPU obey."""

from __future__ import annotations

from functools import cache
from typing import NamedTuple

import numpy as np
import torch
from jaxtyping import Float, Int
from numpy import ndarray
from torch import Tensor

from plotopt import bezier

#: Pieces that a curve may be cut into.
MOST_PIECES = 64


class Table(NamedTuple):
    """The rows of :func:`plotopt.bezier.balanced_map` for 1 to 64 pieces, those of n from ``first[n]`` on."""

    weights: Float[ndarray, "rows 4"]
    first: Int[ndarray, "pieces+1"]


@cache
def table_of(spans: int) -> Table:
    """All rows for chains of so many curves."""
    maps = [bezier.balanced_map(spans, pieces) for pieces in range(1, MOST_PIECES + 1)]
    return Table(np.concatenate(maps), np.cumsum([0, 0, *map(len, maps[:-1])]))


def polylines(
    chains: Float[Tensor, "strokes 4*spans 2"], tolerance: float
) -> tuple[Float[Tensor, "vertices 2"], Int[Tensor, "strokes+1"]]:
    """The vertices of each chain's polyline end to end, and where each begins.

    Every polyline stays within ``tolerance`` of its curves, up to 64 pieces a curve. Differentiable.
    """
    pieces = pieces_of(chains.detach(), tolerance)
    spans = chains.shape[1] // 4
    starts = torch.nn.functional.pad((spans * pieces + 1).cumsum(0), (1, 0))
    return vertices(chains, pieces, starts), starts


def pieces_of(chains: Float[Tensor, "strokes 4*spans 2"], tolerance: float) -> Int[Tensor, "strokes"]:
    """Into how many pieces the curves of each chain are cut, as many for all of a chain."""
    curves = chains.unflatten(-2, (-1, 4))
    return bezier.balanced_pieces(curves, tolerance).amax(-1).nan_to_num(1).clamp(max=MOST_PIECES).long()


def vertices(
    chains: Float[Tensor, "strokes 4*spans 2"],
    pieces: Int[Tensor, "strokes"],
    starts: Int[Tensor, "strokes+1"],
) -> Float[Tensor, "vertices 2"]:
    """The definition, on any device: each vertex is a weighed sum of the four points of its curve."""
    spans = chains.shape[1] // 4
    cuts = cuts_of(pieces, starts, spans)
    points = chains.unflatten(1, (spans, 4))[cuts.owner, cuts.span]
    return (cuts.weights.to(chains)[..., None] * points).sum(1)


class Cuts(NamedTuple):
    """The chain of each vertex, the curve in it, and how much each of the curve's four points weighs."""

    owner: Int[Tensor, "vertices"]
    span: Int[Tensor, "vertices"]
    weights: Float[Tensor, "vertices 4"]


def cuts_of(pieces: Int[Tensor, "strokes"], starts: Int[Tensor, "strokes+1"], spans: int) -> Cuts:
    """Where chains of so many curves are cut; the weights are in double precision."""
    table, device = table_of(spans), pieces.device
    weights, first = (torch.as_tensor(part, device=device) for part in table)
    owner = torch.repeat_interleave(torch.arange(len(pieces), device=device), starts.diff())
    number = torch.arange(len(owner), device=device) - starts[owner]
    span = (number // pieces[owner]).clamp(max=spans - 1)
    return Cuts(owner, span, weights[first[pieces[owner]] + number])
