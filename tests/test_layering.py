"""Layers of several pens: what opaque ink covers is not drawn below it."""

import pytest
import torch

from plotopt.layering import plan_layers
from plotopt.page import Rect
from plotopt.pens import Pen
from plotopt.strokes import Strokes

PLACE = Rect(0, 0, 60, 60)
BLACK, WHITE = Pen("black", "#000000", 0.4), Pen("white", "#ffffff", 0.4, opaque=True)
CLEAR = Pen("clear", "#ffff00", 0.4)


def drawn(*lines, pens):
    """Straight strokes, each from x to x at its y, with the number of its pen."""
    points = [[[x0 + (x1 - x0) * i / 3, y] for i in range(4)] for x0, x1, y, _ in lines]
    return Strokes.of_pens(torch.tensor(points), torch.tensor([line[3] for line in lines]), pens)


def test_lines_mostly_under_opaque_ink_are_left_out_as_hidden():
    pens = (BLACK, WHITE)
    # The first lies along white, the second is crossed by it, the third lies under two fifths of it.
    lines = [(10.0, 50.0, 10.1, 0), (10.0, 50.0, 20.0, 0), (10.0, 50.0, 30.0, 0)]
    white = [(10.0, 50.0, 10.0, 1), (10.0, 26.0, 30.0, 1)]
    black, over = plan_layers(drawn(*lines, *white, pens=pens), pens, PLACE, None)
    assert sorted(round(float(chain[0, 0, 1]), 1) for chain in black.chains) == [20, 30]
    assert (black.hidden, black.hidden_m) == (1, pytest.approx(0.04))
    assert (over.pen, len(over.chains), over.hidden) == (WHITE, 2, 0)


def test_inks_that_let_shine_through_hide_nothing_and_nothing_hides_what_comes_later():
    lines = [(10.0, 50.0, 10.0, 0), (10.0, 50.0, 10.0, 1)]
    faint = Pen("faint", "#ffffff", 0.4, opaque=True, opacity=0.6)
    for pens in ((BLACK, CLEAR), (WHITE, BLACK), (BLACK, faint)):
        layers = plan_layers(drawn(*lines, pens=pens), pens, PLACE, None)
        assert [len(layer.chains) for layer in layers] == [1, 1]


def test_a_pen_that_is_wholly_covered_is_not_put_in():
    pens = (BLACK, WHITE)
    lines = [(10.0, 50.0, 10.0, 0), (10.0, 50.0, 10.0, 1)]
    (layer,) = plan_layers(drawn(*lines, pens=pens), pens, PLACE, None)
    assert (layer.pen, layer.strokes, layer.hidden, layer.hidden_m) == (WHITE, 1, 1, pytest.approx(0.04))
