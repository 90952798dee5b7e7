"""What strokes shall look like, and how far a window of the page is from it."""

from __future__ import annotations

from dataclasses import dataclass, field, replace

import torch
from jaxtyping import Float
from torch import Tensor

from plotopt.colour.ink import Inks
from plotopt.first_strokes.guide import Guide, laying_mm
from plotopt.hand import Hand
from plotopt.losses.base import Loss
from plotopt.losses.grain import Grain
from plotopt.objectives.base import Gradients, gathered, trainable
from plotopt.pens import Pen
from plotopt.render import Renderer, render, transmittance
from plotopt.strokes import Strokes
from plotopt.tones.target import Target
from plotopt.tones.toning import Shift
from plotopt.view import View


@dataclass(frozen=True)
class Problem:
    """What the strokes shall look like, with which pens in which inks, how that is judged and rendered.

    ``inks`` are the pens' as the target has them: a target of one channel is in parts of full ink.
    ``guide`` is what first strokes are told, and those laid anew; ``shift`` by how much tones are asked for
    lighter or darker than the target has them; ``hand`` is how steadily they are drawn, ``grain`` what they
    keep to.
    """

    target: Target
    pens: tuple[Pen, ...]
    inks: Inks
    loss: Loss
    renderer: Renderer = transmittance
    guide: Guide = field(default_factory=Guide)
    hand: Hand = field(default_factory=Hand)
    shift: Shift = field(default_factory=Shift)
    grain: Grain | None = None

    def to(self, device: torch.device | str) -> Problem:
        """The same problem for strokes on another device."""
        moved = {name: getattr(self, name).to(device) for name in ("target", "inks", "loss")}
        return replace(self, grain=self.grain.to(device) if self.grain else None, **moved)

    def grained(self) -> Problem:
        """The same problem with the directions that its guide lays strokes in, if the hand keeps to them."""
        place, grain = self.target.place, None
        if self.hand.firmness:
            grain = self.guide.grain(self.target.canvas(laying_mm(self.pens, place), 0), place)
        return replace(self, grain=grain)


@dataclass(frozen=True)
class Look:
    """A window of the page, the strokes that it may show and how soft their edges are.

    The loss is counted in parts of ``pixels``.
    """

    strokes: Strokes
    view: View
    softness_px: float
    pixels: float


def loss_of(problem: Problem, look: Look) -> Float[Tensor, ""]:
    """How far the strokes are from the target within the window."""
    through = render(
        look.strokes,
        [look.view],
        softness_px=look.softness_px,
        pens=problem.inks.pens,
        renderer=problem.renderer,
    )
    wanted = problem.target.window(look.view)[None]
    loss = problem.loss(problem.inks.on_paper(through), wanted)
    if problem.hand.overlap:
        # Paid for what shows, ink costs what does not; that it is laid is counted stroke by stroke.
        loss = loss - problem.hand.overlap * (1 - through).sum()
    return loss / look.pixels


def gradients_of(problem: Problem, look: Look) -> Gradients:
    """The loss within the window, and its gradients by the strokes of the look."""
    leaf = trainable(look.strokes)
    loss = loss_of(problem, Look(leaf, look.view, look.softness_px, look.pixels))
    if loss.requires_grad:
        loss.backward()
    return gathered(leaf, loss.detach().double())
