"""A chat completions endpoint as the brain: any OpenAI-compatible server, named by ODAI_LOCAL_LLM_URL."""

from __future__ import annotations

import asyncio
import json
import logging
from collections.abc import Sequence
from dataclasses import replace
from typing import Any, Final

import httpx2

from odai_core import CallOptions, Secret
from odai_model_local.brain.spoken import plain
from odai_model_local.brain.types import CallTool, Decision, Say, as_dict
from odai_model_local.brain.utterance import MAX_CHARACTERS

log = logging.getLogger(__name__)
TIMEOUT_S = 20.0
MAX_MESSAGES = 40
MAX_TOOL_TEXT = 6_000
"""Characters of a tool's answer that are sent on."""
MAX_CALLS = 4
MAX_ROUNDS = 6
"""Tool calls in a row for one utterance; a model that wants more is going in circles."""
MAX_REPLY_BYTES = 1_000_000
UNREACHABLE: Final = "Sorry, I can't think right now. Please try again in a moment."
LOST: Final = "Sorry, I didn't get anywhere with that. Could you ask it differently?"
_HANG_UP: Final = "hang_up"
_END: Final = {
    "type": "function",
    "function": {
        "name": _HANG_UP,
        "description": "End the call after a goodbye.",
        "parameters": {"type": "object", "properties": {}, "required": [], "additionalProperties": False},
    },
}


def make_llm_brain(options: CallOptions) -> LlmBrain:
    """From the settings ODAI_LOCAL_LLM_URL (up to and with /v1), ODAI_LOCAL_LLM_MODEL and ODAI_LOCAL_LLM_KEY."""

    def setting(name: str) -> str:
        try:
            value = options.settings.get(name)
        except KeyError:
            return ""
        return value.reveal() if isinstance(value, Secret) else str(value or "")

    base = setting("ODAI_LOCAL_LLM_URL").rstrip("/").removesuffix("/chat/completions")
    return LlmBrain(options, f"{base}/chat/completions", setting("ODAI_LOCAL_LLM_MODEL"), setting("ODAI_LOCAL_LLM_KEY"))


