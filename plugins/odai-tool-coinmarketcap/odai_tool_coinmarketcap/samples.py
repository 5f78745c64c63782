"""Answers for demo mode, in CoinMarketCap's own shape, with prices of a minute ago."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime, timedelta
from importlib.resources import files

import msgspec

from odai_core import ToolError
from odai_tool_coinmarketcap.names import Query
from odai_tool_coinmarketcap.shapes import Answer, Coin, coins


def find(queries: Iterable[Query], now: datetime) -> list[Coin]:
    """The coins of that symbol or slug."""
    text = files(__package__).joinpath("samples.json").read_text(encoding="utf-8")
    dated = text.replace("a minute ago", (now - timedelta(minutes=1)).isoformat(timespec="seconds"))
    known = coins(msgspec.json.decode(dated, type=Answer).data or [])
    found = [coin for coin in known for query in queries if getattr(coin, query.by) == query.value]
    if not found:
        names = "Bitcoin, Ethereum, Tether, X R P, Solana, Dogecoin, Cardano, Litecoin and Shiba Inu"
        raise ToolError("not_found", f"My sample data only knows {names}.")
    return found
