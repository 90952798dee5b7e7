"""``plotopt resume``: a run that was stopped goes on, or one goes on with other options."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from pathlib import Path
from typing import Any

import click

from plotopt.cli import fit, neuron
from plotopt.cli.delivery import Delivery, delivered
from plotopt.cli.keeping import Keeping
from plotopt.cli.report import say_notes
from plotopt.cli.watching import Watch
from plotopt.errors import PlotoptError

_OWN = {"subject", "keep", *Delivery.__dataclass_fields__}


def _settings(command: click.Command) -> dict[str, click.Parameter]:
    """The options of a command but those of the delivery."""
    return {option.name or "": option for option in command.params if option.name not in _OWN}


_FITS, _NEURONS = _settings(fit.command), _settings(neuron.command)
# Those of a name that mean another thing to either are converted by the run's own command.
_EITHERS = _NEURONS | _FITS


class _Grouped(click.Command):
    """A command whose help tells which options are for fits and which for neurons."""

    def format_options(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        fits, neurons = (_undefaulted(_rows(ctx, options.values())) for options in (_FITS, _NEURONS))
        own = [option for option in self.get_params(ctx) if option.name not in _EITHERS]
        for heading, rows in (
            ("Options", _rows(ctx, own)),
            ("Options of any run", [row for row in fits if row in neurons]),
            ("Options of a run of fit", [row for row in fits if row not in neurons]),
            ("Options of a run of neuron", [row for row in neurons if row not in fits]),
        ):
            with formatter.section(heading):
                formatter.write_dl(rows)


def _rows(ctx: click.Context, options: Iterable[click.Parameter]) -> list[tuple[str, str]]:
    rows = [option.get_help_record(ctx) for option in options if isinstance(option, click.Option)]
    return [row for row in rows if row]


def _undefaulted(rows: Iterable[tuple[str, str]]) -> list[tuple[str, str]]:
    """What is not given stays as the run has it, whatever is usual elsewhere."""
    return [(option, told.partition("  [default:")[0]) for option, told in rows]


@click.command("resume", cls=_Grouped, options_metavar="[OPTIONS OF FIT OR NEURON]")
@click.argument("subject", metavar="RUN", type=click.Path(path_type=Path))
@delivered("where the run had it")
def command(path: Path, delivery: Delivery, options: dict[str, Any]) -> None:
    """Go on with RUN, a .plotopt file, where it was stopped, to the very same drawing.

    With options of `plotopt fit` or `plotopt neuron` it goes on differently, as in --strokes 3000 or --pen
    0.3mm, to another drawing, which wants a name (-o): the strokes stay where they can be of use, and what
    changed is said. What is not given stays as the run has it. Without options the drawing takes the place of
    that beside RUN.

    Lengths take mm, cm, in, pt or px (96 dpi).
    """
    from plotopt.resuming import resumed
    from plotopt.runs.ordering import sources
    from plotopt.runs.storage import read_run
    from plotopt.watching.ground import run_ground

    watch = Watch.asked(options)
    record = read_run(path)
    going = resumed(record, _converted(record.order.kind, options))
    if delivery.output is None and not delivery.force:
        if going.record is not record:
            raise PlotoptError(
                "with other options it becomes another drawing: name that one with -o, or allow overwriting "
                "(--force)"
            )
        delivery = replace(delivery, force=_is_own(path.with_suffix(".svg")))
    inputs = sources(path, going.record.order, going.settings)
    paths = delivery.paths(path.with_suffix(".svg"), path, *inputs)
    delivery.check(going.settings, going.aspect)
    delivery.check_device(going.settings)
    own = delivery.output is None
    keeping = Keeping(path) if own else Keeping.beside(paths[0], True, delivery.force, inputs)
    if going.network:
        delivery.fetch(*going.network)
    if not delivery.quiet:
        say_notes((*(f"changed: {each}" for each in going.differs), *going.notes))
    keeping = replace(keeping, watch=watch.over(lambda: run_ground(going.record, going.settings)))
    keeping.draw(delivery, paths, going.draw, lambda drawing: drawing.metadata["command"], going.record)


def _converted(kind: str, options: dict[str, Any]) -> dict[str, Any]:
    """Options as the command of that kind takes them, where fits and neurons have one of the same name.

    Raises PlotoptError for those of the other kind alone.
    """
    own = _NEURONS if kind == "neuron" else _FITS
    foreign = next((name for name in options if name in _EITHERS and name not in own), None)
    if foreign:
        raise PlotoptError(
            f"{_EITHERS[foreign].opts[0]} is no option of {kind}, which this run is of: leave it out"
        )
    return {
        name: own[name].type.convert(value, None, None) if name in own else value
        for name, value in options.items()
    }


def _is_own(svg: Path) -> bool:
    """Whether there is no such drawing, or one that plotopt drew."""
    from plotopt.replaying import read_drawing

    try:
        return not svg.exists() or bool(read_drawing(svg))
    except PlotoptError:
        return False


command.params.extend(_EITHERS.values())
