"""What a tool sees of its caller's accounts, and what becomes of them."""

from __future__ import annotations

import asyncio
import logging
from dataclasses import replace
from typing import Any

import pytest
from sqlalchemy import update

from odai_core import AccountNeeded, Secret, SettingError, ToolError
from odai_core.accounts import desk as room
from odai_core.accounts.safe import MAX_LINKS
from odai_core.plugins.catalog import Catalog, State
from odai_core.store.grants import grants

from .conftest import KEYS, MAIL, Bank, Clock, Desk


async def needs(account: Any, call: Any = None) -> AccountNeeded:
    """What both ways to use an account say."""
    with pytest.raises(AccountNeeded) as listed:
        await account.links()
    with pytest.raises(AccountNeeded) as used:
        await account.using(call or (lambda link: None))
    assert str(listed.value) == str(used.value)
    assert listed.value.connect_url == used.value.connect_url
    assert used.value.account_type == "bank"
    return used.value


# -- none yet ---------------------------------------------------------------------------------------


async def test_a_guest_signs_in_first(desk: Desk):
    needed = await needs(desk.account(None))
    assert (needed.message[:20], needed.connect_url) == ("Please sign in first", "")


async def test_who_has_linked_nothing_is_led_there(desk: Desk):
    needed = await needs(desk.account("eve"))
    assert needed.message == "Please connect your Bank account first, so that I can do that."
    assert needed.connect_url == f"/auth/bank/login?ticket=eve|{MAIL}"


async def test_a_public_server_leads_there_from_anywhere(server: Any):
    needed = await needs(server(ODAI_PUBLIC_HOST="odai.example").account())
    assert needed.connect_url.startswith("https://odai.example/auth/bank/login?ticket=ada|")


async def test_only_what_is_missing_is_asked_for(desk: Desk):
    needed = await needs(desk.account("ada", MAIL, "mail.send"))
    assert needed.connect_url.endswith("ticket=ada|mail.send")
    assert "not allowed to do that" in needed.message
    own = desk.account().needed("Please choose an account.")
    assert (own.message, own.connect_url[-len(MAIL) :]) == ("Please choose an account.", MAIL)


async def test_a_service_that_is_not_ready_is_no_account(desk: Desk, server: Any):
    for state in (State.NEEDS_SETUP, State.BROKEN):
        desk.service = replace(desk.service, state=state)
        assert desk.account() is None
    keyless = server(keys="")
    assert keyless.account() is None
    with pytest.raises(SettingError, match="ODAI_ACCOUNT_KEYS"):
        await keyless.accounts.links(keyless.service, "ada")
    left_out = server()
    left_out.accounts.left_out = frozenset({"bank"})
    assert left_out.account() is None
    left_out.connector = replace(left_out.connector, plugin=replace(left_out.connector.plugin, account=None))
    assert left_out.account() is None


async def test_a_server_without_a_key_does_not_start_once_accounts_can_be_linked(server: Any):
    keyless = server(keys="")
    keyless.accounts.check(Catalog(entries=()))
    with pytest.raises(SettingError, match="odai-bank is ready") as caught:
        keyless.accounts.check(keyless.catalog)
    assert "Fernet.generate_key" in caught.value.remedy
    server().accounts.check(keyless.catalog)
    server(keys="", ODAI_DEMO="1").accounts.check(keyless.catalog)


# -- linked -----------------------------------------------------------------------------------------


async def test_a_tool_uses_the_account(desk: Desk, bank: Bank):
    assert await desk.account().using(bank.ask) == "done with access-0"
    (link,) = await desk.account().links()
    assert (link.subject, link.label, link.scopes) == ("ada@bank", "Ada's bank", {MAIL})
    assert await desk.account().using(bank.ask, link) == "done with access-0"
    assert "access-0" not in repr(link) + str(link)
    assert bank.refreshed == 0


async def test_the_first_account_with_the_scopes_is_used(desk: Desk, bank: Bank, clock: Clock):
    clock.now += 1
    wide = bank.grant(subject="work", scopes=frozenset({MAIL, "mail.send"}), label="Work")
    await desk.accounts.save(desk.service, "ada", wide)
    account = desk.account("ada", MAIL, "mail.send")
    assert [link.label for link in await account.links()] == ["Work"]
    assert len(await desk.account().links()) == 2
    narrow = (await desk.account().links())[0]
    with pytest.raises(AccountNeeded, match="not allowed"):
        await account.using(bank.ask, narrow)


async def test_who_is_not_cleared_any_more_has_no_token(desk: Desk, bank: Bank):
    def members(settings: Any, user: str) -> bool:
        return user in settings["MEMBERS"]

    desk.service = replace(desk.service, plugin=bank.plugin(cleared=members))
    account = desk.account()
    (link,) = await account.links()
    account.service.context.settings = {"MEMBERS": ("eve",)}
    for use in (account.links(), account.using(bank.ask), account.using(bank.ask, link)):
        with pytest.raises(ToolError, match="You may not use a Bank account here") as refused:
            await use
        assert refused.value.code == "plan"
    assert (await desk.row()).broken is False
    assert len(await desk.accounts.links(desk.service, "ada")) == 1
    assert await desk.accounts.remove(desk.service, "ada", link.id)


