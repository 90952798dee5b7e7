"""Perception: crops of drawing and target, seen alike and compared by their light and by a network."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import torch
from jaxtyping import Float
from scipy.ndimage import gaussian_filter1d
from torch import Tensor
from torch.nn.functional import interpolate

from plotopt.colour.light import LUMINANCE
from plotopt.losses.base import Loss
from plotopt.losses.features import feature_distance
from plotopt.losses.grain import Grain
from plotopt.losses.style import gram, style_distance
from plotopt.objectives.base import Gradients, Objective, gathered, trainable
from plotopt.objectives.sight import Scene, Sight
from plotopt.picture import Picture
from plotopt.stages import Stage
from plotopt.strokes import Strokes
from plotopt.tones.target import Target

if TYPE_CHECKING:
    from plotopt.networks import Network

# Every part's unit is what it is at the start, in so many crops, and at least this.
_CROPS_MEASURED = 4
_LEAST_UNIT = 1e-6
# A style picture's longer side, and the least of its sides.
_STYLE_PX, _LEAST_STYLE_PX = 512, 32


@dataclass(frozen=True)
class Taste:
    """How a drawing is judged: by its light, by what a network sees in it, and by the marks it is made of.

    ``weights`` of the three parts, each measured in what it is at the start; ``style`` is the Gram matrices
    of another picture at the network's layers, empty where there is none. Features are those of light
    blurred by a Gaussian whose sigma is ``blur_mm``, for drawing and target alike: crisp lines would be bent
    until they look like a photograph's grain. Marks are compared as they are.
    """

    light: Loss
    network: Network
    weights: tuple[float, float, float]
    style: Sequence[Float[Tensor, "channels channels"]] = ()
    blur_mm: float = 0.0

    @property
    def is_styled(self) -> bool:
        """Whether marks count."""
        return bool(self.style) and self.weights[2] > 0


def gram_matrices(network: Network, picture: Picture) -> list[Float[Tensor, "channels channels"]]:
    """The marks of a picture in grey, at about the size that crops have them."""
    light = torch.from_numpy(picture.linear) @ torch.tensor(LUMINANCE)
    scale = min(1.0, _STYLE_PX / max(light.shape))
    shape = [max(_LEAST_STYLE_PX, round(side * scale)) for side in light.shape]
    with torch.no_grad():
        return [gram(features) for features in network(interpolate(light[None, None], shape, mode="area"))]


class Perception(Objective):
    """The parts of a taste over a step's crops, added up by their weights.

    The target is sampled once, at the stage's pixels; crops see it through the same warps as the drawing.
    Strokes keep to the ``grain`` as firmly as the stage asks for.
    """

    def __init__(
        self, taste: Taste, target: Target, scene: Scene, stage: Stage, grain: Grain | None = None
    ) -> None:
        self.mm_per_px = scene.canvas.mm_per_px
        self.pixels = scene.crops.pixels(scene.canvas)
        self._taste, self._scene, self._stage, self.grain = taste, scene, stage, grain
        self._target = target.canvas(self.mm_per_px, 0).pixels[None]
        self._units: Tensor | None = None
        self._blur = None
        if taste.blur_mm:
            # A matrix, since large convolutions differ by the number of threads, and take very long.
            sigma_px, side = taste.blur_mm / self.mm_per_px, scene.crops.size_px
            blur = gaussian_filter1d(np.eye(side), sigma_px, axis=0, mode="mirror")
            self._blur = self._target.new_tensor(blur)

    def gradients(self, strokes: Strokes, number: int) -> Gradients:
        if self._units is None:
            self._units = self._measure(strokes)
        leaf = trainable(strokes)
        loss = self._parts(leaf, number) / self._units @ self._units.new_tensor(self._taste.weights)
        loss.backward()
        return gathered(leaf, loss.detach().double())

    def memory(self) -> dict[str, Tensor]:
        """The unit of each part, once it is measured."""
        return {} if self._units is None else {"units": self._units}

    def recall(self, memory: Mapping[str, Tensor]) -> None:
        self._units = memory.get("units")

    def _measure(self, strokes: Strokes) -> Tensor:
        with torch.no_grad():
            parts = [self._parts(strokes, number) for number in range(_CROPS_MEASURED)]
        return torch.stack(parts).mean(0).clamp(min=_LEAST_UNIT)

    def _parts(self, strokes: Strokes, number: int) -> Float[Tensor, "3"]:
        softness_px = self._stage.anneal(self._stage.softness_px, number)
        seen = self._scene.look(strokes, number, softness_px)
        wanted = self._wanted(seen)
        light = self._taste.light(seen.light, wanted) / wanted.numel()
        features = self._taste.network(self._blurred(seen.light))
        with torch.no_grad():
            sought = self._taste.network(self._blurred(wanted))
        return torch.stack([light, feature_distance(features, sought), self._style(seen)])

    def _style(self, seen: Sight) -> Float[Tensor, ""]:
        if not self._taste.is_styled:
            return seen.light.new_zeros(())
        return style_distance(self._taste.network(seen.light), self._taste.style)

    def _blurred(self, light: Float[Tensor, "views channels height width"]) -> Tensor:
        return light if self._blur is None else self._blur @ light @ self._blur.mT

    def _wanted(self, seen: Sight) -> Tensor:
        paper = self._scene.inks.bare
        ink = self._scene.canvas.raster(self._target - paper, seen.windows.views, seen.windows.warp, fill=0.0)
        return paper + ink
