"""The small parts, each alone."""

from __future__ import annotations

import subprocess
import sys
from typing import Any
from xml.etree import ElementTree

import pytest
from hypothesis import given
from hypothesis import strategies as st
from odai_transport_twilio import odai_transports, twiml
from odai_transport_twilio.config import Config
from odai_transport_twilio.marks import Marks
from odai_transport_twilio.numbers import e164
from odai_transport_twilio.tickets import Ticket, Tickets

from odai_core import SettingError

# -- settings


def test_importing_the_plugin_is_light() -> None:
    code = (
        "import sys, odai_transport_twilio as t; t.odai_transports();"
        "print([m for m in ('quart', 'twilio', 'httpx2', 'msgspec') if m in sys.modules])"
    )
    out = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, timeout=30)
    assert out.stdout.strip() == "[]"


def test_the_routes_are_made_when_core_asks(make_context: Any) -> None:
    assert odai_transports().blueprint(make_context()).name == "twilio"


def test_says_what_is_missing(make_context: Any) -> None:
    check = odai_transports().check
    assert check is not None
    assert check(make_context().settings) is None
    problem = check(make_context(TWILIO_AUTH_TOKEN="").settings)
    assert problem is not None
    assert "TWILIO_AUTH_TOKEN" in problem.remedy
    assert check(make_context(TWILIO_AUTH_TOKEN="", ODAI_TWILIO_VALIDATE="0").settings) is None


def test_the_check_cannot_be_missed_from_outside(make_context: Any) -> None:
    assert not Config.read(make_context(ODAI_TWILIO_VALIDATE="0")).validate
    with pytest.raises(SettingError, match="loopback"):
        Config.read(make_context(ODAI_TWILIO_VALIDATE="0", loopback=False))
    with pytest.raises(SettingError, match="TWILIO_AUTH_TOKEN"):
        Config.read(make_context(TWILIO_AUTH_TOKEN=""))


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("ODAI_TWILIO_VALIDATE", "maybe"),
        ("ODAI_TWILIO_BUFFER_BYTES", "159"),
        ("ODAI_TWILIO_BUFFER_BYTES", "8001"),
        ("ODAI_TWILIO_BUFFER_BYTES", "many"),
        ("ODAI_TWILIO_API_URL", "api.twilio.com"),
    ],
)
def test_refuses_values_it_cannot_use(make_context: Any, name: str, text: str) -> None:
    with pytest.raises(ValueError):
        make_context(**{name: text})


# -- TwiML


@given(st.text(max_size=60), st.text(max_size=60))
def test_parameters_survive_whatever_is_in_them(url: str, value: str) -> None:
    allowed = "".join(
        c for c in value if c in "\t\n\r" or (c >= " " and not "\ud800" <= c <= "\udfff" and c not in "\ufffe\uffff")
    )
    stream = ElementTree.fromstring(twiml.connect(url, {"ticket": value, "from": ""}).encode()).find("Connect/Stream")
    assert stream is not None
    found = {parameter.attrib["name"]: parameter.attrib["value"] for parameter in stream}
    assert found == {"ticket": allowed, "from": ""}


def test_apology_escapes() -> None:
    response = ElementTree.fromstring(twiml.apologise("a < b & c"))
    assert [child.tag for child in response] == ["Say", "Hangup"]
    assert response[0].text == "a < b & c"


# -- numbers


@pytest.mark.parametrize(
    ("sender", "number"),
    [
        ("+14155550123", "+14155550123"),
        (" +1 (415) 555-0123 ", "+14155550123"),
        ("sip:+14155550123@example.com;user=phone", "+14155550123"),
        ("tel:+442079460000", "+442079460000"),
        ("anonymous", None),
        ("Anonymous", None),
        ("+266696687", None),
        ("+7378742833", None),
        ("+2562533", None),
        ("+8656696", None),
        ("+86282452253", None),
        ("client:alice", None),
        ("sip:alice@example.com", None),
        ("4155550123", None),
        ("+0123456789", None),
        ("+1415555012345678", None),
        ("+١٤١٥٥٥٥٠١٢٣", None),
        ("", None),
        ("+" * 100_000, None),
    ],
)
def test_numbers(sender: str, number: str | None) -> None:
    assert e164(sender) == number


