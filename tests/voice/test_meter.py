"""What a call uses: counted as it is told, written down once, never in the way; and the end of a day's allowance."""

import asyncio
import logging

import pytest
from agents.realtime import model_events as sdk
from agents.usage import Usage as SdkUsage
from hypothesis import given
from hypothesis import strategies as st

from odai_core.calls import Caller, CallInfo
from odai_core.errors import QuotaReached, SetupError
from odai_core.voice import events, meter, prompts
from odai_core.voice.meter import CallMeter
from tests.voice.bench import Book, Model, on_bench, profile, virtual

TRANSCRIBED = "conversation.item.input_audio_transcription.completed"


def response(inputs, outputs, **details):
    """Usage of one response, as the SDK tells it."""
    return sdk.RealtimeModelUsageEvent(
        usage=SdkUsage(requests=1, input_tokens=inputs, output_tokens=outputs), **details
    )


def spoken():
    return response(
        100,
        50,
        input_tokens_details=sdk.RealtimeModelInputTokensDetails(
            text_tokens=60,
            audio_tokens=40,
            image_tokens=0,
            cached_tokens=30,
            cached_tokens_details=sdk.RealtimeModelCachedTokensDetails(text_tokens=20, audio_tokens=10, image_tokens=0),
        ),
        output_tokens_details=sdk.RealtimeModelOutputTokensDetails(text_tokens=10, audio_tokens=40),
    )


def raw(kind, **data):
    return sdk.RealtimeModelRawServerEvent(data={"type": kind, **data})


def make(book, **more):
    info = CallInfo(session_id="s1", caller=Caller(user_id="ann"), audio=profile(), analytics_name="Test", **more)
    return CallMeter(book, info, "bench", clock=asyncio.get_running_loop().time)


def usages(book):
    return [record[-1] for record in book.records.values()]


# -- counting


@virtual
async def test_every_kind_of_token_and_the_seconds_reach_the_ledger():
    book = Book()
    counter = make(book, tool_chat_id="stream-1")
    counter.take(spoken())
    counter.take(spoken())
    counter.take(response(5, 1))
    await asyncio.sleep(12.3456)
    await counter.close()
    [(id_, (user, kind, chat_id, used))] = book.records.items()
    assert (user, kind, chat_id) == ("ann", "call", "stream-1")
    assert id_.startswith("call:s1:")
    assert (used.model, used.seconds) == ("bench", pytest.approx(12.345, abs=0.0011))
    assert (used.input_tokens, used.cached_input_tokens, used.output_tokens) == (205, 60, 101)
    assert (used.audio_input_tokens, used.cached_audio_input_tokens, used.audio_output_tokens) == (80, 20, 80)


@virtual
async def test_the_service_names_its_models_itself():
    book = Book()
    counter = make(book)
    counter.take(raw("session.created", session={"model": "gpt-realtime-2.1"}))
    counter.take(
        raw("session.updated", session={"audio": {"input": {"transcription": {"model": "gpt-4o-mini-transcribe"}}}})
    )
    counter.take(spoken())
    usage = {"type": "tokens", "input_tokens": 20, "output_tokens": 7, "input_token_details": {"audio_tokens": 20}}
    counter.take(raw(TRANSCRIBED, usage=usage))
    counter.take(raw(TRANSCRIBED, usage={"type": "duration", "seconds": 3}))
    await counter.close()
    voice, written = usages(book)
    assert (voice.model, voice.input_tokens) == ("gpt-realtime-2.1", 100)
    assert (written.model, written.audio_input_tokens, written.output_tokens) == ("gpt-4o-mini-transcribe", 20, 7)


@virtual
async def test_a_server_cannot_fill_the_memory_with_names():
    book = Book()
    counter = make(book)
    for number in range(100):
        counter.take(raw("session.created", session={"model": f"m{number}" + "x" * 1000}))
        counter.take(response(1, 1))
    await counter.close()
    assert len(usages(book)) <= 10
    assert book.sum("input_tokens") == 100
    assert all(len(used.model) <= 100 for used in usages(book))


ODD = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(["model", "audio", "input", "type",
        "input_tokens", "output_tokens", "input_token_details", "audio_tokens", "transcription"]), inner, max_size=3),
    max_leaves=8,
)  # fmt: skip


@given(st.sampled_from(["session.created", "session.updated", TRANSCRIBED, "else"]), ODD)
def test_nothing_a_server_says_breaks_the_count(kind, value):
    @virtual
    async def test():
        book = Book()
        counter = make(book)
        counter.take(raw(kind, session=value, usage=value))
        counter.take(raw(kind, session={"audio": value}, usage={"type": "tokens", "input_token_details": value}))
        counter.take(sdk.RealtimeModelRawServerEvent(data=value))
        await counter.close()
        assert all(used.input_tokens >= 0 and isinstance(used.model, str) for used in usages(book))

    test()


