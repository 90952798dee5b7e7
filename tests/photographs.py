"""Simulated photographs of a plotted test card: the pen as it truly is, paper, light and a camera."""

from dataclasses import dataclass
from functools import cache

import numpy as np
from PIL import Image
from scipy import ndimage

from plotopt.page import parse_paper
from plotopt.pens import parse_pen
from plotopt.profiles import load_profile
from plotopt.testcard import draw_testcard


@dataclass(frozen=True)
class Ink:
    """The pen as it truly is: width, opacity, and what full ink reflects of what the paper reflects."""

    width_mm: float
    opacity: float = 0.999
    color: tuple[float, float, float] = (0.03, 0.03, 0.035)


@dataclass(frozen=True)
class Shot:
    """How the sheet was photographed; ``corners`` are how far the sheet's corners move, in picture sides.

    ``turn`` is in degrees; ``vignette`` and ``slope`` are how much light is lost at the corners and from left
    to right; ``blur`` and ``noise`` are standard deviations in px and in linear light.
    """

    size_px: tuple[int, int] = (1500, 1500)
    fill: float = 0.9
    turn: float = 0.0
    corners: tuple[tuple[float, float], ...] = ((0, 0), (0, 0), (0, 0), (0, 0))
    vignette: float = 0.0
    slope: float = 0.0
    exposure: float = 1.0
    blur: float = 0.0
    noise: float = 0.0
    paper: tuple[float, float, float] = (0.8, 0.79, 0.76)
    desk: tuple[float, float, float] = (0.18, 0.11, 0.07)
    seed: int = 0


SCAN = Shot(size_px=(1500, 2130), fill=1.0, blur=0.6, noise=0.004)
PHONE = Shot(
    size_px=(2000, 1500),
    turn=83.0,
    corners=((0.02, 0.05), (-0.03, 0.0), (0.0, -0.04), (0.03, 0.02)),
    vignette=0.35,
    slope=0.3,
    exposure=0.8,
    blur=1.0,
    noise=0.012,
)


@cache
def transmittance(nominal_mm, ink, paper="a5", dpi=600.0):
    """What the drawn sheet lets through, (height, width) in 0..1 at half of ``dpi``; every pass counts."""
    page, curves = _card(nominal_mm, paper)
    scale = dpi / 25.4
    through = np.ones((round(page.height_mm * scale), round(page.width_mm * scale)), np.float32)
    for curve in curves:
        _draw(through, scale * curve[0], scale * curve[3], scale * ink.width_mm / 2, 1 - ink.opacity)
    rows, columns = (size // 2 * 2 for size in through.shape)
    return through[:rows, :columns].reshape(rows // 2, 2, columns // 2, 2).mean((1, 3))


@cache
def _card(nominal_mm, paper):
    """The card's page and its strokes, which are straight."""
    drawing = draw_testcard(parse_pen(f"{nominal_mm}mm"), parse_paper(paper), 8.0, load_profile("axidraw_v3"))
    return drawing.page, [curve for chain in drawing.layers[0].chains for curve in chain]


def _draw(through, start, end, radius, leaves):
    """Multiply what lies within a radius of a straight line, in px, by what a pass leaves."""
    low = np.floor(np.minimum(start, end) - radius).astype(int).clip(0)
    high = np.ceil(np.maximum(start, end) + radius).astype(int)
    part = through[low[1] : high[1], low[0] : high[0]]
    y, x = np.ogrid[: part.shape[0], : part.shape[1]]
    x, y = x + (low[0] + 0.5 - start[0]), y + (low[1] + 0.5 - start[1])
    along = end - start
    share = ((x * along[0] + y * along[1]) / max(along @ along, 1e-9)).clip(0, 1)
    part[(x - share * along[0]) ** 2 + (y - share * along[1]) ** 2 < radius**2] *= leaves


def photograph(nominal_mm, ink, shot, paper="a5", dpi=600.0):
    """An 8-bit sRGB picture (height, width, 3) of the plotted card on a desk."""
    through = transmittance(nominal_mm, ink, paper, dpi)
    columns, rows = shot.size_px
    y, x = np.mgrid[0:rows, 0:columns] + 0.5
    source = _to_sheet(shot, through.shape) @ np.stack([x.ravel(), y.ravel(), np.ones(x.size)])
    places = (source[:2] / source[2] - 0.5)[::-1].reshape(2, rows, columns)
    through = ndimage.gaussian_filter(through, _shrinking(shot, through.shape))
    ink_light = ndimage.map_coordinates(through, places, order=1, cval=1.0)
    on_sheet = np.all((places > -0.5) & (places < np.array(through.shape)[:, None, None] - 0.5), axis=0)
    # Single precision is far finer than eight bits, and powers are fast in it.
    color = np.array(ink.color, np.float32)
    paper_light = np.array(shot.paper, np.float32) * (
        color + (1 - color) * ink_light[..., None].astype(np.float32)
    )
    generator = np.random.default_rng(shot.seed)
    grain = ndimage.gaussian_filter(generator.standard_normal((rows, columns), np.float32), (1, 12))
    desk = np.array(shot.desk, np.float32) * (1 + 2.0 * grain[..., None])
    light = np.where(on_sheet[..., None], paper_light, desk) * _illumination(shot, x, y)[..., None]
    light = ndimage.gaussian_filter(light, (shot.blur, shot.blur, 0))
    light = (light + shot.noise * generator.standard_normal(light.shape, np.float32)).clip(0, 1)
    encoded = np.where(light <= 0.0031308, 12.92 * light, 1.055 * light ** (1 / 2.4) - 0.055)
    return np.round(encoded * 255).astype(np.uint8)


def _shrinking(shot, shape):
    """The blur that averages the sheet's pixels to the picture's."""
    scale = shot.fill * min(shot.size_px) / min(shape)
    return 0.4 * max(1 / scale - 1, 0.0)


def _illumination(shot, x, y):
    columns, rows = shot.size_px
    across, down = 2 * x / columns - 1, 2 * y / rows - 1
    off_axis = np.sqrt((across**2 + down**2) / 2)
    vignette = 1 - shot.vignette * off_axis * off_axis * off_axis
    return (shot.exposure * vignette * (1 - shot.slope * (across + 1) / 2)).astype(np.float32)


def _to_sheet(shot, shape):
    """The homography from the picture's pixels to the sheet's."""
    height, width = shape
    columns, rows = shot.size_px
    angle = np.deg2rad(shot.turn)
    turn = np.array([[np.cos(angle), -np.sin(angle)], [np.sin(angle), np.cos(angle)]])
    sheet = np.array([[0, 0], [width, 0], [width, height], [0, height]], float)
    turned = (sheet - [width / 2, height / 2]) @ turn.T
    scale = shot.fill * min(np.array([columns, rows]) / np.ptp(turned, axis=0))
    seen = turned * scale + [columns / 2, rows / 2] + np.array(shot.corners) * min(columns, rows)
    equations = []
    for (u, v), (x, y) in zip(sheet, seen, strict=True):
        equations.append([x, y, 1, 0, 0, 0, -u * x, -u * y])
        equations.append([0, 0, 0, x, y, 1, -v * x, -v * y])
    solution = np.linalg.solve(np.array(equations), sheet.ravel())
    return np.append(solution, 1).reshape(3, 3)


def save_jpeg(path, pixels, quality=88):
    """Write a photograph as a camera does; the path again."""
    Image.fromarray(pixels).save(path, quality=quality)
    return path
