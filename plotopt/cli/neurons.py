"""``plotopt neurons``: many channels of a layer side by side on one sheet."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from functools import partial
from hashlib import sha256
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from plotopt.cli.delivery import Delivery, delivered
from plotopt.cli.options import network_options, page_options, setting

if TYPE_CHECKING:
    from plotopt.networks import Neuron

_LONGEST_STEM = 100

_cell = partial(setting, "NeuronsSettings")


@click.command("neurons")
@click.argument("subject", metavar="NEURONS")
@page_options("NeuronsSettings")
@_cell("--size", type=int, help="side of a cell, 64 to 8192 px  [default: by the pen, 64 to 256]")
@_cell("--grid", help="cells across and down, 1x1 to 64x64  [default: the largest cells that fit]")
@_cell(
    "--copies/--no-copies", help="let cells wrap, as the copies of a large drawing do, or end at their edge"
)
@network_options("NeuronsSettings")
@delivered("named after NEURONS, in the working folder")
def command(subject: str, delivery: Delivery, options: dict[str, Any]) -> None:
    """Draw a contact sheet of NEURONS, each small and labelled, and write it as a plot-ready SVG.

    NEURONS is MODEL:LAYER:CHANNELS, as in vgg16:conv3_3:0-63 or vgg16:conv3_3:0-7,12; @center at the end
    asks for the middle of the layer's map alone. --strokes are those of a whole drawing of 1024 px, of
    which each cell has its share by area: with the same number it is as dense as `plotopt neuron`.

    Finished channels are kept in a folder beside the sheet, which ends in -channels. Until the sheet
    is written the same command goes on from there; with other options they are drawn anew.

    Lengths take mm, cm, in, pt or px (96 dpi); sizes are pixels that the network sees.
    """
    from plotopt.settings import read_neurons_settings
    from plotopt.settings.files import files_of

    # Read here as well, so that a mistyped option is told before a file that exists.
    settings = read_neurons_settings(**options)
    wanted = read_neurons(subject)
    delivery.check(settings)
    delivery.check_device(settings)
    paths = delivery.paths(Path(f"{stem(wanted)}.svg"), *files_of(settings))
    delivery.fetch(wanted[0].model, settings.weights)
    from plotopt.contact_sheet import neurons

    with _saying_what_is_kept(paths[0]), delivery.listener() as listener:
        drawing = neurons(subject, paths[0], on_progress=listener, **options)
    delivery.deliver(drawing, paths, drawing.metadata["command"])


def read_neurons(text: str) -> tuple[Neuron, ...]:
    """Neurons that there are in torchvision's model, found out before weights are fetched.

    Raises PlotoptError where text, model, layer or a channel are not there.
    """
    from plotopt.networks import check_channels, parse_neurons
    from plotopt.networks.layers import dissect

    wanted = parse_neurons(text)
    count = dissect(wanted[0].model).find(wanted[0].layer).channels
    for neuron in wanted:
        check_channels(neuron, count)
    return wanted


def stem(wanted: Sequence[Neuron]) -> str:
    """A file's name without ending: model, layer, first and last channel; a digest where that is not all."""
    first, last = wanted[0], wanted[-1]
    channels = [neuron.channels[0] for neuron in wanted]
    ends = f"{channels[0]}-{channels[-1]}" if len(wanted) > 1 else f"{channels[0]}"
    name = f"{first.model}-{first.layer}-{ends}{'-center' if last.center else ''}"
    if channels == list(range(channels[0], channels[-1] + 1)) and len(name) <= _LONGEST_STEM:
        return name
    digest = sha256(" ".join(neuron.text for neuron in wanted).encode()).hexdigest()[:8]
    return f"{name[:_LONGEST_STEM]}-{digest}"


@contextmanager
def _saying_what_is_kept(sheet: Path) -> Iterator[None]:
    """An interruption in the block tells where the finished channels are."""
    try:
        yield
    except KeyboardInterrupt:
        from plotopt.visualization.shelf import shelf_folder

        folder = shelf_folder(sheet)
        if not folder.is_dir():
            raise
        name = click.format_filename(folder)
        raise KeyboardInterrupt(
            f"finished channels are kept in {name}, the same command goes on from there"
        ) from None
