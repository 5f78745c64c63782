"""What is written down, once; what it comes to by day; and when a user has had enough. On both databases."""

import asyncio

import pytest

from odai_core import Caller, QuotaReached, SettingError, SetupError, Usage
from odai_core.contract import Secret
from odai_core.settings import Settings
from odai_core.store.database import Database
from odai_core.store.usage import UsageStore
from odai_core.usage.ledger import GUESTS, Ledger
from tests.usage.conftest import NOON

MINI = "gpt-5.4-mini"


def used(model=MINI, inputs=0, outputs=0, **more):
    return Usage(model=model, input_tokens=inputs, output_tokens=outputs, **more)


async def note(ledger, id="1", user="ann", kind="chat", chat_id="c", **counts):
    return await ledger.record(used(**counts), id=id, user=user, kind=kind, chat_id=chat_id)


async def test_a_prompt_is_written_down_with_its_cost(ledger):
    book = ledger()
    assert await note(book, inputs=1_000_000, outputs=100_000, cached_input_tokens=400_000) == pytest.approx(
        0.6 * 0.75 + 0.4 * 0.075 + 0.1 * 4.5
    )
    today = await book.today("ann")
    assert (today.records, today.input_tokens, today.cached_input_tokens) == (1, 1_000_000, 400_000)
    assert (today.output_tokens, today.cost_nanos, today.unknown) == (100_000, 930_000_000, 0)


async def test_a_record_is_kept_once(ledger, database):
    book = ledger()
    first = await note(book, inputs=100)
    assert await note(book, inputs=100) == first
    assert await note(book, inputs=100, user="bob") == first
    assert (await book.today("ann")).input_tokens == 100
    assert (await book.today("bob")).records == 0


async def test_two_recorders_of_one_id_make_one_record(ledger):
    book, other = ledger(), ledger()
    await asyncio.gather(*(note(one, id="same", inputs=7) for one in [book, other] * 10))
    await asyncio.gather(*(note(one, id=f"own-{number}", inputs=1) for number, one in enumerate([book, other] * 10)))
    assert (await book.today("ann")).input_tokens == 27


async def test_an_unknown_model_costs_an_unknown_sum(ledger):
    book = ledger()
    assert await note(book, id="1", model="nobody-knows", inputs=100) is None
    assert await note(book, id="2", model="local", inputs=100) == 0
    today = await book.today("ann")
    assert (today.records, today.unknown, today.cost_nanos, today.input_tokens) == (2, 1, 0, 200)


async def test_money_is_summed_without_a_rounding(ledger):
    book = ledger()
    for number in range(1, 11):
        await note(book, id=str(number), model="gpt-5-nano", inputs=1, cached_input_tokens=1)
    assert (await book.today("ann")).cost_nanos == 50


async def test_a_day_ends_at_midnight_utc(ledger, clock):
    book = ledger(ODAI_DAILY_TOKENS="100")
    clock.now = NOON + 12 * 3600 - 1
    await note(book, inputs=100)
    with pytest.raises(QuotaReached, match="come back tomorrow") as refusal:
        await book.check("ann")
    assert refusal.value.retry_after == 1
    clock.now += 1
    await book.check("ann")
    assert (await book.today("ann")).records == 0


@pytest.mark.parametrize(
    "caps, counts, reached",
    [
        ({}, {"inputs": 10**9, "seconds": 10**6}, False),
        ({"ODAI_DAILY_TOKENS": "100"}, {"inputs": 60, "outputs": 39}, False),
        ({"ODAI_DAILY_TOKENS": "100"}, {"inputs": 60, "outputs": 40}, True),
        ({"ODAI_DAILY_USD": "0.75"}, {"inputs": 999_999}, False),
        ({"ODAI_DAILY_USD": "0.75"}, {"inputs": 1_000_000}, True),
        ({"ODAI_DAILY_USD": "0.75"}, {"inputs": 10**9, "model": "nobody-knows"}, False),
        ({"ODAI_DAILY_USD": "0.000000001"}, {"inputs": 1}, True),
    ],
)
async def test_caps(ledger, caps, counts, reached):
    book = ledger(**caps)
    await note(book, **counts)
    await book.check("bob")
    if reached:
        with pytest.raises(QuotaReached):
            await book.check("ann")
    else:
        await book.check("ann")


