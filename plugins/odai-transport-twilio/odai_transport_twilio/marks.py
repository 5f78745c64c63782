"""Which position of the assistant's speech the caller has heard, from the marks that come back."""

from __future__ import annotations

_EVERY_MS = 40
_PENDING = 512
"""Core is 200 ms ahead at most, so four or so are under way; a peer that returns none costs no more than this."""


class Marks:
    """Names marks `epoch:item:ms` and credits each once.

    Twilio answers a `clear` with every mark it had not played yet: those belong to an epoch that is over and say
    nothing about what was heard.
    """

    def __init__(self) -> None:
        self._epoch = 0
        self._item = ""
        self._sent_ms = 0
        self._marked_ms = 0
        self._finished = False
        self._pending: dict[str, tuple[str, int]] = {}

    def sent(self, item_id: str, start_ms: int, end_ms: int) -> str | None:
        """Audio of `item_id` up to `end_ms` went out: the mark to send after it, when one is due."""
        if item_id != self._item:
            self._item, self._marked_ms, self._finished = item_id, start_ms, False
        self._sent_ms = end_ms
        return self._name() if self._finished or end_ms - self._marked_ms >= _EVERY_MS else None

    def finished(self, item_id: str) -> str | None:
        """The item is complete: the mark for its tail, when that has none yet."""
        if item_id != self._item:
            return None
        self._finished = True
        return self._name() if self._sent_ms > self._marked_ms else None

    def cleared(self) -> None:
        """What is still queued at Twilio will never be heard."""
        self._epoch += 1
        self._pending.clear()
        self._marked_ms = self._sent_ms

    def returned(self, name: str) -> tuple[str, int] | None:
        """The item and the position in ms that have been heard; None for a mark that is not ours or is stale."""
        return self._pending.pop(name, None)

    def _name(self) -> str:
        self._marked_ms = self._sent_ms
        name = f"{self._epoch}:{self._item}:{self._sent_ms}"
        if len(self._pending) >= _PENDING:
            del self._pending[next(iter(self._pending))]
        self._pending[name] = (self._item, self._sent_ms)
        return name
