"""The routes under /auth/plaid: tokens for Plaid's script, banks that are linked, and the page it runs on."""

from __future__ import annotations

import secrets
from contextlib import suppress
from typing import Any

import msgspec
from quart import Blueprint, Response, request

from odai_account_plaid import items
from odai_core import AccountContext, AccountNeeded, Grant, Link, LinkInfo, ToolError, handshake, link_pages, pages

PAGE_SECONDS = 3600.0
"""How long the page may be open: a bank's own login can take its time."""
_PLAID = ("https://cdn.plaid.com/", "https://production.plaid.com/", "https://sandbox.plaid.com/")
UNKNOWN = handshake.Refusal(status=404, code="not_found", message="You have no such link.")
ODD = handshake.Refusal(status=400, code="bad_request", message="Send a JSON object with public_token or link_id.")
_STATUS = {"bad_request": 400, "not_found": 400, "auth": 409, "plan": 409, "rate_limited": 429}


class _Wanted(msgspec.Struct):
    public_token: str = ""
    link_id: str = ""


def blueprint(ctx: AccountContext) -> Blueprint:
    """The routes; see docs/how-to/link-plaid.md."""
    plaid = _Plaid(ctx)
    routes = Blueprint("account-plaid", __name__)
    plaid.pages.add_to(routes)
    routes.get("/login")(plaid.login)
    routes.post("/login")(plaid.agreed)
    routes.get("/script/<name>")(plaid.script)
    routes.post("/create_link_token")(plaid.create_link_token)
    routes.post("/set_access_token")(plaid.set_access_token)
    routes.get("/accounts")(plaid.accounts)
    routes.delete("/accounts/<link_id>")(plaid.remove)
    return routes


