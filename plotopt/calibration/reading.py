"""The story of a calibration: find the card, even out the light, measure the patches, find the pen."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
from jaxtyping import Float
from numpy import ndarray
from PIL import Image

from plotopt.calibration.code import blur, read_code, ring_ink
from plotopt.calibration.marks import find_marks, quadrilaterals
from plotopt.calibration.sheet import Sheet
from plotopt.calibration.tones import Tones, fit_tones, fit_width
from plotopt.colour.light import LUMINANCE, color_of
from plotopt.errors import PlotoptError
from plotopt.page import Rect
from plotopt.pens import Pen
from plotopt.picture import Picture, read_picture
from plotopt.stocks import WHITE, Stock
from plotopt.testcard.card import BLOCK, Card, Patch

# A photograph keeps its pixels: lines thinner than one are measured by their darkness, but noise needs many.
_MOST_SIDE_PX = 8000
_LEAST_PX_PER_UNIT = 3.0
_SAME_PX = 1.0
_DARK = 0.03
_BLOWN_OUT = 0.99
# What the light ring of a mark may have of the ink's darkness.
_BLURRED = 0.35
_FAINT = 0.06
_UNEVEN, _SHADOWED = 0.015, 0.06
# Card units from a patch's edge that blur and a wide pen's round ends may reach, and the same in pen widths.
_CLEARANCE, _CLEARANCE_PENS = 1.2, 0.8
# Lines are joined at their ends; the same from there, for a pen up to 1.4 times as wide.
_END_CLEARANCE, _END_CLEARANCE_PENS = 0.8, 1.2
# Ink so much lighter than the paper covers it; in one channel alone, fluorescent ink is lighter, too.
_LIGHTER, _LIGHTER_CHANNEL = 1.05, 1.5
# Fit for use: some patch shows paper, and some has ink all over.
_MOST_COVERED, _LEAST_COATS = 0.8, 1.2
# How far light may be from the model's, and the width of the line pairs alone from the width.
_GOOD, _FAIR = (0.012, 0.03), (0.03, 0.15)


@dataclass(frozen=True)
class Calibration:
    """A pen as its test card shows it, and how far to trust it.

    ``card`` says what pen the card was made for. Errors are standard deviations of ``pen.width_mm`` and
    ``pen.opacity``; ``residual`` is how far the patches' light is from the model's (root mean square, of the
    paper's light or, where that is more, the ink's), ``pairs_mm`` the width as the line pairs alone have it.
    ``notes`` are for the user.
    """

    pen: Pen
    card: Card
    width_error_mm: float
    opacity_error: float
    residual: float
    pairs_mm: float
    notes: tuple[str, ...] = field(default=())

    @property
    def trust(self) -> str:
        """``good``, ``fair`` or ``doubtful``, by the residual and by what the line pairs say."""
        apart = abs(self.pairs_mm / self.pen.width_mm - 1)
        for trust, (residual, pairs) in (("good", _GOOD), ("fair", _FAIR)):
            if self.residual <= residual and apart <= pairs:
                return trust
        return "doubtful"


def calibrate(
    photograph: str | Path | Picture, pen: Pen | None = None, stock: Stock = WHITE, name: str = "my-pen"
) -> Calibration:
    """The true width, opacity and colour of a pen from a photograph or scan of its test card.

    ``pen`` is the one that the card was made for, where that is known: the result keeps its metres a refill
    and, if it is of a catalogue, whether it is opaque. Else ink that is lighter than the paper is opaque. The
    colour of opaque ink is relative to the paper's, which is taken to be ``stock``'s; that of translucent ink
    is what it leaves of the paper's light, so how it looks on white.

    Raises PlotoptError where there is no card in the picture, or the picture is too dark, blurred, small,
    cropped or shaded to read it, or the pen is far from what the card is for.
    """
    picture = photograph if isinstance(photograph, Picture) else read_picture(photograph, _MOST_SIDE_PX)
    sheet, card = _find_card(picture.linear)
    _check_pen(card, pen)
    _check_picture(sheet)
    notes = (*picture.notes, *_look_at_light(sheet))
    seen = np.stack([sheet.mean(_core(patch, card)) for patch in card.patches])
    tones = fit_tones(card.patches, seen)
    _check_tones(tones, card)
    pairs = fit_width(card.pairs, seen[-len(card.pairs) :], tones)
    return Calibration(
        _as_pen(tones, card, pen, stock, name),
        card,
        tones.width_error * card.width_mm,
        tones.opacity_error,
        tones.residual / max(float(tones.ink.max()), 1.0),
        pairs * card.width_mm,
        notes,
    )


def _find_card(linear: Float[ndarray, "height width 3"]) -> tuple[Sheet, Card]:
    """The card in the picture, whichever way it lies; its code tells which corner is which."""
    some_marks, sheets = False, []
    tried: list[Float[ndarray, "4 2"]] = []
    for found in find_marks(linear):
        some_marks = some_marks or bool(found)
        for centres in quadrilaterals(found):
            if any(np.abs(centres - old).max() < _SAME_PX for old in tried):
                continue
            tried.append(centres)
            for turn in range(4):
                sheet = Sheet.between(linear, np.roll(centres, turn, 0)).evened()
                card = Card.from_code(read_code(sheet))
                if card:
                    return sheet, card
                sheets.append(sheet)
    if float(np.percentile(linear, 99)) < _DARK:
        raise PlotoptError("the picture is too dark to find the test card: give it more light")
    raise PlotoptError(_why_no_card(some_marks, sheets))


def _why_no_card(some_marks: bool, sheets: Sequence[Sheet]) -> str:
    if sheets:
        # Turned the wrong way there are patches where paper should be.
        return _find_problem(min(sheets, key=lambda sheet: sheet.unevenness))
    if some_marks:
        return (
            "not all four corner marks of the test card can be seen: photograph the whole card, sharp, "
            "with all corners in the picture"
        )
    return (
        "no corner marks of a test card can be found: photograph the whole card of `plotopt testcard`, "
        "sharp, from above and evenly lit"
    )


def _find_problem(sheet: Sheet) -> str:
    """What hinders reading a card that has four marks."""
    if sheet.px_per_unit < _LEAST_PX_PER_UNIT:
        wide = sheet.px_per_unit * BLOCK.width
        return (
            f"the test card is only {wide:.0f} px wide in the picture: photograph it closer, 400 px at least"
        )
    if sheet.unevenness > _SHADOWED:
        return (
            f"the paper's light varies by {sheet.unevenness:.0%} within the test card: photograph it without "
            "shadows and stains, or scan it"
        )
    if blur(sheet) > _BLURRED:
        return "the picture is too blurred to read the test card: hold still, or scan it"
    return (
        "four corner marks are there, but the row of squares between the lower two cannot be read: "
        "photograph the whole card, with nothing on it, from above and evenly lit"
    )


def _check_picture(sheet: Sheet) -> None:
    if sheet.px_per_unit < _LEAST_PX_PER_UNIT or sheet.unevenness > _SHADOWED or blur(sheet) > _BLURRED:
        raise PlotoptError(_find_problem(sheet))


def _check_pen(card: Card, pen: Pen | None) -> None:
    if pen and Card.for_width(pen.width_mm) != card:
        raise PlotoptError(
            f"this test card was made for a pen of {card.width_mm:g} mm, and {pen.text} has "
            f"{pen.width_mm:g} mm: give the pen that drew it, or leave out --pen"
        )


def _look_at_light(sheet: Sheet) -> tuple[str, ...]:
    """Notes on the light on the paper. Raises PlotoptError where it is too dark or the ink too faint."""
    paper, ink = sheet.paper_light(), ring_ink(sheet)
    if max(paper.max(), (paper * ink).max()) < _DARK:
        raise PlotoptError("the picture is too dark to measure the test card: give it more light")
    if np.abs(1 - ink).max() < _FAINT:
        raise PlotoptError("the ink hardly differs from the paper: draw the test card on another paper")
    # On dark paper noise is a large part of the light; what counts is what it is beside the ink's.
    uneven = sheet.unevenness / max(float(ink.max()), 1.0)
    notes = []
    if uneven > _UNEVEN:
        notes.append(f"the light on the card is uneven ({uneven:.1%} is left of it): a scan would be surer")
    if paper.min() > _BLOWN_OUT:
        notes.append("the paper is pure white in the picture: with less exposure light tones are surer")
    return tuple(notes)


def _core(patch: Patch, card: Card) -> Rect:
    """The part of a patch to measure: whole periods, out of reach of its edges."""
    clearance = max(_CLEARANCE, _CLEARANCE_PENS * card.width)
    ends = _END_CLEARANCE + _END_CLEARANCE_PENS * card.width
    period = patch.period * card.width
    # Sparse lines are their own clearance: the place ends half way to where the next one would be.
    aside = min(int(clearance / period + 0.5), (patch.periods - 1) // 2) * period
    place = patch.place
    return Rect(place.left + aside, place.top + ends, place.right - aside, place.bottom - ends)


def _check_tones(tones: Tones, card: Card) -> None:
    coats = [tones.width / patch.period for patch in card.wedge]
    if coats[0] <= _MOST_COVERED and coats[-1] >= _LEAST_COATS:
        return
    found, made_for = tones.width * card.width_mm, card.width_mm
    how = "wider" if found > made_for else "finer"
    raise PlotoptError(
        f"the pen is much {how} than the {made_for:g} mm that the test card was made for: "
        f"draw one for some {found:.2g} mm"
    )


def _as_pen(tones: Tones, card: Card, pen: Pen | None, stock: Stock, name: str) -> Pen:
    paper = read_picture(Image.new("RGB", (8, 8), stock.color)).linear[0, 0]
    opaque = _is_opaque(tones.ink, paper, pen)
    return Pen(
        name,
        color_of(tones.ink * paper if opaque else tones.ink),
        round(tones.width * card.width_mm, 3),
        opaque,
        round(tones.opacity, 3),
        pen.refill_m if pen else None,
    )


def _is_opaque(ink: Float[ndarray, "3"], paper: Float[ndarray, "3"], pen: Pen | None) -> bool:
    """Whether the ink covers the paper, as the pen has it or as it looks."""
    # A width, or a colour and a width, are translucent for want of knowing better.
    if pen and (pen.opaque or pen.reference):
        return pen.opaque
    lighter = np.dot(LUMINANCE, ink * paper) / np.dot(LUMINANCE, paper)
    return bool(lighter > _LIGHTER or ink.max() > _LIGHTER_CHANNEL)
