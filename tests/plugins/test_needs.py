"""A connector that works with users' accounts needs the service that links them."""

from __future__ import annotations

import pytest

from odai_core.contract import AccountPlugin, Problem, ToolPlugin
from odai_core.plugins.catalog import Entry, State
from odai_core.plugins.discovery import Candidate
from odai_core.plugins.needs import settle_needs
from odai_core.tools.schema import describe

NO_ID = Problem(cause="GOOGLE_OAUTH_CLIENT_ID is not set.", remedy="Set GOOGLE_OAUTH_CLIENT_ID.")


async def read_mail() -> str:
    """Read mail."""
    return "none"


def made(kind, name, plugin, state=State.READY, problem=None):
    candidate = Candidate(kind=kind, name=name, module="m", distribution=f"odai-{kind}-{name}", version="1")
    specs = tuple(describe(function) for function in getattr(plugin, "tools", ()))
    return Entry(candidate=candidate, name=name, state=state, plugin=plugin, specs=specs, problem=problem)


def mail(*, account="google", samples=False, state=State.READY, problem=None):
    plugin = ToolPlugin(
        name="mail", api=1, title="Mail", summary="read mail", tools=[read_mail], account=account, samples=samples
    )
    return made("tools", "mail", plugin, state, problem)


def google(state=State.READY, problem=None):
    plugin = AccountPlugin(name="google", api=1, title="Google", summary="read mail", blueprint=lambda context: None)
    return made("accounts", "google", plugin, state, problem)


def settled(*entries, demo=False):
    found = settle_needs(entries, demo=demo)
    assert [entry.name for entry in found] == [entry.name for entry in entries]
    return next(entry for entry in found if entry.name == "mail")


def test_with_its_service_it_is_ready():
    assert settled(mail(), google()).state is State.READY


def test_nothing_links_its_accounts():
    found = settled(mail())
    assert found.state is State.NEEDS_SETUP
    assert found.problem == Problem(
        cause="Mail works with users' google accounts, and nothing installed links them.",
        remedy="pip install odai-account-google",
    )


def test_the_service_tells_what_it_waits_for():
    found = settled(mail(), google(State.NEEDS_SETUP, NO_ID))
    assert found.state is State.NEEDS_SETUP
    assert found.problem == Problem(
        cause="Its account service google is not ready: GOOGLE_OAUTH_CLIENT_ID is not set.", remedy=NO_ID.remedy
    )


def test_a_service_that_is_ready_counts_among_several_of_its_name():
    lost = google(State.CONFLICT, NO_ID)
    assert settled(lost, mail(), google()).state is State.READY
    assert settled(google(), mail(), lost).state is State.READY


@pytest.mark.parametrize(("demo", "samples"), [(True, True), (True, False), (False, True)])
def test_samples_stand_in_for_the_service_in_the_demo_alone(demo, samples):
    state = settled(mail(samples=samples), google(State.NEEDS_SETUP, NO_ID), demo=demo).state
    assert state is (State.READY if demo and samples else State.NEEDS_SETUP)


def test_what_is_not_ready_or_needs_nothing_stays_as_it_is():
    broken = mail(state=State.BROKEN, problem=NO_ID)
    assert settled(broken) == broken
    free = mail(account=None)
    assert settled(free, google(State.BROKEN, NO_ID)) == free


def test_a_tool_plugin_of_the_service_s_name_is_not_the_service():
    namesake = made("tools", "google", mail().plugin)
    assert settled(mail(), namesake).state is State.NEEDS_SETUP
