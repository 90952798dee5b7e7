"""The report, as text and in a real browser: it opens from disk, asks for nothing and does what it says."""

import io
import json
import re
import shutil
from dataclasses import replace
from html import unescape

import numpy as np
import pytest
from machines import PROFILE
from PIL import Image
from test_formats_hpgl import straight, wave

from plotopt.drawing import Drawing
from plotopt.formats.duration import format_duration
from plotopt.page import Page, Rect
from plotopt.pens import Pen
from plotopt.plot.journey import travel
from plotopt.plot.motion import time_paths
from plotopt.plot.plan import Layer
from plotopt.profiles import Client, load_profile
from plotopt.stocks import WHITE, Stock

HOSTILE = '</script><script>alert(1)</script>&amp;"<img src=x onerror=alert(2)>'
CYAN, YELLOW = Pen("cyan", "#00ffff", 8.0), Pen("yellow", "#ffff00", 8.0, refill_m=0.5)
CREAM = Stock("cream", "cream paper", "#f0e8d0", 4.0)
# A cross of two inks, in the middle of A5 landscape.
LAYERS = (Layer(CYAN, (straight(45, 74, 165, 74),), 1), Layer(YELLOW, (straight(105, 34, 105, 114),), 1))
PAGE, PLACE = Page(210.0, 148.0, 20.0), Rect(30.0, 24.0, 180.0, 124.0)


def drawing(**changes):
    usual = Drawing(
        PAGE,
        LAYERS,
        PROFILE,
        {"command": f"plotopt fit {HOSTILE}"},
        (HOSTILE,),
        stock=CREAM,
        wanted=Image.new("RGB", (60, 40), "#204060"),
        place=PLACE,
    )
    return replace(usual, **changes)


@pytest.fixture(scope="module")
def report(tmp_path_factory):
    """The file of a report with a hostile note, command and name."""
    folder = tmp_path_factory.mktemp("report")
    (file,) = drawing().save(folder / "<b>&amp;$title.html", formats="html")
    return file


def data_of(text):
    return json.loads(re.search(r'<script id="data" type="application/json">(.*?)</script>', text)[1])


def test_nothing_hostile_becomes_markup(report):
    text = report.read_text()
    assert text.count("<script") == text.count("</script>") == 2
    assert "<img src=x" not in text
    assert "<b>" not in text
    assert HOSTILE in unescape(text)
    assert "<title>&lt;b&gt;&amp;amp;$title</title>" in text


def test_the_policy_forbids_everything_that_is_not_in_the_file(report):
    text = report.read_text()
    policy = re.search(r'Content-Security-Policy" content="([^"]+)"', text)[1]
    assert "default-src 'none'" in policy
    assert "unsafe" not in policy
    assert not re.search(r"https?:|\ssrc=\"(?!data:)|<link|@import|url\(", text)
    assert "style=" not in text  # the policy would not let it through


def test_the_same_drawing_gives_the_same_report(report, tmp_path):
    (again,) = drawing().save(tmp_path / report.name, formats="html")
    assert again.read_bytes() == report.read_bytes()


def test_paths_survive_as_differences_to_a_hundredth_of_a_mm():
    chains = (wave(30.123, 40.456), straight(50, 60, 90, 95.5))
    data = data_of(drawing(layers=(Layer(CYAN, chains, 2),))._report("a"))
    (layer,) = data["layers"]
    assert layer["curves"] == [3, 1]
    points = np.cumsum(np.reshape(layer["steps"], (-1, 2)), axis=0) * data["step"]
    expected = [np.concatenate([chain[:1, 0], chain[:, 1:].reshape(-1, 2)]) for chain in chains]
    np.testing.assert_allclose(points, np.concatenate(expected), atol=0.0051)


