"""The command line: what it says, where, with which exit code, and which files it leaves."""

import errno
import io
import json
import os
import re
import shlex
import shutil
import signal
import subprocess
import sys
from functools import partial
from importlib import resources
from pathlib import Path
from xml.etree import ElementTree

import pytest
import torch
from commands import Ran, assert_refused, listing, new_files
from pictures import gradient, plain, save

import plotopt
import plotopt.atelier
import plotopt.fitting
from plotopt import cli
from plotopt.profiles import list_profiles
from plotopt.strokes import Strokes

TINY = ("--quality=draft", "--strokes=30", "--size=64")
COMMAND = shutil.which("plotopt", path=Path(sys.executable).parent)


@pytest.fixture(scope="module")
def drawing():
    return plotopt.fit(gradient(), quality="draft", strokes=30, size=64)


@pytest.fixture
def ready(monkeypatch, drawing):
    """A fit that costs nothing, where only what becomes of the drawing matters."""
    monkeypatch.setattr(plotopt.fitting, "fit", lambda image, **options: drawing)


@pytest.fixture
def strokeless(monkeypatch):
    """A fit with all its settings and none of its strokes."""
    none = Strokes.of_pen(torch.zeros(0, 4, 2), 0.4)
    monkeypatch.setattr(plotopt.atelier.Atelier, "draw", lambda atelier: (none, ()))


@pytest.mark.parametrize(
    ("words", "code", "fragment"),
    [
        ((), 2, "[OPTIONS] COMMAND"),
        (("--help",), 0, "fit       "),
        (("-h",), 0, "profiles  "),
        (("--help",), 0, "neuron    "),
        (("--version",), 0, f"plotopt, version {plotopt.__version__}\n"),
        (("fit", "--help"), 0, "  -n, --strokes INTEGER "),
        (("fit", "-h"), 0, "  --pens, --pen TEXT "),
        (("neuron", "--help"), 0, "  --pens, --pen TEXT "),
        (("neuron", "-h"), 0, "  --weights FILE "),
        (("profiles", "--help"), 0, "plotopt profiles [OPTIONS]"),
        (("profiles",), 0, "axidraw_v3_a3    430 x 297 mm    50 down, 200 up mm/s "),
    ],
)
def test_what_needs_no_picture_is_said_on_standard_output(run, folder, words, code, fragment):
    before = listing(folder)
    ran = run(*words)
    assert (ran.code, ran.err) == (code, "")
    assert fragment in ran.out
    assert listing(folder) == before


def test_profiles_are_listed_one_a_line_in_columns(run):
    lines = run("profiles").out.splitlines()
    assert [line.split()[0] for line in lines] == [profile.name for profile in list_profiles()]
    titles = [line.index(profile.title) for line, profile in zip(lines, list_profiles(), strict=True)]
    assert len(set(titles)) == 1


@pytest.mark.parametrize("written", [0, 1])
@pytest.mark.parametrize("code", [errno.ENOSPC, errno.EDQUOT])
def test_a_full_disk_leaves_no_file(run, ready, folder, monkeypatch, written, code):
    calls = iter([None] * written)

    def fill(descriptor):
        if next(calls, code):
            raise OSError(code, os.strerror(code))

    before = listing(folder)
    monkeypatch.setattr(os, "fsync", fill)
    name = ["a.svg", "a-preview.png"][written]
    assert_refused(run("fit", "a.png", "-q"), folder, before, f"cannot write '{name}': the disk")


def test_an_interrupted_fit_leaves_no_file(run, folder, monkeypatch):
    def interrupt(*arguments):
        raise KeyboardInterrupt

    before = listing(folder)
    monkeypatch.setattr(plotopt.journal, "advance", interrupt)
    ran = run("fit", "a.png", *TINY)
    assert (ran.code, ran.out) == (130, "")
    assert ran.err.endswith("\nplotopt: interrupted, nothing was written\n")
    assert "Traceback" not in ran.err
    assert listing(folder) == before


@pytest.mark.parametrize(
    "error",
    [
        MemoryError(),
        RuntimeError("DefaultCPUAllocator: can't allocate memory: you tried 9 bytes"),
        RuntimeError("CUDA out of memory. Tried to allocate 20.00 MiB."),
    ],
)
def test_memory_that_runs_out_is_one_line(run, folder, monkeypatch, error):
    def starve(*arguments):
        raise error

    before = listing(folder)
    monkeypatch.setattr(plotopt.journal, "advance", starve)
    assert_refused(run("fit", "a.png", "-q", *TINY), folder, before, "memory ran out: take a smaller --size")


def test_a_bug_keeps_its_traceback(run, folder, monkeypatch):
    def stumble(*arguments):
        raise RuntimeError("a bug")

    before = listing(folder)
    monkeypatch.setattr(plotopt.journal, "advance", stumble)
    with pytest.raises(RuntimeError, match="a bug"):
        run("fit", "a.png", *TINY)
    assert listing(folder) == before


