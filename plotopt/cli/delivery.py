"""Where a drawing goes, and what is said meanwhile and at the end."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import wraps
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from plotopt.cli.options import Decorator, together
from plotopt.cli.report import report

if TYPE_CHECKING:
    from plotopt.drawing import Drawing
    from plotopt.listening import Listener


@dataclass(frozen=True)
class Delivery:
    """What was asked for besides the drawing itself."""

    output: Path | None
    polylines: bool
    force: bool
    quiet: bool
    verbose: bool

    def paths(self, usual: Path, source: Path | None = None) -> tuple[Path, Path]:
        """Where SVG and preview go, ``usual`` without ``--output`` and neither of them onto ``source``.

        Raises PlotoptError where they cannot be written, before any work is done.
        """
        from plotopt.drawing import output_paths
        from plotopt.files import check_writable

        paths = output_paths(self.output or usual, source)
        for path in paths:
            check_writable(path, self.force)
        return paths

    def fetch(self, model: str, weights: Path | None) -> None:
        """Have a network's weights at hand before progress is shown, lest two bars write over each other."""
        if weights is None:
            from plotopt.networks import fetch_weights

            fetch_weights(model, bar=not self.quiet)

    @contextmanager
    def listener(self) -> Iterator[Listener]:
        """Shows progress on standard error while the block runs, unless all is to be quiet."""
        from plotopt.listening import no_listener

        if self.quiet:
            yield no_listener
            return
        from rich.console import Console

        from plotopt.progress import shown

        with shown(Console(stderr=True)) as listener:
            yield listener

    def deliver(self, drawing: Drawing, paths: tuple[Path, Path], command: str) -> None:
        """Write the drawing and say what it is; ``command`` repeats it."""
        svg, png = paths
        drawing.save(svg, preview=png, force=self.force, polylines=self.polylines)
        if self.quiet:
            return
        report(drawing, paths)
        if self.verbose:
            click.echo(f"repeat with: {command}{' --polylines' * self.polylines}", err=True)
            click.echo(f"page {drawing.page.width_mm:g} x {drawing.page.height_mm:g} mm", err=True)


def delivered(usual: str) -> Decorator:
    """Options of the delivery, for a function of a subject, the delivery and those settings that were given.

    ``usual`` tells in the help where the SVG goes without ``--output``.
    """

    def decorate(function: Callable[..., None]) -> Callable[..., None]:
        @wraps(function)
        def command(*, subject: Any, **options: Any) -> None:
            delivery = Delivery(**{name: options.pop(name) for name in Delivery.__dataclass_fields__})
            given = {name: value for name, value in options.items() if value is not None}
            function(subject, delivery, given)

        return _options(usual)(command)

    return decorate


def _options(usual: str) -> Decorator:
    output = f"SVG to write, with a preview beside it  [default: {usual}]"
    return together(
        click.option("-o", "--output", type=click.Path(path_type=Path), help=output),
        click.option("--polylines", is_flag=True, help="write straight segments instead of cubic curves"),
        click.option("-f", "--force", is_flag=True, help="overwrite files that exist"),
        click.option("-q", "--quiet", is_flag=True, help="say nothing but errors"),
        click.option("-v", "--verbose", is_flag=True, help="tell how to repeat the drawing, too"),
    )
