"""HPGL for pen plotters of old, through vpype's table of devices and their sheets."""

from __future__ import annotations

import difflib
import io
import math
import re
from collections.abc import Callable, Sequence
from contextlib import suppress
from typing import Any

import numpy as np

from plotopt.errors import PlotoptError
from plotopt.formats.lines import PX_PER_MM, to_document
from plotopt.page import Page, Rect
from plotopt.plot.plan import Layer
from plotopt.profiles import Profile

DEVICE = "hp7475a"
_SAME_SHEET_MM = 0.5
# Two of the plotters' units: not worth a refusal.
_REACH_MM = 0.05
# What VS takes, in cm/s, on all of them.
_SLOWEST_CM_S, _FASTEST_CM_S = 1, 127
_BLANK = "IN;DF;PU;SP0;IN;\n"


def hpgl_text(layers: Sequence[Layer], page: Page, profile: Profile, device: str | None = None) -> str:
    """HPGL of the layers at the profile's drawing speed, one slot of the plotter for each pen.

    Pens have slots in the order in which they draw first. Before every layer but the first, the pen goes
    back to its slot. The sheet is the one of ``device`` (vpype's name of it, an HP 7475A by default) that has
    the page's size, turned where it must be. Raises PlotoptError for an unknown device, one without such a
    sheet, a page with ink where the device does not reach, and for more pens than it holds.
    """
    import vpype

    plotter = find_device(device or DEVICE)
    size_mm = (page.width_mm, page.height_mm)
    sheet = find_sheet(device, size_mm)
    check_slots(device, len({layer.pen for layer in layers}), size_mm)
    document = to_document(layers, page, _numbers(layers, plotter.pen_count))
    bounds = document.bounds()
    if bounds is None:
        return _BLANK
    check_reach(device, page, Rect(*(float(side) / PX_PER_MM for side in bounds)))
    buffer = io.StringIO()
    speed_cm_s = int(np.clip(round(profile.draw_speed_mm_s / 10), _SLOWEST_CM_S, _FASTEST_CM_S))
    vpype.write_hpgl(
        buffer,
        document,
        sheet.name,
        page.width_mm > page.height_mm,
        False,
        device or DEVICE,
        speed_cm_s,
        absolute=True,
        quiet=True,
    )
    # A plotter passes over the order to take the pen that it holds already.
    return re.sub(r"PU;(?=SP[1-9])", "PU;SP0;", buffer.getvalue())


def _numbers(layers: Sequence[Layer], slots: int) -> list[int]:
    """Rising numbers of layers that vpype, which counts its pens round and round, gives the right slots."""
    slot = {pen: i for i, pen in enumerate(dict.fromkeys(layer.pen for layer in layers), start=1)}
    numbers: list[int] = []
    for layer in layers:
        last = numbers[-1] if numbers else 0
        numbers.append(last + 1 + (slot[layer.pen] - last - 1) % slots)
    return numbers


def find_device(name: str) -> Any:
    """vpype's figures of a plotter. Raises PlotoptError where it has none of that name."""
    import vpype

    names = vpype.config_manager.get_plotter_list()
    if name not in names:
        near = difflib.get_close_matches(name.lower()[:40], names, n=3, cutoff=0.4) or sorted(names)
        raise PlotoptError(f"vpype knows no HPGL device {name!r:.40}: use {', '.join(near)}")
    try:
        return vpype.config_manager.get_plotter_config(name)
    except ValueError as error:
        raise PlotoptError(f"vpype's table of {name} cannot be read ({error}): use {DEVICE}") from None


