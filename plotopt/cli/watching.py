"""Looking on from the command line: the page in the browser, and TensorBoard's log."""

from __future__ import annotations

import os
import sys
import webbrowser
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from threading import Thread
from typing import TYPE_CHECKING, Any

import click

from plotopt.cli.options import together
from plotopt.cli.report import say_notes

if TYPE_CHECKING:
    from plotopt.listening import Listener, Progress
    from plotopt.runs.run import Run
    from plotopt.watching.ground import Ground
    from plotopt.watching.viewing import Viewing

Hears = Callable[["Listener"], "Listener"]

watch_options = together(
    click.option(
        "--watch",
        is_flag=True,
        default=None,
        help="see the drawing grow in the browser, pause or stop it there",
    ),
    click.option(
        "--log-dir",
        metavar="DIR",
        type=click.Path(path_type=Path),
        help="log losses and pictures for TensorBoard",
    ),
)


@dataclass(frozen=True)
class Watch:
    """Who looks on: somebody on a page, a log, both or nobody, and what there is to see them draw on."""

    page: bool = False
    log_dir: Path | None = None
    ground: Callable[[], Ground] | None = None

    @classmethod
    def asked(cls, options: dict[str, Any]) -> Watch:
        """Take what was asked for out of the options."""
        return cls(bool(options.pop("watch", False)), options.pop("log_dir", None))

    def over(self, ground: Callable[[], Ground]) -> Watch:
        """The same on such a ground, which is made only if somebody looks on.

        Raises PlotoptError for a log that cannot be written.
        """
        if self.log_dir:
            from plotopt.watching.log import check_log

            check_log(self.log_dir)
        return replace(self, ground=ground)

    @contextmanager
    def open(self, run: Run, svg: Path, quiet: bool) -> Iterator[Hears]:
        """Let those look on while the block runs; yields what makes them hear what a listener does."""
        if self.ground is None or not (self.page or self.log_dir):
            yield lambda listener: listener
            return
        ground = self.ground()
        with ExitStack() as stack:
            hears: Hears = lambda listener: listener  # noqa: E731
            if self.log_dir:
                stack.enter_context(_logged(run, self.log_dir, ground))
            if self.page:
                hears = stack.enter_context(_viewed(run, svg, ground, quiet))
            yield hears


@contextmanager
def _logged(run: Run, folder: Path, ground: Ground) -> Iterator[None]:
    from plotopt.watching.log import Log

    log = Log(folder, ground)
    run.watchers = (*run.watchers, log)
    try:
        yield
    finally:
        log.close()
        say_notes(log.notes)


@contextmanager
def _viewed(run: Run, svg: Path, ground: Ground, quiet: bool) -> Iterator[Hears]:
    """Show the run on a page. Its address is said even where all is quiet: nobody could guess it."""
    from plotopt.watching.server import serving
    from plotopt.watching.viewing import Viewing

    viewing = Viewing(ground, svg, run.stops)
    run.watchers, run.stops = (*run.watchers, viewing), viewing.stops
    with serving(viewing) as address:
        click.echo(f"watch the drawing grow at {address}", err=True)
        if not quiet and _has_display():
            # Some browsers come back only when they are closed.
            Thread(target=webbrowser.open, args=(address,), daemon=True).start()
        try:
            yield lambda listener: _both(listener, viewing)
        except BaseException:
            viewing.end("The run ended without a drawing; the terminal tells why.", wait=False)
            raise
        viewing.end(f"{'Stopped and kept' if run.is_stopped else 'Finished'}: {svg.name}")


def _both(listener: Listener, viewing: Viewing) -> Listener:
    def hear(progress: Progress) -> None:
        listener(progress)
        viewing.hear(progress)

    return hear


def _has_display() -> bool:
    """Whether a browser has a screen to open on; without one, it would open in the terminal."""
    return sys.platform in ("darwin", "win32") or any(map(os.environ.get, ("DISPLAY", "WAYLAND_DISPLAY")))
