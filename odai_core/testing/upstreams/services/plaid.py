"""Plaid, version 2020-09-14, as its sandbox answers: linking, accounts and transactions."""

from __future__ import annotations

import hashlib
from datetime import UTC, datetime, timedelta
from typing import Any

import msgspec

from odai_core.testing.upstreams.service import Ask, Reply, Route, Service

INSTITUTIONS = {"ins_109508": "First Platypus Bank", "ins_109509": "First Gingham Credit Union"}
FIRST = "ins_109508"
TOKEN = "access-sandbox-"
NOT_READY = "access-sandbox-not-ready"
"""An access token whose transactions Plaid is still fetching."""


def failure(kind: str, code: str, message: str, status: int = 400) -> Reply:
    """As Plaid shapes errors."""
    body = {
        "error_type": kind, "error_code": code, "error_message": message, "display_message": None,
        "documentation_url": "https://plaid.example/docs", "request_id": request_id(code), "suggested_action": None,
    }  # fmt: skip
    return Reply(body, status)


def request_id(seed: str) -> str:
    """Fifteen characters, as theirs are."""
    return hashlib.sha256(seed.encode()).hexdigest()[:15]


def authorize(ask: Ask) -> Reply | None:
    """Client id and secret in the body, or in headers."""
    body = read(ask)
    given = [
        body.get(name) or ask.headers.get(header, "")
        for name, header in (("client_id", "plaid-client-id"), ("secret", "plaid-secret"))
    ]
    if not all(given):
        return failure("INVALID_REQUEST", "MISSING_FIELDS", "the following required fields are missing: client_id")
    if given != [ask.key, ask.key]:
        return failure("INVALID_INPUT", "INVALID_API_KEYS", "invalid client_id or secret provided")
    return None


def read(ask: Ask) -> dict[str, Any]:
    """The body, when it is an object."""
    try:
        body = ask.json()
    except msgspec.DecodeError:
        return {}
    return body if isinstance(body, dict) else {}


# -- linking ----------------------------------------------------------------------------------------


def link_token(ask: Ask) -> Any:
    """For Link; with an access token, to let its owner log in again, which is taken as done at once."""
    body = read(ask)
    user = body.get("user")
    wanted = [body.get("client_name"), body.get("country_codes"), body.get("language")]
    if not all(wanted) or not isinstance(user, dict) or not user.get("client_user_id"):
        return failure("INVALID_REQUEST", "MISSING_FIELDS", "the following required fields are missing: user")
    if body.get("access_token"):
        refused = refuse(ask, resting=True)
        if refused is not None:
            return refused
        ask.kept.setdefault("resting", set()).discard(body["access_token"])
    elif not body.get("products"):
        return failure("INVALID_REQUEST", "MISSING_FIELDS", "products must not be empty")
    made = ask.kept["links"] = ask.kept.get("links", 0) + 1
    expires = f"{datetime.now(UTC) + timedelta(hours=4):%Y-%m-%dT%H:%M:%SZ}"
    return {"link_token": f"link-sandbox-{made:08d}", "expiration": expires, "request_id": request_id("link")}


def public_token(ask: Ask) -> Any:
    """What Link would hand over when its user is done."""
    institution = read(ask).get("institution_id")
    if institution not in INSTITUTIONS:
        return failure("INVALID_INPUT", "INVALID_INSTITUTION", "invalid institution_id provided")
    made = ask.kept["public"] = ask.kept.get("public", 0) + 1
    return {"public_token": f"public-sandbox-{made:04d}-{institution}", "request_id": request_id("public")}


def exchange(ask: Ask) -> Any:
    """A public token is good once."""
    token = str(read(ask).get("public_token", ""))
    spent = ask.kept.setdefault("spent", set())
    institution = token.rpartition("-")[2]
    if not token.startswith("public-sandbox-") or institution not in INSTITUTIONS or token in spent:
        return failure("INVALID_INPUT", "INVALID_PUBLIC_TOKEN", "could not find matching public token")
    spent.add(token)
    item = f"item-{len(spent):04d}-{institution}"
    return {"access_token": f"{TOKEN}{item}", "item_id": item, "request_id": request_id("exchange")}


def remove(ask: Ask) -> Any:
    """From now on its token is worth nothing."""
    refused = refuse(ask, resting=True)
    if refused is not None:
        return refused
    ask.kept.setdefault("removed", set()).add(read(ask)["access_token"])
    return {"request_id": request_id("remove")}


def reset_login(ask: Ask) -> Any:
    """The sandbox's own: the bank wants its user to log in again."""
    refused = refuse(ask)
    if refused is not None:
        return refused
    ask.kept.setdefault("resting", set()).add(read(ask)["access_token"])
    return {"reset_login": True, "request_id": request_id("reset")}


