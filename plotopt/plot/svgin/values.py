"""CSS as the library tinycss2 cuts it into tokens, and its values as text again."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Any

from tinycss2 import parse_component_value_list

Token = Any
"""A token of tinycss2, which has no annotations: all have a ``type``."""

LONGEST_CSS = 2_000_000
"""Characters; a token takes some hundred bytes."""

# Python refuses to read whole numbers much longer.
_ENDLESS_NUMBER = re.compile(r"(?<![0-9])[0-9]{1000,}+")
_DEEPEST_VALUE = 20


def tokens_of(text: str) -> list[Token]:
    """The tokens of CSS without its comments, as far as LONGEST_CSS; any text is cut into some."""
    return parse_component_value_list(_ENDLESS_NUMBER.sub("0", text[:LONGEST_CSS]), skip_comments=True)


def replace_variables(text: str) -> str:
    """A value without space around it, each ``var(--x, red)`` in it replaced by what it falls back to."""
    return spelled(tokens_of(text)) if "var(" in text else text.strip()


def spelled(tokens: Iterable[Token], depth: int = 0) -> str:
    """The text of a value, variables replaced by what they fall back to.

    Blocks, which no value has that is read here, and functions 20 deep in each other are left out.
    """
    return "".join(_spelled_token(token, depth) for token in tokens).strip()


def _spelled_token(token: Token, depth: int) -> str:
    if token.type == "function" and depth < _DEEPEST_VALUE:
        commas = [i for i, each in enumerate(token.arguments) if each == ","]
        if token.lower_name == "var" and commas:
            return spelled(token.arguments[commas[0] + 1 :], depth + 1)
        return f"{token.name}({spelled(token.arguments, depth + 1)})"
    # The library spells blocks by recursion, however deep they are.
    return "" if token.type == "function" or token.type.endswith("block") else token.serialize()
