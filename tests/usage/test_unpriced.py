"""A daily limit in money says so when it cannot hold."""

import logging
from datetime import date

import pytest

from odai_core import ModelPlugin
from odai_core.plugins.catalog import Catalog, Entry, State
from odai_core.plugins.discovery import Candidate
from odai_core.settings import Settings
from odai_core.usage.prices import read_prices
from odai_core.usage.unpriced import unpriced
from odai_core.web.app import Server

DAY = date(2026, 11, 24)
TABLE = read_prices(
    """
    [[price]]
    model = "writer"
    from = 2026-01-01
    input = 1
    output = 1
    [[price]]
    model = "speaker"
    from = 2026-01-01
    input = 1
    output = 1
    audio_input = 1
    audio_output = 1
    """,
    "table",
)


def catalog(**more) -> Catalog:
    given = {"realtime": lambda options: None, "text": lambda options: None} | more
    plugin = ModelPlugin(name="toy", api=1, title="Toy", summary="speak", **given)
    candidate = Candidate(kind="models", name="toy", module="x", distribution="odai-model-toy", version="1")
    return Catalog(entries=(Entry(candidate=candidate, name="toy", state=State.READY, plugin=plugin),))


def told(models: Catalog, **texts: str) -> list[str]:
    return [problem.cause for problem in unpriced(Settings(texts), models, TABLE, DAY)]


def named(name):
    return lambda settings: name


def fails(settings):
    raise ValueError("x")


def test_a_model_without_a_price_is_told_of():
    calls, chats = told(catalog(), ODAI_DAILY_USD="1")
    assert calls == "ODAI_DAILY_USD limits no calls: the price table has no price of toy."
    assert chats == "ODAI_DAILY_USD limits no chats: the price table has no price of toy."
    (problem, _) = unpriced(Settings({"ODAI_DAILY_USD": "1"}), catalog(), TABLE, DAY)
    assert problem.remedy == "Set ODAI_DAILY_CALL_MINUTES or ODAI_DAILY_TOKENS too, or add the price: ODAI_PRICES."


@pytest.mark.parametrize(
    ("texts", "uses"),
    [
        ({}, []),
        ({"ODAI_DAILY_TOKENS": "1"}, []),
        ({"ODAI_DAILY_USD": "0", "ODAI_DAILY_CALL_MINUTES": "1"}, []),
        ({"ODAI_DAILY_USD": "1", "ODAI_DAILY_TOKENS": "1"}, []),
        ({"ODAI_DAILY_USD": "1", "ODAI_DAILY_CALL_MINUTES": "1"}, ["chats"]),
    ],
)
def test_another_limit_is_enough(texts, uses):
    assert [cause.split()[3].rstrip(":") for cause in told(catalog(), **texts)] == uses


@pytest.mark.parametrize(
    ("call", "chat", "uses"),
    [
        ("speaker", "writer", []), ("speaker-2026-02-02", "speaker", []), ("writer", "speaker", ["calls"]),
        ("speaker", "unknown", ["chats"]), ("", "", ["calls", "chats"]),
    ],
)  # fmt: skip
def test_calls_need_a_price_of_sound(call, chat, uses):
    models = catalog(realtime_model=named(call), text_model=named(chat))
    assert [cause.split()[3].rstrip(":") for cause in told(models, ODAI_DAILY_USD="1")] == uses


def test_only_what_would_answer_is_looked_at():
    assert told(Catalog(entries=()), ODAI_DAILY_USD="1") == []
    assert len(told(catalog(text=None), ODAI_DAILY_USD="1")) == 1
    assert len(told(catalog(text_model=fails, realtime_model=fails), ODAI_DAILY_USD="1")) == 2


async def test_the_server_says_it_at_its_start(caplog):
    caplog.set_level(logging.WARNING)
    settings = {"ODAI_DAILY_USD": "1", "ODAI_TEXT_BASE_URL": "http://127.0.0.1:9/v1", "ODAI_TEXT_MODEL": "mine",
                "ODAI_TEXT_PLUGIN": "compatible"}  # fmt: skip
    server = Server(Settings(settings))
    await server.start()
    await server.stop()
    assert caplog.text.count("ODAI_DAILY_USD limits no chats: the price table has no price of mine.") == 1
    assert "limits no calls" not in caplog.text, "OpenAI and local have prices"
