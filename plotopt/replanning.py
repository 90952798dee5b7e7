"""The story of ``plotopt plan``: a drawing that another program made is planned for a plotter."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np

from plotopt import __version__
from plotopt.colour.contrast import pale_notes
from plotopt.drawing import Drawing
from plotopt.errors import PlotoptError
from plotopt.kernel_cache import is_compiled
from plotopt.listening import Listener, Progress, in_one_step, no_listener
from plotopt.page import Page, Rect, fit_rect, lay_out
from plotopt.pens import Pen
from plotopt.plot.chains import Chain, lengths_mm
from plotopt.plot.plan import Finishing, Layer, plan_layer, summarize
from plotopt.plot.reading import ReadLayer, read_svg
from plotopt.plot.split import split_layers
from plotopt.plot.tidy import draw_dots, drop_repeated, join_short, simplify
from plotopt.plot.tour import improve
from plotopt.settings.files import files_of
from plotopt.settings.plan import LayerPen, PlanSettings, read_plan_settings
from plotopt.stocks import WHITE

# What a nib cannot show, in its widths.
_TOLERANCE_WIDTHS = 0.1
# Lines shorter than this, in widths, may lie wholly under the ends of the lines that they meet; drawn once
# more within a path they show less than a lift.
_SHORT_WIDTHS = 2.0


def plan(path: str | Path, *, on_progress: Listener = no_listener, **options: Any) -> Drawing:
    """The drawing in an SVG file as a plotter should draw it: tidied, clipped, joined, ordered, timed.

    ``options`` are the fields of :class:`plotopt.settings.plan.PlanSettings`, as values or as the text that
    the command line takes: ``plan("map.svg", pens="black,red:0.3mm", paper="a4", fit=True)``. The drawing's
    metadata tell under ``before`` what the plot would have been without. Raises PlotoptError for anything
    that cannot be used.
    """
    settings, path = read_plan_settings(**options), Path(path)
    with in_one_step("reading the drawing", on_progress):
        reading = read_svg(path, settings.layers)
    if not reading.layers:
        told = "".join(f"; {note}" for note in reading.notes)
        raise PlotoptError(
            f"the drawing holds nothing that a pen can draw: give one with lines or shapes{told}"
        )
    read = _with_pens(reading.layers, settings.pens)
    page = _page(reading.page, settings)
    placed = _fitted(read, page) if settings.fit else read
    _check_reach(placed, page, settings)
    planned, repeated = _plan(placed, page, settings, on_progress)
    layers = [layer for layer in planned if layer.chains]
    stock = settings.stock or reading.stock or WHITE
    notes = (
        *(() if settings.fit else reading.assumptions),
        *reading.notes,
        *_merging_notes(reading.layers, read),
        *_cut_notes(placed, page),
        *_tidying_notes(layers, repeated),
        *_gone_notes(placed, planned),
        *pale_notes(list(dict.fromkeys(layer.pen for layer in layers)), stock),
    )
    metadata = {
        "plotopt": __version__,
        "command": settings.command(path.name),
        "options": settings.options(),
        "before": _figures_before(placed, settings),
    }
    return Drawing(
        page,
        split_layers(layers, settings.split_every),
        settings.profile,
        metadata,
        notes,
        path,
        stock=stock,
        client=settings.client,
        others=files_of(settings),
    )


def _with_pens(layers: Sequence[ReadLayer], pens: tuple[LayerPen, ...] | None) -> list[ReadLayer]:
    """The layers with the pens given: those by name first, then one for all the others or one for each.

    Raises PlotoptError for a layer that is not there or given two pens, and for too many or too few pens.
    """
    given: dict[int, Pen] = {}
    for each in pens or ():
        for i in [] if each.layer is None else _find(layers, each.layer):
            if i in given:
                raise PlotoptError(f"layer {layers[i].label!r:.60} is given two pens: give it one")
            given[i] = each.pen
    others = [i for i in range(len(layers)) if i not in given]
    rest = [each.pen for each in pens or () if each.layer is None]
    if len(rest) == 1 and others:
        rest *= len(others)
    if rest and len(rest) != len(others):
        raise PlotoptError(
            f"{len(rest)} pens for {len(others)} layers ({_names(layers)}): give one for each, or one for all"
        )
    given |= dict(zip(others, rest, strict=False))
    drawn = [replace(layer, pen=given.get(i, layer.pen)) for i, layer in enumerate(layers)]
    return _made_one(drawn, others) if rest else drawn


def _made_one(layers: Sequence[ReadLayer], chosen: Sequence[int]) -> list[ReadLayer]:
    """The chosen layers of one pen as one, where the first of them lies: every layer is a pause."""
    made: list[ReadLayer] = []
    firsts: dict[Pen, list[Chain]] = {}
    for i, layer in enumerate(layers):
        if i in chosen and layer.pen in firsts:
            firsts[layer.pen].extend(layer.chains)
            continue
        made.append(replace(layer, chains=list(layer.chains)))
        if i in chosen:
            firsts[layer.pen] = made[-1].chains
    return made


def _find(layers: Sequence[ReadLayer], name: str) -> list[int]:
    """The layers of that label, of that pen or of that number, which their labels begin with.

    Where no label begins with a number, it is the place among the layers.
    """
    for names in ([layer.label for layer in layers], [layer.pen.name for layer in layers]):
        found = [i for i, each in enumerate(names) if each.lower() == name.lower()]
        if found:
            return found
    numbers = [layer.number for layer in layers]
    if not any(number is not None for number in numbers):
        numbers = list(range(1, len(layers) + 1))
    # Compared as text: a number can have more digits than are read.
    bare = name.lstrip("0") or "0" if name.isdecimal() else ""
    found = [i for i, number in enumerate(numbers) if str(number) == bare]
    if not found:
        raise PlotoptError(f"there is no layer {name!r:.60}: the drawing has {_names(layers)}")
    return found


def _names(layers: Sequence[ReadLayer]) -> str:
    names = [layer.label for layer in layers]
    return f"{', '.join(names)!s:.200}"


def _page(own: Page, settings: PlanSettings) -> Page:
    if settings.paper is not None:
        aspect = own.width_mm / own.height_mm
        margin_mm = settings.margin_mm(settings.paper.width_mm, settings.paper.height_mm)
        return lay_out(settings.paper, margin_mm, settings.orientation, aspect)
    margin_mm = settings.margin_mm(own.width_mm, own.height_mm)
    page = replace(own, margin_mm=margin_mm)
    if min(page.frame.width, page.frame.height) <= 0:
        raise PlotoptError(
            f"a margin of {margin_mm:g} mm leaves no room on a page of {own.width_mm:g} x "
            f"{own.height_mm:g} mm: use a smaller one"
        )
    return page


def _extent(layers: Sequence[ReadLayer]) -> Rect:
    points = np.concatenate([chain.reshape(-1, 2) for layer in layers for chain in layer.chains])
    (left, top), (right, bottom) = points.min(0).tolist(), points.max(0).tolist()
    return Rect(left, top, right, bottom)


def _fitted(layers: Sequence[ReadLayer], page: Page) -> list[ReadLayer]:
    """The drawing as large as the page's frame has room for it, in the middle."""
    extent = _extent(layers)
    # The ink of the widest pen stays in the frame.
    frame = page.frame.inset(max(layer.pen.width_mm for layer in layers) / 2)
    if min(frame.width, frame.height) <= 0:
        raise PlotoptError(
            f"nothing fits on a page of {page.width_mm:g} x {page.height_mm:g} mm with a margin of "
            f"{page.margin_mm:g} mm: take larger paper, a smaller margin or a finer pen"
        )
    # A line along an axis has no aspect; a hair's breadth gives it one.
    width, height = max(extent.width, 1e-6), max(extent.height, 1e-6)
    place = fit_rect(frame, width / height)
    scale = min(place.width / width, place.height / height)
    center = np.array([place.left + place.right, place.top + place.bottom]) / 2
    shift = center - scale * np.array([extent.left + extent.right, extent.top + extent.bottom]) / 2
    return [replace(layer, chains=[scale * chain + shift for chain in layer.chains]) for layer in layers]


