"""Pens measured on simulated photographs whose true pen is known, and pictures that are refused."""

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from photographs import PHONE, SCAN, Ink, Shot, photograph, save_jpeg
from PIL import Image
from scipy import ndimage

from plotopt.calibration import Calibration, calibrate
from plotopt.calibration.marks import find_marks, quadrilaterals
from plotopt.calibration.sheet import Sheet
from plotopt.calibration.tones import fit_tones, showing
from plotopt.errors import PlotoptError
from plotopt.pens import Pen, parse_pen
from plotopt.picture import read_picture
from plotopt.stocks import WHITE, Stock
from plotopt.testcard.card import BLOCK, Card, Patch, marks

LINER = Ink(0.8, 0.9)
BLUE = Ink(1.2, 0.5, (0.05, 0.06, 0.25))


def patch(period, offsets=(0.0,), passes=1):
    return Patch(BLOCK, period, 3, "", offsets, passes)


@pytest.mark.parametrize(
    ("where", "width", "opacity", "expected"),
    [
        (patch(10), 1, 0.999, 1 - 0.1 * 0.999),
        (patch(4), 1, 0.5, 1 - 0.25 * 0.5),
        (patch(4, passes=2), 1, 0.5, 1 - 0.25 * 0.75),
        (patch(1), 1, 0.4, 0.6),
        (patch(0.5), 1, 0.4, 0.36),
        # 1.5 widths of ink on each: half is covered once, half twice.
        (patch(1), 1.5, 0.5, (0.5 + 0.25) / 2),
        (patch(5, (-0.5, 0.5)), 1, 0.5, 1 - 0.4 * 0.5),
        # Bands 0.5 apart: 0.5 once on either side, 0.5 twice between.
        (patch(5, (-0.25, 0.25)), 1, 0.5, (5 - 1.5 + 1 * 0.5 + 0.5 * 0.25) / 5),
    ],
)
def test_tones_by_hand(where, width, opacity, expected):
    assert showing(where, width, opacity) == pytest.approx(expected)


@settings(deadline=None, max_examples=6)
@given(st.floats(0.5, 1.6), st.floats(0.2, 0.99), st.floats(0.0, 0.4), st.sampled_from([0.1, 0.4, 1.0, 2.0]))
def test_a_pen_is_found_again_from_its_own_tones(width, opacity, ink, nominal_mm):
    patches = Card.for_width(nominal_mm).patches
    through = np.array([showing(each, width, opacity) for each in patches])
    found = fit_tones(patches, np.repeat((ink + (1 - ink) * through)[:, None], 3, axis=1))
    assert found.width == pytest.approx(width, rel=0.02)
    assert found.opacity == pytest.approx(opacity, abs=0.02)
    assert found.ink == pytest.approx(ink, abs=0.03)


def test_perspective_and_light_are_undone():
    rows, columns = 300, 320
    y, x = np.mgrid[0:rows, 0:columns] + 0.5
    light = 0.5 * (1 - 0.3 * x / columns) * (1 - 0.2 * (y / rows) ** 2)
    linear = np.repeat(light[..., None], 3, axis=2)
    centres = np.array([[20, 25], [300, 10], [290, 280], [15, 250]], float)
    sheet = Sheet.between(linear, centres)
    assert sheet.evened().unevenness < 0.002
    place = marks()[2]
    assert sheet.mean(place)[0] == pytest.approx(light[279, 289], rel=0.01)


def within(found, ink, stock_light=1.0):
    """Width within 5 %, opacity within 0.05, colour within 12 of 255 in each channel."""
    light = np.clip(np.array(ink.color) * stock_light, 0, 1)
    color = np.where(light <= 0.0031308, 12.92 * light, 1.055 * light ** (1 / 2.4) - 0.055) * 255
    seen = [int(found.pen.color[i : i + 2], 16) for i in (1, 3, 5)]
    assert found.pen.width_mm == pytest.approx(ink.width_mm, rel=0.05)
    assert found.pairs_mm == pytest.approx(ink.width_mm, rel=0.06)
    assert found.pen.opacity == pytest.approx(ink.opacity, abs=0.05)
    assert seen == pytest.approx(color, abs=12)


