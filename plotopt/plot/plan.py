"""From fitted strokes to the layers of a drawing, and the figures of the plot they make."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from plotopt.errors import PlotoptError
from plotopt.page import Rect
from plotopt.pens import Pen
from plotopt.plot import motion, order
from plotopt.plot.chains import Chain, lengths_mm, pen_up_moves_mm
from plotopt.plot.clip import clip
from plotopt.plot.hidden import visible
from plotopt.profiles import Profile


@dataclass(frozen=True, eq=False)
class Layer:
    """What one pen draws: chains in page mm, in drawing order, and how many strokes they were made of."""

    pen: Pen
    chains: tuple[Chain, ...] = field(repr=False)
    strokes: int


@dataclass(frozen=True)
class Statistics:
    """What a plot will be. Pen-up metres and minutes include the way from and to home, once a layer.

    ``strokes`` are those left after clipping and after dropping hidden ones, ``paths`` what became of them
    by merging. Changing pens takes no time here.
    """

    strokes: int
    paths: int
    pen_down_m: float
    pen_up_m: float
    lifts: int
    minutes: float


def plan_layer(chains: Sequence[Chain], pen: Pen, frame: Rect) -> Layer:
    """Clip strokes so that all ink stays in ``frame``, drop specks and the hidden, merge, order.

    Ends are merged across a pen's width; specks are strokes shorter than that.

    Raises PlotoptError when the pen is too wide for the frame.
    """
    inner = frame.inset(pen.width_mm / 2)
    if inner.width <= 0 or inner.height <= 0:
        raise PlotoptError(
            f"a pen {pen.width_mm:g} mm wide does not fit into a frame of {frame.width:g} x "
            f"{frame.height:g} mm: take larger paper, a smaller margin or a finer pen"
        )
    pieces = [(number, part) for number, chain in enumerate(chains) for part in clip(chain, inner)]
    lengths = lengths_mm([part for _, part in pieces])
    # A stroke shorter than the pen is wide is a speck: a lift of the pen for next to nothing.
    pieces = [piece for piece, length in zip(pieces, lengths, strict=True) if length >= pen.width_mm]
    keep = visible([part for _, part in pieces], pen.width_mm)
    seen = [piece for piece, kept in zip(pieces, keep, strict=True) if kept]
    merged = order.merge([part for _, part in seen], pen.width_mm)
    return Layer(pen, tuple(order.sort(merged)), strokes=len({number for number, _ in seen}))


def summarize(layers: Sequence[Layer], profile: Profile) -> Statistics:
    """The figures of all layers together on one machine."""
    paths = sum(len(layer.chains) for layer in layers)
    return Statistics(
        strokes=sum(layer.strokes for layer in layers),
        paths=paths,
        pen_down_m=sum(float(lengths_mm(layer.chains).sum()) for layer in layers) / 1000,
        pen_up_m=sum(float(pen_up_moves_mm(layer.chains).sum()) for layer in layers) / 1000,
        lifts=paths,
        minutes=sum(motion.time_paths(layer.chains, profile).total_s for layer in layers) / 60,
    )
