"""Other ways to draw a picture with a pen, written here: a stippled tour, a squiggle, plain random strokes.

Each draws what a :class:`quality_images.Sheet` wants with lines of some width, the denser the higher its
``density``, which is tuned to minutes elsewhere; ``styles`` are settings of which the best is taken.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any, Protocol

import numpy as np
import torch
from jaxtyping import Float
from numpy import ndarray
from quality_images import Sheet
from quality_measure import reflectance, resized
from scipy.ndimage import map_coordinates
from scipy.spatial import cKDTree

from plotopt.page import Rect
from plotopt.plot import order
from plotopt.render import render
from plotopt.strokes import Strokes
from plotopt.view import View

Line = Float[ndarray, "points 2"]


class Peer(Protocol):
    """A method of drawing.

    ``start`` is a density to begin with, for 30 minutes. What ``darkens`` is the darker, the denser, so that
    minutes may be more than the picture's tone has use for.
    """

    name: str
    styles: Sequence[Any]
    start: float
    darkens: bool

    def draw(self, sheet: Sheet, pen_mm: float, density: float, style: Any) -> str:
        """The drawing as SVG on the sheet's page, in mm."""


def svg_of(lines: Sequence[Line], sheet: Sheet, pen_mm: float) -> str:
    """Polylines in page mm as SVG."""
    width, height = sheet.page_mm
    paths = "".join(
        f'<path d="M{" L".join(f"{x:.3f},{y:.3f}" for x, y in line.tolist())}"/>' for line in lines
    )
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{width}mm" height="{height}mm" '
        f'viewBox="0 0 {width} {height}"><g fill="none" stroke="#000000" stroke-width="{pen_mm}" '
        f'stroke-linecap="round" stroke-linejoin="round">{paths}</g></svg>'
    )


def darkness(sheet: Sheet, mm_per_px: float) -> Float[ndarray, "rows columns"]:
    """What part of the paper shall be inked, on pixels of about that size."""
    place = sheet.place
    return 1 - resized(sheet.wanted, round(place.height / mm_per_px), round(place.width / mm_per_px))


def on_page(points_px: Line, sheet: Sheet, shape: tuple[int, int], pen_mm: float) -> Line:
    """Points in pixels of a raster of that shape, on the page; all ink inside the picture's place."""
    place = sheet.place
    scale = np.array([place.width / shape[1], place.height / shape[0]])
    inner = place.inset(pen_mm / 2)
    return np.clip(
        points_px * scale + (place.left, place.top), (inner.left, inner.top), (inner.right, inner.bottom)
    )


