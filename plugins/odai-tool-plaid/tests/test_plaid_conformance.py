"""The standard tests of connectors, for Plaid's."""

from __future__ import annotations

from odai_core.testing.kit import conformance

TestPlaid = conformance(
    "plaid",
    happy={
        "get_accounts_at_plaid": {},
        "get_transactions_at_plaid": [{}, {"days": 7}, {"days": 90, "account": "checking"}],
        "connect_plaid_account": {},
    },
    unknown={"get_transactions_at_plaid": {"account": "mortgage at another bank"}},
    offline={"connect_plaid_account"},
)
