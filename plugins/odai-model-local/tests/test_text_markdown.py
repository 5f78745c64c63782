"""Strangers' data as Markdown: read back by a Markdown parser, it is nothing but the same text."""

from __future__ import annotations

import random
from collections.abc import Iterator
from typing import Any

import pytest
from markdown_it import MarkdownIt
from markdown_it.token import Token
from odai_model_local.text.answers import Found, blocks, read, section
from odai_model_local.text.markdown import address, escaped, line, link, moment, number, scalar
from odai_model_local.text.tables import MAX_ROWS, several

PARSER = MarkdownIt("commonmark", {"html": True}).enable(["table", "strikethrough"])
PLAIN = {"text", "softbreak", "text_special", "html_entity"}
HOSTILE = (
    "<script>alert(1)</script>",
    "<img src=x onerror=alert(1)>",
    "a | b | c",
    "`rm -rf`",
    "```\nfence\n```",
    "# heading",
    "> quote",
    "- item",
    "1. item",
    "1) item",
    "2026. A year",
    "***\nrule",
    "**bold** _em_ ~~gone~~",
    "[text](https://evil.example)",
    "![i](https://evil.example/i.png)",
    "[a]: https://evil.example",
    "<https://evil.example>",
    "&lt;b&gt; &amp; &#60;i&#62;",
    "back\\slash \\| \\` \\",
    "line\nbreak\r\nand\ttab\x00null",
    "\u202egnp.exe\u202c \u200bzero",
    "---",
    "===",
    "+ plus",
    "trailing \\",
    "__init__",
    "| --- | --- |",
    "a  \nhard break",
    "$x^2$ {{template}} {% tag %}",
)


def tokens(markdown: str) -> Iterator[Token]:
    for token in PARSER.parse(markdown):
        yield token
        yield from token.children or ()


def kinds(markdown: str) -> set[str]:
    return {token.type for token in tokens(markdown)}


def text(markdown: str) -> str:
    return "".join(token.content for token in tokens(markdown) if token.type in PLAIN)


@pytest.mark.parametrize("hostile", HOSTILE)
def test_a_text_is_only_a_text(hostile: str) -> None:
    assert kinds(escaped(hostile)) <= PLAIN | {"paragraph_open", "paragraph_close", "inline"}
    assert text(escaped(hostile)) == line(hostile)


@pytest.mark.parametrize("hostile", HOSTILE)
def test_a_table_keeps_its_cells_apart(hostile: str) -> None:
    rows = [{"name": hostile, "rating": 4, hostile: "x"}, {"name": "Other", "rating": 5, hostile: "y"}]
    markdown = "\n".join(several(rows))
    found = [token for token in PARSER.parse(markdown) if token.type == "inline"]
    assert kinds(markdown) <= PLAIN | {"inline"} | {
        f"{part}_{end}" for part in ("table", "thead", "tbody", "tr", "th", "td") for end in ("open", "close")
    }
    assert len(found) == 9
    cells = ["".join(child.content for child in token.children or ()) for token in found]
    assert (cells[3] or "–") == (line(hostile) or "–")
    assert cells[4:6] == ["4", "x"]


def test_no_mixture_of_markup_gets_through() -> None:
    dice = random.Random(7)
    alphabet = "ab1 .)(`*_[]<>|~#>+-=!&;\\\n:/\"'"
    for _ in range(2000):
        hostile = "".join(dice.choice(alphabet) for _ in range(dice.randint(1, 40)))
        assert kinds(escaped(hostile)) <= PLAIN | {"paragraph_open", "paragraph_close", "inline"}, hostile
        assert text(escaped(hostile)) == line(hostile)


@pytest.mark.parametrize(
    "url",
    [
        "javascript:alert(1)",
        "data:text/html,x",
        "//evil.example",
        "https://user:pw@evil.example/",
        "https://",
        "http://a b",
        "https://x\n.example",
        "https://[::1",
        "https://x.example/" + "a" * 3000,
        "https:\\\\evil.example",
        None,
        7,
    ],
)
def test_what_is_no_address_is_no_link(url: Any) -> None:
    assert address(url) == ""
    assert kinds(link("Text", url)) <= PLAIN | {"paragraph_open", "paragraph_close", "inline"}


@pytest.mark.parametrize(
    "url", ["https://x.example/a_(b)?q=1&r=%20#f", "http://x.example/\"'<>`|*[]", "https://münchen.example/ü"]
)
def test_an_address_stays_one_link(url: str) -> None:
    links = [token for token in tokens(link("[T](x) | <b>", url)) if token.type == "link_open"]
    (only,) = links
    assert str(only.attrs["href"]).startswith(url.split("/")[0] + "//")
    assert not set(str(only.attrs["href"])) & set('<>"`|() ')


