"""A steady hand: lines keep their direction or their shape, and lines over lines cost."""

import re
from dataclasses import replace

import numpy as np
import pytest
import torch
from pictures import plain

import plotopt
from plotopt.colour.ink import Inks
from plotopt.errors import PlotoptError
from plotopt.hand import Hand
from plotopt.losses.grain import Grain
from plotopt.losses.pixel import PyramidLoss
from plotopt.objectives.base import Gradients, Objective, smoothed
from plotopt.objectives.problem import Look, Problem, loss_of
from plotopt.objectives.steady import Grip, Steady
from plotopt.page import Rect
from plotopt.pens import Pen
from plotopt.settings import read_settings
from plotopt.stages import Quality, Stage, stages_for
from plotopt.strokes import Strokes
from plotopt.tones.target import Target
from plotopt.view import View

TINY = {"strokes": 60, "quality": "draft", "size": 128, "paper": "a6", "orientation": "landscape"}
STAGE = Stage("some", 100, 10, (1.0, 0.1), (1.0, 0.6), smoothness=0.02, firmness=0.02)
PENS = (Pen("black", "#000000", 1.0),)
SKY = Target(torch.ones(1, 320, 320), Rect(0, 0, 32, 32))


class Flat(Objective):
    """Pulls at every stroke but a little, whatever it is."""

    mm_per_px, pixels = 0.5, 1000.0

    def gradients(self, strokes, number):
        nudge = torch.full_like(strokes.points, 1e-30)
        return Gradients(torch.zeros((), dtype=torch.float64), nudge, torch.zeros_like(strokes.opacity))

    def refine(self, strokes, gradients):
        """The first goes, and a new one comes at the end."""
        new = strokes.points[:1] + 50
        points = torch.cat([strokes.points[1:], new])
        return strokes.with_points(points), torch.tensor([*range(1, len(strokes)), -1])


def wavy(count=3):
    at = torch.linspace(0, 10, 6).expand(count, -1)
    return Strokes.of_pen(torch.stack([at, at.sin() + torch.arange(count)[:, None]], dim=-1), 0.4)


def test_the_usual_hand_pays_as_much_for_leaving_the_grain_as_for_bends():
    stages = list(stages_for(Quality.NORMAL))
    assert [Hand().held(stage) for stage in stages] == stages
    assert all(stage.firmness == stage.smoothness > 0 for stage in stages)
    assert (Hand().firmness, Hand().keeping, Hand().overlap) == (1, 0, 0)


def test_stiffness_multiplies_smoothness_and_its_square_firmness():
    stiff = Hand(stiffness=3).held(STAGE)
    assert (stiff.smoothness, stiff.firmness) == pytest.approx((0.06, 0.18))
    assert Hand(stiffness=0).held(STAGE) == replace(STAGE, smoothness=0.0, firmness=0.0)


def test_what_is_not_directed_has_no_grain():
    assert Hand(stiffness=3, directed=False).held(STAGE).firmness == 0
    task = Problem(SKY, PENS, Inks.of_pens(PENS, 1), PyramidLoss())
    assert task.grained().grain.twice.shape == (32, 32, 1, 2)
    assert replace(task, hand=Hand(directed=False)).grained().grain is None


def test_what_is_laid_in_a_shape_keeps_it_instead():
    hand = Hand(stiffness=2, laid=True)
    assert hand.held(STAGE).smoothness == hand.firmness == 0
    assert hand.keeping == 2 * Hand(laid=True).keeping > 0


def test_laid_shapes_cost_nothing_moved_or_stretched_and_something_bent():
    strokes, objective = wavy(), Steady(Flat(), Grip(keeping=1.0))
    assert objective.gradients(strokes, 0).loss == 0
    moved = strokes.with_points(strokes.points + torch.tensor([3.0, -2.0]))
    assert objective.gradients(moved, 1).loss == pytest.approx(0, abs=1e-9)
    bent = strokes.points.clone()
    bent[1, 2, 1] += 0.5
    found = objective.gradients(strokes.with_points(bent), 2)
    # Second differences change by 0.5, -1 and 0.5, on 250 mm^2.
    assert float(found.loss) == pytest.approx(1.5 / 250, rel=1e-5)
    assert found.points[1, 2, 1] > 0
    assert found.points[[0, 2]].abs().max() < 1e-6


def test_strokes_laid_anew_keep_the_shape_that_they_have_then():
    strokes, objective = wavy(), Steady(Flat(), Grip(keeping=1.0))
    found = objective.gradients(strokes, 0)
    refined, origins = objective.refine(strokes, found)
    assert origins.tolist() == [1, 2, -1]
    assert objective.gradients(refined, 1).loss == pytest.approx(0, abs=1e-9)


