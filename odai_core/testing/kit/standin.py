"""The stand-in in a thread of its own, so that a connector that blocks its event loop is still answered."""

from __future__ import annotations

import asyncio
import secrets
import threading
from collections.abc import Callable, Iterable

from odai_core.testing.upstreams import Service, UpstreamServer


class Standin:
    """`server` is running until `close()`. Its key is unlike anything else, to be found wherever it leaks."""

    def __init__(self, extra: Iterable[Service] = ()) -> None:
        self.key = f"leakme{secrets.token_hex(8)}"
        self.server: UpstreamServer
        self._extra = tuple(extra)
        self._running = threading.Event()
        self._failed: BaseException | None = None
        self._loop: asyncio.AbstractEventLoop | None = None
        self._over: asyncio.Event | None = None
        self._thread = threading.Thread(target=self._main, name="odai-standin", daemon=True)
        self._thread.start()
        self._running.wait(30)
        if self._failed is not None:
            raise self._failed

    def close(self) -> None:
        """Stop it, and wait until it has. Idempotent."""
        if self._loop is not None and self._over is not None and self._thread.is_alive():
            self._loop.call_soon_threadsafe(self._over.set)
        self._thread.join(30)

    async def until(self, condition: Callable[[], bool], seconds: float) -> bool:
        """Wait, on the caller's loop, until something that requests change is so; False when it never was."""
        loop, changed = asyncio.get_running_loop(), asyncio.Event()

        def tell() -> None:
            loop.call_soon_threadsafe(changed.set)

        self.server.watchers.append(tell)
        try:
            async with asyncio.timeout(seconds):
                while not condition():
                    await changed.wait()
                    changed.clear()
        except TimeoutError:
            return condition()
        finally:
            self.server.watchers.remove(tell)
        return True

    def _main(self) -> None:
        try:
            asyncio.run(self._serve())
        except BaseException as error:  # told to whoever started it
            self._failed = error
        finally:
            self._running.set()

    async def _serve(self) -> None:
        async with UpstreamServer(key=self.key, extra=self._extra) as self.server:
            self._loop, self._over = asyncio.get_running_loop(), asyncio.Event()
            self._running.set()
            await self._over.wait()
