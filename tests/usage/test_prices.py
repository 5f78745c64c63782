"""What a model costs on a day, and price tables that nobody should trust."""

from datetime import date
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from odai_core import SettingError, Usage
from odai_core.models.openai_plugin import odai_models
from odai_core.usage.prices import MAX_COUNT, NANOS, Price, Prices, load_prices, read_prices

TODAY = date(2026, 11, 24)
BUILT_IN = load_prices()
ROW = '[[price]]\nmodel = "m"\nfrom = 2026-01-01\ninput = 1.0\noutput = 2\n'


def price(model="m", start=date(2026, 1, 1), **dollars):
    given_ = {name: Decimal(str(value)) for name, value in dollars.items()}
    return Price(model=model, valid_from=start, **({"input": Decimal(1), "output": Decimal(2)} | given_))


def test_every_kind_of_token_has_its_price():
    table = Prices(
        [price(input=1, cached_input="0.1", output=10, audio_input=100, cached_audio_input=7, audio_output=1000)]
    )
    usage = Usage(
        model="m", input_tokens=1000, cached_input_tokens=300, output_tokens=500, audio_input_tokens=400,
        cached_audio_input_tokens=100, audio_output_tokens=200,
    )  # fmt: skip
    # 400 + 200 cached of text, 300 + 100 cached of sound; 300 of text and 200 of sound come back.
    dollars = 400 * 1 + 200 * Decimal("0.1") + 300 * 100 + 100 * 7 + 300 * 10 + 200 * 1000
    assert table.cost(usage, TODAY) == dollars * 1000


def test_the_default_models_of_openai_have_prices():
    by_name = {setting.name: setting.default for setting in odai_models().settings}
    text, voice = by_name["OPENAI_TEXT_MODEL"], by_name["OPENAI_REALTIME_MODEL"]
    assert BUILT_IN.cost(Usage(model=text, input_tokens=10**6), TODAY) == 75 * NANOS // 100
    heard = Usage(model=voice, input_tokens=10**6, audio_input_tokens=10**6)
    assert BUILT_IN.cost(heard, TODAY) == 32 * NANOS
    written = Usage(model=by_name["OPENAI_TRANSCRIPTION_MODEL"], output_tokens=10**6)
    assert BUILT_IN.cost(written, TODAY) == 5 * NANOS


def test_the_local_model_is_free_and_an_unknown_one_is_not():
    used = Usage(model="local", input_tokens=500, output_tokens=500, audio_output_tokens=100)
    assert BUILT_IN.cost(used, TODAY) == 0
    assert BUILT_IN.cost(Usage(model="gpt-nobody-knows", input_tokens=500), TODAY) is None
    assert BUILT_IN.cost(Usage(model="", input_tokens=1), TODAY) is None
    assert BUILT_IN.cost(Usage(model="localhost/llama"), TODAY) is None


def test_every_row_of_the_built_in_table_says_where_it_is_from():
    assert len(BUILT_IN.rows) >= 20
    for row in BUILT_IN.rows:
        assert row.source
        assert row.cached_input is None or row.cached_input <= row.input
        assert row.valid_from <= TODAY


def test_a_turn_is_priced_by_its_own_day():
    table = Prices([price(start=date(2026, 6, 1), input=2), price(start=date(2026, 1, 1), input=8)])
    used = Usage(model="m", input_tokens=1)
    assert table.cost(used, date(2025, 12, 31)) is None
    assert table.cost(used, date(2026, 1, 1)) == 8000
    assert table.cost(used, date(2026, 5, 31)) == 8000
    assert table.cost(used, date(2026, 6, 1)) == 2000


@pytest.mark.parametrize(
    "model, named",
    [
        ("gpt-9", "gpt-9"), ("gpt-9-2026-03-17", "gpt-9"), ("gpt-9-mini", "gpt-9-mini"),
        ("gpt-9-mini-2026-03-17", "gpt-9-mini"), ("gpt-9-nano", None), ("gpt-9-2026", None),
        ("llama-4-scout", "llama*"), ("llama-4-large", "llama-4-l*"), ("my-llama", None), ("x*", None),
    ],
)  # fmt: skip
def test_which_row_is_a_models(model, named):
    table = Prices(price(name) for name in ("gpt-9", "gpt-9-mini", "llama*", "llama-4-l*"))
    found = table.of(model, TODAY)
    assert (found.model if found else None) == named


def test_a_small_price_is_exact():
    assert (
        Prices([price(cached_input="0.005")]).cost(Usage(model="m", input_tokens=3, cached_input_tokens=3), TODAY) == 15
    )


def test_cache_writes_have_their_price_when_they_are_told():
    table = Prices([price(input=2, cache_write="2.5")])
    used = Usage(model="m", input_tokens=10, details={"cache_write_tokens": 4})
    assert table.cost(used, TODAY) == (6 * 2 + 4 * Decimal("2.5")) * 1000


