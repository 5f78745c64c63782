"""What Plaid answers, as far as we use it, and what we make of a bank."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from typing import Annotated, TypeVar

from msgspec import Meta, Raw, Struct, ValidationError
from msgspec.json import decode

T = TypeVar("T")
Amount = Annotated[float, Meta(ge=-1e12, le=1e12)]
Id = Annotated[str, Meta(min_length=1, max_length=200)]


class Balances(Struct, frozen=True):
    available: Amount | None = None
    current: Amount | None = None
    limit: Amount | None = None
    iso_currency_code: str | None = None
    unofficial_currency_code: str | None = None


class Account(Struct, frozen=True):
    account_id: Id
    name: str
    balances: Balances = Balances()
    official_name: str | None = None
    mask: str | None = None
    """The last digits of its number."""
    type: str = "other"
    """depository, credit, loan, investment or other."""
    subtype: str | None = None

    @property
    def owes(self) -> bool:
        """Its balance is what its owner owes."""
        return self.type in ("credit", "loan")

    @property
    def balance(self) -> float | None:
        """What can be spent, or is owed; None when the bank does not say."""
        if self.type == "depository" and self.balances.available is not None:
            return self.balances.available
        return self.balances.current


class Item(Struct, frozen=True):
    institution_name: str | None = None


class Accounts(Struct, frozen=True):
    accounts: list[Raw]
    item: Item | None = None


class Category(Struct, frozen=True):
    primary: str = ""
    detailed: str = ""


class Transaction(Struct, frozen=True):
    transaction_id: Id
    account_id: Id
    amount: Amount
    """Positive: money out."""
    date: date
    name: str = ""
    merchant_name: str | None = None
    iso_currency_code: str | None = None
    unofficial_currency_code: str | None = None
    pending: bool = False
    personal_finance_category: Category | None = None
    payment_channel: str | None = None


class Removed(Struct, frozen=True):
    transaction_id: Id


class Page(Struct, frozen=True):
    """One answer of /transactions/sync."""

    added: list[Raw]
    modified: list[Raw]
    removed: list[Raw]
    next_cursor: str
    has_more: bool
    transactions_update_status: str = ""


class Failure(Struct, frozen=True):
    error_code: str
    error_type: str = ""


class Bank(Struct, frozen=True):
    """A linked bank, as far as it could be read."""

    name: str
    accounts: tuple[Account, ...]
    transactions: tuple[Transaction, ...] = ()
    complete: bool = True
    """False: there were more transactions than we read."""


def currency(holder: Balances | Transaction) -> str:
    """An ISO code, or whatever the bank calls it."""
    return holder.iso_currency_code or holder.unofficial_currency_code or "USD"


def readable(entries: Sequence[Raw], shape: type[T]) -> list[T]:
    """The entries that fit: an odd one does not spoil the rest."""
    found = []
    for entry in entries:
        try:
            found.append(decode(entry, type=shape, strict=False))
        except (ValidationError, RecursionError):
            continue
    return found
