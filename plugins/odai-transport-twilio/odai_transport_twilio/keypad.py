"""Keys the caller presses, turned into a typed turn."""

from __future__ import annotations

import asyncio
from collections.abc import Callable

_PAUSE = 2.0
_LONGEST = 64


class Keypad:
    """Collects digits until `#` or a pause of two seconds; `*` starts over; `#` also stops the assistant."""

    def __init__(
        self, loop: asyncio.AbstractEventLoop, *, typed: Callable[[str], None], interrupt: Callable[[], None]
    ) -> None:
        self._loop = loop
        self._typed = typed
        self._interrupt = interrupt
        self._digits = ""
        self._timer: asyncio.TimerHandle | None = None

    def press(self, key: str) -> bool:
        """Take one key; False when there is no such key."""
        if len(key) != 1 or key not in "0123456789ABCD*#":
            return False
        self.close()
        if key == "#":
            self._interrupt()
            self._finish()
        elif key == "*":
            self._digits = ""
        else:
            self._digits = (self._digits + key)[:_LONGEST]
            self._timer = self._loop.call_later(_PAUSE, self._finish)
        return True

    def close(self) -> None:
        """Stop the timer."""
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None

    def _finish(self) -> None:
        digits, self._digits = self._digits, ""
        if digits:
            self._typed(f"I typed {digits} on the telephone's keypad.")
