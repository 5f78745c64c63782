"""The server: everything that lives as long as the process, behind one ASGI callable."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable
from contextlib import AbstractAsyncContextManager
from typing import Any

from quart import Quart

from odai_core.accounts.desk import Accounts
from odai_core.analytics.segment import Analytics
from odai_core.calls import Caller
from odai_core.contract import ModelPlugin, Problem, ToolContext, ToolPlugin
from odai_core.errors import SetupError
from odai_core.plugins.catalog import Catalog, Entry
from odai_core.plugins.choice import choose_model
from odai_core.plugins.host import PluginHost
from odai_core.plugins.running import tool_context
from odai_core.settings import Settings
from odai_core.store.database import Database
from odai_core.store.expiry import Expiry
from odai_core.text.desk import ChatDesk
from odai_core.tools.http import HttpClient
from odai_core.usage.ledger import Ledger
from odai_core.usage.unpriced import unpriced
from odai_core.voice.switchboard import Switchboard
from odai_core.web.auth import Signer, make_tokens
from odai_core.web.drain import Admission
from odai_core.web.linking import Linking
from odai_core.web.mount import build_app

log = logging.getLogger("odai.web")

GOODBYE_SECONDS = 2.0
"""What a call that is cut off gets to say goodbye."""
LIFESPAN_SECONDS = 10.0
"""What a plugin's lifespan gets to open, and to close."""
Lifespan = Callable[[ToolContext], AbstractAsyncContextManager[Any]]


