"""One stage of the optimisation: strokes follow the gradient of a loss. Knows nothing of files or screens."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np
import torch
from jaxtyping import Float
from torch import Tensor

from plotopt.adam import Adam
from plotopt.ink import Inks
from plotopt.losses.base import Loss
from plotopt.losses.smooth import bending
from plotopt.page import Rect
from plotopt.refine import missing_ink, own_ink, relocate, worth
from plotopt.render import render
from plotopt.stages import Stage, tiles
from plotopt.strokes import Strokes
from plotopt.target import Target


@dataclass(frozen=True)
class Problem:
    """What the strokes shall look like, in which inks, and how that is judged."""

    target: Target
    inks: Inks
    loss: Loss


@dataclass(frozen=True)
class Gradients:
    """The loss a pixel of the picture, and its gradients by the strokes' points (1/mm) and opacity."""

    loss: float
    points: Float[Tensor, "strokes control_points 2"]
    opacity: Float[Tensor, "strokes"]


def optimize(
    strokes: Strokes,
    problem: Problem,
    stage: Stage,
    rng: np.random.Generator,
    on_step: Callable[[int, float], None] = lambda number, loss: None,
) -> Strokes:
    """The strokes after all steps of one stage; the given ones stay as they are.

    ``on_step`` hears each step's number, from 0, and its loss.
    """
    frame = problem.target.place
    canvas = replace(problem, target=problem.target.canvas(stage.mm_per_px(frame), problem.loss.cell_px))
    adam = Adam.fresh(strokes.points)
    for number in range(stage.steps):
        gradients = descend(strokes, canvas, frame, stage, number, rng)
        if stage.relocates_at(number):
            strokes, moved = refine(strokes, gradients, canvas, rng)
            adam = adam.forget(moved)
            gradients = descend(strokes, canvas, frame, stage, number, rng)
        size_mm = stage.anneal(stage.step_px, number) * stage.mm_per_px(frame)
        points, adam = adam.step(strokes.points, gradients.points, size_mm)
        strokes = strokes.with_points(points)
        on_step(number, gradients.loss)
    return strokes


def descend(
    strokes: Strokes, canvas: Problem, frame: Rect, stage: Stage, number: int, rng: np.random.Generator
) -> Gradients:
    """Loss and gradients of the whole page, gathered tile by tile, so that memory is that of one tile.

    Smoothness moves only the strokes that some tile shows. ``canvas`` is the problem with its target
    sampled at the stage's pixel size, one cell of paper around.
    """
    pixel = stage.mm_per_px(frame)
    points = strokes.points.detach().requires_grad_()
    opacity = strokes.opacity.detach().requires_grad_()
    leaf = replace(strokes, points=points, opacity=opacity)
    per_px = pixel**2 / (frame.width * frame.height)
    total = 0.0
    x, y = rng.integers(0, canvas.loss.cell_px, 2).tolist()
    for view in tiles(frame, stage, canvas.loss.cell_px, (x, y)):
        softness_px = stage.anneal(stage.softness_px, number)
        through = render(leaf, [view], softness_px=softness_px, pens=canvas.inks.pens)
        drawing = canvas.inks.on_paper(through)
        loss = per_px * canvas.loss(drawing, canvas.target.window(view)[None])
        if loss.requires_grad:
            loss.backward()
        total += float(loss.detach())
    drawn = _grad(points)
    # Bends are counted in pixels too, so that they weigh the same at every scale.
    bends = stage.smoothness * per_px / pixel**2 * bending(points).sum()
    (smoothing,) = torch.autograd.grad(bends, points)
    touched = (drawn != 0).any(-1).any(-1)[:, None, None]
    return Gradients(total + float(bends.detach()), drawn + touched * smoothing, _grad(opacity))


def refine(
    strokes: Strokes, gradients: Gradients, canvas: Problem, rng: np.random.Generator
) -> tuple[Strokes, Tensor]:
    """Strokes with the useless ones moved to where ink is missing, and which ones those were."""
    view = canvas.target.view
    pixels = view.width_px * view.height_px
    width_px = float(strokes.width_mm.mean()) / view.mm_per_px
    worths = worth(
        strokes, pixels * gradients.opacity, own_ink(strokes, view), canvas.loss.line_weight(width_px)
    )
    return relocate(strokes, worths, view, lambda kept: missing_ink(kept, canvas.target, canvas.inks), rng)


def _grad(leaf: Tensor) -> Tensor:
    return torch.zeros_like(leaf) if leaf.grad is None else leaf.grad
