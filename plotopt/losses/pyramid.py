"""The pyramid loss of :mod:`plotopt.losses.pixel` in one pass over the pixels, in Numba.

A cell of the top level is worked on by itself: its pixels are read once, pooled by registers up to 4 x 4, by
small arrays from there on, and its gradient is written once.
"""

from __future__ import annotations

from typing import NamedTuple

import numba
import numpy as np
from numpy import ndarray
from torch import Tensor

from plotopt.hands import deal
from plotopt.kernel_cache import drop_outdated
from plotopt.render import lanes
from plotopt.render.lanes import LANES, SIDE, four_sums, load, load_tile, quad_means, store, store_tile
from plotopt.render.scrap import sheet

#: Levels of pooling that the kernel's registers do; there must be one more at least.
IN_REGISTERS = 3
# Cells with less variance to show than this hold no lines.
LEAST = 1e-6
# Lines seen at one level have become tone this many levels further up.
RISE = 3

_kernel = numba.njit(error_model="numpy", nogil=True)
# How long one thread takes for a pixel, in us.
_PIXEL_US = 0.006
_ZERO, _ONE = np.float32(0), np.float32(1)


class Raster(NamedTuple):
    """Flat drawing, target and gradient, and their size in whole cells, all planes in one column."""

    drawing: ndarray
    target: ndarray
    gradient: ndarray
    height: int
    width: int


class Cell(NamedTuple):
    """What is known of one cell: errors of its pixels and of 2 x 2, errors and tones of 4 x 4 and more.

    ``coarse`` errors and tones stand level below level. ``squares`` are the levels' mean squared errors,
    ``shares`` of how much variance lines may show on each.
    """

    fine: ndarray
    coarse: ndarray
    tones: ndarray
    squares: ndarray
    shares: ndarray


