"""What a client asked a stand-in chat service: both dialects read into one shape, and the rule-based answers to it."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from odai_core.testing.fake_chat_answer import Answer, Call

HAND_OFF = "transfer_to_"
_COMMAND = re.compile(r"(?:([\w-]+)\.)?(\w+)\((\{.*?\})?\)")


@dataclass(frozen=True)
class Line:
    """One entry of a conversation: a text, the calls of an answer, or a tool's output."""

    role: str
    """system, user, assistant or tool."""
    text: str = ""
    calls: tuple[Call, ...] = ()
    call_id: str = ""


@dataclass(frozen=True)
class Asked:
    """One request."""

    dialect: str
    """chat or responses."""
    model: str
    lines: tuple[Line, ...]
    tools: tuple[str, ...]
    stream: bool
    wants_usage: bool
    key: str
    """The bearer token, or ""."""
    headers: Mapping[str, str] = field(default_factory=dict)
    body: Mapping[str, Any] = field(default_factory=dict)

    @property
    def said(self) -> str:
        """The user's last words."""
        return next((line.text for line in reversed(self.lines) if line.role == "user"), "")

    @property
    def since(self) -> tuple[Line, ...]:
        """What happened after them."""
        last = max((at for at, line in enumerate(self.lines) if line.role == "user"), default=-1)
        return self.lines[last + 1 :]


def read(dialect: str, body: Mapping[str, Any], headers: Mapping[str, str]) -> Asked:
    """A request of one of the two dialects. Raises ValueError, as the service answers 400, when it makes no sense."""
    if not isinstance(body.get("model"), str):
        raise ValueError("you must provide a model parameter")
    lines = _chat_lines(body) if dialect == "chat" else _responses_lines(body)
    _check(lines)
    names = [tool.get("function", tool).get("name", "") for tool in body.get("tools") or ()]
    options = body.get("stream_options") or {}
    return Asked(
        dialect=dialect,
        model=body["model"],
        lines=tuple(lines),
        tools=tuple(names),
        stream=bool(body.get("stream")),
        wants_usage=dialect == "responses" or bool(options.get("include_usage")),
        key=headers.get("authorization", "").removeprefix("Bearer "),
        headers=headers,
        body=body,
    )


def _chat_lines(body: Mapping[str, Any]) -> list[Line]:
    lines = []
    for message in body.get("messages") or ():
        calls = tuple(
            Call(call["function"]["name"], json.loads(call["function"]["arguments"] or "{}"), call["id"])
            for call in message.get("tool_calls") or ()
        )
        lines.append(Line(message["role"], _text(message.get("content")), calls, message.get("tool_call_id") or ""))
    return lines


def _responses_lines(body: Mapping[str, Any]) -> list[Line]:
    given = body.get("input") or ()
    items = [{"role": "user", "content": given}] if isinstance(given, str) else given
    lines = [Line("system", body["instructions"])] if body.get("instructions") else []
    for item in items:
        kind = item.get("type", "message")
        if kind == "message":
            lines.append(Line(item["role"], _text(item.get("content"))))
        elif kind == "function_call":
            call = Call(item["name"], json.loads(item["arguments"] or "{}"), item["call_id"])
            lines.append(Line("assistant", calls=(call,)))
        elif kind == "function_call_output":
            lines.append(Line("tool", _text(item.get("output")), call_id=item["call_id"]))
        elif kind != "reasoning":
            raise ValueError(f"invalid value: '{kind}'")
    return lines


def _text(content: Any) -> str:
    if isinstance(content, str) or content is None:
        return content or ""
    return "".join(str(part.get("text") or part.get("refusal") or "") for part in content)


def _check(lines: Sequence[Line]) -> None:
    """Every call has one output and every output a call before it, or the real services refuse the request."""
    open_calls: set[str] = set()
    for line in lines:
        open_calls |= {call.id for call in line.calls}
        if line.role == "tool":
            if line.call_id not in open_calls:
                raise ValueError(f"no tool call found for the output with call_id {line.call_id}")
            open_calls.remove(line.call_id)
    if open_calls:
        raise ValueError(f"no tool output found for function call {sorted(open_calls)[0]}")


@dataclass(frozen=True)
class Step:
    """Something to be done for the user: a tool of an agent."""

    agent: str
    """The end of its hand-off: "yelp" for transfer_to_yelp; "" when no hand-off is needed."""
    tool: str
    arguments: Mapping[str, Any] = field(default_factory=dict)


def work(asked: Asked, rules: Mapping[str, Sequence[Step]]) -> Answer | None:
    """Hand off, call, then answer with what the tools said; None when the user's words name nothing to do.

    Words name a step as `yelp.search({"term": "sushi"})`, or as a key of `rules` that occurs in them.
    """
    steps = _steps(asked.said, rules)
    if not steps:
        return None
    made = [(call.name, dict(call.arguments)) for line in asked.since for call in line.calls]
    todo = [step for step in steps if (step.tool, dict(step.arguments)) not in made]
    if not todo:
        found = [line.text for line in asked.since if line.role == "tool" and not line.text.startswith('{"assistant"')]
        return Answer("Here is what I found:\n\n" + "\n\n".join(found))
    ready = [step for step in todo if step.tool in asked.tools]
    if ready:
        return Answer(calls=[Call(step.tool, step.arguments) for step in ready])
    doors = [name for name in asked.tools if name.startswith(HAND_OFF)]
    wanted = HAND_OFF + todo[0].agent.replace("-", "_")
    if not doors:
        return Answer(f"I cannot reach {todo[0].tool} from here.")
    return Answer(calls=[Call(wanted if wanted in doors else doors[0], {})])


def _steps(said: str, rules: Mapping[str, Sequence[Step]]) -> list[Step]:
    steps = []
    for agent, tool, arguments in _COMMAND.findall(said):
        try:
            steps.append(Step(agent, tool, json.loads(arguments or "{}")))
        except ValueError:
            continue
    low = said.lower()
    return steps or [step for word, found in rules.items() if word in low for step in found]
