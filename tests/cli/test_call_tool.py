"""`odai call-tool`: what is typed becomes a tool's arguments, and its answer something to read."""

import json
import re

import pytest

from odai_core.cli.card import print_card

PLUGIN = '''
from typing import Literal
from odai_core import Setting, ToolContext, ToolError, ToolPlugin, ToolResponse, hookimpl, tool

@tool(examples=["the tides in {harbour:Old Town} for {days:3} days"])
async def tell_tides(
    ctx: ToolContext, harbour: str, sea: str, days: int | None = None, kind: Literal["high", "low"] | None = None,
    metres: float | None = None, spoken_only: bool | None = None, ships: list[str] | None = None,
) -> ToolResponse:
    """Say when the next tide is.

    Args:
        harbour: The name of the harbour.
        days: How far ahead.
        sea: Which sea; "" for any.
    """
    if harbour == "Nowhere":
        raise ToolError("not_found", "I couldn't find that harbour.")
    given = [days, kind, metres, spoken_only, ships, sea]
    return ToolResponse(
        response_type="tides",
        response={"harbour": harbour, "given": repr(given), "who": ctx.caller.user_id, "key": repr(ctx.settings["KEY"]),
                  "tides": [{"id": "t1", "time": "four", "url": "https://example.com"}, {"id": "t2", "time": "ten"}]},
        spoken=f"High tide in {harbour} at four.",
        voice={"at": "four"},
        sample=ctx.demo and not ctx.settings["KEY"],
    )

@hookimpl
def odai_tools():
    return ToolPlugin(name="tides", api=1, title="Tides", summary="tell the tides", tools=[tell_tides], samples=True,
                      settings=[Setting(name="KEY", help="The key.", required=True, secret=True)])
'''


@pytest.fixture
def tides(bench):
    bench.install("tides", PLUGIN)
    return lambda *typed, **environ: bench.odai("call-tool", *typed, ODAI_PLUGINS="tides", **environ)


def test_it_is_run_as_a_call_would_run_it(tides):
    done = tides("tell_tides", "harbour=Old Town", "--user", "ada", KEY="hush")
    assert done.returncode == 0, done.stderr
    lines = done.stdout.splitlines()
    assert lines[:2] == ["High tide in Old Town at four.", ""]
    facts = dict(re.split(r" {2,}", line.strip()) for line in lines[2:] if "  " in line.strip())
    assert (facts["harbour"], facts["who"], facts["key"]) == ("Old Town", "ada", "Secret(set)")
    table = done.stdout.partition("\ntides:\n")[2].split()
    assert table[:3] == ["TIME", "four", "ten"]
    assert "hush" not in done.stdout
    assert lines[-1].endswith(" ms")


def test_values_are_read_as_the_schema_has_them(tides):
    typed = ("days=2", "kind=LOW", "metres=1.5", "spoken_only=yes", "ships=Ark, Argo,")
    done = tides("tell_tides", "harbour=7", *typed, "--json", KEY="hush")
    document = json.loads(done.stdout)
    assert document["screen"]["response"]["given"] == repr([2, "low", 1.5, True, ["Ark", "Argo"], ""])
    assert document["screen"]["response"]["harbour"] == "7"
    assert document["spoken"] == "High tide in 7 at four."
    assert document["model"] == {"ok": True, "spoken": "High tide in 7 at four.", "data": {"at": "four"}}
    assert (document["tool"], document["ok"]) == ("tell_tides", True)


@pytest.mark.parametrize(
    ("typed", "told"),
    [
        (("tell_tide",), "Did you mean tell_tides?"),
        (("tides",), "Did you mean tell_tides?"),
        (("the_tides_please",), "Did you mean tell_tides?"),
        (("weather",), "See what there is: odai tools"),
        (
            ("tell_tides",),
            "needs harbour (The name of the harbour)\nType: odai call-tool tell_tides harbour='Old Town'",
        ),
        (("tell_tides", "Old Town"), "Old Town is not KEY=VALUE.\nType: odai call-tool tell_tides harbour='Old Town'"),
        (("tell_tides", "harbor=x"), "takes no harbor. Did you mean harbour?"),
        (("tell_tides", "q=x"), "It takes harbour, sea, days, kind, metres, spoken_only, ships."),
        (("tell_tides", "days=two"), "days takes a whole number, not 'two': How far ahead"),
        (("tell_tides", "metres=x"), "metres takes a number, not 'x': a number"),
        (("tell_tides", "spoken_only=perhaps"), "spoken_only takes yes or no"),
        (("tell_tides", "kind=middle"), "kind is one of high, low, not 'middle'."),
    ],
)
def test_what_was_typed_wrong_is_told_with_what_to_type(tides, typed, told):
    done = tides(*typed, KEY="hush")
    assert done.returncode == 2
    assert told in done.stderr
    assert done.stdout == ""


