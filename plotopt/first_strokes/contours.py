"""Outlines of a picture as lines: where it darkens across its own flow, followed along it."""

from __future__ import annotations

from math import pi
from typing import NamedTuple

import numba
import numpy as np
from jaxtyping import Float
from numpy import ndarray
from scipy import ndimage

from plotopt.blurring import blurred
from plotopt.first_strokes import streamlines
from plotopt.first_strokes.streamlines import STEP_PX
from plotopt.kernel_cache import drop_outdated

# The surround of the difference of Gaussians, in sigmas of its centre; how much of it is taken away; and
# how far it looks along the flow, in the same.
_SURROUND, _BALANCE, _ALONG = 1.6, 1.0, 4.0
_REACH = 3.0
# The flow is that of the structure tensor, over so many sigmas.
_FLOW = 2.5
# A line goes on down to this part of the contrast that it may begin with.
_FAINTER = 0.4
# Edges count for less by this part of what there is on average within so many sigmas around.
_CROWD, _CROWD_SIGMAS = 1.4, 8.0
# It keeps so many sigmas from other lines, and ends where the flow turns by more than this in a step.
_APART = 1.5
_SHARPEST = 0.75
_LONGEST_STEPS = 20_000


class _Ridges(NamedTuple):
    """How strong edges are, and the unit vector along them, its sign arbitrary; each (height, width)."""

    height: ndarray
    cosine: ndarray
    sine: ndarray


def trace(
    tone: Float[ndarray, "height width"], sigma_px: float, contrast: float, shortest_px: float
) -> list[Float[ndarray, "points 2"]]:
    """The outlines of a picture with tones in 0..1, on the dark side of its edges; the strongest first.

    Each is a polyline in pixels in steps of about half of one. It begins where an edge of scale ``sigma_px``
    has at least that ``contrast``, in tones, and is at least ``shortest_px`` long. Strong is what is long
    and full of contrast.

    The response is the flow-based difference of Gaussians of H. Kang, S. Lee and C. Chui, Flow-based image
    abstraction, IEEE TVCG 15 (2009), along the structure tensor's flow as in H. Winnemoeller, J. Kyprianidis
    and S. Olsen, XDoG, Computers & Graphics 36 (2012). In place of their thresholded image, its ridges are
    followed: a pen draws lines.
    """
    cosine, sine = _flow(tone, sigma_px)
    response = _along(_across(tone, cosine, sine, sigma_px), cosine, sine, sigma_px)
    # Where edges crowd together they are grass or cloth, and no outlines.
    response = np.maximum(response - _CROWD * blurred(response, _CROWD_SIGMAS * sigma_px), 0)
    ridges = _Ridges(response, cosine, sine)
    seeds = _crests(ridges, contrast)
    trail = np.zeros((*tone.shape, 2), np.int64)
    room = np.empty((2, _LONGEST_STEPS, 2))
    outlines = []
    for number, (x, y) in enumerate(seeds, 1):
        low = _FAINTER * contrast
        start = (x, y, low, _APART * sigma_px, number)
        ahead, behind = _follow(ridges, trail, start, room[0], room[1])
        points = np.concatenate([room[1, :behind][::-1], [[x, y]], room[0, :ahead]])
        if (len(points) - 1) * STEP_PX >= shortest_px:
            inside = response[points[:, 1].astype(int), points[:, 0].astype(int)]
            outlines.append((float(inside.mean()) * len(points) ** 0.5, smoothed(points, sigma_px)))
    return [points for _, points in sorted(outlines, key=lambda each: -each[0])]


def _flow(tone: ndarray, sigma_px: float) -> tuple[ndarray, ndarray]:
    """The direction along edges as a unit vector, its sign arbitrary."""
    gy = ndimage.gaussian_filter(tone, sigma_px, order=(1, 0))
    gx = ndimage.gaussian_filter(tone, sigma_px, order=(0, 1))
    double = ndimage.gaussian_filter(gx * gx - gy * gy, _FLOW * sigma_px)
    crossed = ndimage.gaussian_filter(2 * gx * gy, _FLOW * sigma_px)
    angle = 0.5 * np.arctan2(crossed, double) + 0.5 * pi
    return np.cos(angle), np.sin(angle)


