"""One turn after another: what the screen is told, what the model is given, and what is kept."""

import json
from types import SimpleNamespace

import pytest
from agents import set_trace_processors, set_tracing_disabled
from agents.exceptions import MaxTurnsExceeded, ModelBehaviorError
from agents.testing import ModelStep, ScriptedModel
from agents.tracing import get_trace_provider
from openai import APIConnectionError
from openai.types.responses import ResponseOutputMessage, ResponseOutputRefusal

from odai_core.calls import Caller
from odai_core.contract import tool
from odai_core.errors import Draining, ForeignChat, ModelError, Overloaded, QuotaReached, ToolError
from odai_core.text import prompts, turn
from odai_core.text.attempt import MAX_PROMPT
from odai_core.text.events import (
    AgentUpdated,
    ChatError,
    ChatHandoff,
    ChatUsage,
    EndOfStream,
    TextDelta,
    ToolCalled,
    ToolOutput,
)
from odai_core.tools.response import ToolResponse
from tests.text.desk_bench import (
    USER,
    answer_of,
    before_end,
    bench,
    call,
    calls,
    connector,
    everything,
    of,
    say,
    to,
)


@tool(progress="Looking around")
async def find(what: str) -> dict:
    """Find something."""
    return {"found": what}


async def keep(text: str) -> str:
    """Keep a text."""
    return f"kept {text}"


async def fail() -> str:
    """Fail."""
    raise ToolError("upstream", "The shop isn't answering right now.")


YELP, DOCS = connector("yelp", find, fail), connector("google-docs", keep, title="Google Docs")


async def test_a_hand_off_a_tool_and_an_answer_come_in_order(tmp_path):
    steps = [to("yelp"), calls(call("find", what="sushi")), say("Here is sushi.")]
    async with bench(tmp_path, YELP, steps=steps) as it:
        events = await it.ask("sushi please")
    kinds = [type(event) for event in before_end(events)]
    assert list(dict.fromkeys(kinds)) == [AgentUpdated, ChatHandoff, ToolCalled, ToolOutput, TextDelta, ChatUsage]
    assert of(events, AgentUpdated) == [AgentUpdated("ODAI", "ODAI"), AgentUpdated("Yelp", "ODAI")]
    assert of(events, ChatHandoff) == [ChatHandoff("transfer_to_yelp", "ODAI")]
    (called,) = of(events, ToolCalled)
    assert (called.name, called.description, called.agent) == ("find", "Looking around", "Yelp")
    (output,) = of(events, ToolOutput)
    assert output.call_id == called.call_id
    assert output.output["response"] == {"found": "sushi"}
    assert (output.output["agent_name"], output.output["friendly_name"]) == ("Yelp", "Yelp")
    assert answer_of(events) == "Here is sushi."
    assert of(events, ChatUsage) == [ChatUsage(30, 0, 15, 45, 0.25)]


async def test_the_chat_goes_on_to_docs_and_back_to_odai(tmp_path):
    steps = [
        to("yelp"),
        calls(call("find", what="sushi"), saying="Let me look."),
        to("google_docs"),
        calls(call("keep", text="sushi")),
        to("odai"),
        say("Found and kept."),
    ]
    async with bench(tmp_path, YELP, DOCS, steps=steps) as it:
        events = await it.ask("find sushi and keep it")
    assert [event.new_agent for event in of(events, AgentUpdated)] == ["ODAI", "Yelp", "Google Docs", "ODAI"]
    assert [event.name for event in of(events, ToolOutput)] == ["find", "keep"]
    assert answer_of(events) == "Let me look.\n\nFound and kept."
    assert of(events, ChatUsage)[0].total_tokens == 6 * 15


async def test_tools_called_at_once_run_at_once_and_a_failing_one_fails_alone(tmp_path):
    made = [call("find", what="a"), call("fail"), call("find", what="b"), call("nothing_like_it")]
    async with bench(tmp_path, YELP, steps=[to("yelp"), calls(*made), say("Two of four.")]) as it:
        events = await it.ask("several")
        given = it.model.last_call.input
    assert [event.name for event in of(events, ToolCalled)] == ["find", "fail", "find"]
    outputs = {item["call_id"]: item["output"] for item in given if item.get("type") == "function_call_output"}
    said = [outputs[one.call_id] for one in made]
    assert json.loads(said[0])["data"] == {"found": "a"}
    assert json.loads(said[1]) == {"ok": False, "spoken": "The shop isn't answering right now.", "error": "upstream"}
    assert "nothing_like_it" in said[3]
    assert answer_of(events) == "Two of four."


