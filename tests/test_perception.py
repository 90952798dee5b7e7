"""Crops of a drawing and of its target, compared by light, by a small made-up network, and by style."""

from dataclasses import dataclass, replace

import numpy as np
import pytest
import torch
from optimising import optimize
from scipy.ndimage import gaussian_filter
from test_activation import steepest_slope
from test_canvas import canvas_of, scattered
from test_likeness import BLACK, SquaredError, blob
from torch.nn.functional import avg_pool2d, conv2d

from plotopt.augment import Jitter, Perspective
from plotopt.canvas import Aim
from plotopt.crops import Crops
from plotopt.losses.pixel import PyramidLoss
from plotopt.objectives.perception import Perception, Taste, gram_matrices
from plotopt.objectives.sight import Scene
from plotopt.picture import Picture
from plotopt.render import render
from plotopt.stages import Stage
from plotopt.strokes import Strokes
from plotopt.tones.target import Target

# A crop and a third.
CANVAS = canvas_of(128, 96)
CROPS = Crops(96, 2, Perspective(0.05), Jitter(4, 8, 0.08))
STILL = Crops(96, 2, Perspective(0), Jitter())
STAGE = Stage("test", 128, 20, (1.0, 0.1), (1.5, 1.0))
LIGHT, FEATURES, STYLE = (1.0, 0.0, 0.0), (0.0, 1.0, 0.0), (0.0, 0.0, 1.0)


@dataclass(frozen=True)
class Eyes:
    """A network of two layers: contrast in twelve directions, and its strength at a quarter the size."""

    seed: int = 0

    def __call__(self, light):
        generator = torch.Generator().manual_seed(self.seed)
        kernels = torch.randn(12, 1, 7, 7, generator=generator)
        kernels = kernels - kernels.mean((2, 3), keepdim=True)
        fine = torch.tanh(conv2d(light, 0.2 * kernels, stride=2))
        return [fine, avg_pool2d(fine.square(), 4)]


def picture_of(light):
    """A grey picture of linear light."""
    return Picture(np.repeat(np.asarray(light, np.float32)[..., None], 3, axis=2))


def waves(rows, columns, period=16):
    y, x = np.mgrid[:rows, :columns]
    return 0.5 + 0.3 * np.sin(2 * np.pi * x / period) + 0.15 * np.cos(4 * np.pi * (x + y) / period)


MARKS = gram_matrices(Eyes(), picture_of(waves(64, 64)))


def taste(weights=FEATURES, **other):
    parts = {"light": SquaredError(), "network": Eyes(), "style": MARKS} | other
    return Taste(weights=weights, **parts)


def blot(canvas=CANVAS):
    return Target(torch.from_numpy(blob(128)).float()[None, 16:112], canvas.place)


def perception(judged=None, target=None, crops=CROPS, stage=STAGE, canvas=CANVAS):
    return Perception(judged or taste(), target or blot(), Scene(canvas, BLACK, crops, 0), stage)


def drawn(seed=0, count=25):
    return scattered(CANVAS.place, count, seed)


def losses_of(objective, strokes, numbers):
    return [objective.gradients(strokes, number).loss for number in numbers]


@pytest.mark.parametrize("weights", [LIGHT, FEATURES, STYLE, (0.3, 0.7, 2.0)])
def test_gradients_are_those_of_the_loss(weights):
    """Squared error alone stands for light: the pyramid holds its lines' shares constant."""
    found, said = steepest_slope(perception(taste(weights)), drawn(), "points")
    assert found == pytest.approx(said, rel=0.05)
    assert said > 0


@pytest.mark.parametrize("weights", [LIGHT, FEATURES, STYLE, (0.3, 0.7, 5.0)])
def test_every_part_is_measured_in_what_it_is_at_the_start(weights):
    objective = perception(taste(weights, light=PyramidLoss()))
    assert np.mean(losses_of(objective, drawn(), range(4))) == pytest.approx(sum(weights), rel=1e-5)


def test_units_stay_those_of_the_start():
    objective, fresh = perception(), perception()
    losses_of(objective, drawn(), [3])
    # Strokes far off: nothing but paper, and a network that sees none of the blot.
    away = drawn().with_points(drawn().points + 500)
    later = losses_of(objective, away, range(4))
    assert np.mean(later) != pytest.approx(1, abs=0.02)
    assert np.mean(losses_of(fresh, away, range(4))) == pytest.approx(1, rel=1e-5)
    assert losses_of(objective, away, range(4)) == later


