"""Drawings that channels of a small made-up network like: gradients, what restrains ink, and liking more."""

from dataclasses import dataclass, replace

import numpy as np
import pytest
import torch
from optimising import optimize
from torch.nn.functional import conv2d

from plotopt.augment import Jitter, Perspective
from plotopt.canvas import Aim, Canvas, repeated
from plotopt.colour.palette import Palette
from plotopt.crops import Crops
from plotopt.networks import Neuron
from plotopt.objectives.activation import Activation, Liking, Restraint
from plotopt.objectives.sight import Scene
from plotopt.page import Rect
from plotopt.pens import Pen
from plotopt.render import render
from plotopt.stages import Stage
from plotopt.strokes import Strokes
from plotopt.visualization.scatter import Usual, scatter

PLACE = Rect(10, 20, 34, 44)
# Strokes that begin here stay in the middle crop.
MIDDLE = Rect(20, 30, 24, 34)
CROPS = Crops(48, 2, Perspective(0.05), Jitter(2, 5, 0.05))
BLACK, RED = Pen("black", "#000000", 0.8), Pen("red", "#ff0000", 0.8)
STAGE = Stage("test", 64, 20, (1.0, 0.1), (1.5, 0.8))
FREE = Restraint(6.0, overlap=0.0, evenness=0.0, length=0.0)


@dataclass(frozen=True)
class Stripes:
    """A network of two channels a colour: how far light swings along x, and along y, at about 8 px."""

    strength: float = 1.0

    def __call__(self, light):
        wave = torch.sin(torch.arange(16) * (2 * np.pi / 8)) / 16
        filters = torch.stack([wave.expand(16, 16), wave[:, None].expand(16, 16)])[:, None]
        planes = light.flatten(0, 1)[:, None]
        swing = conv2d(planes, self.strength * filters / 16, stride=2).square()
        return [swing.unflatten(0, light.shape[:2]).flatten(1, 2) * 1000]


class Blind:
    """A network that feels nothing."""

    def __call__(self, light):
        return [0 * light]


def neuron(channels=(0,), weights=(1.0,), center=False):
    return Neuron("made-up", "only", channels, weights, center)


def liking(network=None, units=(1.0,), **of):
    return Liking(network or Stripes(), neuron(**of), torch.tensor(units))


def canvas(aim=Aim.COVER, place=PLACE):
    return Canvas(place, 0.25, aim)


def scene_of(on=None, pens=(BLACK,), crops=CROPS, seed=0):
    return Scene(on or canvas(), Palette(pens).inks, crops, seed)


def activation(scene=None, pens=(BLACK,), stage=STAGE, restraint=FREE, likes=None):
    scene = scene or scene_of(pens=pens)
    return Activation([likes or liking()], scene, Palette(pens), stage, restraint)


def strokes_on(place=PLACE, count=40, pens=(BLACK,), seed=0):
    rng = np.random.default_rng(seed)
    return Palette(pens).undecided(scatter(place, count, 0.8, Usual(6.0, 2), rng), rng)


def steepest_slope(objective, strokes, name, number=10):
    """The loss's change along its steepest direction, by central differences and by the gradients."""
    gradient = getattr(objective.gradients(strokes, number), name)
    step, losses = 0.02 * gradient / gradient.norm(), []
    for direction in (step, -step):
        moved = replace(strokes, **{name: getattr(strokes, name) + direction})
        losses.append(objective.gradients(moved, number).loss)
    return (losses[0] - losses[1]) / 0.04, float(gradient.norm())


# Each alone would drown in the activation, or the activation in it.
RESTRAINTS = {
    "activation": FREE,
    "ink": replace(FREE, ink=50.0),
    "overlap": replace(FREE, overlap=50.0),
    "evenness": replace(FREE, evenness=200.0),
    "length": replace(FREE, usual_mm=1.0, length=20.0),
}


@pytest.mark.parametrize("aim", list(Aim))
def test_gradients_by_points_are_those_of_the_loss(aim):
    objective = activation(scene_of(canvas(aim)))
    found, said = steepest_slope(objective, strokes_on(count=12), "points")
    assert found == pytest.approx(said, rel=0.05)
    assert said > 0


@pytest.mark.parametrize("restraint", RESTRAINTS.values(), ids=RESTRAINTS)
def test_gradients_by_points_of_what_restrains_the_ink(restraint):
    """Within a crop: at its edge, laid ink comes and goes by whole segments."""
    objective = activation(scene_of(canvas(Aim.CENTER)), restraint=restraint)
    found, said = steepest_slope(objective, strokes_on(MIDDLE, 12), "points")
    assert found == pytest.approx(said, rel=0.05)
    assert said > 0


