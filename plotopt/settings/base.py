"""What all drawings can be told: the sheet, the machine, the time to take; and how options are read."""

from __future__ import annotations

import math
import re
import shlex
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import Field, dataclass, field, fields
from enum import Enum
from numbers import Integral, Real
from typing import Any, ClassVar, TypeVar, get_args

from plotopt.catalog import list_stocks, load_stock
from plotopt.errors import PlotoptError
from plotopt.page import Orientation, Page, Paper, Rect, fit_rect, lay_out, parse_paper, usual_margin_mm
from plotopt.pens import Pen
from plotopt.profiles import Client, Profile, load_profile
from plotopt.stages import Quality
from plotopt.stocks import WHITE, Stock
from plotopt.units import format_length, parse_length

MOST_STROKES = 100_000
_NUMBERS = (float, float | None)
_MOST_BITS = 1000
_DURATION = re.compile(r"(?:(\d++\.?\d*+|\.\d++)\s*+h)?\s*+(?:(\d++\.?\d*+|\.\d++)\s*+(?:m|min|minutes)?)?")
#: Metadata of a field that makes no difference to the drawing, and is not told with it.
UNTOLD = {"told": False}
#: Metadata of a field that is told only where it is not what it usually is.
WHEN_SET = {"told": "when set"}
MOST_PENS = 8
#: A sheet on which every few strokes are a layer is no plot.
LEAST_SPLIT_M, MOST_SPLIT_M = 0.1, 1_000_000


class Device(Enum):
    """What draws: the processor, a graphics card, or the one where there is one and else the other."""

    CPU = "cpu"
    CUDA = "cuda"
    MPS = "mps"
    AUTO = "auto"


Reader = Callable[[str], Any]
Settings = TypeVar("Settings", bound="SheetSettings")


def read_metres(text: str) -> float:
    """Metres from ``40m``, ``40`` or a length in mm, cm or in. Raises PlotoptError for anything else."""
    cleaned = text.strip().lower()
    with suppress(ValueError):
        return float(cleaned if cleaned[-2:] in ("mm", "cm") else cleaned.removesuffix("m"))
    return parse_length(cleaned) / 1000


def read_paper(text: str) -> Paper:
    """A sheet as :func:`plotopt.page.parse_paper` reads it; who names a stock hears of that option."""
    try:
        return parse_paper(text)
    except PlotoptError as error:
        name = text.strip().lower()
        if name not in [stock.name for stock in list_stocks()]:
            raise
        raise PlotoptError(f"{error}; what it is made of is --stock {name}") from None


def read_minutes(text: str) -> float:
    """Minutes from ``45``, ``45min``, ``1.5h`` or ``1h30``. Raises PlotoptError for anything else."""
    found = _DURATION.fullmatch(text.strip().lower())
    if not found or not found.group(0):
        raise PlotoptError(f"a time of {text!r:.40} cannot be read: give minutes as in 45, or 1h30")
    hours, minutes = (float(part) if part else 0.0 for part in found.groups())
    return 60 * hours + minutes


class Told:
    """Settings, a dataclass, that can be told as options and as a command line."""

    #: The command of these settings.
    verb: ClassVar[str]

    def options(self) -> dict[str, Any]:
        """The settings as the command line spells them, for the SVG's metadata; None where not set."""
        told = [entry.name for entry in fields(self) if self._is_told(entry)]  # type: ignore[arg-type]
        return {name: spelled(name, getattr(self, name)) for name in told}

    def _is_told(self, entry: Field[Any]) -> bool:
        told = entry.metadata.get("told", True)
        if told == WHEN_SET["told"]:
            return bool(getattr(self, entry.name) != self._usual(entry))
        return bool(told)

    def _usual(self, entry: Field[Any]) -> Any:
        """What a field is where it is not given."""
        return entry.default

    def command(self, subject: str) -> str:
        """The command line that repeats this drawing of a picture's file or a neuron."""
        given = [_flag(name, value) for name, value in self.options().items() if value is not None]
        subject = f"./{subject}" if subject.startswith("-") else subject
        return shlex.join(["plotopt", self.verb, subject, *given])


