"""One stage of the optimisation: strokes follow an objective's gradient. Knows no files and no screens."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from plotopt.adam import Adam
from plotopt.objectives.base import Gradients, Objective, shared, smoothed
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
    number = 0
    while number < stage.steps:
        quiet = stage.quiet_from(number) if objective.leaps else range(0)
        leap = objective.leap(strokes, points, quiet) if quiet else None
        if leap:
            strokes, points = strokes.with_points(leap.points), leap.adam
            for loss in leap.losses:
                on_step(number, loss)
                number += 1
            continue
        gradients = _gradients(strokes, objective, stage, number)
        if stage.relocates_at(number):
            strokes, origins = objective.refine(strokes, gradients)
            points = points.follow(origins)
            gradients = _gradients(strokes, objective, stage, number)
        size_mm = stage.anneal(stage.step_px, number) * objective.mm_per_px
        placed, points = points.step(strokes.points, gradients.points, size_mm)
        strokes = strokes.moved_to(placed)
        strokes, leaning = _leant(strokes, gradients, leaning)
        on_step(number, float(gradients.loss))
        number += 1
    return strokes


def _gradients(strokes: Strokes, objective: Objective, stage: Stage, number: int) -> Gradients:
    """The gradients of a step, smoothness and all."""
    found = smoothed(objective.gradients(strokes, number), strokes.points, objective, stage)
    return shared(found, strokes.joints)


def _leant(strokes: Strokes, gradients: Gradients, adam: Adam | None) -> tuple[Strokes, Adam | None]:
    """The strokes with their leanings a step further, where they have any."""
    if adam is None or strokes.leaning is None or gradients.leaning is None:
        return strokes, adam
    leant, adam = adam.step(strokes.leaning[..., None], gradients.leaning[..., None], _LEANING_STEP)
    return replace(strokes, leaning=leant[..., 0]), adam


def _adam_of_leaning(strokes: Strokes) -> Adam | None:
    return None if strokes.leaning is None else Adam.fresh(strokes.leaning[..., None])
