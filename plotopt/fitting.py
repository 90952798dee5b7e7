"""The main story: a picture becomes a drawing."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from plotopt import __version__
from plotopt.drawing import Drawing
from plotopt.errors import PlotoptError
from plotopt.ink import LUMINANCE, Inks, srgb_to_linear
from plotopt.losses.pixel import PyramidLoss
from plotopt.optimize import Problem, optimize
from plotopt.page import Rect, fit_rect, lay_out
from plotopt.pens import Pen
from plotopt.picture import Picture, read_picture
from plotopt.plot.plan import plan_layer, summarize
from plotopt.profiles import Profile
from plotopt.render import cpu
from plotopt.seeding import seed, sow
from plotopt.settings import FitSettings, read_settings
from plotopt.stages import Stage, stages_for
from plotopt.target import Target

if TYPE_CHECKING:
    from PIL import Image


@dataclass(frozen=True)
class Progress:
    """Where a fit stands: the stage, ``step`` of ``steps`` done, and the loss after it where there is one."""

    stage: str
    step: int
    steps: int
    loss: float | None = None


# A picture narrower than so many pens has no room for a stroke beside another.
_LEAST_PENS = 4
# Ink of this luminance and above is hard to see on white.
_PALE = 0.8

Listener = Callable[[Progress], None]


def fit(
    image: str | Path | Image.Image | np.ndarray | Picture,
    *,
    on_progress: Listener = lambda progress: None,
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
    _check_pen(settings.pen, place)
    target = Target.from_picture(picture, settings.tone, place)
    chains, notes = _draw(target, settings, on_progress)
    on_progress(Progress("planning the plot", 0, 1))
    layer = plan_layer(chains, settings.pen, place)
    on_progress(Progress("planning the plot", 1, 1))
    command = settings.command(picture.path.name if picture.path else "image")
    metadata = {"plotopt": __version__, "command": command, "options": settings.options()}
    notes = picture.notes + _pen_notes(settings.pen) + notes
    return Drawing(page, (layer,), settings.profile, metadata, notes, picture.path)


def _check_pen(pen: Pen, place: Rect) -> None:
    if min(place.width, place.height) < _LEAST_PENS * pen.width_mm:
        raise PlotoptError(
            f"a pen {pen.width_mm:g} mm wide is too wide for a picture of {place.width:.3g} x "
            f"{place.height:.3g} mm: take larger paper, a smaller margin or a finer pen"
        )


def _pen_notes(pen: Pen) -> tuple[str, ...]:
    luminance = float(np.dot(srgb_to_linear(pen.color), LUMINANCE))
    if luminance < _PALE:
        return ()
    return (f"ink of {pen.color} hardly shows on white paper, and so in the preview",)


def _draw(
    target: Target, settings: FitSettings, on_progress: Listener
) -> tuple[list[np.ndarray], tuple[str, ...]]:
    """Chains of the optimised strokes, and what the user should know of them."""
    _prepare(settings.profile, on_progress)
    rng = np.random.default_rng(settings.seed)
    sown = sow(target, settings.strokes, settings.pen.width_mm, rng)
    if not len(sown.strokes):
        return [], sown.notes
    # One pen's colour changes nothing in where its strokes go: tone is measured in parts of its full ink.
    inks = Inks.of_pens([replace(settings.pen, color="#000000", opaque=False)], channels=1)
    problem, strokes = Problem(sown.target, inks, PyramidLoss()), sown.strokes
    for stage in stages_for(settings.quality, settings.size, settings.tile):
        strokes = optimize(strokes, problem, stage, rng, _tell(stage, on_progress))
    return strokes.chains(), sown.notes


def _tell(stage: Stage, on_progress: Listener) -> Callable[[int, float], None]:
    name = f"{stage.name} at {stage.long_side_px} px"
    return lambda number, loss: on_progress(Progress(name, number + 1, stage.steps, loss))


def _prepare(profile: Profile, on_progress: Listener) -> None:
    """Compile or load the kernels; the first time on a machine it takes some seconds, and is announced."""
    once = "" if cpu.compiled_before() else " (compiles it once, some 20 s)"
    on_progress(Progress(f"preparing the renderer{once}", 0, 1))
    cpu.warm_up()
    line = np.stack([np.linspace(1, 3, 4), np.ones(4)], axis=1)[None]
    seed(np.full((16, 16), 0.5), 1, 1.0, 4.0, np.random.default_rng(0))
    summarize([plan_layer([line, line + 1], Pen("warm", "#000000", 0.5), Rect(0, 0, 9, 9))], profile)
    on_progress(Progress(f"preparing the renderer{once}", 1, 1))
