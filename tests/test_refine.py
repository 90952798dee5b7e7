"""Strokes that do nothing are found and laid where ink is missing; all others stay."""

from dataclasses import dataclass, replace

import numpy as np
import pytest
import torch

from plotopt.colour.ink import Inks
from plotopt.joints import Joints
from plotopt.losses.pixel import PyramidLoss
from plotopt.objectives.base import Gradients
from plotopt.objectives.likeness import Likeness
from plotopt.objectives.problem import Problem
from plotopt.page import Rect
from plotopt.pens import Pen
from plotopt.refine import missing_ink, own_ink, relocate, worth
from plotopt.stages import Stage
from plotopt.strokes import MAX_OPACITY, Strokes
from plotopt.tones.target import Target
from plotopt.view import View

# 64 px of half a millimetre.
FRAME = Rect(10, 20, 42, 52)
VIEW = View(10, 20, 64, 64, 0.5)
STAGE = Stage("test", 64, 10, (1.0, 0.1), (1.0, 1.0))
BLACK = Inks(torch.zeros(1, 1), (False,))
# Pixels of the scene below: a disc that no stroke inks, and the block that others blacken.
DISC_PX, RADIUS_PX = torch.tensor([48.0, 46.0]), 9
USELESS = {"under others": ((42.0, 10.0), (52.0, 12.0)), "on white paper": ((38.0, 27.0), (58.0, 29.0))}


def straight(ends_px, width_px=2.0):
    """Straight strokes between points in pixels, with their page's millimetres."""
    ends = torch.tensor(ends_px, dtype=torch.float32).reshape(-1, 2, 2)
    share = torch.linspace(0, 1, 4)[:, None]
    points = ends[:, :1] + share * (ends[:, 1:] - ends[:, :1])
    return Strokes.of_pen(VIEW.to_mm(points), width_px * VIEW.mm_per_px)


def joined(*groups):
    names = ("points", "width_mm", "opacity", "pen")
    return Strokes(*(torch.cat([getattr(group, name) for group in groups]) for name in names))


def scene(first_ends):
    """One stroke to judge, a good hatching on grey, and ten strokes that overlap on black."""
    hatching = straight([((3.0, y), (29.0, y)) for y in np.arange(3.0, 62, 4)])
    black = straight([((33.0, y), (61.0, y)) for y in np.arange(4.0, 18, 1.5)])
    tone = torch.ones(64, 64)
    tone[1:63, 1:31] = 0.5
    tone[3:19, 32:62] = 0.0
    y, x = torch.meshgrid(torch.arange(64) + 0.5, torch.arange(64) + 0.5, indexing="ij")
    tone[(x - DISC_PX[0]) ** 2 + (y - DISC_PX[1]) ** 2 < RADIUS_PX**2] = 0.1
    return joined(straight([first_ends]), hatching, black), Target(tone[None], FRAME)


@dataclass(frozen=True)
class Judged:
    """A scene with its gradients and what each stroke is worth."""

    strokes: Strokes
    problem: Problem
    gradients: Gradients
    worths: torch.Tensor


def judge(strokes, target):
    loss = PyramidLoss((0.3, 1.0, 2.0, 6.0))
    problem = Problem(target, (Pen("black", "#000000", 0.5),), BLACK, loss)
    gradients = Likeness(problem, STAGE, np.random.default_rng(0)).gradients(strokes, 0)
    view = target.canvas(STAGE.mm_per_px(FRAME), loss.cell_px).view
    worths = worth(strokes, 64 * 64 * gradients.opacity, own_ink(strokes, view), loss.line_weight(2.0))
    return Judged(strokes, problem, gradients, worths)


def refined(judged, seed=0):
    likeness = Likeness(judged.problem, STAGE, np.random.default_rng(seed))
    return likeness.refine(judged.strokes, judged.gradients)


