"""Where a drawing goes, and what is said meanwhile and at the end."""

from __future__ import annotations

import shlex
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, fields, replace
from functools import wraps
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from plotopt.cli.options import FILE, Decorator, together
from plotopt.cli.report import report

if TYPE_CHECKING:
    from plotopt.drawing import Drawing
    from plotopt.formats import Format
    from plotopt.listening import Listener, Progress
    from plotopt.settings.base import PageSettings
    from plotopt.settings.fit import FitSettings
    from plotopt.settings.network import NetworkSettings


class _Resolution(click.types.FloatParamType):
    """A number that is no setting of the drawing; its range is the preview's to check."""


@dataclass(frozen=True)
class Delivery:
    """What was asked for besides the drawing itself."""

    output: Path | None
    formats: str | None
    dpi: float | None
    polylines: bool
    force: bool
    quiet: bool
    verbose: bool
    #: Notes that were shown meanwhile, and are not said again.
    told: set[str] = field(init=False, default_factory=set)

    def paths(self, usual: Path, *inputs: Path) -> tuple[Path, ...]:
        """Where the files go, ``usual`` without ``--output`` and none of them onto one of the ``inputs``.

        Raises PlotoptError for formats that there are not, and where files cannot be written, before any
        work is done.
        """
        from plotopt.drawing import output_paths
        from plotopt.files import check_writable
        from plotopt.plot.preview import DPI, check_dpi

        check_dpi(DPI if self.dpi is None else self.dpi)
        paths = output_paths(self.output or usual, inputs, self._chosen())
        for path in paths:
            check_writable(path, self.force)
        return paths

    def check_sheet(self, paper: str | None) -> None:
        """Raise PlotoptError where the HPGL device that was asked for has no sheet such as ``paper``."""
        from plotopt.formats import Kind

        for entry in self._chosen():
            if entry.kind is Kind.HPGL and paper is not None:
                from plotopt.formats.hpgl import find_sheet
                from plotopt.page import parse_paper

                sheet = parse_paper(paper)
                find_sheet(entry.flavour, (sheet.width_mm, sheet.height_mm))

    def check(self, settings: FitSettings | NetworkSettings, aspect: float | None = None) -> None:
        """Raise PlotoptError where the HPGL device that was asked for cannot plot such a drawing.

        That is without a sheet of its paper, with fewer slots than pens, or where the pen does not reach all
        of a picture of that ``aspect`` (width over height), without one of all inside the margin.
        """
        from plotopt.formats import Kind

        for entry in self._chosen():
            if entry.kind is Kind.HPGL:
                _check_plotter(entry.flavour, settings, aspect)

    def _arguments(self) -> Iterator[str]:
        """What was asked for as options of a command line."""
        for name in ("output", "formats", "dpi"):
            value = getattr(self, name)
            if value is not None:
                yield shlex.join([f"--{name}", str(value)])
        if self.polylines:
            yield "--polylines"

    def _chosen(self) -> tuple[Format, ...]:
        from plotopt.formats import DEFAULT_FORMATS, parse_formats

        return DEFAULT_FORMATS if self.formats is None else parse_formats(self.formats)

    def check_device(self, settings: PageSettings) -> None:
        """Raise PlotoptError where the device to draw on is not there."""
        from plotopt.settings.base import Device

        # torch takes seconds to import, and the processor is always there.
        if settings.device is not Device.CPU:
            from plotopt.devices import find_devices

            find_devices(settings.device)

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

            def hears(progress: Progress) -> None:
                self.told.update(progress.notes)
                listener(progress)

            yield hears

    def deliver(
        self, drawing: Drawing, paths: tuple[Path, ...], command: str, kept: Path | None = None
    ) -> None:
        """Write the drawing and say what it is; ``paths`` are those of before, ``command`` repeats it.

        ``kept`` is the file of its run.
        """
        from plotopt.formats import Kind
        from plotopt.plot.preview import DPI, dpi_notes
        from plotopt.runs.run import PARTIAL

        formats, dpi = self._chosen(), DPI if self.dpi is None else self.dpi
        if Kind.PNG in [entry.kind for entry in formats]:
            drawing = replace(drawing, notes=drawing.notes + dpi_notes(drawing.page, dpi))
        files = dict(zip(paths, formats, strict=True))
        drawing.save_as(files, dpi=dpi, force=self.force, polylines=self.polylines)
        if self.quiet:
            return
        report(drawing, [*paths, *([kept] if kept else [])], self.told)
        if self.verbose:
            told = f"repeat with: {' '.join([command, *self._arguments()])}"
            # Where strokes stood then is in the run alone.
            is_whole = drawing.metadata.keys().isdisjoint(PARTIAL)
            click.echo(told if is_whole else "no command repeats it, since a run was stopped", err=True)


def _check_plotter(device: str | None, settings: FitSettings | NetworkSettings, aspect: float | None) -> None:
    from plotopt.formats.hpgl import check_reach, check_slots
    from plotopt.page import fit_rect
    from plotopt.settings.pens import PenChoice

    page = settings.page(aspect or 1.0)
    place = fit_rect(page.frame, aspect) if aspect else page.frame
    chosen = settings.pens
    pens, count = (chosen.box, chosen.count) if isinstance(chosen, PenChoice) else (chosen, len(chosen))
    # Lines keep half a pen's width from the edge.
    check_reach(device, page, place.inset(min(pen.width_mm for pen in pens) / 2))
    check_slots(device, count, (page.width_mm, page.height_mm))


def delivered(usual: str) -> Decorator:
    """Options of the delivery, for a function of a subject, the delivery and those settings that were given.

    ``usual`` tells in the help where the SVG goes without ``--output``.
    """

    def decorate(function: Callable[..., None]) -> Callable[..., None]:
        @wraps(function)
        def command(*, subject: Any, **options: Any) -> None:
            names = [entry.name for entry in fields(Delivery) if entry.init]
            delivery = Delivery(**{name: options.pop(name) for name in names})
            given = {name: value for name, value in options.items() if value is not None}
            delivery.check_sheet(given.get("paper"))
            function(subject, delivery, given)

        return _options(usual)(command)

    return decorate


def _options(usual: str) -> Decorator:
    output = f"where to write, the other formats beside it  [default: {usual}]"
    formats = "svg, png, pdf, html, hpgl (hpgl:DEVICE), gcode (gcode:FLAVOUR)  [default: svg,png]"
    return together(
        click.option("-o", "--output", type=FILE, help=output),
        click.option("--formats", metavar="LIST", help=formats),
        click.option(
            "--dpi", type=_Resolution(), help="the preview's resolution, 20 to 1200  [default: 200]"
        ),
        click.option("--polylines", is_flag=True, help="write straight segments instead of cubic curves"),
        click.option("-f", "--force", is_flag=True, help="overwrite files that exist"),
        click.option("-q", "--quiet", is_flag=True, help="say nothing but errors"),
        click.option("-v", "--verbose", is_flag=True, help="tell how to repeat the drawing, too"),
    )
