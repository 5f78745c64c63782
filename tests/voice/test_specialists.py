"""A voice agent for every connector, and a call that is really handed to one."""

import asyncio
import json

import pytest
from agents import RunContextWrapper
from agents.realtime import RealtimeAgent, RealtimeModel, RealtimeSession, realtime_handoff
from agents.realtime.model_events import RealtimeModelToolCallEvent
from agents.realtime.model_inputs import RealtimeModelSendToolOutput

import odai_core
from odai_core.calls import Caller
from odai_core.contract import tool
from odai_core.plugins.host import default_host
from odai_core.voice import specialists
from tests.text.desk_bench import connector


@pytest.fixture
def installed(monkeypatch, tmp_path):
    """What is installed here, in demo mode and without anybody's .env."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("ODAI_DEMO", "1")
    default_host.cache_clear()
    yield
    default_host.cache_clear()


class Played(RealtimeModel):
    """A model that a test plays."""

    def __init__(self):
        self.listeners = []
        self.sent = asyncio.Queue()

    async def connect(self, options):
        pass

    def add_listener(self, listener):
        self.listeners.append(listener)

    def remove_listener(self, listener):
        self.listeners.remove(listener)

    async def send_event(self, event):
        self.sent.put_nowait(event)

    async def close(self):
        pass

    async def play(self, event):
        for listener in list(self.listeners):
            await listener.on_event(event)

    async def output(self):
        """What the next tool's output says."""
        async with asyncio.timeout(10):
            while not isinstance(event := await self.sent.get(), RealtimeModelSendToolOutput):
                pass
        return event.output


async def look(word: str) -> str:
    """Look at it."""
    return word


@tool(confirm=True)
async def change(word: str) -> str:
    """Change it."""
    return word


async def test_every_ready_connector_has_one_that_speaks_and_changes_nothing(installed):
    catalog = default_host().catalog
    agents = specialists.realtime_specialists(catalog)
    assert {"REALTIME_YELP", "REALTIME_GOOGLE_NEWS"} <= agents.keys()
    assert len(agents) == len(catalog.ready("tools"))
    changing = {spec.name for _, spec in catalog.tools if spec.options.confirm}
    for agent in agents.values():
        assert not {one.name for one in agent.tools} & changing
        told = await agent.get_system_prompt(RunContextWrapper(None))
        assert agent.name in told
        assert "Never markdown" in told


async def test_a_text_only_connectors_agent_has_its_tools_but_those_that_ask(installed):
    agent = specialists.realtime_specialist(connector("mail", look, change, voice_instructions="Read subjects only."))
    assert [one.name for one in agent.tools] == ["look"]
    context = RunContextWrapper(type("Call", (), {"caller": Caller(time_zone="Asia/Tokyo")})())
    assert "Read subjects only." in await agent.get_system_prompt(context)


def test_a_name_nobody_has_says_why(installed, monkeypatch):
    with pytest.raises(AttributeError, match="no such connector is installed"):
        odai_core.REALTIME_NOBODY  # noqa: B018
    monkeypatch.setenv("ODAI_DISABLE", "yelp")
    default_host.cache_clear()
    with pytest.raises(AttributeError, match="yelp is disabled"):
        odai_core.REALTIME_YELP  # noqa: B018


async def test_a_call_is_handed_over_and_the_specialist_runs_its_tool(installed):
    desk = RealtimeAgent(name="Desk", handoffs=[realtime_handoff(odai_core.REALTIME_YELP)])
    arguments = json.dumps({"location": "Boston", "search_term": "sushi"})
    model = Played()
    async with RealtimeSession(model=model, agent=desk, context=None, run_config={"tracing_disabled": True}):
        await model.play(RealtimeModelToolCallEvent(name="transfer_to_yelp", call_id="1", arguments="{}"))
        await model.output()
        await model.play(RealtimeModelToolCallEvent(name="search_businesses_at_yelp", call_id="2", arguments=arguments))
        answer = json.loads(await model.output())
    assert answer["ok"] is True
    assert answer["sample"] is True
    assert "sushi" in json.dumps(answer).lower()
