"""Where the time of a fit goes, part by part: python benchmarks/parts.py [IMAGE] [--strokes N] [--quality Q]

The parts are timed from within the process, each without the parts that it calls. One draft is fitted before,
so that nothing is compiled or loaded while the clock runs.
"""

from __future__ import annotations

import argparse
from collections import defaultdict
from collections.abc import Callable
from pathlib import Path
from time import perf_counter
from typing import Any

import plotopt
from plotopt import fitting, refine
from plotopt.adam import Adam
from plotopt.drawing import Drawing
from plotopt.first_strokes import sowing
from plotopt.losses import pixel
from plotopt.objectives import base, likeness, problem, sparing
from plotopt.render import cpu, flattening

PICTURE = Path(__file__).parent.parent / "examples" / "chelsea.png"
# What is timed: the object that has the function, its name, and the part that it belongs to.
PARTS: list[tuple[Any, str, str]] = [
    (fitting, "read_picture", "reading and toning the picture"),
    (fitting, "pose", "reading and toning the picture"),
    (sowing.Soil, "of", "first strokes"),
    (sowing.Soil, "sown", "first strokes"),
    (refine, "seed", "relocation of strokes"),
    (likeness.Likeness, "refine", "relocation of strokes"),
    (problem, "render", "renderer"),
    (flattening._Drawn, "backward", "renderer"),
    (cpu._Transmittance, "backward", "renderer"),
    (pixel.PyramidLoss, "__call__", "loss"),
    (pixel._Pyramid, "backward", "loss"),
    (sparing, "coats", "ink on the paper"),
    (Adam, "step", "Adam"),
    (base, "restraint", "bends and grain"),
    (likeness.Likeness, "gradients", "the rest of a step"),
    (fitting, "plan_layers", "order of the plot"),
    (Drawing, "save", "writing SVG and preview"),
]


class Clock:
    """Seconds by part, each without the parts within."""

    def __init__(self) -> None:
        self.seconds: dict[str, float] = defaultdict(float)
        self._within = [0.0]

    def watch(self, owner: Any, name: str, part: str) -> None:
        """Time every call of a function from now on."""
        function = getattr(owner, name)

        def timed(*arguments: Any, **options: Any) -> Any:
            return self.call(part, lambda: function(*arguments, **options))

        setattr(owner, name, staticmethod(timed) if name == "backward" else timed)

    def call(self, part: str, work: Callable[[], Any]) -> Any:
        """Do some work on a part's account."""
        self._within.append(0.0)
        start = perf_counter()
        try:
            return work()
        finally:
            spent = perf_counter() - start
            self.seconds[part] += spent - self._within.pop()
            self._within[-1] += spent


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("image", nargs="?", default=PICTURE, type=Path)
    parser.add_argument("--strokes", type=int, default=2000)
    parser.add_argument("--quality", default="normal")
    arguments = parser.parse_args()
    plotopt.fit(arguments.image, strokes=200, quality="draft")
    clock = Clock()
    for part in PARTS:
        clock.watch(*part)
    target = Path("build") / "parts.svg"
    target.parent.mkdir(exist_ok=True)
    clock.call("anything else", lambda: _fit(arguments, target))
    total = sum(clock.seconds.values())
    for part, seconds in sorted(clock.seconds.items(), key=lambda each: -each[1]):
        print(f"{part:32}{seconds:8.2f} s{seconds / total:8.0%}")
    print(f"{'all':32}{total:8.2f} s")


def _fit(arguments: argparse.Namespace, target: Path) -> None:
    drawing = plotopt.fit(arguments.image, strokes=arguments.strokes, quality=arguments.quality)
    drawing.save(target, force=True)


if __name__ == "__main__":
    main()
