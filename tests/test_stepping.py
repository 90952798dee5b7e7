"""The steps of one stage, on an objective worked by hand: springs that pull strokes to a place."""

from dataclasses import dataclass, field, replace
from itertools import pairwise

import numpy as np
import pytest
import torch
from optimising import optimize

from plotopt.objectives.base import Gradients, Objective
from plotopt.stages import Stage
from plotopt.stepping import smoothed
from plotopt.strokes import Strokes

STAGE = Stage("test", 64, 20, (1.0, 0.1), (1.0, 1.0))


@dataclass
class Springs(Objective):
    """Half the squared distance of the first ``held`` strokes' points from a place, and of their leanings."""

    place: torch.Tensor
    held: int = 99
    leaning: torch.Tensor | None = None
    shift: float | None = None
    mm_per_px: float = 0.5
    pixels: float = 1000.0
    asked: list = field(default_factory=list)
    refined: list = field(default_factory=list)

    def gradients(self, strokes, number):
        self.asked.append(number)
        held = (torch.arange(len(strokes)) < self.held).float()
        pull = (strokes.points - self.place) * held[:, None, None]
        loss, lean = 0.5 * float(pull.square().sum()), None
        if strokes.leaning is not None:
            lean = (strokes.leaning - self.leaning) * held[:, None]
            loss += 0.5 * float(lean.square().sum())
        return Gradients(loss, pull, torch.zeros(len(strokes)), lean)

    def refine(self, strokes, gradients):
        """Shifts the first stroke, if at all."""
        self.refined.append(gradients.loss)
        if self.shift is None:
            return super().refine(strokes, gradients)
        numbers = torch.arange(len(strokes))
        moved = numbers == 0
        points = strokes.points + self.shift * moved[:, None, None]
        return strokes.with_points(points), numbers.masked_fill(moved, -1)


def strokes_at(*middles_mm):
    """Straight evenly spaced strokes, 3 mm long."""
    line = torch.linspace(-1.5, 1.5, 4)[:, None] * torch.tensor([1.0, 0.0])
    return Strokes.of_pen(torch.tensor(middles_mm, dtype=torch.float32)[:, None] + line, 0.4)


def home(strokes, offset=20.0):
    return strokes.points + torch.tensor([offset, -offset])


def test_strokes_go_where_they_are_pulled():
    strokes, losses = strokes_at([0, 0], [5, 5]), []
    springs = Springs(home(strokes, 3.0))
    after = optimize(strokes, springs, replace(STAGE, steps=60), lambda number, loss: losses.append(loss))
    assert losses[0] == pytest.approx(0.5 * 16 * 9)
    assert losses[-1] < 0.01 * losses[0]
    assert (after.points - springs.place).abs().max() < 0.3


def test_a_first_step_is_as_long_as_the_stage_says():
    """One pixel of 0.5 mm along each axis, however strong the pull."""
    strokes = strokes_at([0, 0])
    for strength in (0.01, 500.0):
        after = optimize(strokes, Springs(home(strokes, strength)), replace(STAGE, steps=1))
        expected = torch.tensor([0.5, -0.5]).expand(4, 2)
        assert torch.allclose((after.points - strokes.points)[0], expected, atol=1e-4)


def test_steps_shrink_from_the_first_size_to_the_last():
    strokes, places = strokes_at([0, 0]), []

    class Watched(Springs):
        def gradients(self, strokes, number):
            places.append(strokes.points)
            return super().gradients(strokes, number)

    places.append(optimize(strokes, Watched(home(strokes, 1e4)), STAGE).points)
    lengths_px = [float((after - before).abs().max()) / 0.5 for before, after in pairwise(places)]
    assert lengths_px[0] == pytest.approx(1.0, rel=1e-3)
    assert lengths_px[-1] == pytest.approx(0.1, rel=0.01)
    assert lengths_px == sorted(lengths_px, reverse=True)


@pytest.mark.parametrize("relocations", [0, 3])
def test_each_step_is_heard_once_and_in_order(relocations):
    heard = []
    strokes = strokes_at([0, 0])
    stage = replace(STAGE, steps=7, relocations=relocations)
    optimize(strokes, Springs(home(strokes)), stage, lambda number, loss: heard.append((number, loss)))
    assert [number for number, _ in heard] == list(range(7))
    assert all(isinstance(loss, float) and np.isfinite(loss) for _, loss in heard)


def test_no_steps_change_nothing():
    strokes, springs = strokes_at([0, 0]), Springs(torch.zeros(1, 4, 2))
    assert torch.equal(optimize(strokes, springs, replace(STAGE, steps=0)).points, strokes.points)
    assert springs.asked == []


def test_given_strokes_stay_as_they_are():
    strokes = replace(strokes_at([0, 0]), leaning=torch.zeros(1, 2))
    points, leaning = strokes.points.clone(), strokes.leaning.clone()
    after = optimize(strokes, Springs(home(strokes), leaning=torch.ones(1, 2)), STAGE)
    assert torch.equal(strokes.points, points)
    assert torch.equal(strokes.leaning, leaning)
    assert not torch.equal(after.points, points)
    assert not torch.equal(after.leaning, leaning)
    for name in ("width_mm", "opacity", "pen"):
        assert torch.equal(getattr(after, name), getattr(strokes, name))


