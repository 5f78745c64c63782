"""Whole calls and the ledger: what they used is kept, and a used-up day ends them with a sentence."""

import asyncio

import pytest
from websockets.exceptions import ConnectionClosed

from odai_core import Usage
from odai_core.calls import Caller
from odai_core.contract import Secret
from odai_core.store.database import Database
from odai_core.store.usage import UsageStore
from odai_core.testing.fake_openai import FakeOpenAI, Reply
from odai_core.usage.ledger import Ledger
from odai_core.voice import meter
from odai_core.voice.prompts import GREETING, QUOTA_FAREWELL
from tests.calls.harness import app_call, running
from tests.calls.test_call_phone import phone_call

MODEL = "gpt-realtime-2.1"
PRICES = f"""
[[price]]
model = "{MODEL}"
from = 2026-01-01
input = 1
output = 2
audio_input = 10
audio_output = 20
"""
# One answer of the stand-in: 60 text (20 of them cached) and 40 audio in, 10 text and 40 audio out.
NANOS_OF_AN_ANSWER = (60 * 1 + 40 * 10 + 10 * 2 + 40 * 20) * 1000


@pytest.fixture
async def fake():
    async with FakeOpenAI() as server:
        yield server


@pytest.fixture
def settings(fake, tmp_path):
    (tmp_path / "prices.toml").write_text(PRICES)
    return {
        "OPENAI_API_KEY": fake.key,
        "OPENAI_REALTIME_URL": fake.url,
        "ODAI_TWILIO_VALIDATE": "0",
        "ODAI_DATABASE_URL": f"sqlite:///{tmp_path / 'odai.db'}",
        "ODAI_PRICES": str(tmp_path / "prices.toml"),
    }


async def kept(settings, by="user"):
    """What the ledger holds, read by another process's eyes."""
    database = Database(Secret(settings["ODAI_DATABASE_URL"]))
    try:
        return await UsageStore(database).report(by, since="2000-01-01", until="9999-12-31")
    finally:
        await database.close()


async def until_closed(app):
    """Read to the close frame: the `bye` and the close code."""
    try:
        await app.until("bye")
        async with asyncio.timeout(10):
            await app.socket.wait_closed()
    except ConnectionClosed:
        pass
    return app.named("bye")[0], app.socket.close_code


async def test_what_a_call_used_is_in_the_ledger_when_it_is_over(fake, settings):
    async with running(**settings) as server, app_call(server) as app:
        await app.until("agent_end")
        fake.replies.append(Reply("It rains."))
        await (await fake.connection()).user_speaks("how is the weather?")
        await app.until("agent_end")
        await app.send("bye")
        await until_closed(app)
        assert await server.server.admission.empty(10)
        [today] = await kept(settings)
        assert (today.key, today.input_tokens, today.cached_input_tokens, today.output_tokens) == (
            "tester",
            200,
            40,
            100,
        )
        assert (today.cost_nanos, today.unknown) == (2 * NANOS_OF_AN_ANSWER, 0)
        assert 0 < today.call_ms < 30_000
    assert [model.key for model in await kept(settings, "model")] == [MODEL]


async def test_a_server_that_stops_keeps_what_its_calls_used(fake, settings):
    async with running(**settings) as server, app_call(server) as app:
        await app.until("agent_end")
        server.stop.set()
        async with asyncio.timeout(15):
            await asyncio.wait({server.task})
    [today] = await kept(settings)
    assert (today.key, today.input_tokens) == ("tester", 100)
    assert today.call_ms > 0


async def test_a_caller_with_a_screen_is_refused_in_words_without_a_model(fake, settings):
    settings |= {"ODAI_DAILY_TOKENS": "150"}
    async with running(**settings) as server:
        async with app_call(server) as app:
            await app.until("agent_end")
            await app.send("bye")
            await until_closed(app)
            assert await server.server.admission.empty(10)
        async with app_call(server) as app:
            bye, code = await until_closed(app)
        assert bye["reason"] == "quota"
        assert "come back tomorrow" in bye["message"]
        assert code == 1008
        assert len(fake.connections) == 1
        other = server.server.tokens.mint("somebody else")
        async with app_call(server, token=other) as app:
            assert (await app.until("ready"))["model"] == "openai"


async def test_a_call_under_way_says_goodbye_when_the_day_is_used_up(fake, settings, monkeypatch):
    monkeypatch.setattr(meter, "WRITE_SECONDS", 0.2)
    async with running(**settings, ODAI_DAILY_USD="0.00001") as server, app_call(server) as app:
        for _ in (GREETING, QUOTA_FAREWELL):
            await app.until("audio_end")
            await app.send("played", item_id=list(app.audio)[-1], ms=400)
        bye, code = await until_closed(app)
        assert (bye["reason"], code) == ("quota", 1000)
        assert app.said() == [GREETING, QUOTA_FAREWELL]
        farewell = app.audio[list(app.audio)[-1]]
        assert len(farewell) == 48 * 400, "the whole sentence, not cut"


async def test_a_telephone_hears_why_and_is_hung_up_on(fake, settings):
    settings |= {"ODAI_DAILY_CALL_MINUTES": "1"}
    async with running(**settings) as server:
        ledger = server.server.ledger
        used_up = ledger.account(Caller(phone="+14155550123"))
        await minutes(ledger, used_up)
        async with phone_call(server) as phone:
            await asyncio.wait_for(phone.ended.wait(), 15)
            assert len(phone.audio) == 400 * 8, "the farewell alone"
        upstream = await fake.connection()
        said = [one["response"]["metadata"]["say"] for one in upstream.of("response.create")]
        assert said == [QUOTA_FAREWELL]
    users = {user.key: user for user in await kept(settings)}
    assert set(users) == {used_up}
    assert used_up.startswith("guest|")
    assert users[used_up].call_ms > 60_000


async def minutes(ledger: Ledger, user: str) -> None:
    await ledger.record(Usage(model="local", seconds=60), id="before", user=user, kind="call", chat_id="before")
