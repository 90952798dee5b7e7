"""Swatch sheets: what each of some pens looks like on a paper, its tones and its line, under its name."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from plotopt import __version__, bezier
from plotopt.colour.contrast import pale_notes
from plotopt.drawing import Drawing
from plotopt.errors import PlotoptError
from plotopt.lettering import letter
from plotopt.page import Orientation, Page, Paper, Rect, lay_out
from plotopt.pens import Pen
from plotopt.plot.chains import Chain
from plotopt.plot.plan import Layer
from plotopt.profiles import Profile
from plotopt.stocks import WHITE, Stock

TONES = (0.25, 0.5, 0.75, 1.0)

_MARGIN_MM = 10.0
# A pen about so wide writes best. Its letters are so many widths high, within bounds, and clog where they are
# lower.
_WRITING_MM = 0.3
_LETTER_PENS, _CLOGGED_PENS = 6.0, 4.0
_LEAST_LETTER_MM, _MOST_LETTER_MM = 2.2, 6.0
# A patch in millimetres and in widths of its pen; larger than the most is a waste of ink.
_LEAST_SIDE_MM, _LEAST_SIDE_PENS = 5.0, 1.5
_MOST_SIDE_MM, _MOST_SIDE_PENS = 10.0, 4.0
# In letters' heights: the title with the space below, a label with the space below, the space between cards.
_TITLE, _HEAD, _LABEL, _GAP = 1.5, 3.8, 1.7, 1.5
# In sides of a patch: the space between patches, and the least that is left for the scribble.
_SPACE, _SCRIBBLE = 0.2, 1.5
# In letters' heights, too: a card narrower than this has no room for a name.
_LEAST_CARD = 14.0
_RISE = 1 / 21


@dataclass(frozen=True)
class SwatchSheet:
    """A page with cards in columns, one a pen: a label and below it square patches and a scribble."""

    page: Page
    columns: int
    rows: int
    letter_mm: float

    @property
    def card_mm(self) -> tuple[float, float]:
        """Width and height of a card where the frame is filled."""
        frame, gap = self.page.frame, _GAP * self.letter_mm
        width = (frame.width - (self.columns - 1) * 2 * gap) / self.columns
        height = (frame.height - _HEAD * self.letter_mm - (self.rows - 1) * gap) / self.rows
        return width, height

    @property
    def side_mm(self) -> float:
        """The largest patches that these cards have room for; it may come out negative."""
        width, height = self.card_mm
        across = len(TONES) * (1 + _SPACE) + _SCRIBBLE
        return min(width / across, height - _LABEL * self.letter_mm)

    def card(self, index: int, side_mm: float) -> Rect:
        """The card of that number, column by column from the top left."""
        column, row = divmod(index, self.rows)
        width, gap = self.card_mm[0], _GAP * self.letter_mm
        height = _LABEL * self.letter_mm + side_mm
        left = self.page.frame.left + column * (width + 2 * gap)
        top = self.page.frame.top + _HEAD * self.letter_mm + row * (height + gap)
        return Rect(left, top, left + width, top + height)


def draw_swatches(pens: Sequence[Pen], paper: Paper, profile: Profile, stock: Stock = WHITE) -> Drawing:
    """A sheet with a card for each pen, a layer a pen, in the order they come.

    A card has patches of a quarter to full tone, those left out that would be the same as the one before,
    and a line in loops. Each pen writes its own label where it is fine enough and shows on the stock; else
    the best of the others that do. Raises PlotoptError for no pens, for more than the paper has room for, and
    for paper that the machine cannot reach.
    """
    if not pens:
        raise PlotoptError("there are no pens to show: give some, as in pigma-005,red:0.3mm")
    shown = [pen for pen in pens if not pale_notes((pen,), stock)]
    writer = min(shown or pens, key=lambda pen: abs(math.log(pen.width_mm / _WRITING_MM)))
    letter_mm = max(_LETTER_PENS * writer.width_mm, _LEAST_LETTER_MM)
    if letter_mm > _MOST_LETTER_MM:
        letter_mm = _LEAST_LETTER_MM
    sheet, side_mm = _lay_out(pens, paper, letter_mm)
    layers: dict[Pen, list[Chain]] = {pen: [] for pen in pens}
    layers[writer] += _write(writer, f"pens on {stock.title}", sheet, sheet.page.frame, _TITLE)
    for index, pen in enumerate(layers):
        card = sheet.card(index, side_mm)
        hand = pen if pen in shown and _LETTER_PENS * pen.width_mm <= 1.2 * letter_mm else writer
        layers[hand] += _label(hand, pen, sheet, card)
        layers[pen] += _patches(pen, card, side_mm) + _scribble(pen, card, side_mm)
    profile.check_fits(sheet.page.frame)
    planned = tuple(Layer(pen, tuple(chains), len(chains)) for pen, chains in layers.items())
    options = {"pens": [pen.text for pen in layers], "paper": paper.text, "stock": stock.name}
    metadata = {"plotopt": __version__, "options": options}
    notes = tuple(dict.fromkeys(pale_notes(tuple(layers), stock)))
    return Drawing(sheet.page, planned, profile, metadata, notes, stock=stock)


def _lay_out(pens: Sequence[Pen], paper: Paper, letter_mm: float) -> tuple[SwatchSheet, float]:
    """The sheet with the largest patches, as few columns as have them, and the patches' side."""
    count, widest_mm = len(set(pens)), max(pen.width_mm for pen in pens)
    page = lay_out(paper, _MARGIN_MM, Orientation.AUTO, 1.0)
    most_mm = max(_MOST_SIDE_MM, _MOST_SIDE_PENS * widest_mm)
    columns = max(min(count, int(page.frame.width / (_LEAST_CARD * letter_mm))), 1)
    sheets = [SwatchSheet(page, n, math.ceil(count / n), letter_mm) for n in range(1, columns + 1)]
    best = max(sheets, key=lambda sheet: min(sheet.side_mm, most_mm))
    least_mm = max(_LEAST_SIDE_MM, _LEAST_SIDE_PENS * widest_mm)
    if best.side_mm < least_mm:
        raise PlotoptError(
            f"{count} pens get patches of {max(best.side_mm, 0):.1f} mm on {paper.name} paper and need "
            f"{least_mm:.3g} mm: show fewer pens or take larger paper"
        )
    return best, min(best.side_mm, most_mm)


