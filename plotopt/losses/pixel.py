"""Pixel loss: squared error on a pyramid, since the eye averages light before it compares tone."""

from __future__ import annotations

from dataclasses import dataclass

import torch
from jaxtyping import Float
from torch import Tensor
from torch.autograd.function import once_differentiable
from torch.nn.functional import avg_pool2d

from plotopt.hands import fits_kernels
from plotopt.losses import pyramid
from plotopt.losses.base import Loss
from plotopt.render.scrap import sheet


@dataclass(frozen=True)
class PyramidLoss(Loss):
    """Squared error on levels of 2 x 2 average pooling, each counted by area, less what lines cost anyway.

    With I_l and J_l drawing and target pooled l times, the loss in pixels of the finest level is::

        sum over l of  w_l 4^l sum (I_l - J_l)^2  -  w_l 4^u sum k_l (1 - I_u)(I_u - b),  u = l + 3 or the top

    The first part alone is not honest about tone. In detail a line drawing is black and white, and its
    error against a smooth grey is the variance of its lines, at most (1 - I)(I - b) with b the ink's own
    reflectance. That variance falls as light tones lose ink and as dark ones gain it, so tones are pushed
    apart, light ones by several per cent of full light. The second part takes most of that back: k_l,
    measured in each cell of the top level and held constant when differentiating, is the share of the
    largest possible variance that the error at level l has beyond that at level u. Where the target has
    less room for variance than the drawing, k_l falls in proportion: a line on what shall be white paper
    is no hatching but an error.

    ``weights`` run from fine to coarse; the usual ones are those of the best plots (docs/quality.md). Cells
    never straddle windows that lie on the top level's grid, so a page in tiles has exactly the loss, and the
    gradient, of the page in one piece. Windows of another size raise ValueError. There is no gradient by the
    target.
    """

    weights: tuple[float, ...] = (0.05, 0.8, 3.0, 3.3, 12.0, 18.0)
    ink: float = 0.0

    @property
    def cell_px(self) -> int:  # type: ignore[override]
        return 2 ** (len(self.weights) - 1)

    def __call__(
        self,
        drawing: Float[Tensor, "views channels height width"],
        target: Float[Tensor, "views channels height width"],
    ) -> Float[Tensor, ""]:
        if any(side % self.cell_px for side in drawing.shape[-2:]):
            raise ValueError(
                f"a window of {tuple(drawing.shape[-2:])} px is not made of {self.cell_px} px cells"
            )
        return _Pyramid.apply(drawing, target.detach(), self.weights, self.ink)

    def line_weight(self, width_px: float) -> float:
        """Pooled to level l a thin line is ``width / 2^l`` as dark, over ``2^l / width`` times the area."""
        return sum(weight * min(1.0, width_px / 2**level) for level, weight in enumerate(self.weights))


def reference(drawing: Tensor, target: Tensor, weights: tuple[float, ...], ink: float = 0.0) -> Tensor:
    """The pyramid loss as its definition reads, for tests."""
    total = drawing.new_zeros(())
    top = len(weights) - 1
    errors = [avg_pool2d(drawing, 2**level) - avg_pool2d(target, 2**level) for level in range(top + 1)]
    for level, weight in enumerate(weights):
        total = total + weight * 4**level * (errors[level] ** 2).sum()
        up = min(level + pyramid.RISE, top)
        most, wanted = (
            avg_pool2d((1 - tone) * (tone - ink), 2 ** (top - up))
            for tone in (avg_pool2d(drawing, 2**up), avg_pool2d(target, 2**up))
        )
        beyond = avg_pool2d(errors[level] ** 2, 2 ** (top - level)) - avg_pool2d(
            errors[up] ** 2, 2 ** (top - up)
        )
        share = _share(beyond, most, wanted).detach()
        total = total - weight * 4**top * (share * most).sum()
    return total


class _Pyramid(torch.autograd.Function):
    """Value and gradient at once: by a kernel where there is one, else level by level."""

    @staticmethod
    def forward(ctx, drawing, target, weights, ink):
        if fits_kernels(drawing) and len(weights) > pyramid.IN_REGISTERS:
            value, gradient = pyramid.value_and_gradient(drawing, target, weights, ink)
            total = drawing.new_tensor(value)
        elif drawing.is_cuda and drawing.dtype == torch.float32:
            from plotopt.losses import triton_pyramid

            total, gradient = triton_pyramid.value_and_gradient(drawing, target, weights, ink)
        else:
            total, gradient = _value_and_gradient(drawing, target, weights, ink)
        if ctx.needs_input_grad[0]:
            ctx.save_for_backward(gradient)
        return total

    @staticmethod
    @once_differentiable
    def backward(ctx, grad):
        (gradient,) = ctx.saved_tensors
        product = sheet(*gradient.shape) if fits_kernels(gradient) else None
        return torch.mul(gradient, grad, out=product), None, None, None


def _value_and_gradient(
    drawing: Tensor, target: Tensor, weights: tuple[float, ...], ink: float
) -> tuple[Tensor, Tensor]:
    """Pooling is linear, so the error is pooled once and its gradient written down on the way up."""
    top = len(weights) - 1
    errors = _pool(drawing - target, top)
    squares = [_to_top(error.square(), level, top) for level, error in enumerate(errors)]
    total = sum(weight * square.sum() for weight, square in zip(weights, squares, strict=True))
    gradients = [error * (2 * weight) for weight, error in zip(weights, errors, strict=True)]
    lowest = min(pyramid.RISE, top)
    tones = [drawing] * lowest + _pool(avg_pool2d(drawing, 2**lowest), top - lowest)
    for level in range(top):
        up = min(level + pyramid.RISE, top)
        most, wanted = (
            _to_top((1 - tone) * (tone - ink), up, top) for tone in (tones[up], tones[up] - errors[up])
        )
        share = weights[level] * _share(squares[level] - squares[up], most, wanted)
        total -= (share * most).sum()
        gradients[up] += _from_top(share, up, top) * (2 * tones[up] - 1 - ink)
    return 4**top * total, _spread(gradients)


def _share(beyond: Tensor, most: Tensor, wanted: Tensor) -> Tensor:
    most = most.clamp(min=pyramid.LEAST)
    return (beyond / most).clamp(0, 1) * (wanted / most).clamp(0, 1)


def _pool(light: Tensor, levels: int) -> list[Tensor]:
    pyramid = [light]
    for _ in range(levels):
        pyramid.append(avg_pool2d(pyramid[-1], 2))
    return pyramid


def _to_top(light: Tensor, level: int, top: int) -> Tensor:
    return avg_pool2d(light, 2 ** (top - level)) if level < top else light


def _from_top(cells: Tensor, level: int, top: int) -> Tensor:
    return cells.repeat_interleave(2 ** (top - level), -1).repeat_interleave(2 ** (top - level), -2)


def _spread(gradients: list[Tensor]) -> Tensor:
    """Every level's own gradient, summed by the finest pixels: pooling's 4^-l cancels the area's 4^l."""
    gradient = gradients[-1]
    for own in gradients[-2::-1]:
        cells = own.unflatten(-1, (-1, 2)).unflatten(-3, (-1, 2))
        gradient = (cells + gradient[..., :, None, :, None]).reshape(own.shape)
    return gradient