@pytest.mark.parametrize("client", Client)
def test_seconds_of_the_way_add_up_to_those_of_the_plot(client):
    layer = Layer(CYAN, (wave(30, 40), straight(50, 60, 90, 95.5), wave(90, 20, 1)), 3)
    profile = load_profile("axidraw_v3")
    way, whole = travel(layer, profile, client), time_paths(layer.chains, profile, client)
    assert way.draw_s.sum() == pytest.approx(whole.draw_s)
    assert way.reach_s.sum() == pytest.approx(whole.travel_s + whole.lift_s)
    assert (len(way.reach_s), len(way.draw_s)) == (4, 3)
    assert way.draw_s[0] == pytest.approx(time_paths(layer.chains[:1], profile, client).draw_s)


def test_figures_of_each_layer_stand_in_the_table(report):
    text = report.read_text()
    assert text.count('<th scope="row">') == 3  # two layers and their sum
    assert '<th scope="col">refills</th>' in text
    assert "<td>0.12 m</td>" in text  # 120 mm of cyan
    assert "<td>0.16</td>" in text  # 80 mm of a refill of half a metre


def test_an_empty_drawing_has_a_report(tmp_path):
    (file,) = drawing(layers=(), wanted=None).save(tmp_path / "a", formats="html")
    assert data_of(file.read_text())["layers"] == []


def test_layers_that_a_pen_draws_on_end_are_told_as_one_run():
    cyan, yellow = LAYERS
    data = data_of(drawing(layers=(cyan, cyan, yellow, cyan))._report("a"))
    assert data["runs"] == [2, 1, 1]


@pytest.mark.parametrize(
    ("minutes", "told"),
    [(0, "0 s"), (0.7, "42 s"), (0.995, "1 min"), (7.1, "7 min"), (59.7, "1 h 0 min"), (130, "2 h 10 min")],
)
def test_times_are_told_as_coarsely_as_they_are_known(minutes, told):
    assert format_duration(minutes) == told


# From here on in a browser.

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
FLAGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]


@pytest.fixture(scope="module")
def browser():
    sync_api = pytest.importorskip("playwright.sync_api", reason="Playwright for Python is not installed")
    if CHROMIUM is None:
        pytest.skip("chromium is not installed")
    with sync_api.sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=FLAGS)
        yield browser
        browser.close()


@pytest.fixture
def open_report(browser):
    """Opens a file in a fresh page; at the end it must have asked for nothing and complained of nothing."""
    asked, complaints, contexts = [], [], []

    def visit(file, width=500, height=700, **options):
        context = browser.new_context(viewport={"width": width, "height": height}, **options)
        contexts.append(context)
        page = context.new_page()
        page.on("request", lambda request: asked.append(request.url))
        page.on("console", lambda message: complaints.append(message.text))
        page.on("pageerror", lambda error: complaints.append(str(error)))
        page.on("dialog", lambda dialog: complaints.append(dialog.message))
        page.goto(file.as_uri())
        settle(page)
        return page

    yield visit
    for context in contexts:
        context.close()
    assert complaints == []
    assert [url for url in asked if not url.startswith(("file:", "data:"))] == []
    assert len([url for url in asked if url.startswith("file:")]) == len(contexts)


def settle(page):
    """Wait until what was asked for is drawn."""
    page.evaluate("() => new Promise(done => requestAnimationFrame(() => requestAnimationFrame(done)))")


def look(page):
    """A function that tells what is seen of the sheet at a place of the page."""
    image = Image.open(io.BytesIO(page.locator("#sheet").screenshot())).convert("RGB")
    return lambda x_mm, y_mm: image.getpixel((int(x_mm / 210 * image.width), int(y_mm / 148 * image.height)))


def slide(page, name, value):
    page.locator(name).evaluate(
        "(slider, value) => { slider.value = value; slider.dispatchEvent(new Event('input')); }", value
    )
    settle(page)


# Only cyan, only yellow, both, and paper within the picture and beyond it.
LEFT, RIGHT, UPPER, BOTH, PAPER, EDGE = (50, 74), (160, 74), (105, 40), (105, 74), (170, 110), (10, 10)


def near(seen, wanted, within=6):
    return np.abs(np.subtract(seen, wanted)).max() <= within


