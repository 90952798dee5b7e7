"""Strokes shared out among lines and pens, in whole numbers."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

_LEAST = 1e-9


def apportioned(count: int, weights: Sequence[float]) -> list[int]:
    """Whole numbers in proportion to the weights that add up to ``count``; noughts where no weight is any."""
    edges = np.round(count * np.cumsum(weights) / max(np.sum(weights), _LEAST)).astype(int)
    return np.diff(edges, prepend=0).tolist()
