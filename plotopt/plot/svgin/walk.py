"""What of a document a pen can draw: every outline in millimetres of the page, with its colour and width."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field, replace

import numpy as np

from plotopt.errors import PlotoptError
from plotopt.plot.chains import Chain
from plotopt.plot.svgin.document import DEEPEST, MOST_BYTES, MOST_ELEMENTS, Document, Node, check_curves
from plotopt.plot.svgin.placing import Affine, Sheet, compose, nest, parse_transform
from plotopt.plot.svgin.shapes import SHAPES, Viewport, parse_user_length, shape_chains
from plotopt.plot.svgin.styles import Look, StyleSheet, is_shown, properties_of

# Points farther away than this are no drawing but a mistake.
_FARTHEST_MM = 1e6
_BACKGROUND_MM = 0.5
_CONTAINERS = ("svg", "g", "a", "switch", "symbol")
_UNDRAWN = {"text": "text", "flowRoot": "text", "image": "image", "foreignObject": "foreign"}


@dataclass(frozen=True, eq=False)
class Mark:
    """One drawn element: chains in page mm, its colour, line width and Inkscape layer (None: in none).

    ``is_filled`` says that it has a fill and no line of its own, so that width and line are a guess.
    """

    chains: list[Chain] = field(repr=False)
    color: str
    width_mm: float
    layer: str | None
    is_filled: bool


@dataclass(frozen=True, eq=False)
class _Place:
    """Where an element stands: what it inherits."""

    matrix: Affine
    viewport: Viewport
    look: Look
    layer: str | None = None
    depth: int = 0


class Walk:
    """Goes through a document once; ``counts`` then tells what was left out or not as drawn."""

    def __init__(self, document: Document, sheet: Sheet) -> None:
        self.counts: Counter[str] = Counter()
        self._by_id = document.by_id
        self._style_sheet = StyleSheet(document.style_sheet)
        self._root, self._sheet = document.root, sheet
        self._visited = self._read = self._curves = 0

    def marks(self) -> Iterator[Mark]:
        """All marks in the order of the file.

        Raises PlotoptError where clones of clones go on and on, and for more curves than memory holds.
        """
        place = _Place(self._sheet.matrix, self._sheet.viewport, Look())
        properties = properties_of("svg", self._root.attributes, self._style_sheet)
        if is_shown(properties):
            yield from self._children(self._root, replace(place, look=place.look.of_child(properties)))

    def _children(self, node: Node, place: _Place) -> Iterator[Mark]:
        for child in node.children:
            if child.tag != "symbol":
                yield from self._element(child, place)

    def _element(self, node: Node, place: _Place) -> Iterator[Mark]:
        if node.tag in _UNDRAWN:
            self.counts[_UNDRAWN[node.tag]] += 1
            return
        if node.tag not in SHAPES and node.tag not in _CONTAINERS and node.tag != "use":
            return
        self._check_amount(node, place)
        properties = properties_of(node.tag, node.attributes, self._style_sheet)
        if not is_shown(properties):
            self.counts["hidden"] += 1
            return
        for effect in ("clip-path", "mask"):
            self.counts["clipped"] += properties.get(effect, "none") != "none"
        place = self._inside(node, place, properties)
        if node.tag in SHAPES:
            yield from self._shape(node, place)
        elif node.tag == "use":
            yield from self._copy(node, place)
        else:
            yield from self._children(node, place)

    def _check_amount(self, node: Node, place: _Place) -> None:
        self._visited += 1
        self._read += sum(map(len, node.attributes.values()))
        if self._visited > MOST_ELEMENTS or self._read > MOST_BYTES or place.depth > DEEPEST:
            raise PlotoptError(
                f"the drawing copies itself into more than {MOST_ELEMENTS:,} elements, "
                f"{MOST_BYTES // 10**6} MB or {DEEPEST} deep: turn its clones into paths"
            )

    def _inside(self, node: Node, place: _Place, properties: dict[str, str]) -> _Place:
        matrix, viewport, layer = place.matrix, place.viewport, place.layer
        if "transform" in properties:
            own = parse_transform(properties["transform"])
            self.counts["damaged"] += own is None
            matrix = matrix if own is None else compose(matrix, own)
        if node.tag == "svg":
            own, viewport = nest(node, viewport)
            matrix = compose(matrix, own)
        if layer is None and node.attributes.get("inkscape:groupmode") == "layer":
            layer = node.attributes.get("inkscape:label") or node.attributes.get("id") or "layer"
        return _Place(matrix, viewport, place.look.of_child(properties), layer, place.depth + 1)

    def _copy(self, node: Node, place: _Place) -> Iterator[Mark]:
        link = node.attributes.get("href", "").strip()
        original = self._by_id.get(link[1:]) if link.startswith("#") else None
        if original is None:
            self.counts["links"] += 1
            return
        viewport = place.viewport
        x = parse_user_length(node.attributes.get("x"), viewport.width) or 0.0
        y = parse_user_length(node.attributes.get("y"), viewport.height) or 0.0
        matrix = compose(place.matrix, np.array([[1, 0, x], [0, 1, y]]))
        if original.tag == "symbol":
            sizes = {name: text for name, text in node.attributes.items() if name in ("width", "height")}
            symbol = Node("svg", {**original.attributes, **sizes}, [])
            own, viewport = nest(symbol, viewport)
            matrix = compose(matrix, own)
        yield from self._element(original, replace(place, matrix=matrix, viewport=viewport))

    def _shape(self, node: Node, place: _Place) -> Iterator[Mark]:
        look, viewport = place.look.shown(), place.viewport
        if not look.visible:
            self.counts["hidden"] += 1
            return
        if look.stroke is None and look.fill is None:
            return
        chains, whole = shape_chains(node.tag, node.attributes, viewport)
        self._curves += sum(map(len, chains))
        check_curves(self._curves)
        placed = [chain @ place.matrix[:, :2].T + place.matrix[:, 2] for chain in chains]
        sound = [chain for chain in placed if (np.abs(chain) < _FARTHEST_MM).all()]
        self.counts["damaged"] += not whole or len(sound) < len(placed)
        if not sound or self._is_background(look, sound):
            return
        self.counts["dashed"] += look.dashed and look.stroke is not None
        self.counts["filled"] += look.stroke is None
        width = parse_user_length(look.width, viewport.diagonal)
        (a, c, _), (b, d, _) = place.matrix.tolist()
        scale = math.sqrt(abs(a * d - b * c))
        width_mm = (1.0 if width is None else width) * scale
        color = look.stroke or look.fill or ""
        yield Mark(sound, color, width_mm, place.layer, is_filled=look.stroke is None)

    def _is_background(self, look: Look, chains: list[Chain]) -> bool:
        """A rectangle without a line that is as large as the page is its paper, not a part of the drawing."""
        sheet = self._sheet
        if look.stroke is not None or sheet.size_mm is None or len(chains) != 1 or len(chains[0]) > 5:
            return False
        corners = chains[0][:, 0]
        low, high = corners.min(0), corners.max(0)
        upright = (np.isclose(corners, low) | np.isclose(corners, high)).all()
        page = np.array(sheet.size_mm)
        covers = upright and (low <= _BACKGROUND_MM).all() and (high >= page - _BACKGROUND_MM).all()
        self.counts["background"] += bool(covers)
        return bool(covers)