def value_and_gradient(
    drawing: Tensor, target: Tensor, weights: tuple[float, ...], ink: float
) -> tuple[float, Tensor]:
    """The loss of windows (views, channels, height, width) on the CPU, and its gradient by the drawing."""
    *_, height, width = drawing.shape
    planes = drawing.numel() // (height * width)
    parts = (part.detach().float().contiguous() for part in (drawing, target.expand_as(drawing)))
    gradient = sheet(*drawing.shape)
    flat = (part.view(-1).numpy() for part in (*parts, gradient))
    raster = Raster._make((*flat, planes * height, width))
    cell = 2 ** (len(weights) - 1)
    totals = np.empty(planes * height // cell)
    levels = np.array(weights, np.float32)
    terms = levels, np.float32(ink), totals
    deal(lambda hand, hands: _descend(hand, hands, raster, *terms), _PIXEL_US * drawing.numel())
    return cell * cell * float(totals.sum()), gradient


@numba.njit(cache=True, nogil=True, error_model="numpy")
def _descend(hand, hands, raster, weights, ink, totals):
    """Write gradient and total of one hand's rows of cells."""
    side = 2 ** (len(weights) - 1)
    tiles = side // SIDE
    cell = Cell(
        np.empty((2, tiles * tiles * LANES), np.float32),
        np.empty((2 * tiles, tiles), np.float32),
        np.empty((2 * tiles, tiles), np.float32),
        np.empty(len(weights), np.float32),
        np.empty(len(weights), np.float32),
    )
    for row in range(hand, len(totals), hands):
        totals[row] = 0.0
        for column in range(raster.width // side):
            at = row * side * raster.width + column * side
            _read(raster, at, tiles, cell)
            _pool(cell, tiles)
            totals[row] += _weigh(cell, weights, ink)
            _spread(cell, weights, ink)
            _write(raster, at, tiles, cell, weights)


drop_outdated(_descend, lanes)


@_kernel
def _read(raster, at, tiles, cell):
    """Errors of pixels and of 2 x 2 of them, errors and tones of 4 x 4."""
    fine, squares = cell.fine, cell.squares
    squares[0] = squares[1] = _ZERO
    part = _ONE / np.float32(LANES)
    for i in range(tiles):
        for j in range(tiles):
            place = at + i * SIDE * raster.width + j * SIDE
            drawn = load_tile(raster.drawing, place, raster.width)
            error = drawn - load_tile(raster.target, place, raster.width)
            quads = quad_means(error)
            store(fine[0], (i * tiles + j) * LANES, error)
            store(fine[1], (i * tiles + j) * LANES, quads)
            first, second, mean, tone = four_sums(error * error, quads * quads, error, drawn)
            squares[0] += first * part
            squares[1] += second * part
            cell.coarse[i, j], cell.tones[i, j] = mean * part, tone * part
    squares[0] /= tiles * tiles
    squares[1] /= tiles * tiles


@_kernel
def _pool(cell, tiles):
    """Means from 8 x 8 pixels up, below those of the level before, and the mean squares from 4 x 4 up."""
    errors, squares = cell.coarse, cell.squares
    first, side = 0, tiles
    for level in range(IN_REGISTERS - 1, len(squares)):
        total = _ZERO
        for i in range(first, first + side):
            for j in range(side):
                total += errors[i, j] * errors[i, j]
        squares[level] = total / np.float32(side * side)
        for i in range(side // 2):
            for j in range(side // 2):
                above, left, to = first + 2 * i, 2 * j, first + side + i
                for means in (errors, cell.tones):
                    pair = means[above, left] + means[above, left + 1]
                    pair += means[above + 1, left] + means[above + 1, left + 1]
                    means[to, j] = np.float32(0.25) * pair
        first, side = first + side, side // 2


@_kernel
def _weigh(cell, weights, ink):
    """One cell's loss over its pixels; what lines of finer levels may show on each goes into ``shares``."""
    squares, shares = cell.squares, cell.shares
    top = len(weights) - 1
    shares[:] = _ZERO
    total = weights[top] * squares[top]
    for level in range(top):
        up = min(level + RISE, top)
        most, wanted = _variance(cell, up, top, ink)
        bound = max(most, np.float32(LEAST))
        share = min(max((squares[level] - squares[up]) / bound, _ZERO), _ONE)
        share *= weights[level] * min(max(wanted / bound, _ZERO), _ONE)
        shares[up] += share
        total += weights[level] * squares[level] - share * most
    return total


@_kernel
def _variance(cell, level, top, ink):
    """The most variance that lines can have in the drawing's tones of a level, and in the target's."""
    side = 1 << (top - level)
    first = (1 << (top - IN_REGISTERS + 2)) - 2 * side
    most = wanted = _ZERO
    for i in range(first, first + side):
        for j in range(side):
            tone = cell.tones[i, j]
            most += (_ONE - tone) * (tone - ink)
            tone -= cell.coarse[i, j]
            wanted += (_ONE - tone) * (tone - ink)
    part = _ONE / np.float32(side * side)
    return most * part, wanted * part


@_kernel
def _spread(cell, weights, ink):
    """Turn errors of 4 x 4 pixels and more into gradients, each with those of the levels above it."""
    errors, tones, shares = cell.coarse, cell.tones, cell.shares
    top = len(weights) - 1
    for level in range(top, IN_REGISTERS - 2, -1):
        side = 1 << (top - level)
        first = (1 << (top - IN_REGISTERS + 2)) - 2 * side
        for i in range(side):
            for j in range(side):
                slope = shares[level] * (np.float32(2) * tones[first + i, j] - _ONE - ink)
                slope += np.float32(2) * weights[level] * errors[first + i, j]
                if level < top:
                    slope += errors[first + side + i // 2, j // 2]
                errors[first + i, j] = slope


@_kernel
def _write(raster, at, tiles, cell, weights):
    fine = cell.fine
    pixel, quad = np.float32(2) * weights[0], np.float32(2) * weights[1]
    for i in range(tiles):
        for j in range(tiles):
            tile = (i * tiles + j) * LANES
            slope = load(fine[0], tile) * pixel + (load(fine[1], tile) * quad + cell.coarse[i, j])
            store_tile(raster.gradient, at + i * SIDE * raster.width + j * SIDE, raster.width, slope)
