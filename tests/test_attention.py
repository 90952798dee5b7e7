"""Where strokes are short: in busy parts, where the eye goes, where a map is white."""

from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from plotopt.first_strokes.attention import Busy, Charted, Even, Salient, busyness, read_attention, saliency
from plotopt.maps import Ground
from plotopt.page import Rect
from plotopt.picture import read_picture
from plotopt.view import View


def ground_of(tone):
    height, width = tone.shape
    return Ground(tone, View(0, 0, width, height, 0.5), Rect(0, 0, width / 2, height / 2))


def test_busy_parts_count_for_more():
    tone = np.full((64, 128), 0.5)
    tone[:, :48] = np.random.default_rng(0).uniform(0, 1, (64, 48))
    busy = busyness(tone)
    assert busy.min() >= 1
    assert busy[:, -16:].max() < 1.05
    assert busy[:, :40].min() > 1.3 * busy[:, -16:].max()
    assert (busyness(np.full((20, 20), 0.4)) == 1).all()


def ticks():
    """A field of equal dashes; one of them, at (60, 90), stands across."""
    tone = np.ones((120, 160))
    for y in range(10, 120, 20):
        for x in range(10, 160, 20):
            tone[y - 1 : y + 2, x - 6 : x + 7] = 0
    tone[40:60, 80:100] = 1
    tone[44:57, 89:92] = 0
    return tone


def test_what_differs_from_its_like_draws_the_eye():
    found = saliency(ticks())
    assert found.shape == (120, 160)
    fields = found.reshape(6, 20, 8, 20).mean((1, 3))
    assert (fields < fields[2, 4]).sum() >= 44


@pytest.mark.parametrize("tone", [np.full((20, 20), 0.4), np.zeros((1, 50)), ticks(), np.eye(9)])
@pytest.mark.parametrize("attention", [Busy(), Salient(), Even()])
def test_no_length_counts_for_less_than_itself(attention, tone):
    detail = attention.detail(ground_of(tone))
    assert detail.shape == tone.shape
    assert np.isfinite(detail).all()
    assert detail.min() >= 1
    assert detail.max() <= 5


def test_a_map_makes_strokes_four_times_shorter_where_it_is_white(tmp_path):
    pixels = np.zeros((30, 40), np.uint8)
    pixels[:, 20:] = 255
    Image.fromarray(pixels).save(tmp_path / "map.png")
    chart = Charted(tmp_path / "map.png").opened(read_picture(np.zeros((60, 80), np.uint8)))
    detail = chart.detail(ground_of(np.ones((60, 80))))
    assert detail[:, :36] == pytest.approx(np.ones((60, 36)))
    assert detail[:, 44:] == pytest.approx(np.full((60, 36), 4))


@pytest.mark.parametrize(
    ("text", "attention"),
    [
        ("busy", Busy()),
        ("AUTO", Salient()),
        ("off", Even()),
        ("./off", Charted(Path("./off"))),
        ("my map.png", Charted(Path("my map.png"))),
    ],
)
def test_texts_are_read_and_told_again(text, attention):
    assert read_attention(text) == attention
    if text != "./off":
        assert read_attention(str(attention)) == attention
