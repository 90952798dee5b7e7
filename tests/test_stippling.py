"""Dots as close as a picture is dark, and the tour through them: as long as the ink that is wanted."""

import numpy as np
import pytest
from scipy.spatial import cKDTree
from test_crossings import crossings, length

from plotopt.first_strokes.stippling import reach, stipple, tour


def rng():
    return np.random.default_rng(0)


def halves(light, dark, size=60):
    """A page that wants ``light`` on its left half and ``dark`` on its right."""
    return np.repeat([[light, dark]], size, axis=0).repeat(size // 2, axis=1).astype(float)


@pytest.mark.parametrize("count", [1, 2, 7, 500, 20_000])
def test_there_are_as_many_dots_as_asked_for(count):
    dots = stipple(halves(0.2, 0.9), count, rng())
    assert dots.shape == (count, 2)
    assert (dots >= 0).all()
    assert (dots <= 60).all()


def test_dots_are_shared_by_weight():
    dots = stipple(halves(1.0, 3.0), 2000, rng())
    assert (dots[:, 0] > 30).mean() == pytest.approx(0.75, abs=0.01)


def test_dots_keep_their_distance():
    """Of 1,000 dots on 3,600 pixels, nearest neighbours are 0.95 apart if random, 2.04 if a lattice."""
    dots = stipple(halves(1, 1), 1000, rng())
    nearest = cKDTree(dots).query(dots, k=2)[0][:, 1]
    assert nearest.mean() > 1.6
    assert nearest.min() > 0.6


def test_no_dots_where_nothing_is_wanted():
    dots = stipple(halves(0.0, 1.0), 300, rng())
    assert dots[:, 0].min() > 30


@pytest.mark.parametrize(("tone", "pen_px"), [(0.8, 1.0), (0.5, 0.7), (0.2, 1.5)])
def test_a_tour_has_the_ink_that_is_wanted(tone, pen_px):
    tones = np.full((90, 120), tone)
    found = tour(tones, pen_px, 100_000, rng())
    # A B-spline cuts corners: here it is some 15 % shorter than its control polygon.
    line_area = (1 - tone) * (1 + 0.7 * (1 - tone) ** 3) * tones.size
    assert 0.85 * length(found) * pen_px == pytest.approx(line_area, rel=0.08)
    assert reach(tones, pen_px, 100_000) == 1
    assert crossings(found[:400]) == 0


def test_each_tone_has_its_share_of_the_tour():
    tones = halves(0.8, 0.5)
    line = tour(tones, 1.0, 100_000, rng())
    middles, steps = 0.5 * (line[1:] + line[:-1]), np.hypot(*np.diff(line, axis=0).T)
    light, dark = 0.2 * (1 + 0.7 * 0.2**3), 0.5 * (1 + 0.7 * 0.5**3)
    assert steps[middles[:, 0] > 30].sum() / steps.sum() == pytest.approx(dark / (light + dark), abs=0.03)


def test_few_dots_reach_what_they_are_all_needed_for():
    tones = halves(0.7, 0.4)
    part = reach(tones, 1.0, 300)
    assert 0.3 < part < 0.9
    assert len(tour(tones, 1.0, 300, rng())) == 300
    assert len(tour(1 - part * (1 - tones), 1.0, 100_000, rng())) == pytest.approx(300, rel=0.03)


def test_next_to_nothing_wanted_is_a_few_dots():
    tones = np.ones((20, 30))
    tones[4, 5] = 0.9
    found = tour(tones, 1.0, 100_000, rng())
    assert 1 < len(found) <= 4
    assert np.abs(found - [5.5, 4.5]).max() < 2.5


def test_the_same_seed_gives_the_same_tour():
    first, second = (tour(halves(0.8, 0.4), 1.0, 500, rng()) for _ in range(2))
    assert first.tobytes() == second.tobytes()