def test_leaving_the_grain_costs():
    view = View(0, 0, 20, 20, 1.0)
    grain = Grain.of(view, torch.zeros(1, 20, 20))
    along = Strokes.of_pen(torch.tensor([[[1.0, 5], [3, 5], [5, 5], [7, 5]]]), 0.4)
    aside = along.with_points(along.points.flip(-1))
    flat, stage = Flat(), replace(STAGE, smoothness=0.0, firmness=0.5)

    def loss(strokes):
        return float(smoothed(flat.gradients(strokes, 0), strokes.points, flat, stage).loss)

    assert loss(aside) == 0
    flat.grain = grain
    assert Steady(flat, Grip()).grain is grain
    assert loss(along) == 0
    assert loss(aside) == pytest.approx(0.5 * 12 / 250)


def test_nothing_is_gripped_that_nothing_is_asked_of():
    strokes = wavy()
    found = Steady(Flat(), Grip()).gradients(strokes, 0)
    assert found.loss == 0
    assert torch.equal(found.points, Flat().gradients(strokes, 0).points)
    assert Steady(Flat(), Grip(ink=1.0)).leaps is False


def priced(strokes, crossings):
    """The loss with a price on crossings less that without."""
    view = View(0, 0, 320, 320, 0.1)
    losses = []
    for hand in (Hand(crossings=crossings), Hand()):
        problem = Problem(SKY, PENS, Inks.of_pens(PENS, 1), PyramidLoss(), hand=hand)
        losses.append(float(loss_of(problem, Look(strokes, view, 0.6, 102400.0))))
    ink = Flat()
    ink.mm_per_px, ink.pixels = 0.1, 102400.0
    laid = Steady(ink, Grip(ink=Hand(crossings=crossings).overlap)).gradients(strokes, 0).loss
    return losses[0] - losses[1] + float(laid)


def lines(*starts):
    at = torch.linspace(0, 20, 4)
    points = [torch.stack([x + at, torch.full_like(at, y)], -1) for x, y in starts]
    return Strokes.of_pen(torch.stack(points), 1.0)


def test_ink_over_ink_and_ink_off_the_page_cost_and_other_ink_does_not():
    unit = Hand(crossings=1).overlap / 1024
    assert priced(lines((6, 8), (6, 20)), 1) == pytest.approx(0, abs=2 * unit)
    assert priced(lines((6, 8), (6, 8)), 1) == pytest.approx(20 * unit, abs=2 * unit)
    assert priced(lines((22, 8)), 1) == pytest.approx(10 * unit, abs=2 * unit)
    assert priced(lines((6, 8), (6, 8)), 4) == pytest.approx(4 * priced(lines((6, 8), (6, 8)), 1), rel=1e-3)


def tangents(svg):
    """The angles of all steps of an SVG's paths, in degrees from 0 to 180, and their lengths."""
    paths = re.findall(r'<path[^>]* d="([^"]*)"', svg)
    steps = [np.diff(np.array(re.findall(r"-?[\d.]+", path), float).reshape(-1, 2), axis=0) for path in paths]
    x, y = np.concatenate(steps).T
    return np.degrees(np.arctan2(-y, x)) % 180, np.hypot(x, y)


def test_stiff_lines_keep_their_direction_in_a_light_sky():
    sky = np.linspace(190, 235, 64).astype(np.uint8)[:, None].repeat(96, 1)
    sky[20:30, 40:60] = 150

    def leaning(stiffness):
        svg = plotopt.fit(sky, direction="45", stiffness=stiffness, link=0, **TINY).svg()
        angles, lengths = tangents(svg)
        return np.average(np.abs(angles - 45), weights=lengths)

    assert leaning(10) < 0.5 * leaning(1)


@pytest.mark.parametrize(
    "options",
    [
        {"stiffness": 10, "pens": "red,black"},
        {"crossings": 10, "pens": "red,black"},
        {"stiffness": 0, "crossings": 10},
        {"curl": 100},
        {"curl": 0.01},
        {"curl": 4, "stiffness": 0, "pens": "gelly-roll-white-08,black", "stock": "kraft"},
        {"curl": 4, "direction": "0,90", "crossings": 1, "strokes": 3},
        {"stiffness": 10, "single_line": "flow", "direction": "relief"},
    ],
)
@pytest.mark.parametrize("value", [0, 120, 255])
def test_odd_requests_make_drawings(options, value):
    assert "<svg" in plotopt.fit(plain(value), **(TINY | {"strokes": 30, "size": 64} | options)).svg()


@pytest.mark.parametrize(("name", "most"), [("stiffness", 10), ("crossings", 10), ("curl", 100)])
def test_prices_out_of_range_are_refused(name, most):
    for value in (-0.1, most + 0.1, float("nan")):
        with pytest.raises(PlotoptError, match=f"{name} is"):
            read_settings(**{name: value})