def test_a_run_says_eight_lines_and_shows_its_stages_on_standard_error(run, folder):
    before = listing(folder)
    ran = run("fit", "a.png", *TINY)
    assert ran.code == 0
    page, strokes, distance, lifts, time, ink, pen, files = ran.out.splitlines()
    assert page == "page       297 x 210 mm"
    assert re.fullmatch(r"strokes    \d+ in \d+ paths", strokes)
    assert re.fullmatch(r"distance   \d\.\d m pen down, \d\.\d m pen up", distance)
    assert re.fullmatch(r"pen lifts  \d+", lifts)
    assert re.fullmatch(r"time       (\d+ s|\d+ min) on AxiDraw V3 and SE/A4, as saxi plans it", time)
    assert re.fullmatch(r"ink load   up to \d\.\d coats \(white drawing paper bears 4\)", ink)
    assert pen == "pen        black 0.4 mm"
    assert files == "files      a.svg  a-preview.png  a.plotopt"
    *stages, note = ran.err.splitlines()
    assert [re.sub(r" \(.*\)", "", stage) for stage in stages] == [
        "reading the picture",
        "preparing the renderer",
        "laying the first strokes",
        "whole page at 64 px",
        "tiles at 64 px",
        "planning the plot",
    ]
    assert note.startswith("note: 30 strokes of 0.4 mm lay ")
    assert new_files(folder, before) == ["a-preview.png", "a.plotopt", "a.svg"]


def test_quiet_says_nothing_even_when_verbose(run, strokeless):
    assert run("fit", "a.png", "-q", "-v") == Ran(0, "", "")


def test_a_blank_picture_says_so_and_gives_its_files(run, folder):
    save(folder / "blank.png", plain(255))
    ran = run("fit", "blank.png", *TINY)
    assert ran.code == 0
    assert "note: the picture is blank" in ran.err
    page, *rest = ran.out.splitlines()
    assert re.fullmatch(r"page       \d+ x \d+ mm", page)
    assert rest[:2] == ["strokes    0 in 0 paths", "distance   0.0 m pen down, 0.0 m pen up"]
    assert "<path" not in (folder / "blank.svg").read_text()


def told_command(ran):
    """The words behind the program's name in the command that ``-v`` tells."""
    return shlex.split(re.search(r"^repeat with: plotopt (.*)$", ran.err, re.MULTILINE)[1])


def stored(svg):
    return json.loads(ElementTree.fromstring(svg).findtext("{*}metadata"))


def test_verbose_tells_a_command_that_gives_the_same_file_again(run, folder):
    ran = run("fit", "a.png", "-v", "--pen=0.5mm", "--seed=5", *TINY)
    assert ran.out.startswith("page       297 x 210 mm\n")
    svg = (folder / "a.svg").read_bytes()
    assert shlex.split(stored(svg)["command"])[1:] == told_command(ran)
    assert stored(svg)["options"]["seed"] == 5
    assert run(*told_command(ran), "-q", "--output=again").code == 0
    assert (folder / "again.svg").read_bytes() == svg


def test_the_command_tells_of_polylines_too(run, strokeless, folder):
    ran = run("fit", "a.png", "-v", "--polylines")
    assert "--polylines" in told_command(ran)
    assert "--polylines" in stored((folder / "a.svg").read_bytes())["command"]


def test_the_command_tells_of_files_too(run, strokeless):
    ran = run("fit", "a.png", "-v", "-o", "my plot.svg", "--formats=svg,hpgl:hp7475a", "--dpi=100")
    words = told_command(ran)[-6:]
    assert words == ["--output", "my plot.svg", "--formats", "svg,hpgl:hp7475a", "--dpi", "100.0"]


def test_the_command_finds_a_picture_in_another_folder(run, strokeless, folder):
    save(folder / "folder" / "b.png", gradient())
    ran = run("fit", "folder/b.png", "-v")
    assert run(*told_command(ran), "--output=again", "-q") == Ran(0, "", "")


