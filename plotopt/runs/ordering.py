"""How a run was asked for, as a run file holds it, and back to settings and a picture."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import suppress
from functools import lru_cache
from hashlib import file_digest
from pathlib import Path
from typing import Any

from plotopt import __version__
from plotopt.errors import PlotoptError
from plotopt.files import opened
from plotopt.picture import Picture, decode_picture
from plotopt.runs.record import FIT, NEURON, Order
from plotopt.settings import FitSettings, NeuronSettings, read_neuron_settings, read_settings
from plotopt.settings.base import PageSettings, worded
from plotopt.settings.files import files_by_option, files_of

# Each says how much to draw, so that only one can.
_AMOUNTS = frozenset(("strokes", "minutes", "metres"))


def fit_order(settings: FitSettings, picture: Picture) -> Order:
    """The order of a fit. Raises PlotoptError for a picture that is in no file."""
    if picture.path is None:
        raise PlotoptError("the picture is in no file, so its run cannot be kept: save it, and give its name")
    told = settings.options()
    # Names that are no text are told with marks for what cannot be.
    name = picture.path.name.encode(errors="replace").decode()
    return Order(FIT, name, told, __version__, _contents(picture.path), digests(settings))


def neuron_order(settings: NeuronSettings, subject: str) -> Order:
    """The order of a neuron's drawing."""
    return Order(NEURON, subject, settings.options(), __version__, digests=digests(settings))


def options_of(order: Order, changes: Mapping[str, Any]) -> dict[str, Any]:
    """The options that were ordered and are set, with some changed; what says how much replaces others."""
    left_out = set(_AMOUNTS if changes.keys() & _AMOUNTS else ())
    given = {name: value for name, value in order.options.items() if value is not None}
    return {name: value for name, value in given.items() if name not in left_out} | dict(changes)


def settings_of(order: Order, changes: Mapping[str, Any]) -> FitSettings | NeuronSettings:
    """The settings that were ordered, with some changed. Raises PlotoptError for options that are none."""
    if order.kind not in (FIT, NEURON):
        raise PlotoptError(f"it is a run of {order.kind!r:.20}, which this plotopt does not know")
    read = read_settings if order.kind == FIT else read_neuron_settings
    return read(**options_of(order, changes))


def check_files(order: Order, now: Mapping[str, str], changes: Mapping[str, Any]) -> None:
    """Raise PlotoptError where a file that no change names is not what it was, by its digest ``now``."""
    for name, before in (order.digests or {}).items():
        if name not in changes and now.get(name) != before:
            raise PlotoptError(
                f"the file of {worded(name)} is not what it was when the run began: bring that one back, "
                f"or give --{name.replace('_', '-')} to go on with another"
            )


# Its shape, its pens and its drawing are asked for one after the other.
@lru_cache(maxsize=1)
def picture_of(order: Order) -> Picture:
    """The picture that was ordered, as it was read from its file."""
    try:
        return decode_picture(order.picture, Path(order.subject))
    except PlotoptError as error:
        raise PlotoptError(f"its picture cannot be read: {error}") from None


def sources(path: Path, order: Order, settings: PageSettings) -> tuple[Path, ...]:
    """The files that the run in the file ``path`` was made from, where they lie now, as far as one can tell.

    The picture is sought beside the run: under its own name, or under that of the drawing's preview.
    """
    picture, preview = path.with_name(Path(order.subject).name or path.name), path.with_suffix(".png")
    with suppress(OSError):
        if preview.is_file() and preview.read_bytes() == order.picture:
            picture = preview
    return (picture, *files_of(settings))


def digests(settings: PageSettings) -> dict[str, str]:
    """SHA-256 of what the files hold that settings name, by setting.

    Raises PlotoptError for one that is not there, no ordinary file, or larger than any that plotopt reads.
    """
    named = files_by_option(settings)
    return {name: " ".join(_digest(path) for path in files) for name, files in named.items()}


def _digest(path: Path) -> str:
    with opened(path, "a file") as file:
        return file_digest(file, "sha256").hexdigest()


def _contents(path: Path) -> bytes:
    with opened(path, "a picture") as file:
        return file.read()
