"""`plotopt testcard` and `plotopt calibrate`: what they write and say, and what they refuse."""

import re
import tomllib

import numpy as np
import pytest
from click.testing import CliRunner
from photographs import Ink, Shot, photograph, save_jpeg
from pictures import plain, save

from plotopt.catalog import find_pen, read_pen_file
from plotopt.cli import calibrate, testcard
from plotopt.errors import PlotoptError

MINE = """# My own pens.
[old]
title = "Old pen"
width = { value = 0.3, unit = "mm", source = "measured" }
color = { value = "#101010", source = "approximate" }

# The next one is a family.
[twin]
title  = "Two widths"
widths = { a = 0.2, b = 0.3, unit = "mm", source = "measured" }

[twin.color]
value  = "#202020"
source = "approximate"
"""


@pytest.fixture(scope="module")
def pixels():
    return photograph(1.0, Ink(0.8, 0.9), Shot(size_px=(750, 750), blur=0.7, noise=0.005), dpi=200.0)


@pytest.fixture
def work(tmp_path, monkeypatch, pixels):
    """The working folder, with a photograph of a card for 1 mm that a pen of 0.8 mm drew."""
    monkeypatch.chdir(tmp_path)
    save_jpeg(tmp_path / "card.jpg", pixels)
    (tmp_path / "mine.toml").write_text(MINE)
    return tmp_path


def run(command, *words):
    """The result of a command; its text when it went well, the error when it was refused."""
    result = CliRunner().invoke(command, words)
    if result.exception and not isinstance(result.exception, PlotoptError | SystemExit):
        raise result.exception
    return result


def refusal(command, *words):
    result = run(command, *words)
    assert isinstance(result.exception, PlotoptError)
    assert "\n" not in str(result.exception)
    return str(result.exception)


def test_a_pen_is_measured_and_printed(work):
    result = run(calibrate.command, "card.jpg")
    assert result.exit_code == 0
    width = re.search(
        r"^width +(\S+) mm \+- \S+ \(card for 1 mm, line pairs alone \S+ mm\)$", result.output, re.M
    )
    assert float(width[1]) == pytest.approx(0.8, rel=0.05)
    assert re.search(
        r"^opacity +0\.(8|9)\d \+- 0\.\d\d: one pass leaves \d+% of the full tone, two 9\d%$",
        result.output,
        re.M,
    )
    assert re.search(r"^colour +#[0-9a-f]{6} at full tone$", result.output, re.M)
    assert re.search(r"^trust +good: patches within 0\.\d%", result.output, re.M)
    entry = tomllib.loads(result.output[result.output.index("[my-pen]") :])
    assert entry["my-pen"]["width"]["value"] == float(width[1])
    assert sorted(path.name for path in work.iterdir()) == ["card.jpg", "mine.toml"]


def test_a_pen_goes_into_a_new_file_and_can_be_used(work):
    result = run(calibrate.command, "card.jpg", "-o", "new.toml", "--name", "thick")
    assert "new.toml:thick" in result.output
    pen = find_pen("new.toml:thick")
    assert pen.width_mm == pytest.approx(0.8, rel=0.05)
    assert pen.opacity == pytest.approx(0.9, abs=0.05)


def test_a_pen_goes_beside_others_which_stay_as_they_are(work):
    assert run(calibrate.command, "card.jpg", "-o", "mine.toml").exit_code == 0
    assert (work / "mine.toml").read_text().startswith(MINE)
    assert [pen.name for pen in read_pen_file("mine.toml")] == ["old", "twin-a", "twin-b", "my-pen"]


def test_force_replaces_a_pen_and_nothing_else(work):
    before = (work / "mine.toml").read_bytes()
    assert "--force" in refusal(calibrate.command, "card.jpg", "-o", "mine.toml", "--name", "old")
    assert (work / "mine.toml").read_bytes() == before
    assert run(calibrate.command, "card.jpg", "-o", "mine.toml", "--name", "old", "-f").exit_code == 0
    text = (work / "mine.toml").read_text()
    assert text.startswith("# My own pens.\n[old]\n")
    assert text.endswith(MINE[MINE.index("\n# The next one") :])
    assert find_pen("mine.toml:old").width_mm == pytest.approx(0.8, rel=0.05)
    # Once more gives the same file.
    assert run(calibrate.command, "card.jpg", "-o", "mine.toml", "--name", "old", "-f").exit_code == 0
    assert (work / "mine.toml").read_text() == text


