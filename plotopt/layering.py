"""Strokes sorted by their pens, planned, and cut into parts where a pen does not last."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import torch
from jaxtyping import Bool
from torch import Tensor

from plotopt.page import Rect
from plotopt.pens import Pen
from plotopt.plot.chains import Chain, lengths_mm
from plotopt.plot.hidden import covered, passes_to_hide
from plotopt.plot.plan import Layer, plan_layer
from plotopt.plot.split import split_layers
from plotopt.strokes import Strokes

# A line of which opaque ink covers more than this part shows as slivers beside what covers it.
_COVERED = 0.5
# A pen that draws less than this part of the strokes is hardly worth putting in.
_WORTH_A_PEN = 0.02


def plan_layers(
    strokes: Strokes, pens: Sequence[Pen], place: Rect, split_every_m: float | None
) -> tuple[Layer, ...]:
    """A layer for each pen that some stroke is drawn with, in the order of the pens, or its parts.

    Lines that :func:`uncovered` leaves out are hidden ones of their layer, or of the next where nothing of
    theirs is left.
    """
    shown = uncovered(strokes, pens)
    layers: list[Layer] = []
    hidden, hidden_m = 0, 0.0
    for number, pen in enumerate(pens):
        own = strokes.pen == number
        drawn, under = strokes.select(own & shown), strokes.select(own & ~shown)
        hidden += sum(under.laid())
        hidden_m += float(lengths_mm(under.chains()).sum()) / 1000
        if len(drawn):
            layer = plan_layer(drawn.chains(), pen, place, laid=drawn.laid())
            layers.append(replace(layer, hidden=layer.hidden + hidden, hidden_m=layer.hidden_m + hidden_m))
            hidden, hidden_m = 0, 0.0
    return split_layers(layers, split_every_m)


def uncovered(strokes: Strokes, pens: Sequence[Pen]) -> Bool[Tensor, "strokes"]:
    """False for strokes of lines that lie by more than half under the opaque ink of later pens."""
    shown = torch.ones_like(strokes.pen, dtype=torch.bool)
    if not any(map(_covers, pens[1:])):
        return shown
    over: list[tuple[Sequence[Chain], float]] = []
    for number, pen in reversed(list(enumerate(pens))):
        own = (strokes.pen == number).nonzero()[:, 0]
        drawn = strokes.select(own)
        chains = drawn.chains()
        seen = (covered(chains, pen.width_mm, over) <= _COVERED).tolist()
        shown[own] = drawn.of_lines(seen)
        if _covers(pen):
            kept = [chain for chain, is_seen in zip(chains, seen, strict=True) if is_seen]
            over.append((kept, pen.width_mm))
    return shown


def _covers(pen: Pen) -> bool:
    """Whether one pass of the pen hides what lies below."""
    return pen.opaque and passes_to_hide(pen.opacity) == 1


def idle_notes(strokes: Strokes, pens: Sequence[Pen]) -> tuple[str, ...]:
    """What the user should know of pens that are hardly worth putting in."""
    if len(pens) == 1:
        return ()
    notes = []
    counts = [sum(strokes.select(strokes.pen == number).laid()) for number in range(len(pens))]
    for pen, count in zip(pens, counts, strict=True):
        if count < _WORTH_A_PEN * sum(counts):
            drawn = f"only {count:,} of {sum(counts):,} strokes" if count else "nothing"
            notes.append(f"{pen.name} has {drawn} to draw: leave it out to save a change of pens")
    return tuple(notes)
