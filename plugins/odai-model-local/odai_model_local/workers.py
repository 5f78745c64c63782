"""The threads that run the models, shared by every call: as many as there are cores, and a short queue."""

from __future__ import annotations

import asyncio
import heapq
import itertools
import os
import threading
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, field
from functools import partial
from typing import Any, TypeVar

from odai_core import OdaiError

A = TypeVar("A")
T = TypeVar("T")

WAITING_PER_THREAD = 16
"""Jobs of 30 to 100 ms: a longer queue would answer later than a caller waits."""


class Busy(OdaiError):
    """The queue of speech work is full: this machine has more talkers than it can serve."""


@dataclass(frozen=True, order=True)
class _Job:
    rank: tuple[bool, int]
    future: Future[Any] = field(compare=False)
    work: Callable[[], Any] = field(compare=False)


class Workers:
    """A bounded pool. Any event loop may use it."""

    def __init__(self, threads: int | None = None, waiting: int | None = None) -> None:
        self.threads = threads or os.cpu_count() or 1
        self._limit = self.threads + (self.threads * WAITING_PER_THREAD if waiting is None else waiting)
        self._pool = ThreadPoolExecutor(self.threads, thread_name_prefix="odai-speech")
        self._lock = threading.Lock()
        self._jobs = 0
        self._count = itertools.count()
        self._waiting: list[_Job] = []

    async def run(self, function: Callable[[A], T], argument: A, *, urgent: bool = False) -> T:
        """Run a blocking function on a thread. Raises Busy at once when too many wait.

        An `urgent` job goes before all that are not. Cancelling drops a job unless it has started; then it runs to
        its end and its result is lost.
        """
        future: Future[T] = Future()
        with self._lock:
            if self._jobs >= self._limit:
                raise Busy("Too much speech is waiting to be processed on this machine.")
            # One turn of the pool for each job; a turn takes whichever job is first by then.
            self._pool.submit(self._turn)
            self._jobs += 1
            job = _Job((not urgent, next(self._count)), future, partial(function, argument))
            heapq.heappush(self._waiting, job)
        future.add_done_callback(self._done)
        return await asyncio.wrap_future(future)

    def close(self) -> None:
        """Drop what waits, finish what runs."""
        self._pool.shutdown(wait=True, cancel_futures=True)
        with self._lock:
            dropped, self._waiting = self._waiting, []
        for job in dropped:
            job.future.cancel()

    def _turn(self) -> None:
        with self._lock:
            job = heapq.heappop(self._waiting)
        if not job.future.set_running_or_notify_cancel():
            return
        try:
            result = job.work()
        except BaseException as error:
            job.future.set_exception(error)
        else:
            job.future.set_result(result)

    def _done(self, _: Future[Any]) -> None:
        with self._lock:
            self._jobs -= 1


_shared: Workers | None = None
_lock = threading.Lock()


def shared() -> Workers:
    """The pool of this process, made when first asked for."""
    global _shared
    with _lock:
        if _shared is None:
            _shared = Workers()
        return _shared


def close() -> None:
    """Close the pool of this process; the next `shared()` makes another."""
    global _shared
    with _lock:
        workers, _shared = _shared, None
    if workers is not None:
        workers.close()
