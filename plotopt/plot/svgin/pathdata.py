"""The ``d`` attribute of a path as chains of cubic curves."""

from __future__ import annotations

import cmath
import math
import re
from collections.abc import Iterator
from itertools import islice

import numpy as np

from plotopt.plot.chains import Chain
from plotopt.plot.svgin.arcs import Ellipse, arc_curves
from plotopt.plot.svgin.document import check_curves

_COMMANDS = "MmZzLlHhVvCcSsQqTtAa"
_COMMAND = re.compile(f"([{_COMMANDS}])([^{_COMMANDS}]*)")
# Possessive: were a row of digits tried as several numbers, some sixty of them would take for ever.
_NUMBER = r"[-+]?(?:[0-9]++\.?[0-9]*+|\.[0-9]++)(?:[eE][-+]?[0-9]++)?+"
_NUMBERS = re.compile(_NUMBER)
# The flags of an arc may stand without anything between them and what follows.
_ARC = re.compile(r"[\s,]*+".join(["", *[f"({_NUMBER})"] * 3, *["([01])"] * 2, *[f"({_NUMBER})"] * 2]))
_FOREIGN = re.compile(r"[^0-9eE.,+\-\s]")
# Numbers are read for so many curves at a time.
_PORTION = 1000
_TAKES = {"M": 2, "L": 2, "H": 1, "V": 1, "C": 6, "S": 4, "Q": 4, "T": 2, "A": 7}


def parse_path(data: str) -> tuple[list[Chain], bool]:
    """The subpaths of path data, and whether all of it could be read.

    As the SVG specification wants it, data are followed up to the first mistake. Quadratics become the same
    curves as cubics, arcs cubics of at most a quarter turn (off by 0.03 % of the radius at most). Points are
    as the file has them, finite or not. Raises PlotoptError for more curves than memory holds; words are
    read one by one, lest two letters of a file make a hundred bytes here.
    """
    whole = not data.strip() or data.lstrip()[0] in "Mm"
    tracer = _Tracer()
    for match in _COMMAND.finditer(data) if whole else ():
        whole = _follow(tracer, *match.groups())
        if not whole:
            break
    return tracer.chains(), whole


def _follow(tracer: _Tracer, command: str, text: str) -> bool:
    """Trace one command with all its arguments; False at a mistake."""
    kind = command.upper()
    if kind == "Z":
        tracer.close()
        return not text.strip()
    foreign = _FOREIGN.search(text)
    text = text[: foreign.start()] if foreign else text
    takes, followed = _TAKES[kind], False
    for numbers in _portions(_arc_words(text) if kind == "A" else _words(text), takes):
        whole = len(numbers) - len(numbers) % takes
        for i in range(0, whole, takes):
            tracer.step("L" if kind == "M" and followed else kind, command.islower(), numbers[i : i + takes])
            followed = True
        check_curves(tracer.curves)
        if whole < len(numbers):
            return False
    return followed and not foreign


def _portions(words: Iterator[str], takes: int) -> Iterator[list[float]]:
    """All numbers, so many at a time that there is little to remember; all but the last come out even."""
    while numbers := [float(word) for word in islice(words, takes * _PORTION)]:
        yield numbers


def _words(text: str) -> Iterator[str]:
    return (match[0] for match in _NUMBERS.finditer(text))


def _arc_words(text: str) -> Iterator[str]:
    """The arguments of arcs, and what comes first after them, so that a mistake shows."""
    at = 0
    while match := _ARC.match(text, at):
        yield from match.groups()
        at = match.end()
    rest = _NUMBERS.search(text, at)
    if rest:
        yield rest[0]


class _Tracer:
    """A point that moves along the path and remembers where it was; x + iy for speed."""

    def __init__(self) -> None:
        self._subpaths: list[list[complex]] = []
        self._at = self._start = 0j
        # The handle that a smooth curve mirrors, and the kind of curve that it belongs to.
        self._handle, self._curved = 0j, ""
        self._is_open = False
        self.curves = 0

    def chains(self) -> list[Chain]:
        """What was drawn, one chain a subpath."""
        return [_chain(points) for points in self._subpaths if len(points) > 1]

    def step(self, kind: str, relative: bool, numbers: list[float]) -> None:
        """One command with its own arguments."""
        base = self._at if relative else 0j
        if kind == "H":
            self._line(complex(numbers[0] + base.real, self._at.imag))
        elif kind == "V":
            self._line(complex(self._at.real, numbers[0] + base.imag))
        elif kind == "A":
            self._a(numbers[:5], base + complex(numbers[5], numbers[6]))
        else:
            points = [base + complex(x, y) for x, y in zip(numbers[::2], numbers[1::2], strict=True)]
            getattr(self, f"_{kind.lower()}")(*points)

    def close(self) -> None:
        if self._is_open and self._at != self._start:
            self._line(self._start)
        self._at, self._is_open, self._curved = self._start, False, ""

    def _m(self, to: complex) -> None:
        self._at = self._start = to
        self._is_open, self._curved = False, ""

    def _l(self, to: complex) -> None:
        self._line(to)

    def _c(self, first: complex, second: complex, to: complex) -> None:
        self._curve(first, second, to)
        self._handle, self._curved = second, "C"

    def _s(self, second: complex, to: complex) -> None:
        self._c(self._mirrored("C"), second, to)

    def _q(self, handle: complex, to: complex) -> None:
        self._curve(self._at + 2 / 3 * (handle - self._at), to + 2 / 3 * (handle - to), to)
        self._handle, self._curved = handle, "Q"

    def _t(self, to: complex) -> None:
        self._q(self._mirrored("Q"), to)

    def _mirrored(self, kind: str) -> complex:
        return 2 * self._at - self._handle if self._curved == kind else self._at

    def _line(self, to: complex) -> None:
        third = (to - self._at) / 3
        self._curve(self._at + third, to - third, to)

    def _curve(self, first: complex, second: complex, to: complex) -> None:
        if not self._is_open:
            self._subpaths.append([self._at])
            self._is_open = True
        self.curves += 1
        self._subpaths[-1] += (first, second, to)
        self._at, self._curved = to, ""

    def _a(self, numbers: list[float], end: complex) -> None:
        rx, ry, turn_deg, is_large, is_clockwise = numbers
        if end == self._at:
            return
        if not (rx and ry and cmath.isfinite(end - self._at) and math.isfinite(rx + ry + turn_deg)):
            self._line(end)
            return
        ellipse = Ellipse(abs(rx), abs(ry), turn_deg)
        try:
            curves = list(arc_curves(self._at, ellipse, bool(is_large), bool(is_clockwise), end))
        # Radii so far from the ends' distance that one is nothing beside the other.
        except ArithmeticError:
            self._line(end)
            return
        for curve in curves:
            self._curve(*curve)


def _chain(points: list[complex]) -> Chain:
    pairs = np.array(points).view(float).reshape(-1, 2)
    return np.stack([pairs[:-1:3], pairs[1::3], pairs[2::3], pairs[3::3]], axis=1)
