"""Fewer and shorter pen-up moves: chains joined, ordered and flipped by vpype.

vpype knows polylines only and its merging and sorting look at no more than a line's two ends. So each
chain is sent as a stand-in of four points, ``[first, i, i + 1j, last]`` in complex numbers, and the curves
themselves never leave: a line that comes back is read in fours, where the two markers name the chain and,
by their order, tell whether it was flipped.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np
from numpy import ndarray

from plotopt import bezier
from plotopt.plot.chains import Chain, pen_up_moves_mm

_MOST_FOR_TWO_OPT = 5000
_COINCIDENT_MM = 1e-6


def merge(chains: Sequence[Chain], tolerance_mm: float) -> list[Chain]:
    """Chains joined, flipped where that helps, across gaps of less than ``tolerance_mm``.

    A gap becomes a straight curve; ends that coincide to 1e-6 mm are joined without one.
    """
    from vpype import LineCollection

    lines = LineCollection(_stand_in(i, chain) for i, chain in enumerate(chains))
    lines.merge(tolerance_mm, flip=True)
    return [_join(list(_originals(line, chains))) for line in lines]


def sort(chains: Sequence[Chain]) -> list[Chain]:
    """The same chains, ordered and flipped for short pen-up travel from home; never longer than before.

    Greedy nearest neighbour, then two-opt for up to 5,000 chains: that is quadratic (1.5 s at 5,000).
    """
    if not chains:
        return []
    import vpype
    import vpype_cli

    # A line that ends at home and begins beyond all reach stays first and makes the order begin at home.
    anchor = np.array([-1e6 - 1e6j, -1, -1 + 1j, 0])
    lines = [anchor, *(_stand_in(i, chain) for i, chain in enumerate(chains))]
    document = vpype.Document(vpype.LineCollection(lines))
    # The command's own processor, not vpype_cli.execute, which reseeds the global random generators.
    two_opt = len(chains) <= _MOST_FOR_TWO_OPT
    process = vpype_cli.linesort.callback(no_flip=False, two_opt=two_opt, passes=250, layer=[1])
    process(vpype_cli.State(document))
    ordered = [chain for line in document.layers[1].lines[1:] for chain in _originals(line, chains)]
    # vpype does not count the way home.
    return min(list(chains), ordered, key=lambda order: pen_up_moves_mm(order).sum())


def _stand_in(index: int, chain: Chain) -> ndarray:
    first, last = chain[0, 0], chain[-1, 3]
    return np.array([complex(*first), index, index + 1j, complex(*last)])


def _originals(line: ndarray, chains: Sequence[Chain]) -> Iterator[Chain]:
    for marker in line[1::4]:
        chain = chains[int(marker.real)]
        yield bezier.reverse(chain) if marker.imag else chain


def _join(parts: list[Chain]) -> Chain:
    pieces = parts[:1]
    for part in parts[1:]:
        start, end = pieces[-1][-1, 3], part[0, 0]
        if np.linalg.norm(end - start) > _COINCIDENT_MM:
            pieces.append(bezier.line_curve(start, end)[None])
        pieces.append(part)
    return np.concatenate(pieces)
