"""From strokes to the layers of a drawing, and the figures of the plot they make."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass, field
from typing import Any

import numpy as np

from plotopt.errors import PlotoptError
from plotopt.page import Rect
from plotopt.pens import Pen, layer_label
from plotopt.plot import joining, motion, order
from plotopt.plot.chains import Chain, lengths_mm, pen_up_moves_mm
from plotopt.plot.clip import clip
from plotopt.plot.hidden import passes_to_hide, visible
from plotopt.plot.motion import Timing
from plotopt.plot.tidy import are_specks, join_neighbours
from plotopt.profiles import Client, Profile

_DECIMALS = 4


@dataclass(frozen=True, eq=False)
class Layer:
    """What one pen draws: chains in page mm, in drawing order, and how many strokes they were made of.

    ``hidden`` strokes, ``hidden_m`` metres of line, were left out because no ink of their own would show.
    A layer split for a pen that wears is several, ``part`` 1 to ``parts``, with a pause before each.
    """

    pen: Pen
    chains: tuple[Chain, ...] = field(repr=False)
    strokes: int
    hidden: int = 0
    hidden_m: float = 0.0
    part: int = 1
    parts: int = 1

    def label(self, number: int) -> str:
        """What the ``number``-th layer is called: ``1-black-0.4mm``, ``2-black-0.4mm-part-2-of-3``."""
        part = f"-part-{self.part}-of-{self.parts}" if self.parts > 1 else ""
        return layer_label(self.pen, number) + part


@dataclass(frozen=True)
class Finishing:
    """What is done to strokes before they are plotted.

    Ends are joined across gaps of up to ``join_mm`` (0: only where they meet). None is the pen's width, and
    then wider gaps under ink of its own are bridged, too. ``keep_order`` leaves paths in the order and
    direction they have; each is joined to the next at most. ``drop_hidden`` leaves out strokes that no one
    would see. Strokes shorter than ``shortest_mm`` (None: the pen's width) that join no others are left
    out.
    """

    join_mm: float | None = None
    keep_order: bool = False
    drop_hidden: bool = True
    shortest_mm: float | None = None


@dataclass(frozen=True)
class LayerStatistics:
    """What the plot of one layer will be; ``refills`` is how many fillings its pen empties, where known."""

    label: str
    strokes: int
    paths: int
    pen_down_m: float
    pen_up_m: float
    lifts: int
    timing: Timing
    refills: float | None = None

    @property
    def minutes(self) -> float:
        return self.timing.total_s / 60


@dataclass(frozen=True)
class Statistics:
    """What a plot will be. Pen-up metres and minutes include the way from and to home, once a layer.

    ``strokes`` are those left after clipping and after dropping the ``hidden`` ones (``hidden_m`` metres of
    line), ``paths`` what became of them by merging, ``lifts`` how often the client lifts the pen:
    axicli joins ends that nearly touch. Changing pens takes no time here. ``layers`` has the same figures
    one by one.
    """

    strokes: int
    paths: int
    pen_down_m: float
    pen_up_m: float
    lifts: int
    minutes: float
    hidden: int = 0
    hidden_m: float = 0.0
    layers: tuple[LayerStatistics, ...] = ()

    def figures(self) -> dict[str, Any]:
        """The same as JSON can hold it, rounded to four decimals, with the minutes of each layer."""
        figures = asdict(self)
        for layer, told in zip(self.layers, figures["layers"], strict=True):
            del told["timing"]
            told["minutes"] = layer.minutes
        figures["layers"] = [_rounded(told) for told in figures["layers"]]
        return _rounded(figures)


def plan_layer(
    chains: Sequence[Chain],
    pen: Pen,
    frame: Rect,
    finishing: Finishing = Finishing(),
    laid: Sequence[int] | None = None,
) -> Layer:
    """Clip strokes so that all ink stays in ``frame``, drop specks and the hidden, merge, order.

    A chain counts for as many strokes as it was linked from, ``laid``, or for one. Of chains and the parts
    that clipping leaves, those shorter than 0.05 mm are dropped in any case. Raises PlotoptError when the
    pen is too wide for the frame.
    """
    inner = frame.inset(pen.width_mm / 2)
    if inner.width <= 0 or inner.height <= 0:
        raise PlotoptError(
            f"a pen {pen.width_mm:g} mm wide does not fit into a frame of {frame.width:g} x "
            f"{frame.height:g} mm: take larger paper, a smaller margin or a finer pen"
        )
    pieces = [(number, part) for number, chain in enumerate(chains) for part in clip(chain, inner)]
    lengths = lengths_mm([part for _, part in pieces])
    # A lift of the pen for next to nothing.
    shortest_mm = pen.width_mm if finishing.shortest_mm is None else finishing.shortest_mm
    specks = are_specks([part for _, part in pieces], lengths, _join_mm(pen, finishing), shortest_mm)
    large = np.flatnonzero(~specks)
    numbers = np.array([number for number, _ in pieces], int)[large]
    parts = [pieces[i][1] for i in large]
    keep = visible(parts, pen.width_mm, pen.opacity) if finishing.drop_hidden else np.ones(len(parts), bool)
    seen = [part for part, kept in zip(parts, keep, strict=True) if kept]
    each = np.ones(len(chains), int) if laid is None else np.asarray(laid)
    strokes = int(each[np.unique(numbers[keep])].sum())
    return Layer(
        pen,
        tuple(_arrange(seen, pen, finishing)),
        strokes,
        hidden=int(each[np.unique(numbers)].sum()) - strokes,
        hidden_m=float(lengths[large][~keep].sum()) / 1000,
    )


def _arrange(chains: Sequence[Chain], pen: Pen, finishing: Finishing) -> list[Chain]:
    join_mm = _join_mm(pen, finishing)
    if finishing.keep_order:
        return join_neighbours(chains, join_mm)
    # Over ink that builds up, a bridge would show.
    bridges = finishing.join_mm is None and passes_to_hide(pen.opacity) == 1
    return order.sort(joining.merge(chains, join_mm, pen.width_mm if bridges else None))


def _join_mm(pen: Pen, finishing: Finishing) -> float:
    return pen.width_mm if finishing.join_mm is None else finishing.join_mm


def summarize(layers: Sequence[Layer], profile: Profile, client: Client = Client.SAXI) -> Statistics:
    """The figures of all layers on one machine, driven by ``client``, together and one by one."""
    each = tuple(_figures(layer, number, profile, client) for number, layer in enumerate(layers, start=1))
    return Statistics(
        strokes=sum(layer.strokes for layer in each),
        paths=sum(layer.paths for layer in each),
        pen_down_m=sum(layer.pen_down_m for layer in each),
        pen_up_m=sum(layer.pen_up_m for layer in each),
        lifts=sum(layer.lifts for layer in each),
        minutes=sum(layer.minutes for layer in each),
        hidden=sum(layer.hidden for layer in layers),
        hidden_m=sum(layer.hidden_m for layer in layers),
        layers=each,
    )


def _rounded(figures: dict[str, Any]) -> dict[str, Any]:
    return {
        name: round(value, _DECIMALS) if isinstance(value, float) else value
        for name, value in figures.items()
    }


def _figures(layer: Layer, number: int, profile: Profile, client: Client) -> LayerStatistics:
    timing = motion.time_paths(layer.chains, profile, client)
    pen_down_m = float(lengths_mm(layer.chains).sum()) / 1000
    return LayerStatistics(
        label=layer.label(number),
        strokes=layer.strokes,
        paths=len(layer.chains),
        pen_down_m=pen_down_m,
        pen_up_m=float(pen_up_moves_mm(layer.chains).sum()) / 1000,
        lifts=timing.lifts,
        timing=timing,
        refills=pen_down_m / layer.pen.refill_m if layer.pen.refill_m else None,
    )
