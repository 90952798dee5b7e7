"""Tables of figures in TOML files: read with care, every figure with its unit and its source."""

from __future__ import annotations

import difflib
import math
import re
import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from plotopt.errors import PlotoptError
from plotopt.files import opened, quoted, read_at_most
from plotopt.units import MM_PER_UNIT

_BIGGEST_FILE_BYTES = 64 * 1024
# Dotted keys deeper than any table needs; tomllib takes the square of the time for them.
_DEEP_KEY = re.compile(rb"(?<![\w\"'-])(?:[\w\"'-]++[ \t]*+\.[ \t]*+){50}")

#: Units that a figure may be in, with their factors to mm, mm/s, mm/s2 and s.
LENGTH = {unit: MM_PER_UNIT[unit] for unit in ("mm", "cm", "in")}
SPEED = {f"{unit}/s": factor for unit, factor in LENGTH.items()} | {"mm/min": 1 / 60}
ACCELERATION = {f"{unit}/s2": factor for unit, factor in LENGTH.items()}
TIME = {"s": 1.0, "ms": 0.001}


def read_file(path: Path, kind: str) -> bytes:
    """The bytes of a small file, which errors call ``kind``. Raises PlotoptError where it cannot be read."""
    with opened(path, f"a {kind}") as file:
        data = read_at_most(file, _BIGGEST_FILE_BYTES)
    if data is None:
        raise PlotoptError(f"{quoted(path)} is larger than any {kind}: is it the right file?")
    return data


def parse_toml(prefix: str, data: bytes) -> dict[str, Any]:
    """The tables of a TOML file. Raises PlotoptError, beginning with ``prefix``, for anything else."""
    if _DEEP_KEY.search(data):
        raise PlotoptError(f"{prefix} has tables 50 deep in each other: is it the right file?")
    try:
        parsed = tomllib.loads(data.decode())
        repr(parsed)  # A number too long for that could not be told of either.
        return parsed
    except UnicodeDecodeError:
        raise PlotoptError(f"{prefix} is not a text file: is it the right file?") from None
    except (ValueError, RecursionError) as error:  # tomllib recurses, and lets int() refuse long numbers
        raise PlotoptError(f"{prefix} is not valid TOML: {error!s:.120}") from None


def check_keys(
    prefix: str, table: Mapping[str, object], needed: tuple[str, ...], optional: tuple[str, ...] = ()
) -> None:
    """Raise PlotoptError for an entry that is neither needed nor optional, and for one that is missing."""
    expected = (*needed, *optional)
    for key in table:
        if key not in expected:
            near = difflib.get_close_matches(key[:60], expected, n=1) or expected
            raise PlotoptError(f"{prefix}: unknown entry {key!r:.60}, did you mean {' or '.join(near)}?")
    if missing := [key for key in needed if key not in table]:
        raise PlotoptError(f"{prefix}: missing {', '.join(missing)}")


def parse_figure(prefix: str, entry: object, units: Mapping[str, float]) -> tuple[float, str]:
    """A positive figure in this program's unit, and its source. Raises PlotoptError for anything else."""
    allowed = ", ".join(units)
    if not isinstance(entry, dict):
        first = next(iter(units))
        raise PlotoptError(f'{prefix}: write it as {{ value = 1.0, unit = "{first}", source = "..." }}')
    check_keys(prefix, entry, ("value", "unit", "source"))
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
    return converted, parse_text(prefix, "source", entry["source"])


def parse_text(prefix: str, key: str, value: object) -> str:
    """One line of text. Raises PlotoptError for anything else."""
    if not isinstance(value, str) or not value.strip() or not value.isprintable():
        raise PlotoptError(f"{prefix}: {key} {value!r:.60} must be one line of text")
    return value
