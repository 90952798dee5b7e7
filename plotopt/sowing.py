"""The first strokes of a target: how many of each pen, how long, and what they cannot reach."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import torch
from jaxtyping import Float
from numpy import ndarray

from plotopt import streamlines
from plotopt.ink import LUMINANCE, Inks
from plotopt.pens import MAX_OPACITY, Pen
from plotopt.seeding import Seeds, ink_demand, seed
from plotopt.separation import separate
from plotopt.strokes import Strokes
from plotopt.target import Target

# Where more than this part of the ink is missing, the user hears of it.
_MISSING_NOTED = 0.25
# A target keeps at least this part of the picture's darkness: on a lighter one every line would be an error.
_LEAST_DARKNESS = 0.15
# Strokes are laid on a raster of the pen's width, or of so many pixels along the longer side.
_LONG_SIDE_PX = 640
# No stroke is longer than this part of the shorter side, and on average none needs to be shorter than so
# many pen widths; a cubic curve is so many pen widths long.
_LONGEST_PART = 0.5
_SHORTEST_PENS = 2.0
_SPAN_PENS = 12.0
_MOST_SPANS = 12


@dataclass(frozen=True)
class Sown:
    """The first strokes, the target lightened to what they can reach, and what the user should know."""

    strokes: Strokes
    target: Target
    notes: tuple[str, ...]


@dataclass(frozen=True)
class _Bed:
    """What one pen is to lay: the tone that its full ink on white would have, in pixels of the seeding."""

    pen: Pen
    tone: Float[ndarray, "height width"]
    pen_px: float

    @property
    def ink_px(self) -> float:
        """How much full ink a pixel of line leaves: its width, or less where one pass is faint."""
        return self.pen_px * self.pen.opacity / MAX_OPACITY

    @property
    def line_px(self) -> float:
        """How long all its lines together are."""
        return float(ink_demand(self.tone).sum()) / self.ink_px


def sow(target: Target, count: int, pens: Sequence[Pen], inks: Inks, rng: np.random.Generator) -> Sown:
    """The first strokes for a target: ``count``, or fewer where that many would have nothing to do.

    A target of one channel is for one pen and in parts of its full ink, see :func:`plotopt.posing.pose`;
    one of three channels is separated into the inks of all pens, which share the strokes by the length of
    line that each has to lay.
    """
    finest_mm = min(pen.width_mm for pen in pens)
    side_mm = max(target.place.width, target.place.height)
    coarse = target.canvas(max(finest_mm, side_mm / _LONG_SIDE_PX), 0)
    beds = _beds(coarse, pens, inks)
    useful = int(sum(bed.line_px / (_SHORTEST_PENS * bed.pen_px) for bed in beds))
    if useful == 0:
        blank = Strokes.of_pen(torch.zeros(0, 4, 2), finest_mm)
        return Sown(blank, target, ("the picture is blank, or nearly: there is nothing to draw",))
    notes: list[str] = []
    if useful < count:
        notes.append(f"the picture wants little ink: {useful:,} strokes are enough for it, not {count:,}")
        count = useful
    structure = _luminance(coarse)
    seeds = _seeds(beds, count, structure, rng)
    missing = _missing(beds, seeds)
    if missing > _MISSING_NOTED:
        notes.append(_note(count, pens, 1 - missing))
        share = max(1 - missing, _LEAST_DARKNESS)
        # Lighter colours may need other inks, not only less of the same.
        target, beds = target.lightened(share), _beds(coarse.lightened(share), pens, inks)
        seeds = _seeds(beds, count, structure, rng)
    return Sown(_strokes(beds, seeds, coarse, pens), target, tuple(notes))


def _beds(coarse: Target, pens: Sequence[Pen], inks: Inks) -> list[_Bed]:
    if len(coarse.pixels) == 1:
        tones = [coarse.pixels[0].double().numpy()]
    else:
        tones = list(1 - separate(coarse.pixels, inks))
    pen_px = [pen.width_mm / coarse.view.mm_per_px for pen in pens]
    return [_Bed(pen, tone, px) for pen, tone, px in zip(pens, tones, pen_px, strict=True)]


def _luminance(coarse: Target) -> Float[ndarray, "height width"]:
    pixels = coarse.pixels.double().numpy()
    return pixels[0] if len(pixels) == 1 else np.tensordot(LUMINANCE, pixels, 1)


def _seeds(
    beds: Sequence[_Bed], count: int, structure: ndarray, rng: np.random.Generator
) -> list[Seeds | None]:
    """Lines of every bed; None where a pen has too little to do for a single stroke."""
    counts = _shared(count, [bed.line_px for bed in beds])
    longest_px = _LONGEST_PART * min(structure.shape)
    return [
        seed(bed.tone, number, bed.ink_px, longest_px, rng, structure) if number else None
        for bed, number in zip(beds, counts, strict=True)
    ]


def _shared(count: int, weights: Sequence[float]) -> list[int]:
    """Whole numbers in proportion to the weights that add up to ``count``."""
    edges = np.round(count * np.cumsum(weights) / np.sum(weights)).astype(int)
    return np.diff(edges, prepend=0).tolist()


def _missing(beds: Sequence[_Bed], seeds: Sequence[Seeds | None]) -> float:
    """What part of all the ink wanted no line has laid."""
    wanted = [bed.line_px * bed.ink_px for bed in beds]
    left = [1.0 if laid is None else laid.missing for laid in seeds]
    return float(np.dot(wanted, left) / np.sum(wanted))


def _note(count: int, pens: Sequence[Pen], reach: float) -> str:
    plural = "s" * (count > 1)
    widths = " and ".join(f"{width:g}" for width in sorted({pen.width_mm for pen in pens}))
    return (
        f"{count:,} stroke{plural} of {widths} mm lay {max(reach, 0.01):.0%} of the ink that the picture "
        "wants, so all tones are nearer to the paper's: use more strokes, a wider pen or smaller paper for "
        "a stronger drawing"
    )


def _strokes(
    beds: Sequence[_Bed], seeds: Sequence[Seeds | None], coarse: Target, pens: Sequence[Pen]
) -> Strokes:
    laid = [(number, lines) for number, lines in enumerate(seeds) if lines is not None]
    pen_px = float(np.mean([beds[number].pen_px for number, _ in laid]))
    spans = _spans(np.concatenate([lines.counts for _, lines in laid]), pen_px)
    points = np.concatenate([lines.control_points(spans) for _, lines in laid])
    owner = np.concatenate([np.full(len(lines.counts), number) for number, lines in laid])
    return Strokes.of_pens(coarse.view.to_mm(torch.from_numpy(points).float()), torch.from_numpy(owner), pens)


def _spans(counts: ndarray, pen_px: float) -> int:
    """Cubic curves a stroke, so that each is about a dozen pen widths long in the longer strokes."""
    length_px = float(np.percentile(counts, 75)) * streamlines.STEP_PX
    return int(np.clip(np.ceil(length_px / (_SPAN_PENS * pen_px)), 1, _MOST_SPANS))
