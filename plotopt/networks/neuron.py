"""Which channels of which layer of which network, as people write it."""

from __future__ import annotations

import re
from dataclasses import dataclass

from plotopt.errors import PlotoptError

_PLACE = re.compile(r"([A-Za-z0-9_]+):([A-Za-z0-9_.]+):([^:@]+?)(@center)?")
_NUMBER = r"-?(?:[0-9]+(?:\.[0-9]*)?|\.[0-9]+)(?:[eE][-+]?[0-9]+)?"
# Nine digits are more than any network has channels, and few enough for every machine.
_TERM = re.compile(rf"(?:({_NUMBER})\s*\*\s*)?([0-9]{{1,9}})")
_RANGE = re.compile(r"([0-9]{1,9})(?:\s*-\s*([0-9]{1,9}))?")
_MOST_TERMS = 64
_MOST_NEURONS = 4096


@dataclass(frozen=True)
class Neuron:
    """Channels of one layer with a weight each: the objective is the weighted sum of their activations.

    ``center`` asks for the middle position of the layer's map alone instead of the mean over all of it.
    """

    model: str
    layer: str
    channels: tuple[int, ...]
    weights: tuple[float, ...]
    center: bool = False

    @property
    def text(self) -> str:
        """The shortest spelling, which :func:`parse_neuron` reads back to the last bit."""
        terms = [
            str(channel) if weight == 1 else f"{_format(weight)}*{channel}"
            for channel, weight in zip(self.channels, self.weights, strict=True)
        ]
        return f"{self.model}:{self.layer}:{'+'.join(terms)}{'@center' if self.center else ''}"


def parse_neuron(text: str) -> Neuron:
    """``vgg16:conv3_3:37``, a mixture ``vgg16:conv3_3:37+0.5*12``, or one place ``vgg16:conv3_3:37@center``.

    Terms are ``CHANNEL`` or ``WEIGHT*CHANNEL``, joined by ``+``, at most 64, weights finite and not zero (a
    negative one, ``37+-0.5*12``, is a channel to avoid). Whether model, layer and channel exist is not
    looked at here.

    Raises PlotoptError for any other text.
    """
    model, layer, rest, center = _split(text, "vgg16:conv3_3:37 or vgg16:conv3_3:37+0.5*12")
    # A plus begins the next term unless it belongs to an exponent, as in 1e+2*12.
    spelt = re.split(r"(?<![eE])\+", rest)
    if len(spelt) > _MOST_TERMS:
        raise PlotoptError(f"{text!r:.60} names {len(spelt)} channels: mix {_MOST_TERMS} at most")
    terms = [_read_term(term.strip(), text) for term in spelt]
    channels = tuple(channel for channel, _ in terms)
    _check_once(channels, text)
    return Neuron(model, layer, channels, tuple(weight for _, weight in terms), center)


def parse_neurons(text: str) -> tuple[Neuron, ...]:
    """One neuron for each channel of ``vgg16:conv3_3:0-63`` or ``vgg16:conv3_3:0-7,12,40-41``.

    They come in the order in which they are written; ``@center`` at the end holds for all.

    Raises PlotoptError for any other text, a channel named twice and more than 4096 channels.
    """
    model, layer, rest, center = _split(text, "vgg16:conv3_3:0-63 or vgg16:conv3_3:0-7,12")
    channels: list[int] = []
    for part in rest.split(","):
        first, last = _read_range(part.strip(), text)
        if len(channels) + last - first + 1 > _MOST_NEURONS:
            raise PlotoptError(f"{text!r:.60} names more than {_MOST_NEURONS} channels: use several sheets")
        channels += range(first, last + 1)
    _check_once(channels, text)
    return tuple(Neuron(model, layer, (channel,), (1.0,), center) for channel in channels)


def check_channels(neuron: Neuron, count: int) -> None:
    """Raise PlotoptError if the neuron names a channel beyond its layer's ``count`` channels."""
    for channel in neuron.channels:
        if channel >= count:
            raise PlotoptError(
                f"{neuron.layer} of {neuron.model} has {count} channels, 0 to {count - 1}: "
                f"there is no {channel}"
            )


def _split(text: str, example: str) -> tuple[str, str, str, bool]:
    match = _PLACE.fullmatch(text.strip())
    if not match:
        end = ", with @center at the end or nothing" if "@" in text else ""
        raise PlotoptError(f"{text!r:.60} is not MODEL:LAYER:CHANNEL: write it as {example}{end}")
    model, layer, rest, center = match.groups()
    return model, layer, rest, center is not None


def _read_term(term: str, text: str) -> tuple[int, float]:
    match = _TERM.fullmatch(term)
    if not match:
        raise PlotoptError(
            f"{term!r:.60} in {text!r:.60} is not a channel: write 37, or 0.5*37 with a weight"
        )
    weight = float(match[1] or 1)
    # Beyond these bounds a float32 sum knows nothing of the other channels, or of the weight.
    if not 1e-3 <= abs(weight) <= 1e3:
        raise PlotoptError(
            f"the weight {match[1]:.30} in {text!r:.60} is no use: give 0.001 to 1000, or the same below zero"
        )
    return int(match[2]), weight


def _read_range(part: str, text: str) -> tuple[int, int]:
    match = _RANGE.fullmatch(part)
    if not match:
        raise PlotoptError(f"{part!r:.60} in {text!r:.60} is not a channel or a range: write 12 or 0-63")
    first, last = int(match[1]), int(match[2] or match[1])
    if last < first:
        raise PlotoptError(f"the range {part!r:.60} runs backwards: write {last}-{first}")
    return first, last


def _check_once(channels: tuple[int, ...] | list[int], text: str) -> None:
    seen: set[int] = set()
    for channel in channels:
        if channel in seen:
            raise PlotoptError(f"{text!r:.60} names channel {channel} twice: name each channel once")
        seen.add(channel)


def _format(weight: float) -> str:
    whole = abs(weight) < 1e15 and weight == int(weight)
    return str(int(weight)) if whole else repr(weight).replace("e+", "e")
