"""Going on with a run that is kept in a file: to the very same drawing, or with other settings."""

from __future__ import annotations

from collections.abc import Mapping, Set
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path
from typing import Any

from plotopt import __version__
from plotopt.budget import Budget
from plotopt.carrying import Carried, handed, with_pens
from plotopt.drawing import Drawing
from plotopt.fitting import chosen_pens, fit
from plotopt.listening import Listener
from plotopt.networks import parse_neuron
from plotopt.page import Page, Rect
from plotopt.pens import Pen
from plotopt.runs.ordering import check_files, digests, options_of, picture_of, settings_of
from plotopt.runs.record import FIT, Record
from plotopt.runs.run import Run, check_pens
from plotopt.settings import FitSettings, NeuronSettings
from plotopt.settings.base import worded
from plotopt.settings.fit import Judge
from plotopt.strokes import Strokes
from plotopt.visualizing import neuron

# Options that move no stroke, those of the machine where there are no minutes to fill.
_MOVE_NONE, _OF_MACHINE = {"workers", "device", "split_every"}, {"client", "profile"}
# Strokes that are less than this part of what is wanted, or more than that, do not make a good start.
_LEAST_OF, _MOST_OF = 0.8, 1.25
# From here on a part is told as times.
_MANY = 3.0
# What a neuron's first strokes are laid by, and how the lines of a fit run.
_OF_FIRST_STROKES, _OF_LINES = {"strokes", "grid", "copies"}, {"look", "direction", "curl", "trace"}


@dataclass(frozen=True, eq=False)
class Continuation:
    """How a run goes on: from which record, with which options, and in what it differs, in words.

    ``notes`` are what else the user should know of that.
    """

    record: Record
    settings: FitSettings | NeuronSettings
    options: Mapping[str, Any]
    differs: tuple[str, ...]
    notes: tuple[str, ...] = ()

    @property
    def network(self) -> tuple[str, Path | None] | None:
        """The network that the run needs, and the file of its weights if there is one of its own."""
        if isinstance(self.settings, NeuronSettings):
            return parse_neuron(self.record.order.subject).model, self.settings.weights
        return ("vgg16", self.settings.weights) if self.settings.loss is Judge.VGG else None

    @property
    def aspect(self) -> float:
        """Width over height of what is drawn."""
        place = page_of(self.record, self.settings)[1]
        return place.width / place.height

    def draw(self, on_progress: Listener, run: Run) -> Drawing:
        """The drawing that the run comes to. Raises PlotoptError for what cannot be used any more."""
        order = self.record.order
        if order.kind == FIT:
            return fit(picture_of(order), on_progress=on_progress, run=run, **self.options)
        return neuron(order.subject, on_progress=on_progress, run=run, **self.options)


def resumed(record: Record, changes: Mapping[str, Any]) -> Continuation:
    """How the run of a record goes on, with some of its options changed.

    Without changes it comes to the drawing that it would have come to unstopped, byte for byte on the CPU
    and with the same version. With changes its strokes are carried over, to a run that has no first stage;
    where they cannot be, it begins anew. Raises PlotoptError for options that cannot be read, and for a file
    that changed meanwhile.
    """
    order, options = record.order, options_of(record.order, changes)
    settings = settings_of(order, changes)
    told, files, held = settings.options(), digests(settings), order.digests or {}
    check_files(order, files, changes)
    differing = {
        name
        for name in {**told, **order.options}
        if told.get(name) != order.options.get(name) or files.get(name) != held.get(name)
    }
    words = tuple(
        f"{worded(name)} {_word(order.options.get(name))} -> {_word(told.get(name))}"
        for name in sorted(differing)
    )
    notes: tuple[str, ...] = ()
    if order.version != __version__:
        notes = (f"the run is plotopt {order.version}'s, this is {__version__}: it may come out otherwise",)
    timed = isinstance(settings, FitSettings) and settings.minutes is not None
    if differing <= (_MOVE_NONE if timed else _MOVE_NONE | _OF_MACHINE):
        if record.finish:
            notes += ("the run is finished: its drawing is planned and written once more",)
        return Continuation(record, settings, options, words, notes)
    # Files that were there then need not be any more, as long as they moved no stroke.
    kept = {name: changes[name] for name in changes if name in _MOVE_NONE | _OF_MACHINE}
    change = _Change(record, settings_of(order, kept), settings)
    why = change.hindrance(differing)
    if why:
        notes += (f"the run begins anew: {why}",)
    carried = None if why else change.carried
    changed = replace(order, options=told, digests=files, version=__version__)
    return Continuation(Record(changed, carried=carried), settings, options, words, notes)


