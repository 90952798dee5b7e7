"""How near a finished drawing comes to its target: light as the eye averages it, after a blur.

The SVG is rasterised by resvg, which shares no code with plotopt, in black on white at the pen's true width:
20 px a mm, averaged to 10, so that what a pixel has is the part of it that is bare of ink: its reflectance
in linear light. The target is reflectance too. Both are blurred by a Gaussian whose *sigma* is 1 or 3 pen
widths, mirrored at the picture's edges.

RMSE is in grey levels of 255 of linear reflectance; SSIM is that of Wang et al. (Image quality assessment,
IEEE Transactions on Image Processing 13, 2004), a Gaussian window of 1.5 px, K = 0.01 and 0.03, on a raster
of 512 px along the picture's longer side. "Mapped" figures are those after the best rising map of the
drawing's tones to the target's, found by isotonic regression: they forgive a drawing that is too light or
too dark all over, and judge what it shows.
"""

from __future__ import annotations

import io
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from xml.etree import ElementTree

import numpy as np
import torch
from jaxtyping import Float
from numpy import ndarray
from PIL import Image
from scipy.ndimage import gaussian_filter
from scipy.optimize import isotonic_regression
from torch.nn import functional

from plotopt.page import Rect

#: Changes with whatever changes a figure, so that figures kept with drawings are measured anew.
VERSION = 1
PX_PER_MM, OVERSAMPLING, SSIM_PX, FEATURES_PX = 10, 2, 512, 448
BLURS = (1, 3)
_LEVELS = 4095
LAYERS = ("relu1_2", "relu2_2", "relu3_3")
Plane = Float[ndarray, "rows columns"]


def reflectance(svg: str, place: Rect, px_per_mm: int = PX_PER_MM) -> Plane:
    """What is seen of a drawing at ``place``: the bare part of every pixel.

    ``svg`` is one that plotopt writes, whose user units are mm.
    """
    rows, columns = (max(1, round(side * px_per_mm)) for side in (place.height, place.width))
    root = ElementTree.fromstring(svg)
    root.set("viewBox", f"{place.left} {place.top} {place.width} {place.height}")
    root.set("width", str(columns * OVERSAMPLING))
    root.set("height", str(rows * OVERSAMPLING))
    root.set("preserveAspectRatio", "none")
    light = np.asarray(_rasterize(ElementTree.tostring(root, encoding="unicode")), np.float32) / 255
    return light.reshape(rows, OVERSAMPLING, columns, OVERSAMPLING).mean((1, 3))


def _rasterize(svg: str) -> Image.Image:
    import resvg_py

    png = resvg_py.svg_to_bytes(svg_string=svg, background="#ffffff", skip_system_fonts=True)
    return Image.open(io.BytesIO(png)).convert("L")


def resized(plane: Plane, rows: int, columns: int) -> Plane:
    """The plane on another raster of the same place: averaged where that is coarser, else bilinear."""
    mode = "area" if rows < plane.shape[0] else "bilinear"
    tensor = torch.from_numpy(np.ascontiguousarray(plane, np.float32))[None, None]
    return functional.interpolate(tensor, (rows, columns), mode=mode)[0, 0].numpy()


def rmse(drawing: Plane, target: Plane) -> float:
    """Root mean squared difference in grey levels of 255."""
    return 255 * float(np.sqrt(np.mean((drawing - target) ** 2, dtype=np.float64)))


def ssim(drawing: Plane, target: Plane) -> float:
    """Mean structural similarity of two planes in 0..1."""

    def mean(plane: Plane) -> Plane:
        return gaussian_filter(plane, 1.5, truncate=3.5)

    x, y = drawing.astype(np.float64), target.astype(np.float64)
    mean_x, mean_y = mean(x), mean(y)
    variance_x, variance_y = mean(x * x) - mean_x**2, mean(y * y) - mean_y**2
    covariance = mean(x * y) - mean_x * mean_y
    light = (2 * mean_x * mean_y + 0.01**2) / (mean_x**2 + mean_y**2 + 0.01**2)
    return float(np.mean(light * (2 * covariance + 0.03**2) / (variance_x + variance_y + 0.03**2)))


def mapped(drawing: Plane, target: Plane) -> Plane:
    """The drawing through the rising tone curve that brings it nearest to the target."""
    levels = np.rint(drawing.clip(0, 1) * _LEVELS).astype(np.int64)
    counts = np.bincount(levels.ravel(), minlength=_LEVELS + 1)
    there = np.flatnonzero(counts)
    wanted = np.bincount(levels.ravel(), target.ravel(), _LEVELS + 1)[there] / counts[there]
    curve = np.zeros(_LEVELS + 1)
    curve[there] = isotonic_regression(wanted, weights=counts[there]).x
    return curve[levels]


@dataclass(frozen=True, eq=False)
class Measure:
    """Compares drawings with one target (reflectance over ``place``) as a pen of some width draws it.

    ``weights`` is a file of VGG16's for the distance of features; without it that figure is left out.
    """

    target: Plane
    place: Rect
    pen_mm: float
    weights: Path | None = None

    def figures(self, svg: str) -> dict[str, float]:
        """RMSE and SSIM by blur and kind (``rmse_3_raw``), the part of the paper inked, and ``vgg``."""
        seen = reflectance(svg, self.place)
        wanted = resized(self.target, *seen.shape)
        told = {"ink": 1 - float(seen.mean()), "target_ink": 1 - float(wanted.mean())}
        for blur in BLURS:
            soft, goal = (gaussian_filter(plane, blur * self.pen_mm * PX_PER_MM) for plane in (seen, wanted))
            for kind, plane in (("raw", soft), ("mapped", mapped(soft, goal))):
                told[f"rmse_{blur}_{kind}"] = rmse(plane, goal)
                told[f"ssim_{blur}_{kind}"] = ssim(*(self._coarse(each, SSIM_PX) for each in (plane, goal)))
            if blur == 1 and self.weights:
                told["vgg"] = self._features_apart(soft, goal)
        return told

    def _coarse(self, plane: Plane, long_side_px: int) -> Plane:
        scale = long_side_px / max(plane.shape)
        rows, columns = (max(1, round(side * scale)) for side in plane.shape)
        return resized(plane, rows, columns)

    @cached_property
    def _network(self):
        from plotopt.networks import load_network

        return load_network("vgg16", LAYERS, weights=self.weights)

    def _features_apart(self, drawing: Plane, target: Plane) -> float:
        planes = [torch.from_numpy(self._coarse(plane, FEATURES_PX)) for plane in (drawing, target)]
        with torch.no_grad():
            seen = self._network(torch.stack(planes)[:, None].clamp(0, 1).float())
        return sum(_apart(layer) for layer in seen) / len(seen)


def _apart(features: Float[torch.Tensor, "2 channels rows columns"]) -> float:
    """Mean squared distance of two pictures' features, each place's scaled to length 1.

    As in Zhang et al., The Unreasonable Effectiveness of Deep Features (CVPR 2018), without learnt weights.
    """
    unit = features / (features.norm(dim=1, keepdim=True) + 1e-6)
    return float((unit[0] - unit[1]).square().sum(0).mean())


def names(weights: Path | None) -> Sequence[str]:
    """All figures of quality, in the order of the table's columns."""
    pairs = [
        f"{figure}_{blur}_{kind}"
        for blur in BLURS
        for kind in ("raw", "mapped")
        for figure in ("rmse", "ssim")
    ]
    return [*pairs, "vgg"] if weights else pairs
