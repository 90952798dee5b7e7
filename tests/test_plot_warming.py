"""Planning is compiled in a process of its own, which nobody hears of and nobody has to rely on."""

import json
import os
import subprocess
import sys
import time

import pytest

from plotopt.plot import warming
from plotopt.processes import start_python


@pytest.fixture
def program(monkeypatch, tmp_path):
    """Sets what the process runs once it has told who it is and where it looks for modules."""
    said = tmp_path / "said.json"

    def put(text):
        tell = f"""
import json, os, sys, time
with open({str(said) + "~"!r}, "w") as file:
    json.dump([os.getpid(), sys.path], file)
os.replace({str(said) + "~"!r}, {str(said)!r})
"""
        monkeypatch.setattr(warming, "_PROGRAM", tell + text.replace("SAID", str(said)))
        return said

    return put


def test_the_process_can_do_what_it_is_for():
    program = f"{warming._PROGRAM}; print('torch' in sys.modules)"
    process = start_python(program, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    out, err = process.communicate()
    assert (process.returncode, out, err) == (0, "False\n", "")
    assert warming.compiled_before()


def test_the_process_is_waited_for_and_finds_the_same_modules(program, tmp_path, monkeypatch):
    monkeypatch.setattr(sys, "path", [*sys.path, tmp_path])
    said = program("time.sleep(0.3); open('SAID-later', 'w')")
    with warming.warming_up():
        pass
    assert json.loads(said.read_text())[1] == [str(part) for part in sys.path]
    assert said.with_name("said.json-later").exists()


@pytest.mark.parametrize("text", ["raise SystemExit(3)", "print('x' * 10**6); 1 / 0"])
def test_what_goes_wrong_there_is_no_matter(program, capfd, text):
    said = program(text)
    with warming.warming_up():
        pass
    assert said.exists()
    assert capfd.readouterr() == ("", "")


def test_without_processes_the_block_runs_alone(monkeypatch):
    def refuse(*_, **__):
        raise BlockingIOError("no more processes")

    monkeypatch.setattr("subprocess.Popen", refuse)
    with pytest.raises(ZeroDivisionError) as raised, warming.warming_up():
        _ = 1 / 0
    assert raised.value.__context__ is None


@pytest.mark.parametrize("name", ["executable", "frozen", "started"])
def test_programs_that_are_no_python_are_not_started(program, monkeypatch, name):
    said = program("pass")
    if name == "started":
        monkeypatch.setenv("PLOTOPT_WARMING_UP", "1")
    else:
        monkeypatch.setattr(sys, name, None if name == "executable" else True, raising=False)
    with warming.warming_up():
        pass
    assert not said.exists()


def test_a_process_that_does_not_end_is_done_without(program, monkeypatch):
    monkeypatch.setattr(warming, "_PATIENCE_S", 0.5)
    program("time.sleep(600)")
    with warming.warming_up():
        pass


@pytest.mark.skipif(os.name == "nt", reason="signals as POSIX has them")
def test_an_interrupted_block_leaves_no_process(program):
    said = program("time.sleep(600)")
    with pytest.raises(KeyboardInterrupt), warming.warming_up():
        _interrupt_after(said)
    with pytest.raises(ProcessLookupError):
        os.kill(json.loads(said.read_text())[0], 0)


def _interrupt_after(file):
    for _ in range(6000):
        if file.exists():
            raise KeyboardInterrupt
        time.sleep(0.01)
