"""What a fit can be told."""

from __future__ import annotations

from dataclasses import Field, dataclass, field
from enum import Enum
from pathlib import Path
from typing import Any, ClassVar

from plotopt.catalog import parse_pens
from plotopt.errors import PlotoptError
from plotopt.first_strokes.attention import Attention, Busy, read_attention
from plotopt.first_strokes.directions import Direction, Structure, read_direction
from plotopt.first_strokes.single_line import SingleLine
from plotopt.looks import FLOW, Look, find_look, with_look
from plotopt.pens import Pen
from plotopt.settings.base import (
    MOST_STROKES,
    UNTOLD,
    WHEN_SET,
    Device,
    PageSettings,
    Reader,
    check_number,
    check_pens,
    check_whole,
    read_choice,
    read_metres,
    read_minutes,
    read_option,
    read_options,
    worded,
)
from plotopt.settings.pens import PenChoice, read_pens
from plotopt.tones.tone import Tone
from plotopt.tracing import Trace
from plotopt.units import parse_length

_LAYERS = ("relu1_2", "relu2_2", "relu3_3")
MOST_WORKERS = 64
# diffvg's usual samples along a pixel's side, and the most that make sense.
_SAMPLES, MOST_SAMPLES = 2, 16


@dataclass(frozen=True)
class RendererChoice:
    """plotopt's own renderer, or diffvg with ``samples`` x ``samples`` samples a pixel."""

    samples: int = 0

    def __str__(self) -> str:
        return f"diffvg:{self.samples}" if self.samples else "plotopt"


def read_renderer(text: str) -> RendererChoice:
    """A renderer from ``plotopt``, ``diffvg`` or ``diffvg:4``. Raises PlotoptError for anything else."""
    name, _, samples = text.strip().lower().partition(":")
    if name == "plotopt" and not samples:
        return RendererChoice()
    if name == "diffvg" and (not samples or samples in map(str, range(1, MOST_SAMPLES + 1))):
        return RendererChoice(int(samples or _SAMPLES))
    raise PlotoptError(
        f"renderer {text!r:.40} is unknown: use plotopt, diffvg, or diffvg:N with N x N samples a pixel, "
        f"N from 1 to {MOST_SAMPLES}"
    )


class Judge(Enum):
    """What compares drawing and picture: the pixels alone, or pixels and the features of VGG16."""

    PIXEL = "pixel"
    VGG = "vgg"


