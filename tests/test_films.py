"""Runs shown: pictures of windows, films of how a drawing came about and of its plot, and replays."""

import json
import re
import tempfile
from contextlib import contextmanager
from dataclasses import replace
from itertools import pairwise
from pathlib import Path
from types import SimpleNamespace
from xml.etree import ElementTree

import imageio_ffmpeg
import numpy as np
import pytest
import torch
from commands import assert_refused, listing, new_files
from PIL import Image

import plotopt
from plotopt.errors import PlotoptError
from plotopt.films import growth as growing
from plotopt.films.pace import Pace
from plotopt.films.plotting import moves, plotting
from plotopt.films.writing import write_film
from plotopt.page import Page, Rect
from plotopt.pens import parse_pen
from plotopt.plot.plan import Layer, summarize
from plotopt.profiles import Client, load_profile
from plotopt.runs.keeper import Keeper
from plotopt.runs.run import Run
from plotopt.runs.storage import read_run, write_run
from plotopt.settings import read_settings
from plotopt.showing import Exhibit

try:
    import resource
except ImportError:
    resource = None

TINY = {"quality": "draft", "strokes": 40, "size": 64, "paper": "a6", "margin": "5mm"}
PACE = Pace(seconds=1.0, fps=10, width_px=120, hold_s=0.3)
EXAMPLE = Path(__file__).parent.parent / "examples" / "chelsea.png"


@pytest.fixture(scope="module")
def kept(tmp_path_factory):
    """A finished run of the example and its drawing."""
    folder = tmp_path_factory.mktemp("kept")
    drawing = plotopt.fit(EXAMPLE, run=Run(Keeper(folder / "cat.plotopt")), **TINY)
    drawing.save(folder / "cat.svg")
    return folder / "cat.plotopt", drawing


@pytest.fixture
def folder(folder, kept):
    for file in (kept[0], kept[0].with_suffix(".svg"), EXAMPLE):
        (folder / file.name).write_bytes(file.read_bytes())
    return folder


def exhibit(kept):
    return Exhibit.of(read_run(kept[0]))


def darkness(image):
    return 255 - np.asarray(image).astype(float).mean()


def test_a_film_grows_from_the_first_strokes_to_the_drawing(kept):
    frames = list(growing.growth(exhibit(kept), PACE))
    assert len(frames) == 10 + 3
    assert {frame.shape for frame in frames} == {(86, 120, 3)}
    assert all(np.array_equal(frame, frames[-1]) for frame in frames[-4:])
    preview = kept[1].preview(dpi=25.4 * 120 / 148).convert("RGB").resize((120, 86))
    assert abs(darkness(frames[-1]) - darkness(preview)) < 4
    changes = [np.abs(a.astype(float) - b).mean() for a, b in pairwise(frames[:10])]
    assert min(changes) > 0


def test_moments_in_between_are_straight_between_them(kept):
    one, other = growing._moments(exhibit(kept))[:2]
    middle = growing._between([one, other], 0.5)
    torch.testing.assert_close(middle.points, (one.points + other.points) / 2)
    fewer = other.select(torch.arange(3))
    assert growing._between([one, fewer], 0.5) is one


@pytest.mark.parametrize("client", list(Client))
def test_the_pen_takes_its_true_time(kept, client):
    profile = load_profile("axidraw_v3")
    layers = exhibit(kept).layers * 2
    way = moves(layers, profile, client)
    assert way[-1].end == pytest.approx(60 * summarize(layers, profile, client).minutes)
    # Each layer begins and ends at home.
    assert [move.points[0].tolist() for move in way].count([0, 0]) == 2
    assert [move.points[-1].tolist() for move in way].count([0, 0]) == 2
    assert all(before.end == after.start for before, after in pairwise(way))
    assert all(np.array_equal(a.points[-1], b.points[0]) for a, b in pairwise(way))
    assert [move.pen for move in way[:2]] == [None, 0]


def test_a_plot_fills_up_to_the_drawing(kept):
    frames = list(plotting(exhibit(kept), PACE))
    dark = [darkness(frame) for frame in frames[::3]]
    # The pen's own mark comes and goes.
    assert all(after > before - 1 for before, after in pairwise(dark))
    assert dark[0] < 0.5 * dark[-1]
    preview = kept[1].preview(dpi=25.4 * 120 / 148).convert("RGB")
    assert abs(darkness(frames[-1]) - darkness(preview)) < 4
    pink = [(frame[..., 0].astype(int) - frame[..., 1]).max() > 80 for frame in frames]
    assert any(pink[:10])
    assert not any(pink[-3:])


