"""Everything a fit can be told, read from text where it comes as text, and checked."""

from __future__ import annotations

import shlex
from collections.abc import Callable
from dataclasses import dataclass, field, fields
from typing import Any

from plotopt.errors import PlotoptError
from plotopt.page import Orientation, Paper, parse_paper
from plotopt.pens import Pen, parse_pen
from plotopt.profiles import Profile, load_profile
from plotopt.stages import Quality
from plotopt.target import Tone
from plotopt.units import parse_length

MOST_STROKES = 100_000


@dataclass(frozen=True)
class FitSettings:
    """What to fit with; lengths in mm, sizes in px.

    ``size`` is the longer side of the picture in the last stage, None for what the quality has; ``tile``
    is about the side of a tile. Raises PlotoptError for values out of range.
    """

    strokes: int = 2000
    pen: Pen = field(default_factory=lambda: parse_pen("0.4mm"))
    paper: Paper = field(default_factory=lambda: parse_paper("a4"))
    margin: float = 20.0
    orientation: Orientation = Orientation.AUTO
    profile: Profile = field(default_factory=lambda: load_profile("axidraw_v3"))
    quality: Quality = Quality.NORMAL
    seed: int = 0
    gamma: float = Tone.gamma
    contrast: float = Tone.contrast
    size: int | None = None
    tile: int = 512

    def __post_init__(self) -> None:
        _check("strokes", self.strokes, 1, MOST_STROKES)
        _check("seed", self.seed, 0, 2**63 - 1)
        _check("tile", self.tile, 64, 8192)
        if self.size is not None:
            _check("size", self.size, 64, 8192)
        Tone(self.gamma, self.contrast)

    @property
    def tone(self) -> Tone:
        """The tone curve of these settings."""
        return Tone(self.gamma, self.contrast)

    def options(self) -> dict[str, Any]:
        """The settings as the command line spells them, for the SVG's metadata; None where not set."""
        named = {name: getattr(self, name) for name in (entry.name for entry in fields(self))}
        pen = self.pen.name if self.pen.color == "#000000" else self.pen.color
        return named | {
            "pen": f"{pen}:{self.pen.width_mm:g}mm",
            "paper": self.paper.name,
            "margin": f"{self.margin:g}mm",
            "orientation": self.orientation.value,
            "profile": self.profile.name,
            "quality": self.quality.value,
        }

    def command(self, image: str) -> str:
        """The command line that repeats this fit."""
        given = ((name, value) for name, value in self.options().items() if value is not None)
        return shlex.join(["plotopt", "fit", image, *(f"--{name}={value}" for name, value in given)])


def _check(name: str, value: Any, low: int, high: int) -> None:
    if isinstance(value, bool) or not isinstance(value, int) or not low <= value <= high:
        raise PlotoptError(f"{name} is {value!r:.40}: give a whole number from {low:,} to {high:,}")


def read_settings(**options: Any) -> FitSettings:
    """Settings from keyword options; a text is read as the command line reads it.

    Raises PlotoptError for an option that there is not, and for a value that cannot be read.
    """
    names = {entry.name for entry in fields(FitSettings)}
    for name in options:
        if name not in names:
            raise PlotoptError(f"there is no option {name!r:.40}: use {', '.join(sorted(names))}")
    read = {
        name: _READERS[name](value) if isinstance(value, str) and name in _READERS else value
        for name, value in options.items()
    }
    if isinstance(read.get("margin"), int):
        read["margin"] = float(read["margin"])
    return FitSettings(**read)


def _choice(kind: Any, name: str) -> Callable[[str], Any]:
    def read(text: str) -> Any:
        try:
            return kind(text.lower())
        except ValueError:
            choices = ", ".join(member.value for member in kind)
            raise PlotoptError(f"{name} {text!r:.40} is unknown: use {choices}") from None

    return read


_READERS: dict[str, Callable[[str], Any]] = {
    "pen": parse_pen,
    "paper": parse_paper,
    "margin": lambda text: parse_length(text, allow_zero=True),
    "orientation": _choice(Orientation, "orientation"),
    "profile": load_profile,
    "quality": _choice(Quality, "quality"),
}
