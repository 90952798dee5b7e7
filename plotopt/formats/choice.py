"""Which formats a drawing is written in, as the command line says it."""

from __future__ import annotations

import difflib
from collections.abc import Sequence
from dataclasses import dataclass
from enum import Enum

from plotopt.errors import PlotoptError


class Kind(Enum):
    """A format by the name that the command line has for it, which is also how its files end."""

    SVG = "svg"
    PNG = "png"
    PDF = "pdf"
    HTML = "html"
    HPGL = "hpgl"
    GCODE = "gcode"

    @property
    def suffix(self) -> str:
        return f".{self.value}"


# What makes sense of a name behind the colon.
_FLAVOURED = (Kind.HPGL, Kind.GCODE)


@dataclass(frozen=True)
class Format:
    """A kind of file and, for machines' languages, whose dialect: ``hpgl:hp7550``, ``gcode:servo``."""

    kind: Kind
    flavour: str | None = None

    def __str__(self) -> str:
        return f"{self.kind.value}:{self.flavour}" if self.flavour else self.kind.value


DEFAULT_FORMATS = (Format(Kind.SVG), Format(Kind.PNG))


def parse_formats(text: str | Sequence[Format | str]) -> tuple[Format, ...]:
    """Formats from a list such as ``svg,pdf,hpgl:hp7550``, each kind once.

    Raises PlotoptError for an empty list, an unknown format, a kind that is there twice, a device that vpype
    does not know and a flavour of G-code that there is not.
    """
    entries = text.split(",") if isinstance(text, str) else text
    formats = tuple(_parse(entry) if isinstance(entry, str) else entry for entry in entries)
    if not formats:
        raise PlotoptError(f"no format is given: use one or more of {_names()}")
    for number, entry in enumerate(formats):
        if entry.kind in [other.kind for other in formats[:number]]:
            raise PlotoptError(f"formats {text!r:.60} have {entry.kind.value} twice: give each once")
        _check_flavour(entry)
    return formats


def _parse(word: str) -> Format:
    name, colon, flavour = word.strip().partition(":")
    try:
        kind = Kind(name.strip().lower())
    except ValueError:
        near = difflib.get_close_matches(name.lower()[:20], [kind.value for kind in Kind], n=1)
        told = f"{near[0]}, or another of {_names()}" if near else _names()
        raise PlotoptError(f"unknown format {word!r:.40}: use {told}") from None
    if colon and (kind not in _FLAVOURED or not flavour.strip()):
        raise PlotoptError(f"format {word!r:.40} cannot be read: write it as {kind.value}")
    return Format(kind, flavour.strip() or None)


def _check_flavour(entry: Format) -> None:
    if entry.flavour and entry.kind is Kind.HPGL:
        from plotopt.formats.hpgl import find_device

        find_device(entry.flavour)
    elif entry.flavour:
        from plotopt.formats.gcode import find_flavour

        find_flavour(entry.flavour)


def _names() -> str:
    return ", ".join(kind.value for kind in Kind)
