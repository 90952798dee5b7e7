"""What the terminal shows while a fit runs."""

import io
import re

import pytest
from rich.console import Console

from plotopt.listening import Progress
from plotopt.progress import shown

FIT = (
    Progress("preparing the renderer", 0, 1),
    Progress("preparing the renderer", 1, 1),
    Progress("whole page at 256 px", 1, 30, 0.25),
    Progress("whole page at 256 px", 30, 30, 0.03127),
    Progress("tiles at 1024 px", 7, 300, 0.0214),
)


def told(console, events=FIT):
    """Everything that is written while a listener hears the events."""
    with shown(console) as listener:
        for event in events:
            listener(event)
    return console.file.getvalue()


def terminal(width=100):
    return Console(force_terminal=True, file=io.StringIO(), width=width)


def plain(text):
    """The text without colours and cursor moves."""
    return re.sub(r"\x1b\[[0-9;?]*[A-Za-z]", "", text)


def last_lines(text):
    """What stands on the screen at the end, a line a stage."""
    return [line.split("\r")[-1].rstrip() for line in plain(text).splitlines()][-3:]


def test_a_terminal_shows_stage_step_loss_and_time_left():
    preparing, page, tiles = last_lines(told(terminal()))
    assert preparing.startswith("preparing the renderer ")
    assert re.search(r" 1/1 ", preparing)
    assert "loss" not in preparing
    assert re.match(r"whole page at 256 px .* 30/30 +loss 0\.0313 +\d:\d\d:\d\d$", page)
    assert re.match(r"tiles at 1024 px .* 7/300 +loss 0\.0214 +(\d|-):(\d\d|--):(\d\d|--)$", tiles)


@pytest.mark.parametrize("width", [20, 40, 80])
def test_narrow_terminals_are_borne(width):
    assert "prep" in told(terminal(width))


def interrupt():
    raise KeyboardInterrupt


def test_the_cursor_comes_back_when_the_fit_is_interrupted():
    console = terminal()
    with pytest.raises(KeyboardInterrupt), shown(console):
        interrupt()
    text = console.file.getvalue()
    assert text.rindex("\x1b[?25h") > text.rindex("\x1b[?25l")


def test_a_log_file_gets_one_plain_line_a_stage():
    text = told(Console(file=io.StringIO(), width=30))
    assert text == "preparing the renderer\nwhole page at 256 px\ntiles at 1024 px\n"


def test_a_stage_that_comes_again_is_one_stage():
    again = (*FIT, Progress("tiles at 1024 px", 300, 300, 0.02))
    assert told(Console(file=io.StringIO()), again).count("tiles") == 1
    assert re.search(r" 300/300 +loss 0\.0200", last_lines(told(terminal(), again))[2])


def test_nothing_told_is_nothing_said():
    assert told(Console(file=io.StringIO()), ()) == ""
    assert plain(told(terminal(), ())).strip() == ""


@pytest.mark.parametrize("is_terminal", [False, True])
def test_notes_are_shown_when_they_are_heard(is_terminal):
    out = io.StringIO()
    note = "the ink of [white] hardly shows"
    with shown(Console(file=out, force_terminal=is_terminal, width=20)) as listener:
        listener(Progress("reading", 1, 1, notes=(note,)))
        listener(Progress("drawing", 1, 9))
    assert f"note: {note}" in out.getvalue()