def _check_reach(layers: Sequence[ReadLayer], page: Page, settings: PlanSettings) -> None:
    extent, frame = _extent(layers), page.frame
    right, bottom = min(extent.right, frame.right), min(extent.bottom, frame.bottom)
    settings.profile.check_fits(Rect(0, 0, right, bottom))


def _plan(
    read: Sequence[ReadLayer], page: Page, settings: PlanSettings, on_progress: Listener
) -> tuple[list[Layer], int]:
    """The layers as planned, one of them with ink at least, and how many lines and curves came twice."""
    finishing = Finishing(
        join_mm=settings.join,
        keep_order=settings.keep_order,
        drop_hidden=not settings.keep_hidden,
        # A stipple is a drawing of specks.
        shortest_mm=0.0,
    )
    is_ready = settings.keep_order or is_compiled(improve)
    once = "" if is_ready else " (compiles how to once, some 10 s)"
    stage, planned, repeated = f"planning the plot{once}", [], 0
    for number, layer in enumerate(read, start=1):
        on_progress(Progress(stage, number - 1, len(read)))
        frame, chains = _frame(page, layer.pen), layer.chains
        if not settings.keep_hidden:
            # Lines that share points share them no more when each has been simplified by itself.
            width_mm = layer.pen.width_mm
            chains = drop_repeated(chains, _TOLERANCE_WIDTHS * width_mm, _SHORT_WIDTHS * width_mm)
            repeated += sum(map(len, layer.chains)) - sum(map(len, chains))
        chains = draw_dots(_tidied(chains, layer.pen, settings), frame.inset(layer.pen.width_mm / 2))
        planned.append(plan_layer(chains, layer.pen, frame, finishing))
    on_progress(Progress(stage, len(read), len(read)))
    if not any(layer.chains for layer in planned):
        margin = f" with a margin of {page.margin_mm:g} mm" if page.margin_mm else ""
        raise PlotoptError(
            f"nothing of the drawing lies on its page of {page.width_mm:g} x {page.height_mm:g} mm{margin}: "
            "give --fit to bring it there"
        )
    return planned, repeated


