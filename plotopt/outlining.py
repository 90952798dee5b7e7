"""Outlines of a picture, or its own lines, cut into strokes and drawn into its target."""

from __future__ import annotations

from dataclasses import replace
from itertools import chain, pairwise
from math import ceil

import numpy as np
import torch
from jaxtyping import Bool, Float
from numpy import ndarray
from scipy import ndimage
from torch import Tensor

from plotopt.colour.contrast import ROOM_LIGHT
from plotopt.colour.ink import Inks, grey
from plotopt.emphasis import Emphasis, left_of
from plotopt.first_strokes.contours import trace
from plotopt.first_strokes.guide import MOST_OF_OWN, MOST_OF_STROKES, Contours
from plotopt.first_strokes.linking import length_of, pixels_of
from plotopt.first_strokes.seeding import Seeds, evened
from plotopt.first_strokes.streamlines import STEP_PX
from plotopt.maps import Ground, fitted
from plotopt.objectives.problem import Problem
from plotopt.page import Rect
from plotopt.pens import Pen
from plotopt.render import render
from plotopt.strokes import Strokes
from plotopt.tones.target import Target
from plotopt.tracing import PIXEL_PENS, SHORTEST_PENS, Trace, Traced, may_be_drawing, trace_lines
from plotopt.view import View

# Outlines are looked for at this part of the picture's longer side, and no finer than the pen draws; in
# pixels that are so much smaller.
_SCALE_PART, _SCALE_PENS, _SCALE_PX = 1 / 600, 0.6, 1.8
# The contrast at which they begin, in tones, for the least and the most of them; how long the shortest is.
_FEWEST, _MOST = 0.3, 0.035
_SHORTEST_PX = 25.0
# They are drawn in pieces of so many pen widths, beside tones and alone.
_PIECE_PENS, _LONE_PIECE_PENS = 36.0, 72.0
# The target with outlines has pixels of so many pen widths, and at most so many of them.
_PIXEL_PENS, _LONGEST_PX = 0.4, 4096
_STEP_PENS, _SPANS = 0.5, 6
# Beside outlines this part of the tone is left out, over so many pen widths.
_HALO, _HALO_PENS = 0.7, 1.0
# Of a line drawn at the pen's width, with edges that are soft over so many of them, nothing else is left
# within so many.
_SOFT_PENS, _BARED_PENS = 0.5, 0.5
# Whether a picture may be a drawing is seen in so many pixels along the longer side.
_GLANCE_PX = 640


def outline(problem: Problem, emphasis: Emphasis, strokes: int) -> Problem:
    """The problem with lines to be drawn beside its tones, for a drawing of so many strokes.

    They are those of the whole picture, cut off where the mask takes it away, in the pen that has most
    contrast to the paper: its own, where it is drawn in lines, or else outlines. The weakest are left out
    where there are too few strokes.
    """
    number, light = _outliner(problem.inks)
    pen, lone = problem.pens[number], not emphasis.shading
    paler = float((light - problem.inks.bare[:, 0, 0]).mean()) > 0
    own = _own_lines(problem, emphasis, pen, paler)
    found = own.lines
    if not found and emphasis.edges:
        found = _outlines(problem, emphasis, pen, paler)
    pieces = [_cut(line, (_LONE_PIECE_PENS if lone else _PIECE_PENS) * pen.width_mm) for line in found]
    most = MOST_OF_OWN if own.lines else MOST_OF_STROKES
    # Of lines of its own none is left out silently, see :mod:`plotopt.first_strokes.sowing`.
    lines = [*chain(*pieces)] if own.lines else _within(pieces, strokes if lone else int(most * strokes))
    if not lines:
        return problem
    coverage = _coverage(lines, problem.target, pen)
    contours = Contours(tuple(lines), coverage, tuple(light.tolist()), number, most, bool(own.lines))
    guide = replace(problem.guide, contours=contours, structure=problem.guide.structure or problem.target)
    shape = (coverage.shape[0], coverage.shape[1])
    target = problem.target.resized(shape)
    pen_px = pen.width_mm * max(coverage.shape) / target.place.longer
    if not own.lines:
        target = target.faded(1 - emphasis.edges * _halo(coverage, pen_px))
    else:
        if own.left is not None:
            target = target.faded(torch.tensor(fitted(own.left, shape)))
        target = target.faded(_bared(own.slim, coverage, pen_px))
        if own.paper is not None and len(problem.pens) == 1:
            target = target.faded(left_of(target, own.paper))
    return replace(problem, target=target, guide=guide)


