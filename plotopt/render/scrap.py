"""Scrap paper: memory that is written over again and again.

Fresh memory is given out by the system in pages, each at its first touch, which takes about as long as
drawing on it does.
"""

from __future__ import annotations

import math
import threading
import weakref
from typing import NamedTuple

import numpy as np
import torch
from numpy import ndarray
from torch import Tensor

# Sheets that a thread knows of, free and lent ones.
_KEPT = 10
# Sheets are cut to whole parts of so many numbers, lest a few more vertices ask for another.
_GRAIN = 2**16
# Numbers in a line of the cache: a vector that begins with one lies in it.
_LINE = 16


class _Sheet(NamedTuple):
    """Memory, and what was lent of it last: free as soon as that is gone."""

    whole: ndarray
    lent: weakref.ref[ndarray]


class _Drawer(threading.local):
    """One thread's sheets, so that no other takes them at the same time."""

    def __init__(self) -> None:
        self.sheets: list[_Sheet] = []


_drawer = _Drawer()


def sheet(*shape: int) -> Tensor:
    """A float32 tensor with anything in it; when the last that looks at it is gone, it serves again."""
    size = math.prod(shape)
    whole = _fitting(_drawer.sheets, -(-(size + _LINE) // _GRAIN) * _GRAIN)
    skipped = -(whole.ctypes.data // 4) % _LINE
    part = whole[skipped : skipped + size]
    # Tensors hold on to this very array, while a view of it in numpy would not. That it is gone is looked up
    # and not called back: Python drops an interrupt by the user that comes in a callback.
    _drawer.sheets.append(_Sheet(whole, weakref.ref(part)))
    return torch.from_numpy(part).view(shape)


def _fitting(sheets: list[_Sheet], size: int) -> ndarray:
    """A free sheet of at least so many numbers and at most twice as many, or a new one."""
    del sheets[:-_KEPT]
    # The last first: it may still be in the cache.
    for place in reversed(range(len(sheets))):
        whole, lent = sheets[place]
        if lent() is None and size <= whole.size <= 2 * size:
            del sheets[place]
            return whole
    return np.empty(size, np.float32)
