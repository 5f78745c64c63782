"""The pages say what the connectors declare; what is answered in them changes with the hour and is not compared."""

from __future__ import annotations

import asyncio

import pytest

from tests.docs.connector_settings import ROOT
from tests.docs.connectors import FOLDER, Connector, answers, connectors, index, lasting, notes, page

ALL = list(connectors())
HINT = "write them anew: python -m tests.docs.connectors"


@pytest.mark.parametrize("connector", ALL, ids=lambda one: one.plugin.name)
def test_a_page_is_up_to_date(connector: Connector) -> None:
    written = (FOLDER / f"{connector.plugin.name}.md").read_text()
    assert lasting(written) == lasting(page(connector, {})), HINT
    assert written.count("\n> ") or not connector.plugin.samples, "no answer from sample data is shown"


def test_the_overview_is_up_to_date() -> None:
    assert (FOLDER / "README.md").read_text() == index(ALL), HINT


def test_there_is_a_page_for_every_connector_and_no_other() -> None:
    packages = {path.name.removeprefix("odai-tool-") for path in (ROOT / "plugins").glob("odai-tool-*")}
    assert {path.stem for path in FOLDER.glob("*.md")} == packages | {"README"}


def test_answers_come_from_sample_data() -> None:
    yelp = next(one for one in ALL if one.plugin.name == "yelp")
    asked, answer = asyncio.run(answers(yelp))["search_businesses_at_yelp"]
    assert asked == "find {search_term:sushi} near {location:Union Square}"
    assert answer.startswith("For sushi near Union Square: First, ")


def test_notes_are_what_is_left_of_a_readme() -> None:
    readme = """# tides

Tides: "when is high tide?"

    pip install tides

| Tool | What |
|---|---|

A harbour may be named. Asked for it, it says:

> At four.

## Terms

See [them](TERMS.md) or [there](https://example.com).

Tests: `pytest`.
"""
    left = "A harbour may be named.\n\n### Terms\n\nSee [them] or [there](https://example.com)."
    assert notes(readme) == left.replace("[them]", "them")
