"""The account services' routes: mounted, left out and mounted again, and what core gives these plugins."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from quart import Blueprint

from odai_core import AccountPlugin, Caller, Grant, Secret, ToolPlugin
from odai_core.errors import SettingError
from odai_core.plugins.catalog import Catalog, Entry, State
from odai_core.settings import Settings
from odai_core.web import app as app_room
from odai_core.web.app import Server, create_app

from .conftest import KEYS, entry


class Host:
    """A catalog that tests change."""

    def __init__(self, settings: Settings, *entries: Entry) -> None:
        self.settings = settings
        self.put(*entries)

    def put(self, *entries: Entry) -> None:
        self.catalog = Catalog(entries=entries, generation=getattr(getattr(self, "catalog", None), "generation", 0) + 1)

    def refresh(self) -> Catalog:
        return self.catalog


def service(name: str = "bank", blueprint: Any = None, **more: Any) -> Entry:
    def routes(ctx: Any) -> Blueprint:
        made = Blueprint(f"account-{name}", __name__)

        @made.get("/login")
        async def login() -> str:
            return name

        return made

    plugin = AccountPlugin(name=name, api=1, title=name.title(), summary="s", blueprint=blueprint or routes, **more)
    return entry(plugin, "accounts")


@pytest.fixture
async def make(monkeypatch: pytest.MonkeyPatch, tmp_path: Any) -> Any:
    servers: list[Server] = []

    def build(*entries: Entry, **settings: str) -> Server:
        monkeypatch.setattr(app_room, "PluginHost", lambda given: Host(given, *entries))
        given = {"ODAI_SECRET": "x", "ODAI_ACCOUNT_KEYS": KEYS[0], "ODAI_DATA_DIR": str(tmp_path)}
        servers.append(create_app(Settings(given | settings), loopback=True))
        return servers[-1]

    yield build
    for server in servers:
        await server.stop()


async def get(server: Server, path: str) -> tuple[int, str]:
    answer = await server._app().test_client().get(path)
    return answer.status_code, (await answer.get_data()).decode()


async def test_every_ready_service_has_its_place(make: Any):
    server = make(service("bank"), service("mail"), replace(service("away"), state=State.NEEDS_SETUP))
    assert await get(server, "/auth/bank/login") == (200, "bank")
    assert await get(server, "/auth/mail/login") == (200, "mail")
    assert (await get(server, "/auth/away/login"))[0] == 404
    assert server.mount_failures == {}


def raising(error: BaseException) -> Any:
    def blueprint(ctx: Any) -> Blueprint:
        raise error

    return blueprint


async def test_a_service_that_fails_is_left_out_and_says_why(make: Any):
    tool = entry(ToolPlugin(name="t", api=1, title="T", summary="s", tools=(), account="a"), "tools")
    server = make(
        service("a", raising(SettingError("URI is not set.", "Set URI."))),
        service("b", raising(ValueError("a token of somebody"))),
        service("c", raising(SystemExit(1))),
        service("d", connect="/elsewhere"),
        service("e"),
        tool,
    )
    assert await get(server, "/auth/e/login") == (200, "e")
    causes = {name: problem.cause for name, problem in server.mount_failures.items()}
    assert causes == {
        "a": "URI is not set.",
        "b": "b failed while its routes were made: ValueError.",
        "c": "c failed while its routes were made: SystemExit.",
        "d": "d has no route /elsewhere to begin at.",
    }
    assert server.accounts.account_of(server.host.catalog, tool, Caller(user_id="ada")) is None


async def test_a_service_that_comes_later_is_mounted_and_one_that_goes_is_not(make: Any):
    server = make()
    assert (await get(server, "/auth/bank/login"))[0] == 404
    bank = service("bank")
    server.host.put(bank)
    assert (await get(server, "/auth/bank/login"))[0] == 200
    mounted = server._app()
    server.host.put(bank)
    assert server._app() is mounted
    server.host.put()
    assert (await get(server, "/auth/bank/login"))[0] == 404


async def test_without_a_key_the_server_does_not_start(make: Any):
    server = make(service("bank"), ODAI_ACCOUNT_KEYS="")
    with pytest.raises(SettingError, match="ODAI_ACCOUNT_KEYS is not set"):
        await server.start()
    await make(service("bank"), ODAI_ACCOUNT_KEYS="", ODAI_DEMO="1").start()
    await make(ODAI_ACCOUNT_KEYS="").start()


async def test_without_a_key_a_service_that_comes_later_is_left_out(make: Any):
    server = make(ODAI_ACCOUNT_KEYS="")
    await server.start()
    server.host.put(service("bank"))
    assert (await get(server, "/auth/bank/login"))[0] == 404
    assert "ODAI_ACCOUNT_KEYS" in server.mount_failures["bank"].cause


async def test_a_bad_key_stops_the_start(make: Any):
    with pytest.raises(SettingError, match="its only key is not one"):
        make(ODAI_ACCOUNT_KEYS="nonsense")


async def test_what_core_gives_a_service(make: Any):
    given: list[Any] = []

    def keep(ctx: Any) -> Blueprint:
        given.append(ctx)
        made = Blueprint(f"b{len(given)}", __name__)
        made.get("/login")(lambda: "")
        return made

    bank, mail = service("bank", keep), service("mail", keep)
    server = make(bank, mail, ODAI_PUBLIC_HOST="odai.example")
    server._app()
    ctx, other = given
    assert (ctx.public_url, ctx.loopback, ctx.http, ctx.log.name) == (
        "https://odai.example", True, server.http, "odai.account.bank",
    )  # fmt: skip
    assert dict(ctx.settings) == {}
    assert ctx.origin_allowed("https://odai.example", "odai.example")
    assert not ctx.origin_allowed("https://evil.example", "odai.example")
    assert (await ctx.authenticate(server.tokens.mint("ada"))).user_id == "ada"
    assert await ctx.authenticate("x") is None
    text = ctx.sign({"user": "ada"})
    assert (ctx.unsign(text, max_age=9), other.unsign(text, max_age=9)) == ({"user": "ada"}, None)
    assert [await ctx.once("a", seconds=9), await ctx.once("a", seconds=9), await other.once("a", seconds=9)] == [
        True, False, True,
    ]  # fmt: skip
    link_id = await ctx.save("ada", Grant(subject="s", label="l", access_token=Secret("t")))
    assert [link.id for link in await ctx.links("ada")] == [link_id]
    assert [link.token.reveal() for link in await ctx.account("ada").links()] == ["t"]
    assert (await other.links("ada"), await ctx.links("eve")) == ((), ())
    assert [await other.remove("ada", link_id), await ctx.remove("eve", link_id), await ctx.remove("ada", link_id)] == [
        False, False, True,
    ]  # fmt: skip
