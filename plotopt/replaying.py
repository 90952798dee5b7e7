"""Drawings made anew from the metadata of their SVG."""

from __future__ import annotations

import json
import shlex
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from plotopt import __version__
from plotopt.drawing import Drawing
from plotopt.errors import PlotoptError
from plotopt.files import quoted
from plotopt.fitting import fit
from plotopt.listening import Listener
from plotopt.plot.svgin.document import read_document
from plotopt.runs.run import PARTIAL
from plotopt.settings import read_neuron_settings, read_settings
from plotopt.settings.files import files_of
from plotopt.visualizing import neuron


@dataclass(frozen=True)
class Telling:
    """What the SVG at ``path`` tells of itself: the command, its subject, its options, the version.

    ``is_whole`` where these lead to the drawing.
    """

    path: Path
    verb: str
    subject: str
    options: Mapping[str, Any]
    version: str
    is_whole: bool

    def draw(self, on_progress: Listener, picture: Path | None = None) -> Drawing:
        """The drawing once more; ``picture`` is the file if it lies neither beside the SVG nor here.

        Raises PlotoptError for options that there are not, and where the picture or another file that they
        name is not there.
        """
        if self.verb == "neuron":
            return neuron(self.subject, on_progress=on_progress, **self.options)
        read_settings(**self.options)
        return fit(self._found(picture), on_progress=on_progress, **self.options)

    def inputs(self, picture: Path | None = None) -> tuple[Path, ...]:
        """The files that :meth:`draw` reads: the picture, maps, weights. Raises PlotoptError as it does."""
        if self.verb == "neuron":
            return files_of(read_neuron_settings(**self.options))
        settings = read_settings(**self.options)
        return (self._found(picture), *files_of(settings))

    def _found(self, picture: Path | None = None) -> Path:
        """The picture's file: the one given, or else the one beside the SVG or in the current folder."""
        here = Path(Path(self.subject).name)
        places = [picture] if picture else [self.path.with_name(here.name), here]
        for path in places:
            if path.is_file():
                return path
        nor = f", nor is {quoted(here)} in the working folder" if len(set(places)) > 1 else ""
        raise PlotoptError(
            f"the picture {quoted(places[0])} is not there{nor}: give the one that was drawn with --picture"
        )

    def compared(self, drawing: Drawing) -> str:
        """Whether a drawing is that of the SVG, byte for byte, in words."""
        text = self.path.read_bytes()
        if text in (drawing.svg().encode(), drawing.svg(polylines=True).encode()):
            return "the same drawing, byte for byte"
        if not self.is_whole:
            return "a different drawing: that one was stopped, or went on from another's strokes"
        if self.version != __version__:
            return f"a different drawing: that one was drawn by plotopt {self.version}, this is {__version__}"
        return "a different drawing: the picture, the machine or the libraries are not what they were"


def read_drawing(path: Path) -> Telling:
    """What an SVG by plotopt tells.

    Raises PlotoptError for one that tells nothing, and for one of neither a fit nor a neuron.
    """
    name = quoted(path)
    try:
        told = json.loads(read_document(path).metadata)
        words, options = shlex.split(told["command"]), told["options"]
        given = {str(option): value for option, value in options.items() if value is not None}
        verb, subject, version = words[1], words[2], str(told["plotopt"])
    except (ValueError, KeyError, TypeError, IndexError, AttributeError, RecursionError):
        raise PlotoptError(f"{name} does not tell how it was drawn: give an SVG that plotopt wrote") from None
    if verb not in ("fit", "neuron"):
        raise PlotoptError(f"{name} was made by plotopt {verb:.20}: only fits and neurons can be replayed")
    if not Path(subject).name or "\0" in subject:
        raise PlotoptError(f"{name} does not tell what was drawn: give an SVG that plotopt wrote")
    return Telling(
        path, verb, subject.removeprefix("./"), given, version[:20], told.keys().isdisjoint(PARTIAL)
    )
