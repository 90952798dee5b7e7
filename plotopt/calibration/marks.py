"""Finding the test card in a picture: four marks, each a square ring around a square of ink."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import combinations

import numpy as np
from jaxtyping import Bool, Float
from numpy import ndarray
from scipy import ndimage

# Marks are looked for in a picture averaged down to this; smaller ones are left as they are.
_SEARCH_SIDE_PX = 1600
# Ink is what differs so much from the mean around it, in windows of these shares of the longer side.
_CONTRAST = 0.85
_WINDOWS = (1 / 8, 1 / 16, 1 / 32)
_LEAST_SIDE_PX, _LARGEST_SHARE = 7, 0.25
# A ring is 16 of its square's 25 modules and the square in it 1, with room for pens that are wider or finer.
_RING_SHARE, _CORE_SHARE = (0.4, 0.86), (0.01, 0.17)
# The area of a parallelogram is 12 times the root of its covariance's determinant.
_PARALLELOGRAM = (0.88, 1.1)
_MOST_STRETCH = 2.5
_CENTRED = 0.12
_MOST_CANDIDATES = 9
# Dark or light, and in which of the channels.
_LOOKS = ((True, [0, 1, 2]), (False, [0, 1, 2]), (True, [0]), (True, [1]), (True, [2]))
_LIKE_SIZE = 2.5
# The marks' centres enclose 107 times a mark's area, more or less where perspective is strong.
_SQUARES = (60, 180)


@dataclass(frozen=True)
class Mark:
    """A corner mark's centre in px of the picture, and the root of its area."""

    x: float
    y: float
    side_px: float


def find_marks(linear: Float[ndarray, "height width 3"]) -> Iterator[list[Mark]]:
    """What looks like marks, at most nine: dark ones on lighter paper, then light ones on darker.

    Paint may be darker than coloured paper in one channel and lighter in another: such marks, dark in one
    channel, come last.
    """
    step = max(1, -(-max(linear.shape) // _SEARCH_SIDE_PX))
    small = ndimage.gaussian_filter(_average(linear, step), (0.7, 0.7, 0))
    windows = [_mean_around(small, share) for share in _WINDOWS]
    for dark, channels in _LOOKS:
        found: list[Mark] = []
        for mean in windows:
            inked = small < _CONTRAST * mean if dark else small * _CONTRAST > mean
            for mark in _marks_in(inked[..., channels].any(-1)):
                if all(np.hypot(mark.x - old.x, mark.y - old.y) > old.side_px / 2 for old in found):
                    found.append(mark)
        largest = sorted(found, key=lambda mark: -mark.side_px)[:_MOST_CANDIDATES]
        yield [Mark(mark.x * step, mark.y * step, mark.side_px * step) for mark in largest]


def quadrilaterals(marks: Sequence[Mark]) -> Iterator[Float[ndarray, "4 2"]]:
    """The centres of any four marks of like size in convex position, clockwise, large first."""
    found = []
    for four in combinations(marks, 4):
        sides = [mark.side_px for mark in four]
        centres = np.array([(mark.x, mark.y) for mark in four])
        spokes = centres - centres.mean(0)
        around = centres[np.argsort(np.arctan2(spokes[:, 1], spokes[:, 0]))]
        edges = np.roll(around, -1, 0) - around
        following = np.roll(edges, -1, 0)
        turns = edges[:, 0] * following[:, 1] - edges[:, 1] * following[:, 0]
        # The cross products of a polygon's edges about its corners add up to four times its area, or so.
        squares = turns.sum() / 4 / np.mean(np.square(sides))
        if (
            max(sides) <= _LIKE_SIZE * min(sides)
            and np.all(turns > 0)
            and _SQUARES[0] < squares < _SQUARES[1]
        ):
            found.append((turns.sum(), around))
    yield from (around for _, around in sorted(found, key=lambda pair: -pair[0]))


def _average(linear: ndarray, step: int) -> ndarray:
    rows, columns = (size // step * step for size in linear.shape[:2])
    blocks = linear[:rows, :columns].reshape(rows // step, step, columns // step, step, 3)
    return blocks.mean((1, 3))


def _mean_around(picture: ndarray, share: float) -> ndarray:
    size = int(share * max(picture.shape)) | 1
    return np.stack([ndimage.uniform_filter(picture[..., channel], size) for channel in range(3)], -1)


def _marks_in(inked: Bool[ndarray, "height width"]) -> Iterator[Mark]:
    labels, _ = ndimage.label(inked, np.ones((3, 3)))
    most = _LARGEST_SHARE * max(inked.shape)
    for number, place in enumerate(ndimage.find_objects(labels), start=1):
        height, width = (part.stop - part.start for part in place)
        if min(height, width) < _LEAST_SIDE_PX or max(height, width) > min(
            most, _MOST_STRETCH * min(height, width)
        ):
            continue
        mark = _as_mark(labels[place] == number, inked[place])
        if mark:
            yield Mark(mark.x + place[1].start, mark.y + place[0].start, mark.side_px)


def _as_mark(ring: Bool[ndarray, "height width"], inked: Bool[ndarray, "height width"]) -> Mark | None:
    """The mark whose ring a connected patch of ink is, None where it is none; places are from its corner."""
    whole = ndimage.binary_fill_holes(ring)
    area = whole.sum()
    core = whole & inked & ~ring
    # A speck of noise in the light part is no second square.
    core = ndimage.binary_opening(core) if core.sum() > 0.02 * area else core
    shares = ring.sum() / area, core.sum() / area
    if not all(
        low <= share <= high for share, (low, high) in zip(shares, (_RING_SHARE, _CORE_SHARE), strict=True)
    ):
        return None
    y, x = np.nonzero(whole)
    spread = 12 * np.sqrt(max(np.linalg.det(np.cov(np.stack([x, y]))), 1e-9))
    if not _PARALLELOGRAM[0] <= area / spread <= _PARALLELOGRAM[1]:
        return None
    core_y, core_x = np.nonzero(core)
    side = float(np.sqrt(area))
    if np.hypot(core_x.mean() - x.mean(), core_y.mean() - y.mean()) > _CENTRED * side:
        return None
    # Half a pixel: places are measured from the picture's corner, not from the first pixel's centre.
    return Mark(float(x.mean()) + 0.5, float(y.mean()) + 0.5, side)
