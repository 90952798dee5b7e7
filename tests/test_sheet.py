"""Where the cells and labels of a contact sheet lie."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from plotopt.errors import PlotoptError
from plotopt.settings import read_neurons_settings
from plotopt.settings.network import Grid
from plotopt.visualization.sheet import lay_out_sheet


def laid_out(count, **options):
    return lay_out_sheet(read_neurons_settings(**options), count)


def test_a_sheet_of_four_by_hand():
    """A pen of 0.5 mm writes letters of 3 mm: spaces of 3.6, labels of 1.8 + 4.2, a head of 9.6 mm."""
    sheet = laid_out(4, paper="123.6x200mm", margin="10mm", pens="black:0.5mm", orientation="portrait")
    # Two columns are 50 mm wide and two rows would leave 77; three columns are 32; one gets 25.4 in height.
    assert sheet.grid == Grid(2, 2)
    assert sheet.side_mm == pytest.approx(50)
    assert (sheet.letter_mm, sheet.title_mm) == pytest.approx((3, 4.2))
    # 9.6 + 2 * (50 + 6) + 3.6 = 125.2 mm of 180 are used.
    top = 10 + (180 - 125.2) / 2
    block = sheet.block
    assert (block.left, block.top, block.right, block.bottom) == pytest.approx((10, top, 113.6, top + 125.2))
    first, last = sheet.cell(0), sheet.cell(3)
    assert (first.left, first.top) == pytest.approx((10, top + 9.6))
    assert (last.left, last.top) == pytest.approx((63.6, top + 9.6 + 59.6))
    assert (last.width, last.height) == pytest.approx((50, 50))
    assert sheet.label(3) == pytest.approx((63.6, last.bottom + 1.8))


@pytest.mark.parametrize(
    ("count", "paper", "orientation", "grid"),
    [
        (1, "a4", "auto", Grid(1, 1)),
        (2, "a4", "portrait", Grid(1, 2)),
        (2, "a4", "landscape", Grid(2, 1)),
        (16, "a5", "auto", Grid(4, 4)),
        (64, "a4", "auto", Grid(8, 8)),  # 21.2 mm; 7x10 would be 19.5
        (5, "500x60mm", "auto", Grid(5, 1)),
    ],
)
def test_the_grid_that_makes_the_largest_cells(count, paper, orientation, grid):
    assert laid_out(count, paper=paper, orientation=orientation, margin="10mm").grid == grid


def test_a_grid_as_given_turns_the_sheet_and_may_have_cells_to_spare():
    sheet = laid_out(5, grid="4x2")
    assert sheet.grid == Grid(4, 2)
    assert sheet.page.width_mm > sheet.page.height_mm
    assert sheet.side_mm == laid_out(8, grid="4x2").side_mm


def test_the_darkest_pen_writes():
    sheet = laid_out(4, pens="yellow:0.3mm,navy:0.6mm,red:0.3mm")
    assert sheet.writer.name == "navy"
    assert sheet.letter_mm == pytest.approx(3.6)


def test_letters_are_never_too_small_to_read():
    assert laid_out(4, pens="black:0.1mm").letter_mm == 2.0


def test_the_walk_goes_to_and_fro():
    sheet = laid_out(8, grid="3x3")
    assert sheet.walk(8) == [0, 1, 2, 5, 4, 3, 6, 7]
    assert sheet.walk(5) == [0, 1, 2, 4, 3]


@pytest.mark.parametrize(
    ("count", "options", "fragment"),
    [
        (13, {"grid": "4x3"}, "a grid of 4x3 has 12 cells for 13 channels"),
        (4096, {}, "4096 channels get cells of"),
        (64, {"paper": "a6", "pens": "black:1mm"}, "these pens need 16 mm"),
        (1, {"paper": "30x30mm", "margin": "12mm"}, "1 channels get cells of 0.0 mm"),
    ],
)
def test_what_cannot_be_is_refused_in_one_line(count, options, fragment):
    with pytest.raises(PlotoptError) as caught:
        laid_out(count, **options)
    assert fragment in str(caught.value)
    assert "\n" not in str(caught.value)


@settings(deadline=None)
@given(
    st.integers(1, 200),
    st.sampled_from(["a4", "a3", "letter", "300x100mm"]),
    st.sampled_from(["black:0.1mm", "black:0.4mm,red:0.2mm"]),
)
def test_cells_and_labels_lie_in_the_frame_apart_from_each_other(count, paper, pens):
    try:
        sheet = laid_out(count, paper=paper, pens=pens)
    except PlotoptError:
        return
    frame, block = sheet.page.frame, sheet.block
    near = 1e-6
    assert frame.left - near <= block.left
    assert block.right <= frame.right + near
    assert frame.top - near <= block.top
    assert block.bottom <= frame.bottom + near
    cells = [sheet.cell(index) for index in range(count)]
    assert cells[0].top - block.top >= 4 / 3 * sheet.title_mm
    for index, cell in enumerate(cells):
        left, top = sheet.label(index)
        assert left == cell.left
        assert cell.bottom < top
        assert top + 4 / 3 * sheet.letter_mm <= block.bottom + near
        assert cell.right <= block.right + near
        if index + sheet.grid.columns < count:
            assert top + 4 / 3 * sheet.letter_mm < cells[index + sheet.grid.columns].top
        if index + 1 < count and (index + 1) % sheet.grid.columns:
            assert cell.right < cells[index + 1].left
    assert sorted(sheet.walk(count)) == list(range(count))
