"""Steps replayed in a row are the ordinary ones: in Triton's interpreter where there is no graphics card."""

from contextlib import suppress
from dataclasses import replace

import numpy as np
import pytest
import torch
from graphics import DEVICE, GPU, Unwaiting, interpreter  # noqa: F401
from optimising import optimize
from test_devices import coloured
from test_likeness import STAGE, blob, on_lines, problem, scattered

from plotopt import strokes as strokes_module
from plotopt.adam import Adam
from plotopt.objectives.base import Gradients, Leap, Objective
from plotopt.objectives.likeness import Likeness
from plotopt.objectives.replay import Dial, Replay, _Room, can_replay
from plotopt.objectives.sparing import Sparing
from plotopt.page import Rect
from plotopt.render import curves
from plotopt.stages import tiles
from plotopt.strokes import Strokes

# Few pixels, since each costs the interpreter much.
WHOLE = replace(STAGE, long_side_px=32, tile_px=1024, smoothness=0.5, firmness=0.5, steps=2)


def likeness(task, stage=WHOLE, leaps=True):
    """On the device of the captured step, or the ordinary objective on the CPU."""
    objective = Likeness(task.grained().to(DEVICE if leaps else "cpu"), stage, np.random.default_rng(0))
    objective.leaps = leaps
    assert objective.grain
    return objective


def drawn(strokes, task, stage=WHOLE, leaps=True):
    """Where the strokes come to, and the losses on the way."""
    losses = []
    moved = strokes.to(DEVICE) if leaps else strokes
    after = optimize(moved, likeness(task, stage, leaps), stage, lambda number, loss: losses.append(loss))
    return after.to("cpu"), losses


def assert_agree(found, expected, strokes, part=1e-3):
    """To a small part of what the strokes have moved."""
    moved_mm = (expected[0].points - strokes.points).abs().max()
    assert moved_mm > 0.3
    assert found[1] == pytest.approx(expected[1], rel=part)
    assert (found[0].points - expected[0].points).abs().max() < part * moved_mm
    for name in ("width_mm", "opacity", "pen"):
        assert torch.equal(getattr(found[0], name), getattr(expected[0], name))


@pytest.mark.parametrize("control_points", [4, 6])
def test_replayed_steps_are_the_ordinary_ones(control_points):
    strokes, task = scattered(6, control_points), problem(blob())
    assert_agree(drawn(strokes, task), drawn(strokes, task, leaps=False), strokes)


def test_replayed_steps_of_several_pens_are_the_ordinary_ones():
    task, strokes = coloured()
    strokes, stage = strokes.select(torch.arange(6)), replace(WHOLE, steps=2)
    assert_agree(drawn(strokes, task, stage), drawn(strokes, task, stage, leaps=False), strokes)


def lines_of(counts):
    """The scattered strokes, those of each line following one another."""
    strokes = scattered(sum(counts), 6)
    return on_lines(strokes, counts)


def test_replayed_steps_of_lines_are_the_ordinary_ones():
    strokes, task = lines_of([3, 1, 2]), problem(blob())
    found, expected = drawn(strokes, task), drawn(strokes, task, leaps=False)
    assert_agree(found, expected, strokes)
    for after, _ in (found, expected):
        assert torch.equal(after.joints.pairs, strokes.joints.pairs)
        assert torch.equal(after.joints.drawn_together(after.points), after.points)


def test_lines_may_be_left_out_between_replays():
    """Buffers and joints are then those of fewer strokes."""
    task, places, stage = problem(blob()), [], replace(WHOLE, steps=2)
    for leaps in (True, False):
        strokes, objective = lines_of([2, 1, 3]), likeness(task, stage, leaps)
        strokes = strokes.to(DEVICE) if leaps else strokes
        for chosen in (torch.arange(6), torch.tensor([0, 1, 3, 4, 5]), torch.tensor([2, 3, 4])):
            strokes = optimize(strokes.select(chosen), objective, stage)
        places.append(strokes.to("cpu"))
    assert places[0].joints.pairs.tolist() == [[0, 1], [1, 2]]
    assert (places[0].points - places[1].points).abs().max() < 3e-3