@pytest.mark.parametrize("ends", USELESS.values(), ids=USELESS)
def test_useless_stroke_is_worth_least(ends):
    worths = judge(*scene(ends)).worths
    assert worths[0] < 0.1 * worths.median()
    hatching = worths[1:-10]
    assert (hatching > 0.1 * worths.median()).all()
    assert worths[0] < hatching.min()


@pytest.mark.parametrize("ends", USELESS.values(), ids=USELESS)
def test_useless_stroke_moves_to_where_ink_is_missing(ends):
    judged = judge(*scene(ends))
    after, origins = refined(judged)
    assert origins.tolist() == [-1, *range(1, len(origins))]
    assert torch.equal(after.points[1:], judged.strokes.points[1:])
    for name in ("width_mm", "opacity", "pen"):
        assert torch.equal(getattr(after, name), getattr(judged.strokes, name))
    middle = VIEW.to_px(after.points[0]).mean(0)
    assert (middle - DISC_PX).norm() < RADIUS_PX
    again = judge(after, scene(ends)[1])
    assert again.gradients.loss < judged.gradients.loss
    assert again.worths[0] > 0


@pytest.mark.parametrize(("size", "moves"), [(3, False), (30, True)])
def test_where_only_specks_are_missing_no_stroke_is_moved(size, moves):
    strokes = straight([((3.0, y), (29.0, y)) for y in np.arange(3.0, 62, 4)])
    missing, worths = np.zeros((64, 64)), torch.ones(len(strokes))
    missing[32 : 32 + size, 32 : 32 + size], worths[4] = 1.0, 0.0
    after, origins = relocate(strokes, worths, VIEW, lambda _: missing, np.random.default_rng(0))
    assert (origins < 0).nonzero()[:, 0].tolist() == [4] * moves
    assert torch.equal(after.points, strokes.points) != moves


def test_moving_repeats_with_the_generator_and_spares_its_input():
    judged = judge(*scene(USELESS["on white paper"]))
    before = judged.strokes.points.clone()
    one, other = refined(judged), refined(judged)
    assert torch.equal(one[0].points, other[0].points)
    assert torch.equal(judged.strokes.points, before)


def test_good_drawing_is_left_alone():
    strokes, target = scene(USELESS["on white paper"])
    hatching = strokes.select(torch.arange(1, len(strokes) - 10))
    tone = torch.ones(1, 64, 64)
    tone[:, 1:63, 1:31] = 0.5
    after, origins = refined(judge(hatching, replace(target, pixels=tone)))
    assert torch.equal(origins, torch.arange(len(after)))
    assert torch.equal(after.points, hatching.points)


@pytest.mark.parametrize("ends", USELESS.values(), ids=USELESS)
def test_where_no_ink_is_missing_nothing_moves(ends):
    strokes, target = scene(ends)
    after, origins = refined(judge(strokes, replace(target, pixels=torch.ones(1, 64, 64))))
    assert torch.equal(origins, torch.arange(len(after)))
    assert torch.equal(after.points, strokes.points)


def test_moved_splines_keep_their_number_of_control_points():
    points = VIEW.to_mm(torch.rand(40, 7, 2, generator=torch.Generator().manual_seed(0)) * 10 + 2)
    strokes = Strokes.of_pen(points, 1.0)
    worths = torch.ones(40)
    worths[5] = -1
    wanted = np.zeros((64, 64))
    wanted[40:60, 30:60] = 0.8
    after, origins = relocate(strokes, worths, VIEW, lambda kept: wanted, np.random.default_rng(0))
    assert origins.tolist() == [*range(5), -1, *range(6, 40)]
    assert after.points.shape == strokes.points.shape
    middle = VIEW.to_px(after.points[5]).mean(0)
    assert 30 <= middle[0] <= 60
    assert 40 <= middle[1] <= 60