async def test_minutes_stop_calls_and_not_chats(ledger):
    book = ledger(ODAI_DAILY_CALL_MINUTES="1.5", ODAI_DAILY_TOKENS="1000")
    await note(book, id="1", kind="call", seconds=89.9994)
    await book.check("ann", call=True)
    await note(book, id="2", kind="call", seconds=0.001)
    with pytest.raises(QuotaReached):
        await book.check("ann", call=True)
    await book.check("ann")


@pytest.mark.parametrize("seconds", [-1.0, float("nan"), float("-inf"), 0.0])
async def test_no_clock_that_went_wrong_counts(ledger, seconds):
    book = ledger()
    await note(book, seconds=seconds)
    assert (await book.today("ann")).call_ms == 0


async def test_a_call_of_forever_counts_as_a_long_one(ledger):
    book = ledger()
    await note(book, seconds=float("inf"))
    assert (await book.today("ann")).call_ms == 10**9


async def test_without_caps_nothing_is_looked_up():
    closed = Database(Secret("sqlite://"))
    await closed.close()
    await Ledger(closed, Settings({}).core).check("ann", call=True)
    with pytest.raises(SetupError):
        await Ledger(closed, Settings({"ODAI_DAILY_TOKENS": "1"}).core).check("ann")


def test_who_pays_for_a_caller(ledger):
    book, same, other = (Ledger(None, Settings({"ODAI_SECRET": secret}).core) for secret in ("s", "s", "t"))
    ann = Caller(user_id="ann", phone="+15550100")
    assert book.account(ann) == "ann"
    guest = book.account(Caller(phone="+15550100"))
    assert guest == same.account(Caller(phone="+15550100"))
    assert guest.startswith(f"{GUESTS}|")
    assert "5550100" not in guest
    assert guest != other.account(Caller(phone="+15550100"))
    assert guest != book.account(Caller(phone="+15550101"))
    assert book.account(Caller()) == GUESTS
    assert book.account(Caller(phone="")) == GUESTS
    assert book.account(Caller(phone="\ud800")).startswith(f"{GUESTS}|")


def test_a_secret_of_its_own_every_start():
    first, second = (Ledger(None, Settings({}).core) for _ in range(2))
    assert first.account(Caller(phone="+1")) != second.account(Caller(phone="+1"))


def test_a_bad_price_table_stops_the_start(tmp_path):
    with pytest.raises(SettingError, match="ODAI_PRICES"):
        Ledger(None, Settings({"ODAI_PRICES": str(tmp_path / "none.toml")}).core)


@pytest.mark.parametrize("name", ["ODAI_DAILY_USD", "ODAI_DAILY_TOKENS", "ODAI_DAILY_CALL_MINUTES"])
@pytest.mark.parametrize("text", ["-1", "nan", "inf", "lots", "1e13"])
def test_a_cap_is_a_number(name, text):
    with pytest.raises(SettingError, match=name):
        Settings({name: text})


# -- reports


async def test_reports_by_day_user_model_and_kind(ledger, database, clock):
    book, store = ledger(), UsageStore(database)
    await note(book, id="1", inputs=1_000_000)
    await note(book, id="2", inputs=10, model="nobody-knows", kind="title")
    clock.now += 86400
    await note(book, id="3", user="zoë\x00\ud800", inputs=2_000_000, outputs=5, seconds=3, kind="call")
    span = {"since": "2026-11-24", "until": "2026-11-25"}
    days = await store.report("day", **span)
    assert [(day.key, day.records, day.input_tokens, day.unknown) for day in days] == [
        ("2026-11-24", 2, 1_000_010, 1),
        ("2026-11-25", 1, 2_000_000, 0),
    ]
    users = await store.report("user", **span)
    assert [(user.key, user.cost_nanos) for user in users] == [("zoë\x00\ud800", 1_500_022_500), ("ann", 750_000_000)]
    assert [model.key for model in await store.report("model", **span)] == [MINI, "nobody-knows"]
    kinds = await store.report("kind", **span, user="ann")
    assert [(kind.key, kind.records) for kind in kinds] == [("chat", 1), ("title", 1)]
    assert await store.report("day", since="2026-11-26", until="2026-11-30") == ()