def refuse(ask: Ask, *, resting: bool = False) -> Reply | None:
    """What is wrong with the access token. The server's own key is one too, for who has linked nothing."""
    token = read(ask).get("access_token")
    known = isinstance(token, str) and (token.startswith(TOKEN) or token == ask.key)
    if not known or token in ask.kept.get("removed", ()):
        return failure("INVALID_INPUT", "INVALID_ACCESS_TOKEN", "could not find matching access token")
    if token in ask.kept.get("resting", ()) and not resting:
        return failure("ITEM_ERROR", "ITEM_LOGIN_REQUIRED", "the login details of this item have changed")
    return None


# -- accounts ---------------------------------------------------------------------------------------


def item_of(ask: Ask) -> dict[str, Any]:
    """The bank behind an access token."""
    token = str(read(ask)["access_token"])
    item = token.removeprefix(TOKEN)
    institution = item.rpartition("-")[2]
    institution = institution if institution in INSTITUTIONS else FIRST
    return {
        "item_id": item, "institution_id": institution, "institution_name": INSTITUTIONS[institution], "error": None,
        "webhook": None, "available_products": ["balance"], "billed_products": ["transactions"],
        "products": ["transactions"], "consent_expiration_time": None, "update_type": "background",
    }  # fmt: skip


def account(account_id: str, name: str, subtype: str, current: float | None, **more: Any) -> dict[str, Any]:
    """An account with every field we know of."""
    balances = {
        "available": current, "current": current, "limit": None, "iso_currency_code": "USD",
        "unofficial_currency_code": None, "last_updated_datetime": None,
    } | more.pop("balances", {})  # fmt: skip
    return {
        "account_id": account_id, "balances": balances, "mask": "0000", "name": name, "official_name": None,
        "type": "depository", "subtype": subtype, "holder_category": "personal", "persistent_account_id": account_id,
    } | more  # fmt: skip


def accounts(ask: Ask) -> list[dict[str, Any]]:
    """Four, and among them one whose balance is not known."""
    own = request_id(item_of(ask)["item_id"])[:4]
    return [
        account(f"chk{own}", "Plaid Checking", "checking", 110.0, official_name="Plaid Gold Standard 0% Interest",
                balances={"available": 100.0}),
        account(f"sav{own}", "Plaid Saving", "savings", 1210.55, mask="1111"),
        account(f"crd{own}", "Plaid Credit Card", "credit card", 410.0, type="credit", mask="3333",
                balances={"available": None, "limit": 2000.0}),
        account(f"old{own}", "Plaid Brokerage", "brokerage", None, type="investment", mask=None,
                holder_category=None),
    ]  # fmt: skip


def get_accounts(ask: Ask) -> Any:
    """Cached or live balances: the same here."""
    return refuse(ask) or {"accounts": chosen(ask), "item": item_of(ask), "request_id": request_id("accounts")}


def chosen(ask: Ask) -> list[dict[str, Any]]:
    """The accounts, or those that were asked for."""
    wanted = (read(ask).get("options") or {}).get("account_ids")
    return [one for one in accounts(ask) if wanted is None or one["account_id"] in wanted]


# -- transactions -----------------------------------------------------------------------------------

_SPENT: tuple[tuple[float, str, str | None, str | None], ...] = (
    (12.74, "SQ *COFFEE", "Corner Coffee", "FOOD_AND_DRINK"), (89.4, "FOODS 123", "Good Foods", "FOOD_AND_DRINK"),
    (-2450.0, "ACME PAYROLL", None, "INCOME"), (6.33, "UBER 072515 SF**POOL**", "Uber", "TRANSPORTATION"),
    (1500.0, "RENT", None, "RENT_AND_UTILITIES"), (500.0, "UNITED AIRLINES", "United Airlines", "TRAVEL"),
    (-4.22, "INTRST PYMNT", None, "INCOME"), (25.0, "CREDIT CARD 3333 PAYMENT", None, None),
)  # fmt: skip
COUNT = 120
"""Transactions of an item, one a day and the newest today; the first one is pending."""


