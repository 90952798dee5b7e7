"""The journal: stages are passed over, stopped and gone on with; steps that go wrong are left out."""

from dataclasses import replace

import pytest
import torch

from plotopt.catalog import parse_pens
from plotopt.errors import PlotoptError
from plotopt.journal import Journal, Moment
from plotopt.objectives.base import Gradients, Objective
from plotopt.stages import Stage
from plotopt.stepping import Standing, advance
from plotopt.strokes import Strokes

STAGE = Stage("tiles", 64, 40, (1.0, 0.1), (1.0, 1.0))


class Pull(Objective):
    """Pulls every point to the origin; in ``wrong`` steps it does not know where that is."""

    mm_per_px, pixels = 1.0, 1.0

    def __init__(self, wrong=(), still=False):
        self.wrong, self.still, self.asked = wrong, still, []

    def gradients(self, strokes, number):
        self.asked.append(number)
        slope = strokes.points * (0.0 if self.still else 1.0)
        if number in self.wrong:
            slope = slope * float("nan")
        return Gradients(slope.double().square().sum(), slope, torch.zeros(len(strokes)))


def strokes():
    return Strokes.of_pen(torch.full((3, 4, 2), 50.0), 0.4)


class Book:
    """Keeps every moment that is due, each step if it is to."""

    def __init__(self, due=False):
        self.due, self.moments, self.seen = due, [], 0

    def see(self, stage, standing):
        self.seen += 1

    def is_due(self):
        return self.due

    def keep(self, moment):
        self.moments.append(moment)


def test_a_journal_takes_all_steps_of_a_stage():
    after = Journal().improve(strokes(), Pull(), STAGE)
    standing = Standing.at_start(strokes())
    for _ in range(STAGE.steps):
        standing = advance(standing, Pull(), STAGE)
    assert torch.equal(after.points, standing.strokes.points)


def test_it_goes_on_from_any_moment_to_the_same_end():
    book = Book(due=True)
    whole = Journal(keeper=book)
    middle = whole.improve(strokes(), Pull(), STAGE)
    end = whole.improve(middle, Pull(), STAGE)
    assert len(book.moments) == 2 * (STAGE.steps + 1)
    for moment in book.moments[::7]:
        again = Journal(start=moment)
        passed = again.improve(strokes(), Pull(), STAGE)
        assert torch.equal(again.improve(passed, Pull(), STAGE).points, end.points)


def test_a_stage_that_is_passed_over_keeps_its_number():
    book = Book()
    whole = Journal(keeper=book)
    middle = whole.improve(strokes(), Pull(), STAGE)
    whole.pass_over()
    end = whole.improve(middle, Pull(), STAGE)
    assert [each.stage for each in book.moments] == [0, 2]
    again = Journal(start=book.moments[0])
    assert again.goes_on_here
    passed = again.improve(strokes(), Pull(), STAGE)
    assert not again.goes_on_here
    again.pass_over()
    assert torch.equal(again.improve(passed, Pull(), STAGE).points, end.points)


def test_without_need_only_the_ends_of_stages_are_kept():
    book = Book()
    journal = Journal(keeper=book)
    journal.improve(journal.improve(strokes(), Pull(), STAGE), Pull(), STAGE)
    assert [(each.stage, each.standing.steps) for each in book.moments] == [(0, 40), (1, 40)]
    assert book.seen == 80


def test_once_stopped_no_stage_goes_any_further():
    book, calls = Book(), iter([False] * 4 + [True])
    journal = Journal(keeper=book, stops=lambda: next(calls))
    pull = Pull()
    middle = journal.improve(strokes(), pull, STAGE)
    assert torch.equal(journal.improve(middle, pull, STAGE).points, middle.points)
    assert pull.asked == [0, 1, 2, 3, 4]
    assert journal.is_stopped
    assert [each.standing.steps for each in book.moments] == [5]


def test_a_step_without_a_number_is_left_out_and_told():
    journal = Journal()
    after = journal.improve(strokes(), Pull(wrong=(3, 4, 20)), STAGE)
    assert after.points.isfinite().all()
    assert (after.points < 40).all()
    assert journal.notes == ["tiles: 3 steps came to no number and were left out"]


def test_a_stage_that_comes_to_no_number_any_more_ends():
    journal, pull = Journal(), Pull(wrong=range(5, 40))
    after = journal.improve(strokes(), pull, STAGE)
    assert after.points.isfinite().all()
    assert pull.asked[-1] == 29
    assert journal.notes == [
        "tiles: 25 steps came to no number and were left out",
        "tiles: ended early, for 25 in a row came to none",
    ]


def test_a_stage_in_which_nothing_moves_ends_unless_strokes_are_to_be_laid_anew():
    journal, pull = Journal(), Pull(still=True)
    journal.improve(strokes(), pull, STAGE)
    assert pull.asked[-1] == 24
    assert journal.notes == ["tiles: ended early, for nothing moved any more"]
    moving = Pull(still=True)
    Journal().improve(strokes(), moving, replace(STAGE, relocations=1))
    assert moving.asked[-1] == 39


def test_losses_that_are_told_are_those_of_the_steps():
    heard = []
    Journal(on_progress=heard.append).improve(strokes(), Pull(wrong=(2,)), STAGE)
    assert [each.step for each in heard] == [n for n in range(1, 41) if n != 3]
    assert all(each.loss > 0 for each in heard)


def test_a_moment_of_a_stage_at_its_end_takes_no_further_step():
    done = Moment(0, replace(Standing.at_start(strokes()), steps=40), {})
    pull = Pull()
    after = Journal(start=done).improve(strokes(), pull, STAGE)
    assert pull.asked == []
    assert torch.equal(after.points, strokes().points)


def test_a_stage_that_has_ended_early_does_not_go_on_when_the_run_does():
    book = Book(due=True)
    Journal(keeper=book).improve(strokes(), Pull(still=True), STAGE)
    for moment in (book.moments[10], book.moments[-1]):
        pull = Pull(still=True)
        journal = Journal(start=moment)
        journal.improve(strokes(), pull, STAGE)
        assert moment.standing.steps + len(pull.asked) == 25
        assert journal.notes == ["tiles: ended early, for nothing moved any more"]


def test_a_moment_beyond_the_end_of_its_stage_is_refused():
    late = Moment(0, replace(Standing.at_start(strokes()), steps=41), {})
    with pytest.raises(PlotoptError, match="41 steps into a stage of 40"):
        Journal(start=late).improve(strokes(), Pull(), STAGE)


def test_strokes_lie_in_one_piece_as_those_that_are_read_do():
    """Else sums over them are taken in another order, and differ in the last bit."""
    pens = parse_pens("black,red:0.3mm")
    strokes = Strokes.of_pens(torch.rand(5, 4, 2), torch.tensor([0, 1, 0, 1, 1]), pens)
    assert not strokes.width_mm.is_contiguous()
    begun = Standing.at_start(strokes).strokes
    assert all(getattr(begun, name).is_contiguous() for name in ("points", "width_mm", "opacity", "pen"))
