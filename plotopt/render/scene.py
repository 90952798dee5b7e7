"""Strokes on the page to polylines in pixels: view, warp, cull, flatten."""

from __future__ import annotations

from collections.abc import Sequence

import torch
from jaxtyping import Bool, Float
from torch import Tensor

from plotopt.augment.warp import Warp
from plotopt.render import flattening
from plotopt.render.curves import FARTHEST_PX, polylines
from plotopt.render.flattening import Window
from plotopt.render.polylines import Polylines
from plotopt.strokes import Strokes, chain_of
from plotopt.view import View

#: How far a polyline may be from its curve, unless another tolerance is asked for.
TOLERANCE_PX = 0.05


def flatten(
    strokes: Strokes,
    views: Sequence[View],
    warp: Warp | None = None,
    softness_px: float = 1.0,
    pens: int | None = None,
    tolerance_px: float = TOLERANCE_PX,
) -> Polylines:
    """Polylines of all strokes that can leave ink in each view, on plane ``view * pens + pen``.

    Strokes of points or widths that are no numbers, infinite or beyond ``FARTHEST_PX`` are left out.
    ``warp`` holds one homography a view and moves the control points in that view's pixels. Every polyline
    stays within ``tolerance_px`` of its curve, up to 64 pieces a curve.
    """
    window = Window(tuple(views), pens or pen_count(strokes), softness_px, tolerance_px)
    warped = None if warp is None else warp.points(_in_px(strokes, views))
    if flattening.can_draw(strokes):
        return flattening.draw(strokes, warped, window)
    return _by_definition(strokes, _in_px(strokes, views) if warped is None else warped, window)


def _in_px(strokes: Strokes, views: Sequence[View]) -> Float[Tensor, "views strokes control_points 2"]:
    return torch.stack([view.to_px(strokes.points) for view in views])


def _by_definition(
    strokes: Strokes, points_px: Float[Tensor, "views strokes control_points 2"], window: Window
) -> Polylines:
    """In plain torch, on any device and in any precision."""
    views, pens, softness_px, tolerance_px = window
    radius = torch.stack([0.5 * strokes.width_mm / view.mm_per_px for view in views])
    seen = _reaches(points_px.detach(), radius + softness_px, views[0])
    view_index, stroke_index = seen.nonzero(as_tuple=True)
    plane = view_index * pens + strokes.pen[stroke_index]
    vertices, starts = polylines(chain_of(points_px[view_index, stroke_index]), tolerance_px)
    return Polylines(vertices, starts, radius[view_index, stroke_index], strokes.opacity[stroke_index], plane)


def pen_count(strokes: Strokes) -> int:
    """Pens in use: the highest pen number and one, and at least one."""
    return int(strokes.pen.max()) + 1 if len(strokes) else 1


def _reaches(points: Tensor, reach: Tensor, view: View) -> Bool[Tensor, "views strokes"]:
    """Strokes whose control points' box, grown by the reach, meets the raster (curves stay in the box).

    None that is not a number or goes too far beyond the raster.
    """
    low, high = points.amin(-2) - reach[..., None], points.amax(-2) + reach[..., None]
    size = points.new_tensor([view.width_px, view.height_px])
    meets = (high > 0) & (low < size)
    return (meets & (high < FARTHEST_PX) & (low > -FARTHEST_PX)).all(-1)