# -- writing


@virtual
async def test_a_long_call_is_written_down_now_and_then():
    async with on_bench(idle=10_000) as bench:
        for _ in range(4):
            await bench.model.emit(spoken())
            await asyncio.sleep(meter.WRITE_SECONDS)
        written = len(bench.ledger.records)
        assert 3 <= written <= 5
        assert bench.ledger.sum("input_tokens") >= 300
    assert bench.ledger.sum("input_tokens") == 400
    assert bench.ledger.sum("seconds") == pytest.approx(61, abs=0.1)
    assert len(bench.ledger.records) == len(set(bench.ledger.tries))


@virtual
async def test_a_ledger_that_fails_gets_the_same_record_again(caplog):
    async with on_bench(idle=10_000) as bench:
        bench.ledger.fails = SetupError("The database is away.", "Bring it back.")
        await bench.model.emit(spoken())
        await asyncio.sleep(40)
        await bench.model.emit(spoken())
        assert not bench.ledger.records
        assert len(set(bench.ledger.tries)) == 1
        bench.ledger.fails = None
        await asyncio.sleep(20)
        assert bench.ledger.sum("input_tokens") == 200
        first = bench.ledger.tries[0]
        assert bench.ledger.tries.count(first) >= 2
    assert caplog.text.count("The database is away.") == 1
    assert bench.ledger.sum("seconds") == pytest.approx(61, abs=0.1)


@virtual
async def test_a_ledger_that_never_answers_holds_no_call(caplog):
    loop = asyncio.get_running_loop()
    async with on_bench() as bench:
        bench.ledger.open.clear()
        await bench.model.emit(spoken())
        await asyncio.sleep(100)
        await bench.call.send_audio(b"\0\0")
        before = loop.time()
    assert loop.time() - before <= meter.CLOSE_SECONDS + 0.1
    assert not bench.ledger.records
    assert "the usage of a call could not be written down" in caplog.text


@virtual
async def test_a_write_under_way_is_not_cut_by_the_end_of_the_call():
    async with on_bench() as bench:
        bench.ledger.open.clear()
        await asyncio.sleep(meter.WRITE_SECONDS + 1)
        assert len(bench.ledger.tries) == 1
        await bench.model.emit(spoken())
        asyncio.get_running_loop().call_later(1, bench.ledger.open.set)
    assert list(bench.ledger.records) == bench.ledger.tries
    assert bench.ledger.sum("input_tokens") == 100


@virtual
async def test_a_call_that_never_opened_is_closed_all_the_same():
    book = Book()
    counter = make(book)
    await counter.close()
    assert book.records == {}


# -- the end of a day's allowance


@virtual
async def test_a_call_ends_politely_when_the_day_is_used_up():
    async with on_bench(idle=10_000) as bench:
        await asyncio.sleep(20)
        await bench.model.begin("long")
        await bench.model.audio("long", 3000, "long")
        bench.ledger.refuses = QuotaReached("That was all.")
        await asyncio.sleep(12)
        assert bench.model.said() == [prompts.GREETING]
        await bench.model.end("long")
        assert await bench.ended() == "quota"
        assert bench.model.said() == [prompts.GREETING, prompts.QUOTA_FAREWELL]
    last = bench.of(events.Ended)
    assert last == [events.Ended("quota", prompts.QUOTA_FAREWELL)]
    assert not bench.of(events.Interrupted)


@virtual
async def test_a_caller_without_allowance_hears_why_and_is_hung_up_on():
    book = Book()
    book.refuses = QuotaReached("That was all.")
    async with on_bench(ledger=book, greeted=False) as bench:
        assert await bench.ended() == "quota"
        assert bench.model.said() == [prompts.QUOTA_FAREWELL]


@virtual
async def test_a_ledger_that_cannot_be_asked_lets_the_call_go_on(caplog):
    caplog.set_level(logging.WARNING)
    async with on_bench(idle=10_000) as bench:
        bench.ledger.refuses = RuntimeError("the private detail")
        await asyncio.sleep(100)
        assert not bench.of(events.Ended)
    assert caplog.text.count("the ledger cannot be used: RuntimeError") >= 1
    assert "private detail" not in caplog.text


@virtual
async def test_a_model_without_usage_costs_its_seconds():
    async with on_bench(plan=[Model()], greeted=False) as bench:
        await asyncio.sleep(7)
    [used] = usages(bench.ledger)
    assert (used.model, used.input_tokens, used.seconds) == ("bench", 0, pytest.approx(7, abs=0.01))
