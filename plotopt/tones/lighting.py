"""The light on a photographed sheet: how light its bare paper is in every part of the picture."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
from jaxtyping import Bool, Float
from numpy import ndarray
from scipy import ndimage

# Light is looked at in square cells, so many along the longer side: that of their paper, lighter than most.
_CELLS, _LIGHTER_PERCENT = 48, 75.0
# Its logarithm is a polynomial of this degree along each axis: a slope or a vignette, no shadow's edge.
_DEGREE = 3
# The quantile that it begins as. Weights of its least squares are bounded at this residual.
_QUANTILE, _ROUNDS, _LEAST = 0.7, 20, 0.01
# What is so near to it, in logarithms, is paper; so many of the pixels at the least.
_NEAR, _PAPER = 0.1, 0.65
# Paper is the lightest thing in a picture of a sheet. Light that falls off by less is even.
_LIGHTEST, _EVEN = 0.85, 0.99
# So many per cent of the pixels are the darkest ink, and it is no paler than this part of its paper.
_BLACK_PERCENT, _PALEST = 0.5, 0.5
# On paper darker than the first of these, ink is lost in noise; on paper lighter than the second it is not.
_LOST, _SEEN = 0.15, 0.3
# The tones of a cell with hardly any ink differ by less; shadows, in logarithms, from the next cell by less.
_PLAIN, _STEP = 0.1, 0.3
_NONE = 1e-6


@dataclass(frozen=True, eq=False)
class Lighting:
    """How light a sheet's bare paper is at each pixel, its ``light`` in 0..1, and what ink is darkest.

    ``inked`` is that in parts of the paper around it, ``black`` what it becomes.
    """

    light: Float[ndarray, "height width"] = field(repr=False)
    inked: float
    black: float

    def evened(self, tone: Float[ndarray, "height width"]) -> Float[ndarray, "height width"]:
        """The tones that the sheet would have in even light, 1 for its paper."""
        ink = (1 - tone / self.light) * (1 - self.black) / (1 - self.inked)
        known = np.interp(self.light, (_LOST, _SEEN), (0, 1))
        return (1 - known * ink).clip(self.black, 1)

    def left(self, tone: Float[ndarray, "height width"]) -> Float[ndarray, "height width"]:
        """How much that leaves of each pixel's darkness; more than 1 where it gets darker."""
        return (1 - self.evened(tone)) / np.maximum(1 - tone, _NONE)


