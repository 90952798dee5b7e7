"""What an SVG by plotopt tells of its pens and its paper, so that they are known when it is read again."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from plotopt.catalog import find_pen, load_stock
from plotopt.errors import PlotoptError
from plotopt.pens import Pen
from plotopt.plot.plan import Layer
from plotopt.stocks import Stock

#: Where they stand in the metadata.
KEY = "materials"
# No drawing has more: it would be nothing but pauses.
_MOST_LAYERS = 1000


@dataclass(frozen=True)
class Materials:
    """The pens of layers by their labels, and the paper: those that are told of and still can be found.

    ``notes`` tell which can not.
    """

    pens: Mapping[str, Pen] = field(default_factory=dict)
    stock: Stock | None = None
    notes: tuple[str, ...] = ()

    def pen(self, label: str, color: str, width_mm: float) -> Pen | None:
        """The pen of a layer with that label whose lines still look like the pen's; else None."""
        pen = self.pens.get(label)
        return pen if pen and (pen.color, round(pen.width_mm, 2)) == (color, round(width_mm, 2)) else None


def told_materials(layers: Sequence[Layer], stock: Stock) -> dict[str, Any]:
    """The materials as JSON can hold them: what the command line calls them."""
    pens = {layer.label(number): layer.pen.text for number, layer in enumerate(layers, start=1)}
    return {"pens": pens, "stock": stock.name}


def read_materials(metadata: str) -> Materials | None:
    """What the metadata of an SVG tell; None for one that is not plotopt's, or was written by hand."""
    try:
        told = json.loads(metadata)[KEY]
        texts = {str(label): str(text) for label, text in told["pens"].items()}
        name = str(told["stock"])
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError):
        return None
    if len(texts) > _MOST_LAYERS:
        return None
    pens: dict[str, Pen] = {}
    notes = []
    for label, text in texts.items():
        try:
            pens[label] = find_pen(text)
        except PlotoptError:
            # It was in a file of one's own.
            notes.append(f"the pen {text!r:.60} of the drawing is not there any more: name one with --pens")
    try:
        stock = load_stock(name)
    except PlotoptError:
        stock = None
        notes.append(f"the paper {name!r:.60} of the drawing is not there any more: name one with --stock")
    return Materials(pens, stock, tuple(dict.fromkeys(notes)))
