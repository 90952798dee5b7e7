"""A crew: processes side by side that take turns at the tiles of a page."""

from __future__ import annotations

import os
import pickle
import subprocess
import sys
from collections import deque
from collections.abc import Iterable, Iterator
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass
from itertools import cycle
from typing import IO, Any, cast

import torch

from plotopt.errors import PlotoptError
from plotopt.objectives.base import Gradients
from plotopt.objectives.problem import Look, Problem, gradients_of
from plotopt.processes import start_python

_GONE = (
    "a worker process has ended before its work was done, most likely for want of memory: "
    "take fewer --workers, or a smaller --tile"
)
# How it shows that the one at the other end has gone.
_CUT_OFF = (EOFError, OSError, pickle.UnpicklingError)
_PROGRAM = "from plotopt.objectives.crew import serve; serve({threads})"


@dataclass(frozen=True)
class Worker:
    """A process that answers looks, and the two ends of what is said."""

    process: subprocess.Popen[bytes]
    ask: IO[bytes]
    answer: IO[bytes]


@dataclass(frozen=True)
class Crew:
    """Worker processes, each with the whole problem. Tiles are dealt out to them in turn."""

    workers: tuple[Worker, ...]

    def set_to(self, problem: Problem) -> None:
        """Give every worker the problem that the coming looks are at."""
        for worker in self.workers:
            _ask(worker, problem)

    def gradients(self, looks: Iterable[Look]) -> Iterator[Gradients]:
        """The gradients of each look, in their order, whoever worked them out.

        Raises PlotoptError where a worker has gone, and whatever a worker raised.
        """
        at_work: deque[Worker] = deque()
        try:
            for look, worker in zip(looks, cycle(self.workers), strict=False):
                # One look a worker: were both to send more than a pipe holds, both would wait without end.
                if len(at_work) == len(self.workers):
                    yield _answer_of(at_work.popleft())
                _ask(worker, look)
                at_work.append(worker)
            while at_work:
                yield _answer_of(at_work.popleft())
        finally:
            # Answers that nobody wants any more must not be taken for those of the next looks.
            for worker in at_work:
                with suppress(*_CUT_OFF):
                    pickle.load(worker.answer)


@contextmanager
def crew_of(workers: int) -> Iterator[Crew | None]:
    """A crew while the block runs; none for one worker, since that is the process itself.

    Raises PlotoptError where so many processes cannot be started.
    """
    if workers == 1:
        yield None
        return
    threads = max(1, torch.get_num_threads() // workers)
    with ExitStack() as stack:
        yield Crew(tuple(_hired(stack, threads, number, workers) for number in range(1, workers + 1)))


def _hired(stack: ExitStack, threads: int, number: int, workers: int) -> Worker:
    try:
        return stack.enter_context(_worker(threads))
    except OSError as error:
        raise PlotoptError(
            f"worker process {number} of {workers} cannot be started ({error.strerror or error}): "
            "take fewer --workers"
        ) from error


@contextmanager
def _worker(threads: int) -> Iterator[Worker]:
    program = _PROGRAM.format(threads=threads)
    process = start_python(program, stdin=subprocess.PIPE, stdout=subprocess.PIPE)
    worker = Worker(process, cast(IO[bytes], process.stdin), cast(IO[bytes], process.stdout))
    try:
        yield worker
    finally:
        # Stopped before the ends are closed: what has not been sent would be, to one that may be busy.
        process.terminate()
        process.wait()
        for end in (worker.answer, worker.ask):
            with suppress(OSError):
                end.close()


def serve(threads: int) -> None:
    """A worker's life: answer looks on standard input until that is closed."""
    torch.set_num_threads(threads)
    answers = os.fdopen(os.dup(1), "wb")
    # Whatever a library prints must not get among the answers.
    os.dup2(2, 1)
    problem: Problem | None = None
    with suppress(*_CUT_OFF):
        while True:
            message = pickle.load(sys.stdin.buffer)
            if isinstance(message, Look) and problem:
                _say(answers, _attempt(problem, message))
            else:
                problem = message


def _attempt(problem: Problem, look: Look) -> Gradients | Exception:
    try:
        return gradients_of(problem, look)
    except Exception as error:
        return error


def _answer_of(worker: Worker) -> Gradients:
    try:
        answer = pickle.load(worker.answer)
    except _CUT_OFF as error:
        raise PlotoptError(_GONE) from error
    if isinstance(answer, Exception):
        raise answer
    return answer


def _ask(worker: Worker, message: Any) -> None:
    try:
        _say(worker.ask, message)
    except OSError as error:
        raise PlotoptError(_GONE) from error


def _say(end: IO[bytes], message: Any) -> None:
    _Pickler(end, protocol=5).dump(message)
    end.flush()


class _Pickler(pickle.Pickler):
    """Tensors as arrays: torch's own way takes some 0.1 ms each."""

    def reducer_override(self, value: Any) -> Any:
        if isinstance(value, torch.Tensor):
            return torch.from_numpy, (value.detach().numpy(),)
        return NotImplemented
