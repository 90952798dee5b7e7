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
from plotopt.profiles import Profile

if TYPE_CHECKING:
    from PIL import Image


@dataclass(frozen=True, eq=False)
class Drawing:
    """Planned layers on a page, for one machine.

    ``metadata`` (what JSON can hold: version, options, seed) goes into the SVG, together with the
    statistics. ``notes`` are what the user should know of how it came about. In a notebook a drawing shows
    itself.
    """

    page: Page
    layers: tuple[Layer, ...]
    profile: Profile
    metadata: dict[str, Any]
    notes: tuple[str, ...] = ()

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

        The preview lies beside the SVG under the same name with ``.png``, or where ``preview`` says. A name
        without a suffix gets ``.svg``. Returns the paths written. Raises PlotoptError for any other suffix,
        for a file that exists (unless ``force``), and when the system refuses to write.
        """
        svg_file = svg_path(Path(path))
        svg = self.svg(polylines=polylines)
        files: dict[Path | str, bytes | str] = {svg_file: svg}
        if preview:
            png_path = svg_file.with_suffix(".png") if preview is True else Path(preview)
            files[png_path] = png_bytes(rasterize(svg, self.page))
        write_all(files, overwrite=force)
        return tuple(Path(name) for name in files)

    def _repr_svg_(self) -> str:
        return self.svg()


def svg_path(path: Path) -> Path:
    """The name an SVG is saved under: ``.svg`` is added where there is no suffix, any other is refused."""
    with suppress(OSError):  # a name too long, say: writing will tell
        if path.is_dir():
            raise PlotoptError(f"{str(path)!r:.200} is a folder: give the name of an SVG file")
    if path.suffix.lower() == ".svg":
        return path
    if path.suffix:
        raise PlotoptError(f"{str(path)!r:.200} is not the name of an SVG file: end it in .svg")
    return path.with_name(path.name + ".svg")
