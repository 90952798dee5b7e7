"""HPGL for pen plotters of old, through vpype's table of devices and their sheets."""

from __future__ import annotations

import difflib
import io
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from plotopt.errors import PlotoptError
from plotopt.formats.lines import PX_PER_MM, to_document
from plotopt.page import Page
from plotopt.plot.plan import Layer
from plotopt.profiles import Profile

if TYPE_CHECKING:
    import vpype

DEVICE = "hp7475a"
_SAME_SHEET_MM = 0.5
# What VS takes, in cm/s, on all of them.
_SLOWEST_CM_S, _FASTEST_CM_S = 1, 127
_BLANK = "IN;DF;PU;SP0;IN;\n"


def hpgl_text(layers: Sequence[Layer], page: Page, profile: Profile, device: str | None = None) -> str:
    """HPGL of the layers, layer n with pen n, at the profile's drawing speed.

    The sheet is the one of ``device`` (vpype's name of it, an HP 7475A by default) that has the page's size,
    turned where it must be. Raises PlotoptError for an unknown device, one without such a sheet, a page
    with ink where the device does not reach, and for more layers than it holds pens.
    """
    import vpype

    plotter = find_device(device or DEVICE)
    sheet = find_sheet(device, (page.width_mm, page.height_mm))
    if len(layers) > plotter.pen_count:
        raise PlotoptError(
            f"{plotter.name} holds {plotter.pen_count} pens, the drawing has {len(layers)} layers: "
            "use fewer pens, or another device, as in --formats hpgl:hp7550"
        )
    document = to_document(layers, page)
    if document.is_empty():
        return _BLANK
    landscape = page.width_mm > page.height_mm
    _check_reach(document, sheet, plotter, landscape)
    buffer = io.StringIO()
    speed_cm_s = int(np.clip(round(profile.draw_speed_mm_s / 10), _SLOWEST_CM_S, _FASTEST_CM_S))
    vpype.write_hpgl(
        buffer,
        document,
        sheet.name,
        landscape,
        False,
        device or DEVICE,
        speed_cm_s,
        absolute=True,
        quiet=True,
    )
    return buffer.getvalue()


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
    sizes = []
    for sheet in plotter.paper_configs:
        if sheet.paper_size is None:
            return sheet
        sides = sorted(side / PX_PER_MM for side in sheet.paper_size)
        if np.allclose(sides, sorted(size_mm), atol=_SAME_SHEET_MM, rtol=0):
            return sheet
        sizes.append(f"{sides[1]:.0f} x {sides[0]:.0f} mm")
    raise PlotoptError(
        f"{plotter.name} takes no sheet of {size_mm[0]:g} x {size_mm[1]:g} mm: use {', '.join(sizes)}, "
        "or another device, as in --formats hpgl:artisan"
    )


def _check_reach(document: vpype.Document, sheet: Any, plotter: Any, landscape: bool) -> None:
    """vpype cuts off without a word what the device does not reach."""
    bounds = document.bounds()
    if sheet.x_range is None or sheet.y_range is None or bounds is None:
        return
    corners = np.array([complex(*bounds[:2]), complex(*bounds[2:])])
    width, height = sheet.paper_size
    if landscape != (width > height):
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
    beyond_mm = max(beyond) * plotter.plotter_unit_length / PX_PER_MM
    if beyond_mm > _SAME_SHEET_MM / 10:
        raise PlotoptError(
            f"the ink reaches {beyond_mm:.1f} mm beyond where {plotter.name} can draw on {sheet.name}: "
            f"make the margin {np.ceil(beyond_mm):.0f} mm wider"
        )
