"""Strokes sorted by their pens, planned, and cut into parts where a pen does not last."""

from __future__ import annotations

from collections.abc import Sequence

from plotopt.page import Rect
from plotopt.pens import Pen
from plotopt.plot.plan import Layer, plan_layer
from plotopt.plot.split import split_layers
from plotopt.strokes import Strokes


def plan_layers(
    strokes: Strokes, pens: Sequence[Pen], place: Rect, split_every_m: float | None
) -> tuple[Layer, ...]:
    """A layer for each pen that some stroke is drawn with, in the order of the pens, or its parts."""
    chosen = [(pen, strokes.select(strokes.pen == number)) for number, pen in enumerate(pens)]
    layers = [
        plan_layer(drawn.chains(), pen, place, laid=drawn.laid()) for pen, drawn in chosen if len(drawn)
    ]
    return split_layers(layers, split_every_m)