async def test_the_next_turn_knows_what_was_said_and_found(tmp_path):
    first = [to("yelp"), calls(call("find", what="sushi")), say("Sushi.")]
    async with bench(tmp_path, YELP, steps=[*first, say("You asked for sushi.")]) as it:
        await it.ask("sushi please")
        await it.ask("what did I ask?")
        history = it.model.last_call.input
    assert [item.get("role") or item["type"] for item in history] == [
        "user", "function_call", "function_call_output", "function_call", "function_call_output", "assistant", "user",
    ]  # fmt: skip
    assert history[0]["content"] == "sushi please"
    assert history[5] == {"role": "assistant", "content": "Sushi."}
    assert not any("id" in item for item in history)


async def test_a_service_that_numbers_its_calls_anew_loses_none_of_them(tmp_path):
    def same(what):
        one = call("find", what=what)
        one.call_id = one.id = "call_0"
        return one

    def hand():
        one = call("transfer_to_yelp")
        one.call_id = one.id = "call_1"
        return one

    turns = [[calls(hand()), calls(same(what)), say(what)] for what in ("one", "two")]
    async with bench(tmp_path, YELP, steps=[*turns[0], *turns[1], say("Both.")]) as it:
        for text in ("one", "two", "both"):
            await it.ask(text)
        outputs = [item["output"] for item in it.model.last_call.input if item.get("type") == "function_call_output"]
    assert ["found" in output for output in outputs] == [False, True, False, True]
    assert json.loads(outputs[1])["data"] == {"found": "one"}


async def test_a_turn_is_kept_with_its_cards_and_once(tmp_path):
    async with bench(tmp_path, YELP, steps=[to("yelp"), calls(call("find", what="x")), say("**Done.**")]) as it:
        await it.ask("look")
        (turn,) = await it.desk.book.read("ada", "chat-1")
    assert (turn.prompt, turn.answer, turn.status) == ("look", "**Done.**", "completed")
    assert [card["type"] for card in turn.shown] == ["handoff", "tool_output", "usage"]
    assert turn.shown[1]["output"]["response"] == {"found": "x"}
    assert it.books.entries[0][0] == turn.id


def refusal():
    content = [ResponseOutputRefusal(type="refusal", refusal="No.")]
    return ModelStep(
        output=[ResponseOutputMessage(id="m", type="message", role="assistant", status="completed", content=content)]
    )


@pytest.mark.parametrize(
    ("step", "code", "said", "retryable"),
    [
        (ModelError("busy", "The model is busy.", retryable=True), "busy", "The model is busy.", True),
        (ModelError("model", "The key was refused.", retryable=False), "model", "The key was refused.", False),
        (ModelBehaviorError("secret words"), "model", "an answer I cannot use", True),
        (MaxTurnsExceeded("40"), "model", "more steps", True),
        (refusal(), "model", "declined to answer", False),
        (say("  "), "model", "nothing to say", True),
        (ConnectionError("secret words"), "model", "did not answer", True),
        (TimeoutError("secret words"), "model", "did not answer", True),
        (APIConnectionError(message="secret words", request=None), "model", "did not answer", True),
        (ValueError("secret words"), "internal", "went wrong on my side", True),
    ],
)  # fmt: skip
async def test_what_goes_wrong_is_one_sentence_and_the_chat_goes_on(tmp_path, caplog, step, code, said, retryable):
    caplog.set_level("DEBUG")
    async with bench(tmp_path, steps=[step, say("Fine again.")]) as it, it.open() as chat:
        events = await everything(chat, "hello, private words")
        (error,) = of(events, ChatError)
        assert (error.code, error.retryable) == (code, retryable)
        assert said in error.message
        assert events[-1] == EndOfStream()
        assert answer_of(await everything(chat, "again")) == "Fine again."
        history = it.model.last_call.input
        first, second = await it.desk.book.read("ada", "chat-1")
    assert [item["role"] for item in history] == ["user", "assistant", "user"]
    assert history[1]["content"] == prompts.FAILED
    assert (first.status, first.shown[0]["type"]) == ("failed", "error")
    assert second.status == "completed"
    assert "secret words" not in caplog.text
    assert "private words" not in caplog.text


async def test_a_model_that_breaks_off_leaves_what_it_said(tmp_path):
    def breaking(request):
        async def stream():
            for event in _deltas("Half an "):
                yield event
            raise ModelError("unavailable", "The model stopped in the middle.", retryable=True)

        return stream()

    async with bench(tmp_path, steps=[ModelStep.stream(breaking), say("Whole.")]) as it:
        events = await it.ask("go")
        assert answer_of(events) == "Half an "
        assert of(events, ChatError)[0].message == "The model stopped in the middle."
        await it.ask("again")
        assert [item["content"] for item in it.model.last_call.input] == ["go", "Half an ", prompts.FAILED, "again"]