def transactions(ask: Ask) -> list[dict[str, Any]]:
    """Newest first. Positive is money out."""
    own, today = accounts(ask), datetime.now(UTC).date()
    made = []
    for number in range(COUNT):
        amount, name, merchant, category = _SPENT[number % len(_SPENT)]
        day = (today - timedelta(days=number)).isoformat()
        parts = {"primary": category, "detailed": f"{category}_OTHER", "confidence_level": "HIGH"}
        made.append({
            "transaction_id": f"tx{number:04d}{own[0]['account_id']}", "account_id": own[number % 3]["account_id"],
            "amount": amount, "iso_currency_code": "USD", "unofficial_currency_code": None, "date": day,
            "authorized_date": None if number % 2 else day, "name": name, "merchant_name": merchant,
            "pending": number == 0, "payment_channel": "in store" if merchant else "other", "category": None,
            "personal_finance_category": parts if category else None, "website": None, "logo_url": None,
            "counterparties": [{"name": merchant, "type": "merchant"}] if merchant else [],
            "location": {"city": "Boston" if merchant else None, "region": "MA" if merchant else None},
        })  # fmt: skip
    return made


def not_ready(ask: Ask) -> Reply | None:
    """A new item has no transactions yet."""
    if read(ask).get("access_token") != NOT_READY:
        return None
    return failure("ITEM_ERROR", "PRODUCT_NOT_READY", "the requested product is not yet ready")


def sync(ask: Ask) -> Any:
    """What is new since a cursor, at most `count` at once."""
    refused = refuse(ask) or not_ready(ask)
    if refused is not None:
        return refused
    body = read(ask)
    cursor, count = body.get("cursor") or "cursor-0", body.get("count", 100)
    if not isinstance(count, int) or not 0 < count <= 500:
        return failure("INVALID_REQUEST", "INVALID_FIELD", "count must be between 1 and 500")
    if not isinstance(cursor, str) or not cursor.removeprefix("cursor-").isdecimal():
        return failure("INVALID_INPUT", "INVALID_FIELD", "cursor not associated with access_token")
    start = int(cursor.removeprefix("cursor-"))
    page = transactions(ask)[start : start + count]
    return {
        "accounts": accounts(ask), "added": page, "modified": [], "removed": [],
        "next_cursor": f"cursor-{start + len(page)}", "has_more": start + len(page) < COUNT,
        "transactions_update_status": "HISTORICAL_UPDATE_COMPLETE", "request_id": request_id("sync"),
    }  # fmt: skip


def get_transactions(ask: Ask) -> Any:
    """A range of dates, both ends in it, newest first."""
    refused = refuse(ask) or not_ready(ask)
    if refused is not None:
        return refused
    body = read(ask)
    options = body.get("options") or {}
    try:
        start, end = (datetime.strptime(body[name], "%Y-%m-%d").date() for name in ("start_date", "end_date"))
        count, offset = int(options.get("count", 100)), int(options.get("offset", 0))
    except (KeyError, TypeError, ValueError):
        return failure("INVALID_REQUEST", "INVALID_FIELD", "start_date and end_date must be dates")
    if not 0 < count <= 500 or offset < 0 or start > end:
        return failure("INVALID_REQUEST", "INVALID_FIELD", "count must be between 1 and 500")
    shown = chosen(ask)
    within = [
        one for one in transactions(ask)
        if start.isoformat() <= one["date"] <= end.isoformat()
        and any(one["account_id"] == owner["account_id"] for owner in shown)
    ]  # fmt: skip
    return {
        "accounts": shown, "item": item_of(ask), "transactions": within[offset : offset + count],
        "total_transactions": len(within), "request_id": request_id("get"),
    }  # fmt: skip


SERVICE = Service(
    name="plaid",
    settings={"PLAID_CLIENT_ID": "{key}", "PLAID_SECRET": "{key}", "PLAID_BASE_URL": "{url}"},
    authorize=authorize,
    routes=[
        Route("POST", "/link/token/create", link_token),
        Route("POST", "/sandbox/public_token/create", public_token),
        Route("POST", "/sandbox/item/reset_login", reset_login),
        Route("POST", "/item/public_token/exchange", exchange),
        Route("POST", "/item/remove", remove),
        Route("POST", "/accounts/get", get_accounts),
        Route("POST", "/accounts/balance/get", get_accounts),
        Route("POST", "/transactions/sync", sync),
        Route("POST", "/transactions/get", get_transactions),
    ],
    errors={
        400: failure("INVALID_REQUEST", "INVALID_FIELD", "a field is not valid"),
        401: failure("INVALID_INPUT", "INVALID_ACCESS_TOKEN", "could not find matching access token", 401),
        404: failure("INVALID_REQUEST", "NOT_FOUND", "not found", 404),
        429: failure("RATE_LIMIT_EXCEEDED", "TRANSACTIONS_LIMIT", "rate limit exceeded for attempts to access", 429),
        500: failure("API_ERROR", "INTERNAL_SERVER_ERROR", "an unexpected error occurred", 500),
        503: failure("INSTITUTION_ERROR", "INSTITUTION_DOWN", "this institution is not currently responding", 503),
    },
)
