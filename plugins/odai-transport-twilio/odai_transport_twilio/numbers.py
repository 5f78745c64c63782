"""Who calls, from what the network says of them."""

from __future__ import annotations

import re

_E164 = re.compile(r"\+[1-9][0-9]{6,14}")
_DECORATION = re.compile(r"[\s().\-]")
_SCHEME = re.compile(r"(?:tel|sips?|whatsapp):", re.IGNORECASE)
_KEYPAD = str.maketrans("ABCDEFGHIJKLMNOPQRSTUVWXYZ", "22233344455566677778889999")
# Carriers without a number to show spell the reason on the keypad: +266696687 is ANONYMOUS.
_WITHHELD = frozenset(
    "+" + word.translate(_KEYPAD) for word in ("ANONYMOUS", "BLOCKED", "RESTRICTED", "UNAVAILABLE", "UNKNOWN")
)


def e164(sender: str) -> str | None:
    """The number in E.164 ("+14155550123"), or None when it is withheld, a client's name or not a number."""
    address = _SCHEME.sub("", sender[:200].strip(), count=1).partition("@")[0].partition(";")[0]
    number = _DECORATION.sub("", address)
    return number if _E164.fullmatch(number) and number not in _WITHHELD else None
