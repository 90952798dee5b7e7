"""Work dealt out to threads: compiled kernels let go of Python's lock, so plain threads run side by side."""

from __future__ import annotations

import os
from collections.abc import Callable
from functools import cache
from queue import SimpleQueue
from threading import Lock, Thread

import torch

# Waking a thread takes some 10 us: with less than this for each, fewer do it as fast.
_WORTH_A_THREAD_US = 60
# Hands for each thread, so that threads which are slower, or kept waiting by other programs, take fewer.
_HANDS = 4


def deal(work: Callable[[int, int], None], lasting_us: float) -> None:
    """Call ``work(hand, hands)`` for every hand from 0, on several threads, and wait for all.

    ``lasting_us`` is about how many microseconds one thread would take. There are no more threads than torch
    uses; each takes the next hand when it has done one, so what a hand does must not depend on who does it.
    What a hand raises is raised when all are done.
    """
    threads = min(torch.get_num_threads(), max(1, int(lasting_us / _WORTH_A_THREAD_US)))
    if threads == 1:
        work(0, 1)
        return
    hands = _HANDS * threads
    left = iter(range(hands))
    done: SimpleQueue[BaseException | None] = SimpleQueue()

    def take() -> None:
        for hand in left:
            done.put(_failure(work, hand, hands))

    _helpers().call(take, threads - 1)
    take()
    # Hands are waited for, not threads: one that has not even begun finds nothing left.
    for failure in [done.get() for _ in range(hands)]:
        if failure is not None:
            raise failure


def _failure(work: Callable[[int, int], None], hand: int, hands: int) -> BaseException | None:
    try:
        work(hand, hands)
    except BaseException as error:
        return error
    return None


def fits_kernels(values: torch.Tensor) -> bool:
    """Whether compiled kernels can work on a tensor: it is in single precision, on the CPU."""
    return values.device.type == "cpu" and values.dtype == torch.float32


class _Helpers:
    """Threads that wait for jobs, as many as one caller ever wanted at once.

    A job costs a tenth of what one of Python's thread pools takes, whose jobs can be cancelled and asked for
    results.
    """

    def __init__(self) -> None:
        self._jobs: SimpleQueue[Callable[[], None]] = SimpleQueue()
        self._lock = Lock()
        self._threads = 0

    def call(self, job: Callable[[], None], count: int) -> None:
        """Have a job done by so many threads, beside the caller."""
        with self._lock:
            while self._threads < count:
                Thread(target=self._serve, name=f"plotopt-hand-{self._threads}", daemon=True).start()
                self._threads += 1
        for _ in range(count):
            self._jobs.put(job)

    def _serve(self) -> None:
        while True:
            self._jobs.get()()


@cache
def _helpers() -> _Helpers:
    return _Helpers()


# A forked process has none of its parent's threads.
if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_helpers.cache_clear)
