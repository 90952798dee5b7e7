"""diffvg behind our interface, to compare renderers on one scene; it must be built from source.

diffvg (Li and others, "Differentiable vector graphics rasterization for editing and learning", 2020) tests
random samples against every stroke, filters them, and estimates gradients from random points on the
strokes' outlines. :class:`Diffvg` hands it our polylines as they are.
"""

from __future__ import annotations

import importlib
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from types import ModuleType
from typing import Any

import numpy as np
import torch
from jaxtyping import Float, Int
from numpy import ndarray
from torch import Tensor

from plotopt.errors import PlotoptError
from plotopt.render.polylines import Polylines, Raster

#: Strokes that diffvg can blend at one sample; one more and it aborts the process.
MOST_STROKES = 256
_INSTALL = (
    "git clone --recursive https://github.com/BachiLi/diffvg && cd diffvg && "
    "pip install setuptools svgwrite svgpathtools cssutils scikit-image matplotlib && python setup.py install"
)
_TILE_PX = 8
# Outlines are sampled up to a pixel beyond the raster's edge, and looked at from 1e-4 of its size beside.
_SAMPLE_REACH_PX = 2.5
# Strokes of less extent have no outline that diffvg could sample, and are drawn as discs.
_DOT_PX = 0.01
# A narrower filter would rest on one or two of a pixel's samples, and gradients be all noise.
_NARROWEST_PX = 0.75


@dataclass(frozen=True)
class Diffvg:
    """diffvg on the CPU as a :data:`~plotopt.render.polylines.Renderer`, ``samples`` x ``samples`` a pixel.

    Where it differs from :mod:`plotopt.render.reference`: a stroke is hard-edged at every sample, and a
    square tent of half width ``raster.softness_px``, 0.75 px at least, averages the samples. Ink is blended
    sample by sample, so that strokes side by side in one pixel cover the sum of their parts, where ours
    multiply. Samples are jittered by ``seed``, so that image and gradients are noisy.

    Gradients are diffvg's own, with their faults. Their samples are dealt out by length, few for short
    strokes. Where two pieces meet, the outer side of the bend gets none, so that half of what the bend adds
    to its vertex is missing, and control points of curves are nearly as far off as with diffvg's own
    curves. Strokes of radius 0 have no gradient, nor have those hidden under an opacity of 1.

    A seed fixes the samples, but threads add them up in any order: results differ in their last bits. A
    call sets diffvg to the CPU for the whole process.
    """

    samples: int = 2
    seed: int = 0

    def __call__(self, lines: Polylines, raster: Raster) -> Float[Tensor, "planes height width"]:
        """Transmittance of every plane, float32; differentiable by vertices, radius and opacity.

        Scenes that may have more than 256 strokes over a sample are drawn in parts whose transmittances
        multiply. Raises PlotoptError where pydiffvg cannot be imported, ValueError for numbers that are
        not finite.
        """
        pydiffvg = load()
        nibs = lines.vertices.float(), lines.radius.float(), lines.opacity.float()
        if not all(part.isfinite().all() for part in nibs):
            raise ValueError("diffvg takes finite vertices, radii and opacities only")
        # So that even planes without strokes belong to the graph.
        bare = 1 + torch.cat([0 * part.flatten() for part in nibs]).sum()
        planes = [bare.expand(raster.height_px, raster.width_px) for _ in range(raster.planes)]
        vertices = nibs[0].split(lines.starts.diff().tolist())
        strokes = list(zip(vertices, nibs[1].unbind(), _black(nibs[2]).unbind(), strict=True))
        for plane, chosen in _parts(lines, raster):
            drawn = _draw(pydiffvg, [strokes[i] for i in chosen])
            planes[plane] = planes[plane] * self._render(pydiffvg, drawn, raster)
        return torch.stack(planes)

    def _render(self, pydiffvg: Any, drawn: tuple[list, list], raster: Raster) -> Tensor:
        size = raster.width_px, raster.height_px
        width = torch.tensor(max(raster.softness_px, _NARROWEST_PX))
        tent = pydiffvg.PixelFilter(pydiffvg.diffvg.FilterType.tent, width)
        scene = pydiffvg.RenderFunction.serialize_scene(*size, *drawn, filter=tent)
        white = torch.ones(raster.height_px, raster.width_px, 4)
        image = pydiffvg.RenderFunction.apply(*size, self.samples, self.samples, self.seed, white, *scene)
        return image[..., 0]


