"""Linking a Google account from beginning to end, by a page's script, by a link in a browser, and undone."""

from __future__ import annotations

import logging
import time
from urllib.parse import parse_qs, urlsplit

import pytest

from odai_core import AccountNeeded, ToolError

from .conftest import CALENDAR, MAIL, House, field_of, heading


async def test_a_page_with_a_token_links_an_account(house: House):
    browser = house.browser()
    answer = await browser.get("/auth/google/login", params={"scope": CALENDAR}, headers=house.bearer("ada"))
    assert answer.headers["cache-control"] == "no-store"
    query = {name: values[0] for name, values in parse_qs(urlsplit(answer.json()["authorization_url"]).query).items()}
    assert query["scope"] == f"openid email {CALENDAR}"
    assert (query["code_challenge_method"], query["access_type"], query["prompt"]) == ("S256", "offline", "consent")
    assert query["include_granted_scopes"] == "true"
    assert len(query["code_challenge"]) == 43 == len(query["nonce"])
    cookie = answer.headers["set-cookie"]
    assert "HttpOnly" in cookie
    assert "SameSite=Lax" in cookie
    assert "Path=/auth/google" in cookie
    page = await browser.get(await house.consent(browser, answer.json()["authorization_url"]))
    assert (page.status_code, heading(page)) == (200, "Google is connected")
    (link,) = await house.links()
    assert (link["label"], link["broken"]) == ("ada@gmail.example", False)
    assert CALENDAR in link["scopes"]
    assert await house.links("eve") == []


async def test_a_raw_token_is_tolerated_and_a_navigation_is_led_on(house: House):
    token = house.bearer("ada")["Authorization"].removeprefix("Bearer ")
    answer = await house.browser().get(
        "/auth/google/login", headers={"Authorization": token, "Accept": "text/html,*/*"}
    )
    assert answer.status_code == 302
    assert answer.headers["location"].startswith(house.google.url("google_oauth"))
    assert "set-cookie" in answer.headers


async def test_a_connect_link_asks_first_and_then_links(house: House):
    browser = house.browser()
    page = await browser.get("/auth/google/login", params={"ticket": house.ticket("ada <script>", MAIL)})
    assert heading(page) == "Connect your Google account?"
    assert "ada &lt;script&gt;" in page.text
    assert "Read your mail" in page.text
    assert not house.google.seen
    form = {"ticket": field_of(page, "ticket"), "proof": field_of(page, "proof")}
    left = await browser.post("/auth/google/login", data=form, headers={"Origin": house.url})
    assert left.status_code == 303
    assert MAIL in parse_qs(urlsplit(left.headers["location"]).query)["scope"][0]
    done = await browser.get(await house.consent(browser, left.headers["location"]))
    assert heading(done) == "Google is connected"
    assert [link["label"] for link in await house.links("ada <script>")] == ["ada@gmail.example"]


async def test_the_link_in_the_answer_for_apps_leads_to_the_question(house: House):
    answer = await house.browser().get("/auth/google/login", headers=house.bearer("ada"))
    page = await house.browser().get(answer.json()["connect_url"])
    assert heading(page) == "Connect your Google account?"


async def test_pages_are_strict_and_carry_no_script_of_their_own(house: House):
    page = await house.browser().get("/auth/google/login", params={"ticket": house.ticket("ada")})
    policy = page.headers["content-security-policy"]
    assert "default-src 'none'" in policy
    assert "unsafe" not in policy
    assert f"form-action 'self' {'/'.join(house.google.url('google_oauth').split('/')[:3])}" in policy
    assert "frame-ancestors 'none'" in policy
    assert "<script" not in page.text
    for name in ("base.css", "link.css", "linked.js", "favicon.svg"):
        assert (await house.browser().get(f"/auth/google/static/{name}")).status_code == 200
    assert (await house.browser().get("/auth/google/static/..%2f..%2fapp.py")).status_code == 404


async def test_what_the_user_did_not_tick_is_not_granted(house: House):
    await house.link(house.browser(), scope=f"{CALENDAR} {MAIL}", untick="gmail")
    (link,) = await house.links()
    assert CALENDAR in link["scopes"]
    assert MAIL not in link["scopes"]


async def test_more_is_asked_for_later_and_added(house: House):
    browser = house.browser()
    await house.link(browser, scope=CALENDAR)
    url = await house.leave(browser, scope=MAIL)
    assert parse_qs(urlsplit(url).query)["login_hint"] == ["ada@gmail.example"]
    await browser.get(await house.consent(browser, url))
    (link,) = await house.links()
    assert {CALENDAR, MAIL} <= set(link["scopes"])


async def test_a_second_account_is_a_second_link(house: House):
    await house.link(house.browser())
    await house.link(house.browser(), **{"as": "work"})
    assert [link["label"] for link in await house.links()] == ["ada@gmail.example", "work@gmail.example"]


async def test_a_removed_link_is_revoked_at_google(house: House):
    await house.link(house.browser())
    (link,) = await house.links()
    eve = await house.browser().delete(f"/auth/google/{link['id']}", headers=house.bearer("eve"))
    assert (eve.status_code, len(await house.links())) == (404, 1)
    gone = await house.browser().delete(f"/auth/google/{link['id']}", headers=house.bearer("ada"))
    assert gone.status_code == 204
    assert house.google.seen[-1].path == "/revoke"
    assert await house.links() == []
    again = await house.browser().delete(f"/auth/google/{link['id']}", headers=house.bearer("ada"))
    assert again.status_code == 404