@dataclass(frozen=True, kw_only=True)
class FitSettings(PageSettings):
    """What to fit with; lengths in mm, sizes in px.

    ``strokes``, ``minutes`` of plotting or ``metres`` of line say how much to draw, none of them as much as
    suits paper and pen. Ends up to ``link`` mm apart are linked, None for what their number asks for.
    ``pens`` may be a choice that the picture decides. ``gamma`` is None for what suits pens and paper, see
    :func:`plotopt.posing.usual_gamma`. ``size`` is the longer side of the picture in the last stage, None for
    what the quality has; ``tile`` is about the side of a tile. With ``loss`` VGG a last stage compares crops:
    the features of ``layers`` have the weight ``features`` (0 to 1) and the pixels the rest; the marks of
    ``style_image`` come on top with the weight ``style`` (0 to 100). ``weights`` is a file for VGG16, None
    for torchvision's own. ``workers`` processes look at the tiles of the pixel stages side by side; how many
    makes no difference to the drawing.

    ``direction`` is which way lines run and ``detail`` where they are many and short, see
    :mod:`plotopt.first_strokes.directions` and :mod:`plotopt.first_strokes.attention`; ``length`` is their
    usual length in mm, None for what the tone needs. What ``mask``, ``paper_threshold``, ``edges`` and
    ``shading`` (both 0 to 1) leave of the picture is told in :mod:`plotopt.emphasis`, and of what pictures
    ``trace`` has the lines drawn whole in :mod:`plotopt.tracing`. With ``single_line``
    each pen draws one line and is never lifted. ``stiffness`` and ``crossings`` (both 0 to 10) are told in
    :mod:`plotopt.hand`; ``curl`` is how many pen widths wide loops are, 0 for none. ``look`` is a name for
    some of these that :func:`read_settings` heeds, see :mod:`plotopt.looks`. Raises PlotoptError for values
    out of range.
    """

    verb: ClassVar[str] = "fit"
    kinds: ClassVar[dict[str, Any]] = PageSettings.kinds | {
        "look": Look,
        "loss": Judge,
        "layers": tuple,
        "gamma": float | None,
        "renderer": RendererChoice,
        "direction": Direction,
        "detail": Attention,
        "trace": Trace,
        "paper_threshold": float | None,
        **dict.fromkeys(("length", "minutes", "metres", "link"), float | None),
        **dict.fromkeys(("contrast", "features", "style", "edges", "shading"), float),
        **dict.fromkeys(("stiffness", "crossings", "curl"), float),
    }
    readers: ClassVar[dict[str, Reader]] = PageSettings.readers | {
        "look": find_look,
        "pens": read_pens,
        "loss": lambda text: read_choice(Judge, "loss", text),
        "layers": lambda text: tuple(word.strip() for word in text.split(",")),
        "style_image": Path,
        "weights": Path,
        "renderer": read_renderer,
        "direction": read_direction,
        "detail": read_attention,
        "trace": lambda text: read_choice(Trace, "trace", text),
        "mask": Path,
        "length": parse_length,
        "link": lambda text: parse_length(text, allow_zero=True),
        "single_line": lambda text: read_choice(SingleLine, "single line", text),
        "minutes": read_minutes,
        "metres": read_metres,
    }

    look: Look = field(default=FLOW, metadata=WHEN_SET)
    strokes: int | None = None
    minutes: float | None = field(default=None, metadata=WHEN_SET)
    metres: float | None = field(default=None, metadata=WHEN_SET)
    link: float | None = field(default=None, metadata=WHEN_SET)
    pens: tuple[Pen, ...] | PenChoice = field(default_factory=lambda: parse_pens("black"))
    gamma: float | None = None
    contrast: float = Tone.contrast
    size: int | None = None
    tile: int = 512
    loss: Judge = Judge.PIXEL
    features: float = 0.7
    layers: tuple[str, ...] = _LAYERS
    style_image: Path | None = None
    style: float = 5.0
    weights: Path | None = None
    renderer: RendererChoice = RendererChoice()
    workers: int = field(default=1, metadata=UNTOLD)
    direction: Direction = field(default=Structure(), metadata=WHEN_SET)
    detail: Attention = field(default=Busy(), metadata=WHEN_SET)
    mask: Path | None = field(default=None, metadata=WHEN_SET)
    paper_threshold: float | None = field(default=None, metadata=WHEN_SET)
    edges: float = field(default=0.0, metadata=WHEN_SET)
    shading: float = field(default=1.0, metadata=WHEN_SET)
    trace: Trace = field(default=Trace.AUTO, metadata=WHEN_SET)
    length: float | None = field(default=None, metadata=WHEN_SET)
    single_line: SingleLine | None = field(default=None, metadata=WHEN_SET)
    stiffness: float = field(default=1.0, metadata=WHEN_SET)
    crossings: float = field(default=0.0, metadata=WHEN_SET)
    curl: float = field(default=0.0, metadata=WHEN_SET)

    def __post_init__(self) -> None:
        super().__post_init__()
        if not isinstance(self.pens, PenChoice):
            check_pens(self.pens)
        check_whole("tile", self.tile, 64, 8192)
        check_whole("workers", self.workers, 1, MOST_WORKERS)
        check_whole("samples of diffvg", self.renderer.samples, 0, MOST_SAMPLES)
        self._check_renderer()
        if self.size is not None:
            check_whole("size", self.size, 64, 8192)
        if self.gamma is not None:
            check_number("gamma", self.gamma, 0.2, 5)
        Tone(contrast=self.contrast)
        check_number("features", self.features, 0, 1)
        check_number("style", self.style, 0, 100)
        self._check_budget()
        self._check_emphasis()
        self._check_single_line()
        for name in ("style_image", "weights", "mask"):
            value = getattr(self, name)
            if not isinstance(value, Path | None):
                raise PlotoptError(f"{worded(name)} is a {type(value).__name__}: give the name of a file")
        if not (self.layers and all(isinstance(layer, str) for layer in self.layers)):
            raise PlotoptError("layers is empty or holds what is no name: give layers as in relu1_2,relu3_3")
        if self.loss is Judge.PIXEL:
            self._check_pixels_alone()

    def _check_budget(self) -> None:
        given = [name for name in ("strokes", "minutes", "metres") if getattr(self, name) is not None]
        if len(given) > 1:
            raise PlotoptError(
                f"{given[0]} and {given[1]} are both given: each says how much to draw, give one"
            )
        if self.strokes is not None:
            check_whole("strokes", self.strokes, 1, MOST_STROKES)
        if self.minutes is not None:
            check_number("minutes", self.minutes, 0.1, 10_000)
        if self.metres is not None:
            check_number("metres", self.metres, 0.1, 10_000)
        if self.link is not None:
            check_number("link", self.link, 0, 1000)

    def _check_emphasis(self) -> None:
        for name in ("edges", "shading", "paper_threshold"):
            if getattr(self, name) is not None:
                check_number(name, getattr(self, name), 0, 1)
        for name, most in (("stiffness", 10), ("crossings", 10), ("curl", 100)):
            check_number(name, getattr(self, name), 0, most)
        if self.length is not None:
            check_number("length", self.length, 0.5, 1000)
        if not (self.shading or self.edges or self.trace is Trace.ON):
            raise PlotoptError(
                "shading is 0, which leaves nothing to draw: give more, or --edges 1 or --trace on for lines"
            )

    def _check_single_line(self) -> None:
        if not isinstance(self.single_line, SingleLine | None):
            raise PlotoptError(f"single line is {self.single_line!r:.40}: give tour or flow")
        if self.single_line is None:
            return
        if self.curl:
            raise PlotoptError(
                f"curl is {self.curl:g}, and loops are for many lines: leave it out, or --single-line"
            )
        if self.link is not None:
            raise PlotoptError("link is for lines of their own: leave it out, or --single-line")
        if self.single_line is SingleLine.TOUR and self.trace is Trace.ON:
            raise PlotoptError(
                "trace is on, and a tour goes from dot to dot: leave it out, or give --single-line flow"
            )
        for name in ("direction", "detail", "length") if self.single_line is SingleLine.TOUR else ():
            if getattr(self, name) != type(self).__dataclass_fields__[name].default:
                raise PlotoptError(
                    f"{name} is for stream lines, and a tour goes from dot to dot: leave it out, or give "
                    "--single-line flow"
                )

    def _check_renderer(self) -> None:
        if self.renderer.samples and self.workers > 1:
            raise PlotoptError(f"workers is {self.workers}: diffvg uses all cores itself, give 1")
        # Refused even where there is no graphics card to be found: what is right is the same everywhere.
        if self.device not in (Device.CUDA, Device.AUTO):
            return
        on_card = f"while device is {self.device.value}, which draws on a graphics card"
        if self.workers > 1:
            raise PlotoptError(f"workers is {self.workers} {on_card}: give --workers 1, or --device cpu")
        if self.renderer.samples:
            raise PlotoptError(f"renderer is {self.renderer} {on_card}: diffvg needs --device cpu")

    def _check_pixels_alone(self) -> None:
        for name in ("features", "layers", "style_image", "style", "weights"):
            if getattr(self, name) != getattr(type(self), name):
                word = name.replace("_", "-")
                raise PlotoptError(f"--{word} is for features of VGG16: add --loss vgg, or leave it out")

    def _usual(self, entry: Field[Any]) -> Any:
        sets = self.look.sets
        return read_option(type(self), entry.name, sets[entry.name]) if entry.name in sets else entry.default

    def tone(self, usual_gamma: float = Tone.gamma) -> Tone:
        """The tone curve, with the usual gamma unless another was asked for."""
        return Tone(usual_gamma if self.gamma is None else self.gamma, self.contrast)


def read_settings(**options: Any) -> FitSettings:
    """Settings of a fit from keyword options and those of their look.

    See :func:`plotopt.settings.base.read_options`.
    """
    return read_options(FitSettings, with_look(options))
