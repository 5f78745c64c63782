"""`/auth/shelf`: the question whether this is meant, the way to the library, and the way back."""

import hashlib
import secrets
from base64 import urlsafe_b64encode
from urllib.parse import urlencode

import msgspec
from quart import Blueprint, Response, redirect, request

from odai_core import Grant, Secret, ToolError, link_pages

SECONDS = 600  # from leaving to coming back


class Card(msgspec.Struct):
    """What a code is worth: the card's number, its owner's name for it, and a token that does not expire."""

    number: str
    name: str
    access_token: str


def routes(ctx):
    base, own = ctx.settings["SHELF_BASE_URL"].rstrip("/"), ctx.settings["SHELF_REDIRECT_URI"]
    client = (ctx.settings["SHELF_CLIENT_ID"], ctx.settings["SHELF_CLIENT_SECRET"])
    pages = link_pages.LinkPages(ctx, name="shelf", title="Shelf", leads_to=[base])
    blueprint = Blueprint("account-shelf", __name__)
    pages.add_to(blueprint)

    @blueprint.get("/login")
    async def ask():
        return pages.question(request.args.get("ticket", ""), allows="reserve books in your name")

    @blueprint.post("/login")
    async def leave():
        ticket = await pages.agreed()
        if isinstance(ticket, Response):
            return ticket
        verifier = secrets.token_urlsafe(32)  # stays in this browser, in a cookie that no script can read
        state = ctx.sign({"kind": "state", "user": ticket.user, "browser": link_pages.digest(verifier)})
        challenge = urlsafe_b64encode(hashlib.sha256(verifier.encode()).digest()).decode().rstrip("=")
        query = {"response_type": "code", "client_id": client[0], "redirect_uri": own, "state": state}
        query |= {"code_challenge": challenge, "code_challenge_method": "S256"}
        answer = redirect(f"{base}/authorize?{urlencode(query)}", 303)
        pages.set_cookie(answer, "state", verifier)
        pages.drop_cookie(answer, "question")
        return answer

    @blueprint.get("/callback")
    async def come_back():
        state = ctx.unsign(request.args.get("state", ""), max_age=SECONDS) or {}
        verifier = request.cookies.get(f"{pages.cookie}-state", "")
        if state.get("kind") != "state" or state["browser"] != link_pages.digest(verifier):
            return pages.failed("This did not begin in this browser, or too long ago. Please begin again.")
        if not await ctx.once(f"state:{state['browser']}", seconds=SECONDS):
            return pages.failed("This was answered already. Please begin again.")
        form = {"grant_type": "authorization_code", "redirect_uri": own}
        form |= {"code": Secret(request.args.get("code", "")), "code_verifier": Secret(verifier)}
        try:
            card = await ctx.http.request_json(
                "POST", base, "token", form=form, auth=client, personal=True, service="The library", type=Card
            )
            grant = Grant(subject=card.number, label=card.name, access_token=Secret(card.access_token))
            await ctx.save(state["user"], grant)
        except ToolError as error:
            return pages.failed(error.message)
        answer = pages.linked(f"It is {card.name}.", "You can close this window and go back to ODAI.")
        pages.drop_cookie(answer, "state")
        return answer

    return blueprint
