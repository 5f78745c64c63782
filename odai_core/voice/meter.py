"""What a call uses, on its way to the ledger: gathered as it is told, written down now and then, never in the way."""

from __future__ import annotations

import asyncio
import logging
import secrets
from collections import Counter
from collections.abc import Callable, Mapping
from contextlib import suppress
from typing import Any

from agents.realtime import RealtimeModelEvent

from odai_core.calls import CallInfo
from odai_core.chats import Usage
from odai_core.errors import QuotaReached
from odai_core.usage.ledger import Ledger

log = logging.getLogger("odai.voice")

WRITE_SECONDS = 15.0
"""Between two records of a call: what a killed process loses at most, and how late a reached cap is seen."""
CLOSE_SECONDS = 3.0
"""What the last record gets, once the call is over."""
_MAX_NAME = 100
_MAX_MODELS = 8
_TRANSCRIBED = "conversation.item.input_audio_transcription.completed"


class CallMeter:
    """Counts for one call. `clock` is in seconds.

    The ledger may be slow or broken: the call goes on, and the counts wait here, one number for each kind.
    """

    def __init__(self, ledger: Ledger, info: CallInfo, model: str, *, clock: Callable[[], float]) -> None:
        self._ledger = ledger
        self._user = ledger.account(info.caller)
        self._chat_id = info.tool_chat_id or info.session_id
        # A session id is the client's own, and may come again.
        self._name = f"call:{info.session_id}:{secrets.token_hex(4)}"
        self._model = model
        self._transcriber = ""
        self._clock = clock
        self._counted_at = clock()
        self._counts: dict[str, Counter[str]] = {}
        self._batch: list[tuple[str, Usage]] = []
        self._number = 0
        self._writing: asyncio.Task[None] | None = None
        self._failing = False
        self.refusal: QuotaReached | None = None
        """The caller has had all that a day allows."""

    def take(self, event: RealtimeModelEvent) -> None:
        """An event of the model; those that say nothing of usage are passed over."""
        if event.type == "usage":
            self._count(self._model, _response_counts(event))
        elif event.type == "raw_server_event" and isinstance(event.data, dict):
            kind = event.data.get("type")
            if kind == _TRANSCRIBED:
                self._count(self._transcriber, _transcript_counts(event.data.get("usage")))
            elif kind in ("session.created", "session.updated"):
                self._name_models(event.data.get("session"))

    async def check(self) -> None:
        """Ask the ledger whether there may be more; sets `refusal`. Never raises: what it cannot know, it allows."""
        try:
            await self._ledger.check(self._user, call=True)
        except QuotaReached as refusal:
            self.refusal = refusal
        except Exception as error:
            self._failed(error)

    async def run(self) -> None:
        """Write down and check, again and again, until it is cancelled."""
        while True:
            await asyncio.sleep(WRITE_SECONDS)
            # Not awaited itself: a call that ends must not cut a transaction in two.
            await asyncio.wait({self._begin_to_write()})
            await self.check()

    async def close(self) -> None:
        """Write down the rest, within `CLOSE_SECONDS`. Never raises."""
        with suppress(TimeoutError):
            async with asyncio.timeout(CLOSE_SECONDS):
                if self._writing is not None:
                    await asyncio.wait({self._writing})
                await asyncio.wait({self._begin_to_write()})
        if self._writing is not None and not self._writing.done():
            self._writing.cancel()
            await asyncio.wait({self._writing})
        if self._batch or self._counts:
            log.error("the usage of a call could not be written down")

    def _begin_to_write(self) -> asyncio.Task[None]:
        self._count(self._model, {"ms": self._elapsed()})
        self._writing = asyncio.create_task(self._write(), name="odai-call-usage")
        return self._writing

    async def _write(self) -> None:
        """Everything counted so far. A record that fails keeps its id: written twice, it counts once."""
        try:
            while self._batch or self._counts:
                if not self._batch:
                    self._batch = [self._record(model, counts) for model, counts in self._counts.items()]
                    self._counts = {}
                id, usage = self._batch[0]
                await self._ledger.record(usage, id=id, user=self._user, kind="call", chat_id=self._chat_id)
                self._batch.pop(0)
            self._failing = False
        except Exception as error:
            self._failed(error)

    def _record(self, model: str, counts: Counter[str]) -> tuple[str, Usage]:
        self._number += 1
        tokens: dict[str, Any] = {name: number for name, number in counts.items() if name != "ms"}
        return f"{self._name}:{self._number}", Usage(model=model, seconds=counts["ms"] / 1000, **tokens)

    def _count(self, model: str, counts: Mapping[str, int]) -> None:
        # Past so many names the cost is an unknown model's.
        name = model if model in self._counts or len(self._counts) < _MAX_MODELS else ""
        if any(counts.values()):
            self._counts.setdefault(name, Counter()).update(counts)

    def _elapsed(self) -> int:
        """Whole milliseconds since the last time; the rest of one counts the next time."""
        ms = int((self._clock() - self._counted_at) * 1000)
        self._counted_at += ms / 1000
        return ms

    def _name_models(self, session: object) -> None:
        """The service's own names of its models: the price table knows those."""
        self._model = _name_at(session, "model") or self._model
        self._transcriber = _name_at(session, "audio", "input", "transcription", "model") or self._transcriber

    def _failed(self, error: Exception) -> None:
        if not self._failing:
            self._failing = True
            log.warning("the ledger cannot be used: %s", error if hasattr(error, "remedy") else type(error).__name__)


def _response_counts(event: Any) -> dict[str, int]:
    inputs, outputs = event.input_tokens_details, event.output_tokens_details
    cached = getattr(inputs, "cached_tokens_details", None)
    return _positive(
        input_tokens=event.usage.input_tokens,
        cached_input_tokens=getattr(inputs, "cached_tokens", 0),
        output_tokens=event.usage.output_tokens,
        audio_input_tokens=getattr(inputs, "audio_tokens", 0),
        cached_audio_input_tokens=getattr(cached, "audio_tokens", 0),
        audio_output_tokens=getattr(outputs, "audio_tokens", 0),
    )


def _transcript_counts(usage: object) -> dict[str, int]:
    """Of a transcription that is paid by tokens; what is paid by the second has no place in the price table."""
    if not isinstance(usage, dict) or usage.get("type") != "tokens":
        return {}
    details = usage.get("input_token_details")
    return _positive(
        input_tokens=usage.get("input_tokens"),
        output_tokens=usage.get("output_tokens"),
        audio_input_tokens=details.get("audio_tokens") if isinstance(details, dict) else 0,
    )


def _positive(**counts: object) -> dict[str, int]:
    return {name: number for name, number in counts.items() if isinstance(number, int) and number > 0}


def _name_at(value: object, *path: str) -> str:
    """A text deep in the dictionaries of a server; "" for anything else."""
    for step in path:
        value = value.get(step) if isinstance(value, dict) else None
    return value[:_MAX_NAME] if isinstance(value, str) else ""
