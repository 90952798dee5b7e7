"""``plotopt looks``: the looks there are."""

from __future__ import annotations

import click

from plotopt.cli.report import table


@click.command("looks")
def command() -> None:
    """List the looks of `plotopt fit --look`: name, what it is, and the options that it stands for."""
    from plotopt.looks import LOOKS

    table([(look.name, look.title, look.spelled() or "what is usual") for look in LOOKS])
