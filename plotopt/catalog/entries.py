"""Tables of pens and papers, as files hold them.

A file of pens has tables of one pen each, or of a family that shares something::

    [pigma]
    title  = "Sakura Pigma Micron"
    widths = { 005 = 0.20, 01 = 0.25, unit = "mm", source = "Sakura's table of line widths" }
    color  = { value = "#1b1a1c", source = "approximate" }

A pen is called after its table, its width and its colour, where there are several: ``pigma-005``. Instead
of ``widths`` there may be one ``width = { value = 0.4, unit = "mm", source = "..." }`` (mm, cm or in),
instead of ``color`` several ``colors = { red = "#d8232f", source = "..." }``. Optional are
``opaque = true``, ``opacity`` (0.05 to 0.999, unit "1") and ``refill`` (m or km). A file of papers has
tables with a ``title``, a ``color`` and an ``ink_limit`` in coats.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from functools import cache
from importlib import resources
from itertools import product
from pathlib import Path
from typing import Any

from plotopt.errors import PlotoptError
from plotopt.pens import MAX_OPACITY, Pen
from plotopt.stocks import Stock
from plotopt.tables import LENGTH, check_keys, parse_figure, parse_text, parse_toml, read_file

_METRES = {"m": 1.0, "km": 1000.0}
_PART = {"1": 1.0}
_COATS = {"coats": 1.0}
# Widths times colours: a short file could ask for millions.
_MOST_PENS = 1000


@dataclass(frozen=True)
class Entry:
    """A pen of a catalogue, its title, and where its figures come from, by their names in the file."""

    pen: Pen
    title: str
    sources: Mapping[str, str]


@cache
def builtin_pens() -> tuple[Entry, ...]:
    """The pens that plotopt knows, in the order of the file; their names are their references."""
    entries = _parse_pens("the built-in pens", _read_builtin("pens.toml"))
    return tuple(replace(entry, pen=replace(entry.pen, reference=entry.pen.name)) for entry in entries)


@cache
def builtin_stocks() -> tuple[Stock, ...]:
    """The papers that plotopt knows, in the order of the file."""
    return tuple(_parse_stocks("the built-in papers", _read_builtin("papers.toml")))


def read_entries(path: str) -> tuple[Entry, ...]:
    """The pens of a file; their references are its path and their name.

    Raises PlotoptError for a file that cannot be read or is no complete file of pens.
    """
    if "," in path:
        raise PlotoptError(f"{path!r:.200} has a comma, which divides pens: rename the file")
    entries = _parse_pens(f"pens {path!r:.200}", read_file(Path(path), "pen table"))
    return tuple(
        replace(entry, pen=replace(entry.pen, reference=f"{path}:{entry.pen.name}")) for entry in entries
    )


def read_stocks(path: str) -> tuple[Stock, ...]:
    """The papers of a file, called by its path and their name there.

    Raises PlotoptError for a file that cannot be read or is no complete file of papers.
    """
    stocks = _parse_stocks(f"papers {path!r:.200}", read_file(Path(path), "paper table"))
    return tuple(replace(stock, name=f"{path}:{stock.name}") for stock in stocks)


def pen_entry(pen: Pen, title: str, source: str) -> str:
    """A table for a file of one's own that holds this pen; ``source`` says where its figures come from.

    The metres of a refill are not measured with the rest, so they are said to be as before. Read again it
    is the same pen, but for its reference. Raises PlotoptError for a title or a source that is not one line
    of text.
    """
    prefix = f"pen {pen.name!r:.60}"
    quoted = _quote(parse_text(prefix, "source", source))
    lines = [
        f"[{pen.name if re.fullmatch(r'[a-zA-Z0-9_-]+', pen.name) else _quote(pen.name)}]",
        f"title   = {_quote(parse_text(prefix, 'title', title))}",
        f'width   = {{ value = {float(pen.width_mm)!r}, unit = "mm", source = {quoted} }}',
        f'color   = {{ value = "{pen.color}", source = {quoted} }}',
    ]
    if pen.opaque:
        lines.append("opaque  = true")
    if pen.opacity != MAX_OPACITY:
        lines.append(f'opacity = {{ value = {float(pen.opacity)!r}, unit = "1", source = {quoted} }}')
    if pen.refill_m is not None:
        lines.append(f'refill  = {{ value = {float(pen.refill_m)!r}, unit = "m", source = "as before" }}')
    return "\n".join(lines) + "\n"


def _quote(text: str) -> str:
    # What JSON escapes in one printable line, TOML escapes in the same way.
    return json.dumps(text, ensure_ascii=False)


def _read_builtin(name: str) -> bytes:
    return resources.files("plotter_profiles").joinpath(name).read_bytes()


def _tables(prefix: str, data: bytes) -> Iterator[tuple[str, str, dict[str, Any]]]:
    """How errors call a table, its name, and what it holds."""
    parsed = parse_toml(prefix, data)
    if not parsed:
        raise PlotoptError(f"{prefix} is empty: give each its table, as in [my-pen] with title, width, color")
    for name, table in parsed.items():
        own = f"{prefix}, {name!r:.60}"
        if not isinstance(table, dict):
            raise PlotoptError(f"{own} is no table: write its name in brackets and its entries below")
        yield own, name, table


def _parse_pens(prefix: str, data: bytes) -> list[Entry]:
    entries: dict[str, Entry] = {}
    for own, name, table in _tables(prefix, data):
        for entry in _parse_family(own, name, table):
            if entry.pen.name in entries:
                raise PlotoptError(f"{prefix}: two pens are called {entry.pen.name!r:.60}, rename one")
            if len(entries) == _MOST_PENS:
                raise PlotoptError(f"{prefix} has more than {_MOST_PENS} pens: divide the file")
            entries[entry.pen.name] = entry
    return list(entries.values())


def _parse_family(prefix: str, name: str, table: dict[str, Any]) -> Iterator[Entry]:
    """The pens of a table, every width in every colour."""
    width = "widths" if "widths" in table else "width"
    color = "colors" if "colors" in table else "color"
    check_keys(prefix, table, ("title", width, color), ("opaque", "opacity", "refill"))
    title = parse_text(prefix, "title", table["title"])
    sources: dict[str, str] = {}
    shared: dict[str, Any] = {"opaque": table.get("opaque", False)}
    if not isinstance(shared["opaque"], bool):
        raise PlotoptError(f"{prefix}: opaque is {shared['opaque']!r:.60}, write true or false")
    for key, field, units in (("opacity", "opacity", _PART), ("refill", "refill_m", _METRES)):
        if key in table:
            shared[field], sources[key] = parse_figure(f"{prefix}, {key}", table[key], units)
    widths, sources["width"] = _read_widths(f"{prefix}, {width}", table[width], several=width == "widths")
    colors, sources["color"] = _read_colors(f"{prefix}, {color}", table[color], several=color == "colors")
    for (wide, width_mm), (tint, value) in product(widths.items(), colors.items()):
        words = [word for word in (wide, tint) if word]
        try:
            pen = Pen("-".join([name, *words]), value, width_mm, **shared)
        except PlotoptError as error:
            raise PlotoptError(f"{prefix}: {error}") from None
        yield Entry(pen, " ".join([title, *words]), sources)


def _read_widths(prefix: str, entry: Any, *, several: bool) -> tuple[dict[str, float], str]:
    """Widths in mm by what they add to a pen's name, and their source."""
    if not several:
        width_mm, source = parse_figure(prefix, entry, LENGTH)
        return {"": width_mm}, source
    own = _members(prefix, entry, '{ 01 = 0.1, 02 = 0.2, unit = "mm", source = "..." }', ("unit", "source"))
    widths = {}
    for key, value in own.items():
        figure = {"value": value, "unit": entry["unit"], "source": entry["source"]}
        widths[key], source = parse_figure(f"{prefix}, {key!r:.60}", figure, LENGTH)
    return widths, source


