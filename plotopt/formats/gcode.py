"""G-code through vpype-gcode, in flavours of its own kind of table.

A flavour says how lines, lifts and layers are written. plotopt adds two whose pen is up at every pause;
those of vpype-gcode and of the user's ``~/.vpype.toml`` serve, too.
"""

from __future__ import annotations

import difflib
import inspect
import io
import tomllib
from collections.abc import Sequence
from importlib import resources
from typing import Any

from plotopt.errors import PlotoptError
from plotopt.formats.lines import to_document
from plotopt.page import Page
from plotopt.plot.plan import Layer
from plotopt.profiles import Profile

FLAVOUR = "z"
_IN_USE = "plotopt-in-use"
_MM_PER_UNIT = {"mm": 1.0, "cm": 10.0, "in": 25.4, "inch": 25.4}
# Characters that Grbl takes for commands even in a comment, and those that end one.
_UNSAFE = str.maketrans(dict.fromkeys("?!~$()", "_"))


class _NamedBuffer(io.StringIO):
    """Text in memory; templates may ask for the file's name."""

    name = "drawing.gcode"


def gcode_text(layers: Sequence[Layer], page: Page, profile: Profile, flavour: str | None = None) -> str:
    """G-code of the layers at the profile's drawing speed, with a pause (M0) before each but the first.

    The machine's nought is the page's bottom left corner, x to the right and y up, in the flavours that flip
    the page; comments name the pens. Raises PlotoptError for an unknown flavour and for one whose
    templates ask for what there is not.
    """
    import click
    import vpype
    from vpype_gcode.gwrite import gwrite

    profiles = vpype.config_manager.config["gwrite"]
    document = to_document(layers, page)
    for number, layer in document.layers.items():
        label = _comment(layers[number - 1].label(number))
        layer.set_property(vpype.METADATA_FIELD_NAME, label)
        layer.set_property("plotopt_pause", f"M0 (put in {label})\n" if number > 1 else "")
    buffer = _NamedBuffer()
    profiles[_IN_USE] = _completed(find_flavour(flavour or FLAVOUR), profile)
    try:
        # vpype's own way to run a command seeds the global random state anew.
        inspect.unwrap(gwrite.callback)(document, buffer, _IN_USE, ())
    except (click.BadParameter, ValueError, IndexError) as error:
        raise PlotoptError(f"G-code flavour {flavour!r:.40} cannot be used: {error}") from None
    finally:
        del profiles[_IN_USE]
    return buffer.getvalue()


def find_flavour(name: str) -> dict[str, Any]:
    """The table of a flavour. Raises PlotoptError where there is none of that name."""
    import vpype
    import vpype_gcode.gwrite  # noqa: F401  (it adds its own flavours to vpype's)

    own = tomllib.loads(resources.files(__package__).joinpath("flavours.toml").read_text("utf-8"))
    flavours = {**vpype.config_manager.config["gwrite"], **own}
    if isinstance(flavours.get(name), dict):
        return dict(flavours[name])
    names = [key for key, value in flavours.items() if isinstance(value, dict)]
    near = difflib.get_close_matches(name[:40], names, n=3, cutoff=0.5) or [*own, "gcodemm"]
    raise PlotoptError(
        f"unknown G-code flavour {name!r:.40}: use {', '.join(near)}, or one of your ~/.vpype.toml"
    )


def _completed(flavour: dict[str, Any], profile: Profile) -> dict[str, Any]:
    """The flavour with the speed before all else and, unless it has its own way, pauses between layers."""
    speed = 60 * profile.draw_speed_mm_s / _MM_PER_UNIT.get(flavour.get("unit", "mm"), 1.0)
    flavour.pop("info", None)
    flavour["document_start"] = f"{flavour.get('document_start', '')}F{speed:.10g}\n"
    if "layer_start" not in flavour and "layer_join" not in flavour:
        flavour["layer_start"] = "{plotopt_pause}({vp_name})\n"
    return flavour


def _comment(label: str) -> str:
    return label.encode("ascii", "replace").decode().translate(_UNSAFE)
