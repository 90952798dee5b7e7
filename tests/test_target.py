"""The tone curve, averaging to a scale, and windows of the target."""

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from plotopt.errors import PlotoptError
from plotopt.page import Rect
from plotopt.picture import Picture, read_picture
from plotopt.tones.target import Target
from plotopt.tones.tone import Tone
from plotopt.view import View

PLACE = Rect(20, 30, 60, 50)


def grey(values):
    """A picture of the given linear light, the same in all channels."""
    return Picture(np.repeat(np.asarray(values, np.float32)[..., None], 3, axis=-1))


def random_target(rows=20, columns=40, channels=1, seed=0):
    generator = torch.Generator().manual_seed(seed)
    return Target(torch.rand(channels, rows, columns, generator=generator), PLACE)


tones = st.builds(
    Tone,
    gamma=st.floats(0.2, 5),
    contrast=st.floats(0.2, 5),
    darkest=st.floats(0, 0.9),
    clip_percent=st.floats(0, 20),
)


def test_mid_grey_by_hand():
    # 0.08 + 0.92 * 0.214 ** (1 / 2.2) = 0.5365: 46 % ink instead of the 79 % of linear light.
    light = np.array([0.2140])
    assert Tone().reflectance(light) == pytest.approx(0.5365, abs=1e-4)
    assert Tone(gamma=1, darkest=0).reflectance(light) == pytest.approx(0.2140)
    # Contrast turns about mid-grey; there odds 0.25 / 0.75 become (mid odds) * (odds / mid odds) ** 2.
    plain = Tone(gamma=1, darkest=0, contrast=2)
    assert plain.reflectance(light) == pytest.approx(0.2140)
    odds = (1 / 3) ** 2 / (0.2140 / 0.7860)
    assert plain.reflectance(np.array([0.25])) == pytest.approx(odds / (1 + odds))


@given(tone=tones)
def test_ends_and_rise_of_the_curve(tone):
    curve = tone.reflectance(np.linspace(0, 1, 101, dtype=np.float32))
    assert curve[-1] == 1
    assert curve[0] == pytest.approx(tone.darkest, abs=1e-6)
    assert (np.diff(curve) >= 0).all()


def test_levels_are_percentiles():
    light = np.linspace(0.2, 0.7, 1001)[None]
    black, white = Tone(clip_percent=1).levels(light)
    assert black == pytest.approx(0.205)
    assert white == pytest.approx(0.695)
    toned = Tone(clip_percent=1).reflectance(light, (black, white))
    assert toned.min() == pytest.approx(0.08)
    assert toned.max() == 1


@pytest.mark.parametrize("level", [0.0, 0.5, 0.9, 1.0])
def test_flat_pictures_are_not_stretched(level):
    rng = np.random.default_rng(1)
    noisy = np.clip(level + rng.normal(0, 0.002, (40, 40)), 0, 1)
    for light in (np.full((40, 40), level), noisy):
        assert Tone().levels(light) == (0, 1)
    target = Target.from_picture(grey(np.full((8, 8), level)), Tone(), PLACE)
    assert torch.allclose(target.pixels, torch.tensor(0.08 + 0.92 * level ** (1 / 2.2)))


def test_a_dark_photograph_is_stretched():
    light = np.linspace(0, 0.04, 1000)[None]
    assert Tone().levels(light)[1] < 0.05


@pytest.mark.parametrize("channels", [1, 3])
def test_white_needs_no_ink_at_all(channels):
    white = read_picture(np.full((16, 16, 3), 255, np.uint8))
    for tone in (Tone(), Tone(gamma=2.7, contrast=1.7, darkest=0.3)):
        assert (Target.from_picture(white, tone, PLACE, channels).pixels == 1).all()


def test_luminance_and_colour():
    picture = Picture(np.tile(np.array([[[1, 0, 0], [0, 1, 0], [0, 0, 0]]], np.float32), (9, 3, 1)))
    straight = Tone(gamma=1, darkest=0, clip_percent=0)
    one = Target.from_picture(picture, straight, PLACE).pixels
    assert one.shape == (1, 9, 9)
    assert one.dtype == torch.float32
    # The levels are those of the luminance: green, 0.7152, becomes white.
    assert torch.allclose(one[0, 0, :3], torch.tensor([0.2126 / 0.7152, 1, 0]))
    three = Target.from_picture(picture, straight, PLACE, channels=3).pixels
    red, green, black = three[:, 0, :3].T.tolist()
    # Hue stays: half way between the red of the picture and a pale one as light as its tone.
    assert red[0] > 0.95
    assert red[1] == pytest.approx(red[2], abs=1e-6)
    assert 0.01 < red[1] < 0.15
    assert green[1] > 0.95
    assert green[0] < 0.6
    assert black == [0, 0, 0]


