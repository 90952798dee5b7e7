"""What the drawing of a neuron can be told."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any, ClassVar

from plotopt.errors import PlotoptError
from plotopt.settings.base import read_options
from plotopt.settings.network import LEAST_PX, Grid, NetworkSettings

# One copy of the drawing is about so many pixels wide, unless a grid says otherwise.
_CELL_PX = 256


@dataclass(frozen=True, kw_only=True)
class NeuronSettings(NetworkSettings):
    """How to draw a neuron.

    ``strokes`` are those of the whole canvas and ``size`` its longer side, None for 1024, or by the pen for
    the middle of a map alone. ``grid`` is the copies of the small drawing that fill it, None for copies of
    about 256 px; with ``copies`` off the canvas is drawn as one from scratch. Raises PlotoptError for values
    out of range.
    """

    verb: ClassVar[str] = "neuron"

    def __post_init__(self) -> None:
        super().__post_init__()
        if self.grid is not None and not self.copies:
            raise PlotoptError(f"grid is {self.grid} but copies are off: give the one or the other")
        if self.cell_px < LEAST_PX:
            raise PlotoptError(
                f"a grid of {self.copied} on {self.canvas_px} px makes copies of {self.cell_px:.0f} px: "
                f"give fewer copies or a larger size, so that each has {LEAST_PX} px or more"
            )

    def centered(self) -> NeuronSettings:
        """The settings for the middle of a map alone, which is one small drawing.

        Raises PlotoptError where a grid was asked for.
        """
        if self.grid is not None:
            raise PlotoptError(f"@center is one drawing, not a grid of {self.grid}: leave out --grid")
        return replace(self, copies=False)

    def aspect(self, center: bool) -> float:
        """Width over height of the drawing, of the middle of a map alone if so."""
        grid = (self.centered() if center else self).copied
        return grid.columns / grid.rows

    @property
    def copied(self) -> Grid:
        """The grid as given, or so many copies that each is about 256 px wide."""
        if self.grid is not None:
            return self.grid
        side = max(1, round(self.canvas_px / _CELL_PX)) if self.copies else 1
        return Grid(side, side)

    @property
    def cell_px(self) -> float:
        """The side of one copy."""
        return self.canvas_px / max(self.copied.columns, self.copied.rows)


def read_neuron_settings(**options: Any) -> NeuronSettings:
    """Settings of a neuron from keyword options, see :func:`plotopt.settings.base.read_options`."""
    return read_options(NeuronSettings, options)
