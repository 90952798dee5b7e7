import numpy as np
import pytest

from plotopt import bezier
from plotopt.plot.chains import flatten, lengths_mm, pen_up_moves_mm


def line(x0, y0, x1, y1):
    return bezier.line_curve(np.array([x0, y0]), np.array([x1, y1]))[None]


def test_flatten_agrees_with_each_chain_on_its_own():
    rng = np.random.default_rng(0)
    chains = [rng.uniform(0, 100, (curves, 4, 2)) for curves in (3, 1, 5)]
    for chain in chains:
        chain[1:, 0] = chain[:-1, 3]
    lines = flatten(chains, 0.05)
    assert len(lines) == 3
    for i, chain in enumerate(chains):
        np.testing.assert_allclose(lines[i], bezier.flatten(chain, 0.05), atol=1e-12)


def test_flatten_keeps_ends_exactly():
    chain = np.array([[[0.1, 0.2], [30.7, 1.3], [-7.1, 9.9], [12.3, 4.56]]])
    (points,) = flatten([chain], 0.01)
    assert (points[0] == chain[0, 0]).all()
    assert (points[-1] == chain[0, 3]).all()


def test_lengths_are_per_chain():
    bent = np.concatenate([line(0, 0, 3, 0), line(3, 0, 3, 4)])
    np.testing.assert_allclose(lengths_mm([bent, line(0, 0, 3, 4)]), [7, 5])


def test_pen_up_moves_leave_and_return_home():
    moves = pen_up_moves_mm([line(3, 4, 10, 4), line(10, 8, 0, 8)])
    np.testing.assert_allclose(moves, [5, 4, 8])


@pytest.mark.parametrize("measure", [lengths_mm, pen_up_moves_mm, lambda chains: flatten(chains, 0.1).points])
def test_nothing_to_draw_measures_nothing(measure):
    assert len(measure([])) == 0
