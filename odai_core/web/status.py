"""What the server says of itself, to people and machines."""

from __future__ import annotations

import asyncio
import hmac
from dataclasses import asdict
from typing import TYPE_CHECKING, Any

from quart import Blueprint, request

from odai_core.plugins.loading import core_version

if TYPE_CHECKING:
    from odai_core.web.app import Server

Answer = tuple[Any, int] | dict[str, Any]


def blueprint(server: Server) -> Blueprint:
    """`/test` and everything under `/-/`."""
    routes = Blueprint("status", __name__)

    @routes.get("/test")
    async def test() -> Answer:
        environment = server.settings.core["ODAI_ENVIRONMENT"]
        return {
            "status": "success",
            "service": "ODAI API",
            "environment": environment,
            "connections": len(server.admission) + len(server.chats.live),
        }

    @routes.get("/-/health")
    async def health() -> Answer:
        return {"status": "ok", "version": core_version()}

    @routes.get("/-/ready")
    async def ready() -> Answer:
        problem = server.not_ready()
        return ({"status": "not ready", "reason": problem}, 503) if problem else {"status": "ready"}

    @routes.get("/-/plugins")
    async def plugins() -> Answer:
        catalog = await asyncio.to_thread(server.host.refresh)
        rows = [entry.describe() for entry in catalog.entries]
        failures = {name: asdict(problem) for name, problem in server.mount_failures.items()}
        return {"generation": catalog.generation, "plugins": rows, "mount_failures": failures}

    @routes.post("/-/plugins/reload")
    async def reload() -> Answer:
        wanted = server.settings.core["ODAI_ADMIN_TOKEN"].reveal()
        given = request.headers.get("Authorization", "").removeprefix("Bearer ").strip()
        if not wanted:
            return {"error": "Reloading by request is off. Set ODAI_ADMIN_TOKEN to allow it."}, 403
        if not hmac.compare_digest(given.encode(), wanted.encode()):
            return {"error": "That is not the admin token."}, 401
        catalog = await asyncio.to_thread(server.host.reload)
        return {"generation": catalog.generation, "plugins": [entry.describe() for entry in catalog.entries]}

    @routes.get("/-/metrics")
    async def metrics() -> Any:
        return _metrics(server), 200, {"Content-Type": "text/plain; version=0.0.4; charset=utf-8"}

    return routes


def _metrics(server: Server) -> str:
    """Prometheus text format."""
    figures = {
        "odai_calls_live": ("gauge", "Calls right now.", len(server.admission)),
        "odai_calls_total": ("counter", "Calls opened since the start.", server.switchboard.opened),
        "odai_calls_refused_total": ("counter", "Calls refused since the start.", server.admission.refused),
        "odai_chats_live": ("gauge", "Chats that are open.", len(server.chats.live)),
        "odai_chats_total": ("counter", "Chats opened since the start.", server.chats.opened),
        "odai_catalog_generation": ("gauge", "The number of the plugin catalog.", server.host.catalog.generation),
        "odai_plugins_ready": (
            "gauge",
            "Plugins that are ready.",
            sum(e.problem is None for e in server.host.catalog.entries),
        ),
    }
    lines = []
    for name, (kind, text, value) in figures.items():
        lines += [f"# HELP {name} {text}", f"# TYPE {name} {kind}", f"{name} {value}"]
    return "\n".join(lines) + "\n"
