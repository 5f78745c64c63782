"""`odai usage`: sums of the ledger on a screen and as JSON."""

import asyncio
import json
import time

import pytest

from odai_core import Usage
from odai_core.contract import Secret
from odai_core.settings import Settings
from odai_core.store.database import Database
from odai_core.usage.ledger import Ledger

DAY = 86400


@pytest.fixture
def used(invoke, monkeypatch, tmp_path):
    """A ledger of three records: two of today, one of 40 days ago."""
    url = f"sqlite:///{tmp_path / 'odai.db'}"
    monkeypatch.setenv("ODAI_DATABASE_URL", url)

    async def fill():
        database = Database(Secret(url))
        book = Ledger(database, Settings({}).core)
        mini = Usage(model="gpt-5.4-mini", input_tokens=1_000_000, cached_input_tokens=10, output_tokens=3)
        await book.record(mini, id="1", user="ann", kind="chat", chat_id="c")
        call = Usage(model="nobody-knows", seconds=90)
        await book.record(call, id="2", user="guest|0123", kind="call", chat_id="s")
        old = Ledger(database, Settings({}).core, clock=lambda: time.time() - 40 * DAY)
        await old.record(mini, id="3", user="ann", kind="chat", chat_id="c")
        await database.close()

    asyncio.run(fill())


def lines(done):
    assert done.exit_code == 0, done.output
    return [line.split() for line in done.stdout.splitlines()]


def test_by_user(used, invoke):
    shown = lines(invoke("usage", "--by", "user"))
    assert shown[0] == ["USER", "RECORDS", "INPUT", "CACHED", "OUTPUT", "CALL", "MIN", "USD"]
    assert shown[1] == ["ann", "1", "1,000,000", "10", "3", "0.0", "0.750006"]
    assert shown[2] == ["guest|0123", "1", "0", "0", "0", "1.5", "0.000000", "+", "?"]
    assert shown[3] == ["together", "2", "1,000,000", "10", "3", "1.5", "0.750006", "+", "?"]
    assert " ".join(shown[4]).startswith("?: some of it has no price")


def test_a_sum_that_is_all_known_has_no_question_mark(used, invoke):
    shown = lines(invoke("usage", "--user", "ann"))
    assert [line[-1] for line in shown] == ["USD", "0.750006", "0.750006"]


def test_by_day_model_and_kind(used, invoke):
    assert len(lines(invoke("usage"))) == 4
    assert len(lines(invoke("usage", "--days", "60"))) == 5
    assert [line[0] for line in lines(invoke("usage", "--by", "model"))[1:3]] == ["gpt-5.4-mini", "nobody-knows"]
    assert [line[0] for line in lines(invoke("usage", "--by", "kind"))[1:3]] == ["chat", "call"]


def test_of_one_user_as_json(used, invoke):
    done = invoke("usage", "--days", "60", "--user", "ann", "--by", "model", "--json")
    told = json.loads(done.stdout)
    assert told["by"] == "model"
    assert told["totals"] == [
        {
            "key": "gpt-5.4-mini",
            "records": 2,
            "input_tokens": 2_000_000,
            "cached_input_tokens": 20,
            "output_tokens": 6,
            "call_seconds": 0.0,
            "cost_usd": "1.500013",
            "records_of_unknown_cost": 0,
        }
    ]


def test_nothing_at_all(invoke, monkeypatch, tmp_path):
    monkeypatch.setenv("ODAI_DATABASE_URL", f"sqlite:///{tmp_path / 'empty.db'}")
    done = invoke("usage")
    assert done.exit_code == 0
    assert done.stdout.startswith("Nothing was used since 20")
    assert json.loads(invoke("usage", "--json").stdout)["totals"] == []


def test_a_database_that_is_none_is_a_problem_with_a_remedy(invoke, monkeypatch, tmp_path):
    (tmp_path / "odai.db").write_text("this is no database, and it is long enough to be read as one" * 100)
    monkeypatch.setenv("ODAI_DATABASE_URL", f"sqlite:///{tmp_path / 'odai.db'}")
    done = invoke("usage")
    assert done.exit_code == 1
    assert "cannot be used" in done.stderr
    assert "Traceback" not in done.stderr


@pytest.mark.parametrize("words", [["--by", "moon"], ["--days", "0"], ["--days", "x"]])
def test_wrong_options(invoke, words):
    assert invoke("usage", *words).exit_code == 2
