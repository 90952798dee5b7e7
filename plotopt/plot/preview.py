"""A picture of the finished SVG, drawn by a renderer that shares no code with plotopt."""

from __future__ import annotations

import io
import math

from PIL import Image

from plotopt.errors import PlotoptError
from plotopt.page import Page

DPI = 200.0
_MOST_PIXELS = 50_000_000


def rasterize(svg: str, page: Page, dpi: float = DPI, paper_color: str = "#ffffff") -> Image.Image:
    """An RGB image of the SVG on paper, at ``dpi`` or, above 50 million pixels, at what those allow.

    ``image.info["dpi"]`` tells the resolution, as it does for images that Pillow reads.
    """
    import resvg_py

    if not (math.isfinite(dpi) and dpi > 0):
        raise PlotoptError(f"a preview of {dpi} dpi is not possible: give more than 0")
    width_in, height_in = page.width_mm / 25.4, page.height_mm / 25.4
    dpi = min(dpi, (_MOST_PIXELS / (width_in * height_in)) ** 0.5)
    png = resvg_py.svg_to_bytes(
        svg_string=svg,
        width=max(round(width_in * dpi), 1),
        dpi=96,  # for the file's own mm; without it resvg takes them for zero
        background=paper_color,
        skip_system_fonts=True,
    )
    image = Image.open(io.BytesIO(png)).convert("RGB")
    image.info["dpi"] = (dpi, dpi)
    return image


def png_bytes(image: Image.Image) -> bytes:
    """The image as a PNG file, with its resolution."""
    buffer = io.BytesIO()
    image.save(buffer, format="PNG", dpi=image.info["dpi"])
    return buffer.getvalue()
