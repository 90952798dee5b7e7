"""The third story: channels of a layer side by side, each drawn small, so that one can pick."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np

from plotopt.canvas import Aim, Canvas
from plotopt.devices import find_devices
from plotopt.drawing import Drawing
from plotopt.errors import PlotoptError
from plotopt.journal import Journal
from plotopt.lettering import letter
from plotopt.listening import Listener, Progress, in_one_step, no_listener
from plotopt.networks import Network, Neuron, check_channels, parse_neurons
from plotopt.networks.layers import dissect
from plotopt.networks.network import WrongViewError
from plotopt.networks.zoo import crop_size_px
from plotopt.page import Rect
from plotopt.pens import Pen
from plotopt.plot.plan import Layer, plan_layer
from plotopt.plot.split import split_layers
from plotopt.preparing import prepare
from plotopt.settings import NeuronsSettings, read_neurons_settings
from plotopt.stages import growth_for
from plotopt.strokes import Strokes
from plotopt.visualization.easel import Easel, load_eyes
from plotopt.visualization.growth import copied
from plotopt.visualization.sheet import Sheet, lay_out_sheet
from plotopt.visualization.shelf import Shelf
from plotopt.visualizing import draw_middle, draw_whole, drawing_of


def neurons(
    subjects: str | Sequence[Neuron],
    path: str | Path | None = None,
    *,
    on_progress: Listener = no_listener,
    **options: Any,
) -> Drawing:
    """A contact sheet: what each of many channels likes best, drawn small and labelled.

    ``subjects`` is such as ``vgg16:conv3_3:0-63``, or neurons of one layer; ``options`` are the fields of
    :class:`plotopt.settings.NeuronsSettings`, as values or as the text that the command line takes. With the
    ``path`` of the sheet each finished channel is kept in a file of the folder beside it that
    :func:`plotopt.visualization.shelf.shelf_folder` names, and the same call goes on from there after an
    interruption; the sheet itself is written by :meth:`plotopt.Drawing.save`. A channel's drawing does not
    depend on which others are on the sheet, only on the size of its cell. Raises PlotoptError for anything
    that cannot be used.
    """
    settings = read_neurons_settings(**options)
    devices = find_devices(settings.device)
    wanted = _read(subjects)
    sheet = lay_out_sheet(settings, len(wanted))
    settings.profile.check_fits(sheet.block)
    single = settings.of_cell(sheet.side_mm)
    shelf = Shelf.beside(Path(path), single, sheet.side_mm) if path else None
    drawn = shelf.find_all(wanted) if shelf else {}
    done = len(drawn)
    missing = [neuron for neuron in wanted if neuron not in drawn]
    if missing:
        eyes, single = _open_eyes(missing, single, on_progress)
        prepare(on_progress)
        for neuron, strokes in _draw_all(missing, eyes, sheet.side_mm, single, on_progress):
            drawn[neuron] = strokes
            if shelf:
                shelf.keep(neuron, strokes)
    with in_one_step("planning the plot", on_progress):
        layers = split_layers(_plan(sheet, wanted, drawn, settings.layered_pens), settings.split_every)
    told = (
        {"command": settings.command(subjects.strip())}
        if isinstance(subjects, str)
        else {"neurons": [neuron.text for neuron in wanted]}
    )
    notes = (f"{done} of {len(wanted)} channels were done already",) if done else ()
    return drawing_of(settings, sheet.page, layers, told, notes + devices.notes(network=bool(missing)))


def _read(subjects: str | Sequence[Neuron]) -> tuple[Neuron, ...]:
    # A neuron named twice is drawn and shown once.
    wanted = parse_neurons(subjects) if isinstance(subjects, str) else tuple(dict.fromkeys(subjects))
    if not wanted:
        raise PlotoptError("there are no neurons: give some, as in vgg16:conv3_3:0-63")
    for neuron in wanted:
        if not isinstance(neuron, Neuron):
            raise PlotoptError(f"{neuron!r:.40} is no neuron: give a text, as in vgg16:conv3_3:0-63")
        if (neuron.model, neuron.layer) != (wanted[0].model, wanted[0].layer):
            raise PlotoptError(
                f"{neuron.text:.60} is of another layer than {wanted[0].text:.60}: make a sheet for each"
            )
    return wanted


def _open_eyes(
    missing: Sequence[Neuron], single: NeuronsSettings, on_progress: Listener
) -> tuple[Sequence[Network], NeuronsSettings]:
    """The network, and the settings with a crop that it takes."""
    first = missing[0]
    channels = dissect(first.model).find(first.layer).channels
    for neuron in missing:
        check_channels(neuron, channels)
    with in_one_step("loading the network", on_progress):
        try:
            return load_eyes(first, single), single
        except WrongViewError:
            # Some networks take nothing smaller than what they were trained on.
            usual_px = crop_size_px(first.model)
            if single.crop >= usual_px:
                raise
            single = replace(single, crop=usual_px)
            return load_eyes(first, single), single


def _draw_all(
    missing: Sequence[Neuron],
    eyes: Sequence[Network],
    side_mm: float,
    single: NeuronsSettings,
    on_progress: Listener,
) -> Iterator[tuple[Neuron, Strokes]]:
    name = f"channels at {single.size} px, {len(missing)} to draw"
    for number, neuron in enumerate(missing):

        def on_step(step: Progress, before: int = number) -> None:
            steps = len(missing) * step.steps
            on_progress(Progress(name, before * step.steps + step.step, steps, step.loss))

        yield neuron, draw_cell(neuron, eyes, Rect(0.0, 0.0, side_mm, side_mm), single, on_step)


def draw_cell(
    wanted: Neuron, eyes: Sequence[Network], cell: Rect, single: NeuronsSettings, on_progress: Listener
) -> Strokes:
    """The optimised strokes of one neuron in a cell that wraps, with copies of what hangs over its edges.

    ``single`` is what :meth:`plotopt.settings.NeuronsSettings.of_cell` makes. The middle of a map, and cells
    without copies, do not wrap.
    """
    journal = Journal(on_progress)
    if wanted.center:
        return draw_middle(wanted, eyes, cell, single, journal)
    if not single.copies:
        return draw_whole(wanted, eyes, cell, single, journal)
    canvas = Canvas(cell, cell.width / single.canvas_px, Aim.WRAP)
    easel = Easel.set_up(wanted, eyes, canvas, single.strokes, single)
    return copied(easel.begin(growth_for(single.quality).small, journal), cell, cell)


def _plan(
    sheet: Sheet, wanted: Sequence[Neuron], drawn: Mapping[Neuron, Strokes], pens: Sequence[Pen]
) -> tuple[Layer, ...]:
    """A layer for each pen in use, cell after cell, so that a plot cut short has whole cells."""
    layers = []
    for number, pen in enumerate(pens):
        writes = pen == sheet.writer
        chains = _title(sheet, wanted) if writes else []
        strokes = len(chains)
        for index in sheet.walk(len(wanted)):
            cell, own = sheet.cell(index), drawn[wanted[index]]
            corner = np.array([cell.left, cell.top])
            moved = [chain + corner for chain in own.select(own.pen == number).chains()]
            planned = plan_layer(moved, pen, cell)
            label = _label(sheet, wanted, index) if writes else []
            chains += [*planned.chains, *label]
            strokes += planned.strokes + len(label)
        if chains:
            layers.append(Layer(pen, tuple(chains), strokes))
    return tuple(layers)


def _title(sheet: Sheet, wanted: Sequence[Neuron]) -> list[np.ndarray]:
    block, edge = sheet.block, sheet.writer.width_mm / 2
    text = f"{wanted[0].model}:{wanted[0].layer}"
    return letter(text, block.left + edge, block.top + edge, sheet.title_mm, width_mm=block.width - 2 * edge)


def _label(sheet: Sheet, wanted: Sequence[Neuron], index: int) -> list[np.ndarray]:
    """What tells a neuron from the others of its layer."""
    (left, top), edge = sheet.label(index), sheet.writer.width_mm / 2
    text = wanted[index].text.split(":", 2)[2]
    width = sheet.side_mm - 2 * edge
    return letter(text, left + edge, top, sheet.letter_mm, width_mm=width)
