"""Work dealt out to threads: compiled kernels let go of Python's lock, so plain threads run side by side."""

from __future__ import annotations

import os
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from functools import cache

import torch

# Waking a thread takes some 0.05 ms: less work than this, in strokes or the like, one thread does as fast.
_WORTH_A_THREAD = 64


def deal(work: Callable[[int, int], None], size: int) -> None:
    """Call ``work(hand, hands)`` for every hand from 0, each on a thread of its own, and wait for all.

    ``size`` is how much there is to do. There are no more hands than torch uses threads.
    """
    hands = min(torch.get_num_threads(), max(1, size // _WORTH_A_THREAD))
    if hands == 1:
        work(0, 1)
        return
    others = [_pool(hands - 1).submit(work, hand, hands) for hand in range(1, hands)]
    work(0, hands)
    for other in others:
        other.result()


@cache
def _pool(threads: int) -> ThreadPoolExecutor:
    return ThreadPoolExecutor(threads, thread_name_prefix="plotopt-render")


# A forked process has none of its parent's threads.
if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_pool.cache_clear)
