"""What a run has come to, to be looked at: any window of the page at any scale."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from math import ceil

from PIL import Image

from plotopt.errors import PlotoptError
from plotopt.layering import plan_layers
from plotopt.page import Page, Rect
from plotopt.pens import Pen
from plotopt.plot.plan import Layer
from plotopt.plot.preview import draw_preview, possible_dpi
from plotopt.resuming import page_of, pens_of
from plotopt.runs.ordering import settings_of
from plotopt.runs.record import Record
from plotopt.runs.run import check_pens
from plotopt.settings import FitSettings, NeuronSettings
from plotopt.strokes import Strokes

_CSS_PX_MM = 25.4 / 96
LEAST_PX_PER_MM, MOST_PX_PER_MM = 0.8, 47.0


@dataclass(frozen=True, eq=False)
class Exhibit:
    """A run's strokes as they stand, with all that is needed to see them."""

    record: Record
    strokes: Strokes
    settings: FitSettings | NeuronSettings
    page: Page
    place: Rect

    @classmethod
    def of(cls, record: Record) -> Exhibit:
        """Raises PlotoptError for a run without a single step, and for settings that cannot be read."""
        if record.strokes is None:
            raise PlotoptError("the run has no strokes yet: let it go on (plotopt resume) for a while")
        settings = settings_of(record.order, {})
        return cls(record, record.strokes.decided(), settings, *page_of(record, settings))

    @cached_property
    def pens(self) -> Sequence[Pen]:
        """The pens as strokes number them. Raises PlotoptError where there are fewer."""
        pens = pens_of(self.record, self.settings)
        check_pens(self.record, len(pens))
        return pens

    @cached_property
    def layers(self) -> tuple[Layer, ...]:
        """What each pen draws, in its order."""
        return plan_layers(self.strokes, self.pens, self.place, self.settings.split_every)

    def image(self, window: Rect, px_per_mm: float) -> Image.Image:
        """A window of the page as the pens draw it; beyond the page there is paper, too.

        Raises PlotoptError for more than 50 million pixels and for a scale outside 0.8 to 47 px a mm.
        """
        if not LEAST_PX_PER_MM <= px_per_mm <= MOST_PX_PER_MM:
            raise PlotoptError(
                f"scale is {px_per_mm:g}: give {LEAST_PX_PER_MM:g} to {MOST_PX_PER_MM:g} px a mm"
            )
        view, dpi = Page(window.width, window.height, 0.0), 25.4 * px_per_mm
        if possible_dpi(view, dpi) < dpi:
            raise PlotoptError(
                f"{window.width:g} x {window.height:g} mm at {px_per_mm:g} px a mm are more than 50 million "
                "pixels: give a smaller scale or window"
            )
        shifted = [_shifted(layer, window) for layer in self.layers]
        # The rasteriser takes sizes for whole CSS pixels: drawn a little larger, nothing is stretched.
        width, height = (_CSS_PX_MM * ceil(side / _CSS_PX_MM) for side in (window.width, window.height))
        size = (max(1, round(window.width * px_per_mm)), max(1, round(window.height * px_per_mm)))
        image = draw_preview(shifted, Page(width, height, 0.0), self.settings.stock, dpi=dpi)
        cropped = image.crop((0, 0, *size))
        cropped.info["dpi"] = (dpi, dpi)
        return cropped


def _shifted(layer: Layer, window: Rect) -> Layer:
    start = (window.left, window.top)
    return replace(layer, chains=tuple(chain - start for chain in layer.chains))