SMALL = {"size_px": (1000, 750)}
CASES = {
    "scan": (0.5, Ink(0.5), replace(SCAN, size_px=(700, 994)), 250.0),
    "phone": (1.0, LINER, replace(PHONE, **SMALL), 200.0),
    "phone upside down": (1.0, LINER, replace(PHONE, size_px=(750, 1000), turn=176.0, slope=-0.2), 200.0),
    "phone on its side": (1.0, LINER, replace(PHONE, turn=-95.0, noise=0.02, **SMALL), 200.0),
    "translucent and wider": (1.0, BLUE, replace(PHONE, **SMALL), 200.0),
    "much wider": (1.0, Ink(2.0, 0.8), replace(PHONE, size_px=(840, 840)), 200.0),
    "finer": (1.0, Ink(0.7, 0.6), Shot(size_px=(750, 750), blur=1.5, noise=0.01), 200.0),
}


@pytest.mark.parametrize("case", CASES)
def test_a_pen_is_measured_on_a_photograph(case, tmp_path):
    nominal_mm, ink, shot, dpi = CASES[case]
    found = calibrate(save_jpeg(tmp_path / "card.jpg", photograph(nominal_mm, ink, shot, dpi=dpi)))
    assert found.card == Card.for_width(nominal_mm)
    within(found, ink)
    assert found.trust in ("good", "fair")
    assert found.width_error_mm < 0.03 * ink.width_mm


def test_white_ink_on_black_paper(tmp_path):
    ink = Ink(0.9, 0.8, (20.0, 20.0, 20.0))
    shot = replace(PHONE, paper=(0.03, 0.03, 0.03), desk=(0.3, 0.3, 0.3), vignette=0.2, noise=0.003, **SMALL)
    card = save_jpeg(tmp_path / "card.jpg", photograph(1.0, ink, shot, dpi=200.0))
    black = Stock("black", "black", "#383838", 4.0)
    gel = Pen("gel", "#ffffff", 1.0, opaque=True, refill_m=300.0)
    found = calibrate(card, gel, black, "mine")
    within(found, ink, stock_light=0.0395)
    assert (found.pen.name, found.pen.opaque, found.pen.refill_m) == ("mine", True, 300.0)
    # Ink that is lighter than the paper covers it.
    assert calibrate(card, None, black, "mine").pen == replace(found.pen, refill_m=None)


KRAFT = Stock("kraft", "kraft", "#b08d63", 3.0)
KRAFT_LIGHT = (0.434, 0.266, 0.125)


def test_translucent_ink_on_kraft_has_its_colour_on_white():
    ink = Ink(0.8, 0.9, (0.05, 0.06, 0.5))
    pixels = photograph(1.0, ink, Shot(size_px=(750, 750), paper=KRAFT_LIGHT, noise=0.003), dpi=200.0)
    found = calibrate(pixels, None, KRAFT)
    within(found, ink)
    assert not found.pen.opaque
    # The same light, if it is known to be opaque: what is seen is its own.
    opaque = calibrate(pixels, Pen("paint", "#000080", 1.0, opaque=True), KRAFT)
    within(opaque, ink, KRAFT_LIGHT)


@pytest.mark.parametrize(
    ("color", "paper", "opaque"),
    [
        # Blue paint is darker than kraft, but no ink that lets paper through gives more blue than it has.
        ((0.1, 0.4, 2.5), KRAFT_LIGHT, True),
        ((1.6, 1.7, 1.9), KRAFT_LIGHT, True),
        # A fluorescent marker.
        ((0.9, 1.1, 0.2), (0.8, 0.79, 0.76), False),
    ],
)
def test_ink_that_cannot_be_translucent_is_opaque(color, paper, opaque):
    pixels = photograph(1.0, Ink(1.0, 0.8, color), Shot(size_px=(750, 750), paper=paper), dpi=200.0)
    stock = KRAFT if paper == KRAFT_LIGHT else WHITE
    # A width alone does not say how the ink lies.
    assert calibrate(pixels, parse_pen("1mm"), stock).pen.opaque == opaque


