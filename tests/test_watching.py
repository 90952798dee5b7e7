"""A run that is looked at on a page: who is let in, what is shown, and what the buttons do."""

import http.client
import json
import os
import re
import signal
import socket
import struct
import time
import webbrowser
from dataclasses import replace
from pathlib import Path
from threading import Event
from urllib.parse import urlsplit
from xml.etree import ElementTree

import numpy as np
import pytest
import torch
from commands import listing, new_files
from pictures import gradient
from test_cli import TINY
from test_cli_neuron import SQUEEZED, weights  # noqa: F401 - weights is a fixture
from test_cli_neuron import TINY as TINY_NEURON

import plotopt
import plotopt.journal
from plotopt.journal import advance
from plotopt.listening import Progress
from plotopt.page import Page, Rect
from plotopt.pens import Pen
from plotopt.runs.run import Run
from plotopt.stocks import WHITE
from plotopt.strokes import Strokes
from plotopt.watching import viewing as viewing_module
from plotopt.watching.ground import Ground
from plotopt.watching.parcel import pack
from plotopt.watching.server import serving
from plotopt.watching.tally import Tally
from plotopt.watching.viewing import Viewing

PAGE = Page(210.0, 148.0, 20.0)
PENS = (Pen("black", "#000000", 0.4), Pen("red", "#ff0000", 0.8))
GROUND = Ground("a.png", PAGE, Rect(20.0, 20.0, 190.0, 128.0), WHITE, PENS)
LONGEST_WAIT_S = 60


def ask(address, name="", verb="GET", **headers):
    """The answer's code, headers and body; ``name`` lies below the secret unless it begins with a slash."""
    parts = urlsplit(address)
    connection = http.client.HTTPConnection(parts.netloc, timeout=60)
    path = name if name.startswith("/") else parts.path + name
    connection.request(verb, path, headers={key.capitalize(): value for key, value in headers.items()})
    answer = connection.getresponse()
    return answer.status, answer.headers, answer.read()


def now(address, after=0, seen=0):
    """How things stand, and the bytes of the strokes."""
    code, _, body = ask(address, f"now?after={after}&seen={seen}")
    assert code == 200
    length = struct.unpack("<I", body[:4])[0]
    return json.loads(body[4 : 4 + length]), body[4 + length :]


def wait_until(told, *arguments):
    end = time.monotonic() + LONGEST_WAIT_S
    while not told(*arguments):
        assert time.monotonic() < end
        time.sleep(0.02)


def unpack(told, data):
    """Pens, and points in mm (strokes, points, 2)."""
    count, start = told["count"], told["count"] + told["count"] % 2
    points = np.frombuffer(data[start:], "<i2").reshape(count, told["points"], 2)
    return np.frombuffer(data[:count], np.uint8), points * told["unit"]


def points_of(strokes):
    """The points of every stroke's curves, each joint once."""
    curves = strokes.curves().flatten(1, 2).numpy()
    return curves[:, [row for row in range(curves.shape[1]) if row == 0 or row % 4]]


@pytest.fixture
def viewing(tmp_path):
    return Viewing(GROUND, tmp_path / "a.svg", lambda: False)


@pytest.fixture
def address(viewing):
    with serving(viewing) as address:
        yield address


@pytest.fixture
def visited(run, monkeypatch):
    """Runs a command whose page is opened by ``visitor``; before the first step the run waits for that one.

    Where the visitor comes to grief, so does the test.
    """

    def call(visitor, *words):
        arrived, griefs = Event(), []

        def opened(address):
            try:
                visitor(address, arrived)
            except BaseException as grief:
                griefs.append(grief)
                # Else a run that is paused would wait for good.
                os.kill(os.getpid(), signal.SIGINT)
            arrived.set()

        def waited(*arguments):
            assert arrived.wait(LONGEST_WAIT_S)
            return advance(*arguments)

        monkeypatch.setenv("DISPLAY", ":0")
        monkeypatch.setattr(webbrowser, "open", opened)
        monkeypatch.setattr(plotopt.journal, "advance", waited)
        ran = run(*words, "--watch")
        monkeypatch.setattr(plotopt.journal, "advance", advance)
        assert griefs == []
        return ran

    return call


@pytest.mark.parametrize("verb", ["GET", "POST"])
@pytest.mark.parametrize("name", ["/", "/now", "/pause", "/x/", "/x/now", "//", "/?x"])
def test_nothing_is_there_without_the_secret(viewing, address, verb, name):
    code, _, body = ask(address, name, verb)
    assert (code, body) == (404, b"")


