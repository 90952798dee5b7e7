"""``plotopt neuron``: what channels of a network like best becomes a drawing."""

from __future__ import annotations

from dataclasses import replace
from functools import partial
from hashlib import sha256
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from plotopt.cli.delivery import Delivery, delivered
from plotopt.cli.keeping import Keeping, keep_option
from plotopt.cli.options import network_options, page_options, setting
from plotopt.cli.report import table
from plotopt.cli.watching import Watch, watch_options
from plotopt.errors import PlotoptError

if TYPE_CHECKING:
    from plotopt.networks import Neuron

# A file's name has 255 bytes at most nearly everywhere, and may get an ending and a preview's yet.
_LONGEST_STEM = 120


_neuron = partial(setting, "NeuronSettings")


@click.command("neuron")
@click.argument("subject", metavar="NEURON")
@page_options("NeuronSettings")
@_neuron("--size", type=int, help="longer side, 64 to 8192 px  [default: 1024, @center by the pen]")
@_neuron("--grid", help="copies across and down, 1x1 to 64x64  [default: of about 256 px each]")
@_neuron("--copies/--no-copies", help="grow the drawing from copies of a small one, or draw it as one")
@network_options("NeuronSettings")
@keep_option
@watch_options
@delivered("named after NEURON, in the working folder")
def command(subject: str, delivery: Delivery, options: dict[str, Any]) -> None:
    """Draw what NEURON likes to see and write it as a plot-ready SVG with a preview.

    NEURON is MODEL:LAYER:CHANNEL, as in vgg16:conv3_3:37; several channels go with weights, as in
    vgg16:conv3_3:37+0.5*12; @center at the end asks for the middle of the layer's map alone. A MODEL of
    torchvision by itself, as in vgg16, lists its layers and draws nothing.

    Lengths take mm, cm, in, pt or px (96 dpi); sizes are pixels that the network sees.
    """
    from plotopt.settings import read_neuron_settings
    from plotopt.settings.files import files_of

    keep, watch = options.pop("keep"), Watch.asked(options)
    # Read here as well, so that a mistyped option is told before a file that exists.
    settings = read_neuron_settings(**options)
    if ":" not in subject:
        _list_layers(subject.strip())
        return
    wanted = read_neuron(subject)
    delivery.check(settings, settings.copied.columns / settings.copied.rows)
    delivery.check_device(settings)
    inputs = files_of(settings)
    paths = delivery.paths(Path(f"{stem(wanted)}.svg"), *inputs)
    keeping = Keeping.beside(paths[0], keep, delivery.force, inputs)
    delivery.fetch(wanted.model, settings.weights)
    from plotopt import neuron
    from plotopt.watching.ground import neuron_ground

    keeping = replace(keeping, watch=watch.over(lambda: neuron_ground(settings, wanted)))
    keeping.draw(
        delivery, paths, partial(neuron, wanted, **options), lambda drawing: drawing.metadata["command"]
    )


def _list_layers(model: str) -> None:
    from plotopt.networks import list_layers

    table([(layer.name, f"{layer.channels:>5} channels") for layer in list_layers(model)])


def read_neuron(text: str) -> Neuron:
    """A neuron that there is in torchvision's model, found out before weights are fetched.

    Raises PlotoptError where text, model, layer or a channel are not there.
    """
    from plotopt.networks import check_channels, parse_neuron
    from plotopt.networks.layers import dissect

    model, *others = text.strip().split(":")
    if len(others) == 1:
        layer = dissect(model).find(others[0])
        raise PlotoptError(
            f"{layer.name} of {model} has {layer.channels} channels, 0 to {layer.channels - 1}: "
            f"name one, as in {model}:{layer.name}:{layer.channels // 2}"
        )
    wanted = parse_neuron(text)
    check_channels(wanted, dissect(wanted.model).find(wanted.layer).channels)
    return wanted


def stem(neuron: Neuron) -> str:
    """A file's name without ending, of letters, digits and ``-+_.`` alone; a long one ends in a digest."""
    name = neuron.text.translate(str.maketrans(":*@", "-x-"))
    if len(name) <= _LONGEST_STEM:
        return name
    digest = sha256(neuron.text.encode()).hexdigest()[:8]
    return f"{name[: _LONGEST_STEM - 9]}-{digest}"
