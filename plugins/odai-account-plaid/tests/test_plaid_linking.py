"""Linking a bank: by an app's own script, by the page, again when the bank wants it, and undone."""

from __future__ import annotations

import asyncio
import json
import logging
from typing import Any

import httpx2
import pytest
from odai_account_plaid import items

from odai_core import AccountNeeded, ToolError

from .conftest import House, data


async def test_an_app_links_a_bank(house: House):
    made = await house.post("create_link_token")
    assert (made.status_code, made.json()["link_token"][:13]) == (200, "link-sandbox-")
    assert made.headers["cache-control"] == "no-store"
    asked = json.loads(house.plaid.seen[-1].body)
    assert asked["user"] == {"client_user_id": "ada"}
    assert (asked["products"], asked["country_codes"], "redirect_uri" in asked) == (["transactions"], ["US"], False)
    assert house.plaid.seen[-1].headers["plaid-version"] == "2020-09-14"
    kept = await house.post("set_access_token", {"public_token": await house.public_token()})
    assert kept.json()["institution"] == "First Platypus Bank"
    (bank,) = await house.banks()
    assert (bank["id"], bank["institution"], bank["broken"]) == (kept.json()["id"], "First Platypus Bank", False)
    assert await house.banks("eve") == []


async def test_settings_reach_plaid(open_house):
    house = await open_house(
        PLAID_PRODUCTS="transactions,auth", PLAID_COUNTRY_CODES="US CA", PLAID_REDIRECT_URI="https://app.example/back"
    )
    await house.post("create_link_token", {})
    asked = json.loads(house.plaid.seen[-1].body)
    assert (asked["products"], asked["country_codes"]) == (["transactions", "auth"], ["US", "CA"])
    assert asked["redirect_uri"] == "https://app.example/back"
    page = await house.agree(browser := house.browser())
    headers = {"Authorization": f"Bearer {data(page, 'pass')}"}
    assert (await browser.post("/auth/plaid/create_link_token", headers=headers)).status_code == 200
    assert "redirect_uri" not in json.loads(house.plaid.seen[-1].body)


async def test_two_banks_are_two_links_and_one_is_removed(house: House):
    first, second = await house.link(), await house.link(institution="ins_109509")
    assert len({first, second}) == 2
    client = house.browser()
    assert (await client.delete(f"/auth/plaid/accounts/{first}", headers=house.bearer("eve"))).status_code == 404
    assert (await client.delete(f"/auth/plaid/accounts/{first}", headers=house.bearer("ada"))).status_code == 204
    assert house.plaid.seen[-1].path == "/item/remove"
    assert [bank["institution"] for bank in await house.banks()] == ["First Gingham Credit Union"]
    assert (await client.delete(f"/auth/plaid/accounts/{first}", headers=house.bearer("ada"))).status_code == 404


async def test_a_bank_is_forgotten_also_when_plaid_knows_it_no_more(house: House, caplog: pytest.LogCaptureFixture):
    link_id = await house.link()
    house.plaid.begin_anew()
    (kept,) = await house.kept()
    async with httpx2.AsyncClient() as client:
        body = {"client_id": "test-key", "secret": "test-key", "access_token": kept.grant.access_token.reveal()}
        await client.post(f"{house.plaid.url('plaid')}/item/remove", json=body)
    answer = await house.browser().delete(f"/auth/plaid/accounts/{link_id}", headers=house.bearer("ada"))
    assert (answer.status_code, await house.banks(), caplog.text.count("did not take back")) == (204, [], 0)


async def test_a_bank_that_plaid_was_not_told_of_is_said(house: House, caplog: pytest.LogCaptureFixture):
    link_id = await house.link()
    house.plaid.fail("plaid", "500")
    answer = await house.browser().delete(f"/auth/plaid/accounts/{link_id}", headers=house.bearer("ada"))
    assert (answer.status_code, answer.json()["code"]) == (502, "upstream")
    assert "Plaid could not be told" in answer.json()["message"]
    assert [bank["broken"] for bank in await house.banks()] == [True]
    assert "plaid did not take back a grant that is removed here: ToolError" in caplog.text
    house.plaid.forget()
    answer = await house.browser().delete(f"/auth/plaid/accounts/{link_id}", headers=house.bearer("ada"))
    assert (answer.status_code, await house.banks()) == (204, [])


