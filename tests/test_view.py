import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from plotopt.page import Rect
from plotopt.view import View

VIEW = View(left_mm=10, top_mm=20, width_px=8, height_px=6, mm_per_px=0.5)

views = st.builds(
    View,
    left_mm=st.floats(-500, 500),
    top_mm=st.floats(-500, 500),
    width_px=st.integers(1, 4096),
    height_px=st.integers(1, 4096),
    mm_per_px=st.floats(0.01, 10),
)
places = st.tuples(st.floats(-1000, 1000), st.floats(-1000, 1000))


def double(*values):
    return torch.tensor(values, dtype=torch.float64)


def test_the_window_on_the_page():
    assert VIEW.rect == Rect(10, 20, 14, 23)
    assert VIEW.to_px(double(10, 20)).tolist() == [0, 0]
    assert VIEW.to_px(double(14, 23)).tolist() == [8, 6]
    assert VIEW.to_px(double(9, 26)).tolist() == [-2, 12]
    assert VIEW.to_mm(double(8, 6)).tolist() == [14, 23]


def test_pixel_centres_lie_at_the_half():
    row, column = 2, 3
    centre_mm = VIEW.to_mm(double(column + 0.5, row + 0.5))
    assert centre_mm.tolist() == [10 + 3.5 * 0.5, 20 + 2.5 * 0.5]


@given(views, places)
def test_to_px_and_to_mm_undo_each_other(view, place):
    point = double(*place)
    # Rounding of the offset, some 1e-13 mm, is up to 100 times that in px of 0.01 mm.
    assert torch.allclose(view.to_mm(view.to_px(point)), point, rtol=0, atol=1e-10)
    assert torch.allclose(view.to_px(view.to_mm(point)), point, rtol=0, atol=1e-10)


@given(views)
def test_the_rect_has_the_corners_of_the_raster(view):
    corners = view.to_mm(double([0, 0], [view.width_px, view.height_px]))
    rect = view.rect
    assert corners.flatten().tolist() == pytest.approx(
        [rect.left, rect.top, rect.right, rect.bottom], abs=1e-9
    )


@pytest.mark.parametrize("dtype", [torch.float32, torch.float64])
def test_shape_type_and_gradient_pass_through(dtype):
    points = torch.rand(3, 4, 2, dtype=dtype, requires_grad=True)
    pixels = VIEW.to_px(points)
    assert pixels.shape == points.shape
    assert pixels.dtype == VIEW.to_mm(points).dtype == dtype
    pixels.sum().backward()
    assert torch.all(points.grad == 2)
