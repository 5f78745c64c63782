"""ODAI and its specialists as they are offered to the world, what they are told, and when they are made anew."""

import json
from datetime import UTC, datetime
from pathlib import Path
from types import SimpleNamespace

import pytest
from agents import RunConfig, RunContextWrapper, Runner
from agents.testing import ScriptedModel

import odai_core
from odai_core.calls import Caller
from odai_core.contract import tool
from odai_core.errors import SetupError
from odai_core.plugins.catalog import Catalog
from odai_core.plugins.host import default_host
from odai_core.settings import Settings
from odai_core.text import orchestrator, prompts
from odai_core.text.engine import Engines
from odai_core.text.failures import explained
from odai_core.text.unhandled import REPORT
from tests.text.desk_bench import answer_of, bench, call, calls, connector, model_entry, say, to


@pytest.fixture
def installed(monkeypatch, tmp_path):
    """What is installed here, in demo mode and without anybody's .env."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("ODAI_DEMO", "1")
    monkeypatch.delenv("OPENAI_API_KEY", raising=False)
    default_host.cache_clear()
    yield
    default_host.cache_clear()


async def look(word: str) -> str:
    """Look at it."""
    return word


@tool(confirm=True)
async def change(word: str) -> str:
    """Change it."""
    return word


NEWS = connector("google-news", look, title="Google News", summary="read the news", instructions="Newest first.")
DOCS = connector("google-docs", change, title="Google Docs", summary="keep texts")


async def told(agent, **context):
    return await agent.get_system_prompt(RunContextWrapper(SimpleNamespace(**context)))


def doors(agent):
    return [door.tool_name for door in agent.handoffs]


async def team(agent):
    return {door.tool_name: await door.on_invoke_handoff(RunContextWrapper(None), "{}") for door in agent.handoffs}


async def test_every_connector_has_a_specialist_that_can_hand_back_and_on():
    top = orchestrator.orchestrator(Catalog(entries=(NEWS, DOCS)), ScriptedModel())
    assert top.name == "ODAI"
    assert [one.name for one in top.tools] == [REPORT.name]
    assert doors(top) == ["transfer_to_google_news", "transfer_to_google_docs"]
    news, docs = (await team(top)).values()
    assert (news.name, [one.name for one in news.tools]) == ("Google News", ["look"])
    assert doors(news) == ["transfer_to_odai", "transfer_to_google_docs"]
    assert doors(docs) == ["transfer_to_odai"]
    assert (await team(news))["transfer_to_odai"] is top
    assert (await team(news))["transfer_to_google_docs"] is docs


async def test_two_of_one_title_and_one_called_odai_keep_their_own_names():
    entries = [connector(name, title=title) for name, title in (("a", "News"), ("b", "News"), ("c", "ODAI"))]
    top = orchestrator.orchestrator(Catalog(entries=tuple(entries)), None)
    assert [agent.name for agent in (await team(top)).values()] == ["a", "b", "c"]


async def test_what_they_are_told_is_all_of_our_words():
    top = orchestrator.orchestrator(Catalog(entries=(NEWS, DOCS)), None)
    caller = Caller(user_id="ada", time_zone="Asia/Tokyo", place="Kyoto")
    now = datetime(2026, 11, 23, 7, 38, tzinfo=UTC)
    said = await told(top, caller=caller, now=now)
    for words in (prompts._ORCHESTRATOR, prompts._WRITING, "- Google News: read the news"):
        assert words in said
    assert "It is Monday, 23 November 2026, about 16:30 in the user's time zone, Asia/Tokyo." in said
    assert said.endswith("The user is in Kyoto.")
    news = await told((await team(top))["transfer_to_google_news"], caller=caller, now=now)
    assert "You can read the news." in news
    assert "About Google News\nNewest first." in news
    assert "transfer_to_odai, transfer_to_google_docs." in news
    assert prompts._WRITING in news
    assert "{" not in said + news
    assert top.handoffs[0].tool_description == "To the Google News specialist, who can read the news."
    assert (await team(top))["transfer_to_google_news"].handoffs[0].tool_description == prompts.HANDED_BACK
    assert "None: no connector is installed." in await told(orchestrator.orchestrator(Catalog(entries=()), None))
    assert "in the user's time zone" in await told(top, caller=Caller(time_zone="Mars/Olympus"))


def test_every_word_of_ours_is_used():
    room = Path(prompts.__file__).parent
    elsewhere = "".join(path.read_text() for path in room.glob("*.py") if path.name != "prompts.py")
    own = Path(prompts.__file__).read_text()
    public = [name for name in vars(prompts) if not name.startswith("_") and f"\n{name} = " in own]
    public += [name for name in vars(prompts) if f"\ndef {name}(" in own and not name.startswith("_")]
    assert len(public) > 12
    assert [name for name in public if f"prompts.{name}" not in elsewhere] == []


async def test_the_public_agent_is_of_what_is_installed_and_runs_as_a_guest(installed):
    agent = odai_core.ORCHESTRATOR_AGENT
    catalog = default_host().catalog
    assert len(agent.handoffs) == len(catalog.ready("tools"))
    assert "transfer_to_yelp" in doors(agent)
    arguments = {"location": "Boston", "search_term": "sushi"}
    model = ScriptedModel([to("yelp"), calls(call("search_businesses_at_yelp", **arguments)), say("Sushi.")])
    result = await Runner.run(agent, "sushi in Boston", run_config=RunConfig(model=model, tracing_disabled=True))
    assert result.final_output == "Sushi."
    (output,) = [item["output"] for item in model.last_call.input if "spoken" in str(item.get("output", ""))]
    assert json.loads(output)["sample"] is True
    with pytest.raises(AttributeError, match="NOPE"):
        orchestrator.NOPE  # noqa: B018


async def test_a_guest_changes_nothing_and_is_told_what_is_gone(installed):
    nobody = RunContextWrapper(None)
    top = orchestrator.orchestrator(Catalog(entries=(NEWS, DOCS)), None)
    change_it = DOCS.specs[0]
    assert prompts.NEEDS_SCREEN in await orchestrator.run_tool(nobody, change_it, "1", '{"word": "x"}')
    assert '"ok":false' in await orchestrator.run_tool(nobody, NEWS.specs[0], "1", '{"word": "x"}')
    assert await orchestrator.run_tool(nobody, REPORT, "1", "{}") == prompts.REPORTED
    assert top.model is None


class Closing(ScriptedModel):
    def __init__(self, steps=(), error=None):
        super().__init__(steps)
        self.closed = 0
        self.error = error

    async def close(self):
        self.closed += 1
        if self.error is not None:
            raise self.error


async def test_a_newly_installed_connector_is_there_for_the_next_turn_and_old_models_are_closed(tmp_path):
    old, new = Closing([say("Old.")]), Closing([say("New.")])
    async with bench(tmp_path, NEWS, model=old) as it, it.open() as chat:
        assert answer_of([event async for event in chat.prompt("one")]) == "Old."
        assert doors(it.desk.engines._current.agent) == ["transfer_to_google_news"]
        async with it.desk.engines.use():
            it.host.catalog = Catalog(entries=(NEWS, DOCS, model_entry(new)), generation=2)
            assert answer_of([event async for event in chat.prompt("two")]) == "New."
            assert (old.closed, new.closed) == (0, 0)
        assert (old.closed, new.closed) == (1, 0)
        assert "transfer_to_google_docs" in doors(it.desk.engines._current.agent)
        it.host.catalog = Catalog(entries=(NEWS, model_entry(Closing([say("Third.")]))), generation=3)
        assert answer_of([event async for event in chat.prompt("three")]) == "Third."
        assert new.closed == 1
        assert chat.model_name == "scripted"


async def test_a_model_that_cannot_be_made_or_closed_is_said_so(caplog):
    def broken(options):
        raise ValueError("no")

    def unready(options):
        raise SetupError("No.", "Do this.")

    for text, cause in ((broken, "failed while it was made: ValueError"), (unready, "No.")):
        entry = model_entry(None)
        object.__setattr__(entry.plugin, "text", text)
        host = SimpleNamespace(catalog=Catalog(entries=(entry,)), settings=Settings({}))
        host.refresh = lambda host=host: host.catalog
        with pytest.raises(SetupError, match=cause):
            async with Engines(host).use():
                pass
    host.catalog = Catalog(entries=(model_entry(Closing(error=OSError("x"))),))
    engines = Engines(host)
    async with engines.use():
        pass
    await engines.close()
    await engines.close()
    assert "did not close well" in caplog.text


async def test_a_desk_warms_up_and_says_when_it_cannot(tmp_path, caplog):
    async with bench(tmp_path, NEWS) as it:
        await it.desk.warm_up()
        assert it.desk.engines._current is not None
    async with bench(tmp_path, models=False) as it:
        await it.desk.warm_up()
    assert "no chat can be answered" in caplog.text


def test_without_a_ready_model_the_public_agent_leaves_the_choice_to_the_sdk(installed, monkeypatch):
    monkeypatch.setenv("ODAI_TEXT_PLUGIN", "nobody")
    default_host.cache_clear()
    assert odai_core.ORCHESTRATOR_AGENT.model is None


def test_an_error_without_a_place_is_told_too(caplog):
    told = explained(ValueError("private"), Caller())
    assert (told.code, told.retryable) == ("internal", True)
    assert "an unknown place" in caplog.text
    assert "private" not in caplog.text
