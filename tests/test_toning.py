"""Tones come out as they were asked for: the shift that sees to it, and a step wedge in the finished plot."""

import numpy as np
import pytest
import torch
from PIL import Image

import plotopt
from plotopt.colour.light import light_of
from plotopt.page import Rect
from plotopt.plot.load import ink_load
from plotopt.tones.target import Target
from plotopt.tones.toning import Shift

PLACE = Rect(0, 0, 10, 10)


def target(pixels):
    return Target(torch.as_tensor(np.asarray(pixels, np.float32))[None], PLACE)


def test_no_shift_leaves_the_target_as_it_is():
    grey = target(np.full((4, 4), 0.3))
    assert Shift().shifted(grey) is grey


def test_a_shift_is_interpolated_between_its_tones():
    by = np.zeros(17)
    by[8] = 0.04  # for tone 0.5
    shifted = Shift(by).shifted(target([[0.5, 0.53125], [0.5625, 0.4375]])).pixels[0]
    assert torch.allclose(shifted, torch.tensor([[0.54, 0.55125], [0.5625, 0.4375]]), atol=1e-6)


def test_colour_is_not_shifted():
    colours = Target(torch.full((3, 2, 2), 0.5), PLACE)
    assert Shift(np.full(17, 0.05)).shifted(colours) is colours


def test_what_is_too_dark_is_asked_for_lighter():
    wanted = np.repeat([[0.25, 0.75]], 64, axis=0).repeat(64, axis=1)
    drawn = wanted - np.where(wanted < 0.5, 0.05, -0.02)
    shift = Shift().after(drawn, wanted, width_px=1.0)
    assert shift.by[4] == pytest.approx(0.4 * 0.05, abs=0.002)
    assert shift.by[12] == pytest.approx(-0.4 * 0.02, abs=0.002)


def test_white_paper_is_never_asked_for_otherwise():
    wanted = np.ones((64, 64))
    assert Shift().after(wanted - 0.05, wanted, 1.0).by[-1] == 0


def test_shifts_add_up_to_a_bound():
    wanted, shift = np.full((64, 64), 0.5), Shift()
    for _ in range(20):
        shift = shift.after(wanted - 0.2, wanted, 1.0)
    assert shift.by[8] == pytest.approx(0.08)


def test_half_of_what_is_off_is_taken_back():
    wanted, shift = np.full((64, 64), 0.5), Shift()
    for _ in range(20):
        shift = shift.after(wanted - 0.05 + shift.by[8], wanted, 1.0)
    assert shift.by[8] == pytest.approx(0.025, abs=1e-4)


def test_tones_that_hardly_occur_follow_their_neighbours():
    wanted = np.full((64, 64), 0.5)
    by = Shift().after(wanted - 0.01, wanted, 1.0).by
    assert np.allclose(by[:-1], 0.004, atol=1e-6)


def wedge(steps=8, side_px=64):
    """Steps that are even in the reflectance that one black pen is asked for: black to white."""
    wanted = np.linspace(0, 1, steps) ** 2.2
    encoded = np.where(wanted <= 0.0031308, 12.92 * wanted, 1.055 * wanted ** (1 / 2.4) - 0.055)
    row = np.repeat((255 * encoded).round().astype(np.uint8), side_px)
    return Image.fromarray(np.tile(row, (side_px, 1)))


def test_a_step_wedge_comes_out_in_even_steps():
    drawing = plotopt.fit(wedge(), paper="a5", margin="10mm", strokes=600, quality="draft")
    dpi = 400
    seen = np.asarray(drawing.preview(dpi))[..., 0]
    light = np.array([light_of(f"#{level:02x}{level:02x}{level:02x}")[0] for level in range(256)])[seen]
    place, px = drawing.place, dpi / 25.4
    height, width = place.bottom - place.top, (place.right - place.left) / 8
    rows = slice(round((place.top + 0.15 * height) * px), round((place.bottom - 0.15 * height) * px))
    lefts = place.left + (np.arange(8) + 0.15) * width
    tones = np.array(
        [light[rows, round(left * px) : round((left + 0.7 * width) * px)].mean() for left in lefts]
    )
    steps = np.diff(tones)
    # From 0.08, which full black keeps, to white paper in seven steps of 0.131.
    assert steps == pytest.approx(np.full(7, 0.92 / 7), abs=0.05)
    assert tones == pytest.approx(np.linspace(0.08, 1, 8), abs=0.05)
    assert tones[-1] > 0.99, "white paper stays white"
    assert tones[-2] < 0.95, "the lightest tone is not lost"
    assert ink_load(drawing.layers, drawing.page).most_coats < 4, "nor is the paper torn by the darkest"
