"""Demo mode answers the question that was asked, from invented events."""

from __future__ import annotations

import json
import logging
import re
from datetime import UTC, datetime
from typing import Any

import pytest
from odai_tool_ticketmaster import odai_tools, samples

from odai_core import Caller, Secret, ToolContext, ToolResponse
from odai_core.testing.kit import ear
from odai_core.tools.http import HttpClient
from odai_core.tools.invoke import invoke
from odai_core.tools.schema import describe

TOOLS = {tool.__name__: tool for tool in odai_tools().tools}
NOWHERE = {"query": "", "city": "", "stateCode": "", "countryCode": ""}


async def call(tool: str, arguments: dict[str, Any]) -> ToolResponse:
    values = {"TICKETMASTER_CONSUMER_KEY": Secret(""), "TICKETMASTER_BASE_URL": "http://127.0.0.1:1"}
    caller = Caller(place="Boston, Massachusetts")
    ctx = ToolContext(http=HttpClient(), settings=values, caller=caller, log=logging.getLogger("test"), demo=True)
    response = await invoke(describe(TOOLS[tool]), json.dumps(arguments), ctx)
    assert not ear.problems(response.spoken)
    return response


@pytest.mark.parametrize(
    ("asked", "names"),
    [
        ({"city": "Boston", "query": "jazz"}, ["Delia Frost Quartet"]),
        ({"city": "Boston", "query": "concerts"}, ["The Paper Lanterns: Night Train Tour", "Delia Frost Quartet"]),
        ({"query": "basketball games"}, ["Harbor Hawks vs. New York Pilots", "Bay Breakers vs. Boston Harbor Hawks"]),
        ({"city": "Downtown San Francisco", "query": "comedy"}, ["Sam Ortega: Second Breakfast"]),
        ({"city": "Seattle", "query": "june holloway"}, ["June Holloway", "June Holloway"]),
        ({"city": "Chicago"}, ["Lake Wolves vs. Toronto Icebreakers", "The Glass Lighthouse", "Marble Arcade"]),
    ],
)
async def test_samples_are_those_that_were_asked_for(asked, names):
    response = await call("get_ticketmaster_events_near_location", NOWHERE | asked)
    assert response.sample
    assert [event["name"] for event in response.response["events"]] == names


@pytest.mark.parametrize(
    ("tool", "arguments", "said"),
    [
        ("get_ticketmaster_event_details", {"eventId": "sample-event-18"}, "Tickets go on sale on "),
        ("get_ticketmaster_event_details", {"eventId": "the Marble Arcade concert"}, "Marble Arcade is on "),
        ("find_ticketmaster_venues_near_location", {"query": "", "stateCode": "IL", "countryCode": ""}, "Lakeside"),
        ("find_ticketmaster_venues_near_location", {"query": "copley", "stateCode": "MA", "countryCode": ""}, "Copley"),
        ("get_ticketmaster_venue_details", {"venueId": "Harbor Arena"}, "ninety Causeway Street"),
        ("get_ticketmaster_attractions_by_query", {"query": "ballet"}, "The Nutcracker, dance"),
        ("get_ticketmaster_events_by_venue_id", {"venueId": "sample-hudson-center"}, "At Hudson Center: First, "),
        ("get_ticketmaster_events_by_attraction_id", {"attractionId": "paper lanterns"}, "The Paper Lanterns: Night"),
    ],
)
async def test_samples_are_found_by_id_or_name(tool, arguments, said):
    response = await call(tool, arguments)
    assert (response.sample, said in response.spoken) == (True, True)


@pytest.mark.parametrize(
    ("tool", "arguments"),
    [
        ("get_ticketmaster_events_near_location", NOWHERE | {"query": "submarines", "city": "Boston"}),
        ("get_ticketmaster_event_details", {"eventId": ""}),
        ("find_ticketmaster_venues_near_location", {"query": "copley", "stateCode": "CA", "countryCode": ""}),
        ("get_ticketmaster_venue_details", {"venueId": "No Such Place"}),
        ("get_ticketmaster_attractions_by_query", {"query": "the"}),
        ("get_ticketmaster_events_by_venue_id", {"venueId": ""}),
        ("get_ticketmaster_events_by_attraction_id", {"attractionId": "nobody"}),
    ],
)
async def test_what_the_samples_lack_is_said(tool, arguments):
    response = await call(tool, arguments)
    assert response.response["code"] == "not_found"
    assert "sample data" in response.spoken


def test_the_samples_hang_together_and_lie_ahead():
    known = samples._samples()
    venues, people = {one.id for one in known.venues}, {one.id for one in known.attractions}
    today = datetime.now(UTC).date()
    for event in known.events:
        assert event.venue.id in venues
        assert event.attraction.id in people
        assert event.dates.start.day > today
        assert not re.search(r"now[+-]", str(event))
