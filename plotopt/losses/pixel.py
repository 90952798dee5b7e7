"""Pixel loss: squared error on a pyramid, since the eye averages light before it compares tone."""

from __future__ import annotations

from dataclasses import dataclass

import torch
from jaxtyping import Float
from torch import Tensor
from torch.nn.functional import avg_pool2d

from plotopt.losses.base import Loss

# Below this level pooled light still shows single lines; from it on it is tone (8 px).
_TONE_LEVEL = 3
# Cells with less variance to show than this hold no lines.
_LEAST = 1e-6


@dataclass(frozen=True)
class PyramidLoss(Loss):
    """Squared error on levels of 2 x 2 average pooling, each counted by area, less what lines cost anyway.

    With I_l and J_l drawing and target pooled l times, the loss in pixels of the finest level is::

        sum over l of  w_l 4^l sum (I_l - J_l)^2  -  sum over l < 3 of  w_l 4^3 sum k_l (1 - m)(m - b)

    The first sum alone is not honest about tone. A line drawing of mean light m is black and white in
    detail, so its fine levels differ from a smooth target by the variance of its lines, at most
    (1 - m)(m - b) with b the ink's own reflectance. That variance falls as light tones lose ink and as
    dark ones gain it, so tones are pushed apart, light ones by several per cent of full light. The second
    sum takes most of the push back: m is the drawing at level 3, and k_l, held constant when
    differentiating, the share of that variance which the drawing shows at level l, measured in each cell
    of the coarsest level. What is left, for lines 16 to 20 px apart, is within 1 %; closer ones, which
    level 3 itself still shows in part, may come out 2 to 3 % too dark.

    ``weights`` run from fine to coarse, at least four. Cells never straddle windows that lie on the
    coarsest level's grid, so a page in tiles has exactly the loss, and the gradient, of the page in one.
    """

    weights: tuple[float, ...] = (0.3, 1.0, 2.0, 6.0, 6.0, 6.0)
    ink: float = 0.0

    @property
    def cell_px(self) -> int:  # type: ignore[override]
        return 2 ** (len(self.weights) - 1)

    def __call__(
        self,
        drawing: Float[Tensor, "views channels height width"],
        target: Float[Tensor, "views channels height width"],
    ) -> Float[Tensor, ""]:
        return _Pyramid.apply(drawing, target, self.weights, self.ink)

    def line_weight(self, width_px: float) -> float:
        """Pooled to level l a thin line is ``width / 2^l`` as dark, over ``2^l / width`` times the area."""
        return sum(weight * min(1.0, width_px / 2**level) for level, weight in enumerate(self.weights))


def reference(drawing: Tensor, target: Tensor, weights: tuple[float, ...], ink: float = 0.0) -> Tensor:
    """The pyramid loss as its definition reads, for tests."""
    total = drawing.new_zeros(())
    cell = 2 ** (len(weights) - 1)
    tone = avg_pool2d(drawing, 2**_TONE_LEVEL)
    most = (1 - tone) * (tone - ink)
    for level, weight in enumerate(weights):
        pooled, wanted = avg_pool2d(drawing, 2**level), avg_pool2d(target, 2**level)
        total = total + weight * 4**level * ((pooled - wanted) ** 2).sum()
        if level < _TONE_LEVEL:
            in_cell = avg_pool2d(most, cell // 2**_TONE_LEVEL)
            variance = avg_pool2d(pooled**2, cell // 2**level) - avg_pool2d(tone**2, cell // 2**_TONE_LEVEL)
            share = (variance / in_cell.clamp(min=_LEAST)).clamp(0, 1).detach()
            total = total - weight * cell**2 * (share * in_cell).sum()
    return total


class _Pyramid(torch.autograd.Function):
    """Pooling is linear, so the difference is pooled once and its gradient written down on the way up."""

    @staticmethod
    def forward(ctx, drawing, target, weights, ink):
        cell = 2 ** (len(weights) - 1)
        levels = _pool(drawing - target, len(weights))
        lights = _pool(drawing, _TONE_LEVEL + 1)
        tone = lights.pop()
        tone_cell = cell // 2**_TONE_LEVEL
        most = avg_pool2d((1 - tone) * (tone - ink), tone_cell)
        mean_square = avg_pool2d(tone.square(), tone_cell)
        texture = torch.zeros_like(most)
        for level, (weight, light) in enumerate(zip(weights, lights, strict=False)):
            variance = avg_pool2d(light.square(), cell // 2**level) - mean_square
            texture += weight * (variance / most.clamp(min=_LEAST)).clamp(0, 1)
        if ctx.needs_input_grad[0]:
            by_tone = _upsample(texture, tone_cell) * (2 * tone - 1 - ink)
            ctx.save_for_backward(_gradient(levels, weights, by_tone))
        errors = zip(weights, levels, strict=True)
        total = sum(weight * 4**level * error.square().sum() for level, (weight, error) in enumerate(errors))
        return total - cell**2 * (texture * most).sum()

    @staticmethod
    def backward(ctx, grad):
        return grad * ctx.saved_tensors[0], None, None, None


def _pool(light: Tensor, levels: int) -> list[Tensor]:
    pyramid = [light]
    for _ in range(levels - 1):
        pyramid.append(avg_pool2d(pyramid[-1], 2))
    return pyramid


def _upsample(cells: Tensor, factor: int) -> Tensor:
    return cells.repeat_interleave(factor, -1).repeat_interleave(factor, -2)


def _gradient(levels: list[Tensor], weights: tuple[float, ...], by_tone: Tensor) -> Tensor:
    """``2 sum of weights[l] * upsampled levels[l]``, and ``by_tone`` at the tone's level.

    Pooling's 4^-l cancels the area's 4^l.
    """
    gradient = torch.zeros(())
    for level in reversed(range(len(levels))):
        own = levels[level] * (2 * weights[level])
        if level == _TONE_LEVEL:
            own = own + by_tone
        if level < len(levels) - 1:
            cells = own.unflatten(-1, (-1, 2)).unflatten(-3, (-1, 2))
            own = (cells + gradient[..., :, None, :, None]).reshape(own.shape)
        gradient = own
    return gradient
