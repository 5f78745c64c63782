"""What `odai serve` says once it listens: where, who answers, what is ready and what is not."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING

from odai_core.cli import output
from odai_core.cli.installed import STATE_STYLES
from odai_core.contract import TransportPlugin
from odai_core.errors import SetupError
from odai_core.plugins.catalog import State

if TYPE_CHECKING:
    from odai_core.plugins.catalog import Entry
    from odai_core.web.app import Server

Fact = tuple[str, str, str]
"""A label, its style, and words."""

LOCAL_USER = "local"
"""Whom the page of this machine stands for, too."""
ANY_ADDRESS = frozenset({"0.0.0.0", "::"})


def welcome(server: Server, host: str, port: int, *, loopback: bool) -> None:
    """Print it, calmly, to stdout."""
    from rich.text import Text

    from odai_core.plugins.loading import core_version

    out = output.console()
    address = url(host, port)
    where = Text(address, style=f"bold link {address}")
    out.print(Text.assemble((f"ODAI {core_version()}", "bold"), " listens on ", where), soft_wrap=True)
    facts = [*_ready(server), *_pages(server, address), *_not_ready(server)]
    output.print_facts(facts if loopback else [*facts, _public(server)])
    if loopback and not server.tokens.issuer and not server.settings.core["ODAI_PUBLIC_HOST"]:
        _print_token(server)
    out.print(output.styled("Stop it with Ctrl+C.", "dim"))


def _print_token(server: Server) -> None:
    """For programs on this machine; the page brings its own. Never where others could read it in a log."""
    from rich.text import Text

    from odai_core.web.auth import TOKEN_SECONDS

    hours = round(TOKEN_SECONDS / 3600)
    words = f"A token for programs on this machine, good for {hours} hours (Authorization: Bearer ..., or ?token=...):"
    out = output.console()
    out.print(output.styled(words, "dim"), soft_wrap=True)
    out.print(Text(server.tokens.mint(LOCAL_USER)), soft_wrap=True)


def url(host: str, port: int) -> str:
    """Where a browser on this machine finds a server that listens on `host`."""
    name = "127.0.0.1" if host in ANY_ADDRESS else host
    return f"http://{f'[{name}]' if ':' in name else name}:{port}/"


def _ready(server: Server) -> Iterator[Fact]:
    catalog = server.host.catalog
    yield from _models(server)
    for label, kind in (("ways in", "transports"), ("ready", "tools")):
        titles = [getattr(entry.plugin, "title", entry.name) for entry in catalog.ready(kind)]
        yield label, "green", ", ".join(titles) or "none yet"
    if server.tokens.issuer:
        yield "sign-in", "green", f"users of {server.tokens.issuer}"
    if server.settings.core["ODAI_DEMO"]:
        yield "demo", "yellow", "connectors without a key answer from sample data"


def _models(server: Server) -> Iterator[Fact]:
    """Who answers calls; who answers chats, where that is another one."""
    from odai_core.plugins.choice import choose_model, choose_text_model

    catalog, core = server.host.catalog, server.settings.core
    calls = _model("", lambda: choose_model(catalog, core["ODAI_MODEL"]))
    chats = _model(" in chats", lambda: choose_text_model(catalog, core["ODAI_TEXT_PLUGIN"]))
    yield calls
    if chats[2] != calls[2]:
        yield chats


def _model(where: str, choose: Callable[[], Entry]) -> Fact:
    try:
        model = choose()
    except SetupError as error:
        return f"no model{where}", "bold red", str(error)
    return f"answers{where}", "green", f"{getattr(model.plugin, 'title', model.name)} ({model.name})"


def _pages(server: Server, address: str) -> Iterator[Fact]:
    """What else a browser may open."""
    for entry in server.host.catalog.ready("transports"):
        plugin = entry.plugin
        if isinstance(plugin, TransportPlugin) and plugin.page and entry.name not in server.mount_failures:
            yield plugin.summary, "green", f"{address.rstrip('/')}{plugin.prefix}/"


def _not_ready(server: Server) -> Iterator[Fact]:
    given = server.settings.given()
    waiting = [entry.name for entry in server.host.catalog.not_ready() if entry.unused(given)]
    if waiting:
        yield (
            "needs setup",
            STATE_STYLES[State.NEEDS_SETUP],
            f"{', '.join(waiting)} (odai plugins says what each takes)",
        )
    for entry in server.host.catalog.not_ready():
        if entry.problem is not None and entry.state != "disabled" and not entry.unused(given):
            words = f"{entry.name}: {entry.problem.cause} {entry.problem.remedy}"
            yield str(entry.state), STATE_STYLES[entry.state], words
    for name in server.mount_failures:
        yield "broken", "bold red", f"{name}: could not be mounted; the log says why."


def _public(server: Server) -> Fact:
    words = "Other machines can reach this address, so the page carries no token. "
    if server.tokens.issuer:
        return "note", "yellow", words + "Users bring one of their own."
    if server.settings.core["ODAI_SECRET"]:
        return "note", "yellow", words + "Make one for each person who may talk: odai token --user NAME"
    return "note", "yellow", words + "To make tokens set ODAI_SECRET, restart, and type: odai token --user NAME"
