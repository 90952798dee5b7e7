"""Which colour and width an element's line has: attributes, style sheets and what is inherited."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from functools import lru_cache

from PIL import ImageColor

from plotopt.errors import PlotoptError

_BLACK = "#000000"
_COMMENT = re.compile(r"/\*.*?(?:\*/|\Z)", re.DOTALL)
# Begun at a brace alone, lest text without any be gone through once for each of its letters.
_RULE = re.compile(r"(?<![^{}])([^{}]++)\{([^{}]*+)\}")
_SELECTOR = re.compile(r"(\*|[\w-]+)?(#[\w-]+)?((?:\.[\w-]+)*)")
_MOST_COMPARISONS = 10_000_000
_PROPERTIES = (
    *("stroke", "stroke-width", "stroke-opacity", "stroke-dasharray", "fill", "fill-opacity"),
    *("color", "opacity", "visibility", "display", "transform", "clip-path", "mask"),
)


@dataclass(frozen=True)
class Rule:
    """Declarations for elements of a tag, an id and classes; empty ones ask for nothing."""

    tag: str
    id: str
    classes: frozenset[str]
    declarations: Mapping[str, str] = field(hash=False)

    @property
    def weight(self) -> tuple[int, int, int]:
        """Of two rules the one with the larger weight wins."""
        return bool(self.id), len(self.classes), bool(self.tag)

    @property
    def hook(self) -> str:
        """What every element has that it is for."""
        return f"#{self.id}" if self.id else f".{min(self.classes)}" if self.classes else self.tag

    def matches(self, tag: str, identity: str, classes: str) -> bool:
        """Whether it is for an element of that tag, id and class attribute."""
        return self.tag in ("", tag) and self.id in ("", identity) and self.classes <= set(classes.split())


@dataclass(frozen=True)
class Look:
    """What children inherit. ``stroke`` and ``fill`` are ``#rrggbb`` or None, ``width`` is as written.

    They are inherited whether or not they are ``clear``, which is to say wholly transparent.
    """

    stroke: str | None = None
    fill: str | None = _BLACK
    stroke_is_clear: bool = False
    fill_is_clear: bool = False
    width: str = "1"
    color: str = _BLACK
    visible: bool = True
    dashed: bool = False

    def of_child(self, properties: Mapping[str, str]) -> Look:
        """The look of an element with these properties."""
        if not properties:
            return self
        color = _paint(properties.get("color", "inherit"), self.color, self.color) or self.color
        stroke = _paint(properties.get("stroke", "inherit"), self.stroke, color)
        fill = _paint(properties.get("fill", "inherit"), self.fill, color)
        visibility, dashes = properties.get("visibility"), properties.get("stroke-dasharray", "inherit")
        return replace(
            self,
            stroke=stroke,
            fill=fill,
            stroke_is_clear=_is_clear(properties.get("stroke-opacity"), self.stroke_is_clear),
            fill_is_clear=_is_clear(properties.get("fill-opacity"), self.fill_is_clear),
            width=properties.get("stroke-width", self.width),
            color=color,
            visible=self.visible if visibility in (None, "inherit") else visibility == "visible",
            dashed=self.dashed if dashes == "inherit" else dashes != "none",
        )

    def shown(self) -> Look:
        """The look without what is clear."""
        look = replace(self, stroke=None) if self.stroke_is_clear else self
        return replace(look, fill=None) if self.fill_is_clear else look


class StyleSheet:
    """The rules of the style sheets of a document.

    Selectors of a tag, an id and classes (``path``, ``.st0``, ``#a``, ``rect.b``) are known; rules with any
    other are left out.
    """

    def __init__(self, text: str) -> None:
        self._rules: dict[str, list[tuple[int, Rule]]] = {}
        for i, rule in enumerate(sorted(_rules(text), key=lambda rule: rule.weight)):
            self._rules.setdefault(rule.hook, []).append((i, rule))
        self._comparisons = 0
        self._matched: dict[tuple[str, str, str], dict[str, str]] = {}

    def declarations(self, tag: str, attributes: Mapping[str, str]) -> Mapping[str, str]:
        """The properties that the rules give an element.

        Raises PlotoptError where rules and elements are too many to be held against each other.
        """
        if not self._rules:
            return {}
        identity = attributes.get("id", "")
        key = tag, identity if f"#{identity}" in self._rules else "", attributes.get("class", "")
        if key not in self._matched:
            matching = self._matching(*key)
            self._matched[key] = {name: text for rule in matching for name, text in rule.declarations.items()}
        return self._matched[key]

    def _matching(self, tag: str, identity: str, classes: str) -> list[Rule]:
        hooks = {f"#{identity}", tag, "", *(f".{each}" for each in classes.split())}
        numbered = [each for hook in hooks for each in self._rules.get(hook, ())]
        self._comparisons += len(numbered)
        if self._comparisons > _MOST_COMPARISONS:
            raise PlotoptError(
                "the drawing has too many rules of style: export it with presentation attributes"
            )
        numbered.sort(key=lambda each: each[0])
        return [rule for _, rule in numbered if rule.matches(tag, identity, classes)]


def _rules(text: str) -> Iterator[Rule]:
    for selectors, body in _RULE.findall(_COMMENT.sub("", text)):
        declarations = parse_declarations(body)
        for selector in selectors.rpartition(";")[2].split(","):
            match = _SELECTOR.fullmatch(selector.strip())
            if match and match[0] and declarations:
                tag, identity, classes = match[1] or "", match[2] or "", match[3] or ""
                names = frozenset(filter(None, classes.split(".")))
                yield Rule(tag.replace("*", ""), identity[1:], names, declarations)


@lru_cache(maxsize=4096)
def parse_declarations(text: str) -> dict[str, str]:
    """The properties of interest of ``stroke: red; fill: none``."""
    pairs = (part.partition(":") for part in text.split(";"))
    declared = {name.strip().lower(): value.replace("!important", "").strip() for name, _, value in pairs}
    return {name: value for name, value in declared.items() if name in _PROPERTIES and value}


def properties_of(tag: str, attributes: Mapping[str, str], sheet: StyleSheet) -> dict[str, str]:
    """An element's own properties: its attributes, over them style sheets, over them its style attribute."""
    own = {name: text.strip() for name, text in attributes.items() if name in _PROPERTIES}
    own.update(sheet.declarations(tag, attributes))
    if "style" in attributes:
        own.update(parse_declarations(attributes["style"]))
    return own


def is_shown(properties: Mapping[str, str]) -> bool:
    """False where an element and all in it are switched off, or wholly transparent."""
    return properties.get("display") != "none" and not _is_zero(properties.get("opacity"))


@lru_cache(maxsize=4096)
def _paint(text: str, inherited: str | None, color: str) -> str | None:
    """``#rrggbb``, or None for no paint; gradients and what cannot be read are black."""
    text = text.lower()
    if text == "inherit":
        return inherited
    if text == "currentcolor":
        return color
    if text in ("none", "transparent", ""):
        return None
    try:
        red, green, blue, *alpha = ImageColor.getrgb(text)
    except ValueError:
        return _BLACK
    red, green, blue = (min(max(part, 0), 255) for part in (red, green, blue))
    return None if alpha == [0] else f"#{red:02x}{green:02x}{blue:02x}"


def _is_clear(opacity: str | None, inherited: bool) -> bool:
    return inherited if opacity in (None, "inherit") else _is_zero(opacity)


def _is_zero(text: str | None) -> bool:
    return text is not None and re.fullmatch(r"[+-]?0*+\.?0*+%?", text) is not None and "0" in text
