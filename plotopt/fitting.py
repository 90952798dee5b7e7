"""The main story: a picture becomes a drawing."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from plotopt import __version__
from plotopt.canvas import Canvas
from plotopt.crops import Crops
from plotopt.devices import Devices, find_devices
from plotopt.drawing import Drawing
from plotopt.ink import in_plot_order, pale_notes, shows
from plotopt.layering import plan_layers
from plotopt.listening import Listener, Progress, no_listener, steps_told
from plotopt.losses.pixel import PyramidLoss
from plotopt.networks import load_network
from plotopt.objectives.base import Objective
from plotopt.objectives.crew import crew_of
from plotopt.objectives.likeness import Likeness
from plotopt.objectives.perception import Perception, Taste, gram_matrices
from plotopt.objectives.problem import Problem
from plotopt.objectives.sight import Scene
from plotopt.objectives.sparing import Sparing
from plotopt.optimize import optimize
from plotopt.page import Rect, fit_rect, lay_out
from plotopt.pens import Pen
from plotopt.picture import Picture, read_picture
from plotopt.posing import pose, shown, usual_gamma
from plotopt.preparing import prepare
from plotopt.render import Renderer, diffvg, transmittance
from plotopt.separation import best_pens
from plotopt.settings import FitSettings, read_settings
from plotopt.settings.fit import Judge
from plotopt.settings.fit import Renderer as RendererChoice
from plotopt.sowing import sow
from plotopt.stages import Stage, perception_for, stages_for, tiles
from plotopt.strokes import Strokes

if TYPE_CHECKING:
    from PIL import Image

# Pens are chosen by the colours of a copy of the picture so many pixels large.
_CHOOSING_PX = 192
# A pen that draws less than this part of the strokes is hardly worth putting in.
_WORTH_A_PEN = 0.02


def fit(
    image: str | Path | Image.Image | np.ndarray | Picture,
    *,
    on_progress: Listener = no_listener,
    **options: Any,
) -> Drawing:
    """The drawing of ``image`` that ``strokes`` strokes of some pens can make.

    ``image`` is a path, a Pillow image, an array or what :func:`plotopt.picture.read_picture` made of one.
    ``options`` are the fields of :class:`plotopt.settings.FitSettings`, as values or as the text that the
    command line takes: ``fit("a.jpg", strokes=3000, pens="black,red:0.3mm", seed=7)``. The same call gives
    the same drawing, bit for bit. Raises PlotoptError for anything that cannot be used.
    """
    settings = read_settings(**options)
    devices = find_devices(settings.device)
    picture = image if isinstance(image, Picture) else read_picture(image)
    page = lay_out(settings.paper, settings.margin, settings.orientation, picture.aspect)
    place = fit_rect(page.frame, picture.aspect)
    settings.profile.check_fits(place)
    problem = _pose(settings, picture, place)
    strokes, notes = _draw(problem, settings, devices, on_progress)
    on_progress(Progress("planning the plot", 0, 1))
    layers = plan_layers(strokes, problem.pens, place, settings.split_every)
    on_progress(Progress("planning the plot", 1, 1))
    seen = settings.loss is Judge.VGG
    command = settings.command(picture.path.name if picture.path else "image")
    return Drawing(
        page=page,
        layers=layers,
        profile=settings.profile,
        metadata={"plotopt": __version__, "command": command, "options": settings.options()},
        notes=picture.notes + pale_notes(problem.pens, settings.stock) + notes + devices.notes(network=seen),
        source=picture.path,
        stock=settings.stock,
        client=settings.client,
        wanted=shown(problem, settings.stock),
        place=place,
    )


def _pose(settings: FitSettings, picture: Picture, place: Rect) -> Problem:
    """The problem with the pens of the settings, or with those that suit the picture best."""
    stock, pens = settings.stock, settings.pens

    def posed(pens: Sequence[Pen]) -> Problem:
        problem = pose(picture, pens, stock, settings.tone(usual_gamma(pens, stock)), place)
        return replace(problem, renderer=_renderer(settings.renderer))

    if not isinstance(pens, tuple):
        seen = tuple(pen for pen in pens.box if shows(pen, stock)) or pens.box
        small = posed(in_plot_order(seen)).target.at_scale(max(place.width, place.height) / _CHOOSING_PX)
        pens = best_pens(small.pixels, seen, pens.count, stock)
    for pen in pens:
        pen.check_fits(place)
    return posed(in_plot_order(pens))


def _renderer(wanted: RendererChoice) -> Renderer:
    if not wanted.samples:
        return transmittance
    diffvg.load()
    return diffvg.Diffvg(wanted.samples)


def _draw(
    problem: Problem, settings: FitSettings, devices: Devices, on_progress: Listener
) -> tuple[Strokes, tuple[str, ...]]:
    """The optimised strokes, and what the user should know of them."""
    taste = _taste(settings, devices, on_progress) if settings.loss is Judge.VGG else None
    prepare(settings.profile, on_progress)
    rng = np.random.default_rng(settings.seed)
    sown = sow(problem.target, settings.strokes, problem.pens, problem.inks, rng)
    if not len(sown.strokes):
        return sown.strokes, sown.notes
    problem = replace(problem, target=sown.target).to(devices.drawing)
    strokes = sown.strokes.to(devices.drawing)
    stages = stages_for(settings.quality, settings.size, settings.tile)
    with crew_of(min(settings.workers, _most_tiles(stages, problem))) as crew:
        for stage in stages:
            objective: Objective = Likeness(problem, stage, rng, crew)
            strokes = _improve(strokes, objective, stage, problem, settings, on_progress)
    if taste:
        canvas = Canvas(problem.target.place, stage.mm_per_px(problem.target.place))
        scene = Scene(canvas, problem.inks, Crops(), int(rng.integers(2**31)), problem.renderer)
        stage = perception_for(settings.quality, stage.long_side_px)
        stage = replace(stage, steps=scene.crops.steps(canvas, stage.steps))
        objective = Perception(replace(taste, light=problem.loss), problem.target, scene, stage)
        strokes = _improve(strokes, objective, stage, problem, settings, on_progress)
    return strokes.to("cpu"), sown.notes + _idle_notes(strokes, problem.pens)


def _most_tiles(stages: Sequence[Stage], problem: Problem) -> int:
    """Tiles that a page is cut into at most: more workers would have nothing to do."""
    return max(len(tiles(problem.target.place, stage, problem.loss.cell_px, (0, 0))) for stage in stages)


def _improve(
    strokes: Strokes,
    objective: Objective,
    stage: Stage,
    problem: Problem,
    settings: FitSettings,
    on_progress: Listener,
) -> Strokes:
    sparing = Sparing(objective, problem.target.place, settings.stock.ink_limit)
    return optimize(strokes, sparing, stage, steps_told(stage, on_progress))


def _idle_notes(strokes: Strokes, pens: Sequence[Pen]) -> tuple[str, ...]:
    """What the user should know of pens that are hardly worth putting in."""
    notes = []
    for number, pen in enumerate(pens if len(pens) > 1 else ()):
        count = int((strokes.pen == number).sum())
        if count < _WORTH_A_PEN * len(strokes):
            drawn = f"only {count:,} of {len(strokes):,} strokes" if count else "nothing"
            notes.append(
                f"{pen.name} has {drawn} to draw in this picture: leave it out to save a change of pens"
            )
    return tuple(notes)


def _taste(settings: FitSettings, devices: Devices, on_progress: Listener) -> Taste:
    """VGG16 at the layers of the settings, and the style picture as it sees it."""
    on_progress(Progress("loading the network", 0, 1))
    style_picture = read_picture(settings.style_image) if settings.style_image else None
    network = load_network("vgg16", settings.layers, weights=settings.weights, device=devices.networks)
    matrices = gram_matrices(network, style_picture) if style_picture else ()
    style = [matrix.to(devices.drawing) for matrix in matrices]
    weights = (1 - settings.features, settings.features, settings.style if style else 0.0)
    on_progress(Progress("loading the network", 1, 1))
    return Taste(PyramidLoss(), network.hastened(), weights, style)
