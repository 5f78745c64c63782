"""What somebody may try on the way to Google and back."""

from __future__ import annotations

import logging
import time
from typing import Any
from urllib.parse import parse_qs, urlencode, urlsplit

import jwt
import pytest
from odai_account_google.flow import scopes_of
from odai_account_google.words import OPERATORS

from odai_core.errors import SettingError
from odai_core.testing.upstreams.services import google_oauth

from .conftest import CALENDAR, House, field_of, heading


async def refused(house: House, browser: Any, address: str) -> str:
    """The heading and the text of a page that says no; nothing is linked."""
    page = await browser.get(address)
    assert page.status_code in (400, 403, 502), page.text
    assert heading(page) == "Google was not connected"
    assert await house.links() == []
    return str(page.text)


def changed(address: str, **query: str) -> str:
    parts = urlsplit(address)
    kept = {name: values[0] for name, values in parse_qs(parts.query).items()}
    return parts._replace(query=urlencode({**kept, **query})).geturl()


# -- the way back -----------------------------------------------------------------------------------


async def test_a_callback_counts_once(house: House):
    browser = house.browser()
    back = await house.consent(browser, await house.leave(browser))
    cookies = dict(browser.cookies)
    assert (await browser.get(back)).status_code == 200
    assert dict(browser.cookies) == {}
    browser.cookies.update(cookies)
    (before,) = await house.links()
    again = await browser.get(back)
    assert (again.status_code, "answered already" in again.text) == (400, True)
    assert await house.links() == [before]


async def test_a_callback_without_the_cookie_counts_nothing(house: House):
    browser = house.browser()
    back = await house.consent(browser, await house.leave(browser))
    assert "did not begin in this browser" in await refused(house, house.browser(), back)
    assert not [seen for seen in house.google.seen if seen.path == "/token"]


async def test_the_state_of_another_browser_counts_nothing(house: House):
    eve, ada = house.browser(), house.browser()
    back = await house.consent(eve, await house.leave(eve, "eve"))
    await house.leave(ada)
    mixed = {f"{name.rpartition('-')[0]}-{other.rpartition('-')[2]}": value for (name, value), other in zip(
        dict(ada.cookies).items(), dict(eve.cookies), strict=True)}  # fmt: skip
    ada.cookies.update(mixed)
    assert "did not begin in this browser" in await refused(house, ada, back)
    assert await house.links("eve") == []


async def test_a_stolen_code_is_worth_nothing_in_another_flow(house: House):
    ada, eve = house.browser(), house.browser()
    code = parse_qs(urlsplit(await house.consent(ada, await house.leave(ada))).query)["code"][0]
    back = await house.consent(eve, await house.leave(eve, "eve"))
    page = await eve.get(changed(back, code=code))
    assert (page.status_code, await house.links("eve")) == (400, [])


@pytest.mark.parametrize("state", ["", "x", "é", "a.b.c", "x" * 5000, "\x00", "%ff"])
async def test_a_forged_state_is_refused(state: str, house: House):
    browser = house.browser()
    back = await house.consent(browser, await house.leave(browser))
    await refused(house, browser, changed(back, state=state))


async def test_other_texts_that_we_signed_are_no_states(house: House):
    browser = house.browser()
    back = await house.consent(browser, await house.leave(browser))
    signer = house.server.signer
    for text in (
        house.ticket("ada"),
        house.server.tokens.mint("ada"),
        signer.sign({"kind": "question", "id": "x", "user": "ada", "browser": "y"}, purpose="account.google"),
        signer.sign({"kind": "state", "id": "x", "user": "ada", "browser": "y"}, purpose="account.plaid"),
        signer.sign({"kind": "state", "id": "x", "user": "ada", "browser": "y"}, purpose="transport.google"),
    ):
        await refused(house, browser, changed(back, state=text))


async def test_a_state_ends(house: House, monkeypatch: pytest.MonkeyPatch):
    browser = house.browser()
    back = await house.consent(browser, await house.leave(browser))
    now = time.time() + 601
    monkeypatch.setattr("itsdangerous.timed.time.time", lambda: now)
    await refused(house, browser, back)


