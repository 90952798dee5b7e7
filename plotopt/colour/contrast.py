"""How inks stand out from the paper that they lie on, as far as lightness goes."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from plotopt.colour.light import encoded, light_of, luminance
from plotopt.pens import MAX_OPACITY, Pen
from plotopt.stocks import WHITE, Stock

#: What the stray light of a room adds to the light of ink and paper alike.
ROOM_LIGHT = 0.05
# Papers of less luminance take opaque inks alone.
_DARK = 0.2
_OPAQUE_HINT = ": on dark paper take an opaque one, such as gelly-roll-white-08"
# Below this contrast to the paper, in a room, ink is hard to see.
_LEAST_CONTRAST = 1.235


def on_stock(pen: Pen, stock: Stock) -> float:
    """The luminance of a stock under the pen's full ink."""
    return luminance(pen.color) * (1.0 if pen.opaque else luminance(stock.color))


def contrast(pen: Pen, stock: Stock) -> float:
    """How many times brighter the brighter of inked and bare paper is in a room, 1 or more."""
    inked, bare = on_stock(pen, stock) + ROOM_LIGHT, luminance(stock.color) + ROOM_LIGHT
    return max(inked, bare) / min(inked, bare)


def opacity_in_srgb(pen: Pen) -> float:
    """The opacity by which what mixes in sRGB, as browsers do, comes nearest to a pass of the pen on white.

    The pen's own is counted in light. By least squares over red, green and blue; opaque inks and full tones
    keep theirs.
    """
    if pen.opaque or pen.opacity >= MAX_OPACITY:
        return pen.opacity
    ink = np.array(light_of(pen.color))
    full, passed = 1 - encoded(ink), 1 - encoded(1 - pen.opacity * (1 - ink))
    return float(full @ passed / (full @ full)) if full.any() else pen.opacity


def pale_notes(pens: Sequence[Pen], stock: Stock = WHITE) -> tuple[str, ...]:
    """A note for each pen whose luminance hardly differs from that of the paper."""
    return tuple(
        f"the ink of {pen.name} ({pen.color}) hardly shows on {stock.title}, and so in the preview"
        + ("" if pen.opaque or luminance(stock.color) > _DARK else _OPAQUE_HINT)
        for pen in pens
        if contrast(pen, stock) < _LEAST_CONTRAST
    )


def in_plot_order(pens: Sequence[Pen]) -> tuple[Pen, ...]:
    """Pens in the order of their layers: translucent inks first, then light before dark.

    A dark ink drawn first would stain the nib of a light one, and under an opaque one it is hidden.
    """
    return tuple(sorted(pens, key=lambda pen: (pen.opaque, -luminance(pen.color))))
