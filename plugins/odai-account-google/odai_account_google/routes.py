"""The routes under /auth/google: beginning to link, coming back, and what is linked."""

from __future__ import annotations

from typing import Any

import msgspec
from quart import Blueprint, Response, redirect, request

from odai_account_google import cleared, flow, tokens, words
from odai_account_google.identity import identify
from odai_core import AccountContext, Caller, Grant, LinkInfo, Secret, ToolError, handshake, link_pages

_NO_STORE = {"Cache-Control": "no-store"}
FORBIDDEN = handshake.Refusal(
    status=403, code="not_cleared", message="You may not link a Google account here. Ask whoever runs this server."
)
ODD_SCOPES = handshake.Refusal(status=400, code="bad_request", message="These are not scopes of Google's.")
UNKNOWN = handshake.Refusal(status=404, code="not_found", message="You have no such link.")


def blueprint(ctx: AccountContext) -> Blueprint:
    """Raises SettingError for a redirect URI that is not this server's own."""
    flow.redirect_uri(ctx)
    google = _Google(ctx)
    routes = Blueprint("account-google", __name__)
    google.pages.add_to(routes)
    routes.get("/login")(google.login)
    routes.post("/login")(google.agreed)
    routes.get("/callback")(google.callback)
    routes.get("/")(google.links)
    routes.delete("/<link_id>")(google.remove)
    return routes