async def test_a_bank_that_cannot_be_kept_is_not_left_open_at_plaid(house: House, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr("odai_core.accounts.safe.MAX_LINKS", 1)
    await house.link()
    refused = await house.post("set_access_token", {"public_token": await house.public_token("ins_109509")})
    assert (refused.status_code, refused.json()["code"]) == (409, "plan")
    (kept,) = await house.kept()
    removed = [json.loads(ask.body)["access_token"] for ask in house.plaid.seen if ask.path == "/item/remove"]
    assert len(removed) == 1
    assert removed != [kept.grant.access_token.reveal()]


async def test_a_bank_is_kept_also_when_the_client_goes_away(house: House, monkeypatch: pytest.MonkeyPatch):
    exchanged, gate = asyncio.Event(), asyncio.Event()
    named = items.named

    async def slowly(ctx: Any, grant: Any) -> Any:
        exchanged.set()
        await gate.wait()
        return await named(ctx, grant)

    monkeypatch.setattr(items, "named", slowly)
    app, body = house.server._app(), {"public_token": await house.public_token()}
    asked = {"method": "POST", "json": body, "headers": house.bearer("ada")}
    async with app.test_request_context("/auth/plaid/set_access_token", **asked) as context:
        request = asyncio.create_task(app.full_dispatch_request(context))
        await asyncio.wait_for(exchanged.wait(), 10)
        request.cancel()
        with pytest.raises(asyncio.CancelledError):
            await request
    gate.set()
    await house.server.accounts.aclose()
    assert [bank["institution"] for bank in await house.banks()] == ["First Platypus Bank"]


async def rest(house: House) -> None:
    """The bank wants its owner to log in again, and a tool finds out."""
    (kept,) = await house.kept()
    async with httpx2.AsyncClient() as client:
        body = {"client_id": "test-key", "secret": "test-key", "access_token": kept.grant.access_token.reveal()}
        await client.post(f"{house.plaid.url('plaid')}/sandbox/item/reset_login", json=body)

    async def look(link: Any) -> None:
        raise ToolError("auth", "ITEM_LOGIN_REQUIRED")

    entry = house.server.host.catalog.find("accounts", "plaid")
    with pytest.raises(AccountNeeded, match="connect it again"):
        await house.server.accounts.own(entry, "ada").using(look)


async def test_a_bank_that_wants_a_new_login_is_linked_again_as_the_same(house: House):
    link_id = await house.link()
    await rest(house)
    assert [bank["broken"] for bank in await house.banks()] == [True]
    early = await house.post("set_access_token", {"link_id": link_id})
    assert (early.status_code, early.json()["code"]) == (409, "auth")
    assert [bank["broken"] for bank in await house.banks()] == [True]
    await house.post("create_link_token", {"link_id": link_id})
    asked = json.loads(house.plaid.seen[-1].body)
    assert asked["access_token"].startswith("access-sandbox-")
    assert "products" not in asked
    again = await house.post("set_access_token", {"link_id": link_id})
    assert again.json() == {"id": link_id, "institution": "First Platypus Bank"}
    assert [bank["broken"] for bank in await house.banks()] == [False]


async def test_the_page_tells_of_a_bank_that_wants_a_new_login(house: House):
    link_id = await house.link()
    await rest(house)
    page = await house.agree(house.browser())
    assert data(page, "link") == link_id
    assert "First Platypus Bank wants you to log in again." in page.text


async def test_the_page_links_a_bank_in_the_browser_that_agreed(house: House):
    browser = house.browser()
    page = await house.agree(browser)
    policy = page.headers["content-security-policy"]
    assert f"script-src 'self' {house.plaid.url('plaid_cdn')}/link-initialize.js" in policy
    assert "default-src 'none'" in policy
    assert "script-src 'self' 'unsafe" not in policy
    assert page.headers["cross-origin-opener-policy"] == "same-origin-allow-popups"
    headers = {"Authorization": f"Bearer {data(page, 'pass')}", "Origin": house.url}
    assert (await browser.post("/auth/plaid/create_link_token", headers=headers)).status_code == 200
    body = {"public_token": await house.public_token()}
    assert (await house.browser().post("/auth/plaid/set_access_token", json=body, headers=headers)).status_code == 401
    evil = headers | {"Origin": "https://evil.example"}
    assert (await browser.post("/auth/plaid/set_access_token", json=body, headers=evil)).status_code == 403
    assert (await browser.post("/auth/plaid/set_access_token", json=body, headers=headers)).status_code == 200
    assert len(await house.banks()) == 1
    files = await browser.get("/auth/plaid/script/link.js")
    assert files.headers["content-type"].startswith("text/javascript")


async def test_the_question_comes_first(house: House):
    page = await house.browser().get("/auth/plaid/login", params={"ticket": house.ticket("<b>ada</b>")})
    assert "&lt;b&gt;ada" in page.text
    assert "cdn" not in page.headers["content-security-policy"]
    assert "<script" not in page.text
    assert (await house.browser().get("/auth/plaid/login")).status_code == 400
    refused = await house.browser().post("/auth/plaid/login", data={"ticket": house.ticket()})
    assert refused.status_code == 403


# -- what somebody may try --------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("method", "path"),
    [("POST", "create_link_token"), ("POST", "set_access_token"), ("GET", "accounts"), ("DELETE", "accounts/x")],
)
async def test_without_a_token_there_is_nothing(method: str, path: str, house: House):
    ticket = house.ticket()
    for token in ("", "Bearer x", f"Bearer {ticket}", "Basic eDp5", "x" * 9000):
        answer = await house.browser().request(method, f"/auth/plaid/{path}", headers={"Authorization": token})
        assert answer.status_code == 401
    query = {"token": house.server.tokens.mint("ada")}
    assert (await house.browser().request(method, f"/auth/plaid/{path}", params=query)).status_code == 401
    foreign = house.bearer("ada") | {"Origin": "https://evil.example"}
    assert (await house.browser().request(method, f"/auth/plaid/{path}", headers=foreign)).status_code == 403


