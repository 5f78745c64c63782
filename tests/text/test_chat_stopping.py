"""Turns that end early, chats that two windows have open, and nothing that is left behind."""

import asyncio
from contextlib import aclosing, suppress
from types import SimpleNamespace

import pytest
from agents.testing import ModelStep, ScriptedModel

from odai_core.contract import tool
from odai_core.text import alone, prompts
from odai_core.text.events import ChatError, EndOfStream, TextDelta, ToolCalled, ToolOutput
from tests.text.desk_bench import answer_of, bench, call, calls, connector, everything, of, say, to

SECONDS = 20


class Gate:
    """Something that waits until a test lets it go."""

    def __init__(self):
        self.reached = asyncio.Event()
        self.open = asyncio.Event()
        self.left = asyncio.Event()

    async def wait(self):
        self.reached.set()
        try:
            await self.open.wait()
        finally:
            self.left.set()


def slow_connector(gate):
    @tool(timeout=60)
    async def ponder() -> str:
        """Think for as long as the test likes."""
        await gate.wait()
        return "thought"

    return connector("yelp", ponder)


def speaking(gate, *words):
    """The model says these words and then waits."""

    def stream(request):
        async def events():
            for word in words:
                yield SimpleNamespace(type="response.output_text.delta", delta=word)
            await gate.wait()

        return events()

    return ModelStep.stream(stream)


async def when(happened):
    """Let others go on until it has happened."""
    for _ in range(10_000):
        if happened():
            return
        await asyncio.sleep(0)
    raise AssertionError("it did not happen")


async def until(iterator, kind):
    """Read to the first event of a kind."""
    seen = []
    async for event in iterator:
        seen.append(event)
        if isinstance(event, kind):
            return seen
    raise AssertionError(f"no {kind} in {seen}")


async def test_a_stopped_answer_is_kept_as_far_as_it_was_said(tmp_path):
    gate = Gate()
    async with bench(tmp_path, steps=[speaking(gate, "One ", "two"), say("Three.")]) as it, it.open() as chat:
        events = []
        async for event in chat.prompt("count"):
            events.append(event)
            if isinstance(event, TextDelta) and event.delta == "two":
                await chat.stop()
        assert gate.left.is_set()
        assert of(events, ChatError) == []
        assert events[-1] == EndOfStream()
        assert answer_of(await everything(chat, "go on")) == "Three."
        assert [item["content"] for item in it.model.last_call.input] == ["count", "One two", prompts.STOPPED, "go on"]
        first, _ = await it.desk.book.read("ada", "chat-1")
    assert (first.status, first.answer) == ("stopped", "One two")


async def test_a_reader_who_goes_stops_the_tool_and_the_history_stays_whole(tmp_path):
    gate = Gate()
    steps = [to("yelp"), calls(call("ponder"), call("ponder")), say("Next.")]
    async with bench(tmp_path, slow_connector(gate), steps=steps) as it, it.open() as chat:
        async with asyncio.timeout(SECONDS), aclosing(chat.prompt("think")) as events:
            await until(events, ToolCalled)
            await gate.reached.wait()
        assert gate.left.is_set()
        assert answer_of(await everything(chat, "next")) == "Next."
        given = it.model.last_call.input
    outputs = [item["output"] for item in given if item.get("type") == "function_call_output"]
    assert outputs[1:] == [prompts.CUT_OFF, prompts.CUT_OFF]
    assert given[-2]["content"] == prompts.STOPPED


async def test_a_socket_that_is_lost_in_mid_turn_leaves_a_whole_chat(tmp_path):
    gate = Gate()
    async with bench(tmp_path, steps=[speaking(gate, "Half"), say("Whole.")]) as it:
        said = asyncio.Event()

        async def socket():
            async with it.open() as chat:
                async for event in chat.prompt("go"):
                    if isinstance(event, TextDelta):
                        said.set()

        task = asyncio.create_task(socket())
        async with asyncio.timeout(SECONDS):
            await said.wait()
            task.cancel()
            with suppress(asyncio.CancelledError):
                await task
        (turn,) = await it.desk.book.read("ada", "chat-1")
        assert (turn.answer, turn.status) == ("Half", "stopped")
        assert answer_of(await it.ask("go on")) == "Whole."


