"""Standard tests of bad days: every failure is one of our codes and a sentence, and no answer is too odd."""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial
from typing import Any

from odai_core.errors import AccountNeeded, ToolError
from odai_core.testing.kit import ear, odd
from odai_core.testing.kit.session import Ran, session
from odai_core.testing.kit.standard import standard
from odai_core.testing.kit.subject import NotApplicable, Subject

_BAD = frozenset({"bad_shape", "not_found"})
CODES: Mapping[str, frozenset[str]] = {
    "400": frozenset({"bad_request", "not_found"}),
    "401": frozenset({"auth"}),
    "402": frozenset({"plan"}),
    "403": frozenset({"auth", "plan"}),
    "404": frozenset({"not_found"}),
    "422": frozenset({"bad_request", "not_found"}),
    "429": frozenset({"rate_limited"}),
    "500": frozenset({"upstream"}),
    "502": frozenset({"upstream"}),
    "503": frozenset({"upstream"}),
    "504": frozenset({"upstream"}),
    "slow": frozenset({"timeout"}),
    "unreachable": frozenset({"upstream"}),
    "html": frozenset({"bad_shape"}),
    "garbage": frozenset({"bad_shape"}),
    "empty": _BAD,
    "truncated": frozenset({"upstream", "bad_shape"}),
    "huge": frozenset({"bad_shape"}),
    "deep": frozenset({"bad_shape"}),
    "redirect": frozenset({"bad_shape", "upstream"}),
    "shape": _BAD,
}
"""What may happen to a request, and the codes that are right for it. "shape": good JSON that holds nothing known."""
_REFUSED = frozenset({"401", "403"})


@standard(per="fault", cases=CODES)
async def test_failure(subject: Subject, tool: str, fault: str) -> None:
    """A failure of the service becomes its code and a sentence of the connector's own."""
    if tool in subject.offline:
        raise NotApplicable(f"{tool} asks no service")
    # On a busy machine the first request itself may take longer than the short patience.
    for patience in (0.25, 3.0) if fault == "slow" else (6.0,):
        async with session(subject, timeout=patience) as opened:
            _plan(subject, fault)
            ran = await opened.run(tool, subject.happy[tool][0], reach=fault != "unreachable")
        if ran.seen:
            break
    assert ran.seen or fault == "unreachable", f"{tool} asked nobody"
    _is_error(tool, ran)
    right = CODES[fault] | ({"account_needed"} if fault in _REFUSED and subject.plugin.account else set())
    assert ran.code in right, (
        f"{tool} makes {ran.code} of {fault}, not {' or '.join(sorted(right))}: {ran.response.spoken}"
    )
    if fault == "429":
        after = ran.response.response.get("retry_after")
        assert isinstance(after, int | float), f"{tool} loses the service's Retry-After"
        assert after > 0, f"{tool} loses the service's Retry-After"
    for service in subject.used if fault.isdigit() else ():
        for words in _texts(subject.server.services[service].error(int(fault)).body):
            assert words not in ran.response.spoken, f"{tool} repeats the service's own words: {words!r}"


@standard(per="tool")
async def test_odd_answers_never_raise(subject: Subject, tool: str) -> None:
    """Whatever is missing, doubled, endless or of the wrong type in a body, an answer or a ToolError comes out."""
    if tool in subject.offline:
        raise NotApplicable(f"{tool} asks no service")
    async with session(subject) as opened:
        bodies: list[Any] = []
        for service in subject.used:
            subject.server.alter(service, partial(odd.noted, bodies))
        await opened.first(tool)
        for seed, (name, change) in enumerate(odd.changes(bodies, subject.seeds)):
            for service in subject.used:
                subject.server.alter(service, change)
            ran = await opened.run(tool, subject.happy[tool][seed % len(subject.happy[tool])])
            assert not ran.naked, f"{tool} raises {ran.naked} when {name}: {str(ran.raw)[:200]}"
            assert ran.code in ("", *_BAD, "bad_request", "upstream"), f"{tool} makes {ran.code} of it when {name}"
            assert 0 < len(ran.said) <= ear.MAX_CHARACTERS, f"{tool} says {len(ran.said)} characters when {name}"
            assert "http" not in ran.said, f"{tool} says a web address when {name}"


def _plan(subject: Subject, fault: str) -> None:
    for service in subject.used:
        if fault == "shape":
            subject.server.alter(service, lambda body: {"unexpected": "shape"})
        elif fault != "unreachable":
            subject.server.fail(service, fault, always=True)  # type: ignore[arg-type]


def _is_error(tool: str, ran: Ran) -> None:
    """A ToolError (or ToolResponse.error) that can be said."""
    assert not ran.naked, f"{tool} raised {ran.naked} instead of a ToolError: {ran.raw}"
    assert not ran.response.ok, f"{tool} answered as if nothing had happened: {ran.response.spoken}"
    wrong = ear.problems(ran.said)
    assert not wrong, f"{tool} says {ran.said!r}: {'; '.join(wrong)}"
    if isinstance(ran.raw, ToolError) and not isinstance(ran.raw, AccountNeeded):
        assert ran.response.response["message"] == ran.response.spoken


def _texts(value: Any) -> list[str]:
    """The sentences in a body."""
    if isinstance(value, str):
        return [value] if len(value.split()) > 2 else []
    inside = value.values() if isinstance(value, dict) else value if isinstance(value, list) else ()
    return [text for item in inside for text in _texts(item)]
