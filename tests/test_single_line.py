"""Drawings of a single line: one path a pen, whatever is asked of them beside."""

import pytest
from pictures import gradient, plain

from plotopt import fit
from plotopt.errors import PlotoptError
from plotopt.settings import read_settings

WAYS = ("tour", "flow")
SMALL = {"quality": "draft", "size": 96, "paper": "60x50mm", "margin": "5mm", "pens": "0.5mm"}


def drawn(way, pixels=None, **options):
    return fit(gradient() if pixels is None else pixels, single_line=way, **SMALL | options)


def paths(drawing):
    return [len(layer.chains) for layer in drawing.layers]


@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize(
    "options",
    [
        {},
        {"strokes": 1},
        {"strokes": 60},
        {"paper": "140x20mm"},
        {"edges": 0.8},
        {"pens": "3mm"},
    ],
)
def test_the_pen_is_put_down_once(way, options):
    drawing = drawn(way, **options)
    assert paths(drawing) == [1]
    assert drawing.svg().count("<path") == 1


@pytest.mark.parametrize("way", WAYS)
def test_each_pen_draws_one_line(way):
    drawing = drawn(way, pens="black:0.5mm,red:0.5mm", strokes=120)
    assert paths(drawing) == [1, 1]


def test_lines_of_several_directions_are_one():
    assert paths(drawn("flow", direction="45,135")) == [1]


@pytest.mark.parametrize("way", WAYS)
def test_the_same_seed_gives_the_same_line(way):
    first, second, other = (drawn(way, strokes=80, seed=seed).svg() for seed in (3, 3, 4))
    assert first == second
    assert first != other


@pytest.mark.parametrize("way", WAYS)
def test_a_blank_picture_is_an_empty_drawing(way):
    drawing = drawn(way, plain(255))
    assert paths(drawing) == []
    assert any("blank" in note for note in drawing.notes)


@pytest.mark.parametrize("way", WAYS)
def test_a_tiny_picture_is_drawn(way):
    picture = plain(255, 8, 8)
    picture[3, 4] = 90
    assert paths(drawn(way, picture)) == [1]


@pytest.mark.parametrize("way", WAYS)
def test_outlines_alone_are_one_line(way):
    square = plain(230)
    square[12:36, 16:48] = 60
    assert paths(drawn(way, square, edges=1, shading=0)) == [1]


@pytest.mark.parametrize("way", WAYS)
def test_two_islands_are_one_line(way):
    islands = plain(255)
    islands[8:20, 5:15] = islands[30:40, 45:60] = 20
    assert paths(drawn(way, islands)) == [1]


@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize("budget", [{"minutes": 0.7}, {"metres": 0.7}])
def test_a_budget_is_filled_and_kept(way, budget):
    drawing = drawn(way, **budget)
    told = drawing.statistics
    spent = told.minutes if "minutes" in budget else told.pen_down_m
    assert 0.97 <= spent / next(iter(budget.values())) <= 1
    assert paths(drawing) == [1]


@pytest.mark.parametrize(
    ("options", "fragment"),
    [
        ({"single_line": "spiral"}, "'spiral'"),
        ({"single_line": 1}, "single line is 1"),
        ({"single_line": "flow", "link": "2mm"}, "link"),
        ({"single_line": "tour", "direction": "45"}, "direction"),
        ({"single_line": "tour", "detail": "off"}, "detail"),
        ({"single_line": "tour", "length": "4mm"}, "length"),
    ],
)
def test_what_does_not_go_together_is_refused(options, fragment):
    with pytest.raises(PlotoptError, match=fragment) as refused:
        read_settings(**options)
    assert "\n" not in str(refused.value)


def test_the_way_is_part_of_the_command():
    assert "--single-line=flow" in read_settings(single_line="flow").command("a.png")
    assert "single-line" not in read_settings().command("a.png")
