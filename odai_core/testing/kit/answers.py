"""Standard tests of good answers: what is said, what the model gets, what the screen gets, and sample data."""

from __future__ import annotations

import re
from functools import partial
from random import Random
from typing import Any

import msgspec

from odai_core.errors import ToolError
from odai_core.testing.kit import ear, odd
from odai_core.testing.kit.session import Ran, session
from odai_core.testing.kit.standard import standard
from odai_core.testing.kit.subject import NotApplicable, Subject
from odai_core.testing.upstreams import mutate
from odai_core.tools.compact import MAX_MODEL_BYTES
from odai_core.tools.response import ToolResponse

_TYPE = re.compile(r"[a-z][a-z0-9_]{2,63}")
_URL = re.compile(r"https?://")


@standard(per="tool")
async def test_answer_is_spoken(subject: Subject, tool: str) -> None:
    """Over real HTTP the happy arguments get a live answer whose `spoken` can be said."""
    async with session(subject) as opened:
        for arguments in subject.happy[tool]:
            ran = await opened.run(tool, arguments)
            _live(subject, tool, ran)
            wrong = ear.problems(ran.said)
            assert not wrong, f"{tool} says {ran.said!r}: {'; '.join(wrong)}"
            listed = ear.too_many(ran.said, ran.response.response)
            assert not listed, f"{tool} reads out {len(listed)} of them: {', '.join(listed)}; three are enough"


@standard(per="tool")
async def test_answer_is_compact(subject: Subject, tool: str) -> None:
    """What a voice model gets fits in 1.5 kB before core cuts it, with no address and at most five items."""
    if not subject.plugin.voice or subject.spec(tool).options.voice is False:
        raise NotApplicable(f"{tool} is not offered in calls")
    async with session(subject) as opened:
        for arguments in subject.happy[tool]:
            ran = await opened.run(tool, arguments)
            _live(subject, tool, ran)
            told = ran.response.response if ran.response.voice is None else ran.response.voice
            whole = msgspec.json.encode({"ok": True, "spoken": ran.response.spoken, "data": told})
            assert len(whole) <= MAX_MODEL_BYTES, (
                f"{tool} gives a voice model {len(whole)} bytes, not at most {MAX_MODEL_BYTES}: return a smaller voice="
            )
            assert not _URL.search(whole.decode()), f"{tool} gives a voice model a web address: leave it out of voice="
            longest = _longest_list(told)
            assert longest <= 5, f"{tool} gives a voice model a list of {longest}: five are enough"


@standard(per="tool")
async def test_response_type_is_constant(subject: Subject, tool: str) -> None:
    """Every good answer of a tool has one response_type, so that a screen knows what to draw."""
    types: set[str] = set()
    async with session(subject) as opened:
        for arguments in subject.happy[tool]:
            types.add((await opened.run(tool, arguments)).response.response_type)
        random = [partial(mutate, random=Random(seed)) for seed in range(10)]
        changes: list[odd.Change] = [odd.another, odd.emptied, *random]
        for change in changes:
            for service in subject.used:
                subject.server.alter(service, change)
            ran = await opened.run(tool, subject.happy[tool][0])
            types |= {ran.response.response_type} if ran.response.ok else set()
    assert len(types) == 1, f"{tool} answers with the types {', '.join(sorted(types))}"
    only = types.pop()
    assert _TYPE.fullmatch(only), f"{tool} has the response_type {only!r}: use lower_case_words"
    assert only != "error", f"{tool} has no good answer"


@standard(per="tool")
async def test_nothing_found_is_a_sentence(subject: Subject, tool: str) -> None:
    """An answer without results, and what the service does not know, become not_found and a sentence."""
    if tool in subject.offline:
        raise NotApplicable(f"{tool} asks no service")
    async with session(subject) as opened:
        if tool in subject.unknown:
            ran = await opened.run(tool, subject.unknown[tool])
            assert ran.code == "not_found", f"{tool} answers {ran.code or 'as if it had been found'} to what is unknown"
            _sayable(tool, ran)
        for service in subject.used:
            subject.server.alter(service, odd.emptied)
        ran = await opened.run(tool, subject.happy[tool][0])
        assert ran.code in ("", "not_found", "bad_shape"), f"{tool} answers {ran.code} when every list is empty"
        assert not ran.naked, f"{tool} raises {ran.naked} when every list is empty"
        _sayable(tool, ran)


@standard(per="tool")
async def test_samples_only_in_demo(subject: Subject, tool: str) -> None:
    """Sample data answers in demo mode only, only while the service cannot be asked, and is marked."""
    async with session(subject) as opened:
        arguments = subject.samples.get(tool, subject.happy[tool][0])
        without = {"key": False, "reach": False}
        refused = await opened.run(tool, arguments, **without)
        if tool not in subject.offline:
            assert not refused.response.ok, f"{tool} answers without demo mode, a key or a network: sample data?"
            live = await opened.first(tool, demo=True)
            assert live.seen, f"{tool} asks nobody in demo mode although key and network are there"
            assert not live.response.sample, f"{tool} marks a live answer as sample"
        shown = await opened.run(tool, arguments, demo=True, **without)
        if subject.plugin.samples and tool not in subject.offline:
            assert shown.response.ok, f"{tool} has no sample for {dict(arguments)}: {shown.response.spoken}"
            assert shown.response.to_wire().get("sample") is True, f"{tool} does not mark its samples: sample=True"
            _sayable(tool, shown)
        elif shown.response.ok:
            assert not shown.response.sample, f"{tool} has samples, and the plugin does not say samples=True"


def _live(subject: Subject, tool: str, ran: Ran) -> None:
    """It is an answer, of the function's own making, from the service."""
    assert not ran.naked, f"{tool} raised {ran.naked}: {ran.raw}"
    assert ran.response.ok, f"{tool} answered {ran.code} to its happy arguments: {ran.response.spoken}"
    assert isinstance(ran.raw, ToolResponse), f"{tool} returned {type(ran.raw).__name__}, not a ToolResponse"
    assert ran.seen or tool in subject.offline, f"{tool} asked no service of the stand-in"
    assert not (ran.seen and tool in subject.offline), f"{tool} asks {ran.seen[0].service}: it is not offline"
    assert not ran.response.sample, f"{tool} answered with sample data outside demo mode"


def _sayable(tool: str, ran: Ran) -> None:
    wrong = ear.problems(ran.said)
    assert not wrong, f"{tool} says {ran.said!r}: {'; '.join(wrong)}"
    assert isinstance(ran.raw, ToolResponse | ToolError), f"{tool} raised {ran.naked}"


def _longest_list(value: Any) -> int:
    inside = value.values() if isinstance(value, dict) else value if isinstance(value, list) else ()
    return max([len(value) if isinstance(value, list) else 0, *map(_longest_list, inside)])
