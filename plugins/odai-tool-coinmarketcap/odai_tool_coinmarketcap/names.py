"""What people call a coin -> how CoinMarketCap may know it: "bitcoin", "$btc" and "B T C" are one."""

from __future__ import annotations

import re
from typing import Literal, NamedTuple

from odai_core import ToolError


class Query(NamedTuple):
    by: Literal["symbol", "slug"]
    value: str


def queries(said: str) -> list[Query]:
    """One or two ways to ask, the likelier first. Raises `ToolError("bad_request")` with the question to ask back."""
    words = _words(said)
    name, joined = " ".join(words), "".join(words)
    known = _SYMBOLS.get(name) or _SYMBOLS.get(joined)
    if known:
        return [Query("symbol", known)]
    if not joined or len(joined) > 60:
        raise ToolError("bad_request", "Which coin do you mean? Tell me its name or its symbol.")
    by_symbol, by_slug = Query("symbol", joined.upper()), Query("slug", "-".join(words))
    if len(words) <= 10 and all(len(word) == 1 for word in words):
        return [by_symbol]
    if len(words) > 1:
        return [by_slug]
    # Hardly a symbol is longer than six letters, hardly a name shorter than five.
    ways = [by_symbol, by_slug] if len(joined) <= 6 else [by_slug, by_symbol]
    return ways if len(joined) <= 15 else [by_slug]


def _words(said: str) -> list[str]:
    """Lower-case words without filler."""
    found: list[str] = re.findall(r"[a-z0-9]+", said[:200].casefold().replace("'s", ""))
    return [word for word in found if word not in _FILLER]


_FILLER = frozenset(
    {"the", "a", "of", "price", "coin", "coins", "token", "tokens", "crypto", "cryptocurrency", "symbol", "today"}
)
# Where the name alone would find nothing, or a coin that nobody means; some as they are misheard.
_SYMBOLS = {
    "bitcoin": "BTC", "bitcoins": "BTC", "ethereum": "ETH", "ether": "ETH", "etherium": "ETH", "tether": "USDT",
    "ripple": "XRP", "binance": "BNB", "solana": "SOL", "usd": "USDC", "dogecoin": "DOGE", "doge": "DOGE",
    "dodge": "DOGE", "dodgecoin": "DOGE", "cardano": "ADA", "tron": "TRX", "avalanche": "AVAX", "chainlink": "LINK",
    "shiba inu": "SHIB", "shiba": "SHIB", "polkadot": "DOT", "bitcoin cash": "BCH", "litecoin": "LTC", "lite": "LTC",
    "light": "LTC", "uniswap": "UNI", "stellar": "XLM", "stellar lumens": "XLM", "lumens": "XLM", "monero": "XMR",
    "toncoin": "TON", "hedera": "HBAR", "cosmos": "ATOM", "ethereum classic": "ETC", "polygon": "POL", "matic": "POL",
    "near protocol": "NEAR", "internet computer": "ICP", "aptos": "APT", "filecoin": "FIL", "arbitrum": "ARB",
    "optimism": "OP", "algorand": "ALGO", "vechain": "VET", "aave": "AAVE", "zcash": "ZEC", "tezos": "XTZ",
    "graph": "GRT", "worldcoin": "WLD", "injective": "INJ", "render": "RENDER", "kaspa": "KAS",
    "dogwifhat": "WIF", "hyperliquid": "HYPE",
}  # fmt: skip