async def test_an_answer_has_a_longest_time(tmp_path):
    async with bench(tmp_path, steps=[speaking(Gate(), "Er"), say("Fine.")], ODAI_MAX_TURN_SECONDS="0.2") as it:
        events = await it.ask("go")
        (error,) = of(events, ChatError)
        assert "longer than one answer" in error.message
        assert answer_of(await it.ask("again")) == "Fine."
        assert [turn.status for turn in await it.desk.book.read("ada", "chat-1")] == ["failed", "completed"]


async def test_an_answer_has_a_longest_length(tmp_path, monkeypatch):
    monkeypatch.setattr("odai_core.text.turn.MAX_ANSWER", 100)
    gate = Gate()
    async with bench(tmp_path, steps=[speaking(gate, *["word " * 10] * 9)]) as it:
        events = await it.ask("a lot")
    assert "too long" in of(events, ChatError)[0].message
    assert len(answer_of(events)) == 150
    assert gate.left.is_set() or not gate.reached.is_set()


async def test_two_windows_take_turns_and_the_second_knows_the_first(tmp_path):
    gate = Gate()
    steps = [to("yelp"), calls(call("ponder")), say("First."), say("Second.")]
    async with bench(tmp_path, slow_connector(gate), steps=steps) as it, it.open() as one, it.open() as two:
        first = asyncio.create_task(everything(one, "one"))
        async with asyncio.timeout(SECONDS):
            await gate.reached.wait()
            second = asyncio.create_task(everything(two, "two"))
            await when(lambda: it.desk.turns._locks["chat-1"].lock._waiters)
            assert len(it.model.calls) == 2
            gate.open.set()
            assert answer_of(await first) == "First."
            assert answer_of(await second) == "Second."
        given = it.model.last_call.input
        turns = await it.desk.book.read("ada", "chat-1")
    assert [turn.prompt for turn in turns] == ["one", "two"]
    assert {"role": "assistant", "content": "First."} in given
    assert it.desk.turns._locks == {}


async def test_a_window_waits_only_so_long_for_another(tmp_path):
    gate = Gate()
    async with bench(tmp_path, steps=[speaking(gate, "Er")]) as it, it.open() as one, it.open() as two:
        it.desk.limits = SimpleNamespace(**{**_fields(it.desk.limits), "wait_seconds": 0.05})
        first = one.prompt("one")
        await until(first, TextDelta)
        error, end = await everything(two, "two")
        assert (error.code, error.retryable, end) == ("busy", True, EndOfStream())
        await first.aclose()
        assert [turn.prompt for turn in await it.desk.book.read("ada", "chat-1")] == ["one"]


def _fields(limits):
    return {name: getattr(limits, name) for name in type(limits).__dataclass_fields__}


async def test_a_waiting_window_can_be_stopped(tmp_path):
    gate = Gate()
    async with bench(tmp_path, steps=[speaking(gate, "Er")]) as it, it.open() as one, it.open() as two:
        first = one.prompt("one")
        await until(first, TextDelta)
        waiting = asyncio.create_task(everything(two, "two"))
        await when(lambda: two.attempts)
        await two.stop()
        assert await waiting == [EndOfStream()]
        await first.aclose()


async def test_another_process_that_has_the_chat_is_waited_for(tmp_path, monkeypatch):
    monkeypatch.setattr(alone, "POLL_SECONDS", 0.01)
    async with bench(tmp_path, steps=[say("Mine.")]) as it, it.open() as chat:
        assert await it.desk.store.claim("chat-1", "another process", 60)
        asked = asyncio.create_task(everything(chat, "hello"))
        claims = 0
        claim = it.desk.store.claim

        async def counted(*arguments):
            nonlocal claims
            claims += 1
            if claims == 3:
                await it.desk.store.release("chat-1", "another process")
            return await claim(*arguments)

        monkeypatch.setattr(it.desk.store, "claim", counted)
        assert answer_of(await asked) == "Mine."
        assert claims >= 3
        assert await it.desk.store.claim("chat-1", "anybody", 1)


async def test_a_chat_that_was_taken_over_ends_its_turn(tmp_path, monkeypatch):
    monkeypatch.setattr(alone, "RENEW_SECONDS", 0.01)
    gate = Gate()
    async with bench(tmp_path, steps=[speaking(gate, "Er")]) as it, it.open() as chat:
        events = chat.prompt("one")
        await until(events, TextDelta)

        async def lost(*arguments):
            return False

        monkeypatch.setattr(it.desk.store, "claim", lost)
        async with asyncio.timeout(SECONDS):
            rest = [event async for event in events]
    assert of(rest, ChatError)[0].code == "busy"


