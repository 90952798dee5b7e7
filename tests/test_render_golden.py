"""Both renderers against figures made by diffvg and by an independent raster; see data/golden/README.md."""

from dataclasses import dataclass
from functools import cache
from pathlib import Path

import numpy as np
import pytest
import torch

from plotopt.colour.ink import Inks
from plotopt.render import cpu, reference, render
from plotopt.strokes import MAX_OPACITY, Strokes
from plotopt.view import View

GOLDEN = Path(__file__).parent / "data" / "golden"
RENDERERS = {"cpu": cpu.transmittance, "reference": reference.transmittance}

# Measured at softness 1, rounded up: rms of the image against image_ref, then the relative errors of the
# gradients by points and by widths. The truth's edges are a box filter's, one pixel wide, and ours a tent's,
# two wide. Scene 8 has strokes 0.3 to 1.2 px wide.
BLACK = {
    "1_straight": (0.015, 0.025, 0.003),
    "2_curve": (0.016, 0.053, 0.010),
    "3_crossing_nonsquare": (0.021, 0.070, 0.004),
    "4_leaving_canvas": (0.021, 0.042, 0.008),
    "6_random20_black": (0.028, 0.105, 0.016),
    "8_thin": (0.018, 0.29, 0.030),
    "9_loop_and_tight_bend": (0.024, 0.070, 0.008),
}
# diffvg paints over, our translucent pens multiply. Opaque pens paint over too, so with a pen for every
# stroke both have one definition, but that diffvg does it sample by sample and ours pixel by pixel.
PAINTED = {"5_alpha_overlap": (0.015, 0.040, 0.011), "7_random20_alpha_color": (0.013, 0.155, 0.016)}

each_renderer = pytest.mark.parametrize("renderer", RENDERERS.values(), ids=RENDERERS)


@dataclass(frozen=True)
class Result:
    """What a renderer makes of a scene: image (height, width, 3), and its loss's gradients."""

    image: np.ndarray
    grad_points: np.ndarray
    grad_widths: np.ndarray


@cache
def load(name):
    with np.load(GOLDEN / f"{name}.npz") as data:
        return dict(data)


@cache
def draw(name, renderer, opaque):
    """Black scenes with one pen, others with a pen a stroke in paint order, covering if ``opaque``."""
    data = load(name)
    points = torch.tensor(data["points"], dtype=torch.float64, requires_grad=True)
    widths = torch.tensor(data["widths"], dtype=torch.float64, requires_grad=True)
    opacity = torch.tensor(data["alpha"], dtype=torch.float64).clamp(max=MAX_OPACITY)
    pens = 1 if name in BLACK else len(points)
    strokes = Strokes(points, widths, opacity, torch.arange(len(points)) % pens)
    view = View(0, 0, int(data["width"]), int(data["height"]), 1.0)
    inks = Inks(torch.tensor(data["color"][:pens], dtype=torch.float64), (opaque,) * pens)
    image = inks.on_paper(render(strokes, [view], softness_px=1.0, renderer=renderer).double())[0]
    (image.mean(0) * torch.tensor(data["weight_map"])).sum().backward()
    return Result(image.detach().permute(1, 2, 0).numpy(), points.grad.numpy(), widths.grad.numpy())


def rms(difference):
    return np.sqrt(np.mean(difference**2))


def relative_error(gradient, truth):
    return np.linalg.norm(gradient - truth) / np.linalg.norm(truth)


def assert_close_to_truth(name, result, bounds):
    data = load(name)
    image_bound, points_bound, widths_bound = bounds
    assert rms(result.image - data["image_ref"]) < image_bound
    assert relative_error(result.grad_points, data["grad_points_ref"]) < points_bound
    assert relative_error(result.grad_widths, data["grad_widths_ref"]) < widths_bound


@each_renderer
@pytest.mark.parametrize("name", BLACK)
def test_black_scenes(name, renderer):
    assert_close_to_truth(name, draw(name, renderer, opaque=False), BLACK[name])


@each_renderer
@pytest.mark.parametrize("name", PAINTED)
def test_translucent_and_coloured_scenes_painted_over(name, renderer):
    assert_close_to_truth(name, draw(name, renderer, opaque=True), PAINTED[name])


@each_renderer
@pytest.mark.parametrize("name", PAINTED)
def test_painting_and_multiplying_agree_where_strokes_do_not_overlap(name, renderer):
    data = load(name)
    multiplied = draw(name, renderer, opaque=False).image
    alone = touching_strokes(data) <= 1
    assert alone.mean() > 0.4
    assert np.allclose(multiplied[alone], draw(name, renderer, opaque=True).image[alone], atol=1e-6)
    assert rms((multiplied - data["image_ref"])[alone]) < PAINTED[name][0]
    bare = touching_strokes(data) == 0
    assert np.array_equal(multiplied[bare], data["image_ref"][bare])


def touching_strokes(data):
    """How many strokes have ink in each pixel, from each one drawn on its own plane."""
    points = torch.tensor(data["points"])
    count = len(points)
    strokes = Strokes(
        points, torch.tensor(data["widths"]).float(), torch.full((count,), 0.5), torch.arange(count)
    )
    planes = render(strokes, [View(0, 0, int(data["width"]), int(data["height"]), 1.0)])[0]
    return (planes < 1).sum(0).numpy()


@each_renderer
@pytest.mark.parametrize("name", ["2_curve", "6_random20_black", "9_loop_and_tight_bend"])
def test_point_gradients_on_curves_are_better_than_diffvgs(name, renderer):
    data = load(name)
    ours = relative_error(draw(name, renderer, opaque=False).grad_points, data["grad_points_ref"])
    assert ours < relative_error(data["grad_points"], data["grad_points_ref"]) / 4
