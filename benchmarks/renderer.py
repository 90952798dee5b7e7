"""The CPU renderer's step, forward and backward: python benchmarks/renderer.py [--json FILE]

Strokes are random cubics whose control points lie within 12 % of the canvas, drawn with a nib of radius 1 px.
Every row is the median of several runs with their spread; ratios compare rows of the same run.
"""

from __future__ import annotations

import argparse
import json
import platform
from collections.abc import Callable
from pathlib import Path
from statistics import median
from time import perf_counter

import torch

import plotopt  # noqa: F401  First: it settles how worker threads wait.
from plotopt.render import Renderer, cpu, reference, render
from plotopt.strokes import Strokes
from plotopt.view import View

RUNS = 15
SCENES = [(500, 256), (2000, 256), (2000, 512), (500, 1024), (2000, 1024), (10_000, 1024)]


def scene(strokes: int, size: int) -> tuple[Strokes, View]:
    """Random strokes on a page of ``size`` mm seen at one pixel a mm."""
    generator = torch.Generator().manual_seed(0)
    centres = torch.rand(strokes, 1, 2, generator=generator)
    points = centres + 0.12 * (torch.rand(strokes, 4, 2, generator=generator) - 0.5)
    return Strokes.of_pen(points * size, 2.0), View(0, 0, size, size, 1.0)


def step(strokes: Strokes, view: View, renderer: Renderer) -> float:
    """Seconds of one forward and backward pass, flattening included."""
    strokes = strokes.with_points(strokes.points.clone().requires_grad_())
    weights = torch.linspace(-1, 1, view.width_px)
    start = perf_counter()
    (render(strokes, [view], renderer=renderer) * weights).sum().backward()
    return perf_counter() - start


def timed(run: Callable[[], float], runs: int) -> dict[str, float]:
    """Median and spread in ms, after one run that is not counted."""
    run()
    times = sorted(1000 * run() for _ in range(runs))
    return {"median_ms": median(times), "least_ms": times[0], "most_ms": times[-1]}


def measure() -> dict[str, object]:
    """All rows, and the ratios the project holds itself to."""
    cpu.warm_up()
    rows = {}
    for strokes, size in SCENES:
        drawn = scene(strokes, size)
        rows[f"{strokes} strokes at {size} px"] = timed(
            lambda drawn=drawn: step(*drawn, cpu.transmittance), RUNS
        )
    small = scene(100, 128)
    fast = timed(lambda: step(*small, cpu.transmittance), RUNS)["median_ms"]
    slow = timed(lambda: step(*small, reference.transmittance), 3)["median_ms"]
    ratios = {
        "10,000 strokes to 2,000 at 1024 px": rows["10000 strokes at 1024 px"]["median_ms"]
        / rows["2000 strokes at 1024 px"]["median_ms"],
        "reference to CPU renderer, 100 strokes at 128 px": slow / fast,
    }
    machine = {"cpu": platform.processor() or platform.machine(), "threads": torch.get_num_threads()}
    return {"machine": machine, "rows": rows, "ratios": ratios}


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--json", type=Path, help="also write the figures there")
    arguments = parser.parse_args()
    figures = measure()
    print(f"machine: {figures['machine']}")
    for name, row in figures["rows"].items():
        print(f"{name:28}{row['median_ms']:8.1f} ms   ({row['least_ms']:.1f} to {row['most_ms']:.1f})")
    for name, ratio in figures["ratios"].items():
        print(f"{name:52}{ratio:8.1f}")
    if arguments.json:
        arguments.json.write_text(json.dumps(figures, indent=2) + "\n")


if __name__ == "__main__":
    main()
