"""What the caller really hears: audio waits here, goes out at the speed of speech, and is counted when it was played.

A transport that reports positions (`played`) is believed; for one that does not, the clock counts, one item after the
other.
"""

from __future__ import annotations

import asyncio
import math
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
TAIL_MS = 20
"""Players report whole frames: an item that lacks less than this has been heard."""
STALE_SECONDS = 5.0
"""A player that is this late to report an item's end will not report it: nothing waits for it any longer."""
_REMEMBERED = 32
"""Items whose positions are still accepted."""


@dataclass(slots=True)
class _Item:
    made: int = 0
    """Bytes the model produced."""
    sent: int = 0
    """Bytes handed to the transport."""
    ends_at: float = 0.0
    """When all that was sent will have been played, by the clock."""
    reported_ms: int | None = None
    complete: bool = False
    dropped: bool = False
    """Interrupted: nothing more of it is taken, and nothing more of it was heard."""
    refused: bool = False
    """It met the limit: what was taken of it plays, but it gets no more."""
    filler: bool = False


@dataclass(frozen=True, slots=True)
class Stopped:
    """An item that an interruption cut: of `made_ms` milliseconds the caller heard `heard_ms`."""

    item_id: str
    heard_ms: int
    made_ms: int


class Playback:
    """The audio lane of one call. Every method is synchronous; `wake` is called when something became due."""

    def __init__(
        self,
        profile: AudioProfile,
        *,
        clock: Callable[[], float],
        wake: Callable[[], None],
    ) -> None:
        self._paced = profile.paced
        self._per_ms = profile.format.bytes_per_ms
        self._clock = clock
        self._wake = wake
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
        item = self._items.get(item_id) or self._begin(item_id, filler)
        if item.dropped or item.refused or not data:
            return False
        if self._backlog + len(data) > LIMIT_MS * self._per_ms:
            item.refused = True
            return False
        item.made += len(data)
        self._backlog += len(data)
        self._lane.append((item_id, data))
        self._wake()
        return True

    def _begin(self, item_id: str, filler: bool) -> _Item:
        item = self._items[item_id] = _Item(filler=filler)
        over = [old for old, known in self._items.items() if old != item_id and self._was_heard(known)]
        for old in over[: max(0, len(self._items) - _REMEMBERED)]:
            del self._items[old]
        return item

    def finish(self, item_id: str) -> None:
        """The model made all of this item."""
        item = self._items.get(item_id)
        if item is not None and not item.dropped and not item.complete:
            item.complete = True
            self._lane.append((item_id, None))
            self._wake()

    def finish_all(self) -> None:
        """No more audio comes for anything begun so far: an answer that broke off must not be waited for."""
        for item_id, item in list(self._items.items()):
            if item.made and not item.filler:
                self.finish(item_id)

    def played(self, item_id: str, ms: int) -> None:
        """The transport says how much of an item was heard in all; it can neither go back nor exceed what was sent."""
        item = self._items.get(item_id)
        if item is None or item.dropped or item.filler:
            return
        item.reported_ms = max(item.reported_ms or 0, min(ms, item.sent // self._per_ms))
        self._changed.set()

    def interrupt(self) -> list[Stopped]:
        """Drop what is queued. Returns what was not heard to its end, the item under way first; none when silent."""
        stopped = []
        for item_id, item in self._items.items():
            if not self._was_heard(item):
                if not item.filler:
                    stopped.append(Stopped(item_id, self._heard_ms(item), item.made // self._per_ms))
                item.dropped = True
        self._lane.clear()
        self._backlog = 0
        self._sent_until = 0.0
        self._changed.set()
        return stopped

    def drop_fillers(self) -> None:
        """Take back what was not sent of filler sounds, since real audio is here."""
        mine = {item_id for item_id, item in self._items.items() if item.filler}
        for item_id in mine:
            self._items[item_id].dropped = True
        self._lane = deque((item_id, data) for item_id, data in self._lane if item_id not in mine)
        self._backlog = sum(len(data) for _, data in self._lane if data)

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
            # To the microsecond: a rest of 1e-12 would be a timer that fires at once, again and again.
            lead = round((self._sent_until - now) * 1000, 3)
            self._filling = lead <= REFILL_MS or (self._filling and lead + FRAME_MS <= LEAD_MS)
            if not self._filling:
                return None, (lead - REFILL_MS) / 1000
            data = self._frame(item_id)
            if data is None:
                return None, None
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
        start_ms = item.sent // self._per_ms
        item.sent += len(data)
        # The other side plays one piece after the other, so this one ends when all before it has been played.
        item.ends_at = self._sent_until = max(self._sent_until, now) + len(data) / self._per_ms / 1000
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

    def position(self) -> tuple[str, int] | None:
        """The item under way, or else the one heard last, and the milliseconds heard of it."""
        last = None
        for item_id, item in self._items.items():
            if item.made and not item.filler and not item.dropped:
                last = item_id, self._heard_ms(item)
                if not self._was_heard(item):
                    break
        return last

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

    def _was_heard(self, item: _Item) -> bool:
        if item.dropped:
            return True
        if item.made != item.sent:
            return False
        if self._clock() > item.ends_at + STALE_SECONDS:
            return True
        missing = item.sent // self._per_ms - self._heard_ms(item)
        return missing <= 0 or (item.complete and item.reported_ms is not None and missing < TAIL_MS)

    def _heard_ms(self, item: _Item) -> int:
        sent_ms = item.sent // self._per_ms
        if item.reported_ms is not None:
            return item.reported_ms
        unplayed_ms = math.ceil(max(0.0, item.ends_at - self._clock()) * 1000 - 1e-6)
        return max(0, sent_ms - unplayed_ms)
