"""Plaid: what is in a user's bank accounts, and where the money went."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

from odai_core import AccountNeeded, Setting, ToolContext, ToolError, ToolPlugin, ToolResponse, hookimpl, speech, tool
from odai_tool_plaid import asking, banks, spoken, sums
from odai_tool_plaid.banks import Banks
from odai_tool_plaid.shapes import Account, currency
from odai_tool_plaid.sums import Entry, Flow

SECONDS = 20.0
MOST_DAYS = 730
"""Plaid keeps two years."""
MOST_SHOWN = 250
_WHERE = "Plaid's dashboard, under Keys"


@tool(
    examples=[
        "how much money do I have in the bank",
        "what's my bank balance",
        "show my bank accounts",
        "what do I owe on my credit card",
        "list all my accounts at the bank",
        "how much is in my savings account",
        "check my account balances",
        "what is in my checking account",
    ],
    progress="Looking at your bank accounts",
    timeout=SECONDS,
)
async def get_accounts_at_plaid(ctx: ToolContext) -> ToolResponse:
    """Look up the user's accounts at all linked banks, with balances, and what they add up to."""
    found = await banks.read(ctx, asking.accounts)
    every = [(account, bank.name) for bank in found.found for account in bank.accounts]
    if not every:
        raise ToolError("not_found", "Your bank shows me no accounts.")
    shown = [_account_shown(account, bank) for account, bank in every]
    return ToolResponse(
        response_type="plaid_accounts_response",
        response={"accounts": shown, "totals": sums.totals(found.found), "unavailable": found.shown()},
        spoken=spoken.accounts(found),
        voice={
            "accounts": [spoken.account_projection(account, bank) for account, bank in every[:5]],
            "missing_banks": found.names_missing(),
        },
        sample=banks.sampled(ctx),
    )


@tool(
    examples=[
        "what did I spend in the last {days:30} days",
        "show my bank transactions of the last {days:7} days",
        "where did my money go this month",
        "list the transactions on my {account:checking} account",
        "what did I buy with my {account:credit card} in the last {days:14} days",
        "how much did I spend on food lately",
        "did my salary arrive",
        "show what went out of my {account:savings} account in {days:90} days",
        "my latest bank transactions",
    ],
    progress="Looking at your transactions",
    timeout=SECONDS,
)
async def get_transactions_at_plaid(ctx: ToolContext, days: int = 30, account: str | None = None) -> ToolResponse:
    """Look up what went out of and came into the user's bank accounts, by day, merchant and category, with sums.

    Args:
        days: How many days back, today included, 1 to 730.
        account: Only one account or bank: its name, kind, last digits or id; null for all.
    """
    days = min(max(days, 1), MOST_DAYS)
    last = speech.local(datetime.now(UTC), ctx.caller.time_zone).date()
    found = await banks.read(ctx, asking.transactions)
    wanted = _wanted(found, account)
    entries = sums.entries(found.found, last - timedelta(days=days - 1), last + timedelta(days=1), wanted)
    if not entries:
        when = "today" if days == 1 else f"in the last {speech.number(days)} days"
        raise ToolError("not_found", f"I couldn't find any transactions {when}.")
    flows = sums.flows(entries)
    named = speech.clean(account, 40).rstrip(".") if account else ""
    return ToolResponse(
        response_type="plaid_transactions_response",
        response={
            "from": f"{last - timedelta(days=days - 1)}",
            "to": f"{last}",
            "account": named or None,
            "sums": {unit: _flow_shown(flow) for unit, flow in flows.items()},
            "count": len(entries),
            "complete": all(bank.complete for bank in found.found),
            "transactions": [_entry_shown(entry) for entry in entries[:MOST_SHOWN]],
            "unavailable": found.shown(),
        },
        spoken=spoken.transactions(entries, flows, days, found, named),
        voice={
            "sums": {unit: _flow_shown(flow, 3) for unit, flow in list(flows.items())[:2]},
            "transactions": [spoken.entry_projection(entry) for entry in entries[:4]],
            "missing_banks": found.names_missing(),
        },
        sample=banks.sampled(ctx),
    )


