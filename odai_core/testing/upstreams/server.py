"""Every service of the stand-in under one port, with the faults it was told to make."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import socket
from collections import defaultdict, deque
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from types import TracebackType
from typing import Any, Literal, Protocol

import msgspec
from hypercorn.asyncio import serve
from hypercorn.config import Config
from quart import Quart, Response, request

from odai_core.testing.upstreams.faults import Fault, response, sent
from odai_core.testing.upstreams.service import JSON, Ask, Reply, Service, known_services

log = logging.getLogger("odai.testing.upstreams")

Loss = Literal["lost"]
SLOW = 60.0
"""Seconds the fault "slow" takes, unless the server stops first."""


class Declares(Protocol):
    """A plugin, as far as its settings go."""

    @property
    def settings(self) -> Iterable[Any]:
        """Its `Setting`s."""


@dataclass(frozen=True, kw_only=True)
class Seen:
    """A request that arrived."""

    service: str
    """ "" for a path that belongs to no service."""
    method: str
    path: str
    """Decoded, without the service's prefix."""
    raw_path: str
    """As it was sent, still encoded, without the service's prefix."""
    query: Mapping[str, str]
    headers: Mapping[str, str]
    """Lower-case names."""
    body: bytes
    peer: str
    """The client's end of the connection: equal for requests that shared one."""


