"""Tiles that cover the page exactly, and what changes over a stage's steps."""

import dataclasses
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from plotopt.page import Rect
from plotopt.stages import Quality, Stage, growth_for, mending_of, most_tiles, stages_for, tiles

STAGE = Stage("whole page", 256, 40, (1.5, 0.5), (1.6, 1.0))


@st.composite
def cut_pages(draw):
    """A frame, its stage, a cell and a shift below it."""
    left, top = draw(st.floats(-50, 50)), draw(st.floats(0, 50))
    frame = Rect(left, top, left + draw(st.floats(5, 500)), top + draw(st.floats(5, 500)))
    cell = draw(st.sampled_from([8, 32, 64]))
    tile_px = draw(st.integers(2 * cell, 1024))
    stage = dataclasses.replace(STAGE, long_side_px=draw(st.integers(16, 2000)), tile_px=tile_px)
    return frame, stage, cell, (draw(st.integers(0, cell - 1)), draw(st.integers(0, cell - 1)))


def spans_px(views, frame, stage, shift, axis):
    """Where tiles begin and end along one axis, in whole pixels from the grid's begin."""
    pixel = stage.mm_per_px(frame)
    edge = (frame.left, frame.top)[axis] - shift[axis] * pixel
    places = set()
    for view in views:
        start = ((view.left_mm, view.top_mm)[axis] - edge) / pixel
        assert start == pytest.approx(round(start), abs=1e-3)
        places.add((round(start), round(start) + (view.width_px, view.height_px)[axis]))
    return sorted(places)


@given(cut_pages())
def test_tiles_cover_the_frame_without_gap_or_overlap(page):
    frame, stage, cell, shift = page
    views = tiles(frame, stage, cell, shift)
    pixel = stage.mm_per_px(frame)
    assert all(view.mm_per_px == pixel for view in views)
    axes = [spans_px(views, frame, stage, shift, axis) for axis in (0, 1)]
    for axis, spans in enumerate(axes):
        length = (frame.width, frame.height)[axis] / pixel
        assert spans[0][0] == 0
        assert all(end == start for (_, end), (start, _) in pairwise(spans))
        assert length - 1e-3 <= spans[-1][1] - shift[axis] < length + cell
        assert all(end > start and (end - start) % cell == 0 for start, end in spans)
    # Every column meets every row once.
    assert len(views) == len(axes[0]) * len(axes[1]) == len(set(views))


@given(cut_pages())
def test_tiles_are_about_as_large_as_asked(page):
    frame, stage, cell, shift = page
    for view in tiles(frame, stage, cell, shift):
        for size in (view.width_px, view.height_px):
            assert size <= max(1.5 * stage.tile_px + cell, cell)


@pytest.mark.parametrize("tile_px", [1, 8, 16, 31])
def test_a_tile_is_at_least_one_cell(tile_px):
    stage = dataclasses.replace(STAGE, long_side_px=64, tile_px=tile_px)
    views = tiles(Rect(0, 0, 64, 64), stage, 32, (0, 0))
    assert {(view.width_px, view.height_px) for view in views} == {(32, 32)}
    assert len(views) == 4


def test_a_page_of_one_tile():
    frame = Rect(20, 30, 84, 62)
    (view,) = tiles(frame, dataclasses.replace(STAGE, tile_px=512), 32, (0, 0))
    assert view.rect == frame
    assert (view.width_px, view.height_px) == (256, 128)


def test_tiles_by_hand():
    """100 x 50 px from 5 px before the corner, in cells of 8: 14 x 7 cells, in 3 x 2 tiles of about 40 px."""
    frame = Rect(0, 0, 100, 50)
    stage = dataclasses.replace(STAGE, long_side_px=100, tile_px=40)
    views = tiles(frame, stage, 8, (5, 5))
    assert sorted({(view.left_mm, view.width_px) for view in views}) == [(-5, 40), (35, 40), (75, 32)]
    assert {view.height_px for view in views} == {56}


def test_a_shifted_grid_can_have_more_tiles():
    """736 px in cells of 32 are 23 cells, nearer to one tile of 512 px than to two; shifted, they are 24."""
    frame, stage = Rect(0, 0, 736, 64), dataclasses.replace(STAGE, long_side_px=736, tile_px=512)
    assert [len(tiles(frame, stage, 32, (x, 0))) for x in (0, 31)] == [1, 2]
    assert most_tiles(frame, stage, 32) == 2


@given(cut_pages())
def test_no_grid_has_more_tiles_than_the_most(page):
    frame, stage, cell, shift = page
    assert len(tiles(frame, stage, cell, shift)) <= most_tiles(frame, stage, cell)


def test_pixel_size_is_that_of_the_longer_side():
    assert STAGE.mm_per_px(Rect(10, 10, 138, 60)) == 0.5
    assert STAGE.mm_per_px(Rect(10, 10, 60, 138)) == 0.5


