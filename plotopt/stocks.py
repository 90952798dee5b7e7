"""Paper stocks: what a sheet is made of, as far as ink is concerned."""

from __future__ import annotations

import re
from dataclasses import dataclass

from plotopt.errors import PlotoptError

_HEX_COLOR = re.compile(r"#[0-9a-f]{6}")
_LEAST_LIMIT, _MOST_LIMIT = 0.5, 100.0


@dataclass(frozen=True)
class Stock:
    """A kind of paper. ``color`` is ``#rrggbb`` in lower case, ``name`` what the command line calls it.

    ``ink_limit`` (0.5 to 100) is how much ink it bears before it cockles or tears, in coats: millimetres of
    line per square millimetre times the nib's width in mm. Raises PlotoptError when a value is out of range.
    """

    name: str
    title: str
    color: str
    ink_limit: float

    def __post_init__(self) -> None:
        if not _HEX_COLOR.fullmatch(self.color):
            raise PlotoptError(
                f"{self.color!r:.60} is not a paper's colour: write it as #1a2b3c, in lower case"
            )
        if not _LEAST_LIMIT <= self.ink_limit <= _MOST_LIMIT:
            raise PlotoptError(
                f"paper {self.name!r:.60} bears {self.ink_limit:g} coats of ink: "
                f"give {_LEAST_LIMIT:g} to {_MOST_LIMIT:g}"
            )


#: Plain white drawing paper, where nothing else is said.
WHITE = Stock("white", "white drawing paper", "#ffffff", 4.0)
