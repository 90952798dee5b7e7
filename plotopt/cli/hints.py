"""A word more where the reason of a refusal alone does not tell what was meant."""

from __future__ import annotations

import re
from collections.abc import Iterable

import click

# A number of two parts with a comma between, perhaps with a pen or a side before it and a unit behind.
_COMMA = re.compile(r"(?:[^:]*:|[0-9.]+x)?[+-]?([0-9]+),([0-9]+)(?: ?[a-z]+)?(?:x.*)?", re.IGNORECASE)
# Refusals of what is no number with decimals.
_OTHER = re.compile("grid|does not exist|window|paper '[0-9]+,[0-9]+'")


class Commands(click.Group):
    """Commands, one of which was meant where a file stands in its place."""

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        name = args[0]
        if "." in name and self.get_command(ctx, name) is None and not ctx.resilient_parsing:
            ctx.fail(
                f"{name!r:.60} is no command: `plotopt fit` draws a picture, `plotopt plan` plans an SVG, "
                "`plotopt resume` goes on with a run"
            )
        return super().resolve_command(ctx, args)


def hinted(refusal: str, words: Iterable[str]) -> str:
    """A refusal of the command line's ``words``, with a hint where one of them explains it."""
    words = list(words)
    for value in (word.rpartition("=")[2] for word in words):
        match = _COMMA.fullmatch(value)
        told = any(f"'{part}'" in refusal for part in (value, *value.split(",")))
        if match and told and "integer" in refusal:
            return f"{refusal} (whole numbers have no comma: {match[1]}{match[2]})"
        if match and told and not _OTHER.search(refusal):
            return f"{refusal} (decimals take a point: {match[1]}.{match[2]})"
    if "unexpected extra argument" in refusal and any(word.startswith("-") for word in words):
        return f"{refusal}: is an option before it without its value?"
    return refusal
