"""The easel: first strokes of a neuron, and what is needed to better them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np
import torch
from jaxtyping import Bool
from torch import Tensor

from plotopt.canvas import Canvas
from plotopt.colour.palette import Palette
from plotopt.devices import find_devices
from plotopt.errors import PlotoptError
from plotopt.journal import Journal
from plotopt.networks import Neuron, check_channels
from plotopt.objectives.activation import Activation, Liking, Restraint
from plotopt.objectives.base import gathered, trainable
from plotopt.objectives.sight import Scene
from plotopt.settings.network import NetworkSettings
from plotopt.stages import Stage
from plotopt.strokes import Strokes
from plotopt.visualization.scatter import Usual, scatter

if TYPE_CHECKING:
    from plotopt.networks import Network

# The channel's spread is measured on so many crops of the first strokes.
_CROPS_MEASURED = 4
_LEAST_SPREAD = 1e-3
# Where the channels of tokens stand: views, tokens, channels.
_OF_TOKENS = 2


def load_eyes(wanted: Neuron, settings: NetworkSettings) -> tuple[Network, ...]:
    """The network below the neuron: with leaky ReLUs and then with bare ones, or with bare ones alone.

    Leaky ReLUs help a drawing out of places where a neuron is silent; in the end the network shall be
    pleased as it is. Raises PlotoptError for a layer, a channel or weights that there are not.
    """
    from plotopt.networks import load_network  # Takes torchvision, a second's loading.

    slopes = dict.fromkeys((settings.relu.slope, 0.0))
    eyes = tuple(
        load_network(
            wanted.model,
            [wanted.layer],
            weights=settings.weights,
            relu_slope=slope,
            size_px=settings.crop,
            device=find_devices(settings.device).networks,
        ).hastened()
        for slope in slopes
    )
    check_channels(wanted, *eyes[0].channels)
    if wanted.center and eyes[0].layers[0].channel_axis == _OF_TOKENS:
        raise PlotoptError(
            f"{wanted.layer:.40} of {wanted.model} is a row of tokens, no map: leave out @center"
        )
    return eyes


@dataclass(frozen=True)
class Easel:
    """A neuron, its palette and first strokes, and how crops of them are judged.

    Strokes come and go on the CPU; the scene's device is where they are bettered.
    """

    likings: tuple[Liking, ...]
    palette: Palette
    restraint: Restraint
    scene: Scene
    first: Strokes
    usual: Usual
    rng: np.random.Generator

    @classmethod
    def set_up(
        cls, wanted: Neuron, eyes: Sequence[Network], canvas: Canvas, count: int, settings: NetworkSettings
    ) -> Easel:
        """``count`` first strokes on a canvas; all randomness comes from the settings' seed."""
        rng = np.random.default_rng(settings.seed)
        palette = Palette(settings.layered_pens, settings.stock)
        pen_mm = float(palette.widths_mm.mean())
        usual = Usual.of(canvas.place, count, pen_mm)
        first = palette.undecided(scatter(canvas.place, count, pen_mm, usual, rng), rng)
        device = find_devices(settings.device).drawing
        scene = Scene(canvas, palette.inks.to(device), settings.crops, int(rng.integers(2**31)))
        decided = palette.decided(first).to(device)
        likings = tuple(Liking(eye, wanted, _spread(eye, wanted, scene, decided)) for eye in eyes)
        costs = (settings.ink, settings.overlap, settings.evenness, settings.length)
        return cls(likings, palette, Restraint(usual.length_mm, *costs), scene, first, usual, rng)

    def begin(self, stage: Stage, journal: Journal) -> Strokes:
        """The first strokes after one stage on the canvas they were made for."""
        return self._improve(self.first, self.scene, self.likings, stage, journal)

    def go_on(self, strokes: Strokes, canvas: Canvas, stage: Stage, journal: Journal) -> Strokes:
        """Strokes after one more stage, on another canvas of the same pixel size."""
        scene = replace(self.scene, canvas=canvas)
        return self._improve(strokes, scene, self.likings[-1:], stage, journal)

    def felt(self, strokes: Strokes) -> Bool[Tensor, "strokes"]:
        """Which strokes the network sees at all, in the crops of a few steps."""
        leaf = trainable(strokes.to(self.scene.inks.device))
        for number in range(_CROPS_MEASURED):
            score = self.likings[0].score(self.scene.look(leaf, number, 1.0).light)
            score.backward()
        return gathered(leaf, -score.detach()).touched.cpu()

    def _improve(
        self, strokes: Strokes, scene: Scene, likings: Sequence[Liking], stage: Stage, journal: Journal
    ) -> Strokes:
        canvas = scene.canvas
        long_side_px = max(canvas.width_px, canvas.height_px)
        stage = replace(stage, steps=scene.crops.steps(canvas, stage.steps), long_side_px=long_side_px)
        objective = Activation(likings, scene, self.palette, stage, self.restraint)
        moved = strokes.to(scene.inks.device)
        bettered = journal.improve(moved, objective, stage)
        return self.palette.decided(bettered).to("cpu")


def _spread(network: Network, wanted: Neuron, scene: Scene, strokes: Strokes) -> Tensor:
    """Standard deviation of each channel over several crops of the first strokes, its unit from there on."""
    with torch.no_grad():
        seen = [network(scene.look(strokes, number, 1.0).light)[0] for number in range(_CROPS_MEASURED)]
    maps = torch.cat(seen)[:, list(wanted.channels)]
    return maps.transpose(0, 1).flatten(1).std(1).clamp(min=_LEAST_SPREAD)