@pytest.mark.parametrize("code", ["", "4/nobody", "x" * 5000, "<script>alert(1)</script>", "\x00"])
async def test_a_code_of_nobody_links_nothing(code: str, house: House):
    browser = house.browser()
    back = await house.consent(browser, await house.leave(browser))
    assert "<script>alert" not in await refused(house, browser, changed(back, code=code))


async def test_a_parameter_that_comes_twice_is_refused(house: House):
    browser = house.browser()
    back = await house.consent(browser, await house.leave(browser))
    await refused(house, browser, f"{back}&code=other")


@pytest.mark.parametrize(
    ("error", "said"),
    [("access_denied", "did not allow it"), ("invalid_scope", "not set up rightly"), ("<b>x</b>", "did not go along")],
)
async def test_what_google_says_instead_of_a_code_is_a_sentence(error: str, said: str, house: House, caplog):
    browser = house.browser()
    back = await house.consent(browser, await house.leave(browser), deny=error)
    text = await refused(house, browser, back)
    assert said in text
    assert "<b>" not in text
    assert ("invalid_scope" in caplog.text) == (error in OPERATORS)


# -- whose account it is ----------------------------------------------------------------------------


def resigned(**claims: Any) -> Any:
    """The token endpoint's answer with an identity that says something else, signed by the same key."""
    return lambda body: body | {"id_token": _signed(body["id_token"], claims)} if "id_token" in body else body


def _signed(token: str, claims: dict[str, Any], key: Any = None, algorithm: str = "RS256") -> str:
    told = jwt.decode(token, options={"verify_signature": False}) | claims
    key = google_oauth.signing_key() if key is None else key
    told = {name: value for name, value in told.items() if value is not None}
    return jwt.encode(told, key, algorithm, headers={"kid": "stand-in"})


@pytest.mark.parametrize(
    "claims",
    [
        {"nonce": "another"}, {"nonce": None}, {"aud": "another-client"}, {"aud": ["another", "third"]}, {"aud": None},
        {"azp": "another-client"}, {"iss": "https://accounts.evil.example"}, {"iss": None}, {"exp": 1000},
        {"exp": None}, {"iat": 4_000_000_000}, {"sub": None}, {"sub": ""}, {"sub": 7}, {"sub": "7" * 300},
        {"at_hash": "AAAA"},
    ],
)  # fmt: skip
async def test_an_identity_that_is_not_for_us_now_links_nothing(claims: dict[str, Any], house: House):
    browser = house.browser()
    back = await house.consent(browser, await house.leave(browser))
    house.google.alter("google_oauth", resigned(**claims))
    await refused(house, browser, back)


def other_key(body: Any) -> Any:
    from cryptography.hazmat.primitives.asymmetric import rsa

    return body | {"id_token": _signed(body["id_token"], {}, rsa.generate_private_key(65537, 2048))}


def unsigned(body: Any) -> Any:
    return body | {
        "id_token": jwt.encode(jwt.decode(body["id_token"], options={"verify_signature": False}), "", "none")
    }


def symmetric(body: Any) -> Any:
    told = jwt.decode(body["id_token"], options={"verify_signature": False})
    return body | {"id_token": jwt.encode(told, "a secret that is long enough for an hmac", "HS256")}


def strange_kid(body: Any) -> Any:
    told = jwt.decode(body["id_token"], options={"verify_signature": False})
    return body | {"id_token": jwt.encode(told, google_oauth.signing_key(), "RS256", headers={"kid": "../../etc"})}


@pytest.mark.parametrize(
    "change",
    [
        other_key, unsigned, symmetric, strange_kid, lambda body: body | {"id_token": None},
        lambda body: body | {"id_token": "a.b.c"}, lambda body: body | {"id_token": "x"}, lambda body: {},
        lambda body: body | {"access_token": None}, lambda body: [], lambda body: body | {"expires_in": "soon"},
    ],
)  # fmt: skip
async def test_a_signature_that_is_not_googles_links_nothing(change: Any, house: House):
    browser = house.browser()
    back = await house.consent(browser, await house.leave(browser))
    house.google.alter("google_oauth", lambda body: body if isinstance(body, dict) and "keys" in body else change(body))
    await refused(house, browser, back)