async def test_a_lease_that_cannot_be_renewed_once_is_tried_again(tmp_path, monkeypatch):
    monkeypatch.setattr(alone, "RENEW_SECONDS", 0.01)
    gate = Gate()
    async with bench(tmp_path, steps=[speaking(gate, "Er"), say("Still here.")]) as it, it.open() as chat:
        events = chat.prompt("one")
        await until(events, TextDelta)
        claim, tries, failed = it.desk.store.claim, asyncio.Queue(), False

        async def sometimes(*arguments):
            nonlocal failed
            tries.put_nowait(1)
            if not failed:
                failed = True
                raise OSError("the database is away")
            return await claim(*arguments)

        monkeypatch.setattr(it.desk.store, "claim", sometimes)
        async with asyncio.timeout(SECONDS):
            for _ in range(3):
                await tries.get()
        await events.aclose()
        assert answer_of(await everything(chat, "two")) == "Still here."


async def test_a_deleted_chat_begins_anew(tmp_path):
    async with bench(tmp_path, steps=[say("One."), say("New.")]) as it, it.open() as chat:
        await everything(chat, "one")
        assert await it.desk.book.delete("ada", "chat-1")
        assert answer_of(await everything(chat, "two")) == "New."
        assert [item["content"] for item in it.model.last_call.input] == ["two"]


async def test_a_draining_server_lets_answers_finish_and_ends_the_rest_politely(tmp_path):
    gate, never = Gate(), Gate()
    steps = {"quick": [to("yelp"), calls(call("ponder")), say("Done.")], "slow": [speaking(never, "Er")]}
    models = {name: ScriptedModel(script) for name, script in steps.items()}

    class Both(ScriptedModel):
        def stream_response(self, instructions, given, *arguments, **named):
            return models[given[0]["content"]].stream_response(instructions, given, *arguments, **named)

    async with bench(tmp_path, slow_connector(gate), model=Both()) as it, it.open("a") as a, it.open("b") as b:
        slow = b.prompt("slow")
        await until(slow, TextDelta)
        quick = asyncio.create_task(everything(a, "quick"))
        await gate.reached.wait()
        rest = asyncio.create_task(_rest(slow))
        draining = asyncio.create_task(it.desk.drain(0.5))
        gate.open.set()
        async with asyncio.timeout(SECONDS):
            assert answer_of(await quick) == "Done."
            await draining
            ended = await rest
    assert of(ended, ChatError)[0].code == "drain"
    assert ended[-1] == EndOfStream()


async def _rest(iterator):
    return [event async for event in iterator]


async def test_a_reader_who_does_not_read_holds_no_memory_and_can_be_left(tmp_path, monkeypatch):
    monkeypatch.setattr("odai_core.text.outbox.PLACES", 2)
    gate = Gate()
    async with bench(tmp_path, steps=[speaking(gate, *["word "] * 50)]) as it, it.open() as chat:
        events = chat.prompt("talk")
        await until(events, TextDelta)
        (attempt,) = chat.attempts
        assert len(attempt.outbox) <= 2
        async with asyncio.timeout(SECONDS):
            await events.aclose()
        assert chat.attempts == ()


