"""What people call a stock finds its ticker, or a question back."""

from __future__ import annotations

import re

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from odai_tool_finnhub import names, odai_tools

from odai_core import ToolError
from odai_core.tools.schema import describe


@pytest.mark.parametrize(
    ("said", "ticker"),
    [
        ("Apple", "AAPL"), ("APPLE", "AAPL"), ("apple stock", "AAPL"), ("shares of Apple Inc.", "AAPL"),
        ("AAPL", "AAPL"), ("$AAPL", "AAPL"), ("A A P L", "AAPL"), ("the AAPL price", "AAPL"), ("aapl", None),
        ("Ford", "F"), ("FORD", "F"), ("F", "F"), ("ford motor company", "F"), ("AT&T", "T"), ("at and t", "T"),
        ("AT and T", "T"), ("T", "T"), ("Johnson & Johnson", "JNJ"), ("Bank of America", "BAC"), ("McDonald's", "MCD"),
        ("Lowe's", "LOW"), ("T-Mobile", "TMUS"), ("Coca-Cola", "KO"), ("BRK.B", "BRK.B"), ("BRK-B", "BRK.B"),
        ("Berkshire Hathaway", "BRK.B"), ("SHOP.TO", None), ("Apple Hospitality", None), ("visa", "V"),
        ("some company nobody knows", None), ("\u0391\u0391PL", None),
    ],
)  # fmt: skip
def test_a_stock_is_found_as_it_is_said(said, ticker):
    assert names.ticker(said) == ticker


@pytest.mark.parametrize("said", ["", " ", "$&", "\u202e\u0661", "one two three four five six seven eight nine"])
def test_what_names_nothing_is_asked_back(said):
    with pytest.raises(ToolError, match="Which company do you mean") as caught:
        names.ticker(said)
    assert caught.value.code == "bad_request"


@pytest.mark.parametrize("tool", odai_tools().tools)
def test_every_example_names_a_company(tool):
    for example in describe(tool).options.examples:
        assert names.search_words(re.search(r"{symbol:(.*?)}", example)[1])


@settings(deadline=None)
@given(st.text(max_size=80) | st.from_regex(r"(the |\$)?[A-Za-z&.' -]{1,12}( inc| stock)*"))
def test_anything_is_a_ticker_or_words_or_a_question(said):
    try:
        ticker, words = names.ticker(said), names.search_words(said)
    except ToolError as error:
        ticker, words = None, ["asked"] if error.code == "bad_request" else []
    assert ticker is None or re.fullmatch(r"[A-Z0-9]{1,5}(\.[A-Z])?", ticker)
    assert 1 <= len(words) <= 8
    assert all(re.fullmatch("[a-z0-9]+", word) for word in words)
