"""What planning a drawing of another program can be told."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any, ClassVar

from plotopt.catalog import parse_pens
from plotopt.errors import PlotoptError
from plotopt.page import Paper
from plotopt.pens import Pen
from plotopt.plot.reading import Grouping
from plotopt.settings.base import Reader, SheetSettings, check_number, read_choice, read_options
from plotopt.stocks import Stock
from plotopt.units import parse_length

_LONGEST_JOIN_MM, _LONGEST_SIMPLIFY_MM = 50.0, 5.0


@dataclass(frozen=True)
class LayerPen:
    """A pen for the layer of that label or number; None is whichever layer's turn it is."""

    layer: str | None
    pen: Pen

    def __str__(self) -> str:
        return self.pen.text if self.layer is None else f"{self.layer}={self.pen.text}"


def read_layer_pens(text: str) -> tuple[LayerPen, ...]:
    """Pens from ``black,red:0.3mm``, or for layers by name from ``outline=0.3mm,2=red:0.5mm``.

    Raises PlotoptError for a pen that cannot be read, for a choice of pens and for a layer without a name.
    """
    pens = []
    for word in text.split(","):
        label, equals, pen = word.rpartition("=")
        if equals and not label.strip():
            raise PlotoptError(f"pens {text!r:.60} name no layer before '=': write 2=red:0.3mm")
        if re.match(r"\s*auto\s*(:|$)", pen, re.IGNORECASE):
            raise PlotoptError(
                f"pens {text!r:.60}: auto is for `plotopt fit`, name pens as in black,red:0.3mm"
            )
        pens += [LayerPen(label.strip() if equals else None, each) for each in parse_pens(pen)]
    return tuple(pens)


@dataclass(frozen=True, kw_only=True)
class PlanSettings(SheetSettings):
    """How to plan a drawing that there is; lengths in mm, ``split_every`` in m.

    ``pens`` None takes them from the drawing, ``paper`` None its own page, ``stock`` None what an SVG by
    plotopt tells, or white paper. ``fit`` scales the drawing to the page inside its margin and centres it,
    else everything stays where it is; ``margin`` None is what suits the page if so, else 0. ``layers`` says
    what makes a layer. ``join`` None joins across a pen's width, ``simplify`` None moves lines by at most a
    tenth of it. ``keep_order`` leaves paths in the drawing's order, ``keep_hidden`` those drawn twice or
    under others. Raises PlotoptError for values out of range and for a machine that ``client`` does not
    drive.
    """

    verb: ClassVar[str] = "plan"
    kinds: ClassVar[dict[str, Any]] = SheetSettings.kinds | {
        "paper": Paper | None,
        "stock": Stock | None,
        "fit": bool,
        "layers": Grouping,
        "keep_order": bool,
        "keep_hidden": bool,
        "join": float | None,
        "simplify": float | None,
    }
    readers: ClassVar[dict[str, Reader]] = SheetSettings.readers | {
        "pens": read_layer_pens,
        "layers": lambda text: read_choice(Grouping, "layers", re.sub("^color$", "colour", text.lower())),
        "join": lambda text: parse_length(text, allow_zero=True),
        "simplify": lambda text: parse_length(text, allow_zero=True),
    }

    pens: tuple[LayerPen, ...] | None = None
    paper: Paper | None = None
    fit: bool = False
    stock: Stock | None = None
    layers: Grouping = Grouping.AUTO
    keep_order: bool = False
    keep_hidden: bool = False
    join: float | None = None
    simplify: float | None = None

    def __post_init__(self) -> None:
        super().__post_init__()
        if self.pens is not None:
            object.__setattr__(self, "pens", _checked_pens(self.pens))
        for name, most_mm in (("join", _LONGEST_JOIN_MM), ("simplify", _LONGEST_SIMPLIFY_MM)):
            value = getattr(self, name)
            if value is not None:
                check_number(name, value, 0, most_mm)

    def margin_mm(self, width_mm: float, height_mm: float) -> float:
        """The margin on a page of that size; where nothing is fitted to it, none unless one is given."""
        return super().margin_mm(width_mm, height_mm) if self.fit else self.margin or 0.0


def read_plan_settings(**options: Any) -> PlanSettings:
    """Settings of a plan from keyword options, see :func:`plotopt.settings.base.read_options`."""
    return read_options(PlanSettings, options)


def _checked_pens(pens: Any) -> tuple[LayerPen, ...]:
    """Pens that are no more than pens go with whichever layer's turn it is."""
    found = pens if isinstance(pens, tuple) else ()
    found = tuple(LayerPen(None, each) if isinstance(each, Pen) else each for each in found)
    if not (found and all(isinstance(each, LayerPen) for each in found)):
        raise PlotoptError("pens is empty or holds what is no pen: give pens as in black,red:0.3mm")
    return found
