"""Exchange rates pass the standard tests."""

from __future__ import annotations

from odai_core.testing.kit import conformance

TestExchangeRate = conformance(
    "exchange-rate",
    happy={
        "get_exchange_rates_for_currency": {"currency_ISO4217": "USD"},
        "get_exchange_rate_for_currency_pair": {
            "from_currency_ISO4217": "USD",
            "to_currency_ISO4217": "EUR",
            "amount": 100,
        },
    },
    unknown={
        "get_exchange_rates_for_currency": {"currency_ISO4217": "XXZ"},
        "get_exchange_rate_for_currency_pair": {"from_currency_ISO4217": "USD", "to_currency_ISO4217": "XXZ"},
    },
)