async def test_a_link_that_google_was_not_told_of_is_said(house: House):
    await house.link(house.browser())
    (link,) = await house.links()
    for said in ("kept for another try", "forgotten here"):
        house.google.fail("google_oauth", "500")
        gone = await house.browser().delete(f"/auth/google/{link['id']}", headers=house.bearer("ada"))
        assert (gone.status_code, gone.json()["code"]) == (502, "upstream")
        assert said in gone.json()["message"]
    assert await house.links() == []


async def test_a_token_that_ends_is_renewed_and_a_revoked_grant_is_said(house: House):
    await house.link(house.browser())
    entry = house.server.host.catalog.find("accounts", "google")
    account = house.server.accounts.own(entry, "ada")
    (before,) = await account.links()
    house.server.accounts.clock = lambda: 4e9
    (after,) = await account.links()
    assert before.token.reveal() != after.token.reveal()
    assert before.id == after.id
    house.google.begin_anew()
    with pytest.raises(AccountNeeded, match="connect it again"):
        await account.links()
    assert [link["broken"] for link in await house.links()] == [True]
    house.server.accounts.clock = time.time
    await house.link(house.browser())
    assert [(link["id"], link["broken"]) for link in await house.links()] == [(before.id, False)]


async def test_only_cleared_users_may_link(open_house):
    house = await open_house(GOOGLE_OAUTH_USERS="ada, bob")
    refused = await house.browser().get("/auth/google/login", headers=house.bearer("eve"))
    assert (refused.status_code, refused.json()["code"]) == (403, "not_cleared")
    page = await house.browser().get("/auth/google/login", params={"ticket": house.ticket("eve")})
    assert page.status_code == 403
    assert (await house.link(house.browser())).status_code == 200


async def test_no_token_reaches_logs_pages_or_the_file(house: House, caplog: pytest.LogCaptureFixture):
    caplog.set_level(logging.DEBUG)
    browser = house.browser()
    shown = [await house.link(browser)]
    entry = house.server.host.catalog.find("accounts", "google")
    house.server.accounts.clock = lambda: 4e9
    (link,) = await house.server.accounts.own(entry, "ada").links()
    shown.append(await browser.get("/auth/google/", headers=house.bearer("ada")))
    (kept,) = await house.grants().of("ada", "google")
    await house.server.database.close()
    secrets = [link.token.reveal(), kept.grant.refresh_token.reveal(), "ada@gmail.example"]
    on_disk = b"".join(path.read_bytes() for path in house.database.parent.glob("odai.db*"))
    assert b"account_grants" in on_disk
    for secret in secrets:
        assert secret.encode() not in on_disk
        assert secret not in "\n".join(
            record.getMessage() for record in caplog.records if record.name.startswith("odai")
        )
    for secret in secrets[:2]:
        assert all(secret not in page.text for page in shown)


async def test_a_connector_without_an_account_leads_to_the_question(house: House):
    catalog = house.server.host.catalog
    service = catalog.find("accounts", "google")
    account = house.server.accounts.own(service, "ada")
    needed = account.needed("Please connect your Google account.")
    assert needed.connect_url.startswith("/auth/google/login?ticket=")
    page = await house.browser().get(needed.connect_url)
    assert heading(page) == "Connect your Google account?"


async def test_who_is_cleared_no_more_on_the_way_links_nothing(open_house):
    house = await open_house(GOOGLE_OAUTH_USERS="ada")
    browser = house.browser()
    page = await browser.get("/auth/google/login", params={"ticket": house.ticket("ada")})
    form = {name: field_of(page, name) for name in ("ticket", "proof")}
    back = await house.consent(browser, await house.leave(browser))
    entry = house.server.host.catalog.find("accounts", "google")
    entry.values._values["GOOGLE_OAUTH_USERS"] = ("bob",)
    assert (await browser.post("/auth/google/login", data=form, headers={"Origin": house.url})).status_code == 403
    assert (await browser.get(back)).status_code == 403
    assert await house.links() == []


async def test_who_is_taken_off_the_list_keeps_a_link_that_nothing_uses(house: House):
    await house.link(house.browser())
    entry = house.server.host.catalog.find("accounts", "google")
    account = house.server.accounts.own(entry, "ada")
    assert len(await account.links()) == 1
    entry.values._values["GOOGLE_OAUTH_USERS"] = ("bob",)
    with pytest.raises(ToolError, match="may not use a Google account here"):
        await account.links()
    (link,) = await house.links()
    gone = await house.browser().delete(f"/auth/google/{link['id']}", headers=house.bearer("ada"))
    assert (gone.status_code, house.google.seen[-1].path, await house.links()) == (204, "/revoke", [])


async def test_a_grant_that_is_over_already_is_just_forgotten(house: House, caplog: pytest.LogCaptureFixture):
    await house.link(house.browser())
    (link,) = await house.links()
    house.google.begin_anew()
    gone = await house.browser().delete(f"/auth/google/{link['id']}", headers=house.bearer("ada"))
    assert (gone.status_code, await house.links()) == (204, [])
    assert "did not take back" not in caplog.text


async def test_a_grant_without_a_refresh_token_ends_with_its_token(house: House):
    house.google.alter("google_oauth", lambda body: {k: v for k, v in body.items() if k != "refresh_token"})
    await house.link(house.browser())
    house.server.accounts.clock = lambda: 4e9
    entry = house.server.host.catalog.find("accounts", "google")
    with pytest.raises(AccountNeeded, match="connect it again"):
        await house.server.accounts.own(entry, "ada").links()
