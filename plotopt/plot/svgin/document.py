"""An SVG file as a tree of its elements. Nothing but the file itself is ever opened."""

from __future__ import annotations

import gzip
import zlib
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from io import BufferedReader
from pathlib import Path
from xml.parsers import expat

from plotopt.errors import PlotoptError
from plotopt.files import opened, quoted

MOST_BYTES = 256_000_000
MOST_ELEMENTS = 1_000_000
MOST_CURVES = 10_000_000
DEEPEST = 200

_NAMESPACES = {
    "http://www.w3.org/2000/svg": "",
    "http://www.w3.org/1999/xlink": "",
    "http://www.inkscape.org/namespaces/inkscape": "inkscape:",
}
_ILLUSTRATOR = "Generator: Adobe Illustrator"
_GZIP = b"\x1f\x8b"
_LONGEST_ENTITY = 1000
_LONGEST_ADDRESS = 1000


def check_curves(count: int) -> None:
    """Raise PlotoptError for more curves than memory holds."""
    if count > MOST_CURVES:
        raise PlotoptError(f"the drawing has more than {MOST_CURVES:,} pieces of line: split it")


@dataclass(frozen=True, eq=False, slots=True)
class Node:
    """One element: its tag (empty where it is not SVG's), attributes (Inkscape's with prefix), children."""

    tag: str
    attributes: dict[str, str]
    children: list[Node] = field(default_factory=list)


@dataclass(frozen=True, eq=False)
class Document:
    """The root element, the elements that have an id, the texts of the style sheets and of the metadata.

    Style sheets that are for some media alone are so by a rule in their text. ``in_points`` is whether a user
    unit that no size is given for is a point, as Adobe Illustrator has it, and not a pixel.
    """

    root: Node
    by_id: dict[str, Node]
    style_sheets: tuple[str, ...]
    metadata: str = ""
    in_points: bool = False


def check_readable(path: Path) -> None:
    """Raise PlotoptError where there is no file, or none that may be read, whatever it holds."""
    with _opened(path):
        pass


def read_document(path: Path) -> Document:
    """The elements of an SVG file, plain or compressed by gzip.

    Entities are taken as Illustrator writes them, short texts of the file itself; no other file and no
    address is looked at. Raises PlotoptError for a file that cannot be read, is no SVG, is cut short or
    broken, or holds over 256 MB, a million elements or 200 groups in each other.
    """
    name = quoted(path)
    data = _read_bytes(path, name)
    builder = _Builder(name)
    try:
        builder.parser.Parse(data, True)
    except expat.ExpatError as error:
        if builder.root is None:
            beside = path.with_suffix(".svg")
            there = beside != path and beside.is_file()
            drawing = f"{quoted(beside)}, which lies beside it" if there else "a drawing that ends in .svg"
            raise PlotoptError(
                f"{name} is not an SVG file: give {drawing} (`plotopt fit` draws pictures)"
            ) from None
        raise PlotoptError(f"{name} is cut short or broken ({error}): export it again") from None
    except (ValueError, LookupError) as error:
        raise PlotoptError(f"{name} has an encoding that cannot be read ({error}): save as UTF-8") from None
    assert builder.root is not None
    return Document(
        builder.root,
        builder.by_id,
        tuple("".join(each) for each in builder.sheets),
        "".join(builder.metadata),
        builder.in_points,
    )


def _opened(path: Path) -> AbstractContextManager[BufferedReader]:
    return opened(path, "the name of an SVG file")


def _read_bytes(path: Path, name: str) -> bytes:
    with _opened(path) as file:
        data = file.read(MOST_BYTES + 1)
    if data.startswith(_GZIP):
        data = _unzip(path, name)
    if not data.strip():
        raise PlotoptError(f"{name} is empty: export the drawing again")
    if len(data) > MOST_BYTES:
        raise PlotoptError(f"{name} is larger than {MOST_BYTES // 10**6} MB: split the drawing")
    return data