class LlmBrain:
    """One call's conversation with the endpoint. Its errors become a sentence; nothing is raised."""

    def __init__(self, options: CallOptions, url: str, model: str, key: str) -> None:
        self._url = url
        self._model = model or "default"
        headers = {"Authorization": f"Bearer {key}"} if key else {}
        self._client = httpx2.AsyncClient(timeout=TIMEOUT_S, headers=headers)
        self._system = {"role": "system", "content": _instructions(options)}
        self._messages: list[dict[str, Any]] = [
            {"role": turn.role, "content": turn.text} for turn in options.history[-MAX_MESSAGES:]
        ]
        self._known = {tool.name: tool for tool in options.tools}
        self._functions = [*map(_function, options.tools), _END]
        self._waiting: list[tuple[str, str]] = []
        self._rounds = 0

    async def heard(self, text: str) -> Sequence[Decision]:
        """Send what was said; the answer is spoken or calls tools."""
        said = " ".join(str(text)[: 2 * MAX_CHARACTERS].split())
        if not said:
            return (Say("Sorry, I didn't catch that. Could you say it again?"),)
        # The caller went on before a tool had answered; the endpoint refuses a call that has no answer.
        for _, call_id in self._waiting:
            self._add({"role": "tool", "tool_call_id": call_id, "content": "No answer yet: the caller went on."})
        self._waiting.clear()
        self._rounds = 0
        last = self._messages[-1] if self._messages else {}
        if last.get("role") == "user":
            # A thought was cancelled because the caller went on; many chat templates refuse two user turns in a row.
            last["content"] = f"{last['content']} {said}"[-2 * MAX_CHARACTERS :]
        else:
            self._add({"role": "user", "content": said})
        return await self._think()

    async def tool_result(self, name: str, output: str) -> Sequence[Decision]:
        """Send a tool's answer; with calls still out, wait for them."""
        waiting = next((entry for entry in self._waiting if entry[0] == name), None)
        if waiting is None:
            return ()
        self._waiting.remove(waiting)
        self._add({"role": "tool", "tool_call_id": waiting[1], "content": str(output)[:MAX_TOOL_TEXT]})
        return () if self._waiting else await self._think()

    async def close(self) -> None:
        """Close the connections; safe to repeat."""
        await self._client.aclose()

    def _add(self, message: dict[str, Any]) -> None:
        self._messages.append(message)
        while len(self._messages) > MAX_MESSAGES:
            self._messages.pop(0)
        # A history may not begin in the middle of a tool exchange.
        while self._messages and self._messages[0]["role"] != "user" and len(self._messages) > 1:
            self._messages.pop(0)

    async def _think(self) -> Sequence[Decision]:
        if self._rounds >= MAX_ROUNDS:
            return (Say(LOST),)
        self._rounds += 1
        try:
            reply = await self._ask()
        except (httpx2.HTTPError, httpx2.InvalidURL, ValueError, TimeoutError, RuntimeError) as error:
            log.warning("The language model did not answer: %s", type(error).__name__)
            return (Say(UNREACHABLE),)
        return self._decide(reply)

    async def _ask(self) -> dict[str, Any]:
        """The endpoint's message; ValueError when it is not one."""
        body = {"model": self._model, "messages": [self._system, *self._messages], "tools": self._functions}
        async with asyncio.timeout(TIMEOUT_S), self._client.stream("POST", self._url, json=body) as response:
            response.raise_for_status()
            received = bytearray()
            async for chunk in response.aiter_bytes():
                received += chunk
                if len(received) > MAX_REPLY_BYTES:
                    raise ValueError("reply too long")
        choices = as_dict(json.loads(received)).get("choices")
        message = as_dict(as_dict(choices[0]).get("message")) if isinstance(choices, list) and choices else {}
        if not message:
            raise ValueError("no message in the reply")
        return message

    def _decide(self, reply: dict[str, Any]) -> Sequence[Decision]:
        content = reply.get("content")
        text = plain(content)
        calls = self._calls(reply.get("tool_calls"))
        if any(name == _HANG_UP for _, name, _ in calls):
            self._add({"role": "assistant", "content": text or "Goodbye!"})
            return (Say(text or "Goodbye!", then_end=True),)
        if not calls:
            text = text or LOST
            self._add({"role": "assistant", "content": text})
            return (Say(text),)
        wire = [
            {"id": call_id, "type": "function", "function": {"name": name, "arguments": arguments}}
            for call_id, name, arguments in calls
        ]
        self._add({"role": "assistant", "content": content if isinstance(content, str) else None, "tool_calls": wire})
        self._waiting = [(name, call_id) for call_id, name, _ in calls]
        decisions = [CallTool(name, arguments, _preface(self._known[name].progress)) for _, name, arguments in calls]
        decisions[0] = replace(decisions[0], preface=text or decisions[0].preface)
        return tuple(decisions)

    def _calls(self, offered: Any) -> list[tuple[str, str, str]]:
        """(id, name, arguments) of the calls that can be made: known tools, arguments that are a JSON object."""
        found: list[tuple[str, str, str]] = []
        for number, call in enumerate(offered[:MAX_CALLS] if isinstance(offered, list) else []):
            function = as_dict(as_dict(call).get("function"))
            name, arguments = function.get("name"), function.get("arguments") or "{}"
            if isinstance(arguments, dict):
                arguments = json.dumps(arguments)
            if not isinstance(name, str) or not (name in self._known or name == _HANG_UP) or not _is_object(arguments):
                log.warning("The language model asked for a call that cannot be made.")
                continue
            found.append((str(as_dict(call).get("id") or f"call_{self._rounds}_{number}"), name, arguments))
        return found


def _instructions(options: CallOptions) -> str:
    """The call's instructions and what is known of the caller's surroundings."""
    place = f" The caller is in {options.caller.place}." if options.caller.place else ""
    return f"{options.instructions}\nThe caller's time zone is {options.caller.time_zone}.{place}".strip()


def _function(tool: Any) -> dict[str, Any]:
    return {
        "type": "function",
        "function": {"name": tool.name, "description": tool.description, "parameters": tool.parameters},
    }


def _is_object(arguments: Any) -> bool:
    try:
        return isinstance(arguments, str) and isinstance(json.loads(arguments), dict)
    except (ValueError, RecursionError):
        return False


def _preface(progress: str) -> str:
    text = plain(progress).rstrip(".")
    return f"{text}." if text else ""