def test_strokes_that_nothing_pulls_at_keep_still():
    bent = torch.tensor([0.0, 3.0, -3.0, 0.0])[:, None] * torch.tensor([0.0, 1.0])
    strokes = replace(strokes_at([0, 0], [5, 5]), leaning=torch.zeros(2, 3))
    strokes = strokes.with_points(strokes.points + bent)
    springs = Springs(home(strokes), held=1, leaning=torch.tensor([1.0, 0.0, 0.0]))
    after = optimize(strokes, springs, replace(STAGE, smoothness=0.5))
    assert torch.equal(after.points[1], strokes.points[1])
    assert torch.equal(after.leaning[1], strokes.leaning[1])
    assert not torch.equal(after.points[0], strokes.points[0])
    assert not torch.equal(after.leaning[0], strokes.leaning[0])


def test_leanings_take_steps_of_a_tenth_at_most():
    strokes = replace(strokes_at([0, 0]), leaning=torch.zeros(1, 2))
    springs = Springs(strokes.points, leaning=torch.tensor([[50.0, -50.0]]))
    one = optimize(strokes, springs, replace(STAGE, steps=1))
    assert torch.allclose(one.leaning, torch.tensor([[0.1, -0.1]]), atol=1e-5)
    # The step's size does not fall: nothing but sharpness shall decide strokes that have no preference.
    many = optimize(strokes, springs, replace(STAGE, steps=20))
    assert torch.allclose(many.leaning, torch.tensor([[2.0, -2.0]]), atol=0.01)


def test_decided_strokes_stay_decided():
    strokes = strokes_at([0, 0])
    assert optimize(strokes, Springs(home(strokes)), STAGE).leaning is None


def test_refining_happens_when_the_stage_says_and_its_loss_is_told():
    strokes, losses = strokes_at([0, 0], [9, 9]), []
    stage = replace(STAGE, relocations=2)
    at = [number for number in range(stage.steps) if stage.relocates_at(number)]
    springs = Springs(strokes.points, shift=4.0)
    optimize(strokes, springs, stage, lambda number, loss: losses.append(loss))
    assert len(springs.refined) == len(at) == 2
    # The objective is asked twice at such a step: before, and again with the strokes moved.
    assert springs.asked == sorted([*range(stage.steps), *at])
    assert losses[: at[0]] == [0] * at[0]
    assert losses[at[0]] == pytest.approx(0.5 * 8 * 16)


def test_strokes_that_were_moved_begin_afresh():
    """Both have been pulled one way; moved beyond its home, one turns back at once, at full length."""
    strokes = strokes_at([0, 0], [9, 9])
    stage = replace(STAGE, steps=11, relocations=1, step_px=(1.0, 1.0))
    at = next(number for number in range(stage.steps) if stage.relocates_at(number))
    places = []

    class Watched(Springs):
        def gradients(self, strokes, number):
            places.append(strokes.points)
            return super().gradients(strokes, number)

    springs = Watched(strokes.points + 100, shift=500.0)
    optimize(strokes, springs, stage)
    turned = places[at + 2] - places[at + 1]
    assert torch.allclose(turned[0], torch.full((4, 2), -0.5), atol=1e-4)
    assert (turned[1] > 0).all()


def test_bends_are_counted_in_pixels():
    """Square bend in px over all pixels: (2 / 0.5)^2 / 1000 for one second difference of 2 mm."""
    strokes = strokes_at([0, 0], [5, 5])
    strokes.points[:, 3, 0] += 2
    none = Gradients(1.0, torch.zeros(2, 4, 2), torch.zeros(2))
    none.points[0, 0, 1] = 1e-9
    springs, stage = Springs(strokes.points), replace(STAGE, smoothness=3.0)
    found = smoothed(none, strokes.points, springs, stage)
    assert found.loss == pytest.approx(1 + 3 * 2 * 16 / 1000)
    # By hand: the derivative of (p1 - 2 p2 + p3)^2 is 2 * 2 mm times 1, -2, 1; the second stroke is left be.
    expected = 3 * torch.tensor([0.0, 4, -8, 4]) / (1000 * 0.25)
    assert torch.allclose(found.points[0, :, 0], expected, rtol=1e-4)
    assert torch.equal(found.points[1], torch.zeros(4, 2))


def test_smoothness_straightens():
    strokes = strokes_at([0, 0])
    crooked = home(strokes, 2.0) + torch.tensor([0.0, 1.0, -1.0, 0.0])[:, None]
    stage = replace(STAGE, steps=60)
    bends = [
        float(optimize(strokes, Springs(crooked), settings).points.diff(n=2, dim=1).square().sum())
        for settings in (stage, replace(stage, smoothness=1000.0))
    ]
    assert bends[1] < 0.2 * bends[0]


@pytest.mark.parametrize("leaning", [None, torch.zeros(0, 2)])
def test_no_strokes_at_all(leaning):
    strokes = replace(strokes_at([0, 0]).select(torch.arange(0)), leaning=leaning)
    stage = replace(STAGE, steps=3, relocations=1, smoothness=0.1)
    after = optimize(strokes, Springs(torch.zeros(4, 2), leaning=torch.zeros(2)), stage)
    assert after.points.shape == (0, 4, 2)
