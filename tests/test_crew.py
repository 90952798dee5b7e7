"""Workers side by side: the same drawing whatever their number, and clear words when one is lost."""

import errno
import io
import pickle
import subprocess
import sys
from dataclasses import replace

import numpy as np
import pytest
import torch
from optimising import optimize
from test_likeness import PEN, STAGE, blob, on_lines, problem, scattered

from plotopt.errors import PlotoptError
from plotopt.objectives.crew import _say, crew_of
from plotopt.objectives.likeness import Likeness
from plotopt.objectives.problem import Look, gradients_of
from plotopt.page import Rect
from plotopt.processes import start_python
from plotopt.view import View

TILED = replace(STAGE, long_side_px=128, tile_px=32, steps=4, relocations=1, smoothness=0.02)
LOOK = Look(scattered(30), View(10, 20, 64, 64, 0.5), 1.0, 4096)


@pytest.fixture(scope="module")
def crews():
    """A crew of two and one of three."""
    with crew_of(2) as two, crew_of(3) as three:
        yield {2: two, 3: three}


def drawn(crew):
    losses = []
    objective = Likeness(problem(blob()), TILED, np.random.default_rng(0), crew)
    strokes = optimize(scattered(60), objective, TILED, lambda number, loss: losses.append(loss))
    return strokes.points, losses


def test_the_drawing_is_the_same_bit_for_bit_for_any_number_of_workers(crews):
    alone, losses = drawn(None)
    for crew in crews.values():
        points, others = drawn(crew)
        assert torch.equal(points, alone)
        assert others == losses


def test_lines_are_the_same_bit_for_bit_for_any_number_of_workers(crews):
    strokes, found = on_lines(scattered(60, 6), [3, 1, 16, 5, 1, 4, 30]), []
    for crew in (None, *crews.values()):
        objective = Likeness(problem(blob()), TILED, np.random.default_rng(0), crew)
        found.append(optimize(strokes, objective, TILED))
    alone, *others = found
    assert torch.equal(alone.joints.drawn_together(alone.points), alone.points)
    assert not torch.equal(alone.points, strokes.points)
    assert all(torch.equal(other.points, alone.points) for other in others)


def test_a_crew_can_be_given_one_problem_after_another(crews):
    dark, light = problem(np.full((64, 64), 0.2)), problem(np.full((64, 64), 0.9), Rect(10, 20, 42, 52))
    for task in (dark, light):
        crews[2].set_to(task)
        (found,) = crews[2].gradients([LOOK])
        assert torch.equal(found.points, gradients_of(task, LOOK).points)


def test_what_a_worker_raises_is_raised_here(crews):
    crews[2].set_to(problem(blob()))
    odd = replace(LOOK, view=View(10, 20, 31, 31, 0.5))
    with pytest.raises(ValueError, match="32 px cells"):
        list(crews[2].gradients([odd]))
    # And it lives on.
    assert len(list(crews[2].gradients([LOOK] * 5))) == 5


def test_one_worker_is_no_crew():
    with crew_of(1) as crew:
        assert crew is None


def test_looks_that_are_given_up_do_not_come_up_again(crews):
    other = replace(LOOK, strokes=scattered(30, seed=5))
    crews[2].set_to(problem(blob()))
    given_up = crews[2].gradients([LOOK] * 4)
    next(given_up)
    given_up.close()
    (found,) = crews[2].gradients([other])
    assert torch.equal(found.points, gradients_of(problem(blob()), other).points)


def test_a_lost_worker_is_told_in_one_line():
    with crew_of(2) as crew:
        crew.set_to(problem(blob()))
        list(crew.gradients([LOOK] * 2))
        crew.workers[0].process.kill()
        crew.workers[0].process.wait()
        with pytest.raises(PlotoptError, match="fewer --workers"):
            list(crew.gradients([LOOK] * 4))


def test_a_worker_that_cannot_be_started_is_told_in_one_line(monkeypatch):
    """And the one that could be is stopped."""
    started = []

    def start(program, **given):
        if started:
            raise BlockingIOError(errno.EAGAIN, "no more processes")
        started.append(start_python(program, **given))
        return started[0]

    monkeypatch.setattr("plotopt.objectives.crew.start_python", start)
    told = r"^worker process 2 of 3 cannot be started \(no more processes\): take fewer --workers$"
    with pytest.raises(PlotoptError, match=told), crew_of(3):
        pass
    assert started[0].poll() is not None


def test_a_script_needs_no_guard(tmp_path):
    script = tmp_path / "script.py"
    script.write_text(
        "import numpy, plotopt\n"
        "print('once')\n"
        "picture = numpy.full((16, 16, 3), 90, numpy.uint8)\n"
        "print(len(plotopt.fit(picture, strokes=20, quality='draft', size=256, tile=64, workers=2).layers))\n"
    )
    ran = subprocess.run([sys.executable, script], capture_output=True, text=True, check=False)
    assert (ran.returncode, ran.stdout, ran.stderr) == (0, "once\n1\n", "")


def there_and_back(message):
    pipe = io.BytesIO()
    _say(pipe, message)
    pipe.seek(0)
    return pickle.load(pipe)


def test_tensors_come_through_whole():
    strokes = there_and_back(LOOK).strokes
    assert torch.equal(strokes.points, LOOK.strokes.points)
    assert strokes.points.requires_grad is False
    strokes.points.add_(1)
    assert there_and_back(PEN) == PEN