def test_a_plugin_that_needs_setup_says_so_and_offers_its_samples(tides):
    done = tides("tell_tides", "harbour=Bay")
    assert (done.returncode, done.stdout) == (1, "")
    assert "tides: KEY is not set." in done.stderr
    assert "Set KEY" in done.stderr
    assert "add --demo" in done.stderr


@pytest.mark.parametrize("environ", [{}, {"ODAI_DEMO": "1"}])
def test_in_demo_mode_samples_stand_in_for_the_key(tides, environ):
    done = tides("tell_tides", "harbour=Bay", *([] if environ else ["--demo"]), **environ)
    assert done.returncode == 0
    assert done.stdout.splitlines()[-1].startswith("Sample data, ")


def test_an_error_of_the_tool_is_said_and_is_exit_code_1(tides):
    done = tides("tell_tides", "harbour=Nowhere", KEY="hush")
    assert done.returncode == 1
    assert done.stdout.startswith("I couldn't find that harbour.\n")
    assert "not_found" in done.stdout
    assert json.loads(tides("tell_tides", "harbour=Nowhere", "--json", KEY="hush").stdout)["ok"] is False


def card(capsys, value):
    print_card(value)
    return [line.rstrip() for line in capsys.readouterr().out.splitlines()]


def test_things_are_a_table_with_what_they_are_called_first(capsys):
    shown = {"reviewCount": 1200, "where": {"city": "Ghent"}, "kinds": [{"title": "Bar"}, {"alias": "x"}]}
    hidden = {"id": 7, "link": "u", "site": "https://example.com"}
    things = [hidden | {"rating": 4.5, "name": f"P{number}"} | shown | {"rare": None} for number in range(12)]
    lines = card(capsys, [things[0] | {"rare": "yes"}, *things[1:]])
    assert lines[0].replace("W C", "W_C").split() == ["NAME", "RATING", "REVIEW_COUNT", "WHERE", "KINDS"]
    assert lines[1].split() == ["P0", "4.5", "1200", "Ghent", "Bar,", "x"]
    assert len(lines) == 12
    assert lines[-1] == "... and 2 more: --json shows all"


def test_one_thing_is_its_facts(capsys):
    thing = {
        "name": "Ark",
        "at": {"town": {"name": "Bay"}, "zip": None},
        "open": True,
        "part": 0.00123,
        "all": 12345.678,
    }
    facts = ["name     Ark", "at town  Bay", "open     yes", "part     0.00123", "all      12,345.68"]
    assert card(capsys, thing) == ["FACT     VALUE", *facts]
    assert card(capsys, [thing]) == ["FACT     VALUE", *facts]


@pytest.mark.parametrize(
    ("value", "shown"),
    [
        ("It is so.", ["It is so."]),
        ([], ["Nothing for the screen."]),
        ({"things": [{"a": 1}]}, ["things:", "A", "1"]),
        ("x" * 100, ["x" * 59 + "…"]),
        ({"a": "\x1b[31mred"}, ["FACT  VALUE", "a     [31mred"]),
    ],
)
def test_anything_can_be_shown(capsys, value, shown):
    assert card(capsys, value) == shown


CHANGE = '''
from odai_core import ToolContext, ToolPlugin, hookimpl, tool

@tool(confirm=True)
async def flood(ctx: ToolContext) -> str:
    """Raise the sea."""
    return f"id={ctx.write_id}"

@hookimpl
def odai_tools():
    return ToolPlugin(name="flood", api=1, title="Flood", summary="raise the sea", tools=[flood])
'''


def test_a_change_that_is_typed_twice_is_two_changes(bench):
    bench.install("flood", CHANGE)
    ids = [bench.json("call-tool", "flood")["spoken"] for _ in range(2)]
    assert all(len(one) > len("id=") + 16 for one in ids)
    assert ids[0] != ids[1]
