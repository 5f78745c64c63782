"""Plaid's tools over real HTTP against the stand-in; what every connector must do is in the conformance test."""

from __future__ import annotations

import json
import logging
from collections.abc import AsyncIterator, Callable
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from typing import Any

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from odai_tool_plaid import asking, odai_tools, spoken, sums
from odai_tool_plaid.banks import Banks, Missing
from odai_tool_plaid.shapes import Account, Bank, Transaction

from odai_core import Caller, Link, Secret, SettingError, ToolContext, ToolError, ToolResponse
from odai_core.settings import Settings
from odai_core.testing.kit.linked import CONNECT_URL, LinkedAccount
from odai_core.testing.upstreams import UpstreamServer
from odai_core.testing.upstreams.services import plaid
from odai_core.tools.http import HttpClient
from odai_core.tools.invoke import invoke
from odai_core.tools.schema import describe

PLUGIN = odai_tools()
ACCOUNTS, TRANSACTIONS, CONNECT = PLUGIN.tools
PLATYPUS, GINGHAM = "access-sandbox-item-0001-ins_109508", "access-sandbox-item-0002-ins_109509"
TODAY = datetime.now(UTC).date()
Make = Callable[..., ToolContext]


def links(*tokens: str) -> LinkedAccount:
    """A user's banks, in the order they were linked."""
    every = [
        Link(id=f"link-{number}", subject=f"item-{number}", label=f"My Bank {number}", token=Secret(token))
        for number, token in enumerate(tokens, 1)
    ]
    return LinkedAccount("plaid", every, ())


async def call(tool: Any, ctx: ToolContext, **arguments: Any) -> ToolResponse:
    response = await invoke(describe(tool), json.dumps(arguments), ctx)
    assert 0 < len(response.spoken) <= 300
    return response


@pytest.fixture
async def server() -> AsyncIterator[UpstreamServer]:
    async with UpstreamServer() as running:
        yield running


@pytest.fixture
async def http() -> AsyncIterator[HttpClient]:
    async def no_pause(_: float) -> None: ...

    client = HttpClient(timeout=2, sleep=no_pause)
    yield client
    await client.aclose()


@pytest.fixture
def having(server: UpstreamServer, http: HttpClient) -> Make:
    def make(*tokens: str, **values: str) -> ToolContext:
        bound = Settings({**server.settings(PLUGIN), **values}).bind(PLUGIN.settings)
        return ToolContext(
            http=http, settings=bound, caller=Caller(user_id="u"), log=logging.getLogger("test"), account=links(*tokens)
        )

    return make


# -- accounts ----------------------------------------------------------------------------------------


async def test_accounts_are_told_and_shown(having: Make, server: UpstreamServer):
    response = await call(ACCOUNTS, having(PLATYPUS))
    assert response.response_type == "plaid_accounts_response"
    assert response.spoken == (
        "You have four accounts at First Platypus Bank. Plaid Checking has one hundred dollars; Plaid Saving has one "
        "thousand two hundred eleven dollars; you owe four hundred ten dollars on Plaid Credit Card."
    )
    shown = response.response
    assert shown["totals"] == {"USD": {"cash": 1310.55, "owed": 410.0}}
    assert shown["unavailable"] == []
    assert shown["accounts"][2] | {"id": "x"} == {
        "id": "x", "bank": "First Platypus Bank", "name": "Plaid Credit Card", "official_name": None, "mask": "3333",
        "type": "credit", "subtype": "credit card", "available": None, "current": 410.0, "limit": 2000.0,
        "currency": "USD",
    }  # fmt: skip
    assert response.voice["accounts"][2]["owed"] == 410.0
    assert "item-0001" not in json.dumps(response.to_wire()), "an item's id is for Plaid only"
    (seen,) = server.seen
    assert (seen.method, seen.path) == ("POST", "/accounts/get")
    assert (seen.headers["plaid-client-id"], seen.headers["plaid-secret"]) == ("test-key", "test-key")
    assert seen.headers["plaid-version"] == "2020-09-14"
    assert json.loads(seen.body) == {"access_token": PLATYPUS}


async def test_several_banks_are_one_answer(having: Make):
    response = await call(ACCOUNTS, having(PLATYPUS, GINGHAM))
    assert response.spoken.startswith("You have eight accounts at First Platypus Bank and First Gingham Credit Union. ")
    assert response.response["totals"]["USD"]["cash"] == 2621.1
    assert {account["bank"] for account in response.response["accounts"]} == {
        "First Platypus Bank", "First Gingham Credit Union",
    }  # fmt: skip


