"""Separation: which ink makes which colour, black from black ink, and the pens that suit a picture."""

import numpy as np
import pytest
import torch

from plotopt.colour.contrast import in_plot_order
from plotopt.colour.ink import Inks
from plotopt.colour.light import light_of
from plotopt.colour.oklab import oklab
from plotopt.pens import Pen
from plotopt.stocks import WHITE, Stock
from plotopt.tones import separation
from plotopt.tones.separation import best_pens, separate, separated

BLACK, GREY = Pen("black", "#000000", 0.4), Pen("grey", "#808080", 0.4)
RED, BLUE, YELLOW = Pen("red", "#e02020", 0.4), Pen("blue", "#2040d0", 0.4), Pen("yellow", "#f8e020", 0.4)
CYAN, MAGENTA = Pen("cyan", "#20b0e0", 0.4), Pen("magenta", "#e02090", 0.4)
GEL = Pen("gel", "#f4f4f0", 0.5, opaque=True)
PROCESS = in_plot_order([CYAN, MAGENTA, YELLOW, BLACK])
NIGHT = Stock("night", "black paper", "#101010", 4.0)


def shares(colour, pens, stock=WHITE):
    """What part of the paper each pen inks for one colour in linear light, by the pen's name."""
    found, _ = separated(torch.tensor([colour]), [Inks.of_pens(pens, 3, stock)], 500)
    return dict(zip((pen.name for pen in pens), found[0, 0].tolist(), strict=True))


def mixed(pens, stock, **part):
    """The mean colour where each pen inks its part of the paper, lines crossing at random."""
    inks = Inks.of_pens(pens, 3, stock)
    through = torch.tensor([1 - part.get(pen.name, 0.0) for pen in pens])
    return inks.on_paper(through[None, :, None, None]).flatten().tolist()


def test_white_paper_stays_white():
    assert separate(torch.ones(3, 2, 2), Inks.of_pens(PROCESS, 3)).max() == 0


@pytest.mark.parametrize("grey", [0.7, 0.4, 0.12])
def test_grey_is_drawn_in_black(grey):
    """Not mixed from three colours, though they could."""
    found = shares([grey] * 3, PROCESS)
    assert found["black"] == pytest.approx(1 - grey, abs=0.06)
    assert sum(found.values()) - found["black"] < 0.12


def test_without_black_grey_is_mixed():
    found = shares([0.4, 0.4, 0.4], in_plot_order([CYAN, MAGENTA, YELLOW]))
    assert min(found.values()) > 0.2


@pytest.mark.parametrize(
    "part", [{"red": 0.5}, {"blue": 0.7}, {"red": 0.3, "blue": 0.4}, {"red": 0.6, "black": 0.3}]
)
def test_a_mixture_is_taken_apart_again(part):
    pens = in_plot_order([RED, BLUE, BLACK])
    colour = mixed(pens, WHITE, **part)
    found = shares(colour, pens)
    again = mixed(pens, WHITE, **found)
    assert float((oklab(torch.tensor(again)) - oklab(torch.tensor(colour))).norm()) < 0.03
    # Black may take over what the colours share, never the other way round.
    assert found["black"] >= part.get("black", 0) - 0.02
    if len(part) == 1:
        assert found == pytest.approx({pen.name: part.get(pen.name, 0) for pen in pens}, abs=0.05)


def test_white_ink_is_for_what_is_lighter_than_the_paper():
    pens = in_plot_order([GEL, RED])
    assert shares([0.5, 0.5, 0.5], pens, NIGHT)["gel"] == pytest.approx(0.5, abs=0.1)
    assert max(shares(light_of("#101010"), pens, NIGHT).values()) < 0.05


def test_every_pixel_has_the_shares_of_its_colour():
    image = torch.rand(3, 4, 5, generator=torch.Generator().manual_seed(0))
    found = separate(image, Inks.of_pens(PROCESS, 3))
    assert found.shape == (4, 4, 5)
    assert found.min() >= 0
    assert found.max() <= 0.95
    exact, _ = separated(image.flatten(1).T, [Inks.of_pens(PROCESS, 3)], 500)
    assert np.abs(found.reshape(4, -1).T - exact[0].numpy()).mean() < 0.06


@pytest.mark.parametrize("grey", [0.08, 0.135, 0.2, 0.4, 0.6, 0.71, 0.77, 0.9])
def test_greys_between_those_of_the_grid_are_drawn_in_black_alone(grey):
    """Lettering was black, red and blue beside each other."""
    dark = Pen("dark", "#23222a", 0.4)
    pens = in_plot_order([Pen("red", "#d8232f", 0.4), Pen("blue", "#1f4fa3", 0.4), dark])
    found = separate(torch.full((3, 1, 1), grey), Inks.of_pens(pens, 3))[:, 0, 0]
    parts = dict(zip((pen.name for pen in pens), found, strict=True))
    assert parts["red"] == parts["blue"] == 0
    assert parts["dark"] == pytest.approx(shares([grey] * 3, pens)["dark"], abs=0.02)


