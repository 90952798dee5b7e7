"""Strokes on the page to polylines in pixels: view, warp, cull, flatten."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise

import torch
from jaxtyping import Bool, Float
from torch import Tensor

from plotopt import bezier
from plotopt.augment.warp import Warp
from plotopt.render.polylines import Polylines
from plotopt.strokes import Strokes, chain_of
from plotopt.view import View

# Steps a curve may be cut into. Few choices, so that strokes flatten in few matrix products.
_PIECES = (1, 2, 3, 4, 6, 8, 12, 16, 24, 32, 48, 64)


def flatten(
    strokes: Strokes,
    views: Sequence[View],
    warp: Warp | None = None,
    softness_px: float = 1.0,
    pens: int | None = None,
    tolerance_px: float = 0.05,
) -> Polylines:
    """Polylines of all strokes that can leave ink in each view, on plane ``view * pens + pen``.

    ``warp`` holds one homography a view and moves the control points in that view's pixels. Every polyline
    stays within ``tolerance_px`` of its curve, up to 64 steps a curve.
    """
    points = torch.stack([view.to_px(strokes.points) for view in views])
    if warp is not None:
        points = warp.points(points)
    radius = torch.stack([0.5 * strokes.width_mm / view.mm_per_px for view in views])
    seen = _reaches(points.detach(), radius + softness_px, views[0])
    view_index, stroke_index = seen.nonzero(as_tuple=True)
    plane = view_index * (pens or pen_count(strokes)) + strokes.pen[stroke_index]
    order, vertices, starts = _polylines(points[seen], tolerance_px)
    return Polylines(
        vertices, starts, radius[seen][order], strokes.opacity[stroke_index][order], plane[order]
    )


def pen_count(strokes: Strokes) -> int:
    """Pens in use: the highest pen number and one, and at least one."""
    return int(strokes.pen.max()) + 1 if len(strokes) else 1


def _reaches(points: Tensor, reach: Tensor, view: View) -> Bool[Tensor, "views strokes"]:
    """Strokes whose control points' box, grown by the reach, meets the raster (curves stay in the box)."""
    low, high = points.amin(-2) - reach[..., None], points.amax(-2) + reach[..., None]
    size = points.new_tensor([view.width_px, view.height_px])
    return ((high > 0) & (low < size)).all(-1)


def _polylines(points: Float[Tensor, "strokes control_points 2"], tolerance_px: float):
    """Order of the strokes, their vertices end to end, and the offsets where each begins."""
    chains = chain_of(points)
    spans = chains.shape[-2] // 4
    needed = bezier.pieces_for_tolerance(chains.detach().unflatten(-2, (spans, 4)), tolerance_px).amax(-1)
    bounds = torch.tensor((0, *_PIECES[:-1], float("inf")))
    orders, vertices, counts = [], [], []
    for pieces, (low, high) in zip(_PIECES, pairwise(bounds), strict=True):
        chosen = ((needed > low) & (needed <= high)).nonzero()[:, 0]
        if len(chosen):
            matrix = torch.as_tensor(bezier.vertex_map(spans, pieces), dtype=points.dtype)
            vertices.append((matrix @ chains[chosen]).flatten(0, 1))
            counts.append(torch.full((len(chosen),), len(matrix)))
            orders.append(chosen)
    if not orders:
        return torch.zeros(0, dtype=torch.int64), chains.reshape(-1, 2)[:0], torch.zeros(1, dtype=torch.int64)
    starts = torch.cat([torch.zeros(1, dtype=torch.int64), torch.cat(counts).cumsum(0)])
    return torch.cat(orders), torch.cat(vertices), starts