def test_without_a_style_there_is_none():
    plain, styled = (perception(taste((0.3, 0.7, 5.0), style=style)) for style in ((), MARKS))
    assert np.mean(losses_of(plain, drawn(), range(4))) == pytest.approx(1, rel=1e-5)
    unweighted = perception(taste((0.3, 0.7, 0.0)))
    ours, theirs = (each.gradients(drawn(), 5) for each in (plain, unweighted))
    torch.testing.assert_close(ours.points, theirs.points, rtol=1e-4, atol=1e-7)
    assert not torch.allclose(ours.points, styled.gradients(drawn(), 5).points, rtol=0.1)


@pytest.mark.parametrize(
    ("weights", "other"),
    [
        (LIGHT, {"network": Eyes(1), "style": ()}),
        (FEATURES, {"light": PyramidLoss(), "style": ()}),
        (STYLE, {"light": PyramidLoss()}),
    ],
)
def test_a_part_of_no_weight_does_not_pull(weights, other):
    ours, theirs = (perception(taste(weights, **parts)).gradients(drawn(), 5) for parts in ({}, other))
    assert ours.points.abs().max() > 0
    torch.testing.assert_close(theirs.points, ours.points, rtol=1e-4, atol=1e-7)


def test_style_does_not_ask_what_the_target_is():
    white = Target(torch.ones(1, 96, 128), CANVAS.place)
    ours, theirs = (perception(taste(STYLE), target).gradients(drawn(), 5) for target in (blot(), white))
    assert torch.equal(ours.points, theirs.points)


def portrait(strokes, softness_px):
    """The strokes as a target of the canvas's own pixels."""
    with torch.no_grad():
        canvas = CANVAS.views(np.zeros((1, 2)), 128)[0]
        (light,) = render(strokes, [replace(canvas, height_px=96)], softness_px=softness_px)
    return Target(light, CANVAS.place)


@pytest.mark.parametrize("weights", [LIGHT, FEATURES])
def test_drawing_and_target_are_warped_alike(weights):
    """Strokes equal their own picture at every step, but for its pixels, and half a millimetre off do not."""
    strokes, stage = drawn(), replace(STAGE, softness_px=(3.0, 3.0))
    objective = perception(taste(weights), portrait(strokes, 3.0), stage=stage)
    # Other strokes begin, and are the unit.
    losses_of(objective, drawn(seed=1), [0])
    numbers = range(6)
    # Soft edges are as wide on a crop that is seen from near.
    assert max(losses_of(objective, strokes, numbers)) < 0.04
    beside = strokes.with_points(strokes.points + 0.5)
    assert min(losses_of(objective, beside, numbers)) > 0.1


def test_without_warps_a_drawing_equals_its_target():
    strokes, stage = drawn(), replace(STAGE, softness_px=(2.0, 2.0))
    objective = perception(taste((0.5, 0.5, 0.0)), portrait(strokes, 2.0), STILL, stage)
    losses_of(objective, drawn(seed=1), [0])
    assert max(losses_of(objective, strokes, range(6))) < 1e-5


def test_beyond_the_edge_drawing_and_target_are_paper():
    """A black page that is smaller than the crop, and ink all over it and beyond."""
    canvas = canvas_of(40, 32, Aim.CENTER)
    black = Target(torch.zeros(1, 32, 40), canvas.place)
    across = torch.linspace(0, 30, 4)[:, None] * torch.tensor([1.0, 0.0])
    rows = torch.arange(10, 40, 0.5)[:, None, None] * torch.tensor([0.0, 1.0])
    ink = Strokes.of_pen(across + rows, 1.2)
    objective = perception(taste(LIGHT), black, STILL, canvas=canvas)
    away = ink.with_points(ink.points + 500)
    blank = losses_of(objective, away, range(4))
    assert np.mean(blank) == pytest.approx(1, rel=1e-5)
    assert max(losses_of(objective, ink, range(4))) < 1e-4


def test_optimizing_brings_light_and_features_nearer():
    """Judged by crops that the strokes were not moved by."""
    stage = replace(STAGE, steps=40, relocations=2, smoothness=0.01)
    target, strokes = portrait(drawn(seed=3, count=40), 1.0), drawn(count=40)
    after = optimize(strokes, perception(taste((0.5, 0.5, 0.0)), target, stage=stage), stage)
    for weights in (LIGHT, FEATURES):
        judge = Perception(taste(weights), target, Scene(CANVAS, BLACK, CROPS, 99), stage)
        before = np.mean(losses_of(judge, strokes, range(36, 40)))
        assert np.mean(losses_of(judge, after, range(36, 40))) < 0.8 * before


def test_strokes_take_on_the_style():
    stage = replace(STAGE, steps=40)
    after = optimize(drawn(), perception(taste(STYLE), stage=stage), stage)
    judge = Perception(taste(STYLE), blot(), Scene(CANVAS, BLACK, CROPS, 99), stage)
    before = np.mean(losses_of(judge, drawn(), range(36, 40)))
    assert np.mean(losses_of(judge, after, range(36, 40))) < 0.8 * before


