"""A picture of the finished drawing, made by a renderer that shares no code with plotopt."""

from __future__ import annotations

import io
from collections.abc import Sequence
from dataclasses import replace

from PIL import Image

from plotopt.errors import PlotoptError
from plotopt.page import Page
from plotopt.plot.plan import Layer
from plotopt.plot.svg import pen_runs, svg_text
from plotopt.stocks import WHITE, Stock

DPI = 200.0
LEAST_DPI, MOST_DPI = 20.0, 1200.0
_MOST_PIXELS = 50_000_000


def draw_preview(
    layers: Sequence[Layer], page: Page, stock: Stock = WHITE, *, dpi: float = DPI, polylines: bool = False
) -> Image.Image:
    """An RGB image of the layers on that stock, at :func:`possible_dpi`.

    Translucent inks multiply, in encoded sRGB, with what lies below; opaque ones cover it, and the passes of
    a pen build up by its opacity. ``polylines`` draws what the SVG of that name has. ``image.info["dpi"]``
    tells the resolution, as it does for images that Pillow reads. Raises PlotoptError as
    :func:`possible_dpi` does.
    """
    svg = svg_text([_rejoined(run) for run in pen_runs(layers)], page, {}, polylines=polylines, as_ink=True)
    return _rasterize(svg, page, possible_dpi(page, dpi), stock.color)


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


def _rejoined(run: Sequence[Layer]) -> Layer:
    """One layer of all that a pen draws on end."""
    return replace(run[0], chains=tuple(chain for layer in run for chain in layer.chains), part=1, parts=1)


def _rasterize(svg: str, page: Page, dpi: float, paper_color: str) -> Image.Image:
    import resvg_py

    png = resvg_py.svg_to_bytes(
        svg_string=svg,
        width=max(round(page.width_mm / 25.4 * dpi), 1),
        dpi=96,  # for the file's own mm; without it resvg takes them for zero
        background=paper_color,
        skip_system_fonts=True,
    )
    image = Image.open(io.BytesIO(png)).convert("RGB")
    image.info["dpi"] = (dpi, dpi)
    return image
