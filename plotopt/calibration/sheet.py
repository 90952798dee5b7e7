"""The card as it lies in the picture: perspective undone, uneven light evened out by the paper's own."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property

import numpy as np
from jaxtyping import Float
from numpy import ndarray
from scipy import ndimage, optimize

from plotopt.page import Rect
from plotopt.testcard.card import BLOCK, marks, paper_places

# Light on the paper is a polynomial of this degree in each channel: a vignette, a slope, no shadow's edge.
_DEGREE = 4
# Samples a pixel, along each axis; between pixels light is interpolated.
_FINENESS = 1.25
_MOST_SAMPLES = 400
# Beyond so much of the paper's light a sample is taken for a stain or a shadow and counts little.
_OUTLIER = 0.02


@dataclass(frozen=True)
class Sheet:
    """A card's block in a picture of linear light; ``to_px`` takes card units to px (a homography).

    ``light`` are the coefficients of the paper's light, None before :meth:`evened`.
    """

    linear: Float[ndarray, "height width 3"] = field(repr=False)
    to_px: Float[ndarray, "3 3"]
    light: Float[ndarray, "coefficients 3"] | None = None

    @classmethod
    def between(cls, linear: ndarray, centres: Float[ndarray, "4 2"]) -> Sheet:
        """The block whose marks, clockwise from its top left, have these centres in px."""
        places = [((mark.left + mark.right) / 2, (mark.top + mark.bottom) / 2) for mark in marks()]
        return cls(linear, _homography(np.array(places), centres))

    @cached_property
    def px_per_unit(self) -> float:
        """The picture's scale in the block's middle."""
        middle = np.array([[BLOCK.width / 2, BLOCK.height / 2]])
        steps = [self._place(middle + step) - self._place(middle) for step in ((1.0, 0.0), (0.0, 1.0))]
        return float(np.sqrt(abs(np.linalg.det(np.concatenate(steps)))))

    def mean(self, place: Rect) -> Float[ndarray, "3"]:
        """The mean light of a rectangle in card units, relative to the paper's where that is known."""
        count = [
            int(np.clip(side * self.px_per_unit * _FINENESS, 3, _MOST_SAMPLES))
            for side in (place.width, place.height)
        ]
        x = place.left + (np.arange(count[0]) + 0.5) / count[0] * place.width
        y = place.top + (np.arange(count[1]) + 0.5) / count[1] * place.height
        points = np.stack(np.meshgrid(x, y), -1).reshape(-1, 2)
        values = self._look(points)
        return (values if self.light is None else values / self._paper(points)).mean(0)

    def evened(self) -> Sheet:
        """The same with the paper's light found out where the card has none but paper."""
        places = paper_places()
        middles = np.array(
            [((place.left + place.right) / 2, (place.top + place.bottom) / 2) for place in places]
        )
        values = np.stack([replace(self, light=None).mean(place) for place in places])
        terms = _terms(middles)
        light = np.stack([_fit(terms, values[:, channel]) for channel in range(3)], axis=1)
        return replace(self, light=light)

    @cached_property
    def unevenness(self) -> float:
        """How far bare paper is from the evened paper, root mean square over the places; 0 were best."""
        values = np.stack([self.mean(place) for place in paper_places()])
        return float(np.sqrt(((values - 1) ** 2).mean()))

    def paper_light(self) -> Float[ndarray, "3"]:
        """The paper's light in the block's middle. Needs :meth:`evened`."""
        return self._paper(np.array([[BLOCK.width / 2, BLOCK.height / 2]]))[0]

    def _place(self, points: Float[ndarray, "points 2"]) -> Float[ndarray, "points 2"]:
        x, y, depth = self.to_px @ np.column_stack([points, np.ones(len(points))]).T
        return np.stack([x / depth, y / depth], axis=1)

    def _look(self, points: Float[ndarray, "points 2"]) -> Float[ndarray, "points 3"]:
        places = self._place(points)[:, ::-1].T - 0.5
        low = np.clip(np.floor(places.min(1)).astype(int) - 1, 0, None)
        high = np.ceil(places.max(1)).astype(int) + 2
        window = self.linear[low[0] : high[0], low[1] : high[1]]
        inside = places - low[:, None]
        looked = [ndimage.map_coordinates(window[..., i], inside, order=1, mode="nearest") for i in range(3)]
        return np.stack(looked, axis=1).astype(float)

    def _paper(self, points: Float[ndarray, "points 2"]) -> Float[ndarray, "points 3"]:
        if self.light is None:
            raise ValueError("the paper's light is not known yet")
        return np.maximum(_terms(points) @ self.light, 1e-4)


def _homography(places: Float[ndarray, "4 2"], seen: Float[ndarray, "4 2"]) -> Float[ndarray, "3 3"]:
    """The projective map that takes four places where they are seen (eight linear equations)."""
    rows = []
    for (x, y), (u, v) in zip(places, seen, strict=True):
        rows.append([x, y, 1, 0, 0, 0, -u * x, -u * y])
        rows.append([0, 0, 0, x, y, 1, -v * x, -v * y])
    return np.append(np.linalg.solve(np.array(rows), seen.ravel()), 1.0).reshape(3, 3)


def _terms(points: Float[ndarray, "points 2"]) -> Float[ndarray, "points coefficients"]:
    x, y = (
        np.vander(each, _DEGREE + 1, increasing=True).T
        for each in (2 * points / [BLOCK.width, BLOCK.height] - 1).T
    )
    return np.stack([x[i] * y[j] for i in range(_DEGREE + 1) for j in range(_DEGREE + 1 - i)], axis=1)


def _fit(terms: Float[ndarray, "points coefficients"], values: Float[ndarray, "points"]) -> ndarray:
    """Coefficients of the values, stains apart."""
    start: Sequence[float] = np.linalg.lstsq(terms, values, rcond=None)[0]
    scale = _OUTLIER * max(float(np.median(values)), 1e-4)
    return optimize.least_squares(
        lambda c: terms @ c - values, start, lambda c: terms, loss="soft_l1", f_scale=scale
    ).x
