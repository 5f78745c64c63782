from __future__ import annotations

import asyncio
import atexit
import logging
import subprocess
import sys
import threading
from typing import Any

import pytest

from odai_core.analytics import segment
from odai_core.analytics.events import EVENTS, PROPERTIES, TRAITS, Event, Privacy, call_ended, call_started, is_known
from odai_core.analytics.segment import Analytics
from odai_core.settings import Settings

KEY = "write-key-1"
PROMPT = "Where is my sister Anna?"


@pytest.fixture(autouse=True)
def no_waiting_for_company(monkeypatch):
    monkeypatch.setattr(segment, "BATCH_INTERVAL", 0.02)


def make(collector: Any, **more: str) -> Analytics:
    return Analytics(Settings({"SEGMENT_KEY": KEY, "SEGMENT_HOST": collector.host, "ODAI_SECRET": "salt", **more}))


async def sent(collector: Any, analytics: Analytics) -> list[dict[str, Any]]:
    await analytics.aclose()
    return list(collector.messages)


def consumers() -> list[threading.Thread]:
    return [thread for thread in threading.enumerate() if type(thread).__module__ == "segment.analytics.consumer"]


# -- what goes over the wire


async def test_event_of_a_guest(collector):
    analytics = make(collector)
    analytics.track("Response Sent", {"chat_id": "c1"}, user_id=None, anonymous_id="s1")
    (message,) = await sent(collector, analytics)
    assert message["type"] == "track"
    assert message["event"] == "Response Sent"
    assert message["properties"] == {"chat_id": "c1"}
    assert message["anonymousId"] == "s1"
    assert message["userId"] is None
    assert {"timestamp", "messageId"} <= message.keys()
    assert message["integrations"] == {}
    assert len(message) == 9
    assert message["context"].keys() == {"library"}, "nothing about this machine"


async def test_event_of_a_user_carries_the_key_once(collector):
    analytics = make(collector)
    analytics.track("Response Sent", {"chat_id": "c1"}, user_id="u7", anonymous_id="s1")
    (message,) = await sent(collector, analytics)
    assert (message["userId"], message["anonymousId"]) == ("u7", None)
    assert collector.keys == {f"{KEY}:"}
    assert collector.headers[0]["path"] == "/v1/batch"
    assert "Content-Encoding" not in collector.headers[0]


async def test_traits(collector):
    analytics = make(collector)
    analytics.identify("u7", {"has_plaid_integration": True, "created_at": "2026-01-02", "email": "a@b.example"})
    (message,) = await sent(collector, analytics)
    assert (message["type"], message["userId"]) == ("identify", "u7")
    traits = message["traits"]
    assert traits.pop("email").startswith("sha256:")
    assert traits == {"has_plaid_integration": True, "created_at": "2026-01-02"}


async def test_a_call(collector):
    analytics = make(collector)
    about = {"stream_sid": "MZ1", "call_sid": "CA1", "phone_number": "+14155550100"}
    analytics.track(*call_started("Twilio Call", about), user_id=None, anonymous_id="MZ1")
    analytics.track(*call_ended("Twilio Call", about, duration=12.34567), user_id=None, anonymous_id="MZ1")
    started, ended = await sent(collector, analytics)
    assert (started["event"], ended["event"]) == ("Twilio Call Started", "Twilio Call Ended")
    assert set(started["properties"]) == set(EVENTS["Twilio Call Started"])
    assert set(ended["properties"]) == set(EVENTS["Twilio Call Ended"])
    assert ended["properties"]["duration"] == 12.346
    assert started["properties"]["phone_number"] == ended["properties"]["phone_number"]


# -- personal data


