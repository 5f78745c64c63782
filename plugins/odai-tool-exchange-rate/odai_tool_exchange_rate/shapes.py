"""What ExchangeRate-API answers, as far as we use it."""

from __future__ import annotations

from typing import Annotated

from msgspec import Meta, Struct, field
from msgspec.json import decode

Rate = Annotated[float, Meta(gt=0, lt=1e15)]
CODES = {
    "unsupported-code": "not_found",
    "malformed-request": "bad_request",
    "invalid-key": "auth",
    "inactive-account": "auth",
    "quota-reached": "plan",
}


class Answer(Struct, frozen=True):
    """Either of two answers, or a failure that comes with any status."""

    result: str
    error: str | None = field(default=None, name="error-type")
    base_code: str = ""
    target_code: str | None = None
    conversion_rate: Rate | None = None
    conversion_rates: dict[str, Rate] | None = None
    time_last_update_unix: Annotated[int, Meta(ge=0, lt=2**40)] | None = None


class _Failure(Struct, frozen=True):
    error: str | None = field(default=None, name="error-type")


def code_of(status: int, body: bytes) -> str | None:
    """Our code for a failure that names its kind."""
    return CODES.get(decode(body, type=_Failure).error or "")