@pytest.mark.parametrize("restraint", RESTRAINTS.values(), ids=RESTRAINTS)
def test_gradients_by_leaning_are_those_of_the_loss(restraint):
    pens = (BLACK, RED, replace(BLACK, name="wide", width_mm=1.6))
    objective = activation(pens=pens, restraint=restraint)
    found, said = steepest_slope(objective, strokes_on(count=12, pens=pens), "leaning")
    assert found == pytest.approx(said, rel=0.05)
    assert said > 0


def test_leanings_have_a_gradient_only_where_pens_are_open():
    undecided = strokes_on(pens=(BLACK, RED))
    assert activation(pens=(BLACK, RED)).gradients(undecided, 0).leaning.shape == (40, 2)
    decided = Palette((BLACK, RED)).decided(undecided)
    assert activation(pens=(BLACK, RED)).gradients(decided, 0).leaning is None
    assert activation().gradients(strokes_on(), 0).leaning is None


def test_the_loss_is_minus_the_score_in_the_channels_units():
    strokes, scene = strokes_on(), scene_of()
    likes = liking(units=(2.0, 4.0), channels=(0, 1), weights=(1.0, -3.0))
    light = scene.look(strokes, 7, STAGE.anneal(STAGE.softness_px, 7)).light
    first, second = Stripes()(light)[0][:, :2].mean((0, 2, 3)).tolist()
    assert activation(scene, likes=likes).gradients(strokes, 7).loss == pytest.approx(
        -(first / 2 - 3 * second / 4), rel=1e-4
    )
    assert likes.activations(light).tolist() == pytest.approx([first, second], rel=1e-5)


def test_the_middle_of_the_map_alone():
    light = torch.ones(1, 1, 48, 48)
    light[..., 20:28, ::2] = 0
    features = Stripes()(light)[0][:, 1:2]
    assert liking(channels=(1,), center=True).activations(light).item() == pytest.approx(
        features[0, 0, 8, 8].item(), rel=1e-5
    )
    assert liking(channels=(1,)).activations(light).item() == pytest.approx(features.mean().item(), rel=1e-5)


def test_likings_take_turns():
    strokes = strokes_on()
    likes = [liking(units=(units,)) for units in (1.0, 10.0)]
    both = Activation(likes, scene_of(), Palette((BLACK,)), STAGE, FREE)
    alone = [activation(likes=like) for like in likes]
    for number, turn in ((0, 0), (9, 0), (10, 1), (19, 1)):
        assert both.gradients(strokes, number).loss == alone[turn].gradients(strokes, number).loss


def test_what_restrains_the_ink_by_hand():
    """Two level strokes upon each other in the middle of one still crop, and a network that feels nothing."""
    crops = Crops(48, 1, Perspective(0), Jitter())
    scene = scene_of(canvas(Aim.CENTER, Rect(0, 0, 12, 12)), crops=crops)
    line = torch.linspace(2, 10, 4)[:, None] * torch.tensor([1.0, 0.0]) + torch.tensor([0.0, 6.0])
    strokes = Strokes.of_pen(torch.stack([line, line]), 0.8)

    def cost(**costs):
        restraint = Restraint(2.0, **{"overlap": 0.0, "evenness": 0.0, "length": 0.0} | costs)
        return activation(scene, restraint=restraint, likes=liking(Blind())).gradients(strokes, 0).loss

    light = scene.look(strokes, 0, STAGE.softness_px[0]).light
    assert cost() == 0
    assert cost(ink=3.0) == pytest.approx(3 * float(1 - light.mean()), rel=1e-4)
    # 8 mm long and 0.8 mm wide, twice: 204.8 px of 2304 laid, less what shows.
    laid = 2 * 0.999 * 8 * 0.8 / 0.25**2
    assert cost(overlap=5.0) == pytest.approx(5 * (laid - float((1 - light.mean(1)).sum())) / 48**2, rel=1e-3)
    cells = 1 - light.mean(1).reshape(4, 12, 4, 12).mean((1, 3))
    assert cost(evenness=2.0) == pytest.approx(2 * float(cells.var(correction=0)), rel=1e-4)
    # Four times the usual length, both: the logarithm of 2, squared, where anything pulls at them at all.
    assert cost(ink=3.0, length=7.0) - cost(ink=3.0) == pytest.approx(7 * np.log(2) ** 2, rel=1e-4)
    assert cost(length=7.0) == 0


