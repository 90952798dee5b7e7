from itertools import pairwise

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from plotopt import bezier

ARCH = np.array([[0.0, 0.0], [0.0, 1.0], [1.0, 1.0], [1.0, 0.0]])
POINT = np.full((4, 2), 3.25)

coordinates = st.floats(-100, 100)
curves = arrays(np.float64, (4, 2), elements=coordinates)
points = arrays(np.float64, 2, elements=coordinates)
parameters = st.floats(0, 1)
dense_t = np.linspace(0, 1, 201)


def distances(samples, polyline):
    """From each sample to the polyline, segment by segment."""
    best = np.full(len(samples), np.inf)
    for start, end in pairwise(polyline):
        edge, offset = end - start, samples - start
        t = np.clip(offset @ edge / max(edge @ edge, 1e-300), 0, 1)
        best = np.minimum(best, np.linalg.norm(offset - t[:, None] * edge, axis=1))
    return best


def test_hand_worked_values_and_derivatives():
    assert bezier.evaluate(ARCH, 0.5).tolist() == [0.5, 0.75]
    assert bezier.evaluate(ARCH, 0.25).tolist() == [0.15625, 0.5625]
    assert bezier.derivative(ARCH, 0.0).tolist() == [0.0, 3.0]
    assert bezier.derivative(ARCH, 0.5).tolist() == [1.5, 0.0]
    assert bezier.derivative(ARCH, 1.0).tolist() == [0.0, -3.0]


@given(curves)
def test_a_curve_begins_and_ends_at_its_outer_control_points(curve):
    assert np.array_equal(bezier.evaluate(curve, 0.0), curve[0])
    assert np.array_equal(bezier.evaluate(curve, 1.0), curve[3])


@given(curves, st.floats(0.01, 0.99))
def test_the_derivative_is_the_limit_of_differences(curve, t):
    step = 1e-4
    difference = (bezier.evaluate(curve, t + step) - bezier.evaluate(curve, t - step)) / (2 * step)
    # What is left is f''' step^2 / 6, and f''' is at most 6 * 800 here.
    assert np.allclose(bezier.derivative(curve, t), difference, rtol=0, atol=1e-5)


def test_leading_axes_and_parameters_broadcast():
    many = np.stack([ARCH, 2 * ARCH, ARCH + 1])
    t = np.array([0.0, 0.5, 0.75, 1.0])
    assert bezier.evaluate(many[:, None], t).shape == (3, 4, 2)
    assert bezier.evaluate(many[:, None], t)[1, 1].tolist() == [1.0, 1.5]
    assert bezier.derivative(many[:, None], t)[1, 1].tolist() == [3.0, 0.0]
    assert bezier.evaluate(many, np.float64(0.5)).tolist() == [[0.5, 0.75], [1.0, 1.5], [1.5, 1.75]]


@pytest.mark.parametrize(
    "operation",
    [
        lambda c: bezier.evaluate(c, 0.3),
        lambda c: bezier.derivative(c, 0.3),
        bezier.arc_length,
        lambda c: bezier.pieces_for_tolerance(c, 0.01),
    ],
)
def test_numpy_and_torch_agree(operation):
    many = np.random.default_rng(1).normal(size=(5, 3, 4, 2))
    many[0, 0] = POINT
    assert np.allclose(operation(torch.as_tensor(many)).numpy(), operation(many), rtol=1e-14, atol=1e-14)


@given(curves, parameters, parameters)
def test_split_halves_trace_the_curve(curve, t, u):
    left, right = bezier.split(curve, t)
    assert np.allclose(bezier.evaluate(left, u), bezier.evaluate(curve, t * u), atol=1e-11)
    assert np.allclose(bezier.evaluate(right, u), bezier.evaluate(curve, t + (1 - t) * u), atol=1e-11)
    assert np.array_equal(left[3], right[0])


@given(curves, parameters, parameters, parameters)
def test_a_subcurve_traces_its_part(curve, a, b, u):
    start, end = sorted((a, b))
    part = bezier.subcurve(curve, start, end)
    expected = bezier.evaluate(curve, start + (end - start) * u)
    assert np.allclose(bezier.evaluate(part, u), expected, atol=1e-11)


def test_hand_worked_split():
    left, right = bezier.split(ARCH, 0.5)
    assert left.tolist() == [[0, 0], [0, 0.5], [0.25, 0.75], [0.5, 0.75]]
    assert right.tolist() == [[0.5, 0.75], [0.75, 0.75], [1, 0.5], [1, 0]]
    assert np.array_equal(bezier.subcurve(ARCH, 0, 1), ARCH)


@given(points, points)
def test_length_of_a_straight_line_is_exact(start, end):
    expected = np.hypot(*(end - start))
    assert bezier.arc_length(bezier.line_curve(start, end)) == pytest.approx(expected, rel=1e-12, abs=1e-12)