def test_inks_multiply_on_the_stock(open_report, report):
    page = open_report(report)
    slide(page, "#reveal", 0)
    seen = look(page)
    assert near(seen(*EDGE), (0xF0, 0xE8, 0xD0))
    assert near(seen(*LEFT), (0, 0xE8, 0xD0))
    assert near(seen(*UPPER), (0xF0, 0xE8, 0))
    assert near(seen(*BOTH), (0, 0xE8, 0))


def test_the_slider_uncovers_the_picture(open_report, report):
    page = open_report(report)
    picture = (0x20, 0x40, 0x60)
    seen = look(page)
    assert near(seen(*LEFT), picture)
    assert not near(seen(*RIGHT), picture)
    slide(page, "#reveal", 100)
    seen = look(page)
    assert near(seen(*RIGHT), picture)
    page.locator("#reveal").focus()
    for _ in range(3):
        page.keyboard.press("ArrowLeft")
    assert page.locator("#reveal").input_value() == "97"
    box = page.locator("#sheet").bounding_box()
    page.mouse.move(box["x"] + 0.9 * box["width"], box["y"] + 50)
    page.mouse.down()
    page.mouse.move(box["x"] + PLACE.left / 210 * box["width"], box["y"] + 60, steps=4)
    page.mouse.up()
    assert page.locator("#reveal").input_value() == "0"
    seen = look(page)
    assert not near(seen(*LEFT), picture)


ORANGE = Pen("orange", "#e08040", 8.0)


def crossing(pen):
    """Two parts of a pen that cross where LAYERS do, and its own crossing with a second pen at the left."""
    parts = [replace(layer, pen=pen, part=i, parts=2) for i, layer in enumerate(LAYERS, start=1)]
    return (*parts, Layer(CYAN, (straight(50, 54, 50, 94),), 1))


@pytest.mark.parametrize("pen", [ORANGE, replace(ORANGE, opacity=0.5)])
def test_parts_of_a_pen_look_as_in_the_preview_where_they_cross(open_report, tmp_path, pen):
    drawn = drawing(layers=crossing(pen), wanted=None, stock=WHITE)
    (file,) = drawn.save(tmp_path / "a", formats="html")
    picture, seen = drawn.preview(dpi=100), look(open_report(file))
    # Browsers mix passes in sRGB, the preview in light: three channels cannot all agree.
    within = 6 if pen is ORANGE else 12
    for x, y in (BOTH, LEFT, RIGHT, UPPER):
        assert near(seen(x, y), picture.getpixel((round(x / 25.4 * 100), round(y / 25.4 * 100))), within)
    if pen is ORANGE:
        assert near(seen(*BOTH), (0xE0, 0x80, 0x40))


def test_parts_of_a_pen_have_a_switch_each(open_report, tmp_path):
    (file,) = drawing(layers=crossing(ORANGE), wanted=None, stock=WHITE).save(tmp_path / "a", formats="html")
    page = open_report(file)
    page.get_by_label("1-orange-8mm-part-1-of-2").uncheck()
    settle(page)
    seen = look(page)
    assert near(seen(*RIGHT), (255, 255, 255))
    assert near(seen(*UPPER), (0xE0, 0x80, 0x40))


def test_wet_ink_lies_as_dry_ink_will(open_report, tmp_path):
    """Where the second part is halfway, just beyond the crossing, that is no darker than the ink."""
    layers = crossing(ORANGE)
    drawn = drawing(layers=layers, wanted=None, stock=WHITE)
    (file,) = drawn.save(tmp_path / "a", formats="html")
    ways = [travel(layer, PROFILE, Client.SAXI) for layer in layers[:2]]
    at = ways[0].reach_s.sum() + ways[0].draw_s.sum() + ways[1].reach_s[0] + 0.7 * ways[1].draw_s[0]
    page = open_report(file)
    slide(page, "#time", round(10000 * at / (60 * drawn.statistics.minutes)))
    seen = look(page)
    assert near(seen(*UPPER), (0xE0, 0x80, 0x40))
    assert near(seen(*BOTH), (0xE0, 0x80, 0x40))
    assert near(seen(105, 112), (255, 255, 255))


