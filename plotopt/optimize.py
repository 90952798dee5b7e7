"""One stage of the optimisation: strokes follow an objective's gradient. Knows no files and no screens."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import torch

from plotopt.adam import Adam
from plotopt.losses.smooth import bending
from plotopt.objectives.base import Gradients, Objective
from plotopt.stages import Stage
from plotopt.strokes import Strokes

# Leanings have no unit; so they move a step, at the most.
_LEANING_STEP = 0.1


def optimize(
    strokes: Strokes,
    objective: Objective,
    stage: Stage,
    on_step: Callable[[int, float], None] = lambda number, loss: None,
) -> Strokes:
    """The strokes after all steps of one stage; the given ones stay as they are.

    ``on_step`` hears each step's number, from 0, and its loss.
    """
    points, leaning = Adam.fresh(strokes.points), _adam_of_leaning(strokes)
    for number in range(stage.steps):
        gradients = smoothed(objective.gradients(strokes, number), strokes, objective, stage)
        if stage.relocates_at(number):
            strokes, moved = objective.refine(strokes, gradients)
            points = points.forget(moved)
            gradients = smoothed(objective.gradients(strokes, number), strokes, objective, stage)
        size_mm = stage.anneal(stage.step_px, number) * objective.mm_per_px
        placed, points = points.step(strokes.points, gradients.points, size_mm)
        strokes = strokes.with_points(placed)
        if leaning is not None and strokes.leaning is not None and gradients.leaning is not None:
            leant, leaning = leaning.step(
                strokes.leaning[..., None], gradients.leaning[..., None], _LEANING_STEP
            )
            strokes = replace(strokes, leaning=leant[..., 0])
        on_step(number, gradients.loss)
    return strokes


def smoothed(gradients: Gradients, strokes: Strokes, objective: Objective, stage: Stage) -> Gradients:
    """The gradients with the smoothness of the strokes counted in.

    It moves only the strokes that the objective pulls at. Bends are counted in pixels, so that they weigh
    the same at every scale.
    """
    leaf = strokes.points.detach().requires_grad_()
    bends = stage.smoothness / (objective.pixels * objective.mm_per_px**2) * bending(leaf).sum()
    (pull,) = torch.autograd.grad(bends, leaf)
    return replace(
        gradients,
        loss=gradients.loss + float(bends.detach()),
        points=gradients.points + gradients.touched[:, None, None] * pull,
    )


def _adam_of_leaning(strokes: Strokes) -> Adam | None:
    return None if strokes.leaning is None else Adam.fresh(strokes.leaning[..., None])
