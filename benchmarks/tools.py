"""What a tool call costs: many at once while the service is slow, and ours beside a bare httpx2 loop.

    python benchmarks/tools.py [--at-once 200] [--latency 0.3] [--calls 400]

The stand-in for the services (`odai upstreams`) runs in a process of its own. First as many searches on Yelp as
`--at-once` says, started together from this one process, each for something else, so that no cache answers. Then
`--calls` requests one after the other, without latency: through `invoke` with everything a call does (arguments
decoded, time-out, circuit breaker, answer checked, projection for the model), and bare. Prints figures and ratios.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import logging
import statistics
import subprocess
import sys
import time
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import httpx2

from odai_core import Caller, ToolContext, ToolResponse
from odai_core.plugins.host import PluginHost
from odai_core.settings import Settings
from odai_core.tools.compact import for_model
from odai_core.tools.http import HttpClient
from odai_core.tools.invoke import invoke
from odai_core.tools.schema import ToolSpec, describe

YELP = "search_businesses_at_yelp"
ALL_WITHIN = 1.0
"""Seconds all calls at once may take."""
OVERHEAD_MS = 1.0
WARM_UP = 20


@dataclass(frozen=True)
class Cost:
    """Milliseconds a call: median on the clock, and mean of this process's processor time."""

    wall: float
    cpu: float