def test_a_pen_of_a_family_is_not_replaced(work):
    assert "family" in refusal(calibrate.command, "card.jpg", "-o", "mine.toml", "--name", "twin-a", "-f")


def test_the_pen_that_drew_it_lends_what_a_picture_does_not_show(work):
    (work / "gel.toml").write_text(
        '[gel]\ntitle = "Gel"\nopaque = true\nwidth = { value = 1, unit = "mm", source = "nominal" }\n'
        'color = { value = "#ffffff", source = "approximate" }\n'
        'refill = { value = 300, unit = "m", source = "maker" }\n'
    )
    assert run(calibrate.command, "card.jpg", "--pen", "gel.toml:gel", "-o", "mine.toml").exit_code == 0
    pen = find_pen("mine.toml:my-pen")
    assert (pen.opaque, pen.refill_m) == (True, 300)


@pytest.mark.parametrize(
    ("words", "fragment"),
    [
        (["none.jpg"], "does not exist"),
        (["mine.toml"], "not a picture"),
        (["grey.png"], "no corner marks"),
        (["tiny.png"], "at least 8 px"),
        (["card.jpg", "--pen", "0.3mm"], "made for a pen of 1 mm"),
        (["card.jpg", "--pen", "nonsense"], "nonsense"),
        (["card.jpg", "--stock", "nonsense"], "nonsense"),
        (["card.jpg", "--name", "+s40"], "not a pen's name"),
        (["card.jpg", "-o", "mine.txt"], "end it in .toml"),
        (["mine.toml", "-o", "mine.toml"], "is one of the files this is made from"),
        (["none.jpg", "-o", "a,b.toml"], "has a comma"),
        (["card.jpg", "-o", "broken.toml"], "not valid TOML"),
        (["card.jpg", "-o", "nowhere/mine.toml"], "does not exist"),
    ],
)
def test_what_cannot_be_done_is_refused_in_a_line(work, words, fragment):
    save(work / "grey.png", plain(180, 300, 300))
    save(work / "tiny.png", np.zeros((3, 3), np.uint8))
    (work / "broken.toml").write_text("title =")
    before = (work / "mine.toml").read_bytes()
    assert fragment in refusal(calibrate.command, *words)
    assert (work / "mine.toml").read_bytes() == before
    assert not (work / "nowhere").exists()


def test_a_card_spares_the_pens_it_is_for(work):
    (work / "card.svg").symlink_to("mine.toml")
    told = refusal(testcard.command, "--pen=mine.toml:old", "-o", "card.svg", "--force")
    assert "'card.svg': it is one of the files this is made from" in told
    assert (work / "mine.toml").read_text() == MINE


def test_a_card_is_written(work):
    result = run(testcard.command, "--pen", "pigma-005", "-o", "card.svg")
    assert result.exit_code == 0
    svg = (work / "card.svg").read_text()
    assert svg.count("<g ") == 1
    assert "plotopt testcard --pen=pigma-005 --paper=A5" in svg
    assert (work / "card.png").stat().st_size > 10_000


def test_a_card_is_named_after_its_pen(work):
    assert run(testcard.command, "--pen", "red:1mm", "-q").output == ""
    assert (work / "testcard-red-1mm.svg").exists()


@pytest.mark.parametrize(
    ("words", "fragment"),
    [
        (["--pen", "nonsense"], "nonsense"),
        (["--pen", "0.5mm", "--paper", "a6"], "larger paper"),
        (["--pen", "0.5mm", "--paper", "a44"], "a44"),
        (["--pen", "0.5mm", "--margin", "-1mm"], "-1mm"),
        (["--pen", "0.5mm", "--stock", "nonsense"], "nonsense"),
        (["--pen", "0.5mm", "--profile", "nonsense"], "nonsense"),
        (["--pen", "9mm"], "up to 5 mm"),
    ],
)
def test_a_card_that_cannot_be_is_refused(work, words, fragment):
    assert fragment in refusal(testcard.command, *words)
    assert not list(work.glob("*.svg"))