async def test_personal_data_stays_here(collector):
    analytics = make(collector)
    analytics.track("Prompt Submitted", {"chat_id": "c1", "prompt": PROMPT}, user_id=None, anonymous_id="s1")
    who = {"user_id": "u7", "user_email": "a@b.example", "target_email": "c@d.example", "user_name": "Anna Lind"}
    analytics.track("Google Access Request", who, user_id="u7", anonymous_id="s1")
    prompt, access = await sent(collector, analytics)
    assert prompt["properties"] == {"chat_id": "c1", "prompt_length": len(PROMPT)}
    assert access["properties"].keys() == who.keys()
    assert access["properties"]["user_id"] == "u7"
    everything = str(collector.bodies)
    assert not any(word in everything for word in ("Anna", "a@b", "c@d"))


async def test_personal_data_with_consent(collector):
    analytics = make(collector, ODAI_ANALYTICS_PII="1")
    analytics.track("Prompt Submitted", {"chat_id": "c1", "prompt": PROMPT}, user_id=None, anonymous_id="s1")
    analytics.identify("u7", {"email": "a@b.example"})
    prompt, user = await sent(collector, analytics)
    assert prompt["properties"] == {"chat_id": "c1", "prompt": PROMPT}
    assert user["traits"] == {"email": "a@b.example"}


async def test_a_hash_is_stable_for_one_secret_and_differs_for_another(collector):
    for secret, number in (("one", "+1 415"), ("one", " +1 415 "), ("two", "+1 415"), ("", "+1 415"), ("", "+1 415")):
        analytics = make(collector, ODAI_SECRET=secret)
        analytics.track("Twilio Call Started", {"phone_number": number}, user_id=None, anonymous_id="s")
        await analytics.aclose()
    hashes = [message["properties"]["phone_number"] for message in collector.messages]
    assert hashes[0] == hashes[1]
    assert len(set(hashes)) == 4, "without ODAI_SECRET every start has its own salt"
    assert all(len(text) == len("sha256:") + 16 for text in hashes)


async def test_the_call_of_a_strange_transport(collector):
    analytics = make(collector)
    about = {"session_id": "s1", "room": "Anna's room", "guests": 3, "empty": None}
    analytics.track(*call_started("Matrix Call", about), user_id=None, anonymous_id="s1")
    (message,) = await sent(collector, analytics)
    assert message["event"] == "Matrix Call Started"
    properties = message["properties"]
    assert properties["session_id"] == "s1"
    assert properties["empty"] is None
    assert properties["room"].startswith("sha256:")
    assert properties["guests"].startswith("sha256:"), "a number may be a telephone number"


# -- what is not ours


async def test_unknown_events_and_properties_are_logged_and_left_out(collector, caplog):
    analytics = make(collector)
    analytics.track("Prompt Sumbitted", {"chat_id": "c1"}, user_id=None, anonymous_id="s1")
    analytics.track("Chat Created", {"chat_id": "c1", "prompt": PROMPT}, user_id=None, anonymous_id="s1")
    analytics.identify("u1", {"email": "x", "shoe_size": 46})
    created, user = await sent(collector, analytics)
    assert created["properties"] == {"chat_id": "c1"}
    assert user["traits"].keys() == {"email"}
    assert "'Prompt Sumbitted' is not one of our events" in caplog.text
    assert "'prompt' is not a property" in caplog.text
    assert "'shoe_size' is not a property" in caplog.text
    assert PROMPT not in caplog.text


class Unprintable:
    def __str__(self) -> str:
        raise RuntimeError("Anna's data")


@pytest.mark.parametrize(
    "value, arrives",
    [
        (float("nan"), None),
        (float("inf"), None),
        (1.5, 1.5),
        (True, True),
        (10**30, 10**30),
        ("a\ud800b", "a?b"),
        ("x" * 50_000, "x" * segment.MAX_TEXT),
        (["a"], "['a']"),
        ({"deep": {"er": 1}}, "{'deep': {'er': 1}}"),
    ],
)
async def test_any_value_arrives_as_plain_json(collector, value, arrives):
    analytics = make(collector)
    analytics.track("Tool Called", {"tool_call": value}, user_id=None, anonymous_id="s1")
    (message,) = await sent(collector, analytics)
    assert message["properties"] == {"tool_call": arrives}


