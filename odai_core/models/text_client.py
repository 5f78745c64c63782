"""The HTTP client of a text model: one for all its chats, with bounds on time, size and tries."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator

import httpx2
from openai import AsyncOpenAI, DefaultAsyncHttpxClient

CONNECT_SECONDS = 5.0
TRIES_AGAIN = 1
"""A second request when the first could not be made, or was answered with 408, 409, 429 or 5xx."""
MAX_ANSWER_BYTES = 16 * 1024 * 1024
"""Of one answer: some hundred times the longest text that a model writes."""
_NO_KEY = "none"
_TAIL = 4096
_FINISHED = re.compile(rb'\[DONE\]|"finish_reason"\s*:\s*"|"response\.(?:completed|failed|incomplete)"')


class _Bounded(httpx2.AsyncByteStream):
    """An answer's bytes, up to a size; a stream of events that ends before its end is an error, not a short answer."""

    def __init__(self, stream: httpx2.AsyncByteStream, streamed: bool) -> None:
        self._stream = stream
        self._streamed = streamed

    async def __aiter__(self) -> AsyncIterator[bytes]:
        size, tail = 0, b""
        async for chunk in self._stream:
            size += len(chunk)
            if size > MAX_ANSWER_BYTES:
                raise httpx2.RemoteProtocolError("the answer is too large")
            tail = (tail + chunk)[-_TAIL:]
            yield chunk
        if self._streamed and not _FINISHED.search(tail):
            raise httpx2.RemoteProtocolError("the answer ended too soon")

    async def aclose(self) -> None:
        await self._stream.aclose()


async def _tidy(request: httpx2.Request) -> None:
    for name in ("authorization", "openai-organization", "openai-project"):
        if request.headers.get(name) in ("", f"Bearer {_NO_KEY}"):
            del request.headers[name]


async def _bound(response: httpx2.Response) -> None:
    streamed = response.is_success and "event-stream" in response.headers.get("content-type", "")
    assert isinstance(response.stream, httpx2.AsyncByteStream)
    response.stream = _Bounded(response.stream, streamed)


def make_client(base_url: str, key: str, seconds: float) -> AsyncOpenAI:
    """A client that waits at most `seconds` for the next bytes. Without a key it sends none.

    Everything is said here, so that nothing meant for OpenAI itself is taken from the environment for another service.
    """
    timeout = httpx2.Timeout(seconds, connect=CONNECT_SECONDS, pool=CONNECT_SECONDS)
    return AsyncOpenAI(
        base_url=base_url,
        api_key=key or _NO_KEY,
        organization="",
        project="",
        max_retries=TRIES_AGAIN,
        timeout=timeout,
        http_client=DefaultAsyncHttpxClient(
            timeout=timeout,
            # A redirect would carry a user's words to a place that the operator has not named.
            follow_redirects=False,
            event_hooks={"request": [_tidy], "response": [_bound]},
        ),
    )
