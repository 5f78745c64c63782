"""A catalog's transports as one Quart app."""

from __future__ import annotations

import logging
from collections.abc import Mapping
from contextlib import AbstractAsyncContextManager, AbstractContextManager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from quart import Quart

from odai_core.calls import Call, Caller, CallInfo, Values
from odai_core.contract import TransportPlugin
from odai_core.plugins.catalog import Catalog, Entry
from odai_core.settings import BoundValues
from odai_core.web import auth

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

    def authenticate(self, token: str) -> Caller | None:
        return self.server.tokens.authenticate(token)

    def local_token(self, peer: str | None, host: str | None) -> str | None:
        if self.loopback and auth.is_loopback(peer) and auth.is_local_name(host):
            return self.server.tokens.mint("local")
        return None

    def origin_allowed(self, origin: str | None, host: str | None) -> bool:
        return auth.origin_allowed(origin, host, self.origins, self.public_host)

    def sign(self, payload: Mapping[str, Any]) -> str:
        return self.server.signer.sign(payload, purpose=f"transport.{self.name}")

    def unsign(self, text: str, *, max_age: float) -> Mapping[str, Any] | None:
        return self.server.signer.unsign(text, purpose=f"transport.{self.name}", max_age=max_age)

    def admit(self, session_id: str) -> AbstractContextManager[None]:
        return self.server.admission.admit(session_id)

    def open_call(self, info: CallInfo) -> AbstractAsyncContextManager[Call]:
        return self.server.switchboard.open_call(info)


def build_app(server: Server, catalog: Catalog) -> Quart:
    """Mount every ready transport. One that fails while mounting is left out and said so; the others go on."""
    app = Quart("odai_core.web", static_folder=None)
    app.config["MAX_CONTENT_LENGTH"] = MAX_BODY_BYTES
    app.config["BODY_TIMEOUT"] = 10
    home = False
    server.mount_failures = {}
    for entry in catalog.ready("transports"):
        try:
            view = _mount(app, server, catalog, entry)
        except Exception as error:
            # Strangers' code again, and the only other place that runs it: the rest of the house stays open.
            log.exception("the transport %s could not be mounted", entry.name)
            server.mount_failures[entry.name] = type(error).__name__
            continue
        if view is not None and not home:
            app.add_url_rule("/", endpoint="home", view_func=view)
            home = True
    return app


def _mount(app: Quart, server: Server, catalog: Catalog, entry: Entry) -> Any:
    plugin = entry.plugin
    assert isinstance(plugin, TransportPlugin)
    core: BoundValues = server.settings.core
    context = Transport(
        server=server,
        name=entry.name,
        settings=catalog.settings_of(entry),
        log=logging.getLogger(f"odai.transport.{entry.name}"),
        public_host=core["ODAI_PUBLIC_HOST"],
        loopback=server.loopback,
        origins=core["ODAI_ORIGINS"],
    )
    blueprint = plugin.blueprint(context)
    app.register_blueprint(blueprint, url_prefix=plugin.prefix)
    return app.view_functions[f"{blueprint.name}.{plugin.home}"] if plugin.home else None