def _across(tone: ndarray, cosine: ndarray, sine: ndarray, sigma_px: float) -> ndarray:
    """How much darker it is than around, across the flow: 1 for a step from white to black at its peak."""
    reach = int(np.ceil(_REACH * _SURROUND * sigma_px))
    offsets = np.arange(-reach, reach + 1.0)
    centre, around = (np.exp(-0.5 * (offsets / s) ** 2) for s in (sigma_px, _SURROUND * sigma_px))
    weights = _BALANCE * around / around.sum() - centre / centre.sum()
    return _gathered(tone, cosine, sine, weights / np.abs(np.cumsum(weights)).max())


def _along(response: ndarray, cosine: ndarray, sine: ndarray, sigma_px: float) -> ndarray:
    """Averaged along the flow, so that lines hold together and specks fade; 0 or more."""
    steps = int(np.ceil(2 * _ALONG * sigma_px))
    weights = np.exp(-0.5 * (np.arange(steps + 1) / (_ALONG * sigma_px)) ** 2)
    return np.maximum(_streamed(response, cosine, sine, weights), 0)


@numba.njit(cache=True, inline="always")
def _between(field, x, y):
    """A field at a point in pixels, straight between pixel centres; beyond the edge that holds."""
    height, width = field.shape
    u, v = min(max(x - 0.5, 0.0), width - 1.0), min(max(y - 0.5, 0.0), height - 1.0)
    i, j = min(int(u), max(width - 2, 0)), min(int(v), max(height - 2, 0))
    k, m = min(i + 1, width - 1), min(j + 1, height - 1)
    a, b = u - i, v - j
    upper = field[j, i] * (1 - a) + field[j, k] * a
    lower = field[m, i] * (1 - a) + field[m, k] * a
    return upper * (1 - b) + lower * b


@numba.njit(cache=True)
def _gathered(tone, cosine, sine, weights):
    """Weighted sums over points one pixel apart on a line across the flow."""
    height, width = tone.shape
    reach = len(weights) // 2
    summed = np.zeros_like(tone)
    for y in range(height):
        for x in range(width):
            for k in range(-reach, reach + 1):
                u, v = x + 0.5 - k * sine[y, x], y + 0.5 + k * cosine[y, x]
                summed[y, x] += weights[k + reach] * _between(tone, u, v)
    return summed


@numba.njit(cache=True)
def _streamed(field, cosine, sine, weights):
    """Weighted means over points one pixel apart along the flow, both ways."""
    height, width = field.shape
    averaged = np.zeros_like(field)
    for y in range(height):
        for x in range(width):
            total, share = weights[0] * field[y, x], weights[0]
            for way in (-1.0, 1.0):
                u, v, dx, dy = x + 0.5, y + 0.5, way * cosine[y, x], way * sine[y, x]
                for k in range(1, len(weights)):
                    u, v = u + dx, v + dy
                    if not (0 <= u < width and 0 <= v < height):
                        break
                    cos, sin = cosine[int(v), int(u)], sine[int(v), int(u)]
                    sign = 1.0 if cos * dx + sin * dy >= 0 else -1.0
                    dx, dy = sign * cos, sign * sin
                    total += weights[k] * field[int(v), int(u)]
                    share += weights[k]
            averaged[y, x] = total / share
    return averaged


def _crests(ridges: _Ridges, contrast: float) -> Float[ndarray, "seeds 2"]:
    """Pixel centres on ridges that are strong enough, the strongest first."""
    response, cosine, sine = ridges
    y, x = np.nonzero(response >= contrast)
    strength, points = response[y, x], np.stack([x, y], 1) + 0.5
    across = np.stack([-sine[y, x], cosine[y, x]], 1)
    beside = [
        ndimage.map_coordinates(response, (points + way * across - 0.5)[:, ::-1].T, order=1, mode="nearest")
        for way in (-1, 1)
    ]
    crest = (strength >= beside[0]) & (strength >= beside[1])
    return points[crest][np.argsort(-strength[crest], kind="stable")]


