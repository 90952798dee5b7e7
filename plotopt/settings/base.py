"""Everything a fit can be told, read from text where it comes as text, and checked."""

from __future__ import annotations

import shlex
from collections.abc import Callable
from dataclasses import dataclass, field, fields
from numbers import Integral, Real
from typing import Any

from plotopt.errors import PlotoptError
from plotopt.page import Orientation, Paper, parse_paper
from plotopt.pens import Pen, parse_pen
from plotopt.profiles import Profile, load_profile
from plotopt.stages import Quality
from plotopt.target import Tone
from plotopt.units import format_length, parse_length

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
        for name, kind in _KINDS.items():
            _check_kind(name, getattr(self, name), kind)
        _check_whole("strokes", self.strokes, 1, MOST_STROKES)
        _check_whole("seed", self.seed, 0, 2**63 - 1)
        _check_whole("tile", self.tile, 64, 8192)
        if self.size is not None:
            _check_whole("size", self.size, 64, 8192)
        Tone(self.gamma, self.contrast)

    @property
    def tone(self) -> Tone:
        """The tone curve of these settings."""
        return Tone(self.gamma, self.contrast)

    def options(self) -> dict[str, Any]:
        """The settings as the command line spells them, for the SVG's metadata; None where not set."""
        named = {entry.name: getattr(self, entry.name) for entry in fields(self)}
        return named | {
            "pen": self.pen.text,
            "paper": self.paper.text,
            "margin": format_length(self.margin),
            "orientation": self.orientation.value,
            "profile": self.profile.path or self.profile.name,
            "quality": self.quality.value,
        }

    def command(self, image: str) -> str:
        """The command line that repeats this fit."""
        given = ((name, value) for name, value in self.options().items() if value is not None)
        image = f"./{image}" if image.startswith("-") else image
        return shlex.join(["plotopt", "fit", image, *(f"--{name}={value}" for name, value in given)])


def _check_kind(name: str, value: Any, kind: type) -> None:
    if isinstance(value, bool) or not isinstance(value, kind):
        wanted = "a number" if kind is float else f"a text or a {kind.__name__}"
        raise PlotoptError(f"{name} is {value!r:.40}: give {wanted}")


def _check_whole(name: str, value: Any, low: int, high: int) -> None:
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
    return FitSettings(**{name: _read(name, value) for name, value in options.items()})


def _read(name: str, value: Any) -> Any:
    if isinstance(value, str) and name in _READERS:
        return _READERS[name](value)
    if isinstance(value, bool):
        return value
    # numpy's numbers are welcome, but JSON and shells do not know them.
    if isinstance(value, Integral):
        value = int(value)
    return float(value) if isinstance(value, Real) and _KINDS.get(name) is float else value


def _choice(kind: Any, name: str) -> Callable[[str], Any]:
    def read(text: str) -> Any:
        try:
            return kind(text.lower())
        except ValueError:
            choices = ", ".join(member.value for member in kind)
            raise PlotoptError(f"{name} {text!r:.40} is unknown: use {choices}") from None

    return read


_KINDS: dict[str, type] = {
    "pen": Pen,
    "paper": Paper,
    "margin": float,
    "orientation": Orientation,
    "profile": Profile,
    "quality": Quality,
    "gamma": float,
    "contrast": float,
}
_READERS: dict[str, Callable[[str], Any]] = {
    "pen": parse_pen,
    "paper": parse_paper,
    "margin": lambda text: parse_length(text, allow_zero=True),
    "orientation": _choice(Orientation, "orientation"),
    "profile": load_profile,
    "quality": _choice(Quality, "quality"),
}
