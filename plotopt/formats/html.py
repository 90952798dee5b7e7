"""A report on a drawing in one HTML file that opens from disk and asks for nothing else."""

from __future__ import annotations

import base64
import hashlib
import io
import json
from collections.abc import Sequence
from dataclasses import dataclass
from html import escape
from importlib import resources
from string import Template
from typing import TYPE_CHECKING, Any

import numpy as np

from plotopt.colour.contrast import opacity_in_srgb
from plotopt.formats.duration import format_duration
from plotopt.page import Page, Rect
from plotopt.plot.journey import travel
from plotopt.plot.load import REMEDY, ink_load, load_notes
from plotopt.plot.plan import Layer, LayerStatistics, Statistics
from plotopt.plot.svg import pen_runs
from plotopt.profiles import Client, Profile
from plotopt.stocks import Stock

if TYPE_CHECKING:
    from PIL import Image

# Coordinates are told as whole numbers of this many mm, each as the difference from the one before.
_STEP_MM = 0.01
_LONGEST_TARGET_PX = 1600
_HEADINGS = ("strokes", "paths", "pen down", "pen up", "lifts", "time")


@dataclass(frozen=True, eq=False)
class Report:
    """What a report tells. ``wanted`` is the picture that the drawing is of, ``place`` where it lies.

    ``remedy`` says what to do about more ink than the stock bears.
    """

    title: str
    layers: Sequence[Layer]
    page: Page
    stock: Stock
    profile: Profile
    client: Client
    statistics: Statistics
    notes: tuple[str, ...] = ()
    command: str | None = None
    wanted: Image.Image | None = None
    place: Rect | None = None
    remedy: str = REMEDY


def html_text(report: Report) -> str:
    """The page as text; the same input gives the same text.

    Style, script and data are in it, and a content security policy forbids all else.
    """
    style, script = _read("report.css"), _read("report.js")
    load = ink_load(report.layers, report.page)
    return Template(_read("report.html")).substitute(
        title=escape(report.title),
        style=style,
        script=script,
        style_hash=_hash(style),
        script_hash=_hash(script),
        data=_as_script(_data(report)),
        subtitle=escape(_subtitle(report)),
        facts=_facts(report.statistics),
        table=_table(report.statistics),
        notes=_notes([*report.notes, *load_notes(load, report.stock, report.remedy)]),
        command=_command(report.command),
        heat_map=_picture(load.picture(report.stock), "PNG"),
        load=escape(
            f"At most {load.most_coats:.1f} coats of ink lie on one another; {report.stock.title} bears "
            f"{report.stock.ink_limit:g}."
        ),
    )


def _read(name: str) -> str:
    return resources.files(__package__).joinpath(name).read_text("utf-8")


def _hash(text: str) -> str:
    return base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()


def _as_script(data: Any) -> str:
    """JSON that no text in it can end before its time."""
    text = json.dumps(data, separators=(",", ":"), allow_nan=False)
    return text.replace("&", "\\u0026").replace("<", "\\u003c").replace(">", "\\u003e")


def _data(report: Report) -> dict[str, Any]:
    data = {
        "page": [report.page.width_mm, report.page.height_mm],
        "paper": report.stock.color,
        "step": _STEP_MM,
        "layers": [_layer_data(layer, number, report) for number, layer in enumerate(report.layers, start=1)],
        # How many layers on end each pen draws, whose ink lies as one.
        "runs": [len(run) for run in pen_runs(report.layers)],
    }
    if report.wanted and report.place:
        place = report.place
        data["target"] = _picture(report.wanted, "JPEG")
        data["place"] = [place.left, place.top, place.width, place.height]
    return data


def _layer_data(layer: Layer, number: int, report: Report) -> dict[str, Any]:
    journey = travel(layer, report.profile, report.client)
    parts = [np.concatenate([chain[:1, 0], chain[:, 1:].reshape(-1, 2)]) for chain in layer.chains]
    points = np.concatenate(parts) if parts else np.zeros((0, 2))
    steps = np.diff(np.round(points / _STEP_MM).astype(int), axis=0, prepend=0)
    return {
        "label": layer.label(number),
        "color": layer.pen.color,
        "width": layer.pen.width_mm,
        "opaque": layer.pen.opaque,
        "opacity": opacity_in_srgb(layer.pen),
        "curves": [len(chain) for chain in layer.chains],
        "steps": steps.ravel().tolist(),
        "reach": np.round(journey.reach_s, 3).tolist(),
        "draw": np.round(journey.draw_s, 3).tolist(),
    }


def _picture(image: Image.Image, kind: str) -> str:
    """A picture as a ``data:`` address, no larger than a screen needs."""
    small = image.convert("RGB")
    small.thumbnail((_LONGEST_TARGET_PX, _LONGEST_TARGET_PX))
    buffer = io.BytesIO()
    small.save(buffer, kind, **({"quality": 88} if kind == "JPEG" else {"optimize": True}))
    return f"data:image/{kind.lower()};base64,{base64.b64encode(buffer.getvalue()).decode()}"


def _subtitle(report: Report) -> str:
    pens = len({layer.pen for layer in report.layers})
    return (
        f"{pens} {'pen' if pens == 1 else 'pens'} on {report.stock.title}, {report.page.width_mm:g} x "
        f"{report.page.height_mm:g} mm, for {report.profile.title} driven by {report.client.value}"
    )


def _facts(plot: Statistics) -> str:
    facts = [
        (format_duration(plot.minutes), "to plot, without changing pens"),
        (f"{plot.pen_down_m:.1f} m", "pen down"),
        (f"{plot.pen_up_m:.1f} m", "pen up"),
        (f"{plot.lifts:,}", "pen lifts"),
    ]
    if plot.hidden:
        facts.append((f"{plot.hidden:,}", f"hidden strokes left out, {plot.hidden_m:.1f} m"))
    return "\n".join(f"<div><dt>{name}</dt><dd>{value}</dd></div>" for value, name in facts)


def _table(plot: Statistics) -> str:
    """Rows of all layers and their sum; a column of refills where a pen's is known."""
    known = any(layer.refills is not None for layer in plot.layers)
    heads = "".join(f'<th scope="col">{name}</th>' for name in ("layer", *_HEADINGS, *["refills"] * known))
    rows = []
    for layer in plot.layers:
        refills = "" if layer.refills is None else f"{layer.refills:.2f}"
        rows.append(_row(layer.label, layer, [refills] * known))
    if len(plot.layers) > 1:
        rows.append(_row("all", plot, [""] * known))
    return f"<thead><tr>{heads}</tr></thead><tbody>{''.join(rows)}</tbody>"


def _row(name: str, figures: LayerStatistics | Statistics, more: Sequence[str]) -> str:
    cells = (
        f"{figures.strokes:,}",
        f"{figures.paths:,}",
        f"{figures.pen_down_m:.2f} m",
        f"{figures.pen_up_m:.2f} m",
        f"{figures.lifts:,}",
        format_duration(figures.minutes),
        *more,
    )
    return f'<tr><th scope="row">{escape(name)}</th>{"".join(f"<td>{cell}</td>" for cell in cells)}</tr>'


def _notes(notes: Sequence[str]) -> str:
    if not notes:
        return ""
    items = "".join(f"<li>{escape(note)}</li>" for note in notes)
    return f'<section><h2>Notes</h2><ul class="notes">{items}</ul></section>'


def _command(command: str | None) -> str:
    if not command:
        return ""
    return f'<section><h2>Command</h2><pre tabindex="0"><code>{escape(command)}</code></pre></section>'
