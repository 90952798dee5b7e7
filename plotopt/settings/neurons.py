"""What a contact sheet of neurons can be told."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any, ClassVar

from plotopt.settings.base import read_options
from plotopt.settings.network import LEAST_PX, NetworkSettings
from plotopt.stages import Quality

# Where the size is left open a pen is so many pixels wide, as in a neuron's drawing on A4.
_PEN_PX = 2.4
_MOST_PX = 256
# ``strokes`` are those of a drawing with sides of so many pixels.
_DRAWING_PX = 1024


@dataclass(frozen=True, kw_only=True)
class NeuronsSettings(NetworkSettings):
    """How to draw each neuron of a contact sheet: as one by itself, but for what is told here.

    ``size`` is the side of a cell, None for a pen 2.4 px wide but 64 to 256 px in all. ``strokes`` are those
    of a drawing of 1024 x 1024 px, of which a cell has its share by area: as dense as a neuron that is drawn
    with the same number. ``grid`` is cells across and down, None for the largest that fit. Cells wrap, with
    ``copies`` off they do not. ``crop`` is no larger than a cell.
    """

    verb: ClassVar[str] = "neurons"

    quality: Quality = Quality.DRAFT
    crop: int = 128

    def of_cell(self, side_mm: float) -> NeuronsSettings:
        """The settings of a single cell: ``size``, ``strokes`` and ``crop`` are its own, there is no grid."""
        pen_mm = sum(pen.width_mm for pen in self.pens) / len(self.pens)
        suitable_px = min(max(round(_PEN_PX * side_mm / pen_mm), LEAST_PX), _MOST_PX)
        side_px = self.size or suitable_px
        strokes = max(1, round(self.strokes * (side_px / _DRAWING_PX) ** 2))
        return replace(self, size=side_px, strokes=strokes, crop=min(self.crop, side_px), grid=None)


def read_neurons_settings(**options: Any) -> NeuronsSettings:
    """Settings of a contact sheet from keyword options, see :func:`plotopt.settings.base.read_options`."""
    return read_options(NeuronsSettings, options)