@pytest.mark.parametrize(
    ("request_line", "code"),
    [("GET /\u00ff/ HTTP/1.1", 404), ("GET //[ HTTP/1.1", 404), ("PUT / HTTP/1.1", 501), ("\0", 400)],
)
def test_requests_may_be_anything(address, request_line, code):
    parts = urlsplit(address)
    with socket.create_connection((parts.hostname, parts.port), timeout=60) as connection:
        connection.sendall(f"{request_line}\r\nHost: {parts.netloc}\r\n\r\n".encode("latin-1"))
        assert str(code) in connection.recv(1000).decode()


@pytest.mark.parametrize("name", ["", "ground", "now", "pause", "stop"])
@pytest.mark.parametrize("headers", [{"host": "evil.example"}, {"origin": "http://evil.example"}])
def test_other_names_and_other_pages_are_refused(viewing, address, name, headers):
    for verb in ("GET", "POST"):
        assert ask(address, name, verb, **headers)[0] == 403
    assert not viewing.stops()


def test_secrets_are_long_and_new_each_time(viewing, address):
    with serving(viewing) as other:
        secrets = {urlsplit(each).path.strip("/") for each in (address, other)}
    assert len(secrets) == 2
    assert min(map(len, secrets)) >= 32


def test_it_listens_on_loopback_alone(address):
    port = urlsplit(address).port
    assert urlsplit(address).hostname == "127.0.0.1"
    for host in ("127.0.0.2", "::1"):
        with pytest.raises(OSError):  # noqa: PT011 - refused and unreachable are both right
            socket.create_connection((host, port), timeout=2).close()


def test_it_is_gone_with_the_block(viewing):
    with serving(viewing) as address:
        assert ask(address)[0] == 200
    with pytest.raises(ConnectionRefusedError):
        ask(address)


def test_the_policy_allows_what_is_in_the_page_alone(address):
    code, headers, body = ask(address)
    policy = headers["Content-Security-Policy"]
    assert code == 200
    assert "default-src 'none'" in policy
    assert "unsafe" not in policy
    assert (headers["Referrer-Policy"], headers["Cache-Control"]) == ("no-referrer", "no-store")
    text = body.decode()
    assert not re.search(r"https?:|\ssrc=|@import|url\(|style=", text)
    assert text.count("<link") == text.count('href="data:,"') == 1


@pytest.mark.parametrize("name", ["nothing", "now/x", "pause", "../now"])
def test_other_addresses_are_not_there(viewing, address, name):
    assert ask(address, name)[0] == 404
    assert ask(address, "now", "POST")[0] == 404


@pytest.mark.parametrize(
    "query", ["", "?after=-1&seen=x", "?after=" + "9" * 400, "?after=%FF&seen=&&=", "??"]
)
def test_a_question_may_be_anything(address, query):
    code, _, body = ask(address, f"now{query}")
    assert code == 200
    assert b'"losses":[]' in body


@pytest.mark.parametrize("control_points", [4, 6])
def test_strokes_are_sent_as_curves(control_points):
    points = torch.rand(7, control_points, 2, generator=torch.Generator().manual_seed(1)) * 200
    strokes = Strokes.of_pens(points, torch.arange(7) % 2, PENS)
    pens, sent = unpack(*pack(strokes, PAGE))
    np.testing.assert_allclose(sent, points_of(strokes), atol=0.005)
    assert pens.tolist() == [0, 1, 0, 1, 0, 1, 0]


def test_undecided_strokes_are_shown_with_the_pen_they_lean_to():
    strokes = Strokes.of_pens(torch.zeros(2, 4, 2), torch.zeros(2, dtype=torch.int64), PENS)
    leaning = torch.tensor([[0.0, 1.0], [2.0, 1.0]])
    assert replace(strokes, leaning=leaning).decided().pen.tolist() == [1, 0]


def test_the_strokes_shown_are_those_of_the_drawing(viewing, address):
    seen = []

    class Witness:
        def see(self, stage, standing):
            seen.append(standing.strokes)

    run = Run(watchers=(Witness(), viewing), stops=viewing.stops)
    options = {"quality": "draft", "strokes": 30, "size": 64, "paper": "a5"}
    plotopt.fit(gradient(), run=run, on_progress=viewing.hear, **options)
    told, data = now(address)
    _, sent = unpack(told["strokes"], data)
    np.testing.assert_allclose(sent, points_of(seen[-1]), atol=0.005)
    assert len(told["losses"]) == len(seen)
    assert [stage["name"] for stage in told["stages"]] == ["whole page at 64 px", "tiles at 64 px"]
    again, rest = now(address, len(told["losses"]), told["number"])
    assert (again["losses"], rest) == ([], b"")