def test_strokes_are_moved_between_replays():
    strokes = scattered(6)
    stage = replace(WHOLE, steps=4, relocations=1)
    assert [stage.relocates_at(number) for number in range(4)] == [False, False, False, True]
    task = problem(blob())
    assert_agree(drawn(strokes, task, stage), drawn(strokes, task, stage, leaps=False), strokes)


@pytest.mark.parametrize("room", [_Room(99, 3), _Room(3, 999), _Room(7, 3)])
def test_too_little_room_is_noticed_and_the_steps_are_taken_again(room):
    strokes = scattered(4).to(DEVICE)
    ample, scant = likeness(problem(blob())), likeness(problem(blob()))
    scant._replay = Replay(scant._canvas, scant, WHOLE, scant._frame)
    scant._replay._room = room
    one, other = (each.leap(strokes, Adam.fresh(strokes.points), range(2)) for each in (ample, scant))
    assert not room.holds(scant._replay._room)
    assert one.losses == other.losses
    assert torch.equal(one.points, other.points)
    assert torch.equal(one.adam.clock, torch.full_like(one.adam.clock, 2))


def test_strokes_may_take_more_vertices_than_before():
    """Straight ones, and then such as loop."""
    objective = likeness(problem(blob()))
    straight = scattered(3).to(DEVICE)
    objective.leap(straight, Adam.fresh(straight.points), range(1))
    loops = straight.with_points(straight.points + 6 * torch.randn(3, 4, 2).to(DEVICE))
    before = objective._replay._room.vertices
    found = objective.leap(loops, Adam.fresh(loops.points), range(1, 2))
    assert objective._replay._room.vertices > before
    fresh = likeness(problem(blob()))
    fresh._shift_px()
    expected = fresh.leap(loops, Adam.fresh(loops.points), range(1, 2))
    assert found.losses == expected.losses
    assert torch.equal(found.points, expected.points)


@pytest.mark.parametrize("place", [Rect(10, 20, 42, 52), Rect(10, 20, 42, 41.3), Rect(1, 2, 17.5, 34)])
@pytest.mark.parametrize("shift", [(0, 0), (31, 31), (1, 30), (16, 7)])
def test_the_target_is_seen_as_ordinary_steps_see_it(place, shift):
    task = problem(blob(), place)
    stage = replace(WHOLE, long_side_px=75)
    objective = likeness(task, stage)
    canvas = objective._canvas
    (view,) = tiles(place, stage, 32, shift)
    replay = Replay(canvas, objective, stage, place)
    replay._dial.copy_(torch.tensor(Dial(*shift, view.width_px, view.height_px, 1.0, 0.1)))
    seen, counts = replay._wanted()
    assert torch.equal(
        seen[0, :, : view.height_px, : view.width_px].cpu(), canvas.target.to("cpu").window(view)
    )
    assert (seen[..., view.height_px :, :] == 1).all()
    assert counts.sum() == view.height_px * view.width_px
    assert counts[: view.height_px, : view.width_px].all()


@pytest.mark.usefixtures("uncompiled")
def test_a_step_keeps_to_its_device():
    objective, strokes = likeness(problem(blob())), scattered(2).to(DEVICE)
    expected = objective.leap(strokes, Adam.fresh(strokes.points), range(1))
    objective = likeness(problem(blob()))
    for kept in (strokes_module._map_on, curves._table_on):
        kept.cache_clear()
    with torch.device("meta"):
        found = objective.leap(strokes, Adam.fresh(strokes.points), range(1))
    assert torch.equal(found.points, expected.points)


def faint(lines, raster, room, softness_px):
    """Any transmittance that depends on all that it is given."""
    ink = lines.opacity.sum() + lines.radius.sum() + softness_px.sum()
    through = torch.sigmoid(torch.tanh(lines.vertices / 100).mean() + ink)
    planes = through.expand(raster.planes, raster.height_px, raster.width_px)
    return planes * torch.linspace(0, 1, raster.width_px), lines.starts[-1]


@pytest.mark.usefixtures("uncompiled")
@pytest.mark.parametrize("pens", [1, 3])
@pytest.mark.parametrize("control_points", [4, 6])
@pytest.mark.parametrize("counts", [None, [4, 2, 3]])
def test_no_step_waits_for_its_device(monkeypatch, pens, control_points, counts):
    """All but the renderer, whose graph has a test of its own."""
    monkeypatch.setattr("plotopt.objectives.replay.transmittance_within", faint)
    task = problem(blob()) if pens == 1 else coloured()[0]
    strokes = scattered(9, control_points) if counts is None else lines_of(counts)
    objective = Likeness(task.grained(), WHOLE, np.random.default_rng(0))
    objective.leap(strokes, Adam.fresh(strokes.points), range(2))
    before = objective._replay._buffers.points.clone()
    with Unwaiting():
        objective._replay._go()
    assert not torch.equal(objective._replay._buffers.points, before)


