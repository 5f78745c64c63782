"""The language model endpoint as the brain, over real HTTP to a stand-in on the loopback network."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import replace
from typing import Any

import pytest
from odai_model_local.brain import Brain, CallTool, Say, llm, make_brain
from odai_model_local.brain.evaluate import options_for

from odai_core import Caller, Secret, ToolInfo, Turn

WEATHER = ToolInfo(
    name="get_weather",
    description="Get the weather.",
    parameters={"type": "object", "properties": {"place": {"type": "string"}}, "required": ["place"]},
    progress="Checking the weather",
    plugin="weather",
)


class Endpoint:
    """A stand-in: answers with the next of `replies` (a message, or a raw body with its status) and keeps requests."""

    def __init__(self, *replies: Any) -> None:
        self.replies = list(replies)
        self.bodies: list[dict[str, Any]] = []
        self.headers: list[str] = []
        self.url = ""
        self.open = 0
        self.asked = asyncio.Event()
        self.hold: asyncio.Event | None = None

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.open += 1
        try:
            while head := await reader.readuntil(b"\r\n\r\n"):
                text = head.decode()
                length = next(line for line in text.lower().split("\r\n") if line.startswith("content-length"))
                self.bodies.append(json.loads(await reader.readexactly(int(length.split(":")[1]))))
                self.headers.append(text)
                self.asked.set()
                if self.hold is not None:
                    await self.hold.wait()
                reply = self.replies.pop(0)
                status, body = reply if isinstance(reply, tuple) else (200, _completion(reply))
                writer.write(f"HTTP/1.1 {status} X\r\ncontent-length: {len(body)}\r\n\r\n".encode() + body)
                await writer.drain()
        except (asyncio.IncompleteReadError, ConnectionError):
            pass
        finally:
            self.open -= 1
            writer.close()


def _completion(message: dict[str, Any]) -> bytes:
    return json.dumps({"choices": [{"message": {"role": "assistant", **message}}]}).encode()


def calling(*arguments: str, name: str = "get_weather", content: str | None = None) -> dict[str, Any]:
    calls = [
        {"id": f"c{number}", "type": "function", "function": {"name": name, "arguments": text}}
        for number, text in enumerate(arguments)
    ]
    return {"content": content, "tool_calls": calls}


Start = Callable[..., Awaitable[tuple[Endpoint, Brain]]]


@pytest.fixture
async def start() -> AsyncIterator[Start]:
    """Start an endpoint with replies, and a brain that asks it."""
    closing: list[Any] = []

    async def run(*replies: Any, **more: Any) -> tuple[Endpoint, Brain]:
        endpoint = Endpoint(*replies)
        server = await asyncio.start_server(endpoint.serve, "127.0.0.1", 0)
        endpoint.url = f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}/v1"
        settings = {"ODAI_LOCAL_LLM_URL": endpoint.url, "ODAI_LOCAL_LLM_MODEL": "small", "ODAI_LOCAL_LLM_KEY": ""}
        options = replace(options_for([WEATHER]), instructions="Be brief.")
        options = replace(options, **{"settings": settings} | more)
        brain = make_brain(options, None)
        closing.append((server, brain))
        return endpoint, brain

    yield run
    for server, brain in closing:
        await brain.close()
        server.close()
        await server.wait_closed()


async def test_a_spoken_answer_is_cleaned_for_the_ear(start: Start) -> None:
    endpoint, brain = await start({"content": "**Hello** from ODAI, see https://example.com/a ."})
    assert await brain.heard("hello") == (Say("Hello from oh dye, see."),)
    assert endpoint.bodies[0]["model"] == "small"
    assert endpoint.headers[0].startswith("POST /v1/chat/completions ")
    assert "authorization" not in endpoint.headers[0].lower()


async def test_the_request_has_instructions_place_history_and_tools(start: Start) -> None:
    history = (Turn(role="user", text="hi"), Turn(role="assistant", text="Hello!"))
    key = {"ODAI_LOCAL_LLM_KEY": Secret("abc")}
    endpoint, _ = await start({"content": "Yes."})
    options = replace(
        options_for([WEATHER], Caller(place="Oakland, California", time_zone="America/Los_Angeles")),
        instructions="Be brief.",
        history=history,
        settings={"ODAI_LOCAL_LLM_URL": endpoint.url} | key,
    )
    brain = make_brain(options, None)
    assert await brain.heard("are you there?") == (Say("Yes."),)
    await brain.close()
    system, *rest = endpoint.bodies[0]["messages"]
    assert system["content"] == (
        "Be brief.\nThe caller's time zone is America/Los_Angeles. The caller is in Oakland, California."
    )
    assert [message["content"] for message in rest] == ["hi", "Hello!", "are you there?"]
    assert [tool["function"]["name"] for tool in endpoint.bodies[0]["tools"]] == ["get_weather", "hang_up"]
    assert "Bearer abc" in endpoint.headers[0]


async def test_a_tool_is_called_and_its_answer_goes_back(start: Start) -> None:
    endpoint, brain = await start(calling('{"place": "Boston"}'), {"content": "It is sunny."})
    assert await brain.heard("weather in Boston") == (
        CallTool("get_weather", '{"place": "Boston"}', "Checking the weather."),
    )
    assert await brain.tool_result("get_weather", '{"spoken": "Sunny."}') == (Say("It is sunny."),)
    assert endpoint.bodies[1]["messages"][-2]["tool_calls"][0]["id"] == "c0"
    assert endpoint.bodies[1]["messages"][-1] == {
        "role": "tool",
        "tool_call_id": "c0",
        "content": '{"spoken": "Sunny."}',
    }


async def test_two_calls_at_once_wait_for_both_answers(start: Start) -> None:
    _, brain = await start(
        calling('{"place": "Boston"}', '{"place": "Rome"}', content="Let me see."), {"content": "Both sunny."}
    )
    first, second = await brain.heard("weather in Boston and Rome")
    assert isinstance(first, CallTool)
    assert (first.preface, second) == (
        "Let me see.",
        CallTool("get_weather", '{"place": "Rome"}', "Checking the weather."),
    )
    assert await brain.tool_result("get_weather", "{}") == ()
    assert await brain.tool_result("get_weather", "{}") == (Say("Both sunny."),)
    assert await brain.tool_result("get_weather", "{}") == ()


async def test_a_caller_who_goes_on_leaves_no_call_unanswered(start: Start) -> None:
    endpoint, brain = await start(calling('{"place": "Boston"}'), {"content": "Okay."})
    await brain.heard("weather in Boston")
    assert await brain.heard("never mind") == (Say("Okay."),)
    assert [message["role"] for message in endpoint.bodies[1]["messages"]] == [
        "system",
        "user",
        "assistant",
        "tool",
        "user",
    ]
    assert await brain.tool_result("get_weather", "{}") == ()


async def test_hanging_up_is_a_goodbye(start: Start) -> None:
    _, brain = await start(calling("{}", name="hang_up", content="Bye, take care!"))
    assert await brain.heard("bye") == (Say("Bye, take care!", then_end=True),)


@pytest.mark.parametrize(
    "reply",
    [
        (500, b"{}"),
        (401, b'{"error": {"message": "bad key sk-123"}}'),
        (200, b"not json"),
        (200, b"[]"),
        (200, b'{"choices": []}'),
        (200, b'{"choices": [{"message": "text"}]}'),
        (200, b"\xff\xfe"),
        (200, b" " * (llm.MAX_REPLY_BYTES + 1)),
    ],
)
async def test_a_broken_reply_is_an_apology_and_the_call_goes_on(start: Start, reply: tuple[int, bytes]) -> None:
    _, brain = await start(reply, {"content": "Here again."})
    assert await brain.heard("hello") == (Say(llm.UNREACHABLE),)
    assert await brain.heard("hello?") == (Say("Here again."),)


@pytest.mark.parametrize(
    "message",
    [
        calling("{}", name="rm_rf"),
        calling("not json"),
        calling("[1]"),
        {"content": None, "tool_calls": ["x", {"function": None}, {"function": {"name": 7}}]},
        {"content": None, "tool_calls": "x"},
        {"content": ["a"]},
        {"content": ""},
    ],
)
async def test_a_call_that_cannot_be_made_is_not_made(start: Start, message: dict[str, Any]) -> None:
    _, brain = await start(message)
    assert await brain.heard("hello") == (Say(llm.LOST),)


async def test_a_model_that_only_calls_is_stopped(start: Start) -> None:
    endpoint, brain = await start(*[calling('{"place": "Rome"}')] * (llm.MAX_ROUNDS + 1))
    decisions = await brain.heard("weather")
    for _ in range(llm.MAX_ROUNDS):
        assert isinstance(decisions[0], CallTool)
        decisions = await brain.tool_result("get_weather", "{}")
    assert decisions == (Say(llm.LOST),)
    assert len(endpoint.bodies) == llm.MAX_ROUNDS


async def test_a_server_that_is_silent_is_given_up(start: Start, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(llm, "TIMEOUT_S", 0.05)
    endpoint, brain = await start({"content": "late"})
    endpoint.hold = asyncio.Event()
    assert await brain.heard("hello") == (Say(llm.UNREACHABLE),)
    endpoint.hold.set()


async def test_nobody_listening_is_an_apology() -> None:
    for url in ("http://127.0.0.1:9/v1", "not a url", "http://[::bad", "ftp://127.0.0.1"):
        brain = make_brain(replace(options_for([]), settings={"ODAI_LOCAL_LLM_URL": url}), None)
        assert await brain.heard("hello") == (Say(llm.UNREACHABLE),)
        await brain.close()
        await brain.close()


async def test_the_history_that_is_sent_is_bounded_and_starts_with_the_caller(start: Start) -> None:
    turns = 30
    replies = [reply for _ in range(turns) for reply in (calling('{"place": "Rome"}'), {"content": "Sunny."})]
    endpoint, brain = await start(*replies)
    for _ in range(turns):
        await brain.heard("weather in Rome " * 500)
        await brain.tool_result("get_weather", "x" * 100_000)
    sent = endpoint.bodies[-1]["messages"]
    assert len(sent) <= llm.MAX_MESSAGES + 1
    assert [message["role"] for message in sent[:2]] == ["system", "user"]
    assert max(len(message["content"] or "") for message in sent) <= llm.MAX_TOOL_TEXT


async def test_closing_drops_the_connection(start: Start) -> None:
    _, brain = await start({"content": "Hi."})
    await brain.heard("hello")
    await brain.close()
    assert await brain.heard("hello") == (Say(llm.UNREACHABLE),)


async def test_a_caller_who_goes_on_is_one_turn(start: Start) -> None:
    endpoint, brain = await start({"content": "late"}, {"content": "Sunny in both."})
    endpoint.hold = asyncio.Event()
    thinking = asyncio.create_task(brain.heard("weather in Boston"))
    await endpoint.asked.wait()
    thinking.cancel()
    with pytest.raises(asyncio.CancelledError):
        await thinking
    endpoint.hold.set()
    assert isinstance((await brain.heard("and in Rome"))[0], Say)
    assert [message["content"] for message in endpoint.bodies[1]["messages"][1:]] == ["weather in Boston and in Rome"]


async def test_nothing_said_asks_nobody(start: Start) -> None:
    endpoint, brain = await start()
    assert await brain.heard(" \n ") == (Say("Sorry, I didn't catch that. Could you say it again?"),)
    assert endpoint.bodies == []
