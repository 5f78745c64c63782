from __future__ import annotations

import pytest

from odai_core.contract import ModelPlugin, Problem, ToolPlugin, tool
from odai_core.errors import SetupError
from odai_core.plugins.catalog import VOICE_ORDER, Catalog, Entry, State
from odai_core.plugins.choice import choose_model
from odai_core.plugins.discovery import Candidate
from odai_core.tools.schema import describe

BROKEN = Problem(cause="It broke.", remedy="Mend it.")


async def first() -> str:
    """Say one."""
    return "one"


@tool(voice=False)
async def second() -> str:
    """Say two, but never aloud."""
    return "two"


def entry(name, *, kind="tools", state=State.READY, distribution=None, voice=True, problem=None):
    candidate = Candidate(kind=kind, name=name, module="m", distribution=distribution or f"odai-{name}", version="1")
    common = {"name": name, "api": 1, "title": name.title(), "summary": "s"}
    if kind == "models":
        plugin = ModelPlugin(**common, realtime=lambda options: None)
        return Entry(candidate=candidate, name=name, state=state, plugin=plugin, problem=problem)
    plugin = ToolPlugin(**common, tools=[first, second], voice=voice)
    specs = (describe(first), describe(second))
    return Entry(candidate=candidate, name=name, state=state, plugin=plugin, specs=specs, problem=problem)


def test_ready_plugins_come_in_the_specified_order_then_by_name():
    names = ["zebra", "yelp", "apple", *reversed(VOICE_ORDER[:-3])]
    catalog = Catalog(tuple(entry(name) for name in names))
    assert [one.name for one in catalog.ready("tools")] == [*VOICE_ORDER[:-3], "yelp", "apple", "zebra"]
    assert catalog.ready("models") == ()


def test_voice_tools_are_of_ready_voice_plugins_less_those_that_opt_out():
    catalog = Catalog(
        (
            entry("loud"),
            entry("silent", voice=False),
            entry("broken", state=State.BROKEN, problem=BROKEN),
            entry("openai", kind="models"),
        )
    )
    assert [(one.name, spec.name) for one, spec in catalog.voice_tools] == [("loud", "first")]
    assert catalog.voice_tools is catalog.voice_tools


def test_find_prefers_the_winner_of_a_conflict():
    loser = entry("yelp", state=State.CONFLICT, distribution="a", problem=BROKEN)
    winner = entry("yelp", distribution="b")
    catalog = Catalog((loser, winner))
    assert catalog.find("tools", "yelp") is winner
    assert catalog.find("models", "yelp") is None
    assert Catalog((loser,)).find("tools", "yelp") is loser
    assert list(catalog.not_ready()) == [loser]


def test_a_row_of_what_never_was_imported():
    candidate = Candidate(kind="tools", name="x", module="m", distribution="d", version="1")
    row = Entry(candidate=candidate, name="x", state=State.BROKEN, problem=BROKEN).describe()
    assert (row["title"], row["summary"], row["voice"], row["tools"]) == ("", "", False, [])
    assert (row["state"], row["cause"], row["remedy"]) == ("broken", "It broke.", "Mend it.")


def test_there_are_seven_states():
    assert {str(state) for state in State} == {
        "ready",
        "needs setup",
        "disabled",
        "conflict",
        "incompatible",
        "broken",
        "restart needed",
    }


# -- which model answers


def model(name, state=State.READY):
    return entry(name, kind="models", state=state, problem=None if state is State.READY else BROKEN)


@pytest.mark.parametrize(
    "names, chosen",
    [(["other", "local", "openai"], "openai"), (["other", "local"], "local"), (["zeta", "other"], "other")],
)
def test_the_preferred_model_answers(names, chosen):
    assert choose_model(Catalog(tuple(map(model, names))), "").name == chosen


def test_the_wanted_model_answers():
    assert choose_model(Catalog((model("openai"), model("local"))), "local").name == "local"


def test_the_wanted_model_is_not_installed():
    with pytest.raises(SetupError) as caught:
        choose_model(Catalog((model("openai"),)), "whisper")
    assert caught.value.cause == "ODAI_MODEL is whisper, and no such model is installed."
    assert caught.value.remedy == "pip install odai-model-whisper"


def test_the_wanted_model_is_not_ready():
    with pytest.raises(SetupError) as caught:
        choose_model(Catalog((model("openai", State.NEEDS_SETUP), model("local"))), "openai")
    assert (caught.value.cause, caught.value.remedy) == ("The model openai is needs setup: It broke.", "Mend it.")


def test_no_model_at_all():
    with pytest.raises(SetupError, match=r"^No model is ready\. Mend it\.$"):
        choose_model(Catalog((model("openai", State.NEEDS_SETUP), entry("yelp"))), "")
    with pytest.raises(
        SetupError, match=r"^No model is ready\. pip install odai-model-local, or set OPENAI_API_KEY\.$"
    ):
        choose_model(Catalog(()), "")