async def test_what_else_goes_wrong_is_the_tools_own(desk: Desk, bank: Bank):
    for error in (ToolError("upstream", "x"), ValueError("y"), AccountNeeded("z", account_type="a", connect_url="")):

        async def fails(link: Any, error: Exception = error) -> None:
            raise error

        with pytest.raises(type(error)):
            await desk.account().using(fails)
    assert (bank.refreshed, (await desk.row()).broken) == (0, False)


async def test_linking_is_told_and_listed(desk: Desk, clock: Clock):
    (info,) = await desk.accounts.links(desk.service, "ada")
    assert (info.label, info.scopes, info.linked_at, info.broken) == ("Ada's bank", {MAIL}, clock.now, False)
    assert desk.told.events == []
    plaid = replace(desk.service, name="plaid", plugin=replace(desk.service.plugin, name="plaid", title="Plaid"))
    link_id = await desk.accounts.save(plaid, "ada", Bank(clock).grant())
    assert desk.told.events == [("Plaid Connected", {}, "ada"), ("ada", {"has_plaid_integration": True})]
    assert await desk.accounts.remove(plaid, "ada", link_id)
    assert desk.told.events[2:] == [("ada", {"has_plaid_integration": False})]


async def test_nobody_links_without_end(desk: Desk, bank: Bank):
    for number in range(MAX_LINKS - 1):
        await desk.accounts.save(desk.service, "ada", bank.grant(subject=str(number)))
    with pytest.raises(ToolError, match="remove one first"):
        await desk.accounts.save(desk.service, "ada", bank.grant(subject="one more"))
    assert await desk.accounts.save(desk.service, "ada", bank.grant(subject="0"))


# -- removed ----------------------------------------------------------------------------------------


async def test_removing_revokes_and_forgets(desk: Desk, bank: Bank):
    row = await desk.row()
    assert not await desk.accounts.remove(desk.service, "eve", row.id)
    assert not await desk.accounts.remove(desk.service, "ada", "nobody")
    assert bank.revoked == []
    assert await desk.accounts.remove(desk.service, "ada", row.id)
    assert (bank.revoked, await desk.accounts.links(desk.service, "ada")) == (["access-0"], ())
    assert not await desk.accounts.remove(desk.service, "ada", row.id)


@pytest.mark.parametrize("error", [ToolError("upstream", "away"), ValueError("access-0"), TimeoutError()])
async def test_what_cannot_be_revoked_is_said_and_forgotten_at_last(error: Exception, desk: Desk, bank: Bank, caplog):
    async def revoke(context: Any, grant: Any) -> None:
        raise error

    desk.service = replace(desk.service, plugin=bank.plugin(revoke=revoke))
    link_id = (await desk.row()).id
    with pytest.raises(ToolError, match="kept for another try") as kept:
        await desk.accounts.remove(desk.service, "ada", link_id)
    assert type(error).__name__ in caplog.text
    assert (await desk.row()).broken
    assert (await needs(desk.account())).message.endswith("Please connect it again.")
    with pytest.raises(ToolError, match="forgotten here, but Bank could not be told") as forgotten:
        await desk.accounts.remove(desk.service, "ada", link_id)
    assert await desk.accounts.store.of("ada", "bank") == ()
    assert "access-0" not in caplog.text + str(kept.value) + str(forgotten.value)
    assert not await desk.accounts.remove(desk.service, "ada", link_id)


async def test_what_could_not_be_revoked_is_revoked_the_next_time(desk: Desk, bank: Bank):
    async def away(context: Any, grant: Any) -> None:
        raise ToolError("upstream", "away")

    fine, link_id = desk.service, (await desk.row()).id
    with pytest.raises(ToolError):
        await desk.accounts.remove(replace(fine, plugin=bank.plugin(revoke=away)), "ada", link_id)
    assert await desk.accounts.remove(fine, "ada", link_id)
    assert (bank.revoked, await desk.accounts.store.of("ada", "bank")) == (["access-0"], ())


@pytest.mark.parametrize("error", [None, ToolError("upstream", "away")])
async def test_what_is_linked_anew_during_the_removal_stays(error: Exception | None, desk: Desk, bank: Bank):
    async def revoke(context: Any, grant: Any) -> None:
        await desk.accounts.save(desk.service, "ada", bank.grant(access_token=Secret("fresh")))
        if error is not None:
            raise error

    with pytest.raises(ToolError, match="still there"):
        await desk.accounts.remove(
            replace(desk.service, plugin=bank.plugin(revoke=revoke)), "ada", (await desk.row()).id
        )
    (link,) = await desk.account().links()
    assert link.token.reveal() == "fresh"


