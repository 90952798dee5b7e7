"""Programs of others that draw pictures with lines, each run in an environment of its own.

flow: vpype-flow-imager (GPL; from its repository), a plug-in of vpype: give the ``vpype`` that has it.
hatched (MIT; from PyPI, ``pip install hatched "shapely<2" "numpy<2"``): give the ``python`` that has it.
Both take a picture whose grey they read as darkness; here it is bent beforehand so
that their spacing of lines gives the tones wanted.
"""

from __future__ import annotations

import json
import subprocess
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from xml.etree import ElementTree

import numpy as np
from PIL import Image
from quality_images import Sheet
from quality_measure import Plane
from quality_peers import Line, darkness, on_page, svg_of

_MOST_INK, _DENSEST = 0.92, 1.6
_MM_PER_PX = 0.25
_HATCH = """
import json, sys
import hatched
file, pitch, levels, blur, angle = json.load(sys.stdin)
lines = hatched.hatch(file, hatch_pitch=pitch, levels=tuple(levels), blur_radius=blur, hatch_angle=angle,
                      show_plot=False, save_svg=False)
print("LINES" + json.dumps([list(line.coords) for line in lines.geoms]))
"""


@dataclass(frozen=True)
class FlowImager:
    """Evenly spaced streamlines. ``density`` is the part of the darkness drawn, the style ``--max_length``.

    Lines lie ``min + (max - min) grey^2`` apart, so that grey is set to what parts them by the pen's width
    over the darkness.
    """

    vpype: Path
    name: str = "flow"
    styles: Sequence[float] = (100.0,)
    start: float = 1.4
    darkens: bool = True

    def draw(self, sheet: Sheet, pen_mm: float, density: float, style: float) -> str:
        # Lines end before they come too near, and leave gaps that denser ones make up for.
        dark = np.clip(density * darkness(sheet, _MM_PER_PX), 1e-3, _DENSEST)
        least, most = pen_mm / _DENSEST, 12 * pen_mm
        apart = np.clip((pen_mm / dark - least) / (most - least), 0, 1)
        with TemporaryDirectory() as folder:
            picture, drawn = Path(folder) / "grey.png", Path(folder) / "lines.svg"
            Image.fromarray(np.rint(255 * np.sqrt(apart)).astype(np.uint8)).save(picture)
            px = [f"{length / _MM_PER_PX:.4f}" for length in (least, most)]
            size = ["--max_size", str(max(dark.shape)), "-Ml", str(style), "-s", "1", "-efm", "1", "-tf", "1"]
            command = [str(self.vpype), "flow_img", *size, "-ms", px[0], "-Ms", px[1], str(picture)]
            subprocess.run([*command, "write", str(drawn)], check=True, capture_output=True)
            lines = _polylines(drawn.read_text())
        return svg_of([on_page(line, sheet, dark.shape, pen_mm) for line in lines], sheet, pen_mm)


def _polylines(svg: str) -> list[Line]:
    """The lines and polylines of vpype's SVG, in its user units."""
    lines = []
    for element in ElementTree.fromstring(svg).iter():
        kind = element.tag.rpartition("}")[2]
        if kind in ("polyline", "polygon"):
            numbers = element.attrib["points"].replace(",", " ").split()
        elif kind == "line":
            numbers = [element.attrib[name] for name in ("x1", "y1", "x2", "y2")]
        elif kind == "path":
            numbers = element.attrib["d"].translate(str.maketrans("MLZ,", "    ")).split()
        else:
            continue
        lines.append(np.array(numbers, float).reshape(-1, 2))
    return lines


@dataclass(frozen=True)
class Hatched:
    """Parallel lines, twice as many in each darker zone. ``density`` is the part of the darkness drawn.

    The style is the number of zones with lines and the blur, in px of 0.25 mm, before they are told apart,
    halfway between their tones.
    """

    python: Path
    name: str = "hatched"
    styles: Sequence[tuple[int, int]] = ((4, 5),)
    start: float = 0.9
    darkens: bool = True

    def draw(self, sheet: Sheet, pen_mm: float, density: float, style: tuple[int, int]) -> str:
        zones, blur = style
        light: Plane = 1 - darkness(sheet, _MM_PER_PX)
        tones = _MOST_INK / 2.0 ** np.arange(zones, -1, -1)
        tones[0] = 0
        levels = [255 * (1 - tone) for tone in (tones[1:] + tones[:-1]) / 2][::-1]
        pitch_px = pen_mm / (_MOST_INK * density) / _MM_PER_PX
        with TemporaryDirectory() as folder:
            picture = Path(folder) / "grey.png"
            Image.fromarray(np.rint(255 * light).astype(np.uint8)).save(picture)
            told = json.dumps([str(picture), pitch_px, levels, blur, 45])
            done = subprocess.run(
                [str(self.python), "-c", _HATCH], input=told, check=True, capture_output=True, text=True
            )
        lines = [np.array(line) for line in json.loads(done.stdout.rpartition("LINES")[2])]
        return svg_of([on_page(line, sheet, light.shape, pen_mm) for line in lines], sheet, pen_mm)
