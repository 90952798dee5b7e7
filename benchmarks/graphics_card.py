"""The renderer and whole steps on a graphics card: python benchmarks/graphics_card.py [--json FILE]

Strokes are random cubics as in benchmarks/renderer.py. "Render" is forward and backward of strokes that are
flattened already, one replay of a captured graph. "Step" is a step of a fit as ``plotopt fit --device cuda``
takes it: flattening, renderer, loss, Adam and now and then a look at the ink on the paper, with all that the
host does in between. The CPU takes its steps on the same machine in the same run.
"""

from __future__ import annotations

import plotopt  # noqa: F401  # isort: skip  Before torch: it settles how torch's threads wait.

import argparse
import json
from collections.abc import Callable
from pathlib import Path
from time import perf_counter

import numpy as np
import torch
from floor import peak_rate
from practice import PICTURE
from renderer import Row, machine, random_points, timed

from plotopt.journal import Journal
from plotopt.objectives.likeness import Likeness
from plotopt.objectives.replay import captured
from plotopt.objectives.sparing import Sparing
from plotopt.page import Rect
from plotopt.picture import read_picture
from plotopt.posing import pose
from plotopt.render import Raster, cpu
from plotopt.render.cuda import transmittance_within
from plotopt.render.scene import flatten
from plotopt.settings import FitSettings
from plotopt.stages import Stage
from plotopt.strokes import Strokes
from plotopt.view import View

# The last is the scene that Bezier Splatting's authors time theirs with.
SCENES = [(500, 256, 256), (2000, 512, 512), (2000, 1024, 1024), (10_000, 1024, 1024), (2048, 2040, 1344)]
RUNS, REPLAYS, STEPS = 7, 100, 100
CPU_STEPS = 10
LONG_SIDE_MM = 256
# Random strokes lie over each other more than a fit's; were that too much, steps would go singly.
MOST_COATS = 100.0


def scene(strokes: int, width: int, height: int, mm_per_px: float = 1.0) -> Strokes:
    """Random strokes, 2 px wide, on a page seen in so many pixels."""
    return Strokes.of_pen(random_points(strokes) * torch.tensor([width, height]) * mm_per_px, 2.0 * mm_per_px)


def render_ms(strokes: int, width: int, height: int) -> Row:
    """Forward and backward on the card."""
    drawn, view = scene(strokes, width, height).to("cuda"), View(0, 0, width, height, 1.0)
    lines, raster = flatten(drawn, [view]), Raster(1, height, width)
    leaf = lines.vertices.detach().float().requires_grad_()
    lines = type(lines)(leaf, lines.starts, lines.radius, lines.opacity, lines.plane)
    weights = torch.linspace(-1, 1, width, device="cuda").expand(1, height, width).contiguous()
    room = int(transmittance_within(lines, raster, 0)[1])

    def step() -> None:
        image, _ = transmittance_within(lines, raster, room)
        torch.autograd.grad(image, leaf, weights)

    return spread(captured(step), REPLAYS) | {"pairs": room}


def step_ms(strokes: int, width: int, height: int, device: str) -> Row:
    """One step of a fit."""
    mm_per_px, settings = LONG_SIDE_MM / max(width, height), FitSettings()
    frame = Rect(0, 0, width * mm_per_px, height * mm_per_px)
    problem = pose(read_picture(PICTURE), settings.pens, settings.stock, settings.tone(), frame)
    steps = STEPS if device == "cuda" else CPU_STEPS
    stage = Stage("timed", max(width, height), steps, (1.0, 0.05), (1.2, 0.6))
    likeness = Likeness(problem.to(device), stage, np.random.default_rng(0))
    objective = Sparing(likeness, frame, MOST_COATS)
    drawn = scene(strokes, width, height, mm_per_px).to(device)
    found = spread(lambda: Journal().improve(drawn, objective, stage), 1)
    return {name: value / steps for name, value in found.items()}


def spread(work: Callable[[], object], times: int) -> Row:
    """Median, least and most of several runs in ms, each the mean of so many times."""
    return timed(lambda: _seconds(work, times), RUNS)


def _seconds(work: Callable[[], object], times: int) -> float:
    _wait()
    start = perf_counter()
    for _ in range(times):
        work()
    _wait()
    return (perf_counter() - start) / times


def _wait() -> None:
    if torch.cuda.is_available():
        torch.cuda.synchronize()


def measure() -> dict[str, Row]:
    """All rows."""
    cpu.warm_up()
    rows = {}
    for place in SCENES:
        name = "{} at {} x {} px".format(*place)
        if torch.cuda.is_available():
            rows[f"render, {name}"] = render_ms(*place)
            rows[f"step, {name}"] = step_ms(*place, "cuda")
        rows[f"step on the CPU, {name}"] = step_ms(*place, "cpu")
    return rows


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--json", type=Path, help="also write the figures there")
    arguments = parser.parse_args()
    figures = {"machine": machine(peak_rate()), "rows": measure()}
    print(", ".join(f"{name}: {value}" for name, value in figures["machine"].items()))
    for name, found in figures["rows"].items():
        print(f"{name:42}" + "".join(f"{found[key]:9.3f}" for key in ("median_ms", "least_ms", "most_ms")))
    if arguments.json:
        arguments.json.write_text(json.dumps(figures, indent=2) + "\n")


if __name__ == "__main__":
    main()
