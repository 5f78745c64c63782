"""Tracking numbers as they are said, and what is none."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from odai_tool_easypost.numbers import carrier_code, tracking_code

from odai_core import ToolError

UPS = "1Z999AA10123456784"


@pytest.mark.parametrize(
    ("said", "code"),
    [
        ("1Z 999 AA1 01 2345 6784", UPS), ("one zee nine nine nine AA1-0123-4567-84", UPS),
        ("1z999aa10123456784.", UPS),
        ("9400 1108 9882 2502 2579 493", "94001108988225022579493"),
        ("E Z oh oh one zero two three", "EZ001023"),
    ],
)  # fmt: skip
def test_a_number_is_found_as_it_is_said(said, code):
    assert tracking_code(said, []) == code


@pytest.mark.parametrize(
    "said",
    [
        "", "  ", "hello", "tracking 12345678", "1234567", "ABCDEFGH123", "1" * 41, "1" * 500, "١٢٣٤٥٦٧٨",
        "12345678'--",
        "../../etc/passwd1234", "1234567\u202e8", "é12345678", "%2e%2e%2f1234", "12345678\x00", "\ud83d12345678",
    ],
)  # fmt: skip
def test_anything_else_is_asked_back_without_repeating_it(said):
    with pytest.raises(ToolError) as caught:
        tracking_code(said, [])
    assert caught.value.code == "bad_request"
    assert caught.value.message.endswith("?")
    assert not said.strip() or said not in caught.value.message


@given(st.text(max_size=80))
def test_a_number_is_plain_or_refused(said):
    try:
        code = tracking_code(said, [])
    except ToolError:
        return
    assert code.isascii()
    assert code.isalnum()
    assert 8 <= len(code) <= 40


def test_an_end_is_enough_for_what_is_known():
    known = [UPS, "940011089882250000006784", "EZ4000000004"]
    assert tracking_code("0 0 0 4", known) == "EZ4000000004"
    assert tracking_code("456784", known) == UPS
    with pytest.raises(ToolError, match="Several"):
        tracking_code("6784", known)
    with pytest.raises(ToolError, match="ending like that"):
        tracking_code("9999", known)
    with pytest.raises(ToolError, match="doesn't sound"):
        tracking_code("AAAA", known)


@pytest.mark.parametrize(
    ("said", "code"),
    [("ups", "UPS"), ("The moon", None), (None, None), ("Fed  Ex", "FedEx"), ("U.S. Postal Service", "USPS")],
)
def test_a_carrier_is_known_or_left_to_easypost(said, code):
    assert carrier_code(said) == code
