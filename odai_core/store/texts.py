"""How values become texts that every database keeps: JSON in ASCII, so that NUL and lone surrogates are escapes."""

from __future__ import annotations

import json
from typing import Any


def encode(value: Any) -> str:
    """JSON in ASCII. Raises ValueError for what JSON cannot say, or only too deeply nested."""
    try:
        return json.dumps(value, separators=(",", ":"), check_circular=False)
    except (TypeError, RecursionError) as error:
        raise ValueError(f"not to be kept as JSON: {type(error).__name__}") from None


def decode(text: str) -> Any:
    """What was encoded."""
    return json.loads(text)


def escaped(text: str) -> str:
    """A text for a column: ASCII, one for each text, and mostly the text itself."""
    return json.dumps(text)[1:-1]


def unescaped(text: str) -> str:
    """The text again."""
    return str(json.loads(f'"{text}"'))
