"""What neurons make of their drawings: python benchmarks/neuron.py [NEURON ...] [--weights FILE] [--size PX]

Every row is one neuron; figures are the mean activation of its channel in the network as it is, without
augmentation, of

    drawing   the finished SVG, rasterised by resvg at the pen's width
    start     the strokes that the optimisation began with, as an SVG likewise
    random    a hundred other starts: their mean, and the best of them
    pixels    an image of free grey pixels optimised under the same crops, as a ceiling

and then the seconds that a drawing took, and how a step's time goes to rendering and to the network.
"""

from __future__ import annotations

import plotopt  # isort: skip  Before torch: it settles how torch's threads wait.

import argparse
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from time import perf_counter

import numpy as np
import torch
from torch import Tensor
from torch.nn.functional import adaptive_avg_pool2d

from plotopt.canvas import Aim, Canvas
from plotopt.colour.light import light_of
from plotopt.drawing import Drawing
from plotopt.networks import Network, Neuron, load_network, parse_neuron
from plotopt.objectives.base import trainable
from plotopt.page import Rect
from plotopt.settings import NeuronSettings, read_neuron_settings
from plotopt.visualization.easel import Easel, load_eyes
from plotopt.visualization.growth import copied
from plotopt.visualizing import plan_layers

NEURONS = ("vgg16:conv3_3:7", "vgg16:conv3_3:37", "vgg16:conv3_3:100", "vgg16:conv4_2:10")
RANDOM_DRAWINGS, PIXEL_STEPS, TIMED_STEPS = 100, 300, 10
# Pixels of the raster along one that the network sees.
OVERSAMPLING = 3
_LIGHT = torch.tensor([light_of(f"#{level:02x}0000")[0] for level in range(256)])


def place_of(settings: NeuronSettings) -> Rect:
    """Where the canvas lies on the page."""
    return settings.sheet(settings.copied.columns / settings.copied.rows)[1]


def light_of(drawing: Drawing, place: Rect, mm_per_px: float) -> Tensor:
    """A place of the page as resvg draws the SVG, in linear light, at the pixels that the network sees."""
    image = drawing.preview(dpi=25.4 / mm_per_px * OVERSAMPLING)
    scale = image.info["dpi"][0] / 25.4
    box = [round(side * scale) for side in (place.left, place.top, place.right, place.bottom)]
    light = _LIGHT[torch.from_numpy(np.array(image.crop(box))).long()].permute(2, 0, 1)[None]
    return adaptive_avg_pool2d(light, [round(side / mm_per_px) for side in (place.height, place.width)])


def activation(network: Network, wanted: Neuron, light: Tensor) -> float:
    """The mean activation of the neuron's channels by their weights."""
    with torch.no_grad():
        means = network(light)[0][:, list(wanted.channels)].mean((0, 2, 3))
    return float(means @ torch.tensor(wanted.weights))


def start(wanted: Neuron, settings: NeuronSettings, eyes: Sequence[Network]) -> Easel:
    """The easel with the first strokes of one cell."""
    place, grid = place_of(settings), settings.copied
    width, height = place.width / grid.columns, place.height / grid.rows
    cell = Rect(place.left, place.top, place.left + width, place.top + height)
    canvas = Canvas(cell, place.longer / settings.canvas_px, Aim.WRAP)
    count = max(1, round(settings.strokes / (grid.columns * grid.rows)))
    return Easel.set_up(wanted, eyes, canvas, count, settings)


def start_light(easel: Easel, settings: NeuronSettings) -> Tensor:
    """One cell of the first strokes, planned and rasterised as the finished drawing is."""
    cell, pens = easel.scene.canvas.place, settings.layered_pens
    page = settings.page(1.0)
    layers = plan_layers(copied(easel.first, cell, cell), pens, cell, None)
    return light_of(Drawing(page, layers, settings.profile, {}), cell, easel.scene.canvas.mm_per_px)


def pixel_image(wanted: Neuron, easel: Easel) -> Tensor:
    """Free grey pixels of one cell that wraps, after as many crops as the small drawing has had."""
    canvas, crops, liking = easel.scene.canvas, easel.scene.crops, easel.likings[-1]
    generator = torch.Generator().manual_seed(0)
    pixels = (
        2 + 0.1 * torch.randn(1, 1, canvas.height_px, canvas.width_px, generator=generator)
    ).requires_grad_()
    adam = torch.optim.Adam([pixels], lr=0.1)
    around = Canvas(_grown(canvas.place), canvas.mm_per_px)
    for number in range(PIXEL_STEPS):
        windows = crops.windows(canvas, number, 0)
        image = pixels.sigmoid().repeat(1, 1, 3, 3)
        score = liking.score(around.raster(image, windows.views, windows.warp, fill=1.0))
        adam.zero_grad()
        (-score).backward()
        adam.step()
    return pixels.detach().sigmoid()


def _grown(place: Rect) -> Rect:
    width, height = place.width, place.height
    return Rect(place.left - width, place.top - height, place.right + width, place.bottom + height)


def split(easel: Easel) -> tuple[float, float]:
    """Milliseconds of a step's rendering and of the network, forward and backward."""
    rendering, network = [], []
    for number in range(TIMED_STEPS):
        leaf = trainable(easel.palette.decided(easel.first))
        begin = perf_counter()
        light = easel.scene.look(leaf, number, 1.0).light
        rendered = perf_counter()
        seen = light.detach().requires_grad_()
        easel.likings[0].score(seen).backward()
        judged = perf_counter()
        light.backward(seen.grad)
        rendering.append(rendered - begin + perf_counter() - judged)
        network.append(judged - rendered)
    return 1000 * float(np.median(rendering)), 1000 * float(np.median(network))


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("neurons", nargs="*", default=NEURONS)
    parser.add_argument("--weights", type=Path)
    parser.add_argument("--size", type=int, default=1024)
    parser.add_argument("--save", type=Path, help="a folder for the drawings")
    given = parser.parse_args()
    print(f"{'neuron':20}{'drawing':>9}{'start':>9}{'random':>9}{'best':>9}{'pixels':>9}", end="")
    print(f"{'seconds':>9}{'render':>9}{'network':>9}")
    for text in given.neurons:
        wanted = parse_neuron(text)
        settings = read_neuron_settings(weights=given.weights, size=given.size)
        network = load_network(wanted.model, [wanted.layer], weights=given.weights)
        begin = perf_counter()
        drawing = plotopt.neuron(wanted, weights=given.weights, size=given.size)
        seconds = perf_counter() - begin
        if given.save:
            drawing.save(given.save / f"{text.replace(':', '-')}-{given.size}.svg", force=True)
        easel = start(wanted, settings, load_eyes(wanted, settings))
        # Other starts need no network: nothing is measured of them but what their SVG is worth.
        others = [start(wanted, replace(settings, seed=seed), ()) for seed in range(1, RANDOM_DRAWINGS + 1)]
        place, scale = place_of(settings), easel.scene.canvas.mm_per_px
        starts = [activation(network, wanted, start_light(each, settings)) for each in (easel, *others)]
        figures = [
            activation(network, wanted, light_of(drawing, place, scale)),
            starts[0],
            float(np.mean(starts[1:])),
            max(starts[1:]),
            activation(network, wanted, pixel_image(wanted, easel)),
        ]
        rendering, seeing = split(easel)
        print(f"{text:20}" + "".join(f"{figure:9.2f}" for figure in figures), end="")
        print(f"{seconds:9.1f}{rendering:7.1f}ms{seeing:7.1f}ms", flush=True)


if __name__ == "__main__":
    main()
