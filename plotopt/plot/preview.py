"""A picture of the finished drawing, made by a renderer that shares no code with plotopt."""

from __future__ import annotations

import io
from collections.abc import Sequence
from dataclasses import replace
from math import ceil

import numpy as np
from numpy import ndarray
from PIL import Image

from plotopt.colour.light import decoded, encoded
from plotopt.errors import PlotoptError
from plotopt.page import Page
from plotopt.pens import Pen
from plotopt.plot.plan import Layer
from plotopt.plot.svg import pen_runs, svg_text
from plotopt.stocks import WHITE, Stock

DPI = 200.0
LEAST_DPI, MOST_DPI = 20.0, 1200.0
_MOST_PIXELS = 50_000_000
# resvg draws lines finer than a pixel as hairlines, up to 30 % too light where they lie aslant.
_LEAST_NIB_PX = 1.5
_BAND_ROWS = 256


def draw_preview(
    layers: Sequence[Layer], page: Page, stock: Stock = WHITE, *, dpi: float = DPI, polylines: bool = False
) -> Image.Image:
    """An RGB image of the layers on that stock, at :func:`possible_dpi`.

    Translucent inks multiply with what lies below, opaque ones cover it, and the passes of a pen build up by
    its opacity, all in linear light. A pixel that a line covers in part has the mean light of its parts, so
    that lines have their true tone however fine. ``polylines`` draws what the SVG of that name has.
    ``image.info["dpi"]`` tells the resolution, as it does for images that Pillow reads. Raises PlotoptError
    as :func:`possible_dpi` does.
    """
    dpi = possible_dpi(page, dpi)
    width = max(round(page.width_mm / 25.4 * dpi), 1)
    pixels = np.array(_rasterize(svg_text([], page, {}), width, stock.color))
    for run in pen_runs(layers):
        pen = run[0].pen
        svg = svg_text([_in_white(run)], page, {}, polylines=polylines, as_ink=True)
        _lay(pen, _coverage(svg, pixels.shape[:2], _fineness(pen, page, dpi)), pixels)
    image = Image.fromarray(pixels)
    image.info["dpi"] = (dpi, dpi)
    return image


def check_dpi(dpi: float) -> None:
    """Raise PlotoptError for less than 20 or more than 1200."""
    if not LEAST_DPI <= dpi <= MOST_DPI:
        raise PlotoptError(
            f"a preview of {dpi:g} dpi is not possible: give {LEAST_DPI:g} to {MOST_DPI:g} dpi"
        )


def possible_dpi(page: Page, dpi: float) -> float:
    """``dpi`` or, above 50 million pixels, what those allow on this page.

    Raises PlotoptError as :func:`check_dpi` does.
    """
    check_dpi(dpi)
    return min(dpi, 25.4 * (_MOST_PIXELS / (page.width_mm * page.height_mm)) ** 0.5)


def dpi_notes(page: Page, dpi: float) -> tuple[str, ...]:
    """What to tell of a preview that is coarser than it was to be, else nothing."""
    possible = possible_dpi(page, dpi)
    if possible == dpi:
        return ()
    return (f"the preview has {possible:.0f} dpi, not {dpi:g}: on this page, that is 50 million pixels",)


def png_bytes(image: Image.Image) -> bytes:
    """The image as a PNG file, with its resolution."""
    buffer = io.BytesIO()
    image.save(buffer, format="PNG", dpi=image.info["dpi"])
    return buffer.getvalue()


def _in_white(run: Sequence[Layer]) -> Layer:
    """One layer of all that a pen draws on end, to be drawn on black."""
    pen = replace(run[0].pen, color="#ffffff", opaque=True)
    return replace(run[0], pen=pen, chains=tuple(chain for layer in run for chain in layer.chains))


def _fineness(pen: Pen, page: Page, dpi: float) -> int:
    """How many times finer to draw, so that the nib covers its least number of pixels."""
    wanted = ceil(_LEAST_NIB_PX * 25.4 / (pen.width_mm * dpi))
    possible = (_MOST_PIXELS / (page.width_mm * page.height_mm)) ** 0.5 * 25.4 / dpi
    return max(min(wanted, int(possible)), 1)


def _coverage(svg: str, shape: tuple[int, ...], fineness: int) -> ndarray:
    """How much of each pixel (height, width) the white lines cover, 0 to 255, times their opacity."""
    height, width = shape[0] * fineness, shape[1] * fineness
    white = _rasterize(svg, width, "#000000").getchannel("R")
    # resvg sets the height by itself, which may differ by a row of the coarser raster.
    return np.asarray(white.crop((0, 0, width, height)).reduce(fineness))


def _rasterize(svg: str, width: int, background: str) -> Image.Image:
    import resvg_py

    png = resvg_py.svg_to_bytes(
        svg_string=svg,
        width=width,
        dpi=96,  # for the file's own mm; without it resvg takes them for zero
        background=background,
        skip_system_fonts=True,
    )
    return Image.open(io.BytesIO(png)).convert("RGB")


def _lay(pen: Pen, coverage: ndarray, pixels: ndarray) -> None:
    """Lay a pen's ink over ``pixels`` (height, width, 3), in place."""
    for channel, ink in enumerate(bytes.fromhex(pen.color[1:])):
        mixed = _mixed(pen, ink).ravel()
        for top in range(0, len(pixels), _BAND_ROWS):
            below = pixels[top : top + _BAND_ROWS, :, channel]
            below[:] = mixed[coverage[top : top + _BAND_ROWS].astype(np.intp) * 256 + below]


def _mixed(pen: Pen, ink: int) -> ndarray:
    """One channel of what is seen, by coverage and by what lies below: (256, 256).

    Light mixes linearly, as the eye and :meth:`plotopt.colour.ink.Inks.on_paper` mix it: what passes leave
    of the light below, and the parts of a pixel. So a coverage times its opacity tells all of either.
    """
    share = np.linspace(0, 1, 256)[:, None]
    below = decoded(share[:, 0])
    full = below[ink] if pen.opaque else below[ink] * below
    return np.rint(255 * encoded(below + share * (full - below))).astype(np.uint8)
