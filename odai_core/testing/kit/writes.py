"""Standard tests of tools that change something: they ask first, and do it once."""

from __future__ import annotations

import json
import re
import secrets
from dataclasses import replace

from odai_core.testing.kit import ear
from odai_core.testing.kit.session import Ran, Session, session
from odai_core.testing.kit.standard import standard
from odai_core.testing.kit.subject import NotApplicable, Subject
from odai_core.tools.invoke import invoke

MOST_REQUESTS = 20
"""So many answers are lost one by one."""
_OURS = re.compile(r"(?i)\b(?:tool|function|api|endpoint|json|parameter|argument|call|user)s?\b")


@standard(per="tool")
async def test_a_change_asks_first(subject: Subject, tool: str) -> None:
    """What changes something has `confirm=True`, stays out of calls, and can be asked for in one plain sentence."""
    spec = subject.spec(tool)
    if not spec.options.confirm:
        async with session(subject) as opened:
            for arguments in subject.happy[tool]:
                await opened.run(tool, arguments)
                done = _done(subject)
                assert not done, f"{tool} changes something without asking: give it @tool(confirm=True): {done[0]!r}"
        return
    assert not spec.options.voice, f"{tool} asks for confirmation and is offered in calls"
    asked = re.split(r"(?<=[.!?])\s", spec.description)[0]
    assert re.fullmatch(r"[A-Z][a-z]+ .{8,118}\.", asked), (
        f"{tool} is put to the user as {asked!r}: begin its docstring with one plain sentence, such as 'Send a mail.'"
    )
    await _own_question(subject, tool)
    ours = _OURS.search(asked)
    assert not ours, f"{tool} is put to the user as {asked!r}: {ours and ours[0]} is not what one says to a person"


async def _own_question(subject: Subject, tool: str) -> None:
    """A question of the tool's own can be said, ends like one, and changes nothing."""
    spec = subject.spec(tool)
    if spec.options.question is None:
        return
    asking = replace(spec, function=spec.options.question)
    async with session(subject) as opened:
        subject.server.begin_anew()
        response = await invoke(asking, json.dumps(dict(subject.happy[tool][0])), opened.context(write_id=""))
        wrong = ear.problems(response.spoken) if response.ok else [f"it fails: {response.response}"]
        assert not wrong, f"the question of {tool} is {response.spoken!r}: {'; '.join(wrong)}"
        assert response.spoken.endswith("?"), (
            f"the question of {tool} is {response.spoken!r}: end it with a question mark"
        )
        assert not _done(subject), f"the question of {tool} changes something: {_done(subject)[0]!r}"


@standard(per="tool")
async def test_a_confirmed_action_is_done_once(subject: Subject, tool: str) -> None:
    """Tried again with the same `ctx.write_id`, it is done once, whichever answer was lost; another one is another."""
    if not subject.spec(tool).options.confirm:
        raise NotApplicable(f"{tool} asks for no confirmation")
    if tool in subject.offline:
        raise NotApplicable(f"{tool} asks no service")
    async with session(subject) as opened:
        write = secrets.token_urlsafe(16)
        requests = len((await _tried(opened, tool, write)).seen)
        assert _done(subject), f"the stand-in notes nothing when {tool} succeeds: append to ask.done in its handler"
        await _tried(opened, tool, write, again=True)
        _once(subject, tool, "it was tried again")
        for service in subject.used:
            for lost in range(min(requests, MOST_REQUESTS)):
                await _losing(opened, tool, service, lost)
        await _another(opened, tool, secrets.token_urlsafe(16))
        await _another(opened, tool, "")


async def _losing(opened: Session, tool: str, service: str, lost: int) -> None:
    """The answer to one of the requests never arrives; the tool may give up, and is tried again."""
    server, write = opened.subject.server, secrets.token_urlsafe(16)
    server.lose(service, after=lost)
    ran = await opened.run(tool, opened.subject.happy[tool][0], write_id=write)
    assert not ran.naked, f"{tool} raises {ran.naked} when an answer is lost"
    assert ran.response.ok or ran.code in ("upstream", "bad_shape"), f"{tool} makes {ran.code} of a lost answer"
    _once(opened.subject, tool, f"the answer to request {lost + 1} was lost", least=0)
    server.relent(service)
    await _tried(opened, tool, write, again=True)
    _once(opened.subject, tool, f"the answer to request {lost + 1} was lost and it was tried again")


async def _another(opened: Session, tool: str, write: str) -> None:
    """Somebody who confirms the same a second time wants it a second time, where that is possible."""
    await _tried(opened, tool, write)
    ran = await opened.run(tool, opened.subject.happy[tool][0], again=True, write_id=write and f"{write}x")
    done = _done(opened.subject)
    # What was removed is gone, whoever asks for it.
    gone = len(done) == 1 and isinstance(done[0], dict) and "removed" in done[0]
    assert gone or (ran.response.ok and len(done) == 2), (
        f"{tool} takes a second confirmed action for the first one: use ctx.write_id"
    )


async def _tried(opened: Session, tool: str, write: str, *, again: bool = False) -> Ran:
    ran = await opened.run(tool, opened.subject.happy[tool][0], again=again, write_id=write)
    assert not ran.naked, f"{tool} raises {ran.naked}: {ran.raw}"
    assert ran.response.ok, f"{tool} answers {ran.code} when it is tried{' again' * again}: {ran.response.spoken}"
    return ran


def _once(subject: Subject, tool: str, why: str, *, least: int = 1) -> None:
    done = _done(subject)
    assert least <= len(done) <= 1, f"{tool} is done {len(done)} times when {why}: hand ctx.write_id to the service"


def _done(subject: Subject) -> list[object]:
    return [done for service in subject.used for done in subject.server.done(service)]
