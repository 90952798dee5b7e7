"""``plotopt resume``: a run that was stopped goes on, or one goes on with other options."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import click

from plotopt.cli import fit, neuron
from plotopt.cli.delivery import Delivery, delivered
from plotopt.cli.keeping import Keeping
from plotopt.cli.report import say_notes
from plotopt.cli.watching import Watch

_OWN = {"subject", "keep", *Delivery.__dataclass_fields__}


def _settings() -> list[click.Parameter]:
    """The options of fits and of neurons, each once."""
    options = {option.name: option for command in (neuron.command, fit.command) for option in command.params}
    return [option for name, option in options.items() if name not in _OWN]


@click.command("resume", options_metavar="[OPTIONS OF FIT OR NEURON]")
@click.argument("subject", metavar="RUN", type=click.Path(path_type=Path))
@delivered("where the run had it")
def command(path: Path, delivery: Delivery, options: dict[str, Any]) -> None:
    """Go on with RUN, a .plotopt file, where it was stopped, to the very same drawing.

    With options of `plotopt fit` or `plotopt neuron` it goes on differently, as in --strokes 3000 or --pen
    0.3mm: the strokes stay, and what changed is said. The drawing takes the place of that beside RUN.

    Lengths take mm, cm, in, pt or px (96 dpi).
    """
    from plotopt.resuming import resumed
    from plotopt.runs.storage import read_run
    from plotopt.watching.ground import run_ground

    watch = Watch.asked(options)
    record = read_run(path)
    going = resumed(record, options)
    if delivery.output is None:
        delivery = replace(delivery, force=True)
    paths = delivery.paths(path.with_suffix(".svg"), path)
    keeping = Keeping(path) if delivery.output is None else Keeping.beside(paths[0], True, delivery.force)
    if going.network:
        delivery.fetch(*going.network)
    if not delivery.quiet:
        say_notes(f"changed: {each}" for each in going.differs)
    keeping = replace(keeping, watch=watch.over(lambda: run_ground(going.record, going.settings)))
    keeping.draw(delivery, paths, going.draw, lambda drawing: drawing.metadata["command"], going.record)


command.params.extend(_settings())
