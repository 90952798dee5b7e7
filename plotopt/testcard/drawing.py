"""Drawing a test card: every mark, patch and letter as strokes of the one pen that it is for."""

from __future__ import annotations

import math
import shlex
from collections.abc import Iterator
from dataclasses import replace

import numpy as np

from plotopt import __version__, bezier
from plotopt.drawing import Drawing
from plotopt.errors import PlotoptError
from plotopt.lettering import letter
from plotopt.page import Orientation, Page, Paper, Rect, lay_out
from plotopt.pens import Pen
from plotopt.plot.chains import Chain
from plotopt.plot.plan import Finishing, plan_layer
from plotopt.profiles import Profile
from plotopt.stocks import WHITE, Stock
from plotopt.testcard.card import (
    BLOCK,
    COLUMN_PITCH,
    COLUMNS,
    HEIGHT,
    LEFT,
    MARK,
    MODULE,
    ROW_PITCH,
    SIDE,
    TALLEST_CAPTION,
    TOP,
    Card,
    Patch,
    code_cells,
    marks,
)
from plotopt.units import format_length

# Solid areas stay solid with a pen that is three tenths finer than it is said to be.
_SOLID_STEP = 0.7
# A pen's letters clog when they are lower than so many widths.
_LETTER_PENS = 6.0
_CAPTION, _HEADING_RISE = 2.2, 4.6
_TITLE, _TALLEST_TITLE = 4.0, 8.0
_REMEDY = "its darkest patches are meant to have so much, and the paper may cockle or tear there"


def draw_testcard(
    pen: Pen, paper: Paper, margin_mm: float, profile: Profile, stock: Stock = WHITE
) -> Drawing:
    """The card for a pen, in the middle of a sheet, to be plotted by that pen alone.

    Raises PlotoptError for paper or a machine too small for it, and for a pen wider than 5 mm.
    """
    card = Card.for_width(pen.width_mm)
    page = lay_out(paper, margin_mm, Orientation.AUTO, BLOCK.width / BLOCK.height)
    left, top = _find_corner(card, page)
    width, height = BLOCK.width * card.unit_mm, BLOCK.height * card.unit_mm
    profile.check_fits(Rect(left, top, left + width, top + height))
    chains = [np.array([left, top]) + card.unit_mm * chain for chain in _draw(card)]
    sheet = Rect(0.0, 0.0, page.width_mm, page.height_mm)
    # Lines drawn again and lines under others are what the card is about.
    finishing = Finishing(keep_order=True, drop_hidden=False)
    layer = plan_layer(chains, pen, sheet, finishing)
    written = [np.array([left, top]) + card.unit_mm * chain for chain in _write(card, pen)]
    # Full stops are shorter than the pen is wide and would be left out as specks.
    layer = replace(layer, chains=(*written, *layer.chains), strokes=layer.strokes + len(written))
    words = ["plotopt", "testcard", f"--pen={pen.text}", f"--paper={paper.text}"]
    words += [f"--margin={format_length(margin_mm)}", f"--stock={stock.name}"]
    command = shlex.join([*words, f"--profile={profile.path or profile.name}"])
    metadata = {"plotopt": __version__, "command": command}
    return Drawing(page, (layer,), profile, metadata, stock=stock, remedy=_REMEDY)


def _find_corner(card: Card, page: Page) -> tuple[float, float]:
    width, height = BLOCK.width * card.unit_mm, BLOCK.height * card.unit_mm
    frame = page.frame
    if width > frame.width + 1e-6 or height > frame.height + 1e-6:
        raise PlotoptError(
            f"the test card of a pen {card.width_mm:g} mm wide takes {width:.0f} x {height:.0f} mm, and the "
            f"page has {frame.width:g} x {frame.height:g} mm inside its margin: take larger paper"
        )
    return (frame.left + frame.right - width) / 2, (frame.top + frame.bottom - height) / 2


def _draw(card: Card) -> Iterator[Chain]:
    """Marks, patches and code in card units, from the top down."""
    top_left, top_right, bottom_right, bottom_left = marks()
    for mark in (top_left, top_right):
        yield from _mark(mark, card.width)
    for patch in card.patches:
        yield from _hatch(patch, card.width)
    yield from _mark(bottom_left, card.width)
    for cell, dark in zip(code_cells(), card.code, strict=True):
        if dark:
            yield from _solid(cell, card.width, min(cell.width, cell.height) / 2)
    yield from _mark(bottom_right, card.width)


def _mark(place: Rect, width: float) -> Iterator[Chain]:
    yield from _solid(place, width, MODULE)
    core = place.inset(2 * MODULE)
    yield from _solid(core, width, MODULE / 2)


def _solid(place: Rect, width: float, depth: float) -> Iterator[Chain]:
    """Rectangles within each other whose ink reaches ``depth`` from the edge inwards."""
    # The innermost is longer than the pen is wide, or it would be left out as a speck.
    last = min(depth - width / 2, min(place.width, place.height) / 2 - 0.15 * width)
    first = min(width / 2, last)
    count = math.ceil((last - first) / (_SOLID_STEP * width)) + 1
    for inset in np.linspace(first, last, count).tolist():
        inner = place.inset(inset)
        xs = [inner.left, inner.right, inner.right, inner.left, inner.left]
        ys = [inner.top, inner.top, inner.bottom, inner.bottom, inner.top]
        corners = np.stack([xs, ys], axis=1)
        yield np.stack([bezier.line_curve(corners[i], corners[i + 1]) for i in range(4)])


def _hatch(patch: Patch, width: float) -> Iterator[Chain]:
    """The patch's lines to and fro, each pass one of its own."""
    # Round ends reach half a width farther.
    ends = np.array([patch.place.top + width / 2, patch.place.bottom - width / 2])
    for number in range(patch.periods):
        for offset in patch.offsets:
            x = patch.place.left + ((number + 0.5) * patch.period + offset) * width
            for _ in range(patch.passes):
                yield bezier.line_curve(np.array([x, ends[0]]), np.array([x, ends[1]]))[None]
                ends = ends[::-1]


def _write(card: Card, pen: Pen) -> Iterator[Chain]:
    """Title, headings and captions in card units; a pen too wide for small letters writes the title alone."""
    edge = card.width / 2
    height = min(max(_TITLE, _LETTER_PENS * card.width), _TALLEST_TITLE)
    left, room = MARK + 5.0, BLOCK.width - 2 * (MARK + 5.0)
    yield from letter(
        f"{pen.name} {pen.width_mm:g}mm", left + edge, (MARK - height) / 2, height, width_mm=room - 2 * edge
    )
    small = max(_CAPTION, _LETTER_PENS * card.width)
    if small > TALLEST_CAPTION:
        return
    for row, heading in ((0, "coats of ink"), (2, "passes"), (3, "pairs, pen widths apart")):
        yield from letter(heading, LEFT + edge, TOP + row * ROW_PITCH - _HEADING_RISE, small)
    for index, patch in enumerate(card.patches):
        row, column = divmod(index, COLUMNS)
        top = TOP + row * ROW_PITCH + HEIGHT + 1.4
        yield from letter(patch.caption, LEFT + column * COLUMN_PITCH + edge, top, small, width_mm=SIDE)
