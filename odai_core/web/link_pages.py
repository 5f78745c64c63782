"""What account plugins' routes share: the question before an account is linked, and the pages around it."""

from __future__ import annotations

import hashlib
import hmac
import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from html import escape
from typing import Any

from quart import Blueprint, Response, request

from odai_core.grants import AccountContext
from odai_core.web.pages import Files

TICKET_SECONDS = 600.0
"""How long a connect link leads somewhere, and how long its page may wait for an answer."""
MAX_TEXT = 4096
"""Characters of a ticket or another parameter."""
BASE_POLICY = (
    "default-src 'none'", "script-src 'self'", "style-src 'self'", "connect-src 'self'", "img-src 'self' data:",
    "base-uri 'none'", "frame-ancestors 'none'",
)  # fmt: skip
_HEADERS = {
    "Content-Type": "text/html; charset=utf-8",
    "Cache-Control": "no-store",
    "X-Content-Type-Options": "nosniff",
    # A form of ours must show its origin to us; to others nothing of these addresses is told.
    "Referrer-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": "microphone=(), camera=(), geolocation=()",
}
_PAGE = """<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>{heading} - ODAI</title>
<link rel="icon" href="{root}/static/favicon.svg" type="image/svg+xml">
<link rel="stylesheet" href="{root}/static/base.css">
<link rel="stylesheet" href="{root}/static/link.css">
</head>
<body{data}>
<header class="top"><span class="wordmark">ODAI</span></header>
<main class="card">
<h1>{heading}</h1>
{body}
</main>
{scripts}</body>
</html>
"""


@dataclass(frozen=True, kw_only=True)
class Ticket:
    """Who is about to link, and what for."""

    user: str
    scopes: tuple[str, ...]