class _Plaid:
    """The views, with what they share."""

    def __init__(self, ctx: AccountContext) -> None:
        self.ctx = ctx
        self.pages = link_pages.LinkPages(ctx, name="plaid", title="Plaid")
        self._files = pages.Files("odai_account_plaid")

    # -- for scripts

    async def create_link_token(self) -> Any:
        """What Plaid's script begins with; with a link_id, to log in again at that bank."""
        user = await self._user()
        if isinstance(user, handshake.Refusal):
            return user.response()
        wanted = await _body()
        if wanted is None:
            return ODD.response()
        link = await self._own(user, wanted.link_id) if wanted.link_id else None
        if wanted.link_id and link is None:
            return UNKNOWN.response()
        # Our own page stays open, and Plaid shows banks with a login page of their own in a window beside it.
        own_page = self._page_user(handshake.token_of(_this()))
        redirect_uri = "" if own_page else str(self.ctx.settings["PLAID_REDIRECT_URI"])
        try:
            made = await items.link_token(self.ctx, user, link, redirect_uri)
        except ToolError as error:
            return _failed(error)
        return _json({"link_token": made.link_token, "expiration": made.expiration})

    async def set_access_token(self) -> Any:
        """Keep the bank behind a public token; or, with a link_id, take a renewed login for good."""
        user = await self._user()
        if isinstance(user, handshake.Refusal):
            return user.response()
        wanted = await _body()
        if wanted is None or bool(wanted.public_token) == bool(wanted.link_id):
            return ODD.response()
        link = await self._own(user, wanted.link_id) if wanted.link_id else None
        if wanted.link_id and link is None:
            return UNKNOWN.response()
        try:
            # A public token is good once: without its end, the bank would stay open at Plaid and its token be lost.
            made = await self.ctx.complete(self._link(user, wanted.public_token, link))
        except ToolError as error:
            return _failed(error)
        return _json(made)

    async def accounts(self) -> Any:
        """The banks that the user has linked."""
        user = await self._user()
        if isinstance(user, handshake.Refusal):
            return user.response()
        return _json({"accounts": [_shown(link) for link in await self.ctx.links(user)]})

    async def remove(self, link_id: str) -> Any:
        """Have Plaid forget the bank, and forget it."""
        user = await self._user()
        if isinstance(user, handshake.Refusal):
            return user.response()
        try:
            return ("", 204) if await self.ctx.remove(user, link_id) else UNKNOWN.response()
        except ToolError as error:
            return _failed(error)

    async def _link(self, user: str, public_token: str, link: Link | None) -> dict[str, str]:
        grant = await (items.exchange(self.ctx, public_token) if link is None else self._again(link))
        return {"id": await self._save(user, grant, new=link is None), "institution": grant.label}

    async def _save(self, user: str, grant: Grant, *, new: bool) -> str:
        try:
            return await self.ctx.save(user, grant)
        except Exception:
            # Its token is about to be lost, and with it the only way to ever close what was opened at Plaid.
            if new:
                with suppress(ToolError):
                    await items.remove(self.ctx, grant)
            raise

    async def _again(self, link: Link) -> Grant:
        grant = Grant(subject=link.subject, label=link.label, access_token=link.token)
        return await items.named(self.ctx, grant)

    async def _own(self, user: str, link_id: str) -> Link | None:
        try:
            links = await self.ctx.account(user).links()
        except AccountNeeded:
            return None
        return next((link for link in links if link.id == link_id), None)

    # -- the page

    async def login(self) -> Any:
        """The question whether this is meant; Plaid's script runs only after it."""
        return self.pages.question(
            request.args.get("ticket", ""), allows="see your bank accounts; it cannot move money"
        )

    async def agreed(self) -> Any:
        """The page with Plaid's script, and a token of its own that this browser alone can use."""
        ticket = await self.pages.agreed()
        if isinstance(ticket, Response):
            return ticket
        browser = secrets.token_urlsafe(24)
        pass_ = self.ctx.sign({"kind": "page", "user": ticket.user, "browser": link_pages.digest(browser)})
        broken = [link for link in await self.ctx.links(ticket.user) if link.broken]
        answer = self._link_page(pass_, broken[0] if broken else None)
        self.pages.set_cookie(answer, "page", browser, same_site="Strict", seconds=PAGE_SECONDS)
        self.pages.drop_cookie(answer, "question")
        return answer

    def _link_page(self, pass_: str, broken: LinkInfo | None) -> Response:
        again = [] if broken is None else [f"{broken.label} wants you to log in again."]
        script = str(self.ctx.settings["PLAID_LINK_URL"])
        cdn, *rest = _PLAID
        return self.pages.page(
            "Connect your bank",
            *again,
            "Plaid opens a window here, in which you log in at your bank. ODAI never sees your password.",
            body='<p class="state" role="status">Waiting for Plaid...</p>\n'
            '<p><button class="button primary" type="button" hidden>Continue to your bank</button></p>\n',
            scripts=["/auth/plaid/script/link.js"],
            data={"pass": pass_, "link": broken.id if broken else "", "script": script},
            policy=(
                "default-src 'none'",
                f"script-src 'self' {script}",
                # Plaid's script styles what it adds.
                "style-src 'self' 'unsafe-inline'",
                f"frame-src {cdn}",
                f"img-src 'self' data: {cdn}",
                f"connect-src 'self' {' '.join(rest)}",
                "base-uri 'none'",
                "frame-ancestors 'none'",
            ),
            popups=True,
        )

    async def script(self, name: str) -> Response:
        """The page's own script."""
        return self._files.file(name)

    # -- who asks

    async def _user(self) -> str | handshake.Refusal:
        # Not from the query: it would end up in logs and histories.
        if "token" in request.args:
            return handshake.BAD_TOKEN
        caller = await handshake.identify(self.ctx, _this(), raw=True)
        if not isinstance(caller, handshake.Refusal) and caller.user_id is not None:
            return caller.user_id
        if caller is handshake.FOREIGN:
            return handshake.FOREIGN
        return self._page_user(handshake.token_of(_this())) or handshake.BAD_TOKEN

    def _page_user(self, text: str) -> str | None:
        """Our own page's user: its token together with its browser's cookie."""
        browser = request.cookies.get(f"{self.pages.cookie}-page", "")
        shown = self.ctx.unsign(text, max_age=PAGE_SECONDS) if 0 < len(text) <= link_pages.MAX_TEXT else None
        if not browser or shown is None or shown.get("kind") != "page":
            return None
        fits = link_pages.same(str(shown.get("browser")), link_pages.digest(browser))
        return str(shown["user"]) if fits else None


def _this() -> Any:
    """The object behind Quart's proxy."""
    return request._get_current_object()  # type: ignore[attr-defined]


async def _body() -> _Wanted | None:
    """The request's JSON object, an empty one for no body."""
    try:
        wanted = msgspec.json.decode(await request.get_data() or b"{}", type=_Wanted)
    except (ValueError, RecursionError):
        return None
    return wanted if max(len(wanted.public_token), len(wanted.link_id)) <= 512 else None


def _failed(error: ToolError) -> Any:
    status = _STATUS.get(error.code, 502)
    return handshake.Refusal(status=status, code=error.code, message=error.message).response()


def _shown(link: LinkInfo) -> dict[str, Any]:
    return {"id": link.id, "institution": link.label, "linked_at": link.linked_at, "broken": link.broken}


def _json(body: dict[str, Any]) -> Response:
    headers = {"Cache-Control": "no-store", "Content-Type": "application/json"}
    return Response(msgspec.json.encode(body), 200, headers)
