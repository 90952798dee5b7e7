"""What the user should know of a fit: before it begins, and of its end."""

from __future__ import annotations

from collections.abc import Sequence

from scipy.ndimage import grey_closing, grey_opening

from plotopt.colour.contrast import pale_notes
from plotopt.colour.ink import shows
from plotopt.first_strokes.guide import longest_mm
from plotopt.first_strokes.single_line import SingleLine
from plotopt.objectives.problem import Problem
from plotopt.page import Rect
from plotopt.pens import Pen
from plotopt.plot.plan import Layer
from plotopt.settings import FitSettings
from plotopt.settings.pens import PenChoice
from plotopt.strokes import Strokes
from plotopt.tracing import Trace

# What a nib of so many pen widths cannot draw takes this part of a picture's contrast, squared, where what it
# shows is lost: of lines as wide as the pen nothing, of photographs on A6 up to 8 %, of print on A5 22 %.
_NIB_PENS, _TOO_FINE = 0.75, 0.15
# It is told in so many pixels across the pen's width, fewer where the picture has no more.
_PER_PEN = 4


def known_notes(settings: FitSettings, problem: Problem) -> tuple[str, ...]:
    """What is known before the first stroke is laid."""
    return (
        *_pen_notes(settings, problem.pens),
        *_length_notes(settings.length, problem.target.place),
        *_line_notes(settings, problem),
        *_fine_notes(problem),
    )


def gone_notes(strokes: Strokes, pens: Sequence[Pen], layers: Sequence[Layer]) -> tuple[str, ...]:
    """Of pens whose lines all lie under others."""
    drawn = {layer.pen for layer in layers}
    tried = [pen for number, pen in enumerate(pens) if (strokes.pen == number).any()]
    return tuple(f"nothing of {pen.name} would show under later ink" for pen in tried if pen not in drawn)


def _pen_notes(settings: FitSettings, pens: Sequence[Pen]) -> tuple[str, ...]:
    """Of the pens on this paper."""
    chosen, stock = settings.pens, settings.stock
    if not isinstance(chosen, PenChoice):
        return pale_notes(pens, stock)
    notes = (f"pens chosen: {', '.join(pen.name for pen in pens)}",)
    if len(pens) >= chosen.count:
        return notes
    hidden = " and ".join(pen.name for pen in chosen.box if not shows(pen, stock))
    told = f"only {len(pens)} of the {len(chosen.box)} pens to choose from can be seen on {stock.title}"
    return (*notes, f"{told}, {hidden} not: {chosen.count} were asked for")


def _length_notes(length_mm: float | None, place: Rect) -> tuple[str, ...]:
    most_mm = longest_mm(place)
    if length_mm is None or length_mm <= most_mm:
        return ()
    return (f"a length of {length_mm:g} mm is too much: strokes of this picture have up to {most_mm:.0f} mm",)


def _line_notes(settings: FitSettings, problem: Problem) -> tuple[str, ...]:
    """Of lines of the picture's own that were not asked for; a tour goes from dot to dot all the same."""
    contours = problem.guide.contours
    if contours is None or not contours.own:
        return ()
    if settings.trace is not Trace.AUTO or settings.single_line is SingleLine.TOUR:
        return ()
    return ("lines of the picture are drawn whole, at the pen's width: --trace off draws its tones alone",)


def _fine_notes(problem: Problem) -> tuple[str, ...]:
    """Of detail that even the narrowest pen is too wide for: lines, and gaps between lines."""
    width_mm, contours = min(pen.width_mm for pen in problem.pens), problem.guide.contours
    # Lines of its own are no longer in the target.
    is_own = contours is not None and contours.own
    picture = (problem.guide.structure if is_own else None) or problem.target
    light = picture.at_scale(width_mm / _PER_PEN).pixels.mean(0).cpu().numpy()
    nib_px = int(_NIB_PENS * width_mm * light.shape[1] / picture.place.width)
    if nib_px < 2:
        return ()
    lines, gaps = (each(light, size=nib_px) - light for each in (grey_closing, grey_opening))
    if (lines**2 + gaps**2).mean() <= _TOO_FINE * light.var():
        return ()
    return (
        f"much of the picture is finer than a pen of {width_mm:g} mm can draw, as small print is: "
        "take larger paper, a finer pen or a part of the picture",
    )
