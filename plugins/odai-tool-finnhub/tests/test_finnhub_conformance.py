"""The standard tests of connectors, for Finnhub's."""

from __future__ import annotations

from odai_core.testing.kit import conformance

TestFinnhub = conformance(
    "finnhub",
    happy={
        "get_stock_price_at_finnhub": [{"symbol": "Apple"}, {"symbol": "ford motor"}],
        "get_annual_financials_at_finnhub": [{"symbol": "aapl"}, {"symbol": "Apple"}],
        "get_quarterly_stock_financials_at_finnhub": [{"symbol": "aapl"}, {"symbol": "Apple", "quarter": 2}],
    },
    unknown={
        "get_stock_price_at_finnhub": {"symbol": "ZZZZ"},
        "get_annual_financials_at_finnhub": {"symbol": "ZZZZ"},
        "get_quarterly_stock_financials_at_finnhub": {"symbol": "AAPL", "quarter": 4},
    },
    samples={"get_stock_price_at_finnhub": {"symbol": "Tesla"}},
)
