"""A rendering step by strokes, size and backend, beside its arithmetic floor: python benchmarks/renderer.py

Strokes are random cubics whose control points lie within 12 % of the canvas, drawn with a nib of radius 1 px.
A step is flattening, forward and backward; "raster" is forward and backward of strokes that are flattened
already. Every row is the median of several runs with their spread; ratios compare rows of one run.
``--json FILE`` keeps the figures.
"""

from __future__ import annotations

import plotopt  # noqa: F401  # isort: skip  Before torch: it settles how torch's threads wait.

import argparse
import json
import platform
from collections.abc import Callable
from dataclasses import replace
from importlib.util import find_spec
from pathlib import Path
from statistics import median
from time import perf_counter

import torch
from floor import floor, peak_rate
from memory import peak_mb

from plotopt.render import Polylines, Raster, Renderer, cpu, reference, render, scrap, transmittance
from plotopt.render.diffvg import Diffvg
from plotopt.render.scene import flatten
from plotopt.strokes import Strokes
from plotopt.view import View

RUNS = 15
SCENES = [(500, 256), (2000, 256), (2000, 512), (500, 1024), (2000, 1024), (10_000, 1024), (2000, 2048)]
# What the slow ones can be asked for.
SMALL = (100, 128)
Row = dict[str, float]


def scene(strokes: int, size: int, device: str = "cpu") -> tuple[Strokes, View]:
    """Random strokes on a page of ``size`` mm seen at one pixel a mm."""
    drawn = Strokes.of_pen((random_points(strokes) * size).to(device), 2.0)
    return drawn, View(0, 0, size, size, 1.0)


def random_points(strokes: int) -> torch.Tensor:
    """Control points (strokes, 4, 2) about a square of side 1."""
    generator = torch.Generator().manual_seed(0)
    centres = torch.rand(strokes, 1, 2, generator=generator)
    return centres + 0.12 * (torch.rand(strokes, 4, 2, generator=generator) - 0.5)


def step(strokes: Strokes, view: View, renderer: Renderer, weights: torch.Tensor) -> float:
    """Seconds of one forward and backward pass, flattening included."""
    strokes = strokes.with_points(strokes.points.clone().requires_grad_())
    _wait(weights)
    start = perf_counter()
    image = render(strokes, [view], renderer=renderer)
    image.backward(weights)
    _wait(weights)
    return perf_counter() - start


def raster_step(lines: Polylines, raster: Raster, weights: torch.Tensor) -> float:
    """Seconds of one forward and backward pass over polylines that are there already."""
    lines = replace(lines, vertices=lines.vertices.detach().requires_grad_())
    start = perf_counter()
    cpu.transmittance(lines, raster).backward(weights[0])
    return perf_counter() - start


def _wait(values: torch.Tensor) -> None:
    if values.is_cuda:
        torch.cuda.synchronize()


def timed(run: Callable[[], float], runs: int) -> Row:
    """Median and spread in ms, after one run that is not counted."""
    run()
    times = sorted(1000 * run() for _ in range(runs))
    return {"median_ms": median(times), "least_ms": times[0], "most_ms": times[-1]}


def row(strokes: int, size: int, renderer: Renderer, runs: int = RUNS, device: str = "cpu") -> Row:
    """One row of the table: times and peak memory of a step."""
    drawn = scene(strokes, size, device)
    weights = torch.linspace(-1, 1, size, device=device).expand(1, 1, size, size).contiguous()
    figures = timed(lambda: step(*drawn, renderer, weights), runs)
    # As for a first step: those after it take no memory that is new.
    scrap._drawer.sheets.clear()
    return figures | {"peak_mb": peak_mb(lambda: step(*drawn, renderer, weights), device)}


