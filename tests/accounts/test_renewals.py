"""Tokens are renewed once, whoever asks, wherever; and nothing that was handed out is lost."""

from __future__ import annotations

import asyncio
import logging
from dataclasses import replace
from typing import Any

import pytest

from odai_core import AccountNeeded, Secret, ToolError
from odai_core.accounts import renewals
from odai_core.accounts.renewals import LEASE_SECONDS, REFRESH_SECONDS

from .conftest import Bank, Clock, Desk


async def test_a_token_that_is_about_to_end_is_renewed_before_it_is_used(desk: Desk, bank: Bank, clock: Clock):
    clock.now += 3600 - 61
    assert await desk.account().using(bank.ask) == "done with access-0"
    clock.now += 2
    assert await desk.account().using(bank.ask) == "done with access-1"
    assert (await desk.row()).subject == "ada@bank"
    clock.now += 3600
    assert [link.token.reveal() for link in await desk.account().links()] == ["access-2"]
    assert bank.refreshed == 2


async def test_a_refused_token_is_renewed_and_the_call_made_once_more(desk: Desk, bank: Bank):
    bank.access = "another"
    assert await desk.account().using(bank.ask) == "done with access-1"
    assert await desk.account().using(bank.ask) == "done with access-1"
    assert bank.refreshed == 1


async def test_fifty_tools_at_once_renew_it_once(desk: Desk, bank: Bank):
    bank.access = "another"
    answers = await asyncio.gather(*(desk.account().using(bank.ask) for _ in range(50)))
    assert (set(answers), bank.refreshed) == ({"done with access-1"}, 1)


async def test_fifty_tools_on_three_servers_renew_it_once(desk: Desk, bank: Bank, server: Any, clock: Clock):
    desks = [desk, server(), server()]
    for one in desks:
        one.accounts.renewals._sleep = lambda seconds: asyncio.sleep(0.01)
    clock.now += 3600
    answers = await asyncio.gather(*(desks[n % 3].account().using(bank.ask) for n in range(50)))
    assert (set(answers), bank.refreshed) == ({"done with access-1"}, 1)


async def test_who_refuses_twice_has_taken_it_back(desk: Desk, bank: Bank):
    async def refuses(link: Any) -> None:
        raise ToolError("auth", "no")

    with pytest.raises(AccountNeeded, match="isn't connected any more") as caught:
        await desk.account().using(refuses)
    assert (caught.value.__cause__, bank.refreshed, (await desk.row()).broken) == (None, 1, True)
    with pytest.raises(AccountNeeded, match="connect it again"):
        await desk.account().links()
    assert bank.refreshed == 1
    await desk.accounts.save(desk.service, "ada", bank.grant())
    assert await desk.account().using(bank.ask) == "done with access-1"


async def test_a_grant_that_was_taken_back_is_broken(desk: Desk, bank: Bank, clock: Clock):
    bank.good = "another"
    clock.now += 3600
    for use in (desk.account().links, lambda: desk.account().using(bank.ask)):
        with pytest.raises(AccountNeeded, match="isn't connected any more"):
            await use()
    assert (bank.refreshed, (await desk.row()).broken) == (1, True)


async def test_a_tool_is_the_first_to_hear_that_it_was_taken_back(desk: Desk, bank: Bank, clock: Clock):
    bank.good = "another"
    clock.now += 3600
    with pytest.raises(AccountNeeded, match="isn't connected any more"):
        await desk.account().using(bank.ask)
    assert (await desk.row()).broken


async def test_a_second_account_stands_in_for_a_broken_one(desk: Desk, bank: Bank, clock: Clock):
    bank.good = "another"
    clock.now += 3600
    await desk.accounts.save(desk.service, "ada", bank.grant(subject="work", label="Work"))
    assert await desk.account().using(bank.ask) == "done with access-0"
    assert [link.label for link in await desk.account().links()] == ["Work"]


@pytest.mark.parametrize("error", [ToolError("upstream", "away"), ValueError("access-0 refresh-0"), TimeoutError()])
async def test_a_bad_hour_breaks_nothing(error: Exception, desk: Desk, bank: Bank, clock: Clock, caplog):
    def fail() -> None:
        raise error

    bank.trouble = fail
    clock.now += 3600 - 30
    assert await desk.account().using(bank.ask) == "done with access-0"
    clock.now += 30
    with pytest.raises(ToolError) as caught:
        await desk.account().using(bank.ask)
    assert caught.value.code in ("upstream", "internal", "timeout")
    assert "refresh-0" not in caplog.text + str(caught.value)
    bank.trouble = None
    assert await desk.account().using(bank.ask) == f"done with {bank.access}"


async def test_a_service_that_never_answers_is_given_up(desk: Desk, bank: Bank, clock: Clock, monkeypatch):
    monkeypatch.setattr(renewals, "REFRESH_SECONDS", 0.05)
    bank.gate = asyncio.Event()
    clock.now += 3600
    with pytest.raises(ToolError, match="timeout"):
        await desk.account().using(bank.ask)
    assert REFRESH_SECONDS < LEASE_SECONDS


