"""Times as a report tells them."""

from __future__ import annotations


def format_duration(minutes: float) -> str:
    """Such as ``42 s``, ``7 min`` or ``2 h 10 min``, rounded."""
    if round(60 * minutes) < 60:
        return f"{60 * minutes:.0f} s"
    hours, rest = divmod(round(minutes), 60)
    return f"{hours} h {rest} min" if hours else f"{rest} min"
