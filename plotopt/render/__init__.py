"""Differentiable rendering of strokes: ``render(strokes, views)`` gives transmittances.

:mod:`~plotopt.render.reference` defines it; :mod:`~plotopt.render.cpu` and :mod:`~plotopt.render.cuda` obey.
"""

from __future__ import annotations

from collections.abc import Sequence

from jaxtyping import Float
from torch import Tensor

from plotopt.augment.warp import Warp
from plotopt.render import cpu, cuda
from plotopt.render.polylines import Polylines, Raster, Renderer
from plotopt.render.scene import flatten, pen_count
from plotopt.strokes import Strokes
from plotopt.view import View

__all__ = ["Polylines", "Raster", "Renderer", "render", "transmittance"]


def transmittance(lines: Polylines, raster: Raster) -> Float[Tensor, "planes height width"]:
    """Transmittance of every plane by the renderer of the device that the lines are on.

    Where there is none for that device, they are rendered on the CPU and the planes brought back.
    """
    device = lines.vertices.device
    if device.type == "cuda":
        return cuda.transmittance(lines, raster)
    return cpu.transmittance(lines.to("cpu"), raster).to(device)


def render(
    strokes: Strokes,
    views: Sequence[View],
    *,
    warp: Warp | None = None,
    softness_px: float = 1.0,
    pens: int | None = None,
    renderer: Renderer = transmittance,
) -> Float[Tensor, "views pens height width"]:
    """Transmittance of every pen in every view, in [0, 1], 1 where there is no ink.

    Views may lie anywhere on or beyond the page and differ in scale, but share one raster size. ``warp``
    moves the control points, in pixels, by one homography a view. ``softness_px`` is the half width of the
    edge's tent filter; ``pens`` how many there are, by default the highest pen number and one.
    Differentiable by the strokes' points, width and opacity. Strokes of points or widths that are not finite,
    or larger than 1e18 px, are not drawn.

    Raises ValueError where the views differ in raster size.
    """
    height, width = views[0].height_px, views[0].width_px
    if any((view.height_px, view.width_px) != (height, width) for view in views):
        raise ValueError("views of one call must share their raster size")
    pens = pens or pen_count(strokes)
    lines = flatten(strokes, views, warp, softness_px, pens)
    planes = renderer(lines, Raster(len(views) * pens, height, width, softness_px))
    return planes.unflatten(0, (len(views), pens))