def test_links_names_and_counts_in_a_table() -> None:
    rows = [
        {"id": "x9", "name": f"Place {n}", "url": f"https://p.example/{n}", "rating": n / 2, "review_count": 1200 + n}
        for n in range(30)
    ]
    lines = several(rows)
    assert lines[0] == "| Name | Rating | Reviews |"
    assert lines[3] == "| [Place 1](https://p.example/1) | 0.5 | 1,201 |"
    assert len(lines) == 2 + MAX_ROWS + 2
    assert lines[-1] == "… and 20 more."


def test_ten_thousand_rows_stay_a_few() -> None:
    markdown = "\n\n".join(blocks([{"name": "x" * 500, "text": "y" * 5000, "n": n} for n in range(10_000)]))
    assert len(markdown) < 20_000
    assert "… and 9,990 more." in markdown


@pytest.mark.parametrize(
    "data",
    [
        None,
        {},
        [],
        [[], [[]]],
        [None, None],
        {"a": {"b": {"c": {"d": {"e": {"f": 1}}}}}},
        [{"a": None, "b": {"c": [1, {"d": None}]}}, {}],
        {"rows": [{"x": [{"y": [{"z": 1}] * 3}] * 3}] * 3},
        [{"name": ["a", {"b": 1}]}, {"name": 7}],
        {"": "", " ": " ", "\n": "\n"},
        {"n": float("nan"), "i": float("inf")},
        [1, "two", None, True, {"three": 3}],
        {"text": "long " * 5000},
        "just words",
        {str(n): n for n in range(500)},
    ],
)
def test_any_shape_is_taken(data: Any) -> None:
    markdown = "\n\n".join(blocks(data))
    assert len(markdown) < 20_000
    assert "None" not in markdown
    assert "nan" not in markdown
    assert "{" not in markdown


def test_deep_nesting_ends() -> None:
    deep: Any = {"name": "end"}
    for _ in range(400):
        deep = {"inner": deep, "list": [deep]} if _ < 8 else {"inner": deep}
    assert len("".join(blocks(deep))) < 20_000


def test_one_thing_is_a_list_of_facts() -> None:
    thing = {
        "name": "Sakura",
        "rating": 4.5,
        "is_closed": False,
        "open_now": True,
        "location": {"city": "Rome", "zip": 1},
    }
    assert blocks(thing) == ["- Name: Sakura\n- Rating: 4.5\n- Open now: yes\n- Location: Rome, 1"]
    assert blocks([thing]) == blocks(thing)


def test_long_texts_make_a_list_instead_of_a_table() -> None:
    rows = [{"title": f"T{n}", "source": "S", "snippet": "words " * 30, "link": "https://x.example"} for n in range(2)]
    lines = several(rows)
    assert lines[0].startswith("1. **[T0](https://x.example)** · S")
    assert lines[1].startswith("   words words")


def test_a_page_is_quoted() -> None:
    page = {"title": "Home", "url": "https://x.example/", "text": "# Hello\n\n<b>there</b>\n\n- one", "untrusted": True}
    markdown = section(Found(True, "It says hello.", page), None)
    assert "- [Home](https://x.example/)" in markdown
    quoted = markdown.partition("> ")[2]
    assert "html_inline" not in kinds(markdown)
    assert "Hello" in quoted


def test_two_lists_have_names() -> None:
    data = {
        "top": [{"name": "a", "n": 1}, {"name": "b", "n": 2}],
        "others": [{"name": "c", "n": 3}, {"name": "d", "n": 4}],
    }
    assert [block for block in blocks(data) if block.startswith("**")] == ["**Top**", "**Others**"]


def test_values_read_well() -> None:
    assert [number(value) for value in (1.82024e12, 91234.5678, 1289, 0.00012346, 4.5, 5.0, -2.1)] == [
        "1.82 trillion", "91,234.57", "1,289", "0.0001235", "4.5", "5", "-2.1",
    ]  # fmt: skip
    assert moment("2020-02-29") == "Sat 29 Feb 2020"
    assert moment("2020-02-29T07:45:00Z") == "Sat 29 Feb 2020, 07:45 UTC"
    assert moment("2020-02-29T07:45:00-05:00") == "Sat 29 Feb 2020, 07:45"
    assert moment("2020-99-99") == moment("noon") == ""
    assert scalar("year", 2026) == "2026"
    assert scalar("status", "in_transit") == "in transit"
    assert scalar("page", "https://x.example/a") == "[x.example](https://x.example/a)"


