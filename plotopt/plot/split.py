"""Layers cut into parts, so that a pen that wears or runs dry can be seen to in between."""

from __future__ import annotations

import math
from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass, field, replace

import numpy as np

from plotopt import bezier
from plotopt.errors import PlotoptError
from plotopt.plot.chains import Chain, lengths_mm
from plotopt.plot.plan import Layer

# Within the last tenth of what a part may have, it ends where that is best.
_SLACK = 0.1
# So much more of its metres a part may have, lest rounding leave one with nothing to draw.
_TRACE = 1e-6
_MOST_PARTS = 999
_HALVINGS = 50


def split_layers(layers: Sequence[Layer], every_m: float | None = None) -> tuple[Layer, ...]:
    """Layers in parts of at most ``every_m`` metres of line each, or of the metres that each pen has.

    Paths keep their order. A part ends between two paths; of those in the last tenth of its metres, where
    the way home and back adds least. Only a path that is longer than a whole part is cut itself, at a joint
    of its curves where the last tenth has one. Strokes are told off by paths, and the first part has the
    figures of what was hidden. A layer that is short enough stays as it is.

    Raises PlotoptError for metres that are not positive and where a layer would make more than 999 parts.
    """
    if every_m is not None and not (math.isfinite(every_m) and every_m > 0):
        raise PlotoptError(f"a layer cannot be split every {every_m:g} m: give metres above 0, such as 40m")
    return tuple(part for layer in layers for part in _split(layer, every_m or layer.pen.refill_m))


def _split(layer: Layer, every_m: float | None) -> list[Layer]:
    lengths = lengths_mm(layer.chains)
    total_m = float(lengths.sum()) / 1000
    if every_m is None or total_m <= every_m * (1 + _TRACE):
        return [layer]
    if total_m / every_m > _MOST_PARTS:
        raise PlotoptError(
            f"{total_m:,.0f} m of line split every {every_m:g} m makes more than {_MOST_PARTS} parts: "
            "split at more metres"
        )
    parts = _share_out(layer.chains, lengths.tolist(), every_m * 1000)
    paths = np.cumsum([len(part.chains) for part in parts])
    # Rounded as they add up, so that none is lost.
    strokes = np.diff(np.round(layer.strokes * paths / paths[-1]), prepend=0).astype(int).tolist()
    made = [
        replace(
            layer, chains=tuple(part.chains), strokes=own, hidden=0, hidden_m=0.0, part=i, parts=len(parts)
        )
        for i, (part, own) in enumerate(zip(parts, strokes, strict=True), start=1)
    ]
    return [replace(made[0], hidden=layer.hidden, hidden_m=layer.hidden_m), *made[1:]]


@dataclass
class _Part:
    """Chains and their lengths, so far."""

    chains: list[Chain] = field(default_factory=list)
    lengths: list[float] = field(default_factory=list)
    drawn_mm: float = 0.0

    def add(self, chain: Chain, length_mm: float) -> None:
        self.chains.append(chain)
        self.lengths.append(length_mm)
        self.drawn_mm += length_mm

    def give_back(self, following: Chain, least_mm: float) -> list[tuple[Chain, float]]:
        """Take back the chains after the best place, beyond ``least_mm`` of line, to end; it may be the last.

        Best is where going home and back adds least to the pen's way.
        """
        ends = np.array([chain[-1, 3] for chain in self.chains])
        starts = np.array([chain[0, 0] for chain in [*self.chains[1:], following]])
        home_and_back = np.linalg.norm(ends, axis=1) + np.linalg.norm(starts, axis=1)
        added = home_and_back - np.linalg.norm(starts - ends, axis=1)
        added[:-1][np.cumsum(self.lengths)[:-1] < least_mm] = np.inf
        end = int(added.argmin()) + 1
        rest = list(zip(self.chains[end:], self.lengths[end:], strict=True))
        del self.chains[end:], self.lengths[end:]
        self.drawn_mm = sum(self.lengths)
        return rest


def _share_out(chains: Sequence[Chain], lengths: Sequence[float], most_mm: float) -> list[_Part]:
    """Parts of at most ``most_mm`` each, filled one after the other."""
    slack_mm, trace_mm = _SLACK * most_mm, _TRACE * most_mm
    part = _Part()
    parts = [part]
    waiting = deque(zip(chains, lengths, strict=True))
    while waiting:
        chain, length = waiting.popleft()
        room = most_mm - part.drawn_mm
        if length <= room + trace_mm:
            part.add(chain, length)
            continue
        if length > most_mm + trace_mm and room > slack_mm:
            head, chain = _cut(chain, room, room - slack_mm)
            head_mm, length = map(float, lengths_mm([head, chain]))
            part.add(head, head_mm)
            rest = []
        else:
            rest = part.give_back(chain, most_mm - slack_mm)
        waiting.extendleft(reversed([*rest, (chain, length)]))
        part = _Part()
        parts.append(part)
    return parts


def _cut(chain: Chain, most_mm: float, least_mm: float) -> tuple[Chain, Chain]:
    """A chain cut after ``least_mm`` to ``most_mm``: at the joint nearest home, else as late as may be."""
    drawn = np.cumsum(bezier.arc_length(chain))
    joints = np.flatnonzero((drawn >= least_mm) & (drawn <= most_mm))
    if len(joints):
        at = int(joints[np.linalg.norm(chain[joints, 3], axis=1).argmin()]) + 1
        return chain[:at], chain[at:]
    at = int(np.searchsorted(drawn, most_mm))
    head, tail = _cut_curve(chain[at], most_mm - float(drawn[at - 1] if at else 0.0))
    return np.concatenate([chain[:at], head[None]]), np.concatenate([tail[None], chain[at + 1 :]])


def _cut_curve(curve: np.ndarray, length_mm: float) -> tuple[np.ndarray, np.ndarray]:
    """A curve cut where it is ``length_mm`` long, and not a bit longer."""
    low, high = 0.0, 1.0
    for _ in range(_HALVINGS):
        middle = (low + high) / 2
        if bezier.arc_length(bezier.subcurve(curve, 0.0, middle)) <= length_mm:
            low = middle
        else:
            high = middle
    return bezier.split(curve, low)