def test_the_ink_of_a_pen_in_parts_lies_as_one():
    across, down = np.linspace((10, 20), (50, 20), 4)[None], np.linspace((30, 5), (30, 35), 4)[None]
    blue, red = (parse_pen(f"{color}:4mm") for color in ("#80c0ff", "#ff8080"))

    def at_the_crossing(*layers):
        shown = SimpleNamespace(layers=layers, settings=read_settings(), page=Page(60.0, 40.0, 0.0))
        *_, frame = plotting(shown, PACE)
        return frame[40, 60].tolist()

    parts = Layer(blue, (across,), 1, part=1, parts=2), Layer(blue, (down,), 1, part=2, parts=2)
    assert at_the_crossing(*parts) == at_the_crossing(Layer(blue, (across, down), 2)) == [0x80, 0xC0, 0xFF]
    # That of another pen multiplies with it.
    assert at_the_crossing(parts[0], Layer(red, (down,), 1)) == pytest.approx([0x80, 0x60, 0x80], abs=1)


@contextmanager
def files_of_at_most(size):
    """No process writes larger files, while the block runs."""
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))


@pytest.mark.skipif(resource is None, reason="limits as POSIX has them")
@pytest.mark.parametrize("missing", [100, 10_000])
def test_a_film_that_could_not_be_finished_is_told_in_one_line(kept, tmp_path, capfd, missing):
    frames = list(growing.growth(exhibit(kept), PACE))
    write_film(tmp_path / "a.mp4", frames, PACE, overwrite=False)
    room = (tmp_path / "a.mp4").stat().st_size - missing
    where = re.escape(repr(tempfile.gettempdir()))
    told = f"^the film could not be made in {where}: free some space there, or set TMPDIR to another folder$"
    with files_of_at_most(room), pytest.raises(PlotoptError, match=told):
        write_film(tmp_path / "b.mp4", frames, PACE, overwrite=False)
    assert [file.name for file in tmp_path.iterdir()] == ["a.mp4"]
    assert capfd.readouterr().err == ""


def test_films_where_there_is_no_folder_for_temporary_files(kept, tmp_path, monkeypatch):
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path / "gone"))
    write_film(tmp_path / "a.gif", growing.growth(exhibit(kept), PACE), PACE, overwrite=False)
    with pytest.raises(PlotoptError, match=r"could not be made in .*gone'.* set TMPDIR to another folder"):
        write_film(tmp_path / "a.mp4", growing.growth(exhibit(kept), PACE), PACE, overwrite=False)
    assert [file.name for file in tmp_path.iterdir()] == ["a.gif"]


@pytest.mark.parametrize("ending", [".gif", ".mp4"])
def test_films_are_written_whole(kept, tmp_path, ending):
    path = tmp_path / f"film{ending}"
    write_film(path, growing.growth(exhibit(kept), PACE), PACE, overwrite=False)
    if ending == ".gif":
        with Image.open(path) as film:
            assert (film.size, film.is_animated) == ((120, 86), True)
    else:
        reader = imageio_ffmpeg.read_frames(str(path))
        told = next(reader)
        assert told["size"] == (120, 86)
        assert sum(1 for _ in reader) == 13
    assert [file.name for file in tmp_path.iterdir()] == [path.name]


def test_commands_write_what_they_say(run, folder):
    for words, file in [
        (("animate", "cat.plotopt", "--seconds=0.5", "--width=64"), "cat.mp4"),
        (("animate", "cat.plotopt", "--plot", "--speed-up=500", "--width=64", "-o", "p.gif"), "p.gif"),
        (("render", "cat.plotopt", "--window=10,10,30mm,2cm", "--scale=10"), "cat-render.png"),
    ]:
        before = listing(folder)
        ran = run(*words)
        assert (ran.code, ran.err) == (0, "")
        assert ran.out.startswith(file)
        assert new_files(folder, before) == [file]
    assert Image.open(folder / "cat-render.png").size == (300, 200)


@pytest.mark.parametrize(
    ("words", "fragment"),
    [
        (("animate", "cat.plotopt", "-o", "a.avi"), "'a.avi' is not the name of a film"),
        (("animate", "cat.plotopt", "--seconds=0"), "seconds is 0"),
        (("animate", "cat.plotopt", "--seconds=nan"), "seconds is nan"),
        (("animate", "cat.plotopt", "--fps=1000"), "fps is 1000"),
        (("animate", "cat.plotopt", "--width=9"), "width is 9"),
        (("animate", "cat.plotopt", "--speed-up=9"), "speed-up is for --plot alone"),
        (("animate", "cat.plotopt", "--plot", "--speed-up=0.5"), "speed-up is 0.5"),
        (("animate", "cat.plotopt", "--plot", "--speed-up=nan"), "speed-up is nan"),
        (("animate", "cat.svg"), "is no run file"),
        (("render", "none.plotopt"), "does not exist"),
        (("render", "cat.plotopt", "--scale=100"), "scale is 100"),
        (("render", "cat.plotopt", "--scale=nan"), "scale is nan"),
        (("render", "cat.plotopt", "--window=1,2,3"), "window '1,2,3' has 3 parts"),
        (("render", "cat.plotopt", "--window=0,0,0,5"), "must be more than 0"),
        (("render", "cat.plotopt", "--window=500,500,50,50"), "lies beside the page of"),
        (("render", "cat.plotopt", "--window=-50,0,50,50"), "lies beside the page of"),
        (("render", "cat.plotopt", "--window=0,0,99m,5"), "unknown unit 'm'"),
        (("render", "cat.plotopt", "--window=0,0,9000mm,9000mm"), "more than 50 million pixels"),
        (("render", "cat.plotopt", "-o", "a.jpg"), "'a.jpg' is not the name of a PNG"),
        (("replay", "plot.svg"), "does not tell how it was drawn"),
        (("replay", "a.png"), "is not an SVG file"),
        (("replay", "none.svg"), "does not exist"),
        (("replay", "cat.svg", "--picture=none.png"), "'none.png' is not there"),
    ],
)
def test_what_cannot_be_shown_is_refused(run, folder, words, fragment):
    assert_refused(run(*words), folder, listing(folder), fragment)


