"""Yelp, the AeroAPI and Amtraker under one port, checking keys and parameters as they do."""

from __future__ import annotations

import asyncio
import contextlib
import re
import socket
from collections import defaultdict, deque
from collections.abc import Mapping
from dataclasses import dataclass
from types import TracebackType
from typing import Any

import msgspec
from hypercorn.asyncio import serve
from hypercorn.config import Config
from quart import Quart, Response, request

from odai_core.testing.upstreams import bodies
from odai_core.testing.upstreams.faults import JSON, Fault, response

SLOW = 60.0
"""Seconds the fault "slow" takes, unless the server stops first."""


@dataclass(frozen=True, kw_only=True)
class Seen:
    """A request that arrived."""

    service: str
    path: str
    query: Mapping[str, str]
    headers: Mapping[str, str]


class UpstreamServer:
    """`async with UpstreamServer() as server:` and point the connectors' *_BASE_URL at `server.url(...)`.

    `key` is the one every service accepts. Services: "yelp", "flightaware", "amtrak". `latency` is in seconds and may
    be changed at any time.
    """

    def __init__(self, *, key: str = "test-key", port: int = 0, latency: float = 0.0) -> None:
        self.key = key
        self.latency = latency
        self.seen: deque[Seen] = deque(maxlen=1000)
        self.arrived = asyncio.Event()
        """Set by every request."""
        self._port = port
        self._planned: defaultdict[str, deque[Response | Fault]] = defaultdict(deque)
        self._stop = asyncio.Event()
        self._running: asyncio.Task[None] | None = None

    def url(self, service: str) -> str:
        """The base URL of one service, as the connector's setting wants it."""
        return f"http://127.0.0.1:{self._port}{_BASES[service]}"

    def fail(self, service: str, *faults: Fault) -> None:
        """The next requests to this service fail so, one after the other."""
        self._planned[service].extend(faults)

    def answer(self, service: str, body: Any, *, status: int = 200) -> None:
        """The next request to this service is answered with this JSON value, or these bytes."""
        encoded = body if isinstance(body, bytes) else msgspec.json.encode(body)
        self._planned[service].append(Response(encoded, status, content_type=JSON))

    def forget(self) -> None:
        """Drop what was planned and seen."""
        self._planned.clear()
        self.seen.clear()
        self.arrived.clear()

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

    def _app(self) -> Quart:
        app = Quart(__name__)
        app.logger.disabled = True
        app.before_request(self._intercept)
        app.get("/yelp/businesses/search")(self._yelp_search)
        app.get("/yelp/businesses/<business>/reviews")(self._yelp_reviews)
        app.get("/aeroapi/flights/<ident>")(self._aeroapi_flights)
        app.get("/amtraker/v3/trains/<number>")(self._amtraker_trains)
        app.post("/control")(self._control)
        return app

    async def _intercept(self) -> Response | None:
        """Note the request; answer it here when something was planned for its service."""
        service = next((name for name, base in _BASES.items() if request.path.startswith(base)), "")
        if not service:
            return None
        self.seen.append(
            Seen(service=service, path=request.path, query=dict(request.args), headers=dict(request.headers))
        )
        self.arrived.set()
        planned = self._planned[service].popleft() if self._planned[service] else None
        await self._pause(SLOW if planned == "slow" else self.latency)
        if planned is None or planned == "slow":
            return None
        return planned if isinstance(planned, Response) else response(planned)

    async def _pause(self, seconds: float) -> None:
        if seconds:
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(self._stop.wait(), seconds)

    async def _control(self) -> Response:
        """`{"service": "yelp", "faults": ["429"], "latency": 0.5}`: the same from outside the process."""
        wanted = await request.get_json()
        self.fail(wanted.get("service", ""), *wanted.get("faults", ()))
        self.latency = float(wanted.get("latency", self.latency))
        return _json({"ok": True})

    # -- Yelp ----------------------------------------------------------------------------------------

    async def _yelp_search(self) -> Response:
        refused = self._yelp_key()
        if refused:
            return refused
        if not request.args.get("location"):
            return _yelp_error(400, "LOCATION_MISSING")
        if not 1 <= int(request.args.get("limit", "20")) <= 50:
            return _yelp_error(400, "VALIDATION_ERROR")
        if request.args["location"] == "Nowhere":
            return _yelp_error(400, "LOCATION_NOT_FOUND")
        if request.args.get("term") == "nothing":
            return _json({"total": 0, "region": {}, "businesses": []})
        return _json(bodies.yelp_search())

    async def _yelp_reviews(self, business: str) -> Response:
        refused = self._yelp_key()
        if refused:
            return refused
        if business == "base-plan":
            return _yelp_error(403, "NOT_AUTHORIZED")
        if not business.startswith("gR9"):
            return _yelp_error(404, "BUSINESS_NOT_FOUND")
        return _json(bodies.yelp_reviews())

    def _yelp_key(self) -> Response | None:
        given = request.headers.get("Authorization", "")
        if given == f"Bearer {self.key}":
            return None
        return _yelp_error(401, "TOKEN_INVALID" if given else "TOKEN_MISSING")

    # -- AeroAPI and Amtraker ------------------------------------------------------------------------

    async def _aeroapi_flights(self, ident: str) -> Response:
        if request.headers.get("x-apikey") != self.key:
            return _aeroapi_error(401, "Unauthorized", "Invalid API key")
        if not all(_ISO.fullmatch(request.args.get(name, "")) for name in ("start", "end")):
            return _aeroapi_error(400, "Invalid argument", "start and end must be ISO 8601 times")
        known = re.fullmatch(r"DAL\d+", ident)
        return _json(bodies.aeroapi_flights(ident) if known else {"links": None, "num_pages": 1, "flights": []})

    async def _amtraker_trains(self, number: str) -> Response:
        return _json(bodies.amtraker_trains(number))


_BASES = {"yelp": "/yelp", "flightaware": "/aeroapi", "amtrak": "/amtraker"}
_ISO = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ")


def _json(body: Any, status: int = 200) -> Response:
    return Response(msgspec.json.encode(body), status, content_type=JSON)


def _yelp_error(status: int, code: str) -> Response:
    return _json({"error": {"code": code, "description": "As Yelp words it.", "field": None}}, status)


def _aeroapi_error(status: int, title: str, detail: str) -> Response:
    return _json(
        {"title": title, "reason": title.upper().replace(" ", "_"), "detail": detail, "status": status}, status
    )
