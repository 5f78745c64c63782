"""What a realtime model reads always fits, and always parses."""

from __future__ import annotations

import json

from hypothesis import given, settings
from hypothesis import strategies as st

from odai_core import ToolResponse
from odai_core.tools.compact import MAX_MODEL_BYTES, for_model, for_text_model
from odai_core.tools.words import MAX_SPOKEN, clean_spoken, cut


def ok(response: object = None, **more: object) -> ToolResponse:
    return ToolResponse(response_type="x", response=response, **more)  # type: ignore[arg-type]


def test_the_projection_is_told_and_not_the_display():
    told = json.loads(for_model(ok({"all": 1}, spoken="Here.", voice=[{"id": "a", "empty": None}], sample=True)))
    assert told == {"ok": True, "spoken": "Here.", "data": [{"id": "a"}], "sample": True}


def test_without_a_projection_the_display_is_trimmed():
    body = {"url": "https://x.example/y", "items": [{"n": i, "gone": None} for i in range(9)]}
    assert json.loads(for_model(ok(body)))["data"] == {"items": [{"n": i} for i in range(5)]}


def test_an_error_has_its_code_and_no_data():
    told = json.loads(for_model(ToolResponse.error("not_found", "I couldn't find that.", False)))
    assert told == {"ok": False, "spoken": "I couldn't find that.", "error": "not_found"}
    assert json.loads(for_model(ToolResponse(response_type="error", response="odd")))["error"] == "internal"


def test_items_go_before_the_sentence():
    sentence = "word " * 59 + "end."
    told = for_model(ok(spoken=sentence, voice=[{f"key{k}": "ü" * 200 for k in range(12)} for _ in range(5)]))
    assert len(told.encode()) <= MAX_MODEL_BYTES
    assert json.loads(told)["spoken"] == sentence
    assert 0 < len(json.loads(told)["data"]) < 5


def test_what_is_nested_too_deeply_is_left_out():
    told = json.loads(for_model(ok({"a": {"b": {"c": {"d": {"e": {"f": 1}}}}}, "g": 1})))
    assert told["data"] == {"g": 1}


def test_data_that_never_fits_is_left_out():
    deep = {"k" * 40: [{"𝄞" * 40: ["𝄞" * 200] * 5} for _ in range(5)]}
    wide = {f"{i}" + "𝄞" * 40: deep for i in range(12)}
    told = json.loads(for_model(ok(spoken="𝄞" * 300, voice=wide)))
    assert "data" not in told
    assert told["ok"]


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=400),
    lambda inner: st.lists(inner, max_size=8) | st.dictionaries(st.text(max_size=60), inner, max_size=15),
    max_leaves=60,
)


@settings(deadline=None, max_examples=60)
@given(json_values, json_values, st.text(max_size=1000), st.booleans())
def test_any_answer_fits(body, voice, spoken, error):
    response = ToolResponse(response_type="error" if error else "x", response=body, voice=voice, spoken=spoken)
    told = for_model(response)
    assert len(told.encode()) <= MAX_MODEL_BYTES
    assert json.loads(told)["ok"] is not error


# -- words -------------------------------------------------------------------------------------------


def test_markup_and_addresses_are_not_spoken():
    text = "# Best\n- **Tom &amp; Co** is #1, see [their page](https://t.example/x), <b>now</b> www.x.example/y ."
    assert clean_spoken(text) == "Best Tom & Co is number 1, see their page, now."


def test_a_comparison_is_not_a_tag():
    assert clean_spoken("5 < 6 and 7 > 6") == "5 6 and 7 6"


def test_a_long_answer_ends_on_a_sentence_or_on_a_word():
    assert clean_spoken("A sentence of some words here. " * 20).endswith("here.")
    words = clean_spoken("word " * 100)
    assert words.endswith("word.")
    assert len(words) <= MAX_SPOKEN
    assert len(clean_spoken("x" * 1000)) == MAX_SPOKEN
    assert cut("short", 10) == "short"
    assert clean_spoken(None) == clean_spoken(7) == ""


@settings(deadline=None)
@given(st.text(alphabet=st.sampled_from("<>[]()*#-\n .!&;abhttps:/w\x00\u202e"), max_size=2000) | st.text())
def test_any_text_is_made_speakable(text):
    said = clean_spoken(text)
    assert len(said) <= MAX_SPOKEN
    assert not set(said) & set("<>[]*#`\n\x00\u202e")
    assert "https://" not in said
    assert said == said.strip()


def test_a_text_model_never_sees_a_ticket():
    way = {"account_type": "plaid", "connect_url": "/auth/plaid/login?ticket=secret", "url": "https://example.org"}
    told = json.loads(for_text_model(ok({"offer": way}, spoken="Here.")))
    assert told["data"] == {"offer": {"account_type": "plaid", "url": "https://example.org"}}
    needed = ToolResponse.account_needed("plaid", way["connect_url"], "Connect it.")
    assert "secret" not in for_text_model(needed)