def _halo(coverage: Float[Tensor, "height width"], pen_px: float) -> Float[Tensor, "height width"]:
    """How much of the tone is left out beside the outlines, for them to stand out."""
    near = np.clip(1 - (_beside_px(coverage) - _HALO_PENS * pen_px) / (_HALO_PENS * pen_px), 0, 1)
    return torch.from_numpy((_HALO * near).astype(np.float32))


def _bared(
    slim: Bool[ndarray, "rows columns"], coverage: Float[Tensor, "height width"], pen_px: float
) -> Float[Tensor, "height width"]:
    """How much of the tone is left where slim lines of the picture are drawn: nothing of their own.

    What shows of them beside the pen's line would be drawn as lines of its own.
    """
    if not slim.any():
        return torch.ones_like(coverage)
    shape = (coverage.shape[0], coverage.shape[1])
    around_px = ndimage.distance_transform_edt(~slim) * shape[1] / slim.shape[1]
    theirs = (fitted(around_px, shape) < _SOFT_PENS * pen_px) & (_beside_px(coverage) < _BARED_PENS * pen_px)
    return torch.from_numpy(1 - theirs.astype(np.float32))


def _beside_px(coverage: Float[Tensor, "height width"]) -> Float[ndarray, "height width"]:
    """How far each pixel is from the lines."""
    return ndimage.distance_transform_edt(coverage.numpy() < min(0.5, 0.5 * float(coverage.max())))


def _outliner(inks: Inks) -> tuple[int, Float[Tensor, "channels"]]:
    """The pen whose ink has most contrast to the paper in a room, and its light."""
    lights = inks.on_paper(1 - torch.eye(inks.pens)[:, :, None, None])[:, :, 0, 0]
    inked, bare = grey(lights.T) + ROOM_LIGHT, grey(inks.bare[:, 0, 0]) + ROOM_LIGHT
    number = int((inked / bare).log().abs().argmax())
    return number, lights[number]


def _own_lines(problem: Problem, emphasis: Emphasis, pen: Pen, paler: bool) -> Traced:
    """The lines that the picture itself is drawn in, as polylines in mm.

    Only one pen has them unasked: which of several drew a line, its tone does not tell.
    """
    is_asked, place = emphasis.trace is Trace.ON, problem.target.place
    none = Traced([], np.zeros((1, 1), bool))
    if emphasis.trace is Trace.OFF or (len(problem.pens) > 1 and not is_asked):
        return none
    # Most photographs are no drawings at a glance.
    if not is_asked and not may_be_drawing(
        _inked(problem, _raster(place, place.longer / _GLANCE_PX), paler).tone
    ):
        return none
    view = _raster(place, max(PIXEL_PENS * pen.width_mm, place.longer / _LONGEST_PX))
    ground = _inked(problem, view, paler)
    pen_px, lone = pen.width_mm / view.mm_per_px, not emphasis.shading
    traced = trace_lines(ground.tone, pen_px, emphasis.trace, lone)
    left = _left(emphasis, ground)
    # A threshold leaves out what is faint, but not where all lines are asked for as outlines.
    if emphasis.paper_threshold is not None and not emphasis.edges:
        whole = problem.guide.structure or problem.target
        left = left * (ground.lay(left_of(whole, emphasis.paper_threshold).numpy()) >= 0.5)
    shortest = SHORTEST_PENS * pen_px / STEP_PX
    return replace(traced, lines=_drawn(traced.lines, view, left, shortest, pen))


