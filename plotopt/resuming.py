"""Going on with a run that is kept in a file: to the very same drawing, or with other settings."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from plotopt import __version__
from plotopt.carrying import Carried, handed
from plotopt.drawing import Drawing
from plotopt.fitting import fit
from plotopt.ink import in_plot_order
from plotopt.listening import Listener
from plotopt.networks import parse_neuron
from plotopt.page import Page, Rect, fit_rect, lay_out
from plotopt.pens import Pen
from plotopt.runs.ordering import check_files, digests, options_of, picture_of, settings_of
from plotopt.runs.record import FIT, Record
from plotopt.runs.run import Run
from plotopt.settings import FitSettings, NeuronSettings
from plotopt.settings.fit import Judge
from plotopt.settings.pens import PenChoice
from plotopt.visualizing import neuron

# Options that leave the drawing as it is.
_HARMLESS = ("workers", "device", "client", "profile", "split_every")


@dataclass(frozen=True, eq=False)
class Continuation:
    """How a run goes on: from which record, with which options, and in what it differs, in words."""

    record: Record
    settings: FitSettings | NeuronSettings
    options: Mapping[str, Any]
    differs: tuple[str, ...]

    @property
    def network(self) -> tuple[str, Path | None] | None:
        """The network that the run needs, and the file of its weights if there is one of its own."""
        if isinstance(self.settings, NeuronSettings):
            return parse_neuron(self.record.order.subject).model, self.settings.weights
        return ("vgg16", self.settings.weights) if self.settings.loss is Judge.VGG else None

    def draw(self, on_progress: Listener, run: Run) -> Drawing:
        """The drawing that the run comes to. Raises PlotoptError for what cannot be used any more."""
        order = self.record.order
        if order.kind == FIT:
            return fit(picture_of(order), on_progress=on_progress, run=run, **self.options)
        return neuron(order.subject, on_progress=on_progress, run=run, **self.options)


def resumed(record: Record, changes: Mapping[str, Any]) -> Continuation:
    """How the run of a record goes on, with some of its options changed.

    Without changes it comes to the drawing that it would have come to unstopped, byte for byte on the CPU.
    With changes its strokes are carried over, to a run that has no first stage. Raises PlotoptError for
    options that cannot be read, a file that changed meanwhile, and changes before there are any strokes.
    """
    settings, before = settings_of(record.order, changes), settings_of(record.order, {})
    check_files(record.order, settings, changes)
    told, were = settings.options(), before.options()
    files, held = digests(settings), record.order.digests or {}
    differing = [
        name for name in told | were if told.get(name) != were.get(name) or files.get(name) != held.get(name)
    ]
    words = tuple(f"{name} {_word(were.get(name))} -> {_word(told.get(name))}" for name in differing)
    options = options_of(record.order, changes)
    if set(differing) <= set(_HARMLESS):
        return Continuation(record, settings, options, words)
    order = replace(record.order, options=told, digests=files, version=__version__)
    carried = None
    if record.strokes is not None:
        carried = Carried(record.strokes, page_of(record, before)[1])
        if "pens" in differing:
            carried = replace(carried, strokes=handed(record.strokes, _pens(before), _pens(settings)))
    return Continuation(Record(order, frames=record.frames, carried=carried), settings, options, words)


def page_of(record: Record, settings: FitSettings | NeuronSettings) -> tuple[Page, Rect]:
    """The page of a run and the place of its drawing."""
    if isinstance(settings, FitSettings):
        aspect = picture_of(record.order).aspect
    else:
        aspect = settings.copied.columns / settings.copied.rows
        if record.order.subject.endswith("@center"):
            aspect = settings.centered().copied.columns / settings.centered().copied.rows
    page = lay_out(settings.paper, settings.margin, settings.orientation, aspect)
    return page, fit_rect(page.frame, aspect)


def _pens(settings: FitSettings | NeuronSettings) -> Sequence[Pen]:
    """The pens in the order that strokes number them; all of a box of which the picture chooses."""
    if isinstance(settings, NeuronSettings):
        return settings.layered_pens
    return in_plot_order(settings.pens.box if isinstance(settings.pens, PenChoice) else settings.pens)


def _word(value: Any) -> str:
    return "as usual" if value is None else str(value)
