"""What strokes are drawn on and with, for those who look on before there is a drawing."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from plotopt import __version__
from plotopt.colour.contrast import opacity_in_srgb
from plotopt.fitting import chosen_pens
from plotopt.layering import plan_layers
from plotopt.page import Page, Rect
from plotopt.pens import Pen
from plotopt.plot.plan import Layer
from plotopt.plot.svg import svg_text
from plotopt.resuming import page_of, pens_of
from plotopt.runs.record import Record
from plotopt.settings import FitSettings, NeuronSettings
from plotopt.stocks import Stock
from plotopt.strokes import Strokes

if TYPE_CHECKING:
    from plotopt.networks import Neuron
    from plotopt.picture import Picture


@dataclass(frozen=True, eq=False)
class Ground:
    """The page, the place of the drawing on it, and the pens in the order of their layers."""

    title: str
    page: Page
    place: Rect
    stock: Stock
    pens: tuple[Pen, ...]

    def laid(self, strokes: Strokes) -> tuple[Layer, ...]:
        """The strokes as they lie, a layer a pen, in no order that a plotter would like."""
        strokes = strokes.detach().decided().to("cpu")
        chosen = [(pen, strokes.select(strokes.pen == number)) for number, pen in enumerate(self.pens)]
        return tuple(Layer(pen, tuple(drawn.chains()), len(drawn)) for pen, drawn in chosen if len(drawn))

    def svg(self, strokes: Strokes, told: str) -> str:
        """The strokes as an SVG that is ready to plot; ``told`` is kept in it."""
        layers = plan_layers(strokes.detach().decided().to("cpu"), self.pens, self.place, None)
        return svg_text(layers, self.page, {"plotopt": __version__, "snapshot": told})

    def figures(self) -> dict[str, Any]:
        """What a page needs to know before it draws strokes."""
        pens = [
            {"color": pen.color, "width": pen.width_mm, "opaque": pen.opaque, "opacity": opacity_in_srgb(pen)}
            for pen in self.pens
        ]
        size = [self.page.width_mm, self.page.height_mm]
        return {"title": self.title, "page": size, "paper": self.stock.color, "pens": pens}


def fit_ground(settings: FitSettings, picture: Picture) -> Ground:
    """What a picture is drawn on."""
    page, place = settings.sheet(picture.aspect)
    title = picture.path.name if picture.path else "picture"
    return Ground(title, page, place, settings.stock, chosen_pens(settings, picture, place))


def neuron_ground(settings: NeuronSettings, wanted: Neuron) -> Ground:
    """What a neuron is drawn on."""
    page, place = settings.sheet(settings.aspect(wanted.center))
    return Ground(wanted.text, page, place, settings.stock, settings.layered_pens)


def run_ground(record: Record, settings: FitSettings | NeuronSettings) -> Ground:
    """What a run that goes on is drawn on."""
    page, place = page_of(record, settings)
    return Ground(record.order.subject, page, place, settings.stock, pens_of(record, settings))
