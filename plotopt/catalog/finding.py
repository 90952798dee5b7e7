"""Pens and papers by name, one or several at a time."""

from __future__ import annotations

import difflib
import re
from collections.abc import Iterable
from contextlib import suppress
from dataclasses import replace
from fnmatch import fnmatchcase

from plotopt.catalog.entries import Entry, builtin_pens, builtin_stocks, read_entries, read_stocks
from plotopt.errors import PlotoptError
from plotopt.page import parse_paper
from plotopt.pens import Pen, parse_pen
from plotopt.stocks import Stock
from plotopt.units import format_length, parse_length

_USUAL_WIDTH = "0.4mm"
# No pen has a longer name, and of brackets alone a long pattern takes the square of its length.
_LONGEST_PATTERN = 200
_IN_FILE = re.compile(r"(?P<path>.*?\.toml)(?::(?P<name>[^:]*))?(?::(?P<width>[^:]*))?", re.IGNORECASE)


def list_pens() -> tuple[Pen, ...]:
    """The pens that plotopt knows, in the order of the file."""
    return tuple(entry.pen for entry in builtin_pens())


def read_pen_file(path: str) -> tuple[Pen, ...]:
    """The pens of a file of one's own. Raises PlotoptError for one that is not a complete file of pens."""
    return tuple(entry.pen for entry in read_entries(path))


def find_pen(text: str) -> Pen:
    """One pen: ``pigma-005``, ``./mine.toml:my-pen``, or a width or a colour with a width.

    A pen of a catalogue may be given another width, as in ``pigma-005:0.23mm``.

    Raises PlotoptError for a pen that no one knows, with the nearest ones, and for a file that cannot be
    used.
    """
    _refuse_choice(text)
    if match := _IN_FILE.fullmatch(text.strip()):
        if match["name"] is None:
            raise PlotoptError(f"pen {text!r:.200} is a file: write which pen, as in mine.toml:my-pen")
        return _pick(text, match["name"], match["width"], read_entries(match["path"])).pen
    return _find(text).pen


def parse_pens(text: str) -> tuple[Pen, ...]:
    """The pens of a list such as ``black,red:0.3mm,pigma-005``; a plain colour is 0.4 mm wide.

    A pattern such as ``stabilo-88-*``, a file ``./mine.toml`` or ``./mine.toml:gel-*`` are all the pens that
    they name. Raises PlotoptError for a pen that cannot be read or found, and a pattern that names none.
    """
    return tuple(entry.pen for entry in expand(text))


def box(text: str) -> tuple[Pen, ...]:
    """The pens that a list stands for, each once; see :func:`parse_pens`."""
    return tuple(dict.fromkeys(parse_pens(text)))


def expand(text: str) -> tuple[Entry, ...]:
    """What :func:`parse_pens` finds, with the titles."""
    return tuple(entry for word in text.split(",") for entry in _expand_word(word.strip()))


def search(text: str) -> tuple[Entry, ...]:
    """Pens with that text in their name or title, else those that the list ``text`` names; all for ``""``.

    Raises PlotoptError where there are none.
    """
    wanted = text.strip().lower()
    found = tuple(
        entry for entry in builtin_pens() if wanted in entry.pen.name or wanted in entry.title.lower()
    )
    return found or expand(text)


def list_stocks() -> tuple[Stock, ...]:
    """The papers that plotopt knows, in the order of the file."""
    return builtin_stocks()


def load_stock(text: str) -> Stock:
    """A paper by its name, or ``./mine.toml:my-paper`` of a file of one's own.

    Raises PlotoptError for a paper that no one knows, with the nearest ones, and for a file that cannot be
    used.
    """
    wanted = text.strip()
    match = _IN_FILE.fullmatch(wanted)
    if match and (match["name"] is None or match["width"] is not None):
        raise PlotoptError(
            f"paper {text!r:.200} is a file: write which of its papers, as in mine.toml:my-paper"
        )
    stocks = read_stocks(match["path"]) if match else builtin_stocks()
    for stock in stocks:
        if stock.name == (wanted if match else wanted.lower()):
            return stock
    # A path may hold what no line should.
    names = [stock.name if stock.name.isprintable() else repr(stock.name) for stock in stocks]
    near = _nearest(wanted, names)
    told = f"unknown paper {text!r:.60}: use {near or ', '.join(names[:20])}"
    if not match:
        others = ", another of `plotopt papers`" if near else ""
        told += f"{others}, or one in a file of your own, as in mine.toml:my-paper"
    with suppress(PlotoptError):
        told += f"; the size of the sheet is --paper {parse_paper(text).text}"
    raise PlotoptError(told)