def test_paper_beyond_the_edge_is_not_uneven():
    """Ink all over a canvas that is smaller than the crop, and paper around it."""
    crops = Crops(48, 1, Perspective(0), Jitter())
    scene = scene_of(canvas(Aim.CENTER, Rect(0, 0, 6, 6)), crops=crops)
    across = torch.linspace(-2, 8, 4)[:, None] * torch.tensor([1.0, 0.0])
    rows = torch.arange(-2, 8.1, 0.5)[:, None, None] * torch.tensor([0.0, 1.0])
    restraint = replace(FREE, evenness=1.0)
    objective = activation(scene, restraint=restraint, likes=liking(Blind()))
    assert objective.gradients(Strokes.of_pen(across + rows, 1.2), 0).loss < 1e-3


def test_only_strokes_that_were_seen_are_held_to_their_length():
    strokes = strokes_on(count=10)
    away = strokes.with_points(strokes.points + 500)
    both = replace(strokes_on(count=20), points=torch.cat([strokes.points, away.points]))
    objective = activation(restraint=replace(FREE, usual_mm=1.0, length=1.0))
    seen, all_of_them = objective.gradients(strokes, 0), objective.gradients(both, 0)
    assert all_of_them.loss.item() == pytest.approx(seen.loss.item())
    torch.testing.assert_close(all_of_them.points[:10], seen.points, rtol=1e-4, atol=1e-6)
    assert torch.equal(all_of_them.points[10:], torch.zeros(10, 5, 2))


@pytest.mark.parametrize("batch", [1, 2, 4])
def test_equal_crops_cost_what_one_does(batch):
    """The loss is a mean over crops: a batch changes how sure it is, not how large."""
    crops = Crops(48, batch, Perspective(0), Jitter())
    scene = scene_of(canvas(Aim.CENTER), crops=crops)
    costs = Restraint(2.0, ink=1.0, overlap=30.0, evenness=10.0, length=1.0)
    one = activation(scene_of(canvas(Aim.CENTER), crops=replace(crops, batch=1)), restraint=costs)
    loss = one.gradients(strokes_on(), 0).loss.item()
    assert activation(scene, restraint=costs).gradients(strokes_on(), 0).loss == pytest.approx(loss, rel=1e-4)


def test_a_batch_beyond_a_pass_costs_what_the_pass_does():
    """The canvas is four crops, so that is all there is to see, in a batch of sixteen too."""
    losses = []
    for batch in (4, 16):
        crops = Crops(48, batch, Perspective(0), Jitter())
        scene = scene_of(canvas(place=Rect(10, 20, 22, 32)), crops=crops)
        objective = activation(scene, restraint=Restraint(6.0, ink=1.0, overlap=30.0))
        losses.append(objective.gradients(strokes_on(scene.canvas.place), 0).loss)
    assert losses[0] == losses[1]


def test_the_same_step_gives_the_same_gradients_whatever_came_before():
    strokes, objective = strokes_on(pens=(BLACK, RED)), activation(pens=(BLACK, RED))
    first = objective.gradients(strokes, 4)
    other = objective.gradients(strokes, 5)
    again = objective.gradients(strokes, 4)
    assert first.loss == again.loss != other.loss
    assert torch.equal(first.points, again.points)
    assert torch.equal(first.leaning, again.leaning)


@pytest.mark.parametrize("aim", list(Aim))
@pytest.mark.parametrize("pens", [(BLACK,), (BLACK, RED)])
def test_optimizing_raises_the_score(aim, pens):
    """Judged by crops that the strokes were not moved by."""
    on = canvas(aim)
    stage, palette = replace(STAGE, steps=40), Palette(pens)
    strokes = strokes_on(pens=pens)
    objective = activation(scene_of(on, pens), pens, stage, replace(FREE, overlap=0.1, evenness=0.5))
    after = palette.decided(optimize(strokes, objective, stage))
    scores = []
    for drawn in (palette.decided(strokes), after):
        fresh = scene_of(on, pens, seed=99)
        seen = [liking().score(fresh.look(drawn, number, 1.0).light) for number in range(8)]
        scores.append(float(torch.stack(seen).mean()))
    assert scores[1] > 1.3 * scores[0]
    assert after.points.isfinite().all()


def test_strokes_choose_the_pen_that_is_liked():
    """A network that likes nothing but the light of red: strokes turn red, none stays black."""

    class LikesRed:
        def __call__(self, light):
            return [light[:, :1] - light[:, 2:]]

    pens = (BLACK, RED)
    stage = replace(STAGE, steps=30)
    objective = activation(pens=pens, stage=stage, likes=liking(LikesRed()))
    after = Palette(pens).decided(optimize(strokes_on(pens=pens), objective, stage))
    assert (after.pen == 1).all()