def test_missing_ink_is_asked_of_the_strokes_that_stay():
    strokes = straight([((5.0, y), (20.0, y)) for y in range(5, 45, 2)])
    worths = torch.linspace(1, 2, 20)
    worths[7] = -1
    heard = []
    relocate(strokes, worths, VIEW, lambda kept: heard.append(kept) or np.zeros((64, 64)), None)
    assert torch.equal(heard[0].points, strokes.points[torch.arange(20) != 7])


def test_only_few_strokes_move_at_once():
    strokes = straight([((5.0, 5.0), (20.0, 9.0))] * 200)
    worths = torch.linspace(-1, -0.1, 200)
    rng = np.random.default_rng(0)
    after, origins = relocate(strokes, worths, VIEW, lambda kept: np.full((64, 64), 0.5), rng)
    moved = origins < 0
    assert 1 <= moved.sum() <= 20
    # The worst go first.
    assert moved[: int(moved.sum())].all()
    assert torch.isfinite(after.points).all()


def test_own_ink_of_a_lone_stroke_is_its_area():
    # A bar of 20 x 3 px and its two round ends, drawn with 0.999 of full ink.
    area = MAX_OPACITY * (20 * 3 + np.pi * 1.5**2)
    ink = own_ink(straight([((20.0, 30.0), (40.0, 30.0))], width_px=3.0), VIEW)
    assert ink.tolist() == pytest.approx([area], rel=0.02)


def test_own_ink_counts_what_no_other_stroke_covers():
    cross = straight([((10.0, 30.0), (50.0, 30.0)), ((30.0, 10.0), (30.0, 50.0))], width_px=4.0)
    alone = own_ink(cross.select(torch.tensor([0])), VIEW)
    # At the crossing 4 x 4 px are inked twice over.
    assert own_ink(cross, VIEW).tolist() == pytest.approx([float(alone[0]) - 16] * 2, rel=0.02)
    twins = straight([((10.0, 30.0), (50.0, 30.0))] * 2, width_px=4.0)
    assert (own_ink(twins, VIEW) < 0.2 * alone).all()


def test_own_ink_ends_at_the_windows_edge():
    across, beyond = ((-20.0, 30.0), (20.0, 30.0)), ((200.0, 200.0), (220.0, 200.0))
    within, nothing = own_ink(straight([across, beyond], width_px=3.0), VIEW).tolist()
    assert within == pytest.approx(20 * 3 + np.pi * 1.5**2 / 2, rel=0.02)
    assert nothing == 0
    assert own_ink(straight([beyond]), VIEW).tolist() == [0]


def test_worth_by_hand():
    strokes = replace(straight([((0.0, 0.0), (9.0, 0.0))] * 2), opacity=torch.tensor([0.5, 0.25]))
    # 3 a pixel for 10 and 20 px of own ink, and the rise -a dL/da to first order.
    worths = worth(strokes, torch.tensor([-4.0, 8.0]), torch.tensor([10.0, 20.0]), 3.0)
    assert worths.tolist() == [30 + 2, 60 - 2]


def test_missing_ink_lies_where_the_drawing_is_too_light():
    strokes, target = scene(USELESS["under others"])
    # Where edges overlap, some light comes through: wide strokes lie over them.
    pile = straight([((38.0, y), (56.0, y)) for y in (9.0, 11.0, 13.0)], width_px=12.0)
    (missing,) = missing_ink(joined(strokes, pile), target, BLACK)
    assert missing.shape == (64, 64)
    assert 0 <= missing.min() <= missing.max() <= 1
    column, row = DISC_PX.int().tolist()
    assert missing[row, column] == pytest.approx(0.9, abs=0.03)
    assert missing[6:16, 40:54].max() < 0.01
    assert missing[25:32, 36:].max() < 0.01
    assert missing[30:34, 6:26].mean() < 0.3


def test_black_drawing_misses_no_ink():
    black = straight([((-20.0, 32.0), (84.0, 32.0))], width_px=200.0)
    target = Target(torch.rand(1, 64, 64, generator=torch.Generator().manual_seed(0)), FRAME)
    assert missing_ink(black, target, BLACK).max() < 0.01
    assert missing_ink(straight([((200.0, 0.0), (210.0, 0.0))]), target, BLACK).mean() == pytest.approx(
        float(1 - target.pixels.mean()), abs=0.02
    )


