"""The standard tests of connectors, for CoinMarketCap's."""

from __future__ import annotations

from odai_core.testing.kit import conformance

TestCoinMarketCap = conformance(
    "coinmarketcap",
    happy={"check_crypto_price_at_coinmarketcap": [{"crypto_symbol": "bitcoin"}, {"crypto_symbol": "SHIB"}]},
    unknown={"check_crypto_price_at_coinmarketcap": {"crypto_symbol": "XYZ"}},
)
