"""Running a tool as a call does, and keeping what it really answered before core made it presentable."""

from __future__ import annotations

import asyncio
import itertools
import json
import logging
import secrets
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, replace
from typing import Any

from odai_core.contract import ToolContext
from odai_core.errors import ToolError
from odai_core.testing.kit.linked import LinkedAccount
from odai_core.testing.kit.subject import Arguments, Subject
from odai_core.testing.upstreams import Seen
from odai_core.tools.http import HttpClient
from odai_core.tools.invoke import invoke
from odai_core.tools.response import ToolResponse


@dataclass(frozen=True, kw_only=True)
class Ran:
    """One run of a tool."""

    raw: Any
    """What the function returned or raised; None when core refused the arguments."""
    response: ToolResponse
    """What a call gets."""
    seen: tuple[Seen, ...]
    """The requests it made."""

    @property
    def code(self) -> str:
        """The error's code, "account_needed" among them; "" for an answer."""
        if self.response.response_type == "account_needed":
            return "account_needed"
        return "" if self.response.ok else str(self.response.response["code"])

    @property
    def said(self) -> str:
        """The sentence before core cleaned it."""
        if isinstance(self.raw, ToolError):
            return self.raw.message
        return self.raw.spoken if isinstance(self.raw, ToolResponse) else self.response.spoken

    @property
    def naked(self) -> str:
        """The kind of an exception that was not a ToolError; "" when there was none."""
        stray = isinstance(self.raw, BaseException) and not isinstance(self.raw, ToolError)
        return type(self.raw).__name__ if stray else ""


@dataclass(frozen=True, kw_only=True)
class Session:
    """A plugin with a client of its own."""

    subject: Subject
    http: HttpClient

    def context(
        self,
        *,
        demo: bool = False,
        key: bool = True,
        reach: bool = True,
        account: LinkedAccount | None = None,
        write_id: str | None = None,
    ) -> ToolContext:
        """What core would give the tool. Without a key there is no account either, else `account` or one in order."""
        linked = (account or self.subject.linked()) if key else None
        return ToolContext(
            http=self.http,
            settings=self.subject.values(key=key, reach=reach),
            caller=self.subject.caller,
            log=logging.getLogger(f"odai.tools.{self.subject.name}"),
            demo=demo,
            account=linked,
            write_id=secrets.token_urlsafe(16) if write_id is None else write_id,
        )

    async def run(
        self, tool: str, arguments: Arguments, *, timeout: float | None = None, again: bool = False, **context: Any
    ) -> Ran:
        """Run a tool. `timeout` (seconds) replaces the tool's own; `context` is for `context()`.

        The services begin anew before it, unless this is `again` something that was tried.
        """
        if not again:
            self.subject.server.begin_anew()
        spec = self.subject.spec(tool)
        function, kept = spec.function, []

        async def watched(**given: Any) -> Any:
            try:
                kept.append(await function(**given))
            except BaseException as error:
                kept.append(error)
                raise
            return kept[0]

        self.subject.server.seen.clear()
        options = replace(spec.options, timeout=timeout or spec.options.timeout)
        watching = replace(spec, function=watched, options=options)
        response = await invoke(watching, json.dumps(dict(arguments)), self.context(**context))
        return Ran(raw=kept[0] if kept else None, response=response, seen=tuple(self.subject.server.seen))

    async def first(self, tool: str, **context: Any) -> Ran:
        """Run it on the first happy arguments, and insist on an answer."""
        ran = await self.run(tool, self.subject.happy[tool][0], **context)
        assert not ran.naked, f"{tool} raised {ran.naked}: {ran.raw}"
        assert ran.response.ok, f"{tool} answered {ran.code} to its happy arguments: {ran.response.spoken}"
        return ran


class _Impatient(HttpClient):
    """A connector's own `timeout=` for a request would keep the tests waiting."""

    async def request_json(self, *positional: Any, timeout: float | None = None, **named: Any) -> Any:
        return await super().request_json(*positional, **named)

    async def get_text(self, *positional: Any, timeout: float | None = None, **named: Any) -> str:
        return await super().get_text(*positional, **named)


@asynccontextmanager
async def session(subject: Subject, *, timeout: float = 6.0) -> AsyncIterator[Session]:
    """A fresh client, and the plugin's lifespan around it.

    The client's clock jumps by years, so that nothing is answered from the cache and no circuit stays open.
    """
    times = itertools.count(0, 10**8)

    async def no_pause(_: float) -> None:
        await asyncio.sleep(0)

    async with AsyncExitStack() as stack:
        http = _Impatient(timeout=timeout, clock=lambda: float(next(times)), sleep=no_pause)
        stack.push_async_callback(http.aclose)
        opened = Session(subject=subject, http=http)
        stack.callback(subject.server.forget)
        if subject.plugin.lifespan is not None:
            await stack.enter_async_context(subject.plugin.lifespan(opened.context()))
        yield opened