def test_lengths_of_known_curves():
    # Tschirnhausen's cubic (t - t^3/3, t^2) has speed 1 + t^2.
    tschirnhausen = np.array([[0, 0], [1 / 3, 0], [2 / 3, 1 / 3], [2 / 3, 1]])
    assert bezier.arc_length(tschirnhausen) == pytest.approx(4 / 3, rel=1e-14)
    # The parabola y = x^2 from 0 to 1, raised to a cubic.
    parabola = np.array([[0, 0], [1 / 3, 0], [2 / 3, 1 / 3], [1, 1]])
    assert bezier.arc_length(parabola) == pytest.approx(5**0.5 / 2 + np.arcsinh(2) / 4, rel=1e-12)
    # There and back along one line, 3/4 each way; the speed's kink at the turn costs the quadrature.
    hairpin = np.array([[0, 0], [1, 0], [1, 0], [0, 0.0]])
    assert bezier.arc_length(hairpin) == pytest.approx(1.5, rel=0.01)


@given(curves)
def test_length_lies_between_chord_and_control_polygon(curve):
    length = bezier.arc_length(curve)
    polygon = np.linalg.norm(np.diff(curve, axis=0), axis=1).sum()
    assert np.linalg.norm(curve[3] - curve[0]) <= length * (1 + 1e-12) + 1e-12
    assert length <= polygon * (1 + 1e-12) + 1e-12


@given(arrays(np.float64, (2, 2), elements=st.floats(-0.25, 0.25)), st.floats(0.1, 0.9))
def test_lengths_of_the_parts_of_a_gentle_curve_add_up(bend, t):
    curve = bezier.line_curve(np.zeros(2), np.array([1.0, 0.0]))
    curve[1:3] += bend
    parts = sum(bezier.arc_length(part) for part in bezier.split(curve, t))
    assert bezier.arc_length(curve) == pytest.approx(parts, rel=1e-6)


def test_hand_worked_number_of_pieces():
    # Both second differences of the arch are sqrt(2) long: sqrt(0.75 * sqrt(2) / tolerance), rounded up.
    assert bezier.pieces_for_tolerance(ARCH, 0.01) == 11
    assert bezier.pieces_for_tolerance(ARCH, 0.1) == 4
    assert bezier.pieces_for_tolerance(ARCH, 100.0) == 1
    assert bezier.pieces_for_tolerance(np.stack([ARCH, 100 * ARCH]), 0.01).tolist() == [11, 103]


def test_a_parabola_gets_no_more_pieces_than_it_needs():
    parabola = np.array([[0, 0], [1 / 3, 0], [2 / 3, 1 / 3], [1, 1]])
    pieces = int(bezier.pieces_for_tolerance(parabola, 0.001))
    # Measured along y, where a chord of y = x^2 over a step h strays h^2 / 4 at its middle.
    assert 1 / (4 * pieces**2) <= 0.001 < 1 / (4 * (pieces - 1) ** 2)


@given(arrays(np.float64, (10, 2), elements=coordinates), st.sampled_from([0.02, 0.3, 5.0]))
@settings(deadline=None)
def test_flattening_stays_within_the_tolerance(control, tolerance):
    chain = np.stack([control[0:4], control[3:7], control[6:10]])
    polyline = bezier.flatten(chain, tolerance)
    samples = bezier.evaluate(chain[:, None], dense_t).reshape(-1, 2)
    assert distances(samples, polyline).max() <= tolerance * (1 + 1e-9)


def test_flattening_has_every_joint_once():
    chain = ARCH + np.array([[[0, 0]], [[1, 0]], [[2, 0]]])
    polyline = bezier.flatten(chain, 0.01)
    assert polyline.shape == (3 * 11 + 1, 2)
    assert np.allclose(polyline[::11], [[0, 0], [1, 0], [2, 0], [3, 0]], atol=1e-15)
    assert np.linalg.norm(np.diff(polyline, axis=0), axis=1).min() > 0
    line = bezier.line_curve(np.array([0.0, 0.0]), np.array([50.0, 20.0]))
    assert np.allclose(bezier.flatten(line[None], 1e-6), [[0, 0], [50, 20]])


@given(arrays(np.float64, (7, 2), elements=coordinates), parameters)
def test_a_reversed_chain_is_drawn_from_its_other_end(control, t):
    chain = np.stack([control[:4], control[3:]])
    back = bezier.reverse(chain)
    assert np.allclose(bezier.evaluate(back[0], t), bezier.evaluate(chain[1], 1 - t), atol=1e-11)
    assert np.allclose(bezier.evaluate(back[1], t), bezier.evaluate(chain[0], 1 - t), atol=1e-11)
    assert np.array_equal(bezier.reverse(back), chain)


@given(points, points, parameters)
def test_a_line_curve_runs_evenly(start, end, t):
    expected = start + t * (end - start)
    assert np.allclose(bezier.evaluate(bezier.line_curve(start, end), t), expected, atol=1e-11)