def _unzip(path: Path, name: str) -> bytes:
    try:
        with gzip.open(path) as file:
            return file.read(MOST_BYTES + 1)
    except (OSError, EOFError, zlib.error) as error:
        raise PlotoptError(f"{name} is a damaged compressed file ({error}): export it again") from None


class _Builder:
    """Listens to the parser and builds the tree."""

    def __init__(self, name: str) -> None:
        self.name = name
        self.root: Node | None = None
        self.by_id: dict[str, Node] = {}
        self.sheets: list[list[str]] = []
        self.metadata: list[str] = []
        self.in_points = False
        self._open: list[Node] = []
        self._count = self._length = 0
        self.parser = expat.ParserCreate(namespace_separator=" ")
        self.parser.buffer_text = True
        # Else a short file could give each of many elements a long attribute.
        self.parser.specified_attributes = True
        self.parser.StartElementHandler = self._start
        self.parser.EndElementHandler = self._end
        self.parser.CharacterDataHandler = self._text
        self.parser.CommentHandler = self._comment
        self.parser.EntityDeclHandler = self._entity
        self.parser.StartNamespaceDeclHandler = self._namespace

    def _start(self, tag: str, attributes: dict[str, str]) -> None:
        node = Node(
            _short(tag) or "", {key: text for each, text in attributes.items() if (key := _short(each))}
        )
        if self.root is None:
            if node.tag != "svg":
                # Letters of other scripts may be such as no terminal shows.
                shown = repr(tag[-40:])[1:-1]
                raise PlotoptError(f"{self.name} is not an SVG file: it begins with <{shown}>")
            self.root = node
        else:
            self._open[-1].children.append(node)
        self._open.append(node)
        if node.tag == "style":
            # A rule that is still open where its sheet ends is closed there.
            self.sheets.append(
                [f"@media {node.attributes['media']} {{"] if "media" in node.attributes else []
            )
        if "id" in node.attributes:
            self.by_id.setdefault(node.attributes["id"], node)
        self._count += 1
        if self._count > MOST_ELEMENTS:
            raise PlotoptError(f"{self.name} has more than {MOST_ELEMENTS:,} elements: split the drawing")
        self._length += sum(map(len, node.attributes.values()))
        if self._length > MOST_BYTES:
            raise PlotoptError(f"{self.name} has entities in it that make it too large: export it again")
        if len(self._open) > DEEPEST:
            raise PlotoptError(f"{self.name} has groups {DEEPEST} deep in each other: ungroup the drawing")

    def _end(self, tag: str) -> None:
        self._open.pop()

    def _text(self, text: str) -> None:
        if self._open[-1].tag == "style":
            self.sheets[-1].append(text)
        elif self._open[-1].tag == "metadata":
            self.metadata.append(text)

    def _comment(self, text: str) -> None:
        # Deeper in the tree it tells of a drawing that was put into this one.
        if len(self._open) <= 1 and text.strip().startswith(_ILLUSTRATOR):
            self.in_points = True

    def _namespace(self, prefix: str | None, address: str | None) -> None:
        # It is written out before the name of every element.
        if len(address or "") > _LONGEST_ADDRESS:
            raise PlotoptError(
                f"{self.name} has a namespace {address!r:.40}, too long to be one: export it again"
            )

    def _entity(self, entity: str, is_parameter: bool, value: str | None, *outside: str | None) -> None:
        # References in an entity's own text are how a small file grows without end.
        if is_parameter or value is None or "&" in value or len(value) > _LONGEST_ENTITY:
            raise PlotoptError(
                f"{self.name} defines the entity {entity!r:.40}, which is not safe: export it again"
            )


def _short(name: str) -> str | None:
    """A name as this package has it; None for those of other vocabularies."""
    namespace, _, local = name.rpartition(" ")
    if not namespace:
        return local
    prefix = _NAMESPACES.get(namespace)
    return None if prefix is None else prefix + local