def test_nothing_is_packed_while_nobody_looks(viewing, address, monkeypatch):
    monkeypatch.setattr(viewing_module, "pack", None)
    run = Run(watchers=(viewing,), stops=viewing.stops)
    plotopt.fit(gradient(), quality="draft", strokes=30, size=64, run=run, on_progress=viewing.hear)


def test_looking_and_pausing_leaves_the_drawing_as_it_is(run, visited, folder):
    def visitor(address, arrived):
        assert ask(address, "pause", "POST")[0] == 200
        arrived.set()
        wait_until(lambda: now(address)[0]["paused"] and now(address)[0].get("strokes"))
        standing = now(address)[0]["number"]
        time.sleep(0.3)
        assert now(address)[0]["number"] == standing == 1
        assert ask(address, "go-on", "POST")[0] == 200
        wait_until(lambda: now(address)[0]["ended"] == "Finished: b.svg")

    assert run("fit", "a.png", *TINY, "-o", "a.svg").code == 0
    ran = visited(visitor, "fit", "a.png", *TINY, "-o", "b.svg")
    assert ran.code == 0
    assert re.match(r"watch the drawing grow at http://127\.0\.0\.1:\d+/[\w-]{32}/\n", ran.err)
    for name in ("a.svg", "a-preview.png"):
        assert (folder / name).read_bytes() == (
            folder / name.replace("a", "b", 1).replace("-preview", "")
        ).read_bytes()


def test_a_run_that_is_stopped_is_kept_and_can_go_on(run, visited, folder):
    def visitor(address, arrived):
        ask(address, "pause", "POST")
        arrived.set()
        wait_until(lambda: now(address)[0]["paused"])
        ask(address, "stop", "POST")
        wait_until(lambda: now(address)[0]["ended"] == "Stopped and kept: b.svg")

    before = listing(folder)
    ran = visited(visitor, "fit", "a.png", *TINY, "-o", "b.svg")
    assert ran.code == 0
    assert "plotopt: stopped, the drawing is as it was then\n" in ran.err
    assert ran.err.endswith("plotopt: go on with: plotopt resume b.plotopt\n")
    assert new_files(folder, before) == ["b.plotopt", "b.png", "b.svg"]
    assert run("fit", "a.png", *TINY, "-o", "c.svg").code == 0
    assert visited(lambda address, arrived: None, "resume", "b.plotopt").code == 0
    assert (folder / "b.svg").read_bytes() == (folder / "c.svg").read_bytes()


def test_a_neuron_grows_with_the_pens_that_strokes_lean_to(visited, folder, weights):  # noqa: F811
    seen = []

    def visitor(address, arrived):
        ask(address, "pause", "POST")
        arrived.set()
        wait_until(lambda: now(address)[0]["paused"] and now(address)[0].get("strokes"))
        told, data = now(address)
        seen.append((json.loads(ask(address, "ground")[2]), unpack(told["strokes"], data)))
        ask(address, "stop", "POST")

    torch.save(weights, folder / "w.pth")
    ran = visited(visitor, "neuron", f"{SQUEEZED}:3", *TINY_NEURON, "--pens=black,red:0.8mm", "-o", "n.svg")
    assert ran.code == 0
    ground, (pens, points) = seen[0]
    assert ground["title"] == f"{SQUEEZED}:3"
    assert [(pen["color"], pen["width"]) for pen in ground["pens"]] == [("#ff0000", 0.8), ("#000000", 0.4)]
    assert set(pens) == {0, 1}
    assert points.shape[1] % 3 == 1


def test_pens_that_the_picture_chooses_are_shown(visited):
    grounds = []

    def visitor(address, arrived):
        grounds.append(json.loads(ask(address, "ground")[2]))

    words = ("--pens=auto:2:black:0.4mm,red:0.4mm,blue:0.4mm", "--stock=cream")
    ran = visited(visitor, "fit", "a.png", *TINY, *words, "-o", "b.svg")
    assert ran.code == 0
    colors = re.findall(r'stroke="(#\w{6})"', Path("b.svg").read_text())
    assert colors == [pen["color"] for pen in grounds[0]["pens"]]
    assert grounds[0]["paper"] != "#ffffff"


def test_control_c_ends_a_paused_run(visited, folder):
    def visitor(address, arrived):
        ask(address, "pause", "POST")
        arrived.set()
        wait_until(lambda: now(address)[0]["paused"] and now(address)[0].get("strokes"))
        os.kill(os.getpid(), signal.SIGINT)

    ran = visited(visitor, "fit", "a.png", *TINY)
    assert ran.code == 130
    assert ran.err.endswith("go on with: plotopt resume a.plotopt\n")
    assert (folder / "a.svg").exists()