@tool(
    examples=[
        "connect my bank",
        "link my bank account",
        "add another bank",
        "I want to connect my checking account",
        "set up Plaid",
        "connect my bank account again",
        "link my credit card",
        "let you see my bank accounts",
    ],
    progress="Preparing the way to your bank",
)
async def connect_plaid_account(ctx: ToolContext) -> ToolResponse:
    """Offer the user a button to connect a bank, another one, or one again; nothing is read from it."""
    account = banks.account_of(ctx)
    # Who has no bank yet is offered to connect one by the account itself.
    await account.links()
    offer = account.needed("Use the button to connect a bank.")
    if not isinstance(offer, AccountNeeded):
        raise offer
    return ToolResponse(
        response_type="connect_plaid_account",
        response={"account_type": offer.account_type, "connect_url": offer.connect_url},
        spoken="Use the button to connect another bank, or to connect one again.",
        voice={},
    )


def _wanted(found: Banks, account: str | None) -> frozenset[str] | None:
    """The ids of the accounts that are meant, None for all. Raises not_found."""
    if account is None or not account.strip():
        return None
    wanted = sums.matching(found.found, account)
    if not wanted:
        raise ToolError("not_found", f"I couldn't find that account. You have {spoken.names(found) or 'none'}.")
    return wanted


def _account_shown(account: Account, bank: str) -> dict[str, Any]:
    balances = account.balances
    return {
        "id": account.account_id,
        "bank": bank,
        "name": speech.clean(account.name, 80),
        "official_name": speech.clean(account.official_name, 120) or None,
        "mask": speech.clean(account.mask, 8) or None,
        "type": speech.clean(account.type, 20),
        "subtype": speech.clean(account.subtype, 30) or None,
        "available": balances.available,
        "current": balances.current,
        "limit": balances.limit,
        "currency": currency(balances)[:10],
    }


def _flow_shown(flow: Flow, most: int = 12) -> dict[str, Any]:
    return {
        "money_out": flow.out,
        "money_in": flow.into,
        "moved_between_accounts": flow.moved,
        "spent_on": [{"category": name, "amount": amount} for name, amount in flow.categories[:most]],
    }


def _entry_shown(entry: Entry) -> dict[str, Any]:
    one, account = entry.transaction, entry.account
    return {
        "date": f"{one.date}",
        "name": spoken.who(one),
        "amount": one.amount,
        "currency": currency(one)[:10],
        "pending": one.pending,
        "category": sums.category(one),
        "account": speech.clean(account.name, 60) if account else None,
        "mask": speech.clean(account.mask, 8) or None if account else None,
        "bank": entry.bank,
        "channel": speech.clean(one.payment_channel, 20) or None,
    }


def _environment(text: str) -> str:
    name = text.strip().casefold()
    if name not in ("sandbox", "production"):
        raise ValueError("it is sandbox or production")
    return name


@hookimpl
def odai_tools() -> ToolPlugin:
    return ToolPlugin(
        name="plaid",
        api=1,
        title="Plaid",
        summary="look at your bank accounts and where your money went",
        tools=[get_accounts_at_plaid, get_transactions_at_plaid, connect_plaid_account],
        voice=False,
        samples=True,
        account="plaid",
        instructions=(
            "Amounts: positive is money out, negative money in. Never add up currencies. Transfers between the user's "
            "own accounts and card payments are neither spent nor earned; the sums leave them out. Mark what is "
            "pending. Say which banks are missing when some are unavailable, and offer to connect them again. Show "
            "transactions as a table; never guess a number that is not there. You can look, not move money."
        ),
        voice_instructions="Tell the sums first. Positive amounts are money out. You can look, not move money.",
        settings=[
            Setting(name="PLAID_CLIENT_ID", help="The client id of your Plaid team.", required=True, where=_WHERE),
            Setting(
                name="PLAID_SECRET",
                help="The secret of your Plaid team for PLAID_ENV.",
                required=True,
                secret=True,
                where=_WHERE,
            ),
            Setting(
                name="PLAID_ENV",
                help="Plaid's environment: sandbox or production.",
                default="sandbox",
                type=_environment,
            ),
            Setting(
                name="PLAID_BASE_URL",
                help="Plaid's address; {env} stands for PLAID_ENV.",
                default="https://{env}.plaid.com",
            ),
        ],
    )
