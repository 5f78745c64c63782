"""What a company's filing says in the few figures people ask for."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from math import isfinite

from msgspec import Struct

from odai_core import ToolError
from odai_tool_finnhub.shapes import Filing, Line, currency_of

# As companies name them in their filings, the usual name first.
_INCOME = {
    "revenue": (
        "Revenues", "RevenueFromContractWithCustomerExcludingAssessedTax", "SalesRevenueNet",
        "RevenueFromContractWithCustomerIncludingAssessedTax", "RevenuesNetOfInterestExpense", "SalesRevenueGoodsNet",
    ),
    "gross_profit": ("GrossProfit",),
    "operating_income": ("OperatingIncomeLoss",),
    "net_income": ("NetIncomeLoss", "ProfitLoss", "NetIncomeLossAvailableToCommonStockholdersBasic"),
    "eps": ("EarningsPerShareDiluted", "EarningsPerShareBasicAndDiluted", "EarningsPerShareBasic"),
}  # fmt: skip
_BALANCE = {
    "assets": ("Assets",),
    "liabilities": ("Liabilities",),
    "equity": ("StockholdersEquity", "StockholdersEquityIncludingPortionAttributableToNoncontrollingInterest"),
}
_CASH = {
    "operating_cash_flow": (
        "NetCashProvidedByUsedInOperatingActivities", "NetCashProvidedByUsedInOperatingActivitiesContinuingOperations",
    ),
}  # fmt: skip


class Figures(Struct, frozen=True, kw_only=True):
    """One report; money in units of `currency`, None where the company does not tell."""

    year: int
    quarter: int
    form: str | None
    period_end: date | None
    filed: date | None
    currency: str
    revenue: float | None = None
    gross_profit: float | None = None
    operating_income: float | None = None
    net_income: float | None = None
    eps: float | None = None
    """Diluted earnings per share."""
    assets: float | None = None
    liabilities: float | None = None
    equity: float | None = None
    operating_cash_flow: float | None = None
    """In a quarter's report since the start of the fiscal year."""


def read(filing: Filing) -> Figures:
    """The figures of one filing."""
    income = filing.report.ic or []
    values = {
        name: _value(lines, concepts)
        for lines, wanted in ((income, _INCOME), (filing.report.bs or [], _BALANCE), (filing.report.cf or [], _CASH))
        for name, concepts in wanted.items()
    }
    return Figures(
        year=filing.year,
        quarter=filing.quarter,
        form=filing.form,
        period_end=_day(filing.endDate),
        filed=_day(filing.filedDate),
        currency=currency_of(*(line.unit for line in income)),
        **values,
    )


def choose(reports: Sequence[Figures], year: int | None, quarter: int | None) -> tuple[Figures, Figures | None]:
    """The newest report of that year and quarter, and the one of the year before it.

    Raises `ToolError("not_found")` when there is none.
    """
    fitting = [one for one in reports if year in (None, one.year) and quarter in (None, one.quarter)]
    if not fitting:
        # What a fourth quarter brought is told in the report of the year only.
        hint = " The fourth quarter is part of the year's report." if quarter == 4 else ""
        raise ToolError("not_found", f"I couldn't find a report for that time.{hint}")
    chosen = max(fitting, key=lambda one: (one.year, one.quarter))
    before = [one for one in reports if (one.year, one.quarter) == (chosen.year - 1, chosen.quarter)]
    return chosen, before[0] if before else None


def _value(lines: Sequence[Line], concepts: Sequence[str]) -> float | None:
    named = {_bare(line.concept): _number(line.value) for line in reversed(lines)}
    return next((named[concept] for concept in concepts if named.get(concept) is not None), None)


def _bare(concept: str | None) -> str:
    """us-gaap_Assets -> Assets."""
    return (concept or "").replace(":", "_").rpartition("_")[2]


def _number(value: object) -> float | None:
    if isinstance(value, bool) or not isinstance(value, int | float | str):
        return None
    try:
        number = float(value)
    except (ValueError, OverflowError):
        return None
    return number if isfinite(number) and abs(number) < 1e15 else None


def _day(text: str | None) -> date | None:
    try:
        return date.fromisoformat((text or "")[:10])
    except ValueError:
        return None
