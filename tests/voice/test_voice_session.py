"""The tap between the SDK's session and a model: one answer for many tools, none left unanswered, one close."""

import asyncio

import pytest
from agents import realtime as sdk
from agents.realtime.model_inputs import RealtimeModelSendInterrupt

from odai_core.errors import ModelLost
from odai_core.voice import session as room
from tests.voice.bench import Model, entry, on_bench, virtual


class Tools:
    """Tools that finish when the test says so."""

    def __init__(self):
        self.gates = {"one": asyncio.Event(), "two": asyncio.Event()}
        self.started = set()

    def entry(self):
        async def first() -> str:
            """One."""
            self.started.add("one")
            await self.gates["one"].wait()
            return "1"

        async def second() -> str:
            """Two."""
            self.started.add("two")
            await self.gates["two"].wait()
            return "2"

        return entry("pair", first, second)


@virtual
async def test_parallel_tools_lead_to_one_answer():
    tools = Tools()
    async with on_bench(tools.entry()) as bench:
        model = bench.model
        await model.begin()
        await model.call("first", "c1")
        await model.call("second", "c2")
        await model.end()
        tools.gates["two"].set()
        await asyncio.sleep(0.1)
        assert [(out.tool_call.call_id, out.start_response) for out in model.outputs()] == [("c2", False)]
        tools.gates["one"].set()
        await asyncio.sleep(0.1)
        assert [(out.tool_call.call_id, out.start_response) for out in model.outputs()][1:] == [("c1", True)]


@virtual
async def test_a_quick_tool_waits_for_the_end_of_the_turn_that_may_bring_more():
    tools = Tools()
    for gate in tools.gates.values():
        gate.set()
    async with on_bench(tools.entry()) as bench:
        model = bench.model
        await model.begin()
        await model.call("first", "c1")
        await asyncio.sleep(0.5)
        assert model.outputs() == []
        await model.call("second", "c2")
        await asyncio.sleep(0.5)
        await model.end()
        await asyncio.sleep(0.1)
        assert sorted(out.start_response for out in model.outputs()) == [False, True]
        assert model.outputs()[-1].start_response


@virtual
async def test_a_turn_without_end_is_not_waited_for():
    tools = Tools()
    tools.gates["one"].set()
    async with on_bench(tools.entry()) as bench:
        await bench.model.begin()
        await bench.model.call("first", "c1")
        await asyncio.sleep(room._TURN_END_SECONDS + 0.1)
        assert [out.start_response for out in bench.model.outputs()] == [True]


@virtual
async def test_an_unknown_tool_is_answered_and_does_not_hold_the_turn():
    loop = asyncio.get_running_loop()
    async with on_bench() as bench:
        before = loop.time()
        await bench.model.begin()
        await bench.model.call("gone", "c1")
        await bench.model.end()
        assert loop.time() == before, "the model's events flow on"
        await asyncio.sleep(0.1)
        (out,) = bench.model.outputs()
        assert out.start_response
        assert '"error":"not_found"' in out.output


@virtual
async def test_an_unknown_tool_beside_a_known_one():
    tools = Tools()
    tools.gates["one"].set()
    async with on_bench(tools.entry()) as bench:
        await bench.model.begin()
        await bench.model.call("first", "c1")
        await bench.model.call("gone", "c2")
        await bench.model.end()
        await asyncio.sleep(0.1)
        assert [out.start_response for out in bench.model.outputs()] == [False, True]


@virtual
async def test_a_refusal_that_the_model_does_not_take_is_logged_only():
    async with on_bench() as bench:
        await bench.model.begin()
        await bench.model.call("gone", "c1")
        bench.model.fails_to_send = ModelLost("closed")
        await bench.model.end()
        await asyncio.sleep(0.1)
        bench.model.fails_to_send = None
        assert bench.model.outputs() == []


@virtual
async def test_a_refusal_under_way_ends_with_the_session():
    async with on_bench() as bench:
        await bench.model.begin()
        await bench.model.call("gone", "c1")
    assert bench.model.outputs() == []