@dataclass(frozen=True)
class Stippling:
    """Weighted Voronoi stippling (Secord, NPAR 2002) with a travelling salesman's tour through the dots.

    ``density`` is the number of dots. A tour's ink an area goes with the root of the dots an area, so that
    dots are set by the darkness to a power, the style, that may be 2.
    """

    name: str = "tsp"
    styles: Sequence[float] = (2.0,)
    start: float = 40_000
    darkens: bool = True
    rounds: int = 16

    def draw(self, sheet: Sheet, pen_mm: float, density: float, style: float) -> str:
        count, place = max(int(density), 8), sheet.place
        pixels = float(np.clip(30 * count, 250_000, 1_000_000))
        weights = darkness(sheet, np.sqrt(place.width * place.height / pixels)) ** style + 1e-5
        dots = self._relaxed(weights, count)
        tour = order.sort([np.repeat(dot[None, None], 4, axis=1) for dot in dots])
        line = np.array([chain[0, 0] for chain in tour])
        return svg_of([on_page(line, sheet, weights.shape, pen_mm)], sheet, pen_mm)

    def _relaxed(self, weights: Float[ndarray, "rows columns"], count: int) -> Line:
        """Dots in pixels, each moved to the centroid of its cell, round after round."""
        rng = np.random.default_rng(0)
        flat = weights.ravel().astype(np.float64)
        y, x = np.divmod(np.arange(flat.size), weights.shape[1])
        centres = np.stack([x, y], 1) + 0.5
        chosen = rng.choice(flat.size, count, replace=count > flat.size // 2, p=flat / flat.sum())
        dots = centres[chosen] + rng.uniform(-0.5, 0.5, (count, 2))
        for _ in range(self.rounds):
            owner = cKDTree(dots).query(centres, workers=-1)[1]
            mass = np.bincount(owner, flat, count)
            sums = [np.bincount(owner, flat * centres[:, axis], count) for axis in (0, 1)]
            moved = np.stack(sums, 1) / np.maximum(mass, 1e-12)[:, None]
            dots = np.where(mass[:, None] > 0, moved, dots)
        return dots


@dataclass(frozen=True)
class Squiggle:
    """Scan lines that swing the faster, the darker the picture: the length of line gives the tone.

    ``density`` is the part of the darkness that is drawn. The style is the distance of the lines in pen
    widths. A line is lifted where even a straight one were much too dark.
    """

    name: str = "squiggle"
    styles: Sequence[float] = (2.5, 3.2, 4.5)
    start: float = 0.9
    darkens: bool = True

    def draw(self, sheet: Sheet, pen_mm: float, density: float, style: float) -> str:
        place = sheet.place
        count = max(1, round(place.height / (style * pen_mm)))
        spacing = place.height / count
        dark = np.clip(density * darkness(sheet, spacing / 4), 0, 1)
        asked, given = _response(round(spacing / pen_mm, 3))
        lines: list[Line] = []
        x = np.arange(0.5 * pen_mm, place.width - 0.5 * pen_mm, pen_mm / 6)
        columns = x / place.width * dark.shape[1] - 0.5
        for number in range(count):
            rows = (number + np.array([[0.25], [0.75]])) * spacing / place.height * dark.shape[0] - 0.5
            seen = map_coordinates(dark, np.broadcast_arrays(rows, columns), order=1, mode="nearest").mean(0)
            tone = np.interp(seen, given, asked)
            points = _swing(x / pen_mm, tone, spacing / pen_mm) * pen_mm
            drawn = seen > 0.5 * pen_mm / spacing
            points += (place.left, place.top + (number + 0.5) * spacing)
            lines += _pieces(points, drawn, pen_mm)
        return svg_of(lines, sheet, pen_mm)


def _swing(x: ndarray, tone: ndarray, spacing: float) -> Line:
    """A wave along y = 0 whose line would ink ``tone`` of the strip that it is in; all in pen widths."""
    longer = np.maximum(tone * spacing, 1)
    # A wave of steepness k = 2 pi amplitude / wavelength is about sqrt(1 + k^2 / 2) as long as a straight
    # line where flat, and 2 k / pi where steep.
    steep = np.sqrt(2 * (longer**2 - 1))
    steep = np.where(longer > 1.7, np.pi / 2 * (longer - 0.35 / longer), steep)
    amplitude = np.minimum(0.5 * (spacing - 0.8), 0.5 * spacing * steep / (steep + 0.5))
    waves = np.minimum(steep / (2 * np.pi * np.maximum(amplitude, 1e-9)), 0.9)
    phase = 2 * np.pi * np.cumsum(waves) * (x[1] - x[0])
    return np.stack([x, amplitude * np.sin(phase)], 1)


def _pieces(points: Line, drawn: ndarray, pen_mm: float) -> list[Line]:
    """The parts of a line that are drawn."""
    edges = np.flatnonzero(np.diff(np.concatenate([[0], drawn, [0]]).astype(int)))
    pieces = [points[a:b] for a, b in zip(edges[::2], edges[1::2], strict=True)]
    return [piece for piece in pieces if piece[-1, 0] - piece[0, 0] > pen_mm]


@cache
def _response(spacing: float) -> tuple[ndarray, ndarray]:
    """Tones that a wave is asked for and those that it gives, where its turns overlap, by swatches."""
    rows, length = 8, 40.0
    asked = np.linspace(0, 1.6, 33)
    place = Rect(0, 0, length, rows * spacing)
    sheet = Sheet.blank(place)
    x = np.arange(-5, length + 5, 1 / 6)
    given = []
    for tone in asked:
        swatch = _swing(x, np.full_like(x, tone), spacing)
        lines = [swatch + np.array([0, (number + 0.5) * spacing]) for number in range(-1, rows + 1)]
        given.append(1 - reflectance(svg_of(lines, sheet, 1.0), place).mean())
    return asked, np.maximum.accumulate(given)


@dataclass(frozen=True)
class RandomStrokes:
    """Straight strokes from anywhere, moved by Adam on the plain mean squared error of pixels.

    ``density`` is their number, the style the pixels of the picture's longer side. At first they are a little
    shorter than they would have to be for the picture's tone.
    """

    name: str = "random"
    styles: Sequence[int] = (256, 512)
    start: float = 3000
    darkens: bool = False
    steps: int = 300

    def draw(self, sheet: Sheet, pen_mm: float, density: float, style: int) -> str:
        place, count = sheet.place, max(int(density), 1)
        mm_per_px = place.longer / style
        wanted = torch.from_numpy((1 - darkness(sheet, mm_per_px)).astype(np.float32))
        rows, columns = wanted.shape
        view = View(place.left, place.top, columns, rows, mm_per_px)
        ink_mm = (1 - float(wanted.mean())) * place.width * place.height / pen_mm
        ends = torch.from_numpy(_scattered(count, sheet, 0.7 * ink_mm / count)).float().requires_grad_()
        adam = torch.optim.Adam([ends], lr=mm_per_px)
        falling = torch.optim.lr_scheduler.CosineAnnealingLR(adam, self.steps, 0.05 * mm_per_px)
        for _ in range(self.steps):
            adam.zero_grad()
            seen = render(Strokes.of_pen(_straight(ends), pen_mm), [view])[0, 0]
            (seen - wanted).square().sum().backward()
            adam.step()
            falling.step()
        inner = place.inset(pen_mm / 2)
        low, high = (inner.left, inner.top), (inner.right, inner.bottom)
        lines = np.clip(ends.detach().numpy(), low, high)
        # What has shrunk to a speck shows less than it costs to lift the pen for it.
        long = np.hypot(*(lines[:, 1] - lines[:, 0]).T) > pen_mm
        return svg_of(list(lines[long]), sheet, pen_mm)


def _scattered(count: int, sheet: Sheet, length_mm: float) -> Float[ndarray, "strokes 2 2"]:
    rng, place = np.random.default_rng(0), sheet.place
    middles = rng.uniform((place.left, place.top), (place.right, place.bottom), (count, 2))
    turns = rng.uniform(0, np.pi, count)
    halves = 0.5 * length_mm * np.stack([np.cos(turns), np.sin(turns)], 1)
    return np.stack([middles - halves, middles + halves], 1)


def _straight(ends: Float[torch.Tensor, "strokes 2 2"]) -> Float[torch.Tensor, "strokes 4 2"]:
    """Cubics whose control points lie evenly on the line between two ends."""
    along = torch.linspace(0, 1, 4)[:, None]
    return ends[:, :1] * (1 - along) + ends[:, 1:] * along
