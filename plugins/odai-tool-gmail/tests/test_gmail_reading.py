"""Mails are read whatever they are made of."""

from __future__ import annotations

from base64 import urlsafe_b64encode
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from msgspec import convert
from odai_tool_gmail import markup, reading
from odai_tool_gmail.reading import Attachment
from odai_tool_gmail.shapes import Message

from odai_core.testing.upstreams.services import gmail

ZONE = ZoneInfo("America/New_York")


def read(payload: Any, **more: Any) -> reading.Mail:
    return reading.read(convert({"id": "1", "payload": payload, **more}, Message, strict=False), ZONE)


def headed(**headers: str) -> reading.Mail:
    return read({"headers": [{"name": name, "value": value} for name, value in headers.items()]})


# -- texts -------------------------------------------------------------------------------------------


def test_plain_text_goes_before_html_wherever_it_is():
    inner = gmail.part(
        "multipart/alternative", "", gmail.part("text/html", "<p>no</p>"), gmail.part("TEXT/plain", "yes")
    )
    assert read(gmail.part("multipart/mixed", "", gmail.part("multipart/related", "", inner))).text == "yes"


def test_html_is_read_where_there_is_nothing_else():
    mail = read(gmail.mails()[1]["payload"])
    assert mail.text == "Your order 4711 has shipped.\n\n- Tea & cups\n- Spoons"
    assert mail.attachments == (Attachment("invoice.pdf", "application/pdf", 48213),)


def test_an_empty_plain_text_is_none():
    assert (
        read(gmail.part("x/y", "", gmail.part("text/plain", " \r\n"), gmail.part("text/html", "<b>so</b>"))).text
        == "so"
    )


def test_without_any_text_gmails_beginning_is_told():
    assert read(None, snippet="It&#39;s late").text == "It's late"
    assert read({"body": {"attachmentId": "x"}, "mimeType": "text/plain"}, snippet=None).text == ""


def test_an_attached_mail_is_not_the_mail():
    inner = gmail.part("message/rfc822", "", gmail.part("text/plain", "somebody else's"))
    mail = read(gmail.part("multipart/mixed", "", {**inner, "filename": "old.eml"}, gmail.part("text/html", "mine")))
    assert (mail.text, mail.attachments) == ("mine", (Attachment("old.eml", "message/rfc822", 0),))


def test_attached_texts_are_not_the_mail():
    note = {**gmail.part("text/plain", "attached"), "filename": "note\x00.txt\n"}
    mail = read(gmail.part("multipart/mixed", "", note, gmail.part("text/plain", "mine")))
    assert (mail.text, mail.attachments[0].name) == ("mine", "note .txt")


@pytest.mark.parametrize(
    ("content", "charset", "text"),
    [
        ("Grüße".encode(), "utf-8", "Grüße"), ("Grüße".encode(), "iso-8859-1", "Grüße"),
        ("Grüße".encode("latin-1"), "ISO-8859-1", "Grüße"), ("Grüße".encode("latin-1"), "no-such-charset", "Grüße"),
        ("Привет".encode("koi8-r"), '"KOI8-R"', "Привет"), ("今日は".encode("iso-2022-jp"), "iso-2022-jp", "今日は"),
        (b"\xff\xfe\x00", "idna", "ÿþ"), (b"\x81\x8d ok", "", "\ufffd\ufffd ok"), (b"a\xff", "unicode_escape", "aÿ"),
    ],
)  # fmt: skip
def test_charsets_are_as_gmail_or_the_mail_says(content, charset, text):
    assert read(gmail.part("text/plain", content, charset=charset)).text == text


@pytest.mark.parametrize(
    ("data", "text"),
    [
        ("SGk", "Hi"), ("SGk=", "Hi"), ("SG\nk", "Hi"), ("SGk!?", "Hi"), ("SGkuA", "Hi."), ("A", ""), ("====", ""),
        ("4pyT", "\u2713"), ("8J+YgA", "\U0001f600"), ("é", ""),
    ],
)  # fmt: skip
def test_base64_is_taken_as_far_as_it_goes(data, text):
    assert read({"mimeType": "text/plain", "body": {"data": data}}).text == text


def test_long_texts_are_cut():
    mail = read(gmail.part("text/plain", "word " * 1000))
    assert (len(mail.text), mail.cut) == (2000, True)
    huge = urlsafe_b64encode(("é" * 400_000).encode()).decode()
    assert set(read({"mimeType": "text/plain", "body": {"data": huge}}).text) == {"é"}


def test_control_and_direction_characters_are_left_out():
    assert read(gmail.part("text/plain", "a\x00b\u202ec\r\n\n\n\n\td \x1b[31m")).text == "abc\n\nd [31m"


