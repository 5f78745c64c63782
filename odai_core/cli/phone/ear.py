"""The ear: plays what arrives on a clock of its own, as a loudspeaker would, and knows what was heard when."""

from __future__ import annotations

import asyncio
from array import array
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass

from odai_core.calls import AudioFormat
from odai_core.cli.phone.voice import Clip, is_loud

MAX_SECONDS = 600.0
"""What may wait to be played; Twilio drops more than ten minutes as well."""


@dataclass(frozen=True)
class Piece:
    """Audio in the call's format that is heard from `start` on (the loop's clock, seconds)."""

    start: float
    data: bytes


class Ear:
    """Plays pieces one after the other in real time. `on_mark(name)` is called when all before the mark was heard."""

    def __init__(self, audio: AudioFormat, on_mark: Callable[[str], None] = lambda name: None) -> None:
        self.audio = audio
        self._loop = asyncio.get_running_loop()
        self._on_mark = on_mark
        self._pieces: list[Piece] = []
        self._marks: deque[tuple[str, asyncio.TimerHandle]] = deque()
        self._end = self._loop.time()
        """When everything that has arrived will have been heard."""
        self._sound_at: float | None = None
        self._sound = asyncio.Event()
        self.received = 0
        """Bytes of audio that arrived, heard or not."""

    def play(self, data: bytes) -> None:
        """Queue audio behind what is playing. More than `MAX_SECONDS` of it is dropped."""
        now = self._loop.time()
        self.received += len(data)
        if not data or self._end - now > MAX_SECONDS:
            return
        start = max(now, self._end)
        self._pieces.append(Piece(start, data))
        self._end = start + self._seconds(len(data))
        if self._sound_at is None and is_loud(data, self.audio):
            self._sound_at = start
            self._sound.set()

    def mark(self, name: str) -> None:
        """Call `on_mark` when everything queued until now was heard."""
        handle = self._loop.call_at(max(self._end, self._loop.time()), self._reached)
        self._marks.append((name, handle))

    def clear(self) -> list[str]:
        """Drop what has not been heard yet. Gives the names of the marks in it; `on_mark` is not called for them."""
        now = self._loop.time()
        self._pieces = [self._until(piece, now) for piece in self._pieces if piece.start < now]
        self._end = min(self._end, now)
        names = [name for name, _ in self._marks]
        self._stop_marks()
        return names

    def close(self) -> None:
        """Stop; marks that are still pending never come."""
        self._stop_marks()

    # -- what was heard

    def listen_anew(self) -> None:
        """From now on `wait_for_sound` waits for the next sound to arrive."""
        self._sound_at = None
        self._sound.clear()

    async def wait_for_sound(self) -> float:
        """Wait until something audible has arrived since `listen_anew`. Gives the time at which it begins to play."""
        while self._sound_at is None:
            await self._sound.wait()
        return self._sound_at

    def quiet_at(self) -> float:
        """When everything that has arrived will have been heard; in the past when it is quiet now."""
        return self._end

    def heard(self, since: float = 0.0) -> bytes:
        """All audio that was heard since a time, without the pauses between, in the call's format."""
        now = self._loop.time()
        pieces = (self._until(piece, now) for piece in self._pieces if since <= piece.start < now)
        return b"".join(piece.data for piece in pieces)

    def recording(self, since: float) -> Clip:
        """What was heard since a time, with the pauses between, as a clip."""
        samples = array("h")
        now = self._loop.time()
        for piece in self._pieces:
            if since <= piece.start < now:
                place = round((piece.start - since) * self.audio.rate)
                samples.extend(array("h", bytes(2 * max(0, place - len(samples)))))
                samples.extend(Clip.decode(self._until(piece, now).data, self.audio).samples)
        return Clip(samples, self.audio.rate)

    def _reached(self) -> None:
        name, _ = self._marks.popleft()
        self._on_mark(name)

    def _stop_marks(self) -> None:
        for _, handle in self._marks:
            handle.cancel()
        self._marks.clear()

    def _until(self, piece: Piece, now: float) -> Piece:
        """The part of a piece that was heard before `now`, in whole samples."""
        per_sample = 2 if self.audio.name == "pcm16" else 1
        heard = round((now - piece.start) * self.audio.rate) * per_sample
        return piece if heard >= len(piece.data) else Piece(piece.start, piece.data[:heard])

    def _seconds(self, count: int) -> float:
        return count / (self.audio.bytes_per_ms * 1000)
