"""What all drawings of a network's neurons can be told."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from enum import Enum
from pathlib import Path
from typing import Any, ClassVar

from plotopt.augment.jitter import Jitter
from plotopt.augment.perspective import Perspective
from plotopt.catalog import parse_pens
from plotopt.colour.contrast import in_plot_order
from plotopt.colour.ink import shows
from plotopt.crops import Crops
from plotopt.errors import PlotoptError
from plotopt.objectives.activation import Restraint
from plotopt.pens import Pen
from plotopt.settings.base import (
    MOST_STROKES,
    PageSettings,
    Reader,
    check_number,
    check_pens,
    check_whole,
    read_choice,
)

LEAST_PX = 64
# The canvas's longer side, unless a size says otherwise.
_CANVAS_PX = 1024


class Relu(Enum):
    """What the ReLUs below the neuron do with negative values: let a tenth through, or nothing."""

    LEAKY = "leaky"
    PLAIN = "plain"

    @property
    def slope(self) -> float:
        """What part of a negative value comes through."""
        return 0.1 if self is Relu.LEAKY else 0.0


@dataclass(frozen=True)
class Grid:
    """So many across and so many down."""

    columns: int
    rows: int

    def __str__(self) -> str:
        return f"{self.columns}x{self.rows}"


def parse_grid(text: str) -> Grid:
    """Columns and rows from ``4x3``. Raises PlotoptError for anything else, and outside 1 to 64."""
    match = re.fullmatch(r"\s*(\d{1,3})\s*[x\u00d7]\s*(\d{1,3})\s*", text.lower())
    if not match or not all(1 <= int(side) <= 64 for side in match.groups()):
        raise PlotoptError(f"grid {text!r:.40} is no grid: give columns and rows from 1 to 64, as in 4x3")
    return Grid(*map(int, match.groups()))


@dataclass(frozen=True, kw_only=True)
class NetworkSettings(PageSettings):
    """How to draw what a network likes; lengths in mm, sizes in px.

    ``crop`` is the side of what the network sees at a time, ``batch`` how many a step. ``perspective`` (to
    20) and ``scale`` (to 50) are percentages, ``turn`` (to 180) degrees, ``shift`` (to 100) pixels. ``ink``,
    ``overlap``, ``evenness`` and ``length`` say how much a clean plot is worth, each from 0 to 100, see
    :class:`plotopt.objectives.activation.Restraint`. ``weights`` is a file, None for torchvision's own.
    Raises PlotoptError for values out of range.
    """

    kinds: ClassVar[dict[str, Any]] = PageSettings.kinds | {
        "copies": bool,
        "relu": Relu,
        **dict.fromkeys(("perspective", "shift", "turn", "scale"), float),
        **dict.fromkeys(("ink", "overlap", "evenness", "length"), float),
    }
    readers: ClassVar[dict[str, Reader]] = PageSettings.readers | {
        "pens": parse_pens,
        "grid": parse_grid,
        "relu": lambda text: read_choice(Relu, "relu", text),
        "weights": Path,
    }

    strokes: int = 2000
    pens: tuple[Pen, ...] = field(default_factory=lambda: parse_pens("black"))
    size: int | None = None
    grid: Grid | None = None
    copies: bool = True
    crop: int = Crops.size_px
    batch: int = Crops.batch
    perspective: float = 5.0
    shift: float = 8.0
    turn: float = 8.0
    scale: float = 8.0
    ink: float = Restraint.ink
    overlap: float = Restraint.overlap
    evenness: float = Restraint.evenness
    length: float = Restraint.length
    relu: Relu = Relu.LEAKY
    weights: Path | None = None

    def __post_init__(self) -> None:
        super().__post_init__()
        check_whole("strokes", self.strokes, 1, MOST_STROKES)
        check_pens(self.pens)
        if self.size is not None:
            check_whole("size", self.size, LEAST_PX, 8192)
        check_number("shift", self.shift, 0, 100)
        check_number("turn", self.turn, 0, 180)
        check_number("perspective", self.perspective, 0, 20)
        check_number("scale", self.scale, 0, 50)
        for name in ("ink", "overlap", "evenness", "length"):
            check_number(name, getattr(self, name), 0, 100)
        check_whole("crop", self.crop, 32, 1024)
        check_whole("batch", self.batch, 1, 64)
        if self.grid is not None and not isinstance(self.grid, Grid):
            raise PlotoptError(f"grid is {self.grid!r:.40}: give columns and rows as in 4x3")
        if self.weights is not None and not isinstance(self.weights, Path):
            raise PlotoptError(f"weights is {self.weights!r:.40}: give the name of a file")

    @property
    def layered_pens(self) -> tuple[Pen, ...]:
        """The pens in the order of their layers, without those whose ink would not be seen."""
        seen = [pen for pen in self.pens if shows(pen, self.stock)]
        return in_plot_order(seen or self.pens)

    @property
    def canvas_px(self) -> int:
        """The longer side of the canvas."""
        return self.size or _CANVAS_PX

    @property
    def crops(self) -> Crops:
        """What the network sees at a time."""
        jitter = Jitter(self.shift, self.turn, self.scale / 100)
        return Crops(self.crop, self.batch, Perspective(self.perspective / 100), jitter)
