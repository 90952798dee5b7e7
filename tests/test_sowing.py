"""The strokes that a fit begins with: on the picture, for each pen its share, and notes on what is amiss."""

import numpy as np
import pytest
import torch
from scipy.ndimage import gaussian_filter

from plotopt import bezier
from plotopt.colour.contrast import in_plot_order
from plotopt.colour.ink import Inks
from plotopt.first_strokes.guide import Guide
from plotopt.first_strokes.seeding import ink_demand
from plotopt.first_strokes.sowing import Soil, usual_count
from plotopt.losses.grain import across
from plotopt.losses.pixel import PyramidLoss
from plotopt.objectives.problem import Problem
from plotopt.page import Rect
from plotopt.pens import Pen
from plotopt.tones.target import Target

PLACE = Rect(20, 30, 84, 78)


PEN = Pen("black", "#000000", 0.4)
BLACK = Inks(torch.zeros(1, 1), (False,))


def photo(height=96, width=128, number=0):
    """Mid-grey patches of all sizes, from almost black to almost white."""
    rng = np.random.default_rng(number)
    noise = sum(s * gaussian_filter(rng.normal(size=(height, width)), s) for s in (2, 4, 8, 16))
    return np.clip(0.5 + 0.18 * noise / noise.std(), 0.05, 0.98)


def target_of(tone):
    return Target(torch.from_numpy(tone).float()[None], PLACE)


def sown(tone, count, pen_mm=0.75, asked=None):
    soil = Soil.of(target_of(tone), (Pen("black", "#000000", pen_mm),), BLACK)
    return soil.sown(count, np.random.default_rng(0), asked)


def test_first_strokes_lie_on_the_picture_in_mm():
    result = sown(photo(), 400)
    assert result.notes == ()
    torch.testing.assert_close(result.target.pixels, target_of(photo()).pixels)
    assert sum(result.strokes.laid()) == 400
    assert (result.strokes.width_mm == 0.75).all()
    curves = np.concatenate(result.strokes.chains())[:, None]
    drawn = bezier.evaluate(curves, np.linspace(0, 1, 9)).reshape(-1, 2)
    # Where lines turn to the next one they may swing out by a pen; the plot is cut at the edge.
    assert (drawn > [PLACE.left - 0.75, PLACE.top - 0.75]).all()
    assert (drawn < [PLACE.right + 0.75, PLACE.bottom + 0.75]).all()
    ends = np.concatenate([[chain[0, 0], chain[-1, -1]] for chain in result.strokes.chains()])
    assert (ends > [PLACE.left, PLACE.top]).all()
    assert (ends < [PLACE.right, PLACE.bottom]).all()
    # Ink is where the picture is dark.
    dark = photo() < 0.5
    columns, rows = ((drawn - [PLACE.left, PLACE.top]) * 2).astype(int).clip(0, [127, 95]).T
    assert dark[rows, columns].mean() > dark.mean() + 0.05


def test_blank_picture_gets_no_strokes_and_a_note():
    result = sown(np.ones((96, 128)), 100)
    assert len(result.strokes) == 0
    assert "blank" in result.notes[0]


def specks():
    """Dark enough for some strokes, and far too small for wide loops."""
    tone = np.ones((96, 128))
    tone[40:50, 60:70] = 0.2
    return tone


@pytest.mark.parametrize(
    ("tone", "curl_pens", "told"),
    [
        (specks(), 100.0, "loops of --curl 100 pen widths find no room in what is dark"),
        (np.ones((96, 128)), 100.0, "the picture is blank"),
        (specks(), 2.0, None),
        (specks(), 0.0, None),
    ],
)
def test_loops_without_room_are_told_from_blank_pictures(tone, curl_pens, told):
    soil = Soil.of(target_of(tone), (PEN,), BLACK, Guide(curl_pens=curl_pens))
    result = soil.sown(100, np.random.default_rng(0))
    assert (len(result.strokes) == 0) == (told is not None)
    assert told is None or result.notes[0].startswith(told)