def test_sound_without_a_price_makes_the_cost_unknown():
    assert Prices([price()]).cost(Usage(model="m", input_tokens=5, audio_input_tokens=5), TODAY) is None
    assert Prices([price()]).cost(Usage(model="m", output_tokens=5, audio_output_tokens=5), TODAY) is None
    assert Prices([price()]).cost(Usage(model="m", input_tokens=5), TODAY) == 5000


COUNTS = st.integers(-(10**20), 10**20) | st.sampled_from([None, True, 1.5, float("nan"), "7", [], 10**400])


@given(
    st.tuples(COUNTS, COUNTS, COUNTS, COUNTS, COUNTS, COUNTS, COUNTS),
)
def test_no_count_of_a_server_makes_a_cost_that_cannot_be_kept(counts):
    inputs, cached, outputs, audio, cached_audio, audio_out, written = counts
    used = Usage(
        model="m", input_tokens=inputs, cached_input_tokens=cached, output_tokens=outputs, audio_input_tokens=audio,
        cached_audio_input_tokens=cached_audio, audio_output_tokens=audio_out, details={"cache_write_tokens": written},
    )  # fmt: skip
    dear = Prices([price(input=100_000, output=100_000, audio_input=100_000, audio_output=100_000)])
    cost = dear.cost(used, TODAY)
    assert cost is not None
    assert 0 <= cost <= 4 * MAX_COUNT * 100_000 * 1000 < 2**63


# -- tables of operators


def test_a_table_of_ones_own_takes_the_place_of_the_built_in(tmp_path):
    file = tmp_path / "mine.toml"
    file.write_text("\ufeff" + ROW)
    table = load_prices(str(file))
    assert table.cost(Usage(model="m", input_tokens=1), TODAY) == 1000
    assert table.cost(Usage(model="local"), TODAY) is None


@pytest.mark.parametrize(
    "text, why",
    [
        ("not toml", "it is no TOML"),
        ("", "something other than [[price]] tables"),
        ("price = 3", "something other than [[price]] tables"),
        ("price = [3]", "price 1 is no table"),
        (ROW + "[more]\nx = 1", "something other than [[price]] tables"),
        (ROW.replace('"m"', '""'), "price 1 needs a model"),
        (ROW.replace('"m"', "7"), "price 1 needs a model"),
        (ROW.replace('"m"', '"a*b"'), "price 1 needs a model"),
        (ROW.replace('"m"', '"a\\nb"'), "price 1 needs a model"),
        (ROW.replace("2026-01-01", '"2026-01-01"'), "price 1 (m) needs a day to hold from"),
        (ROW.replace("2026-01-01", "2026-01-01T00:00:00Z"), "price 1 (m) needs a day to hold from"),
        (ROW.replace("from = 2026-01-01\n", ""), "price 1 (m) needs a day to hold from"),
        (ROW.replace("input = 1.0\n", ""), "price 1 (m) needs 'input'"),
        (ROW.replace("1.0", '"1.0"'), "price 1 (m) has no price in 'input'"),
        (ROW.replace("1.0", "-1"), "price 1 (m) has no price in 'input'"),
        (ROW.replace("1.0", "nan"), "price 1 (m) has no price in 'input'"),
        (ROW.replace("1.0", "inf"), "price 1 (m) has no price in 'input'"),
        (ROW.replace("1.0", "true"), "price 1 (m) has no price in 'input'"),
        (ROW.replace("1.0", "1e300"), "price 1 (m) has no price in 'input'"),
        (ROW.replace("1.0", "1e999999999999999999999"), "cannot be used"),
        (ROW + "cached = 1\n", "price 1 (m) has 'cached', which means nothing here"),
        (ROW + "source = 1\n", "price 1 (m) has a source that is no text"),
        (ROW + ROW, "m has two prices from 2026-01-01 on"),
        (ROW + ROW.replace('"m"', '"n"').replace("2\n", "x\n"), "it is no TOML"),
        ("a = " + "[" * 5000, "it is no TOML"),
    ],
)
def test_a_table_that_cannot_be_read_says_which_line(text, why):
    with pytest.raises(SettingError) as told:
        read_prices(text, "mine.toml")
    assert "mine.toml" in told.value.cause
    assert why in told.value.cause


@given(st.text(max_size=200))
def test_any_text_is_a_table_or_a_setting_error(text):
    try:
        table = read_prices(text, "mine.toml")
    except SettingError:
        return
    assert table.rows


def test_a_file_that_is_not_there_or_too_large_is_said(tmp_path):
    with pytest.raises(SettingError, match=r"gone\.toml cannot be used: No such file"):
        load_prices(str(tmp_path / "gone.toml"))
    large = tmp_path / "large.toml"
    large.write_text("#" * (2**20 + 1))
    with pytest.raises(SettingError, match="larger than 1 MiB"):
        load_prices(str(large))
    odd = tmp_path / "odd.toml"
    odd.write_bytes(b"\xff\xfe\x00")
    with pytest.raises(SettingError, match="no UTF-8 text"):
        load_prices(str(odd))
    with pytest.raises(SettingError, match="cannot be used"):
        load_prices(str(tmp_path))
