"""The result of a fit: what each pen draws on a page, ready to look at, to save and to plot."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import asdict, dataclass
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

from plotopt.errors import PlotoptError
from plotopt.files import write_all
from plotopt.page import Page
from plotopt.plot.plan import Layer, Statistics, summarize
from plotopt.plot.preview import DPI, png_bytes, rasterize
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
    of the picture, which :meth:`save` spares. In a notebook a drawing shows
    itself.
    """

    page: Page
    layers: tuple[Layer, ...]
    profile: Profile
    metadata: dict[str, Any]
    notes: tuple[str, ...] = ()
    source: Path | None = None
    stock: Stock = WHITE
    client: Client = Client.SAXI

    @cached_property
    def statistics(self) -> Statistics:
        """Strokes, metres, pen lifts and minutes on this profile."""
        return summarize(self.layers, self.profile)

    def svg(self, *, polylines: bool = False) -> str:
        """The drawing as SVG text, of cubic curves or of polylines that stand for them."""
        figures = {name: round(value, 4) for name, value in asdict(self.statistics).items()}
        metadata = {**self.metadata, "statistics": figures}
        if polylines and "command" in metadata:
            metadata["command"] += " --polylines"
        return svg_text(self.layers, self.page, metadata, polylines=polylines)

    def preview(self, dpi: float = DPI, paper_color: str = "#ffffff") -> Image.Image:
        """A picture of the SVG true to the pens' widths; see :func:`plotopt.plot.preview.rasterize`."""
        return rasterize(self.svg(), self.page, dpi, paper_color)

    def save(
        self,
        path: str | Path,
        *,
        preview: bool | str | Path = True,
        force: bool = False,
        polylines: bool = False,
    ) -> tuple[Path, ...]:
        """Write the SVG and a pen-true preview as PNG; both or neither.

        The preview lies where :func:`output_paths` has it, or where ``preview`` says. Returns the paths
        written. Raises PlotoptError for names that end otherwise, for the picture's own name, for a file that
        exists (unless ``force``), and when the system refuses to write.
        """
        svg_file, png_file = output_paths(Path(path), self.source)
        svg = self.svg(polylines=polylines)
        files: dict[Path | str, bytes | str] = {svg_file: svg}
        if preview:
            files[png_file if preview is True else _png_path(Path(preview))] = png_bytes(
                rasterize(svg, self.page)
            )
        write_all(files, overwrite=force)
        return tuple(Path(name) for name in files)

    def _repr_svg_(self) -> str:
        return self.svg()


def output_paths(path: Path, source: Path | None = None) -> tuple[Path, Path]:
    """Where an SVG of that name and its preview go, neither of them onto the picture ``source``.

    A name without a suffix gets ``.svg``. The preview has the same name with ``.png``, or with
    ``-preview.png`` where the picture is called so. Raises PlotoptError for any other suffix, a folder, and
    for the picture itself.
    """
    svg = _svg_path(path)
    png = svg.with_suffix(".png")
    if _same(svg, source):
        raise PlotoptError(f"{str(svg)!r:.200} is the picture itself: choose another name for the drawing")
    return svg, svg.with_name(f"{svg.stem}-preview.png") if _same(png, source) else png


def _same(one: Path, other: Path | None) -> bool:
    try:
        return other is not None and one.samefile(other)
    except OSError:
        return False


def _png_path(path: Path) -> Path:
    if path.suffix.lower() != ".png":
        raise PlotoptError(f"{str(path)!r:.200} is not the name of a preview: end it in .png")
    return path


def _svg_path(path: Path) -> Path:
    with suppress(OSError):  # a name too long, say: writing will tell
        if path.is_dir():
            raise PlotoptError(f"{str(path)!r:.200} is a folder: give the name of an SVG file")
    if path.suffix.lower() == ".svg":
        return path
    if path.suffix:
        raise PlotoptError(f"{str(path)!r:.200} is not the name of an SVG file: end it in .svg")
    return path.with_name(path.name + ".svg")
