"""Elliptical arcs as cubic curves; points are complex numbers, x + iy."""

from __future__ import annotations

import cmath
import math
from collections.abc import Iterator
from dataclasses import dataclass


@dataclass(frozen=True)
class Ellipse:
    """Radii along its own axes, and by how much those are turned."""

    rx: float
    ry: float
    turn_deg: float

    def squeezed(self, point: complex) -> complex:
        """Where a point lies once the ellipse is the unit circle."""
        turned = point / self._axis
        return complex(turned.real / self.rx, turned.imag / self.ry)

    def restored(self, point: complex) -> complex:
        """The way back from :meth:`squeezed`."""
        return complex(point.real * self.rx, point.imag * self.ry) * self._axis

    @property
    def _axis(self) -> complex:
        return cmath.exp(1j * math.radians(self.turn_deg))


def arc_curves(
    start: complex, ellipse: Ellipse, is_large: bool, is_clockwise: bool, end: complex
) -> Iterator[tuple[complex, complex, complex]]:
    """Two handles and the end of each cubic of an arc, none longer than a quarter turn.

    By way of the arc's centre, as SVG 1.1 has it in appendix F.6; clockwise is as seen on the page, y down.
    Radii too small to reach from start to end grow until they do. The radii are positive and start and end
    are not the same.
    """
    # The middle between the ends is the origin from here on, and the ellipse a circle.
    middle, half = (start + end) / 2, ellipse.squeezed(end - start) / 2
    height = math.sqrt(max(1.0 - abs(half) ** 2, 0.0))
    side = 1 if is_large != is_clockwise else -1
    center = side * height * 1j * half / abs(half)
    angle = 2 * math.atan2(abs(half), height)
    angle = 2 * math.pi - angle if is_large else angle
    turn = angle if is_clockwise else -angle
    pieces = max(1, math.ceil(abs(turn) / (math.pi / 2) - 1e-9))
    step, reach = cmath.exp(1j * turn / pieces), 4j / 3 * math.tan(turn / pieces / 4)
    radius = -half - center
    for piece in range(1, pieces + 1):
        after = radius * step
        handles = center + radius * (1 + reach), center + after * (1 - reach)
        first, second = (middle + ellipse.restored(handle) for handle in handles)
        yield first, second, end if piece == pieces else middle + ellipse.restored(center + after)
        radius = after
