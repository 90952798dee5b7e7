"""Plotters: how far they reach and how fast they move.

A profile is a TOML file, one for each machine. The built-in ones lie in ``plotter_profiles/``; a path to a
file of one's own works wherever a name does. Every figure states its unit and where it comes from::

    title = "AxiDraw V3"

    travel_x            = { value = 300,   unit = "mm",    source = "maker's configuration" }
    travel_y            = { value = 218,   unit = "mm",    source = "maker's configuration" }
    draw_speed          = { value = 50,    unit = "mm/s",  source = "saxi's default, pen down" }
    draw_acceleration   = { value = 200,   unit = "mm/s2", source = "saxi's default, pen down" }
    travel_speed        = { value = 200,   unit = "mm/s",  source = "saxi's default, pen up" }
    travel_acceleration = { value = 400,   unit = "mm/s2", source = "saxi's default, pen up" }
    cornering           = { value = 0.127, unit = "mm",    source = "saxi's default" }
    pen_lift            = { value = 0.12,  unit = "s",     source = "measured with a stopwatch" }
    pen_drop            = { value = 0.12,  unit = "s",     source = "measured with a stopwatch" }

All nine figures are needed and positive. Lengths may be in mm, cm or in; speeds in mm/s, cm/s, in/s or
mm/min; accelerations in mm/s2, cm/s2 or in/s2; times in s or ms. A profile is called after its file.
``cornering`` is the junction deviation of trapezoid planners such as Grbl and saxi: the larger it is, the
faster the machine takes its corners.
"""

from __future__ import annotations

import difflib
import math
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from importlib import resources
from pathlib import Path
from typing import Any

from plotopt.errors import PlotoptError
from plotopt.page import Rect
from plotopt.units import MM_PER_UNIT

_BIGGEST_FILE_BYTES = 64 * 1024
_REACH_TOLERANCE_MM = 0.01

_LENGTH = {unit: MM_PER_UNIT[unit] for unit in ("mm", "cm", "in")}
_SPEED = {f"{unit}/s": factor for unit, factor in _LENGTH.items()} | {"mm/min": 1 / 60}
_ACCELERATION = {f"{unit}/s2": factor for unit, factor in _LENGTH.items()}
_TIME = {"s": 1.0, "ms": 0.001}

# Figure in the file: field of Profile, units it may be in with their factors.
_FIGURES: dict[str, tuple[str, dict[str, float]]] = {
    "travel_x": ("travel_x_mm", _LENGTH),
    "travel_y": ("travel_y_mm", _LENGTH),
    "draw_speed": ("draw_speed_mm_s", _SPEED),
    "draw_acceleration": ("draw_acceleration_mm_s2", _ACCELERATION),
    "travel_speed": ("travel_speed_mm_s", _SPEED),
    "travel_acceleration": ("travel_acceleration_mm_s2", _ACCELERATION),
    "cornering": ("cornering_mm", _LENGTH),
    "pen_lift": ("pen_lift_s", _TIME),
    "pen_drop": ("pen_drop_s", _TIME),
}


@dataclass(frozen=True)
class Profile:
    """One plotter. ``sources`` says for each figure, under its name in the file, where it comes from.

    "Draw" is with the pen on the paper, "travel" (of the speeds) with the pen lifted; ``travel_x_mm`` and
    ``travel_y_mm`` are how far the pen reaches. ``path`` is the file's, as given, of a profile of one's own.
    """

    name: str
    title: str
    travel_x_mm: float
    travel_y_mm: float
    draw_speed_mm_s: float
    draw_acceleration_mm_s2: float
    travel_speed_mm_s: float
    travel_acceleration_mm_s2: float
    cornering_mm: float
    pen_lift_s: float
    pen_drop_s: float
    sources: Mapping[str, str] = field(hash=False)
    path: str | None = None

    def check_fits(self, drawing: Rect) -> None:
        """Refuse a drawing that the pen cannot reach, with the figures, by a PlotoptError.

        ``drawing`` is the part of the page that takes ink. The page's corner lies where the pen starts, so
        what counts is how far the right and bottom edges are from it, not the drawing's own size. Plotting
        software turns a portrait page to fit the machine, so the longer side may go along either axis.
        """
        short, long = sorted((drawing.right, drawing.bottom))
        narrow, wide = sorted((self.travel_x_mm, self.travel_y_mm))
        if short > narrow + _REACH_TOLERANCE_MM or long > wide + _REACH_TOLERANCE_MM:
            raise PlotoptError(
                f"the drawing reaches {drawing.right:g} x {drawing.bottom:g} mm from the page's corner, but "
                f"{self.title} ({self.name}) only {self.travel_x_mm:g} x {self.travel_y_mm:g} mm, turned or "
                "not: use smaller paper, a wider margin or the profile of a larger machine"
            )


