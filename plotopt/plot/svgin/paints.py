"""The paint of a line or a fill, as attributes and style sheets write it."""

from __future__ import annotations

from functools import lru_cache

from tinycss2.color5 import parse_color

from plotopt.plot.svgin.values import Token, tokens_of

BLACK = "#000000"
UNREAD = "unread"
"""A paint that is no colour known here."""


@lru_cache(maxsize=4096)
def parse_paint(text: str, color: str) -> str | None:
    """``#rrggbb``, None for no paint or a wholly transparent one, or UNREAD.

    ``color`` is what ``currentColor`` stands for. Gradients and patterns have the colour that is written
    behind them, or are black.
    """
    tokens = [
        token for token in tokens_of(text) if token.type != "whitespace" and not _is_call(token, "icc-color")
    ]
    if not tokens:
        return None
    if tokens[0].type != "url" and not _is_call(tokens[0], "url"):
        return _parse_color(tokens, color)
    # A gradient with none behind it is there to be seen.
    return (_parse_color(tokens[1:], color) if tokens[1:] else None) or BLACK


def _is_call(token: Token, name: str) -> bool:
    return token.type == "function" and token.lower_name == name


def _parse_color(tokens: list[Token], color: str) -> str | None:
    if len(tokens) > 1:
        return UNREAD
    if tokens[0].type == "ident" and tokens[0].lower_value == "none":
        return None
    try:
        parsed = parse_color(tokens[0])
        if isinstance(parsed, str):
            return color
        *channels, alpha = parsed if parsed.space == "srgb" else parsed.to("srgb")
        levels = [int(min(max(channel or 0.0, 0.0), 1.0) * 255 + 0.5) for channel in channels]
    # The library meets damaged colours, and those of spaces that it cannot turn into sRGB, with many errors.
    except Exception:
        return UNREAD
    return "#{:02x}{:02x}{:02x}".format(*levels) if alpha else None
