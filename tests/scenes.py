"""Polylines for the tests of the renderers, and where on a raster their gradient exists."""

from dataclasses import dataclass, replace
from itertools import pairwise

import numpy as np
import torch

from plotopt.render.polylines import Polylines


def polylines(strokes, radius=1.5, opacity=0.7, plane=0):
    """Polylines in float64 from lists of vertices; one value for all strokes or one each.

    Numbers are rounded to float32, so that a float32 renderer sees the same scene.
    """

    def each(value, dtype):
        return torch.tensor(np.broadcast_to(value, len(strokes)).copy(), dtype=torch.float32).to(dtype)

    arrays = [np.asarray(stroke, np.float32).reshape(-1, 2) for stroke in strokes]
    vertices = np.concatenate([np.zeros((0, 2), np.float32), *arrays])
    starts = torch.tensor([0, *np.cumsum([len(array) for array in arrays])], dtype=torch.int64)
    nibs = each(radius, torch.float64), each(opacity, torch.float64)
    return Polylines(torch.from_numpy(vertices).double(), starts, *nibs, each(plane, torch.int64))


def wandering(seed, count, raster, *, step_px=6.0, most=6):
    """Random walks of 2 to ``most`` vertices that begin on the raster or a little beside it."""
    rng = np.random.default_rng(seed)
    size = np.array([raster.width_px, raster.height_px])
    walks = [rng.normal(scale=step_px, size=(rng.integers(2, most + 1), 2)).cumsum(0) for _ in range(count)]
    return [walk - walk[0] + size * rng.uniform(-0.2, 1.2, 2) for walk in walks]


def random_polylines(seed, count, raster, *, step_px=6.0):
    """Wandering strokes of all nibs and inks, on all planes."""
    rng = np.random.default_rng([seed, 1])
    return polylines(
        wandering(seed, count, raster, step_px=step_px),
        radius=np.exp(rng.uniform(np.log(0.1), np.log(5), count)),
        opacity=rng.uniform(0.05, 0.999, count),
        plane=rng.integers(0, raster.planes, count),
    )


def shift(lines, x_px, y_px):
    """The strokes moved across the raster."""
    return replace(lines, vertices=lines.vertices + lines.vertices.new_tensor([x_px, y_px]))


def reorder(lines, order):
    """The strokes in another order."""
    runs = [torch.arange(start, end) for start, end in pairwise(lines.starts.tolist())]
    counts = torch.tensor([0, *(len(runs[i]) for i in order)])
    vertices = lines.vertices[torch.cat([runs[i] for i in order])]
    return Polylines(
        vertices, counts.cumsum(0), lines.radius[order], lines.opacity[order], lines.plane[order]
    )


@dataclass(frozen=True)
class Rendered:
    """An image and its gradients, all float64."""

    image: torch.Tensor
    vertices: torch.Tensor
    radius: torch.Tensor
    opacity: torch.Tensor


def render_with_gradients(renderer, lines, raster, upstream):
    """What a renderer makes of the lines, and of the gradient ``upstream`` by its image."""
    leaves = [x.clone().requires_grad_() for x in (lines.vertices, lines.radius, lines.opacity)]
    vertices, radius, opacity = leaves
    image = renderer(replace(lines, vertices=vertices, radius=radius, opacity=opacity), raster)
    gradients = torch.autograd.grad(image, leaves, upstream.to(image.dtype))
    return Rendered(image.detach().double(), *(gradient.double() for gradient in gradients))


def has_gradient(lines, raster, gap_px=1e-3):
    """Pixels where the gradient exists, (planes, height, width).

    Where two separate points of one stroke are equally near (its medial axis, within ``gap_px``), distance
    has a kink: either side's gradient is right there, and neither is comparable. Only pixels that the
    stroke reaches count.
    """
    x, y = np.arange(raster.width_px) + 0.5, np.arange(raster.height_px) + 0.5
    pixels = np.stack(np.meshgrid(x, y), -1).reshape(-1, 1, 2)
    clear = np.ones((raster.planes, len(pixels)), bool)
    for i, plane in enumerate(lines.plane.tolist()):
        vertices = lines.vertices[lines.starts[i] : lines.starts[i + 1]].numpy()
        start, edge = vertices[:-1], np.diff(vertices, axis=0)
        along = ((pixels - start) * edge).sum(-1) / np.maximum((edge**2).sum(-1), 1e-30)
        feet = start + np.clip(along, 0, 1)[..., None] * edge
        d = np.linalg.norm(pixels - feet, axis=-1)
        nearest = d.argmin(1)[:, None]
        apart = np.linalg.norm(feet - np.take_along_axis(feet, nearest[..., None], 1), axis=-1) > gap_px
        rival = (d - np.take_along_axis(d, nearest, 1) < gap_px) & apart
        reached = d.min(1) < lines.radius[i].item() + raster.softness_px + gap_px
        clear[plane] &= ~(reached & rival.any(1))
    return torch.from_numpy(clear.reshape(raster.planes, raster.height_px, raster.width_px))
