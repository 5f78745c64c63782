"""Reading pages: encodings, extraction, and the process that does it."""

from __future__ import annotations

import asyncio
import io
import json
import sys
from types import SimpleNamespace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from odai_tool_fetch_website import extract as program
from odai_tool_fetch_website.reading import reader
from odai_tool_fetch_website.shapes import Page

from odai_core import ToolError

from .conftest import html

ARTICLE = """<html><head><title>Lamp lit &amp; bright</title>
<meta property="article:published_time" content="2026-11-20T08:00:00Z"></head><body>
<nav><a href="/">Home</a> <a href="/b">Buy now</a></nav>
<article><h1>Lamp lit</h1><p>The old lighthouse was lit again on Friday evening, for the first time in forty years, and
the whole town came to see it.</p><p>Volunteers had rebuilt the lamp from the keeper's own drawings, which were found
in a tin under the stairs.</p></article><footer>Cookies and imprint</footer><script>alert(1)</script></body></html>"""


def page(body: bytes, *, is_html: bool = True, charset: str = "") -> Page:
    return Page(url="https://example.com/", body=body, html=is_html, charset=charset, cut=False)


# -- encodings ---------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("body", "charset", "text"),
    [
        ("Grüße".encode(), "utf-8", "Grüße"), ("Grüße".encode(), "", "Grüße"), ("Grüße".encode(), "nonsense", "Grüße"),
        ("Grüße".encode("latin-1"), "ISO-8859-1", "Grüße"), ("“x”".encode("cp1252"), "iso-8859-1", "“x”"),
        ("日本語".encode("shift_jis"), "Shift_JIS", "日本語"), ("中文".encode("gbk"), "gb2312", "中文"),
        ("Привет".encode("koi8-r"), "KOI8-R", "Привет"), (b'<meta charset="koi8-r">' + "Да".encode("koi8-r"), "", "Да"),
        ("\ufeffGrüße".encode(), "latin1", "Grüße"), ("\ufeffGrüße".encode("utf-16-le"), "utf-8", "Grüße"),
        ("\ufeffGrüße".encode("utf-16-be"), "", "Grüße"), (b"a\xffb", "utf-8", "a\ufffdb"),
        ("Grüß Gott und guten Morgen, lieber Herr Müller. ".encode("cp1252") * 20, "", "Müller"),
        (("x" * 50 + "ü").encode(), "", "x" * 50 + "ü"), ("Grüße".encode()[:-2], "", "Gr"), (b"", "", ""),
    ],
)  # fmt: skip
def test_an_encoding_is_found(body, charset, text):
    assert text in program.decoded(body, charset)


@pytest.mark.parametrize(
    "charset",
    ["zip", "zlib", "bz2", "hex", "base64", "rot13", "uu", "quopri", "idna", "punycode", "unicode_escape", "utf-7",
     "raw_unicode_escape", "undefined", "mbcs", "cp99999", "iso-8859-99", "../etc", "utf_8_sig\0", "latin-1;x"],
)  # fmt: skip
def test_a_codec_that_is_no_charset_is_not_run(charset):
    assert program.decoded(b"+ADw-script+AD4- \\u0041", charset) == "+ADw-script+AD4- \\u0041"


@given(st.binary(max_size=300), st.text(max_size=20) | st.sampled_from(["utf-16", "gb18030", "iso-2022-jp", "big5"]))
@settings(deadline=None)
def test_any_bytes_are_text(body, charset):
    assert isinstance(program.decoded(body, charset), str)


# -- extraction --------------------------------------------------------------------------------------


def test_the_article_is_found_and_the_rest_is_left_out():
    found = program.extracted(ARTICLE)
    assert found["title"] == "Lamp lit"
    assert found["date"] == "2026-11-20"
    assert "for the first time in forty years" in found["text"]
    assert not any(word in found["text"] for word in ("Buy now", "alert", "imprint"))


