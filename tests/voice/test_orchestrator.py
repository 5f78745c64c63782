"""The agent and its tools as they are offered to the world, and what the model is told."""

import json
from datetime import UTC, datetime
from types import SimpleNamespace

import pytest
from agents import RunContextWrapper
from agents.tool_context import ToolContext as SdkContext

import odai_core
from odai_core.calls import Caller
from odai_core.contract import ToolContext
from odai_core.plugins.catalog import VOICE_ORDER, Catalog
from odai_core.settings import BoundValues
from odai_core.voice import orchestrator, prompts
from tests.voice.bench import entry


async def shout(word: str) -> str:
    """Shout a word."""
    return word.upper()


async def whoami(context: ToolContext) -> str:
    """Who asks."""
    return f"{context.caller.user_id} {context.demo}"


@pytest.fixture
def catalog():
    return Catalog(entries=(entry("shouting", shout, voice_instructions="Softly."), entry("who", whoami)))


@pytest.fixture
def installed(monkeypatch, tmp_path):
    """What is installed here, in demo mode and without anybody's .env."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("ODAI_DEMO", "1")
    orchestrator.default_host.cache_clear()
    yield
    orchestrator.default_host.cache_clear()


def test_the_public_names_hold_hangup_and_every_voice_tool_in_order(installed):
    tools = odai_core.VOICE_ORCHESTRATOR_TOOLS
    names = [tool.name for tool in tools]
    agent = odai_core.AUDIO_AGENT
    assert [tool.name for tool in agent.tools] == ["hangup_call", *names]
    host = orchestrator.default_host()
    plugins = [one.name for one, _ in host.catalog.voice_tools]
    ranks = [VOICE_ORDER.index(name) for name in plugins if name in VOICE_ORDER]
    assert ranks == sorted(ranks)
    assert "search_businesses_at_yelp" in names
    assert not any("calendar" in name or "gmail" in name or "plaid" in name for name in names)
    with pytest.raises(AttributeError, match="NOPE"):
        orchestrator.NOPE  # noqa: B018


async def test_the_agent_tells_each_caller_where_they_are(catalog):
    agent = orchestrator.audio_agent(catalog)
    for context, expected in ((SimpleNamespace(caller=Caller(place="Ghent")), True), (None, False)):
        text = await agent.get_system_prompt(RunContextWrapper(context))
        assert ("The caller is in Ghent." in text) is expected
        assert "- Shouting: Softly." in text


def test_infos_and_tools_agree(catalog):
    infos = orchestrator.tool_infos(catalog)
    assert [one.name for one in infos] == [tool.name for tool in orchestrator.audio_agent(catalog).tools]
    assert (infos[1].plugin, infos[1].title, infos[1].summary) == ("shouting", "Shouting", "be tested")


async def invoke(tool, context, arguments):
    sdk = SdkContext(context=context, tool_name=tool.name, tool_call_id="c1", tool_arguments=arguments)
    return await tool.on_invoke_tool(sdk, arguments)


async def test_without_a_call_a_tool_runs_for_a_guest(catalog, monkeypatch):
    host = SimpleNamespace(catalog=catalog, settings=SimpleNamespace(core=BoundValues({"ODAI_DEMO": True})))
    monkeypatch.setattr(orchestrator, "default_host", lambda: host)
    hangup, shouting, who = orchestrator.audio_agent(catalog).tools
    assert json.loads(await invoke(shouting, None, '{"word": "hey"}'))["spoken"] == "HEY"
    assert "None False" in await invoke(who, None, "{}"), "a connector without samples gets no demo"
    assert json.loads(await invoke(hangup, None, "{}"))["ok"]


def test_the_prompt_tells_time_in_the_callers_zone():
    now = datetime(2026, 1, 5, 18, 30, tzinfo=UTC)
    text = prompts.voice_instructions([], Caller(time_zone="America/Los_Angeles"), now)
    assert "Monday, 05 January 2026, 10:30" in text
    assert "no connector is installed" in text
    assert "About your tools" not in text
    for zone in ("Nowhere/Land", "../etc/passwd", ""):
        assert "18:30" in prompts.voice_instructions([], Caller(time_zone=zone), now)


def test_words_are_said_exactly():
    assert '"Goodbye!"' in prompts.say_instructions(prompts.FAREWELL)
    assert "oh die" in prompts.voice_instructions([], Caller(), datetime.now(UTC))
