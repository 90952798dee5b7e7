"""Strokes sorted by their pens, planned, and cut into parts where a pen does not last."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from plotopt.page import Rect
from plotopt.pens import Pen
from plotopt.plot.chains import Chain, lengths_mm
from plotopt.plot.hidden import covered
from plotopt.plot.plan import Layer, plan_layer
from plotopt.plot.split import split_layers
from plotopt.strokes import Strokes

# A line of which opaque ink covers more than this part shows as slivers beside what covers it.
_COVERED = 0.5


def plan_layers(
    strokes: Strokes, pens: Sequence[Pen], place: Rect, split_every_m: float | None
) -> tuple[Layer, ...]:
    """A layer for each pen that some stroke is drawn with, in the order of the pens, or its parts.

    Lines that lie mostly under the opaque ink of later pens are left out, as hidden.
    """
    layers: list[Layer] = []
    over: list[tuple[Sequence[Chain], float]] = []
    for number, pen in reversed(list(enumerate(pens))):
        drawn = strokes.select(strokes.pen == number)
        if not len(drawn):
            continue
        layers.append(_planned(drawn, pen, place, over))
        if pen.opaque:
            over.append((layers[-1].chains, pen.width_mm))
    return split_layers([layer for layer in reversed(layers) if layer.chains], split_every_m)


def _planned(drawn: Strokes, pen: Pen, place: Rect, over: Sequence[tuple[Sequence[Chain], float]]) -> Layer:
    """The layer of one pen, without what lies ``over`` it and hides its lines."""
    chains, laid = drawn.chains(), np.array(drawn.laid())
    seen = covered(chains, pen.width_mm, over) <= _COVERED
    shown = [chain for chain, is_seen in zip(chains, seen, strict=True) if is_seen]
    layer = plan_layer(shown, pen, place, laid=laid[seen].tolist())
    hidden_m = float(lengths_mm(chains)[~seen].sum()) / 1000
    return replace(layer, hidden=layer.hidden + int(laid[~seen].sum()), hidden_m=layer.hidden_m + hidden_m)
