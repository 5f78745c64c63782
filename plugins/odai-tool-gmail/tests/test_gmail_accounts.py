"""Somebody with two accounts: a mail leaves from the one that was on the screen when it was agreed to."""

from __future__ import annotations

import json
import logging

import pytest
from odai_tool_gmail import odai_tools, send_google_email

from odai_core import Caller, Link, Secret, ToolContext, ToolError, ToolResponse
from odai_core.testing.kit.linked import LinkedAccount
from odai_core.testing.upstreams import UpstreamServer
from odai_core.tools.http import HttpClient
from odai_core.tools.invoke import invoke
from odai_core.tools.schema import describe

MAIL = {
    "sender_name": "Kim", "recipient_email_addresses": ["jo@example.com"], "cc": None, "bcc": None, "subject": "Lunch",
    "body": "See you at noon.",
}  # fmt: skip


async def send(ctx: ToolContext, sender: str) -> ToolResponse:
    return await invoke(describe(send_google_email), json.dumps(MAIL | {"sender_email": sender}), ctx)


async def test_of_several_accounts_a_mail_leaves_from_the_one_that_was_shown():
    scopes = frozenset(odai_tools().scopes)
    links = [
        Link(id=label, subject=label, label=f"{label}@example.com", token=Secret(token), scopes=scopes)
        for label, token in (("first", "not-this-one"), ("me", "test-key"))
    ]
    async with UpstreamServer() as server:
        ctx = ToolContext(
            http=HttpClient(), settings={"GMAIL_BASE_URL": server.url("gmail")}, caller=Caller(), demo=False,
            log=logging.getLogger("test"), account=LinkedAccount("google", links, list(scopes)), write_id="w",
        )  # fmt: skip
        await check(ctx, server)
        await ctx.http.aclose()


async def check(ctx: ToolContext, server: UpstreamServer) -> None:
    assert (await send(ctx, "Me@example.com")).ok
    assert {ask.headers["authorization"] for ask in server.seen} == {"Bearer test-key"}
    asking = describe(send_google_email).options.question
    assert asking is not None
    assert (await asking(ctx, **MAIL, sender_email="me@example.com")).endswith("?")
    seen = len(server.seen)
    other = await send(ctx, "boss@example.com")
    assert (other.response["code"], len(server.seen)) == ("bad_request", seen)
    with pytest.raises(ToolError, match="From which address"):
        await asking(ctx, **MAIL, sender_email="boss@example.com")
