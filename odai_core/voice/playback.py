"""What the caller really hears: audio waits here, goes out at the speed of speech, and is counted when it was played.

A transport that reports positions (`played`) is believed; for one that does not, time since the first byte counts.
"""

from __future__ import annotations

import asyncio
from collections import OrderedDict, deque
from collections.abc import Callable
from dataclasses import dataclass

from odai_core.calls import AudioProfile
from odai_core.voice.events import Audio, AudioEnd

FRAME_MS = 40
"""A paced frame: two 20 ms telephone frames in one message, which halves what sending costs."""
LEAD_MS = 200
"""How far ahead of real time a paced call may be: what a barge-in can still hear too much of."""
REFILL_MS = 120
"""A paced call wakes up when its lead has fallen to this, and fills it again in one go."""
LIMIT_MS = 120_000
"""Drop rule: audio beyond two minutes of backlog is not kept, the answer ends there."""
_REMEMBERED = 32
"""Items whose positions are still accepted."""


@dataclass(slots=True)
class _Item:
    made: int = 0
    """Bytes the model produced."""
    sent: int = 0
    """Bytes handed to the transport."""
    first_sent: float = 0.0
    reported_ms: int | None = None
    complete: bool = False
    dropped: bool = False
    filler: bool = False


class Playback:
    """The audio lane of one call. Every method is synchronous; `wake` is called when something became due."""

    def __init__(
        self,
        profile: AudioProfile,
        *,
        clock: Callable[[], float],
        wake: Callable[[], None],
        heard: Callable[[str, int], None] = lambda item_id, more_ms: None,
    ) -> None:
        self._paced = profile.paced
        self._per_ms = profile.format.bytes_per_ms
        self._clock = clock
        self._wake = wake
        self._heard = heard
        self._items: OrderedDict[str, _Item] = OrderedDict()
        self._lane: deque[tuple[str, bytes | None]] = deque()
        self._backlog = 0
        self._seq = 0
        self._sent_until = 0.0
        self._filling = True
        self._changed = asyncio.Event()

    # -- in

    def add(self, item_id: str, data: bytes, *, filler: bool = False) -> bool:
        """Queue audio of an item. False: it was dropped, because the item was interrupted or the backlog is full."""
        item = self._items.get(item_id)
        if item is None:
            item = self._items[item_id] = _Item(filler=filler)
            while len(self._items) > _REMEMBERED:
                self._items.popitem(last=False)
        if item.dropped or not data:
            return False
        if self._backlog + len(data) > LIMIT_MS * self._per_ms:
            return False
        item.made += len(data)
        self._backlog += len(data)
        self._lane.append((item_id, data))
        self._wake()
        return True

    def finish(self, item_id: str) -> None:
        """The model made all of this item."""
        item = self._items.get(item_id)
        if item is not None and not item.dropped and not item.complete:
            item.complete = True
            self._lane.append((item_id, None))
            self._wake()

    def finish_all(self) -> None:
        """No more audio comes for anything begun so far: an answer that broke off must not be waited for."""
        for item_id in list(self._items):
            if self._items[item_id].made:
                self.finish(item_id)

    def played(self, item_id: str, ms: int) -> None:
        """The transport says how much of an item was heard in all; it can neither go back nor exceed what was sent."""
        item = self._items.get(item_id)
        if item is None or item.dropped or item.filler:
            return
        before = item.reported_ms or 0
        now = max(before, min(ms, item.sent // self._per_ms))
        item.reported_ms = now
        if now > before:
            self._heard(item_id, now - before)
        self._changed.set()

    def interrupt(self) -> tuple[str, int] | None:
        """Drop what is queued. Returns the item that was being heard and how many ms of it were; None if silent."""
        if not self.active:
            return None
        current = self._current()
        for item in self._items.values():
            if not self._was_heard(item):
                item.dropped = True
        self._lane.clear()
        self._backlog = 0
        self._sent_until = 0.0
        self._changed.set()
        if current is None:
            return None
        item_id, item = current
        return item_id, self._heard_ms(item)

    def drop_fillers(self) -> bool:
        """Take back what is left of filler sounds, since real audio is here."""
        mine = [item_id for item_id, item in self._items.items() if item.filler and not item.dropped]
        for item_id in mine:
            self._items[item_id].dropped = True
        kept = deque((item_id, data) for item_id, data in self._lane if item_id not in mine)
        removed = len(kept) != len(self._lane)
        self._lane = kept
        self._backlog = sum(len(data) for _, data in kept if data)
        return removed

    # -- out

    def next(self) -> tuple[Audio | AudioEnd | None, float | None]:
        """The next due event, or None and the seconds until one may be (None: not before `wake`)."""
        if not self._lane:
            return None, None
        item_id, data = self._lane[0]
        if data is None:
            self._lane.popleft()
            return AudioEnd(item_id), 0.0
        now = self._clock()
        if self._paced:
            lead = (self._sent_until - now) * 1000
            self._filling = lead <= REFILL_MS or (self._filling and lead + FRAME_MS <= LEAD_MS)
            if not self._filling:
                return None, (lead - REFILL_MS) / 1000
            data = self._frame(item_id)
            if data is None:
                return None, None
            self._sent_until = max(self._sent_until, now) + len(data) / self._per_ms / 1000
        else:
            self._lane.popleft()
        self._backlog -= len(data)
        return self._sent(item_id, data, now), 0.0

    def _frame(self, item_id: str) -> bytes | None:
        """Exactly one frame of the first item; a shorter one only when that is all there will ever be."""
        want = FRAME_MS * self._per_ms
        parts: list[bytes] = []
        while self._lane and want:
            head_id, head = self._lane[0]
            if head_id != item_id or head is None:
                break
            self._lane.popleft()
            if len(head) > want:
                self._lane.appendleft((item_id, head[want:]))
                head = head[:want]
            parts.append(head)
            want -= len(head)
        frame = b"".join(parts)
        if want and not self._lane and not self._items[item_id].complete:
            self._lane.appendleft((item_id, frame))
            return None
        return frame

    def _sent(self, item_id: str, data: bytes, now: float) -> Audio:
        item = self._items[item_id]
        if not item.sent:
            item.first_sent = now
        start_ms = item.sent // self._per_ms
        item.sent += len(data)
        self._seq += 1
        return Audio(item_id, data, start_ms, self._seq)

    # -- what is true now

    @property
    def active(self) -> bool:
        """Something is queued, or on its way to the ear."""
        return bool(self._lane) or any(not self._was_heard(item) for item in self._items.values())

    @property
    def full(self) -> bool:
        """The backlog is near its limit: the last `add` may have been refused for it."""
        return self._backlog > (LIMIT_MS - 2000) * self._per_ms

    def heard_ms(self, item_id: str) -> tuple[int, int]:
        """Of an item: milliseconds heard, milliseconds made."""
        item = self._items.get(item_id)
        return (self._heard_ms(item), item.made // self._per_ms) if item else (0, 0)

    async def drained(self) -> None:
        """Wait until everything was heard. The caller bounds it: a transport may never report the end."""
        while self.active:
            self._changed.clear()
            wait = max(0.02, min(0.25, self._remaining()))
            timer = asyncio.get_running_loop().call_later(wait, self._changed.set)
            try:
                await self._changed.wait()
            finally:
                timer.cancel()

    def _remaining(self) -> float:
        return max(
            ((item.sent // self._per_ms - self._heard_ms(item)) / 1000 for item in self._items.values()), default=0.0
        )

    def _current(self) -> tuple[str, _Item] | None:
        """The first real item that was not heard to its end."""
        for item_id, item in self._items.items():
            if not item.filler and not self._was_heard(item):
                return item_id, item
        return None

    def _was_heard(self, item: _Item) -> bool:
        if item.dropped:
            return True
        if item.made != item.sent:
            return False
        return self._heard_ms(item) >= item.sent // self._per_ms

    def _heard_ms(self, item: _Item) -> int:
        if item.reported_ms is not None:
            return item.reported_ms
        if not item.sent:
            return 0
        return min(item.sent // self._per_ms, int((self._clock() - item.first_sent) * 1000))
