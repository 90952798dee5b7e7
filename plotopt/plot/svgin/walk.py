"""What of a document a pen can draw: every outline in millimetres of the page, with its colour and width."""

from __future__ import annotations

import math
import unicodedata
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace

import numpy as np

from plotopt.errors import PlotoptError
from plotopt.plot.chains import Chain, straight_chain
from plotopt.plot.svgin.document import DEEPEST, MOST_BYTES, MOST_ELEMENTS, Document, Node, check_curves
from plotopt.plot.svgin.paints import BLACK, UNREAD
from plotopt.plot.svgin.placing import Affine, Sheet, Window, compose, inner_viewport, own_matrix
from plotopt.plot.svgin.shapes import SHAPES, Viewport, parse_user_length, shape_chains
from plotopt.plot.svgin.sheets import NOWHERE, Around, StyleSheet
from plotopt.plot.svgin.styles import Look, is_shown, properties_of
from plotopt.units import MM_PER_UNIT

# Points farther away than this are no drawing but a mistake.
_FARTHEST_MM = 1e6
_BACKGROUND_MM = 0.5
_CLOSED_MM = 1e-6
_CONTAINERS = ("svg", "g", "a", "switch", "symbol")
_UNDRAWN = {"text": "text", "flowRoot": "text", "image": "image", "foreignObject": "foreign"}
_KNOWN = frozenset((*SHAPES, *_CONTAINERS, *_UNDRAWN, "use"))
_MARKED = ("path", "line", "polyline", "polygon")
_UNPRINTABLE = ("Cc", "Cf", "Cs", "Zl", "Zp")


@dataclass(frozen=True, eq=False)
class InkscapeLayer:
    """A layer of the file; two of one label are two. The label has no control characters."""

    label: str


@dataclass(frozen=True, eq=False)
class Mark:
    """One drawn element: chains in page mm, its colour, line width and Inkscape layer (None: in none).

    ``is_filled`` says that it has a fill and no line of its own, so that width and line are a guess.
    """

    chains: list[Chain] = field(repr=False)
    color: str
    width_mm: float
    layer: InkscapeLayer | None
    is_filled: bool


@dataclass(frozen=True, eq=False)
class _Place:
    """Where an element stands: what it inherits, and the elements with an id that it lies in.

    ``sizes`` are what a clone says of the viewport that the element makes.
    """

    matrix: Affine
    viewport: Viewport
    look: Look
    around: Around
    layer: InkscapeLayer | None = None
    windows: tuple[Window, ...] = ()
    open: frozenset[Node] = frozenset()
    sizes: Mapping[str, str] = field(default_factory=dict)
    depth: int = 0


