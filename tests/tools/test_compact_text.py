"""What a text model is told of an answer: everything it can use, and never too much."""

import json

import pytest

from odai_core.tools.compact import MAX_TEXT_MODEL_BYTES, for_text_model
from odai_core.tools.response import ToolResponse


def told(response, **more):
    text = for_text_model(ToolResponse(response_type="things", response=response, **more))
    assert len(text.encode()) <= MAX_TEXT_MODEL_BYTES
    return json.loads(text)


def test_it_gets_the_whole_response_with_its_sources():
    found = {"results": [{"title": "Tides", "url": "https://tides.example/a.html", "rating": 4.5, "open": False}]}
    assert told(found, spoken="One result.") == {"ok": True, "spoken": "One result.", "data": found}


def test_what_only_a_screen_can_use_is_left_out():
    found = {
        "name": "Sushi Bar",
        "image_url": "https://x.example/1",
        "thumbnail": "https://x.example/2",
        "photos": ["https://x.example/3"],
        "cover": "https://x.example/4.jpg?width=3",
        "inline": "data:image/png;base64,AAAA",
        "phone": "",
        "none": None,
        "images": 3,
        "page": "https://x.example/",
    }
    assert told(found)["data"] == {"name": "Sushi Bar", "images": 3, "page": "https://x.example/"}


def test_sample_data_and_errors_are_said():
    assert told({"a": 1}, sample=True)["sample"] is True
    error = ToolResponse.error("upstream", "It isn't answering.", retryable=True)
    assert json.loads(for_text_model(error)) == {"ok": False, "spoken": "It isn't answering.", "error": "upstream"}


def test_a_link_that_connects_an_account_is_for_the_user_alone():
    needed = ToolResponse.account_needed("google", "https://odai.example/auth/google/login?ticket=t", "Connect it.")
    text = for_text_model(needed)
    assert json.loads(text) == {"ok": False, "spoken": "Connect it.", "error": "account_needed"}


@pytest.mark.parametrize(
    "huge",
    [
        {
            "results": [
                {"title": f"number {n}", "text": "word " * 200, "url": f"https://x.example/{n}"} for n in range(90)
            ]
        },
        "word " * 50_000,
        ["ä" * 5000] * 50,
        {f"field {n}": {"deep": [n] * 100} for n in range(300)},
        [[[[[[[[[[["deep"]]]]]]]]]]],
    ],
)
def test_what_is_too_much_is_shortened_and_says_so(huge):
    answer = told(huge)
    assert answer["shortened"] is True
    assert answer["data"]


def test_the_longest_answers_keep_many_items_rather_than_long_ones():
    results = [{"title": f"number {n}", "text": "word " * 200} for n in range(40)]
    kept = told({"results": results})["data"]["results"]
    assert len(kept) >= 20


def test_a_hostile_address_is_a_long_text_and_not_searched():
    assert told({"a": "http://" + ".png?" * 50_000 + " "})["data"]["a"].startswith("http://.png?")
