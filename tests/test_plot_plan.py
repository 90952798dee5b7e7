import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from machines import PROFILE

from plotopt import bezier
from plotopt.errors import PlotoptError
from plotopt.page import Rect
from plotopt.pens import Pen
from plotopt.plot.chains import flatten, lengths_mm
from plotopt.plot.plan import Layer, Statistics, plan_layer, summarize

PEN = Pen("black", "#000000", 0.4)
FRAME = Rect(20, 20, 120, 80)


def line(x0, y0, x1, y1):
    return bezier.line_curve(np.array([x0, y0], float), np.array([x1, y1], float))[None]


def test_strokes_are_clipped_dropped_joined_and_ordered():
    chains = [
        line(60, 40, 60, 50),
        line(0, 30, 30, 30),  # comes in from beyond the frame
        line(40, 30, 30.3, 30),  # ends within a pen's width of the one before
        line(60, 42, 60, 48),  # under the first
        line(0, 0, 10, 0),  # off the frame
    ]
    layer = plan_layer(chains, PEN, FRAME)
    assert layer.strokes == 3
    across, down = layer.chains
    np.testing.assert_allclose([across[0, 0], across[-1, 3]], [[20.2, 30], [40, 30]])
    np.testing.assert_allclose(down, chains[0])


@pytest.mark.parametrize("chains", [[], [line(0, 0, 10, 0)]])
def test_nothing_to_draw_is_an_empty_layer(chains):
    layer = plan_layer(chains, PEN, FRAME)
    assert (layer.chains, layer.strokes) == ((), 0)
    assert summarize([layer], PROFILE) == Statistics(0, 0, 0.0, 0.0, 0, 0.0)
    assert summarize([], PROFILE) == Statistics(0, 0, 0.0, 0.0, 0, 0.0)


def test_a_pen_wider_than_the_frame_is_refused():
    with pytest.raises(PlotoptError, match=r"a pen 5 mm wide .* 100 x 4 mm"):
        plan_layer([line(0, 0, 9, 9)], Pen("fat", "#000000", 5.0), Rect(0, 0, 100, 4))


def test_hand_worked_statistics():
    # Two layers, each a round trip: 100 mm there, 100 mm of line, 200 mm back. Drawing takes 2.25 s, the ways
    # 2 sqrt(100/400) = 1 s and 200/200 + 200/400 = 1.5 s, the pen 0.24 s.
    layer = Layer(PEN, (line(100, 0, 200, 0),), strokes=3)
    figures = summarize([layer, layer], PROFILE)
    assert (figures.strokes, figures.paths, figures.lifts) == (6, 2, 2)
    assert figures.pen_down_m == pytest.approx(0.2)
    assert figures.pen_up_m == pytest.approx(0.6)
    assert figures.minutes == pytest.approx(2 * (2.25 + 1 + 1.5 + 0.24) / 60)


@settings(max_examples=30, deadline=None)
@given(
    arrays(
        float, st.tuples(st.integers(0, 12), st.just(1), st.just(4), st.just(2)), elements=st.floats(0, 140)
    )
)
def test_a_plan_keeps_its_ink_inside_and_its_figures_agree(chains):
    layer = plan_layer(list(chains), PEN, FRAME)
    points = flatten(layer.chains, 0.01).points
    assert ((points >= [20.2 - 1e-6] * 2) & (points <= [119.8 + 1e-6, 79.8 + 1e-6])).all()
    figures = summarize([layer], PROFILE)
    assert figures.paths == figures.lifts == len(layer.chains)
    assert figures.strokes <= len(chains)
    assert figures.pen_down_m == pytest.approx(lengths_mm(layer.chains).sum() / 1000)
    # No machine is faster than its speeds.
    assert (
        figures.minutes * 60
        >= figures.pen_down_m / 0.05 + figures.pen_up_m / 0.2 + 0.24 * figures.lifts - 1e-6
    )
