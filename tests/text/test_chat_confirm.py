"""Nothing is changed without the user's own yes, and nothing twice."""

import asyncio
import json
import time
from contextlib import aclosing
from types import SimpleNamespace

import pytest

from odai_core.contract import ToolContext, tool
from odai_core.errors import AccountNeeded, ToolError
from odai_core.text import prompts
from odai_core.text.confirm import Confirmations
from odai_core.text.events import (
    ChatError,
    ConfirmationRequired,
    ConfirmationSettled,
    EndOfStream,
    ToolCalled,
    ToolOutput,
)
from odai_core.tools.response import ToolResponse
from tests.text.desk_bench import answer_of, bench, call, calls, connector, everything, of, say, to
from tests.text.test_chat_stopping import SECONDS, Gate, until, when


class Post:
    """A service that letters are sent with."""

    def __init__(self):
        self.sent = []
        self.gate = Gate()
        self.gate.open.set()
        self.error = None

    def entry(self, **more):
        @tool(confirm=True, progress="Sending", timeout=30)
        async def send_letter(ctx: ToolContext, to: str, text: str, copies: int = 1) -> ToolResponse:
            """Send a letter. It cannot be taken back."""
            await self.gate.wait()
            if self.error is not None:
                raise self.error
            self.sent.append((ctx.write_id, to, text, copies))
            return ToolResponse(response_type="letter", response={"sent": to}, spoken="It is sent.")

        return connector("post", send_letter, title="Post", **more)


LETTER = {"to": "bob", "text": "Hello"}


async def answering(chat, text, *answers):
    """A turn whose questions get these answers, in order."""
    events, left = [], list(answers)
    async for event in chat.prompt(text):
        events.append(event)
        if isinstance(event, ConfirmationRequired):
            assert await chat.confirm(event.id, left.pop(0))
    assert left == []
    return events


def letter(**changes):
    return calls(call("send_letter", **(LETTER | changes)))


def outputs(it):
    return [
        json.loads(item["output"])
        for item in it.model.last_call.input
        if item.get("type") == "function_call_output" and "assistant" not in item["output"]
    ]


async def test_a_yes_does_it_once_with_exactly_what_was_shown(tmp_path):
    post = Post()
    async with bench(tmp_path, post.entry(), steps=[to("post"), letter(), say("Sent.")]) as it, it.open() as chat:
        events = await answering(chat, "write to bob", True)
        (question,) = of(events, ConfirmationRequired)
        ((write_id, *given),) = post.sent
        write = await it.desk.writes.read(write_id)
        (turn,) = await it.desk.book.read("ada", "chat-1")
    assert (question.tool, question.title, question.agent) == ("send_letter", "Post", "Post")
    assert question.question == "Post is about to do this: Send a letter. Is that all right?"
    assert question.arguments == {**LETTER, "copies": 1}
    assert time.time() < question.expires_at <= time.time() + 300
    assert given == ["bob", "Hello", 1]
    kinds = [ToolCalled, ConfirmationRequired, ConfirmationSettled, ToolOutput]
    assert [type(event) for event in events if type(event) in kinds] == kinds
    assert of(events, ConfirmationSettled)[0] == ConfirmationSettled(question.id, "approved")
    assert of(events, ToolOutput)[0].output["response"] == {"sent": "bob"}
    assert (write.state, write.response["response"]) == ("finished", {"sent": "bob"})
    cards = [card["type"] for card in turn.shown]
    assert cards == ["handoff", "confirmation_required", "confirmation_settled", "tool_output", "usage"]
    assert turn.shown[1]["friendly_name"] == "Post"


async def test_a_no_does_nothing_and_is_final_for_the_turn(tmp_path):
    post = Post()
    steps = [to("post"), letter(), letter(text="Hello!"), say("As you wish."), to("post"), letter(), say("Sent.")]
    async with bench(tmp_path, post.entry(), steps=steps) as it, it.open() as chat:
        events = await answering(chat, "write to bob", False)
        said = outputs(it)
        assert [answer["error"] for answer in said] == ["declined", "declined"]
        assert said[0]["spoken"] == prompts.DECLINED
        assert post.sent == []
        assert [event.output for event in of(events, ToolOutput)] == [None, None]
        again = await answering(chat, "do write to bob", True)
    assert answer_of(again) == "Sent."
    assert len(post.sent) == 1


async def test_a_question_expires(tmp_path):
    post = Post()
    steps = [to("post"), letter(), say("You did not say.")]
    async with bench(tmp_path, post.entry(), steps=steps, ODAI_CONFIRM_SECONDS="0.05") as it, it.open() as chat:
        events = await everything(chat, "write to bob")
        (question,) = of(events, ConfirmationRequired)
        assert of(events, ConfirmationSettled) == [ConfirmationSettled(question.id, "expired")]
        assert not await chat.confirm(question.id, True)
        assert outputs(it)[0]["error"] == "expired"
        assert post.sent == []


