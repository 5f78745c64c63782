"""What is said of accounts and money, made from the data."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from odai_core import speech
from odai_tool_plaid.banks import Banks, Missing
from odai_tool_plaid.shapes import Account, Transaction, currency
from odai_tool_plaid.sums import Entry, Flow, category


def accounts(banks: Banks) -> str:
    """How many, and at most three of them with their balances."""
    every = [account for bank in banks.found for account in bank.accounts]
    told = [_account(account) for account in every if account.balance is not None][:3]
    opening = f"You have {_exactly(len(every), 'account')} at {_at(banks)}."
    missing = _missing(banks.missing)
    several = [f"{opening} {'; '.join(told[:many])}.{missing}" for many in range(len(told), 0, -1)]
    return speech.fit(*several, f"{opening}{missing}", opening)


def transactions(found: Sequence[Entry], flows: Mapping[str, Flow], days: int, banks: Banks, account: str) -> str:
    """What went out and came in, on what the most was spent, and the latest."""
    (unit, flow), *_ = flows.items()
    when = f"In the last {_exactly(days, 'day')}" if days > 1 else "Today"
    out, into = (_money(amount, unit) if amount else "nothing" for amount in (flow.out, flow.into))
    sums = f"{when}{account and f', with {account},'} you spent {out} and received {into}."
    if not all(bank.complete for bank in banks.found):
        sums += " There was more than I could read."
    others = f" There is more in {speech.join(_unit(other) for other in list(flows)[1:4])}." if len(flows) > 1 else ""
    most = (
        f" The most went to {flow.categories[0][0]}: {_money(flow.categories[0][1], unit)}." if flow.categories else ""
    )
    latest = f" The latest is {_entry(found[0].transaction)}."
    missing = _missing(banks.missing)
    return speech.fit(
        f"{sums}{others}{most}{latest}{missing}", f"{sums}{most}{missing}", f"{sums}{missing}", f"{sums}", sums[:299]
    )


def names(banks: Banks) -> str:
    """Three accounts to choose from."""
    return speech.join([_name(account) for bank in banks.found for account in bank.accounts][:3])


def account_projection(account: Account, bank: str) -> dict[str, Any]:
    """What a model needs to talk about it and to ask for its transactions."""
    return {
        "bank": bank,
        "name": _name(account),
        "ends_in": speech.clean(account.mask, 8) or None,
        "kind": speech.clean(account.subtype or account.type, 20),
        "owed" if account.owes else "balance": account.balance,
        "currency": currency(account.balances)[:10],
    }


def entry_projection(entry: Entry) -> dict[str, Any]:
    """One of five; positive is money out."""
    one = entry.transaction
    return {
        "date": f"{one.date}",
        "name": who(one),
        "amount": one.amount,
        "category": category(one),
        "pending": one.pending,
        "account": _name(entry.account) if entry.account else None,
    }


def who(transaction: Transaction) -> str:
    """The merchant, or what the bank wrote."""
    return speech.clean(transaction.merchant_name, 60) or speech.clean(transaction.name, 60) or "somebody"


def _entry(one: Transaction) -> str:
    way = "from" if one.amount < 0 else "to"
    pending = ", still pending" if one.pending else ""
    return f"{_money(abs(one.amount), currency(one))} {way} {who(one)[:40].rstrip(' .')}{pending}"


def _account(account: Account) -> str:
    amount = _money(account.balance or 0, currency(account.balances))
    if account.owes:
        return f"you owe {amount} on {_name(account)}"
    return f"{_name(account)} has {amount}"


def _name(account: Account) -> str:
    name = speech.clean(account.name, 40).rstrip(" .")
    return name or speech.clean(account.subtype or account.type, 20) or "an account"


def _at(banks: Banks) -> str:
    if len(banks.found) > 3:
        return f"{speech.number(len(banks.found))} banks"
    return speech.join(bank.name.rstrip(" .") for bank in banks.found)


def _missing(missing: Sequence[Missing]) -> str:
    """Who is not in it, for a sum without a bank is a wrong sum."""
    if not missing:
        return ""
    if len(missing) > 1:
        return f" {speech.number(len(missing)).capitalize()} other banks didn't answer."
    (one,) = missing
    why = "has to be connected again" if one.connect_url is not None else "didn't answer"
    return f" {one.bank[:40].rstrip(' .')} {why}, so it isn't in this."


def _money(amount: float, unit: str) -> str:
    return speech.money(amount, _unit(unit)) if abs(amount) < 1e11 else "more than I can say"


def _unit(unit: str) -> str:
    return speech.clean(unit, 10).rstrip(".") or "USD"


def _exactly(value: int, noun: str) -> str:
    return f"{speech.number(value)} {noun}{'' if value == 1 else 's'}"
