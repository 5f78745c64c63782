"""A daily limit in money that cannot hold: nobody knows what the chosen model costs."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import date

from odai_core.calls import Values
from odai_core.chats import Usage
from odai_core.contract import ModelPlugin, Problem
from odai_core.errors import SetupError
from odai_core.plugins.catalog import Catalog, Entry
from odai_core.plugins.choice import choose_model, choose_text_model
from odai_core.settings import Settings
from odai_core.usage.prices import Prices

_WRITTEN = Usage(model="", input_tokens=1, output_tokens=1)
_SPOKEN = replace(_WRITTEN, audio_input_tokens=1, audio_output_tokens=1)


def unpriced(settings: Settings, catalog: Catalog, prices: Prices, day: date) -> Iterator[Problem]:
    """For calls and for chats: is ODAI_DAILY_USD the only limit of a model without a price on that day?"""
    core = settings.core
    if not core["ODAI_DAILY_USD"] or core["ODAI_DAILY_TOKENS"]:
        return
    if not core["ODAI_DAILY_CALL_MINUTES"]:
        name = _name(lambda: choose_model(catalog, core["ODAI_MODEL"]), lambda plugin: plugin.realtime_model)
        if name is not None and prices.cost(replace(_SPOKEN, model=name), day) is None:
            yield _problem("calls", name, "ODAI_DAILY_CALL_MINUTES or ODAI_DAILY_TOKENS")
    name = _name(lambda: choose_text_model(catalog, core["ODAI_TEXT_PLUGIN"]), lambda plugin: plugin.text_model)
    if name is not None and prices.cost(replace(_WRITTEN, model=name), day) is None:
        yield _problem("chats", name, "ODAI_DAILY_TOKENS")


def _problem(use: str, name: str, instead: str) -> Problem:
    return Problem(
        cause=f"ODAI_DAILY_USD limits no {use}: the price table has no price of {name}.",
        remedy=f"Set {instead} too, or add the price: ODAI_PRICES.",
    )


def _name(choose: Callable[[], Entry], ask: Callable[[ModelPlugin], Callable[[Values], str]]) -> str | None:
    """What the model that answers is priced as; None when none does."""
    try:
        entry = choose()
    except SetupError:
        return None
    assert isinstance(entry.plugin, ModelPlugin)
    try:
        return ask(entry.plugin)(entry.values) or entry.name
    except Exception:  # a plugin's own code; it shows up where the model is made
        return entry.name
