"""A network cut off at some of its layers, frozen, from light to activations."""

from __future__ import annotations

import copy
import operator
from bisect import bisect_left
from collections.abc import Iterable, Sequence
from contextlib import nullcontext
from dataclasses import dataclass, replace
from pathlib import Path

import torch
from jaxtyping import Float
from torch import Tensor, fx, nn
from torch.nn import functional

from plotopt.colour.ink import linear_to_srgb
from plotopt.errors import PlotoptError
from plotopt.networks.layers import Anatomy, Layer, dissect, run_without_figures
from plotopt.networks.weights import read_weights
from plotopt.networks.zoo import crop_size_px, normalisation

# Graphics cards from this compute capability on have instructions for bfloat16.
_AMPERE = (8, 0)


class WrongViewError(PlotoptError):
    """A network takes no views of that size; the message names one that it takes."""


@dataclass(frozen=True)
class Network:
    """What ``layers`` see in views; ``module`` holds only what lies below them and never learns.

    It may be on another device than the views: then they are brought there, and what it sees back. A
    ``hasty`` one computes in bfloat16: gradients are about a tenth off.
    """

    model: str
    layers: tuple[Layer, ...]
    module: nn.Module
    mean: Float[Tensor, "3 1 1"]
    std: Float[Tensor, "3 1 1"]
    hasty: bool = False

    @property
    def channels(self) -> tuple[int, ...]:
        """How many channels each layer has."""
        return tuple(layer.channels for layer in self.layers)

    def hastened(self) -> Network:
        """The same network in bfloat16, twice as fast, where its device has instructions for that."""
        return replace(self, hasty=_computes_bfloat16(self.mean.device))

    def __call__(
        self, light: Float[Tensor, "views colours height width"]
    ) -> list[Float[Tensor, "views channels rows columns"]]:
        """Activations of each layer, in the order asked for.

        ``light`` is linear, in [0, 1], of one colour (grey) or three; it is encoded as sRGB and normalised
        as the network was trained. Tokens come as a single column, vectors as a single pixel.
        """
        device = self.mean.device
        encoded = linear_to_srgb(light.to(device)).expand(-1, 3, -1, -1)
        views = (encoded - self.mean.to(encoded)) / self.std.to(encoded)
        with torch.autocast(device.type, torch.bfloat16) if self.hasty else nullcontext():
            outputs = self.module(views)
        return [_as_map(outputs[layer.name].to(light), layer.channel_axis) for layer in self.layers]


def load_network(
    model: str,
    layers: Sequence[str],
    *,
    weights: Path | None = None,
    relu_slope: float = 0.0,
    size_px: int = 224,
    device: torch.device | str = "cpu",
) -> Network:
    """The part of a torchvision model below ``layers``, with trained weights, on a device.

    Every ReLU passes ``relu_slope`` of what is negative, 0 for the plain one, so that gradients live where
    it is closed; ReLU6 does so beyond 6 as well. ``weights`` is as in
    :func:`~plotopt.networks.weights.read_weights`.

    Raises PlotoptError for an unknown model or layer and weights that cannot be had, and WrongViewError for
    a model that cannot take square views of ``size_px``.
    """
    anatomy = dissect(model)
    chosen = tuple(anatomy.find(name) for name in layers)
    module = _cut(anatomy, chosen, relu_slope)
    _check_size(model, module, size_px)
    wanted = {name: value.shape for name, value in module.state_dict().items() if value.is_floating_point()}
    module.load_state_dict(read_weights(model, wanted, weights), strict=False, assign=True)
    # Convolutions on the CPU are a fifth faster with the channels innermost.
    frozen = module.requires_grad_(False).to(device).to(memory_format=torch.channels_last)
    mean, std = normalisation(model)
    return Network(model, chosen, frozen, mean.to(device), std.to(device))


