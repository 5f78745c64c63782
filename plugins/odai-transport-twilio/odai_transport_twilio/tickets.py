"""The one-call ticket: proof, in the stream's `start` frame, that the webhook of this very call sent it here."""

from __future__ import annotations

import secrets
import time
from collections.abc import Callable
from dataclasses import dataclass

from odai_core import TransportContext

_REMEMBERED = 10_000


@dataclass(frozen=True, kw_only=True)
class Ticket:
    """One call: Twilio's id for it and the caller's number in E.164, None when withheld."""

    call_sid: str
    phone: str | None


class Tickets:
    """Makes tickets and takes each one once. Any server with our secret can take it; used ones are known here only."""

    def __init__(
        self,
        context: TransportContext,
        max_age: float,
        clock: Callable[[], float] = time.monotonic,
        remembered: int = _REMEMBERED,
    ) -> None:
        self._context = context
        self._max_age = max_age
        self._clock = clock
        self._remembered = remembered
        self._used: dict[str, float] = {}

    def issue(self, ticket: Ticket) -> str:
        """The ticket as text; nobody can make or change one without our secret."""
        nonce = secrets.token_urlsafe(9)
        return self._context.sign({"call_sid": ticket.call_sid, "from": ticket.phone or "", "nonce": nonce})

    def redeem(self, text: str, call_sid: str) -> Ticket | None:
        """The ticket, when it is ours, fresh, unused and for this call."""
        claims = self._context.unsign(text, max_age=self._max_age) if text else None
        if claims is None or claims.get("call_sid") != call_sid:
            return None
        nonce, phone = claims.get("nonce"), claims.get("from")
        if not isinstance(nonce, str) or not isinstance(phone, str) or not self._first_use(nonce):
            return None
        return Ticket(call_sid=call_sid, phone=phone or None)

    def _first_use(self, nonce: str) -> bool:
        now = self._clock()
        while self._used and self._used[oldest := next(iter(self._used))] < now:
            del self._used[oldest]
        # A full guard refuses: forgetting a used ticket would let it in twice.
        if nonce in self._used or len(self._used) >= self._remembered:
            return False
        self._used[nonce] = now + self._max_age
        return True
