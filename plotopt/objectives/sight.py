"""What crops see of strokes on a canvas."""

from __future__ import annotations

from dataclasses import dataclass

from jaxtyping import Float
from torch import Tensor

from plotopt.canvas import Canvas
from plotopt.colour.ink import Inks
from plotopt.crops import Crops, Windows
from plotopt.render import Polylines, Raster, Renderer, transmittance
from plotopt.render.scene import flatten
from plotopt.strokes import Strokes


@dataclass(frozen=True)
class Sight:
    """The crops of one step, flattened strokes, what they let through, and the light that reaches the eye.

    ``inside`` is 1 on the canvas and 0 beyond it, where there is paper and nothing else.
    """

    windows: Windows
    lines: Polylines
    raster: Raster
    transmittance: Float[Tensor, "views pens height width"]
    inside: Float[Tensor, "views_or_1 1 height_or_1 width_or_1"]
    light: Float[Tensor, "views channels height width"]


@dataclass(frozen=True)
class Scene:
    """What is looked at, and how: the canvas, the inks on it, the crops, their seed, the renderer."""

    canvas: Canvas
    inks: Inks
    crops: Crops
    seed: int
    renderer: Renderer = transmittance

    def look(self, strokes: Strokes, number: int, softness_px: float) -> Sight:
        """Decided strokes in the crops of step ``number``; differentiable."""
        windows = self.crops.windows(self.canvas, number, self.seed)
        views, size_px = windows.views, self.crops.size_px
        near = self.canvas.around(strokes, size_px)
        lines = flatten(near, views, windows.warp, softness_px, self.inks.pens)
        raster = Raster(len(views) * self.inks.pens, size_px, size_px, softness_px)
        through = self.renderer(lines, raster).unflatten(0, (len(views), self.inks.pens))
        inside = self.canvas.inside(views, windows.warp, near.points.device)
        paper = self.inks.bare
        light = paper + inside * (self.inks.on_paper(through) - paper)
        return Sight(windows, lines, raster, through, inside, light)
