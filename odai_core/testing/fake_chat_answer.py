"""What a stand-in chat service answers, and how it looks on the wire in both dialects, streamed or whole."""

from __future__ import annotations

import json
import re
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import count
from typing import Any
from uuid import uuid4

_PIECES = re.compile(r"\S*\s*", re.ASCII)


@dataclass(frozen=True)
class Call:
    """A call of a tool, also of a hand-off."""

    name: str
    arguments: Mapping[str, Any] = field(default_factory=dict)
    id: str = field(default_factory=lambda: f"call_{uuid4().hex[:24]}")


@dataclass(frozen=True)
class Answer:
    """A text, calls, or both: the text comes first. Usage that is not given is one token a piece."""

    text: str = ""
    calls: Sequence[Call] = ()
    input_tokens: int = 100
    cached_tokens: int = 0
    output_tokens: int | None = None
    seconds: float | None = None
    """From piece to piece; None: the server's."""
    reasoning: bool = False
    """Responses only: a reasoning item comes first."""

    @property
    def pieces(self) -> list[str]:
        """The text in words, as a model streams it."""
        return [piece for piece in _PIECES.findall(self.text) if piece]

    @property
    def made_tokens(self) -> int:
        """Tokens of the answer."""
        if self.output_tokens is not None:
            return self.output_tokens
        return len(self.pieces) + sum(8 + len(call.arguments) for call in self.calls)


@dataclass(frozen=True)
class Trouble:
    """What goes wrong instead of an answer, or in the middle of one."""

    kind: str
    """status, silent (no answer ever), slow_head (some pieces, then nothing), cut (in mid-stream), short (a clean end
    too soon), garbage (a line that is no JSON), error (an error inside the stream), empty (no choices), huge (an
    endless line), failed (Responses only: the terminal event says so).
    """
    status: int = 500
    code: str = ""
    retry_after: float | None = None
    after: int = 2
    """Pieces of the answer that come before it."""

    def body(self) -> bytes:
        """The error as the service writes it."""
        error = {"message": "Something is wrong with sk-test-key.", "type": "error", "param": None, "code": self.code}
        return json.dumps({"error": error}).encode()


def whole(answer: Answer, dialect: str, model: str) -> bytes:
    """The answer to a request that does not stream."""
    body = _completion(answer, model) if dialect == "chat" else _response(answer, model, _items(answer))
    return json.dumps(body).encode()


def events(answer: Answer, dialect: str, model: str, usage: bool) -> Iterator[bytes]:
    """The answer as server-sent events, each ready to be written."""
    return _chat_events(answer, model, usage) if dialect == "chat" else _response_events(answer, model)


def _usage(answer: Answer) -> dict[str, Any]:
    made = answer.made_tokens
    return {
        "prompt_tokens": answer.input_tokens,
        "completion_tokens": made,
        "total_tokens": answer.input_tokens + made,
        "prompt_tokens_details": {"cached_tokens": answer.cached_tokens},
    }


def _completion(answer: Answer, model: str) -> dict[str, Any]:
    message: dict[str, Any] = {"role": "assistant", "content": answer.text or None}
    if answer.calls:
        message["tool_calls"] = [
            {
                "id": call.id,
                "type": "function",
                "function": {"name": call.name, "arguments": json.dumps(call.arguments)},
            }
            for call in answer.calls
        ]
    choice = {"index": 0, "message": message, "finish_reason": "tool_calls" if answer.calls else "stop"}
    head = {"id": f"chatcmpl-{uuid4().hex}", "object": "chat.completion", "created": int(time.time()), "model": model}
    return head | {"choices": [choice], "usage": _usage(answer)}


def _chat_events(answer: Answer, model: str, usage: bool) -> Iterator[bytes]:
    head = {"id": f"chatcmpl-{uuid4().hex}", "object": "chat.completion.chunk", "created": int(time.time())}
    start = json.dumps(head | {"model": model})[:-1].encode()

    def chunk(delta: str, finish: str = "null") -> bytes:
        choice = f', "choices": [{{"index": 0, "delta": {delta}, "finish_reason": {finish}}}]'
        return b"data: %b%b}\n\n" % (start, choice.encode())

    yield chunk('{"role": "assistant", "content": ""}')
    for piece in answer.pieces:
        yield chunk(f'{{"content": {json.dumps(piece)}}}')
    for index, call in enumerate(answer.calls):
        function = {"name": call.name, "arguments": ""}
        opened = {"index": index, "id": call.id, "type": "function", "function": function}
        yield chunk(json.dumps({"tool_calls": [opened]}))
        for part in _parts(json.dumps(call.arguments)):
            yield chunk(json.dumps({"tool_calls": [{"index": index, "function": {"arguments": part}}]}))
    yield chunk("{}", '"tool_calls"' if answer.calls else '"stop"')
    if usage:
        last = f', "choices": [], "usage": {json.dumps(_usage(answer))}'
        yield b"data: %b%b}\n\n" % (start, last.encode())
    yield b"data: [DONE]\n\n"