# -- tickets


def test_a_ticket_is_good_for_its_call_once(make_context: Any) -> None:
    tickets = Tickets(make_context(), 60)
    text = tickets.issue(Ticket(call_sid="CA1", phone="+14155550123"))
    assert tickets.redeem(text, "CA2") is None
    assert tickets.redeem(text, "CA1") == Ticket(call_sid="CA1", phone="+14155550123")
    assert tickets.redeem(text, "CA1") is None


def test_a_withheld_number_stays_withheld(make_context: Any) -> None:
    tickets = Tickets(make_context(), 60)
    taken = tickets.redeem(tickets.issue(Ticket(call_sid="CA1", phone=None)), "CA1")
    assert taken == Ticket(call_sid="CA1", phone=None)


@pytest.mark.parametrize(
    "claims",
    [
        {},
        {"call_sid": "CA1"},
        {"call_sid": "CA1", "from": 5, "nonce": "n"},
        {"call_sid": "CA1", "from": "", "nonce": 5},
    ],
)
def test_odd_claims_are_refused(make_context: Any, claims: dict[str, Any]) -> None:
    context = make_context()
    assert Tickets(context, 60).redeem(context.sign(claims), "CA1") is None


@pytest.mark.parametrize("text", ["", "nonsense", "é", "a.b.c"])
def test_other_texts_are_no_tickets(make_context: Any, text: str) -> None:
    assert Tickets(make_context(), 60).redeem(text, "CA1") is None


def test_the_replay_guard_is_bounded_and_forgets_in_time(make_context: Any) -> None:
    now = 0.0
    tickets = Tickets(make_context(), 60, clock=lambda: now, remembered=2)
    one, two, three = (tickets.issue(Ticket(call_sid="CA1", phone=None)) for _ in range(3))
    assert tickets.redeem(one, "CA1")
    now = 30.0
    assert tickets.redeem(two, "CA1")
    assert tickets.redeem(three, "CA1") is None
    now = 61.0
    assert tickets.redeem(three, "CA1")
    assert tickets.redeem(two, "CA1") is None


# -- marks


def test_a_mark_every_forty_ms_and_one_for_the_tail() -> None:
    marks = Marks()
    assert marks.sent("a", 0, 20) is None
    assert marks.sent("a", 20, 40) == "0:a:40"
    assert marks.sent("a", 40, 60) is None
    assert marks.finished("a") == "0:a:60"
    assert marks.finished("a") is None
    assert marks.sent("a", 60, 80) == "0:a:80"
    assert marks.sent("b", 0, 20) is None
    assert marks.finished("a") is None
    assert marks.returned("0:a:40") == ("a", 40)
    assert marks.returned("0:a:40") is None
    assert marks.returned("0:a:60") == ("a", 60)


def test_marks_of_what_was_cleared_say_nothing() -> None:
    marks = Marks()
    assert marks.sent("a", 0, 40) == "0:a:40"
    assert marks.sent("a", 40, 60) is None
    marks.cleared()
    assert marks.returned("0:a:40") is None
    assert marks.finished("a") is None
    assert marks.sent("b", 0, 40) == "1:b:40"
    assert marks.returned("0:b:40") is None
    assert marks.returned("1:b:40") == ("b", 40)


def test_marks_nobody_returns_are_forgotten() -> None:
    marks = Marks()
    names = [marks.sent("a", ms, ms + 40) for ms in range(0, 40 * 600, 40)]
    assert names[0] is not None
    assert names[-1] is not None
    assert marks.returned(names[0]) is None
    assert marks.returned(names[-1]) == ("a", 24000)


@given(st.text())
def test_no_name_from_outside_is_credited(name: str) -> None:
    marks = Marks()
    marks.sent("a", 0, 40)
    assert marks.returned(name) == (("a", 40) if name == "0:a:40" else None)
