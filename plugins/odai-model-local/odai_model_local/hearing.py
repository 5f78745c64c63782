"""The caller's side of one call: audio in; when they begin and finish to speak, and the words."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Coroutine
from dataclasses import dataclass
from typing import Any

from odai_model_local.audio import Floats
from odai_model_local.listen import Ear, EarEvent, Snippet
from odai_model_local.turns import Started, is_unfinished

STALL_SECONDS = 1.0
"""A caller's side that stops sending in the middle of a turn has ended it."""


class Tasks:
    """Tasks with one owner, who ends them all."""

    def __init__(self) -> None:
        self._tasks: set[asyncio.Task[Any]] = set()

    def start(self, work: Coroutine[Any, Any, Any], name: str) -> asyncio.Task[Any]:
        """Run it until it is done, or until `close`."""
        task = asyncio.create_task(work, name=f"odai-local-{name}")
        self._tasks.add(task)
        task.add_done_callback(self._forget)
        return task

    async def close(self) -> None:
        """Cancel all of them and wait; a task that calls this itself ends by itself."""
        tasks = self._tasks - {asyncio.current_task()}
        for task in tasks:
            task.cancel()
        if tasks:
            await asyncio.wait(tasks)

    def _forget(self, task: asyncio.Task[Any]) -> None:
        self._tasks.discard(task)
        if not task.cancelled():
            task.exception()  # whoever awaits it sees it; a dropped speculation has nobody


@dataclass(frozen=True)
class Heard:
    """A finished turn. The words may still be on their way."""

    transcript: asyncio.Task[str]
    silence_ms: int
    """From the end of speech to the decision that it was the end."""


class Hearing:
    """Finds the turns and has them recognised while the last silence is still running."""

    def __init__(
        self,
        ear: Ear,
        transcribe: Callable[[Floats], Awaitable[str]],
        *,
        started: Callable[[], Awaitable[None]],
        finished: Callable[[Heard], Awaitable[None]],
    ) -> None:
        self.quiet = asyncio.Event()
        """Set while the caller is not in the middle of a turn."""
        self.quiet.set()
        self._ear = ear
        self._recognise = transcribe
        self._started = started
        self._finished = finished
        self._tasks = Tasks()
        self._speculation: asyncio.Task[str] | None = None
        self._last_audio = 0.0
        self._stall: asyncio.TimerHandle | None = None

    async def feed(self, data: bytes, *, commit: bool = False) -> None:
        """Some audio; `commit` ends the turn after it, whatever the silence."""
        self._last_audio = asyncio.get_running_loop().time()
        events = list(self._ear.feed(data))
        if commit and (last := self._ear.finish()) is not None:
            events.append(last)
        for event in events:
            await self._take(event)

    async def close(self) -> None:
        """Stop recognising."""
        if self._stall is not None:
            self._stall.cancel()
        await self._tasks.close()

    async def _take(self, event: EarEvent) -> None:
        if isinstance(event, Started):
            self.quiet.clear()
            if self._stall is None:
                self._watch()
            await self._started()
        elif not isinstance(event, Snippet):
            if self._speculation is not None:
                self._speculation.cancel()
                self._speculation = None
        elif not event.final:
            self._speculation = self._tasks.start(self._speculate(event.samples), "speculation")
        else:
            transcript = self._speculation or self._tasks.start(self._transcribe(event.samples), "transcript")
            self._speculation = None
            self.quiet.set()
            await self._finished(Heard(transcript, event.silence_ms))

    async def _transcribe(self, samples: Floats) -> str:
        return await self._recognise(samples)

    async def _speculate(self, samples: Floats) -> str:
        text = await self._recognise(samples)
        if self._speculation is asyncio.current_task() and is_unfinished(text):
            self._ear.expect_more()
        return text

    def _watch(self) -> None:
        """End the turn of a caller whose audio stopped coming: a muted microphone sends no silence."""
        loop = asyncio.get_running_loop()
        left = self._last_audio + STALL_SECONDS - loop.time()
        if self._ear.speaking and left > 0:
            self._stall = loop.call_later(left, self._watch)
            return
        self._stall = None
        if (last := self._ear.finish()) is not None:
            self._tasks.start(self._take(last), "stall")
