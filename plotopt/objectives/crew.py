"""A crew: processes side by side that take turns at the tiles of a page."""

from __future__ import annotations

import io
import multiprocessing
import os
import pickle
import signal
from collections import deque
from collections.abc import Iterable, Iterator
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass
from itertools import cycle
from multiprocessing.connection import Connection
from typing import Any

import torch

from plotopt.errors import PlotoptError
from plotopt.objectives.base import Gradients
from plotopt.objectives.problem import Look, Problem, gradients_of

_GONE = (
    "a worker process has ended before its work was done, most likely for want of memory: "
    "take fewer --workers, or a smaller --tile"
)


@dataclass(frozen=True)
class Crew:
    """Worker processes, each with the whole problem. Tiles are dealt out to them in turn."""

    pipes: tuple[Connection, ...]

    def set_to(self, problem: Problem) -> None:
        """Give every worker the problem that the coming looks are at."""
        for pipe in self.pipes:
            _send(pipe, problem)

    def gradients(self, looks: Iterable[Look]) -> Iterator[Gradients]:
        """The gradients of each look, in their order, whoever worked them out.

        Raises PlotoptError where a worker has gone, and whatever a worker raised.
        """
        at_work: deque[Connection] = deque()
        for look, pipe in zip(looks, cycle(self.pipes), strict=False):
            # One look a worker: were both ends to send more than a pipe holds, both would wait without end.
            if len(at_work) == len(self.pipes):
                yield _answer_of(at_work.popleft())
            _send(pipe, look)
            at_work.append(pipe)
        while at_work:
            yield _answer_of(at_work.popleft())


@contextmanager
def crew_of(workers: int) -> Iterator[Crew | None]:
    """A crew while the block runs; none for one worker, since that is the process itself."""
    if workers == 1:
        yield None
        return
    threads = max(1, (os.cpu_count() or 1) // workers)
    with ExitStack() as stack:
        yield Crew(tuple(stack.enter_context(_worker(threads)) for _ in range(workers)))


@contextmanager
def _worker(threads: int) -> Iterator[Connection]:
    # Not forked: threads of this process may hold locks that a copy would wait for without end.
    context = multiprocessing.get_context("spawn")
    ours, theirs = context.Pipe()
    process = context.Process(target=_work, args=(theirs, threads), daemon=True)
    process.start()
    theirs.close()
    try:
        yield ours
    finally:
        # It ends when it finds nobody at the other end.
        ours.close()
        process.join()


def _work(pipe: Connection, threads: int) -> None:
    # An interruption from the keyboard reaches all; the one who asked for the work deals with it.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    torch.set_num_threads(threads)
    problem: Problem | None = None
    with suppress(EOFError, OSError):
        while True:
            message = pickle.loads(pipe.recv_bytes())
            if isinstance(message, Look) and problem:
                pipe.send_bytes(_pickled(_attempt(problem, message)))
            else:
                problem = message


def _attempt(problem: Problem, look: Look) -> Gradients | Exception:
    try:
        return gradients_of(problem, look)
    except Exception as error:
        return error


def _answer_of(pipe: Connection) -> Gradients:
    try:
        answer = pickle.loads(pipe.recv_bytes())
    except (EOFError, OSError) as error:
        raise PlotoptError(_GONE) from error
    if isinstance(answer, Exception):
        raise answer
    return answer


def _send(pipe: Connection, message: Any) -> None:
    try:
        pipe.send_bytes(_pickled(message))
    except OSError as error:
        raise PlotoptError(_GONE) from error


def _pickled(message: Any) -> bytes:
    buffer = io.BytesIO()
    _Pickler(buffer, protocol=5).dump(message)
    return buffer.getvalue()


class _Pickler(pickle.Pickler):
    """Tensors as arrays: torch's own way takes some 0.1 ms each."""

    def reducer_override(self, value: Any) -> Any:
        if isinstance(value, torch.Tensor):
            return torch.from_numpy, (value.detach().numpy(),)
        return NotImplemented