@pytest.mark.parametrize(
    ("words", "files"),
    [
        (("a.png",), ["a-preview.png", "a.svg"]),
        (("a.png", "--force"), ["a-preview.png", "a.svg"]),
        (("./folder/../a.png", "--output=a"), ["a-preview.png", "a.svg"]),
        (("photo.jpg",), ["photo.png", "photo.svg"]),
        (("photo.jpg", "--force"), ["photo.png", "photo.svg"]),
        (("a.png", "--output=out"), ["out.png", "out.svg"]),
        (("a.png", "--output=out.SVG"), ["out.SVG", "out.png"]),
        (("a.png", "-o", "my drawing.svg"), ["my drawing.png", "my drawing.svg"]),
        (("a.png", "-o", "zeichnung-ü-线.svg"), ["zeichnung-ü-线.png", "zeichnung-ü-线.svg"]),
        (("a.png", "-o", "-out.svg"), ["-out.png", "-out.svg"]),
        (("a.png", "-o", "--out.svg"), ["--out.png", "--out.svg"]),
        (("a.png", "-o", "folder/out.svg"), ["folder/out.png", "folder/out.svg"]),
    ],
)
def test_where_the_files_lie(run, ready, folder, words, files):
    before = listing(folder)
    ran = run("fit", *words)
    assert ran.code == 0
    assert new_files(folder, before) == files
    assert all(name in ran.out for name in files)


VGG = ("--loss=vgg", "--style-image=a.png")


@pytest.mark.parametrize(
    ("words", "files"),
    [
        (("--mask=m.png", "-o", "m.svg"), ["m-preview.png", "m.svg"]),
        (("--mask=m.png", "-o", "folder/../m"), ["m-preview.png", "m.svg"]),
        (("--detail=m.png", "-o", "m.svg"), ["m-preview.png", "m.svg"]),
        (("--direction=map:m.png", "-o", "m.svg"), ["m-preview.png", "m.svg"]),
        ((*VGG, "--weights=m.png", "-o", "m.svg"), ["m-preview.png", "m.svg"]),
        (("--loss=vgg", "--style-image=m.png", "--weights=a.png", "-o", "m.svg"), ["m-preview.png", "m.svg"]),
        (("--profile=folder/../snail.png", "-o", "snail.svg"), ["snail-preview.png", "snail.svg"]),
        (("--pens=pens.toml:gel", "-o", "pens.svg"), ["pens-preview.png", "pens.svg"]),
        (("--pens=auto:1:pens.toml", "-o", "pens.svg"), ["pens-preview.png", "pens.svg"]),
        (("--stock=wall.toml:wall", "-o", "wall.svg"), ["wall-preview.png", "wall.svg"]),
        (("--mask=m.png", "-o", "m.png"), "'m.png'"),
        (("--mask=m.png", "--formats=pdf", "-o", "link.pdf"), "'link.pdf'"),
        (("--mask=m.png", "--detail=n-preview.png", "--direction=map:n.png", "-o", "n"), "'n-preview.png'"),
        ((*VGG, "--weights=w.plotopt", "-o", "w.svg"), "'w.plotopt'"),
    ],
)
def test_what_is_read_is_never_overwritten(run, ready, folder, words, files):
    mine = '[{}]\ntitle = "mine"\ncolor = {{ value = "#102030", source = "eye" }}\n{}'
    width = 'width = { value = 0.3, unit = "mm", source = "eye" }'
    limit = 'ink_limit = { value = 9, unit = "coats", source = "guess" }'
    (folder / "pens.toml").write_text(mine.format("gel", width))
    (folder / "wall.toml").write_text(mine.format("wall", limit))
    (folder / "snail.png").write_bytes(
        resources.files("plotter_profiles").joinpath("axidraw_v3.toml").read_bytes()
    )
    for name in ("m.png", "n.png", "n-preview.png", "w.plotopt"):
        (folder / name).write_bytes(b"precious")
    for link, target in (("link.pdf", "m.png"), ("pens.png", "pens.toml"), ("wall.png", "wall.toml")):
        (folder / link).symlink_to(target)
    before = listing(folder)
    ran = run("fit", "a.png", *words, "--force")
    if isinstance(files, str):
        assert_refused(ran, folder, before, f"cannot write {files}: it is one of the files this is made from")
    else:
        assert (ran.code, new_files(folder, before)) == (0, files)


@pytest.mark.parametrize("polylines", [False, True])
def test_polylines_are_written_where_asked_for(run, ready, folder, drawing, polylines):
    run("fit", "a.png", *["--polylines"] * polylines)
    assert (folder / "a.svg").read_text() == drawing.svg(polylines=polylines)


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (("--margin", "200mm"), "margin"),
        (("--paper", "a1"), "axidraw"),
    ],
)
def test_what_is_wrong_is_told_before_what_exists(run, ready, folder, words, told):
    (folder / "a.svg").write_text("mine")
    assert_refused(run("fit", "a.png", *words), folder, listing(folder), told)


@pytest.mark.parametrize("existing", ["a.svg", "a-preview.png"])
def test_files_that_exist_are_kept_unless_forced(run, ready, folder, existing):
    (folder / existing).write_text("mine")
    assert_refused(run("fit", "a.png"), folder, listing(folder), f"'{existing}': it exists already")
    assert run("fit", "a.png", "-f").code == 0
    assert (folder / existing).read_bytes() != b"mine"
    assert (folder / "a.png").read_bytes() == save(folder / "same.png", gradient()).read_bytes()


