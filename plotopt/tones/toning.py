"""Tones asked for a little lighter or darker than they are wanted, since the drawing comes out otherwise.

Where lines are coarse beside a tone's detail, the loss settles a few per cent beside the tone that it was
asked for, and joining lines adds some ink. What is off in one tone is off in all places of that tone: so it
is measured on the drawing now and then, and asked for the other way round.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace

import numpy as np
import torch
from jaxtyping import Float
from numpy import ndarray
from scipy.ndimage import gaussian_filter

from plotopt.tones.target import Target

# Tones between which the shift is interpolated, and the least weight, in pixels, that one is heard with.
_KNOTS = 17
_LEAST_WEIGHT = 200.0
# So much of what is off is taken back at a time, and so much of the shift forgotten, which leaves half of it
# in the end: light tones that are taken back to the full have lines so far apart that they look uneven. Never
# is more taken back than so much in all.
_GAIN, _FORGOTTEN, _MOST = 0.4, 0.4, 0.08
# Lines are blurred to a tone by so many of their widths.
_BLUR_WIDTHS = 3.0


@dataclass(frozen=True)
class Shift:
    """By how much lighter each tone is asked for; ``by`` at even tones from 0 to 1. White stays white."""

    by: Float[ndarray, "knots"] = field(default_factory=lambda: np.zeros(_KNOTS))

    def shifted(self, target: Target) -> Target:
        """A target of one channel as it is asked for."""
        if len(target.pixels) > 1 or not self.by.any():
            return target
        pixels = target.pixels
        place = pixels.clamp(0, 1) * (_KNOTS - 1)
        before = place.long().clamp(max=_KNOTS - 2)
        by = torch.as_tensor(self.by, dtype=pixels.dtype, device=pixels.device)
        shift = torch.lerp(by[before], by[before + 1], place - before)
        return replace(target, pixels=pixels + shift)

    def after(
        self,
        drawn: Float[ndarray, "height width"],
        wanted: Float[ndarray, "height width"],
        width_px: float,
    ) -> Shift:
        """The shift that takes back half of what a drawing is off, in mean light tone by tone.

        Both are in linear light; ``width_px`` is the lines'. Tones that hardly occur follow their neighbours.
        """
        off, tone = (
            gaussian_filter(each, _BLUR_WIDTHS * width_px).ravel() for each in (drawn - wanted, wanted)
        )
        place = np.clip(tone, 0, 1) * (_KNOTS - 1)
        before = np.minimum(place.astype(int), _KNOTS - 2)
        share = place - before
        sums, weights = (
            np.bincount(before, (1 - share) * values, _KNOTS)
            + np.bincount(before + 1, share * values, _KNOTS)
            for values in (off, np.ones_like(off))
        )
        known = weights > _LEAST_WEIGHT
        if not known.any():
            return self
        at = np.arange(_KNOTS)
        mean = np.interp(at, at[known], sums[known] / weights[known])
        by = np.clip((1 - _FORGOTTEN) * self.by - _GAIN * mean, -_MOST, _MOST)
        by[-1] = 0.0
        return Shift(by)
