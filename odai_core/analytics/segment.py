"""The only place that talks to Segment. Without a key it does nothing, imports nothing and starts no thread."""

from __future__ import annotations

import asyncio
import atexit
import hmac
import logging
import math
import secrets
import threading
import time
from collections.abc import Iterable, Mapping
from contextlib import suppress
from typing import Any

from odai_core.analytics.events import EVENTS, PROPERTIES, TRAITS, Privacy, is_known, is_of_a_call
from odai_core.settings import Settings

MAX_QUEUE = 1000
"""Events that wait for the network; the ones after that are dropped."""
MAX_TEXT = 4000
"""Characters of one property: Segment refuses messages above 32 kB."""
REQUEST_TIMEOUT = 5
"""Seconds for one upload."""
BATCH_INTERVAL = 0.5
"""Seconds in which events gather for one upload."""

log = logging.getLogger("odai.analytics")


class Analytics:
    """Tells Segment what happened, from a thread of Segment's own client. Owned by the app, which awaits `aclose`."""

    def __init__(self, settings: Settings) -> None:
        core = settings.core
        self._everything = bool(core["ODAI_ANALYTICS_PII"])
        self._salt = (core["ODAI_SECRET"].reveal() or secrets.token_hex()).encode()
        self._dropped = 0
        key = core["SEGMENT_KEY"].reveal()
        self._client: Any = _connect(key, core["SEGMENT_HOST"]) if key else None

    def track(self, name: str, properties: Mapping[str, Any], *, user_id: str | None, anonymous_id: str) -> None:
        """Queue an event. Never raises and never blocks; what is not in `events.EVENTS` is logged and left out.

        A guest (`user_id` None) is known by `anonymous_id`, the session id.
        """
        if self._client is None:
            return
        if not is_known(name):
            log.error("%r is not one of our events; it is dropped", name)
            return
        who = {"user_id": user_id} if user_id else {"anonymous_id": anonymous_id}
        allowed = None if is_of_a_call(name) else EVENTS[name]
        self._send("track", properties, allowed, who, event=name)

    def identify(self, user_id: str, traits: Mapping[str, Any]) -> None:
        """Queue what is known of a user. Never raises and never blocks."""
        if self._client is not None:
            self._send("identify", traits, TRAITS, {"user_id": user_id})

    async def aclose(self, timeout: float = 5.0) -> None:
        """Deliver what is queued, for at most `timeout` seconds, and stop the thread. A second call does nothing."""
        client, self._client = self._client, None
        if client is None:
            return
        loop = asyncio.get_running_loop()
        done = asyncio.Event()
        left = 0

        def drain() -> None:
            nonlocal left
            left = _drain(client, timeout)
            with suppress(RuntimeError):  # the loop has closed, nobody waits
                loop.call_soon_threadsafe(done.set)

        # Not the loop's executor: asyncio.run() waits for that one without a bound.
        thread = threading.Thread(target=drain, name="analytics-drain", daemon=True)
        thread.start()
        await done.wait()
        thread.join()  # it has nothing left to do
        if left or self._dropped:
            log.warning("%d events were not delivered and %d found the queue full", left, self._dropped)

    def _send(
        self, method: str, values: Mapping[str, Any], allowed: Iterable[str] | None, who: Mapping[str, str], **more: str
    ) -> None:
        key = "properties" if method == "track" else "traits"
        try:
            public = self._public(values, allowed)
            queued, _ = getattr(self._client, method)(**who, **more, **{key: public})
        except Exception as error:  # the message may repeat the data
            log.error("%s could not be queued: %s", more.get("event", method), type(error).__name__)
            return
        if not queued:
            self._dropped += 1
            if self._dropped == 1:
                log.warning("the queue is full; events are dropped")

    def _public(self, values: Mapping[str, Any], allowed: Iterable[str] | None) -> dict[str, Any]:
        """What may leave the process, in types that JSON has."""
        public = {}
        for name, value in values.items():
            if allowed is not None and name not in allowed:
                log.error("%r is not a property of this event; it is dropped", name)
                continue
            privacy = Privacy.PLAIN if self._everything else PROPERTIES.get(name, Privacy.IDENTIFIER)
            if value is None or privacy is Privacy.PLAIN:
                public[name] = _plain(value)
            elif privacy is Privacy.TEXT:
                public[f"{name}_length"] = len(str(value))
            else:
                public[name] = self._hash(value)
        return public

    def _hash(self, value: Any) -> str:
        text = str(value).strip().casefold().encode("utf-8", "replace")
        return "sha256:" + hmac.new(self._salt, b"analytics:" + text, "sha256").hexdigest()[:16]


def _connect(key: str, host: str | None) -> Any:
    from segment.analytics.client import Client

    # Its own log holds whole events, and at DEBUG the write key.
    logging.getLogger("segment").setLevel(logging.CRITICAL)
    client = Client(
        key,
        host=host,
        max_queue_size=MAX_QUEUE,
        upload_interval=BATCH_INTERVAL,
        gzip=False,
        timeout=REQUEST_TIMEOUT,
        max_retries=3,
        on_error=_failed,
    )
    # It would wait for the network at exit, without a bound; `aclose` does so with one.
    atexit.unregister(client.join)
    return client


def _failed(error: Exception, batch: list[Any]) -> None:
    log.warning("%d events were not delivered: %s %s", len(batch), type(error).__name__, getattr(error, "status", ""))


def _drain(client: Any, timeout: float) -> int:
    """Wait until the queue is delivered, then stop the consumers; the number of events that were not."""
    deadline = time.monotonic() + timeout
    queue = client.queue
    with queue.all_tasks_done:
        queue.all_tasks_done.wait_for(lambda: queue.unfinished_tasks == 0, timeout)
        left = int(queue.unfinished_tasks)
    for consumer in client.consumers:
        consumer.pause()
        consumer.join(max(0.0, deadline - time.monotonic()))
    return left


def _plain(value: Any) -> Any:
    if isinstance(value, bool | int | None):
        return value
    if isinstance(value, float):
        # JSON has no NaN, and one such message would have its whole batch refused.
        return value if math.isfinite(value) else None
    return str(value)[:MAX_TEXT].encode("utf-8", "replace").decode()
