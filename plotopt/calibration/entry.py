"""A measured pen in a file of one's own, beside the pens that are there."""

from __future__ import annotations

import re
from pathlib import Path

from plotopt import catalog, tables
from plotopt.calibration.reading import Calibration
from plotopt.errors import PlotoptError
from plotopt.files import check_writable, quoted, write_atomically


def entry_text(calibration: Calibration, photograph: Path) -> str:
    """The pen as a table of a file of pens."""
    card = calibration.card.width_mm
    seen = photograph.name if photograph.name.isprintable() else "a photograph"
    return catalog.pen_entry(
        calibration.pen,
        f"{calibration.pen.name}, measured on a card for {card:g} mm",
        f"plotopt calibrate, {seen}, tones within {calibration.residual:.1%}",
    )


def check_file(path: Path, name: str, force: bool) -> None:
    """Raise PlotoptError where a pen of that name cannot be added to the file.

    The file may be missing; its path has to end in .toml and must not have a comma. A pen that it has is
    replaced only with ``force``, and only where it is a table of its own.
    """
    if path.suffix.lower() != ".toml":
        raise PlotoptError(f"{quoted(path)} is not the name of a file of pens: end it in .toml")
    if "," in str(path):
        raise PlotoptError(f"{quoted(path)} has a comma, which divides pens: give another file")
    check_writable(path, overwrite=True)
    if not path.exists() or name not in {pen.name for pen in catalog.read_pen_file(str(path))}:
        return
    if not force:
        raise PlotoptError(f"{quoted(path)} has a pen {name!r:.60} already: give another --name, or --force")
    if _find_table(_read(path).splitlines(keepends=True), name) is None:
        raise PlotoptError(f"pen {name!r:.60} of {quoted(path)} is one of a family: give another --name")


def add_entry(path: Path, name: str, entry: str) -> None:
    """Write the entry of a pen to the file, in the place of the one of that name or at its end.

    Everything else in the file stays as it is. Raises PlotoptError as :func:`check_file` with ``force`` does.
    """
    check_file(path, name, force=True)
    lines = _read(path).splitlines(keepends=True) if path.exists() else []
    place = _find_table(lines, name)
    if place:
        lines[place] = [entry]
    else:
        before = "".join(lines).rstrip()
        lines = [f"{before}\n\n" if before else "", entry]
    write_atomically(path, "".join(lines), overwrite=True)


def _read(path: Path) -> str:
    return tables.read_file(path, "pen table").decode()


def _find_table(lines: list[str], name: str) -> slice | None:
    """The lines of a pen's table and its sub-tables, without what is said above the next one."""
    key = rf"""\[\s*["']?{re.escape(name)}["']?\s*"""
    heads = [number for number, line in enumerate(lines) if re.match(rf"\s*{key}\]", line)]
    if not heads:
        return None
    end = heads[0] + 1
    while end < len(lines) and (
        not lines[end].lstrip().startswith("[") or re.match(rf"\s*{key}\.", lines[end])
    ):
        end += 1
    while end < len(lines) and (not lines[end - 1].strip() or lines[end - 1].lstrip().startswith("#")):
        end -= 1
    return slice(heads[0], end)