async def test_a_new_key_of_googles_is_looked_up(house: House, monkeypatch: pytest.MonkeyPatch):
    from cryptography.hazmat.primitives.asymmetric import rsa

    assert (await house.link(house.browser())).status_code == 200
    new = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    monkeypatch.setattr(google_oauth, "signing_key", lambda: new)
    house.google.alter("google_oauth", lambda body: _renamed(body))
    assert (await house.link(house.browser(), "bob", **{"as": "bob"})).status_code == 200


def _renamed(body: Any) -> Any:
    if "keys" in body:
        return {"keys": [key | {"kid": "new"} for key in body["keys"]]}
    told = jwt.decode(body["id_token"], options={"verify_signature": False})
    return body | {"id_token": jwt.encode(told, google_oauth.signing_key(), "RS256", headers={"kid": "new"})}


# -- the question -----------------------------------------------------------------------------------


async def asked(house: House, browser: Any, user: str = "ada") -> dict[str, str]:
    page = await browser.get("/auth/google/login", params={"ticket": house.ticket(user)})
    return {"ticket": field_of(page, "ticket"), "proof": field_of(page, "proof")}


@pytest.mark.parametrize("ticket", ["", "x", "a.b.c", "x" * 5000, "é"])
async def test_a_forged_ticket_asks_nothing(ticket: str, house: House):
    page = await house.browser().get("/auth/google/login", params={"ticket": ticket})
    assert (page.status_code, "expired" in page.text) == (400, True)


async def test_texts_we_signed_for_something_else_are_no_tickets(house: House):
    for payload in ({"kind": "state", "user": "ada"}, {"user": 7}, {"user": ""}, {"user": "a", "scopes": "b"}, {}):
        text = house.server.signer.sign(payload, purpose="account.google")
        assert (await house.browser().get("/auth/google/login", params={"ticket": text})).status_code == 400


async def test_another_site_cannot_answer_the_question(house: House):
    browser = house.browser()
    form = await asked(house, browser)
    for origin in ("https://evil.example", "null"):
        page = await browser.post("/auth/google/login", data=form, headers={"Origin": origin})
        assert (page.status_code, "location" in page.headers) == (403, False)


async def test_another_browser_or_another_ticket_cannot_answer_it(house: House):
    browser = house.browser()
    form = await asked(house, browser)
    other = await asked(house, house.browser(), "eve")
    for client, data in (
        (house.browser(), form), (browser, form | {"ticket": other["ticket"]}), (browser, form | {"proof": ""}),
        (browser, form | {"proof": other["proof"]}), (browser, {}), (browser, form | {"proof": "x" * 9000}),
    ):  # fmt: skip
        page = await client.post("/auth/google/login", data=data, headers={"Origin": house.url})
        assert page.status_code == 403, data
    assert (await browser.post("/auth/google/login", data=form, headers={"Origin": house.url})).status_code == 303


async def test_a_link_with_a_token_in_it_leads_nobody_past_the_question(house: House):
    token = house.server.tokens.mint("eve")
    for headers in ({}, {"Authorization": "Basic eDp5"}, house.bearer("ada")):
        for more in ({}, {"ticket": house.ticket("eve")}):
            answer = await house.browser().get(
                "/auth/google/login", params={"token": token, **more}, headers=headers | {"Accept": "text/html"}
            )
            assert "location" not in answer.headers
            assert answer.status_code == (200 if more and not headers else 401)
            assert "odai-google-question" in answer.headers.get("set-cookie", "odai-google-question")


# -- who asks ---------------------------------------------------------------------------------------


