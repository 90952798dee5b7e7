"""The command line: parse, one call, say the result."""

from __future__ import annotations

import sys

import click

from plotopt import __version__
from plotopt.cli import (
    animate,
    calibrate,
    estimate,
    fit,
    looks,
    neuron,
    neurons,
    pens,
    plan,
    profiles,
    render,
    replay,
    resume,
    testcard,
)
from plotopt.cli.hints import Commands, hinted
from plotopt.errors import PlotoptError

# What errors say that come of memory: the machine's, and a graphics card's.
_NO_MEMORY = ("allocate memory", "out of memory")


@click.group(cls=Commands, context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100})
@click.version_option(__version__, prog_name="plotopt")
def plotopt() -> None:
    """Turn an image, or what a vision network sees, into the drawing that a pen plotter can make of it."""


for command in (
    fit.command,
    looks.command,
    neuron.command,
    neurons.command,
    resume.command,
    replay.command,
    render.command,
    animate.command,
    plan.command,
    estimate.command,
    pens.command,
    pens.papers,
    profiles.command,
    testcard.command,
    calibrate.command,
):
    plotopt.add_command(command)


def main() -> None:
    """Run the command line: exit code 0, 2 with one line for what a user can mend, 130 when interrupted."""
    try:
        plotopt(prog_name="plotopt", standalone_mode=False)
    except PlotoptError as error:
        _fail(str(error))
    except click.exceptions.NoArgsIsHelpError as error:
        click.echo(error.format_message())
        sys.exit(2)
    except click.ClickException as error:
        _fail(error.format_message())
    except (click.Abort, KeyboardInterrupt) as stop:
        # click turns an interruption into an abortion, and a command may have said what became of its work.
        told = str(stop.__cause__ or stop) or "nothing was written"
        click.echo(f"plotopt: interrupted, {told}", err=True)
        sys.exit(130)
    except (MemoryError, RuntimeError) as error:
        if not isinstance(error, MemoryError) and not any(said in str(error) for said in _NO_MEMORY):
            raise
        _fail(
            "memory ran out: take a smaller --size, --tile 512, fewer --strokes or fewer --workers, or close "
            "other programs; on a graphics card, --device cpu has more; a run that was kept can go on "
            "(plotopt resume)"
        )


def _fail(message: str) -> None:
    click.echo(f"plotopt: {' '.join(hinted(message, sys.argv[1:]).split())}", err=True)
    sys.exit(2)