def test_a_catalogue_knows_whether_a_pen_is_opaque():
    pixels = photograph(
        1.0, Ink(1.0, 0.8, (1.6, 1.7, 1.9)), Shot(size_px=(750, 750), paper=KRAFT_LIGHT), dpi=200.0
    )
    assert not calibrate(pixels, Pen("ink", "#ffffff", 1.0, reference="mine.toml:ink"), KRAFT).pen.opaque


@pytest.mark.parametrize(
    ("residual", "pairs_mm", "trust"),
    [
        (0.01, 0.51, "good"),
        (0.01, 0.48, "fair"),
        (0.02, 0.5, "fair"),
        (0.01, 0.6, "doubtful"),
        (0.04, 0.5, "doubtful"),
    ],
)
def test_trust_is_as_good_as_its_weakest_sign(residual, pairs_mm, trust):
    pen = Pen("a", "#000000", 0.5)
    assert Calibration(pen, Card(0.5), 0.001, 0.01, residual, pairs_mm).trust == trust


@pytest.fixture(scope="module")
def shot_pixels():
    return photograph(1.0, LINER, replace(PHONE, turn=3.0, size_px=(750, 1000)), dpi=200.0)


def test_the_marks_are_found_where_they_are(shot_pixels):
    centres = next(quadrilaterals(next(find_marks(read_picture(shot_pixels).linear))))
    # Where the sheet's homography, turned by three degrees, has them to a few pixels.
    assert centres == pytest.approx(np.array([[162, 262], [615, 257], [601, 740], [141, 749]]), abs=2)


def dimmed(pixels, factor):
    return (pixels * factor).astype(np.uint8)


def shadowed(pixels):
    half = pixels.copy()
    half[:, : half.shape[1] // 2] //= 2
    return half


def covered(pixels):
    thumb = pixels.copy()
    thumb[: pixels.shape[0] // 2, : pixels.shape[1] // 2] = 180
    return thumb


def taped(pixels):
    tape = pixels.copy()
    rows, columns = pixels.shape[:2]
    tape[int(0.68 * rows) : int(0.85 * rows), int(0.35 * columns) : int(0.65 * columns)] = 190
    return tape


FAILURES = {
    "a page of nothing": (lambda pixels: np.full_like(pixels, 200), "no corner marks"),
    "noise": (lambda p: np.random.default_rng(0).integers(0, 256, (300, 300, 3), np.uint8), "corner marks"),
    "darkness": (lambda pixels: dimmed(pixels, 0.06), "too dark"),
    "a card cropped at the top": (lambda pixels: pixels[pixels.shape[0] // 3 :], "not all four"),
    "a card cropped at the side": (lambda pixels: pixels[:, pixels.shape[1] // 3 :], "not all four"),
    "a corner under a thumb": (covered, "not all four"),
    "blur": (lambda pixels: blurred(pixels, 5), "blurred|no corner marks|cannot be read"),
    "fog": (lambda pixels: blurred(pixels, 25), "no corner marks"),
    "a thumbnail": (lambda pixels: pixels[::5, ::5], "corner marks|px wide"),
    "a shadow's edge": (shadowed, "light varies"),
    "a code under tape": (taped, "cannot be read"),
}


def blurred(pixels, sigma):
    return ndimage.gaussian_filter(pixels.astype(float), (sigma, sigma, 0)).astype(np.uint8)


@pytest.mark.parametrize("case", FAILURES)
def test_a_picture_that_cannot_be_measured_is_refused_in_a_line(case, shot_pixels):
    change, fragment = FAILURES[case]
    with pytest.raises(PlotoptError, match=fragment) as caught:
        calibrate(Image.fromarray(change(shot_pixels)))
    assert "\n" not in str(caught.value)


def test_another_pens_card_is_refused(shot_pixels):
    with pytest.raises(PlotoptError, match="made for a pen of 1 mm"):
        calibrate(Image.fromarray(shot_pixels), parse_pen("0.3mm"))


@pytest.mark.parametrize(("width_mm", "word"), [(4.0, "corner marks"), (0.3, "finer")])
def test_a_pen_far_from_the_card_is_refused(width_mm, word):
    pixels = photograph(1.0, Ink(width_mm), Shot(size_px=(720, 720)), dpi=200.0)
    with pytest.raises(PlotoptError, match=word):
        calibrate(Image.fromarray(pixels))
