"""A small drawing that wraps, copied all over a larger place, and what makes its copies differ."""

from dataclasses import replace

import numpy as np
import pytest
import torch
from test_canvas import copies_by_hand, scattered

from plotopt.page import Rect
from plotopt.render import render
from plotopt.strokes import Strokes
from plotopt.view import View
from plotopt.visualization.growth import copied, varied
from plotopt.visualization.scatter import Usual, scatter

# 48 px of a quarter of a millimetre.
CELL = Rect(10, 20, 22, 32)
SIDE = CELL.width
USUAL = Usual(3.0, 2)


def place_of(columns, rows):
    return Rect(CELL.left, CELL.top, CELL.left + columns * SIDE, CELL.top + rows * SIDE)


def stroke(x, y, length=2.0, width_mm=0.5):
    """A level one that begins at a place of the page."""
    along = torch.linspace(0, length, 4)[:, None] * torch.tensor([1.0, 0.0])
    return Strokes.of_pen((along + torch.tensor([x, y]))[None], width_mm)


def begins(strokes):
    return sorted((round(x, 3), round(y, 3)) for x, y in strokes.points[:, 0].tolist())


@pytest.mark.parametrize(("columns", "rows"), [(1, 1), (2, 2), (4, 3), (1, 5)])
@pytest.mark.parametrize("stray", [0.0, 0.9, 2.5])
def test_copies_show_the_same_pattern_all_over_the_place(columns, rows, stray):
    """Also where strokes have wandered beyond the cell, by several cells at worst."""
    strokes, place = scattered(CELL, stray=stray), place_of(columns, rows)
    views = [
        View(CELL.left, CELL.top, 48 * across, 48 * down, 0.25) for across, down in ((1, 1), (columns, rows))
    ]
    # An edge so sharp that ink from beyond the place does not reach its outermost pixels' centres.
    (cell,) = render(copies_by_hand(strokes, CELL), views[:1], softness_px=0.5)
    (shown,) = render(copied(strokes, CELL, place), views[1:], softness_px=0.5)
    torch.testing.assert_close(shown, cell.repeat(1, rows, columns), rtol=0, atol=1e-4)


@pytest.mark.parametrize(
    ("x", "y", "expected"),
    [
        # Within the cell: one in each.
        (14, 25, [(14, 25), (26, 25)]),
        # Beyond its right edge: what hangs over comes in on the left of the place.
        (21, 25, [(9, 25), (21, 25), (33, 25)]),
        # Beyond its left edge, and on its lower one, where half of the pen is within the place.
        (9, 25, [(9, 25), (21, 25), (33, 25)]),
        (14, 31.9, [(14, 19.9), (14, 31.9), (26, 19.9), (26, 31.9)]),
        # Over a corner.
        (21, 32, [(x, y) for x in (9, 21, 33) for y in (20, 32)]),
        # Two cells off: it is brought home.
        (38, 1, [(14, 25), (26, 25)]),
    ],
)
def test_what_hangs_over_is_there_on_both_sides(x, y, expected):
    assert begins(copied(stroke(float(x), float(y)), CELL, place_of(2, 1))) == expected


def test_copies_that_nobody_sees_are_left_out():
    copies = copied(scattered(CELL, count=200, stray=0.3), CELL, place_of(3, 2))
    place = place_of(3, 2).inset(-0.25)
    low, high = copies.points.amin(1), copies.points.amax(1)
    assert (low < torch.tensor([place.right, place.bottom])).all()
    assert (high > torch.tensor([place.left, place.top])).all()
    assert 200 * 6 <= len(copies) < 200 * 6 * 1.7


def test_copies_keep_their_pen_and_ink():
    pair = Strokes(
        torch.cat([stroke(14.0, 25.0).points, stroke(15.0, 30.0).points]),
        torch.tensor([0.3, 0.8]),
        torch.tensor([0.5, 0.9]),
        torch.tensor([0, 2]),
    )
    copies = copied(pair, CELL, place_of(2, 2))
    upper = copies.points[:, 0, 1].remainder(SIDE) == 25 % SIDE
    assert upper.sum() == (~upper).sum() == 4
    for name in ("width_mm", "opacity", "pen"):
        values, (first, second) = getattr(copies, name), getattr(pair, name)
        assert torch.equal(values, torch.where(upper, first, second))


