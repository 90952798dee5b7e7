"""Which way lines run: along the picture's own structure, as told, or as painted."""

from __future__ import annotations

import re
from abc import ABC, abstractmethod
from dataclasses import dataclass, replace
from functools import lru_cache
from itertools import pairwise
from pathlib import Path

import numpy as np
from jaxtyping import Float
from numpy import ndarray
from scipy import ndimage

from plotopt.blurring import blurred
from plotopt.errors import PlotoptError
from plotopt.maps import Ground, read_paint
from plotopt.picture import Picture

# Structure is read at several scales; a coarser one speaks where the finer ones are silent.
_GRADIENT_SIGMA_PX = 1.0
_WINDOWS_PX = (2.0, 6.0, 24.0, 64.0)
_FADE = 0.15
MOST_ANGLES = 6
# The last of several angles begins at this part of full darkness, divided among all.
_CROSSED = 0.85
# There it gets at least this darkness; what is above is decided over areas of that sigma.
_FIRST, _AREA_PX = 0.18, 5.0
# Random lines have waves of about this length; the steeper, the more of them close to eddies.
_WAVE_MM, _STEEP = 16.0, 0.9
_WAVE_CELLS, _FINER = 4, 8
# A relief is made of the tones blurred by these parts of the picture's longer side, and at most so steep.
_RELIEF_PARTS = (0.012, 0.04)
_RELIEF, _RELIEF_SOFT = 0.9, 0.5
# Painted lines are heard up to this part of the picture's longer side away; fainter paint is none.
_HEARD = 0.18
_LEAST_PAINT = 0.05
_FARTHEST = 10.0
_POINT = re.compile(r"(radial|circular)(?:@([^,]+),([^,]+))?")
_USE = (
    "use structure, angles such as 45 or 45,135, relief, relief:10,80, radial, circular, either as in "
    "radial@0.5,0.4, random, or map:FILE"
)


class Direction(ABC):
    """Which way lines run. Its text is what :func:`read_direction` reads."""

    @property
    def layers(self) -> int:
        """How many layers of lines lie over each other."""
        return 1

    def opened(self, picture: Picture, seed: int) -> Direction:
        """The same with its file read, for that picture, and its chances drawn by that seed."""
        return self

    def coarser(self, by: float) -> Direction:
        """The same for so many times fewer lines, where that makes a difference."""
        return self

    @abstractmethod
    def headings(self, ground: Ground) -> list[Float[ndarray, "height width"]]:
        """Directions at each pixel in radians, sign arbitrary, x to the right and y down.

        There is one field for each layer of lines; layers share the tone, see :func:`share_tone`.
        """


@dataclass(frozen=True)
class Structure(Direction):
    """Along the edges of the picture, read so many times as coarsely as usual."""

    coarseness: float = 1.0

    def __str__(self) -> str:
        return "structure"

    def coarser(self, by: float) -> Direction:
        return Structure(self.coarseness * by)

    def headings(self, ground: Ground) -> list[Float[ndarray, "height width"]]:
        return [_read_structure(ground, self.coarseness)]


@dataclass(frozen=True)
class Angles(Direction):
    """Straight, at angles in degrees, 0 horizontal, 90 upright, 45 rising to the right.

    Further ones cross the first where it is darker.
    """

    degrees: tuple[float, ...]

    def __post_init__(self) -> None:
        if not 1 <= len(self.degrees) <= MOST_ANGLES or not np.isfinite(self.degrees).all():
            raise PlotoptError(f"direction {str(self)!r:.60} is unusable: give 1 to {MOST_ANGLES} angles")

    def __str__(self) -> str:
        return ",".join(map(_spelled, self.degrees))

    @property
    def layers(self) -> int:
        return len(self.degrees)

    def headings(self, ground: Ground) -> list[Float[ndarray, "height width"]]:
        return [np.full(ground.tone.shape, -np.radians(angle)) for angle in self.degrees]