class UpstreamServer:
    """`async with UpstreamServer() as server:` and give the connectors `server.settings(plugin)`.

    `key` is the one every service accepts. `extra` are services beside (or instead of) those of the folder. `latency`
    is in seconds and may be changed at any time.
    """

    def __init__(
        self, *, key: str = "test-key", port: int = 0, latency: float = 0.0, extra: Iterable[Service] = ()
    ) -> None:
        self.key = key
        self.latency = self._latency = latency
        self.services: dict[str, Service] = {**known_services(), **{service.name: service for service in extra}}
        self.seen: deque[Seen] = deque(maxlen=1000)
        self.arrived = asyncio.Event()
        """Set by every request."""
        self.pending = 0
        """Requests that have not been answered yet."""
        self.watchers: list[Callable[[], None]] = []
        """Called, in the server's own thread, when a request has arrived and when it is over."""
        self._port = port
        self._planned: defaultdict[str, deque[Response | Fault | Loss | None]] = defaultdict(deque)
        self._always: dict[str, Fault] = {}
        self._alter: dict[str, Callable[[Any], Any]] = {}
        self._kept: defaultdict[str, dict[str, Any]] = defaultdict(dict)
        self._done: defaultdict[str, list[Any]] = defaultdict(list)
        self._stop = asyncio.Event()
        self._running: asyncio.Task[None] | None = None

    # -- where it is

    def url(self, service: str) -> str:
        """The base URL of one service. Raises KeyError for one that does not exist."""
        return f"http://127.0.0.1:{self._port}/{self.services[service].name}"

    def values(self, service: str) -> dict[str, str]:
        """The settings that lead to one service."""
        url = self.url(service)
        templates = self.services[service].settings.items()
        return {name: text.replace("{url}", url).replace("{key}", self.key) for name, text in templates}

    def used_by(self, plugin: Declares) -> tuple[str, ...]:
        """The services a plugin's settings lead to."""
        names = {setting.name for setting in plugin.settings}
        return tuple(name for name, service in self.services.items() if names & service.settings.keys())

    def settings(self, plugin: Declares) -> dict[str, str]:
        """The values of the plugin's own settings that point it at the stand-in, with keys that are accepted."""
        names = {setting.name for setting in plugin.settings}
        found = [self.values(service) for service in self.used_by(plugin)]
        return {name: value for values in found for name, value in values.items() if name in names}

    # -- what it does

    def fail(self, service: str, *faults: Fault, always: bool = False) -> None:
        """The next requests to this service fail so, one after the other; `always`: all of them, until `forget()`."""
        if always:
            (self._always[service],) = faults
        else:
            self._planned[service].extend(faults)

    def lose(self, service: str, after: int = 0) -> None:
        """After so many more requests to this service, it does what one asks for, and its answer is lost."""
        self._planned[service].extend([*[None] * after, "lost"])

    def relent(self, service: str) -> None:
        """Drop what was planned for the next requests to this service."""
        self._planned[service].clear()

    def done(self, service: str) -> list[Any]:
        """What it was made to do for good, since it last began anew."""
        return list(self._done[service])

    def begin_anew(self) -> None:
        """Every service forgets what it was told and made to do; what is planned stays."""
        self._kept.clear()
        self._done.clear()

    def answer(self, service: str, body: Any, *, status: int = 200) -> None:
        """The next request to this service is answered with this JSON value, or these bytes."""
        encoded = body if isinstance(body, bytes) else msgspec.json.encode(body)
        self._planned[service].append(Response(encoded, status, content_type=JSON))

    def alter(self, service: str, change: Callable[[Any], Any]) -> None:
        """Until `forget()`, every good JSON answer of this service passes through `change` first."""
        self._alter[service] = change

    def forget(self) -> None:
        """Drop what was planned and seen, and answer at once again."""
        self.latency = self._latency
        self.begin_anew()
        for kept in (self._planned, self._always, self._alter, self.seen, self.arrived):
            kept.clear()

    # -- its life

    async def __aenter__(self) -> UpstreamServer:
        listener = socket.socket()
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.bind(("127.0.0.1", self._port))
        listener.listen(100)
        self._port = listener.getsockname()[1]
        config = Config()
        config.bind = [f"fd://{listener.detach()}"]
        config.errorlog = None
        config.graceful_timeout = 0.2
        self._running = asyncio.create_task(serve(self._app(), config, shutdown_trigger=self._stop.wait))
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._stop.set()
        if self._running is not None:
            await self._running
            self._running = None

    async def wait(self) -> None:
        """Until the server stops."""
        if self._running is not None:
            await self._running

    # -- one request

    def _app(self) -> Quart:
        app = Quart(__name__)
        app.logger.disabled = True
        app.before_request(self._answer)
        app.post("/control")(self._control)
        return app

    async def _control(self) -> Response:
        """`{"service": "yelp", "faults": ["429"], "latency": 0.5}`: the same from outside the process."""
        wanted = await request.get_json()
        self.fail(wanted.get("service", ""), *wanted.get("faults", ()))
        self.latency = float(wanted.get("latency", self.latency))
        return sent(Reply({"ok": True}))

    async def _answer(self) -> Response | None:
        # Werkzeug decodes the path, and what a connector forgot to encode could not be told any more.
        raw = request.scope["raw_path"].decode("ascii")
        name, _, rest = raw.removeprefix("/").partition("/")
        service = self.services.get(name)
        if service is None and raw == "/control":
            return None
        self.pending += 1
        try:
            return await self._reply(service, f"/{rest}" if service else raw)
        finally:
            self.pending -= 1
            self._tell()

    async def _reply(self, service: Service | None, raw_path: str) -> Response:
        ask = await self._ask(service.name if service else "")
        self._note(service.name if service else "", ask, raw_path)
        if service is None:
            return sent(Reply({"error": "no such service"}, 404))
        planned = self._planned[service.name].popleft() if self._planned[service.name] else None
        planned = planned or self._always.get(service.name)
        await self._pause(SLOW if planned == "slow" else self.latency)
        if isinstance(planned, Response):
            return planned
        if planned == "lost":
            self._altered(service, ask, raw_path)
            return response("truncated", service)
        if planned is not None and planned != "slow":
            return response(planned, service)
        return sent(self._altered(service, ask, raw_path))

    async def _ask(self, service: str) -> Ask:
        return Ask(
            method=request.method,
            path=request.path.removeprefix(f"/{service}") if service else request.path,
            args={},
            query=dict(request.args),
            headers={name.lower(): value for name, value in request.headers.items()},
            body=bytes(await request.body),
            key=self.key,
            base=self.url(service) if service else "",
            kept=self._kept[service],
            done=self._done[service],
        )

    def _note(self, service: str, ask: Ask, raw_path: str) -> None:
        host, port = request.scope.get("client") or ("", 0)
        self.seen.append(
            Seen(
                service=service, method=ask.method, path=ask.path, raw_path=raw_path, query=ask.query,
                headers=ask.headers, body=ask.body, peer=f"{host}:{port}",
            )
        )  # fmt: skip
        self.arrived.set()
        self._tell()

    def _tell(self) -> None:
        for watcher in tuple(self.watchers):
            watcher()

    def _altered(self, service: Service, ask: Ask, raw_path: str) -> Reply:
        try:
            reply = service.reply(ask, raw_path)
        except Exception:
            log.exception("the stand-in's %s failed at %s %s", service.name, ask.method, ask.path)
            return Reply({"error": "the stand-in failed"}, 500)
        change = self._alter.get(service.name)
        if change is None or reply.status != 200 or isinstance(reply.body, bytes):
            return reply
        return Reply(change(msgspec.json.decode(reply.encoded())), 200, reply.headers)

    async def _pause(self, seconds: float) -> None:
        if seconds:
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(self._stop.wait(), seconds)
