"""Whole fits that are told where and which way lines go."""

import json
import re

import numpy as np
import pytest
from commands import options_given
from pictures import gradient, plain, save

import plotopt
from plotopt.guiding import emphasis_of, guide_of
from plotopt.picture import read_picture
from plotopt.settings import read_settings

TINY = {"strokes": 40, "quality": "draft", "size": 64, "paper": "a6", "orientation": "landscape"}


def points_of(svg):
    """Every number pair of the paths in an SVG's text."""
    paths = re.findall(r'<path[^>]* d="([^"]*)"', svg)
    return np.array(re.findall(r"-?[\d.]+", " ".join(paths)), float).reshape(-1, 2)


def test_maps_are_read_for_the_picture(folder):
    save(folder / "mask.png", plain(255, 32, 24))
    save(folder / "map.png", gradient())
    settings = read_settings(mask="mask.png", detail="map.png", direction="map:map.png", length=4, edges=0.3)
    picture = read_picture(folder / "a.png")
    guide, emphasis = guide_of(settings, picture), emphasis_of(settings, picture)
    assert guide.attention.chart.shape == guide.direction.paint.shape == (48, 64)
    assert guide.usual_mm == 4
    assert (emphasis.mask == 1).all()
    assert (emphasis.paper_threshold, emphasis.edges, emphasis.shading) == (None, 0.3, 1)


def test_nothing_is_drawn_behind_the_mask(folder):
    pixels = plain(0)
    pixels[:, 32:] = 255
    save(folder / "mask.png", pixels)
    svg = plotopt.fit(plain(90), mask="mask.png", **TINY).svg()
    assert points_of(svg)[:, 0].min() > 148 / 2 - 2


@pytest.mark.parametrize("direction", ["0", "90"])
def test_lines_run_as_told_to_the_end(direction):
    svg = plotopt.fit(plain(150), direction=direction, length="8mm", **TINY).svg()
    x, y = np.abs(np.diff(points_of(svg), axis=0)).mean(0)
    assert (x > y) == (direction == "0")


def test_the_same_command_again_gives_the_same_drawing(folder):
    save(folder / "mask.png", plain(255))
    asked = {"direction": "random", "mask": "mask.png", "edges": 1.0, "shading": 0.5, "detail": "auto"}
    first = plotopt.fit("a.png", paper_threshold=0.9, **asked, **TINY)
    command = first.metadata["command"]
    assert "--mask=mask.png" in command
    _, options = options_given(command)
    assert plotopt.fit("a.png", **options).svg() == first.svg()
    assert json.loads(json.dumps(first.metadata["options"]))["paper_threshold"] == 0.9


@pytest.mark.parametrize(
    "options",
    [
        {"edges": 1.0, "shading": 0.0},
        {"edges": 1.0, "shading": 0.0, "pens": "red,black"},
        {"edges": 0.5, "pens": "gelly-roll-white-08", "stock": "black"},
        {"paper_threshold": 0.0},
        {"direction": "0,30,60,90", "pens": "gelly-roll-white-08,black", "stock": "kraft"},
        {"length": "300mm"},
        {"detail": "off", "direction": "circular@3,3"},
    ],
)
@pytest.mark.parametrize("picture", [gradient(), plain(255), plain(0), gradient(40, 8)])
def test_odd_pictures_and_requests_make_drawings(options, picture):
    assert "<svg" in plotopt.fit(picture, **options, **TINY).svg()