@dataclass(frozen=True)
class About(Direction):
    """From a point outwards, or in rings about it; ``centre`` in parts of the picture's width and height."""

    rings: bool
    centre: tuple[float, float] = (0.5, 0.5)

    def __str__(self) -> str:
        return f"{'circular' if self.rings else 'radial'}@{','.join(map(_spelled, self.centre))}"

    def headings(self, ground: Ground) -> list[Float[ndarray, "height width"]]:
        across, down = ground.parts()
        x = (across - self.centre[0]) * ground.place.width
        y = (down - self.centre[1]) * ground.place.height
        return [np.arctan2(y[:, None], x[None]) + (0.5 * np.pi if self.rings else 0.0)]


@dataclass(frozen=True)
class Drift(Direction):
    """Like water about stones, the same for the same ``seed``.

    The lines are the levels of a slope that rises evenly but for smooth noise, so they keep their distances.
    """

    seed: int = 0

    def __str__(self) -> str:
        return "random"

    def opened(self, picture: Picture, seed: int) -> Direction:
        return replace(self, seed=seed)

    def headings(self, ground: Ground) -> list[Float[ndarray, "height width"]]:
        # Drawn in mm, so that every raster of the place has the same.
        sides = (ground.place.height, ground.place.width)
        cells = [max(4, int(np.ceil(_WAVE_CELLS * side / _WAVE_MM))) for side in sides]
        rng = np.random.default_rng(self.seed)
        noise = ndimage.gaussian_filter(rng.normal(size=cells), 1.0, mode="wrap")
        fine = ndimage.zoom(noise, _FINER, order=3, mode="nearest", grid_mode=True)
        down, across = np.gradient(fine)
        steep = max(float(np.sqrt((down**2 + across**2).mean())), 1e-9) / _STEEP
        return [np.arctan2(-ground.lay(across / steep), 1 + ground.lay(down / steep))]


@dataclass(frozen=True)
class Relief(Angles):
    """Like :class:`Angles`, but as if laid over a relief whose heights are the picture's tones.

    The lines are the levels of a slope with the relief on it, which is nowhere steep enough to turn it back:
    they bend about forms, keep their distances and never close.
    """

    degrees: tuple[float, ...] = (20.0, 110.0)

    def __str__(self) -> str:
        return f"relief:{super().__str__()}"

    def headings(self, ground: Ground) -> list[Float[ndarray, "height width"]]:
        side_px = ground.place.longer / ground.view.mm_per_px
        slope = np.zeros((2, *ground.tone.shape))
        for part in _RELIEF_PARTS:
            rise = np.stack(np.gradient(blurred(ground.tone, part * side_px)))
            slope += rise / max(float(np.sqrt((rise**2).sum(0).mean())), 1e-6)
        steep = np.sqrt((slope**2).sum(0))
        down, across = slope * _RELIEF * np.tanh(_RELIEF_SOFT * steep) / np.maximum(steep, 1e-9)
        angles = -np.radians(np.array(self.degrees))
        return [np.arctan2(np.sin(a) - across, np.cos(a) + down) for a in angles]


@dataclass(frozen=True)
class Brush(Direction):
    """Along lines that somebody painted, near them, and else along the picture's edges."""

    path: Path
    paint: Float[ndarray, "rows columns"] | None = None

    def __str__(self) -> str:
        return f"map:{self.path}"

    def opened(self, picture: Picture, seed: int) -> Direction:
        paint = read_paint(self.path, "direction map", picture)
        if paint.max() < _LEAST_PAINT:
            raise PlotoptError(f"direction map {str(self.path)!r} is blank: paint lines on it")
        return replace(self, paint=paint)

    def headings(self, ground: Ground) -> list[Float[ndarray, "height width"]]:
        assert self.paint is not None
        paint = ground.lay(self.paint)
        reach_px = _HEARD * ground.place.longer / ground.view.mm_per_px
        near = 1 - ndimage.distance_transform_edt(paint < _LEAST_PAINT) / reach_px
        share = _smooth(near.clip(0, 1))
        painted, own = structure_headings(paint), structure_headings(ground.tone)
        # Twice the angle, since the directions have no sign.
        mixed = share * np.exp(2j * painted) + (1 - share) * np.exp(2j * own)
        return [0.5 * np.angle(mixed)]