async def test_an_answer_counts_once_for_its_own_question_in_its_own_chat(tmp_path):
    post = Post()
    steps = [to("post"), letter(), say("Sent.")]
    async with bench(tmp_path, post.entry(), steps=steps) as it, it.open() as chat, it.open("other") as other:
        events = chat.prompt("write to bob")
        question = (await until(events, ConfirmationRequired))[-1]
        assert not await chat.confirm("another", True)
        assert not await other.confirm(question.id, True)
        assert post.sent == []
        assert await chat.confirm(question.id, True)
        assert not await chat.confirm(question.id, True)
        assert EndOfStream() in [event async for event in events]
        assert len(post.sent) == 1


async def test_the_same_again_in_a_turn_is_neither_asked_nor_done_again(tmp_path):
    post = Post()
    twice = calls(call("send_letter", **LETTER), call("send_letter", **LETTER, copies=None))
    steps = [to("post"), twice, letter(), letter(to="eve"), say("Sent.")]
    async with bench(tmp_path, post.entry(), steps=steps) as it, it.open() as chat:
        events = await answering(chat, "write to bob", True, True)
        said = outputs(it)
    assert [name for _, name, *_ in post.sent] == ["bob", "eve"]
    assert len(of(events, ConfirmationRequired)) == 2
    assert [answer["data"] for answer in said] == [{"sent": "bob"}] * 3 + [{"sent": "eve"}]
    assert post.sent[0][0] != post.sent[1][0]


async def test_what_was_begun_runs_to_its_end_when_the_user_goes(tmp_path):
    post = Post()
    post.gate.open.clear()
    steps = [to("post"), letter(), say("Done before.")]
    async with bench(tmp_path, post.entry(), steps=steps) as it:
        async with it.open() as chat:
            events = chat.prompt("write to bob")
            question = (await until(events, ConfirmationRequired))[-1]
            await chat.confirm(question.id, True)
            await post.gate.reached.wait()
            leaving = asyncio.create_task(events.aclose())
            await when(lambda: not chat.attempts[0].outbox._closed or chat.attempts[0].outbox._ended)
            assert not leaving.done()
            post.gate.open.set()
            async with asyncio.timeout(SECONDS):
                await leaving
        (sent,) = post.sent
        assert (await it.desk.writes.read(sent[0])).state == "finished"
        (turn,) = await it.desk.book.read("ada", "chat-1")
        assert turn.status == "stopped"
        assert turn.shown[-2]["output"]["response"] == {"sent": "bob"}
        await it.ask("did you?")
        assert outputs(it)[0]["data"] == {"sent": "bob"}


@pytest.mark.parametrize(("code", "state"), [("timeout", "started"), ("not_found", "abandoned")])
async def test_an_unknown_outcome_keeps_its_id_for_the_next_try(tmp_path, code, state):
    post = Post()
    post.error = ToolError(code, "That did not go well.")
    steps = [to("post"), letter(), say("Hm."), to("post"), letter(), say("Sent.")]
    begun = []
    async with bench(tmp_path, post.entry(), steps=steps) as it, it.open() as chat:
        begin = it.desk.writes.begin

        async def noted(*arguments):
            begun.append(await begin(*arguments))
            return begun[-1]

        it.desk.writes.begin = noted
        await answering(chat, "write to bob", True)
        assert (await it.desk.writes.read(begun[0].id)).state == state
        post.error = None
        await answering(chat, "try again", True)
    assert (begun[0].id == begun[1].id) is (state == "started")
    assert [sent[0] for sent in post.sent] == [begun[1].id]


async def test_a_store_that_fails_before_means_nothing_is_done_and_after_that_it_is_still_told(tmp_path):
    post = Post()
    steps = [to("post"), letter(), letter(to="eve"), say("Hm.")]

    async def broken(*arguments):
        raise OSError("disk")

    async with bench(tmp_path, post.entry(), steps=steps) as it, it.open() as chat:
        begin, it.desk.writes.begin = it.desk.writes.begin, broken
        events = []
        async for event in chat.prompt("write"):
            events.append(event)
            if isinstance(event, ConfirmationRequired):
                if len(of(events, ConfirmationRequired)) == 2:
                    it.desk.writes.begin, it.desk.writes.finish = begin, broken
                await chat.confirm(event.id, True)
        first, second = outputs(it)
    assert (first["ok"], second["data"]) == (False, {"sent": "eve"})
    assert [name for _, name, *_ in post.sent] == ["eve"]


async def test_the_turns_clock_stands_still_while_a_person_thinks(tmp_path):
    post = Post()
    steps = [to("post"), letter(), say("Sent.")]
    async with bench(tmp_path, post.entry(), steps=steps, ODAI_MAX_TURN_SECONDS="0.4") as it, it.open() as chat:
        events = chat.prompt("write to bob")
        question = (await until(events, ConfirmationRequired))[-1]
        await asyncio.sleep(0.8)
        await chat.confirm(question.id, True)
        rest = [event async for event in events]
    assert answer_of(rest) == "Sent."
    assert of(rest, ChatError) == []