def test_snapshots_are_drawings_and_never_overwrite(visited, folder):
    (folder / "b-snapshot-1.svg").write_text("precious")
    said = []

    def visitor(address, arrived):
        ask(address, "pause", "POST")
        arrived.set()
        for number in (2, 3):
            ask(address, "snapshot", "POST")
            wait_until(lambda number=number: now(address)[0]["said_number"] == number - 1)
            said.append(now(address)[0]["said"])
        ask(address, "go-on", "POST")

    assert visited(visitor, "fit", "a.png", *TINY, "-o", "b.svg").code == 0
    assert said == ["Saved b-snapshot-2.svg", "Saved b-snapshot-3.svg"]
    assert (folder / "b-snapshot-1.svg").read_text() == "precious"
    root = ElementTree.parse(folder / "b-snapshot-2.svg").getroot()
    assert len(root.findall(".//{http://www.w3.org/2000/svg}path")) > 5
    assert root.attrib["width"] == "297mm"
    assert "whole page at 64 px, step 1 of " in (folder / "b-snapshot-2.svg").read_text()


def test_a_snapshot_that_cannot_be_written_does_no_harm(visited, folder, monkeypatch):
    said = []

    def refuse(path, text, overwrite):
        raise plotopt.errors.PlotoptError("the disk is full")

    def visitor(address, arrived):
        ask(address, "pause", "POST")
        ask(address, "snapshot", "POST")
        arrived.set()
        wait_until(lambda: now(address)[0]["said_number"] == 1)
        said.append(now(address)[0]["said"])
        ask(address, "go-on", "POST")

    monkeypatch.setattr(viewing_module, "write_atomically", refuse)
    assert visited(visitor, "fit", "a.png", *TINY).code == 0
    assert said == ["Not saved: the disk is full"]


@pytest.mark.parametrize(("words", "display"), [(["-q"], ":0"), ([], "")])
def test_no_browser_is_opened_when_quiet_or_without_a_display(run, folder, monkeypatch, words, display):
    monkeypatch.setenv("DISPLAY", display)
    monkeypatch.delenv("WAYLAND_DISPLAY", raising=False)
    monkeypatch.setattr("sys.platform", "linux")
    monkeypatch.setattr(webbrowser, "open", lambda address: pytest.fail("a browser was opened"))
    ran = run("fit", "a.png", *TINY, "--watch", *words)
    assert ran.code == 0
    assert ran.err.startswith("watch the drawing grow at http://127.0.0.1:")


def test_a_run_that_fails_says_so_on_its_page(run, folder, monkeypatch):
    endings = []

    def fail(*arguments):
        raise plotopt.errors.PlotoptError("no ink")

    monkeypatch.setattr(plotopt.journal, "advance", fail)
    monkeypatch.setattr(Viewing, "end", lambda self, said, wait=True: endings.append((said, wait)))
    assert run("fit", "a.png", *TINY, "--watch", "-q").code == 2
    assert endings == [("The run ended without a drawing; the terminal tells why.", False)]


def test_losses_are_told_by_stage_and_time_is_reckoned():
    clock = iter(range(100))
    tally = Tally(lambda: next(clock))
    tally.hear(Progress("laying the first strokes", 0, 1))
    for step in (1, 2, 3):
        tally.hear(Progress("tiles", step, 10, 0.123456789 / step))
    figures = tally.figures(0)
    assert (figures["stage"], figures["step"], figures["left_s"]) == ("tiles", 3, 7.0)
    assert figures["losses"][0] == (0, 1, 0.123457)
    tally.hear(Progress("tiles", 1, 10, float("nan")))
    assert tally.figures(3)["losses"] == [(1, 1, None)]
    assert tally.figures(3)["left_s"] is None
    assert len(tally.figures(99)["stages"]) == 2


def test_packing_takes_a_hundredth_of_the_time_at_most(tmp_path, monkeypatch):
    time_s = [0.0]

    def slow(strokes, page):
        time_s[0] += 0.05
        return {}, b""

    monkeypatch.setattr(viewing_module, "pack", slow)
    viewing = Viewing(GROUND, Path("a.svg"), lambda: False, lambda: time_s[0])
    standing = type("Standing", (), {"strokes": None})()
    for _ in range(1000):
        viewing.see(None, standing)
        viewing.now(0, 0)
        time_s[0] += 0.01
    assert 0.05 <= time_s[0] - 1000 * 0.01 <= 0.15
