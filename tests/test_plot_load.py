import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from plotopt import bezier
from plotopt.page import Page
from plotopt.pens import Pen
from plotopt.plot.chains import flatten, lengths_mm
from plotopt.plot.load import InkLoad, ink_load, load_notes
from plotopt.plot.plan import Layer
from plotopt.stocks import WHITE, Stock

PEN = Pen("black", "#000000", 0.4)
PAGE = Page(40, 20, 0)


def line(x0, y0, x1, y1):
    return bezier.line_curve(np.array([x0, y0], float), np.array([x1, y1], float))[None]


def load(*chains, pen=PEN, page=PAGE, cell_mm=10.0):
    return ink_load([Layer(pen, chains, len(chains))], page, cell_mm)


def test_a_line_in_one_cell():
    # 8 mm of line in 100 mm2, 0.4 mm wide.
    made = load(line(11, 5, 19, 5))
    np.testing.assert_allclose(made.mm_per_mm2, [[0, 0.08, 0, 0], [0, 0, 0, 0]])
    np.testing.assert_allclose(made.coats, 0.4 * made.mm_per_mm2)
    assert made.most_at_mm == (15, 5)


def test_a_line_is_shared_out_at_the_borders_of_cells():
    np.testing.assert_allclose(load(line(8, 5, 23, 5)).mm_per_mm2[0], [0.02, 0.1, 0.03, 0])
    np.testing.assert_allclose(load(line(23, 5, 8, 5)).mm_per_mm2[0], [0.02, 0.1, 0.03, 0])
    np.testing.assert_allclose(load(line(5, 18, 5, 4)).mm_per_mm2[:, 0], [0.06, 0.08])
    # A diagonal through a corner of four cells touches two of them.
    diagonal = load(line(0, 0, 20, 20)).mm_per_mm2
    np.testing.assert_allclose(diagonal, [[0.1 * 2**0.5, 0, 0, 0], [0, 0.1 * 2**0.5, 0, 0]], atol=1e-12)


def test_what_lies_beyond_the_page_is_left_out():
    np.testing.assert_allclose(load(line(-30, 5, 1000, 5)).mm_per_mm2, [[0.1] * 4, [0] * 4])
    for chain in (line(-5, -5, 60, -5), line(50, 0, 50, 20), line(-30, 10, 10, -30)):
        assert load(chain).mm_per_mm2.sum() == pytest.approx(0, abs=1e-12)
    assert load(line(-1e9, 5, 1e9, 5)).mm_per_mm2.sum() == pytest.approx(0.4, rel=1e-4)


def test_lines_on_borders_count_once():
    assert load(line(10, 2, 10, 12)).mm_per_mm2.sum() == pytest.approx(0.1)
    assert load(line(0, 0, 40, 0)).mm_per_mm2.sum() == pytest.approx(0.4)
    assert load(line(0, 20, 40, 20), line(40, 20, 40, 0)).mm_per_mm2.sum() == pytest.approx(0.6)


def test_coats_of_several_pens_add_up():
    layers = [Layer(PEN, (line(1, 5, 6, 5),), 1), Layer(Pen("red", "#ff0000", 2.0), (line(2, 2, 2, 6),), 1)]
    made = ink_load(layers, PAGE, 10.0)
    assert made.mm_per_mm2[0, 0] == pytest.approx(0.09)
    assert made.coats[0, 0] == pytest.approx((5 * 0.4 + 4 * 2.0) / 100)


@settings(max_examples=40, deadline=None)
@given(
    st.integers(1, 6).flatmap(lambda n: arrays(float, (n, 1, 4, 2), elements=st.floats(0, 20))),
    st.floats(0.3, 9),
)
def test_no_line_is_lost_or_doubled(chains, cell_mm):
    made = load(*chains, cell_mm=cell_mm)
    drawn = sum(
        np.linalg.norm(np.diff(flatten([chain], 0.01).points, axis=0), axis=1).sum() for chain in chains
    )
    assert made.mm_per_mm2.sum() * made.cell_mm**2 == pytest.approx(drawn, rel=1e-9, abs=1e-9)
    assert drawn == pytest.approx(lengths_mm(list(chains)).sum(), rel=0.02, abs=0.1)


def test_a_huge_page_gets_larger_cells():
    made = load(line(0, 0, 5000, 5000), page=Page(5000, 5000, 0), cell_mm=0.5)
    assert made.coats.size <= 4_100_000
    assert max(made.picture(WHITE).size) < 5000


def test_too_much_ink_is_told_with_place_and_measure():
    # 60 lines of 10 mm, 0.4 mm wide, on 100 mm2: 2.4 coats.
    soaked = load(*[line(20, y, 30, y) for y in np.linspace(0.1, 9.9, 60)])
    assert load_notes(soaked, WHITE) == ()
    (note,) = load_notes(soaked, Stock("thin", "thin paper", "#ffffff", 2.0))
    assert note.startswith(
        "100 mm2, first of all near 25, 5 mm, take up to 2.4 coats of ink, 2 is what thin paper bears: "
    )


@pytest.mark.parametrize(
    ("coats", "limit", "told"),
    [
        (2.96, 3.0, False),
        (3.0, 3.0, False),
        (3.04, 3.0, False),
        (3.06, 3.0, True),
        (2.26, 2.28, False),
        (2.33, 2.28, True),
    ],
)
def test_there_is_no_note_where_its_figures_are_the_same(coats, limit, told):
    load = InkLoad(2.0, np.full((3, 3), 6.0), np.full((3, 3), coats))
    assert bool(load_notes(load, Stock("thin", "thin paper", "#ffffff", limit))) == told


def test_an_empty_page_has_no_load():
    made = ink_load([], PAGE)
    assert (made.most_coats, made.over_mm2(0.5), load_notes(made, WHITE)) == (0, 0, ())
    assert made.picture(WHITE).mode == "RGB"


def test_colours_darken_with_the_load_and_turn_red_beyond_the_limit():
    coats = np.linspace(0, 2 * WHITE.ink_limit, 33)[None]
    image = np.asarray(InkLoad(2.0, coats, coats).picture(WHITE, px_per_cell=8)).astype(int)
    shades = image[28, 24 + 4 : 24 + 33 * 8 : 8]
    lightness = shades @ [0.2126, 0.7152, 0.0722]
    assert (np.diff(lightness) < 0).all()
    assert (shades[:17, 0] <= shades[:17, 1] + 2).all()
    assert (shades[17:, 0] > 1.5 * shades[17:, 2]).all()


@pytest.mark.parametrize("shape", [(1, 1), (1, 300), (300, 1), (3000, 5)])
@pytest.mark.parametrize("limit", [0.5, 4.0, 100.0])
def test_the_picture_has_room_for_its_legend(shape, limit):
    coats = np.full(shape, 5.0)
    image = InkLoad(2.0, coats, coats).picture(Stock("s", "some paper", "#ffffff", limit))
    border = np.asarray(image)[[0, -1]]
    assert (border == 255).all()
    assert max(image.size) < 5000
