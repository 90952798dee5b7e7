"""Looks: names for sets of options that make a drawing of one character."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from plotopt.errors import PlotoptError


@dataclass(frozen=True)
class Look:
    """A name, what drawings look like, and the options that make them so, as they are given to a fit."""

    name: str
    title: str = field(compare=False)
    sets: Mapping[str, str | float] = field(compare=False)

    def __str__(self) -> str:
        return self.name

    def spelled(self) -> str:
        """The options as the command line has them."""
        return " ".join(
            f"--{name.replace('_', '-')} {value if isinstance(value, str) else format(value, 'g')}"
            for name, value in self.sets.items()
        )


FLOW = Look("flow", "long lines that follow the picture", {})

LOOKS = (
    FLOW,
    Look(
        "hatch",
        "straight strokes, crossed in the darks, with a few outlines",
        {"direction": "45,135", "length": "15mm", "link": "0mm", "stiffness": 10.0, "edges": 0.3},
    ),
    Look(
        "contour",
        "outlines, and a few strokes in what is darkest",
        {
            "edges": 1.0,
            "shading": 0.6,
            "paper_threshold": 0.35,
            "direction": "45",
            "length": "10mm",
            "stiffness": 6.0,
        },
    ),
    Look(
        "engrave",
        "parallel lines that bend about forms, as on a banknote",
        {"direction": "relief:10,80", "length": "20mm", "link": "1mm", "stiffness": 5.0, "edges": 0.2},
    ),
    Look(
        "scribble",
        "loops, the smaller and closer the darker",
        {"curl": 5.0, "detail": "auto", "edges": 0.2},
    ),
    Look("single-line", "one line from beginning to end", {"single_line": "tour", "edges": 0.2}),
)


def find_look(name: str) -> Look:
    """The look of that name. Raises PlotoptError where there is none."""
    for look in LOOKS:
        if look.name == name.strip().lower().replace("_", "-"):
            return look
    names = ", ".join(look.name for look in LOOKS)
    raise PlotoptError(f"look {name!r:.40} is unknown: use {names}")


def with_look(options: Mapping[str, Any]) -> dict[str, Any]:
    """Options with those of their ``look``, a name or a look; what is given and not None wins.

    Raises PlotoptError for a name that there is not.
    """
    look = options.get("look")
    if isinstance(look, str):
        look = find_look(look)
    if not isinstance(look, Look):
        return dict(options)
    given = {name: value for name, value in options.items() if value is not None or name not in look.sets}
    return {**look.sets, **given}