@dataclass(frozen=True, eq=False)
class _Change:
    """A run that is to go on with settings ``after``, and had those ``before``."""

    record: Record
    before: FitSettings | NeuronSettings
    after: FitSettings | NeuronSettings

    @cached_property
    def pens(self) -> tuple[tuple[Pen, ...], tuple[Pen, ...]]:
        """Those of before and after: found once, since a picture takes its time to choose."""
        return pens_of(self.record, self.before), pens_of(self.record, self.after)

    @property
    def _strokes(self) -> Strokes:
        assert self.record.strokes is not None
        return self.record.strokes

    def hindrance(self, differing: Set[str]) -> str | None:
        """Why the strokes are of no use with other settings; None where they are."""
        if self.record.strokes is None or not len(self.record.strokes):
            return "it has no strokes"
        have, want = map(len, self.pens)
        check_pens(self.record, have)
        if have != want:
            return f"its strokes are of {have} pen{'s' * (have > 1)}, not of {want}"
        if isinstance(self.before, FitSettings) and isinstance(self.after, FitSettings):
            return _of_lines(self.before, self.after, differing) or self._of_amount(self.after)
        if differing & _OF_FIRST_STROKES:
            return f"other {' and '.join(sorted(differing & _OF_FIRST_STROKES))} make another drawing"
        if isinstance(self.before, NeuronSettings) and _is_cell(self.record, self.before):
            return "its strokes are still those of the small drawing"
        return None

    def _of_amount(self, after: FitSettings) -> str | None:
        """What is wrong with strokes that come to far more than is asked for, or to far less."""
        if after.strokes is not None:
            part, asked = sum(self._strokes.laid()) / after.strokes, f"{after.strokes:,} strokes"
        elif after.minutes is None and after.metres is None:
            return None
        else:
            budget = Budget(after.minutes, after.metres, after.profile, after.client)
            pens, place = self.pens[1], page_of(self.record, after)[1]
            part = budget.spent(with_pens(self.carried.at(place).strokes, pens), pens, place)
            asked = budget.text
        if _LEAST_OF <= part <= _MOST_OF:
            return None
        times = f"{part:.0%} of" if part < _MANY else f"{part:.0f} times"
        told = f"its strokes come to {times} {asked}"
        return f"{told}, and only {_LEAST_OF:.0%} to {_MOST_OF:.0%} are a good start"

    @cached_property
    def carried(self) -> Carried:
        """The strokes for the settings after, with their pens."""
        lying = Carried(self._strokes.decided(), page_of(self.record, self.before)[1])
        if self.record.carried and not (self.record.moment or self.record.finish):
            lying = self.record.carried
        had, wanted = self.pens
        return lying if had == wanted else replace(lying, strokes=handed(lying.strokes, had, wanted))


def _of_lines(before: FitSettings, after: FitSettings, differing: Set[str]) -> str | None:
    if before.single_line or after.single_line:
        return "a single line is laid as a whole"
    others = differing & _OF_LINES
    return f"its lines are laid for the {' and '.join(sorted(others))} of before" if others else None


def _is_cell(record: Record, settings: NeuronSettings) -> bool:
    """Whether strokes are those of the small drawing that copies are made of."""
    wraps = settings.copies and not _is_centered(record)
    return bool(wraps and record.moment and record.moment.stage == 0 and not record.carried)


def pens_of(record: Record, settings: FitSettings | NeuronSettings) -> tuple[Pen, ...]:
    """The pens as strokes number them; of a box, those that the picture chooses."""
    if isinstance(settings, NeuronSettings):
        return settings.layered_pens
    return chosen_pens(settings, picture_of(record.order), page_of(record, settings)[1])


def page_of(record: Record, settings: FitSettings | NeuronSettings) -> tuple[Page, Rect]:
    """The page of a run and the place of its drawing."""
    if isinstance(settings, FitSettings):
        return settings.sheet(picture_of(record.order).aspect)
    return settings.sheet(settings.aspect(_is_centered(record)))


def _is_centered(record: Record) -> bool:
    """Whether a neuron's drawing is of the middle of its map alone."""
    return parse_neuron(record.order.subject).center


def _word(value: Any) -> str:
    if value is None:
        return "not given"
    return f"{value:g}" if isinstance(value, float) else str(value)
