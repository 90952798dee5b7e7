"""What strokes shall look like, and how far a window of the page is from it."""

from __future__ import annotations

from dataclasses import dataclass, replace

import torch
from jaxtyping import Float
from torch import Tensor

from plotopt.ink import Inks
from plotopt.losses.base import Loss
from plotopt.objectives.base import Gradients, gathered, trainable
from plotopt.pens import Pen
from plotopt.render import Renderer, render, transmittance
from plotopt.strokes import Strokes
from plotopt.target import Target
from plotopt.view import View


@dataclass(frozen=True)
class Problem:
    """What the strokes shall look like, with which pens in which inks, how that is judged and rendered.

    ``inks`` are the pens' as the target has them: a target of one channel is in parts of full ink.
    """

    target: Target
    pens: tuple[Pen, ...]
    inks: Inks
    loss: Loss
    renderer: Renderer = transmittance

    def to(self, device: torch.device | str) -> Problem:
        """The same problem for strokes on another device."""
        moved = {name: getattr(self, name).to(device) for name in ("target", "inks", "loss")}
        return replace(self, **moved)


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
    return problem.loss(problem.inks.on_paper(through), wanted) / look.pixels


def gradients_of(problem: Problem, look: Look) -> Gradients:
    """The loss within the window, and its gradients by the strokes of the look."""
    leaf = trainable(look.strokes)
    loss = loss_of(problem, Look(leaf, look.view, look.softness_px, look.pixels))
    if loss.requires_grad:
        loss.backward()
    return gathered(leaf, loss.detach().double())
