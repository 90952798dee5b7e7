"""Peak memory of a piece of work."""

from __future__ import annotations

import ctypes
from collections.abc import Callable
from pathlib import Path

import torch

_STATUS, _RESET = Path("/proc/self/status"), Path("/proc/self/clear_refs")


def peak_mb(work: Callable[[], object], device: str = "cpu") -> float:
    """MB beyond what there was before, at the peak; not a number where the system does not tell."""
    if device == "cuda":
        torch.cuda.reset_peak_memory_stats()
        before = torch.cuda.memory_allocated()
        work()
        return (torch.cuda.max_memory_allocated() - before) / 1e6
    if not _STATUS.exists():
        work()
        return float("nan")
    # What has been freed but kept would hide the peak; 5 sets it back to what is there now.
    ctypes.CDLL(None).malloc_trim(0)
    _RESET.write_text("5")
    before = _kilobytes("VmRSS")
    work()
    return max(0, _kilobytes("VmHWM") - before) / 1000


def _kilobytes(name: str) -> int:
    lines = _STATUS.read_text().splitlines()
    return next(int(line.split()[1]) for line in lines if line.startswith(f"{name}:"))