def read_direction(text: str) -> Direction:
    """A direction from a text.

    ``structure``, ``45``, ``45deg,135deg``, ``radial``, ``circular@0.5,0.4``, ``relief``,
    ``relief:10,80``, ``random`` or ``map:FILE``.
    Raises PlotoptError for anything else.
    """
    cleaned = text.strip()
    kind, _, rest = cleaned.partition(":")
    if kind.lower() == "map" and rest:
        return Brush(Path(rest))
    cleaned = cleaned.lower()
    if cleaned in _WORDS:
        return _WORDS[cleaned]
    relief = cleaned.startswith("relief:")
    try:
        if match := _POINT.fullmatch(cleaned):
            return _about(*match.groups())
        words = cleaned.removeprefix("relief:").split(",")
        degrees = tuple(float(re.sub(r"(deg|°)$", "", word.strip())) for word in words)
        return Relief(degrees) if relief else Angles(degrees)
    except ValueError:
        raise PlotoptError(f"direction {text!r:.40} is unknown: {_USE}") from None


_WORDS: dict[str, Direction] = {"structure": Structure(), "random": Drift(), "relief": Relief()}


def _about(kind: str, x: str | None, y: str | None) -> About:
    if x is None or y is None:
        return About(kind == "circular")
    centre = float(x), float(y)
    if not all(abs(part) <= _FARTHEST for part in centre):
        raise ValueError
    return About(kind == "circular", centre)


def share_tone(tone: Float[ndarray, "height width"], layers: int) -> list[Float[ndarray, "height width"]]:
    """The tones of so many layers of lines over each other, whose product is the tone.

    The first is there wherever there is any; each further one begins where it is darker, and there at once
    with lines enough to be seen as a layer, over areas and not in specks.
    """
    edges = [1.0, *(1 - _CROSSED * np.arange(1, layers) / layers)]
    shares, rest = [], tone
    for high, low in pairwise(edges):
        most = low / high
        crossed = blurred(rest, _AREA_PX) < (1 - _FIRST) * most
        shares.append(np.where(crossed, np.maximum(rest, most), rest))
        rest = rest / shares[-1]
    return [*shares, rest]


def topmost(fields: list[ndarray], tone: Float[ndarray, "height width"]) -> Float[ndarray, "height width"]:
    """Of several layers' directions, that of the last layer that is there."""
    layers = np.stack(share_tone(tone, len(fields)))
    return np.take_along_axis(np.stack(fields), ((layers < 1 - 1e-9).sum(0) - 1).clip(min=0)[None], 0)[0]


def structure_headings(
    tone: Float[ndarray, "height width"], coarseness: float = 1.0
) -> Float[ndarray, "height width"]:
    """The direction of a picture's lines in radians, sign arbitrary: along edges, not across.

    The eigenvector of the smaller eigenvalue of the structure tensor, summed over windows from fine to
    coarse with falling weight, so that flat areas take the direction of the nearest edges. Gradients and
    windows are ``coarseness`` times as wide as usual.
    """
    sigma = _GRADIENT_SIGMA_PX * coarseness
    gy, gx = (ndimage.gaussian_filter(tone, sigma, order=order) for order in ((1, 0), (0, 1)))
    # Twice the angle makes opposite gradients agree before they are averaged.
    cosine, sine = gx * gx - gy * gy, 2 * gx * gy
    total = np.zeros((2, *tone.shape))
    for i, window in enumerate(_WINDOWS_PX):
        total += _FADE**i * np.stack([blurred(part, window * coarseness) for part in (cosine, sine)])
    return 0.5 * np.arctan2(total[1], total[0]) + 0.5 * np.pi


# A budget lays lines on one ground again and again.
@lru_cache(maxsize=4)
def _read_structure(ground: Ground, coarseness: float) -> Float[ndarray, "height width"]:
    return structure_headings(ground.tone, coarseness)


def _spelled(number: float) -> str:
    """As short as it can be read again without loss."""
    return f"{number:g}" if float(f"{number:g}") == number else repr(float(number))


def _smooth(x: ndarray) -> ndarray:
    return x * x * (3 - 2 * x)