def pattern(columns=4, rows=3, count=100, spans=2):
    """Copies of one drawing, and their place."""
    usual = replace(USUAL, spans=spans)
    small = scatter(CELL, count, 0.5, usual, np.random.default_rng(0))
    place = place_of(columns, rows)
    return copied(small, CELL, place), place


def vary(copies, place, seed=0, usual=USUAL):
    return varied(copies, CELL, place, usual, np.random.default_rng(seed))


def changes(before, after):
    """How far each stroke was shifted, and which strokes are not merely shifted."""
    moves = after.points - before.points
    anew = (moves - moves[:, :1]).abs().amax((1, 2)) > 1e-4
    return moves.mean(1), anew


def test_the_same_generator_varies_alike():
    copies, place = pattern()
    one, again, other = vary(copies, place), vary(copies, place), vary(copies, place, seed=1)
    assert torch.equal(one.points, again.points)
    assert not torch.equal(one.points, other.points)


def test_given_copies_stay_as_they_are():
    copies, place = pattern()
    before = copies.points.clone()
    after = vary(copies, place)
    assert torch.equal(copies.points, before)
    for name in ("width_mm", "opacity", "pen"):
        assert torch.equal(getattr(after, name), getattr(copies, name))


@pytest.mark.parametrize("spans", [1, 2, 6])
def test_a_part_is_thrown_anew_all_over_the_place(spans):
    copies, place = pattern(spans=spans)
    after = vary(copies, place, usual=replace(USUAL, spans=spans))
    assert after.points.shape == copies.points.shape
    assert after.spans == spans
    anew = changes(copies, after)[1]
    assert 0.02 < anew.float().mean() < 0.3
    fresh = after.select(anew)
    middles = fresh.points.mean(1)
    corner, size = torch.tensor([place.left, place.top]), torch.tensor([place.width, place.height])
    shares = (middles - corner) / size
    # Control points stray, and their middle with them.
    assert ((shares > -0.02) & (shares < 1.02)).all()
    cells = (shares * torch.tensor([4, 3])).long().clamp(min=0) @ torch.tensor([1, 4])
    assert (torch.bincount(cells, minlength=12) > 0).all()
    assert float(fresh.lengths_mm().median()) == pytest.approx(USUAL.length_mm, rel=0.1)
    # Those to go are chosen all over the place as well.
    gone = (copies.select(anew).points.mean(1) - corner) / size
    assert torch.allclose(gone.mean(0), torch.tensor([0.5, 0.5]), atol=0.1)


def test_copies_are_bent_by_some_hundredths_of_a_cell():
    copies, place = pattern()
    squares = []
    for seed in range(30):
        shift, anew = changes(copies, vary(copies, place, seed=seed))
        squares.append(float(shift[~anew].square().sum(1).mean()))
        assert shift[~anew].norm(dim=1).max() < 0.3 * SIDE
    assert 0.02 * SIDE < np.sqrt(np.mean(squares)) < 0.1 * SIDE


@pytest.mark.parametrize("seed", range(3))
def test_strokes_near_each_other_are_bent_alike(seed):
    copies, place = pattern()
    shift, anew = changes(copies, vary(copies, place, seed=seed))
    middles, shift = copies.points.mean(1)[~anew], shift[~anew]
    apart, unlike = torch.cdist(middles, middles), torch.cdist(shift, shift)
    # Waves a cell long and longer: nothing is torn, or folded.
    assert (unlike <= 0.9 * apart + 1e-3).all()


def test_every_copy_is_bent_in_its_own_way():
    copies, place = pattern(4, 1, count=1)
    middles = copies.points.mean(1)
    copies = copies.select(middles[:, 0].argsort())
    shift, anew = changes(copies, vary(copies, place))
    gaps = torch.pdist(shift[~anew])
    assert (gaps > 0.001 * SIDE).all()


@pytest.mark.parametrize("count", [1, 2])
def test_too_few_strokes_for_new_ones(count):
    copies = scatter(CELL, count, 0.5, USUAL, np.random.default_rng(0))
    after = vary(copies, CELL)
    assert not changes(copies, after)[1].any()
    assert torch.isfinite(after.points).all()
