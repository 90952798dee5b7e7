"""The main story: a picture becomes a drawing."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from plotopt import __version__
from plotopt.canvas import Canvas
from plotopt.crops import Crops
from plotopt.drawing import Drawing
from plotopt.ink import Inks, pale_notes
from plotopt.listening import Listener, Progress, no_listener, steps_told
from plotopt.losses.pixel import PyramidLoss
from plotopt.networks import load_network
from plotopt.objectives.likeness import Likeness, Problem
from plotopt.objectives.perception import Perception, Taste, gram_matrices
from plotopt.objectives.sight import Scene
from plotopt.optimize import optimize
from plotopt.page import fit_rect, lay_out
from plotopt.picture import Picture, read_picture
from plotopt.plot.plan import plan_layer
from plotopt.preparing import prepare
from plotopt.seeding import sow
from plotopt.settings import FitSettings, read_settings
from plotopt.settings.fit import Judge
from plotopt.stages import perception_for, stages_for
from plotopt.target import Target

if TYPE_CHECKING:
    from PIL import Image


def fit(
    image: str | Path | Image.Image | np.ndarray | Picture,
    *,
    on_progress: Listener = no_listener,
    **options: Any,
) -> Drawing:
    """The drawing of ``image`` that ``strokes`` strokes of one pen can make.

    ``image`` is a path, a Pillow image, an array or what :func:`plotopt.picture.read_picture` made of one.
    ``options`` are the fields of :class:`plotopt.settings.FitSettings`, as values or as the text that the
    command line takes: ``fit("a.jpg", strokes=3000, pen="0.3mm", paper="a5", seed=7)``. The same call gives
    the same drawing, bit for bit. Raises PlotoptError for anything that cannot be used.
    """
    settings = read_settings(**options)
    picture = image if isinstance(image, Picture) else read_picture(image)
    page = lay_out(settings.paper, settings.margin, settings.orientation, picture.aspect)
    place = fit_rect(page.frame, picture.aspect)
    settings.profile.check_fits(place)
    settings.pen.check_fits(place)
    taste = _taste(settings, on_progress) if settings.loss is Judge.VGG else None
    target = Target.from_picture(picture, settings.tone, place)
    chains, notes = _draw(target, taste, settings, on_progress)
    on_progress(Progress("planning the plot", 0, 1))
    layer = plan_layer(chains, settings.pen, place)
    on_progress(Progress("planning the plot", 1, 1))
    command = settings.command(picture.path.name if picture.path else "image")
    metadata = {"plotopt": __version__, "command": command, "options": settings.options()}
    notes = picture.notes + pale_notes([settings.pen]) + notes
    return Drawing(page, (layer,), settings.profile, metadata, notes, picture.path)


def _draw(
    target: Target, taste: Taste | None, settings: FitSettings, on_progress: Listener
) -> tuple[list[np.ndarray], tuple[str, ...]]:
    """Chains of the optimised strokes, and what the user should know of them."""
    prepare(settings.profile, on_progress)
    rng = np.random.default_rng(settings.seed)
    sown = sow(target, settings.strokes, settings.pen.width_mm, rng)
    if not len(sown.strokes):
        return [], sown.notes
    # One pen's colour changes nothing in where its strokes go: tone is measured in parts of its full ink.
    inks = Inks.of_pens([replace(settings.pen, color="#000000", opaque=False)], channels=1)
    problem, strokes = Problem(sown.target, inks, PyramidLoss()), sown.strokes
    for stage in stages_for(settings.quality, settings.size, settings.tile):
        strokes = optimize(strokes, Likeness(problem, stage, rng), stage, steps_told(stage, on_progress))
    if taste:
        canvas = Canvas(target.place, stage.mm_per_px(target.place))
        scene = Scene(canvas, inks, Crops(), int(rng.integers(2**31)))
        stage = perception_for(settings.quality, stage.long_side_px)
        stage = replace(stage, steps=scene.crops.steps(canvas, stage.steps))
        objective = Perception(taste, sown.target, scene, stage)
        strokes = optimize(strokes, objective, stage, steps_told(stage, on_progress))
    return strokes.chains(), sown.notes


def _taste(settings: FitSettings, on_progress: Listener) -> Taste:
    """VGG16 at the layers of the settings, and the style picture as it sees it."""
    on_progress(Progress("loading the network", 0, 1))
    style_picture = read_picture(settings.style_image) if settings.style_image else None
    network = load_network("vgg16", settings.layers, weights=settings.weights)
    style = gram_matrices(network, style_picture) if style_picture else ()
    weights = (1 - settings.features, settings.features, settings.style if style else 0.0)
    on_progress(Progress("loading the network", 1, 1))
    return Taste(PyramidLoss(), network.hastened(), weights, style)