def _deltas(text):
    return [SimpleNamespace(type="response.output_text.delta", delta=text)]


async def test_too_many_steps_end_the_turn_but_not_the_chat(tmp_path, monkeypatch):
    monkeypatch.setattr("odai_core.text.turn.MAX_STEPS", 3)
    rounds = [calls(call("find", what=str(number))) for number in range(3)]
    async with bench(tmp_path, YELP, steps=[to("yelp"), *rounds, say("Enough.")]) as it:
        events = await it.ask("a lot")
        assert "more steps" in of(events, ChatError)[0].message
        history = (await it.desk.store.items("chat-1"))[:-1]
    calls_made = {item["call_id"] for item in history if item.get("type") == "function_call"}
    answered = {item["call_id"] for item in history if item.get("type") == "function_call_output"}
    assert calls_made == answered


async def test_what_cannot_be_a_prompt_is_refused_and_not_kept(tmp_path):
    async with bench(tmp_path) as it, it.open() as chat:
        for text, code in (("x" * (MAX_PROMPT + 1), "too_long"), ("  \n", "internal")):
            events = await everything(chat, text)
            assert [type(event) for event in events] == [ChatError, EndOfStream]
            assert events[0].code == code
        assert it.model.calls == ()
        assert await it.desk.book.read("ada", "chat-1") == ()


async def test_half_a_character_does_not_poison_the_chat(tmp_path):
    async with bench(tmp_path, steps=[say("Fine.")]) as it:
        assert answer_of(await it.ask("hi \ud83d")) == "Fine."
        assert it.model.last_call.input[0]["content"] == "hi ?"


async def test_a_day_that_is_used_up_is_told_before_the_model_is_asked(tmp_path):
    async with bench(tmp_path) as it:
        it.books.refuse = QuotaReached("Come back tomorrow.")
        events = await it.ask("hello")
        assert events == [ChatError("quota", "Come back tomorrow.", False), EndOfStream()]
        assert it.model.calls == ()


async def test_without_a_model_the_operator_at_this_machine_is_told_what_to_do(tmp_path):
    async with bench(tmp_path, models=False) as it:
        async with it.open("mine", Caller(user_id="local")) as chat:
            (error, end) = await everything(chat, "hello")
            assert error.code == "unavailable"
            assert "pip install odai-model-local" in error.message
            assert chat.model_name == ""
        (error, end) = await it.ask("hello")
        assert "pip install" not in error.message
        assert end == EndOfStream()


async def test_a_foreign_chat_a_guest_and_a_bad_id_are_refused(tmp_path):
    async with bench(tmp_path, steps=[say("Hello Ada.")]) as it:
        await it.ask("hello")
        for chat_id, caller in (
            ("chat-1", Caller(user_id="eve")),
            ("chat-2", Caller()),
            ("../etc", USER),
        ):
            with pytest.raises(ForeignChat):
                async with it.open(chat_id, caller):
                    pass
        assert it.desk.live == set()


async def test_places_and_a_draining_server_refuse_chats(tmp_path):
    async with bench(tmp_path, ODAI_MAX_CHATS="1") as it, it.open("a") as chat:
        with pytest.raises(Overloaded):
            async with it.open("b"):
                pass
        await it.desk.drain(0.01)
        assert [type(event) for event in await everything(chat, "hello")] == [ChatError, EndOfStream]
        with pytest.raises(Draining):
            async with it.open("c"):
                pass


async def test_analytics_hear_of_a_chat_and_its_turns(tmp_path):
    wish = {"capability_requested": "book a taxi", "capability_description": "Order a taxi to an address."}
    steps = [calls(call("report_unhandled_request", **wish)), to("yelp"), calls(call("find", what="x")), say("Ok.")]
    async with bench(tmp_path, YELP, steps=steps) as it:
        events = await it.ask("a taxi")
        async with it.open():
            pass
        heard = it.heard
    assert [name for name, _ in heard.events] == [
        "Chat Created", "Prompt Submitted", "Agent Called", "Unhandled Request", "Agent Called", "Tool Called",
        "Response Sent", "Existing Chat Used",
    ]  # fmt: skip
    assert all(properties["chat_id"] == "chat-1" for _, properties in heard.events)
    assert heard.named("Unhandled Request") == [{"chat_id": "chat-1", "prompt": "a taxi", **wish}]
    assert heard.named("Tool Called")[0]["tool_description"] == "Looking around"
    assert [event.name for event in of(events, ToolCalled)] == ["find"]


async def test_somebody_who_may_not_link_google_is_counted(tmp_path):
    @tool
    async def connect() -> ToolResponse:
        """Offer to connect an account."""
        return ToolResponse(response_type="google_access_request", response={"status": "requested"}, spoken="Not yet.")

    steps = [to("google"), calls(call("connect")), say("Not yet.")]
    async with bench(tmp_path, connector("google", connect), steps=steps) as it:
        await it.ask("connect my account")
    assert it.heard.named("Google Access Request") == [{"chat_id": "chat-1", "user_id": "ada"}]


