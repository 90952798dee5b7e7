"""The layers of a network: their names, where they are in its graph, how many channels they have."""

from __future__ import annotations

import copy
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from difflib import get_close_matches
from functools import lru_cache

import torch
from torch import Tensor, fx, nn
from torchvision.models import VGG
from torchvision.models.feature_extraction import create_feature_extractor, get_graph_node_names
from torchvision.ops import Permute, StochasticDepth

from plotopt.errors import PlotoptError
from plotopt.networks.zoo import build_model, crop_size_px

# What these put out is their input, moved or untouched. Of functions those are listed that compute.
_SILENT = (nn.Dropout, nn.Identity, nn.Flatten, Permute, StochasticDepth)
_SPOKEN = {"add", "iadd", "mul", "matmul", "cat", "relu", "avg_pool2d", "max_pool2d", "adaptive_avg_pool2d"}
# A module as a whole is listed down to this depth of its name, such as layer3.1; deeper names work too.
_DEPTH = 2
_COLOURS = 3


@dataclass(frozen=True)
class Layer:
    """A name, the node of torchvision's feature extraction behind it, and what comes out of that node.

    ``channel_axis`` is where the channels are: 1 in a map or a vector, the last in tokens and in Swin's maps.
    """

    name: str
    node: str
    channels: int
    channel_axis: int


@dataclass(frozen=True)
class Anatomy:
    """A model without weights, traced: every node is an output of ``traced``, by torchvision's name for it.

    ``layers`` are those worth listing in forward order, ``others`` can be asked for as well.
    """

    model: str
    traced: fx.GraphModule
    nodes: Mapping[str, fx.Node]
    layers: tuple[Layer, ...]
    others: Mapping[str, Layer]

    def find(self, name: str) -> Layer:
        """The layer of that name.

        Raises PlotoptError with the nearest names if there is none.
        """
        known = {**self.others, **{layer.name: layer for layer in self.layers}}
        if name in known:
            return known[name]
        near = get_close_matches(name[:60], [layer.name for layer in self.layers], n=4)
        near = near or get_close_matches(name[:60], known, n=4)
        hint = f"the nearest are {', '.join(near)}; " if near else ""
        raise PlotoptError(
            f"{self.model} has no layer {name!r:.60}: {hint}plotopt neuron {self.model} lists them all"
        )


def list_layers(model: str) -> list[Layer]:
    """The layers of a model in forward order, without its weights.

    VGG's go by their usual names, such as ``conv3_3`` and ``relu3_3``, all others by torchvision's node
    names; for a module made of several, such as ``layer3``, its last node speaks.

    Raises PlotoptError for a model that torchvision does not have.
    """
    return list(dissect(model).layers)


# Large ones take seconds, and a neuron is looked up in one before its weights are read.
@lru_cache(maxsize=1)
def dissect(model: str) -> Anatomy:
    """Trace a model and measure every node by a run without figures.

    Raises PlotoptError for a model that torchvision does not have.
    """
    module = build_model(model)
    names = get_graph_node_names(module, suppress_diff_warning=True)[1]
    extractor = create_feature_extractor(module, names, suppress_diff_warning=True).eval()
    traced = fx.GraphModule(extractor, extractor.eval_graph).eval()
    nodes: dict[str, fx.Node] = traced.graph.output_node().args[0]  # type: ignore[assignment]
    measured = list(_measure(traced, nodes, crop_size_px(model)))
    listed = (
        _vgg_layers(module, measured) if isinstance(module, VGG) else _plain_layers(traced, nodes, measured)
    )
    others = {layer.name: layer for layer in (*_containers(measured), *measured)}
    return Anatomy(model, traced, nodes, tuple(listed), others)


def run_without_figures(module: nn.Module, size_px: int) -> Mapping[str, object]:
    """What a module puts out for two square views, on the ``meta`` device: shapes alone.

    Raises what torch raises for views of a size that the module cannot take.
    """
    hollow = copy.deepcopy(module).to("meta")
    # Called as a function, a traced module prints its source when a size does not fit.
    return hollow.forward(torch.empty(2, 3, size_px, size_px, device="meta"))


def _measure(traced: fx.GraphModule, nodes: Mapping[str, fx.Node], size_px: int) -> Iterator[Layer]:
    """Every node that puts out channels, but the picture itself."""
    outputs = run_without_figures(traced, size_px)
    for name, node in nodes.items():
        value = outputs[name]
        if node.op == "placeholder" or not isinstance(value, Tensor) or not value.is_floating_point():
            continue
        axis = _channel_axis(value)
        if axis is not None:
            yield Layer(name, name, value.shape[axis], axis)


def _channel_axis(value: Tensor) -> int | None:
    """Where the channels are in what two square views give, or None where views or rows are mixed up."""
    if value.ndim < 2 or value.shape[0] != 2:
        return None
    if value.ndim != 4:
        return {2: 1, 3: 2}.get(value.ndim)
    _, a, b, c = value.shape
    return 1 if b == c else 3 if a == b else None


def _plain_layers(
    traced: fx.GraphModule, nodes: Mapping[str, fx.Node], measured: list[Layer]
) -> Iterator[Layer]:
    """The nodes that compute something, and each larger module after its last node, inner ones first."""
    whole: dict[str, list[Layer]] = {}
    for container in _containers(measured):
        if container.name.count(".") < _DEPTH:
            whole.setdefault(container.node, []).insert(0, container)
    for layer in measured:
        if layer.channels > _COLOURS and _computes(traced, nodes[layer.node]):
            yield layer
        yield from whole.get(layer.node, [])


def _computes(traced: fx.GraphModule, node: fx.Node) -> bool:
    if node.op == "call_module":
        return not isinstance(traced.get_submodule(str(node.target)), _SILENT)
    return node.op == "call_function" and getattr(node.target, "__name__", "") in _SPOKEN


def _containers(measured: list[Layer]) -> list[Layer]:
    """The modules made of several nodes, each with its last one, outer ones first."""
    last: dict[str, Layer] = {}
    size: Counter[str] = Counter()
    for layer in measured:
        parts = layer.name.split(".")
        for depth in range(1, len(parts)):
            name = ".".join(parts[:depth])
            last[name] = layer
            size[name] += 1
    return [
        Layer(name, layer.node, layer.channels, layer.channel_axis)
        for name, layer in last.items()
        if size[name] > 1
    ]


def _vgg_layers(module: VGG, measured: list[Layer]) -> Iterator[Layer]:
    by_node = {layer.node: layer for layer in measured}
    for name, node in _vgg_names(module):
        yield Layer(name, node, by_node[node].channels, by_node[node].channel_axis)


def _vgg_names(module: VGG) -> Iterator[tuple[str, str]]:
    """The usual names and torchvision's nodes: pools end a block, convolutions are counted within it."""
    block, i = 1, 0
    for place, part in module.features.named_children():
        node = f"features.{place}"
        if isinstance(part, nn.MaxPool2d):
            yield f"pool{block}", node
            block, i = block + 1, 0
        elif isinstance(part, nn.Conv2d):
            i += 1
            yield f"conv{block}_{i}", node
        else:
            yield f"{'bn' if isinstance(part, nn.BatchNorm2d) else 'relu'}{block}_{i}", node
    yield "avgpool", "avgpool"
    yield from zip(
        ("fc6", "relu6", "fc7", "relu7", "fc8"), (f"classifier.{i}" for i in (0, 1, 3, 4, 6)), strict=True
    )
