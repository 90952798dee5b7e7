"""What the strokes shall look like: the picture in the tones that these pens have on this paper."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import torch
from jaxtyping import Float
from PIL import Image
from torch import Tensor

from plotopt.colour.contrast import on_stock
from plotopt.colour.ink import Inks, pixels_of
from plotopt.colour.light import LUMINANCE, light_of, luminance
from plotopt.colour.oklab import oklab
from plotopt.losses.colour import ColourLoss
from plotopt.losses.pixel import PyramidLoss
from plotopt.objectives.problem import Problem
from plotopt.page import Rect
from plotopt.pens import Pen
from plotopt.picture import Picture
from plotopt.stocks import Stock
from plotopt.tones.target import Target
from plotopt.tones.tone import Tone

# Where lines touch there is nearly this much ink; more would only soak the paper.
_MOST_INK = 0.92
# Pens of less chroma in OKLab are black, grey or white.
_NEUTRAL = 0.03
_LEAST = 1e-6
# Every fit makes this picture for the report, which shows no more pixels.
_SHOWN_PX = 1600
_COLOUR_GAMMA, _LIT_GAMMA = 1.6, 1.4


def pose(picture: Picture, pens: Sequence[Pen], stock: Stock, tone: Tone, place: Rect) -> Problem:
    """The problem of drawing a picture with pens, in the order of their layers, on a stock.

    One pen is asked for tone alone, in parts of its full ink, whatever its colour. Several are asked for
    colour. Dark inks take the paper for the picture's white; as soon as one ink is lighter than the paper,
    tones are what they are in the picture, and the paper is one of them.
    """
    if len(pens) > 1:
        return _in_colour(picture, pens, stock, tone, place)
    black = replace(pens[0], color="#000000", opaque=False)
    light = lit(pens, stock)
    target = Target.from_picture(picture, replace(tone, darkest=0.0) if light else tone, place)
    if light:
        low, high = luminance(stock.color), on_stock(pens[0], stock)
        target = replace(target, pixels=1 - ((target.pixels - low) / (high - low)).clamp(0, _MOST_INK))
    return Problem(target, tuple(pens), Inks.of_pens([black], 1), PyramidLoss())


def usual_gamma(pens: Sequence[Pen], stock: Stock) -> float:
    """The tone curve's gamma where no other is asked for: 2.2 for one pen, as :class:`Tone` has it.

    Several pens take 1.6, since lightened colours turn pale, and light ink on darker paper 1.4: it shows
    middle tones brighter than dark ink shows them dark.
    """
    if lit(pens, stock):
        return _LIT_GAMMA
    return Tone.gamma if len(pens) == 1 else _COLOUR_GAMMA


def lit(pens: Sequence[Pen], stock: Stock) -> bool:
    """Whether there is a pen that is lighter than the paper."""
    return any(on_stock(pen, stock) > luminance(stock.color) for pen in pens)


def _in_colour(picture: Picture, pens: Sequence[Pen], stock: Stock, tone: Tone, place: Rect) -> Problem:
    paper = light_of(stock.color)
    light = torch.tensor(paper)[:, None, None]
    darker = any(on_stock(pen, stock) < luminance(stock.color) for pen in pens)
    tone = tone if darker else replace(tone, darkest=0.0)
    neutral = all(_chroma(pen) < _NEUTRAL for pen in pens)
    target = Target.from_picture(picture, tone, place, channels=1 if neutral else 3)
    pixels = target.pixels.expand(3, -1, -1)
    if not lit(pens, stock):
        pixels = pixels * light
    elif neutral:
        pixels = _tinted(pixels, light)
    if not darker:
        pixels = pixels.maximum(light)
    target = replace(target, pixels=pixels, paper=paper)
    return Problem(target, tuple(pens), Inks.of_pens(pens, 3, stock), ColourLoss())


def _tinted(pixels: Float[Tensor, "3 height width"], light: Tensor) -> Float[Tensor, "3 height width"]:
    """Greys as black and white ink have them on a paper: from black over its own colour to white.

    As greys, pens without hue would lay black under white, to hide that of the paper.
    """
    paper = float(light[:, 0, 0] @ light.new_tensor(LUMINANCE))
    over = ((pixels - paper) / max(1 - paper, _LEAST)).clamp(min=0)
    return light * (pixels / paper).clamp(max=1) + (1 - light) * over


def _chroma(pen: Pen) -> float:
    return float(oklab(torch.tensor(light_of(pen.color)))[1:].norm())


def shown(problem: Problem, stock: Stock) -> Image.Image:
    """The target as the eye shall see it, in the pens' inks on the stock, at most 1600 px a side."""
    target, contours = problem.target, problem.guide.contours
    target, place = contours.drawn_on(target) if contours else target, target.place
    pixels = target.at_scale(place.longer / _SHOWN_PX).pixels
    if len(pixels) == 1:
        inks = Inks.of_pens(problem.pens, 3, stock)
        pixels = inks.on_paper(pixels[None])[0]
    return Image.fromarray(pixels_of(pixels))