class _Google:
    """The views, with what they share."""

    def __init__(self, ctx: AccountContext) -> None:
        self.ctx = ctx
        accounts = str(ctx.settings["GOOGLE_OAUTH_ACCOUNTS_URL"]).rstrip("/")
        origin = "/".join(accounts.split("/")[:3])
        self.pages = link_pages.LinkPages(ctx, name="google", title="Google", leads_to=[origin])

    # -- leaving

    async def login(self) -> Any:
        """With a bearer token: the address at Google. With a ticket: the question whether this is meant."""
        if "ticket" in request.args and "Authorization" not in request.headers:
            return self._question(request.args["ticket"])
        caller = await self._caller()
        if isinstance(caller, handshake.Refusal):
            return caller.response()
        scopes = flow.scopes_of(request.args.get("scope", "")) if "scope" in request.args else self._usual_scopes()
        if scopes is None:
            return ODD_SCOPES.response()
        assert caller.user_id is not None
        leaving = await self._depart(caller.user_id, scopes)
        # A page navigates by itself; a script wants to know where to.
        if request.accept_mimetypes.best_match(["application/json", "text/html"]) == "text/html":
            answer: Any = redirect(leaving.url, 302)
        else:
            ticket = self.ctx.sign({"user": caller.user_id, "scopes": list(scopes)})
            body = {
                "authorization_url": leaving.url,
                "connect_url": f"{self.ctx.public_url}/auth/google/login?ticket={ticket}",
                "expires_in": int(flow.SECONDS),
            }
            answer = _json(body)
        return self._with_cookie(answer, leaving)

    async def agreed(self) -> Any:
        """The question's form: off to Google."""
        ticket = await self.pages.agreed()
        if isinstance(ticket, Response):
            return ticket
        if not self._cleared(ticket.user):
            return self.pages.failed(FORBIDDEN.message, status=FORBIDDEN.status)
        leaving = await self._depart(ticket.user, ticket.scopes or self._usual_scopes())
        answer = self._with_cookie(redirect(leaving.url, 303), leaving)
        self.pages.drop_cookie(answer, "question")
        return answer

    def _question(self, text: str) -> Response:
        ticket = self.pages.ticket(text)
        if ticket is not None and not self._cleared(ticket.user):
            return self.pages.failed(FORBIDDEN.message, status=FORBIDDEN.status)
        allows = "use your Google account for you, as far as you allow it there"
        asked = ticket.scopes or self._usual_scopes() if ticket else ()
        return self.pages.question(text, allows=allows, details=words.scopes(asked))

    async def _depart(self, user: str, scopes: tuple[str, ...]) -> flow.Departure:
        linked = await self.ctx.links(user)
        hint = linked[0].label if len(linked) == 1 and "@" in linked[0].label else ""
        return flow.depart(self.ctx, user, scopes, hint=hint)

    def _with_cookie(self, answer: Any, leaving: flow.Departure) -> Any:
        answer.headers.update(_NO_STORE)
        self.pages.set_cookie(answer, leaving.cookie, leaving.secret)
        return answer

    # -- coming back

    async def callback(self) -> Response:
        """Google's answer, which counts only in the browser that left, and once."""
        if any(len(request.args.getlist(name)) > 1 for name in request.args):
            return self.pages.failed("That address is not right.")
        state = request.args.get("state", "")
        cookie = flow.flow_of(self.ctx, state)
        secret = "" if cookie is None else request.cookies.get(f"{self.pages.cookie}-{cookie}", "")
        arrival = flow.arrive(self.ctx, state, secret) if secret else None
        if arrival is None:
            return self.pages.failed("This did not begin in this browser, or too long ago. Please begin again.")
        if not await self.ctx.once(f"state:{arrival.id}", seconds=flow.SECONDS):
            return self.pages.failed("This was answered already. Please begin again.")
        answer = await self._settle(arrival)
        self.pages.drop_cookie(answer, arrival.id)
        return answer

    async def _settle(self, arrival: flow.Arrival) -> Response:
        error, code = request.args.get("error", ""), request.args.get("code", "")
        if error or not 0 < len(code) <= link_pages.MAX_TEXT:
            if error in words.OPERATORS:
                self.ctx.log.warning("Google refuses this server's requests: %s; check the OAuth client", error)
            return self.pages.failed(words.error(error))
        if not self._cleared(arrival.user):
            return self.pages.failed(FORBIDDEN.message, status=FORBIDDEN.status)
        try:
            return await self._link(arrival, code)
        except ToolError as failed:
            sentence = "Google didn't accept that. Please begin again." if failed.code == "auth" else failed.message
            return self.pages.failed(sentence, status=400 if failed.code in ("auth", "plan") else 502)

    async def _link(self, arrival: flow.Arrival, code: str) -> Response:
        uri = flow.redirect_uri(self.ctx)
        given = await tokens.exchange(self.ctx, code=code, verifier=arrival.verifier, redirect_uri=uri)
        who = await identify(self.ctx, given, arrival.nonce)
        if who is None:
            self.ctx.log.warning("Google's answer did not prove whose account it is; nothing was linked")
            return self.pages.failed("Google didn't say whose account it is. Please begin again.", status=502)
        grant = Grant(
            subject=who.subject,
            label=who.label,
            access_token=Secret(given.access_token),
            refresh_token=None if given.refresh_token is None else Secret(given.refresh_token),
            expires_at=given.ends,
            scopes=given.granted(frozenset()),
        )
        await self.ctx.save(arrival.user, grant)
        return self.pages.linked(f"It is {who.label}.", "You can close this window and go back to ODAI.")

    # -- what is linked

    async def links(self) -> Any:
        """The caller's own."""
        caller = await self._caller(cleared=False)
        if isinstance(caller, handshake.Refusal):
            return caller.response()
        assert caller.user_id is not None
        return _json({"accounts": [_shown(link) for link in await self.ctx.links(caller.user_id)]})

    async def remove(self, link_id: str) -> Any:
        """Revoke it at Google, and forget it."""
        caller = await self._caller(cleared=False)
        if isinstance(caller, handshake.Refusal):
            return caller.response()
        assert caller.user_id is not None
        try:
            return ("", 204) if await self.ctx.remove(caller.user_id, link_id) else UNKNOWN.response()
        except ToolError as error:
            return handshake.Refusal(status=502, code=error.code, message=error.message).response()

    # -- who asks

    async def _caller(self, *, cleared: bool = True) -> Caller | handshake.Refusal:
        # Not from the query: a link with somebody's own token in it would lead others past the question.
        if "token" in request.args:
            return handshake.BAD_TOKEN
        caller = await handshake.identify(self.ctx, _this(request), raw=True)
        if isinstance(caller, handshake.Refusal):
            return caller
        if caller.user_id is None:
            return handshake.BAD_TOKEN
        return FORBIDDEN if cleared and not self._cleared(caller.user_id) else caller

    def _cleared(self, user: str) -> bool:
        return cleared(self.ctx.settings, user)

    def _usual_scopes(self) -> tuple[str, ...]:
        return tuple(self.ctx.settings["GOOGLE_OAUTH_SCOPES"] or ())


def _shown(link: LinkInfo) -> dict[str, Any]:
    return {
        "id": link.id,
        "label": link.label,
        "scopes": sorted(link.scopes),
        "linked_at": link.linked_at,
        "broken": link.broken,
    }


def _json(body: dict[str, Any]) -> Response:
    return Response(msgspec.json.encode(body), 200, {**_NO_STORE, "Content-Type": "application/json"})


def _this(proxy: Any) -> Any:
    """The object behind Quart's proxy."""
    return proxy._get_current_object()
