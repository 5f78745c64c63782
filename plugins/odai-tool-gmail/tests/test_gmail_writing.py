"""Mails leave as they were approved, with nobody else's headers in them."""

from __future__ import annotations

from base64 import urlsafe_b64decode
from email import message_from_bytes
from email.message import EmailMessage
from email.policy import default
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec import convert
from odai_tool_gmail import writing
from odai_tool_gmail.shapes import Message

from odai_core import ToolError

HEADERS = {
    "From",
    "To",
    "Subject",
    "Message-ID",
    "X-ODAI-Write",
    "Content-Type",
    "Content-Transfer-Encoding",
    "MIME-Version",
}


def draft(**more: Any) -> writing.Draft:
    told = {
        "name": "Kim",
        "to": ["jo@example.com"],
        "cc": [],
        "bcc": [],
        "subject": "Lunch",
        "body": "Noon?",
        "write_id": "w",
    }
    return writing.draft(**{**told, **more})


def sent(one: writing.Draft, **more: str) -> EmailMessage:
    raw = urlsafe_b64decode(writing.raw(one, "me@example.com", **more))
    assert all(len(line) <= 998 for line in raw.split(b"\r\n"))
    assert raw.isascii()
    return message_from_bytes(raw, policy=default)  # type: ignore[return-value]


def answered(subject: str = "Lunch", **headers: str) -> list[Message]:
    told = {"Message-ID": "<a@mail.example>", "Subject": subject, **headers}
    named = [{"name": name, "value": value} for name, value in told.items()]
    return [convert({"id": "1", "payload": {"headers": named}}, Message)]


def test_a_mail_is_what_was_approved():
    mail = sent(draft(cc=["ana@example.com"], bcc=["sam@example.com"], body="Grüße\n.\nFrom here\n"))
    assert set(mail.keys()) == HEADERS | {"Cc", "Bcc"}
    assert (mail["From"], mail["To"], mail["Cc"], mail["Bcc"]) == (
        "Kim <me@example.com>", "jo@example.com", "ana@example.com", "sam@example.com",
    )  # fmt: skip
    assert (mail["Subject"], mail.get_content()) == ("Lunch", "Grüße\r\n.\r\nFrom here\r\n")


def test_names_and_subjects_may_have_any_letters():
    mail = sent(draft(name='Zoë "Z" <z@evil.example>, x', subject="Grüße: 今日は, " + "long " * 40))
    (sender,) = mail["From"].addresses
    assert (sender.display_name, sender.addr_spec) == ('Zoë "Z" <z@evil.example>, x', "me@example.com")
    assert mail["Subject"].startswith("Grüße: 今日は, long long")


@pytest.mark.parametrize("where", ["name", "subject"])
@pytest.mark.parametrize(
    "hostile", ["x\r\nBcc: evil@example.com", "x\nTo: e@example.com", "x\ry", "x\x00", "x\u2028y", "\x0b"]
)
def test_what_could_end_a_header_is_refused(where, hostile):
    with pytest.raises(ToolError) as caught:
        draft(**{where: f"a{hostile}b"})
    assert caught.value.code == "bad_request"


@given(name=st.text(max_size=60), subject=st.text(max_size=120), body=st.text(min_size=1, max_size=300))
def test_whatever_is_said_no_header_is_added(name, subject, body):
    try:
        one = draft(name=name, subject=subject, body=body)
    except ToolError:
        return
    mail = sent(one)
    assert set(mail.keys()) == HEADERS
    assert [each.addr_spec for each in mail["To"].addresses] == ["jo@example.com"]
    assert [each.addr_spec for each in mail["From"].addresses] == ["me@example.com"]
    assert mail.get_content().split() == one.body.split()


@pytest.mark.parametrize(
    "address",
    [
        "jo", "jo@", "@example.com", "jo@example", "jo@x.example, x@x.example", "jo@x.example\nBcc: x@x.example",
        "Jo <jo@example.com>", "jo@exa mple.com", "jö@example.com", "jo@exämple.com", "jo..x@x.example", ".j@x.example",
        "jo@-example.com", "jo@example..com", f"{'x' * 250}@example.com", "jo@example.com\x00", '"jo"@example.com', "",
        "jo@[127.0.0.1]", "a" * 100_000, "a." * 50_000 + "@example.com",
    ],
)  # fmt: skip
@pytest.mark.parametrize("where", ["to", "cc", "bcc"])
def test_addresses_are_addresses(address, where):
    with pytest.raises(ToolError) as caught:
        draft(**{where: [address]})
    assert caught.value.code == "bad_request"


@pytest.mark.parametrize(
    "address", ["jo@example.com", "j.o+tag@mail.example.co.uk", "o'neil@x-y.example", "1@2.example"]
)
def test_good_addresses_are_taken(address):
    assert draft(to=[f" {address} "]).to == (address,)


def test_nobody_gets_a_mail_twice():
    one = draft(
        to=["jo@example.com", "JO@example.com"], cc=["jo@example.com", "ana@example.com"], bcc=["ana@example.com"]
    )
    assert (one.to, one.cc, one.bcc) == (("jo@example.com",), ("ana@example.com",), ())


@pytest.mark.parametrize(
    "odd", [{"to": []}, {"body": " \n"}, {"body": "x" * 100_001}, {"to": [f"a{n}@example.com" for n in range(51)]}]
)
def test_what_is_no_mail_is_refused(odd):
    with pytest.raises(ToolError, match="bad_request"):
        draft(**odd)


def test_the_mark_is_of_the_action():
    assert draft().mark == draft(subject="Other").mark != draft(write_id="x").mark
    assert draft(write_id="").mark != draft(write_id="").mark
    assert sent(draft())["Message-ID"] == f"<odai.{draft().mark}@example.com>"
    assert sent(draft())["X-ODAI-Write"] == draft().mark


# -- answers -----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("original", "said", "subject"),
    [
        ("Lunch", "Lunch", "Re: Lunch"), ("Re: Lunch", "re: lunch", "Re: Lunch"), ("Lunch", "", "Re: Lunch"),
        ("AW: Re: Lunch", "Lunch", "Re: Lunch"), ("Lunch", "Dinner", "Re: Dinner"), ("", "", "Re: "),
        ("Lun\r\n ch", "Lun ch", "Re: Lun ch"),
    ],
)  # fmt: skip
def test_an_answer_keeps_the_subject_of_its_conversation(original, said, subject):
    assert writing.answering(draft(subject=said), answered(original), "<a@mail.example>")[0] == subject


def test_references_go_back_to_the_beginning():
    def told(**headers: str) -> str:
        return writing.answering(draft(), answered(**headers), "<a@mail.example>")[1]

    assert told() == "<a@mail.example>"
    assert told(References="<one@x> <two@x>") == "<one@x> <two@x> <a@mail.example>"
    assert told(**{"In-Reply-To": "<one@x>"}) == "<one@x> <a@mail.example>"
    assert told(References="<one@x>\r\nBcc: x <two@x>junk <ü@x>") == "<one@x> <two@x> <a@mail.example>"
    many = told(References=" ".join(f"<{number}@x>" for number in range(100))).split()
    assert (len(many), many[0], many[1], many[-1]) == (20, "<0@x>", "<82@x>", "<a@mail.example>")


def test_long_references_are_not_broken():
    ids = [f"<{'a' * 300}{number}@x.example>" for number in range(19)]
    mail = sent(draft(), subject="Re: Lunch", reply_to=ids[0], references=" ".join(ids))
    assert mail["References"].split() == ids
    assert mail["In-Reply-To"] == ids[0]
    assert mail["Subject"] == "Re: Lunch"
