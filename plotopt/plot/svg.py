"""The SVG that plotter programs take as it is.

Millimetres throughout, one group a pen, nothing but ``path`` elements: saxi's command line stumbles over
polylines and transforms, and plots even what is invisible.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from itertools import groupby
from typing import Any
from xml.etree import ElementTree

import numpy as np
import svgwrite
from numpy import ndarray
from svgwrite.extensions import Inkscape

from plotopt.page import Page
from plotopt.pens import MAX_OPACITY, Pen
from plotopt.plot.chains import flatten
from plotopt.plot.plan import Layer

_DECIMALS = 3


class _Metadata(svgwrite.base.Title):
    """A metadata element that holds text; svgwrite's own holds an element."""

    elementname = "metadata"


def svg_text(
    layers: Sequence[Layer],
    page: Page,
    metadata: dict[str, Any],
    *,
    polylines: bool = False,
    as_ink: bool = False,
) -> str:
    """A drawing as SVG; the same input gives the same text.

    Coordinates are rounded to 0.001 mm. Every layer is an Inkscape layer, named by ``Layer.label``, with
    its pen's colour and width. ``metadata`` must be what JSON can hold; it is stored as sorted JSON.
    ``polylines`` draws straight lines within 1/20 of the pen's width of the curves. ``as_ink`` is for the eye
    and not for plotters: translucent inks multiply, and the passes of a pen build up by its opacity.
    """
    drawing = svgwrite.Drawing(
        size=(f"{page.width_mm:.10g}mm", f"{page.height_mm:.10g}mm"),
        viewBox=f"0 0 {page.width_mm:.10g} {page.height_mm:.10g}",
        debug=False,  # checking 10,000 paths would take minutes
    )
    drawing.elements.remove(drawing.defs)
    drawing.add(_Metadata(json.dumps(metadata, sort_keys=True, allow_nan=False)))
    inkscape = Inkscape(drawing)
    for number, layer in enumerate(layers, start=1):
        looks = ink_attributes(layer.pen) if as_ink else {}
        group = drawing.add(inkscape.layer(**_layer_attributes(layer, number), **looks))
        for data in _polyline_data(layer) if polylines else map(_curve_data, layer.chains):
            group.add(drawing.path(d=data))
    root = drawing.get_xml()
    ElementTree.indent(root)
    return ElementTree.tostring(root, encoding="unicode") + "\n"


def pen_runs(layers: Sequence[Layer]) -> list[list[Layer]]:
    """The layers in their order, those in one list that a pen draws one after the other.

    Their ink is to lie on the paper as one: where the parts of a split layer meet, it does not multiply with
    itself.
    """
    return [list(run) for _, run in groupby(layers, lambda layer: layer.pen)]


def ink_attributes(pen: Pen) -> dict[str, Any]:
    """What lets a group of paths look like this pen's ink on the paper below.

    Paths inherit the opacity one by one, so those that cross build up. The group is then laid over the
    paper as a whole, so that an ink does not multiply with itself. Black covers whatever lies below in either
    way, and is spared.
    """
    attributes: dict[str, Any] = {}
    if not pen.opaque and pen.color != "#000000":
        attributes["style"] = "mix-blend-mode:multiply"
    if pen.opacity < MAX_OPACITY:
        attributes["stroke_opacity"] = f"{pen.opacity:.10g}"
    return attributes


def _layer_attributes(layer: Layer, number: int) -> dict[str, Any]:
    label = layer.label(number)
    return {
        "label": label,
        "id": label.replace(" ", "-"),
        "fill": "none",
        "stroke": layer.pen.color,
        "stroke_width": f"{layer.pen.width_mm:.10g}",
        "stroke_linecap": "round",
        "stroke_linejoin": "round",
    }


def _curve_data(chain: ndarray) -> str:
    first, *others = _coordinates(np.concatenate([chain[:1, 0], chain[:, 1:].reshape(-1, 2)]))
    return f"M{first} C{' '.join(others)}"


def _polyline_data(layer: Layer) -> list[str]:
    lines = flatten(layer.chains, layer.pen.width_mm / 20)
    data = []
    for i in range(len(lines)):
        first, *others = _coordinates(lines[i])
        data.append(f"M{first} L{' '.join(others)}")
    return data


def _coordinates(points: ndarray) -> list[str]:
    # Adding zero turns a rounded -0 into 0.
    return [f"{x:.10g},{y:.10g}" for x, y in (np.round(points, _DECIMALS) + 0.0).tolist()]
