"""Vision networks, cut at a layer: ``vgg16:conv3_3:37`` and the activations that it names."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from plotopt.networks.neuron import Neuron, check_channels, parse_neuron, parse_neurons

if TYPE_CHECKING:
    from plotopt.networks.layers import Layer, list_layers
    from plotopt.networks.network import Network, load_network
    from plotopt.networks.weights import fetch_weights
    from plotopt.networks.zoo import list_models

__all__ = [
    "Layer",
    "Network",
    "Neuron",
    "check_channels",
    "fetch_weights",
    "list_layers",
    "list_models",
    "load_network",
    "parse_neuron",
    "parse_neurons",
]

_HOMES = {
    "Layer": "plotopt.networks.layers",
    "Network": "plotopt.networks.network",
    "fetch_weights": "plotopt.networks.weights",
    "list_layers": "plotopt.networks.layers",
    "list_models": "plotopt.networks.zoo",
    "load_network": "plotopt.networks.network",
}


def __getattr__(name: str) -> Any:
    # A misspelt neuron is refused before torch and torchvision have taken their seconds to load.
    if name not in _HOMES:
        raise AttributeError(f"module 'plotopt.networks' has no attribute {name!r}")
    from importlib import import_module

    return getattr(import_module(_HOMES[name]), name)