@dataclass(frozen=True, kw_only=True)
class SheetSettings(Told):
    """What sheet lies on what machine; lengths in mm, ``split_every`` in m.

    ``margin`` None is what suits the sheet, see :func:`plotopt.page.usual_margin_mm`. Raises PlotoptError for
    values out of range and for a machine that ``client`` does not drive.
    """

    #: The kinds of options that are no whole numbers, and how their texts are read.
    kinds: ClassVar[dict[str, Any]] = {
        "paper": Paper,
        "margin": float | None,
        "orientation": Orientation,
        "profile": Profile,
        "stock": Stock,
        "client": Client,
        "split_every": float | None,
    }
    readers: ClassVar[dict[str, Reader]] = {
        "paper": read_paper,
        "margin": lambda text: parse_length(text, allow_zero=True),
        "orientation": lambda text: read_choice(Orientation, "orientation", text),
        "profile": load_profile,
        "stock": load_stock,
        "client": lambda text: read_choice(Client, "client", text),
        "split_every": read_metres,
    }

    stock: Stock | None = WHITE
    paper: Paper | None = field(default_factory=lambda: parse_paper("a4"))
    margin: float | None = None
    orientation: Orientation = Orientation.AUTO
    profile: Profile = field(default_factory=lambda: load_profile("axidraw_v3"))
    client: Client = Client.SAXI
    split_every: float | None = None

    def __post_init__(self) -> None:
        for name, kind in self.kinds.items():
            _check_kind(name, getattr(self, name), kind)
        self.profile.motion(self.client)
        if self.margin is not None and not (math.isfinite(self.margin) and self.margin >= 0):
            raise PlotoptError(f"a margin of {self.margin:g} mm is not possible: use 0 mm or more")
        if self.split_every is not None and not LEAST_SPLIT_M <= self.split_every <= MOST_SPLIT_M:
            raise PlotoptError(
                f"split every is {self.split_every:g} m: "
                f"give {LEAST_SPLIT_M:g} to {MOST_SPLIT_M:,} m, such as 40m"
            )

    def margin_mm(self, width_mm: float, height_mm: float) -> float:
        """The margin on a sheet of that size."""
        return usual_margin_mm(width_mm, height_mm) if self.margin is None else self.margin


@dataclass(frozen=True, kw_only=True)
class PageSettings(SheetSettings):
    """What to draw on, with what machine and in what time.

    ``device`` is what computes the drawing; on the CPU alone the same seed gives the same one everywhere.
    """

    kinds: ClassVar[dict[str, Any]] = SheetSettings.kinds | {"quality": Quality, "device": Device}
    readers: ClassVar[dict[str, Reader]] = SheetSettings.readers | {
        "quality": lambda text: read_choice(Quality, "quality", text),
        "device": lambda text: read_choice(Device, "device", text),
    }

    stock: Stock = WHITE
    paper: Paper = field(default_factory=lambda: parse_paper("a4"))
    quality: Quality = Quality.NORMAL
    seed: int = 0
    device: Device = Device.CPU

    def __post_init__(self) -> None:
        super().__post_init__()
        check_whole("seed", self.seed, 0, 2**63 - 1)

    def page(self, aspect: float) -> Page:
        """The page for what is ``aspect`` times as wide as high."""
        margin_mm = self.margin_mm(self.paper.width_mm, self.paper.height_mm)
        return lay_out(self.paper, margin_mm, self.orientation, aspect)

    def sheet(self, aspect: float) -> tuple[Page, Rect]:
        """The page, and the place on it for what is ``aspect`` times as wide as high."""
        page = self.page(aspect)
        return page, fit_rect(page.frame, aspect)


def read_options(kind: type[Settings], options: Mapping[str, Any]) -> Settings:
    """Settings from keyword options; a text is read as the command line reads it.

    Raises PlotoptError for an option that there is not, and for a value that cannot be read.
    """
    names = {entry.name for entry in fields(kind)}
    for name in options:
        if name not in names:
            raise PlotoptError(f"there is no option {name!r:.40}: use {', '.join(sorted(names))}")
    return kind(**{name: read_option(kind, name, value) for name, value in options.items()})


def worded(name: str) -> str:
    """A setting as messages call it, on the command line and in Python: without underscores."""
    return name.replace("_", " ")