def available() -> bool:
    """Whether pydiffvg can be imported; tries it, which takes a second the first time."""
    try:
        load()
    except PlotoptError:
        return False
    return True


def load() -> ModuleType:
    """pydiffvg, set to the CPU. Raises PlotoptError where it cannot be imported."""
    try:
        pydiffvg: Any = importlib.import_module("pydiffvg")
    except ImportError as error:
        raise PlotoptError(f"pydiffvg is not installed ({error}): {_INSTALL}") from error
    pydiffvg.set_use_gpu(False)
    return pydiffvg


def tiles_under(lines: Polylines, raster: Raster) -> list[Int[ndarray, "tiles"]]:
    """For each stroke the tiles of 8 x 8 px, by number, where a sample may lie on it; rather too many."""
    ends = lines.vertices.detach().double().numpy()
    reach = (lines.radius.detach().double().numpy() + _SAMPLE_REACH_PX)[lines.owners().numpy()][:-1, None]
    grid = -(-raster.width_px // _TILE_PX), -(-raster.height_px // _TILE_PX)
    low = np.floor((np.minimum(ends[:-1], ends[1:]) - reach) / _TILE_PX).clip(0, grid).astype(int)
    high = np.floor((np.maximum(ends[:-1], ends[1:]) + reach) / _TILE_PX + 1).clip(0, grid).astype(int)
    return [
        _covered(low[first : end - 1], high[first : end - 1], grid)
        for first, end in pairwise(lines.starts.tolist())
    ]


def _covered(low: ndarray, high: ndarray, grid: tuple[int, int]) -> Int[ndarray, "tiles"]:
    """The tiles in any of some boxes of them, from ``low`` up to ``high`` (boxes, 2)."""
    covered = np.zeros(grid, bool)
    for (left, top), (right, bottom) in zip(low.tolist(), high.tolist(), strict=True):
        covered[left:right, top:bottom] = True
    return np.flatnonzero(covered)


def deal(tiles: Sequence[Int[ndarray, "tiles"]], most: int = MOST_STROKES) -> list[list[int]]:
    """Strokes dealt into parts so that no tile holds more than ``most`` strokes of one part.

    ``tiles`` are each stroke's. It goes to the first part with room for it, so that their order stays;
    strokes on no tile are left out.
    """
    parts: list[list[int]] = []
    loads: list[ndarray] = []
    count = 1 + max((int(under[-1]) for under in tiles if len(under)), default=0)
    for i, under in enumerate(tiles):
        if not len(under):
            continue
        place = next((k for k, held in enumerate(loads) if (held[under] < most).all()), len(parts))
        if place == len(parts):
            parts.append([])
            loads.append(np.zeros(count, int))
        parts[place].append(i)
        loads[place][under] += 1
    return parts


def _parts(lines: Polylines, raster: Raster) -> list[tuple[int, list[int]]]:
    """The plane and the strokes of each render that is needed."""
    tiles = tiles_under(lines, raster)
    inked = lines.radius.detach() > 0
    parts = []
    for plane in range(raster.planes):
        own = ((lines.plane == plane) & inked).nonzero()[:, 0].tolist()
        parts += [(plane, [own[i] for i in part]) for part in deal([tiles[i] for i in own])]
    return parts


def _black(opacity: Float[Tensor, "strokes"]) -> Float[Tensor, "strokes 4"]:
    return torch.cat([opacity.new_zeros(len(opacity), 3), opacity[:, None]], 1)


def _draw(pydiffvg: Any, strokes: Sequence[tuple[Tensor, Tensor, Tensor]]) -> tuple[list, list]:
    """Shapes and their groups, in paint order, from each stroke's vertices, radius and RGBA."""
    shapes, groups = [], []
    for i, (vertices, radius, color) in enumerate(strokes):
        number = torch.tensor([i])
        if (vertices.amax(0) - vertices.amin(0)).max() < _DOT_PX:
            shapes.append(pydiffvg.Circle(radius, vertices[0]))
            groups.append(pydiffvg.ShapeGroup(number, fill_color=color))
        else:
            pieces = torch.zeros(len(vertices) - 1, dtype=torch.int32)
            shapes.append(pydiffvg.Path(pieces, vertices, is_closed=False, stroke_width=radius))
            groups.append(pydiffvg.ShapeGroup(number, fill_color=None, stroke_color=color))
    return shapes, groups
