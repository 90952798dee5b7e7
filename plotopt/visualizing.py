"""The second story: a neuron becomes a drawing."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import partial
from typing import TYPE_CHECKING, Any

from plotopt import __version__
from plotopt.canvas import Aim, Canvas
from plotopt.carrying import Carried, with_pens
from plotopt.colour.contrast import pale_notes
from plotopt.colour.palette import Palette
from plotopt.devices import find_devices
from plotopt.drawing import Drawing
from plotopt.errors import PlotoptError
from plotopt.journal import Journal
from plotopt.layering import idle_notes, plan_layers
from plotopt.listening import Listener, in_one_step, no_listener
from plotopt.networks import Neuron, parse_neuron
from plotopt.page import Page, Rect
from plotopt.plot.plan import Layer
from plotopt.preparing import prepare
from plotopt.runs.ordering import neuron_order
from plotopt.runs.run import Run
from plotopt.settings import NeuronSettings, read_neuron_settings
from plotopt.settings.files import files_of
from plotopt.settings.network import NetworkSettings
from plotopt.stages import growth_for
from plotopt.strokes import Strokes
from plotopt.visualization.easel import Easel, load_eyes
from plotopt.visualization.growth import copied, varied
from plotopt.visualization.scatter import Usual

if TYPE_CHECKING:
    from plotopt.networks import Network

# How wide the pen is for the middle of a map, where no size says otherwise.
_PEN_PX = 1.8
_LEAST_PX = 64


def neuron(
    subject: str | Neuron,
    *,
    on_progress: Listener = no_listener,
    run: Run | None = None,
    **options: Any,
) -> Drawing:
    """The drawing that channels of a vision network like best.

    ``subject`` is such as ``vgg16:conv3_3:37`` or ``vgg16:conv3_3:37+0.5*12@center``, or what
    :func:`plotopt.networks.parse_neuron` made of it; ``options`` are the fields of
    :class:`plotopt.settings.NeuronSettings`, as values or as the text that the command line takes.
    The same call gives the same drawing. ``run`` is how it is kept and stopped. Raises PlotoptError for
    anything that cannot be used.
    """
    settings = read_neuron_settings(**options)
    devices = find_devices(settings.device)
    wanted = parse_neuron(subject) if isinstance(subject, str) else subject
    if not isinstance(wanted, Neuron):
        raise PlotoptError(f"{subject!r:.40} is no neuron: name one, as in vgg16:conv3_3:37")
    shown = settings.centered() if wanted.center else settings
    page, place = settings.sheet(settings.aspect(wanted.center))
    settings.profile.check_fits(place)
    for pen in settings.layered_pens:
        pen.check_fits(place)
    with in_one_step("loading the network", on_progress, pale_notes(settings.pens, settings.stock)):
        eyes = load_eyes(wanted, settings)
    prepare(on_progress)
    draw = draw_middle if wanted.center else draw_grown if settings.copies else draw_whole
    run, pens = run or Run(), settings.layered_pens
    carried = run.carried

    def drawn(journal: Journal) -> tuple[Strokes, tuple[str, ...]]:
        if carried:
            strokes = draw_on(wanted, eyes, carried.at(place), shown, journal)
        else:
            strokes = draw(wanted, eyes, place, shown, journal)
        return strokes, (*journal.notes, *idle_notes(strokes, pens))

    order = partial(neuron_order, settings, wanted.text)
    strokes, notes = run.draw(order, on_progress, len(pens), drawn)
    with in_one_step("planning the plot", on_progress):
        layers = plan_layers(strokes, pens, place, settings.split_every)
    told = {"command": settings.command(wanted.text), **run.told}
    return drawing_of(settings, page, layers, told, devices.notes(network=True) + notes)


def drawing_of(
    settings: NetworkSettings,
    page: Page,
    layers: tuple[Layer, ...],
    told: Mapping[str, Any],
    notes: tuple[str, ...] = (),
) -> Drawing:
    """The drawing of planned layers; ``told`` is what its metadata tell besides version and options."""
    return Drawing(
        page=page,
        layers=layers,
        profile=settings.profile,
        metadata={"plotopt": __version__, "options": settings.options(), **told},
        notes=pale_notes(settings.pens, settings.stock) + notes,
        stock=settings.stock,
        client=settings.client,
        others=files_of(settings),
    )


def draw_grown(
    wanted: Neuron, eyes: Sequence[Network], place: Rect, settings: NeuronSettings, journal: Journal
) -> Strokes:
    """The optimised strokes of a neuron, each with its pen, grown from copies of a small drawing.

    The small one wraps, so that copies of it join; all over the place they then grow apart.
    """
    growth, grid = growth_for(settings.quality), settings.copied
    sheet = Canvas(place, place.longer / settings.canvas_px)
    width, height = place.width / grid.columns, place.height / grid.rows
    cell = Rect(place.left, place.top, place.left + width, place.top + height)
    count = max(1, round(settings.strokes / (grid.columns * grid.rows)))
    easel = Easel.set_up(wanted, eyes, Canvas(cell, sheet.mm_per_px, Aim.WRAP), count, settings)
    small = easel.begin(growth.small, journal)
    copies = varied(copied(small, cell, place), cell, place, easel.usual, easel.rng)
    return easel.go_on(copies, sheet, growth.grown, journal)


def draw_whole(
    wanted: Neuron, eyes: Sequence[Network], place: Rect, settings: NetworkSettings, journal: Journal
) -> Strokes:
    """The optimised strokes of a neuron, each with its pen, drawn as one from scratch."""
    sheet = Canvas(place, place.longer / settings.canvas_px)
    easel = Easel.set_up(wanted, eyes, sheet, settings.strokes, settings)
    return easel.begin(growth_for(settings.quality).whole, journal)


def draw_middle(
    wanted: Neuron, eyes: Sequence[Network], place: Rect, settings: NetworkSettings, journal: Journal
) -> Strokes:
    """The optimised strokes for the middle of the neuron's map, without those that it does not see.

    The canvas is so large that the pen's lines suit the network, and of the strokes no more are taken than
    have room there.
    """
    sheet = _middle(place, settings)
    room = Usual.room(place, _pen_mm(settings))
    easel = Easel.set_up(wanted, eyes, sheet, min(settings.strokes, room), settings)
    strokes = easel.begin(growth_for(settings.quality).small, journal)
    felt = easel.felt(strokes)
    if not felt.any():
        raise PlotoptError(
            f"{wanted.text:.60} answers to none of the strokes: take the layer below it, more strokes or "
            "--relu leaky"
        )
    return strokes.select(felt)


def draw_on(
    wanted: Neuron, eyes: Sequence[Network], carried: Carried, settings: NetworkSettings, journal: Journal
) -> Strokes:
    """The strokes of another run, optimised on with other settings at the place where they lie."""
    place = carried.place
    sheet = Canvas(place, place.longer / settings.canvas_px)
    if wanted.center:
        sheet = _middle(place, settings)
    strokes = with_pens(carried.strokes, settings.layered_pens)
    easel = Easel.set_up(wanted, eyes, sheet, len(strokes), settings)
    return easel.go_on(strokes, sheet, growth_for(settings.quality).grown, journal)


def _pen_mm(settings: NetworkSettings) -> float:
    return float(Palette(settings.layered_pens).widths_mm.mean())


def _middle(place: Rect, settings: NetworkSettings) -> Canvas:
    """The canvas for the middle of a map."""
    size_px = settings.size or max(round(_PEN_PX * place.longer / _pen_mm(settings)), _LEAST_PX)
    return Canvas(place, place.longer / size_px, Aim.CENTER)
