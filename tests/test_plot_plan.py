import json
from dataclasses import replace

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
from plotopt.plot.plan import Finishing, Layer, Statistics, plan_layer, summarize

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
    np.testing.assert_allclose(down, bezier.reverse(chains[0]))  # so that the way home is shorter


@pytest.mark.parametrize("chains", [[], [line(0, 0, 10, 0)]])
def test_nothing_to_draw_is_an_empty_layer(chains):
    layer = plan_layer(chains, PEN, FRAME)
    assert (layer.chains, layer.strokes) == ((), 0)
    nothing = Statistics(0, 0, 0.0, 0.0, 0, 0.0)
    assert replace(summarize([layer], PROFILE), layers=()) == nothing
    assert summarize([], PROFILE) == nothing


def test_hidden_strokes_are_counted_with_their_metres():
    chains = [line(40, 40, 60, 40), line(45, 40, 55, 40), line(0, 60, 30, 60), line(0, 60, 25, 60)]
    layer = plan_layer(chains, PEN, FRAME)
    assert (layer.strokes, layer.hidden) == (2, 2)
    # What lies beyond the frame is no saving: of the last stroke 4.8 mm are inside.
    assert layer.hidden_m == pytest.approx(0.010 + 0.0048)
    kept = plan_layer(chains, PEN, FRAME, Finishing(drop_hidden=False))
    assert (kept.strokes, kept.hidden, kept.hidden_m) == (4, 0, 0)


def test_a_stroke_that_shows_in_one_of_its_parts_is_not_hidden():
    # The frame's edge cuts the stroke in two; another covers the second part.
    bent = np.concatenate([line(100, 30, 130, 30), line(130, 30, 130, 40), line(130, 40, 100, 40)])
    layer = plan_layer([bent, line(80, 40, 119.8, 40)], PEN, FRAME)
    assert (layer.strokes, layer.hidden) == (2, 0)
    assert layer.hidden_m == pytest.approx(0.0198)


def test_order_and_direction_are_kept_where_asked():
    chains = [line(100, 70, 90, 70), line(30, 30, 40, 30), line(95, 60, 80, 60)]
    layer = plan_layer(chains, PEN, FRAME, Finishing(keep_order=True))
    assert len(layer.chains) == 3
    for made, chain in zip(layer.chains, chains, strict=True):
        np.testing.assert_allclose(made, chain)


@pytest.mark.parametrize(("join_mm", "paths", "curves"), [(None, 2, [3, 1]), (0.0, 3, [1, 1, 1])])
def test_neighbours_are_joined_where_order_is_kept(join_mm, paths, curves):
    chains = [line(30, 30, 40, 30), line(40.3, 30, 50, 30), line(30, 31, 30, 40)]
    layer = plan_layer(chains, PEN, FRAME, Finishing(join_mm=join_mm, keep_order=True))
    assert [len(chain) for chain in layer.chains] == curves
    assert len(layer.chains) == paths


def test_ends_that_meet_are_joined_without_a_curve_between():
    chains = [line(30, 30, 40, 30), line(40, 30, 40, 50)]
    for keep_order in (True, False):
        (path,) = plan_layer(chains, PEN, FRAME, Finishing(join_mm=0.0, keep_order=keep_order)).chains
        assert len(path) == 2


@pytest.mark.parametrize(("shortest_mm", "strokes"), [(None, 3), (0.0, 4), (0.35, 3), (30.0, 0)])
def test_only_specks_that_join_nothing_are_left_out(shortest_mm, strokes):
    chains = [
        line(30, 30, 40, 30),
        line(40.2, 30, 40.5, 30),
        line(40.5, 30, 40.5, 30.3),
        line(60, 60, 60.3, 60),
    ]
    layer = plan_layer(chains, PEN, FRAME, Finishing(drop_hidden=False, shortest_mm=shortest_mm))
    assert (layer.strokes, layer.hidden) == (strokes, 0)


def test_a_line_of_many_short_strokes_stays():
    chains = [line(30 + i / 4, 30, 30 + (i + 1) / 4, 30) for i in range(80)]
    (path,) = plan_layer(chains, PEN, FRAME).chains
    assert lengths_mm([path])[0] == pytest.approx(20, abs=0.4)


def test_a_pen_wider_than_the_frame_is_refused():
    with pytest.raises(PlotoptError, match=r"a pen 5 mm wide .* 100 x 4 mm"):
        plan_layer([line(0, 0, 9, 9)], Pen("fat", "#000000", 5.0), Rect(0, 0, 100, 4))


def test_hand_worked_statistics():
    # Two layers, each a round trip: 100 mm there, 100 mm of line, 200 mm back. Drawing takes 2.25 s, the ways
    # 2 sqrt(100/400) = 1 s and 200/200 + 200/400 = 1.5 s, the pen 0.24 s and once more at home 0.12 s.
    layer = Layer(PEN, (line(100, 0, 200, 0),), strokes=3)
    figures = summarize([layer, layer], PROFILE)
    assert (figures.strokes, figures.paths, figures.lifts) == (6, 2, 2)
    assert figures.pen_down_m == pytest.approx(0.2)
    assert figures.pen_up_m == pytest.approx(0.6)
    assert figures.minutes == pytest.approx(2 * (2.25 + 1 + 1.5 + 0.36) / 60)
    assert [each.minutes for each in figures.layers] == pytest.approx([figures.minutes / 2] * 2)
    assert figures.layers[1].label == "2-black-0.4mm"
    assert (figures.layers[0].lifts, figures.layers[0].pen_up_m) == (1, pytest.approx(0.3))


def test_refills_are_told_where_the_pen_says_what_it_holds():
    worn = Layer(Pen("red", "#ff0000", 0.4, refill_m=0.4), (line(100, 0, 200, 0),), 1)
    lasting, emptied = summarize([replace(worn, pen=PEN), worn], PROFILE).layers
    assert lasting.refills is None
    assert emptied.refills == pytest.approx(0.25)


def test_figures_are_for_json():
    layer = Layer(PEN, (line(100, 0, 200, 0),), 1, hidden=2, hidden_m=0.123456, part=2, parts=3)
    figures = json.loads(json.dumps(summarize([layer], PROFILE).figures(), allow_nan=False))
    assert figures["hidden_m"] == 0.1235
    assert figures["minutes"] == pytest.approx(5.11 / 60, abs=1e-4)
    (told,) = figures["layers"]
    assert told == {
        "label": "1-black-0.4mm-part-2-of-3",
        "strokes": 1,
        "paths": 1,
        "pen_down_m": 0.1,
        "pen_up_m": 0.3,
        "lifts": 1,
        "minutes": figures["minutes"],
        "refills": None,
    }


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
    assert figures.strokes + figures.hidden <= len(chains)
    assert figures.pen_down_m == pytest.approx(lengths_mm(layer.chains).sum() / 1000)
    # No machine is faster than its speeds.
    assert (
        figures.minutes * 60
        >= figures.pen_down_m / 0.05 + figures.pen_up_m / 0.2 + 0.24 * figures.lifts - 1e-6
    )
