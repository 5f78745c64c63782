"""The ledger: what each prompt and call used and cost, and whether a user may have more today."""

from __future__ import annotations

import hashlib
import hmac
import math
import secrets
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any, Literal

from odai_core.calls import Caller
from odai_core.chats import Usage
from odai_core.errors import QuotaReached
from odai_core.store.database import Database
from odai_core.store.usage import Total, UsageStore, Used
from odai_core.usage.prices import NANOS, count, load_prices

Kind = Literal["chat", "title", "suggestions", "call"]
DAY_SECONDS = 86400
LONGEST_CALL = 10**6
"""Seconds of one record."""
GUESTS = "guest"
"""The account of all guests without a telephone number."""


class Ledger:
    """One per server. Owns none of what it is given. `clock` gives unix seconds.

    Raises SettingError for a price table that cannot be used.
    """

    def __init__(self, database: Database, core: Mapping[str, Any], clock: Callable[[], float] = time.time) -> None:
        self._store = UsageStore(database)
        self._clock = clock
        self.prices = load_prices(core["ODAI_PRICES"])
        self._salt = (core["ODAI_SECRET"].reveal() or secrets.token_hex()).encode()
        self._nanos = int(Decimal(core["ODAI_DAILY_USD"]) * NANOS)
        self._tokens = int(core["ODAI_DAILY_TOKENS"])
        self._running: dict[str, list[Callable[[], Usage]]] = {}
        self._call_ms = round(core["ODAI_DAILY_CALL_MINUTES"] * 60_000)

    @contextmanager
    def running(self, user: str, used: Callable[[], Usage]) -> Iterator[None]:
        """While it is open, `check` counts what `used` tells as well: of work that is not written down yet."""
        mine = self._running.setdefault(user, [])
        mine.append(used)
        try:
            yield
        finally:
            mine.remove(used)
            if not mine:
                del self._running[user]

    def account(self, caller: Caller) -> str:
        """Who pays for a caller: the user; for a guest the telephone number, hashed; else all guests together."""
        if caller.user_id:
            return caller.user_id
        if not caller.phone:
            return GUESTS
        digest = hmac.new(self._salt, b"usage:" + caller.phone.encode("utf-8", "replace"), hashlib.sha256)
        return f"{GUESTS}|{digest.hexdigest()[:16]}"

    async def check(self, user: str, *, call: bool = False) -> None:
        """Raises QuotaReached when the user has had all that this day (UTC) allows; `call` counts minutes too."""
        if not (self._nanos or self._tokens or (call and self._call_ms)):
            return
        today = await self.today(user)
        now = [used() for used in self._running.get(user, ())]
        nanos = today.cost_nanos + sum(self.prices.cost(used, self.day()) or 0 for used in now)
        tokens = today.input_tokens + today.output_tokens
        tokens += sum(count(used.input_tokens) + count(used.output_tokens) for used in now)
        reached = (
            0 < self._nanos <= nanos or 0 < self._tokens <= tokens or (call and 0 < self._call_ms <= today.call_ms)
        )
        if reached:
            refusal = QuotaReached(
                "You have had all that this assistant may do for you in a day. Please come back tomorrow."
            )
            refusal.retry_after = math.ceil(DAY_SECONDS - self._clock() % DAY_SECONDS)
            raise refusal

    async def today(self, user: str) -> Total:
        """What a user has had since midnight, UTC."""
        return await self._store.of_day(user, self.day().isoformat())

    async def record(self, usage: Usage, *, id: str, user: str, kind: Kind, chat_id: str) -> float | None:
        """Write it down once: a second time with the same `id` changes nothing. The cost in US dollars, if known."""
        day = self.day()
        cost = self.prices.cost(usage, day)
        await self._store.add(
            Used(
                id=id,
                user=user,
                kind=kind,
                chat_id=chat_id,
                day=day.isoformat(),
                at=self._clock(),
                model=usage.model,
                input_tokens=count(usage.input_tokens),
                cached_input_tokens=count(usage.cached_input_tokens),
                output_tokens=count(usage.output_tokens),
                audio_input_tokens=count(usage.audio_input_tokens),
                cached_audio_input_tokens=count(usage.cached_audio_input_tokens),
                audio_output_tokens=count(usage.audio_output_tokens),
                call_ms=_milliseconds(usage.seconds),
                cost_nanos=cost,
            )
        )
        return None if cost is None else cost / NANOS

    def day(self) -> date:
        """Today, UTC."""
        return datetime.fromtimestamp(self._clock(), UTC).date()


def _milliseconds(seconds: float) -> int:
    return round(min(seconds, LONGEST_CALL) * 1000) if seconds > 0 else 0
