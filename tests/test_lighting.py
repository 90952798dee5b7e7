"""The uneven light on photographed sheets is found and taken off; pictures that are no sheets keep theirs."""

import numpy as np
import pytest
from scipy.ndimage import gaussian_filter

from plotopt.tones.lighting import Lighting, find_lighting

SIZE = 480
y, x = (np.mgrid[:SIZE, :SIZE] + 0.5) / SIZE

SLOPE = 0.95 - 0.5 * x
VIGNETTE = 0.95 * np.exp(-1.2 * ((x - 0.5) ** 2 + (y - 0.4) ** 2))
# A hand's: 0.6 of the light is left beyond an edge that is soft over an eighth of the sheet.
SHADOWED = 0.95 - 0.38 / (1 + np.exp(-(x + 0.5 * y - 1.1) / 0.02))


def drawn():
    """A sheet with a black disk, a ring and hatching, 1 for its paper."""
    away = np.hypot(x - 0.3, y - 0.3)
    inked = (away < 0.1) | (np.abs(away - 0.2) < 0.005)
    inked |= (np.sin(300 * (x + y)) > 0.3) & (np.abs(x - 0.7) < 0.1) & (np.abs(y - 0.7) < 0.1)
    return 1 - 0.9 * gaussian_filter(inked.astype(float), 1)


def noise(amount, seed=0):
    return np.random.default_rng(seed).normal(0, amount, (SIZE, SIZE))


@pytest.mark.parametrize("light", [SLOPE, VIGNETTE, SHADOWED], ids=["slope", "vignette", "shadow"])
def test_paper_becomes_white_and_ink_stays_black(light):
    sheet = drawn()
    photographed = (sheet * light + noise(0.01)).clip(0, 1)
    lighting = find_lighting(photographed)
    evened = lighting.evened(photographed)
    paper, black = sheet > 0.99, np.hypot(x - 0.3, y - 0.3) < 0.09
    assert np.percentile(evened[paper], 1) > 0.9
    assert evened[black].mean() == pytest.approx(0.1, abs=0.05)
    # Most of what was beside the paper before has gone.
    assert (1 - evened[paper]).mean() < 0.2 * (0.95 - photographed[paper]).mean()


def test_what_is_left_gives_the_same_tones():
    photographed = (drawn() * SLOPE + noise(0.01)).clip(0, 0.99)
    lighting = find_lighting(photographed)
    faded = 1 - lighting.left(photographed) * (1 - photographed)
    np.testing.assert_allclose(faded, lighting.evened(photographed), atol=1e-9)


def test_grey_washes_within_the_sheet_are_no_shadows():
    wash = np.where((np.abs(x - 0.5) < 0.15) & (np.abs(y - 0.5) < 0.15), 0.6, 1.0)
    photographed = wash * SLOPE
    lighting = find_lighting(np.minimum(photographed, np.where(np.hypot(x - 0.1, y - 0.1) < 0.05, 0.1, 1)))
    assert lighting.evened(photographed)[wash < 1].mean() < 0.7


CORNERS = {
    "square": (x > 0.68) & (y > 0.68),
    "triangle": x + y > 1.5,
    "band": (y > 0.85) & (x > 0.3),
}


@pytest.mark.parametrize("dark", [0.05, 0.12, 0.3])
@pytest.mark.parametrize("corner", CORNERS.values(), ids=CORNERS)
def test_what_is_dark_with_a_hard_edge_is_no_shadow_though_it_lies_at_the_edge(corner, dark):
    light = 0.97 - 0.3 * x
    photographed = np.where(corner, dark, light * drawn()) + noise(0.01)
    lighting = find_lighting(photographed.clip(0, 1))
    evened = lighting.evened(photographed)
    assert evened[corner].mean() < min(1.3 * dark / light[corner].mean(), 0.8)
    assert np.percentile(evened[(drawn() > 0.99) & ~corner], 5) > 0.85


@pytest.mark.parametrize("amount", [0.0, 0.005, 0.02])
def test_where_paper_is_white_to_the_full_nothing_gets_darker(amount):
    photographed = (drawn() * (1.25 - 0.6 * x) + noise(amount)).clip(0, 1)
    lighting = find_lighting(photographed)
    assert lighting.light.max() <= 1
    left = lighting.left(photographed)
    assert left.max() <= (1 - lighting.black) / (1 - lighting.inked) + 1e-9
    assert (left[photographed == 1] == 0).all()


def test_in_the_deepest_shadow_noise_is_no_ink():
    deep = 0.95 * np.exp(-2.4 / (1 + np.exp(-(x + y - 1.6) / 0.05)))
    photographed = (drawn() * deep + noise(0.02)).clip(0.03, 1)
    evened = find_lighting(photographed).evened(photographed)
    corner = x + y > 1.9
    assert photographed[corner].mean() < 0.15
    assert evened[corner].mean() > 0.9


@pytest.mark.parametrize(
    "tone",
    [
        np.ones((SIZE, SIZE)),
        np.zeros((SIZE, SIZE)),
        drawn(),
        # Half black, half white; no paper; darker than any paper; nothing dark in it.
        np.where(x < 0.5, 0.1, SLOPE),
        np.random.default_rng(0).random((SIZE, SIZE)),
        0.7 * SLOPE * drawn(),
        SLOPE,
        np.ones((1, 1)),
        np.full((3, 700), 0.9),
    ],
    ids=["white", "black", "even", "half", "noise", "dark", "blank", "pixel", "strip"],
)
def test_other_pictures_show_no_uneven_light(tone):
    assert find_lighting(tone) is None


def test_evening_by_hand():
    lighting = Lighting(np.array([[1.0, 0.5]]), inked=0.2, black=0.1)
    # Ink of 0.2 of its paper becomes 0.1, half of that way 0.55; paper becomes 1, and more is no more.
    np.testing.assert_allclose(lighting.evened(np.array([[0.2, 0.1]])), 0.1)
    np.testing.assert_allclose(lighting.evened(np.array([[0.6, 0.3]])), 0.55)
    np.testing.assert_allclose(lighting.evened(np.array([[1.1, 0.5]])), 1.0)