def test_the_same_steps_give_the_same_bits():
    stage = replace(STAGE, steps=6)
    runs = [optimize(drawn(), perception(taste((0.3, 0.7, 2.0)), stage=stage), stage) for _ in range(2)]
    assert torch.equal(runs[0].points, runs[1].points)
    assert not torch.equal(runs[0].points, drawn().points)


def test_marks_do_not_depend_on_the_size_of_the_picture():
    """The same waves on more paper, at another aspect, and so large that it is brought down to 512 px."""
    large = waves(512, 512, period=32)
    expected = gram_matrices(Eyes(), picture_of(large))
    for light, tolerance in (
        (waves(300, 170, period=32), 0.05),
        (np.kron(large, np.ones((2, 2))), 1e-4),
    ):
        for found, wanted in zip(gram_matrices(Eyes(), picture_of(light)), expected, strict=True):
            assert (found - wanted).norm() < tolerance * wanted.norm()
    finer = gram_matrices(Eyes(), picture_of(waves(512, 512, period=16)))
    assert (finer[0] - expected[0]).norm() > 0.3 * expected[0].norm()


def test_marks_are_those_of_the_grey_picture():
    colours = np.random.default_rng(0).uniform(0, 1, (64, 48, 3)).astype(np.float32)
    grey = picture_of(colours @ np.array([0.2126, 0.7152, 0.0722], np.float32))
    for found, wanted in zip(
        gram_matrices(Eyes(), Picture(colours)), gram_matrices(Eyes(), grey), strict=True
    ):
        torch.testing.assert_close(found, wanted, rtol=1e-4, atol=1e-6)
        assert found.shape == (12, 12)
        assert not found.requires_grad


@pytest.mark.parametrize("shape", [(1, 1), (8, 8), (1, 400), (2000, 40), (31, 33)])
def test_a_style_picture_of_any_shape_has_marks(shape):
    tiny = picture_of(np.random.default_rng(0).uniform(0, 1, shape))
    assert all(torch.isfinite(matrix).all() for matrix in gram_matrices(Eyes(), tiny))
    objective = perception(taste(STYLE, style=gram_matrices(Eyes(), tiny)))
    assert torch.isfinite(objective.gradients(drawn(), 0).points).all()


def test_no_strokes_at_all():
    objective = perception(taste((0.3, 0.7, 2.0)))
    none = drawn().select(torch.arange(0))
    assert len(optimize(none, objective, replace(STAGE, steps=2, smoothness=0.1))) == 0


def test_features_are_those_of_blurred_light_and_marks_of_crisp_ones():
    seen = []

    class Watching(Eyes):
        def __call__(self, light):
            seen.append(light.detach())
            return super().__call__(light)

    weights = (0.3, 0.7, 2.0)
    objective = perception(taste(weights, network=Watching(), blur_mm=2 * CANVAS.mm_per_px))
    objective._parts(drawn(), 0)
    perception(taste(weights, network=Watching()))._parts(drawn(), 0)
    drawing, target, marks, crisp_drawing, crisp_target, crisp_marks = seen
    for blurred, crisp in ((drawing, crisp_drawing), (target, crisp_target)):
        expected = gaussian_filter(crisp.numpy(), (0, 0, 2.0, 2.0), mode="mirror")
        np.testing.assert_allclose(blurred.numpy(), expected, atol=1e-5)
    assert torch.equal(marks, crisp_drawing)
    assert torch.equal(marks, crisp_marks)
    assert marks.std() > 1.2 * drawing.std()


def test_a_style_without_weight_is_none():
    assert taste(STYLE).is_styled
    assert not taste(FEATURES).is_styled
    assert not taste(STYLE, style=()).is_styled


def test_blurred_light_is_the_same_on_any_number_of_threads():
    before, found = torch.get_num_threads(), []
    crops = replace(CROPS, size_px=224)
    objective = perception(taste(blur_mm=5 * CANVAS.mm_per_px), crops=crops, canvas=canvas_of(256, 256))
    light = torch.rand(2, 1, 224, 224, generator=torch.Generator().manual_seed(0))
    try:
        for threads in (1, 3):
            torch.set_num_threads(threads)
            leaf = light.clone().requires_grad_()
            blurred = objective._blurred(leaf)
            (gradient,) = torch.autograd.grad(blurred.square().sum(), leaf)
            found.append(torch.stack([blurred.detach(), gradient]))
    finally:
        torch.set_num_threads(before)
    assert torch.equal(*found)
