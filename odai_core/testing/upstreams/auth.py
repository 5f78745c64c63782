"""How services check keys."""

from __future__ import annotations

from base64 import b64encode
from collections.abc import Callable, Mapping

from odai_core.testing.upstreams.service import Ask, Authorize, Reply

Refused = Reply | Callable[[bool], Reply]
"""What is answered to a missing or wrong key; a function is told whether one was given."""


def anybody(ask: Ask) -> None:
    """No key is asked for."""


def bearer(refused: Refused) -> Authorize:
    """`Authorization: Bearer <key>`."""
    return header("Authorization", refused, prefix="Bearer ")


def header(name: str, refused: Refused, *, prefix: str = "") -> Authorize:
    """The key in a header of its own."""
    return _check(lambda ask: ask.headers.get(name.lower(), ""), lambda ask: prefix + ask.key, refused)


def headers(expected: Mapping[str, str], refused: Refused) -> Authorize:
    """Several headers at once, `{key}` standing for the key; "*" takes anything that is not empty."""

    def check(ask: Ask) -> Reply | None:
        given = {name: ask.headers.get(name.lower(), "") for name in expected}
        wanted = {name: value.replace("{key}", ask.key) for name, value in expected.items()}
        if all(given[name] and wanted[name] in ("*", given[name]) for name in expected):
            return None
        return _refuse(refused, all(given.values()))

    return check


def query(name: str, refused: Refused) -> Authorize:
    """The key in the query."""
    return _check(lambda ask: ask.query.get(name, ""), lambda ask: ask.key, refused)


def path(name: str, refused: Refused) -> Authorize:
    """The key in the path, where the routes have `{name}`."""
    return _check(lambda ask: ask.args.get(name, ""), lambda ask: ask.key, refused)


def basic(refused: Refused, *, user: str = "{key}", password: str = "") -> Authorize:
    """HTTP Basic, `{key}` standing for the key."""

    def expected(ask: Ask) -> str:
        pair = f"{user}:{password}".replace("{key}", ask.key)
        return f"Basic {b64encode(pair.encode()).decode()}"

    return _check(lambda ask: ask.headers.get("authorization", ""), expected, refused)


def _check(given: Callable[[Ask], str], expected: Callable[[Ask], str], refused: Refused) -> Authorize:
    def check(ask: Ask) -> Reply | None:
        return None if given(ask) == expected(ask) else _refuse(refused, bool(given(ask)))

    return check


def _refuse(refused: Refused, given: bool) -> Reply:
    return refused if isinstance(refused, Reply) else refused(given)
