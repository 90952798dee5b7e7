"""Where things lie: transforms, view boxes and the size of the page, as affine maps to millimetres."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import NamedTuple

import numpy as np
from jaxtyping import Float
from numpy import ndarray
from svgelements import Matrix, Viewbox

from plotopt import bezier
from plotopt.errors import PlotoptError
from plotopt.plot.chains import Chain
from plotopt.plot.svgin.document import Node
from plotopt.plot.svgin.shapes import Viewport, parse_user_length
from plotopt.units import MM_PER_UNIT

Affine = Float[ndarray, "2 3"]

# The library takes the square of the time for longer text.
_LONGEST_TRANSFORM = 1000
_PARTS = {"left": "0%", "top": "0%", "center": "50%", "right": "100%", "bottom": "100%"}
# By how much of its size a drawing may lie beyond a frame unseen.
_BEYOND = 1e-3

Box = tuple[float, float, float, float]
"""Left, top, width and height."""


@dataclass(frozen=True, eq=False)
class Sheet:
    """The width and height that a document gives itself, None where it gives none, and its first map.

    ``assumed_unit`` is what a unit of the view box is taken for where it alone tells the size.
    """

    sides_mm: tuple[float | None, float | None]
    viewport: Viewport
    matrix: Affine
    assumed_unit: str | None = None


class InnerViewport(NamedTuple):
    """What an inner svg element or a symbol makes of the units around it.

    The matrix tells where its contents lie, the viewport what their percentages are of, and the frame where
    in the units around they show.
    """

    matrix: Affine
    viewport: Viewport
    frame: Box


@dataclass(frozen=True, eq=False)
class Window:
    """A frame in units that the matrix brings to the page: beyond it nothing shows of what lies in it."""

    matrix: Affine
    frame: Box

    def holds(self, chains: Sequence[Chain]) -> bool:
        """Whether chains in page mm lie within, give or take a thousandth of its size."""
        try:
            inverse = np.linalg.inv(self.matrix[:, :2])
        # What is flat draws nothing.
        except np.linalg.LinAlgError:
            return True

        def holds(points: Float[ndarray, "... 2"]) -> bool:
            parts = ((points - self.matrix[:, 2]) @ inverse.T - self.frame[:2]) / self.frame[2:]
            return bool((np.abs(parts - 0.5) <= 0.5 + _BEYOND).all())

        # Handles may lie beyond where their curves do not.
        return all(
            holds(chain) or all(holds(bezier.evaluate(chain, t)) for t in np.linspace(0, 1, 9).tolist())
            for chain in chains
        )


def measure_sheet(root: Node, declared: Mapping[str, str], unit: str = "px") -> Sheet:
    """How large the page is and how user units lie on it; ``declared`` is what styles say of the root.

    A size may be in any unit, or in parts of the view box, which is in ``unit`` where nothing else tells;
    without either the page has no size. Raises PlotoptError for a size or a view box that is no area.
    """
    box = _view_box(root.attributes)
    if box and not _is_area(box):
        text = root.attributes["viewBox"]
        raise PlotoptError(f"the drawing has a view box of {text!r:.60}: give it a width and a height")
    width, height = (
        _side(root, declared, name, math.nan if box is None else box[axis])
        for axis, name in ((2, "width"), (3, "height"))
    )
    if box is None:
        viewport = Viewport(width or 0.0, height or 0.0)
        matrix = np.eye(3)[:2]
    else:
        # One side alone keeps the view box's proportions.
        width = width or (height * box[2] / box[3] if height else box[2])
        height = height or width * box[3] / box[2]
        viewport = Viewport(box[2], box[3])
        fitted = _box_matrix((0.0, 0.0, width, height), box, root.attributes.get("preserveAspectRatio"))
        if fitted is None:
            raise PlotoptError("the drawing's view box and its size do not go together: give its page a size")
        matrix = fitted
    assumed = None if box is None or _tells_size(root, declared) else unit
    scale = MM_PER_UNIT[assumed or "px"]
    return Sheet((width and width * scale, height and height * scale), viewport, scale * matrix, assumed)


def _tells_size(root: Node, declared: Mapping[str, str]) -> bool:
    """Whether a side of the page is given as a length, and not only in parts of the view box."""
    given = (told.get(side) for told in (declared, root.attributes) for side in ("width", "height"))
    return any(parse_user_length(text) is not None for text in given)


def inner_viewport(attributes: Mapping[str, str], viewport: Viewport) -> InnerViewport | None:
    """The viewport of an inner svg element or a symbol; None for one that is no area, which draws nothing."""
    box = _view_box(attributes)
    x, y, width, height = (
        parse_user_length(attributes.get(name), whole or math.nan)
        for name, whole in zip(
            ("x", "y", "width", "height"), 2 * (viewport.width, viewport.height), strict=True
        )
    )
    if (box and not _is_area(box)) or any(side is not None and side <= 0 for side in (width, height)):
        return None
    x, y, width, height = x or 0.0, y or 0.0, width or viewport.width, height or viewport.height
    if box is None:
        return InnerViewport(np.array([[1, 0, x], [0, 1, y]]), Viewport(width, height), (x, y, width, height))
    frame = (x, y, width or box[2], height or box[3])
    matrix = _box_matrix(frame, box, attributes.get("preserveAspectRatio"))
    return None if matrix is None else InnerViewport(matrix, Viewport(box[2], box[3]), frame)


def compose(outer: Affine, inner: Affine) -> Affine:
    """The map that does ``inner`` first."""
    product = outer[:, :2] @ inner
    product[:, 2] += outer[:, 2]
    return product


@lru_cache(maxsize=1024)
def parse_transform(text: str) -> Affine | None:
    """The matrix of a list of transforms; None where it cannot be read."""
    if text == "none":
        return np.eye(3)[:2]
    if len(text) > _LONGEST_TRANSFORM:
        return None
    try:
        matrix = Matrix(text)
        rows = [[matrix.a, matrix.c, matrix.e], [matrix.b, matrix.d, matrix.f]]
        numbers = np.array([[float(number) for number in row] for row in rows])
    # The library meets damaged text with errors of almost every type.
    except Exception:
        return None
    return numbers if np.isfinite(numbers).all() else None


def own_matrix(properties: Mapping[str, str], viewport: Viewport) -> Affine | None:
    """The transform of an element with these properties around its origin; None where it cannot be read."""
    matrix = parse_transform(properties["transform"])
    origin, box = properties.get("transform-origin", "0 0"), properties.get("transform-box", "view-box")
    if matrix is None or (origin, box) == ("0 0", "view-box") or (matrix[:, :2] == np.eye(2)).all():
        return matrix
    point = _origin(origin, viewport)
    # The boxes of elements themselves are not known here.
    if point is None or box != "view-box":
        return None
    shifted = matrix.copy()
    shifted[:, 2] += point - matrix[:, :2] @ point
    return shifted


def _origin(text: str, viewport: Viewport) -> ndarray | None:
    """The point that ``left 10%``, ``top`` or ``5 5`` is in user units."""
    words = [*text.lower().split(), "center"][:2]
    if words[0] in ("top", "bottom") or words[1] in ("left", "right"):
        words.reverse()
    sides = (viewport.width, viewport.height)
    point = [parse_user_length(_PARTS.get(word, word), side) for word, side in zip(words, sides, strict=True)]
    return None if None in point else np.array(point)


def _side(root: Node, declared: Mapping[str, str], name: str, whole: float) -> float | None:
    """Width or height of the page in CSS pixels; None where it is not given."""
    text = declared.get(name)
    # In a style, percentages are of the browser's window.
    side = parse_user_length(text)
    if side is None:
        text = root.attributes.get(name)
        side = parse_user_length(text, whole)
    if side is not None and side <= 0:
        raise PlotoptError(f"the drawing has a {name} of {text!r:.40}: give its page a size")
    return side


def _view_box(attributes: Mapping[str, str]) -> Box | None:
    text = attributes.get("viewBox")
    if text is None:
        return None
    try:
        x, y, width, height = map(float, text.replace(",", " ").split())
    except ValueError:
        return None
    return x, y, width, height


def _is_area(box: Box) -> bool:
    return math.isfinite(sum(box)) and box[2] > 0 and box[3] > 0


def _box_matrix(place: Box, box: Box, aspect: str | None) -> Affine | None:
    """The map from a view box to its place; None where they are too far apart in size."""
    return parse_transform(Viewbox.viewbox_transform(*place, *box, aspect or "xMidYMid meet"))