def _parts(text: str) -> list[str]:
    return [text[at : at + 12] for at in range(0, len(text), 12)]


def _items(answer: Answer) -> list[dict[str, Any]]:
    items: list[dict[str, Any]] = []
    if answer.reasoning:
        items.append({"type": "reasoning", "id": f"rs_{uuid4().hex}", "summary": [], "encrypted_content": "abc"})
    if answer.text:
        part = {"type": "output_text", "text": answer.text, "annotations": [], "logprobs": []}
        message = {"type": "message", "id": f"msg_{uuid4().hex}", "role": "assistant", "status": "completed"}
        items.append(message | {"content": [part]})
    items += [
        {
            "type": "function_call",
            "id": f"fc_{uuid4().hex}",
            "call_id": call.id,
            "name": call.name,
            "arguments": json.dumps(call.arguments),
            "status": "completed",
        }
        for call in answer.calls
    ]
    return items


def _response(answer: Answer, model: str, items: Sequence[Mapping[str, Any]], status: str = "completed") -> Any:
    made = answer.made_tokens
    usage = {
        "input_tokens": answer.input_tokens,
        "input_tokens_details": {"cached_tokens": answer.cached_tokens},
        "output_tokens": made,
        "output_tokens_details": {"reasoning_tokens": 0},
        "total_tokens": answer.input_tokens + made,
    }
    return {
        "id": f"resp_{uuid4().hex}",
        "object": "response",
        "created_at": int(time.time()),
        "model": model,
        "status": status,
        "error": None,
        "incomplete_details": None,
        "instructions": None,
        "metadata": {},
        "output": list(items),
        "parallel_tool_calls": True,
        "temperature": 1.0,
        "tool_choice": "auto",
        "tools": [],
        "top_p": 1.0,
        "usage": usage if status == "completed" else None,
    }


def _response_events(answer: Answer, model: str) -> Iterator[bytes]:
    number = count()
    items = _items(answer)

    def event(kind: str, **fields: Any) -> bytes:
        body = {"type": kind, "sequence_number": next(number), **fields}
        return f"event: {kind}\ndata: {json.dumps(body)}\n\n".encode()

    begun = _response(answer, model, (), "in_progress")
    yield event("response.created", response=begun)
    yield event("response.in_progress", response=begun)
    for index, item in enumerate(items):
        where = {"item_id": item["id"], "output_index": index}
        started = item | {"status": "in_progress", "content": [], "arguments": ""}
        unknown = {"message": ("arguments",), "function_call": ("content",)}.get(item["type"], ("arguments", "content"))
        bare = {name: value for name, value in started.items() if name not in unknown}
        yield event("response.output_item.added", output_index=index, item=bare)
        if item["type"] == "message":
            part = item["content"][0]
            at = where | {"content_index": 0}
            yield event("response.content_part.added", **at, part=part | {"text": ""})
            for piece in answer.pieces:
                yield event("response.output_text.delta", **at, delta=piece, logprobs=[])
            yield event("response.output_text.done", **at, text=answer.text, logprobs=[])
            yield event("response.content_part.done", **at, part=part)
        elif item["type"] == "function_call":
            for delta in _parts(item["arguments"]):
                yield event("response.function_call_arguments.delta", **where, delta=delta)
            yield event("response.function_call_arguments.done", **where, arguments=item["arguments"])
        yield event("response.output_item.done", output_index=index, item=item)
    yield event("response.completed", response=_response(answer, model, items))


def failed_event(model: str) -> bytes:
    """The terminal event of a response that the service gave up."""
    response = _response(Answer(), model, (), "failed") | {"error": {"code": "server_error", "message": "It broke."}}
    body = {"type": "response.failed", "sequence_number": 9, "response": response}
    return f"event: response.failed\ndata: {json.dumps(body)}\n\n".encode()
