"""Planning is compiled in a process of its own, which nobody hears of and nobody has to rely on."""

import json
import os
import sys
import time

import pytest

from plotopt.kernel_cache import is_compiled
from plotopt.plot import motion, tour, warming


@pytest.fixture
def program(monkeypatch, tmp_path):
    """Sets what the process runs once it has told who it is and where it looks for modules."""
    said = tmp_path / "said.json"

    def put(text):
        tell = f"open({str(said)!r}, 'w').write(json.dumps([os.getpid(), {{path!r}}]))"
        monkeypatch.setattr(
            warming, "_PROGRAM", f"import json, os, time; {tell}; {text}".replace("SAID", str(said))
        )
        return said

    return put


def test_what_is_warm_is_in_the_cache():
    warming.warm_up()
    assert all(is_compiled(kernel) for kernel in (tour.improve, motion._draw_time))


def test_the_program_is_one():
    compile(warming._PROGRAM.format(path=sys.path), "program", "exec")


def test_the_process_is_waited_for_and_finds_the_same_modules(program):
    said = program("time.sleep(0.3); open('SAID-later', 'w')")
    with warming.warming_up():
        pass
    assert json.loads(said.read_text())[1] == sys.path
    assert said.with_name("said.json-later").exists()


@pytest.mark.parametrize("text", ["raise SystemExit(3)", "print('x' * 10**6); 1 / 0"])
def test_what_goes_wrong_there_is_no_matter(program, capfd, text):
    program(text)
    with warming.warming_up():
        pass
    assert capfd.readouterr() == ("", "")


def test_without_processes_nothing_is_compiled_ahead(monkeypatch):
    def refuse(*_, **__):
        raise BlockingIOError("no more processes")

    monkeypatch.setattr("subprocess.Popen", refuse)
    with warming.warming_up():
        pass


def test_an_interrupted_block_leaves_no_process(program):
    said = program("time.sleep(600)")
    with pytest.raises(KeyboardInterrupt), warming.warming_up():
        _interrupt_after(said)
    with pytest.raises(ProcessLookupError):
        os.kill(json.loads(said.read_text())[0], 0)


def _interrupt_after(file):
    while not file.exists() or not file.read_text():
        time.sleep(0.01)
    raise KeyboardInterrupt