def test_strokes_that_no_crop_sees_keep_still():
    near, far = strokes_on(count=15, pens=(BLACK, RED)), strokes_on(count=5, pens=(BLACK, RED), seed=1)
    far = far.with_points(far.points + torch.tensor([500.0, -300.0]))
    names = ("points", "width_mm", "opacity", "pen", "leaning")
    both = Strokes(*(torch.cat([getattr(far, name), getattr(near, name)]) for name in names))
    stage = replace(STAGE, steps=6, smoothness=0.5)
    objective = activation(pens=(BLACK, RED), stage=stage, restraint=replace(FREE, usual_mm=1.0, length=1.0))
    after = optimize(both, objective, stage)
    assert torch.equal(after.points[:5], far.points)
    assert torch.equal(after.leaning[:5], far.leaning)
    assert (after.points[5:] != near.points).any(-1).any(-1).all()


def test_one_step_moves_only_the_strokes_in_its_crop():
    wide = Rect(0, 0, 48, 48)
    crops = Crops(48, 1, Perspective(0), Jitter())
    strokes, stage = strokes_on(wide, 200), replace(STAGE, steps=1)
    scene = scene_of(canvas(place=wide), crops=crops)
    after = optimize(strokes, activation(scene, stage=stage), stage)
    (view,) = crops.windows(scene.canvas, 0, scene.seed).views
    reach_px = 0.8 / 2 / 0.25 + STAGE.softness_px[0]
    px = view.to_px(strokes.points)
    outside = ((px.amin(1) > 48 + reach_px) | (px.amax(1) < -reach_px)).any(1)
    moved = (after.points != strokes.points).any(-1).any(-1)
    assert not moved[outside].any()
    assert 3 < moved.sum() < 60


def test_same_seed_same_bits():
    def drawn(seed):
        scene = scene_of(canvas(Aim.WRAP), (BLACK, RED), seed=seed)
        stage = replace(STAGE, steps=8, smoothness=0.1)
        objective = activation(scene, (BLACK, RED), stage, Restraint(3.0))
        return optimize(strokes_on(pens=(BLACK, RED)), objective, stage)

    one, again, other = drawn(0), drawn(0), drawn(1)
    assert torch.equal(one.points, again.points)
    assert torch.equal(one.leaning, again.leaning)
    assert not torch.equal(one.points, other.points)


@pytest.mark.parametrize("pens", [(BLACK,), (BLACK, RED)])
def test_no_strokes_at_all(pens):
    strokes = strokes_on(pens=pens).select(torch.arange(0))
    stage = replace(STAGE, steps=2, smoothness=0.1)
    after = optimize(strokes, activation(pens=pens, stage=stage, restraint=Restraint(3.0)), stage)
    assert len(after) == 0


def test_strokes_beyond_the_edge_are_not_liked():
    """Only paper is seen there: the strokes neither count nor move, though crops look at their place."""
    beside = strokes_on(Rect(35, 20, 41, 44), 20)
    beside = beside.with_points(beside.points.clamp(min=34.7))
    gradients = activation(restraint=replace(FREE, ink=1.0)).gradients(beside, 0)
    assert gradients.loss == pytest.approx(0, abs=1e-5)
    assert gradients.points.abs().max() < 1e-6


def test_a_scene_shows_what_the_renderer_shows():
    scene = scene_of(canvas(Aim.CENTER), (BLACK, RED))
    strokes = replace(strokes_on(), pen=torch.arange(40) % 2)
    sight = scene.look(strokes, 2, 1.3)
    through = render(strokes, sight.windows.views, warp=sight.windows.warp, softness_px=1.3, pens=2)
    torch.testing.assert_close(sight.transmittance, through)
    assert sight.transmittance.shape == (2, 2, 48, 48)
    torch.testing.assert_close(sight.light, scene.inks.on_paper(through), rtol=0, atol=1e-5)


def test_a_scene_on_a_canvas_that_wraps_shows_copies_beyond_its_edge():
    scene = scene_of(canvas(Aim.WRAP))
    strokes = strokes_on()
    sight = scene.look(strokes, 0, 1.0)
    views, warp = sight.windows.views, sight.windows.warp
    everywhere = repeated(strokes, PLACE, range(-2, 3), range(-2, 3))
    expected = scene.inks.on_paper(render(everywhere, views, warp=warp, softness_px=1.0))
    torch.testing.assert_close(sight.light, expected, rtol=0, atol=1e-5)
    assert not torch.allclose(sight.light, scene.inks.on_paper(render(strokes, views, warp=warp)), atol=0.1)
