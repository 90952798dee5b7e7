"""A picture of where ink lies, with a legend."""

from __future__ import annotations

import numpy as np
from jaxtyping import Float, UInt8
from numpy import ndarray
from PIL import Image, ImageColor, ImageDraw, ImageFont

from plotopt.stocks import Stock

# Lightness falls all the way, evenly up to the limit; beyond it blue turns to red, two hues that colour-blind
# eyes tell apart as well. Positions are parts of the limit.
_SCALE = (
    (0.0, "#fbfaf6"),
    (0.25, "#c9e1d2"),
    (0.5, "#93c4c1"),
    (0.75, "#609fb6"),
    (1.0, "#3f7ba6"),
    (1.0001, "#c1452f"),
    (2.0, "#540c1c"),
)
_TEXT, _FAINT, _BACKGROUND = "#3a3a3a", "#b5b1a7", "#ffffff"
_LONGER_SIDE_PX, _MOST_PX = 800, 4000
_EDGE_PX, _BAR_PX, _FONT_PX = 24, 18, 15
_TICKS = (0.1, 0.2, 0.5, 1, 2, 5, 10, 20, 50)
_MOST_TICKS = 8


def draw(
    coats: Float[ndarray, "rows columns"], cell_mm: float, stock: Stock, px_per_cell: int | None
) -> Image.Image:
    """See :meth:`plotopt.plot.load.InkLoad.picture`."""
    longer = max(coats.shape)
    scale = min(px_per_cell or max(round(_LONGER_SIDE_PX / longer), 1), max(_MOST_PX // longer, 1))
    cells = Image.fromarray(_colors(coats / stock.ink_limit))
    page = cells.resize((cells.width * scale, cells.height * scale), Image.Resampling.NEAREST)
    font = ImageFont.load_default(_FONT_PX)
    lines = _legend_lines(coats, cell_mm, stock)
    legend_px = int(max(font.getlength(line) for line in lines))
    bar_px = max(page.height, 12 * _FONT_PX) - (len(lines) + 1) * (_FONT_PX + 6)
    size = page.width + legend_px + 3 * _EDGE_PX, max(page.height, 12 * _FONT_PX) + 2 * _EDGE_PX
    image = Image.new("RGB", size, _BACKGROUND)
    image.paste(page, (_EDGE_PX, _EDGE_PX))
    pencil = ImageDraw.Draw(image)
    pencil.font = font
    edge = _EDGE_PX - 1
    pencil.rectangle((edge, edge, _EDGE_PX + page.width, _EDGE_PX + page.height), outline=_FAINT)
    if coats.max() > stock.ink_limit:
        _ring(pencil, coats, scale)
    left = page.width + 2 * _EDGE_PX
    for number, line in enumerate(lines):
        pencil.text((left, _EDGE_PX + number * (_FONT_PX + 6)), line, fill=_TEXT)
    _bar(pencil, (left, size[1] - _EDGE_PX), min(bar_px, 400), _top(coats, stock), stock)
    # No print is meant, but a picture has a resolution.
    image.info["dpi"] = (96, 96)
    return image


def darkest(coats: Float[ndarray, "rows columns"]) -> tuple[int, int]:
    """Row and column of the cell with most ink, of equals the first."""
    # Rounded, lest the last bit choose among equals.
    row, column = np.unravel_index(coats.round(6).argmax(), coats.shape)
    return int(row), int(column)


def _colors(parts: Float[ndarray, "*shape"]) -> UInt8[ndarray, "*shape 3"]:
    """Colours of loads given as parts of the limit."""
    at = [position for position, _ in _SCALE]
    anchors = np.array([ImageColor.getrgb(color) for _, color in _SCALE])
    return np.stack([np.interp(parts, at, anchors[:, i]) for i in range(3)], axis=-1).round().astype(np.uint8)


def _legend_lines(coats: ndarray, cell_mm: float, stock: Stock) -> list[str]:
    row, column = darkest(coats)
    lines = ["coats of ink", "(line per area x nib width)", f"{stock.title} bears {stock.ink_limit:g}"]
    if not coats.any():
        return lines
    over = int((coats > stock.ink_limit).sum()) * cell_mm**2
    most = f"most {coats.max():.1f} at {(column + 0.5) * cell_mm:.0f}, {(row + 0.5) * cell_mm:.0f} mm"
    return [*lines, most, f"{over:,.0f} mm2 take more"] if over else [*lines, most]


def _top(coats: ndarray, stock: Stock) -> float:
    """What the bar goes up to: the limit is always on it, and colours end at twice the limit."""
    return float(min(max(coats.max(), 1.1 * stock.ink_limit), _SCALE[-1][0] * stock.ink_limit))


def _ring(pencil: ImageDraw.ImageDraw, coats: ndarray, scale: int) -> None:
    """A ring around the cell with most ink."""
    row, column = darkest(coats)
    x, y = _EDGE_PX + (column + 0.5) * scale, _EDGE_PX + (row + 0.5) * scale
    radius = 2 * scale + 6
    pencil.ellipse((x - radius, y - radius, x + radius, y + radius), outline=_SCALE[-1][1], width=2)


def _bar(
    pencil: ImageDraw.ImageDraw, corner: tuple[float, float], height: int, top: float, stock: Stock
) -> None:
    """The colours beside their numbers of coats, from the corner at the bottom left upwards."""
    left, bottom = corner
    shades = _colors((np.arange(height) + 0.5) / height * top / stock.ink_limit)
    for i, shade in enumerate(shades.tolist()):
        pencil.line((left, bottom - 1 - i, left + _BAR_PX, bottom - 1 - i), fill=tuple(shade))
    pencil.rectangle((left - 1, bottom - height - 1, left + _BAR_PX + 1, bottom), outline=_FAINT)
    step = next((step for step in _TICKS if top / step <= _MOST_TICKS), top)
    right = left + _BAR_PX
    for value in np.arange(0, top + 1e-9, step).tolist():
        y = bottom - value / top * height
        if abs(value - stock.ink_limit) * height / top > _FONT_PX or value == stock.ink_limit:
            pencil.line((right, y, right + 5, y), fill=_TEXT)
            pencil.text((right + 10, y), f"{value:g}", fill=_TEXT, anchor="lm")
    y = bottom - stock.ink_limit / top * height
    pencil.line((left - 4, y, right + 5, y), fill=_TEXT, width=2)
    pencil.text((right + 10, y), f"{stock.ink_limit:g}  limit", fill=_TEXT, anchor="lm")
