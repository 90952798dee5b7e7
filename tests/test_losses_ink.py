"""What restrains the ink, by hand: overlap, evenness, stroke length."""

from dataclasses import replace

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from scenes import polylines, random_polylines

from plotopt.losses.evenness import unevenness
from plotopt.losses.length import stretch
from plotopt.losses.overlap import laid_ink, overlap
from plotopt.render import Raster, reference

RASTER = Raster(1, 40, 60)
LEVEL = [(10.0, 20.0), (30.0, 20.0), (50.0, 20.0)]


def hidden(lines, raster=RASTER):
    return float(overlap(lines, raster, reference.transmittance(lines, raster)))


def shown(lines, raster=RASTER):
    return float((1 - reference.transmittance(lines, raster)).sum())


def test_laid_ink_is_length_times_width_times_opacity():
    assert float(laid_ink(polylines([LEVEL], 1.5, 0.5), RASTER)) == pytest.approx(40 * 3 * 0.5)
    both = polylines([LEVEL, [(10, 5), (13, 9)]], [1.5, 1.0], [0.5, 0.25])
    # No ink lies between the end of one stroke and the begin of the next.
    assert float(laid_ink(both, RASTER)) == pytest.approx(60 + 5 * 2 * 0.25)


def test_a_segment_counts_where_its_middle_lies_inside():
    assert float(laid_ink(polylines([[(-9, 20), (11, 20)]], 0.5, 0.5), RASTER)) == pytest.approx(10)
    assert float(laid_ink(polylines([[(-11, 20), (9, 20)]], 0.5, 0.5), RASTER)) == 0
    assert float(laid_ink(polylines([[(10, 39), (10, 43)]], 0.5, 0.5), RASTER)) == 0
    assert float(laid_ink(polylines([[(10, 37), (10, 42.9)]], 0.5, 0.5), RASTER)) == pytest.approx(2.95)


def test_no_lines_lay_no_ink():
    assert hidden(polylines([])) == 0


def test_lines_upon_each_other_cost_the_ink_of_one():
    """Of a second line of half ink half shows, where edges are sharp; of one of full ink nothing."""
    sharp = replace(RASTER, softness_px=0.1)
    once = polylines([LEVEL], 1.0, 0.5)
    twice = polylines([LEVEL, LEVEL], 1.0, 0.5)
    assert hidden(twice, sharp) == pytest.approx(2 * hidden(once, sharp) + 0.5 * shown(once, sharp))
    assert hidden(polylines([LEVEL, LEVEL], 1.0, 0.999), sharp) == pytest.approx(40 * 2, rel=0.06)


def test_round_ends_show_without_having_been_laid():
    """Together a disc of radius 1.5; the edge's tent, of variance 1/6, adds that to the radius squared."""
    disc = 0.999 * np.pi * (1.5**2 + 1 / 6)
    assert hidden(polylines([LEVEL], 1.5, 0.999)) == pytest.approx(-disc, rel=0.01)


def test_lines_apart_cost_nothing_wherever_they_lie():
    ends = hidden(polylines([LEVEL], 1.0, 0.999))
    apart = [[(10.0, y), (50.0, y)] for y in (8, 16, 24, 32)]
    assert hidden(polylines(apart, 1.0, 0.999)) == pytest.approx(4 * ends)
    assert abs(hidden(polylines(apart, 1.0, 0.999))) < 0.05 * shown(polylines(apart, 1.0, 0.999))


def test_a_crossing_costs_its_square():
    lines = [[(10.0, 20.0), (50.0, 20.0)], [(30.0, 4.0), (30.0, 36.0)]]
    apart = sum(hidden(polylines([line], 1.5, 0.999)) for line in lines)
    assert hidden(polylines(lines, 1.5, 0.999)) - apart == pytest.approx(3 * 3, rel=0.05)


def test_ink_of_another_pen_or_in_another_view_does_not_hide():
    raster = replace(RASTER, planes=2)
    apart = polylines([LEVEL, LEVEL], 1.5, 0.999, plane=[0, 1])
    assert hidden(apart, raster) == pytest.approx(2 * hidden(polylines([LEVEL], 1.5, 0.999)))


@pytest.mark.parametrize("seed", range(3))
def test_gradient_of_laid_ink(seed):
    lines = random_polylines(seed, 5, RASTER)
    leaves = [part.clone().requires_grad_() for part in (lines.vertices, lines.radius, lines.opacity)]

    def ink(vertices, radius, opacity):
        return laid_ink(replace(lines, vertices=vertices, radius=radius, opacity=opacity), RASTER)

    assert torch.autograd.gradcheck(ink, leaves)


def test_gradient_of_overlap_drives_lines_apart():
    lines = polylines([[(10.0, 20.0), (50.0, 20.0)], [(10.0, 21.0), (50.0, 21.0)]], 1.5, 0.9)
    vertices = lines.vertices.clone().requires_grad_()
    moved = replace(lines, vertices=vertices)
    overlap(moved, RASTER, reference.transmittance(moved, RASTER)).backward()
    assert (vertices.grad[:2, 1] > 0).all()
    assert (vertices.grad[2:, 1] < 0).all()


