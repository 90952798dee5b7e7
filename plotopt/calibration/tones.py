"""What a pen leaves on paper: the tone of hatching from the line's width and opacity, and back again.

A line is taken for an even band of ink. Where ``n`` bands lie over each other, ``(1 - opacity) ** n`` of what
the full ink would hide still shows; a patch's tone is the mean of that. It does not change when a camera
blurs the lines, so widths far below a pixel can be told.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from jaxtyping import Float
from numpy import ndarray
from scipy import optimize

from plotopt.colour.light import LUMINANCE
from plotopt.pens import MAX_OPACITY
from plotopt.testcard.card import Patch

_LEAST_OPACITY = 0.05
# Channels count as much, for JPEG blurs colour, in encoded values, which shifts the mean of fine lines.
_WEIGHTS = np.sqrt(LUMINANCE) / np.sqrt(1 / 3)
# How many nominal widths the true one may be.
_WIDTHS = (0.25, 4.0)


@dataclass(frozen=True)
class Tones:
    """A pen as patches tell it.

    ``width`` is in nominal widths, ``ink`` what full ink leaves of the paper's light; ``residual`` is the
    root mean square of what the patches' light differs from that. The errors are standard deviations.
    """

    width: float
    opacity: float
    ink: Float[ndarray, "3"]
    residual: float
    width_error: float
    opacity_error: float


def showing(patch: Patch, width: float, opacity: float) -> float:
    """The mean share of the paper that shows in an endless patch, for lines ``width`` nominal widths wide."""
    starts = np.array([offset - width / 2 for offset in patch.offsets])
    around = np.arange(-np.ceil(width / patch.period) - 1, np.ceil(width / patch.period) + 2) * patch.period
    begins = (starts[:, None] + around).ravel()
    cuts = np.sort(np.clip(np.concatenate([[0, patch.period], begins, begins + width]), 0, patch.period))
    middles = (cuts[1:] + cuts[:-1]) / 2
    covers = ((middles[:, None] > begins) & (middles[:, None] < begins + width)).sum(1)
    through = (1 - opacity) ** (patch.passes * covers)
    return float((through * np.diff(cuts)).sum() / patch.period)


def fit_tones(patches: Sequence[Patch], seen: Float[ndarray, "patches 3"]) -> Tones:
    """The pen that explains the patches' light relative to the paper's best, in least squares."""

    def residuals(unknown: ndarray) -> ndarray:
        return (_WEIGHTS * _differences(patches, seen, np.exp(unknown[0]), unknown[1])[0]).ravel()

    widths = np.log(np.geomspace(*_WIDTHS, 16)).tolist()
    starts = [(width, opacity) for width in widths for opacity in (0.15, 0.4, 0.7, 0.97)]
    start = min(starts, key=lambda each: float((residuals(np.array(each)) ** 2).sum()))
    bounds = ([np.log(_WIDTHS[0]), _LEAST_OPACITY], [np.log(_WIDTHS[1]), MAX_OPACITY])
    found = optimize.least_squares(residuals, start, bounds=bounds, x_scale=(0.1, 0.1), diff_step=1e-3)
    width, opacity = float(np.exp(found.x[0])), float(found.x[1])
    residual = float(np.sqrt((found.fun**2).mean()))
    # Five unknowns: width, opacity and the ink's three channels.
    scatter = (found.fun**2).sum() / max(found.fun.size - 5, 1)
    spread = np.sqrt(np.diag(np.linalg.pinv(found.jac.T @ found.jac)) * scatter)
    ink = _differences(patches, seen, width, opacity)[1]
    return Tones(width, opacity, ink, residual, width * float(spread[0]), float(spread[1]))


def fit_width(patches: Sequence[Patch], seen: Float[ndarray, "patches 3"], tones: Tones) -> float:
    """The width that explains these patches best when opacity and ink are known, in nominal widths."""

    def error(logarithm: float) -> float:
        through = np.array([showing(patch, np.exp(logarithm), tones.opacity) for patch in patches])
        light = tones.ink + (1 - tones.ink) * through[:, None]
        return float(((_WEIGHTS * (light - seen)) ** 2).sum())

    near = np.log(tones.width)
    return float(np.exp(optimize.minimize_scalar(error, bounds=(near - 0.5, near + 0.5), method="bounded").x))


def _differences(
    patches: Sequence[Patch], seen: ndarray, width: float, opacity: float
) -> tuple[Float[ndarray, "patches 3"], Float[ndarray, "3"]]:
    """What the patches lack to the model with the ink that suits them best, and that ink.

    Light is ``ink + (1 - ink) * through``, so ``1 - ink`` is the slope of darkness by ``1 - through``; it is
    at most 1, for no ink gives less light than none.
    """
    hidden = 1 - np.array([showing(patch, width, opacity) for patch in patches])
    depth = np.minimum(hidden @ (1 - seen) / max(hidden @ hidden, 1e-12), 1.0)
    return 1 - hidden[:, None] * depth - seen, 1 - depth