@pytest.mark.parametrize("tool", [ACCOUNTS, TRANSACTIONS])
async def test_a_broken_bank_does_not_hide_the_others(tool, having: Make):
    response = await call(tool, having("access-gone", GINGHAM))
    assert response.ok
    (missing,) = response.response["unavailable"]
    assert (missing["bank"], missing["connect_url"]) == ("My Bank 1", CONNECT_URL)
    assert response.spoken.endswith("My Bank 1 has to be connected again, so it isn't in this.")
    assert response.voice["missing_banks"] == ["My Bank 1"]


@pytest.mark.parametrize("tool", [ACCOUNTS, TRANSACTIONS])
async def test_banks_that_are_all_broken_lead_to_connecting(tool, having: Make):
    response = await call(tool, having("access-gone", "access-lost"))
    assert response.response_type == "account_needed"


async def test_what_its_owner_can_mend_goes_before_what_is_only_busy(having: Make, server: UpstreamServer):
    for reply in (plaid.failure("INSTITUTION_ERROR", "INSTITUTION_DOWN", "down"),) * 2:
        server.answer("plaid", reply.body, status=400)
    assert (await call(ACCOUNTS, having(PLATYPUS, GINGHAM))).response["code"] == "unavailable"
    server.answer("plaid", plaid.failure("INSTITUTION_ERROR", "INSTITUTION_DOWN", "down").body, status=400)
    assert (await call(ACCOUNTS, having("access-gone", "access-lost"))).response_type == "account_needed"


@pytest.mark.parametrize(
    ("kind", "code", "ours"),
    [
        ("ITEM_ERROR", "ITEM_LOGIN_REQUIRED", "account_needed"), ("ITEM_ERROR", "ITEM_NOT_FOUND", "account_needed"),
        ("ITEM_ERROR", "USER_PERMISSION_REVOKED", "account_needed"),
        ("INVALID_INPUT", "INVALID_ACCESS_TOKEN", "account_needed"),
        ("INVALID_INPUT", "INVALID_API_KEYS", "not_configured"), ("INVALID_REQUEST", "INVALID_FIELD", "bad_request"),
        ("INSTITUTION_ERROR", "INSTITUTION_DOWN", "unavailable"), ("ITEM_ERROR", "PRODUCT_NOT_READY", "unavailable"),
        ("INSTITUTION_ERROR", "INSTITUTION_NOT_RESPONDING", "unavailable"),
    ],
)  # fmt: skip
async def test_plaids_own_codes_have_ours(kind, code, ours, having: Make, server: UpstreamServer):
    for _ in range(2):
        server.answer("plaid", plaid.failure(kind, code, "Their words").body, status=400)
    response = await call(ACCOUNTS, having(PLATYPUS))
    got = response.response_type if response.response_type == "account_needed" else response.response["code"]
    assert got == ours
    assert "Their words" not in response.spoken


async def test_wrong_keys_are_not_the_users_fault(having: Make):
    response = await call(ACCOUNTS, having(PLATYPUS, PLAID_SECRET="wrong"))
    assert response.response["code"] == "not_configured"


async def test_odd_accounts_are_left_out_and_none_is_said(having: Make, server: UpstreamServer):
    server.answer("plaid", {"accounts": [{"name": 1}, plaid.account("a", "Purse", "checking", None)], "item": None})
    response = await call(ACCOUNTS, having(PLATYPUS))
    assert response.spoken == "You have one account at My Bank 1."
    server.answer("plaid", {"accounts": []})
    assert (await call(ACCOUNTS, having(PLATYPUS))).spoken == "Your bank shows me no accounts."
    server.answer("plaid", {"accounts": [{"name": 1}]})
    assert (await call(ACCOUNTS, having(PLATYPUS))).response["code"] == "bad_shape"


async def test_nothing_of_it_is_logged(having: Make, caplog: pytest.LogCaptureFixture):
    caplog.set_level(logging.DEBUG)
    for token in (PLATYPUS, "access-gone"):
        await call(TRANSACTIONS, having(token))
    for private in (PLATYPUS, "access-gone", "Platypus", "Corner Coffee", "My Bank", "1310", "110.0"):
        assert private not in caplog.text


# -- transactions ------------------------------------------------------------------------------------


