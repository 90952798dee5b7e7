"""The basic shapes as chains of cubic curves, and lengths as SVG writes them."""

from __future__ import annotations

import math
import re
from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy import ndarray

from plotopt.plot.chains import Chain, straight_chain
from plotopt.plot.svgin.document import check_curves
from plotopt.plot.svgin.pathdata import parse_path
from plotopt.units import MM_PER_UNIT

SHAPES = ("path", "line", "polyline", "polygon", "rect", "circle", "ellipse")

_LENGTH = re.compile(
    r"\s*+([-+]?(?:[0-9]++\.?[0-9]*+|\.[0-9]++)(?:e[-+]?[0-9]++)?+)\s*+([a-z]*+|%)\s*+", re.IGNORECASE
)
_NUMBERS = re.compile(r"[-+]?(?:[0-9]+\.?[0-9]*|\.[0-9]+)(?:[eE][-+]?[0-9]+)?")
# The handles of a cubic that stands for a quarter of the unit circle.
_KAPPA = 4 / 3 * (math.sqrt(2) - 1)
_MM_PER_PX = MM_PER_UNIT["px"]
# Type sizes of browsers, for the few files that measure in them.
_PX_PER_UNIT = {unit: mm / _MM_PER_PX for unit, mm in MM_PER_UNIT.items()}
_PX_PER_UNIT |= {"": 1.0, "pc": 16.0, "q": 0.25 / _MM_PER_PX, "em": 16.0, "ex": 8.0}


@dataclass(frozen=True)
class Viewport:
    """What percentages are of: width and height in user units."""

    width: float
    height: float

    @property
    def diagonal(self) -> float:
        """What percentages of radii and of line widths are of."""
        return math.hypot(self.width, self.height) / math.sqrt(2)


def parse_user_length(text: str | None, whole: float = math.nan) -> float | None:
    """A length in user units (CSS pixels) from ``12``, ``3mm`` or ``50%`` of ``whole``; else None."""
    match = _LENGTH.fullmatch(text or "")
    if not match:
        return None
    number, unit = float(match[1]), match[2].lower()
    factor = whole / 100 if unit == "%" else _PX_PER_UNIT.get(unit, math.nan)
    return number * factor if math.isfinite(number * factor) else None


def shape_chains(tag: str, attributes: Mapping[str, str], viewport: Viewport) -> tuple[list[Chain], bool]:
    """The outlines of one of ``SHAPES`` in user units, and whether all its data could be read.

    A shape without extent has no outline.
    """
    if tag == "path":
        return parse_path(attributes.get("d", ""))
    if tag in ("polyline", "polygon"):
        return _polyline(attributes.get("points", ""), closed=tag == "polygon")

    def length(name: str, whole: float) -> float:
        value = parse_user_length(attributes.get(name), whole)
        return 0.0 if value is None else value

    width, height, diagonal = viewport.width, viewport.height, viewport.diagonal
    if tag == "line":
        ends = [(length(f"x{end}", width), length(f"y{end}", height)) for end in (1, 2)]
        return [straight_chain(np.array(ends))], True
    if tag == "rect":
        corner = np.array([length("x", width), length("y", height)])
        size = np.array([length("width", width), length("height", height)])
        return _rect(corner, size, *_corner_radii(attributes, viewport)), True
    center = np.array([length("cx", width), length("cy", height)])
    if tag == "circle":
        radii = np.full(2, length("r", diagonal))
    else:
        radii = np.array([length("rx", width), length("ry", height)])
    return ([center + radii * _unit_circle()] if (radii > 0).all() else []), True


def _polyline(text: str, closed: bool) -> tuple[list[Chain], bool]:
    numbers = np.fromiter((float(match[0]) for match in _NUMBERS.finditer(text)), float)
    pairs = len(numbers) // 2
    check_curves(pairs - 1)
    points = numbers[: 2 * pairs].reshape(-1, 2)
    whole = len(numbers) == 2 * pairs and not _NUMBERS.sub("", text).strip(" \t\r\n,")
    if closed and pairs > 1 and (points[0] != points[-1]).any():
        points = np.concatenate([points, points[:1]])
    return ([straight_chain(points)] if pairs > 1 else []), whole


def _corner_radii(attributes: Mapping[str, str], viewport: Viewport) -> tuple[float, float]:
    """One radius that is not given is as the other."""
    rx = parse_user_length(attributes.get("rx"), viewport.width)
    ry = parse_user_length(attributes.get("ry"), viewport.height)
    rx, ry = (ry if rx is None else rx), (rx if ry is None else ry)
    return max(rx or 0.0, 0.0), max(ry or 0.0, 0.0)


def _rect(corner: ndarray, size: ndarray, rx: float, ry: float) -> list[Chain]:
    if not (size > 0).all():
        return []
    radii = np.minimum([rx, ry], size / 2)
    if not radii.all():
        outline = np.array([[0, 0], [1, 0], [1, 1], [0, 1], [0, 0]])
        return [straight_chain(corner + size * outline)]
    # Quarter circles around the four inner corners, with straight sides wherever they leave a gap.
    inner = np.array([[1, 1], [0, 1], [0, 0], [1, 0]])
    quarters = corner + radii + (size - 2 * radii) * inner[:, None] + radii * _unit_circle()
    curves = []
    for i in range(4):
        curves.append(quarters[i])
        side = np.stack([quarters[i, 3], quarters[(i + 1) % 4, 0]])
        if np.abs(side[1] - side[0]).max() > 1e-9 * size.max():
            curves.append(straight_chain(side)[0])
    return [np.stack(curves)]


def _unit_circle() -> Chain:
    """Clockwise on the page, from the right."""
    quarter = np.array([[1, 0], [1, _KAPPA], [_KAPPA, 1], [0, 1]])
    turn = np.array([[0.0, 1.0], [-1.0, 0.0]])
    return np.stack([quarter @ np.linalg.matrix_power(turn, i) for i in range(4)]) + 0.0