class Server:
    """An ASGI application. Make it inside a running event loop or before; `start` and `stop` are its two ends.

    A newly installed transport or account service means a new Quart app: open sockets stay with the old one, new ones
    go to the new.
    """

    def __init__(self, settings: Settings, *, loopback: bool = False) -> None:
        self.settings = settings
        self.loopback = loopback
        self.host = PluginHost(settings)
        self.http = HttpClient()
        self.analytics = Analytics(settings)
        self.database = Database(settings.core["ODAI_DATABASE_URL"], settings.core["ODAI_DATA_DIR"])
        self.ledger = Ledger(self.database, settings.core)
        self.signer = Signer(settings.core["ODAI_SECRET"])
        self.tokens = make_tokens(settings.core, self.signer, self.http)
        self.admission = Admission(settings.core["ODAI_MAX_CALLS"])
        self.accounts = Accounts(
            settings,
            database=self.database,
            analytics=self.analytics,
            context=lambda entry: Linking(server=self, entry=entry),
        )
        self.switchboard = Switchboard(
            self.host, http=self.http, accounts=self.accounts, ledger=self.ledger, analytics=self.analytics
        )
        self.chats = ChatDesk(
            self.host,
            database=self.database,
            http=self.http,
            accounts=self.accounts,
            ledger=self.ledger,
            analytics=self.analytics,
        )
        self.expiry = Expiry(
            self.chats.store,
            settings.core["ODAI_CHAT_DAYS"],
            live=lambda: {chat.chat_id for chat in self.chats.live},
        )
        self.mount_failures: dict[str, Problem] = {}
        self._mounted: tuple[Catalog, Quart] | None = None
        self._lifespans: list[tuple[str, AbstractAsyncContextManager[Any]]] = []
        self._started = self._stopped = False

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        """ASGI."""
        if scope["type"] == "lifespan":
            await self._lifespan(receive, send)
        else:
            await self._app()(scope, receive, send)

    async def start(self) -> None:
        """Warm up what the first call would wait for, and open the plugins' own lifespans; once.

        Raises SettingError when users could link accounts and there is no key to keep them under.
        """
        if self._started:
            return
        self._started = True
        catalog = self.host.catalog
        self.accounts.check(catalog)
        for problem in unpriced(self.settings, catalog, self.ledger.prices, self.ledger.day()):
            log.warning("%s %s", problem.cause, problem.remedy)
        self.http.warm_up()
        # Nobody waits for it but the first prompt, which would otherwise make the same.
        self.chats.own(self.chats.warm_up())
        try:
            model = choose_model(catalog, self.settings.core["ODAI_MODEL"])
        except SetupError as error:
            log.warning("%s %s", error.cause, error.remedy)
        else:
            await self._warm_up(catalog, model)
        for entry in catalog.ready("tools"):
            if isinstance(entry.plugin, ToolPlugin) and entry.plugin.lifespan is not None:
                await self._open_lifespan(entry, entry.plugin.lifespan)
        self.expiry.start()
        self._app()

    async def drain(self) -> None:
        """Take no new call or prompt, wait for the live ones up to ODAI_DRAIN_SECONDS, then end the rest politely."""
        self.admission.draining = True
        seconds = self.settings.core["ODAI_DRAIN_SECONDS"]
        await asyncio.gather(self._drain_calls(seconds), self.chats.drain(seconds))

    async def _drain_calls(self, seconds: float) -> None:
        if await self.admission.empty(seconds):
            return
        for call in list(self.switchboard.live.values()):
            await call.end("drain", "The server is restarting.")
        await self.admission.empty(GOODBYE_SECONDS)

    async def stop(self) -> None:
        """Close what `start` and the calls opened; a second call does nothing."""
        if self._stopped:
            return
        self._stopped = True
        # One by one, and not as a stack: a plugin that ends badly must not raise inside the others.
        while self._lifespans:
            name, lifespan = self._lifespans.pop()
            try:
                async with asyncio.timeout(LIFESPAN_SECONDS):
                    await lifespan.__aexit__(None, None, None)
            except Exception:
                log.exception("the lifespan of %s did not end well", name)
        await self.expiry.stop()
        await self.chats.close()
        await self.accounts.aclose()
        await self.tokens.aclose()
        await self.http.aclose()
        await self.analytics.aclose()
        await self.database.close()

    def not_ready(self) -> str:
        """Why no call should be sent here now; "" when one can."""
        if self.admission.draining:
            return "draining"
        try:
            choose_model(self.host.catalog, self.settings.core["ODAI_MODEL"])
        except SetupError as error:
            return f"{error.cause} {error.remedy}"
        return ""

    def _app(self) -> Quart:
        catalog = self.host.catalog
        if self._mounted is not None and self._mounted[0] is catalog:
            return self._mounted[1]
        if self._mounted is None or _with_routes(self._mounted[0]) != _with_routes(catalog):
            self._mounted = (catalog, build_app(self, catalog))
        else:
            self._mounted = (catalog, self._mounted[1])
        return self._mounted[1]

    async def _warm_up(self, catalog: Catalog, model: Entry) -> None:
        """A model that cannot warm up makes the first call slow, or tell why; it does not stop the server."""
        if not isinstance(model.plugin, ModelPlugin) or model.plugin.warm_up is None:
            return
        try:
            await asyncio.to_thread(model.plugin.warm_up, catalog.settings_of(model))
        except SetupError as error:
            log.warning("%s %s", error.cause, error.remedy)
        except Exception:
            log.exception("the model %s did not warm up", model.name)

    async def _open_lifespan(self, entry: Entry, lifespan: Lifespan) -> None:
        context = tool_context(entry, http=self.http, caller=Caller(), demo=self.settings.core["ODAI_DEMO"])
        try:
            async with asyncio.timeout(LIFESPAN_SECONDS):
                opened = lifespan(context)
                await opened.__aenter__()
                self._lifespans.append((entry.name, opened))
        except Exception:
            log.exception("the lifespan of %s did not start; its tools may fail", entry.name)

    async def _lifespan(self, receive: Any, send: Any) -> None:
        while True:
            message = await receive()
            if message["type"] == "lifespan.startup":
                try:
                    await self.start()
                except Exception as error:
                    await send({"type": "lifespan.startup.failed", "message": f"{type(error).__name__}: {error}"})
                    return
                await send({"type": "lifespan.startup.complete"})
            else:
                await self.stop()
                await send({"type": "lifespan.shutdown.complete"})
                return


def _with_routes(catalog: Catalog) -> tuple[Entry, ...]:
    return (*catalog.ready("transports"), *catalog.ready("accounts"))


def create_app(settings: Settings | None = None, *, loopback: bool = False) -> Server:
    """The ASGI application of this installation. Raises SettingError for values that cannot be read.

    `loopback` says that it will listen on a loopback address only: then its page carries a token.
    """
    return Server(settings or Settings.load(), loopback=loopback)