class LinkPages:
    """The pages of one account service. `name` is the plugin's, `title` the service's: "google", "Google".

    `leads_to` are the web origins at which a form of ours may end: the service's own login.
    """

    def __init__(self, ctx: AccountContext, *, name: str, title: str, leads_to: Sequence[str] = ()) -> None:
        self._ctx = ctx
        self._title = title
        self._name = name
        self._root = f"/auth/{name}"
        self._form_action = " ".join(["form-action 'self'", *leads_to])
        self._files = Files("odai_core.web", "link_ui")
        self.secure = ctx.public_url.startswith("https:")
        self.cookie = f"{'__Host-' if self.secure else ''}odai-{name}"
        """The beginning of this service's cookie names; no other host can set them where there is https."""

    def add_to(self, routes: Blueprint) -> None:
        """Serve the pages' files."""

        @routes.get("/static/<file>")
        async def link_file(file: str) -> Response:
            return self._files.file(file)

    # -- pages

    def page(
        self,
        heading: str,
        *paragraphs: str,
        status: int = 200,
        body: str = "",
        scripts: Sequence[str] = (),
        data: dict[str, str] | None = None,
        policy: Sequence[str] = BASE_POLICY,
        popups: bool = False,
    ) -> Response:
        """A small page. Everything is escaped but `body`, which is HTML; `scripts` are addresses.

        `policy` replaces the Content-Security-Policy, less its form-action; `popups` lets foreign windows that it
        opens talk back. Both are for a service whose own code has to run in it.
        """
        said = "".join(f"<p>{escape(text)}</p>\n" for text in paragraphs)
        html = _PAGE.format(
            heading=escape(heading),
            root=self._root,
            data="".join(f' data-{name}="{escape(value)}"' for name, value in (data or {}).items()),
            body=said + body,
            scripts="".join(f'<script type="module" src="{escape(script)}"></script>\n' for script in scripts),
        )
        csp = "; ".join([*policy, self._form_action])
        opener = "same-origin-allow-popups" if popups else "same-origin"
        sent = {**_HEADERS, "Content-Security-Policy": csp, "Cross-Origin-Opener-Policy": opener}
        return Response(html, status, sent)

    def linked(self, *paragraphs: str) -> Response:
        """It worked: says so, tells our own pages (BroadcastChannel "odai-accounts") and closes."""
        data = {"service": self._name}
        heading = f"{self._title} is connected"
        return self.page(heading, *paragraphs, data=data, scripts=[f"{self._root}/static/linked.js"])

    def failed(self, message: str, *, status: int = 400) -> Response:
        """It did not, and why."""
        return self.page(f"{self._title} was not connected", message, "You can close this page.", status=status)

    # -- the question

    def ticket(self, text: str) -> Ticket | None:
        """What a connect link carries, when it is ours and fresh."""
        payload = self._ctx.unsign(text, max_age=TICKET_SECONDS) if 0 < len(text) <= MAX_TEXT else None
        # What this plugin signs for itself says its kind; a ticket has none.
        if payload is None or "kind" in payload:
            return None
        user, scopes = payload.get("user"), payload.get("scopes", [])
        if not isinstance(user, str) or not user or not isinstance(scopes, list):
            return None
        return Ticket(user=user, scopes=tuple(str(scope) for scope in scopes))

    def question(self, text: str, *, allows: str, details: Sequence[str] = ()) -> Response:
        """Whose account is about to be linked, asked of whoever opened the link: it may be somebody else's.

        `text` is the ticket, `allows` ends "Linking it lets ODAI ...". The form posts to the same address.
        """
        ticket = self.ticket(text)
        if ticket is None:
            return self.expired()
        browser = secrets.token_urlsafe(24)
        proof = self._ctx.sign({"kind": "question", "browser": digest(browser), "ticket": digest(text)})
        listed = "".join(f"<li>{escape(detail)}</li>" for detail in details)
        body = (
            f'<p>It will belong to the ODAI user <strong class="user">{escape(ticket.user)}</strong>.</p>\n'
            + (f"<ul>{listed}</ul>\n" if listed else "")
            + '<p class="warning">Go on only if you have just asked for this yourself. If somebody else sent you this '
            "link, close this page: they would be able to use your account.</p>\n"
            f'<form method="post" action="{self._root}{escape(self._path())}">'
            f'<input type="hidden" name="ticket" value="{escape(text)}">'
            f'<input type="hidden" name="proof" value="{escape(proof)}">'
            f'<button class="button primary">Continue to {escape(self._title)}</button></form>\n'
        )
        answer = self.page(f"Connect your {self._title} account?", f"Linking it lets ODAI {allows}.", body=body)
        self.set_cookie(answer, "question", browser, same_site="Strict")
        return answer

    async def agreed(self) -> Ticket | Response:
        """The ticket that was agreed to, in this browser and on our page; or the page that says no."""
        form = await request.form
        text, proof = form.get("ticket", ""), form.get("proof", "")
        browser = request.cookies.get(f"{self.cookie}-question", "")
        if not self._ctx.origin_allowed(request.headers.get("Origin"), request.headers.get("Host")):
            return self.failed("Pages of other sites may not do that.", status=403)
        shown = self._ctx.unsign(proof, max_age=TICKET_SECONDS) if 0 < len(proof) <= MAX_TEXT else None
        expected = {"kind": "question", "browser": digest(browser), "ticket": digest(text)}
        if not browser or shown is None or dict(shown) != expected:
            return self.failed("Please open the link once more, and allow cookies for this site.", status=403)
        ticket = self.ticket(text)
        return self.expired() if ticket is None else ticket

    def expired(self) -> Response:
        """The link is no good (any more)."""
        return self.failed(f"This link has expired. Ask ODAI to connect your {self._title} account once more.")

    # -- cookies

    def set_cookie(
        self, answer: Response, name: str, value: str, *, same_site: Any = "Lax", seconds: float = TICKET_SECONDS
    ) -> None:
        """A cookie of this flow, for this browser alone and no script."""
        answer.set_cookie(
            f"{self.cookie}-{name}",
            value,
            max_age=int(seconds),
            path="/" if self.secure else self._root,
            secure=self.secure,
            httponly=True,
            samesite=same_site,
        )

    def drop_cookie(self, answer: Response, name: str) -> None:
        """The flow is over."""
        path = "/" if self.secure else self._root
        answer.delete_cookie(f"{self.cookie}-{name}", path=path, secure=self.secure, httponly=True)

    def _path(self) -> str:
        return request.path.removeprefix(self._root)


def digest(text: str) -> str:
    """A text's fingerprint, for what is signed but must not be read from it."""
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()[:40]


def same(one: str, other: str) -> bool:
    """Are two texts equal? Takes as long for any two of a length."""
    return hmac.compare_digest(one.encode("utf-8", "surrogatepass"), other.encode("utf-8", "surrogatepass"))
