"""What the plot of a drawing that another program made will be, just as it lies in its file."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np

from plotopt.errors import PlotoptError
from plotopt.page import Page, Rect
from plotopt.pens import Pen
from plotopt.plot.load import InkLoad, ink_load, load_notes
from plotopt.plot.plan import Layer, LayerStatistics, Statistics, summarize
from plotopt.plot.reading import Reading, read_svg
from plotopt.profiles import Client, Profile
from plotopt.stocks import WHITE, Stock


@dataclass(frozen=True, eq=False)
class Estimate:
    """Figures of a file: those of the plot for each client, and the ink.

    Layers and ``plots`` have the order of the file, and the plots' layers its labels.
    """

    page: Page
    stock: Stock
    layers: tuple[Layer, ...]
    plots: Mapping[Client, Statistics]
    load: InkLoad
    notes: tuple[str, ...]

    @property
    def plot(self) -> Statistics:
        """The figures for the first client; all but times are the same for the others."""
        return next(iter(self.plots.values()))

    def by_pen(self) -> dict[Pen, float]:
        """Metres of line that each pen draws, over all its layers."""
        metres: dict[Pen, float] = {}
        for layer, figures in zip(self.layers, self.plot.layers, strict=True):
            metres[layer.pen] = metres.get(layer.pen, 0.0) + figures.pen_down_m
        return metres

    def figures(self) -> dict[str, Any]:
        """All of it as JSON can hold it; times are minutes by client."""
        told = self.plot.figures()
        del told["strokes"], told["hidden"], told["hidden_m"]
        told["minutes"] = {client.value: round(plot.minutes, 4) for client, plot in self.plots.items()}
        for i, layer in enumerate(told["layers"]):
            del layer["strokes"]
            layer["pen"] = _pen_figures(self.layers[i].pen)
            layer["minutes"] = {
                client.value: round(plot.layers[i].minutes, 4) for client, plot in self.plots.items()
            }
        x, y = self.load.most_at_mm
        ink = {"most_coats": round(self.load.most_coats, 4), "x_mm": round(x, 4), "y_mm": round(y, 4)}
        page = {"width_mm": self.page.width_mm, "height_mm": self.page.height_mm}
        return {"page": page, **told, "ink": ink, "notes": list(self.notes)}


def estimate(
    path: Path,
    profile: Profile,
    clients: Sequence[Client],
    stock: Stock | None = None,
    pens: Sequence[Pen] = (),
) -> Estimate:
    """The figures of the SVG at ``path``, its paths drawn in the order they have there.

    ``stock`` is the paper instead of the one that the file tells, or of white. ``pens`` draw its layers
    instead of those that the file tells: one for all, or one for each. Raises
    PlotoptError as :func:`plotopt.plot.reading.read_svg` does, and for another number of pens.
    """
    reading = read_svg(path)
    stock = stock or reading.stock or WHITE
    layers = _layers(reading, pens)
    plots = {client: _named(summarize(layers, profile, client), reading) for client in clients}
    load = ink_load(layers, reading.page)
    notes = (*reading.assumptions, *reading.notes, *_reach_notes(layers, profile), *load_notes(load, stock))
    return Estimate(reading.page, stock, layers, plots, load, notes)


def _layers(reading: Reading, pens: Sequence[Pen]) -> tuple[Layer, ...]:
    if len(pens) not in {0, 1, len(reading.layers)}:
        raise PlotoptError(
            f"{len(pens)} pens for a drawing of {len(reading.layers)} layers: give one for all, or for each"
        )
    chosen = list(pens) or [read.pen for read in reading.layers]
    if len(chosen) == 1:
        chosen *= len(reading.layers)
    return tuple(
        Layer(pen, tuple(read.chains), len(read.chains))
        for pen, read in zip(chosen, reading.layers, strict=True)
    )


def _named(plot: Statistics, reading: Reading) -> Statistics:
    named: list[LayerStatistics] = [
        replace(figures, label=read.label) for figures, read in zip(plot.layers, reading.layers, strict=True)
    ]
    return replace(plot, layers=tuple(named))


def _reach_notes(layers: Sequence[Layer], profile: Profile) -> tuple[str, ...]:
    """What the profile says of lines that its pen cannot reach."""
    points = [chain.reshape(-1, 2) for layer in layers for chain in layer.chains]
    if not points:
        return ()
    left, top = np.min([each.min(0) for each in points], axis=0).round(1)
    right, bottom = np.max([each.max(0) for each in points], axis=0)
    if min(left, top) < 0:
        sides = [f"{-mm:g} mm {side}" for mm, side in ((left, "left of"), (top, "above")) if mm < 0]
        return (
            f"the drawing begins {' and '.join(sides)} its page, where no pen gets: `plotopt plan` cuts it "
            "at the edge",
        )
    try:
        profile.check_fits(Rect(0.0, 0.0, round(float(right), 1), round(float(bottom), 1)))
    except PlotoptError as error:
        return (str(error),)
    return ()


def _pen_figures(pen: Pen) -> dict[str, Any]:
    return {"name": pen.name, "color": pen.color, "width_mm": pen.width_mm, "refill_m": pen.refill_m}
