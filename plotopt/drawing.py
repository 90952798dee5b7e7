"""A drawing: what each pen draws on a page, ready to look at, to save and to plot."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

from plotopt.errors import PlotoptError
from plotopt.files import check_spares, file_path, is_one_of, quoted, write_all
from plotopt.formats import DEFAULT_FORMATS, Format, Kind, parse_formats
from plotopt.page import Page, Rect
from plotopt.plot import materials
from plotopt.plot.load import REMEDY
from plotopt.plot.plan import Layer, Statistics, summarize
from plotopt.plot.preview import DPI, draw_preview, png_bytes
from plotopt.plot.svg import svg_text
from plotopt.profiles import Client, Profile
from plotopt.stocks import WHITE, Stock

if TYPE_CHECKING:
    from PIL import Image


@dataclass(frozen=True, eq=False)
class Drawing:
    """Planned layers on a page of some stock, for one machine and the program that drives it.

    ``metadata`` (what JSON can hold: version, options, seed) goes into the SVG, together with the
    statistics. ``notes`` are what the user should know of how it came about, ``source`` is the file
    of the picture and ``others`` are those of maps, say, all of which :meth:`save` spares. ``wanted`` is the
    picture that was to be drawn and ``place`` where it lies on the page, for the report. ``remedy`` says what
    to do about more ink than the stock bears. In a notebook a drawing shows itself.
    """

    page: Page
    layers: tuple[Layer, ...]
    profile: Profile
    metadata: dict[str, Any]
    notes: tuple[str, ...] = ()
    source: Path | None = None
    stock: Stock = WHITE
    client: Client = Client.SAXI
    wanted: Image.Image | None = field(default=None, repr=False)
    place: Rect | None = None
    others: tuple[Path, ...] = ()
    remedy: str = REMEDY

    @cached_property
    def statistics(self) -> Statistics:
        """Strokes, metres, pen lifts and minutes on this profile, of all layers and of each."""
        return summarize(self.layers, self.profile, self.client)

    def svg(self, *, polylines: bool = False) -> str:
        """The drawing as SVG text, of cubic curves or of polylines that stand for them."""
        metadata = {
            **self.metadata,
            materials.KEY: materials.told_materials(self.layers, self.stock),
            "statistics": self.statistics.figures(),
        }
        if polylines and "command" in metadata:
            metadata["command"] += " --polylines"
        return svg_text(self.layers, self.page, metadata, polylines=polylines)

    def preview(self, dpi: float = DPI, *, polylines: bool = False) -> Image.Image:
        """A picture true to the pens' widths and inks; see :func:`plotopt.plot.preview.draw_preview`."""
        return draw_preview(self.layers, self.page, self.stock, dpi=dpi, polylines=polylines)

    def save(
        self,
        path: str | Path,
        *,
        formats: str | Sequence[Format] = DEFAULT_FORMATS,
        dpi: float = DPI,
        force: bool = False,
        polylines: bool = False,
    ) -> tuple[Path, ...]:
        """Write the drawing in every format, such as ``"svg,pdf,html"``; all of them or none.

        The files lie where :func:`output_paths` has them, whose paths are returned. ``dpi`` is the PNG's,
        ``polylines`` goes for SVG and PNG. Raises PlotoptError for formats that there are not, for names
        that end otherwise, for the name of a file that it was made from, for a file that exists (unless
        ``force``), for what a format cannot hold, and when the system refuses to write.
        """
        formats = parse_formats(formats)
        inputs = (self.source, *self.others) if self.source else self.others
        paths = output_paths(file_path(path), inputs, formats)
        self.save_as(dict(zip(paths, formats, strict=True)), dpi=dpi, force=force, polylines=polylines)
        return paths

    def save_as(
        self, files: Mapping[Path, Format], *, dpi: float = DPI, force: bool = False, polylines: bool = False
    ) -> None:
        """Write every file in its format, all or none, whatever their names; see :meth:`save`."""
        contents: dict[Path | str, bytes | str] = {
            file: self._written(entry, file, dpi, polylines) for file, entry in files.items()
        }
        write_all(contents, overwrite=force)

    def _written(self, entry: Format, file: Path, dpi: float, polylines: bool) -> bytes | str:
        """The contents of one file."""
        if entry.kind is Kind.SVG:
            return self.svg(polylines=polylines)
        if entry.kind is Kind.PNG:
            return png_bytes(self.preview(dpi, polylines=polylines))
        if entry.kind is Kind.PDF:
            from plotopt.formats.pdf import pdf_bytes

            return pdf_bytes(self.layers, self.page, file.stem)
        if entry.kind is Kind.HTML:
            return self._report(file.stem)
        if entry.kind is Kind.HPGL:
            from plotopt.formats.hpgl import hpgl_text

            return hpgl_text(self.layers, self.page, self.profile, entry.flavour)
        from plotopt.formats.gcode import gcode_text

        return gcode_text(self.layers, self.page, self.profile, entry.flavour)

    def _report(self, title: str) -> str:
        from plotopt.formats.html import Report, html_text

        return html_text(
            Report(
                title=title,
                layers=self.layers,
                page=self.page,
                stock=self.stock,
                profile=self.profile,
                client=self.client,
                statistics=self.statistics,
                notes=self.notes,
                command=self.metadata.get("command"),
                wanted=self.wanted,
                place=self.place,
                remedy=self.remedy,
            )
        )

    def _repr_svg_(self) -> str:
        return self.svg()


def output_paths(
    path: Path, inputs: Sequence[Path] = (), formats: Sequence[Format] = DEFAULT_FORMATS
) -> tuple[Path, ...]:
    """Where a drawing of that name goes in each format, no file onto one of the ``inputs``.

    ``path`` ends in ``.svg`` or as one of the formats does, or has no ending; files of other formats lie
    beside it with their own. The preview ends in ``-preview.png`` where an input, as the picture, has its
    name. Raises PlotoptError for any other ending, a folder, and for an input itself.
    """
    with suppress(OSError):  # a name too long, say: writing will tell
        if path.is_dir():
            raise PlotoptError(f"{quoted(path)} is a folder: give the name of an SVG file")
    if path.suffix and path.suffix.lower() not in [".svg", *(entry.kind.suffix for entry in formats)]:
        raise PlotoptError(_wrong_ending(path, formats))
    return tuple(_beside(path, entry.kind, inputs) for entry in formats)


def _beside(path: Path, kind: Kind, inputs: Sequence[Path]) -> Path:
    same_ending = path.suffix.lower() == kind.suffix
    file = path if same_ending else path.with_name(f"{path.stem}{kind.suffix}")
    if kind is Kind.PNG and not same_ending and is_one_of(file, inputs):
        file = path.with_name(f"{path.stem}-preview.png")
    check_spares(file, inputs)
    return file


def _wrong_ending(path: Path, formats: Sequence[Format]) -> str:
    """The one line on a name that ends like none of the formats."""
    name, suffix = repr(str(path))[:200], path.suffix.lower()
    if suffix in [kind.suffix for kind in Kind if kind is not Kind.PNG]:
        return f"{name} is not the name of an SVG file: end it in .svg, or ask for --formats {suffix[1:]}"
    endings = dict.fromkeys([".svg", *(entry.kind.suffix for entry in formats if entry.kind is not Kind.PNG)])
    return f"{name} is not the name of a drawing: end it in {' or '.join(endings)}"