@pytest.mark.parametrize(
    ("words", "existing"),
    [
        (("fit", "a.png"), "a.svg"),
        (("fit", "a.png"), "a.plotopt"),
        (("fit", "none.png"), ""),
        (("plan", "none.svg"), ""),
    ],
)
def test_what_is_there_or_not_is_told_without_torch(folder, words, existing):
    (folder / (existing or "other.svg")).write_text("mine")
    asked = f"import sys; sys.argv[1:] = {words}\nfrom plotopt.cli import main\ntry: main()\n"
    code = f"{asked}finally: assert 'torch' not in sys.modules"
    ran = subprocess.run([sys.executable, "-c", code], capture_output=True, check=False)
    assert ran.returncode == 2
    (line,) = ran.stderr.decode().splitlines()
    assert (existing or words[1]) in line


@pytest.mark.parametrize(
    ("image", "output"), [("a.svg", ()), ("a.svg", ("-o", "a.svg")), ("a.png", ("-o", "link.svg"))]
)
def test_the_picture_is_not_overwritten_by_the_svg_either(run, ready, folder, image, output):
    (folder / "link.svg").symlink_to("a.png")
    (folder / "a.svg").write_bytes((folder / "a.png").read_bytes())
    pixels = (folder / image).read_bytes()
    run("fit", image, *output, "--force")
    assert (folder / image).read_bytes() == pixels


def test_ones_own_slow_machine_takes_hours(run, folder):
    text = resources.files("plotter_profiles").joinpath("axidraw_v3.toml").read_text()
    slow = re.sub(r"(draw_speed .*?value = )[\d.]+", r"\g<1>0.1", text).replace(
        "AxiDraw V3 and SE/A4", "Snail"
    )
    (folder / "snail.toml").write_text(slow)
    ran = run("fit", "a.png", "--profile=snail.toml", *TINY)
    assert re.search(r"^time       \d+ h \d+ min on Snail, as saxi plans it$", ran.out, re.MULTILINE)


def spawn(folder, *words, **environment):
    """The installed command, as a process of its own."""
    pipes = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE}
    heard = None if os.name == "nt" else partial(signal.signal, signal.SIGINT, signal.SIG_DFL)
    given = {"cwd": folder, "env": os.environ | environment, "preexec_fn": heard}
    return subprocess.Popen([COMMAND, *words], **given, **pipes)


def finished(process):
    out, err = process.communicate(timeout=300)
    return Ran(process.returncode, out.decode(), err.decode())


def test_the_drawing_does_not_depend_on_the_number_of_threads(folder):
    words = ("fit", "a.png", "-q", "--quality=draft", "--strokes=300", "--size=256")
    threads = [spawn(folder, *words, f"-o{n}", NUMBA_NUM_THREADS=n, OMP_NUM_THREADS=n) for n in ("1", "2")]
    assert [finished(process) for process in threads] == [Ran(0, "", "")] * 2
    assert (folder / "1.svg").read_bytes() == (folder / "2.svg").read_bytes()
    assert (folder / "1.png").read_bytes() == (folder / "2.png").read_bytes()


def test_an_interrupt_before_the_first_step_ends_a_fit_at_once(folder):
    before = listing(folder)
    process = spawn(folder, "fit", "a.png", "--quality=fine", "--strokes=300", PYTHONUNBUFFERED="1")
    for line in process.stderr:
        if line.startswith(b"laying"):
            process.send_signal(signal.SIGINT)
            break
    ran = finished(process)
    assert (ran.code, ran.out) == (130, "")
    assert ran.err.strip() == "plotopt: interrupted, nothing was written"
    assert listing(folder) == before


@pytest.mark.parametrize("words", [("--version",), ("profiles",), ("draw",), ("fit", "text.png")])
def test_the_installed_command_does_the_same(run, folder, words):
    assert finished(spawn(folder, *words)) == run(*words)


def test_the_installed_command_alone_shows_how_it_is_used(folder):
    ran = finished(spawn(folder))
    assert (ran.code, ran.err) == (2, "")
    assert ran.out.startswith("Usage: plotopt [OPTIONS] COMMAND [ARGS]...\n")


def test_a_name_that_is_no_text_is_told_all_the_same(ready, folder, monkeypatch):
    name = os.fsdecode(b"\xff.png")
    save(folder / name, gradient())
    out = io.TextIOWrapper(io.BytesIO(), encoding="utf-8", errors="strict")
    monkeypatch.setattr(sys, "stdout", out)
    monkeypatch.setattr(sys, "argv", ["plotopt", "fit", name])
    cli.main()
    out.flush()
    assert out.buffer.getvalue().count(b"\n") == 8
