"""Work dealt out to threads: compiled kernels let go of Python's lock, so plain threads run side by side."""

from __future__ import annotations

import os
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from functools import cache

import torch

# Waking a thread takes some 0.05 ms: less work than this, in strokes or the like, one thread does as fast.
_WORTH_A_THREAD = 64
# Hands for each thread, so that threads which are slower, or kept waiting by other programs, take fewer.
_HANDS = 4


def deal(work: Callable[[int, int], None], size: int) -> None:
    """Call ``work(hand, hands)`` for every hand from 0, on several threads, and wait for all.

    ``size`` is how much there is to do. There are no more threads than torch uses; each takes the next hand
    when it has done one, so what a hand does must not depend on who does it.
    """
    threads = min(torch.get_num_threads(), max(1, size // _WORTH_A_THREAD))
    if threads == 1:
        work(0, 1)
        return
    hands = _HANDS * threads
    left = iter(range(hands))

    def take() -> None:
        for hand in left:
            work(hand, hands)

    others = [_pool().submit(take) for _ in range(threads - 1)]
    take()
    for other in others:
        # A thread that has not even begun is not waited for.
        if not other.cancel():
            other.result()


@cache
def _pool() -> ThreadPoolExecutor:
    # It begins no more threads than ever worked side by side.
    return ThreadPoolExecutor(os.cpu_count(), thread_name_prefix="plotopt-render")


# A forked process has none of its parent's threads.
if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_pool.cache_clear)
