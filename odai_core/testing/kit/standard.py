"""The list of standard tests, and how it becomes a class that pytest collects."""

from __future__ import annotations

import asyncio
import inspect
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from types import ModuleType
from typing import Any, Literal

from odai_core.testing.kit.subject import NotApplicable, Subject

Per = Literal["plugin", "tool", "fault"]
Check = Callable[..., Any]
FINAL = "test_nothing_was_taken_out"


@dataclass(frozen=True, kw_only=True)
class Standard:
    """One standard test. `check` raises AssertionError; NotApplicable says why there is nothing to test."""

    name: str
    check: Check
    per: Per
    cases: tuple[str, ...] = ()

    def run(self, subject: Subject, *ids: str) -> None:
        """Run the check, on an event loop of its own when it is async."""
        if inspect.iscoroutinefunction(self.check):
            asyncio.run(self.check(subject, *ids))
        else:
            self.check(subject, *ids)

    def ids(self, subject: Subject) -> list[tuple[str, ...]]:
        """What it runs for: nothing, tools, or tools and cases."""
        if self.per == "plugin":
            return [()]
        if self.per == "tool":
            return [(tool,) for tool in subject.happy]
        return [(tool, case) for tool in subject.happy for case in self.cases]


def standard(per: Per = "plugin", cases: Iterable[str] = ()) -> Callable[[Check], Check]:
    """Make a check a standard test; its name is part of the kit's contract."""

    def mark(check: Check) -> Check:
        name = getattr(check, "__name__", "")
        check.__odai_standard__ = Standard(name=name, check=check, per=per, cases=tuple(cases))  # type: ignore[attr-defined]
        return check

    return mark


def gathered(*rooms: ModuleType) -> dict[str, Standard]:
    """The standard tests of some modules by name, in the order they are written in."""
    checks = [check for room in rooms for check in vars(room).values() if hasattr(check, "__odai_standard__")]
    return {check.__odai_standard__.name: check.__odai_standard__ for check in checks}


def named(name: str, ids: tuple[str, ...]) -> str:
    """A test's id: "test_failure[find_tides-429]"."""
    return f"{name}[{'-'.join(ids)}]" if ids else name


def build(subject: Subject, tests: Mapping[str, Standard], waive: Mapping[str, str]) -> type:
    """The class of all standard tests for one plugin.

    Raises ValueError for a waiver without a reason or of a test that does not exist.
    """
    known = {named(name, ids) for name, one in tests.items() for ids in one.ids(subject)}
    for name, reason in waive.items():
        if name not in known | tests.keys():
            raise ValueError(f"waive names {name}, which is no standard test of {subject.name}")
        if len(reason.split()) < 3:
            raise ValueError(f"waive of {name}: give the reason in words")
    members: dict[str, Any] = {
        "__doc__": f"The standard tests of the connector {subject.name}.",
        "subject": subject,
        "teardown_class": classmethod(lambda cls: cls.subject.close()),
    }
    members |= {name: _method(one, subject, waive) for name, one in tests.items()}
    members[FINAL] = _final({name: members[name] for name in tests})
    return type("Conformance", (), members)


def _method(one: Standard, subject: Subject, waive: Mapping[str, str]) -> Callable[..., None]:
    """A method that pytest calls once for each of the ids; a waived one is skipped and says why."""
    # Only whoever runs the tests needs pytest.
    import pytest

    def run(ids: tuple[str, ...], config: pytest.Config) -> None:
        reason = waive.get(one.name) or waive.get(named(one.name, ids))
        if reason:
            pytest.skip(f"waived: {reason}")
        subject.seeds = config.getoption("--odai-seeds", None) or subject.seeds
        try:
            one.run(subject, *ids)
        except NotApplicable as why:
            pytest.skip(str(why))

    def once(self: Any, pytestconfig: pytest.Config) -> None:
        run((), pytestconfig)

    def each(self: Any, ids: tuple[str, ...], pytestconfig: pytest.Config) -> None:
        run(ids, pytestconfig)

    method = once if one.per == "plugin" else each
    method.__name__ = method.__qualname__ = one.name
    method.__doc__ = one.check.__doc__
    if one.per != "plugin":
        every = one.ids(subject)
        pytest.mark.parametrize("ids", every, ids=["-".join(ids) for ids in every])(method)
    return method


def _final(ours: Mapping[str, Any]) -> Callable[[Any], None]:
    def final(self: Any) -> None:
        """Every standard test is there, and is the kit's; leave one out with waive={name: reason}."""
        changed = sorted(name for name, function in ours.items() if getattr(type(self), name, None) is not function)
        assert not changed, f"removed or overridden: {', '.join(changed)}. Say why: waive={{{changed[0]!r}: reason}}"

    final.__name__ = final.__qualname__ = FINAL
    return final
