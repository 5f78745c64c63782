"""What a turn uses while it runs: what the service has told, and about what of an answer that never came to its end."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from agents.usage import Usage as SdkUsage

from odai_core.chats import Usage
from odai_core.text.history import BYTES_PER_TOKEN, size


class Spending:
    """One turn's. Services tell what an answer used at its end: of one that is cut off they bill what they never told.

    `model` is the name in the price table; `estimated` is False for a model that uses no tokens.
    """

    def __init__(self, model: str, *, estimated: bool) -> None:
        self.told = SdkUsage()
        """The SDK's own count, which grows with every answer."""
        self.written = False
        """It is in the ledger."""
        self._model = model
        self._estimated = estimated
        self._asked: int | None = None
        self._input = self._said = 0

    def ask(self, items: Sequence[Any], instructions: str | None) -> None:
        """The model is given this."""
        self._asked = self.told.requests
        self._input = (sum(map(size, items)) + len(instructions or "")) // BYTES_PER_TOKEN
        self._said = 0

    def say(self, text: str) -> None:
        """The model wrote this."""
        self._said += len(text)

    def so_far(self) -> Usage:
        """With what is about to be told of the answer under way."""
        return Usage(model=self._model) if self.written else self.used(cut_off=True)

    def used(self, *, cut_off: bool) -> Usage:
        """`cut_off`: whoever listened has gone, or the answer broke off in the middle."""
        told = self.told
        open_ended = self._estimated and cut_off and self._asked == told.requests
        return Usage(
            model=self._model,
            input_tokens=told.input_tokens + (self._input if open_ended else 0),
            cached_input_tokens=told.input_tokens_details.cached_tokens or 0,
            output_tokens=told.output_tokens + (-(-self._said // BYTES_PER_TOKEN) if open_ended else 0),
        )

    @property
    def said(self) -> bool:
        """Something of the answer under way has been written."""
        return self._said > 0
