"""What a command did, and what may be expected of one that is refused."""

import re
import shlex
from dataclasses import dataclass

from plotopt import cli


@dataclass(frozen=True)
class Ran:
    """How a command ended and what it wrote."""

    code: int
    out: str
    err: str


def options_given(command):
    """The subject of a command line and those of its settings that are not left out."""
    name, verb, *words = shlex.split(command)
    assert name == "plotopt"
    group = cli.plotopt.make_context(name, [verb])
    given = cli.plotopt.commands[verb].make_context(verb, words, parent=group).params
    subject = given.pop("subject")
    others = {"output", "polylines", "force", "quiet", "verbose", "keep"}
    return str(subject), {
        name: value for name, value in given.items() if name not in others and value is not None
    }


def listing(folder):
    """Every file below a folder and what is in it."""
    return {
        str(path.relative_to(folder)): path.read_bytes() if path.is_file() else None
        for path in folder.rglob("*")
    }


def new_files(folder, before):
    after = listing(folder)
    assert {name: after[name] for name in before} == before
    return sorted(after.keys() - before.keys())


def assert_refused(ran, folder, before, fragment):
    """One line that names what is wrong, code 2, and the folder as it was."""
    assert ran.code == 2
    assert ran.out == ""
    assert re.fullmatch(r"plotopt: [^\n]+\n", ran.err)
    assert fragment in ran.err
    assert listing(folder) == before