class Walk:
    """Goes through a document once; ``counts`` then tells what was left out or not as drawn."""

    def __init__(self, document: Document, sheet: Sheet, style_sheet: StyleSheet) -> None:
        self.counts: Counter[str] = Counter(selectors=style_sheet.unread)
        self._by_id = document.by_id
        self._style_sheet = style_sheet
        self._root, self._sheet = document.root, sheet
        self._layers: dict[Node, InkscapeLayer] = {}
        self._overflown: set[Window] = set()
        self._visited = self._read = self._curves = 0

    def marks(self) -> Iterator[Mark]:
        """All marks in the order of the file.

        Raises PlotoptError where clones of clones go on and on, and for more curves than memory holds.
        """
        root, styles = self._root, self._style_sheet
        properties = properties_of("svg", root.attributes, styles)
        if is_shown(properties):
            look, around = Look().of_child(properties), styles.inside("svg", root.attributes, NOWHERE)
            place = _Place(self._sheet.matrix, self._sheet.viewport, look, around, open=frozenset([root]))
            yield from self._children(root, place)

    def _children(self, node: Node, place: _Place) -> Iterator[Mark]:
        for child in _chosen(node.children) if node.tag == "switch" else node.children:
            if child.tag != "symbol":
                yield from self._element(child, place)

    def _element(self, node: Node, place: _Place) -> Iterator[Mark]:
        if node.tag not in _KNOWN:
            return
        self._check_amount(node, place)
        properties = properties_of(node.tag, node.attributes, self._style_sheet, place.around)
        if not is_shown(properties):
            self.counts["hidden"] += 1
            return
        for effect in ("clip-path", "mask"):
            self.counts["clipped"] += properties.get(effect, "none") != "none"
        inside = self._inside(node, place, properties)
        if inside is None:
            self.counts["damaged"] += 1
        elif node.tag in SHAPES:
            yield from self._shape(node, inside, properties)
        elif node.tag in _UNDRAWN:
            self.counts[_UNDRAWN[node.tag] if inside.look.visible else "hidden"] += 1
        elif node.tag == "use":
            yield from self._copy(node, inside)
        else:
            yield from self._children(node, inside)

    def _check_amount(self, node: Node, place: _Place) -> None:
        self._visited += 1
        self._read += sum(map(len, node.attributes.values()))
        if self._visited > MOST_ELEMENTS or self._read > MOST_BYTES or place.depth > DEEPEST:
            raise PlotoptError(
                f"the drawing copies itself into more than {MOST_ELEMENTS:,} elements, "
                f"{MOST_BYTES // 10**6} MB or {DEEPEST} deep: turn its clones into paths"
            )

    def _inside(self, node: Node, place: _Place, properties: Mapping[str, str]) -> _Place | None:
        """Where what is in an element stands; None where nothing of it shows."""
        matrix, viewport, windows = place.matrix, place.viewport, place.windows
        if "transform" in properties:
            own = own_matrix(properties, viewport)
            self.counts["damaged"] += own is None
            matrix = matrix if own is None else compose(matrix, own)
        look = place.look.of_child(properties)
        if node.tag in SHAPES:
            return _Place(matrix, viewport, look, place.around, place.layer, windows)
        if node.tag in ("svg", "symbol"):
            inner = inner_viewport({**node.attributes, **place.sizes}, viewport)
            if inner is None:
                return None
            if properties.get("overflow") not in ("visible", "auto") and min(inner.frame[2:]) > 0:
                windows = (*windows, Window(matrix, inner.frame))
            matrix, viewport = compose(matrix, inner.matrix), inner.viewport
        around = self._style_sheet.inside(node.tag, node.attributes, place.around)
        opened = place.open | {node} if "id" in node.attributes else place.open
        layer = place.layer or self._layer(node)
        return _Place(matrix, viewport, look, around, layer, windows, opened, depth=place.depth + 1)

    def _layer(self, node: Node) -> InkscapeLayer | None:
        if node.attributes.get("inkscape:groupmode") != "layer":
            return None
        texts = (_printable(node.attributes.get(name, "")) for name in ("inkscape:label", "id"))
        return self._layers.setdefault(node, InkscapeLayer(next(filter(None, texts), "layer")))

    def _copy(self, node: Node, place: _Place) -> Iterator[Mark]:
        link = node.attributes.get("href", "").strip()
        original = self._by_id.get(link[1:]) if link.startswith("#") else None
        if original is None or original in place.open:
            self.counts["links" if original is None else "loops"] += 1
            return
        viewport = place.viewport
        x = parse_user_length(node.attributes.get("x"), viewport.width) or 0.0
        y = parse_user_length(node.attributes.get("y"), viewport.height) or 0.0
        matrix = compose(place.matrix, np.array([[1, 0, x], [0, 1, y]]))
        sizes = {name: text for name, text in node.attributes.items() if name in ("width", "height")}
        # What is cloned lies in nothing that a selector knows.
        yield from self._element(original, replace(place, matrix=matrix, sizes=sizes, around=NOWHERE))

    def _shape(self, node: Node, place: _Place, properties: Mapping[str, str]) -> Iterator[Mark]:
        look = place.look.shown()
        if not look.visible:
            self.counts["hidden"] += 1
            return
        if look.stroke is None and look.fill is None:
            return
        chains = self._outlines(node, place)
        if look.stroke is None and node.tag in ("path", "polyline"):
            chains = [_closed(chain) for chain in chains]
        if not chains or self._is_background(look, chains):
            return
        self._count_losses(node, place, look, chains)
        color = look.stroke or look.fill
        color = BLACK if color is None or color == UNREAD else color
        width_mm = _width_mm(look.width, place, properties)
        yield Mark(chains, color, width_mm, place.layer, is_filled=look.stroke is None)

    def _outlines(self, node: Node, place: _Place) -> list[Chain]:
        """The outlines of a shape in page mm, as far as they can be read."""
        chains, whole = shape_chains(node.tag, node.attributes, place.viewport)
        self._curves += sum(map(len, chains))
        check_curves(self._curves)
        placed = [chain @ place.matrix[:, :2].T + place.matrix[:, 2] for chain in chains]
        sound = [chain for chain in placed if (np.abs(chain) < _FARTHEST_MM).all()]
        self.counts["damaged"] += not whole or len(sound) < len(placed)
        return sound

    def _count_losses(self, node: Node, place: _Place, look: Look, chains: list[Chain]) -> None:
        """Count how what is drawn of a shape differs from what the file has."""
        self.counts["dashed"] += look.dashed and look.stroke is not None
        self.counts["filled"] += look.stroke is None
        self.counts["colours"] += (look.stroke or look.fill) == UNREAD
        self.counts["markers"] += bool(look.markers) and node.tag in _MARKED
        for window in place.windows:
            if window not in self._overflown and not window.holds(chains):
                self._overflown.add(window)
                self.counts["clipped"] += 1

    def _is_background(self, look: Look, chains: list[Chain]) -> bool:
        """A rectangle without a line that is as large as the page is its paper, not a part of the drawing."""
        sides_mm = self._sheet.sides_mm
        if look.stroke is not None or None in sides_mm or len(chains) != 1 or len(chains[0]) > 5:
            return False
        corners = chains[0][:, 0]
        low, high = corners.min(0), corners.max(0)
        upright = (np.isclose(corners, low) | np.isclose(corners, high)).all()
        page = np.array(sides_mm, float)
        covers = upright and (low <= _BACKGROUND_MM).all() and (high >= page - _BACKGROUND_MM).all()
        self.counts["background"] += bool(covers)
        return bool(covers)


