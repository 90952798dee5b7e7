"""What a fit can be told."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import Enum
from pathlib import Path
from typing import Any, ClassVar

from plotopt.catalog import parse_pens
from plotopt.errors import PlotoptError
from plotopt.pens import Pen
from plotopt.settings.base import (
    UNTOLD,
    Device,
    PageSettings,
    Reader,
    check_number,
    check_pens,
    check_whole,
    read_choice,
    read_options,
)
from plotopt.settings.pens import PenChoice, read_pens
from plotopt.tone import Tone

_LAYERS = ("relu1_2", "relu2_2", "relu3_3")
MOST_WORKERS = 64
# diffvg's usual samples along a pixel's side, and the most that make sense.
_SAMPLES, MOST_SAMPLES = 2, 16


@dataclass(frozen=True)
class Renderer:
    """plotopt's own renderer, or diffvg with ``samples`` x ``samples`` samples a pixel."""

    samples: int = 0

    def __str__(self) -> str:
        return f"diffvg:{self.samples}" if self.samples else "plotopt"


def read_renderer(text: str) -> Renderer:
    """A renderer from ``plotopt``, ``diffvg`` or ``diffvg:4``. Raises PlotoptError for anything else."""
    name, _, samples = text.strip().lower().partition(":")
    if name == "plotopt" and not samples:
        return Renderer()
    if name == "diffvg" and (not samples or samples in map(str, range(1, MOST_SAMPLES + 1))):
        return Renderer(int(samples or _SAMPLES))
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

    ``pens`` may be a choice that the picture decides. ``gamma`` is None for what suits pens and paper, see
    :func:`plotopt.posing.usual_gamma`. ``size`` is the longer side of the picture in the last stage, None for
    what the quality has; ``tile`` is about the side of a tile. With ``loss`` VGG a last stage compares crops:
    the features of ``layers`` have the weight ``features`` (0 to 1) and the pixels the rest; the marks of
    ``style_image`` come on top with the weight ``style`` (0 to 100). ``weights`` is a file for VGG16, None
    for torchvision's own. ``workers`` processes look at the tiles of the pixel stages side by side; how many
    makes no difference to the drawing. Raises PlotoptError for values out of range.
    """

    verb: ClassVar[str] = "fit"
    kinds: ClassVar[dict[str, Any]] = PageSettings.kinds | {
        "loss": Judge,
        "layers": tuple,
        "gamma": float | None,
        "renderer": Renderer,
        **dict.fromkeys(("contrast", "features", "style"), float),
    }
    readers: ClassVar[dict[str, Reader]] = PageSettings.readers | {
        "pens": read_pens,
        "loss": lambda text: read_choice(Judge, "loss", text),
        "layers": lambda text: tuple(word.strip() for word in text.split(",")),
        "style_image": Path,
        "weights": Path,
        "renderer": read_renderer,
    }

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
    renderer: Renderer = Renderer()
    workers: int = field(default=1, metadata=UNTOLD)

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
        for name in ("style_image", "weights"):
            value = getattr(self, name)
            if not isinstance(value, Path | None):
                raise PlotoptError(f"{name} is a {type(value).__name__}: give the name of a file")
        if not (self.layers and all(isinstance(layer, str) for layer in self.layers)):
            raise PlotoptError("layers is empty or holds what is no name: give layers as in relu1_2,relu3_3")
        if self.loss is Judge.PIXEL:
            self._check_pixels_alone()

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

    def tone(self, usual_gamma: float = Tone.gamma) -> Tone:
        """The tone curve, with the usual gamma unless another was asked for."""
        return Tone(usual_gamma if self.gamma is None else self.gamma, self.contrast)


def read_settings(**options: Any) -> FitSettings:
    """Settings of a fit from keyword options, see :func:`plotopt.settings.base.read_options`."""
    return read_options(FitSettings, options)
