"""Titles and suggested prompts: from the model, from core, or not at all."""

import asyncio
import math

import pytest
from agents.testing import ScriptedModel

from odai_core.contract import tool
from odai_core.errors import ModelError
from odai_core.text import afterwards, prompts
from odai_core.text.events import ChatTitle, EndOfStream, SuggestedPrompt, SuggestedPrompts
from odai_core.text.suggestions import LONGEST, from_examples, plain_title
from tests.text.desk_bench import bench, call, calls, connector, everything, of, say, to

GOOD = '```json\n[{"prompt": "Book a table", "likelihood": 0.4}, {"prompt": "Show reviews", "likelihood": 0.9}]\n```'


@tool(
    examples=["find {what:sushi}", "look for {what:something that nobody could ever fit in here}", "any {what:ramen}?"]
)
async def find(what: str) -> str:
    """Find it."""
    return what


YELP = connector("yelp", find)


class Writer(ScriptedModel):
    """Answers chats with its steps, and questions about them by their instructions."""

    def __init__(self, steps, title="Sushi in Boston", suggestions=GOOD):
        super().__init__(steps)
        self.replies = {prompts.title_instructions(): title}
        self.suggestions = suggestions
        self.asked = []

    async def get_response(self, instructions, given, *arguments, **named):
        self.asked.append((instructions, given))
        reply = self.replies.get(instructions, self.suggestions)
        if isinstance(reply, Exception):
            raise reply
        return await ScriptedModel([say(reply)]).get_response(instructions, given, *arguments, **named)


async def test_a_model_that_writes_makes_both_after_the_answer(tmp_path):
    model = Writer([say("Here."), say("There.")])
    async with bench(tmp_path, YELP, model=model, freeform=True) as it, it.open() as chat:
        first = await everything(chat, "sushi in boston")
        second = await everything(chat, "more")
        (summary,) = await it.desk.book.list("ada")
    after = first[first.index(EndOfStream()) + 1 :]
    best = (SuggestedPrompt("Show reviews", 0.9), SuggestedPrompt("Book a table", 0.4))
    assert sorted(after, key=lambda event: type(event).__name__) == [
        ChatTitle("Sushi in Boston"), SuggestedPrompts(best),
    ]  # fmt: skip
    assert of(second, ChatTitle) == []
    assert summary.title == "Sushi in Boston"
    assert sorted(kind for _, kind, _ in it.books.entries) == ["chat", "chat", "suggestions", "suggestions", "title"]
    assert len({entry_id for entry_id, *_ in it.books.entries}) == 5
    instructions, given = model.asked[0]
    assert "Yelp (do yelp)" in "".join(text for text, _ in model.asked)
    assert "sushi in boston" in given[0]["content"]
    assert "Here." in given[0]["content"]
    assert instructions


async def test_without_such_a_model_core_makes_both(tmp_path):
    async with bench(tmp_path, YELP, steps=[say("Here.")]) as it:
        events = await it.ask("  where is sushi in boston?  ")
    assert of(events, SuggestedPrompts) == [SuggestedPrompts((SuggestedPrompt("Find sushi", 0.6),))]
    assert of(events, ChatTitle) == [ChatTitle("Where is sushi in boston")]
    assert [kind for _, kind, _ in it.books.entries] == ["chat"]


async def test_what_answered_is_suggested_first(tmp_path):
    @tool(examples=["add {what:milk}"])
    async def add(what: str) -> str:
        """Add it."""
        return what

    shops = [connector(name, title=name) for name in "abcdefg"]
    steps = [to("list"), calls(call("add", what="x")), say("Added.")]
    async with bench(tmp_path, YELP, *shops, connector("list", add), steps=steps) as it:
        (suggested,) = of(await it.ask("put x on the list"), SuggestedPrompts)
    assert [one.prompt for one in suggested.prompts] == ["Add milk", "Find sushi"]