@pytest.mark.parametrize(
    "properties",
    [
        {"tool_call": Unprintable()},
        {"tool_call": 10**5000},
        {"tool_call": "\U0001f600" * 4000},
        None,
        7,
    ],
)
async def test_what_cannot_be_sent_never_raises_and_is_not_repeated(collector, caplog, properties):
    analytics = make(collector)
    analytics.track("Tool Called", properties, user_id=None, anonymous_id="s1")
    analytics.track("Chat Created", {}, user_id=None, anonymous_id="s1")
    messages = await sent(collector, analytics)
    assert [message["event"] for message in messages] == ["Chat Created"], "and it takes no other event with it"
    assert "Tool Called could not be queued" in caplog.text
    assert "Anna" not in caplog.text


# -- life and death


def test_without_a_key_nothing_is_imported_and_no_thread_runs():
    program = """
import asyncio, sys, threading
from odai_core.analytics.segment import Analytics
from odai_core.settings import Settings
analytics = Analytics(Settings({}))
analytics.track("Chat Created", {"chat_id": "c"}, user_id=None, anonymous_id="s")
analytics.track("No Such Event", {}, user_id=None, anonymous_id="s")
analytics.identify("u", {"name": "n"})
asyncio.run(analytics.aclose())
assert threading.enumerate() == [threading.main_thread()], threading.enumerate()
assert not {"segment", "requests", "agents", "openai"} & set(sys.modules)
print("silent")
"""
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, timeout=60)
    assert (done.stdout.strip(), done.stderr) == ("silent", "")


async def test_aclose_twice_and_use_after_it(collector):
    analytics = make(collector)
    analytics.track("Chat Created", {"chat_id": "c1"}, user_id=None, anonymous_id="s1")
    await asyncio.gather(analytics.aclose(), analytics.aclose())
    await analytics.aclose()
    analytics.track("Chat Created", {"chat_id": "c2"}, user_id=None, anonymous_id="s1")
    analytics.identify("u1", {})
    assert [message["properties"]["chat_id"] for message in collector.messages] == ["c1"]
    assert consumers() == []


async def test_aclose_keeps_its_bound_when_the_collector_hangs(collector, caplog):
    collector.answer.clear()
    analytics = make(collector)
    for _ in range(3):
        analytics.track("Chat Created", {"chat_id": "c1"}, user_id=None, anonymous_id="s1")
    assert await asyncio.to_thread(collector.asked.wait, 20)
    ticks = 0

    async def tick() -> None:
        nonlocal ticks
        while True:
            await asyncio.sleep(0)
            ticks += 1

    ticker = asyncio.create_task(tick())
    async with asyncio.timeout(4):  # below REQUEST_TIMEOUT: the bound is aclose's own
        await analytics.aclose(timeout=0.3)
    ticker.cancel()
    assert ticks > 100, "the loop went on meanwhile"
    assert "3 events were not delivered" in caplog.text
    assert [thread.name for thread in threading.enumerate() if thread.name == "analytics-drain"] == []


async def test_aclose_that_is_cancelled_leaves_no_thread(collector):
    collector.answer.clear()
    analytics = make(collector)
    analytics.track("Chat Created", {"chat_id": "c1"}, user_id=None, anonymous_id="s1")
    assert await asyncio.to_thread(collector.asked.wait, 20)
    with pytest.raises(TimeoutError):
        async with asyncio.timeout(0.05):
            await analytics.aclose(timeout=0.4)
    for thread in threading.enumerate():
        if thread.name == "analytics-drain":
            await asyncio.to_thread(thread.join, 10)
            assert not thread.is_alive()


def test_the_loop_may_end_before_the_queue(collector):
    collector.answer.clear()
    analytics = make(collector)

    async def leave() -> None:
        analytics.track("Chat Created", {"chat_id": "c1"}, user_id=None, anonymous_id="s1")
        with pytest.raises(TimeoutError):
            async with asyncio.timeout(0.05):
                await analytics.aclose(timeout=0.4)

    asyncio.run(leave())
    for thread in threading.enumerate():
        if thread.name == "analytics-drain":
            thread.join(10)
            assert not thread.is_alive()


