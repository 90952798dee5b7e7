"""The test card: geometry, code, and that one pen can draw it."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from plotopt.catalog import load_stock
from plotopt.errors import PlotoptError
from plotopt.page import parse_paper
from plotopt.pens import Pen, parse_pen
from plotopt.plot.load import ink_load, load_notes
from plotopt.profiles import load_profile
from plotopt.stocks import WHITE
from plotopt.testcard import Card, draw_testcard
from plotopt.testcard.card import BLOCK, CODE_BITS, code_cells, marks, paper_places

widths = st.floats(0.02, 5.0)


def draw(pen, paper="a5", margin_mm=10.0, profile="axidraw_v3_a3"):
    return draw_testcard(pen, parse_paper(paper), margin_mm, load_profile(profile))


def overlap(one, other):
    across = min(one.right, other.right) - max(one.left, other.left)
    down = min(one.bottom, other.bottom) - max(one.top, other.top)
    return across > 1e-9 and down > 1e-9


def test_a_known_code():
    # 0.02 mm is 4 steps of 5 um; x^8 is (x^6 + x + 1) x^2 and a rest of x^3 + x^2.
    assert "".join("01"[bit] for bit in Card.for_width(0.02).code) == "1" + "0000000100" + "001100" + "1"


@given(widths)
def test_the_code_tells_the_width(width_mm):
    card = Card.for_width(width_mm)
    assert abs(card.width_mm - width_mm) <= 0.0026 or card.width_mm == 0.005
    assert len(card.code) == CODE_BITS == len(code_cells())
    assert Card.from_code(card.code) == card


@given(widths, st.sets(st.integers(0, CODE_BITS - 1), min_size=1, max_size=2))
def test_misread_cells_are_noticed(width_mm, wrong):
    code = Card.for_width(width_mm).code
    assert Card.from_code(tuple(bit != (place in wrong) for place, bit in enumerate(code))) is None


@pytest.mark.parametrize("bits", [(), (True,) * 3, (False,) * CODE_BITS, (True,) * CODE_BITS])
def test_what_is_no_code_is_none(bits):
    assert Card.from_code(bits) is None


def test_units_shrink_for_fine_pens_and_grow_for_wide_ones():
    assert [Card(width).unit_mm for width in (0.1, 0.4, 2.0, 3.0)] == pytest.approx([0.625, 1, 1, 1.5])


@settings(deadline=None, max_examples=30)
@given(widths)
def test_everything_has_its_own_place(width_mm):
    card = Card.for_width(width_mm)
    places = [*(patch.place for patch in card.patches), *marks(), *code_cells(), *paper_places()]
    for number, place in enumerate(places):
        assert BLOCK.left <= place.left < place.right <= BLOCK.right
        assert BLOCK.top <= place.top < place.bottom <= BLOCK.bottom
        assert not any(overlap(place, other) for other in places[number + 1 :])


@settings(deadline=None, max_examples=50)
@given(st.floats(0.05, 2.0))
def test_patches_hold_whole_periods_from_sparse_to_three_coats(width_mm):
    card = Card.for_width(width_mm)
    for patch in card.patches:
        assert patch.place.width == pytest.approx(patch.periods * patch.period * card.width)
        assert patch.periods >= 2
        # Lines of a pen two fifths wider stay within the patch.
        assert all(abs(offset) + 0.7 <= patch.period / 2 or patch.period < 3 for offset in patch.offsets)
    coats = [1 / patch.period for patch in card.wedge]
    assert coats == sorted(coats)
    assert coats[0] <= 0.4
    assert coats[-1] == pytest.approx(3)
    assert [patch.passes for patch in card.passes] == [1, 2, 3, 4, 5, 6]
    assert [len(patch.offsets) for patch in card.pairs] == [1, 2, 2, 2, 2, 2]


@pytest.mark.parametrize(
    ("width_mm", "paper"), [(0.05, "a6"), (0.3, "a5"), (0.8, "a5"), (2.0, "a5"), (3.0, "a3")]
)
def test_one_pen_draws_it_within_its_block(width_mm, paper):
    drawing = draw(Pen("liner", "#202020", width_mm), paper, 8.0)
    (layer,) = drawing.layers
    assert layer.pen.width_mm == width_mm
    points = np.concatenate(layer.chains).reshape(-1, 2)
    card = Card.for_width(width_mm)
    size = np.array([BLOCK.width, BLOCK.height]) * card.unit_mm
    low = (np.array([drawing.page.width_mm, drawing.page.height_mm]) - size) / 2
    reach = width_mm / 2
    assert np.all(points.min(0) - reach >= low - 0.003)
    assert np.all(points.max(0) + reach <= low + size + 0.003)
    assert layer.hidden == 0


def test_lines_of_a_patch_are_drawn_as_often_as_it_says():
    drawing = draw(Pen("liner", "#202020", 0.3))
    card = Card.for_width(0.3)
    corner = (np.array([148, 210]) - np.array([BLOCK.width, BLOCK.height]) * card.unit_mm) / 2
    curves = np.concatenate(drawing.layers[0].chains)
    ends = (curves[:, [0, 3]] - corner) / card.unit_mm
    upright = np.abs(ends[:, 1, 1] - ends[:, 0, 1]) > 10
    for patch in (card.wedge[0], card.wedge[-1], card.passes[4], card.pairs[2]):
        middle = ends[upright].mean(1)
        place = patch.place
        inside = (
            (middle[:, 0] > place.left)
            & (middle[:, 0] < place.right)
            & (middle[:, 1] > place.top)
            & (middle[:, 1] < place.bottom)
        )
        assert inside.sum() == patch.periods * len(patch.offsets) * patch.passes


def test_the_title_is_left_out_by_no_pen_and_captions_by_wide_ones():
    fine, wide = (draw(Pen("liner", "#202020", width), "a5") for width in (0.3, 2.0))
    assert fine.layers[0].strokes > wide.layers[0].strokes


def test_the_command_repeats_it():
    assert draw(parse_pen("red:0.3mm")).metadata["command"] == (
        "plotopt testcard --pen=red:0.3mm --paper=A5 --margin=10mm --stock=white --profile=axidraw_v3_a3"
    )
    assert draw(parse_pen("0.3mm")).stock == WHITE


@pytest.mark.parametrize(("stock", "told"), [("white", False), ("kraft", False), ("copy", True)])
def test_too_much_ink_is_told_without_advice_that_no_card_can_follow(stock, told):
    paper = load_stock(stock)
    drawing = draw_testcard(parse_pen("0.3mm"), parse_paper("a5"), 10.0, load_profile("axidraw_v3"), paper)
    notes = load_notes(ink_load(drawing.layers, drawing.page), paper, drawing.remedy)
    assert len(notes) == told
    assert all("use fewer" not in note and "darkest patches are meant" in note for note in notes)
    html = drawing._report("card")
    assert "use fewer strokes" not in html
    assert ("darkest patches are meant" in html) == told


@pytest.mark.parametrize(
    ("pen", "paper", "profile", "fragment"),
    [
        ("0.3mm", "50x50mm", "axidraw_v3", "take larger paper"),
        ("0.8mm", "a6", "axidraw_v3", "take larger paper"),
        ("2.5mm", "a5", "axidraw_v3", "take larger paper"),
        ("6mm", "a1", "axidraw_v3", "pens up to 5 mm"),
        ("0.4mm", "a5", "axidraw_minikit", "axidraw_minikit"),
    ],
)
def test_what_cannot_be_drawn_is_refused(pen, paper, profile, fragment):
    with pytest.raises(PlotoptError, match=fragment):
        draw(parse_pen(pen), paper, 10.0, profile)
