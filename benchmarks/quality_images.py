"""The pictures that quality is judged on, all free of copyright, and the pages they are drawn on.

The photographs lie in scikit-image's package: camera and coffee (CC0), astronaut (NASA, public domain),
chelsea (CC0), rocket (public domain), text and clock (public domain), as its ``skimage.data`` tells of each.
The line drawing is made here.
"""

from __future__ import annotations

from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path

import numpy as np
from jaxtyping import Float
from numpy import ndarray
from PIL import Image, ImageDraw

from plotopt.page import Orientation, Rect, fit_rect, lay_out, parse_paper
from plotopt.picture import Picture, read_picture
from plotopt.tones.target import Target
from plotopt.tones.tone import Tone

#: File and crop (left, top, right, bottom), None for all of it.
_FILES: dict[str, tuple[str, tuple[int, int, int, int] | None]] = {
    "camera": ("camera.png", None),
    "face": ("astronaut.png", (110, 0, 350, 280)),
    "chelsea": ("chelsea.png", None),
    "coffee": ("coffee.png", None),
    "rocket": ("rocket.jpg", None),
    "clock": ("clock_motion.png", None),
    "text": ("text.png", None),
}
NAMES = (*_FILES, "lines")
#: With these margins, a square picture is 128 mm wide on A5 and 170 mm on A4.
_MARGINS_MM = {"a5": 10.0, "a4": 20.0}
_DRAWN_PX = 1024


@dataclass(frozen=True)
class Sheet:
    """A picture toned for its place on a page: what every method is to draw.

    ``wanted`` is the reflectance, 1 for bare paper.
    """

    picture: Picture
    paper: str
    margin_mm: float
    page_mm: tuple[float, float]
    place: Rect
    wanted: Float[ndarray, "rows columns"]

    @classmethod
    def blank(cls, place: Rect) -> Sheet:
        """A sheet as large as ``place`` to be left white."""
        white = np.ones((1, 1), np.float32)
        picture = Picture(np.ones((1, 1, 3), np.float32))
        return cls(picture, "", 0.0, (place.width, place.height), place, white)


def photographs() -> Path:
    """scikit-image's folder of pictures, found without importing the package."""
    found = find_spec("skimage")
    if found is None or not found.origin:
        raise SystemExit("the pictures are scikit-image's: pip install scikit-image, or --photographs FOLDER")
    return Path(found.origin).parent / "data"


def lay_sheet(name: str, paper: str, folder: Path) -> Sheet:
    """A picture by its name on A5 or A4, in the tones that plotopt draws one black pen in by itself."""
    picture = read_picture(_lines() if name == "lines" else _photograph(name, folder))
    margin_mm = _MARGINS_MM[paper]
    page = lay_out(parse_paper(paper), margin_mm, Orientation.AUTO, picture.aspect)
    place = fit_rect(page.frame, picture.aspect)
    wanted = Target.from_picture(picture, Tone(), place).pixels[0].numpy()
    return Sheet(picture, paper, margin_mm, (page.width_mm, page.height_mm), place, wanted)


def _photograph(name: str, folder: Path) -> Image.Image:
    file, box = _FILES[name]
    with Image.open(folder / file) as image:
        return image.convert("RGB").crop(box) if box else image.convert("RGB")


def _lines() -> Image.Image:
    """A fern and a rosette in ink, on white: lines from 1 to 8 px of 1024, no greys."""
    image = Image.new("L", (4 * _DRAWN_PX, 4 * _DRAWN_PX), 255)
    pen = ImageDraw.Draw(image)
    scale = 4.0 * _DRAWN_PX
    for turn in np.linspace(0, 2 * np.pi, 12, endpoint=False):
        centre = np.array([0.66, 0.34]) + 0.12 * np.array([np.cos(turn), np.sin(turn)])
        for radius in (0.12, 0.17):
            box = [*(scale * (centre - radius)), *(scale * (centre + radius))]
            pen.ellipse(box, outline=0, width=round(scale * 0.002))
    _frond(pen, np.array([0.12, 0.95]), 0.30, 0.62, 3)
    return image.resize((_DRAWN_PX, _DRAWN_PX), Image.Resampling.BOX)


def _frond(pen: ImageDraw.ImageDraw, start: ndarray, turn: float, length: float, depth: int) -> None:
    """A bent stem from ``start`` and, on either side of it, smaller ones; 0 for ``turn`` is upwards."""
    scale, steps = 4.0 * _DRAWN_PX, 14
    point = start
    for step in range(steps):
        heading = turn + 0.5 * step / steps * (1 if turn >= 0 else -1)
        after = point + length / steps * np.array([np.sin(heading), -np.cos(heading)])
        width = max(1, round(scale * 0.0022 * depth * (1 - step / steps)))
        pen.line([*(scale * point), *(scale * after)], fill=0, width=width)
        if depth > 1 and step > 0:
            for side in (-1.0, 1.0):
                _frond(pen, point, heading + 0.9 * side, 0.38 * length * (1 - step / steps), depth - 1)
        point = after