@pytest.mark.parametrize("trouble", [ModelError("busy", "Later.", retryable=True), "", "no json here", "[[[["])
async def test_what_goes_wrong_afterwards_is_nobodys_error(tmp_path, trouble):
    model = Writer([say("Here.")], suggestions=trouble)
    async with bench(tmp_path, model=model, freeform=True) as it:
        events = await it.ask("hello")
    assert of(events, SuggestedPrompts) == []
    assert of(events, ChatTitle) == [ChatTitle("Sushi in Boston")]


async def test_it_is_bounded_and_ends_with_the_chat(tmp_path, monkeypatch):
    begun = asyncio.Event()

    class Silent(ScriptedModel):
        async def get_response(self, *arguments, **named):
            begun.set()
            await asyncio.Event().wait()

    async with bench(tmp_path, model=Silent([say("Here."), say("There.")]), freeform=True) as it:
        async with it.open() as chat:
            events = chat.prompt("hello")
            async for event in events:
                if event == EndOfStream():
                    break
            await begun.wait()
        monkeypatch.setattr(afterwards, "SECONDS", 0.05)
        assert (await it.ask("again"))[-1] == EndOfStream()
        assert it.desk._tasks == set()


@pytest.mark.parametrize(
    ("text", "title"),
    [
        ('"Sushi in Boston."', "Sushi in Boston"),
        ("\n\nTitle: Trains\nsecond line", "Trains"),
        ("", ""),
        ("   \n", ""),
        ("word " * 100, ("Word " + "word " * 8).strip() + "…"),
    ],
)
def test_a_title_is_one_tidy_line(text, title):
    assert afterwards.read_title(text) == title


def test_a_plain_title_is_cut_at_a_word():
    assert plain_title("  find   me\nsushi! ") == "Find me sushi"
    assert plain_title("x" * 200) == "X" + "x" * 47 + "…"


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ('[{"prompt": "a", "likelihood": 2}, {"prompt": "a", "likelihood": 0}]', [("a", 1.0)]),
        ('[{"prompt": "a"}, {"prompt": 3}, "x", null, {"prompt": ""}]', [("a", 0.5)]),
        (f'[{{"prompt": "{"x" * (LONGEST + 1)}", "likelihood": 1}}]', []),
        ('[{"prompt": "a", "likelihood": true}]', [("a", 0.5)]),
        ('[{"prompt": "a", "likelihood": 1e999}]', []),
        ('{"prompt": "a"}', []),
        ("[" * 50_000 + "]" * 50_000, []),
        (str([{"prompt": n} for n in "abcd"]).replace("'", '"'), [("a", 0.5), ("b", 0.5), ("c", 0.5)]),
    ],
)
def test_only_real_suggestions_are_taken(text, expected):
    found = afterwards.read_suggestions(text)
    assert [(one.prompt, one.likelihood) for one in found] == expected
    assert all(math.isfinite(one.likelihood) for one in found)


def shop(name, *examples, summary="sell things", **more):
    """A connector with a tool for each group of examples."""

    def declared(at, said):
        async def ask(a: str) -> str:
            """Ask."""
            return ""

        ask.__name__ = f"{name}_{at}"
        return tool(examples=said)(ask)

    return connector(name, *(declared(at, said) for at, said in enumerate(examples)), summary=summary, **more)


def suggested(entries, called=(), asked=()):
    return [(one.prompt, one.likelihood) for one in from_examples(entries, frozenset(called), asked)]


def test_examples_become_suggestions_one_of_each_connector_in_their_order():
    entries = [
        shop("a", ["find {a:x}", "y"]), shop("b", ["find {a:x}", "z {a:1}"]), shop("c"), shop("d", ["q" * 40]),
        shop("e", ["w" * 35]), shop("f", ["v"]),
    ]  # fmt: skip
    assert suggested(entries, asked=["find x"]) == [("Y", 0.6), ("Z 1", 0.5), ("W" + "w" * 34, 0.4)]