def _computes_bfloat16(device: torch.device) -> bool:
    if device.type != "cpu":
        return device.type == "cuda" and torch.cuda.get_device_capability(device) >= _AMPERE
    # Elsewhere torch imitates it, slowly. Older versions of torch do not tell.
    able: dict[str, bool] = getattr(torch.cpu, "get_capabilities", dict)()
    return bool(able.get("avx512_bf16") or able.get("amx_bf16"))


def _cut(anatomy: Anatomy, layers: Sequence[Layer], relu_slope: float) -> fx.GraphModule:
    """What the layers are computed from and nothing else, in eval mode."""
    ends = {layer.name: anatomy.nodes[layer.node] for layer in layers}
    below = _ancestors(ends.values())
    graph = fx.Graph()
    copies: dict[fx.Node, fx.Node] = {}
    for node in anatomy.traced.graph.nodes:
        if node in below:
            copies[node] = graph.node_copy(node, copies.__getitem__)
            _rewrite_function(copies[node], relu_slope)
    graph.output({name: copies[node] for name, node in ends.items()})
    # Of its own, since it is to be filled and changed.
    module = copy.deepcopy(fx.GraphModule(anatomy.traced, graph))
    for name, part in list(module.named_modules()):
        if isinstance(part, (nn.ReLU, nn.ReLU6)) and relu_slope > 0:
            module.set_submodule(name, _leaky(part, relu_slope))
        elif hasattr(part, "inplace"):
            part.inplace = False
    return module.eval()


def _ancestors(ends: Iterable[fx.Node]) -> set[fx.Node]:
    """The nodes themselves and all that they are computed from."""
    found: set[fx.Node] = set()
    waiting = list(ends)
    while waiting:
        node = waiting.pop()
        if node not in found:
            found.add(node)
            waiting += node.all_input_nodes
    return found


def _rewrite_function(node: fx.Node, relu_slope: float) -> None:
    """Let nothing work in place, which would spoil a layer that is asked for, and let ReLUs leak."""
    if node.op != "call_function":
        return
    if node.target is operator.iadd:
        node.target = operator.add
    elif node.target is functional.relu:
        node.kwargs = {"inplace": False}
        if relu_slope > 0:
            node.target, node.args = functional.leaky_relu, (node.args[0], relu_slope)


def _leaky(part: nn.Module, slope: float) -> nn.Module:
    return nn.LeakyReLU(slope) if isinstance(part, nn.ReLU) else _LeakyReLU6(slope)


class _LeakyReLU6(nn.Module):
    """Slope 1 from 0 to 6 and a small one on either side."""

    def __init__(self, slope: float) -> None:
        super().__init__()
        self.slope = slope

    def forward(self, x: Tensor) -> Tensor:
        return torch.minimum(functional.leaky_relu(x, self.slope), 6 + self.slope * (x - 6))


def _check_size(model: str, module: nn.Module, size_px: int) -> None:
    if _takes(module, size_px):
        return
    usual_px = crop_size_px(model)
    if size_px < usual_px and _takes(module, 2 * usual_px):
        least_px = 1 + bisect_left(range(1, usual_px), True, key=lambda size: _takes(module, size))
        raise WrongViewError(
            f"{model} takes views of {least_px} px or more, not {size_px}: use --crop {usual_px}"
        )
    raise WrongViewError(f"{model} takes views of {usual_px} px only, not {size_px}: use --crop {usual_px}")


def _takes(module: nn.Module, size_px: int) -> bool:
    try:
        run_without_figures(module, size_px)
    # torch has no error of its own for a picture too small.
    except (AssertionError, RuntimeError, ValueError):
        return False
    return True


def _as_map(value: Tensor, channel_axis: int) -> Float[Tensor, "views channels rows columns"]:
    if value.ndim == 4:
        return value if channel_axis == 1 else value.movedim(channel_axis, 1)
    first = value.movedim(channel_axis, 1)
    return first.reshape(*first.shape, *[1] * (4 - first.ndim))
