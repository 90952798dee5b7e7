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

All nine figures are needed and positive; they are the machine's own, or what saxi is set to. Lengths may be
in mm, cm or in; speeds in mm/s, cm/s, in/s or mm/min; accelerations in mm/s2, cm/s2 or in/s2; times in s or
ms. A profile is called after its file. ``cornering`` is the junction deviation of trapezoid planners such as
Grbl and saxi: the larger it is, the faster the machine takes its corners.

The AxiDraw software plans motion otherwise; for a machine that it drives, seven more say how, all or none::

    axicli_draw_speed, axicli_draw_acceleration, axicli_travel_speed, axicli_travel_acceleration,
    axicli_cornering, axicli_pen_lift, axicli_pen_drop
"""

from __future__ import annotations

import difflib
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, fields, replace
from enum import Enum
from importlib import resources
from pathlib import Path
from typing import Any

from plotopt import tables
from plotopt.errors import PlotoptError
from plotopt.page import Rect

_WORD = re.compile(r"[^\W_]+")
# Files beside the machines' that are none.
_NO_MACHINES = ("pens.toml", "papers.toml")
_REACH_TOLERANCE_MM = 0.01

# Figure in the file: field of Profile, units it may be in with their factors.
_FIGURES: dict[str, tuple[str, dict[str, float]]] = {
    "travel_x": ("travel_x_mm", tables.LENGTH),
    "travel_y": ("travel_y_mm", tables.LENGTH),
    "draw_speed": ("draw_speed_mm_s", tables.SPEED),
    "draw_acceleration": ("draw_acceleration_mm_s2", tables.ACCELERATION),
    "travel_speed": ("travel_speed_mm_s", tables.SPEED),
    "travel_acceleration": ("travel_acceleration_mm_s2", tables.ACCELERATION),
    "cornering": ("cornering_mm", tables.LENGTH),
    "pen_lift": ("pen_lift_s", tables.TIME),
    "pen_drop": ("pen_drop_s", tables.TIME),
}
_REACH = ("travel_x", "travel_y")
_AXICLI_FIGURES = {f"axicli_{figure}": how for figure, how in _FIGURES.items() if figure not in _REACH}


class Client(Enum):
    """The program that drives the machine: each plans the pen's motion in its own way."""

    SAXI = "saxi"
    AXICLI = "axicli"


@dataclass(frozen=True)
class Motion:
    """How a client moves the pen: speeds and accelerations with the pen down and lifted, corners, lifts."""

    draw_speed_mm_s: float
    draw_acceleration_mm_s2: float
    travel_speed_mm_s: float
    travel_acceleration_mm_s2: float
    cornering_mm: float
    pen_lift_s: float
    pen_drop_s: float


@dataclass(frozen=True)
class Profile:
    """One plotter. ``sources`` says for each figure, under its name in the file, where it comes from.

    "Draw" is with the pen on the paper, "travel" (of the speeds) with the pen lifted; ``travel_x_mm`` and
    ``travel_y_mm`` are how far the pen reaches. ``axicli`` is None for machines that axicli does not drive.
    ``path`` is the file's, as given, of a profile of one's own.
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
    axicli: Motion | None = None

    def motion(self, client: Client) -> Motion:
        """How ``client`` moves this machine.

        Raises PlotoptError, naming machines that it does move, where this is none of them.
        """
        if client is Client.SAXI:
            return Motion(**{each.name: getattr(self, each.name) for each in fields(Motion)})
        if self.axicli is None:
            names = ", ".join(profile.name for profile in list_profiles() if profile.axicli)
            raise PlotoptError(
                f"no times of {client.value} are known for {self.title} ({self.name}): "
                f"use {Client.SAXI.value}, or one of {names}"
            )
        return self.axicli

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
    """A built-in profile by its name or by words of its title, or one's own by its file.

    Words will do that are in one title alone, as in ``axidraw_se_a4``. A file's path has a folder, or ends in
    ``.toml``. Raises PlotoptError for an unknown name (with the nearest ones), a file that cannot be read,
    and a file that is not a complete profile.
    """
    builtin = _read_builtin()
    if name_or_path in builtin:
        return _parse_profile(name_or_path, builtin[name_or_path])
    path = Path(name_or_path)
    is_toml, has_folder = path.suffix.lower() == ".toml", len(path.parts) > 1
    titled = [] if is_toml else _titled(name_or_path)
    if len(titled) == 1 and not (has_folder and path.exists()):
        return titled[0]
    if is_toml or has_folder:
        return replace(
            _parse_profile(path.stem, tables.read_file(path, "plotter profile")), path=name_or_path
        )
    raise PlotoptError(
        f"unknown plotter profile {name_or_path!r:.60}: "
        f"use {', '.join(_nearest(name_or_path, titled))}, or a path to your own .toml file"
    )


def _titled(words: str) -> list[Profile]:
    """The built-in profiles whose titles have all of these words."""
    wanted = set(_WORD.findall(words.lower()))
    return [each for each in list_profiles() if wanted and wanted <= set(_WORD.findall(each.title.lower()))]


def _nearest(name: str, titled: Sequence[Profile]) -> list[str]:
    """Names with their titles: those ``titled`` so or called much like it, else all names alone."""
    titles = {profile.name: profile.title for profile in list_profiles()}
    near = [profile.name for profile in titled]
    near = near or difflib.get_close_matches(name.lower()[:60], titles, n=3, cutoff=0.5)
    return [f"{each} ({titles[each]})" for each in near] or list(titles)


def _read_builtin() -> dict[str, bytes]:
    folder = resources.files("plotter_profiles")
    return {
        Path(file.name).stem: file.read_bytes()
        for file in folder.iterdir()
        if file.name.endswith(".toml") and file.name not in _NO_MACHINES
    }


def _parse_profile(name: str, data: bytes) -> Profile:
    prefix = f"plotter profile {name!r:.60}"
    table = tables.parse_toml(prefix, data)
    drives = any(figure in table for figure in _AXICLI_FIGURES)
    tables.check_keys(
        prefix,
        table,
        ("title", *_FIGURES, *(_AXICLI_FIGURES if drives else ())),
        optional=tuple(_AXICLI_FIGURES),
    )
    title = tables.parse_text(prefix, "title", table["title"])
    figures, sources = _parse_figures(prefix, table, _FIGURES)
    motion = None
    if drives:
        axicli_figures, axicli_sources = _parse_figures(prefix, table, _AXICLI_FIGURES)
        motion, sources = Motion(**axicli_figures), sources | axicli_sources
    return Profile(name=name, title=title, sources=sources, axicli=motion, **figures)


def _parse_figures(
    prefix: str, table: Mapping[str, Any], expected: Mapping[str, tuple[str, dict[str, float]]]
) -> tuple[dict[str, Any], dict[str, str]]:
    """Values by attribute, and sources by name in the file."""
    values: dict[str, Any] = {}
    sources: dict[str, str] = {}
    for figure, (attribute, units) in expected.items():
        values[attribute], sources[figure] = tables.parse_figure(f"{prefix}, {figure}", table[figure], units)
    return values, sources