async def test_transactions_are_told_and_shown(having: Make, server: UpstreamServer):
    response = await call(TRANSACTIONS, having(PLATYPUS), days=8)
    assert response.response_type == "plaid_transactions_response"
    assert response.spoken == (
        "In the last eight days you spent two thousand one hundred thirty three dollars and received two thousand four "
        "hundred fifty four dollars. The most went to rent and utilities: one thousand five hundred dollars. The "
        "latest is twelve dollars and seventy four cents to Corner Coffee, still pending."
    )
    shown = response.response
    assert (shown["from"], shown["to"], shown["count"], shown["complete"]) == (
        f"{TODAY - timedelta(days=7)}", f"{TODAY}", 8, True,
    )  # fmt: skip
    assert (shown["sums"]["USD"]["money_out"], shown["sums"]["USD"]["money_in"]) == (2133.47, 2454.22)
    assert shown["transactions"][0] == {
        "date": f"{TODAY}", "name": "Corner Coffee", "amount": 12.74, "currency": "USD", "pending": True,
        "category": "food and drink", "account": "Plaid Checking", "mask": "0000", "bank": "First Platypus Bank",
        "channel": "in store",
    }  # fmt: skip
    assert shown["transactions"][2]["name"] == "ACME PAYROLL"
    assert shown["transactions"][2]["amount"] == -2450.0, "negative is money in"
    assert [seen.path for seen in server.seen] == ["/accounts/get", "/transactions/sync"]
    assert json.loads(server.seen[1].body) == {"count": 500, "access_token": PLATYPUS}


@pytest.mark.parametrize(("account", "count"), [("Plaid Saving", 3), ("card ending in 3333", 2), ("checking", 3)])
async def test_one_account_can_be_meant(account, count, having: Make):
    response = await call(TRANSACTIONS, having(PLATYPUS), days=8, account=account)
    assert response.response["count"] == count
    assert f"with {account}," in response.spoken


async def test_an_account_can_be_meant_by_its_id_or_its_bank(having: Make):
    ctx = having(PLATYPUS, GINGHAM)
    one = (await call(ACCOUNTS, ctx)).response["accounts"][1]["id"]
    assert (await call(TRANSACTIONS, ctx, account=one)).response["transactions"][0]["account"] == "Plaid Saving"
    gingham = await call(TRANSACTIONS, ctx, account="First Gingham")
    assert {one["bank"] for one in gingham.response["transactions"]} == {"First Gingham Credit Union"}


async def test_an_unknown_account_is_answered_with_those_there_are(having: Make):
    response = await call(TRANSACTIONS, having(PLATYPUS), account="mortgage")
    assert response.spoken == (
        "I couldn't find that account. You have Plaid Checking, Plaid Saving and Plaid Credit Card."
    )


@pytest.mark.parametrize(("days", "count"), [(0, 1), (-5, 1), (10**6, 120)])
async def test_days_are_clamped(days, count, having: Make):
    assert (await call(TRANSACTIONS, having(PLATYPUS), days=days, account=" ")).response["count"] == count


async def test_no_transactions_is_a_sentence(having: Make, server: UpstreamServer):
    server.answer("plaid", {"accounts": []})
    page = {"added": [], "modified": [], "removed": [], "next_cursor": "", "has_more": False}
    server.answer("plaid", page)
    response = await call(TRANSACTIONS, having(PLATYPUS), days=1)
    assert response.spoken == "I couldn't find any transactions today."


def page(*added: Any, more: bool = False, cursor: str = "next", **changes: Any) -> dict[str, Any]:
    """An answer of /transactions/sync."""
    return {"added": added, "modified": [], "removed": [], "next_cursor": cursor, "has_more": more} | changes


def spent(number: int, amount: float = 5.0, **more: Any) -> dict[str, Any]:
    """A transaction of today."""
    return {"transaction_id": f"tx{number}", "account_id": "a", "amount": amount, "date": f"{TODAY}"} | more


async def synced(having: Make, server: UpstreamServer, *pages: dict[str, Any]) -> ToolResponse:
    server.answer("plaid", {"accounts": []})
    for one in pages:
        failed = "error_code" in one
        server.answer("plaid", one, status=400 if failed else 200)
    return await call(TRANSACTIONS, having(PLATYPUS))


async def test_pages_are_read_and_changes_are_made(having: Make, server: UpstreamServer):
    response = await synced(
        having,
        server,
        page(spent(1), spent(2), spent(3), more=True, cursor="c1"),
        page(spent(4), {"amount": "?"}, modified=[spent(2, 7.5)], removed=[{"transaction_id": "tx3"}, {}]),
    )
    amounts = sorted(one["amount"] for one in response.response["transactions"])
    assert amounts == [5.0, 5.0, 7.5]
    assert response.response["complete"] is True
    assert [json.loads(seen.body).get("cursor") for seen in server.seen] == [None, None, "c1"]