def _chosen(branches: list[Node]) -> list[Node]:
    """The first branch of a switch that is for all readers, or those of English."""
    return [branch for branch in branches if branch.tag in _KNOWN and _is_for_all(branch.attributes)][:1]


def _is_for_all(attributes: Mapping[str, str]) -> bool:
    languages = attributes.get("systemLanguage", "en").lower().split(",")
    is_english = any(language.strip().partition("-")[0] == "en" for language in languages)
    return is_english and "requiredExtensions" not in attributes


def _printable(label: str) -> str:
    """The label, spaces for what would change the look of the table that it stands in."""
    return "".join(" " if unicodedata.category(sign) in _UNPRINTABLE else sign for sign in label).strip()


def _closed(chain: Chain) -> Chain:
    """The outline of the fill that a line has: back to where it began."""
    side = np.stack([chain[-1, 3], chain[0, 0]])
    is_open = np.abs(side[1] - side[0]).max() > _CLOSED_MM
    return np.concatenate([chain, straight_chain(side)]) if is_open else chain


def _width_mm(text: str, place: _Place, properties: Mapping[str, str]) -> float:
    width = parse_user_length(text, place.viewport.diagonal)
    if properties.get("vector-effect") == "non-scaling-stroke":
        scale = MM_PER_UNIT["px"]
    else:
        (a, c, _), (b, d, _) = place.matrix.tolist()
        scale = math.sqrt(abs(a * d - b * c))
    return (1.0 if width is None else width) * scale
