"""The crops of a step: which they are, how many, and how they are warped."""

from dataclasses import replace

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from plotopt.augment import Jitter, Perspective, Warp
from plotopt.canvas import Aim, Canvas
from plotopt.crops import Crops
from plotopt.errors import PlotoptError
from plotopt.page import Rect

STILL = Crops(64, 1, Perspective(0), Jitter())


def canvas_of(width_px, height_px, aim=Aim.COVER):
    return Canvas(Rect(10, 20, 10 + 0.5 * width_px, 20 + 0.5 * height_px), 0.5, aim)


def same(one, other):
    return one.views == other.views and torch.equal(one.warp.matrices, other.warp.matrices)


@settings(max_examples=40, deadline=None)
@given(
    width=st.integers(1, 400),
    height=st.integers(1, 400),
    batch=st.integers(1, 9),
    passed=st.integers(0, 5),
    seed=st.integers(0, 2**31),
)
def test_the_steps_of_a_pass_see_every_pixel_once(width, height, batch, passed, seed):
    canvas, crops = canvas_of(width, height), replace(STILL, batch=batch)
    steps, length = crops.steps(canvas, 1), canvas.pass_length(64)
    if length == 1:
        return
    windows = [crops.windows(canvas, passed * steps + i, seed).views for i in range(steps)]
    assert all(1 <= len(views) <= batch for views in windows)
    assert sum(map(len, windows)) == length
    seen = np.zeros((height, width), int)
    for view in (view for views in windows for view in views):
        x, y = round((view.left_mm - 10) / 0.5), round((view.top_mm - 20) / 0.5)
        seen[max(0, y) : max(0, y + 64), max(0, x) : max(0, x + 64)] += 1
    assert (seen == 1).all()


def test_steps_by_hand():
    # 1024 px take 5 crops of 224 a side.
    canvas = canvas_of(1024, 1024)
    assert [Crops(batch=batch).steps(canvas, 30) for batch in (1, 4, 25, 64)] == [750, 210, 30, 30]
    assert Crops(batch=4).steps(canvas_of(256, 256, Aim.WRAP), 300) == 300
    assert Crops().steps(canvas, 0) == 0


@pytest.mark.parametrize("aim", list(Aim))
def test_windows_depend_on_seed_and_number_alone(aim):
    canvas, crops = canvas_of(300, 200, aim), Crops(64, 3)
    state = torch.get_rng_state()
    first = crops.windows(canvas, 5, 7)
    for number in (0, 6, 5):
        again = crops.windows(canvas, number, 7)
    assert same(first, again)
    assert not same(first, crops.windows(canvas, 6, 7))
    assert not same(first, crops.windows(canvas, 5, 8))
    assert torch.equal(state, torch.get_rng_state())


@pytest.mark.parametrize(("aim", "different"), [(Aim.WRAP, 4), (Aim.CENTER, 1)])
def test_a_batch_where_one_crop_is_a_pass(aim, different):
    windows = Crops(64, 4).windows(canvas_of(300, 200, aim), 2, 0)
    assert len(windows.views) == 4
    assert len(set(windows.views)) == different
    assert len({tuple(matrix.flatten().tolist()) for matrix in windows.warp.matrices}) == 4


def test_the_crops_of_one_step_are_not_those_of_the_next():
    """A batch of two sees the crops 0 and 1, then 2 and 3, of a canvas that wraps."""
    canvas, crops = canvas_of(70, 60, Aim.WRAP), replace(STILL, batch=2)
    seen = [view for number in range(3) for view in crops.windows(canvas, number, 0).views]
    singly = [view for number in range(6) for view in STILL.windows(canvas, number, 0).views]
    assert seen == singly
    assert len(set(seen)) == 6


def test_a_small_canvas_is_seen_by_a_full_batch():
    """Half a crop wide: one crop is a pass, and each of a batch lies elsewhere, the canvas whole in it."""
    canvas = canvas_of(32, 32)
    views = replace(STILL, batch=8).windows(canvas, 0, 0).views
    assert len(views) == 8
    assert len(set(views)) > 4
    for view in views:
        assert view.rect.left <= canvas.place.left
        assert view.rect.right >= canvas.place.right
        assert view.rect.top <= canvas.place.top
        assert view.rect.bottom >= canvas.place.bottom


@pytest.mark.parametrize("aim", list(Aim))
def test_views_are_square_at_the_canvas_scale_and_have_a_warp_each(aim):
    windows = Crops(48, 5).windows(canvas_of(150, 100, aim), 1, 3)
    assert {(view.width_px, view.height_px, view.mm_per_px) for view in windows.views} == {(48, 48, 0.5)}
    assert windows.warp.matrices.shape == (len(windows.views), 3, 3)


def test_no_strength_is_no_warp():
    windows = STILL.windows(canvas_of(300, 200), 0, 0)
    assert torch.allclose(windows.warp.matrices, Warp.identity(1).matrices, atol=1e-9)


def test_warps_are_as_strong_as_asked():
    crops = Crops(64, 64, Perspective(0), Jitter(shift_px=3))
    shifts = torch.cat(
        [crops.windows(canvas_of(64, 64, Aim.WRAP), i, 0).warp.matrices[:, :2, 2] for i in range(30)]
    )
    assert shifts.std(0).tolist() == pytest.approx([3, 3], rel=0.06)
    assert shifts.mean(0).abs().max() < 0.25


@pytest.mark.parametrize(
    ("sizes", "complaint"),
    [
        ({"size_px": 31}, "crop is 31: give 32 to 1024"),
        ({"size_px": 1025}, "crop is 1025"),
        ({"batch": 0}, "batch is 0: give 1 to 64"),
        ({"batch": 65}, "batch is 65"),
        ({"size_px": float("nan")}, "crop is nan"),
    ],
)
def test_sizes_out_of_range_are_refused_in_one_line(sizes, complaint):
    with pytest.raises(PlotoptError, match=complaint) as caught:
        Crops(**sizes)
    assert "\n" not in str(caught.value)