def _tidied(chains: list[Chain], pen: Pen, settings: PlanSettings) -> list[Chain]:
    """Short lines that meet made one, and without needless points."""
    tolerance_mm = _TOLERANCE_WIDTHS * pen.width_mm
    join_mm = tolerance_mm if settings.join is None else min(settings.join, tolerance_mm)
    chains = join_short(chains, _SHORT_WIDTHS * pen.width_mm, join_mm, settings.keep_order)
    return simplify(chains, tolerance_mm if settings.simplify is None else settings.simplify)


def _frame(page: Page, pen: Pen) -> Rect:
    """Where ink may go: a line may run along the very edge of the frame, half of it beyond."""
    return page.frame.inset(-pen.width_mm / 2)


def _merging_notes(before: Sequence[ReadLayer], after: Sequence[ReadLayer]) -> list[str]:
    if len(after) == len(before):
        return []
    return [f"{len(before)} layers are drawn as {len(after)}: those of one pen become one"]


def _cut_notes(layers: Sequence[ReadLayer], page: Page) -> list[str]:
    low = np.array([page.frame.left, page.frame.top]) - 0.01
    high = np.array([page.frame.right, page.frame.bottom]) + 0.01
    cut = sum(bool((chain < low).any() or (chain > high).any()) for layer in layers for chain in layer.chains)
    where = "margin" if page.margin_mm else "page's edge"
    return [f"paths cut at the {where}: {cut:,}"] if cut else []


def _gone_notes(read: Sequence[ReadLayer], planned: Sequence[Layer]) -> list[str]:
    gone = [layer.label for layer, plan in zip(read, planned, strict=True) if not plan.chains]
    return [f"nothing of layer {label!r:.60} lies on the page inside its margin" for label in gone]


def _tidying_notes(layers: Sequence[Layer], repeated: int) -> list[str]:
    dots = sum(int((lengths_mm(layer.chains) < layer.pen.width_mm).sum()) for layer in layers)
    notes = [f"lines and curves that were there twice, now drawn once: {repeated:,}"] if repeated else []
    return [*notes, f"paths shorter than their pen is wide: {dots:,} (drawn as dots)"] if dots else notes


def _figures_before(layers: Sequence[ReadLayer], settings: PlanSettings) -> dict[str, float]:
    """What it would be to plot the drawing as the file has it, with nothing done to it."""
    as_read = [Layer(layer.pen, tuple(layer.chains), len(layer.chains)) for layer in layers]
    plot = summarize(as_read, settings.profile, settings.client)
    return {"paths": plot.paths, "pen_up_m": round(plot.pen_up_m, 4), "minutes": round(plot.minutes, 4)}
