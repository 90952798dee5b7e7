"""Everything a drawing can be told, read from text where it comes as text, and checked."""

from plotopt.settings.fit import FitSettings, read_settings
from plotopt.settings.neuron import NeuronSettings, read_neuron_settings
from plotopt.settings.neurons import NeuronsSettings, read_neurons_settings

__all__ = [
    "FitSettings",
    "NeuronSettings",
    "NeuronsSettings",
    "read_neuron_settings",
    "read_neurons_settings",
    "read_settings",
]
