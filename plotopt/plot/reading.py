"""Drawings that other programs made: an SVG file as layers of chains, a pen each."""

from __future__ import annotations

import math
import re
from collections import Counter
from collections.abc import Hashable, Sequence
from dataclasses import dataclass, field, replace
from enum import Enum
from pathlib import Path

import numpy as np
from PIL import ImageColor

from plotopt.errors import PlotoptError
from plotopt.page import Page
from plotopt.pens import Pen
from plotopt.plot.chains import Chain
from plotopt.plot.materials import Materials, read_materials
from plotopt.plot.svgin.document import read_document
from plotopt.plot.svgin.placing import Sheet, measure_sheet
from plotopt.plot.svgin.sheets import StyleSheet
from plotopt.plot.svgin.styles import declared_of
from plotopt.plot.svgin.walk import Mark, Walk
from plotopt.stocks import Stock

USUAL_WIDTH_MM = 0.4
"""The pen where a file does not tell a line's width, or tells one that no pen has."""

_THINNEST_MM, _WIDEST_MM = 0.05, 5.0
_SHORTEST_SIDE_MM, _LONGEST_SIDE_MM = 1.0, 5000.0
_LEAST_GUESS_MM = (10.0, 10.0)
_LONGEST_NAME = 60
# What of a label is looked at for a name.
_LONGEST_LABEL = 200
# Layers as plotopt writes them: 2-black-0.4mm, 2-black-0.4mm-part-1-of-3.
_OWN_LABEL = re.compile(r"^[0-9]++(?:[-_ :]+|[.] +|$)|(?:^|[-_ ]+)[0-9.]+mm(?:-part-[0-9]+-of-[0-9]+)?$")
_NUMBER = re.compile(r"[0-9]{1,9}")

_NOTES = {
    "text": "texts left out: {} (convert text to paths first)",
    "image": "pictures left out: {} (`plotopt fit` draws pictures)",
    "foreign": "foreign objects left out: {}",
    "links": "clones of what is not in the file left out: {}",
    "loops": "clones that hold themselves left out: {}",
    "hidden": "hidden elements left out: {}",
    "background": "rectangles as large as the page left out: {}",
    "filled": "fills without a line: {} (their outlines are drawn)",
    "colours": "colours that cannot be read, drawn in black: {}",
    "clipped": "clip paths and masks not applied: {} (edges of drawings in the drawing count too)",
    "dashed": "dashed lines drawn whole: {}",
    "markers": "lines whose arrow heads or other markers are left out: {}",
    "selectors": "style rules with selectors that are not understood: {}",
    "damaged": "elements with damaged data: {} (drawn as far as they can be read)",
}


class Grouping(Enum):
    """What makes a layer: an Inkscape layer, a colour, one for all; AUTO takes layers if there are two."""

    AUTO = "auto"
    INKSCAPE = "inkscape"
    COLOUR = "colour"
    ONE = "one"


@dataclass(frozen=True, eq=False)
class ReadLayer:
    """A layer of a file: its label there, the pen nearest to its lines, and chains in page mm.

    ``number`` is what the label of an Inkscape layer begins with, by which plotting software calls it.
    """

    label: str
    pen: Pen
    chains: list[Chain] = field(repr=False)
    number: int | None = None


@dataclass(frozen=True, eq=False)
class Reading:
    """What was read: a page without margin, layers in plotting order, and what the user should know.

    ``stock`` is the paper that an SVG by plotopt is for; ``assumptions`` tell what was taken for the
    size of a page that the file does not tell.
    """

    page: Page
    layers: tuple[ReadLayer, ...]
    notes: tuple[str, ...]
    stock: Stock | None = None
    assumptions: tuple[str, ...] = ()


def read_svg(path: Path, grouping: Grouping = Grouping.AUTO) -> Reading:
    """The drawing in an SVG file, compressed or not.

    Every outline is drawn, of stroked and of filled elements alike; what a pen cannot draw (text, pictures,
    clip paths, dashes) is counted in the notes. Layers come in the order of the file, those whose labels
    begin with a number first and by number. A page is as large as what is drawn where the file does not
    tell its width or height, and what lies left of it or above is brought onto it.
    One that plotopt wrote has the layers, pens and paper that it was written with, as far as they can still
    be found.
    Raises PlotoptError for a file that is no SVG, is damaged or too large, and a page outside 1 mm to 5 m.
    """
    document = read_document(path)
    root, style_sheet = document.root, StyleSheet(*document.style_sheets)
    unit = "pt" if document.in_points else "px"
    sheet = measure_sheet(root, declared_of("svg", root.attributes, style_sheet), unit)
    walk = Walk(document, sheet, style_sheet)
    # Figures beyond all bounds are found and counted as damage, not warned of.
    with np.errstate(over="ignore", invalid="ignore"):
        marks = list(walk.marks())
    notes = [text.format(f"{walk.counts[key]:,}") for key, text in _NOTES.items() if walk.counts[key]]
    known = read_materials(document.metadata)
    if known and grouping is Grouping.AUTO:
        grouping = Grouping.INKSCAPE
    materials = known or Materials()
    page, marks, page_notes = _lay_out(sheet, marks)
    layers, layer_notes = _layers(marks, grouping, materials)
    told = (*page_notes, *notes, *layer_notes, *materials.notes)
    return Reading(page, layers, told, materials.stock, _assumptions(sheet.assumed_unit, page))