@pytest.mark.parametrize(
    ("output", "expected"),
    [
        ('{"ok":false,"spoken":"Yelp is busy.","error":"rate_limited"}', "Yelp is busy."),
        ('{"ok":false,"spoken":"Connect Google first.","error":"account_needed"}', "Connect Google first."),
        (
            '{"ok":false,"spoken":"The user said no. Nothing was done.","error":"declined"}',
            "All right, I left it as it is.",
        ),
        ('{"response_type":"error","response":{"code":"upstream","message":"x"}}', "Sorry, that didn't work"),
        ('{"ok":true}', "I couldn't find anything."),
        ('{"ok":true,"spoken":"Nothing there.","data":[]}', "Nothing there."),
        ("not json", "Sorry, that didn't work"),
        ("[1,2]", "Sorry, that didn't work"),
        ("{" * 5000, "Sorry, that didn't work"),
        ('{"ok":true,"spoken":5,"data":"<b>hi</b>"}', "> &lt;b&gt;hi&lt;/b&gt;"),
        (None, "Sorry, that didn't work"),
        (12, "Sorry, that didn't work"),
    ],
)
def test_any_output_becomes_a_sentence(output: Any, expected: str) -> None:
    assert section(read(output), None).startswith(expected)


def test_the_sentence_stops_where_the_table_says_the_same() -> None:
    data = [{"name": "A", "rating": 1}, {"name": "B", "rating": 2}]
    markdown = section(Found(True, "For sushi: First, A, with one star. Second, B.", data), None)
    assert markdown.startswith("For sushi:\n\n| Name | Rating |")
    assert section(Found(True, "First, A. Second, B.", data), None).startswith("First, A. Second, B.")


def test_units_stay_with_their_numbers() -> None:
    weather = {
        "location": {"name": "Boston", "region": "MA", "lat": 42.3, "lon": -71.0},
        "now": {"temp_c": 6.1, "temp_f": 43.0, "humidity": 61, "condition": {"text": "Grey", "code": 3}},
        "wind": {"Speed": {"Value": 12.0, "Unit": "mi/h"}},
        "price": {"min": 45.0, "max": 140.0, "currency": "USD"},
        "address": {"display_address": ["1 Main St", "Rome"], "zip": 1},
    }  # fmt: skip
    assert blocks(weather) == [
        "- Location: Boston, MA\n- Temperature: 43 °F, 6.1 °C\n- Humidity (%): 61\n- Weather: Grey\n"
        "- Wind: 12 mi/h\n- Price: 45 to 140 USD\n- Address: 1 Main St, Rome"
    ]


def test_parts_of_rows_with_much_in_them_become_columns() -> None:
    days = [
        {
            "date": f"2020-02-0{n}",
            "day": {"maxtemp_f": 40 + n, "maxtemp_c": 4 + n, "uv": n, "condition": {"text": f"Sky {n}"}},
        }
        for n in range(1, 4)
    ]
    assert several(days)[:3] == [
        "| Date | High | UV index | Weather |",
        "|---|---|---|---|",
        "| Sat 1 Feb 2020 | 41 °F, 5 °C | 1 | Sky 1 |",
    ]


def test_of_many_columns_those_that_differ_stay() -> None:
    rows = [{"name": f"N{n}", "a": 1, "b": "same", **{key: n + at for at, key in enumerate("pqruv")}} for n in range(3)]
    assert several(rows)[0] == "| Name | P | Q | R | U | V |"


def test_rows_without_a_name_and_with_flags() -> None:
    assert several([{"n": 1, "m": 2}, {"n": 3, "m": 4}])[0] == "| N | M |"
    mails = [{"subject": f"S{n}", "unread": n == 0, "snippet": "words " * 20} for n in range(2)]
    assert several(mails)[0] == "1. **S0** · unread"
    assert several(mails)[2] == "2. **S1**"
    assert several([1, "x", None]) == []


def test_rates_are_a_table() -> None:
    rates = {f"C{n}X": n + 0.5 for n in range(20)}
    (base, table) = blocks({"base": "EUR", "rates": rates})
    assert base == "- Base: EUR"
    assert table.startswith("| Name | Rate |\n|---|---|\n| C0X | 0.5 |")
    assert table.endswith("… and 10 more.")


def test_lists_of_texts_are_one_line() -> None:
    thing = {
        "name": "X",
        "colours": ["a", "b", "c", "d", "e"],
        "food": [{"title": "Sushi", "alias": "s"}, {"title": "Bar"}],
    }
    assert blocks(thing) == ["- Name: X\n- Colours: a, b, c, d…\n- Food: Sushi, Bar"]