def list_profiles() -> tuple[Profile, ...]:
    """The built-in profiles, by name."""
    return tuple(_parse_profile(name, data) for name, data in sorted(_read_builtin().items()))


def load_profile(name_or_path: str) -> Profile:
    """A built-in profile by its name, or one's own by a path (with a folder, or ending in ``.toml``).

    Raises PlotoptError for an unknown name (with the nearest ones), a file that cannot be read, and a file
    that is not a complete profile.
    """
    builtin = _read_builtin()
    if name_or_path in builtin:
        return _parse_profile(name_or_path, builtin[name_or_path])
    path = Path(name_or_path)
    if path.suffix.lower() == ".toml" or len(path.parts) > 1:
        return replace(_parse_profile(path.stem, _read_file(path)), path=name_or_path)
    names = sorted(builtin)
    near = difflib.get_close_matches(name_or_path.lower()[:60], names, n=3, cutoff=0.5) or names
    raise PlotoptError(
        f"unknown plotter profile {name_or_path!r:.60}: "
        f"use {', '.join(near)}, or a path to your own .toml file"
    )


def _read_builtin() -> dict[str, bytes]:
    folder = resources.files("plotter_profiles")
    return {Path(f.name).stem: f.read_bytes() for f in folder.iterdir() if f.name.endswith(".toml")}


def _read_file(path: Path) -> bytes:
    shown = f"{str(path)!r:.200}"
    try:
        if not path.is_file():
            raise PlotoptError(f"there is no plotter profile file {shown}: check the path")
        with path.open("rb") as file:
            data = file.read(_BIGGEST_FILE_BYTES + 1)
    except OSError as error:
        raise PlotoptError(f"cannot read the plotter profile {shown}: {error.strerror}") from error
    if len(data) > _BIGGEST_FILE_BYTES:
        raise PlotoptError(f"{shown} is larger than any plotter profile: is it the right file?")
    return data


def _parse_profile(name: str, data: bytes) -> Profile:
    prefix = f"plotter profile {name!r:.60}"
    try:
        table = tomllib.loads(data.decode())
    except UnicodeDecodeError:
        raise PlotoptError(f"{prefix} is not a text file: is it the right file?") from None
    except (ValueError, RecursionError) as error:  # tomllib recurses, and lets int() refuse long numbers
        raise PlotoptError(f"{prefix} is not valid TOML: {error!s:.120}") from None
    _check_keys(prefix, table, ("title", *_FIGURES))
    title = _parse_text(prefix, "title", table["title"])
    figures: dict[str, Any] = {}
    sources: dict[str, str] = {}
    for figure, (attribute, units) in _FIGURES.items():
        figures[attribute], sources[figure] = _parse_figure(f"{prefix}, {figure}", table[figure], units)
    return Profile(name=name, title=title, sources=sources, **figures)


def _check_keys(prefix: str, table: Mapping[str, object], expected: tuple[str, ...]) -> None:
    for key in table:
        if key not in expected:
            near = difflib.get_close_matches(key[:60], expected, n=1) or expected
            raise PlotoptError(f"{prefix}: unknown entry {key!r:.60}, did you mean {' or '.join(near)}?")
    if missing := [key for key in expected if key not in table]:
        raise PlotoptError(f"{prefix}: missing {', '.join(missing)}")


def _parse_figure(prefix: str, entry: object, units: Mapping[str, float]) -> tuple[float, str]:
    """A figure in this program's unit, and its source."""
    allowed = ", ".join(units)
    if not isinstance(entry, dict):
        first = next(iter(units))
        raise PlotoptError(f'{prefix}: write it as {{ value = 1.0, unit = "{first}", source = "..." }}')
    _check_keys(prefix, entry, ("value", "unit", "source"))
    value, unit = entry["value"], entry["unit"]
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise PlotoptError(f"{prefix}: value {value!r:.60} is not a number")
    if not isinstance(unit, str) or unit not in units:
        raise PlotoptError(f"{prefix}: unit {unit!r:.60} does not fit, use one of {allowed}")
    try:
        converted = float(value) * units[unit]
    except OverflowError:
        converted = math.inf
    if not (math.isfinite(converted) and converted > 0):
        raise PlotoptError(f"{prefix}: value {value!r:.60} must be positive and finite")
    return converted, _parse_text(prefix, "source", entry["source"])


def _parse_text(prefix: str, key: str, value: object) -> str:
    if not isinstance(value, str) or not value.strip() or not value.isprintable():
        raise PlotoptError(f"{prefix}: {key} {value!r:.60} must be one line of text")
    return value
