"""Whole fits within minutes or metres, small ones: filled, kept, repeatable, whatever the picture."""

import json
from xml.etree import ElementTree

import numpy as np
import pytest
import torch
from commands import Ran, assert_refused, listing, options_given
from pictures import gradient, plain, save
from scipy.ndimage import gaussian_filter

import plotopt

SMALL = {"paper": "a6", "margin": 25, "quality": "draft", "size": 64}
PENS = "red:0.5mm,black"
# Minutes that the first attempt fills.
BRIEF = 0.75
SVG = "{http://www.w3.org/2000/svg}"


def photo():
    """Mid-grey patches of all sizes."""
    rng = np.random.default_rng(0)
    noise = sum(s * gaussian_filter(rng.normal(size=(48, 64)), s) for s in (2, 4, 8, 16))
    return np.clip(127 + 46 * noise / noise.std(), 10, 250).astype(np.uint8)


def drawn(picture=None, **options):
    return plotopt.fit(photo() if picture is None else picture, **(SMALL | options))


@pytest.fixture(scope="module")
def brief():
    return drawn(minutes=BRIEF)


def test_minutes_are_filled_and_kept(brief):
    longer = drawn(minutes="2min")
    assert 0.97 <= brief.statistics.minutes / BRIEF <= 1
    assert 0.97 <= longer.statistics.minutes / 2 <= 1
    assert longer.statistics.strokes > 1.5 * brief.statistics.strokes
    assert longer.metadata["options"]["minutes"] == 2
    assert brief.metadata["options"]["strokes"] is None


@pytest.mark.parametrize("options", [{"metres": "1.5m"}, {"metres": 0.5, "pens": PENS}, {"metres": 50}])
def test_metres_are_never_exceeded(options):
    drawing = drawn(**options)
    metres = drawing.metadata["options"]["metres"]
    asked = float(metres.removesuffix("m"))
    assert 0 < drawing.statistics.pen_down_m <= asked
    if asked > 10:
        assert any("more strokes would not better" in note for note in drawing.notes)
    else:
        assert drawing.statistics.pen_down_m > 0.95 * asked


def test_several_pens_share_the_minutes():
    drawing = drawn(gradient(), minutes=1.5, pens="red:0.5mm,blue,black")
    assert len(drawing.layers) > 1
    assert 0.95 <= drawing.statistics.minutes / 1.5 <= 1
    assert sum(layer.minutes for layer in drawing.statistics.layers) == pytest.approx(
        drawing.statistics.minutes
    )


def test_minutes_are_those_of_the_client(brief):
    slower = drawn(minutes=BRIEF, client="axicli")
    assert 0.95 <= slower.statistics.minutes / BRIEF <= 1
    assert slower.svg() != brief.svg()


def test_the_same_seed_gives_the_same_bytes_on_any_number_of_threads(brief):
    threads = torch.get_num_threads()
    try:
        torch.set_num_threads(threads + 2)
        assert drawn(minutes=BRIEF).svg() == brief.svg()
    finally:
        torch.set_num_threads(threads)


def test_workers_make_no_difference():
    alone, shared = (drawn(minutes=0.3, size=128, tile=64, workers=workers) for workers in (1, 2))
    assert shared.svg() == alone.svg()


def test_links_lift_the_pen_less():
    lifts = [drawn(strokes=150, link=link).statistics.lifts for link in ("0mm", "2cm")]
    assert lifts[1] < 0.7 * lifts[0]


def dot():
    """A single dark pixel or two on white."""
    pixels = plain(255)
    pixels[20:22, 30] = 0
    return pixels


def transparent():
    return np.concatenate([gradient(), np.zeros((48, 64, 1), np.uint8)], axis=2)


ODD = {
    "white": plain(255),
    "black": plain(0),
    "wide": plain(40, 480, 10),
    "tall": plain(40, 10, 480),
    "dot": dot(),
    "transparent": transparent(),
}
BUDGETS = {"minutes": {"minutes": 0.5}, "metres": {"metres": 0.3}}


@pytest.mark.parametrize("picture", ODD.values(), ids=ODD)
@pytest.mark.parametrize("budget", BUDGETS.values(), ids=BUDGETS)
def test_odd_pictures_keep_the_budget(picture, budget):
    drawing = drawn(picture, **budget)
    told = drawing.statistics
    assert told.minutes <= budget.get("minutes", 99)
    assert told.pen_down_m <= budget.get("metres", 99)
    blank = picture.shape[-1] == 4 or picture.min() == 255
    assert (told.strokes == 0) == (drawing.notes != () and "blank" in drawing.notes[0])
    assert told.strokes == 0 or not blank
    assert all("100,000" not in note for note in drawing.notes)


@pytest.mark.parametrize(
    ("picture", "fragment"), [(plain(0, 1, 1), "1 x 1 px"), (plain(40, 2000, 10), "2000 x 10 px")]
)
def test_what_is_too_small_or_too_narrow_is_refused_with_minutes_too(picture, fragment):
    with pytest.raises(plotopt.PlotoptError, match=fragment):
        drawn(picture, minutes=5)


@pytest.mark.parametrize(
    ("words", "fragment"),
    [
        (("--minutes", "0"), "minutes is 0: give 0.1 to 10000"),
        (("--minutes", "-5"), "'-5'"),
        (("--minutes=-5",), "'-5'"),
        (("--minutes", "nan"), "'nan'"),
        (("--minutes", "abc"), "'abc' cannot be read: give minutes as in 45, or 1h30"),
        (("--minutes", ""), "''"),
        (("--minutes", "1e9"), "'1e9'"),
        (("--minutes", "99999"), "minutes is 99999"),
        (("--minutes", "5", "--strokes", "10"), "strokes and minutes are both given"),
        (("--minutes", "5", "--metres", "10m"), "minutes and metres are both given"),
        (("--metres", "0m"), "metres is 0"),
        (("--metres", "-3m"), "metres is -3"),
        (("--metres", "far"), "'far'"),
        (("--link", "-1mm"), "-1"),
        (("--link", "2km"), "'2km'"),
    ],
)
def test_amounts_that_cannot_be_are_refused(run, folder, words, fragment):
    assert_refused(run("fit", "a.png", "-q", *words), folder, listing(folder), fragment)


@pytest.mark.parametrize("amount", ["--minutes=1h30", "--minutes=0.4", "--metres=50cm"])
def test_the_command_in_the_svg_draws_the_same_bytes(run, folder, amount):
    save(folder / "a.png", plain(90))
    words = [f"--{name}={value}" for name, value in SMALL.items()]
    assert run("fit", "a.png", "-q", amount, *words) == Ran(0, "", "")
    svg = (folder / "a.svg").read_bytes()
    command = json.loads(ElementTree.fromstring(svg).findtext(f"{SVG}metadata"))["command"]
    image, options = options_given(command)
    assert image == "a.png"
    assert {"minutes", "metres", "strokes"} & options.keys() == {amount[2:].partition("=")[0]}
    (folder / "a.svg").unlink()
    again = command.split()[1:]
    assert run(*again, "-q", "--force") == Ran(0, "", "")
    assert (folder / "a.svg").read_bytes() == svg
