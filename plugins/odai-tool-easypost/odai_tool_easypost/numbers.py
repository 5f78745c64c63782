"""Tracking numbers and carriers as people say them, in the form EasyPost wants."""

from __future__ import annotations

import re
from collections.abc import Sequence

from odai_core import ToolError

_CODE = re.compile(r"(?=(?:[A-Z]*[0-9]){4})[A-Z0-9]{8,40}")
_END = re.compile(r"(?=.*[0-9])[A-Z0-9]{4,7}")
_SPOKEN = {
    "ZERO": "0", "OH": "0", "ONE": "1", "TWO": "2", "THREE": "3", "FOUR": "4", "FIVE": "5", "SIX": "6", "SEVEN": "7",
    "EIGHT": "8", "NINE": "9", "ZEE": "Z", "ZED": "Z",
}  # fmt: skip
_CARRIERS = {
    "ups": "UPS", "united parcel service": "UPS", "usps": "USPS", "post office": "USPS", "postal service": "USPS",
    "us postal service": "USPS", "united states postal service": "USPS", "fedex": "FedEx", "fed ex": "FedEx",
    "federal express": "FedEx", "dhl express": "DHLExpress", "ontrac": "OnTrac", "on trac": "OnTrac",
    "canada post": "CanadaPost", "purolator": "Purolator", "royal mail": "RoyalMail",
}  # fmt: skip


def tracking_code(said: str, known: Sequence[str]) -> str:
    """The number without blanks and dashes, in capitals. Its end is enough for one of the `known`.

    Raises `ToolError("bad_request")`; the number itself is never repeated.
    """
    if not said.strip():
        raise ToolError("bad_request", "What is the tracking number?")
    code = _joined(said)
    if _END.fullmatch(code):
        return _ending(code, known)
    if not _CODE.fullmatch(code):
        raise ToolError("bad_request", "That doesn't sound like a tracking number. Can you read it to me again?")
    return code


def carrier_code(said: str | None) -> str | None:
    """As EasyPost writes it; None lets EasyPost find out, which it does from the number."""
    return _CARRIERS.get(" ".join((said or "").casefold().replace(".", "").split()))


def _joined(said: str) -> str:
    """Join "1 Z nine-nine 9" into "1Z999"; "" when there is anything else in it."""
    words = re.split(r"[\s\-.,#]+", said[:200].upper())
    letters = [_SPOKEN.get(word, word) for word in words]
    return "" if any(len(word) > 4 and word.isalpha() for word in letters) else "".join(letters)


def _ending(end: str, known: Sequence[str]) -> str:
    found = [code for code in known if code.endswith(end)]
    if len(found) == 1:
        return found[0]
    if found:
        raise ToolError("bad_request", "Several of your packages end like that. Can you read me the whole number?")
    raise ToolError("bad_request", "I don't know a package ending like that. Can you read me the whole number?")