@numba.njit(cache=True)
def _follow(ridges, trail, start, ahead, behind):
    """Follow a ridge from ``start`` (x, y, lowest response, distance to keep, number) both ways.

    Writes the points ahead and behind and returns how many there are. ``trail`` holds the numbers of lines
    and at which of its steps each came by.
    """
    x, y, low, apart, number = start
    if trail[int(y), int(x), 0] != 0:
        return 0, 0
    n = _walk(ridges, trail, (x, y, low, apart, number, 1.0), ahead)
    m = _walk(ridges, trail, (x, y, low, apart, number, -1.0), behind)
    _keep_off(trail, ahead[:n], apart, number)
    _keep_off(trail, behind[:m], apart, number)
    return n, m


drop_outdated(_follow, streamlines)


@numba.njit
def _walk(ridges, trail, start, line):
    response, cosine, sine = ridges
    height, width = response.shape
    u, v, low, apart, number, way = start
    # Back on its own trail, a line has closed.
    closed = int(4 * apart / STEP_PX)
    # Into another line's margin it goes on as far as the line itself, so that they meet.
    meeting = int(apart / STEP_PX)
    dx, dy = way * cosine[int(v), int(u)], way * sine[int(v), int(u)]
    for n in range(len(line)):
        u, v = u + STEP_PX * dx, v + STEP_PX * dy
        if not (0 <= u < width and 0 <= v < height):
            return n
        shift = _uphill(ridges, u, v)
        u, v = u - shift * sine[int(v), int(u)], v + shift * cosine[int(v), int(u)]
        if not (0 <= u < width and 0 <= v < height) or _between(response, u, v) < low:
            return n
        owner, when = trail[int(v), int(u)]
        here = int(way) * (n + 1)
        if owner not in (0, number):
            meeting -= 1
        if meeting < 0 or (owner == number and abs(when - here) > closed):
            return n
        cos, sin = cosine[int(v), int(u)], sine[int(v), int(u)]
        turn = cos * dx + sin * dy
        if abs(turn) < _SHARPEST:
            return n
        dx, dy = (cos, sin) if turn > 0 else (-cos, -sin)
        line[n, 0], line[n, 1] = u, v
        for j in range(max(0, int(v) - 1), min(height, int(v) + 2)):
            for i in range(max(0, int(u) - 1), min(width, int(u) + 2)):
                if trail[j, i, 0] == 0:
                    trail[j, i, 0], trail[j, i, 1] = number, here
    return len(line)


@numba.njit
def _uphill(ridges, x, y):
    """How far the top lies to the side, by a parabola; half as far, at most a quarter of a pixel."""
    response, cosine, sine = ridges
    nx, ny = -sine[int(y), int(x)], cosine[int(y), int(x)]
    left, here, right = (
        _between(response, x - nx, y - ny),
        _between(response, x, y),
        _between(response, x + nx, y + ny),
    )
    bend = left - 2 * here + right
    if bend >= 0:
        return 0.25 * (1.0 if right > left else -1.0) if right != left else 0.0
    return min(max(0.25 * (left - right) / bend, -0.25), 0.25)


@numba.njit
def _keep_off(trail, line, apart, number):
    height, width, _ = trail.shape
    reach = int(np.ceil(apart))
    for i in range(len(line)):
        x, y = line[i]
        for v in range(max(0, int(y) - reach), min(height, int(y) + reach + 1)):
            for u in range(max(0, int(x) - reach), min(width, int(x) + reach + 1)):
                near = (u + 0.5 - x) ** 2 + (v + 0.5 - y) ** 2 <= apart**2
                if near and trail[v, u, 0] == 0:
                    trail[v, u, 0] = number


def smoothed(points: Float[ndarray, "points 2"], sigma_px: float) -> Float[ndarray, "points 2"]:
    """A line in steps of half a pixel without the grain of the pixels; its ends stay."""
    smooth = ndimage.gaussian_filter1d(points, sigma_px / STEP_PX, axis=0, mode="nearest")
    smooth[[0, -1]] = points[[0, -1]]
    return smooth