def test_little_ink_gets_fewer_strokes_and_a_note():
    assert sown(specks(), 1000).notes == ()
    result = sown(specks(), 1000, asked=1000)
    laid = sum(result.strokes.laid())
    assert 1 <= laid < 200
    assert str(laid) in result.notes[0]
    assert "1,000" in result.notes[0]
    middles = result.strokes.points.mean(1) - torch.tensor([PLACE.left + 32.5, PLACE.top + 22.5])
    assert middles.norm(dim=-1).max() < 6


def test_few_strokes_get_a_lighter_target_and_a_note():
    dark = np.full((96, 128), 0.2)
    result = sown(dark, 30)
    assert sum(result.strokes.laid()) == 30
    lighter = result.target.pixels
    assert 0.2 < lighter.min() == lighter.max() < 1
    assert len(result.notes) == 1
    # What is asked of the strokes now is what they can give.
    ink = float(result.strokes.lengths_mm().sum()) * 0.75 / (PLACE.width * PLACE.height)
    assert ink == pytest.approx(float(ink_demand(lighter.numpy()).mean()), rel=0.4)


def test_few_strokes_follow_coarser_directions(monkeypatch):
    """So many times as they lack ink, but no more than twice."""
    asked = []

    def reaching(guide, reach, by):
        asked.append(by)
        return guide

    monkeypatch.setattr(Guide, "reaching", reaching)
    sown(photo(), 3000, 0.3)
    assert asked == []
    sown(photo(), 40, 0.3)
    assert asked
    assert all(1 < by <= 2 for by in asked)


def test_the_guide_that_was_followed_is_told():
    assert sown(photo(), 3000, 0.3).guide == Guide()
    guide = sown(photo(), 40, 0.3).guide
    assert 0 < guide.reach < 1
    assert guide == Guide().reaching(guide.reach, 2)


@pytest.mark.parametrize(("pen_mm", "count"), [(0.4, 600), (1.0, 200), (0.3, 40)])
def test_first_strokes_lie_in_their_own_grain(pen_mm, count):
    """By chance half of their steps' squares were across it."""
    pens = (Pen("black", "#000000", pen_mm),)
    result = sown(photo(), count, pen_mm)
    task = Problem(result.target, pens, BLACK, PyramidLoss(), guide=result.guide).grained()
    points = result.strokes.points
    steps = (points[:, 1:] - points[:, :-1]).square().sum()
    assert across(points, task.grain).costs.sum() < 0.22 * steps


def test_same_generator_same_first_strokes():
    assert torch.equal(sown(photo(), 120).strokes.points, sown(photo(), 120).strokes.points)


@pytest.mark.parametrize("shape", [(1000, 21), (1000, 60), (21, 1000)])
def test_narrow_pictures_are_sown_in_register(shape):
    height, width = (
        (257.0, 257.0 * shape[1] / shape[0]) if shape[0] > shape[1] else (257.0 * shape[0] / shape[1], 257.0)
    )
    place = Rect(20, 20, 20 + width, 20 + height)
    sown = Soil.of(Target(torch.full((1, *shape), 0.3), place), (PEN,), BLACK).sown(
        400, np.random.default_rng(0)
    )
    points = sown.strokes.curves().reshape(-1, 2)
    assert points[:, 0].max() < place.right + 1
    assert points[:, 1].max() < place.bottom + 1
    assert points[:, 1].max() > place.bottom - 6


RED, BLUE = Pen("red", "#e01010", 0.4), Pen("blue", "#1010e0", 0.6, opacity=0.8)


def in_colour(pixels, count, pens):
    return Soil.of(Target(pixels, PLACE), pens, Inks.of_pens(pens, 3)).sown(count, np.random.default_rng(0))


def halves(left, right):
    """A target of two colours side by side."""
    pixels = torch.ones(3, 96, 128)
    pixels[:, :, :64], pixels[:, :, 64:] = (torch.tensor(c)[:, None, None] for c in (left, right))
    return pixels


