"""A call's tools at work: never dead air, sample data said once, errors in one sentence."""

import asyncio
import json

from odai_core.contract import ToolContext, tool
from odai_core.errors import ToolError
from odai_core.tools.response import ToolResponse
from odai_core.voice import events
from odai_core.voice.toolwork import FILLER_SECONDS, TICK_SECONDS
from tests.voice.bench import entry, on_bench, virtual


def waits(seconds):
    @tool(progress="Looking", timeout=30)
    async def look(what: str) -> ToolResponse:
        """Look."""
        await asyncio.sleep(seconds)
        return ToolResponse(response_type="look_results", response={"what": what}, spoken=f"Here is {what}.")

    return entry("looker", look)


async def ask(bench, name="look", call_id="c1", arguments='{"what": "sushi"}'):
    await bench.model.begin(f"r-{call_id}")
    await bench.model.call(name, call_id, arguments)
    await bench.model.end(f"r-{call_id}")


def ticks(bench):
    return [event for event in bench.of(events.Audio) if event.item_id.startswith("filler")]


@virtual
async def test_a_quick_tool_needs_no_filler():
    async with on_bench(waits(0.5)) as bench:
        await ask(bench)
        await asyncio.sleep(3)
        assert ticks(bench) == []
        (started,) = bench.of(events.ToolStarted)
        assert (started.tool, started.title, started.progress) == ("look", "Looker", "Looking")
        assert json.loads(started.arguments) == {"what": "sushi"}
        (ended,) = bench.of(events.ToolEnded)
        assert (ended.ok, ended.ms) == (True, 500)
        assert ended.output["response"] == {"what": "sushi"}
        assert bench.tracked == [("Tool Called", {"tool_call": "look", "tool_description": "Looking"})]
        assert json.loads(bench.model.outputs()[0].output)["spoken"] == "Here is sushi."


@virtual
async def test_a_slow_tool_is_filled_until_the_first_audio():
    loop = asyncio.get_running_loop()
    async with on_bench(waits(3)) as bench:
        asked = loop.time()
        await ask(bench)
        await asyncio.sleep(FILLER_SECONDS - 0.01)
        assert ticks(bench) == []
        await asyncio.sleep(0.02)
        assert len(ticks(bench)) == 1
        await asyncio.sleep(TICK_SECONDS)
        assert len(ticks(bench)) == 2
        await bench.model.answer("One moment.", ms=600)
        count = len(ticks(bench))
        await asyncio.sleep(0.55)
        assert len(ticks(bench)) == count, "somebody speaks"
        await asyncio.sleep(asked + 2.9 - loop.time())
        assert len(ticks(bench)) > count, "and then it is silent again"
        await asyncio.sleep(2)
        count = len(ticks(bench))
        await asyncio.sleep(5)
        assert len(ticks(bench)) == count


@virtual
async def test_the_second_silence_has_its_own_time():
    async with on_bench(waits(0.6)) as bench:
        await ask(bench)
        await asyncio.sleep(0.7)
        await ask(bench, call_id="c2")
        await asyncio.sleep(5)
        assert ticks(bench) == [], "neither tool took 0.8 s"


@virtual
async def test_an_error_is_one_sentence_and_no_screen():
    async def fails() -> str:
        """Fail."""
        raise ToolError("rate_limited", "Too many questions at once.", retry_after=3)

    async with on_bench(entry("failing", fails)) as bench:
        await ask(bench, "fails", arguments="{}")
        await asyncio.sleep(1)
        (ended,) = bench.of(events.ToolEnded)
        assert not ended.ok
        assert ended.output["response"]["code"] == "rate_limited"
        told = json.loads(bench.model.outputs()[0].output)
        assert told == {"ok": False, "spoken": "Too many questions at once.", "error": "rate_limited"}


@virtual
async def test_a_tool_that_hangs_is_told_and_filled():
    @tool(timeout=2)
    async def hangs() -> str:
        """Hang."""
        await asyncio.Event().wait()
        return ""

    async with on_bench(entry("hanging", hangs)) as bench:
        await ask(bench, "hangs", arguments="{}")
        await asyncio.sleep(5)
        assert "too long" in json.loads(bench.model.outputs()[0].output)["spoken"]
        assert len(ticks(bench)) >= 2


@virtual
async def test_a_tool_cut_short_by_a_reconnect_is_over_on_the_screen_too():
    async with on_bench(waits(20)) as bench:
        await ask(bench)
        await asyncio.sleep(1)
        bench.call.lost()
        await asyncio.sleep(3)
        (ended,) = bench.of(events.ToolEnded)
        assert not ended.ok
        assert ended.output is None
        assert bench.call.work.running == 0
        assert len(bench.model.said()) == 1, "the caller still waits for an answer"


def sampler(*, samples=True):
    async def sample(context: ToolContext) -> ToolResponse:
        """Sample."""
        return ToolResponse(
            response_type="x_results", response={"demo": context.demo}, spoken="Three places.", sample=context.demo
        )

    async def fails() -> ToolResponse:
        """Fail with sample data."""
        return ToolResponse(response_type="error", response={"code": "x"}, spoken="No.", sample=True)

    return entry("sampler", sample, fails, samples=samples)


def spoken(bench):
    return [json.loads(out.output)["spoken"] for out in bench.model.outputs()]


@virtual
async def test_sample_data_is_said_once_per_call():
    async with on_bench(sampler(), demo=True) as bench:
        await ask(bench, "fails", "c0", "{}")
        await asyncio.sleep(0.1)
        await ask(bench, "sample", "c1", "{}")
        await asyncio.sleep(0.1)
        await ask(bench, "sample", "c2", "{}")
        await asyncio.sleep(0.1)
        assert spoken(bench) == [
            "No.",
            "Please note that this is sample data, not live. Three places.",
            "Three places.",
        ]


@virtual
async def test_live_data_is_not_called_a_sample():
    async with on_bench(sampler(), demo=False) as bench:
        await ask(bench, "sample", "c1", "{}")
        await asyncio.sleep(0.1)
        assert spoken(bench) == ["Three places."]


@virtual
async def test_a_connector_without_samples_gets_no_demo():
    async with on_bench(sampler(samples=False), demo=True) as bench:
        await ask(bench, "sample", "c1", "{}")
        await asyncio.sleep(0.1)
        assert bench.of(events.ToolEnded)[0].output["response"] == {"demo": False}


@virtual
async def test_hanging_up_is_no_tool_of_a_plugin():
    async with on_bench() as bench:
        await ask(bench, "hangup_call", "c1", "{}")
        assert await bench.ended() == "hangup"
        (started,) = bench.of(events.ToolStarted)
        assert started.title == "ODAI"
        (ended,) = bench.of(events.ToolEnded)
        assert ended.output is None
        assert ended.ok
