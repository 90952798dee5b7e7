"""Run files on disk: safetensors, with the figures as JSON in its header. Nothing in them is ever run."""

from __future__ import annotations

import json
import struct
from pathlib import Path
from typing import Any

import safetensors
import safetensors.torch

from plotopt.errors import PlotoptError
from plotopt.files import opened, quoted, read_at_most, write_atomically
from plotopt.runs import SUFFIX
from plotopt.runs.packing import Tensors, packed, unpacked
from plotopt.runs.record import Record

# A header tells where tensors lie and holds the figures; a file holds a picture's file and some frames.
_MOST_HEADER, _MOST_BYTES = 16 * 2**20, 2**30
_KEY = "plotopt"


def write_run(path: Path, record: Record) -> None:
    """Write a record so that there is always a whole file: the one before, or this one.

    Raises PlotoptError when the system refuses.
    """
    tensors, figures = packed(record)
    told = {_KEY: json.dumps(figures, allow_nan=False)}
    write_atomically(path, safetensors.torch.save(tensors, told), overwrite=True)


def read_run(path: str | Path) -> Record:
    """The record in a run file.

    Raises PlotoptError for a file that is not there, is no run file, is damaged, larger than 1 GB, or from a
    newer version. Figures in its header make nothing be allocated.
    """
    path = Path(path)
    name = quoted(path)
    data = _bytes(path, name)
    header = _header(data, name)
    try:
        figures = json.loads(header["__metadata__"][_KEY])
    except (KeyError, TypeError, ValueError, RecursionError):
        raise _foreign(name) from None
    if not isinstance(figures, dict):
        raise _foreign(name)
    try:
        return unpacked(_tensors(data), figures)
    except PlotoptError as error:
        raise PlotoptError(f"{name} cannot be used: {error}") from None


def _foreign(name: str) -> PlotoptError:
    return PlotoptError(f"{name} is no run file: give one that plotopt wrote, ending in {SUFFIX}")


def _bytes(path: Path, name: str) -> bytes:
    with opened(path, f"a run file, ending in {SUFFIX}") as file:
        data = read_at_most(file, _MOST_BYTES)
    if data is None:
        raise PlotoptError(f"{name} is larger than any run file, 1 GB: check the name")
    return data


def _header(data: bytes, name: str) -> dict[str, Any]:
    """The header as JSON; looked at before any tensor is."""
    if len(data) < 8:
        raise _foreign(name)
    (length,) = struct.unpack("<Q", data[:8])
    if length > _MOST_HEADER or data[8:9] != b"{":
        raise _foreign(name)
    if length > len(data) - 8:
        raise PlotoptError(f"{name} is cut short: take an older copy, or begin the run anew")
    try:
        header = json.loads(data[8 : 8 + length])
    except (ValueError, RecursionError):
        raise PlotoptError(f"{name} is damaged: take an older copy, or begin the run anew") from None
    return header if isinstance(header, dict) else {}


def _tensors(data: bytes) -> Tensors:
    try:
        return safetensors.torch.load(data)
    except (safetensors.SafetensorError, KeyError, TypeError, ValueError, RuntimeError) as error:
        reason = " ".join(str(error).split())
        raise PlotoptError(f"it is damaged or cut short ({reason:.80})") from None
