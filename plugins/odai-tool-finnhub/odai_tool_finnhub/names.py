"""What people call a stock -> its ticker: "Apple", "shares of apple", "AAPL" and "A A P L" are one."""

from __future__ import annotations

import re

from odai_core import ToolError


def ticker(said: str) -> str | None:
    """The ticker, when it is one or when everybody knows the company's; None when it takes a search."""
    words = search_words(said)
    known = _TICKERS.get(" ".join(words))
    if known:
        return known
    if 2 <= len(words) <= 5 and all(len(word) == 1 for word in words):
        return "".join(words).upper()
    # Only capitals make a ticker: "Visa" and "ford" are names, and FORD is not Ford's.
    kept = [word for word in _split(said) if word.casefold() not in _FILLER]
    match = re.fullmatch(r"([A-Z]{1,5})(?:[.-]([A-Z]))?", kept[0]) if len(kept) == 1 else None
    return ".".join(part for part in match.groups() if part) if match else None


def search_words(said: str) -> list[str]:
    """Lower-case words without filler. Raises `ToolError("bad_request")` with the question to ask back."""
    words = [word for text in _split(said) for word in re.findall(r"[a-z0-9]+", text.casefold().replace("'s", ""))]
    kept = [word for word in words if word not in _FILLER]
    if not kept or len(kept) > 8:
        raise ToolError("bad_request", "Which company do you mean? Tell me its name or its ticker symbol.")
    return kept


def _split(said: str) -> list[str]:
    return said[:200].replace("$", " ").replace("&", " and ").split()


_FILLER = frozenset(
    {
        "the", "of", "and", "stock", "stocks", "share", "shares", "price", "ticker", "symbol", "today", "company",
        "inc", "incorporated", "corp", "corporation", "co", "plc", "ltd",
    }
)  # fmt: skip
# The most asked for, so that they cost no search; and those that are not called what they are registered as.
_TICKERS = {
    "apple": "AAPL", "microsoft": "MSFT", "nvidia": "NVDA", "amazon": "AMZN", "google": "GOOGL", "alphabet": "GOOGL",
    "facebook": "META", "meta": "META", "meta platforms": "META", "tesla": "TSLA", "netflix": "NFLX", "amd": "AMD",
    "intel": "INTC", "ibm": "IBM", "oracle": "ORCL", "salesforce": "CRM", "adobe": "ADBE", "cisco": "CSCO",
    "qualcomm": "QCOM", "broadcom": "AVGO", "micron": "MU", "palantir": "PLTR", "snowflake": "SNOW", "uber": "UBER",
    "lyft": "LYFT", "airbnb": "ABNB", "doordash": "DASH", "spotify": "SPOT", "paypal": "PYPL", "coinbase": "COIN",
    "shopify": "SHOP", "zoom": "ZM", "reddit": "RDDT", "pinterest": "PINS", "snap": "SNAP", "snapchat": "SNAP",
    "berkshire": "BRK.B", "berkshire hathaway": "BRK.B", "jp morgan": "JPM", "jpmorgan": "JPM", "chase": "JPM",
    "jpmorgan chase": "JPM", "bank america": "BAC", "wells fargo": "WFC", "goldman": "GS", "goldman sachs": "GS",
    "morgan stanley": "MS", "citigroup": "C", "citi": "C", "citibank": "C", "visa": "V", "mastercard": "MA",
    "american express": "AXP", "amex": "AXP", "walmart": "WMT", "target": "TGT", "costco": "COST", "home depot": "HD",
    "lowe": "LOW", "lowes": "LOW", "best buy": "BBY", "ebay": "EBAY", "kroger": "KR", "starbucks": "SBUX",
    "mcdonald": "MCD", "mcdonalds": "MCD", "chipotle": "CMG", "coca cola": "KO", "coke": "KO", "pepsi": "PEP",
    "pepsico": "PEP", "nike": "NKE", "disney": "DIS", "walt disney": "DIS", "comcast": "CMCSA", "verizon": "VZ",
    "at t": "T", "att": "T", "t mobile": "TMUS", "boeing": "BA", "lockheed martin": "LMT", "ford": "F",
    "ford motor": "F", "gm": "GM", "general motors": "GM", "ge": "GE", "general electric": "GE", "rivian": "RIVN",
    "lucid": "LCID", "caterpillar": "CAT", "deere": "DE", "john deere": "DE", "exxon": "XOM", "exxon mobil": "XOM",
    "exxonmobil": "XOM", "chevron": "CVX", "pfizer": "PFE", "moderna": "MRNA", "merck": "MRK", "eli lilly": "LLY",
    "lilly": "LLY", "johnson johnson": "JNJ", "j j": "JNJ", "procter gamble": "PG", "p g": "PG", "unitedhealth": "UNH",
    "united health": "UNH", "cvs": "CVS", "delta": "DAL", "delta air lines": "DAL", "delta airlines": "DAL",
    "united airlines": "UAL", "american airlines": "AAL", "southwest": "LUV", "southwest airlines": "LUV",
    "jetblue": "JBLU", "ups": "UPS", "fedex": "FDX", "gamestop": "GME", "game stop": "GME", "amc": "AMC", "3m": "MMM",
}  # fmt: skip
