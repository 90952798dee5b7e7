"""Everything a drawing can be told, read from text where it comes as text, and checked."""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from plotopt.settings.fit import FitSettings, read_settings
    from plotopt.settings.neuron import NeuronSettings, read_neuron_settings
    from plotopt.settings.neurons import NeuronsSettings, read_neurons_settings
    from plotopt.settings.plan import PlanSettings, read_plan_settings

__all__ = [
    "FitSettings",
    "NeuronSettings",
    "NeuronsSettings",
    "PlanSettings",
    "read_neuron_settings",
    "read_neurons_settings",
    "read_plan_settings",
    "read_settings",
]

_HOMES = {
    "FitSettings": "fit",
    "NeuronSettings": "neuron",
    "NeuronsSettings": "neurons",
    "PlanSettings": "plan",
    "read_neuron_settings": "neuron",
    "read_neurons_settings": "neurons",
    "read_plan_settings": "plan",
    "read_settings": "fit",
}


def __getattr__(name: str) -> Any:
    # Those of networks import torch, 0.6 GB of memory, which planning a drawing does without.
    if name not in _HOMES:
        raise AttributeError(f"module 'plotopt.settings' has no attribute {name!r}")
    return getattr(import_module(f"plotopt.settings.{_HOMES[name]}"), name)