def _read_colors(prefix: str, entry: Any, *, several: bool) -> tuple[dict[str, str], str]:
    """Colours by what they add to a pen's name, and their source."""
    form = '{ red = "#d8232f", source = "..." }' if several else '{ value = "#d8232f", source = "..." }'
    colors = _members(prefix, entry, form, ("source",))
    if not several:
        check_keys(prefix, entry, ("value", "source"))
        colors = {"": colors["value"]}
    for value in colors.values():
        parse_text(prefix, "colour", value)
    return colors, parse_text(prefix, "source", entry["source"])


def _members(prefix: str, entry: Any, form: str, shared: tuple[str, ...]) -> dict[str, Any]:
    """What a table holds besides what its members share."""
    if not isinstance(entry, dict) or any(key not in entry for key in shared) or len(entry) == len(shared):
        raise PlotoptError(f"{prefix}: write it as {form}")
    return {key: value for key, value in entry.items() if key not in shared}


def _parse_stocks(prefix: str, data: bytes) -> Iterator[Stock]:
    for own, name, table in _tables(prefix, data):
        check_keys(own, table, ("title", "color", "ink_limit"))
        parse_text(own, "name", name)
        title = parse_text(own, "title", table["title"])
        colors, _ = _read_colors(f"{own}, color", table["color"], several=False)
        limit, _ = parse_figure(f"{own}, ink_limit", table["ink_limit"], _COATS)
        try:
            yield Stock(name, title, colors[""], limit)
        except PlotoptError as error:
            raise PlotoptError(f"{own}: {error}") from None
