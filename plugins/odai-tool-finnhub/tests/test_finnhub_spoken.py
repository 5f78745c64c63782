"""What is said of prices and reports, sentence by sentence."""

from __future__ import annotations

from datetime import UTC, date, datetime
from typing import Any

import pytest
from odai_tool_finnhub import figures, spoken
from odai_tool_finnhub.figures import Figures
from odai_tool_finnhub.shapes import Filing, Line, Profile, Quote, Statements, currency_of

MONDAY_NOON = datetime(2026, 11, 23, 17, 0, tzinfo=UTC)


def at(text: str) -> int:
    return int(datetime.fromisoformat(text).timestamp())


@pytest.mark.parametrize(
    ("quote", "expected"),
    [
        (Quote(c=12.3, d=0.4, dp=3.36, t=at("2026-11-23T11:15:00-05:00")),
         "X is at twelve dollars and thirty cents, up forty cents, or three point four percent, as of eleven fifteen "
         "AM in New York."),
        (Quote(c=12.3, d=0.0, dp=0.0, t=at("2026-11-20T16:00:00-05:00")),
         "At the close last Friday X was at twelve dollars and thirty cents, unchanged."),
        (Quote(c=241.35, d=None, t=at("2026-11-23T16:00:01-05:00")),
         "At the close today X was at two hundred forty one dollars and thirty five cents."),
        (Quote(c=12345.67, d=-150.0, dp=-1.2),
         "X is at twelve thousand three hundred forty six dollars, down one hundred fifty dollars, or one point two "
         "percent."),
        (Quote(c=5.0, d=-0.01, dp=-0.04), "X is at five dollars, down one cent, or zero point zero four percent."),
        (Quote(c=5.0, d=4.0, dp=400.0), "X is at five dollars, up four dollars, or four hundred percent."),
        (Quote(c=5.0, d=4.0), "X is at five dollars, up four dollars."),
    ],
)  # fmt: skip
def test_each_price_has_its_sentence(quote, expected):
    assert spoken.price(quote, "X", "USD", MONDAY_NOON) == expected


def test_after_the_close_of_a_short_day_the_price_is_its_close():
    quote = Quote(c=5.0, t=at("2026-11-23T13:00:00-05:00"))
    evening = datetime(2026, 11, 23, 23, 0, tzinfo=UTC)
    assert spoken.price(quote, "X", "USD", evening) == "At the close today X was at five dollars."


@pytest.mark.parametrize(
    ("told", "currency"),
    [
        ("eur", "EUR"),
        (None, "USD"),
        ("", "USD"),
        ("https://evil.example", "USD"),
        ("usd/shares", "USD"),
        ("1\u20ac", "USD"),
    ],
)
def test_only_three_letters_are_a_currency(told, currency):
    assert currency_of(told) == currency


def test_prices_are_said_in_their_currency():
    assert spoken.price(Quote(c=150.5), "X", "EUR", MONDAY_NOON) == "X is at one hundred fifty euros and fifty cents."
    assert spoken.price(Quote(c=150.5), "X", "JPY", MONDAY_NOON) == "X is at one hundred fifty JPY."


@pytest.mark.parametrize(
    ("registered", "said"),
    [("Apple Inc", "Apple"), ("Amazon.com Inc", "Amazon"), ("Ford Motor Co", "Ford Motor"), ("Uber, Inc.", "Uber"),
     ("Walt Disney Co", "Walt Disney"), ("UnitedHealth Group Inc", "UnitedHealth"),
     ("", "B R K B"), ("<b>", "B R K B")],
)  # fmt: skip
def test_a_company_is_called_what_people_call_it(registered, said):
    assert spoken.name(Profile(name=registered), "BRK.B") == said


def report(**more: Any) -> Figures:
    told = {"year": 2025, "quarter": 0, "form": "10-K", "period_end": None, "filed": None, "currency": "USD"}
    return Figures(**(told | more))