def basis(i, degree, u):
    """B-spline basis function on the knots ..., -1, 0, 1, ... by Cox and de Boor's recursion."""
    if degree == 0:
        return ((i <= u) & (u < i + 1)).astype(float)
    rising = (u - i) / degree * basis(i, degree - 1, u)
    return rising + (i + degree + 1 - u) / degree * basis(i + 1, degree - 1, u)


@pytest.mark.parametrize("segments", [1, 2, 3, 7])
def test_bezier_map_is_the_uniform_cubic_b_spline(segments):
    control = np.random.default_rng(segments).normal(size=(segments + 3, 2))
    chain = (bezier.bezier_map(segments) @ control).reshape(segments, 4, 2)
    u = np.linspace(0, 1, 21)[:-1]
    for span in range(segments):
        spline = sum(basis(i - 3, 3, span + u)[:, None] * control[i] for i in range(segments + 3))
        assert np.allclose(bezier.evaluate(chain[span], u), spline, atol=1e-14)


@given(arrays(np.float64, (8, 2), elements=coordinates))
def test_b_spline_chains_are_twice_continuously_differentiable(control):
    chain = (bezier.bezier_map(5) @ control).reshape(5, 4, 2)
    before, after = chain[:-1], chain[1:]
    assert np.array_equal(before[:, 3], after[:, 0])
    slopes = before[:, 3] - before[:, 2], after[:, 1] - after[:, 0]
    bends = np.diff(before[:, 1:], n=2, axis=1), np.diff(after[:, :3], n=2, axis=1)
    assert np.allclose(*slopes, atol=1e-12)
    assert np.allclose(*bends, atol=1e-12)


def balanced(chain, pieces):
    """The vertices of a chain's balanced polyline."""
    rows = bezier.balanced_map(len(chain), pieces)
    span = np.minimum(np.arange(len(rows)) // pieces, len(chain) - 1)
    return (rows[..., None] * chain[span]).sum(1)


def test_a_balanced_polyline_by_hand():
    # A parabola y = x^2 from x = -1 to 1 in one curve: B'' = (0, 8), steps 0.866 : 1 : 0.866.
    parabola = np.array([[[-1, 1], [-1 / 3, -1 / 3], [1 / 3, -1 / 3], [1, 1.0]]])
    h = 1 / (1 + 3**0.5)
    x = h
    moved = x * x - h * h / 16 * 8
    assert np.allclose(balanced(parabola, 3), [[-1, 1], [-x, moved], [x, moved], [1, 1]], atol=1e-12)
    assert np.allclose(balanced(parabola, 1), [[-1, 1], [1, 1]], atol=1e-12)


@pytest.mark.parametrize(("spans", "pieces"), [(1, 1), (1, 2), (1, 7), (2, 1), (3, 1), (3, 2), (4, 9)])
def test_a_balanced_polyline_keeps_to_the_tolerance_on_both_sides(spans, pieces):
    # The tightest tolerance for which that many pieces are given.
    control = np.random.default_rng(spans * pieces).normal(size=(spans + 3, 2)) * 20
    chain = (bezier.bezier_map(spans) @ control).reshape(spans, 4, 2) if spans > 1 else control[None]
    bend = np.linalg.norm(np.diff(chain, n=2, axis=1), axis=-1).max()
    tolerance = 0.375 * bend / (pieces - 0.3 - 1e-9) ** 2
    assert int(bezier.balanced_pieces(torch.from_numpy(chain), tolerance).max()) == pieces
    vertices = balanced(chain, pieces)
    assert np.array_equal(vertices[[0, -1]], chain[[0, -1], [0, -1]])
    curve = np.concatenate([bezier.evaluate(part, np.linspace(0, 1, 400)) for part in chain])
    along = np.concatenate([np.linspace(a, b, 50) for a, b in pairwise(vertices)])
    for points, others in ((along, curve), (curve, along)):
        distance = np.linalg.norm(points[:, None] - others, axis=-1).min(1)
        assert distance.max() <= tolerance * 1.02 + 1e-9


def test_balanced_polylines_need_fewer_pieces():
    curves = torch.from_numpy(np.random.default_rng(0).normal(size=(200, 4, 2)) * 40)
    fewer, more = (
        count(curves, 0.05).sum() for count in (bezier.balanced_pieces, bezier.pieces_for_tolerance)
    )
    assert 0.68 < fewer / more < 0.76


def test_a_curve_of_no_length_stays_a_point():
    assert bezier.arc_length(POINT) == 0
    assert np.all(bezier.derivative(POINT, 0.4) == 0)
    assert np.allclose(bezier.evaluate(POINT, dense_t), 3.25, atol=1e-15)
    assert np.allclose(bezier.flatten(POINT[None], 0.01), [[3.25, 3.25], [3.25, 3.25]], atol=1e-15)
    assert np.allclose(bezier.split(POINT, 0.3), 3.25, atol=1e-15)
    assert np.array_equal(bezier.line_curve(POINT[0], POINT[0]), POINT)
