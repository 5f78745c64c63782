"""What is said of a price and of a report."""

from __future__ import annotations

import re
from datetime import UTC, datetime, time
from typing import Any

from odai_core import speech
from odai_tool_finnhub.figures import Figures
from odai_tool_finnhub.shapes import Profile, Quote

NEW_YORK = "America/New_York"
CLOSE = time(16)

_FORM = re.compile(
    r"[ ,]+(?:inc|corp|corporation|company|co|plc|ltd|limited|holdings?|group|sa|nv|ag|se)\.?$|\.com$", re.IGNORECASE
)
_LARGE = ((10**12, "trillion"), (10**9, "billion"), (10**6, "million"), (1000, "thousand"))
_UNITS = {"USD": "dollars", "EUR": "euros", "GBP": "pounds", "CAD": "Canadian dollars", "JPY": "yen", "CNY": "yuan"}


def name(profile: Profile, symbol: str) -> str:
    """As people say it, "Apple Inc" -> "Apple"; the letters of the ticker when nothing better is known."""
    said = speech.clean(profile.name, 40)
    while (short := _FORM.sub("", said)) != said:
        said = short
    return said or " ".join(re.findall(r"[A-Z0-9]", symbol.upper())[:6])


# -- a price -----------------------------------------------------------------------------------------


def price(quote: Quote, company: str, currency: str, now: datetime) -> str:
    """The price, its change since the previous close, and when: while trading the minute, else the day's close."""
    cost, moved = _exact(quote.c or 0, currency), _moved(quote, currency)
    traded = datetime.fromtimestamp(quote.t, UTC) if quote.t else None
    if traded is None:
        return speech.fit(f"{company} is at {cost}{moved}.", f"{company} is at {cost}.")
    there, today = speech.local(traded, NEW_YORK), speech.local(now, NEW_YORK)
    if there.date() == today.date() and there.time() < CLOSE and today.time() < CLOSE:
        when = f"as of {speech.clock(there)} in New York"
        return speech.fit(f"{company} is at {cost}{moved}, {when}.", f"{company} is at {cost}, {when}.")
    day = speech.day(there.date(), today.date())
    closed = f"At the close {day} {company} was at {cost}"
    return speech.fit(f"{closed}{moved}.", f"{closed}.")


def price_projection(quote: Quote, company: str, symbol: str) -> dict[str, Any]:
    """What a voice model needs for the questions that follow."""
    return {
        "symbol": symbol,
        "name": company,
        "price": _two(quote.c),
        "change": _two(quote.d),
        "change_percent": _two(quote.dp),
        "day_low": _two(quote.l),
        "day_high": _two(quote.h),
    }


def _moved(quote: Quote, currency: str) -> str:
    if quote.d is None:
        return ""
    if abs(quote.d) < 0.005:
        return ", unchanged"
    percent = f", or {_percent(abs(quote.dp))} percent" if quote.dp else ""
    return f", {'up' if quote.d > 0 else 'down'} {_exact(abs(quote.d), currency)}{percent}"


def _exact(amount: float, currency: str) -> str:
    """With cents, as prices of stocks are told; from ten thousand on without."""
    if not 100 <= amount < 10_000 or currency not in ("USD", "EUR", "CAD"):
        return speech.money(amount, currency)
    units, cents = divmod(round(amount * 100), 100)
    return speech.money(units, currency) + (f" and {speech.money(cents / 100, currency)}" if cents else "")


# -- a report ----------------------------------------------------------------------------------------