def test_a_segment_of_no_length_has_a_finite_gradient():
    lines = polylines([[(10.0, 20.0), (10.0, 20.0), (12.0, 20.0)]])
    vertices = lines.vertices.clone().requires_grad_()
    laid_ink(replace(lines, vertices=vertices), RASTER).backward()
    assert vertices.grad.isfinite().all()


def dark(*cells, cell_px=4):
    """Square cells of even darkness as one view's image."""
    return (
        torch.tensor(cells).double().repeat_interleave(cell_px, 0).repeat_interleave(cell_px, 1)[None, None]
    )


def everywhere(darkness):
    return torch.ones_like(darkness[:1])


@pytest.mark.parametrize("level", [0.0, 0.3, 1.0])
def test_even_darkness_costs_nothing(level):
    flat = torch.full((2, 1, 16, 24), level, dtype=torch.float64)
    assert float(unevenness(flat, everywhere(flat), 4)) == pytest.approx(0, abs=1e-15)
    # A canvas that wraps says so with a single 1.
    assert float(unevenness(flat, torch.ones(1, 1, 1, 1, dtype=torch.float64), 4)) == pytest.approx(0)


def test_unevenness_by_hand():
    half = dark([0.0, 1.0], [1.0, 0.0])
    assert float(unevenness(half, everywhere(half), 4)) == 0.25
    # Within a cell nothing counts: hatching is even.
    assert float(unevenness(half, everywhere(half), 8)) == 0
    one = dark([1.0, 0.0, 0.0, 0.0])
    assert float(unevenness(one, everywhere(one), 4)) == pytest.approx(1 / 4 - 1 / 16)


def test_all_views_count_together():
    views = torch.cat([torch.zeros(1, 1, 8, 8), torch.ones(1, 1, 8, 8)])
    assert float(unevenness(views, everywhere(views), 4)) == 0.25


def test_paper_beyond_the_edge_is_no_desert():
    """Even ink up to the canvas's edge, also where the edge cuts a cell, and anything beyond."""
    inside = torch.zeros(1, 1, 16, 16, dtype=torch.float64)
    inside[..., :10, :15] = 1
    darkness = torch.where(inside > 0, 0.4, 0.9)
    assert float(unevenness(darkness, inside, 4)) == pytest.approx(0, abs=1e-15)
    # Cells that lie half inside count; the one at the corner, of which three eighths do, does not.
    blot = darkness.clone()
    blot[..., 8:10, :4] = 0.0
    assert float(unevenness(blot, inside, 4)) == pytest.approx(np.var([0.4] * 10 + [0.0]))
    inside[..., 9, :] = 0
    assert float(unevenness(blot, inside, 4)) == pytest.approx(0, abs=1e-15)


def test_a_crop_wholly_beyond_the_edge():
    darkness = torch.rand(1, 1, 8, 8, requires_grad=True)
    value = unevenness(darkness, torch.zeros(1, 1, 8, 8), 4)
    value.backward()
    assert value == 0
    assert (darkness.grad == 0).all()


def test_gradient_of_unevenness():
    generator = torch.Generator().manual_seed(0)
    darkness = torch.rand(2, 1, 8, 8, dtype=torch.float64, generator=generator, requires_grad=True)
    inside = torch.rand(2, 1, 8, 8, dtype=torch.float64, generator=generator).clamp(0.3)
    assert torch.autograd.gradcheck(lambda d: unevenness(d, inside, 2), darkness)


@given(st.integers(0, 1000))
def test_unevenness_lies_between_nothing_and_a_quarter(seed):
    rng = np.random.default_rng(seed)
    darkness = torch.from_numpy(rng.integers(0, 2, (2, 1, 8, 8)).astype(float))
    inside = torch.from_numpy(rng.integers(0, 2, (1, 1, 8, 8)).astype(float))
    assert 0 <= float(unevenness(darkness, inside, 2)) <= 0.25


@given(st.floats(0.5, 2.0))
def test_strokes_between_half_and_twice_the_usual_length_are_free(ratio):
    assert float(stretch(torch.tensor([3 * ratio], dtype=torch.float64), 3.0)) == pytest.approx(0, abs=1e-20)


def test_stretch_by_hand():
    # Four and a quarter times the usual length are one doubling too far; e times beyond the free cost 1.
    lengths = 5 * torch.tensor([1.0, 4.0, 0.25, 2 * np.e, 0.5 / np.e], dtype=torch.float64)
    squares = np.log(2) ** 2
    assert stretch(lengths, 5.0).tolist() == pytest.approx([0, squares, squares, 1, 1])


def test_stretch_pulls_back_to_the_usual_length():
    lengths = torch.tensor([0.1, 1.0, 50.0], dtype=torch.float64, requires_grad=True)
    stretch(lengths, 1.0).sum().backward()
    assert lengths.grad[0] < 0
    assert lengths.grad[1] == 0
    assert lengths.grad[2] > 0
    assert torch.autograd.gradcheck(lambda x: stretch(x, 1.0), lengths)


def test_a_stroke_of_no_length_costs_a_finite_price():
    lengths = torch.zeros(1, requires_grad=True)
    price = stretch(lengths, 2.0)
    price.sum().backward()
    assert price.item() == pytest.approx((np.log(1000) - np.log(2)) ** 2, rel=1e-4)
    assert lengths.grad.isfinite().all()
