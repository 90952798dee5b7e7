"""Strokes drawn towards a picture on small pages: the loss falls, tiles change nothing, no seams."""

from dataclasses import replace

import numpy as np
import pytest
import torch
from optimising import optimize
from scipy.ndimage import gaussian_filter

from plotopt.colour.ink import Inks
from plotopt.first_strokes.sowing import Soil
from plotopt.joints import Joints
from plotopt.losses.pixel import PyramidLoss
from plotopt.objectives.likeness import Likeness
from plotopt.objectives.problem import Problem
from plotopt.page import Rect
from plotopt.pens import Pen
from plotopt.render import render
from plotopt.stages import Stage
from plotopt.stepping import smoothed
from plotopt.strokes import Strokes
from plotopt.tones.target import Target

# 64 px of half a millimetre.
FRAME = Rect(10, 20, 42, 52)
STAGE = Stage("test", 64, 30, (1.0, 0.1), (1.2, 0.8))
BLACK = Inks(torch.zeros(1, 1), (False,))
PEN = Pen("black", "#000000", 0.6)


def problem(tone, place=FRAME):
    target = Target(torch.as_tensor(tone, dtype=torch.float32)[None], place)
    return Problem(target, (PEN,), BLACK, PyramidLoss())


def blob(size=64):
    """A soft dark blot, off the middle, on white."""
    y, x = np.mgrid[:size, :size] + 0.5
    return 1 - 0.8 * np.exp(-((x - 0.6 * size) ** 2 + (y - 0.4 * size) ** 2) / (2 * (0.2 * size) ** 2))


def scattered(count=20, control_points=4, seed=0):
    """Short strokes of 0.6 mm anywhere on the frame."""
    generator = torch.Generator().manual_seed(seed)
    corner, size = torch.tensor([FRAME.left, FRAME.top]), torch.tensor([FRAME.width, FRAME.height])
    middles = corner + size * torch.rand(count, 1, 2, generator=generator)
    direction = torch.randn(count, 1, 2, generator=generator)
    steps = torch.linspace(-3, 3, control_points)[:, None] * direction / direction.norm(dim=-1, keepdim=True)
    wobble = 0.2 * torch.randn(count, control_points, 2, generator=generator)
    return Strokes.of_pen(middles + steps + wobble, 0.6)


def on_lines(strokes, counts):
    """The same strokes, those of each line so many and following one another."""
    joints, points = Joints.along(counts, [1] * len(counts)), strokes.points.clone()
    for before, after in joints.pairs.tolist():
        points[after] += points[before, 3] - points[after, 0]
        points[after, :3] = points[before, 3:]
    return replace(strokes, points=points, joints=joints)


def run(strokes, task, stage=STAGE, seed=0, **listener):
    return optimize(strokes, Likeness(task, stage, np.random.default_rng(seed)), stage, **listener)


def gradients(strokes, task, stage, seed=0):
    """Those of step 3, with the strokes' smoothness."""
    objective = Likeness(task, stage, np.random.default_rng(seed))
    return smoothed(objective.gradients(strokes, 3), strokes.points, objective, stage)


@pytest.mark.parametrize("control_points", [4, 6])
def test_loss_falls(control_points):
    losses = []
    strokes = scattered(control_points=control_points)
    after = run(strokes, problem(blob()), on_step=lambda number, loss: losses.append(loss))
    assert after.points.shape == strokes.points.shape
    assert np.mean(losses[-3:]) < 0.5 * losses[0]


def test_relocation_helps_strokes_that_began_on_white():
    strokes = scattered(40)
    stage = replace(STAGE, relocations=4)
    still, moved = [], []
    stayed = run(strokes, problem(blob()), on_step=lambda number, loss: still.append(loss))
    relaid = run(strokes, problem(blob()), stage, on_step=lambda number, loss: moved.append(loss))
    # Losses on the way are those of tones shifted meanwhile.
    without, with_moves = (float(gradients(after, problem(blob()), stage).loss) for after in (stayed, relaid))
    assert with_moves < 0.8 * without
    first = next(number for number in range(stage.steps) if stage.relocates_at(number))
    assert moved[:first] == still[:first]
    # What a step reports and follows is the page with the strokes already moved.
    assert moved[first] != still[first]


@pytest.mark.parametrize("size_px", [128, 256])
def test_loss_is_counted_a_pixel(size_px):
    """Half the light is missing on each level of every pixel, but for cells across the page's edge."""
    task = replace(problem(np.full((256, 256), 0.5)), loss=PyramidLoss((1.0, 2.0, 3.0, 4.0)))
    away = scattered(3).with_points(torch.full((3, 4, 2), 999.0))
    loss = gradients(away, task, replace(STAGE, long_side_px=size_px)).loss
    assert loss == pytest.approx(10 * 0.25, rel=0.1)


def test_pixels_are_those_of_the_stage():
    objective = Likeness(problem(blob(), Rect(10, 20, 42, 36)), STAGE, np.random.default_rng(0))
    assert objective.mm_per_px == 0.5
    assert objective.pixels == 64 * 32