async def test_two_removals_at_once_are_one(desk: Desk, bank: Bank):
    async def revoke(context: Any, grant: Any) -> None:
        assert await desk.accounts.remove(desk.service, "ada", link_id)

    link_id = (await desk.row()).id
    other = replace(desk.service, plugin=bank.plugin(revoke=revoke))
    assert not await desk.accounts.remove(other, "ada", link_id)


async def test_a_service_that_revokes_nothing_is_just_forgotten(desk: Desk, bank: Bank):
    desk.service = replace(desk.service, plugin=bank.plugin(revoke=None))
    assert await desk.accounts.remove(desk.service, "ada", (await desk.row()).id)


# -- keys and rows ----------------------------------------------------------------------------------


async def test_a_row_under_an_older_key_is_sealed_again(desk: Desk, bank: Bank, server: Any):
    before = (await desk.row()).sealed
    both = server(keys=f"{KEYS[1]},{KEYS[0]}")
    assert await both.account().using(bank.ask) == "done with access-0"
    assert (await both.row()).sealed != before
    assert await server(keys=KEYS[1]).account().using(bank.ask) == "done with access-0"


async def test_a_row_that_no_key_opens_is_not_linked_and_said_once(desk: Desk, server: Any, bank: Bank, caplog):
    caplog.set_level(logging.INFO)
    stranger = server(keys=KEYS[2])
    for _ in range(3):
        assert (await needs(stranger.account())).message.startswith("Please connect your Bank account first")
    assert caplog.text.count("cannot be opened with any of ODAI_ACCOUNT_KEYS") == 1
    assert "ada" not in caplog.text
    assert await stranger.accounts.links(stranger.service, "ada") == ()
    await stranger.accounts.save(stranger.service, "ada", bank.grant())
    assert await stranger.account().using(bank.ask) == "done with access-0"
    assert bank.revoked == []
    assert await desk.accounts.links(desk.service, "ada") == ()
    assert await desk.accounts.remove(desk.service, "ada", (await desk.row()).id)


@pytest.mark.parametrize("column", ["user_id", "service", "subject"])
async def test_a_row_that_was_moved_is_worth_nothing(column: str, desk: Desk, database: Any):
    moved = {"user_id": "eve", "service": "bank", "subject": "ada@bank"} | {
        column: "bank" if column == "service" else "eve"
    }
    if column == "service":
        moved["service"] = "plaid"
    async with database.begin() as connection:
        await connection.execute(update(grants).values(**moved))
    service = replace(desk.service, name=moved["service"])
    assert await desk.accounts.links(service, moved["user_id"]) == ()
    assert await desk.accounts.links(desk.service, "eve") == ()


async def test_a_row_with_another_rows_text_is_worth_nothing(desk: Desk, bank: Bank, database: Any):
    await desk.accounts.save(desk.service, "eve", bank.grant(access_token=Secret("eves"), subject="eve@bank"))
    stolen = (await desk.row()).sealed
    async with database.begin() as connection:
        await connection.execute(update(grants).where(grants.c.user_id == "eve").values(sealed=stolen))
    assert await desk.accounts.links(desk.service, "eve") == ()


# -- what must not end half-way ---------------------------------------------------------------------


async def test_work_goes_on_without_whoever_waited(desk: Desk, bank: Bank):
    began, gate = asyncio.Event(), asyncio.Event()

    async def link() -> str:
        began.set()
        await gate.wait()
        return await desk.accounts.save(desk.service, "eve", bank.grant())

    waiting = asyncio.create_task(desk.accounts.complete(link()))
    await began.wait()
    waiting.cancel()
    with pytest.raises(asyncio.CancelledError):
        await waiting
    closing = asyncio.create_task(desk.accounts.aclose())
    gate.set()
    await closing
    assert len(await desk.accounts.links(desk.service, "eve")) == 1


async def test_work_answers_and_fails_as_it_does(desk: Desk):
    async def fine() -> int:
        return 7

    async def wrong() -> None:
        raise ToolError("plan", "too many")

    assert await desk.accounts.complete(fine()) == 7
    with pytest.raises(ToolError, match="too many"):
        await desk.accounts.complete(wrong())


async def test_work_without_an_end_is_ended(desk: Desk, monkeypatch: pytest.MonkeyPatch):
    endless = asyncio.create_task(desk.accounts.complete(asyncio.Event().wait()))
    await asyncio.sleep(0)
    monkeypatch.setattr(room, "CLOSE_SECONDS", 0.01)
    await desk.accounts.aclose()
    with pytest.raises(asyncio.CancelledError):
        await endless
    monkeypatch.setattr(room, "COMPLETE_SECONDS", 0.01)
    with pytest.raises(TimeoutError):
        await desk.accounts.complete(asyncio.Event().wait())
