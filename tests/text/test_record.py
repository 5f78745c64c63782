"""What a turn leaves behind, and how much of a long chat a model is given."""

import json

import pytest

from odai_core.text import prompts
from odai_core.text.events import AgentUpdated, ChatError, TextDelta, ToolOutput
from odai_core.text.history import BYTES_PER_TOKEN, fitted
from odai_core.text.outbox import Outbox
from odai_core.text.record import Record
from odai_core.text.shown import Shown


def called(call_id, name="find", arguments="{}"):
    return {
        "type": "function_call",
        "call_id": call_id,
        "name": name,
        "arguments": arguments,
        "id": "fc",
        "status": "x",
    }


def answered(call_id, output="found"):
    return {"type": "function_call_output", "call_id": call_id, "output": output}


def test_a_cut_off_turn_gets_an_output_for_every_call():
    record = Record("t" * 32, "go")
    for call_id in ("a", "b", "c", "d"):
        record.take(called(call_id))
    record.take(answered("a"))
    record.results["b"] = "known"
    record.uncertain.add("c")
    kept = record.finished("stopped")
    assert [item.get("output") for item in kept if "output" in item] == [
        "found", "known", prompts.OUTCOME_UNKNOWN, prompts.CUT_OFF,
    ]  # fmt: skip
    assert kept[-1] == {"role": "assistant", "content": prompts.STOPPED}
    assert {item["call_id"] for item in kept if "call_id" in item} == {f"call_{'t' * 12}_{n}" for n in range(4)}
    assert all(set(item) <= {"type", "call_id", "name", "arguments", "output", "role", "content"} for item in kept)


def test_what_only_its_maker_understands_and_endless_arguments_are_not_kept():
    record = Record("t", "go")
    record.take({"type": "reasoning", "id": "r", "summary": []})
    record.take(called("a", arguments="x" * 100_000))
    kept = record.finished("completed")
    assert [item.get("type") for item in kept] == [None, "function_call", "function_call_output"]
    assert kept[1]["arguments"] == "{}"


def test_messages_are_parted_by_a_blank_line_and_one_that_was_not_streamed_is_said_whole():
    record = Record("t", "go")
    assert record.say("Let me ") == "Let me "
    assert record.say("look.") == "look."
    assert record.message("Let me look.") == ""
    record.take(called("a"))
    record.take(answered("a"))
    assert record.say("") == ""
    assert record.message("Found it.") == "\n\nFound it."
    assert record.say("\ud83dx") == "\n\n?x"
    assert record.answer == "Let me look.\n\nFound it.\n\n?x"
    assert [item["content"] for item in record.finished("completed") if "content" in item] == [
        "go", "Let me look.", "Found it.", "?x",
    ]  # fmt: skip


def long_chat(turns):
    items = []
    for number in range(turns):
        items += [
            {"role": "user", "content": f"question {number}"},
            called(f"c{number}"),
            answered(f"c{number}", "x" * 4000),
            {"role": "assistant", "content": "answer " * 20},
        ]
    return items


def size(items):
    return len(json.dumps(items))


def test_a_short_chat_is_given_whole():
    items = long_chat(3)
    assert fitted(items, 100_000) == items


def test_old_results_go_first_and_calls_keep_their_outputs():
    items = long_chat(10)
    shorter = fitted(items, 6000)
    assert size(shorter) < 6000 * BYTES_PER_TOKEN
    assert [item.get("call_id") for item in shorter] == [item.get("call_id") for item in items]
    outputs = [item["output"] for item in shorter if "output" in item]
    cut = outputs.count(prompts.OLD_RESULT)
    assert outputs[:cut] == [prompts.OLD_RESULT] * cut
    assert 0 < cut < 10
    assert len(items[2]["output"]) == 4000


def test_then_the_oldest_turns_go_and_the_last_prompt_stays():
    items = long_chat(200)
    shorter = fitted(items, 4000)
    assert size(shorter) < 4000 * BYTES_PER_TOKEN * 1.2
    assert shorter[0]["role"] == "user"
    assert shorter[-4:][0]["content"] == "question 199"
    calls = {item["call_id"] for item in shorter if item.get("type") == "function_call"}
    assert calls == {item["call_id"] for item in shorter if item.get("type") == "function_call_output"}
    tiny = fitted(items, 1)
    assert tiny[0]["content"] == "question 199"


def test_what_is_given_begins_the_same_for_several_steps():
    items = long_chat(40)
    beginnings = []
    for more in range(1, 30):
        grown = [*items, *({"role": "assistant", "content": "more " * 20} for _ in range(more))]
        beginnings.append(json.dumps(fitted(grown, 20_000)[:60]))
    assert len(set(beginnings)) <= 3


def test_what_is_no_unicode_can_be_measured():
    assert fitted([{"role": "user", "content": "\ud83d"}], 10)


def test_cards_are_kept_up_to_a_bound():
    shown = Shown()
    for event in (
        TextDelta("x", "ODAI"),
        AgentUpdated("a", "b"),
        ToolOutput("1", "find", None, "ODAI"),
        ToolOutput("2", "find", {"response": "x" * 999_000}, "ODAI"),
        ToolOutput("3", "find", {"response": "x" * 2_000}, "ODAI"),
        ChatError("model", "No.", True),
    ):
        shown.add(event)
    assert [card["type"] for card in shown.kept] == ["tool_output", "error"]


async def test_an_outbox_ends_once_and_drops_what_comes_after():
    outbox = Outbox()
    await outbox.put(TextDelta("a", "ODAI"))
    outbox.end()
    assert [event.delta async for event in outbox.events()] == ["a"]
    outbox.close()
    await outbox.put(TextDelta("b", "ODAI"))
    assert len(outbox) == 0
    assert [event async for event in outbox.events()] == []


@pytest.mark.parametrize("status", ["stopped", "failed"])
def test_a_turn_without_an_answer_says_why(status):
    said = prompts.STOPPED if status == "stopped" else prompts.FAILED
    assert Record("t", "go").finished(status)[1:] == [{"role": "assistant", "content": said}]