def _expand_word(word: str) -> Iterable[Entry]:
    _refuse_choice(word)
    in_file = _IN_FILE.fullmatch(word)
    if in_file and in_file["name"] is None:
        return read_entries(in_file["path"])
    if in_file and in_file["width"] is None and _is_pattern(in_file["name"]):
        return _match(word, in_file["name"], read_entries(in_file["path"]))
    if in_file:
        return [_pick(word, in_file["name"], in_file["width"], read_entries(in_file["path"]))]
    if _is_pattern(word):
        return _match(word, word.lower(), builtin_pens())
    try:
        return [_find(word)]
    except PlotoptError:
        if ":" in word or not _is_colour(word):
            raise
        return [_find(f"{word}:{_USUAL_WIDTH}")]


def _refuse_choice(text: str) -> None:
    if re.match(r"auto\s*(:|$)", text.strip(), re.IGNORECASE):
        raise PlotoptError(
            f"{text!r:.60} picks pens to fit a picture, which only `plotopt fit` does: name a pen"
        )


def _is_pattern(text: str) -> bool:
    return "*" in text or "?" in text


def _is_colour(text: str) -> bool:
    try:
        parse_pen(f"{text}:{_USUAL_WIDTH}")
    except PlotoptError:
        return False
    return True


def _match(text: str, pattern: str, entries: Iterable[Entry]) -> list[Entry]:
    tried = entries if len(pattern) <= _LONGEST_PATTERN else ()
    found = [entry for entry in tried if fnmatchcase(entry.pen.name, pattern)]
    if not found:
        raise PlotoptError(f"no pen is called like {text!r:.60}: `plotopt pens` lists those there are")
    return found


def _find(text: str) -> Entry:
    """A built-in pen, or one that is told by its colour and width."""
    name, colon, width = text.strip().lower().partition(":")
    entries = builtin_pens()
    if any(entry.pen.name == name for entry in entries):
        return _pick(text, name, width if colon else None, entries)
    try:
        pen = parse_pen(text)
    except PlotoptError:
        near = _nearest(name, [entry.pen.name for entry in entries])
        # What has a width or begins with a digit may well be a colour or a width gone wrong.
        if _is_colour(name) or not (near or (name[:1].isalpha() and not colon)):
            raise
        raise PlotoptError(
            f"unknown pen {text!r:.60}: use {near + ', ' if near else ''}a name of `plotopt pens`, "
            "or a colour such as red:0.4mm"
        ) from None
    return Entry(pen, f"{pen.name} of {pen.width_mm:g} mm", {})


def _pick(text: str, name: str, width: str | None, entries: Iterable[Entry]) -> Entry:
    """The pen of that name, with another width where one is given."""
    by_name = {entry.pen.name: entry for entry in entries}
    if name not in by_name:
        near = _nearest(name, by_name) or ", ".join(list(by_name)[:5])
        raise PlotoptError(f"unknown pen {text!r:.200}: the file has {near}")
    entry = by_name[name]
    if width is None:
        return entry
    try:
        width_mm = parse_length(width)
        reference = f"{entry.pen.reference}:{format_length(width_mm)}"
        return replace(entry, pen=replace(entry.pen, width_mm=width_mm, reference=reference))
    except PlotoptError as error:
        raise PlotoptError(f"pen {text!r:.60}: {error}") from None


def _nearest(name: str, names: Iterable[str]) -> str:
    """Up to five names like this one, or nothing."""
    wanted, names = name.lower()[:60], list(names)
    begun = [each for each in names if wanted and each.lower().startswith(wanted)]
    return ", ".join((begun or difflib.get_close_matches(wanted, names, n=5, cutoff=0.6))[:5])
