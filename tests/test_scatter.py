"""The first strokes of a drawing without a picture: how many, how long, how evenly laid."""

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from plotopt.page import Rect
from plotopt.visualization.scatter import Usual, scatter

PLACE = Rect(10, 20, 110, 80)
# Strokes so short show where their middles are.
SPECK = Usual(1e-6, 2)


def middles(place, count, seed=0):
    strokes = scatter(place, count, 0.4, SPECK, np.random.default_rng(seed))
    return strokes.points.double().mean(1).numpy() - [place.left, place.top]


@pytest.mark.parametrize(
    ("place", "count", "pen_mm", "length_mm", "spans"),
    [
        # A fifth of 100 x 100 mm is 2000 mm^2: 5 mm of 0.4 mm for each of 1000, three curves of 2.4 mm.
        (Rect(0, 0, 100, 100), 1000, 0.4, 5, 3),
        (Rect(0, 0, 200, 50), 1000, 0.4, 5, 3),
        # Not shorter than ten pens, not longer than three tenths of the shorter side.
        (Rect(0, 0, 100, 100), 10_000, 0.4, 4, 2),
        (Rect(0, 0, 100, 100), 50, 0.4, 30, 6),
        (Rect(0, 0, 200, 50), 50, 0.4, 15, 6),
        (Rect(0, 0, 10, 10), 500, 2.0, 3, 1),
    ],
)
def test_usual_length_by_hand(place, count, pen_mm, length_mm, spans):
    usual = Usual.of(place, count, pen_mm)
    assert usual.length_mm == pytest.approx(length_mm)
    assert usual.spans == spans


@settings(max_examples=30)
@given(
    width=st.floats(5, 500),
    height=st.floats(5, 500),
    count=st.integers(1, 20_000),
    pen_mm=st.floats(0.05, 3),
)
def test_usual_strokes_fit_the_place(width, height, count, pen_mm):
    usual = Usual.of(Rect(0, 0, width, height), count, pen_mm)
    assert 0 < usual.length_mm <= 0.3 * min(width, height) * (1 + 1e-9)
    assert 1 <= usual.spans <= 6


@pytest.mark.parametrize("spans", [1, 2, 6])
def test_strokes_are_as_many_and_about_as_long_as_asked(spans):
    strokes = scatter(PLACE, 300, 0.4, Usual(8.0, spans), np.random.default_rng(0))
    assert strokes.points.shape == (300, spans + 3, 2)
    assert strokes.points.dtype == torch.float32
    assert strokes.spans == spans
    assert strokes.width_mm.tolist() == pytest.approx([0.4] * 300)
    assert strokes.leaning is None
    lengths = strokes.lengths_mm()
    assert lengths.median().item() == pytest.approx(8, rel=0.1)
    assert lengths.min() > 8 / 2
    assert lengths.max() < 8 * 2


@pytest.mark.parametrize("spans", [1, 2, 6])
def test_strokes_run_in_every_direction_and_lie_about_their_middles(spans):
    strokes = scatter(PLACE, 600, 0.4, Usual(8.0, spans), np.random.default_rng(0))
    curves = strokes.curves()
    ends = curves[:, -1, 3] - curves[:, 0, 0]
    angles = torch.atan2(ends[:, 1], ends[:, 0]) % np.pi
    shares = torch.histc(angles, 6, 0, np.pi) / 600
    assert (shares - 1 / 6).abs().max() < 0.06
    # Ends are equally far from the middle control points' mean, but for the wobble.
    middle = strokes.points.mean(1)
    reach = torch.stack([(curves[:, 0, 0] - middle).norm(dim=1), (curves[:, -1, 3] - middle).norm(dim=1)])
    assert reach.mean(1).tolist() == pytest.approx([4, 4], rel=0.1)


@pytest.mark.parametrize(("columns", "rows"), [(1, 1), (5, 3), (10, 6), (20, 12)])
def test_each_cell_of_a_full_grid_has_one_stroke(columns, rows):
    found = middles(PLACE, columns * rows)
    cells = np.floor(found / [100 / columns, 60 / rows] + [1e-7, 1e-7]).astype(int)
    assert sorted(map(tuple, cells.tolist())) == sorted(np.ndindex(columns, rows))


@pytest.mark.parametrize("count", [40, 101, 333, 1999])
def test_any_number_is_laid_more_evenly_than_by_chance(count):
    found = middles(PLACE, count)
    # By chance, the count in one of 12 squares of 25 x 20 mm would scatter by the root of its mean.
    counts = np.histogram2d(*found.T, bins=(4, 3), range=[[0, 100], [0, 60]])[0]
    assert counts.std() < 0.6 * np.sqrt(count / 12)


@settings(max_examples=40, deadline=None)
@given(width=st.floats(5, 400), height=st.floats(5, 400), count=st.integers(1, 200), seed=st.integers(0, 99))
def test_middles_lie_on_the_place(width, height, count, seed):
    found = middles(Rect(10, 20, 10 + width, 20 + height), count, seed)
    assert found.shape == (count, 2)
    assert (found > -1e-4).all()
    assert (found < np.array([width, height]) + 1e-4).all()


def test_strokes_come_in_no_order():
    """Neighbours in the list are not neighbours on the place."""
    found = middles(PLACE, 240)
    steps = np.linalg.norm(np.diff(found, axis=0), axis=1)
    assert steps.mean() > 30


def test_the_generator_alone_decides():
    state = torch.get_rng_state()
    one, again, other = (
        scatter(PLACE, 30, 0.4, Usual(8, 2), np.random.default_rng(seed)).points for seed in (1, 1, 2)
    )
    assert torch.equal(one, again)
    assert not torch.equal(one, other)
    assert torch.equal(state, torch.get_rng_state())
