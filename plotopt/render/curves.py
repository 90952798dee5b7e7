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
#: Strokes whose ink reaches farther from a raster's corner are not drawn: single precision has no squares
#: of such lengths.
FARTHEST_PX = 1e18
# Where vertices lie that lines leave over.
_FAR_PX = -1e5


class Table(NamedTuple):
    """The rows of :func:`plotopt.bezier.balanced_map` for 1 to 64 pieces, those of n from ``first[n]`` on."""

    weights: Float[ndarray, "rows 4"]
    first: Int[ndarray, "pieces+1"]


@cache
def table_of(spans: int) -> Table:
    """All rows for chains of so many curves."""
    maps = [bezier.balanced_map(spans, pieces) for pieces in range(1, MOST_PIECES + 1)]
    return Table(np.concatenate(maps), np.cumsum([0, 0, *map(len, maps[:-1])]))


@cache
def _table_on(spans: int, device: torch.device) -> tuple[Tensor, ...]:
    """The table in a device's memory; to bring it there anew each time would wait for it."""
    with torch.inference_mode(False):
        return tuple(torch.as_tensor(part, device=device) for part in table_of(spans))


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


def polylines_within(
    chains: Float[Tensor, "strokes 4*spans 2"], tolerance: float, room: int
) -> tuple[Float[Tensor, "vertices 2"], Int[Tensor, "strokes+2"], Int[Tensor, ""]]:
    """As :func:`polylines`, with memory for ``room`` vertices, and one line more, far off, of all left over.

    Never waits for the device, so a CUDA graph can capture it. Returns how many vertices are needed, too,
    on the device: where they are more than ``room``, the last lines are cut short or left out.
    """
    spans = chains.shape[1] // 4
    pieces = pieces_of(chains.detach(), tolerance)
    starts = torch.nn.functional.pad((spans * pieces + 1).cumsum(0), (1, 0))
    cuts = cuts_of(pieces, starts, spans, room)
    beyond = torch.arange(room, device=starts.device) >= starts[-1]
    placed = torch.where(beyond[:, None], _FAR_PX, _weighed(chains, cuts))
    return placed, torch.nn.functional.pad(starts, (0, 1), value=room).clamp(max=room), starts[-1]


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
    return _weighed(chains, cuts_of(pieces, starts, chains.shape[1] // 4))


def _weighed(chains: Float[Tensor, "strokes 4*spans 2"], cuts: Cuts) -> Float[Tensor, "vertices 2"]:
    points = chains.unflatten(1, (-1, 4))[cuts.owner, cuts.span]
    return (cuts.weights.to(chains.dtype)[..., None] * points).sum(1)


class Cuts(NamedTuple):
    """The chain of each vertex, the curve in it, and how much each of the curve's four points weighs."""

    owner: Int[Tensor, "vertices"]
    span: Int[Tensor, "vertices"]
    weights: Float[Tensor, "vertices 4"]


def cuts_of(
    pieces: Int[Tensor, "strokes"], starts: Int[Tensor, "strokes+1"], spans: int, room: int | None = None
) -> Cuts:
    """Where chains of so many curves are cut; the weights are in double precision.

    ``room`` is how many vertices there shall be, whatever ``starts`` say, which are not waited for then:
    those that are left over go through all chains in turn, and nothing weighs in them.
    """
    weights, first = _table_on(spans, pieces.device)
    place = torch.arange(int(starts[-1]) if room is None else room, device=pieces.device)
    owner = torch.searchsorted(starts, place, right=True) - 1
    real = owner < len(pieces)
    # In turn, since gradients of one point are added up one after another. There may be no chains at all.
    owner = torch.where(real, owner, place % max(1, len(pieces)))
    number = torch.where(real, place - starts[owner], 0)
    span = (number // pieces[owner]).clamp(max=spans - 1)
    return Cuts(owner, span, weights[first[pieces[owner]] + number] * real[:, None])
