"""The story of a run, told stage by stage, so that it can be kept, stopped and gone on with.

A run is a script of stages: the same settings lead through the same ones. So where it stands is told by the
number of a stage and what that one has come to. A run that goes on passes over the stages before.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Protocol

import torch
from torch import Tensor

from plotopt.adam import Adam
from plotopt.errors import PlotoptError
from plotopt.listening import Listener, no_listener, steps_told
from plotopt.objectives.base import Objective
from plotopt.stages import Stage
from plotopt.stepping import Standing, advance
from plotopt.strokes import Strokes

# So many steps in a row without a number, or without any stroke moved, end a stage.
_PATIENCE = 25


@dataclass(frozen=True)
class Attempt:
    """A drawing made for a budget: where it aimed, what part it came to, and what is told of it.

    ``is_all`` where there was work for no more strokes.
    """

    aim: float
    spent: float
    strokes: Strokes
    notes: tuple[str, ...] = ()
    is_all: bool = False


@dataclass(frozen=True)
class Moment:
    """Where a run stands: in its stage of this number, from 0, and what the objectives so far remember.

    ``attempts`` are those before the one whose stages these are; ``failed`` tells how many steps of the
    stage came to no number, how many of these in a row just now, and how many steps moved nothing; ``notes``
    are those of the stages before.
    """

    stage: int
    standing: Standing
    memory: Mapping[str, Tensor]
    attempts: tuple[Attempt, ...] = ()
    failed: tuple[int, int, int] = (0, 0, 0)
    notes: tuple[str, ...] = ()


class Watcher(Protocol):
    """Who looks on."""

    def see(self, stage: Stage, standing: Standing) -> None:
        """Hear of every step."""


class Keeper(Watcher, Protocol):
    """Who keeps what a journal tells, when he likes."""

    def is_due(self) -> bool:
        """Whether the present moment is to be kept."""

    def keep(self, moment: Moment) -> None:
        """Keep a moment; that at the end of a stage is always told."""


@dataclass
class Journal:
    """Improves strokes stage by stage, and tells of it.

    ``stops`` is asked after every step: once it says so, no stage goes any further, and the script of the run
    comes to its end with the strokes as they are. ``start`` is the moment that a run goes on from.
    ``watchers`` see every step before that, and may take their time.
    """

    on_progress: Listener = no_listener
    keeper: Keeper | None = None
    stops: Callable[[], bool] = lambda: False
    start: Moment | None = None
    watchers: Sequence[Watcher] = ()
    #: What the user should know of how the script went, this time.
    notes: list[str] = field(init=False)
    is_stopped: bool = field(init=False, default=False)
    attempts: list[Attempt] = field(init=False)
    _number: int = field(init=False, default=0)
    _memory: dict[str, Tensor] = field(init=False, default_factory=dict)

    def __post_init__(self) -> None:
        self.attempts = list(self.start.attempts) if self.start else []
        self.begin()

    def begin(self) -> None:
        """Begin the script of stages, for the first time or anew."""
        self._number, self._memory = 0, {}
        self.notes = list(self.start.notes) if self.start else []

    def improve(self, strokes: Strokes, objective: Objective, stage: Stage) -> Strokes:
        """The strokes after the next stage of the script, or as they are where that stage lies behind."""
        number, self._number = self._number, self._number + 1
        if self.is_stopped:
            return strokes
        standing, watch = Standing.at_start(strokes), _Watch(stage)
        if self.start:
            # Stages behind recall what they came to, too: later ones may ask them for it.
            self._recall(objective, self.start.memory, strokes.points.device)
            if number < self.start.stage:
                return strokes
            standing, watch = self.start.standing.to(strokes.points.device), _Watch(stage, *self.start.failed)
            if standing.steps > stage.steps:
                raise PlotoptError(f"the run is {standing.steps:,} steps into a stage of {stage.steps:,}")
            self.start = None
        return self._through(number, standing, objective, watch).strokes

    @property
    def goes_on_here(self) -> bool:
        """Whether the next stage of the script is the one that the run goes on in."""
        return self.start is not None and self._number == self.start.stage

    def pass_over(self) -> None:
        """Leave out the next stage of the script, which has nothing to do; later ones keep their numbers."""
        self._number += 1

    def _recall(self, objective: Objective, memory: Mapping[str, Tensor], device: torch.device) -> None:
        self._memory = dict(memory)
        try:
            objective.recall({name: part.to(device) for name, part in memory.items()})
        except (KeyError, TypeError, ValueError, OverflowError, RecursionError) as error:
            raise PlotoptError(f"what the run remembers of its stage cannot be right: {error}") from None

    def _through(self, number: int, standing: Standing, objective: Objective, watch: _Watch) -> Standing:
        """Where the stage stands at its end, or when it is stopped."""
        stage, on_step = watch.stage, steps_told(watch.stage, self.on_progress)
        while standing.steps < stage.steps and not watch.has_enough:
            standing = watch.advanced(standing, objective)
            standing.tell(on_step)
            for watcher in self.watchers:
                watcher.see(stage, standing)
            self.is_stopped = self.stops()
            if self.keeper:
                self.keeper.see(stage, standing)
                if self.is_stopped or self.keeper.is_due():
                    self._keep(number, standing, objective, watch)
            if self.is_stopped:
                break
        else:
            self._memory |= objective.memory()
            if self.keeper:
                self._keep(number, standing, objective, watch)
        self.notes.extend(watch.notes)
        return standing

    def _keep(self, number: int, standing: Standing, objective: Objective, watch: _Watch) -> None:
        if self.keeper:
            memory = self._memory | objective.memory()
            self.keeper.keep(
                Moment(number, standing, memory, tuple(self.attempts), watch.failed, tuple(self.notes))
            )


class _Watch:
    """Sees to it that a stage goes on though a step has gone wrong, and does not go on for nothing."""

    def __init__(self, stage: Stage, failed: int = 0, in_a_row: int = 0, idle: int = 0) -> None:
        self.stage, self._failed, self._in_a_row, self._idle = stage, failed, in_a_row, idle

    @property
    def failed(self) -> tuple[int, int, int]:
        """Steps that came to no number, those of them in a row just now, and steps that moved nothing."""
        return self._failed, self._in_a_row, self._idle

    @property
    def has_enough(self) -> bool:
        return self._is_lost or self._idle >= _PATIENCE

    @property
    def _is_lost(self) -> bool:
        return self._in_a_row >= _PATIENCE

    def advanced(self, before: Standing, objective: Objective) -> Standing:
        """The standing after a step; without its strokes where they have no number for a place."""
        refines = self.stage.relocates_at(before.steps)
        memory = objective.memory() if refines else {}
        after = advance(before, objective, self.stage)
        if after.is_sound:
            self._in_a_row = 0
            stays = torch.equal(before.strokes.points, after.strokes.points)
            self._idle = self._idle + 1 if stays and self.stage.is_settling(after.steps) else 0
            return after
        if refines:
            # It may have followed strokes that are now left out.
            objective.recall(memory)
        self._failed += 1
        self._in_a_row += 1
        leaning = before.leaning and Adam.fresh(before.leaning.mean)
        fresh = replace(before, points=Adam.fresh(before.points.mean), leaning=leaning)
        return replace(fresh, steps=after.steps, losses=())

    @property
    def notes(self) -> list[str]:
        """What the user should know of the stage."""
        name, told = self.stage.name, []
        if self._failed:
            told.append(f"{name}: {self._failed:,} steps came to no number and were left out")
        if self.has_enough:
            why = f"{_PATIENCE} in a row came to none" if self._is_lost else "nothing moved any more"
            told.append(f"{name}: ended early, for {why}")
        return told
