"""The stand-in chat service by itself: what it refuses, its rules, and as a program."""

from __future__ import annotations

import asyncio
import json
import sys
from typing import Any

import httpx2
import pytest

from odai_core.testing.fake_chat import Answer, Call, FakeChat, Step, Trouble
from odai_core.testing.fake_chat_request import read, work

USER = {"role": "user", "content": "hello"}
CALLED = {
    "role": "assistant",
    "tool_calls": [{"id": "c1", "type": "function", "function": {"name": "t", "arguments": "{}"}}],
}


async def post(service: FakeChat, path: str, body: Any, key: str = "sk-test-key") -> httpx2.Response:
    async with httpx2.AsyncClient(base_url=service.url, headers={"Authorization": f"Bearer {key}"}) as client:
        return await client.post(path, content=body if isinstance(body, bytes) else json.dumps(body))


@pytest.mark.parametrize(
    ("path", "body", "status"),
    [
        ("/nothing", {}, 404),
        ("/chat/completions", b"{", 400),
        ("/chat/completions", [], 400),
        ("/chat/completions", {"messages": [USER]}, 400),
        ("/chat/completions", {"model": "m", "messages": [USER, CALLED]}, 400),
        (
            "/chat/completions",
            {"model": "m", "messages": [{"role": "tool", "tool_call_id": "c9", "content": "x"}]},
            400,
        ),
        ("/chat/completions", {"model": "m", "messages": [{"content": "x"}]}, 400),
        ("/responses", {"model": "m", "input": [{"type": "mystery"}]}, 400),
        ("/responses", {"model": "m", "input": [{"type": "function_call_output", "call_id": "c", "output": ""}]}, 400),
        ("/responses", {"model": "m", "input": "hello"}, 200),
        ("/chat/completions", {"model": "m", "messages": [USER]}, 200),
    ],
)
async def test_it_is_as_strict_as_the_real_ones(path: str, body: Any, status: int) -> None:
    async with FakeChat() as service:
        assert (await post(service, path, body)).status_code == status


async def test_a_wrong_key_is_refused() -> None:
    async with FakeChat() as service:
        assert (await post(service, "/responses", {"model": "m", "input": "hi"}, key="other")).status_code == 401
        assert service.requests[0].key == "other"


async def test_it_stops_while_an_answer_hangs() -> None:
    async with FakeChat() as service:
        service.answers.append(Trouble("silent"))
        asking = asyncio.create_task(post(service, "/responses", {"model": "m", "input": "hi"}))
        for _ in range(500):
            await asyncio.sleep(0.01)
            if service.requests:
                break
    with pytest.raises(httpx2.HTTPError):
        await asking


def asked(said: str, *tools: str, done: Any = ()) -> Any:
    offered = [{"type": "function", "function": {"name": name}} for name in tools]
    messages = [{"role": "user", "content": said}, *done]
    return read("chat", {"model": "m", "messages": messages, "tools": offered}, {})


def test_rules_hand_off_call_and_answer() -> None:
    said = 'yelp.find({"term": "sushi"}) and news.top()'
    door = work(asked(said, "transfer_to_news", "transfer_to_yelp"), {})
    assert door is not None
    assert [call.name for call in door.calls] == ["transfer_to_yelp"]
    called = work(asked(said, "find", "top"), {})
    assert called is not None
    assert [(call.name, call.arguments) for call in called.calls] == [("find", {"term": "sushi"}), ("top", {})]
    back = work(asked("news.top()", "find", "transfer_to_odai"), {})
    assert back is not None
    assert back.calls[0].name == "transfer_to_odai"
    lost = work(asked("news.top()"), {})
    assert lost is not None
    assert "cannot reach top" in lost.text
    assert work(asked("hello"), {"news": [Step("news", "top")]}) is None


def test_an_answer_counts_its_tokens() -> None:
    assert Answer("one two three").made_tokens == 3
    assert Answer(calls=[Call("t", {"a": 1})]).made_tokens == 9
    assert Answer("one", output_tokens=50).made_tokens == 50


async def test_it_runs_as_a_program() -> None:
    program = [sys.executable, "-m", "odai_core.testing.fake_chat", "--port", "0", "--deltas", "7", "--rate", "1000"]
    process = await asyncio.create_subprocess_exec(*program, stdout=asyncio.subprocess.PIPE)
    try:
        assert process.stdout is not None
        url = (await asyncio.wait_for(process.stdout.readline(), 20)).decode().strip()
        async with httpx2.AsyncClient(base_url=url) as client:
            body = {"model": "m", "messages": [USER], "stream": True}
            answer = await client.post("/chat/completions", json=body)
        assert answer.text.count('"content": "word') == 7
        assert answer.text.rstrip().endswith("[DONE]")
    finally:
        process.terminate()
        assert await asyncio.wait_for(process.wait(), 10) == 0
