"""What CoinMarketCap answers (v3), as far as we use it; `data` and each `quote` are lists."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Annotated

from msgspec import Meta, Raw, Struct, ValidationError
from msgspec.json import decode

from odai_core import ToolError

Moment = Annotated[datetime, Meta(tz=True)]
Dollars = Annotated[float, Meta(ge=0, le=1e15)]
Percent = Annotated[float, Meta(ge=-100, le=1e9)]

CURRENCY = "USD"


class Quote(Struct, frozen=True):
    symbol: str
    """Of the currency."""
    price: Dollars | None = None
    percent_change_1h: Percent | None = None
    percent_change_24h: Percent | None = None
    percent_change_7d: Percent | None = None
    percent_change_30d: Percent | None = None
    market_cap: Dollars | None = None
    volume_24h: Dollars | None = None
    last_updated: Moment | None = None


class Coin(Struct, frozen=True):
    id: int
    name: str
    symbol: str
    slug: str = ""
    cmc_rank: Annotated[int, Meta(ge=1)] | None = None
    circulating_supply: float | None = None
    max_supply: float | None = None
    quote: list[Quote] = []

    @property
    def in_dollars(self) -> Quote | None:
        """Its price; None when CoinMarketCap follows it no more."""
        return next((quote for quote in self.quote if quote.symbol == CURRENCY and quote.price is not None), None)


class Status(Struct, frozen=True):
    error_code: int | None = 0


class Answer(Struct, frozen=True):
    status: Status = Status()
    data: list[Raw] | None = None


def coins(data: Sequence[Raw]) -> list[Coin]:
    """The entries that can be read, the largest coin first. Raises `ToolError("bad_shape")` when none of them can."""
    found = []
    for entry in data:
        try:
            found.append(decode(entry, type=Coin, strict=False))
        except (ValidationError, RecursionError):
            continue
    if data and not found:
        raise ToolError("bad_shape", "CoinMarketCap gave an answer I can't read. Please try again in a moment.")
    # A symbol may stand for many coins; those that are followed have a rank.
    return sorted(found, key=lambda coin: (coin.in_dollars is None, coin.cmc_rank is None, coin.cmc_rank or 0))