def _label(hand: Pen, pen: Pen, sheet: SwatchSheet, card: Rect) -> list[Chain]:
    """The pen's name at the left of the card and its width at the right."""
    figure = _write(hand, f"{pen.width_mm:.2g} mm", sheet, card)
    taken = max((float(chain[..., 0].max()) - card.left for chain in figure), default=0.0) + hand.width_mm / 2
    figure = [chain + np.array([card.width - taken, 0.0]) for chain in figure]
    rest = Rect(card.left, card.top, card.right - taken - sheet.letter_mm, card.bottom)
    return _write(hand, pen.name, sheet, rest) + figure


def _write(hand: Pen, text: str, sheet: SwatchSheet, place: Rect, size: float = 1.0) -> list[Chain]:
    """One line at the top of a place, nothing where pen or place have no room for letters."""
    height_mm, edge = size * sheet.letter_mm, hand.width_mm / 2
    if height_mm < _CLOGGED_PENS * hand.width_mm or place.width < 2 * height_mm:
        return []
    line = letter(text, place.left + edge, place.top + edge, height_mm, width_mm=place.width - 2 * edge)
    # Some letters rise above capitals; the usual ones by so much, so that names and figures stand level.
    rise = max([_RISE * height_mm, *(place.top + edge - float(chain[..., 1].min()) for chain in line)])
    return [chain + np.array([0.0, rise]) for chain in line]


def _patches(pen: Pen, card: Rect, side_mm: float) -> list[Chain]:
    """Upright hatching, its ink inside squares at the foot of the card."""
    counts = [max(round(tone * side_mm / pen.width_mm), 1) for tone in TONES[:-1]]
    counts.append(math.ceil(side_mm / pen.width_mm))
    hatched = []
    for number, count in enumerate(dict.fromkeys(counts)):
        left = card.left + number * (1 + _SPACE) * side_mm
        square = Rect(left, card.bottom - side_mm, left + side_mm, card.bottom).inset(pen.width_mm / 2)
        lines = _hatch(square, count)
        closed = count == counts[-1]
        hatched += [np.stack(_linked(lines))] if closed else [line[None] for line in lines]
    return hatched


def _hatch(square: Rect, count: int) -> list[np.ndarray]:
    """So many lines from the left edge to the right one, up and down in turn; one alone in the middle."""
    places = (
        np.linspace(square.left, square.right, count) if count > 1 else [(square.left + square.right) / 2]
    )
    down = [bezier.line_curve(np.array([x, square.top]), np.array([x, square.bottom])) for x in places]
    return [line if number % 2 == 0 else line[::-1].copy() for number, line in enumerate(down)]


def _linked(lines: Sequence[np.ndarray]) -> list[np.ndarray]:
    """The lines with a short one from the end of each to the next, to be drawn without lifting the pen."""
    linked = [lines[0]]
    for line in lines[1:]:
        linked += [bezier.line_curve(linked[-1][3], line[0]), line]
    return linked


def _scribble(pen: Pen, card: Rect, side_mm: float) -> list[Chain]:
    """A line in loops beside the patches, rising from small to as high as they are."""
    left = card.left + len(TONES) * (1 + _SPACE) * side_mm
    place = Rect(left, card.bottom - side_mm, card.right, card.bottom).inset(pen.width_mm / 2)
    pitch, overhang = max(0.3 * side_mm, 3.0 * pen.width_mm), 0.3 * side_mm
    loops = int((place.width - 2 * overhang) / pitch)
    if loops < 1:
        return []
    pitch = (place.width - 2 * overhang) / loops
    # A cycloid whose arm grows: eight curves a loop, from places and slopes at their ends.
    turn = np.linspace(0.0, 2 * math.pi * loops, 8 * loops + 1)
    grown, growth = 0.15 + 0.85 * turn / turn[-1], 0.85 / turn[-1]
    arm = place.height / 2
    x = place.left + overhang + pitch * turn / (2 * math.pi) - overhang * grown * np.sin(turn)
    y = (place.top + place.bottom) / 2 + arm * grown * np.cos(turn)
    slope_x = pitch / (2 * math.pi) - overhang * (growth * np.sin(turn) + grown * np.cos(turn))
    slope_y = arm * (growth * np.cos(turn) - grown * np.sin(turn))
    points, slopes = np.stack([x, y], 1), np.stack([slope_x, slope_y], 1) * turn[1] / 3
    return [np.stack([points[:-1], points[:-1] + slopes[:-1], points[1:] - slopes[1:], points[1:]], axis=1)]
