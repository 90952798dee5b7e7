"""Colour separation: how much ink of each pen gives a colour, before there are any strokes.

A patch in which pen k inks the part d_k of the paper lets through T_k = 1 - d_k. Where the pens' lines cross
at random, :meth:`plotopt.colour.ink.Inks.on_paper` of these is the patch's mean colour (Demichel's
equations). The ink that comes nearest to a colour in OKLab is found by gradient descent; a small price on
vivid inks makes black or grey ink serve for black and grey where there is one, though coloured ones could
mix them.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
import torch
from jaxtyping import Bool, Float
from numpy import ndarray
from torch import Tensor

from plotopt.colour.contrast import in_plot_order
from plotopt.colour.ink import Inks, look_alike
from plotopt.colour.oklab import oklab
from plotopt.pens import Pen
from plotopt.stocks import Stock

# More than this no hatching inks: lines that touch cross, too.
_MOST_INK = 0.95
# The price of all ink, and what it grows by with an ink's chroma in OKLab.
_PRICE, _PRICE_OF_CHROMA = 0.0005, 0.01
_STEPS, _TRYING_STEPS, _STEP = 500, 60, 0.3
_TRACE, _TRACE_OF_ALL = 0.02, 0.08
# Colours in between are interpolated on a grid of cube roots of light, on which the eye's steps are even.
_GRID = 17
# Of more numbers at a time torch makes a part for each thread, and how many there are shows in the last bits.
_MOST_NUMBERS = 32_000
# What a pen twice or half as wide as usual has to be better by, in squared distance of OKLab.
_PRICE_OF_WIDTH, _USUAL_MM = 0.0004, 0.4
# A picture's colours, for choosing pens, are at most so many, each as a bin of that grid.
_MOST_COLOURS = 48


def separate(linear: Float[Tensor, "3 height width"], inks: Inks) -> Float[ndarray, "pens height width"]:
    """What part of the paper each pen inks at every pixel of a picture, from 0 to 0.95.

    Interpolated between the colours of a grid.
    """
    at = np.cbrt(linear.double().clamp(0, 1).permute(1, 2, 0).numpy())
    shares = np.moveaxis(_interpolated(_table(*_content(inks)), at), -1, 0)
    # A trace of ink here and there, an interpolation's most of all, is a stroke that no one asked for.
    trace = np.maximum(_TRACE, _TRACE_OF_ALL * shares.sum(0))
    return shares * np.clip((shares - trace) / trace, 0, 1)


def _interpolated(
    table: Float[ndarray, "red green blue pens"], at: Float[ndarray, "height width 3"]
) -> Float[ndarray, "height width pens"]:
    """The table's values at points of its unit cube, in tetrahedra: greys are made of greys alone.

    From the corner of a cell one walks along its edges to the opposite one, the longest way first (J. Kasson,
    S. Nin, W. Plouffe and J. Hafner, Performing color space conversions with three-dimensional linear
    interpolation, J. Electronic Imaging 4 (1995)).
    """
    scaled = at * (len(table) - 1)
    corner = np.minimum(scaled.astype(int), len(table) - 2)
    order = np.argsort(corner - scaled, axis=-1, kind="stable")
    ways = np.take_along_axis(scaled - corner, order, -1)
    parts = -np.diff(ways, axis=-1, prepend=1, append=0)
    values = parts[..., :1] * table[tuple(np.moveaxis(corner, -1, 0))]
    for step in range(3):
        corner = corner + (order[..., step, None] == np.arange(3))
        values += parts[..., step + 1, None] * table[tuple(np.moveaxis(corner, -1, 0))]
    return values


def _content(inks: Inks) -> tuple[tuple[tuple[float, ...], ...], tuple[bool, ...], tuple[float, ...]]:
    """What there is to know of inks as numbers: light of each, which are opaque, light of the paper."""
    light = tuple(tuple(each) for each in inks.reflectance.tolist())
    return light, inks.opaque, tuple(inks.bare.flatten().tolist())


# A budget is sought with the same inks again and again, in lighter and darker pictures.
@lru_cache(maxsize=8)
def _table(
    reflectance: tuple[tuple[float, ...], ...], opaque: tuple[bool, ...], paper: tuple[float, ...]
) -> Float[ndarray, "red green blue pens"]:
    """The shares of inks for every colour of the grid, along cube roots of its linear light."""
    inks = Inks(torch.tensor(reflectance), opaque, torch.tensor(paper))
    axis = torch.linspace(0, 1, _GRID)
    colours = torch.cartesian_prod(axis, axis, axis) ** 3
    parts = [
        separated(some, [inks], _STEPS)[0][0] for some in colours.split(_MOST_NUMBERS // max(3, inks.pens))
    ]
    table = torch.cat(parts).double().numpy().reshape(_GRID, _GRID, _GRID, inks.pens)
    table.setflags(write=False)
    return table


def separated(
    colours: Float[Tensor, "colours 3"], sets: Sequence[Inks], steps: int
) -> tuple[Float[Tensor, "sets colours pens"], Float[Tensor, "sets colours"]]:
    """For each of several sets of inks the shares that come nearest to colours in linear RGB, and the rest.

    The rest is the squared distance in OKLab with the price of the ink; all sets have equally many inks.
    """
    wanted = oklab(colours)
    hidden = torch.full((len(sets), len(colours), sets[0].pens), -1.0)
    mixture = _Mixture.of(sets)
    optimizer = torch.optim.Adam([hidden.requires_grad_()], _STEP)
    for step in range(steps):
        optimizer.param_groups[0]["lr"] = _STEP * (1 - step / steps) + 0.02
        shares = _MOST_INK * hidden.sigmoid()
        rest = (oklab(mixture.light(shares)) - wanted).square().sum(-1) + (mixture.price * shares).sum(-1)
        (hidden.grad,) = torch.autograd.grad(rest.sum(), hidden)
        optimizer.step()
    return shares.detach(), rest.detach()


@dataclass(frozen=True)
class _Mixture:
    reflectance: Float[Tensor, "sets 1 pens 3"]
    opaque: Bool[Tensor, "sets 1 pens 1"]
    paper: Float[Tensor, "sets 1 3"]

    @classmethod
    def of(cls, sets: Sequence[Inks]) -> _Mixture:
        reflectance = torch.stack([inks.reflectance for inks in sets])[:, None]
        opaque = torch.tensor([inks.opaque for inks in sets])[:, None, :, None]
        return cls(reflectance, opaque, torch.stack([inks.bare[:, 0, 0] for inks in sets])[:, None])

    @property
    def price(self) -> Float[Tensor, "sets 1 pens"]:
        """What inking all of the paper costs."""
        return _PRICE + _PRICE_OF_CHROMA * oklab(self.reflectance)[..., 1:].norm(dim=-1)

    def light(self, shares: Float[Tensor, "sets colours pens"]) -> Float[Tensor, "sets colours 3"]:
        """As :meth:`plotopt.colour.ink.Inks.on_paper` has it."""
        light = self.paper
        for pen in range(shares.shape[-1]):
            share, ink = shares[..., pen, None], self.reflectance[:, :, pen]
            light = light * (1 - share) + share * ink * torch.where(self.opaque[:, :, pen], 1.0, light)
        return light


def best_pens(
    linear: Float[Tensor, "3 height width"], box: Sequence[Pen], count: int, stock: Stock
) -> tuple[Pen, ...]:
    """The pens of a box that together come nearest to a picture's colours, in the order of their layers.

    One is added at a time, whichever helps most; then each in turn gives way to a better one, if there is.
    Of pens that would do as well, those of a usual width are taken: a finer one lays little ink in a minute,
    a wider one no detail. Of two that look alike the second is taken only where the box has no other.
    """
    colours, weights = _colours(linear)

    def rest(pens: Sequence[Sequence[Pen]]) -> list[float]:
        sets = [Inks.of_pens(in_plot_order(each), 3, stock) for each in pens]
        odd = torch.tensor([sum(math.log2(pen.width_mm / _USUAL_MM) ** 2 for pen in each) for each in pens])
        return (separated(colours, sets, _TRYING_STEPS)[1] @ weights + _PRICE_OF_WIDTH * odd).tolist()

    chosen: list[Pen] = []
    for place in [*range(count), *range(count - 1)]:
        others = chosen[:place] + chosen[place + 1 :]
        tries = [[*others[:place], pen, *others[place:]] for pen in _left(box, others, stock)]
        chosen = min(zip(rest(tries), range(len(tries)), tries, strict=True))[-1]
    return in_plot_order(chosen)


def _left(box: Sequence[Pen], chosen: Sequence[Pen], stock: Stock) -> list[Pen]:
    """The pens of a box that look like none of those chosen; if there are none, all others.

    A second black would be taken for going over what the first leaves, which the first does by itself.
    """
    unlike = [pen for pen in box if not any(look_alike(pen, other, stock) for other in chosen)]
    return unlike or [pen for pen in box if pen not in chosen]


def _colours(
    linear: Float[Tensor, "3 height width"],
) -> tuple[Float[Tensor, "colours 3"], Float[Tensor, "colours"]]:
    """The most frequent colours, as means of cells of the grid, and what part of the picture each is."""
    pixels = linear.flatten(1).T.clamp(0, 1)
    level = (pixels ** (1 / 3) * (_GRID - 1)).round().long()
    cells, counts = torch.unique(level, dim=0, return_counts=True)
    most = counts.argsort(descending=True, stable=True)[:_MOST_COLOURS]
    colours = (cells[most] / (_GRID - 1)) ** 3
    return colours, counts[most] / counts[most].sum()
