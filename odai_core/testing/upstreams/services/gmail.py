"""Gmail: one user's mailbox with awkward mails in it, searched, read and sent from."""

from __future__ import annotations

import re
import time
from base64 import urlsafe_b64decode, urlsafe_b64encode
from email import message_from_bytes
from email.message import Message
from typing import Any

from odai_core.testing.upstreams.google import ERRORS, authorize, failure
from odai_core.testing.upstreams.service import Ask, Route, Service

ME = "me@example.com"


def data(text: str | bytes) -> str:
    """As Gmail sends bodies: base64url without padding."""
    encoded = text.encode() if isinstance(text, str) else text
    return urlsafe_b64encode(encoded).decode().rstrip("=")


def part(kind: str, text: str | bytes = "", *parts: dict[str, Any], charset: str = "UTF-8") -> dict[str, Any]:
    """A part of a mail; one with parts of its own has no text."""
    headers = [{"name": "Content-Type", "value": f"{kind}; charset={charset}"}]
    if parts:
        return {
            "partId": "",
            "mimeType": kind,
            "filename": "",
            "headers": headers,
            "body": {"size": 0},
            "parts": list(parts),
        }
    return {
        "partId": "0",
        "mimeType": kind,
        "filename": "",
        "headers": headers,
        "body": {"size": len(text), "data": data(text)},
    }


def attachment(name: str, kind: str, size: int) -> dict[str, Any]:
    """A part whose content would have to be asked for."""
    return {
        "partId": "2",
        "mimeType": kind,
        "filename": name,
        "headers": [],
        "body": {"attachmentId": "ANGjdJ8x", "size": size},
    }


def mail(id: str, sender: str, subject: str | None, payload: dict[str, Any], **more: Any) -> dict[str, Any]:
    """A message with the headers every mail has, some `hours` old; what else is given goes over it."""
    told = {
        "From": sender,
        "To": f"Me <{ME}>",
        "Date": "Sun, 22 Nov 2026 09:12:00 -0500",
        "Message-Id": f"<{id}@mail.example>",
        "SUBJECT": subject,
        **more.pop("headers", {}),
    }
    headers = [{"name": name, "value": value} for name, value in told.items() if value is not None]
    at = int((time.time() - more.pop("hours") * 3600) * 1000)
    return {
        "id": id, "threadId": id, "labelIds": ["INBOX", "UNREAD"], "snippet": "Hi, are we still on for ...",
        "historyId": "998", "internalDate": f"{at}", "sizeEstimate": 12011,
        "payload": {**payload, "headers": headers + payload.get("headers", [])},
    } | more  # fmt: skip


SHOP = (
    "<html><head><title>x</title><style>p {color: red}</style></head>"
    "<body><p>Your order <b>4711</b> has shipped.</p>"
    "<script>alert(1)</script><ul><li>Tea &amp; cups</li><li>Spoons</li></ul></body></html>"
)


def mails() -> list[dict[str, Any]]:
    """Four: text and HTML, HTML alone with an attachment, an old charset without a subject, and one of our own."""
    html = part("multipart/related", "", part("text/html", "<p>Hi, are we still on for <i>lunch</i>?</p>"))
    lunch = part("multipart/alternative", "", part("text/plain", "Hi, are we still on for lunch?\r\n\r\nJo"), html)
    shop = part("multipart/mixed", "", part("text/html", SHOP), attachment("invoice.pdf", "application/pdf", 48213))
    old = part("text/plain", "Gr\xfc\xdfe".encode("latin-1"), charset="ISO-8859-1")
    inbox = ["INBOX"]
    answer = {"References": "<first@x.example> <18f2@mail.example>"}
    return [
        mail("18f2", "Jo Smith <jo@example.com>", "Lunch", lunch, hours=1),
        mail("18f3", '"The Tea Shop" <orders@tea.example>', "Your order has shipped", shop, hours=5, labelIds=inbox),
        mail("18f4", "a@old.example", None, old, hours=30),
        mail("18f5", f"Me <{ME}>", "Re: Lunch", part("text/plain", "Yes!"), hours=48, threadId="18f2",
             labelIds=["SENT"], headers=answer),
    ]  # fmt: skip