async def test_usage_without_a_known_price_is_not_free(tmp_path):
    async with bench(tmp_path, steps=[say("Hi.")]) as it:
        it.books.cost = None
        assert of(await it.ask("hello"), ChatUsage)[0].cost_usd is None


async def test_a_ledger_or_a_store_that_fails_is_not_the_answers_end(tmp_path, monkeypatch):
    async def broken(*arguments, **named):
        raise OSError("disk")

    async with bench(tmp_path, steps=[say("Hi.")]) as it:
        monkeypatch.setattr(it.books, "record", broken)
        monkeypatch.setattr(it.desk.store, "append", broken)
        events = await it.ask("hello")
    assert answer_of(events) == "Hi."
    assert of(events, ChatUsage)[0].cost_usd is None
    assert "could not be saved" in of(events, ChatError)[0].message


async def test_what_fails_at_the_very_end_is_told_too(tmp_path, monkeypatch):
    async with bench(tmp_path, steps=[say("Hi.")]) as it:
        monkeypatch.setattr("odai_core.text.attempt.PastTurn", lambda **fields: 1 / 0)
        events = await it.ask("hello")
    assert of(events, ChatError)[0].code == "internal"
    assert events[-1] == EndOfStream()
    assert it.desk.turns._locks == {}


async def test_nothing_is_traced_unless_the_operator_says_so(tmp_path):
    seen = []
    set_trace_processors([])

    class Watching(ScriptedModel):
        def stream_response(self, *arguments, **named):
            seen.append(arguments[6])
            return super().stream_response(*arguments, **named)

    for settings, traced in (({}, False), ({"ODAI_TRACING": "1"}, True)):
        async with bench(tmp_path, model=Watching([say("Hi.")]), **settings) as it:
            provider = get_trace_provider()
            assert provider._disabled is not traced
            await it.ask("hello")
    assert [tracing.is_disabled() for tracing in seen] == [True, False]
    set_tracing_disabled(True)


async def test_an_endless_model_may_not_call_tools_without_end(tmp_path, monkeypatch):
    monkeypatch.setattr("odai_core.text.toolwork.MAX_CALLS", 3)
    many = [call("find", what=str(number)) for number in range(5)]
    async with bench(tmp_path, YELP, steps=[to("yelp"), calls(*many), say("Enough.")]) as it:
        events = await it.ask("a lot")
        outputs = [item["output"] for item in it.model.last_call.input if item.get("type") == "function_call_output"]
    assert len(of(events, ToolCalled)) == 3
    assert sum(prompts.ENOUGH_TOOLS in output for output in outputs) == 2


async def test_a_report_that_cannot_be_read_is_no_error(tmp_path):
    steps = [calls(call("report_unhandled_request", nonsense=1)), say("I can't.")]
    async with bench(tmp_path, steps=steps) as it:
        assert answer_of(await it.ask("a taxi")) == "I can't."
        assert it.heard.named("Unhandled Request") == []


async def test_a_tool_and_a_hand_off_in_one_breath_are_both_done_and_a_second_hand_off_is_not(tmp_path):
    steps = [
        to("yelp"),
        calls(call("find", what="x"), call("transfer_to_google_docs"), call("transfer_to_odai")),
        say("Written."),
        say("Next."),
    ]
    async with bench(tmp_path, YELP, DOCS, steps=steps) as it:
        events = await it.ask("find and keep")
        assert [event.new_agent for event in of(events, AgentUpdated)] == ["ODAI", "Yelp", "Google Docs"]
        assert [event.name for event in of(events, ToolOutput)] == ["find"]
        await it.ask("next")
        given = it.model.last_call.input
    made = [item["call_id"] for item in given if item.get("type") == "function_call"]
    answered = [item["call_id"] for item in given if item.get("type") == "function_call_output"]
    assert sorted(made) == sorted(answered)
    assert len(made) == len(set(made)) == 4


async def test_an_agent_without_a_model_never_reaches_somebody_elses(tmp_path):
    with pytest.raises(ModelError, match="no model"):
        turn._NoProvider().get_model("gpt")


async def test_a_tool_that_raises_a_timeout_of_its_own_is_not_the_turns_end(tmp_path):
    async def late() -> str:
        """Be late."""
        raise TimeoutError

    steps = [to("clock"), calls(call("late")), say("It was late.")]
    async with bench(tmp_path, connector("clock", late), steps=steps) as it:
        assert answer_of(await it.ask("the time")) == "It was late."
