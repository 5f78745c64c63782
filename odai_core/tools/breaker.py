"""When to stop asking a service that does not answer: one circuit per host."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass

FAILURES = 5
"""Consecutive failures that open the circuit."""
OPEN_SECONDS = 30.0
MAX_HOSTS = 256


@dataclass
class _Trouble:
    failures: int = 0
    open_until: float | None = None
    probing: bool = False


class Breaker:
    """Closed for a host until five requests in a row fail; then open for 30 s; then one probe decides."""

    def __init__(self, clock: Callable[[], float]) -> None:
        self._clock = clock
        self._troubled: OrderedDict[str, _Trouble] = OrderedDict()

    def wait(self, host: str) -> float | None:
        """None: go ahead (and report how it went). Else the seconds until it is worth asking again."""
        trouble = self._troubled.get(host)
        if trouble is None or trouble.open_until is None:
            return None
        left = trouble.open_until - self._clock()
        if left > 0 or trouble.probing:
            return max(left, 1.0)
        trouble.probing = True
        return None

    def succeeded(self, host: str) -> None:
        """The host answered."""
        self._troubled.pop(host, None)

    def failed(self, host: str) -> None:
        """The host did not answer, or answered with an error of its own."""
        trouble = self._troubled.setdefault(host, _Trouble())
        self._troubled.move_to_end(host)
        if len(self._troubled) > MAX_HOSTS:
            self._troubled.popitem(last=False)
        trouble.failures += 1
        trouble.probing = False
        if trouble.failures >= FAILURES:
            trouble.open_until = self._clock() + OPEN_SECONDS

    def abandoned(self, host: str) -> None:
        """The request was cancelled and says nothing about the host; the next one may probe."""
        if host in self._troubled:
            self._troubled[host].probing = False