@pytest.mark.parametrize(
    ("found", "before", "expected"),
    [
        (report(revenue=2.5e9, net_income=-3e8, eps=-1.25), report(year=2024, revenue=2e9, net_income=1e8),
         "For fiscal twenty twenty five, X reported revenue of two point five billion dollars, up twenty five percent "
         "from the year before, a net loss of three hundred million dollars, and a loss of one dollar and twenty five "
         "cents a share."),
        (report(revenue=2.5e9, net_income=3e8, eps=1.25), None,
         "For fiscal twenty twenty five, X reported revenue of two point five billion dollars, net income of three "
         "hundred million dollars, and earnings of one dollar and twenty five cents a share."),
        (report(revenue=2.5e9, eps=-0.5), None,
         "For fiscal twenty twenty five, X reported revenue of two point five billion dollars, and a loss of fifty "
         "cents a share."),
        (report(net_income=0.0, quarter=2, period_end=date(2024, 8, 1), currency="JPY"), report(net_income=1.0),
         "For the second quarter of fiscal twenty twenty five, ended August first twenty twenty four, X reported net "
         "income of zero yen."),
        (report(revenue=999_990_000.0), report(revenue=999_990_000.0),
         "For fiscal twenty twenty five, X reported revenue of one billion dollars, unchanged from the year before."),
        (report(revenue=950.0, currency="CHF"), None,
         "For fiscal twenty twenty five, X reported revenue of nine hundred fifty CHF."),
    ],
)  # fmt: skip
def test_each_report_has_its_sentence(found, before, expected):
    assert spoken.report(found, before, "X") == expected
    assert len(expected) <= 300


def test_a_long_report_loses_its_last_details_first():
    found = report(revenue=123.4e9, net_income=12.3e9, eps=1.23, quarter=3, period_end=date(2024, 9, 27))
    before = report(revenue=111.1e9, net_income=11.1e9)
    tail = "revenue of one hundred twenty three point four billion dollars"
    changed = f"{tail}, up eleven point one percent from the year before, and net income of twelve point three billion"
    assert spoken.report(found, None, "IBM").startswith("For the third quarter of fiscal twenty twenty five, ended")
    assert spoken.report(found, None, "IBM").endswith("and earnings of one dollar and twenty three cents a share.")
    assert spoken.report(found, before, "IBM").startswith(
        f"For the third quarter of fiscal twenty twenty five, IBM reported {changed}"
    )
    assert spoken.report(found, before, "A Company With Quite A Long Name, And More Of It Than Fits").endswith(
        f"{tail}, and net income of twelve point three billion dollars."
    )


def test_the_projection_has_both_reports():
    found = report(revenue=2.5e9, net_income=-3e8, quarter=1, eps=-1.25)
    told = spoken.report_projection(found, report(year=2024, revenue=950.0), "X", "XX")["reports"]
    assert (told[0]["quarter"], told[0]["revenue"], told[0]["net_income"]) == (1, "2.5 billion", "-300 million")
    assert (told[1]["revenue"], told[1]["net_income"]) == ("950", None)


def test_figures_are_read_by_concept_whatever_the_spelling():
    lines = [
        Line(concept="us-gaap:ProfitLoss", unit="usd", value="5"),
        Line(concept="us-gaap_Revenues", unit="usd", value=None),
        Line(concept="us-gaap_SalesRevenueNet", unit="eur", value=7),
        Line(concept="us-gaap_SalesRevenueNet", value=6),
        Line(concept=None, value=1),
        Line(concept="GrossProfit", value=10**400),
    ]
    found = figures.read(
        Filing(year=2025, report=Statements(ic=[Line(unit="usd/shares"), Line(unit="1€£"), *lines]), endDate="soon")
    )
    assert (found.revenue, found.net_income, found.gross_profit) == (7, 5, None)
    assert (found.currency, found.period_end, found.assets) == ("USD", None, None)