def check_pens(pens: Any) -> None:
    """Raise PlotoptError unless these are pens, one to eight, and each is there once."""
    if not isinstance(pens, tuple):
        raise PlotoptError(f"pens is {pens!r:.40}: give pens as in black,red:0.3mm")
    if not (pens and all(isinstance(pen, Pen) for pen in pens)):
        raise PlotoptError("pens is empty or holds what is no pen: give pens as in black,red:0.3mm")
    if len(pens) > MOST_PENS:
        raise PlotoptError(f"{len(pens)} pens are too many: give at most {MOST_PENS}")
    if len({pen.text for pen in pens}) < len(pens):
        raise PlotoptError("a pen is given twice: give each pen once")


def check_whole(name: str, value: Any, low: int, high: int) -> None:
    """Raise PlotoptError unless the value is a whole number within the bounds."""
    if isinstance(value, bool) or not isinstance(value, int) or not low <= value <= high:
        raise PlotoptError(f"{worded(name)} is {value!r:.40}: give a whole number from {low:,} to {high:,}")


def check_number(name: str, value: float, low: float, high: float) -> None:
    """Raise PlotoptError unless the number is finite and within the bounds."""
    if not (math.isfinite(value) and low <= value <= high):
        raise PlotoptError(f"{worded(name)} is {value:g}: give {low:g} to {high:g}")


def read_choice(kind: type[Enum], name: str, text: str) -> Any:
    """The member of an enumeration that a text names."""
    try:
        return kind(text.lower())
    except ValueError:
        choices = ", ".join(member.value for member in kind)
        raise PlotoptError(f"{worded(name)} {text!r:.40} is unknown: use {choices}") from None


def _check_kind(name: str, value: Any, kind: Any) -> None:
    if (isinstance(value, bool) and kind is not bool) or not isinstance(value, kind):
        wanted = "a number" if kind in _NUMBERS else f"a text or a {(get_args(kind) or (kind,))[0].__name__}"
        raise PlotoptError(f"{worded(name)} is {value!r:.40}: give {wanted}")


def read_option(kind: type[SheetSettings], name: str, value: Any) -> Any:
    """The value of a field from what was given for it. Raises PlotoptError where it cannot be read."""
    if isinstance(value, str) and name in kind.readers:
        return kind.readers[name](value)
    if isinstance(value, bool):
        return value
    if isinstance(value, Pen) and name == "pens":
        return (value,)
    # numpy's numbers are welcome, but JSON and shells do not know them.
    if isinstance(value, Integral):
        value = int(value)
        # Python turns larger ones neither into a float nor into text.
        if value.bit_length() > _MOST_BITS:
            raise PlotoptError(
                f"{worded(name)} is a number of more than {_MOST_BITS} bits: give a smaller one"
            )
    return float(value) if isinstance(value, Real) and kind.kinds.get(name) in _NUMBERS else value


def spelled(name: str, value: Any) -> Any:
    """The value of a setting as JSON and the command line can have it."""
    if value is not None and name in _SPELLED_BY_NAME:
        return _SPELLED_BY_NAME[name](value)
    for kind, spell in _SPELLED_BY_KIND:
        if isinstance(value, kind):
            return spell(value)
    # A grid, a choice of pens and a file spell themselves.
    return value if value is None or isinstance(value, int | float) else str(value)


_SPELLED_BY_NAME: dict[str, Callable[[float], str]] = {
    "margin": format_length,
    "link": format_length,
    "metres": lambda metres: f"{float(metres)!r}m",
    "split_every": lambda metres: f"{float(metres)!r}m",
}
_SPELLED_BY_KIND: tuple[tuple[Any, Callable[[Any], Any]], ...] = (
    (Pen | Paper, lambda each: each.text),
    (Stock, lambda stock: stock.name),
    (Profile, lambda profile: profile.path or profile.name),
    (Enum, lambda member: member.value),
    (tuple, lambda each: ",".join(str(spelled("", one)) for one in each)),
)


def _flag(name: str, value: Any) -> str:
    word = name.replace("_", "-")
    if isinstance(value, bool):
        return f"--{word}" if value else f"--no-{word}"
    return f"--{word}={value}"
