"""The page of a run in a real browser: it draws what is there, obeys its buttons and asks nobody else."""

import io

import numpy as np
import pytest
import torch
from PIL import Image
from test_html_report import browser, near, settle  # noqa: F401 - browser is a fixture
from test_watching import GROUND

from plotopt.listening import Progress
from plotopt.stepping import Standing
from plotopt.strokes import Strokes
from plotopt.watching.server import serving
from plotopt.watching.viewing import Viewing


@pytest.fixture
def viewing(tmp_path):
    """A run of two straight strokes, one a pen, that cross in the middle of the page."""
    viewing = Viewing(GROUND, tmp_path / "a.svg", lambda: False)
    ends = torch.tensor([[[45.0, 74.0], [165.0, 74.0]], [[105.0, 34.0], [105.0, 114.0]]])
    points = torch.stack([torch.lerp(ends[:, 0], ends[:, 1], t) for t in (0.0, 1 / 3, 2 / 3, 1.0)], 1)
    viewing.hear(Progress("tiles at 64 px", 1, 4, 0.5))
    viewing.hear(Progress("tiles at 64 px", 2, 4, 0.25))
    viewing.see(None, Standing.at_start(Strokes.of_pens(points, torch.tensor([0, 1]), GROUND.pens)))
    return viewing


@pytest.fixture
def open_page(browser, viewing):  # noqa: F811
    """Opens the page; at the end it must have asked nobody else and complained of nothing."""
    asked, complaints, contexts = [], [], []
    with serving(viewing) as address:

        def visit(width=1280, height=800, **options):
            context = browser.new_context(viewport={"width": width, "height": height}, **options)
            contexts.append(context)
            page = context.new_page()
            page.on("request", lambda request: asked.append(request.url))
            page.on("console", lambda message: complaints.append(message.text))
            page.on("pageerror", lambda error: complaints.append(str(error)))
            page.goto(address)
            page.wait_for_function("() => state.strokes && state.losses.length")
            settle(page)
            return page

        yield visit
        for context in contexts:
            context.close()
    assert complaints == []
    assert [url for url in asked if not url.startswith((address, "data:"))] == []


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("size", [(1280, 800), (390, 844)])
def test_it_draws_the_strokes_and_fits_its_window(open_page, size, scheme):
    page = open_page(*size, color_scheme=scheme)
    sheet = Image.open(io.BytesIO(page.locator("#sheet").screenshot())).convert("RGB")

    def darkest(x_mm, y_mm):
        """The mean of all that lies around, against that of the paper."""
        x, y = x_mm / 210 * sheet.width, y_mm / 148 * sheet.height
        return np.asarray(sheet.crop((int(x) - 3, int(y) - 3, int(x) + 4, int(y) + 4))).reshape(-1, 3).min(0)

    assert near(darkest(10, 10), (255, 255, 255))
    assert darkest(60, 74).max() < 200
    assert darkest(105, 50)[0] > 240
    assert darkest(105, 50)[1] < 200
    assert page.evaluate("document.documentElement.scrollWidth") == size[0]
    assert page.locator("#title").inner_text() == "a.png"
    assert page.locator("#step").inner_text() == "step 2 of 4"
    assert page.locator("#loss").inner_text() == "0.25"
    for name in ("Pause", "Snapshot", "Stop and save"):
        assert page.get_by_role("button", name=name).is_enabled()


def press(page, name, order):
    """Press a button, and come back when the run has got the order: the page tells of it before."""
    with page.expect_response(lambda response: response.url.endswith("/" + order)):
        page.get_by_role("button", name=name).click()


def test_its_buttons_are_obeyed(open_page, viewing):
    page = open_page()
    press(page, "Pause", "pause")
    press(page, "Resume", "go-on")
    page.get_by_role("button", name="Pause").wait_for()
    press(page, "Snapshot", "snapshot")
    page.get_by_text("Saving after this step").wait_for()
    viewing.see(None, viewing._standing)
    page.get_by_text("Saved a-snapshot-1.svg").wait_for()
    page.get_by_role("button", name="Stop and save").click()
    assert not viewing.stops()
    press(page, "Once more to stop", "stop")
    page.wait_for_function("() => state.told.stopping")
    assert viewing.stops()
    viewing.end("Stopped and kept: a.svg")
    page.get_by_text("Stopped and kept: a.svg").wait_for()
    assert page.get_by_role("button", name="Snapshot").is_disabled()