async def test_who_leaves_while_being_asked_has_not_said_yes(tmp_path):
    post = Post()
    async with bench(tmp_path, post.entry(), steps=[to("post"), letter(), say("Well?")]) as it, it.open() as chat:
        async with aclosing(chat.prompt("write to bob")) as events:
            question = (await until(events, ConfirmationRequired))[-1]
        assert not await chat.confirm(question.id, True)
        assert post.sent == []
        await everything(chat, "well?")
        given = it.model.last_call.input
    assert prompts.CUT_OFF in [item.get("output") for item in given]


async def test_nobody_is_asked_about_what_a_missing_account_makes_impossible(tmp_path):
    class Nobody:
        async def links(self):
            raise AccountNeeded("Connect Post first.", account_type="post", connect_url="https://x.example/?ticket=s")

    post = Post()
    steps = [to("post"), letter(), say("Please connect it.")]
    async with bench(
        tmp_path, post.entry(account="post"), steps=steps, account_of=lambda catalog, entry, caller: Nobody()
    ) as it:
        events = await it.ask("write to bob")
        told = it.model.last_call.input
    assert of(events, ConfirmationRequired) == []
    (output,) = of(events, ToolOutput)
    assert output.output["response_type"] == "account_needed"
    assert output.output["response"]["connect_url"] == "https://x.example/?ticket=s"
    assert outputs(SimpleNamespace(model=it.model))[0]["error"] == "account_needed"
    assert "ticket" not in json.dumps(told)


async def test_arguments_that_cannot_be_are_not_asked_about(tmp_path):
    post = Post()
    steps = [to("post"), calls(call("send_letter", to="bob")), say("To say what?")]
    async with bench(tmp_path, post.entry(), steps=steps) as it:
        events = await it.ask("write to bob")
    assert of(events, ConfirmationRequired) == []
    assert of(events, ToolOutput)[0].output["response"]["code"] == "bad_request"


async def test_questions_do_not_gather():
    asked = []

    async def emit(event):
        asked.append(event)

    confirmations = Confirmations(60)
    task = asyncio.create_task(confirmations.ask(emit, tool="t", title="T", question="?", arguments={}, agent="ODAI"))
    await when(lambda: asked)
    task.cancel()
    await asyncio.wait({task})
    assert confirmations._waiting == {}
    assert asked[-1] == ConfirmationSettled(asked[0].id, "expired")


async def test_the_clock_goes_on_when_the_last_of_several_questions_is_answered(tmp_path):
    post = Post()
    both = calls(call("send_letter", **LETTER), call("send_letter", **LETTER | {"to": "eve"}))
    steps = [to("post"), both, calls(call("send_letter", **LETTER | {"to": "zoe"})), say("Sent.")]
    async with bench(tmp_path, post.entry(), steps=steps, ODAI_MAX_TURN_SECONDS="30") as it, it.open() as chat:
        events, asked = [], []
        async for event in chat.prompt("write"):
            events.append(event)
            if isinstance(event, ConfirmationRequired):
                asked.append(event)
            if len(asked) == 2:
                (attempt,) = chat.attempts
                turn = attempt._turn
                assert turn._clock.when() is None
                await chat.confirm(asked[0].id, True)
                await chat.confirm(asked[1].id, False)
                asked.append(None)
            if len(asked) == 4:
                raise AssertionError("the tool was declined for this turn")
            if isinstance(event, ToolOutput) and event.output is None and len(of(events, ToolOutput)) == 3:
                assert turn._clock.when() is not None
    assert [name for _, name, *_ in post.sent] == ["bob"]
    assert answer_of(events) == "Sent."


async def test_a_server_that_stops_waits_for_an_action_but_not_for_ever(tmp_path, monkeypatch, caplog):
    monkeypatch.setattr("odai_core.text.desk.STOP_SECONDS", 0.05)
    post = Post()
    post.gate.open.clear()
    begun = []
    async with bench(tmp_path, post.entry(), steps=[to("post"), letter()]) as it, it.open() as chat:
        begin = it.desk.writes.begin

        async def noted(*arguments):
            begun.append(await begin(*arguments))
            return begun[-1]

        it.desk.writes.begin = noted
        events = chat.prompt("write to bob")
        question = (await until(events, ConfirmationRequired))[-1]
        await chat.confirm(question.id, True)
        await post.gate.reached.wait()
        async with asyncio.timeout(SECONDS):
            await it.desk.close()
            await events.aclose()
        assert post.gate.left.is_set()
        assert (await it.desk.writes.read(begun[0].id)).state == "started"
    assert "cut off" in caplog.text
