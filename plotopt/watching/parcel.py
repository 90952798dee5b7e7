"""Strokes as bytes for a page: cubic Bezier curves in whole parts of a small unit."""

from __future__ import annotations

from typing import Any

import numpy as np

from plotopt.bezier import bezier_map
from plotopt.page import Page
from plotopt.strokes import Strokes

# Points may lie beyond the page by this part of its longer side.
_BEYOND = 0.25
_MOST = 2**15 - 1


def pack(strokes: Strokes, page: Page) -> tuple[dict[str, Any], bytes]:
    """What is to be known of the bytes, and the bytes.

    These are a pen number a stroke, 8 bits each, filled up to an even number, then x and y of every stroke's
    points, 16 bits each, low byte first. A stroke's points are its first one and three for each curve.
    All is done in numpy, whose threads do not get into the way of the run's.
    """
    strokes = strokes.detach().decided()
    unit_mm = (1 + _BEYOND) * max(page.width_mm, page.height_mm) / _MOST
    points = _map(strokes.spans) @ strokes.points.cpu().numpy()
    units = np.clip(np.rint(points / unit_mm), -_MOST, _MOST).astype("<i2")
    pens = strokes.pen.cpu().numpy().astype(np.uint8).tobytes()
    told = {"count": len(strokes), "points": units.shape[1], "unit": unit_mm}
    return told, pens + b"\0" * (len(pens) % 2) + units.tobytes()


def _map(spans: int) -> np.ndarray:
    """From control points to those of the curves, each joint once."""
    if spans == 1:
        return np.eye(4, dtype=np.float32)
    rows = [row for row in range(4 * spans) if row == 0 or row % 4]
    return bezier_map(spans)[rows].astype(np.float32)
