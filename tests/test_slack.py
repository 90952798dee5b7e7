"""Lines pulled tight until they keep their budget: whole, with their ends where they were."""

import numpy as np
import pytest
import torch

from plotopt import bezier
from plotopt.first_strokes.thread import strung
from plotopt.joints import Joints
from plotopt.slack import tightened
from plotopt.strokes import Strokes


def wriggling(strokes=12, seed=0):
    """One line that goes right, up and down at random."""
    rng = np.random.default_rng(seed)
    points = np.stack([np.arange(3 * strokes + 1.0), rng.uniform(-2, 2, 3 * strokes + 1)], axis=1)
    return joined(strung(points), [strokes])


def joined(points, counts):
    pieces = Strokes.of_pen(torch.from_numpy(points).float(), 0.5)
    return Strokes(
        pieces.points,
        pieces.width_mm,
        pieces.opacity,
        pieces.pen,
        joints=Joints.along(counts, [1] * len(counts)),
    )


def length_mm(strokes):
    return sum(bezier.arc_length(chain).sum() for chain in strokes.chains())


def within(most_mm):
    return lambda strokes: length_mm(strokes) / most_mm


def test_lines_within_their_budget_stay():
    strokes = wriggling()
    assert tightened(strokes, within(length_mm(strokes)), 64) is strokes


@pytest.mark.parametrize("part", [0.99, 0.95, 0.9])
def test_lines_get_as_short_as_they_must_and_hardly_shorter(part):
    strokes = wriggling()
    tight = tightened(strokes, within(part * length_mm(strokes)), 64)
    assert part - 0.003 <= length_mm(tight) / length_mm(strokes) <= part


def test_lines_stay_whole_and_their_ends_in_place():
    first, second = wriggling(5, 1), wriggling(7, 2)
    strokes = joined(torch.cat([first.points, second.points]).numpy(), [5, 7])
    tight = tightened(strokes, within(0.93 * length_mm(strokes)), 64)
    assert (tight.points[1:5, :3] == tight.points[:4, 3:]).all()
    assert (tight.points[6:, :3] == tight.points[5:-1, 3:]).all()
    for drawn, before in zip(tight.chains(), strokes.chains(), strict=True):
        assert (drawn[0][0] == before[0][0]).all()
        assert (drawn[-1][-1] == before[-1][-1]).all()


def test_a_line_of_one_stroke_stays():
    strokes = joined(wriggling(3).points[[0, 2]].numpy(), [1, 1])
    assert tightened(strokes, within(1.0), 64).points.equal(strokes.points)


def test_what_cannot_be_had_stays_over():
    straight = joined(strung(np.stack([np.arange(10.0), np.zeros(10)], axis=1)), [3])
    tight = tightened(straight, within(4.0), 64)
    assert tight.points.numpy() == pytest.approx(straight.points.numpy(), abs=1e-5)
