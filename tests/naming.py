"""Commands on files of any name, and what they may leave behind."""

import io
import os
import sys
import tempfile
from contextlib import chdir, redirect_stderr, redirect_stdout
from dataclasses import dataclass
from pathlib import Path
from xml.etree import ElementTree

import hostile
from commands import listing, new_files
from hypothesis import strategies as st
from pictures import gradient
from PIL import Image

from plotopt import cli

_LINES = (
    '<svg xmlns="http://www.w3.org/2000/svg" width="60mm" height="40mm">'
    '<path stroke="red" fill="none" d="M9 9L90 90"/></svg>'
)
_TINY = ("--quality=draft", "--strokes=8", "--size=64", "--paper=a6", "--margin=40mm")


@dataclass(frozen=True)
class Commanded:
    """A command, what its file is called, where its output goes, and whether all names are behind a dash."""

    verb: str
    name: str
    output: str | None
    quiet: bool
    dashed: bool


def commands():
    """Few fits, since they take longest."""
    output = st.one_of(st.none(), hostile.names(), hostile.names().map(lambda name: f"{name}.svg"))
    verbs = st.sampled_from(["fit", *["plan", "estimate"] * 4])
    suffix = st.sampled_from([".svg", ".png", "", ".SVG", "."])
    names = st.builds(lambda name, end: name + end, hostile.names(), suffix)
    return st.builds(Commanded, verbs, names, output, st.booleans(), st.booleans())


def run_commanded(given):
    """The refusal, if it was one. Raises where a file is not as it should be, or not where."""
    with tempfile.TemporaryDirectory() as folder:
        inside = Path(folder) / "in"
        inside.mkdir()
        (Path(folder) / "bystander.svg").write_text("<svg/>")
        with chdir(inside):
            return _run(given, Path(folder), inside)


def _run(given, folder, inside):
    _write(given)
    before = listing(folder)
    code, told = _call(*_words(given))
    new = new_files(folder, before)
    if code == 2:
        assert new == [], new
        *others, line = told.splitlines()
        assert line.startswith("plotopt: "), told
        assert not any(other.startswith("plotopt: ") for other in others), told
        return line
    assert code == 0, code
    assert all(Path(name).parent == Path("in") for name in new), new
    assert bool(new) == (given.verb != "estimate" and (given.dashed or given.name not in ("-h", "--help")))
    for name in new:
        _check_sound(folder / name)
    return None


def _write(given):
    """The file itself, where the system has room for its name."""
    content = _LINES.encode() if given.verb != "fit" else _picture()
    try:
        Path(given.name).write_bytes(content)
    except (OSError, ValueError):
        return


def _picture():
    buffer = io.BytesIO()
    Image.fromarray(gradient(16, 12)).save(buffer, "PNG")
    return buffer.getvalue()


def _words(given):
    tiny = _TINY if given.verb == "fit" else ()
    output = ["-o", given.output] if given.output is not None and given.verb != "estimate" else []
    quiet = ["-q"] if given.quiet and given.verb != "estimate" else []
    subject = ["--", given.name] if given.dashed else [given.name]
    return [given.verb, *tiny, *output, *quiet, *subject]


def _call(*words):
    """How the command ends, and what it said on standard error; its output must be what a pipe can take."""
    out, err = _pipe("strict"), _pipe("backslashreplace")
    argv, sys.argv = sys.argv, ["plotopt", *words]
    try:
        with redirect_stdout(out), redirect_stderr(err):
            cli.main()
        code = 0
    except SystemExit as stop:
        code = stop.code
    finally:
        sys.argv = argv
    err.flush()
    return code, err.buffer.getvalue().decode()


def _pipe(errors):
    return io.TextIOWrapper(io.BytesIO(), encoding="utf-8", errors=errors)


def _check_sound(path):
    if path.suffix.lower() == ".svg":
        ElementTree.fromstring(path.read_text("utf-8"))
    elif path.suffix != ".plotopt":
        assert path.read_bytes().startswith(b"\x89PNG"), os.fsencode(path)
