"""Seconds to a given quality: python benchmarks/to_quality.py [--loss L] [--json FILE]

How long a fit of the example photograph takes until it is as good as plain practice with diffvg leaves it:
500 random cubics, 300 steps of Adam at 1 px on the mean squared error at 256 px. Both drawings have as many
strokes and are judged by the pyramid loss a pixel, see benchmarks/practice.py. Fits of more and more steps
are made from the same seeds, until one is good enough. Seeding is counted, reading the picture is not.
"""

from __future__ import annotations

import argparse
import json
from pathlib import Path
from statistics import median
from time import perf_counter

import numpy as np
from practice import LONG_SIDE_PX, PICTURE, STROKES, pose

from plotopt import posing
from plotopt.first_strokes.sowing import Soil
from plotopt.journal import Journal
from plotopt.listening import no_listener
from plotopt.objectives.likeness import Likeness
from plotopt.objectives.problem import Problem
from plotopt.picture import read_picture
from plotopt.preparing import prepare
from plotopt.settings import FitSettings
from plotopt.stages import Stage
from plotopt.strokes import Strokes

# What `python benchmarks/against_diffvg.py --fit` measured with diffvg at 2 x 2 samples.
DIFFVG_LOSS = 0.136
STEPS, RUNS = (0, 5, 10, 20, 40, 80, 160, 320), 5


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--loss", type=float, default=DIFFVG_LOSS, help=f"to reach  [default: {DIFFVG_LOSS}]")
    parser.add_argument("--json", type=Path, help="also write the figures there")
    arguments = parser.parse_args()
    problem, task = _problem(), pose()
    prepare(FitSettings().profile, no_listener)
    figures = []
    for steps in STEPS:
        times, strokes = zip(*(_timed(problem, steps) for _ in range(RUNS)), strict=True)
        loss = task.judge(strokes[0])
        figures.append({"steps": steps, "loss": loss, "seconds": median(times), "most": max(times)})
        print(f"{steps:4} steps   loss {loss:.4f}   {median(times):6.2f} s   (at most {max(times):.2f})")
        if loss <= arguments.loss:
            print(f"as good as {arguments.loss:g} after {median(times):.2f} s")
            break
    if arguments.json:
        arguments.json.write_text(json.dumps(figures, indent=2) + "\n")


def _problem() -> Problem:
    settings = FitSettings()
    picture = read_picture(PICTURE)
    _, place = settings.sheet(picture.aspect)
    assert isinstance(settings.pens, tuple)
    return posing.pose(picture, settings.pens, settings.stock, settings.tone(), place)


def _timed(problem: Problem, steps: int) -> tuple[float, Strokes]:
    start = perf_counter()
    rng = np.random.default_rng(0)
    strokes = Soil.of(problem.target, problem.pens, problem.inks).sown(STROKES, rng).strokes
    if steps:
        stage = Stage("to quality", LONG_SIDE_PX, steps, (1.0, 0.05), (1.2, 0.6))
        strokes = Journal().improve(strokes, Likeness(problem, stage, rng), stage)
    return perf_counter() - start, strokes


if __name__ == "__main__":
    main()
