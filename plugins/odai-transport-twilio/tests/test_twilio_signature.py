"""Signatures, with the vectors of Twilio's documentation and of its own package."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from odai_transport_twilio.signature import Signatures
from twilio.request_validator import RequestValidator  # type: ignore[import-untyped]
from werkzeug.datastructures import MultiDict

CALL = MultiDict(
    [
        ("CallSid", "CA1234567890ABCDE"),
        ("Caller", "+12349013030"),
        ("Digits", "1234"),
        ("From", "+12349013030"),
        ("To", "+18005551212"),
    ]
)
DUPLICATES = MultiDict(
    [("Sid", "CA123"), ("SidAccount", "AC123"), ("Digits", "5678"), ("Digits", "1234"), ("Digits", "1234")]
)
TARGET = "/myapp.php?foo=1&bar=2"


@pytest.fixture
def signatures() -> Signatures:
    return Signatures("12345", "mycompany.com")


@pytest.mark.parametrize(
    ("form", "signature"), [(CALL, "0/KCTR6DLpKmkAf8muzZqo1nDgQ="), (DUPLICATES, "IK+Dwps556ElfBT0I3Rgjkr1wJU=")]
)
def test_official_vectors(signatures: Signatures, form: MultiDict[str, str], signature: str) -> None:
    assert signatures.signed_form(TARGET, form, signature)


@pytest.mark.parametrize(
    "signature", ["", "0/KCTR6DLpKmkAf8muzZqo1nDgR=", "é" * 28, "0/KCTR6DLpKmkAf8muzZqo1nDgQ= ", "A" * 60000]
)
def test_any_other_signature_is_refused(signatures: Signatures, signature: str) -> None:
    assert not signatures.signed_form(TARGET, CALL, signature)


def test_every_part_counts(signatures: Signatures) -> None:
    good = "0/KCTR6DLpKmkAf8muzZqo1nDgQ="
    changed = MultiDict(CALL)
    changed["Digits"] = "1235"
    assert not signatures.signed_form(TARGET, changed, good)
    assert not signatures.signed_form("/myapp.php?foo=1", CALL, good)
    assert not Signatures("12346", "mycompany.com").signed_form(TARGET, CALL, good)
    assert not Signatures("12345", "yourcompany.com").signed_form(TARGET, CALL, good)


@pytest.mark.parametrize("origin", ["wss://mycompany.com", "wss://mycompany.com:443", "https://mycompany.com"])
def test_handshake_in_all_its_spellings(signatures: Signatures, origin: str) -> None:
    signature = RequestValidator("12345").compute_signature(f"{origin}/twilio/connect", {})
    assert signatures.signed_handshake("/twilio/connect", signature)
    assert not signatures.signed_handshake("/twilio/other", signature)


@pytest.mark.parametrize("origin", ["ws://mycompany.com", "wss://evil.com", "wss://mycompany.com:80"])
def test_handshake_for_another_address(signatures: Signatures, origin: str) -> None:
    signature = RequestValidator("12345").compute_signature(f"{origin}/twilio/connect", {})
    assert not signatures.signed_handshake("/twilio/connect", signature)


@given(st.text(alphabet=st.characters(max_codepoint=255), max_size=60))
def test_no_header_text_raises(signature: str) -> None:
    assert not Signatures("12345", "mycompany.com").signed_handshake("/twilio/connect", signature)
