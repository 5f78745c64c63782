"""ExchangeRate-API version 6: all rates of one currency, and one pair."""

from __future__ import annotations

from typing import Any

from odai_core.testing.upstreams import auth
from odai_core.testing.upstreams.service import Ask, Reply, Route, Service

FOR_A_DOLLAR = {"USD": 1, "AED": 3.6725, "EUR": 0.9123, "GBP": 0.7812, "JPY": 148.21, "CAD": 1.3702, "VND": 25410.5}


def latest(ask: Ask) -> Any:
    """What one unit of the base is in all others."""
    base = ask.args["base"]
    if base not in FOR_A_DOLLAR:
        return failure("unsupported-code", 404)
    rates = {iso: round(rate / FOR_A_DOLLAR[base], 6) for iso, rate in FOR_A_DOLLAR.items()}
    return head() | {"base_code": base, "conversion_rates": rates}


def pair(ask: Ask) -> Any:
    """A code it does not know is told with status 404."""
    base, target = ask.args["base"], ask.args["target"]
    if base not in FOR_A_DOLLAR or target not in FOR_A_DOLLAR:
        return failure("unsupported-code", 404)
    rate = round(FOR_A_DOLLAR[target] / FOR_A_DOLLAR[base], 6)
    return head() | {"base_code": base, "target_code": target, "conversion_rate": rate}


def head() -> dict[str, Any]:
    """What every answer begins with."""
    return {
        "result": "success",
        "documentation": "https://www.exchangerate-api.com/docs",
        "terms_of_use": "https://www.exchangerate-api.com/terms",
        "time_last_update_unix": 1795305601,
        "time_last_update_utc": "Sun, 22 Nov 2026 00:00:01 +0000",
        "time_next_update_unix": 1795392001,
        "time_next_update_utc": "Mon, 23 Nov 2026 00:00:01 +0000",
    }


def failure(kind: str, status: int) -> Reply:
    """As the service shapes its errors."""
    return Reply({"result": "error", "error-type": kind}, status)


SERVICE = Service(
    name="exchange-rate",
    settings={"EXCHANGERATE_API_KEY": "{key}", "EXCHANGERATE_BASE_URL": "{url}"},
    authorize=auth.bearer(failure("invalid-key", 403)),
    routes=[Route("GET", "/v6/latest/{base}", latest), Route("GET", "/v6/pair/{base}/{target}", pair)],
    errors={
        400: failure("malformed-request", 400),
        403: failure("inactive-account", 403),
        404: failure("unsupported-code", 404),
    },
)
