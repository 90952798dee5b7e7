"""Finished channels of a contact sheet, kept in files, so that work that was interrupted can go on."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import torch
from safetensors import SafetensorError, safe_open
from safetensors.torch import save

from plotopt import __version__
from plotopt.errors import PlotoptError
from plotopt.files import check_writable, write_atomically
from plotopt.networks import Neuron
from plotopt.settings import NeuronsSettings
from plotopt.strokes import Strokes

_DTYPES = {"points": "F32", "width_mm": "F32", "pen": "I64"}
# No drawing of a cell takes as much; what does is not read at all.
_MOST_BYTES = 64 * 2**20
# Points further from the corner than so many cells are no drawing.
_FARTHEST_CELLS = 100.0
# A cell is the same wherever it lies, and whatever is to plot it.
_OF_THE_SHEET = {"paper", "margin", "orientation", "profile", "client", "split_every", "grid"}
_LONGEST_NAME = 120


@dataclass(frozen=True)
class Shelf:
    """A folder with a file for each neuron drawn, and what shapes such a drawing besides the neuron.

    The cell has sides of ``side_mm``, and strokes choose among so many ``pens``.
    """

    folder: Path
    side_mm: float
    pens: int
    recipe: Mapping[str, Any]

    @classmethod
    def beside(cls, sheet: Path, settings: NeuronsSettings, side_mm: float) -> Shelf:
        """The folder ``<sheet>-channels`` for cells of one kind; nothing is written yet.

        ``settings`` are those of a cell. Raises PlotoptError where no files can be written there.
        """
        folder = shelf_folder(sheet)
        try:
            is_there = folder.exists() or folder.is_symlink()
        except OSError:  # a name too long, say: looking closer tells
            is_there = True
        if is_there:
            check_writable(folder / "probe", overwrite=True)
        options = {name: value for name, value in settings.options().items() if name not in _OF_THE_SHEET}
        recipe = {"plotopt": __version__, "side_mm": side_mm, "options": options}
        recipe["weights"] = _stamp(settings.weights)
        return cls(folder, side_mm, len(settings.pens), recipe)

    def find_all(self, wanted: Iterable[Neuron]) -> dict[Neuron, Strokes]:
        """Those neurons that have been drawn before in the same way."""
        found = {neuron: self.find(neuron) for neuron in wanted}
        return {neuron: strokes for neuron, strokes in found.items() if strokes is not None}

    def find(self, neuron: Neuron) -> Strokes | None:
        """The strokes of a neuron drawn before in the same way, None if there are none or they are spoilt."""
        path = self._path(neuron)
        try:
            if not path.is_file() or path.stat().st_size > _MOST_BYTES:
                return None
            with safe_open(path, "pt") as file:
                if file.metadata() != self._metadata(neuron) or not _is_drawing(file):
                    return None
                parts = {name: file.get_tensor(name) for name in _DTYPES}
        except (OSError, SafetensorError):
            return None
        strokes = replace(Strokes.of_pen(parts["points"], 1.0), **parts)
        return strokes if self._is_sound(strokes) else None

    def keep(self, neuron: Neuron, strokes: Strokes) -> None:
        """Write what a neuron has become. Raises PlotoptError when the system refuses."""
        try:
            self.folder.mkdir(exist_ok=True)
        except OSError as error:
            raise PlotoptError(
                f"cannot make the folder {str(self.folder)!r:.200}: {error.strerror}, choose another place"
            ) from error
        parts = {name: getattr(strokes, name).contiguous() for name in _DTYPES}
        write_atomically(self._path(neuron), save(parts, self._metadata(neuron)), overwrite=True)

    def _path(self, neuron: Neuron) -> Path:
        name = neuron.text.translate(str.maketrans(":*@", "-x-"))
        return self.folder / f"{name[:_LONGEST_NAME]}.safetensors"

    def _metadata(self, neuron: Neuron) -> dict[str, str]:
        return {"channel": json.dumps({**self.recipe, "neuron": neuron.text}, sort_keys=True)}

    def _is_sound(self, strokes: Strokes) -> bool:
        near = strokes.points.abs() <= _FARTHEST_CELLS * self.side_mm
        known = (strokes.pen >= 0) & (strokes.pen < self.pens)
        return bool(near.all() and known.all() and torch.isfinite(strokes.width_mm).all())


def shelf_folder(sheet: Path) -> Path:
    """Where the finished channels of a sheet are kept."""
    return sheet.with_name(f"{sheet.stem}-channels")


def _is_drawing(file: Any) -> bool:
    """Whether a file holds strokes, by its header alone."""
    if set(file.keys()) != set(_DTYPES):
        return False
    parts = {name: file.get_slice(name) for name in _DTYPES}
    if any(parts[name].get_dtype() != dtype for name, dtype in _DTYPES.items()):
        return False
    count, *shape = parts["points"].get_shape() or (0,)
    others = [parts[name].get_shape() for name in ("width_mm", "pen")]
    return len(shape) == 2 and shape[0] >= 4 and shape[1] == 2 and others == [[count], [count]]


def _stamp(weights: Path | None) -> list[int] | None:
    """Tells whether a file of weights has been replaced since."""
    try:
        figures = weights.stat() if weights else None
    except OSError:
        return None
    return figures and [figures.st_size, figures.st_mtime_ns]