def _lay_out(sheet: Sheet, marks: list[Mark]) -> tuple[Page, list[Mark], list[str]]:
    """The page, the marks as they lie on it, and what to tell of sides that the file does not."""
    told = np.array(sheet.sides_mm, float)
    missing, notes = np.isnan(told), []
    size = told
    if missing.any():
        chains = [chain for mark in marks for chain in mark.chains]
        low = np.min([(0.0, 0.0), *(chain.min((0, 1)) for chain in chains)], axis=0) * missing
        high = np.max([chain.max((0, 1)) for chain in chains] or [(0.0, 0.0)], axis=0)
        size = np.where(missing, np.ceil(np.maximum(high - low, _LEAST_GUESS_MM)), told)
        what = "size" if missing.all() else ("width", "height")[int(missing.argmax())]
        notes = [f"the file tells no {what}, so its page is taken for {size[0]:g} x {size[1]:g} mm"]
        if low.any():
            notes = [f"{notes[0]} and the drawing moved onto it"]
            marks = [replace(mark, chains=[chain - low for chain in mark.chains]) for mark in marks]
    return _page(*size.tolist()), marks, notes


def _assumptions(unit: str | None, page: Page) -> tuple[str, ...]:
    if unit is None:
        return ()
    taken = "points, 72 an inch, as Adobe Illustrator has them" if unit == "pt" else "pixels, 96 an inch"
    return (
        f"the file tells no size, so the units of its view box are taken for {taken}, and its page for "
        f"{page.width_mm:.4g} x {page.height_mm:.4g} mm "
        "(`plotopt plan --paper a4 --fit` scales the drawing to a sheet)",
    )


def _page(width_mm: float, height_mm: float) -> Page:
    for side_mm in (width_mm, height_mm):
        if not _SHORTEST_SIDE_MM <= side_mm <= _LONGEST_SIDE_MM:
            raise PlotoptError(
                f"the drawing's page is {width_mm:g} x {height_mm:g} mm: sides may be "
                f"{_SHORTEST_SIDE_MM:g} to {_LONGEST_SIDE_MM:g} mm, change width and height in the file"
            )
    return Page(width_mm, height_mm, 0.0)


def _layers(
    marks: Sequence[Mark], grouping: Grouping, materials: Materials
) -> tuple[tuple[ReadLayer, ...], list[str]]:
    if grouping is Grouping.AUTO:
        several = len({mark.layer for mark in marks} - {None}) > 1
        grouping = Grouping.INKSCAPE if several else Grouping.COLOUR
    groups: dict[Hashable, list[Mark]] = {}
    for mark in marks:
        groups.setdefault(_group(mark, grouping), []).append(mark)
    notes: list[str] = []
    layers = [_layer(_label(each[0], grouping), each, materials, notes) for each in groups.values()]
    if grouping is Grouping.INKSCAPE:
        layers = [replace(layer, number=_leading_number(layer.label)) for layer in layers]
        layers.sort(key=lambda layer: math.inf if layer.number is None else layer.number)
    return tuple(layers), notes


def _group(mark: Mark, grouping: Grouping) -> Hashable:
    """What all marks of a layer have in common."""
    return mark.layer if grouping is Grouping.INKSCAPE else _label(mark, grouping)


def _label(mark: Mark, grouping: Grouping) -> str:
    if grouping is Grouping.INKSCAPE:
        return mark.layer.label if mark.layer else "outside"
    return _color_name(mark.color) if grouping is Grouping.COLOUR else "all"


def _layer(label: str, marks: Sequence[Mark], materials: Materials, notes: list[str]) -> ReadLayer:
    colors = Counter(mark.color for mark in marks)
    if len(colors) > 1:
        notes.append(f"layer {label!r:.60} holds {len(colors)} colours and is drawn with one pen")
    color = colors.most_common(1)[0][0]
    widths = Counter(round(mark.width_mm, 2) for mark in marks if not mark.is_filled)
    width_mm = widths.most_common(1)[0][0] if widths else USUAL_WIDTH_MM
    if not _THINNEST_MM <= width_mm <= _WIDEST_MM:
        notes.append(f"layer {label!r:.60} has lines {width_mm:g} mm wide, taken for {USUAL_WIDTH_MM:g} mm")
        width_mm = USUAL_WIDTH_MM
    pen = Pen(_pen_name(label) or _color_name(color), color, width_mm)
    known = materials.pen(label, color, width_mm)
    pen = replace(known, name=pen.name) if known else pen
    return ReadLayer(label, pen, [chain for mark in marks for chain in mark.chains])


def _leading_number(label: str) -> int | None:
    match = _NUMBER.match(label)
    return int(match[0]) if match else None


def _pen_name(label: str) -> str:
    """What of a layer's label may be a pen's name; empty where nothing may."""
    own = re.sub(r"[^\w .-]+", "-", _OWN_LABEL.sub("", label.strip()[:_LONGEST_LABEL]))
    return own[:_LONGEST_NAME].strip(" .-")


def _color_name(color: str) -> str:
    """The CSS name of a colour, or its six digits."""
    return _NAMES.get(color, color[1:])


_NAMES = {
    value.lower(): name for name, value in reversed(ImageColor.colormap.items()) if isinstance(value, str)
}
