"""Keeping runs from the command line: where, and what is said of a run that was stopped."""

from __future__ import annotations

import shlex
import sys
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

import click

from plotopt.cli.delivery import Delivery
from plotopt.cli.watching import Watch
from plotopt.errors import PlotoptError
from plotopt.files import quoted

if TYPE_CHECKING:
    from plotopt.drawing import Drawing
    from plotopt.runs.record import Record
    from plotopt.runs.run import Run
    from plotopt.stopping import Stop

keep_option = click.option(
    "--keep/--no-keep",
    default=True,
    help="keep the run beside the drawing, in a .plotopt file, to resume or animate it  [default: keep]",
)


@dataclass(frozen=True)
class Keeping:
    """The file that a run is kept in, None for none, and who looks on meanwhile."""

    path: Path | None
    watch: Watch = field(default_factory=Watch)

    @classmethod
    def beside(cls, svg: Path, keep: bool, force: bool, inputs: Iterable[Path] = ()) -> Keeping:
        """A run file named after the drawing.

        Raises PlotoptError where there is one already, and where it would be one of the ``inputs``.
        """
        if not keep:
            return cls(None)
        from plotopt.files import check_spares, check_writable
        from plotopt.runs import SUFFIX

        path, there = svg.with_suffix(SUFFIX), False
        check_spares(path, inputs)
        # A name too long, say, is told by what comes after.
        with suppress(OSError):
            there = path.exists()
        if there and not force:
            raise PlotoptError(
                f"{quoted(path)} holds a run already: go on with it (plotopt resume), choose another "
                "name (-o), or allow overwriting (--force)"
            )
        check_writable(path, force)
        return cls(path)

    @contextmanager
    def running(self, delivery: Delivery, before: Record | None) -> Iterator[tuple[Run, Stop]]:
        """A run that this file keeps and signals stop, while the block runs."""
        from contextlib import nullcontext

        from plotopt.runs.keeper import Keeper, alone
        from plotopt.runs.run import Run
        from plotopt.stopping import stoppable

        with alone(self.path) if self.path else nullcontext(), stoppable(delivery.quiet) as stop:
            yield Run(Keeper(self.path) if self.path else None, stop, before), stop

    def draw(
        self,
        delivery: Delivery,
        paths: tuple[Path, ...],
        make: Callable[..., Drawing],
        command: Callable[[Drawing], str],
        before: Record | None = None,
    ) -> None:
        """Make a drawing as a run, deliver it, and end with the code of a signal that stopped it."""
        with (
            self._saying_what_is_kept(),
            self.running(delivery, before) as (run, stop),
            self.watch.open(run, paths[0], delivery.quiet) as hears,
        ):
            with delivery.listener() as listener:
                drawing = make(on_progress=hears(listener), run=run)
            if run.is_stopped and (stop.exit_code or not delivery.quiet):
                _say("stopped, the drawing is as it was then")
            delivery.deliver(drawing, paths, command(drawing), self.path)
        if stop.exit_code or not delivery.quiet:
            self._say_end(run, stop)
        if stop.exit_code:
            sys.exit(stop.exit_code)

    def _say_end(self, run: Run, stop: Stop) -> None:
        if run.is_stopped and self.path:
            _say(f"go on with: {self._resumption}")
        elif stop.exit_code and not run.is_stopped:
            _say("stopped, it was finished all the same")

    @contextmanager
    def _saying_what_is_kept(self) -> Iterator[None]:
        """An interruption in the block tells how the run goes on, if it is kept already."""
        try:
            yield
        except KeyboardInterrupt:
            if self.path and self.path.exists():
                raise KeyboardInterrupt(f"go on with: {self._resumption}") from None
            raise

    @property
    def _resumption(self) -> str:
        name = str(self.path)
        return shlex.join(["plotopt", "resume", f"./{name}" if name.startswith("-") else name])


def _say(told: str) -> None:
    click.echo(f"plotopt: {told}", err=True)
