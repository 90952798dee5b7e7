"""Which colour and width an element's line has: attributes, style sheets and what is inherited."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import lru_cache

from plotopt.plot.svgin.paints import BLACK, parse_paint
from plotopt.plot.svgin.shapes import parse_user_length
from plotopt.plot.svgin.sheets import MARKERS, NOWHERE, PROPERTIES, Around, StyleSheet, parse_declarations
from plotopt.plot.svgin.values import replace_variables

# The inherited properties and how they begin.
_INITIAL = {
    **{"stroke": "none", "stroke-width": "1", "stroke-opacity": "1", "stroke-dasharray": "none"},
    **{"fill": "black", "fill-opacity": "1", "color": "black", "visibility": "visible"},
    **dict.fromkeys(MARKERS, "none"),
}
_TAKEN_OVER = frozenset(("inherit", "unset", "initial"))
_ZERO = re.compile(r"[+-]?0*+\.?0*+%?")


@dataclass(frozen=True)
class Look:
    """What children inherit. ``stroke`` and ``fill`` are paints, ``width`` is as written.

    They are inherited whether or not they are ``clear``, which is to say wholly transparent. ``markers``
    are the properties that put something on a line.
    """

    stroke: str | None = None
    fill: str | None = BLACK
    stroke_is_clear: bool = False
    fill_is_clear: bool = False
    width: str = "1"
    color: str = BLACK
    visible: bool = True
    dashed: bool = False
    markers: frozenset[str] = frozenset()

    def of_child(self, properties: Mapping[str, str]) -> Look:
        """The look of an element with these properties."""
        own = _own(properties)
        if not own:
            return self
        color = (parse_paint(own["color"], self.color) or self.color) if "color" in own else self.color
        stroke_opacity, fill_opacity = own.get("stroke-opacity"), own.get("fill-opacity")
        dashes, marked = own.get("stroke-dasharray"), own.keys() & MARKERS
        return Look(
            stroke=parse_paint(own["stroke"], color) if "stroke" in own else self.stroke,
            fill=parse_paint(own["fill"], color) if "fill" in own else self.fill,
            stroke_is_clear=self.stroke_is_clear if stroke_opacity is None else _is_zero(stroke_opacity),
            fill_is_clear=self.fill_is_clear if fill_opacity is None else _is_zero(fill_opacity),
            width=own.get("stroke-width", self.width),
            color=color,
            visible=own["visibility"] == "visible" if "visibility" in own else self.visible,
            dashed=self.dashed if dashes is None else _has_gaps(dashes),
            markers=self.markers - marked | {name for name in marked if own[name] != "none"},
        )

    def shown(self) -> Look:
        """The look without what is clear."""
        look = replace(self, stroke=None) if self.stroke_is_clear else self
        return replace(look, fill=None) if self.fill_is_clear else look


def properties_of(
    tag: str, attributes: Mapping[str, str], sheet: StyleSheet, around: Around = NOWHERE
) -> dict[str, str]:
    """An element's own properties: its attributes, over them style sheets, over them its style attribute."""
    own = {name: replace_variables(text) for name, text in attributes.items() if name in PROPERTIES}
    return own | declared_of(tag, attributes, sheet, around)


def declared_of(
    tag: str, attributes: Mapping[str, str], sheet: StyleSheet, around: Around = NOWHERE
) -> dict[str, str]:
    """What style sheets and its style attribute say of an element, important ones over all others."""
    rules = sheet.declarations(tag, attributes, around)
    if "style" not in attributes:
        return rules.usual | rules.important
    style = parse_declarations(attributes["style"])
    return rules.usual | style.usual | rules.important | style.important


def is_shown(properties: Mapping[str, str]) -> bool:
    """False where an element and all in it are switched off, or wholly transparent."""
    return properties.get("display") != "none" and not _is_zero(properties.get("opacity", "1"))


def _own(properties: Mapping[str, str]) -> dict[str, str]:
    """The inherited properties that an element does not leave to its parent."""
    own = {name: text for name, text in properties.items() if name in _INITIAL}
    for name in [name for name, text in own.items() if text.lower() in _TAKEN_OVER]:
        if own[name].lower() == "initial":
            own[name] = _INITIAL[name]
        else:
            del own[name]
    return own


@lru_cache(maxsize=4096)
def _has_gaps(dashes: str) -> bool:
    """Whether a line with these dashes is broken; what cannot be read breaks none."""
    lengths = [parse_user_length(word, 100.0) for word in dashes.replace(",", " ").split()]
    gaps = lengths[1::2] if len(lengths) % 2 == 0 else lengths
    return None not in lengths and any(gaps)


def _is_zero(text: str) -> bool:
    return _ZERO.fullmatch(text) is not None and "0" in text