@pytest.mark.parametrize(
    "body",
    [
        b"", b"{}", b"[]", b"null", b"{", b"\xff", b'{"public_token": 7}', b'{"public_token": ""}', b"[" * 50_000,
        b'{"public_token": "a", "link_id": "b"}', b'{"public_token": "' + b"x" * 600 + b'"}', b'"public_token"',
    ],
)  # fmt: skip
async def test_an_odd_body_links_nothing(body: bytes, house: House):
    answer = await house.browser().post("/auth/plaid/set_access_token", content=body, headers=house.bearer("ada"))
    assert (answer.status_code, answer.json()["code"]) == (400, "bad_request")
    if body in (b"[]", b"{", b"\xff", b"[" * 50_000):
        answer = await house.browser().post("/auth/plaid/create_link_token", content=body, headers=house.bearer("ada"))
        assert (answer.status_code, answer.json()["code"]) == (400, "bad_request")


async def test_a_public_token_is_good_once_and_a_strange_one_never(house: House):
    token = await house.public_token()
    assert (await house.post("set_access_token", {"public_token": token})).status_code == 200
    for bad in (token, "public-sandbox-9999-nobody", "<script>"):
        answer = await house.post("set_access_token", {"public_token": bad})
        assert (answer.status_code, "script" in answer.text) == (400, False)
    assert len(await house.banks()) == 1


async def test_a_link_of_somebody_else_is_not_touched(house: House):
    link_id = await house.link()
    for path in ("create_link_token", "set_access_token"):
        answer = await house.post(path, {"link_id": link_id}, user="eve")
        assert (answer.status_code, answer.json()["code"]) == (404, "not_found")


@pytest.mark.parametrize(
    ("fault", "status", "code"),
    [
        ("429", 429, "rate_limited"),
        ("500", 502, "upstream"),
        ("503", 502, "unavailable"),
        ("garbage", 502, "bad_shape"),
    ],
)
async def test_plaids_bad_hours_are_sentences(fault: Any, status: int, code: str, house: House):
    house.plaid.fail("plaid", fault)
    answer = await house.post("create_link_token")
    assert (answer.status_code, answer.json()["code"]) == (status, code)


async def test_a_bank_without_a_name_is_linked_all_the_same(house: House):
    token = await house.public_token()
    house.plaid.alter("plaid", lambda body: body if "access_token" in body else {"item": {"institution_name": None}})
    answer = await house.post("set_access_token", {"public_token": token})
    assert answer.json()["institution"] == "a bank"
    house.plaid.forget()
    other = await house.public_token()
    house.plaid.alter("plaid", lambda body: body if "access_token" in body else [])
    assert (await house.post("set_access_token", {"public_token": other})).status_code == 200


async def test_wrong_keys_are_the_operators_to_hear(open_house, caplog: pytest.LogCaptureFixture):
    house = await open_house(PLAID_SECRET="wrong-secret-of-the-operator")
    answer = await house.post("create_link_token")
    assert (answer.status_code, answer.json()["code"]) == (502, "not_configured")
    assert "refused this server itself" in caplog.text
    assert "wrong-secret" not in caplog.text + answer.text


async def test_no_token_reaches_logs_pages_or_the_file(house: House, caplog: pytest.LogCaptureFixture):
    caplog.set_level(logging.DEBUG)
    public = await house.public_token()
    kept = await house.post("set_access_token", {"public_token": public})
    (row,) = await house.kept()
    await house.server.database.close()
    on_disk = b"".join(path.read_bytes() for path in house.folder.glob("odai.db*"))
    told = "\n".join(record.getMessage() for record in caplog.records if record.name.startswith("odai"))
    for secret in (row.grant.access_token.reveal(), public, "First Platypus Bank"):
        assert secret.encode() not in on_disk
        assert secret not in told
    assert row.grant.access_token.reveal() not in kept.text


@pytest.mark.parametrize(("environment", "fine"), [("sandbox", True), ("Production", True), ("development", False)])
async def test_there_are_two_environments(environment: str, fine: bool, open_house):
    house = await open_house(PLAID_ENV=environment)
    assert (house.server.host.catalog.find("accounts", "plaid").problem is None) == fine
