"""Scrap paper: memory that is written over again and again.

Fresh memory is given out by the system in pages, each at its first touch, which takes about as long as
drawing on it does.
"""

from __future__ import annotations

import math
import threading
import weakref

import numpy as np
import torch
from numpy import ndarray
from torch import Tensor

# Sheets that a thread keeps for later.
_KEPT = 6
# Sheets are cut to whole parts of so many numbers, lest a few more vertices ask for another.
_GRAIN = 2**16
# Numbers in a line of the cache: a vector that begins with one lies in it.
_LINE = 16


class _Drawer(threading.local):
    """One thread's free sheets, so that no other takes them at the same time."""

    def __init__(self) -> None:
        self.sheets: list[ndarray] = []


_drawer = _Drawer()


def sheet(*shape: int) -> Tensor:
    """A float32 tensor with anything in it; when the last that looks at it is gone, it serves again."""
    size = math.prod(shape)
    whole = _fitting(_drawer.sheets, -(-(size + _LINE) // _GRAIN) * _GRAIN)
    skipped = -(whole.ctypes.data // 4) % _LINE
    part = whole[skipped : skipped + size]
    # Tensors hold on to this very array, while a view of it in numpy would not.
    weakref.finalize(part, _drawer.sheets.append, whole).atexit = False
    return torch.from_numpy(part).view(shape)


def _fitting(sheets: list[ndarray], size: int) -> ndarray:
    """A free sheet of at least so many numbers and at most twice as many, or a new one."""
    del sheets[:-_KEPT]
    # The last first: it may still be in the cache. Others may put down sheets meanwhile, but at the end.
    for place in reversed(range(len(sheets))):
        if size <= sheets[place].size <= 2 * size:
            return sheets.pop(place)
    return np.empty(size, np.float32)
