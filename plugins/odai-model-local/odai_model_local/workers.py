"""The threads that run the models, shared by every call: as many as there are cores, and a short queue."""

from __future__ import annotations

import asyncio
import os
import threading
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from typing import Any, ParamSpec, TypeVar

from odai_core import OdaiError

P = ParamSpec("P")
T = TypeVar("T")

WAITING_PER_THREAD = 16
"""Jobs of 30 to 100 ms: a longer queue would answer later than a caller waits."""


class Busy(OdaiError):
    """The queue of speech work is full: this machine has more talkers than it can serve."""


class Workers:
    """A bounded pool. Any event loop may use it."""

    def __init__(self, threads: int | None = None, waiting: int | None = None) -> None:
        self.threads = threads or os.cpu_count() or 1
        self._limit = self.threads + (self.threads * WAITING_PER_THREAD if waiting is None else waiting)
        self._pool = ThreadPoolExecutor(self.threads, thread_name_prefix="odai-speech")
        self._lock = threading.Lock()
        self._jobs = 0

    async def run(self, function: Callable[P, T], /, *args: P.args, **kwargs: P.kwargs) -> T:
        """Run a blocking function on a thread. Raises Busy at once when too many wait.

        Cancelling drops the job unless it has started; then it runs to its end and its result is lost.
        """
        with self._lock:
            if self._jobs >= self._limit:
                raise Busy("Too much speech is waiting to be processed on this machine.")
            self._jobs += 1
        try:
            future = self._pool.submit(function, *args, **kwargs)
        except BaseException:
            self._done(None)
            raise
        future.add_done_callback(self._done)
        return await asyncio.wrap_future(future)

    def close(self) -> None:
        """Drop what waits, finish what runs."""
        self._pool.shutdown(wait=True, cancel_futures=True)

    def _done(self, _: Future[Any] | None) -> None:
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