@given(steps=st.integers(2, 500), first=st.floats(-5, 5), last=st.floats(-5, 5))
def test_annealing_runs_from_end_to_end(steps, first, last):
    stage = dataclasses.replace(STAGE, steps=steps)
    values = [stage.anneal((first, last), step) for step in range(steps)]
    assert values[0] == pytest.approx(first, abs=1e-12)
    assert values[-1] == pytest.approx(last, abs=1e-12)
    falls = [a - b if first >= last else b - a for a, b in pairwise(values)]
    assert min(falls) >= -1e-12
    # Half a cosine is odd about its middle.
    for value, mirrored in zip(values, reversed(values), strict=True):
        assert value + mirrored == pytest.approx(first + last, abs=1e-9)


def test_a_single_step_is_the_first():
    assert dataclasses.replace(STAGE, steps=1).anneal((1.5, 0.5), 0) == 1.5


@given(steps=st.integers(20, 600), relocations=st.integers(0, 10))
def test_relocations_happen_so_often_and_early(steps, relocations):
    stage = dataclasses.replace(STAGE, steps=steps, relocations=relocations)
    at = [step for step in range(steps) if stage.relocates_at(step)]
    assert len(at) == relocations
    assert all(0 < step <= 0.75 * steps for step in at)
    gaps = [b - a for a, b in pairwise([0, *at])]
    assert not gaps or max(gaps) - min(gaps) <= 1


@given(steps=st.integers(0, 60), relocations=st.integers(0, 10))
def test_quiet_steps_end_where_strokes_are_moved(steps, relocations):
    stage = dataclasses.replace(STAGE, steps=steps, relocations=relocations)
    for step in range(steps):
        quiet = stage.quiet_from(step)
        assert quiet.start == step
        assert not any(map(stage.relocates_at, quiet))
        assert quiet.stop == steps or stage.relocates_at(quiet.stop)


@pytest.mark.parametrize("steps", [0, 1, 2, 3])
def test_short_stages_relocate_at_most_once_a_step(steps):
    stage = dataclasses.replace(STAGE, steps=steps, relocations=6)
    assert not stage.relocates_at(0)
    assert sum(stage.relocates_at(step) for step in range(steps)) <= max(0, steps - 1)


def test_more_quality_looks_more_often():
    draft, normal, fine = map(growth_for, (Quality.DRAFT, Quality.NORMAL, Quality.FINE))
    for part in ("small", "grown", "whole"):
        looks = [getattr(growth, part).steps for growth in (draft, normal, fine)]
        assert 0 < looks[0] < looks[1] < looks[2]


@pytest.mark.parametrize("quality", list(Quality))
def test_copies_grow_apart_gently_and_a_whole_canvas_begins_boldly(quality):
    growth = growth_for(quality)
    # What is drawn from scratch begins alike, small or large; copies hold a drawing already.
    assert growth.whole.step_px == growth.small.step_px
    assert growth.whole.softness_px == growth.small.softness_px
    assert growth.grown.step_px[0] < growth.small.step_px[0]
    assert growth.grown.softness_px[0] < growth.small.softness_px[0]
    # The large canvas is cut by the network's crops, so that each look at it is dearer.
    assert growth.grown.steps < growth.whole.steps < growth.small.steps
    for stage in (growth.small, growth.grown, growth.whole):
        assert stage.step_px[0] > stage.step_px[1] > 0
        assert stage.softness_px[0] > stage.softness_px[1] > 0
        assert stage.smoothness > 0
        assert not stage.relocations


def test_qualities_take_more_steps_one_after_another():
    *_, draft, normal, fine = (stages_for(quality)[-1] for quality in Quality)
    assert draft.steps < normal.steps < fine.steps
    assert draft.long_side_px < normal.long_side_px == fine.long_side_px


@pytest.mark.parametrize("quality", Quality)
@pytest.mark.parametrize("size_px", [100, 4096])
def test_a_size_is_that_of_the_last_stage_and_none_before_is_larger(quality, size_px):
    stages = stages_for(quality, size_px, 64)
    assert stages[-1].long_side_px == size_px
    assert stages[0].long_side_px == min(512, size_px)
    assert {stage.tile_px for stage in stages} == {64}


@pytest.mark.parametrize("quality", Quality)
def test_gaps_are_closed_at_the_last_stages_scale_by_short_steps(quality):
    """A tenth of its steps, and twenty at least; nothing is moved elsewhere any more."""
    last = stages_for(quality)[-1]
    mending = mending_of(last)
    assert mending.steps == max(20, last.steps // 10)
    assert (mending.long_side_px, mending.tile_px) == (last.long_side_px, last.tile_px)
    assert last.step_px[0] > mending.step_px[0] > mending.step_px[1] > 0
    assert mending.softness_px == (last.softness_px[1],) * 2
    assert (mending.smoothness, mending.firmness) == (last.smoothness, last.firmness)
    assert not mending.relocations