@pytest.mark.parametrize(
    ("page", "title", "text"),
    [
        ("<title>T&uuml;r</title><body>x</body>", "Tür", "x"), ("<p>Only a line.</p>", "", "Only a line."),
        ("<title>Empty</title>", "Empty", ""), ("no markup", "", "no markup"), ("<" * 200, "", ""),
        ("<body>" + "<div>" * 5000 + "deep", "", ""), ("<title>" * 500, "", ""),
        ("\x00\x01<p>ctl\u202e\x07</p>", "", "ctl"),
    ],
)  # fmt: skip
def test_a_page_without_an_article_is_read_as_far_as_it_goes(page, title, text):
    found = program.extracted(page)
    assert found["title"] == title
    assert text in found["text"]
    assert not set("\x00\x01\x07\u202e") & set(found["text"])


def test_long_texts_are_cut_at_a_paragraph():
    found = program.handed("t" * 999, "Words go on and on.\n\n\n\n" * 1000, "2026-1-1")
    assert (len(found["title"]), found["cut"], found["date"]) == (200, True, None)
    assert 4000 < len(found["text"]) <= 8000
    assert found["text"].endswith("on.")
    assert len(program.handed("", "x" * 9000, None)["text"]) == 8000


def test_the_program_reads_standard_input(monkeypatch, capsys):
    limits = []
    monkeypatch.setitem(sys.modules, "resource", SimpleNamespace(
        RLIMIT_AS=1, RLIMIT_CPU=2, setrlimit=lambda *limit: limits.append(limit)))  # fmt: skip
    marked = b'{"html": true, "charset": "utf-8"}\n' + html("<p>Hello there.</p>")
    for body, expected in ((b'{"html": false, "charset": ""}\nHi', "Hi"), (marked, "Hello")):
        monkeypatch.setattr(sys, "stdin", SimpleNamespace(buffer=io.BytesIO(body)))
        program.main()
        assert expected in json.loads(capsys.readouterr().out)["text"]
    assert limits[0] == (1, (2**30, 2**30))
    monkeypatch.setitem(sys.modules, "resource", None)
    program._limit()
    assert len(limits) == 4


# -- the process -------------------------------------------------------------------------------------


async def test_a_page_is_read_in_a_process_of_its_own():
    async with reader() as read:
        found = await read(page(ARTICLE.encode()))
    assert (found.title, found.date, found.cut) == ("Lamp lit", "2026-11-20", False)
    async with reader() as read:
        assert (await read(page("Größe".encode("latin-1"), is_html=False, charset="latin1"))).text == "Größe"


async def test_a_page_with_nothing_on_it_is_a_sentence():
    async with reader() as read:
        with pytest.raises(ToolError, match="not_found"):
            await read(page(b"<html><title>x</title></html>"))


@pytest.mark.parametrize(
    "source",
    ["", "raise SystemExit(1)", "print('no json')", "print('{}')", "import os; os.abort()", "print('{\"title\": 1}')",
     "import sys; sys.stdout.buffer.write(b'\\xff')", "import sys; sys.stdin.close(); print('[]')"],
)  # fmt: skip
async def test_a_reader_that_fails_is_a_sentence(source, tmp_path):
    broken = tmp_path / "broken.py"
    broken.write_text(source)
    async with reader(broken) as read:
        with pytest.raises(ToolError, match="bad_shape"):
            await read(page(b"x" * 500_000))


async def test_a_reader_sees_no_secret_of_ours(tmp_path, monkeypatch):
    monkeypatch.setenv("OPENAI_API_KEY", "secret")
    nosy = tmp_path / "nosy.py"
    nosy.write_text("import os, json; print(json.dumps({'title': '', 'text': ' '.join(os.environ) or 'nothing'}))")
    async with reader(nosy) as read:
        assert "OPENAI" not in (await read(page(b"x"))).text


async def test_a_reader_nobody_waits_for_is_killed(tmp_path, monkeypatch):
    busy = tmp_path / "busy.py"
    busy.write_text("while True: pass")
    started, spawn = [], asyncio.create_subprocess_exec

    async def noted(*arguments, **options):
        started.append(await spawn(*arguments, **options))
        return started[-1]

    monkeypatch.setattr(asyncio, "create_subprocess_exec", noted)
    with pytest.raises(TimeoutError):
        async with asyncio.timeout(0.2), reader(busy) as read:
            await read(page(b"x" * 500_000))
    assert started[0].returncode == -9
    async with reader(busy):
        pass
    assert started[1].returncode == -9