def _inked(problem: Problem, view: View, paler: bool) -> Ground:
    """The picture in pixels of a view: in parts of the paper's light, or of what that lacks to white."""
    ground = problem.guide.ground(problem.target, view, problem.target.place)
    paper = float(grey(problem.target.pixels.new_tensor(problem.target.paper)))
    tone = (1 - ground.tone) / (1 - paper) if paler else ground.tone / paper
    return replace(ground, tone=tone.clip(max=1))


def _outlines(
    problem: Problem, emphasis: Emphasis, pen: Pen, paler: bool
) -> list[Float[ndarray, "points 2"]]:
    """What is to be drawn of the outlines, as polylines in mm, the strongest first."""
    place = problem.target.place
    scale_mm = max(_SCALE_PART * place.longer, _SCALE_PENS * pen.width_mm)
    view = _raster(place, scale_mm / _SCALE_PX)
    ground = problem.guide.ground(problem.target, view, place)
    # Lines lie on that side of an edge which is to be inked.
    tone = 1 - ground.tone if paler else ground.tone
    found = trace(tone, _SCALE_PX, _FEWEST * (_MOST / _FEWEST) ** emphasis.edges, _SHORTEST_PX)
    return _drawn(found, view, _left(emphasis, ground), _SHORTEST_PX, pen)


def _left(emphasis: Emphasis, ground: Ground) -> Float[ndarray, "height width"]:
    """How much the mask leaves of the picture."""
    return np.ones_like(ground.tone) if emphasis.mask is None else ground.lay(emphasis.mask)


def _drawn(
    found: list[ndarray], view: View, left: Float[ndarray, "height width"], shortest: float, pen: Pen
) -> list[Float[ndarray, "points 2"]]:
    """The parts of lines, of more points than that, where something is left: in mm, in even steps."""
    runs = [run for points in found for run in _runs(points, left) if len(run) > shortest]
    return [evened(view.to_mm(torch.from_numpy(run)).numpy(), _STEP_PENS * pen.width_mm) for run in runs]


def _runs(points: Float[ndarray, "points 2"], left: Float[ndarray, "height width"]) -> list[ndarray]:
    """The parts of a line in pixels that lie where something is left of the picture."""
    stays = np.concatenate([[False], left[pixels_of(points, left.shape)] >= 0.5, [False]])
    first, last = np.flatnonzero(np.diff(stays.astype(int))).reshape(-1, 2).T
    return [points[start:end] for start, end in zip(first, last, strict=True)]


def _within(lines: list[list[ndarray]], room: int) -> list[ndarray]:
    """The pieces of the first lines, no more than there is room for."""
    pieces: list[ndarray] = []
    for line in lines:
        if len(pieces) + len(line) > room:
            break
        pieces += line
    return pieces


def _cut(line: Float[ndarray, "points 2"], longest_mm: float) -> list[ndarray]:
    """A polyline in pieces about equal that are hardly longer."""
    edges = np.linspace(0, len(line) - 1, max(1, ceil(length_of(line) / longest_mm)) + 1).round().astype(int)
    return [line[first : last + 1] for first, last in pairwise(edges)]


def _coverage(lines: list[ndarray], target: Target, pen: Pen) -> Float[Tensor, "height width"]:
    """How much of each pixel the lines cover, in pixels fine enough for the pen over the target's place."""
    rows, columns = target.pixels.shape[1:]
    finest_mm = target.place.longer / _LONGEST_PX
    mm_per_px = min(target.place.longer / max(rows, columns), max(_PIXEL_PENS * pen.width_mm, finest_mm))
    seeds = Seeds.of_lines(lines)
    strokes = Strokes.of_pen(torch.from_numpy(seeds.control_points(_SPANS)).float(), pen.width_mm)
    return 1 - render(strokes, [_raster(target.place, mm_per_px)])[0, 0]


def _raster(place: Rect, mm_per_px: float) -> View:
    """Pixels of about that size over a place, in whole numbers along its longer side."""
    return View.over(place, place.longer / max(1, round(place.longer / mm_per_px)))
