"""Where a drawing is computed: the processor, or a graphics card."""

from __future__ import annotations

from dataclasses import dataclass
from importlib.util import find_spec

import torch

from plotopt.errors import PlotoptError
from plotopt.settings.base import Device


@dataclass(frozen=True)
class Devices:
    """Where strokes are drawn and judged, and where networks look at them."""

    drawing: torch.device
    networks: torch.device

    def notes(self, *, network: bool) -> tuple[str, ...]:
        """What the user should know of a drawing that a ``network`` has seen, or none."""
        if self.drawing == self.networks:
            return ()
        used = f"only the network ran on {self.networks}" if network else f"{self.networks} had nothing to do"
        return (f"there is no renderer for {self.networks}: strokes were drawn on the CPU, {used}",)


def find_devices(wanted: Device) -> Devices:
    """The devices of this machine that a drawing is computed on.

    Raises PlotoptError where what was asked for is not there. ``auto`` takes what can be had.
    """
    if wanted is Device.AUTO:
        wanted = Device.CPU if _missing(Device.CUDA) else Device.CUDA
    missing = _missing(wanted)
    if missing:
        there = [each.value for each in (Device.CPU, Device.CUDA, Device.MPS) if not _missing(each)]
        raise PlotoptError(f"device is {wanted.value}, but {missing}: use {' or '.join(there)}")
    networks = torch.device(wanted.value)
    return Devices(torch.device("cpu") if wanted is Device.MPS else networks, networks)


def _missing(device: Device) -> str:
    """What a device lacks here; nothing for one that can be used."""
    if device is Device.CUDA and not torch.cuda.is_available():
        return "torch finds no CUDA graphics card here"
    if device is Device.CUDA and find_spec("triton") is None:
        return "drawing there needs triton, to be had by `pip install triton`"
    if device is Device.MPS and not torch.backends.mps.is_available():
        return "torch finds no Apple graphics processor here"
    return ""
