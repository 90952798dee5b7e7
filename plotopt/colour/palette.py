"""Strokes that choose their pen, among those that lie on the table, while they are optimised."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
import torch
from torch import Tensor

from plotopt.colour.ink import Inks
from plotopt.pens import MAX_OPACITY, Pen
from plotopt.stocks import WHITE, Stock
from plotopt.strokes import Strokes

# First leanings are small and random: enough to tell strokes apart, too little to decide anything.
_FIRST_LEANING = 0.1


@dataclass(frozen=True)
class Palette:
    """The pens at hand, in layer order.

    An undecided stroke is drawn with all of them at once, each with a share of its opacity: the softmax of
    its ``leaning`` times ``sharpness``. As sharpness rises, the shares become all or nothing.
    """

    pens: tuple[Pen, ...]
    stock: Stock = WHITE

    @property
    def inks(self) -> Inks:
        """What the pens reflect on this stock in linear RGB."""
        return Inks.of_pens(self.pens, 3, self.stock)

    @property
    def widths_mm(self) -> Tensor:
        """Every pen's width."""
        return torch.tensor([pen.width_mm for pen in self.pens], device="cpu")

    @property
    def covers(self) -> Tensor:
        """What one pass of each pen leaves, in parts of what an undecided stroke does."""
        return torch.tensor([pen.opacity / MAX_OPACITY for pen in self.pens], device="cpu")

    def undecided(self, strokes: Strokes, rng: np.random.Generator) -> Strokes:
        """The strokes with the choice of their pen left open, unless there is but one."""
        if len(self.pens) == 1:
            return Strokes.of_pens(strokes.points, strokes.pen, self.pens)
        leaning = rng.normal(0, _FIRST_LEANING, (len(strokes), len(self.pens)))
        return replace(strokes, leaning=torch.from_numpy(leaning).to(strokes.points))

    def spread(self, strokes: Strokes, sharpness: float) -> Strokes:
        """What to render: decided strokes as they are, of others one for each pen, pen after pen."""
        if strokes.leaning is None:
            return strokes
        shares = torch.softmax(sharpness * strokes.leaning, dim=1)
        count, pens = shares.shape
        drawn = replace(strokes, leaning=None).repeat(pens)
        return replace(
            drawn,
            width_mm=self.widths_mm.to(strokes.width_mm).repeat_interleave(count),
            opacity=drawn.opacity * (self.covers.to(shares)[:, None] * shares.T).flatten(),
            pen=torch.arange(pens, device=shares.device).repeat_interleave(count),
        )

    def decided(self, strokes: Strokes) -> Strokes:
        """Every stroke with the pen it leans to most."""
        if strokes.leaning is None:
            return strokes
        return Strokes.of_pens(strokes.points, strokes.leaning.argmax(1), self.pens)
