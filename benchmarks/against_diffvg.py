"""Ours beside diffvg, in one run: python benchmarks/against_diffvg.py [--json FILE] [--quick] [--fit]

Images, gradients, time and, with --fit, a plain fit, with diffvg as its users have it: a path of one cubic
curve a stroke, 2 x 2 samples a pixel and its own box filter. Needs diffvg, see plotopt/render/diffvg.py. On
two cores it takes some four minutes, and the fit a quarter of an hour more.
"""

from __future__ import annotations

import plotopt  # noqa: F401  # isort: skip  Before torch: it settles how torch's threads wait.

import argparse
import json
import os
import platform
import sys
from collections.abc import Callable, Iterable, Iterator
from dataclasses import asdict, dataclass
from pathlib import Path
from statistics import mean, median
from time import perf_counter
from typing import Any

import numpy as np
import torch
from practice import STEPS, by_ours, practice
from renderer import scene
from torch import Tensor

from plotopt.errors import PlotoptError
from plotopt.render import Raster, cpu, render
from plotopt.render.diffvg import Diffvg, deal, load, tiles_under
from plotopt.render.scene import flatten
from plotopt.strokes import MAX_OPACITY, Strokes
from plotopt.view import View

GOLDEN = Path(__file__).parent.parent / "tests" / "data" / "golden"
BLACK = (
    "1_straight",
    "2_curve",
    "3_crossing_nonsquare",
    "4_leaving_canvas",
    "6_random20_black",
    "8_thin",
    "9_loop_and_tight_bend",
)
PASSES = 5
AGREE_AT = (128, 256, 512)
STROKES, SIZES = (100, 500, 2000), (256, 512, 1024)
OUR_RUNS, DIFFVG_RUNS = 15, 3
# More strokes times pixels than this are timed once.
_LONG = 500 * 256**2
_QUICK_STEPS = 5

#: Transmittance (height, width) of strokes seen in a view.
Seen = Callable[[Strokes, View], Tensor]
Table = dict[str, dict[str, float]]


@dataclass(frozen=True)
class Native:
    """diffvg with its own curves and filter; the process aborts on more than 256 strokes over a sample."""

    samples: int = 2
    seed: int = 0

    def __call__(self, strokes: Strokes, view: View) -> Tensor:
        pydiffvg: Any = load()
        points, radius = view.to_px(strokes.points).float(), 0.5 * strokes.width_mm.float() / view.mm_per_px
        black = torch.cat([torch.zeros(len(points), 3), strokes.opacity.float()[:, None]], 1)
        controls = torch.tensor([2], dtype=torch.int32)
        shapes = [
            pydiffvg.Path(controls, curve, is_closed=False, stroke_width=own)
            for curve, own in zip(points.unbind(), radius.unbind(), strict=True)
        ]
        groups = [
            pydiffvg.ShapeGroup(torch.tensor([i]), fill_color=None, stroke_color=color)
            for i, color in enumerate(black.unbind())
        ]
        size = view.width_px, view.height_px
        arguments = pydiffvg.RenderFunction.serialize_scene(*size, shapes, groups)
        white = torch.ones(view.height_px, view.width_px, 4)
        image = pydiffvg.RenderFunction.apply(*size, self.samples, self.samples, self.seed, white, *arguments)
        return image[..., 0]


def ours(strokes: Strokes, view: View, softness_px: float = 1.0) -> Tensor:
    return render(strokes, [view], softness_px=softness_px)[0, 0]


def adapted(samples: int, seed: int) -> Seen:
    """diffvg behind our interface, with our polylines."""
    return lambda strokes, view: render(strokes, [view], renderer=Diffvg(samples, seed))[0, 0]


def check_crowd(strokes: Strokes, view: View) -> None:
    """Raises RuntimeError where diffvg might abort the process."""
    if len(deal(tiles_under(flatten(strokes, [view]), Raster(1, view.height_px, view.width_px)))) > 1:
        raise RuntimeError("too many strokes over one place for diffvg")


def agreement(sizes: Iterable[int]) -> Table:
    """Root mean square difference of the images of 500 strokes, by diffvg's samples and our softness."""
    rows = {}
    for size in sizes:
        strokes, view = scene(500, size)
        check_crowd(strokes, view)
        images = {samples: Native(samples)(strokes, view) for samples in (2, 4)}
        rows[f"500 strokes, {size} px"] = {
            f"{samples}x{samples}, {softness_px} px": float(
                (images[samples] - ours(strokes, view, softness_px)).square().mean().sqrt()
            )
            for samples, softness_px in ((2, 1.0), (4, 1.0), (4, 0.6))
        }
    return rows