@pytest.mark.parametrize(
    "wrong",
    [
        {"gamma": 0},
        {"gamma": -1},
        {"gamma": float("nan")},
        {"contrast": 0},
        {"contrast": float("inf")},
        {"darkest": 1},
        {"darkest": -0.1},
        {"clip_percent": 50},
    ],
)
def test_tones_out_of_range(wrong):
    with pytest.raises(PlotoptError, match=f"{next(iter(wrong))} is .*; give"):
        Tone(**wrong)


def test_targets_out_of_range():
    picture = grey(np.ones((8, 8)))
    with pytest.raises(PlotoptError, match="channels is 2"):
        Target.from_picture(picture, Tone(), PLACE, channels=2)
    with pytest.raises(PlotoptError, match="-5 x 10 mm"):
        Target.from_picture(picture, Tone(), Rect(5, 0, 0, 10))
    with pytest.raises(PlotoptError, match="mm_per_px"):
        random_target().at_scale(0)


def test_at_scale_by_hand():
    pixels = torch.tensor([[[0.0, 1, 1], [1, 0, 1], [0.5, 0.5, 0]]])
    target = Target(pixels, Rect(0, 0, 3, 3))
    assert target.at_scale(3).pixels.item() == pytest.approx(5 / 9)
    # Two pixels over three: each holds one and a half of them.
    halves = target.at_scale(1.5).pixels
    assert halves[0, 0, 0] == pytest.approx((0 + 0.5 * 1 + 0.5 * 1 + 0.25 * 0) / 2.25)
    assert halves[0, 1, 1] == pytest.approx((0 + 0.5 * 0.5 + 0.5 * 1 + 0.25 * 0) / 2.25)


@settings(deadline=None)
@given(rows=st.integers(1, 30), columns=st.integers(1, 30), mm_per_px=st.floats(0.3, 50))
def test_at_scale_keeps_mean_and_place(rows, columns, mm_per_px):
    target = random_target(rows, columns, channels=3)
    scaled = target.at_scale(mm_per_px)
    assert scaled.place == PLACE
    assert scaled.pixels.dtype == torch.float32
    assert scaled.pixels.shape[1] == min(rows, max(1, round(20 / mm_per_px)))
    assert scaled.pixels.shape[2] == min(columns, max(1, round(40 / mm_per_px)))
    assert torch.allclose(scaled.pixels.mean((1, 2)), target.pixels.mean((1, 2)), atol=1e-6)
    assert scaled.pixels.min() >= target.pixels.min() - 1e-6
    assert scaled.pixels.max() <= target.pixels.max() + 1e-6


def test_a_constant_target_stays_exact_at_any_scale():
    white = Target(torch.ones(1, 333, 500), PLACE)
    assert torch.allclose(white.at_scale(0.7).pixels, torch.tensor(1.0), atol=1e-6)


@given(row=st.integers(-25, 25), column=st.integers(-45, 45), mm_per_px=st.sampled_from([1.0, 0.1, 1 / 3]))
def test_an_aligned_window_holds_the_pixels_exactly(row, column, mm_per_px):
    # Zeros among them, which show the least trace of a neighbour.
    pixels = random_target().pixels.sub(0.5).clamp(min=0)
    target = Target(pixels, Rect(20, 30, 20 + 40 * mm_per_px, 30 + 20 * mm_per_px))
    view = View(20 + column * mm_per_px, 30 + row * mm_per_px, 16, 12, mm_per_px)
    paper = torch.ones(100, 150)
    paper[40:60, 50:90] = pixels[0]
    assert torch.equal(target.window(view)[0], paper[40 + row : 52 + row, 50 + column : 66 + column])


def test_a_window_between_pixels_is_bilinear():
    ramp = torch.arange(40.0).expand(20, 40) / 40 + torch.arange(20.0)[:, None] / 100
    window = Target(ramp[None], PLACE).window(View(30.25, 35.5, 4, 3, 0.5))
    x = 30.25 + (torch.arange(4) + 0.5) * 0.5
    y = 35.5 + (torch.arange(3) + 0.5) * 0.5
    assert torch.allclose(window[0], (x - 20.5) / 40 + (y[:, None] - 30.5) / 100, atol=1e-6)


@settings(deadline=None)
@given(
    left=st.floats(-20, 100),
    top=st.floats(-20, 100),
    mm_per_px=st.floats(0.05, 3),
    darkness=st.sampled_from([0.0, 0.4, 1.0]),
)
def test_no_fringe_at_the_edge_of_the_place(left, top, mm_per_px, darkness):
    window = Target(torch.full((1, 7, 9), darkness), PLACE).window(View(left, top, 20, 10, mm_per_px))
    assert window.shape == (1, 10, 20)
    assert ((window == darkness) | (window == 1)).all()


def test_a_coarse_window_of_the_scaled_target_does_not_alias():
    stripes = (torch.arange(400) % 2).float().expand(1, 200, 400)
    target = Target(stripes, PLACE)
    view = View(20, 30, 40, 20, 1.0)
    assert torch.allclose(target.at_scale(view.mm_per_px).window(view), torch.tensor(0.5), atol=1e-6)
