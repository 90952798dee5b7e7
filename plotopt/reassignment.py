"""Strokes go over to another pen during a fit, where another serves better."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace

import torch
from jaxtyping import Float, Int
from torch import Tensor

from plotopt.colour.ink import Inks
from plotopt.pens import Pen
from plotopt.strokes import Strokes

# A pen that a stroke is not drawn with is tried with so little ink that nothing else changes.
_GHOST = 1e-4
# Of strokes whose middles lie in one square of so many pens, one changes at a time.
_APART_PENS = 12.0
# Where all that promise something disappoint together, this part of them is tried, the best ones.
_FEWER = 3


def reassign(
    strokes: Strokes,
    pens: Sequence[Pen],
    inks: Inks,
    price: float,
    losses: Callable[[Strokes], Iterable[Tensor]],
) -> tuple[Strokes, Int[Tensor, "strokes"]]:
    """The strokes with the pens that serve them best, and which each was: -1 for those that changed theirs.

    ``losses`` are the whole page's, part by part, differentiable by opacity; ``price`` the second-order
    term of their sum for a square millimetre of full ink, see
    :meth:`plotopt.losses.base.Loss.line_weight`. Those that promise most in their neighbourhoods change
    together if the loss then falls; if not, the best third of them is tried, and so on.
    """

    def loss(drawn: Strokes) -> float:
        return sum(float(part) for part in losses(drawn))

    gain, pen = _gains(strokes, pens, inks, price, losses).max(1)
    # A line is drawn with one pen.
    gain = torch.where(strokes.joined(), 0.0, gain)
    order = _apart(strokes, gain)
    none = torch.zeros_like(strokes.pen, dtype=torch.bool)
    numbers = torch.arange(len(strokes), device=none.device)
    with torch.no_grad():
        before = loss(strokes) if len(order) else 0.0
        while len(order):
            chosen = none.index_fill(0, order, True)
            changed = Strokes.of_pens(strokes.points, torch.where(chosen, pen, strokes.pen), pens)
            changed = replace(changed, joints=strokes.joints)
            if loss(changed) < before:
                return changed, numbers.masked_fill(chosen, -1)
            order = order[: len(order) // _FEWER]
    return strokes, numbers


def _apart(strokes: Strokes, gain: Float[Tensor, "strokes"]) -> Int[Tensor, "chosen"]:
    """The strokes with most to gain in each place, best first: of neighbours, one step at a time.

    What makes a stroke change makes its neighbours change as well, and together they overshoot.
    """
    middle = strokes.points.detach().mean(1)
    # One by one, so where that does not mean to wait for a graphics card.
    cell = (middle / (_APART_PENS * strokes.width_mm.max())).floor().long().cpu()
    gain = gain.cpu()
    taken: set[tuple[int, int]] = set()
    best = []
    for index in gain.argsort(descending=True, stable=True).tolist():
        if gain[index] <= 0:
            break
        place = (int(cell[index, 0]), int(cell[index, 1]))
        if place not in taken:
            taken.add(place)
            best.append(index)
    return torch.tensor(best, dtype=torch.int64, device=strokes.pen.device)


def _gains(
    strokes: Strokes,
    pens: Sequence[Pen],
    inks: Inks,
    price: float,
    losses: Callable[[Strokes], Iterable[Tensor]],
) -> Float[Tensor, "strokes pens"]:
    """By how much the loss would fall were a stroke drawn with each pen, to second order; own pen nought.

    To first order light changes by what one ink adds and the other takes away. To second order that change
    of light is itself an error, where it is alone.
    """
    count = len(strokes)
    every = Strokes.of_pens(
        strokes.points.detach().repeat(len(pens), 1, 1),
        torch.arange(len(pens), device=strokes.pen.device).repeat_interleave(count),
        pens,
    )
    own = every.pen == strokes.pen.repeat(len(pens))
    opacity = torch.where(own, every.opacity, _GHOST).requires_grad_()
    # Part by part, so that memory is that of one, for there are as many strokes again as pens.
    for part in losses(replace(every, opacity=opacity)):
        part.backward()
    slope = torch.zeros_like(opacity) if opacity.grad is None else opacity.grad
    first = (every.opacity * slope).unflatten(0, (len(pens), count)).T
    kept = first.gather(1, strokes.pen[:, None])
    return kept - first - price * strokes.lengths_mm()[:, None] * _difference(pens, inks)[strokes.pen]


def _difference(pens: Sequence[Pen], inks: Inks) -> Float[Tensor, "pens pens"]:
    """What a mm of line makes of light in one pen rather than in another, squared, as a mean of channels."""
    paper = inks.bare[:, 0, 0]
    full = torch.stack(
        [ink if opaque else ink * paper for ink, opaque in zip(inks.reflectance, inks.opaque, strict=True)]
    )
    area = paper.new_tensor([pen.width_mm * pen.opacity for pen in pens])[:, None]
    darkness = area * (paper - full)
    return (darkness[:, None] - darkness[None]).square().mean(-1) / area.max()