def gradient_errors() -> dict[str, Table]:
    """Relative errors against the exact boundary integral, by control points and by widths.

    Of single passes the mean error is given; ``mean of many`` is the error of diffvg's mean over many
    passes of 16 x 16 samples: its bias.
    """
    errors: dict[str, Table] = {"points": {}, "widths": {}}
    for name in BLACK:
        with np.load(GOLDEN / f"{name}.npz") as file:
            data = dict(file)
        found = {
            "diffvg 2x2": [gradients(data, Native(2, seed)) for seed in range(PASSES)],
            "mean of many": [(data["grad_points"], data["grad_widths"])],
            "adapter 2x2": [gradients(data, adapted(2, seed)) for seed in range(PASSES)],
            "adapter 8x8": [gradients(data, adapted(8, 0))],
            "ours": [gradients(data, ours)],
        }
        for i, kind in enumerate(errors):
            truth = data[f"grad_{kind}_ref"]
            errors[kind][name] = {
                who: mean(float(np.linalg.norm(each[i] - truth) / np.linalg.norm(truth)) for each in passes)
                for who, passes in found.items()
            }
    return errors


def gradients(data: dict[str, np.ndarray], seen: Seen) -> tuple[np.ndarray, np.ndarray]:
    """Of the weighted sum of a golden scene's pixels, by control points and by full widths."""
    points = torch.tensor(data["points"]).float().requires_grad_()
    widths = torch.tensor(data["widths"]).float().requires_grad_()
    alpha = torch.tensor(data["alpha"]).float().clamp(max=MAX_OPACITY)
    strokes = Strokes(points, widths, alpha, torch.zeros(len(points), dtype=torch.int64))
    image = seen(strokes, View(0, 0, int(data["width"]), int(data["height"]), 1.0))
    (image * torch.tensor(data["weight_map"])).sum().backward()
    return points.grad.numpy(), widths.grad.numpy()


def times(counts: Iterable[int], sizes: Iterable[int]) -> Table:
    """Milliseconds of a forward and a backward pass, medians, and how many times ours are in diffvg's."""
    rows = {}
    for size in sizes:
        for count in counts:
            strokes, view = scene(count, size)
            check_crowd(strokes, view)
            own = timed(ours, strokes, view, OUR_RUNS)
            other = timed(Native(), strokes, view, DIFFVG_RUNS if count * size**2 <= _LONG else 1)
            rows[f"{count} strokes, {size} px"] = {
                "ours forward": own[0],
                "backward": own[1],
                "diffvg forward": other[0],
                "backward ": other[1],
                "ratio": sum(other) / sum(own),
            }
    return rows


def timed(seen: Seen, strokes: Strokes, view: View, runs: int) -> tuple[float, float]:
    """Median milliseconds forward and backward; with many runs after one that is not counted."""
    found = [step(seen, strokes, view) for _ in range(runs + (runs > 1))][runs > 1 :]
    return median(forward for forward, _ in found), median(backward for _, backward in found)


def step(seen: Seen, strokes: Strokes, view: View) -> tuple[float, float]:
    strokes = strokes.with_points(strokes.points.clone().requires_grad_())
    weights = torch.linspace(-1, 1, view.width_px)
    begin = perf_counter()
    loss = (seen(strokes, view) * weights).sum()
    middle = perf_counter()
    loss.backward()
    return 1000 * (middle - begin), 1000 * (perf_counter() - middle)


def fits(steps: int) -> Table:
    """The loss and the seconds of a plain fit, by both renderers."""

    def native_step(strokes: Strokes, view: View, number: int) -> Tensor:
        check_crowd(strokes.detach(), view)
        return Native(seed=number)(strokes, view)

    results = {"diffvg": practice(native_step, steps), **by_ours(steps)}
    return {name: asdict(result) for name, result in results.items()}


def measure(quick: bool, fit: bool) -> Iterator[tuple[str, Table]]:
    """Tables with their titles; quickly, without large scenes and with few steps."""
    cpu.warm_up()
    few = slice(0, 1 if quick else None)
    yield "rms difference of images, by diffvg's samples and our softness", agreement(AGREE_AT[few])
    for kind, rows in gradient_errors().items():
        yield f"relative error of gradients by {kind}", rows
    yield "milliseconds", times(STROKES[:2] if quick else STROKES, SIZES[few])
    if fit:
        steps = _QUICK_STEPS if quick else STEPS
        yield f"plain pixel loss, {steps} steps", fits(steps)


def show(title: str, rows: Table) -> None:
    columns = list(next(iter(rows.values())))
    print(f"\n{title}\n{'':24}" + "".join(f"{column:>16}" for column in columns))
    for name, row in rows.items():
        print(f"{name:24}" + "".join(f"{value:16.{_digits(value)}f}" for value in row.values()), flush=True)


def _digits(value: float) -> int:
    return 1 if value >= 10 else 4


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--json", type=Path, help="also write the figures there")
    parser.add_argument("--quick", action="store_true", help="small scenes and few steps, in half a minute")
    parser.add_argument("--fit", action="store_true", help="also fit a picture with both")
    arguments = parser.parse_args()
    try:
        load()
    except PlotoptError as error:
        print(error, file=sys.stderr)
        sys.exit(2)
    machine = {
        "cpu": platform.processor() or platform.machine(),
        "cores": os.cpu_count(),
        "threads": torch.get_num_threads(),
    }
    print(f"machine: {machine}")
    figures: dict[str, Any] = {"machine": machine}
    for title, rows in measure(arguments.quick, arguments.fit):
        show(title, rows)
        figures[title] = rows
    if arguments.json:
        arguments.json.write_text(json.dumps(figures, indent=2) + "\n")


if __name__ == "__main__":
    main()
