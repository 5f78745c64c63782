"""The conformance kit: the standard tests that every connector passes, from about three lines.

    # tests/test_yelp_conformance.py
    from odai_core.testing.kit import conformance

    TestYelp = conformance(
        "yelp",
        happy={
            "search_businesses_at_yelp": {"location": "Boston", "search_term": "tacos"},
            "get_business_reviews_at_yelp": {"business_id": "gR9DTbKCON2g1Z23bWcEp1"},
        },
    )

`pytest` then runs some thirty tests for each tool, over real HTTP on the loopback network, without a key. They need the
plugin installed (`pip install -e .`), pytest, and nothing else.

## Where the answers come from

If your service is one of the stand-in's (`odai upstreams` lists them), there is nothing to do. For one of your own,
hand over answers you recorded; every `..._BASE_URL` and every secret setting of the plugin then leads to them:

    TestTides = conformance("tides", happy={"tell_tide": {"harbour": "Dover"}},
                            recorded={"GET /v1/harbours/{id}/tides": {"tides": [...]}})

or a whole `Service` (see `odai_core.testing.upstreams`), which can check keys and know what is unknown: `service=...`.

## What you may say

| Argument | Meaning |
|---|---|
| `happy` | tool -> arguments that find something, or a list of such arguments; every tool must be named |
| `unknown` | tool -> arguments that the service does not know: the answer must be `not_found` |
| `samples` | tool -> arguments that the bundled sample data know, where the happy ones are not among them |
| `offline` | tools that ask no service, such as one that opens a page |
| `recorded`, `service` | where answers come from: `{"GET /path/{id}": body}`, or a `Service` or several |
| `settings` | values for further settings: `{"TIDES_REGION": "uk"}` |
| `account` | a function of the running `UpstreamServer` that gives the linked accounts, as `Link`s; else there is one |
| `caller` | who is talking; a guest in New York unless given |
| `seeds` | how many odd answers each tool is given, 60; `pytest --odai-seeds 1000` tries more |
| `waive` | standard test -> why it does not hold here, in words |

## What is tested

`odai_core.testing.kit.STANDARD` holds the tests by name; the names are stable. For the plugin: `test_core_accepts_it`,
`test_names_line_up`, `test_every_tool_is_tested`, `test_tool_names_are_unique`,
`test_settings_are_named_after_the_service`, `test_keys_are_secrets`, `test_the_address_is_a_setting`,
`test_import_is_light`, `test_wheel_is_whole`, `test_uninstall_leaves_nothing`. For each tool:
`test_parameters_are_typed_and_described`, `test_schema_is_accepted_by_the_sdk`, `test_examples_parse`,
`test_answer_is_spoken`, `test_answer_is_compact`, `test_response_type_is_constant`, `test_nothing_found_is_a_sentence`,
`test_samples_only_in_demo`, `test_odd_answers_never_raise`, `test_cancellation_leaves_nothing`,
`test_connections_are_shared_and_closed`, `test_event_loop_is_not_blocked`, `test_arguments_are_encoded`,
`test_secrets_stay_secret`, `test_a_change_asks_first`, and `test_failure` for each of its failures: 400, 401, 402,
403, 404, 422, 429, 500, 502, 503, 504, slow, unreachable, html, garbage, empty, truncated, huge, deep, redirect, shape.

For connectors that work with users' accounts (`ToolPlugin.account`): `test_account_not_linked_is_said`,
`test_expired_token_is_renewed_once`, `test_revoked_access_is_account_needed`, `test_missing_scope_is_account_needed`
(unscoped: the link lacks the connector's scopes; narrow: the service says so, to a token that begins with "narrow-"),
`test_no_account_service_is_said`. The account is a stand-in's, too: `ctx.account.using(...)` renews its token once. Its
token is the stand-in's key, so `test_secrets_stay_secret` looks for it everywhere. Without a key there is no account.

For tools with `@tool(confirm=True)`: `test_a_confirmed_action_is_done_once`. Every answer is lost once, and the action
tried again with the same `ctx.write_id`; the stand-in's service counts what it did (`ask.done`). Before every other run
the services begin anew, so an event may be deleted many times. A `question=` of the tool's own must end like one and
change nothing.

A sentence can be said when it has 1 to 300 characters, ends like a sentence, and holds no address, no markup, no id, no
machine time, no number that nobody rounded, no None, and at most three things.

## Leaving a test out

    waive={"test_failure[tell_tide-404]": "the service answers 404 to every stormy day"}

A test's name waives all of its cases, its full id waives one; the test is then reported as skipped, with the reason.
Removing or overriding a standard test in any other way fails the last one, `test_nothing_was_taken_out`.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

from odai_core.calls import Caller
from odai_core.grants import Link
from odai_core.testing.kit import accounts, answers, conduct, declared, failures, packages, secrecy, writes
from odai_core.testing.kit.standard import FINAL, Standard, build, gathered
from odai_core.testing.kit.subject import Arguments, NotApplicable, Subject
from odai_core.testing.upstreams import Service, UpstreamServer

__all__ = ["FINAL", "STANDARD", "NotApplicable", "Standard", "Subject", "conformance"]

STANDARD = gathered(declared, answers, failures, conduct, secrecy, accounts, writes, packages)
"""By name, in the order they run."""
GUEST = Caller(time_zone="America/New_York", place="Boston, Massachusetts")


def conformance(
    name: str,
    *,
    happy: Mapping[str, Arguments | Sequence[Arguments]],
    unknown: Mapping[str, Arguments] | None = None,
    samples: Mapping[str, Arguments] | None = None,
    offline: Iterable[str] = (),
    recorded: Mapping[str, Any] | None = None,
    service: Service | Iterable[Service] = (),
    settings: Mapping[str, str] | None = None,
    account: Callable[[UpstreamServer], Sequence[Link]] | None = None,
    caller: Caller = GUEST,
    seeds: int = 60,
    waive: Mapping[str, str] | None = None,
) -> type:
    """The class of standard tests for the installed connector `name`; the package's docstring explains the arguments.

    Bind it to a name that begins with Test. Raises ValueError for arguments or waivers that name nothing.
    """
    beside = sys._getframe(1).f_globals.get("__file__")
    subject = Subject(
        name=name,
        happy={tool: [given] if isinstance(given, Mapping) else list(given) for tool, given in happy.items()},
        unknown=unknown or {},
        samples=samples or {},
        offline=frozenset(offline),
        services=(service,) if isinstance(service, Service) else tuple(service),
        recorded=recorded or {},
        given=settings or {},
        account=account,
        caller=caller,
        seeds=seeds,
        beside=Path(beside) if beside else None,
    )
    strangers = ({*subject.unknown, *subject.samples} | subject.offline) - subject.happy.keys()
    if strangers:
        raise ValueError(f"{', '.join(sorted(strangers))}: not a tool that happy names")
    return build(subject, STANDARD, waive or {})
