"""What a stroke costs on large pages: python benchmarks/scale.py [--workers N]

Pages of 1024 to 4096 px with as many strokes to the area, each some 40 px long, against a smooth picture; a
step is the loss and its gradients over the whole page, in tiles of 512 px. Each page is a process of its own.
"""

from __future__ import annotations

import plotopt  # noqa: F401  # isort: skip  Before torch: it settles how torch's threads wait.

import argparse
import multiprocessing
from statistics import median
from time import perf_counter

import numpy as np
import torch
from memory import peak_mb

from plotopt.colour.ink import Inks
from plotopt.losses.pixel import PyramidLoss
from plotopt.objectives.crew import crew_of
from plotopt.objectives.likeness import Likeness
from plotopt.objectives.problem import Problem
from plotopt.page import Rect
from plotopt.pens import Pen
from plotopt.stages import Stage
from plotopt.strokes import Strokes
from plotopt.tones.target import Target

PAGES = {1024: 3_125, 2048: 12_500, 4096: 50_000}
RUNS, PEN_PX, LENGTH_PX = 5, 3.0, 40.0


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--workers", type=int, nargs="+", default=[1, 2])
    arguments = parser.parse_args()
    context = multiprocessing.get_context("spawn")
    print(f"{'px':>6}{'strokes':>9}{'workers':>9}{'ms a step':>11}{'ms a 1,000':>12}{'MB':>7}")
    for size, strokes in PAGES.items():
        for workers in arguments.workers:
            process = context.Process(target=_report, args=(size, strokes, workers))
            process.start()
            process.join()


def _report(size: int, strokes: int, workers: int) -> None:
    # One pixel a mm.
    stage = Stage("scale", size, 1, (1.0, 1.0), (1.0, 1.0))
    with crew_of(workers) as crew:
        likeness = Likeness(_problem(size), stage, np.random.default_rng(0), crew)
        drawn = _strokes(size, strokes)
        likeness.gradients(drawn, 0)
        times = [_seconds(likeness, drawn) for _ in range(RUNS)]
        peak = peak_mb(lambda: likeness.gradients(drawn, 0))
    ms = 1000 * median(times)
    print(f"{size:6}{strokes:9,}{workers:9}{ms:11.0f}{1000 * ms / strokes:12.2f}{peak:7.0f}", flush=True)


def _seconds(likeness: Likeness, strokes: Strokes) -> float:
    start = perf_counter()
    likeness.gradients(strokes, 0)
    return perf_counter() - start


def _problem(size: int) -> Problem:
    wave = torch.sin(torch.arange(size) / 40)
    pixels = 0.6 + 0.3 * wave[:, None] * wave
    pen = Pen("black", "#000000", PEN_PX)
    target = Target(pixels[None], Rect(0, 0, size, size))
    return Problem(target, (pen,), Inks.of_pens([pen], 1), PyramidLoss())


def _strokes(size: int, count: int) -> Strokes:
    generator = torch.Generator().manual_seed(0)
    middles = size * torch.rand(count, 1, 2, generator=generator)
    bends = LENGTH_PX * (torch.rand(count, 4, 2, generator=generator) - 0.5)
    return Strokes.of_pen(middles + bends, PEN_PX)


if __name__ == "__main__":
    main()