async def test_a_tool_that_gives_up_loses_no_token(desk: Desk, bank: Bank, clock: Clock):
    bank.gate = asyncio.Event()
    clock.now += 3600
    tool = asyncio.create_task(desk.account().using(bank.ask))
    await bank.asked.wait()
    tool.cancel()
    with pytest.raises(asyncio.CancelledError):
        await tool
    bank.gate.set()
    assert await desk.account().using(bank.ask) == "done with access-1"
    assert bank.refreshed == 1


async def test_a_server_that_closes_keeps_what_it_was_given(desk: Desk, bank: Bank, clock: Clock, server: Any):
    bank.gate = asyncio.Event()
    clock.now += 3600
    tool = asyncio.create_task(desk.account().using(bank.ask))
    await bank.asked.wait()
    tool.cancel()
    closing = asyncio.create_task(desk.accounts.aclose())
    await asyncio.sleep(0)
    bank.gate.set()
    await closing
    assert await server().account().using(bank.ask) == "done with access-1"


async def test_a_server_does_not_wait_for_ever_to_close(desk: Desk, bank: Bank, clock: Clock, monkeypatch):
    monkeypatch.setattr(renewals, "CLOSE_SECONDS", 0.05)
    bank.gate = asyncio.Event()
    clock.now += 3600
    tool = asyncio.create_task(desk.account().using(bank.ask))
    await bank.asked.wait()
    await desk.accounts.aclose()
    with pytest.raises(asyncio.CancelledError):
        await tool
    assert await desk.accounts.store.claim((await desk.row()).id, "next", seconds=1)


async def test_a_server_that_died_is_followed_by_another(desk: Desk, bank: Bank, clock: Clock, server: Any):
    row = await desk.row()
    assert await desk.accounts.store.claim(row.id, "the dead", seconds=LEASE_SECONDS)
    clock.now += 3600 - LEASE_SECONDS
    other = server()
    assert await other.accounts.store.claim(row.id, "also dead", seconds=LEASE_SECONDS)

    async def pause(seconds: float) -> None:
        clock.now += LEASE_SECONDS / 2

    other.accounts.renewals._sleep = pause
    assert await other.account().using(bank.ask) == "done with access-1"


async def test_it_is_linked_anew_while_it_is_renewed(desk: Desk, bank: Bank, clock: Clock):
    bank.gate = asyncio.Event()
    clock.now += 3600
    tool = asyncio.create_task(desk.account().links())
    await bank.asked.wait()
    await desk.accounts.save(desk.service, "ada", bank.grant(access_token=Secret("by hand")))
    bank.gate.set()
    assert [link.token.reveal() for link in await tool] == ["by hand"]


async def test_it_is_linked_anew_while_a_tool_is_refused(desk: Desk, bank: Bank):
    used: list[str] = []

    async def refuses(link: Any) -> None:
        used.append(link.token.reveal())
        await desk.accounts.save(desk.service, "ada", bank.grant(access_token=Secret(f"by hand {len(used)}")))
        raise ToolError("auth", "no")

    with pytest.raises(AccountNeeded):
        await desk.account().using(refuses)
    assert used == ["access-0", "by hand 1"]
    assert [link.token.reveal() for link in await desk.account().links()] == ["by hand 2"]


async def test_it_is_removed_while_it_is_renewed(desk: Desk, bank: Bank, clock: Clock):
    bank.gate = asyncio.Event()
    clock.now += 3600
    tool = asyncio.create_task(desk.account().links())
    await bank.asked.wait()
    await desk.accounts.remove(desk.service, "ada", (await desk.row()).id)
    bank.gate.set()
    with pytest.raises(AccountNeeded):
        await tool


async def test_a_link_of_somebody_else_is_renewed_for_nobody(desk: Desk, bank: Bank):
    (link,) = await desk.account().links()
    bank.access = "another"
    with pytest.raises(AccountNeeded):
        await desk.account("eve").using(bank.ask, link)
    assert (bank.refreshed, (await desk.row()).broken) == (0, False)


async def test_a_token_that_was_renewed_meanwhile_breaks_nothing(desk: Desk, bank: Bank):
    (old,) = await desk.account().links()
    bank.access = "another"
    await desk.account().using(bank.ask)
    assert await desk.account().using(bank.ask, old) == "done with access-1"
    assert bank.refreshed == 1


# -- services whose tokens do not expire ------------------------------------------------------------


async def test_a_service_without_renewal_is_asked_to_link_again(desk: Desk, bank: Bank, clock: Clock, caplog):
    caplog.set_level(logging.WARNING)
    desk.service = replace(desk.service, plugin=bank.plugin(refresh=None))
    clock.now += 10_000
    assert await desk.account().using(bank.ask) == "done with access-0"
    bank.access = "another"
    with pytest.raises(AccountNeeded, match="connect it again"):
        await desk.account().using(bank.ask)
    assert (await desk.row()).broken
    with pytest.raises(AccountNeeded):
        await desk.account().links()
    own = desk.accounts.own(desk.service, "ada")
    assert [link.token.reveal() for link in await own.links()] == ["access-0"]
    assert caplog.text == ""