def test_same_seed_same_bits():
    stage = replace(STAGE, steps=12, relocations=2, tile_px=32, smoothness=0.01)
    one, other = (run(scattered(), problem(blob()), stage) for _ in range(2))
    assert torch.equal(one.points, other.points)
    different = run(scattered(), problem(blob()), stage, seed=1)
    assert not torch.equal(one.points, different.points)


def test_tiles_give_lines_the_gradients_of_the_whole_page():
    """A line's strokes lie in many tiles; its joints are none of the tiles' business."""
    strokes, task = on_lines(scattered(60, 6), [1, 7, 2, 20, 30]), problem(blob())
    stage = replace(STAGE, long_side_px=96, smoothness=0.01)
    whole, tiled, apart = (
        gradients(drawn, task, replace(stage, tile_px=tile_px))
        for drawn, tile_px in ((strokes, 1024), (strokes, 32), (strokes.apart(), 32))
    )
    torch.testing.assert_close(tiled.points, whole.points, rtol=0, atol=1e-5 * whole.points.abs().max())
    assert torch.equal(apart.points, tiled.points)


@pytest.mark.parametrize("tile_px", [32, 512])
def test_lines_are_drawn_as_lines(tile_px):
    strokes, losses = on_lines(scattered(30, 6), [1] * 6 + [2, 3, 1, 8, 10]), []
    stage = replace(STAGE, tile_px=tile_px, relocations=2)
    after = run(strokes, problem(blob()), stage, on_step=lambda number, loss: losses.append(loss))
    assert np.mean(losses[-3:]) < 0.7 * losses[0]
    assert sum(after.laid()) == sum(strokes.laid())
    assert torch.equal(after.joints.drawn_together(after.points), after.points)
    assert len(after.chains()) == 11


@pytest.mark.parametrize("tone", [0.5, 0.7, 0.9])
def test_a_stroke_is_judged_by_how_much_worse_the_loss_gets_without_it(tone, monkeypatch):
    ends = torch.tensor([[14.0, 30.0], [38.0, 44.0]])
    alone = Strokes.of_pen((ends[0] + torch.linspace(0, 1, 4)[:, None] * (ends[1] - ends[0]))[None], 0.6)
    elsewhere = alone.with_points(alone.points + 1000)
    task, judged = problem(np.full((64, 64), tone)), []

    def judge(strokes, worths, *_):
        judged.append(worths.item())
        return strokes, torch.arange(len(strokes))

    monkeypatch.setattr("plotopt.objectives.likeness.relocate", judge)
    # As sharp as it ends, and as refinement sees it.
    stage = replace(STAGE, softness_px=(0.8, 0.8))
    objective = Likeness(task, stage, np.random.default_rng(0))
    before, without = (objective.gradients(each, 0) for each in (alone, elsewhere))
    objective.refine(alone, before)
    assert judged == [pytest.approx((without.loss - before.loss).item() * 64 * 64, rel=0.1)]


def test_given_strokes_and_target_stay_as_they_are():
    strokes, task = scattered(), problem(blob())
    names = ("points", "width_mm", "opacity", "pen")
    before = [getattr(strokes, name).clone() for name in names]
    pixels = task.target.pixels.clone()
    after = run(strokes, task, replace(STAGE, steps=8, relocations=2))
    for name, value in zip(names, before, strict=True):
        assert torch.equal(getattr(strokes, name), value)
        assert not getattr(after, name).requires_grad
    assert torch.equal(task.target.pixels, pixels)
    assert not strokes.points.requires_grad
    assert torch.equal(after.width_mm, strokes.width_mm)
    assert torch.equal(after.opacity, strokes.opacity)
    assert not torch.equal(after.points, strokes.points)


@pytest.mark.parametrize("size_px", [96, 100])
@pytest.mark.parametrize("place", [FRAME, Rect(10, 20, 42, 41)])
def test_tiles_give_the_gradients_of_the_whole_page(size_px, place):
    strokes = replace(scattered(60), width_mm=torch.linspace(0.1, 3, 60))
    task = problem(blob(), place)
    whole_stage = replace(STAGE, long_side_px=size_px, tile_px=1024, smoothness=0.01)
    whole = gradients(strokes, task, whole_stage)
    tiled = gradients(strokes, task, replace(whole_stage, tile_px=32))
    assert tiled.loss.item() == pytest.approx(whole.loss.item(), rel=1e-5)
    for name in ("points", "opacity"):
        expected = getattr(whole, name)
        torch.testing.assert_close(getattr(tiled, name), expected, rtol=0, atol=1e-5 * expected.abs().max())