# -- odd structures ----------------------------------------------------------------------------------


def test_parts_are_followed_only_so_deep_and_so_many():
    deep = gmail.part("text/plain", "bottom")
    for _ in range(300):
        deep = gmail.part("multipart/mixed", "", deep)
    assert read(deep, snippet="top").text == "top"
    many = [{**gmail.part("x/y", "z"), "filename": f"{number}.bin"} for number in range(5000)]
    assert len(read(gmail.part("multipart/mixed", "", *many)).attachments) == 20


@pytest.mark.parametrize(
    "payload", [{}, {"parts": []}, {"body": None, "headers": None}, {"mimeType": None, "parts": [{"parts": [{}]}]},
                {"filename": "x", "body": {"size": -5}}],
)  # fmt: skip
def test_what_is_missing_is_missing(payload):
    mail = read(payload, threadId=None, labelIds=None, internalDate=None)
    assert (mail.text, mail.thread_id, mail.unread, mail.at, mail.sender) == ("", "1", False, None, "")
    assert all(attachment.size == 0 for attachment in mail.attachments)


@pytest.mark.parametrize("date", ["soon", "-" * 30, "9" * 30, "1e3", ""])
def test_a_date_that_is_none_is_left_out(date):
    assert read({}, internalDate=date).at is None


# -- headers -----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("given", "sender", "address"),
    [
        ("Jo Smith <jo@example.com>", "Jo Smith", "jo@example.com"), ("jo@x.example", "jo@x.example", "jo@x.example"),
        ("=?utf-8?q?J=C3=B6?= <jo@example.com>", "Jö", "jo@example.com"), ("", "", ""), ("<", "", ""),
        ("=?utf-8?b?SsO2?= <jo@example.com>", "Jö", "jo@example.com"), ("Jo\r\nBcc: x <a@b.example>", "Jo Bcc: x", ""),
        ("=?no-such?q?x?= <jo@example.com>", "=?no-such?q?x?=", "jo@example.com"),
    ],
)  # fmt: skip
def test_senders_are_told_apart(given, sender, address):
    mail = headed(FROM=given)
    assert mail.sender == sender or not address
    assert mail.address == address or not address


@pytest.mark.parametrize(
    ("given", "subject"),
    [("=?utf-8?q?Gr=C3=BC=C3=9Fe?=", "Grüße"), ("=?utf-8?b?!!?=", ""), ("a\r\n b", "a b"),
     ("=?utf-8?q?=0D=0ABcc:_x?=", "Bcc: x"), ("x" * 5000, "x" * 300)],
)  # fmt: skip
def test_subjects_are_one_line(given, subject):
    assert headed(subject=given).subject == subject


@pytest.mark.parametrize(
    ("given", "id"),
    [("<a@b>", "<a@b>"), (" a@b ", "<a@b>"), ("<a@b> <c@d>", ""), ("<a b@c>", ""), ("ab", ""), ("<a@b\r\nX: y>", ""),
     ("<ü@b>", ""), (f"<{'a' * 500}@b>", "")],
)  # fmt: skip
def test_message_ids_are_ids(given, id):
    assert headed(**{"message-id": given}).message_id == id


# -- markup ------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("given", "text"),
    [
        ("a<br>b", "a\nb"), ("a <b>bold</b> one", "a bold one"), ("1 < 2 & 3", "1 < 2 & 3"), ("<", "<"), ("a<", "a<"),
        ("<!-- no -->yes", "yes"), ("<!-- no", ""), ("<script>no</script >yes", "yes"), ("<STYLE>no</style>yes", "yes"),
        ("<script>no", ""), ("<a href='https://x.example'>here</a>", "here"), ("a<p", "a\n"),
        ("<td>1</td><td>2</td>", " 1  2 "),
        ("&lt;script&gt;", "<script>"), ("<!doctype html>x<?xml y?>z", "xz"), ("<ul><li>a</li></ul>", "\n\n- a\n"),
        ("a\n   b", "a b"),
    ],
)  # fmt: skip
def test_markup_becomes_text(given, text):
    assert markup.plain(given) == text


# What grew with the square of its length would take minutes.
@pytest.mark.parametrize(
    ("hostile", "times"),
    [
        ("<", 200_000), ("<!--", 50_000), ("<a ", 60_000), ("</", 99_000), ("<script>", 25_000), ("&", 200_000),
        ("<p>", 66_000), ("&#x110000;", 20_000), ("<script></", 20_000), ("<li", 60_000), (" \n", 100_000),
    ],
)  # fmt: skip
def test_hostile_markup_is_gone_through_once(hostile, times):
    assert len(markup.plain(hostile * times)) <= len(hostile) * times
