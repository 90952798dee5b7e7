"""The two ways to draw everything in one line."""

from __future__ import annotations

from enum import Enum


class SingleLine(Enum):
    """A tour through dots that stand the closer the darker, or stream lines, each end led to the next."""

    TOUR = "tour"
    FLOW = "flow"
