"""The switchboard: which model answers, what analytics hear, and the generation a call keeps."""

import asyncio
import re
from dataclasses import replace

import pytest

from odai_core.analytics.segment import Analytics
from odai_core.calls import Caller, CallInfo
from odai_core.contract import ModelPlugin, Problem
from odai_core.errors import ModelLost, SetupError
from odai_core.plugins.catalog import Catalog, Entry, State
from odai_core.plugins.choice import choose_model
from odai_core.plugins.discovery import Candidate
from odai_core.settings import Settings
from odai_core.voice import call as call_room
from odai_core.voice.switchboard import Switchboard, finish
from tests.voice.bench import Book, Model, entry, profile, speak


def model_entry(name, *, make=None, state=State.READY):
    def realtime(options):
        model = (make or Model)()
        model.speaks = speak
        model.options = options
        MADE.append(model)
        return model

    plugin = ModelPlugin(name=name, api=1, title=name, summary="talk", realtime=realtime)
    problem = None if state is State.READY else Problem(cause=f"{name} has no key.", remedy=f"Give {name} a key.")
    candidate = Candidate(kind="models", name=name, module=name, distribution=name, version="1")
    return Entry(candidate=candidate, name=name, state=state, plugin=plugin, problem=problem)


MADE: list[Model] = []


async def first() -> str:
    """First."""
    return "1"


async def second() -> str:
    """Second."""
    return "2"


class Host:
    """A plugin host whose catalog a test changes."""

    def __init__(self, *entries, **settings):
        self.settings = Settings({"ODAI_SECRET": "x", **settings})
        self.catalog = Catalog(entries=tuple(entries), generation=1)

    def install(self, *entries):
        self.catalog = Catalog(entries=(*self.catalog.entries, *entries), generation=self.catalog.generation + 1)

    def refresh(self):
        return self.catalog


class Heard(Analytics):
    def __init__(self, settings):
        super().__init__(settings)
        self.events = []

    def track(self, name, properties, *, user_id, anonymous_id):
        self.events.append((name, dict(properties), user_id, anonymous_id))


class NoAccounts:
    def account_of(self, catalog, entry, caller):
        return None


@pytest.fixture(autouse=True)
def made():
    MADE.clear()
    return MADE


def board(host):
    return Switchboard(host, http=None, accounts=NoAccounts(), ledger=Book(), analytics=Heard(host.settings))


def info(session="s1", **more):
    return CallInfo(
        session_id=session,
        caller=Caller(user_id="u1"),
        audio=profile(),
        analytics_name="Test Call",
        analytics={"session_id": session},
        **more,
    )


@pytest.mark.parametrize(
    "installed, wanted, chosen",
    [
        ("openai local", "", "openai"),
        ("local", "", "local"),
        ("local other", "", "local"),
        ("other", "", "other"),
        ("openai! local", "", "local"),
        ("openai local other", "other", "other"),
        ("openai! local", "openai", "The model openai is needs setup: openai has no key. Give openai a key."),
        ("local", "other", "ODAI_MODEL is other, and no such model is installed. pip install odai-model-other"),
        ("openai!", "", "No model is ready. Give openai a key."),
        ("", "", "No model is ready. pip install odai-model-local, or set OPENAI_API_KEY."),
    ],
)
def test_which_model_answers(installed, wanted, chosen):
    entries = [
        model_entry(name.rstrip("!"), state=State.NEEDS_SETUP if name.endswith("!") else State.READY)
        for name in installed.split()
    ]
    catalog = Catalog(entries=tuple(entries))
    if chosen.endswith(("key.", "KEY.", "other")) and chosen != "other":
        with pytest.raises(SetupError, match=re.escape(chosen)):
            choose_model(catalog, wanted)
    else:
        assert choose_model(catalog, wanted).name == chosen


async def test_a_call_is_counted_tracked_and_closed(made):
    calls = board(Host(model_entry("local"), entry("one", first)))
    async with calls.open_call(info(tool_chat_id="stream-1")) as call:
        assert call.model_name == "local"
        assert call.tool_names == ("hangup_call", "first")
        assert calls.live == {"s1": call}
        assert "One: be tested" in made[0].options.instructions
        assert [tool.name for tool in made[0].options.tools] == ["hangup_call", "first"]
        await made[0].call("first", "c1")
        async with asyncio.timeout(5):
            await made[0].answered.wait()
    assert calls.live == {}
    assert calls.opened == 1
    assert made[0].closed == 1
    names = [name for name, *_ in calls._analytics.events]
    assert names == ["Test Call Started", "Tool Called", "Test Call Ended"]
    started, called, ended = calls._analytics.events
    assert started == ("Test Call Started", {"session_id": "s1"}, "u1", "s1")
    assert called[1] == {"chat_id": "stream-1", "tool_call": "first", "tool_description": ""}
    assert ended[1]["session_id"] == "s1"
    assert 0 <= ended[1]["duration"] < 60


async def test_a_call_that_does_not_open_is_not_counted(monkeypatch, made):
    monkeypatch.setattr(call_room, "RECONNECT_DELAYS", (0.0, 0.0))
    calls = board(Host(model_entry("local", make=lambda: Model(refuses=OSError()))))
    with pytest.raises(ModelLost):
        async with calls.open_call(info()):
            raise AssertionError("it opened")
    assert (calls.live, calls.opened, calls._analytics.events) == ({}, 0, [])
    assert [model.closed for model in made] == [1, 1]


async def test_no_model_is_a_setup_error():
    with pytest.raises(SetupError):
        async with board(Host()).open_call(info()):
            raise AssertionError("it opened")


async def test_a_live_call_keeps_its_generation_and_the_next_gets_the_new_one(made):
    host = Host(model_entry("local"), entry("one", first))
    calls = board(host)
    async with calls.open_call(info("old")) as old:
        host.install(entry("two", second))
        async with calls.open_call(info("new")) as new:
            assert old.tool_names == ("hangup_call", "first")
            assert new.tool_names == ("hangup_call", "first", "second")
            await made[0].call("second", "c1")
            async with asyncio.timeout(5):
                await made[0].answered.wait()
            assert "not_found" in made[0].outputs()[0].output
        async with calls.open_call(info("third")):
            assert calls._agent_of(host.catalog) is calls._agent_of(replace(host.catalog))


async def test_finish_runs_to_the_end_of_a_cancelled_task():
    ended, begun = asyncio.Event(), asyncio.Event()

    async def closes():
        begun.set()
        await asyncio.sleep(0.01)
        ended.set()

    task = asyncio.create_task(finish(closes()))
    await begun.wait()
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert ended.is_set()