def find_lighting(tone: Float[ndarray, "height width"]) -> Lighting | None:
    """The uneven light on the sheet that a picture with these tones, 0..1, shows; None where it shows none.

    Two thirds of such a picture are paper. Ink and shapes darker than that are outliers: the light begins
    as a quantile (R. Koenker and G. Bassett, Regression quantiles, Econometrica 46 (1978); by weighted least
    squares) and ends as the mean of what lies near. Shadows beside it are followed from cell to cell.
    """
    side = -(-max(tone.shape) // _CELLS)
    cells = _Cells.of(tone, side)
    smooth, near = _fitted(cells.light)
    if not near.any() or smooth[near].max() < np.log(_LIGHTEST):
        return None
    if (np.abs(tone / _whole(smooth, side, tone.shape) - 1) <= _NEAR).mean() < _PAPER:
        return None
    light = _whole(cells.lit(smooth, near), side, tone.shape)
    black, inked = (float(np.percentile(each, _BLACK_PERCENT)) for each in (tone, tone / light))
    return Lighting(light, inked, black) if light.min() <= _EVEN and black <= inked <= _PALEST else None


@dataclass(frozen=True, eq=False)
class _Cells:
    """The logarithms of the light of cells of a picture, and which are ``plain``, without ink or edges."""

    light: Float[ndarray, "rows columns"]
    plain: Bool[ndarray, "rows columns"]

    @classmethod
    def of(cls, tone: Float[ndarray, "height width"], side: int) -> _Cells:
        whole = np.pad(tone, [(0, -length % side) for length in tone.shape], "edge")
        rows, columns = (length // side for length in whole.shape)
        pixels = whole.reshape(rows, side, columns, side)
        percents = [100 - _LIGHTER_PERCENT, _LIGHTER_PERCENT]
        darker, light = np.maximum(np.percentile(pixels, percents, axis=(1, 3)), _NONE)
        return cls(np.log(light), light - darker <= _PLAIN)

    def lit(
        self, smooth: Float[ndarray, "rows columns"], near: Bool[ndarray, "rows columns"]
    ) -> Float[ndarray, "rows columns"]:
        """The light on the paper, which is ``near`` to a smooth one but for the shadows."""
        shadows = self._shadows(near)
        paper = (self.plain & near) | shadows
        if not paper.any():
            return smooth
        # Where there is ink, light is off the smooth one by as much as on the paper beside it.
        beside = ndimage.distance_transform_edt(~paper, return_distances=False, return_indices=True)
        return smooth + np.where(shadows, self.light - smooth, 0)[tuple(beside)]

    def _shadows(self, paper: Bool[ndarray, "rows columns"]) -> Bool[ndarray, "rows columns"]:
        """Plain cells that paper darkens to by and by, in parts that go to the picture's edge."""
        known = paper
        for _ in range(max(paper.shape)):
            around = np.pad(np.where(known, self.light, -np.inf), 1, constant_values=-np.inf)
            next_to = (around[:-2, 1:-1], around[2:, 1:-1], around[1:-1, :-2], around[1:-1, 2:])
            known = known | self.plain & np.any([np.abs(self.light - each) <= _STEP for each in next_to], 0)
        parts, _ = ndimage.label(known & ~paper)
        outer = np.concatenate([parts[[0, -1]].ravel(), parts[:, [0, -1]].ravel()])
        return np.isin(parts, outer[outer > 0])


def _whole(
    cells: Float[ndarray, "rows columns"], side: int, shape: tuple[int, ...]
) -> Float[ndarray, "height width"]:
    """Light at each pixel, from its logarithms in the cells; none lies above the most there is, 1."""
    whole = ndimage.zoom(np.exp(cells), side, order=1, mode="nearest", grid_mode=True)
    return np.minimum(whole[: shape[0], : shape[1]], 1)


def _fitted(
    light: Float[ndarray, "rows columns"],
) -> tuple[Float[ndarray, "rows columns"], Bool[ndarray, "rows columns"]]:
    """The smooth light on the paper, in logarithms, and which cells are near to it."""
    axes = [np.vander(np.linspace(-1, 1, count), 2 * _DEGREE + 1, increasing=True) for count in light.shape]
    weights = np.ones_like(light)
    for _ in range(_ROUNDS):
        off = light - _least_squares(axes, light, weights)
        weights = np.where(off > 0, _QUANTILE, 1 - _QUANTILE) / np.maximum(np.abs(off), _LEAST)
    near = _largest(np.abs(off) <= _NEAR)
    for _ in range(_ROUNDS):
        smooth = _least_squares(axes, light, near)
        near = _largest(np.abs(light - smooth) <= _NEAR)
    if near.any():
        # Beyond what has been seen, a polynomial runs away.
        smooth = smooth.clip(smooth[near].min(), smooth[near].max())
    return smooth, near


def _largest(mask: Bool[ndarray, "rows columns"]) -> Bool[ndarray, "rows columns"]:
    """The largest part of a mask: a sheet is one, and what a polynomial meets elsewhere is chance."""
    parts, count = ndimage.label(mask)
    return parts == 1 + np.argmax(np.bincount(parts.ravel())[1:]) if count else mask


def _least_squares(
    axes: list[ndarray], values: Float[ndarray, "rows columns"], weights: ndarray
) -> Float[ndarray, "rows columns"]:
    """The polynomial nearest to the values, at each cell, by its normal equations.

    ``axes`` are the powers of the places down and across up to twice its degree: the products of any two
    terms. So all matrices are small; of tall ones the library's threads, on a busy machine, wait for one
    another a hundred times as long as they work.
    """
    down, across = axes
    moments = down.T @ weights @ across
    powers = np.arange(_DEGREE + 1)
    pairs = powers[:, None] + powers
    products = moments[pairs[:, None, :, None], pairs[None, :, None, :]].reshape(powers.size**2, -1)
    down, across = (axis[:, powers] for axis in axes)
    wanted = down.T @ (weights * values) @ across
    found = np.linalg.lstsq(products, wanted.ravel(), rcond=None)[0]
    return down @ found.reshape(wanted.shape) @ across.T
