"""A Google account is connected from the chat."""

from __future__ import annotations

import logging
from typing import Any

import pytest
from odai_tool_google_connect import connect_google_account, odai_tools

from odai_core import Caller, Link, Secret, ToolContext, ToolError, ToolResponse
from odai_core.settings import Settings
from odai_core.testing.kit import conformance
from odai_core.testing.kit.linked import CONNECT_URL, LinkedAccount
from odai_core.tools.http import HttpClient
from odai_core.tools.invoke import invoke
from odai_core.tools.schema import describe

TestGoogleConnect = conformance(
    "google-connect", happy={"connect_google_account": {}}, offline=["connect_google_account"]
)
LINK = Link(id="l1", subject="s1", label="me@example.com", token=Secret("t"))


class Closed(LinkedAccount):
    """An account whose offer is refused."""

    def needed(self, message: str) -> ToolError:
        return ToolError("unavailable", message)


async def call(account: Any = None, user: str | None = "u1", users: str = "") -> ToolResponse:
    ctx = ToolContext(
        http=HttpClient(), settings=Settings({"GOOGLE_OAUTH_USERS": users}).bind(odai_tools().settings),
        caller=Caller(user_id=user), log=logging.getLogger("test"), account=account,
    )  # fmt: skip
    return await invoke(describe(connect_google_account), "{}", ctx)


async def test_who_has_an_account_may_connect_another():
    response = await call(LinkedAccount("google", [LINK], ()))
    assert response.response_type == "connect_google_account"
    assert response.response == {"account_type": "google", "connect_url": CONNECT_URL}
    assert response.spoken == "Use the button to connect another Google account, or to connect yours again."


@pytest.mark.parametrize("users", ["", "u1", "u2, u1"])
async def test_who_has_none_is_offered_to_connect_one(users):
    response = await call(LinkedAccount("google", [], ()), users=users)
    assert response.response_type == "account_needed"
    assert response.response == {"account_type": "google", "connect_url": CONNECT_URL}


async def test_who_is_not_cleared_is_told_and_gets_no_button():
    response = await call(LinkedAccount("google", [LINK], ()), users="u2 u3")
    assert (response.ok, response.response_type) == (True, "google_access_request")
    assert response.response == {"account_type": "google", "status": "requested"}
    assert "add you first" in response.spoken


async def test_a_guest_signs_in_first():
    assert (await call(LinkedAccount("google", [], ()), user=None, users="u2")).response_type == "account_needed"


async def test_an_account_that_offers_nothing_says_so():
    assert (await call(Closed("google", [LINK], ()))).response["code"] == "unavailable"
