"""What benchmarks/quality.py judges drawings by."""

import math
import sys
from importlib.util import module_from_spec, spec_from_file_location
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from plotopt.page import Rect

# By its file: the folder has names, such as order.py, that were not to be found by other tests.
_FILE = Path(__file__).parent.parent / "benchmarks" / "quality_measure.py"
_SPEC = spec_from_file_location("quality_measure", _FILE)
assert _SPEC
assert _SPEC.loader
measure = module_from_spec(_SPEC)
sys.modules["quality_measure"] = measure
_SPEC.loader.exec_module(measure)

PLACE = Rect(10.0, 5.0, 50.0, 15.0)
PLANES = arrays(np.float64, (12, 9), elements=st.floats(0, 1))


def svg(*paths, width_mm=0.5):
    drawn = "".join(f'<path d="{path}"/>' for path in paths)
    return (
        '<svg xmlns="http://www.w3.org/2000/svg" width="60mm" height="20mm" viewBox="0 0 60 20">'
        f'<g fill="none" stroke="#000000" stroke-width="{width_mm}" stroke-linecap="round">{drawn}</g></svg>'
    )


@pytest.mark.parametrize("path", ["M20,10 L40,10", "M20,8 L40,12"])
def test_a_line_inks_its_length_times_its_width_and_its_round_ends(path):
    seen = measure.reflectance(svg(path), PLACE)
    assert seen.shape == (100, 400)
    length = 20.0 if "10 L" in path else math.hypot(20, 4)
    inked_mm2 = (1 - seen.mean()) * PLACE.width * PLACE.height
    assert inked_mm2 == pytest.approx(0.5 * length + math.pi * 0.25**2, rel=0.01)


def test_a_line_lies_where_the_page_has_it_and_ink_beside_the_place_is_not_seen():
    seen = measure.reflectance(svg("M12,10 L18,10", "M2,10 L7,10", "M30,2 L40,2"), PLACE)
    rows, columns = np.nonzero(seen < 0.5)
    # Pixels of which less than half is bare: from 4.75 to 5.25 mm, and from 1.75 to 8.25 mm with the ends.
    assert (rows.min(), rows.max()) == (48, 51)
    assert (columns.min(), columns.max()) == (18, 81)


def test_a_place_of_any_size_is_filled():
    seen = measure.reflectance(svg("M0,0 L60,20", width_mm=60), Rect(10.03, 5.01, 23.37, 11.68))
    assert seen.shape == (67, 133)
    assert seen.max() == 0


def test_rmse_by_hand():
    assert measure.rmse(np.array([[0.0, 1.0]]), np.array([[0.2, 1.0]])) == pytest.approx(
        255 * 0.2 / math.sqrt(2)
    )


def test_ssim_of_two_plain_greys_is_that_of_their_light_alone():
    low, high = np.full((20, 20), 0.3), np.full((20, 20), 0.6)
    assert measure.ssim(low, high) == pytest.approx((2 * 0.18 + 1e-4) / (0.09 + 0.36 + 1e-4))


@given(PLANES)
@settings(max_examples=20)
def test_a_plane_is_like_itself(plane):
    assert measure.ssim(plane, plane) == pytest.approx(1)
    assert measure.rmse(plane, plane) == 0


def test_a_structure_turned_to_its_opposite_is_unlike():
    wave = 0.5 + 0.3 * np.sin(np.arange(60) / 3)[:, None] * np.ones(60)
    assert measure.ssim(wave, 1 - wave) < -0.5


@given(PLANES, PLANES)
@settings(max_examples=50)
def test_the_best_tone_curve_rises_and_does_no_harm(drawing, target):
    result = measure.mapped(drawing, target)
    order = np.argsort(drawing, axis=None)
    assert (np.diff(result.ravel()[order]) >= -1e-12).all()
    # Tones are told apart to one part of 4095.
    assert measure.rmse(result, target) <= measure.rmse(drawing, target) + 255 / 4095
    assert target.min() - 1e-9 <= result.min()
    assert result.max() <= target.max() + 1e-9


def test_any_rising_change_of_tone_is_forgiven_and_a_falling_one_is_not():
    tones = np.linspace(0, 1, 256).reshape(16, 16)
    assert measure.rmse(measure.mapped(tones, tones**2), tones**2) == pytest.approx(0, abs=1e-6)
    fallen = measure.mapped(tones, 1 - tones)
    assert np.ptp(fallen) == pytest.approx(0, abs=1e-9)
    assert fallen.mean() == pytest.approx(0.5)


def test_a_coarser_raster_has_the_same_mean():
    plane = np.random.default_rng(0).random((60, 40)).astype(np.float32)
    assert measure.resized(plane, 30, 20).mean() == pytest.approx(plane.mean(), rel=1e-5)
    assert measure.resized(plane, 120, 80).shape == (120, 80)


def test_a_bare_sheet_for_a_white_picture_is_perfect_and_for_a_black_one_all_wrong():
    bare = svg()
    white = measure.Measure(np.ones((20, 80), np.float32), PLACE, 0.5).figures(bare)
    assert (white["ink"], white["target_ink"], white["rmse_1_raw"], white["rmse_3_mapped"]) == (0, 0, 0, 0)
    assert white["ssim_3_raw"] == pytest.approx(1)
    assert "vgg" not in white
    black = measure.Measure(np.zeros((20, 80), np.float32), PLACE, 0.5).figures(bare)
    assert black["rmse_3_raw"] == pytest.approx(255, rel=1e-5)
    assert black["rmse_3_mapped"] == pytest.approx(0, abs=1e-4)


def test_more_blur_brings_hatching_nearer_to_its_grey():
    hatching = svg(*(f"M10,{y} L50,{y}" for y in np.arange(4.5, 16, 1.0)))
    figures = measure.Measure(np.full((20, 80), 0.5, np.float32), PLACE, 0.5).figures(hatching)
    assert figures["ink"] == pytest.approx(0.5, abs=0.01)
    assert figures["rmse_3_raw"] < 0.2 * figures["rmse_1_raw"]
    assert set(measure.names(None)) < set(figures)


def test_vgg_is_told_only_where_there_are_weights():
    assert measure.names(Path("vgg16.safetensors"))[-1] == "vgg"
    assert "vgg" not in measure.names(None)