def find_sheet(device: str | None, size_mm: tuple[float, float]) -> Any:
    """The device's sheet of that size, either way round, or one that takes any size.

    Raises PlotoptError where there is none, and as :func:`find_device` does.
    """
    plotter = find_device(device or DEVICE)
    sheet = _sheet_of(plotter, size_mm)
    if sheet is None:
        sides = map(_sides_mm, plotter.paper_configs)
        sizes = [f"{longer:.0f} x {shorter:.0f} mm" for shorter, longer in sides]
        raise PlotoptError(
            f"{plotter.name} takes no sheet of {size_mm[0]:g} x {size_mm[1]:g} mm: use {', '.join(sizes)}, "
            f"or {_another(lambda other: _sheet_of(other, size_mm) is not None)}"
        )
    return sheet


def _sheet_of(plotter: Any, size_mm: tuple[float, float]) -> Any | None:
    for sheet in plotter.paper_configs:
        if sheet.paper_size is None:
            return sheet
        if np.allclose(_sides_mm(sheet), sorted(size_mm), atol=_SAME_SHEET_MM, rtol=0):
            return sheet
    return None


def _sides_mm(sheet: Any) -> list[float]:
    """The shorter and the longer side of a sheet that has a size."""
    return sorted(side / PX_PER_MM for side in sheet.paper_size)


def _another(fits: Callable[[Any], bool]) -> str:
    """What to use instead of a device that does not fit: one that does, or formats without such limits."""
    import vpype

    for name in vpype.config_manager.get_plotter_list():
        # A table that cannot be read is no help.
        with suppress(PlotoptError):
            if fits(find_device(name)):
                return f"another device, as in --formats hpgl:{name}"
    return "--formats svg, pdf or gcode, since no HPGL device does"


def check_slots(device: str | None, pens: int, size_mm: tuple[float, float]) -> None:
    """Raise PlotoptError where the device holds fewer pens, and as :func:`find_device` does.

    The page is of ``size_mm``: that is what another device has to take, too.
    """
    plotter = find_device(device or DEVICE)
    if pens > plotter.pen_count:
        other = _another(lambda each: pens <= each.pen_count and _sheet_of(each, size_mm) is not None)
        raise PlotoptError(
            f"{plotter.name} holds {plotter.pen_count} pens, the drawing has {pens}: "
            f"use fewer pens, or {other}"
        )


def check_reach(device: str | None, page: Page, ink: Rect) -> None:
    """Raise PlotoptError where the pen does not reach all of ``ink``, and as :func:`find_sheet` does.

    vpype would cut off the rest without a word.
    """
    plotter = find_device(device or DEVICE)
    sheet = find_sheet(device, (page.width_mm, page.height_mm))
    beyond_mm = _beyond_mm(ink, page, sheet, plotter)
    if beyond_mm > _REACH_MM:
        margin_mm = _beyond_mm(Rect(0.0, 0.0, page.width_mm, page.height_mm), page, sheet, plotter)
        raise PlotoptError(
            f"the drawing reaches {beyond_mm:.1f} mm beyond where {plotter.name} can draw on {sheet.name}: "
            f"give a margin of at least {math.ceil(margin_mm - _REACH_MM)}mm"
        )


def _beyond_mm(ink: Rect, page: Page, sheet: Any, plotter: Any) -> float:
    """How far the ink lies beyond the plotter's reach, at most, or nothing above 0."""
    if sheet.x_range is None or sheet.y_range is None or sheet.paper_size is None:
        return 0.0
    corners: np.ndarray = np.array([complex(ink.left, ink.top), complex(ink.right, ink.bottom)]) * PX_PER_MM
    width, height = sheet.paper_size
    if (page.width_mm > page.height_mm) != (width > height):
        corners = -1j * corners + 1j * height
    if sheet.rotate_180:
        corners = complex(width, height) - corners
    corners = (corners - complex(*sheet.origin_location)) / plotter.plotter_unit_length
    if sheet.y_axis_up:
        corners = corners.conj()
    beyond = [
        np.maximum(min(limits) - values, values - max(limits)).max()
        for limits, values in ((sheet.x_range, corners.real), (sheet.y_range, corners.imag))
    ]
    return float(max(beyond)) * plotter.plotter_unit_length / PX_PER_MM