def test_gradients_are_those_of_the_loss():
    """A small step along the gradient changes the loss by its squared length, in mm.

    Squared error alone is compared: the pyramid holds its lines' shares constant when differentiating.
    """
    task = replace(problem(np.zeros((64, 64))), loss=SquaredError())
    strokes = scattered(8)
    stage = replace(STAGE, smoothness=0.02, softness_px=(1.5, 1.5))
    at = gradients(strokes, task, stage)
    direction = at.points / at.points.norm()
    up, down = (
        gradients(strokes.with_points(strokes.points + s * direction), task, stage) for s in (0.02, -0.02)
    )
    assert (up.loss - down.loss) / 0.04 == pytest.approx(float(at.points.norm()), rel=0.05)
    fainter, fuller = (
        gradients(replace(strokes, opacity=strokes.opacity - s), task, stage) for s in (0.02, 0.0)
    )
    assert (fuller.loss - fainter.loss) / 0.02 == pytest.approx(float(at.opacity.sum()), rel=0.05)


class SquaredError(PyramidLoss):
    """The plain sum, on the pyramid's grid."""

    def __call__(self, drawing, target):
        return ((drawing - target) ** 2).sum()


@pytest.mark.parametrize("tile_px", [32, 512])
def test_strokes_off_the_page_keep_still(tile_px):
    near, far = scattered(10), scattered(5, seed=1)
    far = far.with_points(far.points + torch.tensor([500.0, -300.0]))
    both = Strokes.of_pen(torch.cat([far.points, near.points]), 0.6)
    after = run(both, problem(blob()), replace(STAGE, steps=10, tile_px=tile_px))
    assert torch.equal(after.points[:5], far.points)
    assert ((after.points[5:] - near.points).abs().amax((1, 2)) > 0).all()
    # Nor do they pull at the others.
    alone = run(near, problem(blob()), replace(STAGE, steps=10, tile_px=tile_px))
    assert torch.allclose(after.points[5:], alone.points, atol=1e-4)


def test_stroke_under_a_pile_does_not_fly_off():
    """Its gradients are so faint that their squares vanish in single precision."""
    ends = torch.tensor([[[14.0, 36.0], [38.0, 36.0]]] * 7) + torch.linspace(-0.3, 0.3, 7)[:, None, None]
    points = ends[:, :1] + torch.linspace(0, 1, 4)[:, None] * (ends[:, 1:] - ends[:, :1])
    width = torch.tensor([1.0] + [12.0] * 6)
    strokes = replace(Strokes.of_pen(points, 1.0), width_mm=width)
    after = run(strokes, problem(np.zeros((64, 64))), replace(STAGE, steps=5))
    # Five steps of a pixel at most.
    assert (after.points - strokes.points).abs().max() < 10 * STAGE.mm_per_px(FRAME)


def test_smoothness_straightens():
    strokes, rough = scattered(), problem(blob())
    free = run(strokes, rough)
    smooth = run(strokes, rough, replace(STAGE, smoothness=0.5))
    assert bends(smooth) < 0.5 * bends(free)


def bends(strokes):
    return float(strokes.points.diff(n=2, dim=1).square().sum())


@pytest.mark.parametrize("count", [0, 1])
def test_hardly_any_strokes(count):
    strokes = scattered(1).select(torch.arange(count))
    after = run(strokes, problem(blob()), replace(STAGE, steps=4, relocations=2))
    assert after.points.shape == (count, 4, 2)
    assert torch.isfinite(after.points).all()


@pytest.mark.parametrize("shape", [(1, 1), (3, 200), (64, 20)])
def test_pages_of_any_shape(shape):
    height, width = shape
    scale = 32 / max(shape)
    place = Rect(10, 20, 10 + width * scale, 20 + height * scale)
    after = run(scattered(), problem(np.full(shape, 0.3), place), replace(STAGE, steps=4, relocations=1))
    assert torch.isfinite(after.points).all()


def test_no_seams():
    """A flat grey, optimised in small tiles, is as grey along their borders as elsewhere."""
    place, tile = Rect(0, 0, 64, 64), 32
    task = problem(np.full((128, 128), 0.6), place)
    rng = np.random.default_rng(0)
    strokes = Soil.of(task.target, (PEN,), BLACK).sown(300, rng).strokes
    stage = Stage("test", 128, 40, (0.8, 0.1), (1.2, 0.8), tile_px=tile)
    after = optimize(strokes, Likeness(task, stage, rng), stage)
    with torch.no_grad():
        light = render(after, [task.target.view], softness_px=0.8)[0, 0].double().numpy()
    inner = light[16:-16, 16:-16]
    assert inner.mean() == pytest.approx(0.6, abs=0.03)
    # Folded on the grid of tiles, whose borders then lie at 16; single strokes scatter by 0.02.
    folds = [inner.mean(axis).reshape(-1, tile).mean(0) for axis in (0, 1)]
    borders, all_over = (
        np.mean([fold[part].mean() for fold in folds]) for part in (slice(14, 18), slice(0, tile))
    )
    assert borders == pytest.approx(all_over, abs=0.03)
    assert max(gaussian_filter(fold, 1.5, mode="wrap").std() for fold in folds) < 0.015
