"""What people call a flight finds its ICAO ident, or a question back."""

from __future__ import annotations

import re

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from odai_tool_flightaware import get_current_flight_status, idents

from odai_core import ToolError
from odai_core.tools.schema import describe


@pytest.mark.parametrize(
    ("said", "icao"),
    [
        ("Delta one thirteen", "DAL113"), ("Delta 113", "DAL113"), ("DL113", "DAL113"), ("DL 113", "DAL113"),
        ("delta flight 113", "DAL113"), ("DAL113", "DAL113"), ("dal 0113", "DAL113"), ("Delta Air Lines 113", "DAL113"),
        ("D L one one three", "DAL113"), ("DL113 today", "DAL113"), ("Delta one hundred thirteen", "DAL113"),
        ("United twenty one fifty", "UAL2150"), ("flight 234 with United", "UAL234"),
        ("two thirty four United", "UAL234"),
        ("United two thousand one hundred fifty", "UAL2150"), ("American Airlines flight one hundred", "AAL100"),
        ("Southwest 1432", "SWA1432"), ("B6 915", "JBU915"), ("b6915", "JBU915"), ("jet blue nine fifteen", "JBU915"),
        ("Air Canada 8", "ACA8"), ("Air France 006", "AFR6"), ("British Airways two oh five", "BAW205"),
        ("speedbird 12", "BAW12"), ("BA 5a", "BAW5A"), ("9E 5001", "EDV5001"), ("3U 8888", "CSC8888"),
        ("KLM Royal Dutch Airlines 644", "KLM644"), ("ANA twelve", "ANA12"),
        ("frontier twelve hundred five", "FFT1205"),
        ("Hawaiian 1", "HAL1"), ("virgin atlantic three", "VIR3"), ("virgin 3", None), ("ITA 610", "ITY610"),
        ("Breeze 101", "MXY101"), ("delta", None), ("113", None), ("", None), ("Foo 12", None), ("Delta 12345", None),
        ("\u0661\u0662", None), ("Emir 12", "UAE12"),
    ],
)  # fmt: skip
def test_a_flight_is_found_as_it_is_said(said, icao):
    if icao is None:
        with pytest.raises(ToolError) as caught:
            idents.parse(said)
        assert caught.value.code == "bad_request"
        assert caught.value.message.endswith((".", "?"))
    else:
        assert idents.parse(said).icao == icao


@pytest.mark.parametrize("example", describe(get_current_flight_status).options.examples)
def test_every_example_names_a_flight(example):
    assert idents.parse(re.search(r":(.*?)}", example)[1])


def test_an_ambiguous_name_is_asked_back_by_name():
    with pytest.raises(ToolError, match="Is that Virgin A"):
        idents.parse("Virgin 3")


def test_the_table_is_whole():
    airlines = idents._airlines()
    assert len(airlines) >= 900
    assert len({airline.icao for airline in airlines}) == len(airlines)
    sold = [airline.iata for airline in airlines if airline.iata]
    assert len(set(sold)) == len(sold)
    assert all(len(airline.icao) == 3 and airline.name for airline in airlines)


@pytest.mark.parametrize(
    ("iata", "icao"),
    [
        ("DL", "DAL"), ("AA", "AAL"), ("UA", "UAL"), ("WN", "SWA"), ("B6", "JBU"), ("AS", "ASA"), ("NK", "NKS"),
        ("F9", "FFT"), ("HA", "HAL"), ("BA", "BAW"), ("AF", "AFR"), ("LH", "DLH"), ("EK", "UAE"), ("QF", "QFA"),
        ("LY", "ELY"), ("AC", "ACA"), ("KL", "KLM"), ("QR", "QTR"), ("AZ", "ITY"), ("SK", "SAS"), ("TK", "THY"),
        ("SQ", "SIA"), ("NH", "ANA"), ("FX", "FDX"), ("5X", "UPS"), ("MX", "MXY"), ("XP", "VXP"), ("JL", "JAL"),
    ],
)  # fmt: skip
def test_the_airlines_people_ask_for_have_their_codes(iata, icao):
    assert idents._by_code()[iata].icao == icao


@settings(deadline=None)
@given(
    st.text(max_size=60) | st.from_regex(r"[a-z]{1,9} (one|two|twenty|hundred|thousand|oh|12|7)( (hundred|five|9))*")
)
def test_anything_is_an_ident_or_a_question(said):
    try:
        found = idents.parse(said).icao
    except ToolError:
        return
    assert found[:3].isupper()
    assert found[3].isdigit()
