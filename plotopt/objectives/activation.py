"""Activation: crops of the drawing, and how much channels of a network like them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from jaxtyping import Bool, Float
from torch import Tensor

from plotopt.colour.palette import Palette
from plotopt.losses.activation import mean_activation
from plotopt.losses.evenness import unevenness
from plotopt.losses.length import stretch
from plotopt.losses.overlap import overlap
from plotopt.objectives.base import Gradients, Objective, gathered, trainable
from plotopt.objectives.sight import Scene, Sight
from plotopt.stages import Stage
from plotopt.strokes import Strokes

if TYPE_CHECKING:
    from plotopt.networks import Network, Neuron

# Cells of evenness along a crop.
_CELLS = 4
# How sharply strokes choose their pens at a stage's begin and end.
_SHARPNESS = (1.0, 30.0)


@dataclass(frozen=True)
class Restraint:
    """What a clean plot is worth, in standard deviations of the channel's activation.

    ``ink`` for a page full of ink, ``overlap`` for as much ink laid over ink, ``evenness`` for the variance
    of darkness from place to place, ``length`` for strokes that are e times too long or too short, where
    ``usual_mm`` is the length to be about.
    """

    usual_mm: float
    ink: float = 0.0
    overlap: float = 0.5
    evenness: float = 2.0
    length: float = 0.1


@dataclass(frozen=True)
class Liking:
    """A network, which of its channels are to be pleased, and the unit that each is measured in."""

    network: Network
    neuron: Neuron
    units: Float[Tensor, "chosen"]

    def activations(self, light: Float[Tensor, "views channels height width"]) -> Float[Tensor, "chosen"]:
        """Each channel's mean activation, as the network has it."""
        (features,) = self.network(light)
        return mean_activation(features, self.neuron.channels, center=self.neuron.center)

    def score(self, light: Float[Tensor, "views channels height width"]) -> Float[Tensor, ""]:
        """The channels' mean activations in their units, added up by their weights."""
        return (self.activations(light) / self.units) @ self.units.new_tensor(self.neuron.weights)


class Activation(Objective):
    """Minus the score of a step's crops, and what restrains the ink.

    ``likings`` take turns over the stage: each has an equal part of its steps.
    """

    def __init__(
        self, likings: Sequence[Liking], scene: Scene, palette: Palette, stage: Stage, restraint: Restraint
    ) -> None:
        self.mm_per_px = scene.canvas.mm_per_px
        self.pixels = scene.crops.pixels(scene.canvas)
        self._likings, self._scene, self._palette = likings, scene, palette
        self._stage, self._restraint = stage, restraint

    def gradients(self, strokes: Strokes, number: int) -> Gradients:
        leaf = trainable(strokes)
        drawn = self._palette.spread(leaf, self._stage.anneal(_SHARPNESS, number))
        seen = self._scene.look(drawn, number, self._stage.anneal(self._stage.softness_px, number))
        liking = self._likings[number * len(self._likings) // self._stage.steps]
        loss = self._cost(seen) - liking.score(seen.light)
        loss.backward()
        drawing = gathered(leaf, loss.detach().double())
        return drawing.plus(self._stretch(strokes, drawing.touched))

    def _cost(self, seen: Sight) -> Tensor:
        cost = self._restraint
        darkness = 1 - seen.light.mean(1, keepdim=True)
        hidden = overlap(seen.lines, seen.raster, seen.transmittance.flatten(0, 1))
        uneven = unevenness(darkness, seen.inside, self._scene.crops.size_px // _CELLS)
        return cost.ink * darkness.mean() + cost.overlap * hidden / darkness.numel() + cost.evenness * uneven

    def _stretch(self, strokes: Strokes, touched: Bool[Tensor, "strokes"]) -> Gradients:
        """Only strokes that were seen are held to their length, as often as the network pulls at them."""
        leaf = trainable(strokes)
        lengths = leaf.select(touched).lengths_mm()
        loss = (
            self._restraint.length * stretch(lengths, self._restraint.usual_mm).sum() / max(1, len(lengths))
        )
        loss.backward()
        return gathered(leaf, loss.detach().double())
