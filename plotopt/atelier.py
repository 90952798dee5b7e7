"""The first strokes of a picture, and what betters them; again, where they miss their budget."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np
import torch

from plotopt.budget import FILLED, Budget, sow_within
from plotopt.canvas import Canvas
from plotopt.carrying import Carried
from plotopt.crops import Crops
from plotopt.devices import Devices
from plotopt.first_strokes.single_line import SingleLine
from plotopt.first_strokes.sowing import Soil, Sown, usual_count
from plotopt.journal import Attempt, Journal
from plotopt.layering import idle_notes
from plotopt.listening import Listener, in_one_step
from plotopt.objectives.base import Objective
from plotopt.objectives.crew import crew_of
from plotopt.objectives.likeness import Likeness
from plotopt.objectives.perception import Perception, Taste, gram_matrices
from plotopt.objectives.problem import Problem
from plotopt.objectives.sight import Scene
from plotopt.objectives.sparing import Sparing
from plotopt.objectives.steady import Grip, Steady
from plotopt.picture import read_picture
from plotopt.settings import FitSettings
from plotopt.settings.base import MOST_STROKES
from plotopt.slack import tightened
from plotopt.stages import Stage, mending_of, most_tiles, perception_for, stages_for
from plotopt.strokes import Strokes
from plotopt.tones.toning import Shift
from plotopt.trimming import Within, finished, within

# A drawing that misses its budget is made again, up to so many in all.
_ATTEMPTS = 3
# What is over goes, and this part more: to close the gaps others take about as much more time.
_MENDED = 0.01
# Carried strokes become at most so many times as many, or as many as may be laid anew.
_MOST_MORE = 2
# From one attempt to the next the aim grows by so much at most.
_MOST_AT_ONCE = 2.0
# A single line can be pulled tight by this part, which takes so many pulls at most; more would cost tone.
_TIGHTENED, _PULLS = 0.03, 64
# First strokes may take this part of a budget; single lines are drawn straighter, so that they end below it.
_AIMS = {None: 1.0, SingleLine.TOUR: 1.22, SingleLine.FLOW: 1.05}


@dataclass(frozen=True)
class Atelier:
    """A picture to be drawn as the settings say, on a device.

    ``taste`` is for comparing features. With ``carried`` strokes of another run to begin with, there is no
    stage of the whole page.
    """

    problem: Problem
    settings: FitSettings
    device: torch.device
    taste: Taste | None
    journal: Journal
    carried: Carried | None = None

    def draw(self) -> tuple[Strokes, tuple[str, ...]]:
        """The optimised strokes, and what the user should know of them.

        How much less than the first strokes the bettered ones take shows only at the end. Where they leave
        too much of a budget, more are laid and all is done again; the drawing that comes nearest to the
        budget is taken. Only single lines may be over it, since no strokes of them can be left out.
        """
        settings = self.settings
        if settings.minutes is None and settings.metres is None:
            return self._told(*self._bettered(None))
        budget = Budget(settings.minutes, settings.metres, settings.profile, settings.client)
        budget = replace(budget, aim=_AIMS[settings.single_line])
        attempts = self.journal.attempts
        while not _is_done(attempts):
            aim = _aim(attempts) if attempts else budget.aim
            strokes, sown = self._bettered(replace(budget, aim=aim))
            if self.journal.is_stopped:
                return self._told(strokes, sown)
            spent = budget.spent(strokes, self.problem.pens, self.problem.target.place)
            attempts.append(Attempt(aim, spent, *self._told(strokes, sown), sown.is_all))
        best = min(attempts, key=lambda each: abs(1 - each.spent))
        strokes, notes = best.strokes, best.notes
        if best.spent < FILLED and len(strokes):
            told = budget.unfilled if any(each.is_all for each in attempts) else budget.missed
            notes = (*notes, told(best.spent))
        if settings.single_line:
            pens, place = self.problem.pens, self.problem.target.place
            strokes = tightened(strokes, lambda drawn: budget.spent(drawn, pens, place), _PULLS)
        return strokes, notes

    def _told(self, strokes: Strokes, sown: Sown) -> tuple[Strokes, tuple[str, ...]]:
        return strokes, (*sown.notes, *self.journal.notes, *idle_notes(strokes, self.problem.pens))

    def _bettered(self, budget: Budget | None) -> tuple[Strokes, Sown]:
        """The optimised strokes, and what they were at first."""
        self.journal.begin()
        rng = np.random.default_rng(self.settings.seed)
        with in_one_step(self._laying(), self.journal.on_progress):
            sown = self._sown(budget, rng)
        crops_seed = int(rng.integers(2**31)) if self.taste else 0
        if not len(sown.strokes):
            return sown.strokes, sown
        problem = replace(self.problem, target=sown.target, guide=sown.guide).grained().to(self.device)
        strokes, stage, shift = self._likened(sown.strokes.to(self.device), problem, budget, rng)
        if self.taste:
            looks = replace(problem, shift=shift), stage, crops_seed
            strokes = self._improved(strokes, *self._perception(self.taste, *looks), budget)
        strokes = strokes.to("cpu")
        if self.settings.single_line:
            # Planning must not clip them.
            return strokes.inside(self.problem.target.place), sown
        pens, place = problem.pens, problem.target.place
        return (finished(budget, strokes, pens, place) if budget else strokes), sown

    def _laying(self) -> str:
        """What is told of laying strokes, and why it is done once more."""
        if not self.journal.attempts:
            return "taking over the strokes of before" if self.carried else "laying the first strokes"
        return f"laying them anew, since they came to {self.journal.attempts[-1].spent:.0%} of the budget"

    def _sown(self, budget: Budget | None, rng: np.random.Generator) -> Sown:
        """The first strokes: as many as the settings say, or as the budget has room for."""
        pens, place = self.problem.pens, self.problem.target.place
        if not budget:
            return self._laid(self.settings.strokes, rng)
        start = int(rng.integers(2**31))

        def sown(count: int | None) -> Sown:
            return self._laid(count, np.random.default_rng(start))

        # More strokes take more time for the same ink, so metres ask for no more of them than usual.
        most = MOST_STROKES if budget.minutes else usual_count(pens, place)
        if not self.carried:
            return sow_within(budget, most, pens, place, sown)
        # What they are over goes as from any drawing; more are sought where they leave time.
        there = sown(None)
        if budget.spent(there.strokes, pens, place) >= budget.aim:
            return replace(there, strokes=there.strokes.select(within(budget, there.strokes, pens, place)))
        have = sum(there.strokes.laid())
        most = max(have, min(MOST_STROKES, max(most, _MOST_MORE * have)))
        return sow_within(budget, most, pens, place, sown, first=have)

    def _laid(self, count: int | None, rng: np.random.Generator) -> Sown:
        """So many first strokes, new or carried over."""
        problem = self.problem
        if not self.carried:
            return self._soil.sown(count, rng, self.settings.strokes)
        strokes = self.carried.onto(problem, count, rng)
        # Only for the tones that so many strokes can reach.
        laid = max(1, sum(strokes.laid()))
        return replace(self._soil.sown(laid, rng), strokes=strokes)

    @cached_property
    def _soil(self) -> Soil:
        problem = self.problem
        return Soil.of(problem.target, problem.pens, problem.inks, problem.guide)

    def _likened(
        self, strokes: Strokes, problem: Problem, budget: Budget | None, rng: np.random.Generator
    ) -> tuple[Strokes, Stage, Shift]:
        """The strokes after the stages that compare pixels; the last of these, and its shift of tones."""
        settings = self.settings
        stages = stages_for(settings.quality, settings.size, settings.tile)[bool(self.carried) :]
        last, place, cell_px = stages[-1], problem.target.place, problem.loss.cell_px
        # More workers would have nothing to do.
        most = max(most_tiles(place, stage, cell_px) for stage in stages)
        with crew_of(min(settings.workers, most)) as crew:
            for stage in stages:
                likeness = Likeness(problem, problem.hand.held(stage), rng, crew)
                strokes = self._improved(strokes, likeness, stage, budget)
                problem = replace(problem, shift=likeness.shift)
            if budget and not settings.single_line:
                mending = mending_of(last)
                likeness = Likeness(problem, problem.hand.held(mending), rng, crew)
                strokes = self._mended(strokes, likeness, mending, budget)
        return strokes, last, problem.shift

    def _mended(self, strokes: Strokes, likeness: Likeness, stage: Stage, budget: Budget) -> Strokes:
        """The strokes that keep the budget; where some had to go, others close the gaps that they leave."""
        if self.journal.is_stopped:
            return strokes
        pens, place = self.problem.pens, self.problem.target.place
        if not self.journal.goes_on_here and budget.spent(strokes, pens, place) <= 1:
            self.journal.pass_over()
            return strokes
        kept = within(replace(budget, aim=1 - _MENDED), strokes, pens, place)
        return self._improved(strokes.select(kept), likeness, stage, None)

    def _perception(
        self, taste: Taste, problem: Problem, before: Stage, seed: int
    ) -> tuple[Perception, Stage]:
        """What compares features after the stage ``before``, at its scale, and how long."""
        canvas = Canvas(problem.target.place, before.mm_per_px(problem.target.place))
        scene = Scene(canvas, problem.inks, Crops(), seed, problem.renderer)
        stage = perception_for(self.settings.quality, before.long_side_px, bold=taste.is_styled)
        stage = replace(stage, steps=scene.crops.steps(canvas, stage.steps))
        target = problem.shift.shifted(problem.target)
        return Perception(taste, target, scene, stage, problem.grain), stage

    def _improved(
        self, strokes: Strokes, objective: Objective, stage: Stage, budget: Budget | None
    ) -> Strokes:
        place = self.problem.target.place
        grip = Grip.of(self.problem.hand, stage)
        if not isinstance(objective, Likeness):
            # No other one pays for ink that shows.
            grip = replace(grip, ink=0.0)
        objective = Sparing(objective, place, self.settings.stock.ink_limit)
        if budget and not self.settings.single_line:
            objective = Within(objective, budget, self.problem.pens, place, stage)
        if grip != Grip():
            objective = Steady(objective, grip)
        return self.journal.improve(strokes, objective, self.problem.hand.held(stage))


def _is_done(attempts: Sequence[Attempt]) -> bool:
    """Whether the last drawing is as good as it gets, or enough have been made."""
    if not attempts:
        return False
    last = attempts[-1]
    is_full = FILLED <= last.spent <= 1 + _TIGHTENED or (last.is_all and last.spent <= 1)
    return is_full or not len(last.strokes) or len(attempts) >= _ATTEMPTS


def _aim(attempts: Sequence[Attempt]) -> float:
    """Where to aim after attempts: between two that lie around the goal, else from the last one."""
    goal, last = 0.5 + 0.5 * FILLED, attempts[-1]
    spent, aims = zip(*sorted((each.spent, each.aim) for each in attempts), strict=True)
    if spent[0] < goal < spent[-1]:
        return float(np.interp(goal, spent, aims))
    return last.aim * min(goal / max(last.spent, 1 / _MOST_AT_ONCE), _MOST_AT_ONCE)


def load_taste(settings: FitSettings, problem: Problem, devices: Devices, on_progress: Listener) -> Taste:
    """VGG16 at the layers of the settings, and the style picture as it sees it.

    Raises PlotoptError for a style picture, before any progress is told, or weights that cannot be used.
    """
    from plotopt.networks import load_network  # Takes torchvision, a second's loading.

    style_picture = read_picture(settings.style_image) if settings.style_image else None
    with in_one_step("loading the network", on_progress):
        network = load_network("vgg16", settings.layers, weights=settings.weights, device=devices.networks)
        matrices = gram_matrices(network, style_picture) if style_picture else ()
    style = [matrix.to(devices.drawing) for matrix in matrices]
    weights = (1 - settings.features, settings.features, settings.style if style else 0.0)
    blur_mm = sum(pen.width_mm for pen in problem.pens) / len(problem.pens)
    return Taste(problem.loss.to(devices.drawing), network.hastened(), weights, style, blur_mm)
