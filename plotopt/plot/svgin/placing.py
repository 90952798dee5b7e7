"""Where things lie: transforms, view boxes and the size of the page, as affine maps to millimetres."""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from jaxtyping import Float
from numpy import ndarray
from svgelements import Matrix, Viewbox

from plotopt.errors import PlotoptError
from plotopt.plot.svgin.document import Node
from plotopt.plot.svgin.shapes import Viewport, parse_user_length
from plotopt.units import MM_PER_UNIT

Affine = Float[ndarray, "2 3"]

# The library takes the square of the time for longer text.
_LONGEST_TRANSFORM = 1000

_Box = tuple[float, float, float, float]


@dataclass(frozen=True, eq=False)
class Sheet:
    """The width and height that a document gives itself, None where it gives none, and its first map."""

    size_mm: tuple[float, float] | None
    viewport: Viewport
    matrix: Affine


def measure_sheet(root: Node) -> Sheet:
    """How large the page is and how user units lie on it.

    A size may be in any unit, or in parts of the view box; without either the page has no size.
    """
    box = _view_box(root)
    width, height = (_side(root, name, box and box[axis]) for axis, name in ((2, "width"), (3, "height")))
    if box is None:
        viewport = Viewport(width or 0.0, height or 0.0)
        matrix = np.eye(3)[:2]
    else:
        # One side alone keeps the view box's proportions.
        width = width or (height * box[2] / box[3] if height else box[2])
        height = height or width * box[3] / box[2]
        viewport = Viewport(box[2], box[3])
        matrix = _box_matrix((0.0, 0.0, width, height), box, root.attributes.get("preserveAspectRatio"))
    px = MM_PER_UNIT["px"]
    if width is None or height is None:
        return Sheet(None, viewport, px * matrix)
    return Sheet((width * px, height * px), viewport, px * matrix)


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


def _side(root: Node, name: str, whole: float | None) -> float | None:
    """Width or height of the page in CSS pixels; None where it is not given."""
    text = root.attributes.get(name)
    side = parse_user_length(text, math.nan if whole is None else whole)
    if side is not None and side <= 0:
        raise PlotoptError(f"the drawing has a {name} of {text!r:.40}: give its page a size")
    return side


def _view_box(node: Node) -> _Box | None:
    text = node.attributes.get("viewBox")
    if text is None:
        return None
    try:
        x, y, width, height = map(float, text.replace(",", " ").split())
    except ValueError:
        return None
    if not (math.isfinite(x + y + width + height) and width > 0 and height > 0):
        raise PlotoptError(f"the drawing has a view box of {text!r:.60}: give it a width and a height")
    return x, y, width, height


def nest(node: Node, viewport: Viewport) -> tuple[Affine, Viewport]:
    """Where the contents of an inner svg element or a symbol lie, and what their percentages are of."""
    box = _view_box(node)
    lengths = [
        parse_user_length(node.attributes.get(name), whole)
        for name, whole in (
            ("x", viewport.width),
            ("y", viewport.height),
            ("width", viewport.width),
            ("height", viewport.height),
        )
    ]
    x, y = (length or 0.0 for length in lengths[:2])
    width, height = lengths[2] or viewport.width, lengths[3] or viewport.height
    if box is None:
        return np.array([[1, 0, x], [0, 1, y]]), Viewport(width, height)
    place = (x, y, width or box[2], height or box[3])
    return _box_matrix(place, box, node.attributes.get("preserveAspectRatio")), Viewport(box[2], box[3])


def _box_matrix(place: _Box, box: _Box, aspect: str | None) -> Affine:
    matrix = parse_transform(Viewbox.viewbox_transform(*place, *box, aspect or "xMidYMid meet"))
    if matrix is None:
        raise PlotoptError("the drawing's view box and its size do not go together: give its page a size")
    return matrix
