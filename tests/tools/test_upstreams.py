"""The stand-in answers like the services, fails as told and stops when asked."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator
from random import Random

import httpx2
import pytest

from odai_core.testing.upstreams import FAULTS, UpstreamServer, bodies, mutate
from odai_core.testing.upstreams import __main__ as command


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
    assert [seen.path for seen in server.seen] == ["/amtraker/v3/trains/2150"] * 5
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
    running = asyncio.create_task(command.run(0, "k", 0.0, told.put_nowait))
    settings = dict([(await told.get()).split("=", 1) for _ in range(5)])
    running.cancel()
    with pytest.raises(asyncio.CancelledError):
        await running
    assert settings["YELP_API_KEY"] == settings["FLIGHTAWARE_API_KEY"] == "k"
    assert settings["AMTRAKER_BASE_URL"].startswith("http://127.0.0.1:")


def test_the_command_takes_its_options(monkeypatch: pytest.MonkeyPatch):
    started: list[tuple[object, ...]] = []

    async def note(*options: object) -> None:
        started.append(options[:3])
        raise KeyboardInterrupt

    monkeypatch.setattr(command, "run", note)
    monkeypatch.setattr("sys.argv", ["upstreams", "--port", "9", "--key", "k", "--latency", "0.5"])
    command.main()
    assert started == [(9, "k", 0.5)]


async def test_a_server_that_never_ran_stops_and_waits_for_nothing():
    server = UpstreamServer()
    await server.wait()
    await server.__aexit__(None, None, None)
    assert not server.seen


def test_a_mutation_changes_a_copy():
    body = bodies.yelp_search()
    changed = [mutate(body, Random(seed)) for seed in range(30)]
    assert body == bodies.yelp_search()
    assert sum(mutated != body for mutated in changed) > 25


def test_every_fault_has_a_name_of_its_own():
    assert len(set(FAULTS)) == len(FAULTS) == 19