@pytest.mark.parametrize("seed", range(3))
def test_between_colours_of_the_grid_shares_are_straight(seed):
    rng = np.random.default_rng(seed)
    axis = np.linspace(0, 1, 5)
    grid = np.stack(np.meshgrid(axis, axis, axis, indexing="ij"), -1)
    slope = rng.normal(size=(3, 2))
    at = rng.random((6, 7, 3))
    at[0, 0], at[0, 1] = 1, 0
    np.testing.assert_allclose(separation._interpolated(grid @ slope, at), at @ slope, atol=1e-12)
    # Along the diagonal of greys, whatever the colours beside it.
    odd = rng.normal(size=(5, 5, 5, 2))
    greys = np.repeat(rng.random((1, 9, 1)), 3, -1)
    wanted = [np.interp(greys[0, :, 0], axis, odd[*[range(5)] * 3, pen]) for pen in range(2)]
    np.testing.assert_allclose(separation._interpolated(odd, greys)[0].T, wanted, atol=1e-12)


def test_many_inks_are_shared_out_alike_on_any_number_of_threads(monkeypatch):
    monkeypatch.setattr(separation, "_STEPS", 3)
    inks = Inks(torch.rand(9, 3, generator=torch.Generator().manual_seed(0)), (False,) * 8 + (True,))
    threads, tables = torch.get_num_threads(), []
    try:
        for number in (1, 3):
            torch.set_num_threads(number)
            tables.append(separation._table.__wrapped__(*separation._content(inks)))
    finally:
        torch.set_num_threads(threads)
    assert np.array_equal(*tables)


def test_the_best_pens_are_those_of_the_picture():
    """Patches of red and yellow on white: of eight pens, these two."""
    image = torch.ones(3, 20, 20)
    image[:, :7] = torch.tensor(mixed([RED], WHITE, red=0.8))[:, None, None]
    image[:, 7:14] = torch.tensor(mixed([YELLOW], WHITE, yellow=0.8))[:, None, None]
    box = [BLACK, GREY, BLUE, CYAN, MAGENTA, GEL, YELLOW, RED]
    assert best_pens(image, box, 2, WHITE) == (YELLOW, RED)


def test_of_two_blacks_the_second_is_taken_only_where_there_is_no_other_pen():
    """Over each other they are darker than one alone, which goes over itself just as well."""
    image = torch.zeros(3, 20, 20)
    image[:, :1] = torch.tensor(mixed([RED], WHITE, red=0.3))[:, None, None]
    blacks = [BLACK, Pen("fineliner", "#1a191b", 0.3), Pen("felt", "#23222a", 0.4)]
    assert set(best_pens(image, [*blacks, RED], 2, WHITE)) & {RED}
    assert len(set(best_pens(image, blacks, 2, WHITE))) == 2


def test_pens_that_differ_on_the_paper_are_not_alike():
    """On white both of these are grey; on kraft one is darker than the paper, the other lighter."""
    kraft = Stock("kraft", "kraft paper", "#b08d62", 4.0)
    grey, silver = Pen("grey", "#8c8c90", 0.4), Pen("silver", "#a8a9ad", 0.4, opaque=True)
    image = torch.tensor(light_of(kraft.color))[:, None, None].repeat(1, 20, 20)
    image[:, :6] = torch.tensor(mixed([grey], kraft, grey=0.8))[:, None, None]
    image[:, 14:] = torch.tensor(mixed([silver], kraft, silver=0.8))[:, None, None]
    assert set(best_pens(image, [grey, silver, RED], 2, kraft)) == {grey, silver}


def test_pens_of_a_usual_width_are_taken_where_colour_does_not_decide():
    image = torch.full((3, 8, 8), 0.4)
    fine, usual, broad = (Pen(f"black-{width:g}", "#000000", width) for width in (0.05, 0.4, 3.5))
    assert best_pens(image, [fine, broad, usual], 1, WHITE) == (usual,)


def test_the_darkest_tone_of_a_fit_is_black_ink_alone():
    found = shares([0.08, 0.08, 0.08], PROCESS)
    assert found["black"] > 0.88
    assert sum(found.values()) - found["black"] < 0.12


def test_choosing_all_is_all_and_again_the_same():
    image = torch.rand(3, 8, 8, generator=torch.Generator().manual_seed(1))
    assert set(best_pens(image, [RED, BLUE], 2, WHITE)) == {RED, BLUE}
    box = [RED, BLUE, YELLOW, BLACK]
    assert best_pens(image, box, 3, WHITE) == best_pens(image, box, 3, WHITE)