@pytest.mark.slow
async def test_two_hundred_chats_leave_nothing_behind(tmp_path):
    async def one(it, number):
        gate = Gate()
        it.model.scripts[f"go {number}"] = [
            [to("yelp"), calls(call("find", what="x")), say("Fine.")],
            [speaking(gate, "Half")],
            [to("yelp"), calls(call("ponder")), say("no")],
        ][number % 3]
        async with it.open(f"chat-{number}") as chat:
            if number % 3 == 0:
                assert answer_of(await everything(chat, f"go {number}")) == "Fine."
                return
            events = chat.prompt(f"go {number}")
            await until(events, TextDelta if number % 3 == 1 else ToolCalled)
            if number % 2:
                await chat.stop()
                await _rest(events)
            # else the socket is lost: nobody closes the iterator but the chat itself

    async def find(what: str) -> str:
        """Find it."""
        return what

    @tool(timeout=60)
    async def ponder() -> str:
        """Think without end."""
        await asyncio.Event().wait()
        return ""

    class Many(ScriptedModel):
        def __init__(self):
            super().__init__()
            self.scripts = {}
            self.models = {}

        def stream_response(self, instructions, given, *arguments, **named):
            key = given[0]["content"]
            model = self.models.setdefault(key, ScriptedModel(self.scripts[key]))
            return model.stream_response(instructions, given, *arguments, **named)

    async with bench(tmp_path, connector("yelp", find, ponder), model=Many()) as it:
        await one(it, 999)  # what is made once, is made now
        before = len(asyncio.all_tasks())
        async with asyncio.timeout(100):
            for start in range(0, 200, 20):
                await asyncio.gather(*(one(it, number) for number in range(start, start + 20)))
        assert it.desk.live == set()
        assert it.desk._tasks == set()
        assert it.desk.turns._locks == {}
        for _ in range(20):
            await asyncio.sleep(0)
        assert len(asyncio.all_tasks()) == before
        kept = await it.desk.store.list("ada", limit=500)
        assert len(kept) == 201


async def test_closing_the_desk_ends_what_runs(tmp_path):
    gate = Gate()
    closed = asyncio.Event()

    class Closing(ScriptedModel):
        async def close(self):
            closed.set()

    async with bench(tmp_path, model=Closing([speaking(gate, "Er")])) as it:
        opened = it.open()
        chat = await opened.__aenter__()
        events = chat.prompt("go")
        await until(events, TextDelta)
        await it.desk.close()
        assert closed.is_set()
        assert gate.left.is_set()
        assert [event async for event in events if isinstance(event, ToolOutput)] == []
        await opened.__aexit__(None, None, None)
        assert [turn.status for turn in await it.desk.book.read("ada", "chat-1")] == ["stopped"]


async def test_a_lease_that_cannot_be_given_back_ends_by_itself(tmp_path, monkeypatch, caplog):
    async def broken(*arguments):
        raise OSError("disk")

    async with bench(tmp_path, steps=[say("One.")]) as it, it.open() as chat:
        monkeypatch.setattr(it.desk.store, "release", broken)
        assert chat.chat_id == "chat-1"
        assert answer_of(await everything(chat, "one")) == "One."
        assert it.desk.turns._locks == {}
    assert "could not be given back" in caplog.text


async def test_a_second_cancellation_does_not_cut_the_end_in_two(tmp_path):
    gate = Gate()

    @tool(timeout=60)
    async def stubborn() -> str:
        """Take a moment to clean up."""
        try:
            await asyncio.Event().wait()
        finally:
            gate.reached.set()
            await gate.open.wait()
        return ""

    async with bench(tmp_path, connector("yelp", stubborn), steps=[to("yelp"), calls(call("stubborn"))]) as it:
        called = asyncio.Event()

        async def socket():
            async with it.open() as chat:
                async for event in chat.prompt("go"):
                    if isinstance(event, ToolCalled):
                        called.set()

        task = asyncio.create_task(socket())
        async with asyncio.timeout(SECONDS):
            await called.wait()
            await when(lambda: it.desk.live)
            task.cancel()
            await gate.reached.wait()
            task.cancel()
            gate.open.set()
            await asyncio.wait({task})
        assert task.cancelled()
        await it.desk.close()
        (turn,) = await it.desk.book.read("ada", "chat-1")
    assert turn.status == "stopped"


async def test_a_model_that_does_not_stop_does_not_keep_the_chat(tmp_path, monkeypatch, caplog):
    monkeypatch.setattr("odai_core.text.turn.GRACE_SECONDS", 0.05)
    last = asyncio.Event()

    def stubborn(request):
        async def events():
            yield SimpleNamespace(type="response.output_text.delta", delta="Er")
            while not last.is_set():
                with suppress(asyncio.CancelledError):
                    await last.wait()

        return events()

    async with bench(tmp_path, steps=[ModelStep.stream(stubborn), say("Free.")]) as it, it.open() as chat:
        events = chat.prompt("go")
        await until(events, TextDelta)
        async with asyncio.timeout(SECONDS):
            await events.aclose()
            assert answer_of(await everything(chat, "again")) == "Free."
        assert "left behind" in caplog.text
        last.set()
        await when(lambda: len(asyncio.all_tasks()) <= 2)
