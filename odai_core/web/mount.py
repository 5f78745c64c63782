"""A catalog's transports and account services as one Quart app."""

from __future__ import annotations

import logging
from collections.abc import Mapping
from contextlib import AbstractAsyncContextManager, AbstractContextManager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from quart import Blueprint, Quart

from odai_core.calls import Call, Caller, CallInfo, Values
from odai_core.chats import Chat, ChatBook, ChatInfo
from odai_core.contract import AccountPlugin, Problem, TransportPlugin
from odai_core.errors import PluginError, SetupError
from odai_core.plugins.catalog import Catalog, Entry
from odai_core.settings import BoundValues
from odai_core.web import auth, status
from odai_core.web.linking import Linking

if TYPE_CHECKING:
    from odai_core.web.app import Server

log = logging.getLogger("odai.web")

MAX_BODY_BYTES = 256 * 1024
"""The largest form or JSON body any route takes."""


@dataclass(frozen=True, kw_only=True)
class Transport:
    """Implements `odai_core.TransportContext` for one transport."""

    server: Server
    name: str
    settings: Values
    log: logging.Logger
    public_host: str
    loopback: bool
    origins: tuple[str, ...]

    async def authenticate(self, token: str) -> Caller | None:
        return await self.server.tokens.authenticate(token)

    def local_token(self, peer: str | None, host: str | None) -> str | None:
        # With a public name a proxy stands in front, and its own address and Host header look local.
        if self.loopback and not self.public_host and auth.is_loopback(peer) and auth.is_local_name(host):
            return self.server.tokens.mint("local")
        return None

    def origin_allowed(self, origin: str | None, host: str | None) -> bool:
        return auth.origin_allowed(origin, host, self.origins, self.public_host)

    def sign(self, payload: Mapping[str, Any]) -> str:
        return self.server.signer.sign(payload, purpose=f"transport.{self.name}")

    def unsign(self, text: str, *, max_age: float) -> Mapping[str, Any] | None:
        return self.server.signer.unsign(text, purpose=f"transport.{self.name}", max_age=max_age)

    async def stopping(self) -> None:
        await self.server.admission.stopping.wait()

    def admit(self, session_id: str) -> AbstractContextManager[None]:
        return self.server.admission.admit(session_id)

    def open_call(self, info: CallInfo) -> AbstractAsyncContextManager[Call]:
        return self.server.switchboard.open_call(info)

    def open_chat(self, info: ChatInfo) -> AbstractAsyncContextManager[Chat]:
        return self.server.chats.open_chat(info)

    @property
    def chats(self) -> ChatBook:
        return self.server.chats.book


def build_app(server: Server, catalog: Catalog) -> Quart:
    """Mount what is ready and has routes. What fails while mounting is left out and said so; the others go on."""
    app = _bare_app()
    # First, so that no transport can take its name or its routes.
    app.register_blueprint(status.blueprint(server))
    home = False
    failures: dict[str, Problem] = {}
    for entry in (*catalog.ready("transports"), *catalog.ready("accounts")):
        what = "account service" if entry.kind == "accounts" else "transport"
        try:
            blueprint = _blueprint(server, catalog, entry)
            # Tried on an app of its own: a route cannot be taken back, and half a transport must not stay.
            _register(_bare_app(), entry, blueprint)
            view = _register(app, entry, blueprint)
        except SetupError as error:
            log.error("the %s %s could not be mounted: %s", what, entry.name, error)
            failures[entry.name] = Problem(cause=error.cause, remedy=error.remedy)
        except (Exception, SystemExit) as error:
            # Strangers' code again, and the only other place that runs it: the rest of the house stays open.
            log.exception("the %s %s could not be mounted", what, entry.name)
            cause = f"{entry.name} failed while its routes were made: {type(error).__name__}."
            remedy = f"Look in the log, then upgrade or remove {entry.candidate.distribution}."
            failures[entry.name] = Problem(cause=cause, remedy=remedy)
        else:
            if view is not None and not home:
                app.add_url_rule("/", endpoint="home", view_func=view)
                home = True
    server.mount_failures = failures
    server.accounts.left_out = frozenset(failures)
    return app


def _bare_app() -> Quart:
    app = Quart("odai_core.web", static_folder=None)
    app.config["MAX_CONTENT_LENGTH"] = MAX_BODY_BYTES
    app.config["BODY_TIMEOUT"] = 10
    return app


def _blueprint(server: Server, catalog: Catalog, entry: Entry) -> Blueprint:
    """The plugin's own routes; raises whatever it raises."""
    if isinstance(entry.plugin, AccountPlugin):
        server.accounts.check(catalog)
        return entry.plugin.blueprint(Linking(server=server, entry=entry))
    assert isinstance(entry.plugin, TransportPlugin)
    return entry.plugin.blueprint(_context(server, catalog, entry))


def _register(app: Quart, entry: Entry, blueprint: Blueprint) -> Any:
    """Add its routes. Gives the view for "/", or None; raises what Quart raises, or PluginError."""
    plugin = entry.plugin
    if isinstance(plugin, AccountPlugin):
        prefix = f"/auth/{plugin.name}"
        app.register_blueprint(blueprint, url_prefix=prefix)
        if not app.url_map.bind("").test(prefix + plugin.connect, method="GET"):
            raise PluginError(f"{plugin.name} has no route {plugin.connect} to begin at.", "Upgrade or remove it.")
        return None
    assert isinstance(plugin, TransportPlugin)
    app.register_blueprint(blueprint, url_prefix=plugin.prefix)
    if not plugin.home:
        return None
    view = app.view_functions.get(f"{blueprint.name}.{plugin.home}")
    if view is None:
        raise PluginError(f"{plugin.name} has no view named {plugin.home!r} for its home.", "Upgrade or remove it.")
    return view


def _context(server: Server, catalog: Catalog, entry: Entry) -> Transport:
    core: BoundValues = server.settings.core
    return Transport(
        server=server,
        name=entry.name,
        settings=catalog.settings_of(entry),
        log=logging.getLogger(f"odai.transport.{entry.name}"),
        public_host=core["ODAI_PUBLIC_HOST"],
        loopback=server.loopback,
        origins=core["ODAI_ORIGINS"],
    )