@virtual
async def test_hanging_up_beside_another_tool_still_gets_that_one_answered():
    tools = Tools()
    tools.gates["one"].set()
    async with on_bench(tools.entry()) as bench:
        await bench.model.begin()
        await bench.model.call("first", "c1")
        await bench.model.call("hangup_call", "c2")
        await bench.model.end()
        await asyncio.sleep(0.1)
        assert [out.start_response for out in bench.model.outputs()] == [False, True]


@virtual
async def test_a_tool_that_ends_after_its_connection_sends_to_nobody():
    tools = Tools()
    async with on_bench(tools.entry()) as bench:
        first = bench.model
        await first.begin()
        await first.call("first", "c1")
        await first.end()
        await asyncio.sleep(0.1)
        assert tools.started == {"one"}
        await first.emit(sdk.RealtimeModelConnectionStatusEvent(status="disconnected"))
        await asyncio.sleep(2)
        tools.gates["one"].set()
        await asyncio.sleep(0.1)
        assert len(bench.models) == 2
        assert first.outputs() == bench.model.outputs() == []
        assert bench.call.work.running == 0


@virtual
async def test_other_inputs_pass_untouched():
    async with on_bench() as bench:
        event = RealtimeModelSendInterrupt()
        await bench.call._session.send(event)
        assert bench.model.sent[-1] is event


@virtual
async def test_closing_twice_at_the_same_time_closes_once():
    async with on_bench() as bench:
        session = bench.call._session
        await asyncio.gather(session.close(), session.close())
        await session.close()
        assert bench.model.closed == 1


class Stubborn(Model):
    async def close(self):
        await super().close()
        await asyncio.sleep(100)


class Failing(Model):
    async def close(self):
        await super().close()
        raise OSError("too late")


@pytest.mark.parametrize("kind", [Stubborn, Failing])
def test_a_model_that_does_not_close_is_left(kind):
    @virtual
    async def test():
        loop = asyncio.get_running_loop()
        async with on_bench(plan=[kind()]) as bench:
            before = loop.time()
            await bench.call.close()
            assert loop.time() - before <= room.CLOSE_SECONDS
            for task in asyncio.all_tasks() - {asyncio.current_task(), bench.reading}:
                task.cancel()

    test()


@virtual
async def test_a_session_that_cannot_be_made_closes_without_one():
    from odai_core.voice.session import ModelSession

    model = Model()
    session = ModelSession(
        model,
        agent=None,
        context=None,
        sink=None,
        tools=frozenset(),
        silent_tools=frozenset(),
        on_handoff=lambda old, new: None,
        position=lambda: None,
    )
    model.add_listener(session._tap)
    await session.close()
    assert model.closed == 1


@virtual
async def test_the_sdks_own_events_are_drained_and_handoffs_are_told():
    from types import SimpleNamespace

    handed = []

    class Sdk:
        def __init__(self, events, error=None):
            self.events, self.error = iter(events), error

        def __aiter__(self):
            return self

        async def __anext__(self):
            for event in self.events:
                return event
            raise self.error or StopAsyncIteration

    def named(name):
        return SimpleNamespace(name=name)

    async with on_bench() as bench:
        session = bench.call._session
        session._on_handoff = lambda old, new: handed.append((old, new))
        handoff = SimpleNamespace(type="handoff", from_agent=named("a"), to_agent=named("b"))
        await session._drain(Sdk([SimpleNamespace(type="audio"), handoff]))
        await session._drain(Sdk([handoff], OSError("broken")))
        assert handed == [("a", "b")] * 2
        assert session._session._event_queue.qsize() == 0


@virtual
async def test_a_listener_that_is_not_ours_is_not_removed():
    async with on_bench() as bench:
        tap = bench.call._session._tap
        listener = tap._listener
        tap.remove_listener(object())
        assert tap._listener is listener
        tap.remove_listener(listener)
        await bench.model.emit(sdk.RealtimeModelEndOfStreamEvent())
        assert bench.call._session is None or tap.gone
        tap.add_listener(listener)
