"""The stand-in answers like the services, fails as told and stops when asked."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator
from random import Random

import httpx2
import pytest
from click.testing import CliRunner

from odai_core import Setting, SetupError, ToolPlugin
from odai_core.cli import upstreams as command
from odai_core.testing.upstreams import FAULTS, Ask, Reply, Route, Service, UpstreamServer, auth, known_services, mutate
from odai_core.testing.upstreams import service as service_file
from odai_core.testing.upstreams.services import yelp


@pytest.fixture
async def server() -> AsyncIterator[UpstreamServer]:
    async with UpstreamServer() as running:
        yield running


@pytest.fixture
async def client() -> AsyncIterator[httpx2.AsyncClient]:
    async with httpx2.AsyncClient() as made:
        yield made


BEARER = {"Authorization": "Bearer test-key"}
API_KEY = {"x-apikey": "test-key"}


@pytest.mark.parametrize(
    ("service", "path", "headers", "status"),
    [
        ("yelp", "/businesses/search?location=Boston", BEARER, 200),
        ("yelp", "/businesses/search?location=Boston", {}, 401),
        ("yelp", "/businesses/search?location=Boston&limit=51", BEARER, 400),
        ("yelp", "/businesses/search?term=tacos", BEARER, 400),
        ("yelp", "/businesses/nobody/reviews", BEARER, 404),
        ("yelp", "/businesses/nobody/reviews", {"Authorization": "Bearer x"}, 401),
        ("flightaware", "/flights/DAL113?start=2026-11-22T14:00:00Z&end=2026-11-23T14:00:00Z", API_KEY, 200),
        ("flightaware", "/flights/DAL113?start=yesterday", API_KEY, 400),
        ("flightaware", "/flights/DAL113", {}, 401),
        ("amtrak", "/v3/trains/2150", {}, 200),
        ("elsewhere", "", {}, 404),
    ],
)  # fmt: skip
async def test_keys_and_parameters_are_checked(service, path, headers, status, server, client):
    url = server.url(service) + path if service != "elsewhere" else server.url("yelp").replace("yelp", "nothing")
    assert (await client.get(url, headers=headers)).status_code == status


async def test_faults_come_in_order_and_then_all_is_well(server: UpstreamServer, client: httpx2.AsyncClient):
    server.fail("amtrak", "500", "429", "html")
    server.answer("amtrak", {"mine": 1}, status=201)
    answers = [await client.get(server.url("amtrak") + "/v3/trains/2150") for _ in range(5)]
    assert [answer.status_code for answer in answers] == [500, 429, 200, 201, 200]
    assert answers[1].headers["retry-after"] == "30"
    assert answers[2].text.startswith("<!doctype html>")
    assert answers[3].json() == {"mine": 1}
    assert [seen.path for seen in server.seen] == ["/v3/trains/2150"] * 5
    server.fail("amtrak", "500")
    server.forget()
    assert (await client.get(server.url("amtrak") + "/v3/trains/2150")).status_code == 200
    assert len(server.seen) == 1


async def test_a_truncated_answer_breaks_off(server: UpstreamServer, client: httpx2.AsyncClient):
    server.fail("amtrak", "truncated")
    with pytest.raises(httpx2.HTTPError):
        await client.get(server.url("amtrak") + "/v3/trains/2150")


async def test_it_can_be_told_from_outside(server: UpstreamServer, client: httpx2.AsyncClient):
    control = server.url("yelp").replace("/yelp", "/control")
    await client.post(control, json={"service": "amtrak", "faults": ["503"], "latency": 0.01})
    assert (await client.get(server.url("amtrak") + "/v3/trains/2150")).status_code == 503
    assert server.latency == 0.01


async def test_stopping_ends_a_slow_answer(client: httpx2.AsyncClient):
    async with UpstreamServer() as server:
        server.fail("amtrak", "slow")
        asked = asyncio.create_task(client.get(server.url("amtrak") + "/v3/trains/2150", timeout=30))
        await server.arrived.wait()
    with contextlib.suppress(httpx2.HTTPError):
        await asyncio.wait_for(asked, 10)
    assert asked.done()


async def test_it_runs_on_its_own_and_tells_its_settings():
    told: asyncio.Queue[str] = asyncio.Queue()
    server = UpstreamServer(key="k")
    running = asyncio.create_task(command.run(server, told.put_nowait))
    settings = dict([(await told.get()).split("=", 1) for _ in range(5)])
    running.cancel()
    await asyncio.wait({running})
    names = {name for service in known_services().values() for name in service.settings}
    settings |= dict(told.get_nowait().split("=", 1) for _ in range(told.qsize()))
    assert settings.keys() == names
    assert settings["YELP_API_KEY"] == settings["FLIGHTAWARE_API_KEY"] == "k"
    assert settings["AMTRAKER_BASE_URL"] == server.url("amtrak")


async def test_a_taken_port_is_the_operators_matter():
    async with UpstreamServer() as server:
        port = int(server.url("yelp").split(":")[2].split("/")[0])
        with pytest.raises(SetupError, match="--port 0"):
            await command.run(UpstreamServer(port=port), print)


def test_the_command_takes_its_options(monkeypatch: pytest.MonkeyPatch):
    started: list[UpstreamServer] = []

    async def note(server: UpstreamServer, tell: object) -> None:
        started.append(server)
        raise KeyboardInterrupt

    monkeypatch.setattr(command, "run", note)
    done = CliRunner().invoke(command.command, ["--port", "9", "--key", "k", "--latency", "0.5"])
    assert done.exit_code == 0
    assert (started[0].key, started[0].latency) == ("k", 0.5)
    assert ":9/" in started[0].url("yelp")


async def test_a_server_that_never_ran_stops_and_waits_for_nothing():
    server = UpstreamServer()
    await server.wait()
    await server.__aexit__(None, None, None)
    assert not server.seen


def test_a_mutation_changes_a_copy():
    body = yelp.businesses()
    changed = [mutate(body, Random(seed)) for seed in range(30)]
    assert body == yelp.businesses()
    assert sum(mutated != body for mutated in changed) > 25


def test_every_fault_has_a_name_of_its_own():
    assert len(set(FAULTS)) == len(FAULTS) == 19


# -- what a service of somebody's own can rely on ----------------------------------------------------


def refused(given: bool) -> Reply:
    return Reply({"given": given}, 401)


def echo(ask: Ask) -> object:
    return {"args": dict(ask.args), "query": dict(ask.query), "json": ask.json(), "path": ask.path}


def service(authorize=auth.anybody, **more) -> Service:
    routes = [
        Route("GET", "/broken", lambda ask: 1 / 0),
        Route("POST", "/form", lambda ask: ask.form()),
        Route("GET", "/text", lambda ask: Reply(b"plain", 202, {"X-Own": "1"}, "text/plain")),
        Route("POST", "/docs/{id}:update", echo),
        Route("GET", "/{key}/things/{id}", echo),
    ]
    return Service(name="own", routes=routes, settings={"OWN_KEY": "{key}", "OWN_URL": "{url}/x"},
                   authorize=authorize, **more)  # fmt: skip


@pytest.mark.parametrize(
    ("authorize", "good", "wrong", "none"),
    [
        (auth.bearer(refused), {"headers": {"Authorization": "Bearer k"}}, {"headers": {"Authorization": "k"}}, {}),
        (auth.header("X-Key", refused), {"headers": {"x-key": "k"}}, {"headers": {"X-Key": "no"}}, {}),
        (auth.query("apikey", refused), {"params": {"apikey": "k"}}, {"params": {"apikey": "no"}}, {}),
        (auth.basic(refused), {"auth": ("k", "")}, {"auth": ("", "k")}, {}),
        (auth.basic(refused, user="me", password="{key}"), {"auth": ("me", "k")}, {"auth": ("k", "")}, {}),
        (auth.headers({"client": "*", "x-key": "{key}"}, refused), {"headers": {"client": "me", "x-key": "k"}},
         {"headers": {"client": "me", "x-key": "no"}}, {"headers": {"x-key": "k"}}),
    ],
    ids=["bearer", "header", "query", "basic", "basic-pair", "headers"],
)  # fmt: skip
async def test_each_way_of_checking_a_key(authorize, good, wrong, none, client):
    async with UpstreamServer(key="k", extra=[service(authorize)]) as server:
        url = server.url("own") + "/any/things/1"
        assert (await client.get(url, **good)).status_code == 200
        assert (await client.get(url, **wrong)).json() == {"given": True}
        assert (await client.get(url, **none)).json() == {"given": False}


async def test_a_key_in_the_path(client):
    async with UpstreamServer(key="k", extra=[service(auth.path("key", Reply({}, 403)))]) as server:
        assert (await client.get(server.url("own") + "/k/things/1")).status_code == 200
        assert (await client.get(server.url("own") + "/no/things/1")).status_code == 403


async def test_paths_are_matched_before_they_are_decoded(client):
    async with UpstreamServer(extra=[service()]) as server:
        answer = await client.get(server.url("own") + "/a/things/..%2F..%2Fb%3Fc%3D%C3%A9?d=e%26f")
        assert answer.json()["args"] == {"key": "a", "id": "../../b?c=é"}
        assert answer.json()["query"] == {"d": "e&f"}
        assert server.seen[0].raw_path == "/a/things/..%2F..%2Fb%3Fc%3D%C3%A9"
        posted = await client.post(server.url("own") + "/docs/7:update", json={"a": [1]})
        assert (posted.json()["args"], posted.json()["json"]) == ({"id": "7"}, {"a": [1]})
        assert (await client.post(server.url("own") + "/form", data={"a": "b c"})).json() == {"a": "b c"}
        assert server.seen[-1].body == b"a=b+c"
        assert len({seen.peer for seen in server.seen}) == 1


async def test_replies_errors_and_handlers_that_break(client, caplog):
    async with UpstreamServer(extra=[service(errors={404: {"own": 404}, 429: Reply({"own": 429}, 429)})]) as server:
        text = await client.get(server.url("own") + "/text")
        assert (text.status_code, text.headers["x-own"], text.text) == (202, "1", "plain")
        assert (await client.get(server.url("own") + "/unknown")).json() == {"own": 404}
        server.fail("own", "429", "500")
        assert (await client.get(server.url("own") + "/text")).json() == {"own": 429}
        assert "FAULT" in (await client.get(server.url("own") + "/text")).text
        assert (await client.get(server.url("own") + "/broken")).status_code == 500
        assert "ZeroDivisionError" in caplog.text


async def test_faults_and_changes_can_stay(client):
    async with UpstreamServer(extra=[service()]) as server:
        url = server.url("own") + "/a/things/1"
        server.fail("own", "503", always=True)
        assert [(await client.get(url)).status_code for _ in range(3)] == [503] * 3
        server.forget()
        server.alter("own", lambda body: {**body, "query": "altered"})
        assert [(await client.get(url)).json()["query"] for _ in range(2)] == ["altered"] * 2
        assert (await client.get(server.url("own") + "/text")).text == "plain"
        server.forget()
        assert (await client.get(url)).json()["query"] == {}
        assert server.pending == 0


async def test_a_plugin_is_pointed_here_by_the_settings_it_declares():
    async with UpstreamServer(extra=[service()]) as server:
        declared = [Setting(name=name, help="x") for name in ("OWN_KEY", "OWN_URL", "YELP_API_KEY", "OTHER")]
        plugin = ToolPlugin(name="p", api=1, title="P", summary="p", tools=[], settings=declared)
        assert server.used_by(plugin) == ("yelp", "own")
        assert server.settings(plugin) == {
            "OWN_KEY": "test-key", "OWN_URL": server.url("own") + "/x", "YELP_API_KEY": "test-key",
        }  # fmt: skip


def test_every_file_of_the_folder_is_a_service():
    from importlib.resources import files

    folder = files("odai_core.testing.upstreams") / "services"
    written = [file.name for file in folder.iterdir() if file.name.endswith(".py") and file.name != "__init__.py"]
    assert len(written) == len(known_services())
    assert all(name == service.name and service.routes for name, service in known_services().items())


def test_a_service_that_breaks_stops_no_other(monkeypatch, caplog):
    def load(name):
        raise SyntaxError(name) if name.endswith("yelp") else ImportError(name)

    service_file.known_services.cache_clear()
    monkeypatch.setattr(service_file, "import_module", load)
    try:
        assert service_file.known_services() == {}
        assert "service yelp cannot be used" in caplog.text
    finally:
        service_file.known_services.cache_clear()


def test_two_services_of_one_name_are_refused(monkeypatch):
    service_file.known_services.cache_clear()
    monkeypatch.setattr(service_file, "import_module", lambda name: yelp)
    try:
        with pytest.raises(ValueError, match="yelp"):
            service_file.known_services()
    finally:
        service_file.known_services.cache_clear()


# -- services that remember ---------------------------------------------------------------------------


def _mooring(ask: Ask) -> object:
    ask.kept["boats"] = ask.kept.get("boats", 0) + 1
    ask.done.append(ask.json())
    return {"boats": ask.kept["boats"]}


HARBOUR = Service(
    name="harbour", settings={}, authorize=auth.anybody, routes=[Route("POST", "/moor", _mooring)]
)  # fmt: skip


async def test_what_a_service_did_is_known_until_it_begins_anew(client: httpx2.AsyncClient):
    async with UpstreamServer(extra=[HARBOUR]) as server:
        for boat in range(2):
            answer = await client.post(server.url("harbour") + "/moor", json={"boat": boat})
        assert (answer.json(), server.done("harbour")) == ({"boats": 2}, [{"boat": 0}, {"boat": 1}])
        server.begin_anew()
        assert (await client.post(server.url("harbour") + "/moor", json={})).json() == {"boats": 1}
        server.forget()
        assert server.done("harbour") == []


async def test_a_lost_answer_is_one_to_what_was_done(client: httpx2.AsyncClient):
    async with UpstreamServer(extra=[HARBOUR]) as server:
        server.lose("harbour", after=1)
        assert (await client.post(server.url("harbour") + "/moor", json=1)).json() == {"boats": 1}
        with pytest.raises(httpx2.RemoteProtocolError):
            await client.post(server.url("harbour") + "/moor", json=2)
        assert server.done("harbour") == [1, 2]
        server.lose("harbour")
        server.relent("harbour")
        assert (await client.post(server.url("harbour") + "/moor", json=3)).json() == {"boats": 3}
