"""What accounts and transactions add up to. Positive is money out, as Plaid counts; currencies stay apart."""

from __future__ import annotations

import math
import re
from collections import defaultdict
from collections.abc import Iterable, Sequence
from datetime import date

from msgspec import Struct

from odai_tool_plaid.shapes import Account, Bank, Transaction, currency

_OWN = frozenset({"TRANSFER_IN", "TRANSFER_OUT"})
_CARD_PAID = "LOAN_PAYMENTS_CREDIT_CARD_PAYMENT"
"""Paid from one account onto another: to count it as spent would count the purchase twice."""


class Flow(Struct, frozen=True):
    """Of one currency."""

    out: float
    into: float
    moved: float
    """Transfers and card payments, out only: neither spent nor earned."""
    categories: tuple[tuple[str, float], ...]
    """What was spent on what, the most first."""


class Entry(Struct, frozen=True):
    """A transaction with where it belongs."""

    transaction: Transaction
    account: Account | None
    bank: str


def entries(banks: Iterable[Bank], first: date, last: date, wanted: frozenset[str] | None) -> list[Entry]:
    """Those of the days, the newest first; `wanted` are ids of accounts, None all of them."""
    found: list[Entry] = []
    for bank in banks:
        owners = {account.account_id: account for account in bank.accounts}
        found += [
            Entry(transaction=one, account=owners.get(one.account_id), bank=bank.name)
            for one in bank.transactions
            if first <= one.date <= last and (wanted is None or one.account_id in wanted)
        ]
    return sorted(found, key=lambda entry: (entry.transaction.date, entry.transaction.pending), reverse=True)


def flows(found: Sequence[Entry]) -> dict[str, Flow]:
    """By currency, the one with the most transactions first."""
    by_currency: dict[str, list[Transaction]] = defaultdict(list)
    for entry in found:
        by_currency[currency(entry.transaction)].append(entry.transaction)
    most = sorted(by_currency.items(), key=lambda pair: -len(pair[1]))
    return {unit: _flow(several) for unit, several in most}


def totals(banks: Iterable[Bank]) -> dict[str, dict[str, float]]:
    """By currency: what is in the accounts, what is invested and what is owed."""
    sums: dict[str, dict[str, list[float]]] = defaultdict(lambda: defaultdict(list))
    for bank in banks:
        for account in bank.accounts:
            kind = "owed" if account.owes else "cash" if account.type == "depository" else "invested_or_other"
            if account.balance is not None:
                sums[currency(account.balances)][kind].append(account.balance)
    return {unit: {kind: _sum(amounts) for kind, amounts in kinds.items()} for unit, kinds in sums.items()}


def matching(banks: Sequence[Bank], said: str) -> frozenset[str]:
    """The ids of the accounts that somebody means by "checking", "card 3333", a bank's name or an id."""
    words = _words(said)
    chosen = [
        account.account_id
        for bank in banks
        for account in bank.accounts
        if account.account_id == said.strip() or (words and words <= _described(account, bank))
    ]
    return frozenset(chosen)


def category(transaction: Transaction) -> str:
    """As people say it: "FOOD_AND_DRINK" -> "food and drink"; "other" when Plaid has none."""
    given = transaction.personal_finance_category
    known = given is not None and re.fullmatch(r"[A-Z]+(?:_[A-Z]+){0,5}", given.primary[:60])
    return known[0].replace("_", " ").casefold() if known else "other"


def _flow(several: Sequence[Transaction]) -> Flow:
    spent: dict[str, list[float]] = defaultdict(list)
    real = [one for one in several if not _own(one)]
    for one in real:
        if one.amount > 0:
            spent[category(one)].append(one.amount)
    most = sorted(((name, _sum(amounts)) for name, amounts in spent.items()), key=lambda pair: -pair[1])
    return Flow(
        out=_sum(one.amount for one in real if one.amount > 0),
        into=_sum(-one.amount for one in real if one.amount < 0),
        moved=_sum(one.amount for one in several if _own(one) and one.amount > 0),
        categories=tuple(most),
    )


def _own(transaction: Transaction) -> bool:
    given = transaction.personal_finance_category
    return given is not None and (given.primary in _OWN or given.detailed == _CARD_PAID)


def _sum(amounts: Iterable[float]) -> float:
    return round(math.fsum(amounts), 2)


def _described(account: Account, bank: Bank) -> set[str]:
    texts = (account.name, account.official_name, account.subtype, account.type, account.mask, bank.name)
    return _words(" ".join(text for text in texts if text))


def _words(text: str) -> set[str]:
    """Without those that tell nothing, and without their plural s."""
    found = re.findall(r"[^\W_]+", text[:400].casefold())
    return {word.removesuffix("s") for word in found} - {"account", "my", "the", "at", "of", "ending", "in", "bank"}