def test_layers_can_be_switched_off_and_on(open_report, report):
    page = open_report(report)
    slide(page, "#reveal", 0)
    page.get_by_label("1-cyan-8mm").uncheck()
    settle(page)
    seen = look(page)
    assert near(seen(*LEFT), (0xF0, 0xE8, 0xD0))
    assert near(seen(*BOTH), (0xF0, 0xE8, 0))
    page.get_by_label("1-cyan-8mm").focus()
    page.keyboard.press("Space")
    settle(page)
    seen = look(page)
    assert near(seen(*BOTH), (0, 0xE8, 0))


def test_the_way_of_the_pen_can_be_scrubbed(open_report, report):
    page = open_report(report)
    slide(page, "#reveal", 0)
    slide(page, "#time", 0)
    seen = look(page)
    assert near(seen(*LEFT), (0xF0, 0xE8, 0xD0))
    layer = LAYERS[0]
    way = travel(layer, PROFILE, Client.SAXI)
    whole = 60 * drawing().statistics.minutes
    slide(page, "#time", round(10000 * (way.reach_s[0] + way.draw_s[0] / 2) / whole))
    seen = look(page)
    assert near(seen(*LEFT), (0, 0xE8, 0xD0))  # the first half of the line is there
    assert near(seen(*RIGHT), (0xF0, 0xE8, 0xD0))
    assert "1-cyan-8mm" in page.locator("#clock").inner_text()
    slide(page, "#time", round(10000 * (way.reach_s.sum() + way.draw_s.sum()) / whole) + 10)
    seen = look(page)
    assert near(seen(*RIGHT), (0, 0xE8, 0xD0))
    assert near(seen(*UPPER), (0xF0, 0xE8, 0xD0))
    slide(page, "#time", 10000)
    seen = look(page)
    assert near(seen(*BOTH), (0, 0xE8, 0))
    assert page.locator("#time").get_attribute("aria-valuetext") == page.locator("#clock").inner_text()


def test_pen_up_moves_show_on_demand(open_report, report):
    page = open_report(report)
    slide(page, "#reveal", 0)
    before = page.locator("#sheet").screenshot()
    page.get_by_label("pen-up moves").check()
    settle(page)
    assert page.locator("#sheet").screenshot() != before


def test_it_plays_and_pauses_with_the_keyboard(open_report, report):
    page = open_report(report)
    page.locator("#play").focus()
    page.keyboard.press("Enter")
    page.wait_for_function("() => Number(document.getElementById('time').value) > 20")
    assert page.locator("#play").inner_text() == "Pause"
    page.keyboard.press("Enter")
    settle(page)
    at = page.locator("#time").input_value()
    settle(page)
    assert page.locator("#time").input_value() == at != "10000"
    assert page.locator("#play").inner_text() == "Play"


@pytest.mark.parametrize("size", [(1280, 900), (360, 740)])
def test_it_fits_its_window(open_report, report, size):
    page = open_report(report, *size, device_scale_factor=2)
    assert page.evaluate("document.documentElement.scrollWidth") == size[0]
    box = page.locator("#sheet").bounding_box()
    assert box["width"] / box["height"] == pytest.approx(210 / 148, rel=0.01)
    assert 0 <= box["x"] <= size[0] - box["width"] + 1


def test_without_a_picture_there_is_no_slider(open_report, tmp_path):
    (file,) = drawing(wanted=None).save(tmp_path / "a", formats="html")
    page = open_report(file)
    assert not page.locator("#compare").is_visible()
    assert not page.locator("#target").is_visible()
    seen = look(page)
    assert near(seen(*BOTH), (0, 0xE8, 0))


def test_an_empty_drawing_opens(open_report, tmp_path):
    (file,) = drawing(layers=(), wanted=None).save(tmp_path / "a", formats="html")
    seen = look(open_report(file))
    assert near(seen(*BOTH), (0xF0, 0xE8, 0xD0))
