"""Outlines: on the dark side of edges, in one piece, closed once, and none where there is nothing."""

import numpy as np
import pytest
from scipy.ndimage import gaussian_filter

from plotopt.first_strokes.contours import trace

SIGMA = 1.8


def disc(radius=30.0, size=96, dark=0.2, light=0.9):
    y, x = np.mgrid[:size, :size] + 0.5
    inside = np.clip(radius - np.hypot(x - size / 2, y - size / 2) + 0.5, 0, 1)
    return light + (dark - light) * inside


def length_px(line):
    return np.hypot(*np.diff(line, axis=0).T).sum()


def test_a_disc_has_one_outline_just_inside_its_edge():
    lines = trace(disc(), SIGMA, 0.1, 20)
    (line,) = lines
    radius = np.hypot(*(line - 48).T)
    assert radius.std() < 0.3
    assert 30 - 2 * SIGMA < radius.mean() < 30
    # Once around, and not twice.
    assert length_px(line) == pytest.approx(2 * np.pi * radius.mean(), rel=0.12)


def test_edges_run_straight_from_side_to_side():
    tone = np.full((60, 80), 0.9)
    tone[30:] = 0.3
    (line,) = trace(tone, SIGMA, 0.1, 20)
    assert length_px(line) > 76
    assert line[:, 1].std() < 0.1
    assert 30 < line[:, 1].mean() < 30 + 2 * SIGMA
    # What is to be inked is the other side where ink is light.
    (line,) = trace(1 - tone, SIGMA, 0.1, 20)
    assert 30 - 2 * SIGMA < line[:, 1].mean() < 30


def test_a_dark_line_has_one_outline_in_its_middle():
    tone = np.ones((60, 80))
    tone[29:32] = 0
    lines = trace(tone, SIGMA, 0.2, 20)
    assert lines[0][:, 1] == pytest.approx(np.full(len(lines[0]), 30.5), abs=0.2)


@pytest.mark.parametrize(("contrast", "there"), [(0.1, True), (0.45, True), (0.7, False)])
def test_edges_of_less_contrast_are_none(contrast, there):
    # A step of 0.6, a little of which is taken for the crowd of edges about it.
    tone = np.full((60, 80), 0.8)
    tone[:, 40:] = 0.2
    assert bool(trace(tone, SIGMA, contrast, 20)) == there


def test_the_strongest_come_first():
    tone = np.full((120, 80), 0.9)
    tone[40:80] = 0.2
    tone[80:] = 0.5
    first, *others = trace(tone, SIGMA, 0.05, 20)
    assert 40 < first[:, 1].mean() < 44
    assert others


def test_lines_are_smooth_on_noise():
    rng = np.random.default_rng(0)
    tone = gaussian_filter(disc() + rng.normal(0, 0.05, (96, 96)), 0.5)
    line = trace(tone, SIGMA, 0.2, 40)[0]
    turns = np.diff(np.unwrap(np.arctan2(*np.diff(line, axis=0).T)))
    assert np.abs(turns[2:-2]).max() < 0.3


@pytest.mark.parametrize(
    "tone",
    [
        np.ones((40, 60)),
        np.zeros((1, 50)),
        np.full((1, 1), 0.3),
        np.random.default_rng(0).random((9, 9)),
        np.linspace(0, 1, 50)[None].repeat(30, 0),
        np.indices((40, 40)).sum(0) % 2.0,
    ],
)
def test_odd_pictures_have_outlines_within_them_if_any(tone):
    for line in trace(tone, SIGMA, 0.05, 5):
        assert (line >= 0).all()
        assert (line <= tone.shape[::-1]).all()
    if np.ptp(tone) == 0:
        assert trace(tone, SIGMA, 0.01, 5) == []


def test_the_picture_is_left_as_it_was():
    tone = disc()
    trace(tone, SIGMA, 0.1, 20)
    assert np.array_equal(tone, disc())
