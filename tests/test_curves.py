"""Chains of curves cut into polylines, with room for so many vertices or for all."""

import pytest
import torch

from plotopt import bezier
from plotopt.render import curves
from plotopt.strokes import _map_on, chain_of

TOLERANCE = 0.05


def chains(strokes=5, control_points=6, seed=0):
    generator = torch.Generator().manual_seed(seed)
    points = 40 * torch.rand(strokes, control_points, 2, generator=generator, dtype=torch.float64)
    return chain_of(points)


@pytest.mark.parametrize("control_points", [4, 6])
@pytest.mark.parametrize("spare", [0, 1, 2, 50])
def test_room_that_suffices_changes_nothing(control_points, spare):
    drawn = chains(control_points=control_points)
    expected, starts = curves.polylines(drawn, TOLERANCE)
    count = len(expected)
    found, begins, needed = curves.polylines_within(drawn, TOLERANCE, count + spare)
    assert needed == count
    assert torch.equal(found[:count], expected)
    assert begins.tolist() == [*starts.tolist(), count + spare]
    assert (found[count:] < -1e4).all()


@pytest.mark.parametrize("room", [2, 3, 20])
def test_lines_beyond_the_room_are_cut_short_or_left_out(room):
    drawn = chains()
    expected, starts = curves.polylines(drawn, TOLERANCE)
    found, begins, needed = curves.polylines_within(drawn, TOLERANCE, room)
    assert needed == len(expected) > room
    assert torch.equal(found, expected[:room])
    assert begins.tolist() == [*starts.clamp(max=room).tolist(), room]


@pytest.mark.parametrize("control_points", [4, 6])
def test_vertices_that_are_left_over_pull_at_nothing(control_points):
    pulls = []
    for spare in (0, 30):
        drawn = chains(control_points=control_points).requires_grad_()
        count = len(curves.polylines(drawn, TOLERANCE)[0])
        found, *_ = curves.polylines_within(drawn, TOLERANCE, count + spare)
        found.square().sum().backward()
        pulls.append(drawn.grad)
    assert torch.allclose(*pulls, rtol=1e-12)


def test_what_is_no_number_stays_with_its_own_line():
    drawn = chains()
    drawn[1] = torch.nan
    found, begins, needed = curves.polylines_within(drawn, TOLERANCE, 500)
    assert (found[needed:] < -1e4).all()
    assert found[begins[2] : begins[5]].isfinite().all()


def test_no_chains_at_all():
    vertices, starts = curves.polylines(chains(0), TOLERANCE)
    assert vertices.shape == (0, 2)
    assert starts.tolist() == [0]


def test_what_is_kept_in_memory_can_be_differentiated_by_afterwards():
    """Whatever mode a caller's program was in when it was first needed."""
    for kept in (bezier._gauss_on, _map_on, curves._table_on):
        kept.cache_clear()
    with torch.inference_mode():
        bezier.arc_length(curves.polylines(chains(), TOLERANCE)[0][:4])
    drawn = torch.rand(3, 6, 2, requires_grad=True)
    chain = chain_of(drawn)
    (bezier.arc_length(chain[:, :4]).sum() + curves.polylines(chain, TOLERANCE)[0].sum()).backward()
    assert drawn.grad.isfinite().all()