async def test_a_full_queue_does_not_block(collector, caplog, monkeypatch):
    monkeypatch.setattr(segment, "MAX_QUEUE", 5)
    collector.answer.clear()
    analytics = make(collector)
    analytics.track("Chat Created", {"chat_id": "first"}, user_id=None, anonymous_id="s1")
    assert await asyncio.to_thread(collector.asked.wait, 20), "the consumer is busy from here on"
    for number in range(50):
        analytics.track("Chat Created", {"chat_id": str(number)}, user_id=None, anonymous_id="s1")
    assert caplog.text.count("the queue is full") == 1
    collector.answer.set()
    messages = await sent(collector, analytics)
    assert [message["properties"]["chat_id"] for message in messages] == ["first", "0", "1", "2", "3", "4"]
    assert "0 events were not delivered and 45 found the queue full" in caplog.text


async def test_a_collector_that_refuses(collector, caplog):
    collector.status = 400
    analytics = make(collector)
    analytics.track(*call_started("App Voice Chat", {"session_id": "s1"}), user_id=None, anonymous_id="s1")
    await analytics.aclose()
    assert "1 events were not delivered: APIError 400" in caplog.text
    assert KEY not in caplog.text
    assert "s1" not in caplog.text


async def test_segments_own_log_is_silent_even_at_debug(collector, caplog):
    caplog.set_level(logging.DEBUG)
    analytics = make(collector, ODAI_ANALYTICS_PII="1")
    analytics.track("Prompt Submitted", {"prompt": PROMPT}, user_id=None, anonymous_id="s1")
    await analytics.aclose()
    assert len(collector.messages) == 1
    assert KEY not in caplog.text
    assert PROMPT not in caplog.text


async def test_nothing_is_left_to_do_at_exit(collector, monkeypatch):
    forgotten = []
    monkeypatch.setattr(atexit, "unregister", forgotten.append)
    analytics = make(collector)
    assert forgotten == [analytics._client.join]
    monkeypatch.undo()
    atexit.unregister(analytics._client.join)
    await analytics.aclose()


# -- the table


def test_the_table_is_the_one_of_the_wire():
    assert {name: set(properties) for name, properties in EVENTS.items()} == {
        "New User Created": set(),
        "User Signed Up": {"email", "name"},
        "Prompt Submitted": {"chat_id", "prompt"},
        "Tool Called": {"chat_id", "tool_call", "tool_description"},
        "Agent Called": {"chat_id", "agent_name"},
        "Chat Created": {"chat_id"},
        "Existing Chat Used": {"chat_id"},
        "Response Sent": {"chat_id"},
        "Google Connected": set(),
        "Plaid Connected": set(),
        "Twilio Call Started": {"stream_sid", "call_sid", "phone_number"},
        "Twilio Call Ended": {"stream_sid", "call_sid", "duration", "phone_number"},
        "App Voice Chat Started": {"session_id"},
        "App Voice Chat Ended": {"session_id", "duration"},
        "Unhandled Request": {"chat_id", "prompt", "capability_requested", "capability_description"},
        "Google Access Request": {"user_id", "user_email", "target_email", "user_name"},
    }
    assert set(TRAITS) == {"has_google_integration", "has_plaid_integration", "created_at", "email", "name"}


def test_every_property_has_a_privacy_and_every_privacy_a_property():
    used = {name for properties in EVENTS.values() for name in properties} | set(TRAITS)
    assert used == set(PROPERTIES)
    assert set(PROPERTIES.values()) == set(Privacy)


def test_calls_by_name():
    given = {"session_id": "s"}
    started, ended = call_started("App Voice Chat", given), call_ended("App Voice Chat", given, duration=1)
    assert started == Event("App Voice Chat Started", {"session_id": "s"})
    assert ended == Event("App Voice Chat Ended", {"session_id": "s", "duration": 1})
    assert given == {"session_id": "s"}
    assert started.properties is not given
    assert is_known("Pigeon Call Ended")
    assert not is_known("Pigeon Call")