async def test_pages_without_end_are_not_read_to_the_end(having: Make, server: UpstreamServer):
    pages = [page(spent(number), more=True, cursor=f"c{number}") for number in range(asking.MOST_PAGES + 3)]
    response = await synced(having, server, *pages)
    assert len(server.seen) == 1 + asking.MOST_PAGES
    assert response.response["complete"] is False
    assert " There was more than I could read. " in response.spoken


@pytest.mark.parametrize("cursor", ["c1", ""])
async def test_a_cursor_that_stands_still_ends_it(cursor, having: Make, server: UpstreamServer):
    stuck = page(spent(1), more=True, cursor=cursor)
    response = await synced(having, server, page(spent(0), more=True, cursor="c1"), stuck, stuck)
    assert response.response["count"] == 2
    assert len(server.seen) == 3


async def test_slow_pages_end_in_time(having: Make, server: UpstreamServer, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(asking, "PAGING", -1)
    response = await synced(having, server, page(spent(0), more=True, cursor="c1"))
    assert (response.response["count"], response.response["complete"]) == (1, False)


MOVED = plaid.failure("TRANSACTIONS_ERROR", asking._MOVED, "changed").body


async def test_news_between_two_pages_begin_it_anew(having: Make, server: UpstreamServer):
    response = await synced(having, server, page(spent(1), more=True), MOVED, page(spent(2)))
    assert [one["amount"] for one in response.response["transactions"]] == [5.0]
    assert json.loads(server.seen[-1].body).get("cursor") is None
    again = await synced(having, server, MOVED, MOVED)
    assert again.response["code"] == "unavailable"


@pytest.mark.parametrize("said", [page(transactions_update_status="NOT_READY"), None])
async def test_a_new_bank_is_still_gathering(said, having: Make, server: UpstreamServer):
    if said:
        response = await synced(having, server, said)
    else:
        response = await call(TRANSACTIONS, having(plaid.NOT_READY))
    assert response.spoken == "Your bank is still gathering your transactions. Please ask again in a few minutes."
    assert response.response["retry_after"] == 60


async def test_what_cannot_be_read_is_no_empty_answer(having: Make, server: UpstreamServer):
    response = await synced(having, server, page({"amount": "much"}))
    assert response.response["code"] == "bad_shape"


# -- connecting --------------------------------------------------------------------------------------


async def test_another_bank_can_be_connected(having: Make, server: UpstreamServer):
    response = await call(CONNECT, having(PLATYPUS))
    assert response.response_type == "connect_plaid_account"
    assert response.response == {"account_type": "plaid", "connect_url": CONNECT_URL}
    assert "http" not in response.spoken
    assert not server.seen


async def test_the_first_bank_is_connected_likewise(having: Make):
    response = await call(CONNECT, having())
    assert response.response_type == "account_needed"
    assert response.response["connect_url"] == CONNECT_URL


async def test_an_offer_that_is_none_is_raised(having: Make):
    class Closed(LinkedAccount):
        def needed(self, message: str) -> ToolError:
            return ToolError("unavailable", "Not now.")

    bank = Link(id="1", subject="1", label="x", token=Secret("x"))
    ctx = replace(having(PLATYPUS), account=Closed("plaid", [bank], ()))
    assert (await call(CONNECT, ctx)).spoken == "Not now."


# -- sums and sentences ------------------------------------------------------------------------------


def transaction(amount: float, primary: str = "", detailed: str = "", **more: Any) -> Transaction:
    given = {"primary": primary, "detailed": detailed}
    body = spent(1, amount, name="X", personal_finance_category=given) | more
    return msgspec.convert(json.loads(json.dumps(body)), Transaction)


def entries(*several: Transaction) -> list[sums.Entry]:
    return [sums.Entry(transaction=one, account=None, bank="B") for one in several]


def test_own_transfers_and_card_payments_are_neither_spent_nor_earned():
    flow = sums.flows(
        entries(
            transaction(10, "FOOD_AND_DRINK"), transaction(0.1), transaction(0.2), transaction(-100, "INCOME"),
            transaction(400, "TRANSFER_OUT"), transaction(-400, "TRANSFER_IN"),
            transaction(300, "LOAN_PAYMENTS", "LOAN_PAYMENTS_CREDIT_CARD_PAYMENT"),
            transaction(50, "LOAN_PAYMENTS", "LOAN_PAYMENTS_CAR_PAYMENT"),
        )
    )["USD"]  # fmt: skip
    assert (flow.out, flow.into, flow.moved) == (60.3, 100, 700)
    assert flow.categories == (("loan payments", 50), ("food and drink", 10), ("other", 0.3))


def test_currencies_stay_apart():
    euro = transaction(20, iso_currency_code="EUR")
    points = transaction(5, unofficial_currency_code="POINTS")
    found = entries(transaction(1), transaction(2), euro, points)
    flows = sums.flows(found)
    assert {unit: flow.out for unit, flow in flows.items()} == {"USD": 3, "EUR": 20, "POINTS": 5}
    said = spoken.transactions(found, flows, 1, Banks(found=(Bank(name="B", accounts=()),)), "")
    assert said == (
        "Today you spent three dollars and received nothing. There is more in EUR and POINTS. The most went to other: "
        "three dollars. The latest is one dollar to X."
    )


def test_only_money_in_has_no_category():
    found = entries(transaction(-3))
    said = spoken.transactions(found, sums.flows(found), 2, Banks(found=()), "")
    assert (
        said == "In the last two days you spent nothing and received three dollars. The latest is three dollars from X."
    )


@pytest.mark.parametrize("amount", [1e12, -1e12])
def test_more_money_than_there_is(amount):
    found = entries(transaction(amount))
    assert "more than I can say" in spoken.transactions(found, sums.flows(found), 1, Banks(found=()), "")


def test_many_banks_are_counted():
    banks = tuple(Bank(name=f"B{number}", accounts=()) for number in range(4))
    missing = tuple(Missing(bank=name, reason="x") for name in "ab")
    assert spoken.accounts(Banks(found=banks, missing=missing)) == (
        "You have zero accounts at four banks. Two other banks didn't answer."
    )
    late = (Missing(bank="Slow Bank.", reason="x"),)
    said = spoken.accounts(Banks(found=banks[:1], missing=late))
    assert said == "You have zero accounts at B0. Slow Bank didn't answer, so it isn't in this."


@settings(deadline=None)
@given(st.text(max_size=500))
def test_any_words_are_some_accounts_or_none(said):
    account = Account(account_id="a", name="Plaid Checking", mask="0000")
    assert sums.matching([Bank(name="B", accounts=(account,))], said) <= {"a"}


def test_the_newest_is_first_and_what_is_pending_before_it():
    day = date(2026, 11, 22)
    several = (transaction(1, date="2026-11-20"), transaction(2, date="2026-11-22"),
               transaction(3, date="2026-11-22", pending=True), transaction(4, date="2026-10-01"))  # fmt: skip
    bank = Bank(name="B", accounts=(), transactions=several)
    found = sums.entries([bank], date(2026, 11, 1), day, None)
    assert [entry.transaction.amount for entry in found] == [3, 2, 1]


# -- settings and demo mode --------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("values", "address"),
    [
        ({}, "https://sandbox.plaid.com"), ({"PLAID_ENV": "Production"}, "https://production.plaid.com"),
        ({"PLAID_BASE_URL": "http://127.0.0.1:1/plaid"}, "http://127.0.0.1:1/plaid"),
    ],
)  # fmt: skip
def test_the_environment_has_its_address(values, address, http: HttpClient):
    bound = Settings(values).bind(PLUGIN.settings)
    ctx = ToolContext(http=http, settings=bound, caller=Caller(), log=logging.getLogger("test"))
    assert asking.base_url(ctx) == address


def test_an_unknown_environment_is_a_setting_error():
    with pytest.raises((SettingError, ValueError)):
        Settings({"PLAID_ENV": "development"}).bind(PLUGIN.settings)["PLAID_ENV"]


@pytest.mark.parametrize(("tool", "ok"), [(ACCOUNTS, True), (TRANSACTIONS, True), (CONNECT, False)])
async def test_samples_answer_where_nothing_links_accounts(tool, ok, http: HttpClient):
    bound = Settings({}).bind(PLUGIN.settings)
    ctx = ToolContext(http=http, settings=bound, caller=Caller(), log=logging.getLogger("test"), demo=True)
    response = await call(tool, ctx)
    assert (response.ok, response.sample) == (ok, ok)
    assert ok or response.response["code"] == "not_configured"