def test_only_what_is_on_a_graphics_card_is_replayed():
    assert not can_replay(problem(blob()))
    assert not Likeness(problem(blob()), WHOLE, np.random.default_rng(0)).leaps


class Leaper(Objective):
    """Pulls at nothing and leaps as far as it may, four steps at the most."""

    mm_per_px, pixels, leaps = 0.5, 4096.0, True

    def __init__(self):
        self.taken = []

    def gradients(self, strokes, number):
        self.taken.append(number)
        return Gradients(float(number), torch.zeros_like(strokes.points), torch.zeros_like(strokes.opacity))

    def leap(self, strokes, adam, numbers):
        self.taken.append(numbers[:4])
        return Leap(strokes.points + 1, adam, [float(number) for number in numbers[:4]])


def test_steps_are_taken_together_between_moves():
    stage, leaper, heard = replace(STAGE, steps=14, relocations=2), Leaper(), []
    assert [number for number in range(14) if stage.relocates_at(number)] == [5, 10]
    strokes = scattered(3)
    after = optimize(strokes, leaper, stage, lambda number, loss: heard.append((number, loss)))
    leaps = [range(4), range(4, 5), 5, 5, range(6, 10), 10, 10, range(11, 14)]
    assert leaper.taken == leaps
    assert heard == [(number, float(number)) for number in range(14)]
    assert torch.allclose(after.points, strokes.points + 4)


def test_sparing_leaps_from_look_to_look():
    strokes, leaper = scattered(20), Leaper()
    sparing = Sparing(leaper, Rect(10, 20, 42, 52), 100.0)
    assert sparing.leaps
    optimize(strokes, sparing, replace(STAGE, steps=12))
    assert leaper.taken == [range(4), range(4, 8), range(8, 10), range(10, 12)]


def test_sparing_goes_singly_where_there_is_too_much_ink():
    strokes, leaper = scattered(20), Leaper()
    optimize(strokes, Sparing(leaper, Rect(10, 20, 42, 52), 0.01), replace(STAGE, steps=3))
    assert leaper.taken == [0, 1, 2]


def test_what_does_not_leap_is_never_asked_to():
    class Walker(Leaper):
        leaps = False

    walker = Walker()
    sparing = Sparing(walker, Rect(10, 20, 42, 52), 100.0)
    assert not sparing.leaps
    optimize(scattered(3), sparing, replace(STAGE, steps=3))
    assert walker.taken == [0, 1, 2]


def test_no_strokes_are_not_replayed():
    none = Strokes.of_pen(torch.zeros(0, 4, 2), 0.6)
    with suppress(StopIteration):
        assert likeness(problem(blob())).leap(none, Adam.fresh(none.points), range(3)) is None


@pytest.mark.skipif(not GPU, reason="no CUDA device: the captured step is not run")
@pytest.mark.parametrize("pens", [1, 3])
def test_a_captured_stage_ends_where_an_uncaptured_one_does(pens):
    task, strokes = (problem(blob()), scattered(200, 6)) if pens == 1 else coloured()
    stage = replace(WHOLE, long_side_px=256, steps=40, relocations=2, step_px=(0.5, 0.05))
    losses = {}
    for leaps in (True, False):
        objective = Likeness(task.grained().to("cuda"), stage, np.random.default_rng(0))
        assert objective.leaps
        objective.leaps, heard = leaps, []
        sparing = Sparing(objective, task.target.place, 4.0)
        optimize(strokes.to("cuda"), sparing, stage, lambda number, loss, heard=heard: heard.append(loss))
        assert (objective._replay is not None) == leaps
        losses[leaps] = heard
    # Rounding grows from step to step, yet not what comes of it.
    assert losses[True][:5] == pytest.approx(losses[False][:5], rel=1e-3)
    assert np.mean(losses[True][-5:]) == pytest.approx(np.mean(losses[False][-5:]), rel=0.05)
