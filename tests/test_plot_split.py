from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from plotopt import bezier
from plotopt.errors import PlotoptError
from plotopt.pens import Pen
from plotopt.plot.chains import lengths_mm
from plotopt.plot.plan import Layer
from plotopt.plot.split import split_layers

PEN = Pen("black", "#000000", 0.4)


def line(x0, y0, x1, y1):
    return bezier.line_curve(np.array([x0, y0], float), np.array([x1, y1], float))[None]


def ends(part):
    return [(*chain[0, 0].tolist(), *chain[-1, 3].tolist()) for chain in part.chains]


def hatch(count, length=10.0):
    return tuple(line(0, y, length, y) for y in range(count))


def test_a_layer_short_enough_stays_as_it_is():
    layer = Layer(PEN, hatch(4), 4)
    assert split_layers([layer], 0.04) == (layer,)
    assert split_layers([layer]) == (layer,)
    assert split_layers([], 1.0) == ()
    assert split_layers([Layer(PEN, (), 0)], 1.0)[0].parts == 1


def test_parts_are_as_full_as_whole_paths_allow():
    # 10 mm a path, 35 mm a part: the last tenth holds no end, so a part has three paths.
    parts = split_layers([Layer(PEN, hatch(8), 8, hidden=5, hidden_m=0.2)], 0.035)
    assert [len(part.chains) for part in parts] == [3, 3, 2]
    assert [(part.part, part.parts) for part in parts] == [(1, 3), (2, 3), (3, 3)]
    assert [part.strokes for part in parts] == [3, 3, 2]
    assert [(part.hidden, part.hidden_m) for part in parts] == [(5, 0.2), (0, 0.0), (0, 0.0)]
    assert [part.label(i) for i, part in enumerate(parts, 1)][1] == "2-black-0.4mm-part-2-of-3"


def test_metres_that_come_out_even_leave_no_empty_part():
    assert [len(part.chains) for part in split_layers([Layer(PEN, hatch(9, 0.1), 9)], 0.0003)] == [3, 3, 3]
    parts = split_layers([Layer(PEN, (line(0, 0, 0.9, 0),), 1)], 0.0003)
    assert [round(float(lengths_mm(part.chains).sum()), 3) for part in parts] == [0.3, 0.3, 0.3]


def test_a_part_ends_near_home_within_its_last_tenth():
    # After 91 mm the pen is far off, at 95 mm near home, at 99 mm far again.
    far, near = line(100, 0, 191, 0), line(5, 0, 1, 0)
    chains = (far, near, line(100, 90, 104, 90), line(100, 80, 120, 80))
    first, second = split_layers([Layer(PEN, chains, 4)], 0.1)
    assert [len(first.chains), len(second.chains)] == [2, 2]
    # Earlier than the last tenth it does not end, however near home.
    early = (line(85, 0, 1, 0), line(100, 90, 112, 90), line(100, 80, 120, 80))
    first, second = split_layers([Layer(PEN, early, 3)], 0.1)
    assert [len(first.chains), len(second.chains)] == [2, 1]


def test_a_path_longer_than_a_part_is_cut_at_a_joint():
    # Joints every 4 mm; a part of 0.1 m may end at 92, 96 or 100 mm. The pen comes from afar.
    xs = np.arange(200, -1, -4.0)
    chain = np.concatenate([line(a, 0, b, 0) for a, b in pairwise(xs)])
    assert [ends(part) for part in split_layers([Layer(PEN, (chain,), 1)], 0.1)] == [
        [(200, 0, 100, 0)],
        [(100, 0, 0, 0)],
    ]
    # Drawn away from home it ends as early as it may, for that is nearest.
    away = bezier.reverse(chain)
    assert [ends(part)[0][2] for part in split_layers([Layer(PEN, (away,), 1)], 0.1)] == [92, 184, 200]


def test_a_curve_longer_than_a_part_is_cut_itself():
    parts = split_layers([Layer(PEN, (line(0, 5, 250, 5),), 1)], 0.1)
    np.testing.assert_allclose(
        [ends(part)[0] for part in parts], [(0, 5, 100, 5), (100, 5, 200, 5), (200, 5, 250, 5)], atol=1e-6
    )
    assert sum(part.strokes for part in parts) == 1


def test_a_long_path_first_fills_the_part_begun():
    parts = split_layers([Layer(PEN, (line(0, 0, 60, 0), line(60, 9, 240, 9)), 2)], 0.1)
    np.testing.assert_allclose([lengths_mm(part.chains).sum() for part in parts], [100, 100, 40])


def test_each_pen_is_split_at_its_own_metres_unless_told():
    worn = Layer(Pen("red", "#ff0000", 0.4, refill_m=0.02), hatch(4), 4)
    lasting = Layer(PEN, hatch(4), 4)
    assert [part.parts for part in split_layers([lasting, worn])] == [1, 2, 2]
    assert [part.parts for part in split_layers([lasting, worn], 0.04)] == [1, 1]


@pytest.mark.parametrize("every_m", [0, -3, float("nan"), float("inf")])
def test_metres_that_make_no_sense_are_refused(every_m):
    with pytest.raises(PlotoptError, match="give metres above 0"):
        split_layers([Layer(PEN, hatch(2), 2)], every_m)


def test_very_many_parts_are_refused():
    with pytest.raises(PlotoptError, match="split at more metres"):
        split_layers([Layer(PEN, hatch(2), 2)], 1e-5)


@settings(max_examples=60, deadline=None)
@given(
    st.lists(
        st.integers(1, 4).flatmap(lambda n: arrays(float, (n, 4, 2), elements=st.floats(0, 60))), max_size=12
    ),
    st.floats(0.02, 0.5),
)
def test_nothing_is_lost_and_no_part_is_too_long(chains, every_m):
    # Joined end to end, as chains are.
    for chain in chains:
        chain[1:, 0] = chain[:-1, 3]
    layer = Layer(PEN, tuple(chains), strokes=len(chains), hidden=3, hidden_m=0.1)
    parts = split_layers([layer], every_m)
    metres = [lengths_mm(part.chains).sum() / 1000 for part in parts]
    assert max(metres, default=0) <= every_m * (1 + 1e-5)
    # Quadrature is 1 % off at worst, where a curve turns back on itself.
    assert sum(metres) == pytest.approx(lengths_mm(chains).sum() / 1000, rel=0.02, abs=1e-9)
    assert sum(part.strokes for part in parts) == layer.strokes
    assert sum(part.hidden for part in parts) == 3
    # Order is kept: all ends of chains come along the way, with cuts in between that join.
    whole = [end for chain in chains for end in (chain[0, 0], chain[-1, 3])]
    parted = [end for part in parts for chain in part.chains for end in (chain[0, 0], chain[-1, 3])]
    kept = iter(parted)
    assert all(any((end == other).all() for other in kept) for end in whole)