def test_each_place_misses_the_ink_that_would_mend_most():
    """Bare paper of a quarter of all light; white hides what is below, black is on top."""
    inks = Inks(torch.tensor([[1.0], [0.0]]), (True, False), torch.tensor([0.25]))
    tone = torch.full((1, 64, 64), 0.25)
    tone[:, :, :20], tone[:, :, 44:] = 0.75, 0.05
    none = Strokes.of_pen(torch.zeros(0, 4, 2), 0.4)
    white, black = missing_ink(none, Target(tone, FRAME, (0.25,)), inks)
    assert white[:, :10] == pytest.approx(0.5 / 0.75, abs=1e-3)
    assert white[:, 30:].max() < 1e-3
    assert black[:, 54:] == pytest.approx(0.2 / 0.25, abs=1e-3)
    assert black[:, :34].max() < 1e-3


@pytest.mark.parametrize("reflectance", [0.0, 0.999])
def test_of_pens_alike_one_is_asked_for_its_ink_and_of_unseen_ones_none(reflectance):
    inks = Inks(torch.full((2, 1), reflectance), (False, False))
    none = Strokes.of_pen(torch.zeros(0, 4, 2), 0.4)
    one, other = missing_ink(none, Target(torch.full((1, 64, 64), 0.4), FRAME), inks)
    assert one.max() == pytest.approx(0 if reflectance else 0.6, abs=1e-3)
    assert other.max() == 0


def test_colours_miss_the_ink_of_their_hue():
    inks = Inks(torch.tensor([[0.0, 1.0, 1.0], [1.0, 0.0, 1.0]]), (False, False))
    red = torch.ones(3, 64, 64)
    red[0] = 0.4
    none = Strokes.of_pen(torch.zeros(0, 4, 2), 0.4)
    cyan, magenta = missing_ink(none, Target(red, FRAME), inks)
    assert cyan[20:44, 20:44] == pytest.approx(0.6, abs=1e-3)
    assert magenta.max() < 1e-3


@pytest.mark.parametrize("count", [0, 1, 2])
def test_hardly_any_strokes(count):
    ends = [USELESS["on white paper"], ((3.0, 5.0), (29.0, 5.0))][:count]
    strokes, (_, target) = straight(ends), scene(USELESS["on white paper"])
    after, origins = refined(judge(strokes, target))
    assert len(origins) == len(after) == count
    assert after.points.shape == strokes.points.shape
    assert torch.isfinite(after.points).all()


def test_strokes_without_length_can_be_moved():
    strokes = straight([((20.0, 20.0), (20.0, 20.0))] * 5)
    worths, rng = torch.tensor([-1.0, 1, 1, 1, 1]), np.random.default_rng(0)
    after, origins = relocate(strokes, worths, VIEW, lambda kept: np.full((64, 64), 0.5), rng)
    assert origins.tolist() == [-1, 1, 2, 3, 4]
    assert torch.isfinite(after.points).all()


def test_strokes_of_one_line_stay_where_they_are():
    """The worst three are a line; the next worst goes instead."""
    points = VIEW.to_mm(torch.rand(100, 6, 2, generator=torch.Generator().manual_seed(0)) * 10 + 2)
    strokes = replace(Strokes.of_pen(points, 1.0), joints=Joints.along([3, *[1] * 97], [2, *[1] * 97]))
    worths, rng = torch.ones(100), np.random.default_rng(0)
    worths[:3], worths[40] = -5, -1
    after, origins = relocate(strokes, worths, VIEW, lambda kept: np.full((64, 64), 0.5), rng)
    assert (origins < 0).nonzero().tolist() == [[40]]
    assert after.joints is strokes.joints
    assert torch.equal(after.points[:40], points[:40])
