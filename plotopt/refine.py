"""Strokes that do little are moved to where ink is missing."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import numpy as np
import torch
from jaxtyping import Bool, Float, Int
from numpy import ndarray
from scipy.ndimage import gaussian_filter
from torch import Tensor

from plotopt.colour.ink import Inks
from plotopt.first_strokes.seeding import Course, seed
from plotopt.first_strokes.streamlines import STEP_PX
from plotopt.render import render
from plotopt.strokes import Strokes
from plotopt.tones.target import Target
from plotopt.view import View

# At most this share of the strokes moves at once, lest the drawing be torn up faster than it heals.
_SHARE = 0.03
# A stroke is useless when it is worth less than this part of what half of the strokes are worth.
_USELESS = 0.1
_MISSING_SIGMA_PX = 2.0
# A stroke stays where it is rather than become shorter than this part of the usual length.
_SHORTEST_PART = 0.38
# Ink that changes the light of bare paper by less than this mends nothing.
_LEAST_CHANGE = 0.05


def worth(
    strokes: Strokes, grad_opacity: Float[Tensor, "strokes"], ink: Tensor, line_weight: float
) -> Float[Tensor, "strokes"]:
    """By how much the loss would rise without each stroke, to second order; nought or less is useless.

    ``ink`` is what each leaves alone, as :func:`own_ink` has it. To first order the loss rises by -a dL/da, a
    the opacity. The first order alone would take strokes of a good light hatching for useless, since there
    each stands in balance with its neighbours.
    """
    return line_weight * ink - strokes.opacity * grad_opacity


def own_ink(strokes: Strokes, view: View) -> Float[Tensor, "strokes"]:
    """Pixels of ink that only this stroke leaves: by how much the light would rise without it."""
    opacity = strokes.opacity.detach().requires_grad_()
    light = render(replace(strokes.detach(), opacity=opacity), [view]).sum()
    if light.requires_grad:
        light.backward()
    return torch.zeros_like(opacity) if opacity.grad is None else -strokes.opacity * opacity.grad


def missing_ink(strokes: Strokes, target: Target, inks: Inks) -> Float[ndarray, "pens height width"]:
    """How much of each pen's full ink would mend the light, blurred a little, in [0, 1].

    It is what is wrong as seen along the change that full ink would make there, in parts of the change that
    it makes on bare paper. Each place asks for the one pen that would mend most.
    """
    with torch.no_grad():
        through = render(strokes.detach(), [target.view], pens=inks.pens)
        light, pens = inks.on_paper(through)[0], range(inks.pens)
        wrong = target.pixels - light
        mended = torch.stack([_along(wrong, _inked(through, pen, inks) - light) for pen in pens])
        bare = torch.ones_like(through[..., :1, :1])
        changes = [torch.linalg.vector_norm(_inked(bare, pen, inks) - inks.bare) for pen in pens]
        full = torch.stack(changes)[:, None, None]
        mended = torch.where(full < _LEAST_CHANGE, 0, mended)
        is_best = torch.arange(inks.pens, device=mended.device)[:, None, None] == mended.argmax(0)
        missing = torch.where(is_best, mended, mended.clamp(max=0)) / full.clamp(min=_LEAST_CHANGE)
    blurred = gaussian_filter(missing.double().cpu().numpy(), (0, _MISSING_SIGMA_PX, _MISSING_SIGMA_PX))
    return np.clip(blurred, 0, 1)


def _inked(
    transmittance: Float[Tensor, "1 pens height width"], pen: int, inks: Inks
) -> Float[Tensor, "channels height width"]:
    """The light where one pen's ink is full."""
    full = transmittance.clone()
    full[:, pen] = 0
    return inks.on_paper(full)[0]


def _along(
    wrong: Float[Tensor, "channels height width"], change: Float[Tensor, "channels height width"]
) -> Float[Tensor, "height width"]:
    """How far the light is wrong towards a change, in the light of all channels; less than 0 for away."""
    size = torch.linalg.vector_norm(change, dim=0)
    return (wrong * torch.where(size > 0, change / size, 0)).sum(0)


def relocate(
    strokes: Strokes,
    worths: Float[Tensor, "strokes"],
    view: View,
    missing: Callable[[Strokes], ndarray],
    rng: np.random.Generator,
    course: Course | None = None,
) -> tuple[Strokes, Int[Tensor, "strokes"]]:
    """Useless strokes laid anew, and which each was before: -1 for those.

    ``missing`` tells what ink all others leave missing, in the pixels of ``view``. They run along the
    structure of that ink, or on a ``course``; one that finds only specks of it stays where it was.
    """
    moved = _useless(worths, strokes.joined())
    wanted = missing(strokes.select(~moved))
    numbers = torch.arange(len(strokes), device=moved.device)
    if not moved.any() or wanted.sum() <= 0:
        return strokes, numbers
    pen_px = float(strokes.width_mm.mean()) / view.mm_per_px
    longest_px = float(strokes.lengths_mm().median()) / view.mm_per_px
    lines = seed(1 - wanted, int(moved.sum()), pen_px, longest_px, rng, course)
    # Where ink is missing in specks alone, crumbs would be laid.
    lengths_px = (lines.counts - 1) * STEP_PX
    is_line = torch.from_numpy(lengths_px >= _SHORTEST_PART * longest_px).to(moved.device)
    laid = view.to_mm(torch.from_numpy(lines.control_points(strokes.spans)).to(strokes.points))
    places = moved.nonzero()[is_line, 0]
    points = strokes.points.index_copy(0, places, laid[is_line])
    return strokes.with_points(points), numbers.index_fill(0, places, -1)


def _useless(worths: Tensor, bound: Bool[Tensor, "strokes"]) -> Bool[Tensor, "strokes"]:
    """The strokes worth least, if next to nothing, of those that are not ``bound`` to others."""
    worst = worths.masked_fill(bound, torch.inf).argsort()[: max(1, int(_SHARE * len(worths)))]
    chosen = torch.zeros_like(worths, dtype=torch.bool)
    chosen[worst] = worths[worst] <= _USELESS * worths.median()
    return chosen & ~bound
