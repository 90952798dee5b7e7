"""What of a picture is drawn: cut out by a mask, freed from light tones, its tones strong or faint."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
import torch
from jaxtyping import Float
from numpy import ndarray
from torch import Tensor

from plotopt.colour.ink import grey
from plotopt.maps import fitted
from plotopt.objectives.problem import Problem
from plotopt.tones.target import Target
from plotopt.tracing import Trace

# Below the threshold, tones come back within so much.
_RAMP = 0.06
_LEAST = 1e-6


@dataclass(frozen=True)
class Emphasis:
    """What of a picture is drawn.

    ``mask`` is how much of the picture is left, over its whole place; tones nearer to the paper's than
    ``paper_threshold`` (1 is the paper, 0 full ink, dark or light) are left blank; ``edges`` in 0..1 is how
    many outlines are drawn as lines, and ``shading`` in 0..1 how much of the tones beside them; ``trace`` is
    whether lines that the picture itself is drawn in are drawn whole.
    """

    mask: Float[ndarray, "rows columns"] | None = None
    paper_threshold: float | None = None
    edges: float = 0.0
    shading: float = 1.0
    trace: Trace = Trace.OFF


def emphasize(problem: Problem, emphasis: Emphasis) -> Problem:
    """The problem of drawing that of the picture alone; its lines follow the whole picture all the same."""
    whole = target = problem.target
    if emphasis.paper_threshold is not None:
        target = target.faded(left_of(whole, emphasis.paper_threshold))
    if emphasis.mask is not None:
        mask = fitted(emphasis.mask, (target.pixels.shape[1], target.pixels.shape[2])).clip(0, 1)
        target = target.faded(torch.from_numpy(mask.astype(np.float32)))
    if emphasis.shading < 1:
        target = target.lightened(emphasis.shading)
    if target is whole:
        return problem
    guide = replace(problem.guide, structure=whole, toned=emphasis.shading > 0)
    return replace(problem, target=target, guide=guide)


def left_of(target: Target, threshold: float) -> Float[Tensor, "height width"]:
    """1 where tones are as far from the paper's as the threshold or farther, 0 where they are nearer."""
    paper = target.pixels.new_tensor(target.paper)[:, None, None]
    away = torch.maximum(
        (paper - target.pixels) / paper.clamp(min=_LEAST),
        (target.pixels - paper) / (1 - paper).clamp(min=_LEAST),
    )
    share = ((threshold - 1 + grey(away)) / _RAMP).clamp(0, 1)
    return share * share * (3 - 2 * share)
