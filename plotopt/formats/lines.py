"""Layers as vpype has them, for its writers: polylines of complex numbers in CSS pixels, y down."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from plotopt.page import Page
from plotopt.plot.chains import flatten
from plotopt.plot.plan import Layer

if TYPE_CHECKING:
    import vpype

PX_PER_MM = 96 / 25.4


def to_document(layers: Sequence[Layer], page: Page, numbers: Sequence[int] | None = None) -> vpype.Document:
    """Every layer with its label, its curves flattened to within 1/20 of the pen's width.

    ``numbers`` are those that vpype is to have for them, 1 onwards without.
    """
    import vpype

    document = vpype.Document(page_size=(page.width_mm * PX_PER_MM, page.height_mm * PX_PER_MM))
    for number, layer in enumerate(layers, start=1):
        lines = flatten(layer.chains, layer.pen.width_mm / 20)
        points = (lines.points[:, 0] + 1j * lines.points[:, 1]) * PX_PER_MM
        collection = vpype.LineCollection(
            [points[lines.starts[i] : lines.starts[i + 1]] for i in range(len(lines))],
            metadata={vpype.METADATA_FIELD_NAME: layer.label(number)},
        )
        document.add(collection, numbers[number - 1] if numbers else number, with_metadata=True)
    return document