def to_the_floor(strokes: int, size: int, rate: float) -> Row:
    """The floor of a scene in ms, and the pairs it is made of."""
    drawn, view = scene(strokes, size)
    lines, raster = flatten(drawn, [view]), Raster(1, size, size)
    found = floor(lines, 1.0, (size, size), rate)
    weights = torch.linspace(-1, 1, size).expand(1, 1, size, size).contiguous()
    alone = timed(lambda: raster_step(lines, raster, weights), RUNS)["median_ms"]
    return {
        "floor_ms": 1000 * found.seconds,
        "segment_pairs": found.segments,
        "stroke_pairs": found.strokes,
        "raster_ms": alone,
        "raster_to_floor": alone / (1000 * found.seconds),
    }


def measure() -> dict[str, object]:
    """All rows, and the ratios the project holds itself to."""
    cpu.warm_up()
    rate = peak_rate()
    rows = {}
    for strokes, size in SCENES:
        figures = row(strokes, size, cpu.transmittance) | to_the_floor(strokes, size, rate)
        rows[f"cpu, {strokes} at {size} px"] = figures | {
            "to_floor": figures["median_ms"] / figures["floor_ms"]
        }
        if torch.cuda.is_available():
            rows[f"cuda, {strokes} at {size} px"] = row(strokes, size, transmittance, device="cuda")
    strokes, size = SMALL
    for name, renderer in _others().items():
        rows[f"{name}, {strokes} at {size} px"] = row(strokes, size, renderer, 3)
    return {"machine": machine(rate), "rows": rows, "ratios": ratios(rows)}


def _others() -> dict[str, Renderer]:
    others: dict[str, Renderer] = {"cpu": cpu.transmittance, "reference": reference.transmittance}
    return others | ({"diffvg 2x2": Diffvg()} if find_spec("pydiffvg") else {})


def ratios(rows: dict[str, Row]) -> dict[str, float]:
    """Times of rows in parts of other rows'."""

    def ms(name: str) -> float:
        return rows[name]["median_ms"]

    found = {
        "cpu at 1024 px: 10,000 strokes to 2,000": ms("cpu, 10000 at 1024 px") / ms("cpu, 2000 at 1024 px"),
        "cpu, 2,000 strokes: 2048 px to 1024 px": ms("cpu, 2000 at 2048 px") / ms("cpu, 2000 at 1024 px"),
    }
    small = f"{SMALL[0]} at {SMALL[1]} px"
    for name in ("reference", "diffvg 2x2"):
        if f"{name}, {small}" in rows:
            found[f"{name} to cpu, {small}"] = ms(f"{name}, {small}") / ms(f"cpu, {small}")
    return found


def machine(rate: float) -> dict[str, object]:
    """What the figures were measured on."""
    return {
        "cpu": _model(),
        "threads": torch.get_num_threads(),
        "multiply_adds_a_second": rate,
        "gpu": torch.cuda.get_device_name() if torch.cuda.is_available() else None,
        "torch": torch.__version__,
        "python": platform.python_version(),
    }


def _model() -> str:
    cpuinfo = Path("/proc/cpuinfo")
    names = cpuinfo.read_text().splitlines() if cpuinfo.exists() else []
    found = (line.partition(":")[2].strip() for line in names if line.startswith("model name"))
    return next(found, platform.processor() or platform.machine())


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--json", type=Path, help="also write the figures there")
    arguments = parser.parse_args()
    figures = measure()
    print(", ".join(f"{name}: {value}" for name, value in figures["machine"].items()))
    heads = ("floor ms", "to floor", "raster ms", "to floor")
    print(f"{'':28}{'ms':>9}{'least':>9}{'most':>9}{'MB':>7}" + "".join(f"{head:>10}" for head in heads))
    for name, found in figures["rows"].items():
        times = "".join(f"{found[key]:9.2f}" for key in ("median_ms", "least_ms", "most_ms"))
        names = ("floor_ms", "to_floor", "raster_ms", "raster_to_floor") if "to_floor" in found else ()
        floors = "".join(f"{found[key]:10.2f}" for key in names)
        print(f"{name:28}{times}{found['peak_mb']:7.0f}{floors}")
    for name, ratio in figures["ratios"].items():
        print(f"{name:52}{ratio:9.1f}")
    if arguments.json:
        arguments.json.write_text(json.dumps(figures, indent=2) + "\n")


if __name__ == "__main__":
    main()