def test_each_pen_is_sown_where_its_colour_is():
    pens = in_plot_order([RED, BLUE, PEN])
    strokes = in_colour(halves([0.95, 0.45, 0.45], [0.45, 0.45, 0.95]), 300, pens).strokes
    assert sum(strokes.laid()) == 300
    middle = (PLACE.left + PLACE.right) / 2
    x = strokes.points.mean(1)[:, 0]
    assert (x[strokes.pen == pens.index(RED)] < middle + 1).all()
    assert (x[strokes.pen == pens.index(BLUE)] > middle - 1).all()
    blue = strokes.pen == pens.index(BLUE)
    assert strokes.width_mm[blue].tolist() == pytest.approx([0.6] * int(blue.sum()))
    assert strokes.opacity[blue].tolist() == pytest.approx([0.8] * int(blue.sum()))


def test_pens_share_the_strokes_by_what_they_have_to_lay():
    pens = in_plot_order([RED, Pen("blue", "#1010e0", 0.4)])
    strokes = in_colour(halves([0.95, 0.3, 0.3], [0.75, 0.75, 0.98]), 400, pens).strokes
    reds = sum(strokes.select(strokes.pen == pens.index(RED)).laid())
    assert 240 < reds < 340


def test_every_line_is_drawn_with_one_pen():
    pens = in_plot_order([RED, BLUE, PEN])
    strokes = in_colour(halves([0.8, 0.35, 0.35], [0.35, 0.35, 0.7]), 300, pens).strokes
    lines = strokes.joints.lines()
    assert max(map(len, lines)) > 1
    assert all(strokes.pen[line].unique().numel() == 1 for line in lines)
    assert torch.equal(strokes.joints.drawn_together(strokes.points), strokes.points)
    parts = [strokes.select(strokes.pen == number) for number in range(3)]
    assert sum(len(part.joints.pairs) for part in parts) == len(strokes.joints.pairs)
    assert sum(sum(part.laid()) for part in parts) == 300


@pytest.mark.parametrize(("link_mm", "most"), [(0.0, 400), (None, 300), (6.0, 150)])
def test_links_make_fewer_lines_of_as_many_strokes(link_mm, most):
    sown = Soil.of(target_of(photo()), (PEN,), BLACK, Guide(link_mm=link_mm)).sown(
        400, np.random.default_rng(0)
    )
    lines = sown.strokes.chains()
    assert sum(sown.strokes.laid()) == 400
    assert len(lines) <= most
    assert (len(lines) == 400) == (link_mm == 0)


@pytest.mark.parametrize(
    ("place", "width_mm", "count"),
    [
        (Rect(0, 0, 60, 100), 1.0, 100),
        (Rect(0, 0, 120, 100), 1.0, 200),
        (Rect(0, 0, 120, 100), 0.5, 800),
        (Rect(0, 0, 1, 1), 0.5, 100),
        (Rect(0, 0, 1000, 1000), 0.1, 20_000),
    ],
)
def test_how_many_strokes_suit_a_pen_and_a_place(place, width_mm, count):
    pen = Pen("black", "#000000", width_mm)
    assert usual_count([pen], place) == usual_count([pen, pen], place) == count


def test_a_pen_without_work_lays_nothing():
    pens = in_plot_order([RED, BLUE])
    strokes = in_colour(halves([0.87, 0.5, 0.5], [0.84, 0.4, 0.4]), 200, pens).strokes
    assert (strokes.pen == pens.index(RED)).float().mean() > 0.97


def test_a_blank_page_in_colour_gets_no_strokes_and_a_note():
    result = in_colour(torch.ones(3, 96, 128), 100, in_plot_order([RED, BLUE]))
    assert len(result.strokes) == 0
    assert "blank" in result.notes[0]


def test_a_length_that_lines_do_not_reach_leaves_work_for_more_of_them():
    """Tones end lines early: by their length alone, a few would be enough."""
    guide = Guide(usual_mm=60.0)
    result = Soil.of(target_of(photo()), (PEN,), BLACK, guide).sown(300, np.random.default_rng(0))
    assert sum(result.strokes.laid()) == 300
    assert not [note for note in result.notes if "wants little ink" in note]
    (told,) = [note for note in result.notes if "tones end most strokes at" in note]
    assert told.endswith("mm, though --length is 60 mm")