def test_the_other_tools_of_what_was_used_come_first_then_what_is_like_it():
    air = shop("air", ["is {a:X 1} late"], ["gates of {a:X 1}", "gates of {a:X 2}"], summary="follow flights")
    trips = shop("trips", ["book a flight"], summary="book a flight")
    entries = [shop("food", ["eat {a:rice}"], summary="find dishes"), trips, air]
    assert [text for text, _ in suggested(entries, ["air_0"])] == ["Gates of X 1", "Is X 1 late", "Book a flight"]
    assert [text for text, _ in suggested(entries, ["air_1"], ["IS  X 1 LATE?", "book a flight."])] == [
        "Gates of X 1", "Gates of X 2", "Eat rice",
    ]  # fmt: skip
    assert [text for text, _ in suggested(entries, ["food_0"])] == ["Eat rice", "Book a flight", "Is X 1 late"]
    assert [text for text, _ in suggested([air], ["air_1"])] == ["Is X 1 late", "Gates of X 1", "Gates of X 2"]


def test_one_account_makes_connectors_alike():
    mail = shop("mail", ["read mail"], summary="mail", account="google")
    days = shop("days", ["plan a day"], summary="days", account="google")
    entries = [shop("coins", ["buy a coin"], summary="coins"), shop("pies", ["bake"], summary="pies"), days, mail]
    assert [text for text, _ in suggested(entries, ["mail_0"])] == ["Read mail", "Plan a day", "Buy a coin"]


def test_nothing_that_changes_something_is_suggested():
    @tool(confirm=True, examples=["delete {what:my diary}"])
    async def delete(what: str) -> str:
        """Delete it."""
        return what

    assert suggested([connector("files", delete, find)], ["delete"]) == [("Find sushi", 0.6), ("Any ramen?", 0.5)]


async def test_what_was_asked_in_the_chat_is_never_suggested(tmp_path):
    entry = shop("a", ["one"], ["two"], ["three"], ["four"], ["five"])
    steps = [say("Here.") for _ in range(5)]
    seen = []
    async with bench(tmp_path, entry, steps=steps) as it:
        for prompt in ("One!", "two", "three", "four", "five"):
            found = of(await it.ask(prompt), SuggestedPrompts)
            seen.append([one.prompt for event in found for one in event.prompts])
    assert seen == [["Two"], ["Three"], ["Four"], ["Five"], []]


async def test_the_title_is_the_first_prompts_when_the_next_comes_at_once(tmp_path):
    async with bench(tmp_path, YELP, steps=[say("Here."), say("There.")]) as it, it.open() as chat:
        first = chat.prompt("sushi in boston")
        async for event in first:
            if event == EndOfStream():
                break
        await first.aclose()
        await everything(chat, "and tomorrow?")
        (summary,) = await it.desk.book.list("ada")
    assert summary.title == "Sushi in boston"


async def test_a_title_is_made_although_nobody_stays_for_it(tmp_path, monkeypatch):
    begun, go_on = asyncio.Event(), asyncio.Event()
    async with bench(tmp_path, YELP, steps=[say("Here.")]) as it:
        find = it.desk.store.find

        async def slow(**wanted):
            begun.set()
            await go_on.wait()
            return await find(**wanted)

        monkeypatch.setattr(it.desk.store, "find", slow)
        async with it.open() as chat:
            events = chat.prompt("sushi in boston")
            async for event in events:
                if event == EndOfStream():
                    break
            await begun.wait()
            await events.aclose()
        go_on.set()
        await asyncio.gather(*it.desk._tasks)
        (summary,) = await it.desk.book.list("ada")
    assert summary.title == "Sushi in boston"


@pytest.mark.parametrize("freeform", [False, True])
async def test_a_first_answer_that_fails_still_names_the_chat(tmp_path, freeform):
    model = Writer([ModelError("busy", "Later.", retryable=True), say("There.")])
    async with bench(tmp_path, YELP, model=model, freeform=freeform) as it:
        assert of(await it.ask("sushi in boston"), ChatTitle) == []
        titles = of(await it.ask("once more"), ChatTitle)
    assert titles == [ChatTitle("Sushi in Boston" if freeform else "Sushi in boston")]
    naming = [given for instructions, given in model.asked if instructions == prompts.title_instructions()]
    assert ["sushi in boston" in given[0]["content"] for given in naming] == [True] * freeform