@contextmanager
def upstreams(latency: float) -> Iterator[dict[str, str]]:
    """The stand-in in its own process; the settings that lead there."""
    program = "from odai_core.cli import main; main()"
    command = [sys.executable, "-u", "-c", program, "upstreams", "--port", "0", "--latency", str(latency)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        try:
            assert process.stdout is not None
            values: dict[str, str] = {}
            while not {"YELP_API_KEY", "YELP_BASE_URL"} <= values.keys():
                line = process.stdout.readline()
                if not line:
                    raise SystemExit("The stand-in did not start.")
                name, _, value = line.strip().partition("=")
                values[name] = value
            yield values
        finally:
            process.terminate()


@dataclass(frozen=True)
class Bench:
    """One client, the Yelp connector and a tool that does nothing but ask."""

    values: dict[str, str]
    http: HttpClient
    context: ToolContext
    yelp: ToolSpec
    plain: ToolSpec

    @classmethod
    def of(cls, values: dict[str, str]) -> Bench:
        """Loads the connector as a server does."""
        catalog = PluginHost(Settings(values | {"ODAI_PLUGINS": "yelp"})).catalog
        entry = catalog.find("tools", "yelp")
        if entry is None or not entry.specs:
            raise SystemExit("Install the connector first: pip install odai-tool-yelp")
        http = HttpClient()
        context = ToolContext(http=http, settings=entry.values, caller=Caller(), log=logging.getLogger("benchmark"))
        yelp = next(spec for spec in entry.specs if spec.name == YELP)
        return cls(values, http, context, yelp, describe(ask))

    async def call(self, spec: ToolSpec, number: int) -> None:
        """As a call runs a tool: JSON in, text for the model out."""
        response = await invoke(
            spec, json.dumps({"location": "Boston", "search_term": f"tacos {number}"}), self.context
        )
        if not response.ok:
            raise SystemExit(f"A call failed: {response.response}")
        for_model(response)


async def ask(ctx: ToolContext, location: str, search_term: str) -> ToolResponse:
    """Ask the service, and hand on what it says."""
    found = await ctx.http.get_json(
        ctx.settings["YELP_BASE_URL"],
        "businesses",
        "search",
        params={"location": location, "term": search_term, "limit": 10},
        auth=ctx.settings["YELP_API_KEY"],
        service="Yelp",
    )
    return ToolResponse(response_type="found", response=found, spoken="Found.", voice={"total": found["total"]})


async def timed(calls: int, one: Callable[[int], Awaitable[Any]]) -> Cost:
    """One after the other, after some that only warm up."""
    for number in range(WARM_UP):
        await one(-1 - number)
    walls, cpu = [], time.process_time()
    for number in range(calls):
        started = time.perf_counter()
        await one(number)
        walls.append(1000 * (time.perf_counter() - started))
    return Cost(statistics.median(walls), 1000 * (time.process_time() - cpu) / calls)


async def at_once(values: dict[str, str], calls: int) -> tuple[float, float, float]:
    """Seconds until the last call is answered: bare requests, then ours, both over at most 100 connections; our CPU."""
    async with bare_client(values) as client:
        bare = await _all(calls, lambda number: bare_call(client, values, number))
    bench = Bench.of(values)
    bench.http.warm_up()
    try:
        cpu = time.process_time()
        ours = await _all(calls, lambda number: bench.call(bench.yelp, number))
        return bare, ours, time.process_time() - cpu
    finally:
        await bench.http.aclose()


async def _all(calls: int, one: Callable[[int], Awaitable[Any]]) -> float:
    started = time.perf_counter()
    await asyncio.gather(*(one(number) for number in range(calls)))
    return time.perf_counter() - started


def bare_client(values: dict[str, str]) -> httpx2.AsyncClient:
    """Set up as ours is."""
    headers = {"Authorization": f"Bearer {values['YELP_API_KEY']}"}
    limits = httpx2.Limits(max_connections=100, max_keepalive_connections=20)
    return httpx2.AsyncClient(http2=True, headers=headers, limits=limits, timeout=10)


async def bare_call(client: httpx2.AsyncClient, values: dict[str, str], number: int) -> None:
    """The same request with nothing around it."""
    url = f"{values['YELP_BASE_URL']}/businesses/search"
    answer = await client.get(url, params={"location": "Boston", "term": f"tacos {number}", "limit": "10"})
    answer.raise_for_status().json()


async def one_by_one(values: dict[str, str], calls: int) -> dict[str, Cost]:
    """The bare loop, our wrapper around the same request, and a whole connector."""
    bench = Bench.of(values)
    async with bare_client(values) as client:
        try:
            return {
                "bare httpx2": await timed(calls, lambda number: bare_call(client, values, number)),
                "our wrapper": await timed(calls, lambda number: bench.call(bench.plain, number)),
                "Yelp": await timed(calls, lambda number: bench.call(bench.yelp, number)),
            }
        finally:
            await bench.http.aclose()


def main() -> int:
    """Measure, print, and tell whether the targets are met."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--at-once", type=int, default=200)
    parser.add_argument("--latency", type=float, default=0.3, help="seconds")
    parser.add_argument("--calls", type=int, default=400)
    given = parser.parse_args()
    with upstreams(given.latency) as values:
        bare_seconds, seconds, cpu = asyncio.run(at_once(values, given.at_once))
    with upstreams(0.0) as values:
        costs = asyncio.run(one_by_one(values, given.calls))
    in_a_row = given.at_once * given.latency
    print(f"{given.at_once} calls at once, {1000 * given.latency:.0f} ms upstream: {seconds:.2f} s", end="")
    print(f", target below {ALL_WITHIN:g} s; {in_a_row / seconds:.0f} times faster than one after the other,", end="")
    print(f" {seconds / bare_seconds:.2f} times as long as bare requests ({bare_seconds:.2f} s);", end="")
    print(f" CPU of this process {cpu:.2f} s, the rest is the stand-in's")
    bare = costs["bare httpx2"]
    print(f"\n{'one call':<14}{'median ms':>11}{'CPU ms':>9}{'CPU, times bare':>17}{'more CPU, ms':>14}")
    for name, cost in costs.items():
        print(f"{name:<14}{cost.wall:>11.2f}{cost.cpu:>9.2f}{cost.cpu / bare.cpu:>17.2f}{cost.cpu - bare.cpu:>14.2f}")
    more = costs["our wrapper"].cpu - bare.cpu
    print(f"\noverhead of the wrapper: {more:.2f} ms a call (target below {OVERHEAD_MS:g} ms)")
    return 0 if seconds < ALL_WITHIN and more < OVERHEAD_MS else 1


if __name__ == "__main__":
    sys.exit(main())
