"""Maps: pictures that say where, laid over the picture that is drawn; and the ground that they lie on."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np
from jaxtyping import Float
from numpy import ndarray
from PIL import Image

from plotopt.colour.light import LUMINANCE, encoded
from plotopt.errors import PlotoptError
from plotopt.page import Rect
from plotopt.picture import Picture, load_image, read_picture, upright
from plotopt.view import View

# A map may be so much wider or higher than the picture's shape has it.
_ASPECT_OFF = 0.04
_LARGEST_PX = 4096


@dataclass(frozen=True, eq=False)
class Ground:
    """What lines are laid on: tones in 0..1 at the pixels of ``view``, and the picture's place."""

    tone: Float[ndarray, "height width"]
    view: View
    place: Rect

    def lay(self, plane: Float[ndarray, "rows columns"]) -> Float[ndarray, "height width"]:
        """A map of the whole place, sampled at the pixels; beyond the place its edge holds."""
        columns, rows = (
            max(1, min(have, round(side / self.view.mm_per_px)))
            for have, side in zip(plane.shape[::-1], (self.place.width, self.place.height), strict=True)
        )
        plane = fitted(plane, (rows, columns))
        across, down = self.parts()
        return _sampled(_sampled(plane, down * rows - 0.5, 0), across * columns - 0.5, 1)

    def parts(self) -> tuple[Float[ndarray, "width"], Float[ndarray, "height"]]:
        """Where the pixels' centres are, in parts of the place's width and height."""
        view, place = self.view, self.place
        x = view.left_mm + (np.arange(view.width_px) + 0.5) * view.mm_per_px
        y = view.top_mm + (np.arange(view.height_px) + 0.5) * view.mm_per_px
        return (x - place.left) / place.width, (y - place.top) / place.height


def read_map(path: Path, name: str, picture: Picture) -> Float[ndarray, "rows columns"]:
    """How light a map is, 0 black to 1 white as a screen shows it; transparent parts are white.

    Raises PlotoptError for what :func:`plotopt.picture.read_picture` refuses, and for a map that has not
    the picture's shape; ``name`` is what it calls the map.
    """
    return _lightness(_opened(path, name, picture))


def read_mask(path: Path, name: str, picture: Picture) -> Float[ndarray, "rows columns"]:
    """How much a map keeps: its opacity where it is transparent anywhere, or else its lightness."""
    light = _opened(path, name, picture)
    alpha = _alpha(path)
    return _lightness(light) if alpha is None else alpha


def read_paint(path: Path, name: str, picture: Picture) -> Float[ndarray, "rows columns"]:
    """How much paint of any colour is on a map: its opacity, or how far it is from white."""
    light = _opened(path, name, picture)
    alpha = _alpha(path)
    return 1 - encoded(light.min(2)) if alpha is None else alpha


def _opened(path: Path, name: str, picture: Picture) -> Float[ndarray, "rows columns 3"]:
    light = read_picture(path, _LARGEST_PX).linear
    (rows, columns), (height, width) = light.shape[:2], picture.linear.shape[:2]
    wanted = rows * width / height
    # Small maps cannot have the picture's shape more closely than to a pixel.
    if abs(columns - wanted) > max(_ASPECT_OFF * wanted, 1, width / height):
        raise PlotoptError(
            f"{name} {str(path)!r} is {columns} x {rows} px and the picture {width} x {height} px: "
            "give a map of the picture's shape"
        )
    return light


def _alpha(path: Path) -> Float[ndarray, "rows columns"] | None:
    """The opacity of a picture's file; None where nothing of it is transparent."""
    image, _ = upright(load_image(path, _LARGEST_PX)[0])
    if not image.has_transparency_data:
        return None
    alpha = (image if "A" in image.getbands() else image.convert("RGBA")).getchannel("A")
    alpha.thumbnail((_LARGEST_PX, _LARGEST_PX), Image.Resampling.BOX)
    opacity = np.asarray(alpha, dtype=np.float32) / 255
    return None if opacity.min() == 1 else opacity


def _lightness(light: Float[ndarray, "rows columns 3"]) -> Float[ndarray, "rows columns"]:
    # Summed as distance from white, so that white is exactly 1.
    return encoded(1 - (1 - light) @ np.array(LUMINANCE, dtype=np.float32))


def fitted(plane: Float[ndarray, "rows columns"], shape: tuple[int, int]) -> Float[ndarray, "height width"]:
    """A plane of another size: averaged where it shrinks, straight between pixels where it grows."""
    image = Image.fromarray(np.ascontiguousarray(plane, dtype=np.float32))
    return np.asarray(image.resize(shape[::-1], Image.Resampling.BILINEAR))


def _sampled(plane: ndarray, positions: ndarray, axis: int) -> ndarray:
    """Linear interpolation along one axis; beyond its ends the end value holds."""
    positions = positions.clip(0, plane.shape[axis] - 1)
    before = positions.astype(int)
    after = np.minimum(before + 1, plane.shape[axis] - 1)
    share = np.expand_dims(positions - before, 1 - axis)
    return plane.take(before, axis) * (1 - share) + plane.take(after, axis) * share