def test_a_window_is_a_part_of_the_page_and_beyond_it_is_paper(kept):
    shown = exhibit(kept)
    page = Rect(0, 0, shown.page.width_mm, shown.page.height_mm)
    whole = np.asarray(shown.image(page, 20.0))
    part = np.asarray(shown.image(Rect(20, 30, 60, 70), 20.0))
    tones = [each.reshape(10, 80, 10, 80, 3).mean((1, 3)) for each in (whole[600:1400, 400:1200], part)]
    assert np.abs(tones[0] - tones[1]).max() < 2
    assert np.ptp(tones[0]) > 20
    beyond = np.asarray(shown.image(Rect(-50, -50, -10, -10), 5.0))
    assert (beyond == 255).all()


def test_an_svg_can_be_replayed_to_the_same_bytes(run, folder):
    ran = run("replay", "cat.svg", "--picture=chelsea.png")
    assert (ran.code, ran.err.splitlines()[-1]) == (0, "note: the same drawing, byte for byte")
    assert (folder / "cat-replay.svg").read_bytes() == (folder / "cat.svg").read_bytes()


@pytest.mark.parametrize(
    ("words", "target"),
    [
        (("render", "cat.plotopt", "-o", "link.png"), "cat.plotopt"),
        (("animate", "cat.plotopt", "-o", "link.gif"), "cat.plotopt"),
        (("render", "cat.plotopt", "-o", "link.png"), "chelsea.png"),
        (("animate", "cat.plotopt", "-o", "link.gif"), "chelsea.png"),
        (("replay", "cat.svg", "-o", "link.svg"), "cat.svg"),
        (("replay", "cat.svg", "-o", "link.svg"), "chelsea.png"),
        (("replay", "cat.svg", "--picture=cat.plotopt", "-o", "link.svg"), "cat.plotopt"),
    ],
)
def test_what_is_shown_is_never_overwritten(run, folder, words, target):
    (folder / words[-1]).symlink_to(target)
    ran = run(*words, "--force")
    assert_refused(ran, folder, listing(folder), f"'{words[-1]}': it is one of the files this is made from")


def test_a_replay_looks_for_the_picture_in_the_working_folder_too(run, folder):
    (folder / "cat.svg").rename(folder / "folder" / "cat.svg")
    ran = run("replay", "folder/cat.svg")
    assert (ran.code, ran.err.splitlines()[-1]) == (0, "note: the same drawing, byte for byte")
    (folder / "chelsea.png").unlink()
    nowhere = "'folder/chelsea.png' is not there, nor is 'chelsea.png' in the working folder: give the one"
    assert_refused(run("replay", "folder/cat.svg", "-f"), folder, listing(folder), nowhere)


def test_a_replay_tells_what_differs(run, folder):
    svg = (folder / "cat.svg").read_text()
    told = ElementTree.fromstring(svg).findtext("{*}metadata")
    for change, fragment in [
        ({"plotopt": "0.0.1"}, "was drawn by plotopt 0.0.1"),
        ({"stopped": True}, "that one was stopped"),
    ]:
        text = json.dumps(json.loads(told) | change).replace('"', "&quot;")
        start, end = svg.index("<metadata>") + 10, svg.index("</metadata>")
        (folder / "old.svg").write_text(svg[:start] + text + svg[end:])
        ran = run("replay", "old.svg", "-f")
        assert ran.code == 0
        assert fragment in ran.err


def test_a_run_without_strokes_or_frames_is_told(run, folder):
    assert run("animate", "cat.plotopt", "--seconds=0.2", "--width=64").code == 0
    record = read_run(folder / "cat.plotopt")
    write_run(folder / "b.plotopt", replace(record, frames=()))
    write_run(folder / "c.plotopt", replace(record, frames=(), finish=None, moment=None))
    before = listing(folder)
    assert_refused(run("animate", "b.plotopt"), folder, before, "the run has no frames")
    assert_refused(run("render", "c.plotopt"), folder, before, "the run has no strokes yet")
