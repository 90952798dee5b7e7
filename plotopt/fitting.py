"""The main story: a picture becomes a drawing."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from plotopt import __version__
from plotopt.atelier import Atelier, load_taste
from plotopt.colour.contrast import in_plot_order
from plotopt.colour.ink import shows
from plotopt.devices import find_devices
from plotopt.drawing import Drawing
from plotopt.emphasis import emphasize
from plotopt.errors import PlotoptError
from plotopt.first_strokes.sowing import usual_count
from plotopt.guiding import emphasis_of, guide_of
from plotopt.hand import Hand
from plotopt.layering import plan_layers
from plotopt.listening import Listener, Progress, in_one_step, no_listener
from plotopt.noting import gone_notes, known_notes
from plotopt.objectives.problem import Problem
from plotopt.outlining import outline
from plotopt.page import Rect
from plotopt.pens import Pen
from plotopt.picture import Picture, read_picture
from plotopt.posing import pose, shown, usual_gamma
from plotopt.preparing import prepare
from plotopt.render import Renderer, diffvg, transmittance
from plotopt.runs.ordering import fit_order
from plotopt.runs.run import Run
from plotopt.settings import FitSettings, read_settings
from plotopt.settings.files import files_of
from plotopt.settings.fit import Judge, RendererChoice
from plotopt.tones.separation import best_pens

if TYPE_CHECKING:
    from PIL import Image

# Pens are chosen by the colours of a copy of the picture so many pixels large.
_CHOOSING_PX = 192


def fit(
    image: str | Path | Image.Image | np.ndarray | Picture,
    *,
    on_progress: Listener = no_listener,
    run: Run | None = None,
    **options: Any,
) -> Drawing:
    """The drawing of ``image`` that some pens can make in so many ``strokes``, ``minutes`` or ``metres``.

    ``image`` is a path, a Pillow image, an array or what :func:`plotopt.picture.read_picture` made of one.
    ``options`` are the fields of :class:`plotopt.settings.FitSettings`, as values or as the text that the
    command line takes: ``fit("a.jpg", strokes=3000, pens="black,red:0.3mm", seed=7)``. The same call gives
    the same drawing, bit for bit. ``run`` is how it is kept and stopped. Raises PlotoptError for anything
    that cannot be used.
    """
    settings = read_settings(**options)
    devices = find_devices(settings.device)
    picture = image if isinstance(image, Picture) else read_picture(image)
    page, place = settings.sheet(picture.aspect)
    settings.profile.check_fits(place)
    problem = problem_of(settings, picture, place)
    taste = load_taste(settings, problem, devices, on_progress) if settings.loss is Judge.VGG else None
    known = picture.notes + known_notes(settings, problem)
    # A refusal stands alone: nothing is told before all has been read.
    on_progress(Progress("reading the picture", 0, 1))
    on_progress(Progress("reading the picture", 1, 1, notes=known))
    prepare(on_progress)
    run = run or Run()
    carried = run.carried
    strokes, notes = run.draw(
        lambda: fit_order(settings, picture),
        on_progress,
        len(problem.pens),
        lambda journal: Atelier(problem, settings, devices.drawing, taste, journal, carried).draw(),
    )
    with in_one_step("planning the plot", on_progress):
        layers = plan_layers(strokes, problem.pens, place, settings.split_every)
    seen = settings.loss is Judge.VGG
    command = settings.command(picture.path.name if picture.path else "image")
    return Drawing(
        page=page,
        layers=layers,
        profile=settings.profile,
        metadata={"plotopt": __version__, "command": command, "options": settings.options(), **run.told},
        notes=known + notes + gone_notes(strokes, problem.pens, layers) + devices.notes(network=seen),
        source=picture.path,
        stock=settings.stock,
        client=settings.client,
        wanted=shown(problem, settings.stock),
        place=place,
        others=files_of(settings),
    )


def chosen_pens(settings: FitSettings, picture: Picture, place: Rect) -> tuple[Pen, ...]:
    """The pens in the order of their layers; of a box, those that suit the picture best.

    Raises PlotoptError where none of a box can be seen on the paper.
    """
    chosen, stock = settings.pens, settings.stock
    if isinstance(chosen, tuple):
        return in_plot_order(chosen)
    seen = tuple(pen for pen in chosen.box if shows(pen, stock))
    if not seen:
        told = f"none of the {len(chosen.box)} pens to choose from can be seen on {stock.title}"
        raise PlotoptError(f"{told}: name others, or another --stock")
    if len(seen) > chosen.count:
        problem = emphasize(
            _posed(settings, picture, in_plot_order(seen), place), emphasis_of(settings, picture)
        )
        small = problem.target.at_scale(place.longer / _CHOOSING_PX)
        seen = best_pens(small.pixels, seen, chosen.count, stock)
    return in_plot_order(seen)


def problem_of(settings: FitSettings, picture: Picture, place: Rect) -> Problem:
    """The problem with the pens of the settings, or with those that suit the picture best."""
    pens = chosen_pens(settings, picture, place)
    for pen in pens:
        pen.check_fits(place)
    # A single line has to turn and to cross itself: held to directions it comes to another length each time.
    is_led = settings.single_line is None
    hand = Hand(settings.stiffness, settings.crossings, laid=settings.curl > 0, directed=is_led)
    guide, emphasis = guide_of(settings, picture), emphasis_of(settings, picture)
    renderer, problem = _renderer(settings.renderer), _posed(settings, picture, pens, place)
    problem = replace(problem, renderer=renderer, guide=guide, hand=hand)
    return outline(emphasize(problem, emphasis), emphasis, settings.strokes or usual_count(pens, place))


def _posed(settings: FitSettings, picture: Picture, pens: Sequence[Pen], place: Rect) -> Problem:
    stock = settings.stock
    return pose(picture, pens, stock, settings.tone(usual_gamma(pens, stock)), place)


def _renderer(wanted: RendererChoice) -> Renderer:
    if not wanted.samples:
        return transmittance
    diffvg.load()
    return diffvg.Diffvg(wanted.samples)