@pytest.mark.parametrize("path", ["/auth/google/login", "/auth/google/"])
async def test_without_a_token_there_is_nothing(path: str, house: House):
    for headers in ({}, {"Authorization": "Bearer x"}, {"Authorization": "Basic eDp5"}, {"Authorization": "x" * 9000}):
        answer = await house.browser().get(path, headers=headers)
        assert answer.status_code == 401
        assert answer.headers["www-authenticate"].startswith("Bearer")
    foreign = house.bearer("ada") | {"Origin": "https://evil.example"}
    assert (await house.browser().get(path, headers=foreign)).status_code == 403
    assert (await house.browser().delete("/auth/google/x")).status_code == 401


@pytest.mark.parametrize("scope", ["openid", "https://evil.example/auth/x", CALENDAR + "?", "a" * 3000,
                                   " ".join(f"{CALENDAR}{n}" for n in range(21))])  # fmt: skip
async def test_only_scopes_of_googles_are_asked_for(scope: str, house: House):
    answer = await house.browser().get("/auth/google/login", params={"scope": scope}, headers=house.bearer("ada"))
    assert (answer.status_code, scopes_of(scope)) == (400, None)


# -- where it leads back ----------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("uri", "host", "fine"),
    [
        ("https://voice.example.com/auth/google/callback", "voice.example.com", True),
        ("", "voice.example.com", True),
        ("http://127.0.0.1:8080/auth/google/callback", "", True),
        ("http://localhost/auth/google/callback", "", True),
        ("http://[::1]:9/auth/google/callback", "", True),
        ("", "", False),
        ("https://evil.example/auth/google/callback", "voice.example.com", False),
        ("https://voice.example.com.evil.example/auth/google/callback", "voice.example.com", False),
        ("http://voice.example.com/auth/google/callback", "voice.example.com", False),
        ("https://voice.example.com/auth/google/callback?x=1", "voice.example.com", False),
        ("https://voice.example.com/auth/google/callback/../x", "voice.example.com", False),
        ("http://127.0.0.1@evil.example/auth/google/callback", "", False),
        ("http://127.0.0.1:99999/auth/google/callback", "", False),
        ("http://127.0.0.1:8080/auth/google/callback#x", "", False),
        ("https://127.0.0.1:8080/auth/google/callback", "", False),
        ("javascript:alert(1)", "", False),
    ],
)
async def test_the_redirect_uri_is_this_servers_own(uri: str, host: str, fine: bool, open_house):
    house = await open_house(GOOGLE_OAUTH_REDIRECT_URI=uri, ODAI_PUBLIC_HOST=host)
    assert ("google" in house.server.mount_failures) != fine
    answer = await house.browser().get(
        "/auth/google/login", headers=house.bearer("ada") | {"Host": "127.0.0.1", "X-Forwarded-Host": "evil.example"}
    )
    assert answer.status_code == (200 if fine else 404)
    if fine:
        wanted = uri or f"https://{host}/auth/google/callback"
        assert parse_qs(urlsplit(answer.json()["authorization_url"]).query)["redirect_uri"] == [wanted]
    if host and fine:
        cookie = answer.headers["set-cookie"]
        assert cookie.startswith("__Host-odai-google-")
        assert "Secure" in cookie
        assert "Path=/;" in cookie + ";"


async def test_a_server_that_everybody_reaches_takes_no_loopback_address(house: House):
    from odai_account_google.flow import redirect_uri

    from odai_core.web.linking import Linking

    house.server.loopback = False
    entry = house.server.host.catalog.find("accounts", "google")
    with pytest.raises(SettingError, match="another server"):
        redirect_uri(Linking(server=house.server, entry=entry))


async def test_a_wrong_client_secret_is_the_operators_to_hear(open_house, caplog: pytest.LogCaptureFixture):
    caplog.set_level(logging.INFO)
    house = await open_house(GOOGLE_OAUTH_CLIENT_SECRET="wrong-secret-of-the-operator")
    browser = house.browser()
    back = await house.consent(browser, await house.leave(browser))
    await refused(house, browser, back)
    assert "refused this server itself" in caplog.text
    assert "wrong-secret" not in caplog.text