def report(found: Figures, before: Figures | None, company: str) -> str:
    """Revenue, net income and earnings per share, against the year before; less of it when it gets long."""
    period = _period(found)
    opening, short = f"{period}{_ended(found)}, {company} reported", f"{period}, {company} reported"
    revenue = income = share = ""
    if found.revenue is not None:
        revenue = f"revenue of {_money(found.revenue, found)}"
    if found.net_income is not None:
        income = f"{'net income' if found.net_income >= 0 else 'a net loss'} of {_money(found.net_income, found)}"
    if found.eps is not None:
        share = f"{'earnings' if found.eps >= 0 else 'a loss'} of {_exact(abs(found.eps), found.currency)} a share"
    sold = revenue + _change(found.revenue, before.revenue if before else None)
    earned = income + _change(found.net_income, before.net_income if before else None)
    if sold != revenue:
        sold += " from the year before"
    elif earned != income:
        earned += " from the year before"
    return speech.fit(
        f"{opening} {_listed(sold, earned, share)}.",
        f"{opening} {_listed(sold, earned)}.",
        f"{short} {_listed(sold, earned)}.",
        f"{short} {_listed(revenue, income)}.",
    )


def report_projection(found: Figures, before: Figures | None, company: str, symbol: str) -> dict[str, Any]:
    """What a voice model needs for the questions that follow: both reports, money as "401.5 billion"."""
    return {
        "symbol": symbol,
        "name": company,
        "currency": found.currency,
        "reports": [_short(one) for one in (found, before) if one],
    }


def _short(found: Figures) -> dict[str, Any]:
    period = {"fiscal_year": found.year} | ({"quarter": found.quarter} if found.quarter else {})
    money = ("revenue", "gross_profit", "operating_income", "net_income", "assets")
    told = {field: _rounded(getattr(found, field)) for field in money}
    return {**period, "period_end": found.period_end, **told, "eps": found.eps}


def _period(found: Figures) -> str:
    year = f"fiscal {speech.digits(str(found.year))}"
    return f"For the {speech.ordinal(found.quarter)} quarter of {year}" if found.quarter else f"For {year}"


def _ended(found: Figures) -> str:
    end = found.period_end
    if end is None:
        return ""
    # A fiscal year may carry the number of the one before.
    year = "" if end.year == found.year else f" {speech.digits(str(end.year))}"
    return f", ended {end:%B} {speech.ordinal(end.day)}{year}"


def _listed(*parts: str) -> str:
    """Parts have commas of their own, so there is one before the "and" too."""
    *most, last = [part for part in parts if part]
    return f"{', '.join(most)}, and {last}" if most else last


def _money(amount: float, found: Figures) -> str:
    return f"{_large(abs(amount))} {_UNITS.get(found.currency, found.currency)}"


def _change(now: float | None, then: float | None) -> str:
    """As ", up six point four percent"; nothing after a loss, where percents mean nothing."""
    if now is None or not then or then <= 0 or now <= 0:
        return ""
    change = (now / then - 1) * 100
    if abs(change) < 0.05:
        return ", unchanged"
    return f", {'up' if change > 0 else 'down'} {_percent(abs(change))} percent"


def _large(amount: float) -> str:
    """401500000000 -> "four hundred one point five billion"."""
    many, word = _scaled(amount)
    return f"{_decimal(many, 1)} {word}".strip()


def _scaled(amount: float) -> tuple[float, str]:
    scale, word = next(((scale, word) for scale, word in _LARGE if amount >= scale * 0.99995), (1, ""))
    return amount / scale, word


# -- numbers -----------------------------------------------------------------------------------------


def _percent(value: float) -> str:
    if value >= 100:
        return speech.roughly(round(value))
    return _decimal(value, 1 if value >= 0.1 else 2)


def _decimal(value: float, places: int) -> str:
    """(1.87, 1) -> "one point nine"; zeros at the end are not said."""
    whole, _, part = f"{value:.{places}f}".partition(".")
    digits = " ".join(speech.number(int(digit)) for digit in part.rstrip("0"))
    return f"{speech.number(int(whole))} point {digits}" if digits else speech.number(int(whole))


def _two(value: float | None) -> float | None:
    return None if value is None else round(value, 2)


def _rounded(value: float | None) -> str | None:
    if value is None:
        return None
    many, word = _scaled(abs(value))
    return f"{'-' if value < 0 else ''}{round(many, 1):g} {word}".strip()
