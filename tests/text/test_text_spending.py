"""What is cut off is paid for too, and a cap holds between the answers of one turn and across windows."""

import asyncio
from contextlib import aclosing

import pytest
from agents.testing import ScriptedModel
from agents.usage import Usage as SdkUsage

from odai_core.contract import tool
from odai_core.errors import QuotaReached
from odai_core.settings import Settings
from odai_core.text.events import ChatError, ChatUsage, TextDelta, ToolOutput
from odai_core.text.spending import Spending
from odai_core.usage.ledger import Ledger
from tests.text.desk_bench import bench, call, calls, connector, of, say, to
from tests.text.test_chat_stopping import SECONDS, Gate, speaking


async def test_an_answer_that_was_stopped_is_paid_for(tmp_path):
    model = ScriptedModel([speaking(Gate(), "word " * 2000)])
    async with bench(tmp_path, model=model, freeform=True) as it, it.open() as chat:
        events = []
        async with aclosing(chat.prompt("x" * 20_000)) as told, asyncio.timeout(SECONDS):
            async for event in told:
                events.append(event)
                if isinstance(event, TextDelta):
                    await chat.stop()
    ((_, kind, usage),) = it.books.entries
    assert (kind, usage.output_tokens) == ("chat", 2500)
    assert 5_000 < usage.input_tokens < 10_000
    (shown,) = of(events, ChatUsage)
    assert shown.total_tokens == usage.input_tokens + usage.output_tokens


async def test_a_model_that_failed_before_a_word_is_not_paid_for(tmp_path):
    class Down(ScriptedModel):
        def stream_response(self, *arguments, **named):
            raise ConnectionError

    async with bench(tmp_path, model=Down(), freeform=True) as it:
        assert [event.code for event in of(await it.ask("hello"), ChatError)] == ["model"]
    assert it.books.entries == []


def test_what_the_service_told_is_not_estimated():
    spending = Spending("m", estimated=True)
    spending.ask([{"role": "user", "content": "x" * 400}], None)
    spending.say("y" * 400)
    assert spending.so_far().output_tokens == 100
    spending.told.add(SdkUsage(requests=1, input_tokens=3, output_tokens=2, total_tokens=5))
    assert (spending.so_far().input_tokens, spending.used(cut_off=True).output_tokens) == (3, 2)
    spending.written = True
    assert spending.so_far().input_tokens == 0


@tool
async def look() -> str:
    """Look."""
    return "seen"


async def test_a_cap_ends_a_turn_between_two_answers(tmp_path):
    steps = [to("yelp"), calls(call("look")), say("Never said.")]
    async with bench(tmp_path, connector("yelp", look), steps=steps) as it:
        it.desk.ledger = ledger = Ledger(it.desk.store._database, Settings({"ODAI_DAILY_TOKENS": "25"}).core)
        events = await it.ask("look")
        assert [event.code for event in of(events, ChatError)] == ["quota"]
        assert of(events, ToolOutput)
        assert len(it.model.calls) == 2
        assert (await ledger.today("ada")).input_tokens == 20


async def test_a_cap_counts_what_runs_in_other_windows(tmp_path):
    async with bench(tmp_path) as it:
        ledger = Ledger(it.desk.store._database, Settings({"ODAI_DAILY_TOKENS": "1000"}).core)
        spending = Spending("m", estimated=True)
        spending.told.add(SdkUsage(requests=1, input_tokens=900, total_tokens=900))
        with ledger.running("ada", spending.so_far):
            await ledger.check("ada")
            spending.ask(["x" * 400], None)
            with pytest.raises(QuotaReached):
                await ledger.check("ada")
            await ledger.check("bob")
        await ledger.check("ada")