def listed(ask: Ask) -> Any:
    """By label or by some of Gmail's search words; without a hit there is no `messages` at all."""
    query, label = ask.query.get("q", ""), ask.query.get("labelIds", "")
    found = [one for one in [*_sent(ask), *mails()] if _matches(one, query, label)]
    found = found[: int(ask.query.get("maxResults", "100"))]
    listed = [{"id": one["id"], "threadId": one["threadId"]} for one in found]
    return ({"messages": listed} if listed else {}) | {"resultSizeEstimate": len(listed)}


def _matches(one: dict[str, Any], query: str, label: str) -> bool:
    labels, sender = one["labelIds"], _header(one, "From").lower()
    if label and label not in labels:
        return False
    for word in query.split():
        name, _, value = word.partition(":")
        value = value.strip('"()').lower()
        told = {
            "label": value.upper() in labels,
            "is": value.upper() in labels,
            "from": value in sender,
            "rfc822msgid": f"<{value}>" == _header(one, "Message-ID").lower(),
            "subject": value in _header(one, "Subject").lower(),
        }
        if not told.get(name, word.lower() in f"{_header(one, 'Subject')} {one['snippet']}".lower()):
            return False
    return True


def got(ask: Ask) -> Any:
    """One mail, in full or its headers."""
    for one in [*_sent(ask), *mails()]:
        if one["id"] == ask.args["id"]:
            return _metadata(one) if ask.query.get("format") == "metadata" else one
    return ERRORS[404]


def thread(ask: Ask) -> Any:
    """All mails of one conversation, the oldest first."""
    found = [one for one in [*mails(), *reversed(_sent(ask))] if one["threadId"] == ask.args["id"]]
    if not found:
        return ERRORS[404]
    found = [_metadata(one) for one in found] if ask.query.get("format") == "metadata" else found
    return {"id": ask.args["id"], "historyId": "998", "messages": found}


def sent(ask: Ask) -> Any:
    """Takes a whole RFC 5322 mail, gives it a Message-ID of its own, as Gmail does, and keeps the other headers."""
    given = ask.json()
    try:
        parsed = message_from_bytes(urlsafe_b64decode(given["raw"]))
    except (KeyError, ValueError):
        return failure(400, "invalidArgument", "Invalid raw message.")
    if not (parsed["To"] or parsed["Cc"] or parsed["Bcc"]):
        return failure(400, "invalidArgument", "Recipient address required.")
    id = f"19a{len(_sent(ask))}"
    headers = [{"name": name, "value": str(value)} for name, value in parsed.items() if name.lower() != "message-id"]
    headers.append({"name": "Message-ID", "value": f"<CA{id}@mail.gmail.com>"})
    kept = {
        "id": id,
        "threadId": given.get("threadId", id),
        "labelIds": ["SENT"],
        "snippet": "",
        "internalDate": f"{int(time.time() * 1000)}",
        "payload": {"mimeType": "text/plain", "headers": headers},
    }
    _sent(ask).insert(0, kept)
    ask.done.append(_told(parsed))
    return {"id": id, "threadId": kept["threadId"], "labelIds": ["SENT"]}


def profile(ask: Ask) -> Any:
    """Whose mailbox it is."""
    return {"emailAddress": ME, "messagesTotal": 1201, "threadsTotal": 800, "historyId": "998"}


def _told(parsed: Message) -> dict[str, str]:
    body = parsed.get_payload(decode=True)
    return {
        **{name: str(value) for name, value in parsed.items()},
        "body": body.decode() if isinstance(body, bytes) else "",
    }


def _metadata(one: dict[str, Any]) -> dict[str, Any]:
    payload = {"mimeType": one["payload"]["mimeType"], "headers": one["payload"]["headers"]}
    return {**one, "payload": payload}


def _sent(ask: Ask) -> list[dict[str, Any]]:
    return ask.kept.setdefault("sent", [])  # type: ignore[no-any-return]


def _header(one: dict[str, Any], name: str) -> str:
    wanted = re.compile(re.escape(name), re.IGNORECASE)
    return next((str(one["value"]) for one in one["payload"]["headers"] if wanted.fullmatch(one["name"])), "")


SERVICE = Service(
    name="gmail",
    settings={"GMAIL_BASE_URL": "{url}"},
    authorize=authorize,
    routes=[
        Route("GET", "/users/me/profile", profile),
        Route("GET", "/users/me/messages", listed),
        Route("POST", "/users/me/messages/send", sent),
        Route("GET", "/users/me/messages/{id}", got),
        Route("GET", "/users/me/threads/{id}", thread),
    ],
    errors=ERRORS,
)
