"""A photograph by a plain pixel loss, as diffvg is mostly used: python benchmarks/practice.py [--steps N]

500 random cubics follow the mean squared error of a picture 256 px wide, by Adam at 1 px and nothing else.
What comes out is judged by this project's own renderer and loss. Here its renderer also makes the steps, at
several widths of its filter; benchmarks/against_diffvg.py lets diffvg make them.
"""

from __future__ import annotations

import plotopt  # noqa: F401  # isort: skip  Before torch: it settles how torch's threads wait.

import argparse
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from time import perf_counter, process_time

import torch
from torch import Tensor

from plotopt.losses.pixel import PyramidLoss
from plotopt.picture import read_picture
from plotopt.render import cpu, render
from plotopt.settings import FitSettings
from plotopt.strokes import Strokes
from plotopt.tones.target import Target
from plotopt.view import View

PICTURE = Path(__file__).parent.parent / "examples" / "chelsea.png"
LONG_SIDE_PX, STROKES, STEPS, PEN_MM = 256, 500, 300, 0.4
STEP_PX, JUDGED_AT_PX = 1.0, 0.6
SOFTNESS_PX = (0.6, 1.0, 1.6)
# How far the start's next control point lies, as a part of the longer side.
_STRIDE = 0.05

#: Transmittance (height, width) of strokes seen in a view, in a numbered step.
RenderStep = Callable[[Strokes, View, int], Tensor]

# Judged by the weights that the fit by diffvg was judged with.
_JUDGE = PyramidLoss((0.3, 1.0, 2.0, 6.0, 6.0, 6.0))


@dataclass(frozen=True)
class Task:
    """The toned picture (height, width), padded with paper to whole cells of the loss, and where it is."""

    target: Tensor
    view: View
    pixels: float

    def judge(self, strokes: Strokes) -> float:
        """The pyramid loss a pixel of the picture, of a drawing as our renderer sees it."""
        seen = render(strokes, [self.view], softness_px=JUDGED_AT_PX)
        return float(_JUDGE(seen, self.target[None, None])) / self.pixels


@dataclass(frozen=True)
class Result:
    """The loss before and after, and the seconds in between, by the clock and of all threads' work."""

    start: float
    end: float
    seconds: float
    cpu_seconds: float


def practice(render_step: RenderStep, steps: int = STEPS, strokes: int = STROKES) -> Result:
    """Fits the picture with steps that ``render_step`` makes, and judges the drawing as ours renders it."""
    task = pose()
    drawn = scattered(strokes, task.view)
    points = task.view.to_px(drawn.points).requires_grad_()
    adam = torch.optim.Adam([points], lr=STEP_PX)
    begin, work = perf_counter(), process_time()
    for number in range(steps):
        adam.zero_grad()
        seen = render_step(drawn.with_points(task.view.to_mm(points)), task.view, number)
        (seen - task.target).square().mean().backward()
        adam.step()
    seconds, work = perf_counter() - begin, process_time() - work
    end = drawn.with_points(task.view.to_mm(points.detach()))
    return Result(task.judge(drawn), task.judge(end), seconds, work)


def pose() -> Task:
    """The picture where a fit on A4 would draw it, in the tones that it would ask of one black pen."""
    picture, settings = read_picture(PICTURE), FitSettings()
    _, place = settings.sheet(picture.aspect)
    mm_per_px = place.longer / LONG_SIDE_PX
    cell_px = _JUDGE.cell_px
    width, height = (cell_px * -(-round(side / mm_per_px) // cell_px) for side in (place.width, place.height))
    view = View(place.left, place.top, width, height, mm_per_px)
    target = Target.from_picture(picture, settings.tone(), place).at_scale(mm_per_px)
    return Task(target.window(view)[0], view, place.width * place.height / mm_per_px**2)


def scattered(strokes: int, view: View) -> Strokes:
    """Random walks of four control points that begin anywhere in the view."""
    generator = torch.Generator().manual_seed(0)
    size = torch.tensor([view.width_px, view.height_px])
    first = size * torch.rand(strokes, 1, 2, generator=generator)
    strides = _STRIDE * LONG_SIDE_PX * (torch.rand(strokes, 3, 2, generator=generator) - 0.5)
    points = torch.cat([first, first + strides.cumsum(1)], 1)
    return Strokes.of_pen(view.to_mm(points), PEN_MM)


def by_ours(steps: int = STEPS) -> dict[str, Result]:
    """Fits by our own renderer, by the half width of its filter."""
    return {f"ours, {width} px": practice(partial(_step, width), steps) for width in SOFTNESS_PX}


def _step(softness_px: float, strokes: Strokes, view: View, number: int) -> Tensor:
    return render(strokes, [view], softness_px=softness_px)[0, 0]


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--steps", type=int, default=STEPS)
    arguments = parser.parse_args()
    cpu.warm_up()
    for name, result in by_ours(arguments.steps).items():
        print(f"{name}: loss {result.start:.4f} to {result.end:.4f} in {result.seconds:.1f} s")


if __name__ == "__main__":
    main()
